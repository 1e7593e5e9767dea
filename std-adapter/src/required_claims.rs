//! Requirements on claims, as configuration files write them: the field
//! [`required_claims`](crate::gate::Issuer::required_claims) of an issuer.
//!
//! A table has the claims and what each must be:
//!
//! ```toml
//! required_claims = { organization_id = "org_7", "/realm_access/roles" = { contains = "admin" } }
//! ```
//!
//! An array has a table for each requirement, and can say more:
//!
//! ```toml
//! [[issuer.required_claims]]
//! claim = "token_use"
//! equals = "access"
//! validity = true
//!
//! [[issuer.required_claims]]
//! any = [{ claim = "email", ends_with = "@example.com" }, { claim = "level", equals = [3, 4] }]
//! ```
//!
//! A claim is a name, or a JSON Pointer (RFC 6901), which begins with a slash. The tests are `present`,
//! `equals`, `contains`, `starts_with` and `ends_with`, which [`ClaimTest`] explains; of several values, one
//! must fit. `any` and `all` are groups. If a token does not meet a requirement, the answer is 403
//! `access_denied`. With `validity = true`, the token is invalid, and the answer is 401.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tollgate_core::policy::{ClaimPath, ClaimTest, Requirement, Scalar};

/// Reads a table of claims with what each must be, or an array of tables, one for each requirement, for
/// `#[serde(deserialize_with = …)]`.
///
/// # Errors
///
/// The value is neither, or a requirement has no meaning.
pub fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<Requirement<String>>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<Requirement<String>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table such as { role = \"admin\" }, or an array of tables such as { claim = \"role\", equals = \"admin\" }")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some((claim, test)) = map.next_entry::<String, Short>()? {
                let entry = match test {
                    Short::Tests(entry) if entry.claim.is_some() => {
                        return Err(A::Error::custom(format!(
                            "{claim:?} is the claim already: remove `claim` from its table"
                        )));
                    }
                    Short::Tests(entry) => Entry { claim: Some(claim), ..entry },
                    Short::Bool(value) => {
                        return Err(A::Error::custom(format!(
                            "{value} for {claim:?} can be read in two ways: write {{ equals = {value} }} to \
                             require this value, or {{ present = true }} to require that the claim is there"
                        )));
                    }
                    Short::Equals(values) => {
                        Entry { claim: Some(claim), equals: Some(values), ..Entry::default() }
                    }
                };
                entry.append_to(&mut list).map_err(A::Error::custom)?;
            }
            Ok(list)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(entry) = seq.next_element::<Entry>()? {
                entry.append_to(&mut list).map_err(A::Error::custom)?;
            }
            Ok(list)
        }
    }
    from.deserialize_any(List)
}

/// Reads the place of a claim: a text that begins with a slash is a JSON Pointer, any other is a name.
pub fn claim_path<S: AsRef<str>>(text: S) -> ClaimPath<S> {
    if text.as_ref().starts_with('/') { ClaimPath::Pointer(text) } else { ClaimPath::Name(text) }
}

/// One requirement: a claim with at most one test, or a group.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    claim: Option<String>,
    #[serde(default, deserialize_with = "given")]
    present: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    equals: Option<Values>,
    #[serde(default, deserialize_with = "given")]
    contains: Option<Values>,
    #[serde(default, deserialize_with = "given")]
    starts_with: Option<Values>,
    #[serde(default, deserialize_with = "given")]
    ends_with: Option<Values>,
    any: Option<Vec<Entry>>,
    all: Option<Vec<Entry>>,
    #[serde(default)]
    validity: bool,
}

