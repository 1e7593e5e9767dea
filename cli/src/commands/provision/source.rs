//! Writes provisioned keys as Rust source.

use std::fmt;

use tollgate::table_size::TableSize;
use tollgate_core::Algorithm;

use super::provisioned_key::ProvisionedKey;

/// Source for `include!`: a static for each table and key, and a function that returns the key set.
pub(super) struct Source<'a> {
    pub(super) keys: &'a [ProvisionedKey],
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
             // Use it with `include!`, and verify with `provisioned_keys()`. A table is public like its key, and\n\
             // like its key it decides which signatures verify. `provisioned_tables_are_right()` compares all\n\
             // tables with their keys.\n\n\
             /// A table that begins at a cache line.\n\
             #[repr(align(64))]\n\
             struct ProvisionedTable<const LEN: usize>([u8; LEN]);\n\n"
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
            let id = if key.id.is_some() { format!("Some(ID_{index})") } else { "None".to_owned() };
            writeln!(f, "    let key: &dyn ::tollgate_core::SignatureVerifier = &KEY_{index};")?;
            writeln!(f, "    keys.insert(::tollgate_core::Key::new(key).with_id({id}))?;")?;
        }
        write!(
            f,
            "    Ok(keys)\n}}\n\n\
             /// Compares every table with its key. Call it in a test or at start-up.\n\
             #[allow(dead_code)]\n\
             pub fn provisioned_tables_are_right() -> bool {{\n"
        )?;
        for (index, key) in self.keys.iter().enumerate() {
            let curve = curve(key);
            writeln!(
                f,
                "    let point = ::tollgate_core::provisioned::PublicKey::<{curve}>::from_coordinates(\n        \
                     &POINT_{index}.0, &POINT_{index}.1,\n    \
                 );\n    \
                 if !point.is_ok_and(|point| KEY_{index}.has_table_of(&point)) {{\n        \
                     return false;\n    \
                 }}"
            )?;
        }
        write!(f, "    true\n}}\n")
    }
}

fn curve(key: &ProvisionedKey) -> &'static str {
    match key.point.algorithm() {
        Algorithm::Es256 => "::tollgate_core::provisioned::P256",
        Algorithm::Es384 => "::tollgate_core::provisioned::P384",
    }
}

fn write_key(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    key: &ProvisionedKey,
    size: TableSize,
) -> fmt::Result {
    let (teeth, blocks) = (size.teeth(), size.blocks());
    let (generator_teeth, generator_blocks) = size.generator();
    let name = key.id.map_or_else(|| "without kid".to_owned(), |id| format!("`{:?}`", id.as_str()));
    let (algorithm, curve) = (key.point.algorithm(), curve(key));
    let width = algorithm.coordinate_len();
    writeln!(f, "/// The x and y of the {algorithm} key {name}.")?;
    writeln!(f, "pub static POINT_{index}: ([u8; {width}], [u8; {width}]) = (")?;
    writeln!(f, "    {:?},", key.point.x())?;
    writeln!(f, "    {:?},", key.point.y())?;
    writeln!(f, ");\n")?;
    if let Some(id) = key.id {
        write!(
            f,
            "const ID_{index}: ::tollgate_core::KeyId = match ::tollgate_core::KeyId::new({:?}) {{\n    \
                 Some(id) => id,\n    \
                 None => panic!(\"the id is too long\"),\n\
             }};\n\n",
            id.as_str()
        )?;
    }
    write!(
        f,
        "/// The {algorithm} key {name}.\n\
         pub static KEY_{index}: ::tollgate_core::provisioned::ProvisionedKey<\n    \
             {curve},\n    \
             ::tollgate_core::provisioned::Comb<{teeth}, {blocks}>,\n    \
             &'static [u8],\n    \
             ::tollgate_core::provisioned::Comb<{generator_teeth}, {generator_blocks}>,\n\
         > = match ::tollgate_core::provisioned::ProvisionedKey::from_trusted_static_table(&TABLE_{index}.0) {{\n    \
             Some(key) => key,\n    \
             None => panic!(\"the table has the wrong length\"),\n\
         }};\n\n\
         #[rustfmt::skip]\n\
         static TABLE_{index}: ProvisionedTable<{len}> = ProvisionedTable([\n",
        len = key.table.len(),
    )?;
    for row in key.table.chunks(16) {
        f.write_str("   ")?;
        for byte in row {
            write!(f, " {byte:#04x},")?;
        }
        f.write_str("\n")?;
    }
    f.write_str("]);\n\n")
}
