//! Tollgate's engines and its pipeline, as functions to measure.

use std::hint::black_box;
use std::time::SystemTime;

use tollgate_core::Algorithm;
use tollgate_core::engines::rustcrypto::{RsaKey, RustCryptoKey};
use tollgate_core::policy::{Audience, Expected, Policy};
use tollgate_core::{
    Key, KeyId, KeySet, Now, Rejection, Scratch, SignatureVerifier, UnixTime, Verifier, limits,
};

use crate::fixtures::{AUDIENCE, ISSUER, Issuer, Specimen};
use crate::provisioned;

/// An engine with a key, under a name.
pub struct NamedEngine {
    /// The name in results.
    pub subject: &'static str,
    /// A few words about it.
    pub note: String,
    verifier: Box<dyn SignatureVerifier>,
}

impl NamedEngine {
    /// Gives an engine a name.
    pub fn new(
        subject: &'static str,
        note: impl Into<String>,
        verifier: impl SignatureVerifier + 'static,
    ) -> Self {
        Self { subject, note: note.into(), verifier: Box::new(verifier) }
    }

    /// Returns a function that verifies signatures alone, hashing included.
    pub fn verify_signatures(self, algorithm: Algorithm) -> impl FnMut(&Specimen) -> bool {
        move |specimen| {
            let (message, signature) = (specimen.signing_input(), specimen.signature());
            self.verifier.verify(algorithm, message, signature).is_ok()
        }
    }

    /// Returns a function that judges `Authorization` headers, with a set of this one key.
    pub fn verify_tokens(self, issuer: &Issuer) -> impl FnMut(&Specimen) -> bool + use<> {
        PreparedVerifier::<1>::new([(issuer, self)], ACCESS_TOKEN).judge()
    }
}

/// Returns every engine, first a server's default, the baseline.
pub fn engines(issuer: &Issuer) -> Vec<NamedEngine> {
    let mut engines = vec![provisioned::server(issuer)];
    let has_tables = matches!(
        issuer.algorithm(),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 | Algorithm::EdDsa
    );
    if has_tables {
        engines.push(provisioned::server_with_many_keys(issuer));
        engines.extend(provisioned::other_sizes(issuer));
        engines.extend([provisioned::small(issuer), provisioned::without_table(issuer)]);
    }
    engines.extend(rust_crypto(issuer));
    engines
}

/// Returns the engine on RustCrypto's crates, if it has the algorithm.
fn rust_crypto(issuer: &Issuer) -> Option<NamedEngine> {
    let jwks = format!(r#"{{"keys":[{}]}}"#, issuer.jwk());
    let jwks = jwks.as_bytes();
    let subject = "tollgate-reference";
    Some(match issuer.algorithm() {
        Algorithm::Es512 | Algorithm::EdDsa => return None,
        Algorithm::Es256 | Algorithm::Es384 => {
            let keys = KeySet::<RustCryptoKey, 1>::from_jwks(jwks).unwrap();
            NamedEngine::new(subject, "on p256 and p384", keys.keys()[0].verifier().clone())
        }
        _ => {
            let keys = KeySet::<RsaKey, 1>::from_jwks(jwks).unwrap();
            NamedEngine::new(subject, "on crypto-bigint", keys.keys()[0].verifier().clone())
        }
    })
}

/// All of RFC 9068, and a scope: more than any peer checks.
pub const ACCESS_TOKEN: Policy<'_> =
    match Policy::access_token(&[ISSUER], &[Audience::Exact(AUDIENCE)])
        .required_scopes(&["read:orders"])
        .build()
    {
        Ok(policy) => policy,
        Err(_) => panic!("not a policy"),
    };

/// Issuer, audience and expiration, for tokens too short to carry more.
pub const MINIMAL: Policy<'_> = match Policy::builder(
    Expected::OneOf(&["https://a.b"]),
    Expected::OneOf(&[Audience::Exact("c")]),
)
.build()
{
    Ok(policy) => policy,
    Err(_) => panic!("not a policy"),
};

/// Keys and a policy, made once, and scratch memory that every token reuses.
pub struct PreparedVerifier<const N: usize> {
    keys: Box<KeySet<Box<dyn SignatureVerifier>, N>>,
    policy: Policy<'static>,
    scratch: Scratch<{ Scratch::needed_for(limits::MAX_TOKEN_LEN) }>,
}

impl<const N: usize> PreparedVerifier<N> {
    /// Prepares to verify tokens of these issuers.
    pub fn new<'i>(
        engines: impl IntoIterator<Item = (&'i Issuer, NamedEngine)>,
        policy: Policy<'static>,
    ) -> Self {
        let mut keys = Box::new(KeySet::new());
        for (issuer, engine) in engines {
            let id = KeyId::new(issuer.kid()).unwrap();
            keys.insert(Key::new(engine.verifier).with_id(id)).unwrap();
        }
        Self { keys, policy, scratch: Scratch::new() }
    }

    /// Judges a header as a server does, reading the clock every time.
    pub fn verdict(&mut self, specimen: &Specimen) -> Result<(), Rejection> {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let now = Now::Exact(UnixTime(since.as_secs() as i64));
        let verifier = Verifier::new(&self.keys, self.policy);
        let header = specimen.header_value().as_bytes();
        let token = verifier.verify_header(header, now, &mut self.scratch)?;
        black_box(token.claims().subject());
        Ok(())
    }

    /// Returns a function that tells whether a header is accepted.
    pub fn judge(mut self) -> impl FnMut(&Specimen) -> bool {
        move |specimen| self.verdict(specimen).is_ok()
    }
}
