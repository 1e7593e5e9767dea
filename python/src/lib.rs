//! The native module of the Python package `tollgate_jwt`: the library's gate, behind the few calls that the
//! package is made of.
//!
//! Nothing here runs Python from a thread of its own: such a thread could wait for an interpreter that ends.
//! The only thread is the one in [`process`], which fetches keys.

mod authorization;
mod demand;
mod denied;
mod gate;
mod identity;
mod logs;
mod process;
mod settings;
mod waiting;

use pyo3::prelude::*;

/// The module.
#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::demand::Demand;
    #[pymodule_export]
    use super::gate::Gate;
    #[pymodule_export]
    use super::identity::Identity;
    #[pymodule_export]
    use super::waiting::Waiting;

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        logs::collect();
        Ok(())
    }
}
