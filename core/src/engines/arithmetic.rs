//! What the families share: words, numbers of many words, fields, scalars and inversion.

pub(crate) mod constants;
pub(crate) mod field;
pub(crate) mod inverse;
pub(crate) mod limbs;
pub(crate) mod non_adjacent;
pub(crate) mod product;
pub(crate) mod scalar;
#[cfg(test)]
pub(crate) mod toy;
pub(crate) mod word;
