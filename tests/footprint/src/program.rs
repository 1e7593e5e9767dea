//! A variant of the firmware: its board, engine, algorithms and features.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::board::{Board, CORTEX_M4};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum EngineFeature {
    Provisioned,
    WithoutTable,
    RustCrypto,
}

impl EngineFeature {
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "provisioned",
            Self::WithoutTable => "without-table",
            Self::RustCrypto => "rustcrypto",
        }
    }
}

/// What a program has of its keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Tables in flash, of these teeth and blocks.
    Tables(&'static str),
    /// An RSA key in flash, of this many bits.
    Rsa(&'static str),
    /// A JWK set.
    Jwks,
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tables(size) => f.write_str(size),
            Self::Rsa(bits) => write!(f, "{bits} bits"),
            Self::Jwks => f.write_str("–"),
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
    pub keys: Keys,
    pub algorithms: &'static [&'static str],
    pub opt_level: OptLevel,
    pub extra: Option<Extra>,
}

impl Program {
    /// Whether CI runs it: every program that docs/benchmarks.md shows, and two for each other board.
    pub fn quick(&self) -> bool {
        let is_m4 = self.board.target == CORTEX_M4.target;
        let is_small = self.opt_level == OptLevel::S;
        match (self.engine, self.keys) {
            (EngineFeature::Provisioned, Keys::Tables("6x2"))
                if self.algorithms.starts_with(&["ES256"]) =>
            {
                is_m4 || is_small && self.extra.is_none()
            }
            (EngineFeature::Provisioned, Keys::Tables("6x2") | Keys::Rsa(_)) => is_m4 && is_small,
            (EngineFeature::RustCrypto, _) => is_m4,
            _ => false,
        }
    }

    /// Returns the name of the list of an algorithm's cases.
    pub fn list(&self, algorithm: &str) -> String {
        if self.has_long_keys() { format!("{algorithm}_4096") } else { algorithm.to_owned() }
    }

    fn has_long_keys(&self) -> bool {
        self.keys == Keys::Rsa("4096")
    }

    /// Whether it may have paths to panics, which panics.md lists with their reasons.
    pub fn may_panic(&self) -> bool {
        self.engine == EngineFeature::RustCrypto || self.extra == Some(Extra::FloatClaims)
    }

    /// Builds it, optionally so that it links only without paths to panics.
    pub fn build(&self, folder: &Path, no_panic: bool) -> io::Result<Output> {
        let algorithms = self.algorithms.join(",").to_lowercase();
        let generated = folder.join("generated");
        let mut features = vec![self.engine.name(), &algorithms];
        if self.has_long_keys() {
            features.push("long-keys");
        }
        features.extend(self.extra.map(Extra::feature));
        if no_panic {
            features.push("no-panic");
        }
        Command::new("cargo")
            .current_dir(crate::firmware())
            .args(["build", "--quiet", "--locked", "--target", self.board.target])
            .args(["--profile", self.opt_level.profile(), "--features", &features.join(",")])
            .env("CARGO_TARGET_DIR", folder)
            .env("TOLLGATE_KEYS", generated.join(format!("{}-{algorithms}.rs", self.keys)))
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
        if self.keys != Keys::Jwks {
            write!(f, " {}", self.keys)?;
        }
        write!(f, ", {algorithms}, opt-level {}", self.opt_level.name())?;
        self.extra.map_or(Ok(()), |extra| write!(f, ", {}", extra.feature()))
    }
}
