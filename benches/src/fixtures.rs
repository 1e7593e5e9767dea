//! Issuers' keys and tokens, the same in every run.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use tollgate_core::Algorithm;
use tollgate_tests::mint::{SigningKey, jwk};

/// The `iss` of the tokens.
pub const ISSUER: &str = "https://auth.example.com/oidc";
/// The `aud` of the tokens.
pub const AUDIENCE: &str = "https://api.example.com";
/// The `sub` of the tokens.
pub const SUBJECT: &str = "user_7f3k";
/// The scopes of the tokens.
pub const SCOPE: &str = "read:orders write:orders";
/// The `exp` of good tokens: the year 2100, since peers read the machine's clock.
pub const EXPIRATION: u64 = 4_102_444_800;

/// The number of different tokens in a measurement. With a single one, the branch predictor would learn
/// its verification, which would flatter variable-time code.
pub const VARIETY: usize = 64;

/// A key that signs tokens.
pub struct Issuer {
    kid: String,
    key: SigningKey,
}

impl Issuer {
    /// Creates the issuer whose key grows from `label`. An RSA key has 2,048 bits.
    pub fn new(algorithm: Algorithm, label: &str) -> Self {
        let key = match algorithm {
            Algorithm::Es256 => SigningKey::p256(label),
            Algorithm::Es384 => SigningKey::p384(label),
            Algorithm::Es512 => SigningKey::p521(label),
            Algorithm::EdDsa => SigningKey::ed25519(label),
            _ => return Self::rsa(algorithm, "2048"),
        };
        Self::of(key, label)
    }

    /// Creates the issuer with the RSA key of this many bits.
    pub fn rsa(algorithm: Algorithm, bits: &str) -> Self {
        Self::of(SigningKey::rsa(bits, algorithm), bits)
    }

    fn of(key: SigningKey, label: &str) -> Self {
        let kid = Base64UrlUnpadded::encode_string(&Sha256::digest(format!("kid of {label}")));
        Self { kid, key }
    }

    /// Returns the key's algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// Returns what names the algorithm and the key's length in a workload, such as `es256`.
    pub fn name(&self) -> String {
        let algorithm = self.algorithm().name().to_ascii_lowercase();
        match self.number("n") {
            Some(n) if n.len() != 256 => format!("{algorithm}-{}", n.len() * 8),
            _ => algorithm,
        }
    }

    /// Returns the key's id, which is as long as a thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns an EC key in SEC 1's uncompressed form: 4, x, y. Returns an Ed25519 key in the form of
    /// RFC 8032, and an RSA key in the form of PKCS #1.
    pub fn public_key(&self) -> Vec<u8> {
        let numbers = self.key.numbers();
        let [(_, first), rest @ ..] = &numbers[..] else { unreachable!("a key has numbers") };
        match (&self.key, rest) {
            (SigningKey::Rsa(..), [(_, e)]) => der(0x30, &[integer(first), integer(e)].concat()),
            (_, [(_, y)]) => [&[4], &first[..], y].concat(),
            _ => first.clone(),
        }
    }

    /// Returns the modulus and the exponent of an RSA key, big-endian.
    pub fn rsa_components(&self) -> (Vec<u8>, Vec<u8>) {
        let number = |name| self.number(name).expect("an RSA key");
        (number("n"), number("e"))
    }

    fn number(&self, name: &str) -> Option<Vec<u8>> {
        let found = self.key.numbers().into_iter().find(|(other, _)| *other == name);
        found.map(|(_, bytes)| bytes)
    }

    /// Returns the coordinates of an EC key.
    pub fn coordinates(&self) -> (Vec<u8>, Vec<u8>) {
        self.key.coordinates()
    }

    /// Returns the public key as a JWK.
    pub fn jwk(&self) -> String {
        jwk(&self.key, &self.kid).to_string()
    }

    /// Returns the header of this issuer's access tokens.
    pub fn header(&self) -> String {
        format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{}"}}"#, self.algorithm().name(), self.kid)
    }

    /// Signs a token with any header and payload.
    pub fn mint(&self, header: &str, payload: &str) -> Specimen {
        let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let signing_input = format!("{}.{}", encode(header), encode(payload));
        let signature = self.key.sign(signing_input.as_bytes());
        Specimen::new(&signing_input, signature)
    }

    /// Returns [`VARIETY`] different access tokens like those of an OpenID provider.
    pub fn access_tokens(&self) -> Vec<Specimen> {
        (0..VARIETY)
            .map(|i| self.mint(&self.header(), &access_token_claims(i, EXPIRATION)))
            .collect()
    }
}

/// A positive INTEGER of ASN.1.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign = if bytes[0] >= 0x80 { &[0][..] } else { &[] };
    der(2, &[sign, bytes].concat())
}

/// A tag, a length and a value by the Distinguished Encoding Rules (ITU-T X.690).
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).expect("a short value").to_be_bytes();
    let length = match (high, low) {
        (0, ..128) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], value].concat()
}

/// Returns the claims that RFC 9068 §2.2 requires, and scopes.
pub fn access_token_claims(number: usize, exp: u64) -> String {
    let digest = Sha256::digest(format!("token {number}"));
    let jti = Base64UrlUnpadded::encode_string(&digest);
    format!(
        r#"{{"jti":"{jti}","sub":"{SUBJECT}","iat":1767225600,"exp":{exp},"scope":"{SCOPE}","client_id":"app_orders","iss":"{ISSUER}","aud":"{AUDIENCE}"}}"#
    )
}

/// A token, in all the forms in which verifiers take it.
#[derive(Clone, Debug)]
pub struct Specimen {
    header_value: String,
    signing_input_len: usize,
    signature: Vec<u8>,
}

const SCHEME: &str = "Bearer ";

impl Specimen {
    fn new(signing_input: &str, signature: Vec<u8>) -> Self {
        let encoded = Base64UrlUnpadded::encode_string(&signature);
        Self {
            header_value: format!("{SCHEME}{signing_input}.{encoded}"),
            signing_input_len: signing_input.len(),
            signature,
        }
    }

    /// Returns the value of the `Authorization` header.
    pub fn header_value(&self) -> &str {
        &self.header_value
    }

    /// Returns the token alone.
    pub fn token(&self) -> &str {
        &self.header_value[SCHEME.len()..]
    }

    /// Returns the signed part: the first two parts, encoded.
    pub fn signing_input(&self) -> &[u8] {
        &self.token().as_bytes()[..self.signing_input_len]
    }

    /// Returns the signature, decoded.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Returns a forgery: this token with the signature of another one. Only arithmetic can
    /// tell it from a good one.
    pub fn signed_as(&self, other: &Self) -> Self {
        let signing_input = &self.token()[..self.signing_input_len];
        Self::new(signing_input, other.signature.clone())
    }

    /// Returns the same token with an edited `Authorization` header.
    pub fn with_header_value(&self, edit: impl FnOnce(&str) -> String) -> Self {
        Self { header_value: edit(&self.header_value), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_tokens_are_as_long_as_those_of_an_openid_provider() {
        for (algorithm, len) in [(Algorithm::Es256, 512), (Algorithm::Es384, 554)] {
            for token in Issuer::new(algorithm, "sizes").access_tokens() {
                assert_eq!(token.token().len(), len);
                assert_eq!(token.signing_input().len(), 425);
            }
        }
    }

    #[test]
    fn fixtures_are_the_same_in_every_run() {
        let mint = || Issuer::new(Algorithm::Es256, "again").mint("{}", "{}");
        assert_eq!(mint().header_value(), mint().header_value());
    }
}
