//! The list of all programs.

use crate::board::{BOARDS, Board, CORTEX_M0, CORTEX_M4};
use crate::program::{EngineFeature, Extra, OptLevel, Program};

const BOTH: &[&str] = &["ES256", "ES384"];
const ES256: &[&str] = &["ES256"];
const ES384: &[&str] = &["ES384"];

/// All programs, in the order of the table.
pub fn all() -> Vec<Program> {
    let mut programs = Vec::new();
    for board in BOARDS {
        for opt_level in [OptLevel::S, OptLevel::Three] {
            let mut add = |engine, tables, algorithms, extra| {
                programs.push(Program { board, engine, tables, algorithms, opt_level, extra });
            };
            add(EngineFeature::Provisioned, Some("6x2"), ES256, None);
            add(EngineFeature::Provisioned, Some("6x2"), BOTH, None);
            for size in other_sizes(board) {
                add(EngineFeature::Provisioned, Some(size), BOTH, None);
            }
            add(EngineFeature::Untabled, None, ES256, None);
            add(EngineFeature::Untabled, None, ES384, None);
            add(EngineFeature::Reference, None, BOTH, None);
            if opt_level == OptLevel::S {
                add(EngineFeature::Provisioned, Some("6x2"), BOTH, Some(Extra::CustomClaims));
                add(EngineFeature::Provisioned, Some("6x2"), BOTH, Some(Extra::FloatClaims));
                // Comparing a table with its key needs more stack than this board has.
                if board.target != CORTEX_M0.target {
                    add(EngineFeature::Provisioned, Some("6x2"), BOTH, Some(Extra::CheckTables));
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
