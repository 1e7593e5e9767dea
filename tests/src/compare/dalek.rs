//! Compares the engines for Ed25519 with ed25519-dalek, on any bytes that a fuzzer finds.

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use tollgate_core::engines::ecdsa::Comb;
use tollgate_core::engines::eddsa::{
    Ed25519Key, Ed25519PublicKey, UntabledEd25519Key, table_bytes,
};

/// Reads `data` as a choice, 32 bytes of a key, a signature and a message, and panics where an engine
/// differs from dalek. Bit 0 of the choice takes the bytes as those of a public key instead of a seed,
/// bit 1 the signature as it is instead of as flipped bits of a good one.
pub fn compare(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else { return };
    let Some((bytes, data)) = data.split_first_chunk::<32>() else { return };
    let Some((flips, message)) = data.split_first_chunk::<64>() else { return };
    let signer = SigningKey::from_bytes(bytes);
    let key = if choice & 1 == 0 { signer.verifying_key().to_bytes() } else { *bytes };

    // We refuse encodings that are not canonical, and points outside of the group of prime order.
    let theirs = VerifyingKey::from_bytes(&key).ok().filter(|theirs| {
        let point = theirs.to_edwards();
        let is_of_order = point.is_torsion_free() && !point.is_small_order();
        is_of_order && point.compress().to_bytes() == key
    });
    let ours = Ed25519PublicKey::from_bytes(&key).ok();
    assert_eq!(ours.is_some(), theirs.is_some(), "{key:?}");
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return };

    let mut signature = *flips;
    if choice & 2 == 0 {
        let good = signer.sign(message).to_bytes();
        signature.iter_mut().zip(good).for_each(|(flip, byte)| *flip ^= byte);
    }
    let expected = theirs.verify(message, &Signature::from_bytes(&signature)).is_ok();
    type Small = Comb<5, 2>;
    let memory = vec![0; table_bytes::<Small>()];
    let small = Ed25519Key::<Small, _, Comb<10, 2>>::build_in(&ours, memory).unwrap();
    let none = UntabledEd25519Key::<Small>::from(ours);
    assert_eq!(small.verify_vartime(message, &signature).is_ok(), expected, "{signature:?}");
    assert_eq!(none.verify_vartime(message, &signature).is_ok(), expected, "{signature:?}");
}