/// A test that is there, and not null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Entry {
    /// Appends the requirement and its parts.
    fn append_to(self, list: &mut Vec<Requirement<String>>) -> Result<(), String> {
        let first = list.len();
        let validity = self.validity;
        self.append_rule(list)?;
        if validity && let Some(requirement) = list.get_mut(first) {
            *requirement = requirement.clone().for_validity();
        }
        Ok(())
    }

    fn append_rule(self, list: &mut Vec<Requirement<String>>) -> Result<(), String> {
        let tests = self.tests()?;
        match (self.claim, tests, self.any, self.all) {
            (Some(claim), tests, None, None) => {
                let requirement = |test| match claim_path(claim.clone()) {
                    ClaimPath::Name(name) => Requirement::name(name, test),
                    ClaimPath::Pointer(pointer) => Requirement::pointer(pointer, test),
                };
                match <[_; 1]>::try_from(tests) {
                    Ok([test]) => list.push(requirement(test)),
                    Err(tests) => {
                        list.push(Requirement::any(tests.len()));
                        list.extend(tests.into_iter().map(requirement));
                    }
                }
                Ok(())
            }
            (None, tests, Some(parts), None) if tests == [ClaimTest::Present] => {
                list.push(Requirement::any(parts.len()));
                parts.into_iter().try_for_each(|part| part.append_to(list))
            }
            (None, tests, None, Some(parts)) if tests == [ClaimTest::Present] => {
                list.push(Requirement::all(parts.len()));
                parts.into_iter().try_for_each(|part| part.append_to(list))
            }
            _ => {
                Err("a requirement has a claim, or any, or all; and only a claim has a test".into())
            }
        }
    }

    /// The test; for several values, one for each of them, of which one must hold.
    fn tests(&self) -> Result<Vec<ClaimTest<String>>, String> {
        let given = [&self.equals, &self.contains, &self.starts_with, &self.ends_with];
        let count =
            given.into_iter().flatten().count().saturating_add(usize::from(self.present.is_some()));
        if count > 1 {
            return Err("a claim has one test; write several requirements for several".into());
        }
        let texts = |name: &str, values: &Values, test: fn(String) -> ClaimTest<String>| {
            let one = |value: &Scalar<String>| match value {
                Scalar::Text(text) => Ok(test(text.clone())),
                _ => Err(format!("{name} takes a text, or an array of texts")),
            };
            values.0.iter().map(one).collect()
        };
        match (self.present, &self.equals, &self.contains, &self.starts_with, &self.ends_with) {
            (Some(false), ..) => {
                Err("a claim that is not required cannot be listed: remove it".into())
            }
            (_, Some(values), ..) => Ok(values.0.iter().cloned().map(ClaimTest::Equals).collect()),
            (_, _, Some(values), ..) => {
                Ok(values.0.iter().cloned().map(ClaimTest::Contains).collect())
            }
            (_, _, _, Some(values), _) => texts("starts_with", values, ClaimTest::StartsWith),
            (.., Some(values)) => texts("ends_with", values, ClaimTest::EndsWith),
            _ => Ok(vec![ClaimTest::Present]),
        }
    }
}

/// One text, number or boolean, or an array of them.
struct Values(Vec<Scalar<String>>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Short::deserialize(from)? {
            Short::Bool(value) => Ok(Self(vec![Scalar::Bool(value)])),
            Short::Equals(values) => Ok(values),
            Short::Tests(_) => Err(D::Error::custom(VALUE)),
        }
    }
}

const VALUE: &str = "give a text, a number or a boolean, or an array of them";

/// The value of a claim's key: a value, several values, or a table with a test.
enum Short {
    Bool(bool),
    Equals(Values),
    Tests(Entry),
}

