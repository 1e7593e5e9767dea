//! [`Memory`]: what all keys of a process share.

use crate::signature_memory::SignatureMemory;
use crate::table_memory::TableMemory;

/// What all keys of a process share, unless a gate has its own.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) tables: TableMemory,
    pub(crate) signatures: SignatureMemory,
}

impl Memory {
    pub(crate) fn global() -> Self {
        Self {
            tables: TableMemory::global().clone(),
            signatures: SignatureMemory::global().clone(),
        }
    }
}
