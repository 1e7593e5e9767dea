//! The scopes in a claim: RFC 6749 §3.3, RFC 8693 §4.2.

use super::json::Json;

/// The scopes that a claim grants, or `None` if it has neither form: words in a text, or a list of texts,
/// each of which is one scope or none.
pub(super) fn words(claim: &Json) -> Option<Vec<String>> {
    let all: Vec<String> = match claim {
        Json::Array(elements) => elements.iter().map(Json::text).collect::<Option<_>>()?,
        one => one.text()?.split(' ').map(str::to_owned).collect(),
    };
    Some(all.into_iter().filter(|word| is_scope(word)).collect())
}

fn is_scope(word: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    !word.is_empty() && word.chars().all(is_allowed)
}
