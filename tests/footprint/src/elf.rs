//! The parts of a linked program, by its symbols.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use crate::Error;
use crate::program::{EngineFeature, Keys, Program};

pub struct Elf {
    pub path: PathBuf,
    bytes: Vec<u8>,
    /// By address. If several share one, the first.
    symbols: BTreeMap<u64, Symbol>,
}

struct Symbol {
    size: u64,
    name: String,
}

/// The sizes in bytes. The test cases have a section of their own, and are not included.
pub struct Parts {
    pub code: u64,
    pub constants: u64,
    pub key_tables: u64,
    pub generator_tables: u64,
    pub ram: u64,
    /// The code that starts the board, prints and measures.
    pub harness: u64,
}

impl Elf {
    pub fn read(path: PathBuf) -> Result<Self, Error> {
        let bytes = std::fs::read(&path)?;
        let mut symbols = BTreeMap::new();
        for symbol in Self::parse(&bytes)?.symbols() {
            if symbol.size() == 0 || !matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data) {
                continue;
            }
            let name = demangle(symbol.name()?);
            let size = symbol.size();
            symbols.entry(without_thumb_bit(&symbol)).or_insert(Symbol { size, name });
        }
        Ok(Self { path, bytes, symbols })
    }

    fn parse(bytes: &[u8]) -> Result<ElfFile32<'_>, Error> {
        Ok(ElfFile32::parse(bytes)?)
    }

    /// The whole file, for callers that need more than names and sizes.
    pub fn file(&self) -> Result<ElfFile32<'_>, Error> {
        Self::parse(&self.bytes)
    }

    /// The names of functions and statics.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.symbols.values().map(|symbol| &*symbol.name)
    }

    /// The function or static that contains an address.
    pub fn name_at(&self, address: u64) -> Option<&str> {
        let (start, symbol) = self.symbols.range(..=address).next_back()?;
        (address < start.saturating_add(symbol.size)).then_some(&*symbol.name)
    }

    /// Returns an error if a table is missing: its symbol may have been renamed.
    pub fn parts(&self, program: &Program) -> Result<Parts, Error> {
        let file = self.file()?;
        let section = |name| {
            file.section_by_name(name).map_or(0..0, |section| {
                section.address()..section.address().saturating_add(section.size())
            })
        };
        let size = |range: &Range<u64>| range.end.saturating_sub(range.start);
        let (text, rodata) = (section(".text"), section(".rodata"));

        let count = program.algorithms.len();
        let count_if = |holds| if holds { count } else { 0 };
        let key_tables = self.sum(
            &rodata,
            is_key_table,
            count_if(program.engine == EngineFeature::Provisioned),
        )?;
        let generator_tables = self.sum(
            &rodata,
            is_generator_table,
            count_if(
                program.engine != EngineFeature::RustCrypto
                    && !matches!(program.keys, Keys::Rsa(_)),
            ),
        )?;
        let harness = self.within(&text, is_harness).map(|symbol| symbol.size).sum();
        if harness == 0 {
            return Err(format!("{program}: the code of the harness was not found").into());
        }
        Ok(Parts {
            code: size(&text).saturating_sub(harness),
            constants: size(&rodata).saturating_sub(key_tables).saturating_sub(generator_tables),
            key_tables,
            generator_tables,
            ram: size(&section(".bss")).saturating_add(size(&section(".data"))),
            harness,
        })
    }

    /// Sums the sizes of the expected number of symbols.
    fn sum(&self, section: &Range<u64>, is: fn(&str) -> bool, count: usize) -> Result<u64, Error> {
        let sizes: Vec<u64> = self.within(section, is).map(|symbol| symbol.size).collect();
        if sizes.len() == count {
            return Ok(sizes.iter().sum());
        }
        let found = sizes.len();
        let path = self.path.display();
        Err(format!(
            "{path}: found {found} tables instead of {count}: have their symbols been renamed?"
        )
        .into())
    }

    fn within(&self, section: &Range<u64>, is: fn(&str) -> bool) -> impl Iterator<Item = &Symbol> {
        self.symbols.range(section.clone()).map(|(_, symbol)| symbol).filter(move |s| is(&s.name))
    }
}

/// Clears bit 0 of a function's address, which marks Thumb code.
fn without_thumb_bit<'a>(symbol: &impl ObjectSymbol<'a>) -> u64 {
    if symbol.kind() == SymbolKind::Text { symbol.address() & !1 } else { symbol.address() }
}

/// Demangles a name, without its hash and without generic arguments, which only one of the two manglings
/// contains.
pub fn demangle(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let mut plain = String::new();
    let mut rest = &*name;
    while let Some((before, after)) = rest.split_once("::<") {
        plain.push_str(before);
        // `::<impl Trait for Type>` is a part of a path.
        if after.starts_with("impl ") {
            plain.push_str("::<");
            rest = after;
            continue;
        }
        let mut depth = 1_u32;
        let end = after.find(|letter| {
            match letter {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        rest = end.map_or("", |end| &after[end + 1..]);
    }
    plain + rest
}

fn is_key_table(name: &str) -> bool {
    name.starts_with("tollgate_firmware::keys::") && name.contains("::TABLE")
}

fn is_generator_table(name: &str) -> bool {
    name.contains("::generator::") && name.ends_with("::TABLE")
}

/// `judge` and `keys` are not part of the harness: a firmware has them too, and the core is inlined there.
fn is_harness(name: &str) -> bool {
    name == "start"
        || name.ends_with("rust_begin_unwind")
        || name
            .strip_prefix("tollgate_firmware::")
            .is_some_and(|path| !path.starts_with("judge") && !path.starts_with("keys::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_neither_hash_nor_types() {
        let names = [
            (
                "_ZN4core9panicking13assert_failed17h87fd2b8a06980ce7E",
                "core::panicking::assert_failed",
            ),
            (
                "_RINvNtCsaFjvQsOnSLx_4core9panicking13assert_failedjjEB4_",
                "core::panicking::assert_failed",
            ),
            (
                "_ZN4cmov5slice54_$LT$impl$u20$cmov..Cmov$u20$for$u20$$u5b$u32$u5d$$GT$6cmovnz17h0de2e009871f7eacE",
                "cmov::slice::<impl cmov::Cmov for [u32]>::cmovnz",
            ),
            ("start", "start"),
        ];
        for (mangled, name) in names {
            assert_eq!(demangle(mangled), name);
        }
    }
}
