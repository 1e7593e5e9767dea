//! Lists in settings: one string, or an array of strings.

use serde::{Deserialize, Deserializer, de};

/// Reads one string, or an array of strings, for `#[serde(deserialize_with = …)]`.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     #[serde(deserialize_with = "tollgate::one_or_many::deserialize")]
///     audience: Vec<String>,
/// }
///
/// let one: Settings = serde_json::from_str(r#"{"audience":"https://api.example.com"}"#).unwrap();
/// let many: Settings = serde_json::from_str(r#"{"audience":["a","b"]}"#).unwrap();
/// assert_eq!((one.audience.len(), many.audience.len()), (1, 2));
/// ```
///
/// # Errors
///
/// The value is neither.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    match OneOrMany::deserialize(deserializer) {
        Ok(OneOrMany::One(text)) => Ok(vec![text]),
        Ok(OneOrMany::Many(texts)) => Ok(texts),
        Err(_) => Err(de::Error::custom("give a string, or an array of strings")),
    }
}
