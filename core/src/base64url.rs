//! Base64url without padding, strictly: RFC 7515 §2, RFC 4648 §3.5 and §5.
//!
//! Padding, white space, characters outside the alphabet and stray bits are errors, so that every byte
//! string has exactly one valid encoding. Tokens are public, so nothing here needs constant time.

/// A character at `offset` that the encoding does not allow there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misencoded {
    /// Bytes from the start of the encoded text.
    pub(crate) offset: usize,
}

/// Returns how many bytes `encoded_len` characters decode to, rounded down for an invalid length.
pub(crate) const fn decoded_len(encoded_len: usize) -> usize {
    let tail = match encoded_len % 4 {
        2 => 1,
        3 => 2,
        _ => 0,
    };
    (encoded_len / 4).saturating_mul(3).saturating_add(tail)
}

/// Decodes all of `encoded` into `out`, which must hold exactly [`decoded_len`] bytes.
pub(crate) fn decode(encoded: &[u8], out: &mut [u8]) -> Result<(), Misencoded> {
    let fits = out.len() == decoded_len(encoded.len()) && encoded.len() % 4 != 1;
    let (quads, tail) = encoded.as_chunks();
    let (triples, rest) = out.as_chunks_mut();
    // The errors of all quads: a loop without exits is faster.
    let mut joined = 0;
    for (triple, quad) in triples.iter_mut().zip(quads) {
        let bits = join(*quad);
        joined |= bits;
        let [_, bytes @ ..] = bits.to_be_bytes();
        *triple = bytes;
    }
    // Missing characters count as zeros, and no other bits may be left over.
    let bits = join(match *tail {
        [a, b] => [a, b, b'A', b'A'],
        [a, b, c] => [a, b, c, b'A'],
        _ => [b'A'; 4],
    });
    let [_, first, second, _] = bits.to_be_bytes();
    let left_over = match rest {
        [x, y] => {
            (*x, *y) = (first, second);
            bits & 0xff
        }
        [x] => {
            *x = first;
            bits & 0xffff
        }
        _ => bits,
    };
    if fits && joined | bits >= 0 && left_over == 0 {
        return Ok(());
    }
    // If all characters are in the alphabet, the last one is wrong: its low bits are not zero, or the length
    // is invalid.
    let offset = first_outsider(encoded).unwrap_or(encoded.len().saturating_sub(1));
    Err(Misencoded { offset })
}

/// Joins the values of four characters, which make three bytes. The result is negative if a character is
/// invalid: its own value is negative, and stays so when it is joined with others.
fn join(quad: [u8; 4]) -> i32 {
    let [a, b, c, d] = quad.map(|character| i32::from(sextet(character)));
    a << 18 | b << 12 | c << 6 | d
}

/// Marks a byte that is not in the alphabet.
const OUTSIDE: i8 = -1;

/// The value of every character, or a mark. There is an entry for each byte, so lookups cannot fail.
const SEXTETS: [i8; 256] = {
    let mut table = [OUTSIDE; 256];
    let mut characters: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut value = 0i8;
    while let [character, rest @ ..] = characters {
        #[allow(clippy::as_conversions, reason = "u8 to usize loses nothing")]
        if let Some((_, [slot, ..])) = table.split_at_mut_checked(*character as usize) {
            *slot = value;
        }
        value = value.saturating_add(1);
        characters = rest;
    }
    table
};

fn sextet(character: u8) -> i8 {
    SEXTETS.get(usize::from(character)).copied().unwrap_or(OUTSIDE)
}

/// Checks all of `encoded`, without decoding it to anywhere.
pub(crate) fn check(encoded: &[u8]) -> Result<(), Misencoded> {
    if let Some(offset) = first_outsider(encoded) {
        return Err(Misencoded { offset });
    }
    // If all characters are in the alphabet, only the end can be wrong.
    let (quads, tail) = encoded.as_chunks::<4>();
    let mut bytes = [0; 2];
    let out = bytes.get_mut(..decoded_len(tail.len())).unwrap_or_default();
    let offset = quads.len().saturating_mul(4);
    decode(tail, out).map_err(|error| Misencoded { offset: error.offset.saturating_add(offset) })
}

