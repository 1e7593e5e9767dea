//! Makes references from C's pointers. All checks of pointers are in this file.
//!
//! It checks for NULL, alignment, lengths and overlaps. It cannot check that there is memory behind a
//! pointer; that is the promise that every function of the interface asks for.

use core::mem::{MaybeUninit, offset_of};
use core::ops::Range;

use crate::result::{Checked, Outcome};

/// Bytes to read.
///
/// # Safety
///
/// Unless `data` is NULL, `len` bytes there are readable and do not change for `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Checked<&'a [u8]> {
    check_bytes(data, len)?;
    if len == 0 {
        return Ok(&[]);
    }
    // SAFETY: not NULL, no longer than isize::MAX, no wrap-around; the rest is the caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(data, len) })
}

/// Bytes to write, set to zero first, because memory from C may be uninitialised.
///
/// # Safety
///
/// Unless `data` is NULL, `len` bytes there are writable, and nothing else uses them for `'a`.
pub(crate) unsafe fn zeroed<'a>(data: *mut u8, len: usize) -> Checked<&'a mut [u8]> {
    check_bytes(data, len)?;
    if len == 0 {
        return Ok(&mut []);
    }
    // SAFETY: not NULL, no longer than isize::MAX, no wrap-around; the rest is the caller's promise.
    unsafe {
        data.write_bytes(0, len);
        Ok(core::slice::from_raw_parts_mut(data, len))
    }
}

/// Checks that there could be `len` bytes at `data`.
pub(crate) fn check_bytes(data: *const u8, len: usize) -> Checked<()> {
    if data.is_null() && len > 0 {
        return Err(Outcome::ArgumentNull);
    }
    let is_possible = isize::try_from(len).is_ok() && data.addr().checked_add(len).is_some();
    if is_possible { Ok(()) } else { Err(Outcome::ArgumentLength) }
}

/// A value to read.
///
/// # Safety
///
/// Unless `pointer` is NULL or misaligned, it points to a `T` that does not change for `'a`.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T) -> Checked<&'a T> {
    check_pointer(pointer)?;
    // SAFETY: not NULL and aligned; the rest is the caller's promise.
    Ok(unsafe { &*pointer })
}

/// A list to read.
///
/// # Safety
///
/// Unless `first` is NULL or misaligned, it points to `len` values that do not change for `'a`.
pub(crate) unsafe fn list<'a, T>(first: *const T, len: usize) -> Checked<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    check_pointer(first)?;
    check_bytes(first.cast(), len.checked_mul(size_of::<T>()).ok_or(Outcome::ArgumentLength)?)?;
    // SAFETY: not NULL, aligned, no longer than isize::MAX, no wrap-around; the rest is the
    // caller's promise.
    Ok(unsafe { core::slice::from_raw_parts(first, len) })
}

/// Writes a value.
///
/// # Safety
///
/// Unless `pointer` is NULL or misaligned, it points to writable memory for a `T`.
pub(crate) unsafe fn write<T>(pointer: *mut T, value: T) -> Checked<()> {
    check_pointer(pointer)?;
    // SAFETY: not NULL and aligned; the rest is the caller's promise.
    unsafe { pointer.write(value) };
    Ok(())
}

pub(crate) fn check_pointer<T>(pointer: *const T) -> Checked<()> {
    if pointer.is_null() {
        return Err(Outcome::ArgumentNull);
    }
    if pointer.is_aligned() { Ok(()) } else { Err(Outcome::ArgumentMisaligned) }
}

/// The addresses of `len` values.
pub(crate) fn span<T>(data: *const T, len: usize) -> Range<usize> {
    data.addr()..data.addr().saturating_add(len.saturating_mul(size_of::<T>()))
}

/// Checks that memory to write does not overlap memory to read.
pub(crate) fn check_disjoint(
    written: &[Range<usize>],
    read: impl IntoIterator<Item = Range<usize>>,
) -> Checked<()> {
    let apart = |one: &Range<usize>, other: &Range<usize>| {
        one.is_empty() || other.is_empty() || one.end <= other.start || other.end <= one.start
    };
    let mut read = read.into_iter();
    let all_apart = read.all(|read| written.iter().all(|written| apart(written, &read)));
    if all_apart { Ok(()) } else { Err(Outcome::ArgumentOverlap) }
}

/// A C struct that is memory for a Rust value.
pub(crate) trait Opaque: Sized {
    type Content;
    /// Marks memory that holds such a value.
    const TAG: u64;
}

#[repr(C)]
struct Slot<C> {
    tag: u64,
    content: MaybeUninit<C>,
}

impl<C> Slot<C> {
    const fn fits<O>() {
        assert!(size_of::<Self>() <= size_of::<O>() && align_of::<Self>() <= align_of::<O>());
        assert!(offset_of!(Self, tag) == 0);
    }
}

/// Memory to put a value in.
pub(crate) struct Place<O>(*mut O);

impl<O: Opaque> Place<O> {
    /// # Safety
    ///
    /// Unless `pointer` is NULL or misaligned, it points to memory for an `O`, which nothing else uses while
    /// the place exists.
    pub(crate) unsafe fn new(pointer: *mut O) -> Checked<Self> {
        const { Slot::<O::Content>::fits::<O>() };
        check_pointer(pointer)?;
        Ok(Self(pointer))
    }

    pub(crate) fn span(&self) -> Range<usize> {
        span(self.0, 1)
    }

    /// Marks the memory as empty, until a value is put there.
    pub(crate) fn clear(&self) {
        // SAFETY: `new` has checked the pointer, and `fits` that the memory has space for a tag.
        unsafe { self.0.cast::<u64>().write(0) };
    }

    pub(crate) fn put(self, content: O::Content) {
        let slot = Slot { tag: O::TAG, content: MaybeUninit::new(content) };
        // SAFETY: `new` has checked the pointer, and `fits` that the memory has space for a slot.
        unsafe { self.0.cast::<Slot<O::Content>>().write(slot) };
    }
}

/// Returns the value that was put in a place.
///
/// # Safety
///
/// Unless `pointer` is NULL or misaligned, it points to an `O` that was initialised with zeros and does not
/// change for `'a`; and the memory that its value borrows still exists.
pub(crate) unsafe fn content<'a, O: Opaque>(pointer: *const O) -> Checked<&'a O::Content> {
    check_pointer(pointer)?;
    let slot = pointer.cast::<Slot<O::Content>>();
    // SAFETY: not NULL and aligned; and the tag is initialised, with zeros or by `put`.
    if unsafe { (&raw const (*slot).tag).read() } != O::TAG {
        return Err(Outcome::ArgumentUnset);
    }
    // SAFETY: only `put` writes this tag, and it writes a value with it.
    Ok(unsafe { (*slot).content.assume_init_ref() })
}
