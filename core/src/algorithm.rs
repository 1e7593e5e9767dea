//! The closed list of signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1), and sets of them.

use core::fmt;

use crate::json::Text;

/// A signature algorithm. `none` and the HMACs cannot be represented.
///
/// `secp256k1`, Ed448 and X25519 are not supported.
///
/// ```
/// use tollgate_core::Algorithm;
///
/// assert_eq!(Algorithm::from_name("ES256"), Some(Algorithm::Es256));
/// assert_eq!(Algorithm::from_name("Ed25519"), Algorithm::from_name("EdDSA"));
/// assert_eq!(Algorithm::from_name("none"), None);
/// assert_eq!(Algorithm::from_name("HS256"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// ECDSA over P-384 with SHA-384.
    Es384,
    /// ECDSA over P-521 with SHA-512.
    Es512,
    /// EdDSA over Ed25519. JOSE has two names for it: `EdDSA` (RFC 8037) and `Ed25519` (RFC 9864).
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: &'static [Self] = &[
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
    ];

    /// The second name of [`EdDsa`](Self::EdDsa) (RFC 9864).
    const ED25519: &'static str = "Ed25519";

    /// Finds the algorithm by one of its JOSE names, which are case-sensitive (RFC 7515 §4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::with_name(|other| name == other)
    }

    /// Finds the algorithm by one of its names, as `alg` writes it.
    pub(crate) fn from_text(name: Text<'_>) -> Option<Self> {
        Self::with_name(|other| name == *other)
    }

    fn with_name(is: impl Fn(&str) -> bool) -> Option<Self> {
        let usual = Self::ALL.iter().find(|algorithm| is(algorithm.name())).copied();
        usual.or_else(|| is(Self::ED25519).then_some(Self::EdDsa))
    }

    /// Returns the JOSE name, such as `ES256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of algorithms.
///
/// ```
/// use tollgate_core::{Algorithm, Algorithms};
///
/// const CHIP: Algorithms = Algorithms::of(&[Algorithm::Es256, Algorithm::Es384]);
/// assert!(CHIP.contains(Algorithm::Es256));
/// assert!(CHIP.intersection(Algorithms::only(Algorithm::Rs256)).is_empty());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Algorithms(u16);

impl Algorithms {
    /// No algorithm.
    pub const NONE: Self = Self(0);

    /// Makes a set of these algorithms.
    #[must_use]
    pub const fn of(algorithms: &[Algorithm]) -> Self {
        let mut set = Self::NONE;
        let mut rest = algorithms;
        while let [algorithm, others @ ..] = rest {
            set = set.union(Self::only(*algorithm));
            rest = others;
        }
        set
    }

    /// Makes a set of one algorithm.
    #[must_use]
    #[allow(clippy::as_conversions, reason = "the discriminants are below 16")]
    pub const fn only(algorithm: Algorithm) -> Self {
        Self(1u16.wrapping_shl(algorithm as u32))
    }

    /// Returns the algorithms that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the algorithms that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns whether the algorithm is in the set.
    #[must_use]
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & Self::only(algorithm).0 != 0
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the algorithms, in the order of [`Algorithm::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL.iter().copied().filter(move |algorithm| self.contains(*algorithm))
    }
}

impl fmt::Debug for Algorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The algorithms that a key is for (RFC 8725 §3.1).
///
/// A key that a JWK's `alg` fixes, or its curve, is for exactly one algorithm. An RSA key without
/// `alg` is for RS256, and for another RSA algorithm only if the policy lists that one: a key should
/// serve one scheme (RFC 8017 §6).
///
/// ```
/// use tollgate_core::{Algorithm, KeyAlgorithms};
///
/// let listed_by_policy = true;
/// assert!(KeyAlgorithms::RSA.permit(Algorithm::Ps256, listed_by_policy));
/// assert!(!KeyAlgorithms::RSA.permit(Algorithm::Ps256, !listed_by_policy));
/// // A JWK with `"alg": "PS256"` is for PS256 alone.
/// let fixed = KeyAlgorithms::RSA.fixed(Algorithm::Ps256);
/// assert_eq!(fixed, Some(KeyAlgorithms::only(Algorithm::Ps256)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAlgorithms {
    always: Algorithms,
    if_listed: Algorithms,
}

impl KeyAlgorithms {
    /// The algorithms of an RSA key without `alg`.
    pub const RSA: Self = Self {
        always: Algorithms::only(Algorithm::Rs256),
        if_listed: Algorithms::of(&[
            Algorithm::Rs384,
            Algorithm::Rs512,
            Algorithm::Ps256,
            Algorithm::Ps384,
            Algorithm::Ps512,
        ]),
    };