/// Finds the first character that is not in the alphabet.
fn first_outsider(encoded: &[u8]) -> Option<usize> {
    encoded.iter().position(|character| sextet(*character) < 0)
}

/// Returns how many bytes precede the first that a token68 cannot contain, apart from its padding.
pub(crate) fn token68_len(bytes: &[u8]) -> usize {
    // A loop without exits can use vector instructions, and nearly always nothing is left to find.
    if bytes.iter().fold(true, |all, byte| all & is_token68(*byte)) {
        return bytes.len();
    }
    bytes.iter().position(|byte| !is_token68(*byte)).unwrap_or(bytes.len())
}

/// `ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/"` (RFC 9110 §11.2)
const fn is_token68(byte: u8) -> bool {
    // From `-` to `9` are also `.` and `/`.
    byte.is_ascii_alphabetic() || matches!(byte, b'-'..=b'9' | b'_' | b'~' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoded: &[u8]) -> Result<([u8; 16], usize), usize> {
        let mut out = [0; 16];
        let len = decoded_len(encoded.len());
        decode(encoded, &mut out[..len]).map(|()| (out, len)).map_err(|error| error.offset)
    }

    #[test]
    fn rfc_4648_vectors_decode_without_padding() {
        for (encoded, plain) in [
            ("", ""),
            ("Zg", "f"),
            ("Zm8", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg", "foob"),
            ("Zm9vYmE", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            let (out, len) = decoded(encoded.as_bytes()).unwrap();
            assert_eq!(&out[..len], plain.as_bytes());
        }
        assert_eq!(decoded(b"-_-_").unwrap().0[..3], [0xfb, 0xff, 0xbf]);
    }

    #[test]
    fn padding_is_rejected() {
        assert_eq!(decoded(b"Zg=="), Err(2));
        assert_eq!(decoded(b"Zm8="), Err(3));
    }

    #[test]
    fn stray_bits_after_the_last_byte_are_rejected() {
        assert_eq!(decoded(b"Zh"), Err(1));
        assert_eq!(decoded(b"Zm9"), Err(2));
    }

    #[test]
    fn length_of_one_modulo_four_is_rejected() {
        assert_eq!(decoded(b"Z"), Err(0));
        assert_eq!(decoded(b"Zm9vY"), Err(4));
    }

    #[test]
    fn characters_outside_the_alphabet_are_rejected_where_they_stand() {
        for bad in [b'+', b'/', b' ', b'\n', b'=', b'.', 0, 0x80, 0xff] {
            let mut encoded = *b"Zm9vYmFy";
            encoded[5] = bad;
            assert_eq!(decoded(&encoded), Err(5), "{bad:#04x}");
            assert_eq!(decoded(&[b'Z', bad]), Err(1), "{bad:#04x}");
        }
    }

    #[test]
    fn check_finds_what_decoding_finds() {
        for encoded in [&b""[..], b"Zg", b"Zm8", b"Zm9v", b"Zm9vYg", b"Zh", b"Zm9", b"Z", b"Zm9vY"]
        {
            let checked = check(encoded).map_err(|error| error.offset);
            assert_eq!(checked, decoded(encoded).map(|_| ()), "{encoded:?}");
        }
        assert_eq!(check(b"Zm9v.mFyZh"), Err(Misencoded { offset: 4 }));
        assert_eq!(check(&[b"A".repeat(1000), b"Zh".to_vec()].concat()).unwrap_err().offset, 1001);
    }

    #[test]
    fn every_byte_is_in_the_alphabet_or_in_token68_as_the_standards_say() {
        for byte in 0..=u8::MAX {
            let in_alphabet = byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert_eq!(sextet(byte) >= 0, in_alphabet, "{byte:#04x}");
            let in_token68 = in_alphabet || b".~+/".contains(&byte);
            for place in 0..40 {
                let mut bytes = [b'a'; 40];
                bytes[place] = byte;
                assert_eq!(token68_len(&bytes), if in_token68 { 40 } else { place }, "{byte:#04x}");
            }
        }
    }

    #[test]
    fn output_that_is_too_short_is_an_error() {
        assert!(decode(b"Zm9v", &mut [0; 2]).is_err());
        assert!(decode(b"Zm8", &mut []).is_err());
    }
}
