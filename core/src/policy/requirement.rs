//! [`Requirement`]: what a policy requires of claims.

use core::ops::Deref;

use super::claim_path::ClaimPath;
use crate::accepted::AcceptedToken;
use crate::claim::Claim;
use crate::claims::Claims;
use crate::json::{Bounds, JsonError, Object, Text, Value};
use crate::limits::MAX_REQUIREMENT_DEPTH;
use crate::number::{is_json_number, same_value};
use crate::rejection::Rejection;

/// A condition that a policy sets on the claims.
///
/// A valid token that does not meet it is rejected with
/// [`RequirementUnmet`](Rejection::RequirementUnmet), which is 403: another token of the same kind would
/// not help. A requirement for [validity](Self::for_validity) says whether the token is meant for us at
/// all; a token that does not meet it is invalid, which is 401.
///
/// ```
/// use tollgate_core::policy::{ClaimTest, Requirement, Scalar};
///
/// const ACCESS: Requirement<&str> =
///     Requirement::name("token_use", ClaimTest::Equals(Scalar::Text("access"))).for_validity();
/// const STAFF: Requirement<&str> = Requirement::name("email", ClaimTest::EndsWith("@example.com"));
/// const ADMIN: Requirement<&str> =
///     Requirement::pointer("/realm_access/roles", ClaimTest::Contains(Scalar::Text("admin")));
///
/// // A group is followed by its parts: an access token, of the staff or of an administrator.
/// const REQUIREMENTS: &[Requirement<&str>] = &[ACCESS, Requirement::any(2), STAFF, ADMIN];
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement<S> {
    rule: Rule<S>,
    validity: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule<S> {
    Claim(ClaimPath<S>, ClaimTest<S>),
    Any(usize),
    All(usize),
}

/// What is required of one claim. A claim that is null counts as absent, and no value is ever converted
/// to another type.
///
/// See the example of [`Requirement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimTest<S> {
    /// It is present.
    Present,
    /// It is this value.
    Equals(Scalar<S>),
    /// It is an array with this value, or a text with this word between spaces.
    Contains(Scalar<S>),
    /// It is a text that begins with this prefix, and goes on. The prefix must end with a punctuation mark
    /// other than `-` and `_`: `spiffe://example.org/`, for instance.
    StartsWith(S),
    /// It is a text that ends with this suffix, and has more before it. The suffix must begin with a
    /// punctuation mark other than `-` and `_`: `@example.com`, for instance.
    EndsWith(S),
}

/// A value that a claim can be compared with.
///
/// See the example of [`Requirement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar<S> {
    /// A text, compared exactly.
    Text(S),
    /// A JSON number, compared by its value: `2` equals `2.0`.
    Number(S),
    /// A boolean.
    Bool(bool),
}

impl<S> Requirement<S> {
    /// Requires this of the claim with exactly this name.
    #[must_use]
    pub const fn name(name: S, test: ClaimTest<S>) -> Self {
        Self { rule: Rule::Claim(ClaimPath::Name(name), test), validity: false }
    }

    /// Requires this of the value at a JSON Pointer (RFC 6901).
    #[must_use]
    pub const fn pointer(pointer: S, test: ClaimTest<S>) -> Self {
        Self { rule: Rule::Claim(ClaimPath::Pointer(pointer), test), validity: false }
    }

    /// Requires one of the `parts` that follow in the list. Each may be a group, too.
    #[must_use]
    pub const fn any(parts: usize) -> Self {
        Self { rule: Rule::Any(parts), validity: false }
    }

    /// Requires all of the `parts` that follow in the list. Each may be a group, too.
    #[must_use]
    pub const fn all(parts: usize) -> Self {
        Self { rule: Rule::All(parts), validity: false }
    }

    /// Makes a token invalid that does not meet this requirement. Set it on a group, never on its parts.
    #[must_use]
    pub const fn for_validity(mut self) -> Self {
        self.validity = true;
        self
    }

    /// Returns the claim that is read, unless this is a group.
    #[must_use]
    pub const fn path(&self) -> Option<&ClaimPath<S>> {
        match &self.rule {
            Rule::Claim(path, _) => Some(path),
            Rule::Any(_) | Rule::All(_) => None,
        }
    }

    /// Returns what is required of the claim, unless this is a group.
    #[must_use]
    pub const fn test(&self) -> Option<&ClaimTest<S>> {
        match &self.rule {
            Rule::Claim(_, test) => Some(test),
            Rule::Any(_) | Rule::All(_) => None,
        }
    }

    /// Returns how many of the following requirements, each with its own parts, are parts of this one.
    #[must_use]
    pub const fn parts(&self) -> usize {
        match &self.rule {
            Rule::Claim(..) => 0,
            Rule::Any(parts) | Rule::All(parts) => *parts,
        }
    }

