//! The kinds of keys in a blob, and the numbers of kinds and algorithms: [`BlobKind`].

use super::Version;
use crate::algorithm::{Algorithm, KeyAlgorithms};

/// The kind of a key in a blob.
///
/// See the example of [`Blob`](super::Blob).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlobKind {
    /// A point on P-256 with its table, for ES256.
    P256,
    /// A point on P-384 with its table, for ES384.
    P384,
    /// A point on P-521 with its table, for ES512.
    P521,
    /// A point on Ed25519 with its table, for EdDSA.
    Ed25519,
    /// An RSA key with its constant, for one algorithm, or for RS256 and others if they are listed.
    Rsa,
}

/// Numbers are positions in this list, plus 1.
const KINDS: [BlobKind; 5] =
    [BlobKind::P256, BlobKind::P384, BlobKind::P521, BlobKind::Ed25519, BlobKind::Rsa];

/// The number for an RSA key without `alg`.
const WITHOUT_ALG: u8 = 0;

/// Numbers are positions in this list, plus 1.
const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];

impl BlobKind {
    pub(super) fn from_number(number: u8) -> Option<Self> {
        at(&KINDS, number)
    }

    pub(super) fn number(self) -> u8 {
        number_in(&KINDS, self)
    }

    /// The kind of an ECDSA key.
    pub(super) const fn of_curve(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es384 => Self::P384,
            Algorithm::Es512 => Self::P521,
            _ => Self::P256,
        }
    }

    /// The algorithms of a key of this kind, if nothing fixes one.
    pub(super) const fn algorithms(self) -> KeyAlgorithms {
        KeyAlgorithms::only(match self {
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
            Self::P521 => Algorithm::Es512,
            Self::Ed25519 => Algorithm::EdDsa,
            Self::Rsa => return KeyAlgorithms::RSA,
        })
    }

    /// The lengths of x and y. Ed25519 has its 32 bytes as x. An RSA key has all of its numbers in the
    /// place of the table.
    pub(super) const fn coordinate_lens(self) -> (usize, usize) {
        match self {
            Self::P256 => (32, 32),
            Self::P384 => (48, 48),
            Self::P521 => (66, 66),
            Self::Ed25519 => (32, 0),
            Self::Rsa => (0, 0),
        }
    }

    /// The oldest version that has keys of this kind.
    pub(super) const fn version(self) -> Version {
        match self {
            Self::P256 | Self::P384 => Version::One,
            _ => Version::Two,
        }
    }
}

/// The number that stands for the algorithms of a key.
pub(super) fn number_of_algorithms(algorithms: KeyAlgorithms) -> u8 {
    if algorithms == KeyAlgorithms::RSA {
        return WITHOUT_ALG;
    }
    algorithms.usual().map_or(WITHOUT_ALG, |algorithm| number_in(&ALGORITHMS, algorithm))
}

/// The algorithms of a key of this kind with a number, or `Some(None)` if they do not fit. Returns `None`
/// for an unknown number.
pub(super) fn algorithms_from_number(kind: BlobKind, number: u8) -> Option<Option<KeyAlgorithms>> {
    if number == WITHOUT_ALG {
        return Some((kind == BlobKind::Rsa).then_some(KeyAlgorithms::RSA));
    }
    at(&ALGORITHMS, number).map(|algorithm| kind.algorithms().fixed(algorithm))
}

fn at<T: Copy>(list: &[T], number: u8) -> Option<T> {
    list.get(usize::from(number).checked_sub(1)?).copied()
}

fn number_in<T: Copy + PartialEq>(list: &[T], element: T) -> u8 {
    (1..).zip(list).find(|(_, other)| **other == element).map_or(0, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_a_number_of_its_own_and_belongs_to_one_kind() {
        for (number, algorithm) in (1..).zip(ALGORITHMS) {
            let kinds = KINDS.iter().filter(|kind| kind.algorithms().all().contains(algorithm));
            assert_eq!(kinds.clone().count(), 1, "{algorithm}");
            for kind in kinds {
                let fixed = KeyAlgorithms::only(algorithm);
                assert_eq!(algorithms_from_number(*kind, number), Some(Some(fixed)));
                assert_eq!(number_of_algorithms(fixed), number);
            }
        }
        assert!(Algorithm::ALL.iter().all(|algorithm| ALGORITHMS.contains(algorithm)));
        assert_eq!(number_of_algorithms(KeyAlgorithms::RSA), WITHOUT_ALG);
        assert_eq!(algorithms_from_number(BlobKind::Rsa, 11), None);
        assert_eq!(algorithms_from_number(BlobKind::P256, WITHOUT_ALG), Some(None));
        assert_eq!(algorithms_from_number(BlobKind::P256, 2), Some(None));
    }
}
