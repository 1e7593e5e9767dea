//! Paths written as patterns of other programs, and what to write instead.
//!
//! Taken literally, `/admin/*` guards nothing: a request for `/admin/users` needs any token only. So the characters
//! with which programs write patterns are errors, unless a rule says that it means them (`literal = true`).

#[cfg(test)]
mod tests;

use std::fmt;

use super::path_pattern::ANY;
use crate::serve::path::NormalPath;

/// A path that looks like a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignPattern {
    /// The character that gives it away.
    found: char,
    /// The lines to write instead, each for a rule of its own. Empty if no line means the same.
    lines: Vec<String>,
}

/// The characters with which programs write patterns, wherever they are in a path.
const SPECIAL: [char; 14] = ['*', '{', '}', '(', ')', '|', '[', ']', '<', '>', '^', '$', '\\', '?'];

/// The special characters that the path of a request never has: a query begins at one, and the other is refused.
const NEVER_LITERAL: [char; 2] = ['?', '\\'];

/// How many alternatives become rules of their own.
const MAX_ALTERNATIVES: usize = 8;

/// What ends a path in patterns that mean everything below it. The longest come first.
const TAILS: [&str; 12] =
    ["(?:/.*)?", "(?:/|$)", "(/.*)?", "(/.*)", "(/|$)", "(.*)", "(.+)", ".*", ".+", "**", "*", "?"];

impl ForeignPattern {
    /// Looks for a pattern in a path. In a `path_pattern`, segments `{}` are as they should be. If the path is meant
    /// literally, only what no path has is left to find.
    pub(super) fn find(path: &str, is_pattern: bool, is_literal: bool) -> Option<Self> {
        let found = path.split('/').find_map(|segment| match segment {
            _ if is_literal => segment.chars().find(|character| NEVER_LITERAL.contains(character)),
            ANY if is_pattern => None,
            _ => special(segment),
        })?;
        Some(Self { found, lines: instead_of(path) })
    }
}

impl fmt::Display for ForeignPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.found == '?' { "a pattern or a query" } else { "a pattern" };
        write!(f, "{:?} looks like {what}, but a path is compared as text. ", self.found)?;
        match self.lines.as_slice() {
            [] => f.write_str(
                "Write a path like \"/orders\", or path_pattern = \"/orders/{}/items\"",
            )?,
            [line] => write!(f, "Write {line}")?,
            lines => write!(f, "Write one rule for each: {}", lines.join(", "))?,
        }
        if NEVER_LITERAL.contains(&self.found) {
            return Ok(());
        }
        f.write_str(". If you mean the character itself, add literal = true")
    }
}

/// What a segment of a pattern stands for.
enum Meaning {
    Text(String),
    /// Any one segment.
    Any,
    /// Any one segment, or everything from here on if nothing follows.
    AnyOrRest,
    /// Everything from here on.
    Rest,
    /// This text, and everything below.
    TextAndRest(String),
    /// Nothing may follow.
    End(String),
    OneOf(Vec<String>),
}

fn instead_of(pattern: &str) -> Vec<String> {
    let anchored = pattern.trim_start_matches("~*").trim_start_matches(['~', ' ', '^']);
    if !anchored.starts_with('/') && !matches!(anchored, "*" | "**" | ".*") {
        return Vec::new();
    }
    let mut paths = vec![String::new()];
    let mut is_exact = false;
    let mut segments = segments(anchored).into_iter().filter(|it| !it.is_empty()).peekable();
    while let Some(segment) = segments.next() {
        let texts = match meaning(&segment) {
            Meaning::Text(text) => vec![text],
            Meaning::AnyOrRest if segments.peek().is_none() => break,
            Meaning::Any | Meaning::AnyOrRest => vec![ANY.to_owned()],
            Meaning::OneOf(texts) => texts,
            Meaning::Rest => break,
            Meaning::TextAndRest(text) => {
                extend(&mut paths, &[text]);
                break;
            }
            Meaning::End(text) => {
                extend(&mut paths, &[text]);
                is_exact = true;
                break;
            }
        };
        if paths.len().saturating_mul(texts.len()) > MAX_ALTERNATIVES {
            return Vec::new();
        }
        extend(&mut paths, &texts);
    }
    if paths.iter().any(|path| NormalPath::parse(or_root(path)).is_err()) {
        return Vec::new();
    }
    let line = |path: &String| {
        let has_any = path.split('/').any(|segment| segment == ANY);
        let key = match (has_any, is_exact) {
            (true, _) => "path_pattern",
            (false, true) => "path_exact",
            (false, false) => "path",
        };
        format!("{key} = {:?}", or_root(path))
    };
    paths.iter().map(line).collect()
}