    /// Returns whether this is a group where one part is enough.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        matches!(self.rule, Rule::Any(_))
    }

    /// Returns whether a token that does not meet it is invalid.
    #[must_use]
    pub const fn is_for_validity(&self) -> bool {
        self.validity
    }
}

impl<S: Deref<Target = str>> Requirement<S> {
    /// Borrows the texts, as a [`Policy`](super::Policy) needs them.
    #[must_use]
    pub fn as_deref(&self) -> Requirement<&str> {
        let rule = match &self.rule {
            Rule::Claim(path, test) => Rule::Claim(path.as_deref(), test.as_deref()),
            Rule::Any(parts) => Rule::Any(*parts),
            Rule::All(parts) => Rule::All(*parts),
        };
        Requirement { rule, validity: self.validity }
    }
}

impl<S: Deref<Target = str>> ClaimTest<S> {
    fn as_deref(&self) -> ClaimTest<&str> {
        match self {
            Self::Present => ClaimTest::Present,
            Self::Equals(value) => ClaimTest::Equals(value.as_deref()),
            Self::Contains(value) => ClaimTest::Contains(value.as_deref()),
            Self::StartsWith(prefix) => ClaimTest::StartsWith(prefix),
            Self::EndsWith(suffix) => ClaimTest::EndsWith(suffix),
        }
    }
}

impl<S: Deref<Target = str>> Scalar<S> {
    fn as_deref(&self) -> Scalar<&str> {
        match self {
            Self::Text(text) => Scalar::Text(text),
            Self::Number(number) => Scalar::Number(number),
            Self::Bool(value) => Scalar::Bool(*value),
        }
    }
}

/// What is wrong with a requirement.
pub(super) enum Fault {
    Pointer,
    Number,
    Boundary,
}

impl Requirement<&str> {
    pub(super) const fn fault(&self) -> Option<Fault> {
        let Rule::Claim(path, test) = &self.rule else { return None };
        if !path.is_valid() {
            return Some(Fault::Pointer);
        }
        match test {
            ClaimTest::Equals(Scalar::Number(number))
            | ClaimTest::Contains(Scalar::Number(number))
                if !is_json_number(number.as_bytes()) =>
            {
                Some(Fault::Number)
            }
            ClaimTest::StartsWith(prefix) if !matches!(prefix.as_bytes(), [.., end] if is_boundary(*end)) => {
                Some(Fault::Boundary)
            }
            ClaimTest::EndsWith(suffix) if !matches!(suffix.as_bytes(), [start, ..] if is_boundary(*start)) => {
                Some(Fault::Boundary)
            }
            _ => None,
        }
    }

    /// Returns the requirements after the first one and its parts, or `None` if the list is too short, a
    /// group is empty, or groups are nested too deep.
    pub(super) const fn after<'l, 'p>(
        list: &'l [Requirement<&'p str>],
        depth: usize,
    ) -> Option<&'l [Requirement<&'p str>]> {
        let [first, rest @ ..] = list else { return None };
        let (mut parts, mut rest) = (first.parts(), rest);
        if first.path().is_none() && (parts == 0 || depth == MAX_REQUIREMENT_DEPTH) {
            return None;
        }
        while let Some(fewer) = parts.checked_sub(1) {
            rest = match (rest, Self::after(rest, depth.saturating_add(1))) {
                ([part, ..], Some(after)) if !part.validity => after,
                _ => return None,
            };
            parts = fewer;
        }
        Some(rest)
    }
}

/// A punctuation mark that does not occur within names. With others, the text could begin or end within a
/// longer name: `example.com` in `notexample.com`, or in `not-example.com`.
const fn is_boundary(byte: u8) -> bool {
    byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'_')
}

/// Judges all requirements, those for validity or the others. Out of line, so that a program without any
/// pays nothing.
#[inline(never)]
pub(super) fn judge(
    list: &[Requirement<&str>],
    validity: bool,
    claims: &Claims<'_>,
) -> Result<(), Rejection> {
    let mut rest = list;
    while let [first, ..] = rest {
        let index = list.len().saturating_sub(rest.len());
        let outcome = meets(&mut rest, claims.object(), 0);
        if first.validity != validity {
            continue;
        }
        match outcome {
            Outcome::Met => {}
            _ if !validity => return Err(Rejection::RequirementUnmet { index }),
            Outcome::Missing => return Err(Rejection::RequiredClaimMissing { index }),
            Outcome::Mismatch => return Err(Rejection::RequiredClaimMismatch { index }),
        }
    }
    Ok(())
}