impl<'de> Deserialize<'de> for Short {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Short;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, an array of values, or a table with a test")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Short, E> {
                Ok(Short::Bool(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Short, E> {
                Ok(Short::Equals(Values(vec![number(value)])))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Short, E> {
                Ok(Short::Equals(Values(vec![number(value)])))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Short, E> {
                Ok(Short::Equals(Values(vec![number(value)])))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Short, E> {
                Ok(Short::Equals(Values(vec![Scalar::Text(value.to_owned())])))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Short, A::Error> {
                let mut all = Vec::new();
                while let Some(Element(value)) = seq.next_element()? {
                    all.push(value);
                }
                Ok(Short::Equals(Values(all)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Short, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                Entry::deserialize(map).map(Short::Tests)
            }
        }
        from.deserialize_any(Value)
    }
}

/// One value of an array.
struct Element(Scalar<String>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct One;

        impl Visitor<'_> for One {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number or a boolean")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Element, E> {
                Ok(Element(Scalar::Bool(value)))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Element, E> {
                Ok(Element(number(value)))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Element, E> {
                Ok(Element(number(value)))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Element, E> {
                Ok(Element(number(value)))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Element, E> {
                Ok(Element(Scalar::Text(value.to_owned())))
            }
        }
        from.deserialize_any(One)
    }
}

/// A number as JSON writes it. The policy refuses what is none, such as infinity.
fn number(value: impl fmt::Display) -> Scalar<String> {
    Scalar::Number(value.to_string())
}

/// Describes the requirement at this place in a list, with its parts, in words.
pub(crate) fn described(list: &[Requirement<String>], index: usize) -> String {
    let mut rest = list.get(index..).unwrap_or_default();
    describe(&mut rest)
}

fn describe(list: &mut &[Requirement<String>]) -> String {
    let Some((first, rest)) = list.split_first() else { return String::new() };
    *list = rest;
    let Some((path, test)) = first.path().zip(first.test()) else {
        let count = first.parts().min(list.len());
        let parts: Vec<String> = (0..count).map(|_| describe(list)).collect();
        let between = if first.is_any() { " or " } else { " and " };
        return format!("({})", parts.join(between));
    };
    format!("{} must {}", path.value(), condition(test))
}

/// The claims that a requirement and its parts read: where each stands, and what it must be.
pub(crate) fn claims(
    list: &[Requirement<String>],
    index: usize,
) -> impl Iterator<Item = (&str, String)> {
    let list = list.get(index..).unwrap_or_default();
    // A requirement is followed by those of its parts, each with its own parts.
    let mut left = 1usize;
    let parts = list.iter().take_while(move |requirement| {
        let more = left > 0;
        left = left.saturating_sub(1).saturating_add(requirement.parts());
        more
    });
    parts.filter_map(|requirement| {
        Some((requirement.path()?.value().as_str(), condition(requirement.test()?)))
    })
}

fn condition(test: &ClaimTest<String>) -> String {
    let shown = |value: &Scalar<String>| match value {
        Scalar::Text(text) => format!("{text:?}"),
        Scalar::Number(number) => number.clone(),
        Scalar::Bool(value) => value.to_string(),
    };
    match test {
        ClaimTest::Present => "be present".to_owned(),
        ClaimTest::Equals(value) => format!("be {}", shown(value)),
        ClaimTest::Contains(value) => format!("contain {}", shown(value)),
        ClaimTest::StartsWith(start) => format!("begin with {start:?}"),
        ClaimTest::EndsWith(end) => format!("end with {end:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Settings {
        #[serde(deserialize_with = "deserialize")]
        required_claims: Vec<Requirement<String>>,
    }

    fn read(json: &str) -> Result<Vec<Requirement<String>>, String> {
        let settings: Result<Settings, _> =
            serde_json::from_str(&format!("{{\"required_claims\":{json}}}"));
        settings.map(|settings| settings.required_claims).map_err(|error| error.to_string())
    }

    fn described_all(json: &str) -> Vec<String> {
        let list = read(json).unwrap();
        let mut rest = &list[..];
        let mut all = Vec::new();
        while !rest.is_empty() {
            all.push(describe(&mut rest));
        }
        all
    }

    #[test]
    fn a_table_names_claims_and_their_values() {
        assert_eq!(
            described_all(
                r#"{ "b": "x", "c": 2, "d": ["x", false], "/e/f": { "contains": "y" },
                     "g": { "equals": true }, "h": { "ends_with": ["@a", "@b"] }, "i": {}, "j": 1.5,
                     "k": { "starts_with": "x:" }, "l": { "present": true } }"#
            ),
            [
                "b must be \"x\"",
                "c must be 2",
                "(d must be \"x\" or d must be false)",
                "/e/f must contain \"y\"",
                "g must be true",
                "(h must end with \"@a\" or h must end with \"@b\")",
                "i must be present",
                "j must be 1.5",
                "k must begin with \"x:\"",
                "l must be present",
            ]
        );
    }

    #[test]
    fn an_array_has_groups_and_validity() {
        let json = r#"[{ "claim": "token_use", "equals": "access", "validity": true },
            { "any": [{ "claim": "a" }, { "all": [{ "claim": "b" }, { "claim": "c", "equals": [1, 2] }] }] }]"#;
        assert_eq!(
            described_all(json),
            [
                "token_use must be \"access\"",
                "(a must be present or (b must be present and (c must be 1 or c must be 2)))",
            ]
        );
        let list = read(json).unwrap();
        assert_eq!(list.iter().filter(|requirement| requirement.is_for_validity()).count(), 1);
        assert!(list[0].is_for_validity());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (json, problem) in [
            (r#"{ "a": true }"#, "write { equals = true }"),
            (r#"{ "a": false }"#, "{ present = true }"),
            (r#"{ "a": null }"#, "expected a text"),
            (r#"{ "a": { "equals": null } }"#, "expected a text"),
            (r#"{ "a": { "equals": [["x"]] } }"#, "expected a text"),
            (r#"{ "a": { "present": null } }"#, "expected a boolean"),
            (r#"{ "a": { "present": false } }"#, "remove it"),
            (r#"{ "a": { "equal": 1 } }"#, "unknown field `equal`"),
            (r#"{ "a": { "equals": 1, "contains": 2 } }"#, "one test"),
            (r#"{ "a": { "equals": [{}] } }"#, "expected a text"),
            (r#"{ "a": { "equals": {} } }"#, "give a text"),
            (r#"{ "a": { "starts_with": 1 } }"#, "starts_with takes a text"),
            (r#"{ "a": { "claim": "b" } }"#, "the claim already"),
            (r#"[{ "equals": 1 }]"#, "has a claim"),
            (r#"[{ "claim": "a", "any": [] }]"#, "has a claim"),
            (r#"[{ "any": [], "all": [] }]"#, "has a claim"),
            (r#"[{ "any": [{ "claim": "a" }], "equals": 1 }]"#, "has a claim"),
            (r#"["a"]"#, "expected struct Entry"),
            (r#""a""#, "expected a table such as"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(problem), "{json}: {error}");
        }
    }
}
