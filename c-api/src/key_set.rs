//! `tollgate_key_set`: keys in the caller's memory.

use tollgate_core::Key;
use tollgate_core::engines::Blob;

use crate::engine::Engine;
use crate::limits::{TOLLGATE_KEY_SET_WORDS, TOLLGATE_MAX_KEYS};
use crate::memory::{self, Opaque, Place};
use crate::result::{Checked, Code, Outcome};
use crate::text::Str;

/// cbindgen:ignore
pub(crate) type Keys = tollgate_core::KeySet<Engine, TOLLGATE_MAX_KEYS>;

/// Memory for the keys of one issuer. Initialise it with zeros. It can be anywhere, and nothing needs to be
/// freed. Several threads may read it at once. It contains addresses, so it is only valid in the process
/// that made it.
#[repr(C)]
#[derive(Debug)]
pub struct KeySet {
    /// Private to the library.
    pub opaque: [u64; TOLLGATE_KEY_SET_WORDS],
}

const _: () = assert!(!core::mem::needs_drop::<Engine>(), "C drops nothing");

impl Opaque for KeySet {
    type Content = Keys;
    const TAG: u64 = u64::from_be_bytes(*b"tollkeys");
}

/// Makes a key set from a JWK set (RFC 7517 §5), and borrows nothing from it. Skips keys that cannot be
/// used; it is an error if no key is left. The caller must know that the text comes from the issuer.
/// Keys for RSA and ES512 need the feature `large-jwks-keys` of the library.
///
/// - `keys`: receives the key set. After an error it is empty, unless it is NULL, misaligned, has the wrong
///   size, or overlaps the text.
/// - `keys_size`: `sizeof(tollgate_key_set)`.
/// - `jwks`: the text. It is no longer needed after the call.
///
/// # Safety
///
/// `keys` is NULL or points to a `tollgate_key_set` that no other thread uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_jwks(
    keys: *mut KeySet,
    keys_size: usize,
    jwks: Str,
) -> Code {
    // SAFETY: the same promises.
    let read = || unsafe {
        let (place, jwks) = prepare(keys, keys_size, jwks)?;
        finish(place, Keys::from_jwks_with(jwks, Engine::from_jwk)?)
    };
    Code::of(read())
}

/// Makes a key set from a blob that `tollgate provision --format bin` wrote. Checks that each table belongs
/// to its key, which takes as long as a few verifications. Skips keys of a kind that this version does not
/// know. The caller must know that the blob has the right keys.
///
/// - `keys`, `keys_size`: as for `tollgate_keys_from_jwks`.
/// - `blob`: the blob. The key set borrows its tables, so it must not move or change while the keys are in
///   use. Flash is the best place, aligned to 64 bytes. The library must be built with the algorithms and
///   the table sizes of all its keys, and for the lengths of its RSA keys.
///
/// # Safety
///
/// As for `tollgate_keys_from_jwks`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_blob(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Code {
    // SAFETY: the same promises.
    Code::of(unsafe { from_blob::<false>(keys, keys_size, blob) })
}

/// As `tollgate_keys_from_blob`, but does not check the tables: anyone who can write the blob decides which
/// signatures are valid. Use it for flash that only you can write, when start-up time matters. RSA keys are
/// checked all the same, which is quick.
///
/// # Safety
///
/// As for `tollgate_keys_from_jwks`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_trusted_blob(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Code {
    // SAFETY: the same promises.
    Code::of(unsafe { from_blob::<true>(keys, keys_size, blob) })
}

/// # Safety
///
/// As for `tollgate_keys_from_jwks`; and the blob outlives the key set.
unsafe fn from_blob<const TRUSTED: bool>(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Result<(), Code> {
    // SAFETY: the same promises.
    let (place, blob) = unsafe { prepare(keys, keys_size, blob) }?;
    let mut keys = Keys::new();
    for key in Blob::parse(blob)?.keys() {
        let engine = Engine::from_blob::<TRUSTED>(&key)?;
        keys.insert(Key::new(engine).with_id(key.id().copied()))?;
    }
    finish(place, keys)
}

/// # Safety
///
/// As for `tollgate_keys_from_jwks`; and what becomes of the source does not outlive it.
unsafe fn prepare(
    keys: *mut KeySet,
    keys_size: usize,
    source: Str,
) -> Checked<(Place<KeySet>, &'static [u8])> {
    if keys_size != size_of::<KeySet>() {
        return Err(Outcome::ArgumentLength);
    }
    // SAFETY: the same promises.
    unsafe {
        let place = Place::new(keys)?;
        memory::check_disjoint(&[place.span()], [source.span()])?;
        place.clear();
        Ok((place, source.bytes()?))
    }
}

fn finish(place: Place<KeySet>, keys: Keys) -> Result<(), Code> {
    if keys.keys().is_empty() {
        return Err(Outcome::NoUsableKey.into());
    }
    place.put(keys);
    Ok(())
}
