//! The file that `init` writes: TOML, with the reason above each setting.

use std::fmt::{self, Display, Write};

/// The maximum length of a line of comments, unless a single word is longer.
const WIDTH: usize = 98;

/// A configuration file.
pub(super) struct Document {
    remarks: Vec<String>,
    top_level: Vec<Setting>,
    issuer: Vec<Setting>,
}

/// A setting with its reason. Untrusted values in the reason must be escaped, and those in the lines
/// [quoted](Quoted).
pub(super) struct Setting {
    reason: String,
    lines: String,
    stands: bool,
}

impl Setting {
    /// A setting that applies.
    pub(super) fn applied(lines: impl Display, reason: impl Display) -> Self {
        Self { reason: reason.to_string(), lines: lines.to_string(), stands: true }
    }

    /// A setting that is commented out: the reason says what to do.
    pub(super) fn proposed(lines: impl Display, reason: impl Display) -> Self {
        Self { stands: false, ..Self::applied(lines, reason) }
    }
}

impl Document {
    /// A document with these settings of the file, and of the table of the issuer.
    pub(super) fn new(remarks: Vec<String>, top_level: Vec<Setting>, issuer: Vec<Setting>) -> Self {
        Self { remarks, top_level, issuer }
    }

    /// What the user must know about the sample.
    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

impl Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comment(f, "Written by `tollgate init`. Start: tollgate serve --config FILE")?;
        for remark in &self.remarks {
            f.write_str("#\n")?;
            comment(f, remark)?;
        }
        for setting in &self.top_level {
            write!(f, "\n{setting}")?;
        }
        f.write_str("\n[[issuer]]\n")?;
        for (index, setting) in self.issuer.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            setting.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comment(f, &self.reason)?;
        for line in self.lines.lines() {
            writeln!(f, "{}{line}", if self.stands { "" } else { "# " })?;
        }
        Ok(())
    }
}

/// Writes lines of comments. Splitting at all white space keeps every word behind a `#`.
fn comment(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut length = 0_usize;
    for word in text.split_whitespace() {
        let added = word.chars().count().saturating_add(1);
        if length > 0 && length.saturating_add(added) > WIDTH {
            f.write_char('\n')?;
            length = 0;
        }
        write!(f, "{}{word}", if length == 0 { "# " } else { " " })?;
        length = length.saturating_add(added);
    }
    f.write_char('\n')
}

/// A basic string of TOML. Everything but ASCII and letters is escaped, so that nothing is invisible.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                ' '..='~' => f.write_char(character)?,
                _ if character.is_alphanumeric() => f.write_char(character)?,
                _ => write!(f, "\\U{:08x}", u32::from(character))?,
            }
        }
        f.write_char('"')
    }
}

/// An array of [`Quoted`] strings.
pub(super) struct QuotedList<'a>(pub(super) &'a [String]);

impl Display for QuotedList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted: Vec<_> = self.0.iter().map(|text| Quoted(text).to_string()).collect();
        write!(f, "[{}]", quoted.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_is_read_back() {
        for text in ["a", "", "a\"b\\c", "line\nbreak\r\t\u{0}\u{7f}", "\u{202e}é日\u{e0041}'''"]
        {
            let quoted = format!("a = {}", Quoted(text));
            assert_eq!(quoted.lines().count(), 1, "{quoted}");
            let read: toml::Table = toml::from_str(&quoted).unwrap();
            assert_eq!(read.get("a").and_then(toml::Value::as_str), Some(text));
        }
    }

    #[test]
    fn a_line_break_does_not_leave_its_comment() {
        let text = Setting::applied("a = 1", "why\nany_audience = true\r\nx = 1").to_string();
        assert_eq!(text, "# why any_audience = true x = 1\na = 1\n");
        let text = Setting::proposed("[a]\nb = 1", "why").to_string();
        assert_eq!(text, "# why\n# [a]\n# b = 1\n");
    }

    #[test]
    fn comments_are_wrapped() {
        let text = Setting::applied("a = 1", "word ".repeat(100)).to_string();
        assert!(text.lines().count() > 3 && text.lines().all(|line| line.len() <= 100), "{text}");
    }
}