impl AcceptedToken<'_> {
    /// Requires more of a token that a policy has accepted, for a route of an API for instance. The list must
    /// be [checked](Requirement::check_list); its requirements for validity are judged first.
    ///
    /// # Errors
    ///
    /// [`RequirementUnmet`](Rejection::RequirementUnmet), and for validity
    /// [`RequiredClaimMissing`](Rejection::RequiredClaimMissing) or
    /// [`RequiredClaimMismatch`](Rejection::RequiredClaimMismatch), with the place in this list;
    /// [`ClaimType`](Rejection::ClaimType) or [`ClaimOutOfRange`](Rejection::ClaimOutOfRange) if a standard
    /// claim that is read has the wrong type.
    pub fn require(&self, list: &[Requirement<&str>]) -> Result<(), Rejection> {
        judge_types(list, self.claims())?;
        judge(list, true, self.claims())?;
        judge(list, false, self.claims())
    }
}

impl Requirement<&str> {
    /// Returns whether claims meet all of a [checked](Requirement::check_list) list. `claims` is the JSON object of a
    /// token that was accepted before, such as a session keeps; nothing is known about the types of the claims.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object as tokens have it.
    pub fn are_met_by(list: &[Self], claims: &str) -> Result<bool, JsonError> {
        let claims = Object::parse(claims.as_bytes(), Bounds::WIDEST)?;
        let mut rest = list;
        while !rest.is_empty() {
            if meets(&mut rest, claims, 0) != Outcome::Met {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Checks the types of the standard claims that requirements read.
#[inline(never)]
pub(super) fn judge_types(
    list: &[Requirement<&str>],
    claims: &Claims<'_>,
) -> Result<(), Rejection> {
    let read = list.iter().filter_map(|requirement| requirement.path()?.standard_claim());
    read.into_iter().try_for_each(|claim: Claim| claims.check(claim))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Met,
    Missing,
    Mismatch,
}

/// Judges the first requirement, and leaves those after it and its parts. An empty group, and one that is
/// nested too deep, is never met: [`check_list`](Requirement::check_list) refuses both.
fn meets(list: &mut &[Requirement<&str>], claims: Object<'_>, depth: usize) -> Outcome {
    let Some((first, rest)) = list.split_first() else { return Outcome::Missing };
    *list = rest;
    if first.path().is_none() && (first.parts() == 0 || depth == MAX_REQUIREMENT_DEPTH) {
        return Outcome::Missing;
    }
    let mut part = || meets(list, claims, depth.saturating_add(1));
    match &first.rule {
        Rule::Claim(path, test) => match path.find(claims) {
            None | Some(Value::Null) => Outcome::Missing,
            Some(value) if test.holds(value) => Outcome::Met,
            Some(_) => Outcome::Mismatch,
        },
        Rule::All(parts) => (0..*parts).fold(Outcome::Met, |so_far, _| match (so_far, part()) {
            (Outcome::Met, part) => part,
            (unmet, _) => unmet,
        }),
        Rule::Any(parts) => {
            (0..*parts).fold(Outcome::Missing, |so_far, _| match (so_far, part()) {
                (Outcome::Missing, part) | (Outcome::Mismatch, part @ Outcome::Met) => part,
                (so_far, _) => so_far,
            })
        }
    }
}

impl ClaimTest<&str> {
    fn holds(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Present, _) => true,
            (Self::Equals(expected), value) => expected.is(value),
            (Self::Contains(expected), Value::Array(array)) => {
                array.elements().any(|element| expected.is(element))
            }
            (Self::Contains(Scalar::Text(word)), Value::String(text)) => text.has_word(word),
            (Self::StartsWith(prefix), Value::String(text)) => {
                text.strip_prefix(prefix).is_some_and(|rest| rest != *"")
            }
            (Self::EndsWith(suffix), Value::String(text)) => ends_with(text, suffix),
            _ => false,
        }
    }
}

impl Scalar<&str> {
    fn is(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Text(expected), Value::String(text)) => text == **expected,
            (Self::Number(expected), Value::Number(number)) => same_value(expected, number),
            (Self::Bool(expected), Value::Bool(value)) => *expected == value,
            _ => false,
        }
    }
}

