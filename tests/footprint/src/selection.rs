//! Which programs there are.

use crate::board::{BOARDS, Board, CORTEX_M0, CORTEX_M4};
use crate::program::{Engine, Extra, OptLevel, Program};

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
            add(Engine::Provisioned, Some("6x2"), ES256, None);
            add(Engine::Provisioned, Some("6x2"), BOTH, None);
            for size in other_sizes(board) {
                add(Engine::Provisioned, Some(size), BOTH, None);
            }
            add(Engine::Untabled, None, ES256, None);
            add(Engine::Untabled, None, ES384, None);
            add(Engine::Reference, None, BOTH, None);
            if opt_level == OptLevel::S {
                add(Engine::Provisioned, Some("6x2"), BOTH, Some(Extra::CustomClaims));
                add(Engine::Provisioned, Some("6x2"), BOTH, Some(Extra::FloatClaims));
                // Comparing a table with its key takes more stack than this board has.
                if board.target != CORTEX_M0.target {
                    add(Engine::Provisioned, Some("6x2"), BOTH, Some(Extra::CheckTables));
                }
            }
        }
    }
    programs
}

/// Smaller tables where memory is scarce, and all on the board that stands for most.
fn other_sizes(board: &Board) -> &'static [&'static str] {
    if board.target == CORTEX_M4.target {
        &["4x1", "5x2", "8x2"]
    } else if board.target == CORTEX_M0.target {
        &["4x1", "5x2"]
    } else {
        &[]
    }
}
