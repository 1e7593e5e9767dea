use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tollgate_core::{Algorithm, InvalidSignature, KeyAlgorithms, SignatureVerifier};

use super::fingerprint::Fingerprint;
use super::table::Table;
use super::{Remembering, SignatureMemory};
use crate::keys::SharedVerifier;

const VALID: &[u8] = b"valid";

/// An engine that counts its calls, for signatures that are [`VALID`] by any algorithm.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Counting {
    fn calls(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl SignatureVerifier for Counting {
    fn algorithms(&self) -> KeyAlgorithms {
        KeyAlgorithms::only(Algorithm::Es256)
    }

    fn signature_len(&self) -> usize {
        VALID.len()
    }

    fn issuer(&self) -> Option<&str> {
        Some("its issuer")
    }

    fn verify(&self, _: Algorithm, _: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.0.fetch_add(1, Ordering::Relaxed);
        if signature.starts_with(VALID) { Ok(()) } else { Err(InvalidSignature) }
    }
}

/// An engine that remembers, and the one that it asks.
fn remembering(memory: &SignatureMemory) -> (Remembering<Counting>, Counting) {
    let engine = Counting::default();
    (memory.remembering(engine.clone()), engine)
}

fn verify(engine: &impl SignatureVerifier, message: &[u8]) {
    assert_eq!(engine.verify(Algorithm::Es256, message, VALID), Ok(()));
}

#[test]
fn a_remembered_signature_skips_the_engine() {
    let memory = SignatureMemory::new(8);
    let (remembering, engine) = remembering(&memory);
    for _ in 0..3 {
        verify(&remembering, b"message");
    }
    assert_eq!((engine.calls(), memory.hits()), (1, 2));
}

#[test]
fn an_engine_that_remembers_is_for_the_same_tokens() {
    let (remembering, engine) = remembering(&SignatureMemory::new(8));
    assert_eq!(remembering.algorithms(), engine.algorithms());
    assert_eq!(remembering.signature_len(), engine.signature_len());
    assert_eq!(remembering.issuer(), engine.issuer());
}

#[test]
fn invalid_signatures_are_never_remembered() {
    let memory = SignatureMemory::new(8);
    let (remembering, engine) = remembering(&memory);
    for calls in 1..=3 {
        let forged = remembering.verify(Algorithm::Es256, b"message", b"forged");
        assert_eq!(forged, Err(InvalidSignature));
        assert_eq!(engine.calls(), calls);
    }
    assert_eq!(memory.hits(), 0);
}

#[test]
fn invalid_signatures_push_out_nothing() {
    let memory = SignatureMemory::new(8);
    let (remembering, engine) = remembering(&memory);
    verify(&remembering, b"message");
    for number in 0..1000_u32 {
        let forged = remembering.verify(Algorithm::Es256, &number.to_le_bytes(), b"forged");
        assert_eq!(forged, Err(InvalidSignature));
    }
    let calls = engine.calls();
    verify(&remembering, b"message");
    assert_eq!(engine.calls(), calls);
}

#[test]
fn every_part_of_a_signature_counts() {
    let memory = SignatureMemory::new(8);
    let (remembering, engine) = remembering(&memory);
    verify(&remembering, b"message");
    for (algorithm, message, signature) in [
        (Algorithm::Es384, &b"message"[..], VALID),
        (Algorithm::Es256, b"massage", VALID),
        (Algorithm::Es256, b"message", b"valid, too"),
        (Algorithm::Es256, b"messag", b"evalid"),
        (Algorithm::Es256, b"messagev", b"alid"),
        (Algorithm::Es256, b"", b"messagevalid"),
    ] {
        let before = engine.calls();
        let _ = remembering.verify(algorithm, message, signature);
        assert_eq!(engine.calls(), before + 1, "{algorithm} {message:?} {signature:?}");
    }
    assert_eq!(memory.hits(), 0);
}

#[test]
fn what_one_key_has_verified_is_nothing_to_another() {
    let memory = SignatureMemory::new(8);
    let ((first, _), (second, engine)) = (remembering(&memory), remembering(&memory));
    verify(&first, b"message");
    verify(&second, b"message");
    assert_eq!((engine.calls(), memory.hits()), (1, 0));
}

/// An engine as gates make it.
fn shared(memory: &SignatureMemory, kid: &str) -> (SharedVerifier, Counting) {
    let engine = Counting::default();
    (memory.shared(vec![Some(kid.to_owned())], Arc::new(engine.clone())), engine)
}

#[test]
fn a_key_that_stays_keeps_what_is_remembered_for_it() {
    let memory = SignatureMemory::new(8);
    let (before, _) = shared(&memory, "k1");
    verify(&before, b"message");
    let (after, engine) = shared(&memory, "k1");
    drop(before);
    verify(&after, b"message");
    assert_eq!((engine.calls(), memory.hits()), (0, 1));
    let (other, engine) = shared(&memory, "k2");
    verify(&other, b"message");
    assert_eq!(engine.calls(), 1);
}

#[test]
fn the_number_of_a_removed_key_is_never_used_again() {
    let memory = SignatureMemory::new(8);
    for _ in 0..3 {
        let (key, engine) = shared(&memory, "k1");
        verify(&key, b"message");
        assert_eq!(engine.calls(), 1);
    }
    assert_eq!(memory.hits(), 0);
}

#[test]
fn keys_that_are_gone_take_no_memory() {
    let memory = SignatureMemory::new(8);
    let (stays, _) = shared(&memory, "stays");
    verify(&stays, b"message");
    for number in 0..10_000_u32 {
        shared(&memory, &number.to_string());
    }
    assert!(memory.0.numbers.len() < 64, "{}", memory.0.numbers.len());
    let (again, engine) = shared(&memory, "stays");
    verify(&again, b"message");
    assert_eq!(engine.calls(), 0);
}

#[test]
fn a_capacity_of_0_remembers_nothing() {
    let memory = SignatureMemory::new(0);
    let (remembering, engine) = remembering(&memory);
    verify(&remembering, b"message");
    verify(&remembering, b"message");
    assert_eq!((engine.calls(), memory.hits(), memory.capacity()), (2, 0, 0));
}

#[test]
fn another_capacity_forgets_and_the_same_does_not() {
    let memory = SignatureMemory::new(100);
    assert_eq!(memory.capacity(), 104, "whole rows");
    let (remembering, engine) = remembering(&memory);
    for (capacity, calls) in [(100, 1), (104, 1), (200, 2), (0, 3), (0, 4), (200, 5)] {
        memory.set_capacity(capacity);
        verify(&remembering, b"message");
        assert_eq!(engine.calls(), calls, "{capacity}");
    }
}

#[test]
fn a_table_holds_no_more_than_its_capacity() {
    let table = Table::new(64);
    let all = || (0..1000).map(Fingerprint::for_test);
    all().for_each(|fingerprint| table.remember(fingerprint));
    assert_eq!(all().filter(|fingerprint| table.recalls(fingerprint)).count(), 64);
}

#[test]
fn what_has_not_been_used_for_longest_goes_first() {
    let table = Table::new(8);
    (0..8).for_each(|number| table.remember(Fingerprint::for_test(number)));
    assert!(table.recalls(&Fingerprint::for_test(0)));
    table.remember(Fingerprint::for_test(8));
    let known = |number: &u64| table.recalls(&Fingerprint::for_test(*number));
    assert_eq!((0..9).filter(known).collect::<Vec<_>>(), [0, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_signature_that_two_threads_verified_takes_one_place() {
    let table = Table::new(8);
    (0..8).for_each(|number| table.remember(Fingerprint::for_test(number)));
    table.remember(Fingerprint::for_test(7));
    assert!(table.recalls(&Fingerprint::for_test(0)));
}

#[test]
fn threads_share_what_is_remembered_and_never_accept_what_is_forged() {
    let memory = SignatureMemory::new(64);
    let (remembering, engine) = remembering(&memory);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for number in 0..20_000_u32 {
                    let message = (number % 100).to_le_bytes();
                    verify(&remembering, &message);
                    let forged = remembering.verify(Algorithm::Es256, &message, b"forged");
                    assert_eq!(forged, Err(InvalidSignature));
                }
            });
        }
    });
    let (calls, hits) = (engine.calls(), memory.hits());
    assert_eq!(u64::try_from(calls).unwrap() + hits, 80_000, "each is a hit or a call");
    assert!(hits > 0);
}
