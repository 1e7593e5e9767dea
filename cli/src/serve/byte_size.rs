//! [`ByteSize`]: amounts of memory as people write them.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// An amount of memory as people write it: `65536`, `"512 KiB"`, `"8 MiB"`, `"8MB"`, `"1 GiB"`.
///
/// A plain number is in bytes. Units may be in lower case. A KiB has 1,024 bytes, a kB 1,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteSize(pub(super) usize);

/// The text is not an amount of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give bytes, or a size such as \"512 KiB\", \"8 MiB\" or \"1 GiB\"")]
pub(super) struct NotAByteSize;

const UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

impl ByteSize {
    fn new(count: u64, unit: u64) -> Result<Self, NotAByteSize> {
        let bytes = count.checked_mul(unit).and_then(|bytes| usize::try_from(bytes).ok());
        bytes.map(Self).ok_or(NotAByteSize)
    }
}

impl FromStr for ByteSize {
    type Err = NotAByteSize;

    fn from_str(text: &str) -> Result<Self, NotAByteSize> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at_checked(end).ok_or(NotAByteSize)?;
        let count = count.parse().map_err(|_| NotAByteSize)?;
        let unit = unit.trim_start();
        let (_, unit) =
            UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(NotAByteSize)?;
        Self::new(count, *unit)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Bytes(u64),
            Text(String),
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Bytes(bytes)) => Self::new(bytes, 1).map_err(de::Error::custom),
            Ok(Written::Text(text)) => text.parse().map_err(de::Error::custom),
            Err(_) => Err(de::Error::custom(NotAByteSize)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65_536),
            ("7B", 7),
            ("512 KiB", 524_288),
            ("8 MiB", 8_388_608),
            ("8mib", 8_388_608),
            ("1 GiB", 1_073_741_824),
            ("8 kB", 8_000),
            ("8 MB", 8_000_000),
            ("1GB", 1_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_sizes() {
        for text in [
            "",
            " ",
            "MiB",
            "-1",
            "+1",
            "1.5 MiB",
            "8 MiB ",
            " 8 MiB",
            "8 M",
            "8 Mbit",
            "8 TiB",
            "18446744073709551616",
            "18446744073709551615 KiB",
            "８ MiB",
        ] {
            assert_eq!(text.parse::<ByteSize>(), Err(NotAByteSize), "{text:?}");
        }
    }
}