    /// The algorithms of a key for one algorithm alone.
    #[must_use]
    pub const fn only(algorithm: Algorithm) -> Self {
        Self { always: Algorithms::only(algorithm), if_listed: Algorithms::NONE }
    }

    /// Returns all algorithms that the key can be for. An engine verifies with no other.
    #[must_use]
    pub const fn all(self) -> Algorithms {
        self.always.union(self.if_listed)
    }

    /// Narrows the algorithms to the `alg` of the key's JWK. Returns `None` if the key cannot be for it.
    #[must_use]
    pub const fn fixed(self, alg: Algorithm) -> Option<Self> {
        if self.all().contains(alg) { Some(Self::only(alg)) } else { None }
    }

    /// Keeps the algorithms that an engine supports.
    #[must_use]
    pub const fn supported(self, by: Algorithms) -> Self {
        Self { always: self.always.intersection(by), if_listed: self.if_listed.intersection(by) }
    }

    /// Returns whether the key may verify this algorithm. `listed` says whether the policy names the
    /// algorithm; otherwise it allows all.
    #[must_use]
    pub const fn permit(self, algorithm: Algorithm, listed: bool) -> bool {
        let permitted = if listed { self.all() } else { self.always };
        permitted.contains(algorithm)
    }

    /// Returns the one algorithm of the key, or RS256 if there are several: for messages.
    #[must_use]
    pub fn usual(self) -> Option<Algorithm> {
        self.all().iter().next()
    }
}

/// Writes the names: those that must be listed follow the others.
impl fmt::Display for KeyAlgorithms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for algorithm in self.always.iter() {
            write!(f, "{separator}{algorithm}")?;
            separator = ", ";
        }
        for algorithm in self.if_listed.iter() {
            write!(f, "{separator}{algorithm} if listed")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl From<Algorithm> for KeyAlgorithms {
    fn from(algorithm: Algorithm) -> Self {
        Self::only(algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_have_their_names_and_ed25519_has_two() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(*algorithm));
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
        for name in ["none", "HS256", "es256", "ES256K", "ES521", "Ed448", ""] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn sets_contain_what_they_were_made_of() {
        let all = Algorithms::of(Algorithm::ALL);
        assert!(all.iter().eq(Algorithm::ALL.iter().copied()));
        assert!(Algorithms::NONE.is_empty() && !all.is_empty());
        for algorithm in Algorithm::ALL {
            let only = Algorithms::only(*algorithm);
            assert!(only.iter().eq([*algorithm]));
            assert!(!Algorithms::NONE.contains(*algorithm));
            assert_eq!(all.intersection(only), only);
        }
    }

    #[test]
    fn an_rsa_key_without_alg_is_for_rs256_unless_another_algorithm_is_listed() {
        for algorithm in Algorithm::ALL {
            let is_rsa = algorithm.name().starts_with(['R', 'P']);
            let permitted = KeyAlgorithms::RSA.permit(*algorithm, false);
            assert_eq!(permitted, *algorithm == Algorithm::Rs256);
            assert_eq!(KeyAlgorithms::RSA.permit(*algorithm, true), is_rsa);
            assert_eq!(KeyAlgorithms::RSA.fixed(*algorithm).is_some(), is_rsa);
        }
    }

    #[test]
    fn a_key_with_alg_is_for_no_other_algorithm() {
        let fixed = KeyAlgorithms::RSA.fixed(Algorithm::Ps256).unwrap();
        for algorithm in Algorithm::ALL {
            for listed in [false, true] {
                assert_eq!(fixed.permit(*algorithm, listed), *algorithm == Algorithm::Ps256);
            }
        }
    }

    #[test]
    fn the_usual_algorithm_is_the_only_one_or_rs256() {
        assert_eq!(KeyAlgorithms::RSA.usual(), Some(Algorithm::Rs256));
        for algorithm in Algorithm::ALL {
            assert_eq!(KeyAlgorithms::only(*algorithm).usual(), Some(*algorithm));
        }
        assert_eq!(KeyAlgorithms::RSA.supported(Algorithms::NONE).usual(), None);
    }

    #[test]
    fn an_engine_that_lacks_rs256_does_not_make_another_algorithm_the_usual_one() {
        let supported = KeyAlgorithms::RSA.supported(Algorithms::only(Algorithm::Ps256));
        assert!(!supported.permit(Algorithm::Ps256, false));
        assert!(supported.permit(Algorithm::Ps256, true));
        assert!(!supported.permit(Algorithm::Rs256, true));
    }
}
