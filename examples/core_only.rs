//! Verifies tokens with `tollgate-core` alone: the caller has the keys, the time and the memory.
//!
//! ```sh
//! cargo run --example core_only -- examples/oidc-provider/jwks.json \
//!     "Bearer $(cat examples/oidc-provider/access_token.txt)"
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_core::engines::rustcrypto::RustCryptoKey;
use tollgate_core::policy::{Audience, Policy};
use tollgate_core::{KeySet, KeySetError, Now, Rejection, Scratch, UnixTime, Verifier};

/// The compiler checks the policy.
const POLICY: Policy<'static> = match Policy::access_token(
    &["https://auth.example.com/oidc"],
    &[Audience::Exact("https://api.example.com")],
)
.required_scopes(&["read:orders"])
.build()
{
    Ok(policy) => policy,
    Err(_) => panic!("invalid policy"),
};

/// What a program keeps to verify tokens.
pub(crate) struct Api {
    keys: KeySet<RustCryptoKey, 8>,
    policy: Policy<'static>,
}

impl Api {
    /// Reads the issuer's key set. Keys of other algorithms are left out.
    pub(crate) fn new(jwks: &str) -> Result<Self, KeySetError> {
        Ok(Self { keys: KeySet::from_jwks(jwks.as_bytes())?, policy: POLICY })
    }

    /// Returns the user that the `Authorization` header names.
    pub(crate) fn user(&self, authorization: &str, now: Now) -> Result<String, Rejection> {
        let mut scratch = Scratch::<{ Scratch::needed_for(4096) }>::new();
        let verifier = Verifier::new(&self.keys, self.policy);
        let token = verifier.verify_header(authorization.as_bytes(), now, &mut scratch)?;
        Ok(token.claims().subject().map(|subject| subject.to_string()).unwrap_or_default())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(jwks), Some(authorization)) = (arguments.next(), arguments.next()) else {
        return Err("usage: core_only JWKS_FILE AUTHORIZATION".into());
    };
    let api = Api::new(&std::fs::read_to_string(jwks)?)?;
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    match api.user(&authorization, Now::Exact(UnixTime(since_1970.try_into()?))) {
        Ok(user) => println!("accepted: {user}"),
        Err(rejection) => println!("rejected ({}): {rejection}", rejection.reason()),
    }
    Ok(())
}
