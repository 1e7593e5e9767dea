use super::*;

fn text(target: &str) -> Result<String, BadPath> {
    NormalPath::parse(target).map(|path| path.text.into_owned())
}

fn refused(targets: &[&str], reason: BadPath) {
    for target in targets {
        assert_eq!(text(target), Err(reason), "{target:?}");
    }
}

#[test]
fn plain_paths_stay_as_they_are() {
    for target in ["/orders", "/orders/7", "/a.b/...", "/.well-known/x", "/a:b@c!$&'()*+,=d"] {
        assert_eq!(text(target).as_deref(), Ok(target));
    }
}

#[test]
fn plain_paths_are_borrowed() {
    let path = NormalPath::parse("/orders/7/?x=%zz").unwrap();
    assert!(matches!((path.text, path.decoded), (Cow::Borrowed(_), Cow::Borrowed(_))));
}

#[test]
fn the_query_is_cut_off() {
    for target in
        ["/orders?", "/orders?x=1", "/orders?a?b", "/orders?../..//;%2f%00%zz\\#\u{fc} \0"]
    {
        assert_eq!(text(target).as_deref(), Ok("/orders"), "{target:?}");
    }
    assert_eq!(text("/?x").as_deref(), Ok(""));
}

#[test]
fn one_trailing_slash_makes_no_difference() {
    for (target, path) in [("/", ""), ("/orders/", "/orders"), ("/a/b/?x", "/a/b")] {
        assert_eq!(text(target).as_deref(), Ok(path), "{target:?}");
    }
}

#[test]
fn empty_segments_are_refused() {
    refused(&["//", "//orders", "/orders//", "/a//b", "///", "//?x"], BadPath::EmptySegment);
}

#[test]
fn dot_segments_are_refused_however_they_are_encoded() {
    for dots in [".", "..", "%2e", "%2E", ".%2e", "%2E.", "%2e%2E"] {
        for target in [
            format!("/{dots}"),
            format!("/{dots}/a"),
            format!("/a/{dots}/"),
            format!("/a/{dots}/b"),
            format!("/a/{dots}?x"),
        ] {
            assert_eq!(text(&target), Err(BadPath::DotSegment), "{target:?}");
        }
    }
}

#[test]
fn dots_beside_other_characters_are_no_dot_segment() {
    for (target, path) in [("/...", "/..."), ("/%2ea", "/.a"), ("/a%2E%2e", "/a..")] {
        assert_eq!(text(target).as_deref(), Ok(path), "{target:?}");
    }
}

#[test]
fn backslashes_are_refused() {
    refused(&["/a\\b", "/\\", "/..\\a"], BadPath::Backslash);
}

#[test]
fn path_parameters_are_refused() {
    refused(&["/orders;x", "/a;b=c/d", "/..;/a", "/;"], BadPath::Parameter);
}

#[test]
fn fragments_are_refused() {
    refused(&["/orders#x", "/#", "/#?x"], BadPath::Fragment);
}

#[test]
fn encoded_delimiters_are_refused() {
    let targets = ["/a%2fb", "/a%2Fb", "/%5c", "/a%5Cb", "/a%3bb", "/a%3Bb", "/a%3fb", "/a%23"];
    refused(&targets, BadPath::EncodedDelimiter);
}

#[test]
fn encoded_control_characters_are_refused() {
    for octet in (0x00..=0x1f).chain([0x7f]) {
        for target in [format!("/a%{octet:02x}"), format!("/%{octet:02X}b/c")] {
            assert_eq!(text(&target), Err(BadPath::EncodedControl), "{target:?}");
        }
    }
    refused(&["/%C2%80", "/%c2%9F"], BadPath::EncodedControl);
}

#[test]
fn malformed_encodings_are_refused() {
    refused(
        &["/%", "/%2", "/a%/b", "/%g0", "/%0g", "/%+1", "/%-1", "/%%32", "/%u002e", "/%4/1"],
        BadPath::MalformedEncoding,
    );
}

#[test]
fn double_encodings_are_refused_however_their_digits_are_written() {
    refused(
        &[
            "/%252e",
            "/%252E%252e/a",
            "/%252f",
            "/%25ff",
            "/%2525",
            "/%25%32e",
            "/%252%65",
            "/%25%32%65",
            "/%25%32%35",
            "/%25%2541",
        ],
        BadPath::DoubleEncoding,
    );
}

#[test]
fn encoded_percent_sign_alone_is_accepted() {
    for target in ["/100%25", "/100%25/41", "/%25a", "/%25x1", "/%25%25", "/%25%C3%A9"] {
        assert_eq!(text(target).as_deref(), Ok(target));
    }
}