fn or_root(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

/// Appends each of these segments to each of these paths.
fn extend(paths: &mut Vec<String>, segments: &[String]) {
    let with = |path: &String, segment: &String| match segment.as_str() {
        // What an anchor leaves, as in `/admin/$`.
        "" => path.clone(),
        segment => format!("{path}/{segment}"),
    };
    *paths = paths.iter().flat_map(|path| segments.iter().map(move |it| with(path, it))).collect();
}

/// Splits at slashes outside of brackets. The backslash of an escaped punctuation mark is left out.
fn segments(pattern: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut depth = 0_u32;
    let mut characters = pattern.trim_start_matches('/').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|next| matches!(next, '.' | '-' | '/')) => {
                continue;
            }
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            // At the end, it makes a slash optional. Else a query begins.
            '?' if depth == 0 && is_query(&segments, characters.clone().collect()) => break,
            _ => {}
        }
        match segments.last_mut() {
            Some(last) if character != '/' || depth > 0 => last.push(character),
            _ => segments.push(String::new()),
        }
    }
    segments
}

/// Whether a `?` after these segments and before this text begins a query.
fn is_query(segments: &[String], after: String) -> bool {
    let is_text = segments.iter().all(|segment| is_text(segment));
    let is_wildcard = after.starts_with('/') || segments.last().is_some_and(String::is_empty);
    is_text && !is_wildcard
}

/// What gives a segment away as a pattern.
fn special(segment: &str) -> Option<char> {
    match segment {
        "+" => Some('+'),
        _ if segment.contains(".+") => Some('+'),
        _ if segment.starts_with(':') => Some(':'),
        _ => segment.chars().find(|character| SPECIAL.contains(character)),
    }
}

fn is_text(segment: &str) -> bool {
    special(segment).is_none()
}

fn meaning(segment: &str) -> Meaning {
    if is_text(segment) {
        return Meaning::Text(segment.to_owned());
    }
    if matches!(segment, "*" | "?") {
        return Meaning::AnyOrRest;
    }
    if matches!(segment, "**" | ".*" | ".+" | "(.*)" | "(.+)") {
        return Meaning::Rest;
    }
    if matches!(segment, "$" | "{$}") {
        return Meaning::End(String::new());
    }
    if is_for_the_rest(segment) {
        return Meaning::Rest;
    }
    if let Some(alternatives) = alternatives(segment) {
        return Meaning::OneOf(alternatives);
    }
    if let Some(text) = segment.strip_suffix('$').filter(|text| is_text(text)) {
        return Meaning::End(text.to_owned());
    }
    let unanchored = segment.strip_suffix('$').unwrap_or(segment);
    let before = TAILS.iter().find_map(|tail| unanchored.strip_suffix(tail));
    match before.filter(|text| is_text(text)) {
        Some(text) => Meaning::TextAndRest(text.to_owned()),
        None => Meaning::Any,
    }
}

/// Named parameters that stand for any number of segments: `*path`, `:path*`, `{*path}`, `{path...}`, `{proxy+}`,
/// `{path:.*}`, `<path:name>`, `[...slug]`.
fn is_for_the_rest(segment: &str) -> bool {
    let inner = |open, close| segment.strip_prefix(open)?.strip_suffix(close);
    let in_braces = |inner: &str| {
        inner.starts_with('*')
            || inner.ends_with(['+', '*'])
            || inner.ends_with("...")
            || inner.ends_with(":path")
    };
    segment.starts_with('*')
        || segment.starts_with(':') && segment.ends_with(['*', '+', '?'])
        || inner('{', '}').is_some_and(in_braces)
        || inner('<', '>').is_some_and(|inner| inner.starts_with("path:"))
        || inner('[', ']').is_some_and(|inner| inner.trim_start_matches('[').starts_with("..."))
}

/// The texts of `(a|b)` or `{a,b}`.
fn alternatives(segment: &str) -> Option<Vec<String>> {
    let group = |open: &str, close| segment.strip_prefix(open)?.strip_suffix(close);
    let (inner, separator) = match group("(?:", ')').or_else(|| group("(", ')')) {
        Some(inner) => (inner, '|'),
        None => (group("{", '}').filter(|inner| inner.contains(','))?, ','),
    };
    let texts: Vec<_> = inner.split(separator).map(str::to_owned).collect();
    texts.iter().all(|text| !text.is_empty() && is_text(text)).then_some(texts)
}
