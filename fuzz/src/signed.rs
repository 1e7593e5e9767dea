//! Signs the tokens that a fuzzer describes.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | which key signs, whether what was signed is tampered with, and the policy: `fuzz_seeds` |
//! | 2 | where a byte is changed afterwards, little-endian |
//! | 1 | how, by exclusive or |
//! | | the header; a byte 255, which no JSON text has; the claims |

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::elliptic_curve::ops::Reduce;
use sha2::{Digest, Sha256, Sha384};
use tollgate_core::Algorithm;
use tollgate_tests::fuzz_seeds::signer;
use tollgate_tests::mint::{k1, k2, key_for};

/// Separates the header from the claims.
pub const SEPARATOR: u8 = 0xff;

/// What precedes the header.
pub const PREFIX: usize = 4;

/// A token before it is signed.
#[derive(Debug)]
pub struct Description<'t> {
    /// A choice for the target.
    pub choice: u8,
    /// The algorithm whose good key signs.
    pub algorithm: Algorithm,
    /// Where and how a byte of the signed token is changed.
    pub tampering: Option<(usize, u8)>,
    /// The header's text.
    pub header: &'t [u8],
    /// The claims' text.
    pub claims: &'t [u8],
}

impl<'t> Description<'t> {
    /// Reads what a fuzzer wrote.
    pub fn read(data: &'t [u8]) -> Option<Self> {
        let ([control, low, high, change], texts) = data.split_first_chunk()?;
        let separator = texts.iter().position(|byte| *byte == SEPARATOR)?;
        let (header, claims) = (&texts[..separator], &texts[separator + 1..]);
        let place = usize::from(u16::from_le_bytes([*low, *high]));
        Some(Self {
            choice: control >> 2,
            algorithm: signer(*control),
            tampering: (control & 2 != 0).then_some((place, *change)),
            header,
            claims,
        })
    }

    /// The token as it was signed.
    pub fn sign(&self) -> String {
        let encode = Base64UrlUnpadded::encode_string;
        let input = format!("{}.{}", encode(self.header), encode(self.claims));
        let signature = match self.algorithm {
            Algorithm::Es256 => sign_p256(&input),
            Algorithm::Es384 => sign_p384(&input),
            other => key_for(other).sign(input.as_bytes()),
        };
        format!("{input}.{}", encode(&signature))
    }

    /// What becomes of a token on its way.
    pub fn tamper(&self, token: String) -> Vec<u8> {
        let mut token = token.into_bytes();
        if let Some((place, change)) = self.tampering {
            let len = token.len();
            token[place % len] ^= change;
        }
        token
    }
}

/// Signs with the nonce of one true signature again and again. This takes no point multiplication, and
/// reveals the keys, which are public here. From s = (z + r·d) / k follows 1 / k = s / (z + r·d).
macro_rules! signer {
    ($sign:ident, $curve:ident, $hash:ident, $key:expr) => {
        fn $sign(message: &str) -> Vec<u8> {
            use $curve::{FieldBytes, Scalar};

            /// R, r · d and 1 / k.
            static PARTS: LazyLock<(Vec<u8>, Scalar, Scalar)> = LazyLock::new(|| {
                let signature = $key.sign(b"");
                let scalar = |bytes: &[u8]| Scalar::reduce(&FieldBytes::try_from(bytes).unwrap());
                let (r, s) = signature.split_at(signature.len() / 2);
                let product = scalar(r) * scalar(&$key.secret());
                let sum = scalar(&$hash::digest(b"")) + product;
                (r.to_vec(), product, scalar(s) * sum.invert().unwrap())
            });
            let (r, product, inverse) = &*PARTS;
            let s = *inverse * (Scalar::reduce(&$hash::digest(message)) + product);
            [&r[..], &s.to_bytes()].concat()
        }
    };
}

signer!(sign_p256, p256, Sha256, k1());
signer!(sign_p384, p384, Sha384, k2());
