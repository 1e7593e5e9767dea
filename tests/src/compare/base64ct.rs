//! Compares our base64url decoder with `base64ct`.

use base64ct::{Base64UrlUnpadded, Encoding};
use tollgate_core::{Jwk, Part, Rejection, UnusableKey};

use crate::mint::{jwk, jwk_with, jwks, k1, k2};
use crate::verify::{TestKeys, believed};

/// Decodes `encoded` as a token's payload and as a key's coordinates.
///
/// # Panics
///
/// `base64ct` differs.
pub fn compare(encoded: &[u8]) {
    let Ok(encoded) = std::str::from_utf8(encoded) else { return };
    let theirs = Base64UrlUnpadded::decode_vec(encoded);
    let ours = believed(encoded, |verified| Ok(verified.bytes().to_vec()));
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{encoded}"),
        (Err(Rejection::Misencoded { part: Part::Payload, offset }), Err(_)) => {
            // What precedes the offending character is fine, but for the bits that it leaves over.
            assert!(*offset < encoded.len(), "{encoded}");
            let whole = &encoded[..offset - offset % 4];
            assert!(Base64UrlUnpadded::decode_vec(whole).is_ok(), "{encoded}: {offset}");
        }
        // It does not get that far.
        (Err(Rejection::TokenMalformed { .. } | Rejection::PartCount { .. }), Err(_)) => {}
        (Err(Rejection::PartEmpty(_) | Rejection::TokenTooLong { .. }), _) => {}
        _ => panic!("{encoded}: {ours:?} and {theirs:?}"),
    }
    for (key, bytes) in [(k1(), 32), (k2(), 48)] {
        let set = jwks([jwk_with(jwk(&key, "k"), "x", encoded.into())]).to_string();
        let mut reasons = Vec::new();
        let make = |key: &Jwk<'_>| key.try_into();
        TestKeys::from_jwks_reporting(set.as_bytes(), make, |_, reason| reasons.push(reason))
            .unwrap();
        let is_coordinate = theirs.as_ref().is_ok_and(|theirs| theirs.len() == bytes);
        assert_eq!(!reasons.contains(&UnusableKey::Coordinate), is_coordinate, "{encoded}");
    }
}