#[test]
fn encoded_unreserved_characters_are_decoded() {
    for (target, path) in [
        ("/%6frders", "/orders"),
        ("/%6Frders/%37", "/orders/7"),
        ("/%41%5a%61%7A%30%39", "/AZaz09"),
        ("/%2d%2e%5f%7e", "/-._~"),
    ] {
        assert_eq!(text(target).as_deref(), Ok(path), "{target:?}");
    }
}

#[test]
fn other_encodings_stay_with_their_digits_in_upper_case() {
    for (target, path) in [
        ("/b%c3%bccher", "/b%C3%BCcher"),
        ("/a%20b", "/a%20b"),
        ("/a%3ab%40c%2b", "/a%3Ab%40c%2B"),
        ("/%e2%82%AC", "/%E2%82%AC"),
    ] {
        assert_eq!(text(target).as_deref(), Ok(path), "{target:?}");
    }
}

#[test]
fn encodings_that_are_no_utf8_are_refused() {
    refused(
        &[
            "/%ff",
            "/%80",
            "/%C3",
            "/%C3/%A9",
            "/%C3a%A9",
            // Overlong forms of `.`, `/` and NUL.
            "/%C0%AE%C0%AE",
            "/%c0%af",
            "/%E0%80%AF",
            "/%C0%80",
            // A surrogate, and a number beyond Unicode.
            "/%ED%A0%80",
            "/%F4%90%80%80",
        ],
        BadPath::NotUtf8,
    );
}

#[test]
fn other_forms_of_target_are_refused() {
    refused(
        &["", "*", "?x", "orders", "http://host/orders", "host:443", "%2Forders", "./a"],
        BadPath::NotOriginForm,
    );
}

#[test]
fn only_visible_ascii_is_accepted() {
    refused(
        &["/a b", " /a", "/a ", "/a\t", "/a\r\n", "/\0", "/\x7f", "/b\u{fc}"],
        BadPath::NotVisibleAscii,
    );
}

#[test]
fn the_length_of_a_path_is_bounded_and_that_of_its_query_is_not() {
    let longest = format!("/{}", "a".repeat(MAX_LEN - 1));
    assert!(text(&longest).is_ok());
    assert_eq!(text(&format!("{longest}a")), Err(BadPath::TooLong));
    assert_eq!(text(&format!("/?{longest}")).as_deref(), Ok(""));
}

/// A generator that needs no seed from outside (Marsaglia's xorshift).
fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Targets made of what the parser looks at.
fn targets() -> impl Iterator<Item = String> {
    const PIECES: [&str; 24] = [
        "/", "/", "/", "%", "%2", "%25", "%2e", "%2F", "%C3", "%A9", "%c3%a9", "%40", "%6f", ".",
        "..", "a", "F", "2", "5", ";", "?", "#", "\u{fc}", "\0",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15;
    (0..200_000).map(move |_| {
        let len = xorshift(&mut state) % 9;
        let mut piece = || PIECES[usize::try_from(xorshift(&mut state) % 24).unwrap()];
        (0..len).fold(String::from("/"), |target, _| target + piece())
    })
}

#[test]
fn any_text_is_read_without_panic() {
    let mut state = 1;
    for _ in 0..20_000 {
        let len = xorshift(&mut state) % 40;
        let bytes: Vec<u8> = (0..len).map(|_| xorshift(&mut state).to_le_bytes()[3]).collect();
        let _ = text(&String::from_utf8_lossy(&bytes));
        let ascii: String = bytes.iter().map(|byte| char::from(byte & 0x7f)).collect();
        let _ = text(&format!("/{ascii}"));
    }
}

#[test]
fn normal_paths_are_their_own_normal_form() {
    let mut accepted = 0;
    for target in targets() {
        let Ok(path) = NormalPath::parse(&target) else { continue };
        let again = if path.text.is_empty() { "/" } else { &path.text };
        assert_eq!(NormalPath::parse(again).as_ref(), Ok(&path), "{target:?}");
        accepted += 1;
    }
    assert!(accepted > 1_000, "{accepted}");
}

#[test]
fn what_is_decoded_has_no_other_segments() {
    for target in targets() {
        let Ok(path) = NormalPath::parse(&target) else { continue };
        let segments = |text: &str| text.split('/').count();
        assert_eq!(segments(&path.text), segments(&path.decoded), "{target:?}");
        assert!(!path.decoded.split('/').skip(1).any(|s| matches!(s, "" | "." | "..")));
        assert!(!path.decoded.contains(['\\', ';', '?', '#']), "{target:?}");
    }
}