/// Returns whether a text is longer than `suffix` and ends with it.
fn ends_with(text: Text<'_>, suffix: &str) -> bool {
    let len = |text: Text<'_>| text.chars().count();
    let Some(surplus) = len(text).checked_sub(suffix.chars().count()) else { return false };
    surplus > 0 && text.chars().skip(surplus).eq(suffix.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(value: &str, test: ClaimTest<&str>) -> bool {
        let text = std::format!("{{\"x\":{value}}}");
        let object = Object::parse(text.as_bytes(), Bounds::WIDEST).unwrap();
        test.holds(object.get("x").unwrap())
    }

    #[test]
    fn claims_that_were_accepted_before_meet_a_list_as_those_of_a_token() {
        const CLAIMS: &str = r#"{"role":"clerk","level":3,"none":null}"#;
        let role = |role| Requirement::name("role", ClaimTest::Equals(Scalar::Text(role)));
        let level = Requirement::pointer("/level", ClaimTest::Equals(Scalar::Number("3")));
        let present = |name| Requirement::name(name, ClaimTest::Present);
        for (list, met) in [
            (&[][..], true),
            (&[role("clerk"), level], true),
            (&[level, role("admin")], false),
            (&[Requirement::any(2), role("admin"), level], true),
            (&[Requirement::any(2), role("admin"), present("missing"), level], false),
            (&[Requirement::all(2), role("clerk"), present("missing")], false),
            (&[present("none")], false),
            (&[Requirement::any(0)], false),
        ] {
            assert_eq!(Requirement::are_met_by(list, CLAIMS), Ok(met), "{list:?}");
        }
        assert!(Requirement::are_met_by(&[], "[]").is_err());
        assert!(Requirement::are_met_by(&[], r#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn a_requirement_tells_what_it_was_made_of() {
        const TEST: ClaimTest<&str> = ClaimTest::Equals(Scalar::Text("access"));
        let name = Requirement::name("token_use", TEST);
        let pointer = Requirement::pointer("/token_use", TEST);
        for (claim, path) in
            [(name, ClaimPath::Name("token_use")), (pointer, ClaimPath::Pointer("/token_use"))]
        {
            assert_eq!((claim.path(), claim.test()), (Some(&path), Some(&TEST)));
            assert_eq!((claim.parts(), claim.is_any()), (0, false));
        }
        for (group, is_any) in [(Requirement::<&str>::any(2), true), (Requirement::all(2), false)] {
            assert_eq!((group.path(), group.test()), (None, None));
            assert_eq!((group.parts(), group.is_any()), (2, is_any));
        }
        for requirement in [name, pointer, Requirement::any(2), Requirement::all(2)] {
            assert!(!requirement.is_for_validity());
            assert!(requirement.for_validity().is_for_validity());
        }
    }

    #[test]
    fn values_are_compared_by_their_type_and_never_converted() {
        use Scalar::{Bool, Number, Text};
        let values = [r#""2""#, "2", "true", r#""true""#, "[2]", "{}", "false", r#"["2"]"#];
        for (scalar, equal) in [
            (Text("2"), r#""2""#),
            (Number("2.0"), "2"),
            (Bool(true), "true"),
            (Text("true"), r#""true""#),
            (Bool(false), "false"),
        ] {
            for value in values {
                assert_eq!(holds(value, ClaimTest::Equals(scalar)), value == equal, "{value}");
            }
        }
    }

    #[test]
    fn an_array_contains_whole_elements_and_a_text_contains_whole_words() {
        let contains = |value, text| holds(value, ClaimTest::Contains(Scalar::Text(text)));
        assert!(contains(r#"["a","b c"]"#, "a") && contains(r#"["a","b c"]"#, "b c"));
        assert!(contains(r#""a b""#, "b") && contains(r#""a\u0020b""#, "b"));
        assert!(!contains(r#"["a","b c"]"#, "b") && !contains(r#""a bc""#, "b"));
        assert!(!contains(r#""a b""#, "a b") && !contains(r#"[["a"]]"#, "a"));
        assert!(!contains(r#"{"a":1}"#, "a") && !contains("[]", "") && !contains("\"\"", ""));
        let number = ClaimTest::Contains(Scalar::Number("7"));
        assert!(holds("[1,7.0]", number) && !holds("[\"7\"]", number) && !holds("\"7\"", number));
    }

    #[test]
    fn a_text_begins_or_ends_at_a_boundary_and_goes_on() {
        let ends = |value| holds(value, ClaimTest::EndsWith("@example.com"));
        assert!(ends(r#""me@example.com""#) && ends(r#""m\u00e9\u0040example.com""#));
        assert!(!ends(r#""@example.com""#) && !ends(r#""me@example.com.evil""#));
        assert!(!ends(r#""me@notexample.com""#) && !ends(r#""example.com""#) && !ends("1"));
        assert!(!ends(r#"["me@example.com"]"#));
        let starts = |value| holds(value, ClaimTest::StartsWith("spiffe://a/"));
        assert!(starts(r#""spiffe://a/b""#) && starts(r#""spiffe:\/\/a\/b""#));
        assert!(!starts(r#""spiffe://a/""#) && !starts(r#""spiffe://a.evil/b""#));
    }

    #[test]
    fn only_punctuation_outside_of_names_is_a_boundary() {
        for byte in 0..=u8::MAX {
            let expected = b"!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~".contains(&byte);
            assert_eq!(is_boundary(byte), expected, "{}", char::from(byte));
        }
    }
}
