//! The exception for a request that may not pass: the package's class `Denied`.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use tollgate::gate::{Denied, Gate};

/// Makes the exception, with the HTTP response that says so.
pub(crate) fn exception(py: Python<'_>, denied: &Denied, gate: &Gate) -> PyErr {
    let response = denied.response::<String>(gate);
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = response.headers().iter();
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
    let arguments = (
        denied.to_string(),
        denied.code(),
        denied.reason(),
        denied.status().as_u16(),
        denied.challenge(gate),
        headers,
        response.into_body(),
    );
    let exception = class(py).and_then(|class| class.call1(arguments));
    exception.map_or_else(|error| error, PyErr::from_value)
}

/// The class, which is written in Python: a native one could not inherit from `Exception` everywhere.
fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "tollgate_jwt._denied", "Denied")
}

/// The exception for what cannot happen, or only when the machine has run out of something.
pub(crate) fn broken(error: impl ToString) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}
