//! Writes provisioned keys as Rust source.

mod engine;

use std::fmt;

use tollgate::table_size::{TableKey, TableSize};
use tollgate_core::engines::ecdsa::EcPublicKey;

use super::provisioned_key::{ProvisionedKey, PublicKey};
use engine::Engine;

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
            write_check(f, index, &key.key, self.size)?;
        }
        write!(f, "    true\n}}\n")
    }
}

/// Writes the statement that returns early if a key is wrong.
fn write_check(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    key: &PublicKey,
    size: TableSize,
) -> fmt::Result {
    match key {
        PublicKey::Table(TableKey::Ec(key)) => writeln!(
            f,
            "    let point = ::tollgate_core::engines::ecdsa::PublicKey::<{}>::from_coordinates(\n        \
                 &POINT_{index}.0, &POINT_{index}.1,\n    \
             );\n    \
             if !point.is_ok_and(|point| KEY_{index}.has_table_of(&point)) {{\n        \
                 return false;\n    \
             }}",
            engine::curve(key)
        ),
        PublicKey::Table(TableKey::Ed25519(_)) => writeln!(
            f,
            "    let point = ::tollgate_core::engines::eddsa::Ed25519PublicKey::from_bytes(&POINT_{index});\n    \
             if !point.is_ok_and(|point| KEY_{index}.has_table_of(&point)) {{\n        \
                 return false;\n    \
             }}"
        ),
        PublicKey::Rsa { .. } => {
            let Engine { path, parameters, .. } = Engine::of(key, index, size);
            writeln!(
                f,
                "    // It has no table, but a constant, which it proves.\n    \
                 if {path}::<{}>::from_bytes(&TABLE_{index}.0).is_err() {{\n        \
                     return false;\n    \
                 }}",
                parameters.join(", ")
            )
        }
    }
}

fn write_key(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    key: &ProvisionedKey,
    size: TableSize,
) -> fmt::Result {
    let name = key.id.map_or_else(|| "without kid".to_owned(), |id| format!("`{:?}`", id.as_str()));
    let algorithm = key.key.algorithm();
    match &key.key {
        PublicKey::Table(TableKey::Ec(key)) => write_ec_point(f, index, key, &name)?,
        PublicKey::Table(TableKey::Ed25519(key)) => {
            writeln!(f, "/// The bytes of the {algorithm} key {name}.")?;
            writeln!(f, "pub static POINT_{index}: [u8; 32] =\n    {:?};\n", key.as_bytes())?;
        }
        // The numbers are in the place of the table.
        PublicKey::Rsa { .. } => {}
    }
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
    let Engine { path, parameters, make, wrong } = Engine::of(&key.key, index, size);
    writeln!(f, "/// The {algorithm} key {name}.")?;
    writeln!(f, "pub static KEY_{index}: {path}<")?;
    for parameter in parameters {
        writeln!(f, "    {parameter},")?;
    }
    write!(
        f,
        "> = match {path}::{make} {{\n    \
             Some(key) => key,\n    \
             None => panic!(\"{wrong}\"),\n\
         }};\n\n\
         #[rustfmt::skip]\n\
         static TABLE_{index}: ProvisionedTable<{len}> = ProvisionedTable([\n",
        len = key.bytes.len(),
    )?;
    for row in key.bytes.chunks(16) {
        f.write_str("   ")?;
        for byte in row {
            write!(f, " {byte:#04x},")?;
        }
        f.write_str("\n")?;
    }
    f.write_str("]);\n\n")
}

fn write_ec_point(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    key: &EcPublicKey,
    name: &str,
) -> fmt::Result {
    let width = key.x().len();
    writeln!(f, "/// The x and y of the {} key {name}.", key.algorithm())?;
    writeln!(f, "pub static POINT_{index}: ([u8; {width}], [u8; {width}]) = (")?;
    writeln!(f, "    {:?},", key.x())?;
    writeln!(f, "    {:?},", key.y())?;
    writeln!(f, ");\n")
}
