//! Engines for RSA: RS256, RS384, RS512, PS256, PS384 and PS512, with keys of 2,048 to 4,096 bits.
//!
//! An [`RsaKey`] is a modulus, an exponent, and one constant that saves each verification a division:
//! 516 bytes for 2,048 bits. There are no tables. The bytes are in one format for all machines, in flash, in
//! memory of the caller, or on the heap, and they prove the constant when they are loaded.
//!
//! All data is public, so verification takes variable time, and function names say so.
//!
//! ```
//! use tollgate_core::engines::rsa::{
//!     Bits2048, Rs256, RsaKey, RsaKeyBytes, RsaPublicKey, provisioned_bytes,
//! };
//! use tollgate_core::{Algorithm, Jwk};
//!
//! // The key, the message and the signature of RFC 7515 §A.2.
//! # let json = concat!(
//! #     r#"{"kty":"RSA","e":"AQAB","n":""#,
//! #     "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ",
//! #     "PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0",
//! #     "LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD",
//! #     "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2",
//! #     "PAcDTW9gb54h4FRWyuXpoQ",
//! #     r#""}"#,
//! # );
//! let (_, jwk) = Jwk::parse(json.as_bytes())?;
//! let key = RsaPublicKey::try_from(&jwk)?;
//! # let message = concat!(
//! #     "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly",
//! #     "9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
//! # );
//! # let digits = concat!(
//! #     "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd",
//! #     "73a2663e5166687b000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d0",
//! #     "9402beedd5d9d97007108db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44a",
//! #     "e61eb1040acb20044d3ef9128ed40130795bd4bd3b41eecad066ab651981fde48df77f372dc38b9f",
//! #     "afdd3befb18b5da3cc3c2eb02f9e3a41d612caad15911273a05f23b9e838faaf849d698429ef5a1e",
//! #     "88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b2c25566b55ac1",
//! #     "a748a070dfc8a32a469543d019eefb47",
//! # );
//! # let signature: [u8; 256] = core::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap());
//!
//! // For a board: one algorithm, and room for 2,048 bits.
//! let mut memory = [0; provisioned_bytes(2048)];
//! let engine = RsaKey::<_, Rs256, Bits2048>::build_in(&key, &mut memory[..])?;
//! engine.verify_vartime(Algorithm::Rs256, message.as_bytes(), &signature)?;
//!
//! // For a server: all algorithms, and room for 4,096 bits.
//! let engine = RsaKey::<RsaKeyBytes>::try_from(&key)?;
//! engine.verify_vartime(Algorithm::Rs256, message.as_bytes(), &signature)?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod block;
mod capacity;
mod engine;
mod error;
mod jwk;
mod montgomery;
mod pkcs1;
mod power;
mod provisioned;
mod pss;
mod public_key;
mod roca;
mod scheme;

pub use capacity::{Bits2048, Bits3072, Bits4096, Capacity};
pub use engine::{RsaKey, RsaKeyBytes};
pub use error::InvalidRsaKey;
pub use provisioned::provisioned_bytes;
pub use public_key::RsaPublicKey;
pub use scheme::{
    AllSchemes, JoseHash, Pkcs1, Ps256, Ps384, Ps512, Pss, Rs256, Rs384, Rs512, Scheme, Schemes,
};
