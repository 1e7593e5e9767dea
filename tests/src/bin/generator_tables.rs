//! Computes the generators' tables and writes them to a folder, for comparison with those in
//! `core/src/engines/*/generator`, or in their place.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use p256::elliptic_curve::sec1::ToSec1Point;
use tollgate_core::engines::ecdsa::{
    Comb, CombSize, Curve, P256, P384, P521, ProvisionedKey, PublicKey, table_bytes,
};
use tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: generator_tables FOLDER");
        return ExitCode::from(2);
    };
    // The generators come from another implementation, which checks ours.
    let p256 = p256::AffinePoint::GENERATOR.to_sec1_point(false);
    let p384 = p384::AffinePoint::GENERATOR.to_sec1_point(false);
    let p521 = p521::AffinePoint::GENERATOR.to_sec1_point(false);
    let folder = Path::new(&folder);
    let ecdsa = folder.join("ecdsa");
    let written = write_all::<P256>(&ecdsa, "p256", p256.as_bytes())
        .and_then(|()| write_all::<P384>(&ecdsa, "p384", p384.as_bytes()))
        .and_then(|()| write_all::<P521>(&ecdsa, "p521", p521.as_bytes()))
        .and_then(|()| write_all_ed25519(&folder.join("eddsa")));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write_all<C: Curve>(folder: &Path, curve: &str, generator: &[u8]) -> io::Result<()> {
    let (x, y) = generator[1..].split_at(generator.len() / 2);
    let generator = PublicKey::<C>::from_coordinates(x, y).unwrap();
    write::<C, Comb<5, 2>>(folder, curve, &generator)?;
    write::<C, Comb<6, 2>>(folder, curve, &generator)?;
    write::<C, Comb<8, 2>>(folder, curve, &generator)?;
    write::<C, Comb<10, 2>>(folder, curve, &generator)
}

fn write<C: Curve, S: CombSize>(
    folder: &Path,
    curve: &str,
    generator: &PublicKey<C>,
) -> io::Result<()> {
    let memory = vec![0; table_bytes::<C, S>()];
    let key = ProvisionedKey::<C, S, _>::build_in(generator, memory).unwrap();
    write_file(folder, curve, S::TEETH, S::BLOCKS, key.table())
}

fn write_all_ed25519(folder: &Path) -> io::Result<()> {
    write_ed25519::<Comb<5, 2>>(folder)?;
    write_ed25519::<Comb<6, 2>>(folder)?;
    write_ed25519::<Comb<8, 2>>(folder)?;
    write_ed25519::<Comb<10, 2>>(folder)
}

fn write_ed25519<S: eddsa::GeneratorTable>(folder: &Path) -> io::Result<()> {
    // The y coordinate of the generator is 4/5 (RFC 8032 §5.1). With the sign bit, these are the bytes
    // of the opposite point, and a key's table is that of its opposite.
    let mut opposite = [0x66; 32];
    opposite[0] = 0x58;
    opposite[31] |= 0x80;
    let key = Ed25519PublicKey::from_bytes(&opposite).unwrap();
    let memory = vec![0; eddsa::table_bytes::<S>()];
    let key = Ed25519Key::<S, _>::build_in(&key, memory).unwrap();
    write_file(folder, "ed25519", S::TEETH, S::BLOCKS, key.table())
}

fn write_file(
    folder: &Path,
    curve: &str,
    teeth: usize,
    blocks: usize,
    table: &[u8],
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(format!("{curve}_{teeth}x{blocks}.bin")), table)
}
