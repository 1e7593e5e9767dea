//! The list of all programs.

use crate::board::{BOARDS, Board, CORTEX_M0, CORTEX_M4};
use crate::program::{EngineFeature, Extra, Keys, OptLevel, Program};

const BOTH: &[&str] = &["ES256", "ES384"];
const ES256: &[&str] = &["ES256"];
const ES384: &[&str] = &["ES384"];
const USUAL_SIZE: Keys = Keys::Tables("6x2");

/// All programs, in the order of the table.
pub fn all() -> Vec<Program> {
    let mut programs = Vec::new();
    for board in BOARDS {
        for opt_level in [OptLevel::S, OptLevel::Three] {
            let mut add = |engine, keys, algorithms, extra| {
                programs.push(Program { board, engine, keys, algorithms, opt_level, extra });
            };
            let provisioned = EngineFeature::Provisioned;
            add(provisioned, USUAL_SIZE, ES256, None);
            add(provisioned, USUAL_SIZE, BOTH, None);
            for size in other_sizes(board) {
                add(provisioned, Keys::Tables(size), BOTH, None);
            }
            add(provisioned, USUAL_SIZE, &["ES512"], None);
            add(provisioned, USUAL_SIZE, &["EdDSA"], None);
            add(provisioned, Keys::Rsa("2048"), &["RS256"], None);
            add(provisioned, Keys::Rsa("4096"), &["RS256"], None);
            add(provisioned, Keys::Rsa("2048"), &["PS256"], None);
            add(EngineFeature::WithoutTable, Keys::Jwks, ES256, None);
            add(EngineFeature::WithoutTable, Keys::Jwks, ES384, None);
            add(EngineFeature::RustCrypto, Keys::Jwks, BOTH, None);
            if opt_level == OptLevel::S {
                add(provisioned, USUAL_SIZE, BOTH, Some(Extra::CustomClaims));
                add(provisioned, USUAL_SIZE, BOTH, Some(Extra::FloatClaims));
                // Comparing a table with its key needs more stack than this board has.
                if board.target != CORTEX_M0.target {
                    add(provisioned, USUAL_SIZE, BOTH, Some(Extra::CheckTables));
                }
            }
        }
    }
    programs
}

/// Smaller tables where memory is scarce, and all sizes on the most common board.
fn other_sizes(board: &Board) -> &'static [&'static str] {
    if board.target == CORTEX_M4.target {
        &["4x1", "5x2", "8x2"]
    } else if board.target == CORTEX_M0.target {
        &["4x1", "5x2"]
    } else {
        &[]
    }
}
