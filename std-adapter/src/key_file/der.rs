//! [`Der`]: a reader of DER (X.690), as far as public keys need it. It does not recurse and copies nothing.

/// Encoded elements that have not been read yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Der<'a>(&'a [u8]);

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, explicit.
pub(super) const CONTEXT_0: u8 = 0xA0;

impl<'a> Der<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads an element with this tag, and returns its content.
    pub(super) fn element(&mut self, tag: u8) -> Option<&'a [u8]> {
        let rest = self.0.strip_prefix(&[tag])?;
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            // Long keys and certificates need two bytes; four are more than any file here has.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let len = bytes.iter().fold(0u32, |len, byte| (len << 8) | u32::from(*byte));
                // DER has one encoding for each length (X.690 §10.1).
                let is_shortest = len > 0x7F && bytes.first() != Some(&0);
                (usize::try_from(len).ok().filter(|_| is_shortest)?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some(content)
    }

    /// Reads a sequence.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.element(SEQUENCE).map(Self)
    }

    /// Reads a positive integer, without the zero in front that keeps it positive.
    pub(super) fn positive(&mut self) -> Option<&'a [u8]> {
        match self.element(INTEGER)? {
            [] | [0x80..=0xFF, ..] | [0, 0..=0x7F, ..] => None,
            [0, rest @ ..] if !rest.is_empty() => Some(rest),
            bytes => Some(bytes),
        }
    }

    /// Reads a string of whole bytes.
    pub(super) fn bytes_of_bits(&mut self) -> Option<&'a [u8]> {
        self.element(BIT_STRING)?.strip_prefix(&[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_their_only_encoding() {
        let long = [&[0x30, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(Der(&long).element(SEQUENCE), Some(&[7; 0x80][..]));
        let longer = [&[0x30, 0x82, 0x01, 0x00][..], &[7; 0x100]].concat();
        assert_eq!(Der(&longer).element(SEQUENCE), Some(&[7; 0x100][..]));
        for wrong in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 7],
            &[0x30, 0x82, 0, 1, 7],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 7],
            &[0x31, 0],
        ] {
            assert_eq!(Der(wrong).element(SEQUENCE), None, "{wrong:?}");
        }
    }

    #[test]
    fn integers_are_positive_and_short() {
        let integer = |bytes: &'static [u8]| Der(bytes).positive();
        assert_eq!(integer(&[2, 1, 0x7F]), Some(&[0x7F][..]));
        assert_eq!(integer(&[2, 2, 0, 0x80]), Some(&[0x80][..]));
        for wrong in [&[2, 0][..], &[2, 1, 0x80], &[2, 2, 0, 0x7F], &[2, 2, 0xFF, 1]] {
            assert_eq!(integer(wrong), None, "{wrong:?}");
        }
    }
}
