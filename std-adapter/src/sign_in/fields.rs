//! [`FieldWriter`] and [`FieldReader`]: texts and numbers as bytes, one after another, without names.
//!
//! A text follows its length (4 bytes, the lowest first). What may be missing follows a byte that says whether it is
//! there: 0 or 1. So the same fields always make the same bytes, and no others are read as these fields.

/// Writes fields.
#[derive(Default)]
pub(crate) struct FieldWriter(Vec<u8>);

impl FieldWriter {
    pub(crate) fn fixed<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend(bytes);
    }

    pub(crate) fn number(&mut self, number: i64) {
        self.fixed(number.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        // Nothing that is kept comes near 4 GiB. If it did, it would not be read.
        self.fixed(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Writes something that may be missing.
    pub(crate) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.fixed([value.is_some().into()]);
        if let Some(value) = value {
            write(self, value);
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads fields, in the order in which they were written. `None` for bytes that no [`FieldWriter`] wrote.
pub(crate) struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all has been read.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(crate) fn number(&mut self) -> Option<i64> {
        self.fixed().map(i64::from_le_bytes)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let length = u32::from_le_bytes(self.fixed()?);
        let (text, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        str::from_utf8(text).ok().map(str::to_owned)
    }

    /// Reads something that may be missing.
    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.fixed()? {
            [0] => Some(None),
            [1] => read(self).map(Some),
            _ => None,
        }
    }
}
