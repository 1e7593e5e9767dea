//! One of the programs that the firmware's sources make.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::board::{Board, CORTEX_M4};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Provisioned,
    Untabled,
    Reference,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::Untabled => "untabled",
            Self::Reference => "reference",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OptLevel {
    S,
    Three,
}

impl OptLevel {
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::Three => "3",
        }
    }

    /// The firmware's Cargo profile.
    fn profile(self) -> &'static str {
        match self {
            Self::S => "small",
            Self::Three => "release",
        }
    }
}

/// What a program does beside judging tokens; such programs are not measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Reads the claims into a type of its own.
    CustomClaims,
    /// The same, with a floating-point number.
    FloatClaims,
    /// Compares its tables with their keys.
    CheckTables,
}

impl Extra {
    fn feature(self) -> &'static str {
        match self {
            Self::CustomClaims => "custom-claims",
            Self::FloatClaims => "float-claims",
            Self::CheckTables => "check-tables",
        }
    }
}

pub struct Program {
    pub board: &'static Board,
    pub engine: Engine,
    /// Teeth and blocks of the keys' tables.
    pub tables: Option<&'static str>,
    pub algorithms: &'static [&'static str],
    pub opt_level: OptLevel,
    pub extra: Option<Extra>,
}

impl Program {
    /// Whether CI runs it: all that the README shows, and the rest of the boards once.
    pub fn quick(&self) -> bool {
        let is_m4 = self.board.target == CORTEX_M4.target;
        match self.engine {
            Engine::Provisioned => {
                self.tables == Some("6x2")
                    && (is_m4 || self.opt_level == OptLevel::S && self.extra.is_none())
            }
            Engine::Reference => is_m4,
            Engine::Untabled => false,
        }
    }

    /// Whether it has paths to panics, each of which is listed with its reason.
    pub fn may_panic(&self) -> bool {
        self.engine == Engine::Reference || self.extra == Some(Extra::FloatClaims)
    }

    /// Builds it, without paths to panics if wanted.
    pub fn build(&self, folder: &Path, no_panic: bool) -> io::Result<Output> {
        let algorithms = self.algorithms.join(",").to_lowercase();
        let generated = folder.join("generated");
        let tables = self.tables.unwrap_or("6x2");
        let mut features = vec![self.engine.name(), &algorithms];
        features.extend(self.extra.map(Extra::feature));
        if no_panic {
            features.push("no-panic");
        }
        Command::new("cargo")
            .current_dir(crate::firmware())
            .args(["build", "--quiet", "--locked", "--target", self.board.target])
            .args(["--profile", self.opt_level.profile(), "--features", &features.join(",")])
            .env("CARGO_TARGET_DIR", folder)
            .env("TOLLGATE_KEYS", generated.join(format!("{tables}-{algorithms}.rs")))
            .env("TOLLGATE_GENERATED", generated)
            .output()
    }

    /// Where [`build`](Self::build) puts it.
    pub fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.board.target).join(self.opt_level.profile()).join("tollgate-firmware")
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms = self.algorithms.join(" and ");
        write!(f, "{}, {}", self.board.processor, self.engine.name())?;
        if let Some(tables) = self.tables {
            write!(f, " {tables}")?;
        }
        write!(f, ", {algorithms}, opt-level {}", self.opt_level.name())?;
        self.extra.map_or(Ok(()), |extra| write!(f, ", {}", extra.feature()))
    }
}
