//! Finds the calls that end in a panic.
//!
//! The linker keeps its relocations (`--emit-relocs`), which show each reference to a function. Debug
//! information names the source function that contains the call, because inlining differs between builds.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use addr2line::gimli::{self, EndianSlice, LittleEndian};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};

use crate::Error;
use crate::elf::{Elf, demangle};

/// A function, and the panicking function that it calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallSite {
    pub function: String,
    pub panic: String,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.function, self.panic)
    }
}

impl Elf {
    /// Returns every reference to a function that only panics, from one that does more.
    pub fn call_sites(&self) -> Result<BTreeSet<CallSite>, Error> {
        let file = self.file()?;
        let sections = gimli::DwarfSections::load(|id| {
            let section = file.section_by_name(id.name());
            section.map_or(Ok(Cow::Borrowed(&[][..])), |section| section.uncompressed_data())
        })?;
        let dwarf = sections.borrow(|bytes| EndianSlice::new(bytes, LittleEndian));
        let source = addr2line::Context::from_dwarf(dwarf)?;

        let mut sites = BTreeSet::new();
        let mut relocations = 0;
        for section in
            file.sections().filter(|section| section.address() > 0 || section.name() == Ok(".text"))
        {
            for (address, relocation) in section.relocations() {
                relocations += 1;
                let RelocationTarget::Symbol(index) = relocation.target() else { continue };
                let panic = demangle(file.symbol_by_index(index)?.name()?);
                let around = self.name_at(address).unwrap_or("no function");
                if !only_panics(&panic) || only_panics(around) {
                    continue;
                }
                let mut frames = source.find_frames(address).skip_all_loads()?;
                let mut function = around.to_owned();
                while let Some(frame) = frames.next()? {
                    let Some(name) = frame.function else { continue };
                    let name = demangle(&name.raw_name()?);
                    if !is_of_core(&name) {
                        function = name;
                        break;
                    }
                }
                sites.insert(CallSite { function, panic });
            }
        }
        if relocations == 0 {
            return Err(format!(
                "{}: no relocations: link it with --emit-relocs",
                self.path.display()
            )
            .into());
        }
        Ok(sites)
    }
}

/// Whether a function only panics: the handler, and the helpers in `core`.
fn only_panics(name: &str) -> bool {
    name.ends_with("rust_begin_unwind")
        || name.starts_with("core::panicking::")
        || name.starts_with("core::") && (name.ends_with("_fail") || name.ends_with("_failed"))
}

/// Whether the first path in a name starts with `core`, as in `<[u8] as core::ops::Index>::index`.
fn is_of_core(name: &str) -> bool {
    let (before, _) = name.split_once("::").unwrap_or_default();
    before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next() == Some("core")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_belongs_to_the_crate_in_its_first_path() {
        assert!(is_of_core("core::str::converts::from_utf8"));
        assert!(is_of_core("<[u8] as core::ops::index::Index>::index"));
        assert!(is_of_core("<core::str::Chars as core::iter::Iterator>::next"));
        assert!(!is_of_core("<wnaf::Buffer as core::ops::deref::Deref>::deref"));
        assert!(!is_of_core("cmov::slice::<impl core::clone::Clone for [u32]>::clone"));
        assert!(!is_of_core("tollgate_core::json::parse"));
        assert!(!is_of_core("start"));
    }
}
