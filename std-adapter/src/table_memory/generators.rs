//! [`Generators`]: the large tables of the curves' generators, one for each curve that is in use.

use std::sync::{Arc, Weak};

use tollgate_core::engines::ecdsa::{P256, P384, P521};

use super::account::{Account, TableBytes};
use super::curve::{EcGenerator, Ed25519Generator, TableCurve};

/// The tables of generators. The engines own them, so they live as long as a key of their curve.
#[derive(Default)]
pub(super) struct Generators {
    pub(super) p256: Weak<EcGenerator<P256>>,
    pub(super) p384: Weak<EcGenerator<P384>>,
    pub(super) p521: Weak<EcGenerator<P521>>,
    pub(super) ed25519: Weak<Ed25519Generator>,
}

impl Generators {
    /// Returns the table of a curve's generator. Builds it, if there is memory for it.
    pub(super) fn get<C: TableCurve>(
        &mut self,
        account: &Arc<Account>,
    ) -> Option<Arc<C::Generator>> {
        let place = C::generator_in(self);
        if let Some(generator) = place.upgrade() {
            return Some(generator);
        }
        if C::GENERATOR_BYTES > account.half_of_rest() {
            return None;
        }
        let memory = TableBytes::zeroed(account, C::GENERATOR_BYTES);
        let generator = Arc::new(C::build_generator(memory)?);
        *place = Arc::downgrade(&generator);
        Some(generator)
    }
}
