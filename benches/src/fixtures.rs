//! Issuers' keys and tokens, the same in every run.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer as _;
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::Algorithm;

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
    /// The public key in SEC 1's uncompressed form: 4, x, y.
    point: Vec<u8>,
    signer: Signer,
}

enum Signer {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl Issuer {
    /// Creates the issuer whose key is the hash of `label`.
    pub fn new(algorithm: Algorithm, label: &str) -> Self {
        let kid = Base64UrlUnpadded::encode_string(&Sha256::digest(format!("kid of {label}")));
        let (signer, point) = match algorithm {
            Algorithm::Es256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&Sha256::digest(label)).unwrap();
                let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                (Signer::P256(key), point)
            }
            Algorithm::Es384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&Sha384::digest(label)).unwrap();
                let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                (Signer::P384(key), point)
            }
        };
        Self { kid, point, signer }
    }

    /// Returns the key's algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self.signer {
            Signer::P256(_) => Algorithm::Es256,
            Signer::P384(_) => Algorithm::Es384,
        }
    }

    /// Returns the key's id, which is as long as a thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the public key in SEC 1's uncompressed form.
    pub fn point(&self) -> &[u8] {
        &self.point
    }

    /// Returns the coordinates of the public key.
    pub fn coordinates(&self) -> (&[u8], &[u8]) {
        self.point[1..].split_at(self.point.len() / 2)
    }

    /// Returns the public key as a JWK.
    pub fn jwk(&self) -> String {
        let (x, y) = self.coordinates();
        format!(
            r#"{{"kty":"EC","use":"sig","kid":"{}","alg":"{}","crv":"{}","x":"{}","y":"{}"}}"#,
            self.kid,
            self.algorithm().name(),
            self.algorithm().curve(),
            Base64UrlUnpadded::encode_string(x),
            Base64UrlUnpadded::encode_string(y),
        )
    }

    /// Returns the header of this issuer's access tokens.
    pub fn header(&self) -> String {
        format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{}"}}"#, self.algorithm().name(), self.kid)
    }

    /// Signs a token with any header and payload.
    pub fn mint(&self, header: &str, payload: &str) -> Specimen {
        let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let signing_input = format!("{}.{}", encode(header), encode(payload));
        let signature = match &self.signer {
            Signer::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(signing_input.as_bytes());
                signature.to_bytes().to_vec()
            }
            Signer::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(signing_input.as_bytes());
                signature.to_bytes().to_vec()
            }
        };
        Specimen::new(&signing_input, signature)
    }

    /// Returns [`VARIETY`] different access tokens like those of an OpenID provider.
    pub fn access_tokens(&self) -> Vec<Specimen> {
        (0..VARIETY)
            .map(|i| self.mint(&self.header(), &access_token_claims(i, EXPIRATION)))
            .collect()
    }
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

    /// Returns R and S, decoded.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Returns a forgery: this token with the signature of another one. Only the arithmetic of ECDSA can
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
