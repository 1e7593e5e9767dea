//! Sealed texts: nothing opens but what was sealed, under the same name and unchanged. The input is a text that
//! somebody made up, and what is sealed and then changed.

#![no_main]

#[allow(dead_code, reason = "the library uses the rest")]
#[path = "../../std-adapter/src/sign_in/seal.rs"]
mod seal;

use libfuzzer_sys::fuzz_target;
use seal::SealingKeys;

fuzz_target!(|input: (&str, &str, &[u8], u16, u8)| {
    let (name, text, plaintext, place, change) = input;
    let keys = SealingKeys::new([[1; 32], [2; 32]]).unwrap();
    assert_eq!(keys.open(name, text), None);
    // With the head of a real one, what follows is decoded and decrypted.
    let sealed = keys.seal(name, plaintext).unwrap();
    let (head, body) = sealed.rsplit_once('.').unwrap();
    assert_eq!(keys.open(name, &format!("{head}.{text}")), None);
    assert_eq!(keys.open(name, &format!("{text}.{body}")).is_some(), text == head);

    assert_eq!(keys.open(name, &sealed).as_deref(), Some(plaintext));
    assert_eq!(keys.open(text, &sealed).is_some(), text == name);
    let mut changed = sealed.clone().into_bytes();
    let place = usize::from(place) % changed.len();
    changed[place] ^= change & 0x7f;
    let changed = String::from_utf8(changed).unwrap();
    assert_eq!(keys.open(name, &changed).is_some(), changed == sealed);
});
