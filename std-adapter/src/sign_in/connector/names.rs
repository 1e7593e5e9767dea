//! The names in a connector's JSON, and the nearest one to a name that is unknown.

use crate::untrusted::Excerpt;

/// The names of the document itself. `authenticationEndpoint` is what the guide calls the second one.
pub(super) const TOP: &[&str] = &[
    "scope",
    "clientId",
    "clientSecret",
    "authorizationEndpoint",
    "authenticationEndpoint",
    "tokenEndpoint",
    "responseType",
    "grantType",
    "tokenEndpointAuthMethod",
    "acceptStringTypedBooleanClaims",
    "trustUnverifiedEmail",
    ID_TOKEN,
    AUTH_REQUEST,
    CUSTOM,
];

/// The tables of the document.
pub(super) const ID_TOKEN: &str = "idTokenVerificationConfig";
pub(super) const AUTH_REQUEST: &str = "authRequestOptionalConfig";
pub(super) const CUSTOM: &str = "customConfig";

/// The names of the table [`ID_TOKEN`].
pub(super) const ID_TOKEN_NAMES: &[&str] = &[
    "jwksUri",
    "issuer",
    "audience",
    "algorithms",
    "clockTolerance",
    "crit",
    "currentDate",
    "maxTokenAge",
    "subject",
    "typ",
];

/// The names of the table [`AUTH_REQUEST`].
pub(super) const AUTH_REQUEST_NAMES: &[&str] = &[
    "responseType",
    "grantType",
    "tokenEndpoint",
    "responseMode",
    "display",
    "prompt",
    "maxAge",
    "uiLocales",
    "idTokenHint",
    "loginHint",
    "acrValues",
];

/// What a message says of a name that is unknown in the table with the names `known`.
pub(super) fn unknown(name: &str, known: &[&str]) -> String {
    let excerpt = Excerpt(name);
    if let Some(nearest) = nearest(name, known) {
        return format!("{excerpt} is not known here: write {nearest:?}");
    }
    let elsewhere =
        [(TOP, None), (ID_TOKEN_NAMES, Some(ID_TOKEN)), (AUTH_REQUEST_NAMES, Some(AUTH_REQUEST))];
    match elsewhere.into_iter().find(|(names, _)| names.contains(&name)) {
        Some((_, Some(table))) => format!("{excerpt} is not known here: put it into {table}"),
        Some((_, None)) => format!("{excerpt} is not known here: put it into the document itself"),
        None => format!("{excerpt} is not known here: the names are {}", known.join(", ")),
    }
}

/// The name that somebody may have meant.
fn nearest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    const MAX_LEN: usize = 64;
    if name.len() > MAX_LEN {
        return None;
    }
    let plain = plain(name);
    let distances = known.iter().map(|known| (distance(&plain, &self::plain(known)), *known));
    // A third of the letters may be wrong.
    let limit = plain.len().checked_div(3).unwrap_or_default();
    distances.min_by_key(|(distance, _)| *distance).filter(|(it, _)| *it <= limit).map(|it| it.1)
}

/// Only what counts: neither case nor separators.
fn plain(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|character| character.is_alphanumeric());
    letters.map(|character| character.to_ascii_lowercase()).collect()
}

/// The number of letters to insert, remove or replace (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.iter().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal.saturating_add(usize::from(letter != other));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_what_somebody_may_have_meant() {
        for (name, expected) in [
            ("jwksURI", Some("jwksUri")),
            ("jwks_uri", Some("jwksUri")),
            ("jwkUri", Some("jwksUri")),
            ("Issuer", Some("issuer")),
            ("isuer", Some("issuer")),
            ("clock-tolerance", Some("clockTolerance")),
            ("algorithm", Some("algorithms")),
            ("", None),
            ("_", None),
            ("clientId", None),
            ("something", None),
            (&format!("{:-<64}", "issuer"), Some("issuer")),
            (&format!("{:-<65}", "issuer"), None),
        ] {
            assert_eq!(nearest(name, ID_TOKEN_NAMES), expected, "{name}");
        }
    }

    #[test]
    fn a_name_of_another_table_is_sent_there() {
        let message = |name| unknown(name, ID_TOKEN_NAMES);
        assert!(message("clientSecret").ends_with("put it into the document itself"));
        assert!(message("acrValues").ends_with("put it into authRequestOptionalConfig"));
        assert!(unknown("jwksUri", TOP).ends_with("put it into idTokenVerificationConfig"));
        assert!(message("something").contains("jwksUri, issuer"));
        let long = unknown(&"a".repeat(100_000), TOP);
        assert!(long.len() < 1000, "{long}");
    }

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (a, b, expected) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("abc", "abc", 0)]
        {
            assert_eq!(distance(&plain(a), &plain(b)), expected, "{a} {b}");
        }
    }
}
