//! Untrusted text as the log may show it: short, on one line, and without tokens.

use base64ct::{Base64UrlUnpadded, Encoding};
use tollgate::untrusted::{MAX_EXCERPT, Untrusted};

/// What stands for a token.
const TOKEN: &str = "[token]";

/// Cuts a text to [`MAX_EXCERPT`] characters, and escapes it. A JSON Web Token in it is left out, even a part of
/// one: a client may write its token into a path or an id.
pub(super) fn of(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    let mut left = MAX_EXCERPT;
    loop {
        let word = rest.find(|c| !is_of_token(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(word).unwrap_or_default();
        let word = if has_json_object(word) { TOKEN } else { word };
        // The word, and the character that ends it.
        let end = after.chars().next();
        for character in word.chars().chain(end) {
            let Some(fewer) = left.checked_sub(1) else {
                return format!("{}…", Untrusted(shown.as_str()));
            };
            left = fewer;
            shown.push(character);
        }
        let Some(end) = end else { return Untrusted(shown.as_str()).to_string() };
        rest = after.get(end.len_utf8()..).unwrap_or_default();
    }
}

/// The same for bytes, which need not be UTF-8.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    of(&String::from_utf8_lossy(bytes))
}

/// Whether the character may be part of a token in the compact serialization (RFC 7515 §7.1), or of one that is
/// percent-encoded.
fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '%')
}

/// Whether a part of the word is the start of a JSON object, as it is or percent-encoded.
fn has_json_object(word: &str) -> bool {
    let mut decoded = String::new();
    let mut pieces = word.split('%');
    decoded.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.split_at_checked(2);
        match digits.and_then(|(digits, rest)| Some((u8::from_str_radix(digits, 16).ok()?, rest))) {
            Some((byte, rest)) => {
                decoded.push(char::from(byte));
                decoded.push_str(rest);
            }
            None => {
                decoded.push('%');
                decoded.push_str(piece);
            }
        }
    }
    let is_delimiter = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_');
    decoded.split(is_delimiter).any(is_json_object)
}

/// Whether this is the start of a JSON object in base64url, such as `eyJ`, which is `{"`.
fn is_json_object(part: &str) -> bool {
    let mut bytes = [0; 3];
    let start = part.get(..4).and_then(|start| Base64UrlUnpadded::decode(start, &mut bytes).ok());
    match start.unwrap_or_default().trim_ascii_start() {
        [b'{'] => true,
        [b'{', next, ..] => *next == b'"' || next.is_ascii_whitespace(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_it_is() {
        for text in ["", "/orders/7", "é日 .", "https://auth.example.com/oidc", "a.b.c", "e30.e30"]
        {
            assert_eq!(of(text), text);
        }
        assert_eq!(of_bytes(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn a_text_is_escaped_and_cut_to_128_characters() {
        assert_eq!(of("a\nb\u{1b}[0m\u{202e}"), r"a\u{a}b\u{1b}[0m\u{202e}");
        let exact = "ü".repeat(128);
        assert_eq!(of(&exact), exact);
        assert_eq!(of(&format!("{exact}x")), format!("{exact}…"));
        assert_eq!(of(&"/a".repeat(100)), format!("{}…", "/a".repeat(64)));
        assert_eq!(of(&"\n".repeat(200)), format!("{}…", r"\u{a}".repeat(128)));
    }

    #[test]
    fn a_token_in_a_text_is_left_out() {
        // {"alg":"ES256"}.{"iss":"a"}.signature
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl";
        assert_eq!(of(token), "[token]");
        assert_eq!(of(&format!("/reset/{token}/x")), "/reset/[token]/x");
        assert_eq!(of(&format!("Bearer {token}")), "Bearer [token]");
        assert_eq!(of("eyJpc3MiOiJhIn0.c2lnbmF0dXJl"), "[token]", "without a header");
        assert_eq!(of("x.eyJpc3MiOiJhIn0"), "[token]", "without a signature");
        let encoded = token.replace('.', "%2E").replace('J', "%4a");
        assert_eq!(of(&format!("/reset/{encoded}/x")), "/reset/[token]/x");
        assert_eq!(of(&format!("/a%20b/%2F{token}")), "/a%20b/[token]");
        // Headers that begin with `{ "`, a line break after `{`, and white space.
        for header in
            ["eyAiYWxnIjoiRVMyNTYifQ", "ewogImFsZyI6IkVTMjU2In0", "IHsiYWxnIjoiRVMyNTYifQ"]
        {
            assert_eq!(of(&format!("{header}.e30.AA")), "[token]");
        }
        let long = format!("{}/{token}", "a".repeat(120));
        assert_eq!(of(&long), format!("{}/[token]", "a".repeat(120)));
    }
}
