//! Return paths: what is accepted stays on the origin, however often software decodes it, and in whichever order it
//! removes dots and control characters. The first byte chooses whether sign-in has a prefix.

#![no_main]

#[allow(dead_code, reason = "the library uses the rest")]
#[path = "../../std-adapter/src/sign_in/return_path.rs"]
mod return_path;

use libfuzzer_sys::fuzz_target;
use return_path::ReturnPath;
use url::Url;

fuzz_target!(|input: &[u8]| {
    let Some((choice, text)) = input.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let origin = Url::parse("https://app.example.com").unwrap();
    let prefix = if choice % 2 == 0 { "" } else { "/tollgate" };
    let Ok(path) = ReturnPath::parse(text, &origin, prefix) else { return };
    assert_eq!(path.as_str(), text);
    assert!(text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let url = origin.join(text).unwrap();
    assert_eq!(url.origin(), origin.origin());
    assert_eq!(url.host_str(), Some("app.example.com"));
    // What it resolves to is a return path, too.
    let (start, end) = (url::Position::BeforePath, url::Position::AfterFragment);
    let resolved = &url[start..end];
    if resolved.len() <= 1024 && resolved.len() == text.len() {
        assert!(ReturnPath::parse(resolved, &origin, prefix).is_ok(), "{resolved}");
    }
    let mut reading = text.split(['?', '#']).next().unwrap_or_default().as_bytes().to_vec();
    for _ in 0..6 {
        check(&reading, prefix);
        reading = decoded(&reading);
    }
});

/// What software without a parser for URLs would make of a path.
fn check(reading: &[u8], prefix: &str) {
    let reading: Vec<u8> = reading
        .iter()
        .filter(|byte| !byte.is_ascii_control())
        .map(|byte| if *byte == b'\\' { b'/' } else { *byte })
        .collect();
    let reading = String::from_utf8_lossy(&reading);
    assert!(reading.starts_with('/') && !reading.starts_with("//"), "{reading}");
    let reading = reading.split(['?', '#']).next().unwrap_or_default();
    let mut segments = Vec::new();
    for segment in reading.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    assert!(segments.len() < 2 || !segments[0].is_empty(), "{reading}");
    let own = if prefix.is_empty() { "sign-in" } else { "tollgate" };
    assert!(segments != [own], "{reading}");
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let (mut decoded, mut place) = (Vec::new(), 0);
    while let Some(byte) = text.get(place) {
        let digits = text.get(place + 1..place + 3).filter(|_| *byte == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let value = digits.and_then(|digits| str::from_utf8(digits).ok());
        match value.and_then(|value| u8::from_str_radix(value, 16).ok()) {
            Some(value) => {
                decoded.push(value);
                place += 3;
            }
            None => {
                decoded.push(*byte);
                place += 1;
            }
        }
    }
    decoded
}
