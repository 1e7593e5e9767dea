//! The parameters of `customConfig`: their names, and which of them are refused.

use crate::sign_in::request::is_of_the_flow;

/// Parameters that have a field of their own.
const FIELDS: &[(&str, &str)] = &[
    ("prompt", "prompt"),
    ("max_age", "maxAge"),
    ("acr_values", "acrValues"),
    ("display", "display"),
    ("ui_locales", "uiLocales"),
    ("login_hint", "loginHint"),
    ("id_token_hint", "idTokenHint"),
];

/// Returns the name of the parameter that stands for `name`, or what is wrong with it.
pub(super) fn parameter(name: &str) -> Result<String, String> {
    const MAX_LEN: usize = 64;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || name.len() > MAX_LEN || !name.bytes().all(is_name) {
        return Err(format!(
            "is not the name of a parameter: use 1 to {MAX_LEN} letters, digits, underscores, hyphens and dots"
        ));
    }
    let parameter = snake_case(name);
    if let Some((_, field)) = FIELDS.iter().find(|(it, _)| *it == parameter) {
        return Err(format!(
            "has a field of its own: set authRequestOptionalConfig.{field} instead"
        ));
    }
    if is_of_the_flow(&parameter) {
        return Err(format!(
            "would be sent as {parameter:?}, which sign-in sets itself: remove it"
        ));
    }
    Ok(parameter)
}

/// `orgHint` becomes `org_hint`, and `someURLHint` `some_url_hint`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len().saturating_mul(2));
    let mut before = None;
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let begins_word = |before: char| {
            let is_next_small = characters.peek().is_some_and(char::is_ascii_lowercase);
            before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && is_next_small
        };
        if character.is_ascii_uppercase() && before.is_some_and(begins_word) {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
        before = Some(character);
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn camel_case_becomes_snake_case() {
        for (name, expected) in [
            ("orgHint", "org_hint"),
            ("org_hint", "org_hint"),
            ("someURLHint", "some_url_hint"),
            ("useB2C", "use_b2_c"),
            ("Tenant", "tenant"),
            ("TENANT", "tenant"),
            ("kc-idp.hint", "kc-idp.hint"),
        ] {
            assert_eq!(parameter(name).as_deref(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn a_name_has_at_most_64_characters() {
        assert!(parameter(&"a".repeat(64)).is_ok());
        assert!(parameter(&"a".repeat(65)).is_err());
    }
}
