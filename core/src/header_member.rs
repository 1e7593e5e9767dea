//! The members of the JOSE header for which there are rules: RFC 7515 §4.1.

use core::fmt;

/// A member of the JOSE header that has a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderMember {
    /// `alg`
    Alg,
    /// `kid`
    Kid,
    /// `typ`
    Typ,
    /// `cty`
    Cty,
    /// `crit`
    Crit,
}

impl HeaderMember {
    /// The member's name in the header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alg => "alg",
            Self::Kid => "kid",
            Self::Typ => "typ",
            Self::Cty => "cty",
            Self::Crit => "crit",
        }
    }
}

impl fmt::Display for HeaderMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
