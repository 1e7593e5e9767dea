//! Text that could deceive a reader, in what the commands print.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

use super::support::tollgate;

/// Invisible or reordering: zero-width space, byte order mark, soft hyphen, a tag, an override.
const DECEITFUL: &str = "\u{200b}\u{feff}\u{ad}\u{e0041}\u{202e}";

fn is_plain(output: &str) -> bool {
    !output.contains(|character: char| DECEITFUL.contains(character))
}

#[test]
fn the_id_of_a_case_is_repeated_with_invisible_characters_escaped() {
    let case = json!({ "id": [format!("a{DECEITFUL}b")], "token": "a.b.c", "expect": "accept" });
    let run = tollgate(&["check", "-"], case.to_string());
    assert_eq!(run.code, 1);
    assert!(is_plain(&run.stdout) && is_plain(&run.stderr), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.json()["id"], case["id"], "the value stays the same");
}

#[test]
fn claims_are_shown_with_invisible_characters_escaped() {
    let part =
        |json: serde_json::Value| Base64UrlUnpadded::encode_string(json.to_string().as_bytes());
    let text = format!("a{DECEITFUL}b");
    let header = part(json!({ "alg": "ES256", "kid": text }));
    let token = format!("{header}.{}.AA", part(json!({ "sub": text, &text: [text] })));
    let run = tollgate(&["inspect", &token], "");
    assert!(run.stdout.contains(r"a\u{200b}\u{feff}\u{ad}\u{e0041}\u{202e}b"), "{}", run.stdout);
    assert!(is_plain(&run.stdout), "{}", run.stdout);
}
