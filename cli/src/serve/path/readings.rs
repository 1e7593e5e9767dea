//! Every way in which servers read a path with an encoded slash, a parameter or an empty segment.

use super::{BadPath, Grammar, NormalPath, without_query};

/// Something in a path that servers read in different ways, and that a rule can allow below its own path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Construct {
    /// A slash that is percent-encoded: part of its segment, or a separator.
    EncodedSlash,
    /// The `;` of a parameter (RFC 3986 §3.3): part of its segment, or the start of what a server removes.
    Parameter,
    /// Two slashes in a row: an empty segment between them, or the same as one slash.
    EmptySegment,
}

impl Construct {
    const ALL: [Self; 3] = [Self::EncodedSlash, Self::Parameter, Self::EmptySegment];

    /// As it stands in a path, and in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EncodedSlash => "%2F",
            Self::Parameter => ";",
            Self::EmptySegment => "//",
        }
    }

    /// The construct that stands like this in a path.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|construct| construct.as_str().eq_ignore_ascii_case(text))
    }
}

/// A path in all its readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Readings {
    /// What occurs in one of the readings. A rule must allow all of it.
    pub(crate) constructs: Vec<Construct>,
    /// None of them has a dot segment.
    pub(crate) paths: Vec<NormalPath<'static>>,
}

impl Readings {
    /// Reads a path as every server does: with each of the [changes](CHANGES) that a server may make, in every order.
    ///
    /// # Errors
    ///
    /// One of the readings has a dot segment, or is ambiguous or malformed in another way.
    pub(crate) fn of(target: &str) -> Result<Self, BadPath> {
        let mut texts = vec![without_query(target).to_owned()];
        let mut paths = Vec::new();
        // Each change shortens a path or leaves it, and none but the last undoes the work of another. So there are
        // a few dozen at most.
        while let Some(text) = texts.get(paths.len()).cloned() {
            paths.push(NormalPath::parse_as(&text, Grammar::Lenient)?.into_owned());
            for change in CHANGES {
                let changed = change(&text);
                if !texts.contains(&changed) {
                    texts.push(changed);
                }
            }
        }
        let occurs = |construct: &Construct| {
            texts.iter().any(|text| match construct {
                Construct::EncodedSlash => slashes_decoded(text) != *text,
                Construct::Parameter => text.contains(';'),
                Construct::EmptySegment => text.contains("//"),
            })
        };
        let constructs = Construct::ALL.into_iter().filter(occurs).collect();
        Ok(Self { constructs, paths })
    }
}

/// What servers change in a path before they look for a route.
const CHANGES: [fn(&str) -> String; 4] =
    [slashes_decoded, parameters_removed, last_parameter_removed, slashes_merged];

/// Apache with `AllowEncodedSlashes On`, Envoy with `UNESCAPE_AND_FORWARD`.
fn slashes_decoded(path: &str) -> String {
    path.replace("%2F", "/").replace("%2f", "/")
}

/// Tomcat and Spring, for every segment.
fn parameters_removed(path: &str) -> String {
    let segments: Vec<_> = path.split('/').map(without_parameter).collect();
    segments.join("/")
}

/// Python's `urlparse`, for the last segment only.
fn last_parameter_removed(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((parents, last)) => [parents, without_parameter(last)].join("/"),
        None => without_parameter(path).to_owned(),
    }
}

fn without_parameter(segment: &str) -> &str {
    segment.split_once(';').map_or(segment, |(name, _parameter)| name)
}

/// nginx with `merge_slashes`, Envoy with the option of the same name.
fn slashes_merged(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !merged.ends_with('/') {
            merged.push(character);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(path: &str) -> Result<Vec<String>, BadPath> {
        let mut texts: Vec<_> =
            Readings::of(path)?.paths.into_iter().map(|path| path.text.into_owned()).collect();
        texts.sort_unstable();
        texts.dedup();
        Ok(texts)
    }

    #[test]
    fn an_encoded_slash_is_text_and_a_slash() {
        assert_eq!(readings("/a%2Fb").unwrap(), ["/a%2Fb", "/a/b"]);
        assert_eq!(readings("/a%2fb?x%2Fy").unwrap(), ["/a%2Fb", "/a/b"]);
    }

    #[test]
    fn parameters_are_kept_and_removed() {
        assert_eq!(readings("/a;x/b;y").unwrap(), ["/a/b", "/a;x/b", "/a;x/b;y"]);
    }

    #[test]
    fn slashes_are_kept_and_merged() {
        assert_eq!(readings("/a///b").unwrap(), ["/a///b", "/a/b"]);
    }

    #[test]
    fn changes_are_made_in_every_order() {
        let all = readings("/a;x%2Fy//b").unwrap();
        for reading in
            ["/a;x%2Fy//b", "/a//b", "/a/b", "/a/y//b", "/a/y/b", "/a;x/y/b", "/a;x%2Fy/b"]
        {
            assert!(all.contains(&reading.to_owned()), "{reading}: {all:?}");
        }
        // Merging before decoding leaves two slashes, and one of the three is gone.
        assert!(readings("/a//%2Fb").unwrap().contains(&"/a//b".to_owned()));
    }

    #[test]
    fn no_reading_has_a_dot_segment() {
        for path in [
            "/a/..;/b",
            "/a/.;x",
            "/a%2F..",
            "/a%2f%2e%2E%2Fb",
            "/a/..%2Fb",
            "/a;%2F.;x",
            "//.",
            "/a;/..",
        ] {
            assert_eq!(readings(path), Err(BadPath::DotSegment), "{path}");
        }
        for path in ["/a/...;x", "/a%2F.b"] {
            assert!(readings(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn nothing_else_is_allowed_with_them() {
        for (path, fault) in [
            ("/a;x\\", BadPath::Backslash),
            ("/a%2F%5C", BadPath::EncodedDelimiter),
            ("/a%2F%3B", BadPath::EncodedDelimiter),
            ("/a;%00", BadPath::EncodedControl),
            ("//%zz", BadPath::MalformedEncoding),
            ("/a%252F;", BadPath::DoubleEncoding),
            ("/a;#", BadPath::Fragment),
            ("/a;%ff", BadPath::NotUtf8),
        ] {
            assert_eq!(readings(path), Err(fault), "{path}");
        }
    }

    #[test]
    fn what_occurs_in_any_reading_must_be_allowed() {
        use Construct::{EmptySegment, EncodedSlash, Parameter};
        for (path, constructs) in [
            ("/a%2fb", &[EncodedSlash][..]),
            ("/a;b", &[Parameter]),
            ("/a//b", &[EmptySegment]),
            ("/a/%2Fb", &[EncodedSlash, EmptySegment]),
            ("/a/;x/b", &[Parameter, EmptySegment]),
            ("/a//;%2F", &[EncodedSlash, Parameter, EmptySegment]),
        ] {
            assert_eq!(Readings::of(path).unwrap().constructs, constructs, "{path}");
        }
    }

    #[test]
    fn there_are_a_few_dozen_readings_at_most() {
        let path = "/;a//%2F;%2Fb//;c".repeat(200);
        assert!(Readings::of(&path).unwrap().paths.len() <= 48);
    }
}
