//! The engine of a key, as Rust source names and makes it.

use tollgate::table_size::{TableKey, TableSize};
use tollgate_core::Algorithm;
use tollgate_core::engines::ecdsa::EcPublicKey;

use crate::commands::provision::provisioned_key::PublicKey;

/// The parts of the source for an engine.
pub(super) struct Engine {
    /// The path of the type.
    pub(super) path: String,
    /// The parameters of the type.
    pub(super) parameters: Vec<String>,
    /// The call of the constructor.
    pub(super) make: String,
    /// What is wrong if the constructor returns nothing.
    pub(super) wrong: &'static str,
}

impl Engine {
    pub(super) fn of(key: &PublicKey, index: usize, size: TableSize) -> Self {
        match key {
            PublicKey::Table(TableKey::Ec(key)) => Self::with_table(
                "ecdsa",
                "ProvisionedKey",
                Some(curve(key)),
                format!("&TABLE_{index}.0"),
                size,
            ),
            PublicKey::Table(TableKey::Ed25519(_)) => Self::with_table(
                "eddsa",
                "Ed25519Key",
                None,
                format!("POINT_{index}, &TABLE_{index}.0"),
                size,
            ),
            PublicKey::Rsa { key, alg } => Self::rsa(key.bits(), *alg, index),
        }
    }

    fn with_table(
        family: &str,
        name: &str,
        curve: Option<String>,
        arguments: String,
        size: TableSize,
    ) -> Self {
        let family = format!("::tollgate_core::engines::{family}");
        let comb = |(teeth, blocks)| format!("{family}::Comb<{teeth}, {blocks}>");
        let (table, generator) = (comb((size.teeth(), size.blocks())), comb(size.generator()));
        let mut parameters: Vec<String> = curve.into_iter().collect();
        parameters.extend([table, "&'static [u8]".to_owned(), generator]);
        Self {
            path: format!("{family}::{name}"),
            parameters,
            make: format!("from_trusted_static_table({arguments})"),
            wrong: "the table has the wrong length",
        }
    }

    /// With no more schemes and no more room than the key needs. A key without `alg` needs all schemes,
    /// because a policy may list any.
    fn rsa(bits: usize, alg: Option<Algorithm>, index: usize) -> Self {
        let family = "::tollgate_core::engines::rsa";
        let name = |alg| {
            let name: &str = Algorithm::name(alg);
            // RS256 is Rs256 in Rust.
            let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
            format!("{first}{}", rest.to_lowercase())
        };
        let scheme = alg.map_or_else(|| "AllSchemes".to_owned(), name);
        let room = match bits {
            ..=2048 => "Bits2048",
            2049..=3072 => "Bits3072",
            _ => "Bits4096",
        };
        let alg = alg.map_or_else(
            || "None".to_owned(),
            |alg| format!("Some(::tollgate_core::Algorithm::{})", name(alg)),
        );
        Self {
            path: format!("{family}::RsaKey"),
            parameters: vec![
                "&'static [u8]".to_owned(),
                format!("{family}::{scheme}"),
                format!("{family}::{room}"),
            ],
            make: format!("from_trusted_static_bytes(&TABLE_{index}.0, {alg})"),
            wrong: "the key does not fit its engine",
        }
    }
}

/// The path of the type of the key's curve.
pub(super) fn curve(key: &EcPublicKey) -> String {
    format!("::tollgate_core::engines::ecdsa::{}", key.curve().replace('-', ""))
}
