//! The paths of rules, their order, and which paths they match.

use std::fmt;

use crate::serve::path::NormalPath;

/// The segment of a `path_pattern` that stands for any one segment.
pub(super) const ANY: &str = "{}";

/// The paths that a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern {
    segments: Vec<Segment>,
    extent: Extent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal {
        /// As in [`NormalPath`]: equivalent encodings are equal.
        text: String,
        /// With everything decoded.
        decoded: String,
    },
    /// Any segment that is not empty.
    Any,
}

/// Whether the paths below belong to a rule, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Exact,
    Below,
}

/// A step from the root to the paths of a rule. The order is that of precedence: of the rules that match a path, the
/// one with the smallest steps decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step<'a> {
    /// To this segment, decoded.
    Literal(&'a str),
    /// To any segment.
    Any,
    /// No further.
    Here,
    /// To all that lies here or below.
    Below,
}

impl PathPattern {
    /// A pattern for this path. With `any`, a segment `{}` stands for any segment.
    pub(super) fn new(path: &NormalPath<'_>, any: bool, extent: Extent) -> Self {
        let decoded = path.decoded().into_iter().flat_map(|decoded| decoded.split('/'));
        let segments = path.segments().zip(decoded).map(|(text, decoded)| match text {
            ANY if any => Segment::Any,
            _ => Segment::Literal { text: text.to_owned(), decoded: decoded.to_owned() },
        });
        Self { segments: segments.collect(), extent }
    }

    /// Whether a segment of it stands for any segment.
    pub(super) fn has_any(&self) -> bool {
        self.segments.contains(&Segment::Any)
    }

    /// How many segments it has.
    pub(super) fn depth(&self) -> usize {
        self.segments.len()
    }

    /// The steps from the root, which end with [`Step::Here`] or [`Step::Below`].
    pub(super) fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        (0..=self.segments.len()).map(|depth| self.step(depth))
    }

    /// The step after this number of segments.
    pub(super) fn step(&self, depth: usize) -> Step<'_> {
        match (self.segments.get(depth), self.extent) {
            (Some(Segment::Literal { decoded, .. }), _) => Step::Literal(decoded),
            (Some(Segment::Any), _) => Step::Any,
            (None, Extent::Exact) => Step::Here,
            (None, Extent::Below) => Step::Below,
        }
    }

    /// Whether a path that this matches once decoded matches it undecoded as well. `/%40me` and `/@me` do not: by RFC
    /// 3986 §2.2 these are two paths, but many upstreams treat them as one.
    pub(super) fn is_spelled_like(&self, path: &NormalPath<'_>) -> bool {
        self.segments.iter().zip(path.segments()).all(|(segment, spelled)| match segment {
            Segment::Literal { text, .. } => text == spelled,
            Segment::Any => true,
        })
    }

    /// Whether a path belongs to both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let reaches = |it: &Self, depth| it.extent == Extent::Below || it.depth() >= depth;
        let agree = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Literal { decoded, .. }, Segment::Literal { decoded: other, .. }) => {
                decoded == other
            }
            (Segment::Any, _) | (_, Segment::Any) => true,
        };
        reaches(self, other.depth())
            && reaches(other, self.depth())
            && self.segments.iter().zip(&other.segments).all(agree)
    }

    /// The path itself, without what lies below.
    pub(super) fn itself(&self) -> Self {
        Self { segments: self.segments.clone(), extent: Extent::Exact }
    }

    /// All that lies below the path.
    pub(super) fn all_below(&self) -> Self {
        let segments = self.segments.iter().cloned().chain([Segment::Any]);
        Self { segments: segments.collect(), extent: Extent::Below }
    }

    /// The key that has this path in the configuration.
    pub(crate) fn key(&self) -> &'static str {
        match self.extent {
            Extent::Exact => "path_exact",
            Extent::Below if self.has_any() => "path_pattern",
            Extent::Below => "path",
        }
    }

    /// The path as the configuration has it, but for equivalent encodings.
    pub(crate) fn path(&self) -> String {
        if self.segments.is_empty() {
            return "/".to_owned();
        }
        let texts = self.segments.iter().flat_map(|segment| match segment {
            Segment::Literal { text, .. } => ["/", text],
            Segment::Any => ["/", ANY],
        });
        texts.collect()
    }
}

/// The line of the configuration.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}", self.key(), self.path())
    }
}
