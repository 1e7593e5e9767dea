//! A variant of the firmware: its board, engine, algorithms and features.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::board::{Board, CORTEX_M4};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EngineFeature {
    Provisioned,
    Untabled,
    Reference,
}

impl EngineFeature {
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

/// An additional task besides verifying tokens. Such programs are not measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Reads the claims into a custom type.
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
    pub engine: EngineFeature,
    /// The teeth and blocks of the keys' tables.
    pub tables: Option<&'static str>,
    pub algorithms: &'static [&'static str],
    pub opt_level: OptLevel,
    pub extra: Option<Extra>,
}

impl Program {
    /// Whether CI runs it: every program that docs/benchmarks.md shows, and two for each other board.
    pub fn quick(&self) -> bool {
        let is_m4 = self.board.target == CORTEX_M4.target;
        match self.engine {
            EngineFeature::Provisioned => {
                self.tables == Some("6x2")
                    && (is_m4 || self.opt_level == OptLevel::S && self.extra.is_none())
            }
            EngineFeature::Reference => is_m4,
            EngineFeature::Untabled => false,
        }
    }

    /// Whether it may have paths to panics, which panics.md lists with their reasons.
    pub fn may_panic(&self) -> bool {
        self.engine == EngineFeature::Reference || self.extra == Some(Extra::FloatClaims)
    }

    /// Builds it, optionally so that it links only without paths to panics.
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

    /// Returns the path of the output of [`build`](Self::build).
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
