//! [`Settings`]: the settings of a gate, as the package passes them on.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tollgate::duration::HumanDuration;
use tollgate::gate::{GateBuilder, GateError, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::signature_memory::SignatureMemory;
use tollgate::table_memory::TableMemory;
use tollgate::tollgate_core::{Now, UnixTime};

/// The settings of a gate.
pub(crate) struct Settings {
    pub(crate) issuers: Vec<Issuer>,
    gate: GateSettings,
}

/// Those beside the issuers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateSettings {
    #[serde(default)]
    allow_insecure_loopback: bool,
    #[serde(default)]
    allow_http_hosts: Vec<String>,
    realm: Option<String>,
    resource_metadata: Option<String>,
    wait_limit: Option<HumanDuration>,
    /// Seconds since 1970.
    current_date: Option<i64>,
    /// In bytes.
    table_memory: Option<usize>,
    remembered_signatures: Option<usize>,
}

/// The maximum of `remembered_signatures`, which takes half a GiB.
const MAX_REMEMBERED_SIGNATURES: usize = 1 << 24;

impl Settings {
    /// Reads the settings of each issuer, and those of the gate, all in JSON.
    pub(crate) fn parse(issuers: &[String], gate: &str) -> Result<Self, PyErr> {
        let gate: GateSettings = parse(gate)?;
        if gate.remembered_signatures.is_some_and(|count| count > MAX_REMEMBERED_SIGNATURES) {
            let most = MAX_REMEMBERED_SIGNATURES;
            return Err(PyValueError::new_err(format!(
                "remembered_signatures: give at most {most}"
            )));
        }
        let issuers = issuers.iter().map(|issuer| parse(issuer)).collect::<Result<_, _>>()?;
        Ok(Self { issuers, gate })
    }

    /// Begins to build a gate. It has its own memories: a lock of the process's ones may have been held when the
    /// process was forked.
    pub(crate) fn builder(&self) -> GateBuilder {
        let gate = &self.gate;
        let tables = gate.table_memory.unwrap_or(TableMemory::DEFAULT_LIMIT);
        let signatures = gate.remembered_signatures.unwrap_or(SignatureMemory::DEFAULT_CAPACITY);
        let loopback = gate.allow_insecure_loopback;
        let mut builder = tollgate::gate::Gate::builder()
            .plaintext(if loopback { Plaintext::Loopback } else { Plaintext::Refuse })
            .allow_http_hosts(gate.allow_http_hosts.iter().cloned())
            .table_memory(&TableMemory::new(tables))
            .signature_memory(&SignatureMemory::new(signatures));
        for issuer in &self.issuers {
            builder = builder.issuer(issuer.clone());
        }
        if let Some(realm) = &gate.realm {
            builder = builder.realm(realm);
        }
        if let Some(url) = &gate.resource_metadata {
            builder = builder.resource_metadata(url);
        }
        if let Some(HumanDuration(limit)) = gate.wait_limit {
            builder = builder.wait_limit(limit);
        }
        if let Some(secs) = gate.current_date {
            builder = builder.clock(move || Now::Exact(UnixTime(secs)));
        }
        builder
    }
}

/// Reads settings. An error names the one that is wrong.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, PyErr> {
    let value: serde_json::Value = serde_json::from_str(json).map_err(invalid)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        invalid(if path == "." { error.to_string() } else { format!("{path}: {error}") })
    })
}

fn invalid(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The exception for settings that make no gate.
pub(crate) fn no_gate(error: GateError) -> PyErr {
    invalid(error)
}
