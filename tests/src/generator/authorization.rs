//! RFC 9110 §11.4, RFC 6750 §2.1.

use super::mutation::Change;

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    let mut changes = vec![
        ("no field line", Change::Lines(|lines, _| lines.clear())),
        ("two field lines", Change::Lines(|lines, _| lines.push(b"Basic dTpw".to_vec()))),
        ("the same field line twice", Change::Lines(|lines, _| lines.push(lines[0].clone()))),
        ("an empty second field line", Change::Lines(|lines, _| lines.push(Vec::new()))),
        (
            "scheme in any case",
            Change::Lines(|lines, random| {
                for byte in &mut lines[0][..6] {
                    *byte ^= if random.percent(50) { 0x20 } else { 0 };
                }
            }),
        ),
        (
            "several spaces",
            Change::Lines(|lines, random| {
                let spaces = 1 + random.below(40);
                lines[0].splice(6..6, vec![b' '; spaces]);
            }),
        ),
        (
            "any byte in place of another",
            Change::Lines(|lines, random| {
                let place = random.below(lines[0].len());
                lines[0][place] = random.byte();
            }),
        ),
        (
            "any byte among the first eight",
            Change::Lines(|lines, random| {
                let place = random.below(8);
                lines[0].insert(place, random.byte());
            }),
        ),
        ("any byte at the end", Change::Lines(|lines, random| lines[0].push(random.byte()))),
        (
            "equals signs",
            Change::Lines(|lines, random| {
                let count = 1 + random.below(3);
                lines[0].extend(vec![b'='; count]);
            }),
        ),
        ("without its scheme", Change::Lines(|lines, _| _ = lines[0].drain(..7))),
        ("scheme alone", Change::Lines(|lines, _| lines[0].truncate(6))),
        (
            "scheme and spaces",
            Change::Lines(|lines, random| {
                let spaces = 1 + random.below(3);
                lines[0].truncate(6);
                lines[0].extend(vec![b' '; spaces]);
            }),
        ),
        (
            "credentials twice",
            Change::Lines(|lines, _| {
                let again = lines[0].clone();
                lines[0].extend(b", ");
                lines[0].extend(again);
            }),
        ),
        (
            "token twice",
            Change::Lines(|lines, _| {
                let again = lines[0].split_off(6);
                lines[0].extend(again.repeat(2));
            }),
        ),
        (
            "quoted token",
            Change::Lines(|lines, _| {
                lines[0].insert(7, b'"');
                lines[0].push(b'"');
            }),
        ),
        (
            "token as a parameter",
            Change::Lines(|lines, random| {
                let name: &[u8] = random.one(&[&b"token="[..], b"access_token=", b"token=\""]);
                lines[0].splice(7..7, name.iter().copied());
            }),
        ),
    ];
    macro_rules! instead {
        ($($name:literal: $value:expr),*) => {
            $(changes.push(($name, Change::Lines(|lines, _| lines[0] = $value.to_vec())));)*
        };
    }
    instead!("empty": b"", "blank": b" \t ", "an equals sign alone": b"Bearer =", "opaque token": b"Bearer opaque",
        "another scheme alone": b"Basic", "two words": b"Bearer a b");
    macro_rules! scheme {
        ($($name:literal: $scheme:expr),*) => {
            $(changes.push(($name, Change::Lines(|lines, _| {
                _ = lines[0].splice(..7, $scheme.iter().copied());
            })));)*
        };
    }
    scheme!("scheme Basic": b"Basic ", "scheme DPoP": b"DPoP ", "scheme with a colon": b"Bearer: ",
        "scheme cut short": b"Beare ", "scheme that begins so": b"Bearers ", "scheme twice": b"Bearer Bearer ",
        "tab for the space": b"Bearer\t", "tab after the space": b"Bearer \t", "space before the scheme": b" Bearer ",
        "scheme in Cyrillic letters": "B\u{435}arer ".as_bytes(), "byte order mark": b"Bearer \xef\xbb\xbf");
    changes
}
