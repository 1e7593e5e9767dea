//! What the library's source files declare, for tests that nothing was forgotten.

use std::collections::BTreeSet;
use std::fmt::Debug;

/// The variants of the enum of this name.
pub fn variants<'s>(source: &'s str, name: &str) -> BTreeSet<&'s str> {
    let body = source.split(&format!("pub enum {name} {{\n")).nth(1).unwrap();
    let lines = body.split("\n}\n").next().unwrap().lines();
    let variants = lines.filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let end = line.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(line.len());
        (line.starts_with(|c: char| c.is_ascii_uppercase())).then(|| &line[..end])
    });
    variants.collect()
}

/// The variant that a value is of.
pub fn variant(value: &impl Debug) -> String {
    let debug = format!("{value:?}");
    debug.split([' ', '(']).next().unwrap().to_owned()
}

/// That the values have every variant of the enum of this name.
///
/// # Panics
///
/// They do not.
pub fn assert_every_variant<E: Debug>(source: &str, name: &str, values: &[E]) {
    let found: BTreeSet<String> = values.iter().map(variant).collect();
    let declared = variants(source, name);
    assert!(!declared.is_empty(), "{name}");
    assert!(found.iter().eq(declared.iter().copied()), "{name}: {declared:?}, found {found:?}");
}
