//! Key sets in memory of the caller's.

use tollgate_core::provisioned::{Blob, BlobError};
use tollgate_core::{Key, KeySetError};

use crate::engine::Engine;
use crate::limits::{TOLLGATE_KEY_SET_WORDS, TOLLGATE_MAX_KEYS};
use crate::memory::{self, Opaque, Place};
use crate::result::{Checked, Outcome};
use crate::text::Str;

/// cbindgen:ignore
pub(crate) type Keys = tollgate_core::KeySet<Engine, TOLLGATE_MAX_KEYS>;

/// Room for the keys of one issuer. It begins as zeros. Put it anywhere; nothing needs to be freed. It
/// may be read by several threads at once. It belongs to one run of the program, whose addresses it has:
/// make it anew after a restart.
#[repr(C)]
#[derive(Debug)]
pub struct KeySet {
    /// Not yours.
    pub opaque: [u64; TOLLGATE_KEY_SET_WORDS],
}

const _: () = assert!(!core::mem::needs_drop::<Engine>(), "C drops nothing");

impl Opaque for KeySet {
    type Content = Keys;
    const TAG: u64 = u64::from_be_bytes(*b"tollkeys");
}

/// Makes a key set from a JWK set (RFC 7517 §5), of which nothing is borrowed. Keys that cannot
/// verify are left out; it is an error if none is left. That the text is the issuer's is for the
/// caller to know.
///
/// - `keys`: where the set goes. After an error there is none in it, unless it is NULL, misaligned, of
///   another size, or overlaps the text.
/// - `keys_size`: `sizeof(tollgate_key_set)`.
/// - `jwks`: the text, which is not needed any more afterwards.
///
/// # Safety
///
/// `keys` is NULL or leads to a `tollgate_key_set` that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_jwks(
    keys: *mut KeySet,
    keys_size: usize,
    jwks: Str,
) -> Outcome {
    // SAFETY: the same promises.
    let read = || unsafe {
        let (place, jwks) = prepare(keys, keys_size, jwks)?;
        finish(place, Keys::from_jwks(jwks).map_err(Outcome::from)?)
    };
    Outcome::of(read())
}

/// Makes a key set from a blob, as `tollgate provision --format bin` writes it. Each table is
/// compared with its key, which takes as long as some verifications. That the blob is of the right
/// keys is for the caller to know.
///
/// - `keys`, `keys_size`: as for `tollgate_keys_from_jwks`.
/// - `blob`: its tables are borrowed. It must stay, unchanged, as long as the keys are used; best in
///   flash, at a multiple of 64. All of its keys must be of algorithms and sizes that the library was
///   built with.
///
/// # Safety
///
/// As for `tollgate_keys_from_jwks`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_blob(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Outcome {
    // SAFETY: the same promises.
    Outcome::of(unsafe { from_blob::<false>(keys, keys_size, blob) })
}

/// As `tollgate_keys_from_blob`, but tables are taken as they are: whoever can write the blob
/// decides which signatures verify. For flash that only its owner can write, and a start that
/// cannot wait.
///
/// # Safety
///
/// As for `tollgate_keys_from_jwks`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tollgate_keys_from_trusted_blob(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Outcome {
    // SAFETY: the same promises.
    Outcome::of(unsafe { from_blob::<true>(keys, keys_size, blob) })
}

/// # Safety
///
/// As for `tollgate_keys_from_jwks`; and the blob outlives the key set.
unsafe fn from_blob<const TRUSTED: bool>(
    keys: *mut KeySet,
    keys_size: usize,
    blob: Str,
) -> Checked<()> {
    // SAFETY: the same promises.
    let (place, blob) = unsafe { prepare(keys, keys_size, blob) }?;
    let mut keys = Keys::new();
    for key in Blob::parse(blob)?.keys() {
        let engine = Engine::of_blob::<TRUSTED>(&key)?;
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

fn finish(place: Place<KeySet>, keys: Keys) -> Checked<()> {
    if keys.keys().is_empty() {
        return Err(Outcome::NoUsableKey);
    }
    place.put(keys);
    Ok(())
}

impl From<KeySetError> for Outcome {
    fn from(error: KeySetError) -> Self {
        match error {
            KeySetError::NoKeys => Self::KeySetWithoutKeys,
            KeySetError::TooManyKeys { .. } => Self::KeySetTooLarge,
            // JSON is named as it is for tokens.
            other => Self::of_reason(other.reason()),
        }
    }
}

impl From<BlobError> for Outcome {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotABlob => Self::BlobUnknown,
            BlobError::Version { .. } => Self::BlobVersion,
            BlobError::Length { .. } => Self::BlobLength,
            BlobError::Checksum => Self::BlobDamaged,
            BlobError::NotOnCurve | BlobError::ForeignTable => Self::BlobForeignTable,
            BlobError::Curve { .. } | BlobError::Size { .. } => Self::BlobUnsupported,
            _ => Self::BlobMalformed,
        }
    }
}
