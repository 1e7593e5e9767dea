//! Key files: JWK sets, single JWKs, and PEM. What is read is a JWK set, which is read as itself, and a public key in
//! DER is the one that the crate `spki` finds. The first byte chooses: a file, or the DER of a public key or of a
//! certificate, whose PEM is the file.

#![no_main]

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use spki::der::asn1::{AnyRef, BitStringRef, UintRef};
use spki::der::{Decode, Reader, SliceReader};
use spki::{ObjectIdentifier, SubjectPublicKeyInfo};
use tollgate::key_file::KeyFile;
use tollgate_core::{Jwk, KeyUse};

fuzz_target!(|input: &[u8]| {
    let Some((choice, input)) = input.split_first() else { return };
    match choice % 3 {
        0 => drop(check(input)),
        1 => {
            let keys = check(pem("PUBLIC KEY", input).as_bytes());
            if let Some(key) = public_key(input) {
                assert_eq!(keys, Some(json!({ "keys": [key] })));
            }
        }
        _ => drop(check(pem("CERTIFICATE", input).as_bytes())),
    }
});

/// Reads a file, and returns its JWK set.
fn check(content: &[u8]) -> Option<Value> {
    let file = KeyFile::parse(content.to_vec()).ok()?;
    Jwk::parse_set(file.jwk_set(), KeyUse::JwtSvid).map(drop).unwrap();
    let again = KeyFile::parse(file.jwk_set().to_vec()).unwrap();
    assert_eq!(again.jwk_set(), file.jwk_set());
    assert_eq!(again.notes(), []);
    serde_json::from_slice(file.jwk_set()).ok()
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = Base64::encode_string(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// The JWK of a public key, if it is of a kind that we use.
fn public_key(der: &[u8]) -> Option<Value> {
    const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
    const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
    const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
    let info = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(der).ok()?;
    let key = info.subject_public_key.as_bytes()?;
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    match info.algorithm.oid {
        EC => {
            let curve = ObjectIdentifier::try_from(info.algorithm.parameters?).ok()?;
            let (crv, len) = match curve {
                P256 => ("P-256", 32),
                P384 => ("P-384", 48),
                P521 => ("P-521", 66),
                _ => return None,
            };
            let point = key.strip_prefix(&[4]).filter(|point| point.len() == 2 * len)?;
            let (x, y) = point.split_at(len);
            Some(json!({ "kty": "EC", "crv": crv, "x": text(x), "y": text(y) }))
        }
        RSA => {
            let mut reader = SliceReader::new(key).ok()?;
            let numbers = reader.sequence(|numbers| {
                Ok::<_, spki::der::Error>([UintRef::decode(numbers)?, UintRef::decode(numbers)?])
            });
            let [n, e] = numbers.ok()?.map(|number| text(number.as_bytes()));
            reader.is_finished().then(|| json!({ "kty": "RSA", "n": n, "e": e }))
        }
        ED25519 => Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": text(key) })),
        _ => None,
    }
}
