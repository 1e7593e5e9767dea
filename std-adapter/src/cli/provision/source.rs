//! Provisioned keys as Rust source.

use std::fmt;

use tollgate::table_size::TableSize;
use tollgate_core::Algorithm;

use super::Provisioned;

/// Source for `include!`: a static for every table and key, and a key set of all.
pub(super) struct Source<'a> {
    pub(super) keys: &'a [Provisioned],
    pub(super) size: TableSize,
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (teeth, blocks) = (self.size.teeth(), self.size.blocks());
        let count = self.keys.len();
        write!(
            f,
            "// Written by `tollgate provision --teeth {teeth} --blocks {blocks}`. Do not edit.\n\
             //\n\
             // Use it by `include!`, and verify with `provisioned_keys()`. A table is public, as its key\n\
             // is; but like its key, it decides which signatures verify.\n\n"
        )?;
        for (index, key) in self.keys.iter().enumerate() {
            write_key(f, index, key, self.size)?;
        }
        write!(
            f,
            "/// All provisioned keys: {count}.\n\
             pub fn provisioned_keys() -> Result<\n    \
                 ::tollgate_core::KeySet<&'static dyn ::tollgate_core::SignatureVerifier, {count}>,\n    \
                 ::tollgate_core::KeySetError,\n\
             > {{\n    \
                 let mut keys = ::tollgate_core::KeySet::new();\n"
        )?;
        for (index, key) in self.keys.iter().enumerate() {
            let id = key.id.map_or_else(
                || "None::<::tollgate_core::KeyId>".to_owned(),
                |id| format!("::tollgate_core::KeyId::new({:?})", id.as_str()),
            );
            writeln!(f, "    let key: &dyn ::tollgate_core::SignatureVerifier = &KEY_{index};")?;
            writeln!(f, "    keys.insert(::tollgate_core::Key::new(key).with_id({id}))?;")?;
        }
        write!(f, "    Ok(keys)\n}}\n")
    }
}

fn write_key(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    key: &Provisioned,
    size: TableSize,
) -> fmt::Result {
    let (teeth, blocks) = (size.teeth(), size.blocks());
    let (generator_teeth, generator_blocks) = size.generator();
    let curve = match key.point.algorithm() {
        Algorithm::Es256 => "P256",
        Algorithm::Es384 => "P384",
    };
    let name = key.id.map_or_else(|| "without kid".to_owned(), |id| format!("`{:?}`", id.as_str()));
    write!(
        f,
        "/// The {algorithm} key {name}.\n\
         pub static KEY_{index}: ::tollgate_core::provisioned::ProvisionedKey<\n    \
             ::tollgate_core::provisioned::{curve},\n    \
             ::tollgate_core::provisioned::Comb<{teeth}, {blocks}>,\n    \
             &'static [u8],\n    \
             ::tollgate_core::provisioned::Comb<{generator_teeth}, {generator_blocks}>,\n\
         > = match ::tollgate_core::provisioned::ProvisionedKey::from_static_table(&TABLE_{index}) {{\n    \
             Some(key) => key,\n    \
             None => panic!(\"the table has the wrong length\"),\n\
         }};\n\n\
         #[rustfmt::skip]\n\
         static TABLE_{index}: [u8; {len}] = [\n",
        algorithm = key.point.algorithm(),
        len = key.table.len(),
    )?;
    for row in key.table.chunks(16) {
        f.write_str("   ")?;
        for byte in row {
            write!(f, " {byte:#04x},")?;
        }
        f.write_str("\n")?;
    }
    f.write_str("];\n\n")
}
