//! A second opinion about JSON: serde_json's grammar, and the strict rules on top of it, naively.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use tollgate_core::json::{JsonErrorKind, Value};
use tollgate_core::{Part, Rejection, limits};

use crate::verify::believed_claims;

/// The members of an object as they are written, duplicates included.
#[derive(Debug, Default)]
pub struct Members<'t>(pub Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Members<'t> {
    /// The members of a text that is an object, and JSON by its grammar.
    pub fn parse(text: &'t [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The value of the first member of this name.
    pub fn get(&self, name: &str) -> Option<&'t RawValue> {
        let is_named = |member: &RawValue| string(member).is_some_and(|member| member == name);
        self.0.iter().find(|(member, _)| is_named(member)).map(|(_, value)| *value)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some(member) = members.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}

/// The characters that a string stands for; `None` of other values, and if a half of a surrogate pair
/// is among them.
pub fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// The elements of an array; `None` of other values.
pub fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// What the strict rules are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// It is an object.
    pub object: bool,
    /// Two members of one object have the same name.
    pub duplicate: bool,
    /// A string has half of a surrogate pair.
    pub lone_surrogate: bool,
    /// Levels of nesting.
    pub depth: usize,
    /// The most names that objects have that stand in each other.
    pub names: usize,
}

impl Findings {
    /// What there is to find in a text; `None` if it is no JSON at all.
    pub fn of(text: &[u8]) -> Option<Self> {
        let value = serde_json::from_slice(text).ok()?;
        let mut findings = Self::default();
        findings.walk(value, 0, 0);
        findings.object = value.get().starts_with('{');
        Some(findings)
    }

    /// Whether the strict reader takes the text, with these limits.
    pub fn are_allowed(&self, depth: usize, names: usize) -> bool {
        let Self { object, duplicate, lone_surrogate, .. } = *self;
        object && !duplicate && !lone_surrogate && self.depth <= depth && self.names <= names
    }

    /// Whether `kind` is something that was found, by the limits for claims.
    fn explain(&self, kind: JsonErrorKind) -> bool {
        match kind {
            JsonErrorKind::NotAnObject => !self.object,
            JsonErrorKind::DuplicateName => self.duplicate,
            JsonErrorKind::LoneSurrogate => self.lone_surrogate,
            JsonErrorKind::TooDeep => self.depth > limits::MAX_JSON_DEPTH,
            JsonErrorKind::TooManyNames => self.names > limits::MAX_JSON_NAMES,
            _ => false,
        }
    }

    fn walk(&mut self, value: &RawValue, depth: usize, names: usize) {
        // No limit is higher, and here is a stack to be spared.
        if depth > 2 * limits::MAX_JSON_DEPTH {
            return;
        }
        match value.get().as_bytes() {
            [b'"', ..] => self.lone_surrogate |= string(value).is_none(),
            [b'[', ..] => {
                self.depth = self.depth.max(depth + 1);
                for element in elements(value).unwrap() {
                    self.walk(element, depth + 1, names);
                }
            }
            [b'{', ..] => {
                self.depth = self.depth.max(depth + 1);
                let Members(members) = serde_json::from_str(value.get()).unwrap();
                let mut earlier = std::collections::HashSet::new();
                for (index, (name, value)) in members.into_iter().enumerate() {
                    match string(name) {
                        Some(name) => self.duplicate |= !earlier.insert(name),
                        None => self.lone_surrogate = true,
                    }
                    self.names = self.names.max(names + index + 1);
                    self.walk(value, depth + 1, names + index + 1);
                }
            }
            _ => {}
        }
    }
}

/// Whether the strict reader and serde_json see the same value.
pub fn is_same(ours: Value<'_>, theirs: &RawValue) -> bool {
    match ours {
        Value::Null => theirs.get() == "null",
        Value::Bool(ours) => theirs.get() == ours.to_string(),
        Value::Number(ours) => {
            ours == theirs.get() && serde_json::from_str::<&RawValue>(ours).is_ok()
        }
        Value::String(ours) => string(theirs).is_some_and(|theirs| {
            ours == *theirs && ours.to_string() == theirs && ours.chars().eq(theirs.chars())
        }),
        Value::Array(ours) => elements(theirs).is_some_and(|theirs| {
            ours.elements().count() == theirs.len()
                && ours.elements().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }),
        Value::Object(ours) => Members::parse(theirs.get().as_bytes()).is_some_and(|theirs| {
            ours.members().count() == theirs.0.len()
                && ours.members().zip(theirs.0).all(|((name, value), (their_name, theirs))| {
                    let found = ours.get(&name.to_string());
                    is_same(Value::String(name), their_name)
                        && is_same(value, theirs)
                        && found == Some(value)
                })
        }),
    }
}

/// Compares what both readers say of a text that may be anything, as the claims of a token; `true` if
/// it was accepted.
///
/// Panics where they differ in more than the strict rules, or in a rule that does not apply.
pub fn compare(text: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(text);
    let theirs = Findings::of(text);
    let allowed = theirs.is_some_and(|findings| {
        findings.are_allowed(limits::MAX_JSON_DEPTH, limits::MAX_JSON_NAMES)
    });
    let ours = believed_claims(text, |signed| {
        let value = serde_json::from_slice(text).ok();
        let ours = Value::Object(signed.claims().object());
        assert!(value.is_some_and(|theirs| is_same(ours, theirs)), "{shown}");
    });
    match ours {
        Ok(()) => assert!(allowed, "{shown}: {theirs:?}"),
        Err(Rejection::Json { part: Part::Payload, error }) => {
            assert!(!allowed, "{shown}: {error}");
            assert!(error.offset <= text.len(), "{shown}: {error}");
            // What is no JSON at all may break a rule before that shows.
            assert!(theirs.is_none_or(|found| found.explain(error.kind)), "{shown}: {error}");
        }
        // A name happened to be that of a registered claim.
        Err(Rejection::ClaimType(_) | Rejection::ClaimOutOfRange(_)) => {
            assert!(allowed, "{shown}: {theirs:?}");
        }
        Err(Rejection::TokenTooLong { .. } | Rejection::PartEmpty(Part::Payload)) => {}
        Err(other) => panic!("{shown}: {other:?}"),
    }
    ours.is_ok()
}
