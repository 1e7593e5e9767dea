//! [`Gate`]: the library's gate, for each process that uses it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tokio::time::timeout;

use crate::authorization::Authorization;
use crate::demand::{self, Demand};
use crate::identity::Identity;
use crate::process::Process;
use crate::settings::Settings;
use crate::waiting::Waiting;
use crate::{denied, logs};

/// Judges requests by the tokens that they carry.
#[pyclass(frozen, module = "tollgate_jwt")]
pub(crate) struct Gate {
    settings: Settings,
    /// Without a lock, which a fork could leave closed.
    current: ArcSwap<Process>,
}

/// The state of an issuer: its name, the number of usable keys, when they were fetched in seconds since 1970, and
/// the number of fetches by their result.
type IssuerState = (String, usize, Option<i64>, Vec<(&'static str, u64)>);

/// How often to look for signals while waiting.
const SIGNAL_CHECK: Duration = Duration::from_millis(50);

impl Gate {
    /// What this process has, fetching keys.
    fn process(&self) -> PyResult<Arc<Process>> {
        let current = self.current.load_full();
        let own = if current.is_own() {
            current
        } else {
            let new = Arc::new(Process::new(&self.settings)?);
            let before = self.current.compare_and_swap(&current, Arc::clone(&new));
            // Another thread of the new process may have been faster.
            if Arc::ptr_eq(&before, &current) { new } else { Guard::into_inner(before) }
        };
        own.start().map_err(denied::broken)?;
        Ok(own)
    }
}

#[pymethods]
impl Gate {
    /// Checks the settings: those of each issuer, and those of the gate, in JSON.
    #[new]
    fn new(py: Python<'_>, issuers: Vec<String>, gate: &str) -> PyResult<Self> {
        py.detach(|| {
            let settings = Settings::parse(&issuers, gate)?;
            let current = ArcSwap::from_pointee(Process::new(&settings)?);
            Ok(Self { settings, current })
        })
    }

    /// Checks a demand in JSON.
    fn demand(&self, json: &str) -> PyResult<Demand> {
        Demand::parse(json, &self.settings.issuers)
    }

    /// Judges a request. Waits for newer keys if they may help.
    fn authorize(
        &self,
        py: Python<'_>,
        authorization: Option<&Bound<'_, PyAny>>,
        demand: Option<&Bound<'_, Demand>>,
    ) -> PyResult<Identity> {
        let authorization = Authorization::new(authorization)?;
        let demand = demand::or_nothing(demand);
        let (process, verdict) = py.detach(|| {
            let process = self.process()?;
            let verdict = process.handle().block_on(authorization.judge(process.gate(), &demand));
            PyResult::Ok((process, verdict))
        })?;
        logs::deliver(py)?;
        let verdict = verdict.map(Identity::new);
        verdict.map_err(|denied| denied::exception(py, &denied, process.gate()))
    }

    /// Begins to judge a request.
    fn begin(
        &self,
        py: Python<'_>,
        authorization: Option<&Bound<'_, PyAny>>,
        demand: Option<&Bound<'_, Demand>>,
    ) -> PyResult<Waiting> {
        let authorization = Authorization::new(authorization)?;
        let process = py.detach(|| self.process())?;
        Ok(Waiting::new(process, authorization, demand::or_nothing(demand)))
    }

    /// Waits for usable keys of every issuer, but not longer than `seconds`. Returns whether there are.
    fn ready(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let limit = Duration::try_from_secs_f64(seconds)
            .map_err(|error| PyValueError::new_err(format!("timeout {seconds}: {error}")))?;
        let (process, started) = (py.detach(|| self.process())?, Instant::now());
        loop {
            let left = limit.saturating_sub(started.elapsed());
            let slice = left.min(SIGNAL_CHECK);
            let is_ready = py.detach(|| {
                let ready = async { timeout(slice, process.gate().ready()).await.is_ok() };
                process.handle().block_on(ready)
            });
            logs::deliver(py)?;
            if is_ready || left.is_zero() {
                return Ok(is_ready);
            }
            py.check_signals()?;
        }
    }

    /// Returns whether at least one issuer has usable keys.
    fn is_ready(&self, py: Python<'_>) -> PyResult<bool> {
        let process = py.detach(|| self.process())?;
        logs::deliver(py)?;
        Ok(process.gate().is_ready())
    }

    /// Returns the state of each issuer.
    fn issuers(&self, py: Python<'_>) -> PyResult<Vec<IssuerState>> {
        let process = py.detach(|| self.process())?;
        logs::deliver(py)?;
        let issuers = process.gate().issuers().map(|status| {
            let fetched_at = status.fetched_at.map(|time| time.0);
            let fetches = status.fetches.into_iter().collect();
            (status.issuer.to_owned(), status.usable_keys, fetched_at, fetches)
        });
        Ok(issuers.collect())
    }
}
