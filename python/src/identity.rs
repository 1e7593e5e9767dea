//! [`Identity`]: who makes a request.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFrozenSet};
use tollgate::gate;

/// Who makes a request, according to an accepted token.
#[pyclass(frozen, module = "tollgate_jwt")]
pub(crate) struct Identity {
    identity: gate::Identity,
    /// Read at the first use.
    claims: PyOnceLock<Py<PyDict>>,
}

impl Identity {
    pub(crate) fn new(identity: gate::Identity) -> Self {
        Self { identity, claims: PyOnceLock::new() }
    }
}

#[pymethods]
impl Identity {
    /// `sub`: the user, or the client if it acts on its own behalf.
    #[getter]
    fn subject(&self) -> Option<&str> {
        self.identity.subject()
    }

    /// `client_id`, or else `azp`: the client to which the token was issued.
    #[getter]
    fn client(&self) -> Option<&str> {
        self.identity.client()
    }

    /// `iss`: the issuer of the token.
    #[getter]
    fn issuer(&self) -> Option<&str> {
        self.identity.issuer()
    }

    /// The audience in `aud` that the settings matched.
    #[getter]
    fn audience(&self) -> Option<&str> {
        self.identity.audience()
    }

    /// The scopes that the token grants.
    #[getter]
    fn scopes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFrozenSet>> {
        let scopes = self.identity.scope().unwrap_or_default();
        PyFrozenSet::new(py, scopes.split(' ').filter(|scope| !scope.is_empty()))
    }

    /// Returns whether the token has this scope.
    fn has_scope(&self, scope: &str) -> bool {
        self.identity.has_scope(scope)
    }

    /// `exp`: when the token expires, in seconds since 1970, rounded down.
    #[getter]
    fn expires(&self) -> Option<i64> {
        self.identity.expires().map(|expires| expires.0)
    }

    /// All claims as they were signed: a JSON object.
    #[getter]
    fn json(&self) -> &str {
        self.identity.as_json()
    }

    /// All claims.
    #[getter]
    fn claims<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let claims = self.claims.get_or_try_init(py, || {
            let claims = py.import("json")?.call_method1("loads", (self.identity.as_json(),))?;
            claims.cast_into::<PyDict>().map(Bound::unbind).map_err(PyErr::from)
        })?;
        // A copy, because the next reader trusts them, too.
        claims.bind(py).copy()
    }

    /// Only the subject, since claims may be personal.
    fn __repr__(&self) -> String {
        format!("Identity(subject={:?})", self.identity.subject().unwrap_or_default())
    }
}
