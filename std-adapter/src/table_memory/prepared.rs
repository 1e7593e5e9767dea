//! [`Prepared`]: a key that is ready for its table.

use std::sync::Arc;

use tollgate_core::Algorithm;
use tollgate_core::engines::ecdsa::{P256, P384, P521, PublicKey};

use super::account::{Account, TableBytes};
use super::curve::{Ed25519, TableCurve};
use super::generators::Generators;
use crate::keys::SharedVerifier;
use crate::table_size::TableKey;

/// A key of some curve, ready for its table.
pub(super) trait Prepared {
    /// Makes an engine with the largest table that fits into `share` bytes. Returns `None` if not even the
    /// smallest does.
    fn build(&self, share: usize, account: &Arc<Account>) -> Option<SharedVerifier>;
}

/// Prepares a key: finds the generator's table, which all keys of its curve share, and builds that first.
pub(super) fn prepare(
    key: &TableKey,
    generators: &mut Generators,
    account: &Arc<Account>,
) -> Option<Box<dyn Prepared>> {
    match key {
        TableKey::Ec(key) => match key.algorithm() {
            Algorithm::Es256 => {
                on_curve::<P256>(PublicKey::try_from(key).ok()?, generators, account)
            }
            Algorithm::Es384 => {
                on_curve::<P384>(PublicKey::try_from(key).ok()?, generators, account)
            }
            Algorithm::Es512 => {
                on_curve::<P521>(PublicKey::try_from(key).ok()?, generators, account)
            }
            _ => None,
        },
        TableKey::Ed25519(key) => on_curve::<Ed25519>(*key, generators, account),
    }
}

struct OnCurve<C: TableCurve> {
    key: C::Key,
    generator: Option<Arc<C::Generator>>,
}

fn on_curve<C: TableCurve>(
    key: C::Key,
    generators: &mut Generators,
    account: &Arc<Account>,
) -> Option<Box<dyn Prepared>> {
    Some(Box::new(OnCurve::<C> { key, generator: generators.get::<C>(account) }))
}

impl<C: TableCurve> Prepared for OnCurve<C> {
    fn build(&self, share: usize, account: &Arc<Account>) -> Option<SharedVerifier> {
        let size = C::SIZES.iter().find(|size| size.bytes <= share)?;
        let memory = TableBytes::zeroed(account, size.bytes);
        (size.build)(&self.key, memory, self.generator.clone())
    }
}
