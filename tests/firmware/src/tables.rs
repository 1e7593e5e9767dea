//! Checks that a device recognises valid and damaged tables.

use tollgate_core::engines::ecdsa::{CombSize, GeneratorTable, ProvisionedKey, PublicKey};

use crate::keys::provisioned::{KEY_0, POINT_0, provisioned_tables_are_right};
use tollgate_firmware::console::print;

/// Enough memory for the table of the first key.
const MEMORY: usize = 4096;

/// Prints a line for each of the two checks, like those of the other cases but without costs.
pub fn check() -> bool {
    let (right, found) = (are_right(), damage_is_found(&KEY_0));
    print("case tables right right ");
    print(if right { "right 0 0\n" } else { "wrong 0 0\n" });
    print("case tables damaged refused ");
    print(if found { "refused 0 0\n" } else { "accepted 0 0\n" });
    right && found
}

/// Never inlined, like the other check, so that their stack usage does not add up.
#[inline(never)]
fn are_right() -> bool {
    provisioned_tables_are_right()
}

/// Checks a copy of the table with one bit changed.
#[inline(never)]
fn damage_is_found<C, S, G>(key: &ProvisionedKey<C, S, &'static [u8], G>) -> bool
where
    C: GeneratorTable<G>,
    S: CombSize,
    G: CombSize,
{
    let mut memory = [0; MEMORY];
    let table = key.table();
    let (Some(copy), Ok(point)) =
        (memory.get_mut(..table.len()), PublicKey::<C>::from_coordinates(&POINT_0.0, &POINT_0.1))
    else {
        return false;
    };
    copy.copy_from_slice(table);
    if let Some(last) = copy.last_mut() {
        *last ^= 1;
    }
    ProvisionedKey::<C, S, &[u8], G>::from_table(&point, copy).is_err()
}
