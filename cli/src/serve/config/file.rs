//! Reads the configuration file, in TOML.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::ConfigError;
use crate::serve::listener::ListenAddress;
use crate::serve::settings::{Settings, parsed_list};

/// The maximum size of the file, in bytes: far more than the largest number of rules takes.
pub(super) const MAX_LEN: u64 = 16 << 20;

/// Reads the whole file. This waits for as long as the file system does, or the writer of a pipe.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |error| ConfigError::File(path.to_owned(), error);
    let mut text = String::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_LEN.saturating_add(1)).read_to_string(&mut text).map_err(unreadable)?;
    if u64::try_from(text.len()).is_ok_and(|len| len > MAX_LEN) {
        return Err(ConfigError::TooLarge(path.to_owned()));
    }
    Ok(text)
}

/// Parses `listen` alone, whatever else the file says.
pub(super) fn parse_listen(
    path: &Path,
    text: &str,
) -> Result<Option<Vec<ListenAddress>>, ConfigError> {
    #[derive(Deserialize)]
    struct Listens {
        #[serde(default, deserialize_with = "parsed_list")]
        listen: Option<Vec<ListenAddress>>,
    }
    let listens: Listens = from_toml(path, text)?;
    Ok(listens.listen)
}

/// Parses what the file says.
pub(super) fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    from_toml(path, text)
}

fn from_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::Toml(path.to_owned(), error.to_string()))
}
