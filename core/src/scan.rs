//! Searches bytes a machine word at a time.

/// A word in which every byte is 1.
const ONES: usize = usize::MAX / 0xff;

/// A word in which the highest bit of every byte is set.
const HIGHEST: usize = ONES << 7;

/// Returns how many bytes precede the first quotation mark, backslash or control character.
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    len_before(bytes, [b'"', b'\\'], 0x20)
}

/// Finds an ASCII character.
pub(crate) fn find(bytes: &[u8], character: u8) -> Option<usize> {
    Some(len_before(bytes, [character; 2], 0)).filter(|len| *len < bytes.len())
}

/// Returns how many bytes precede the first that is one of two ASCII characters, or less than the ASCII
/// character `limit`.
fn len_before(bytes: &[u8], characters: [u8; 2], limit: u8) -> usize {
    let [one, other] = characters;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let word = usize::from_le_bytes(*word);
        let marks = less(word ^ all(one), 1) | less(word ^ all(other), 1) | less(word, limit);
        // Of the marks in other bytes than ASCII characters, all are wrong.
        let marks = marks & !word & HIGHEST;
        if marks != 0 {
            // Only the first mark is surely right: what was borrowed for it may have set others.
            let found = usize::try_from(marks.trailing_zeros() >> 3).unwrap_or_default();
            return bytes.len().wrapping_sub(rest.len()).wrapping_add(found);
        }
        rest = after;
    }
    let is_sought = |byte: &u8| *byte == one || *byte == other || *byte < limit;
    let found = rest.iter().position(is_sought).unwrap_or(rest.len());
    bytes.len().wrapping_sub(rest.len()).wrapping_add(found)
}

/// Marks the bytes that are less than `limit`, with their highest bits.
fn less(word: usize, limit: u8) -> usize {
    word.wrapping_sub(all(limit))
}

/// Returns a word in which every byte is `byte`.
fn all(byte: u8) -> usize {
    ONES.wrapping_mul(usize::from(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes() -> impl Strategy<Value = std::vec::Vec<u8>> {
        let byte = prop_oneof![
            4 => Just(b'a'),
            1 => prop::sample::select(&b"\"\\.!#[]-/\x00\x1f\x20\x7f\x80\xa2\xae\xdc\xff"[..]),
            1 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn words_are_searched_as_single_bytes_are(bytes in bytes()) {
            let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
            let special = bytes.iter().position(is_special);
            prop_assert_eq!(plain_len(&bytes), special.unwrap_or(bytes.len()));
            for character in *b".\\" {
                let found = bytes.iter().position(|byte| *byte == character);
                prop_assert_eq!(find(&bytes, character), found);
            }
        }
    }

    #[test]
    fn every_byte_is_told_apart_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut bytes = [b'a'; 20];
                bytes[place] = byte;
                let is_special = matches!(byte, b'"' | b'\\' | ..0x20);
                assert_eq!(plain_len(&bytes), if is_special { place } else { 20 }, "{byte:#04x}");
                assert_eq!(find(&bytes, b'.'), (byte == b'.').then_some(place), "{byte:#04x}");
            }
        }
    }
}
