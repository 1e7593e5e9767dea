//! The `tollgate` command.
//!
//! | file | content |
//! |---|---|
//! | `commands` | the commands and their flags |
//! | `serve` | the server that tells proxies whether requests may pass |
//! | `policy_flags` | the flags of `verify` and `serve` that say which tokens to accept |
//! | `key_flags` | the flags that say where to fetch keys from |
//! | `keys` | reads and fetches keys, and makes their engines |
//! | `input` | reads files and standard input |
//! | `show` | shows results to people |
//! | `style` | colours |
//! | `outcome`, `error` | how a command ends |

#![forbid(unsafe_code)]

mod commands;
mod error;
mod input;
mod key_flags;
mod keys;
mod outcome;
mod policy_flags;
mod serve;
mod show;
mod style;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::run()
}
