//! `tollgate_requirement`: what a policy requires of claims.

use tollgate_core::policy::{ClaimPath, ClaimTest, Requirement as Core, Scalar};

use crate::result::{Checked, Outcome};
use crate::text::Str;

/// What is required of one claim, or a group of requirements. A token that does not meet it is refused with
/// `TOLLGATE_RESULT_REQUIREMENT_UNMET`, which is HTTP 403.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    /// The claim: its name, or a JSON Pointer (RFC 6901), which begins with a slash. `{0}` for a group.
    pub claim: Str,
    /// The value to compare with: a text, a JSON number, or `true` or `false`, as `value_type` says. `{0}` for
    /// `TOLLGATE_TEST_PRESENT` and for a group.
    pub value: Str,
    /// A value of `tollgate_test`.
    pub test: u32,
    /// A value of `tollgate_type`.
    pub value_type: u32,
    /// For a group, how many of the following requirements are its parts, each with its own parts. Otherwise
    /// 0.
    pub parts: u32,
    /// 1 if a token that does not meet it is invalid, which is HTTP 401; otherwise 0. Parts have 0.
    pub validity: u32,
}

/// What is required of a claim. A claim that is null counts as absent, and no value is converted.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Test {
    /// It is present.
    Present = 0,
    /// It is this value.
    Equals = 1,
    /// It is an array with this value, or a string with this word between spaces.
    Contains = 2,
    /// It is a longer string that begins so. The prefix must end with a punctuation mark other than `-` and
    /// `_`.
    StartsWith = 3,
    /// It is a longer string that ends so. The suffix must begin with a punctuation mark other than `-` and
    /// `_`.
    EndsWith = 4,
    /// A group: one of its parts must be met.
    Any = 5,
    /// A group: all of its parts must be met.
    All = 6,
}

/// The type of a value to compare with.
#[repr(u32)]
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// A string.
    String = 0,
    /// A number, compared by its value: 2 equals 2.0.
    Number = 1,
    /// A boolean.
    Boolean = 2,
}

impl Requirement {
    /// # Safety
    ///
    /// What it points to is readable and does not change for `'p`.
    pub(crate) unsafe fn read<'p>(&self) -> Checked<Core<&'p str>> {
        // SAFETY: the same promise.
        let (claim, value) = unsafe { (self.claim.optional_text()?, self.value.optional_text()?) };
        let parts = usize::try_from(self.parts).map_err(|_| Outcome::PolicyRequirement)?;
        let validity = match self.validity {
            0 => false,
            1 => true,
            _ => return Err(Outcome::PolicyOption),
        };
        let requirement = match (self.test, claim) {
            (5, None) if value.is_none() => Core::any(parts),
            (6, None) if value.is_none() => Core::all(parts),
            (5 | 6, _) | (0..=4, None) => return Err(Outcome::PolicyRequirement),
            (0..=4, Some(claim)) => {
                let test = self.test(value)?;
                if parts != 0 || claim.is_empty() {
                    return Err(Outcome::PolicyRequirement);
                }
                match claim_path(claim) {
                    ClaimPath::Name(name) => Core::name(name, test),
                    ClaimPath::Pointer(pointer) => Core::pointer(pointer, test),
                }
            }
            _ => return Err(Outcome::PolicyOption),
        };
        Ok(if validity { requirement.for_validity() } else { requirement })
    }

    fn test<'p>(&self, value: Option<&'p str>) -> Checked<ClaimTest<&'p str>> {
        // An empty text may have a pointer, so only a value that was set counts.
        let scalar = || {
            let value = value.ok_or(Outcome::PolicyRequirement)?;
            match self.value_type {
                0 => Ok(Scalar::Text(value)),
                1 => Ok(Scalar::Number(value)),
                2 if value == "true" => Ok(Scalar::Bool(true)),
                2 if value == "false" => Ok(Scalar::Bool(false)),
                2 => Err(Outcome::PolicyRequirement),
                _ => Err(Outcome::PolicyOption),
            }
        };
        let text = || match scalar()? {
            Scalar::Text(text) => Ok(text),
            _ => Err(Outcome::PolicyRequirement),
        };
        match self.test {
            0 if value.is_some() || self.value_type != 0 => Err(Outcome::PolicyRequirement),
            0 => Ok(ClaimTest::Present),
            1 => scalar().map(ClaimTest::Equals),
            2 => scalar().map(ClaimTest::Contains),
            3 => text().map(ClaimTest::StartsWith),
            _ => text().map(ClaimTest::EndsWith),
        }
    }
}

/// A claim's name, or a JSON Pointer, which begins with a slash.
pub(crate) fn claim_path(text: &str) -> ClaimPath<&str> {
    if text.starts_with('/') { ClaimPath::Pointer(text) } else { ClaimPath::Name(text) }
}
