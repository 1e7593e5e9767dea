//! Computes the generators' tables and writes them to a folder, for comparison with those in
//! `core/src/provisioned/generator`, or in their place.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use p256::elliptic_curve::sec1::ToSec1Point;
use tollgate_core::provisioned::{
    Comb, CombSize, GeneratorTable, P256, P384, ProvisionedKey, PublicKey, table_bytes,
};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: generator_tables FOLDER");
        return ExitCode::from(2);
    };
    // The generators come from another implementation, which checks ours.
    let p256 = p256::AffinePoint::GENERATOR.to_sec1_point(false);
    let p384 = p384::AffinePoint::GENERATOR.to_sec1_point(false);
    let folder = Path::new(&folder);
    let written = write_all::<P256>(folder, "p256", p256.as_bytes())
        .and_then(|()| write_all::<P384>(folder, "p384", p384.as_bytes()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write_all<C>(folder: &Path, curve: &str, generator: &[u8]) -> io::Result<()>
where
    C: GeneratorTable<Comb<5, 2>>
        + GeneratorTable<Comb<6, 2>>
        + GeneratorTable<Comb<8, 2>>
        + GeneratorTable<Comb<10, 2>>,
{
    let (x, y) = generator[1..].split_at(generator.len() / 2);
    let generator = PublicKey::<C>::from_coordinates(x, y).unwrap();
    write::<C, Comb<5, 2>>(folder, curve, &generator)?;
    write::<C, Comb<6, 2>>(folder, curve, &generator)?;
    write::<C, Comb<8, 2>>(folder, curve, &generator)?;
    write::<C, Comb<10, 2>>(folder, curve, &generator)
}

fn write<C, S>(folder: &Path, curve: &str, generator: &PublicKey<C>) -> io::Result<()>
where
    C: GeneratorTable<S>,
    S: CombSize,
{
    let memory = vec![0; table_bytes::<C, S>()];
    let key = ProvisionedKey::<C, S, _>::build_in(generator, memory).unwrap();
    let file = format!("{curve}_{}x{}.bin", S::TEETH, S::BLOCKS);
    fs::create_dir_all(folder)?;
    fs::write(folder.join(file), key.table())
}
