//! The `Authorization` header of a request, as Python's frameworks give it.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use tollgate::gate::{Demand, Denied, Gate, Identity};
use tollgate::tollgate_core::BearerToken;

/// The field lines of the header.
pub(crate) struct Authorization(Vec<Vec<u8>>);

impl Authorization {
    /// Takes a text, bytes, a list of them, or nothing.
    pub(crate) fn new(value: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(value) = value else { return Ok(Self(Vec::new())) };
        let lines = if let Ok(list) = value.cast::<PyList>() {
            list.iter().map(|line| bytes(&line)).collect::<PyResult<_>>()?
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            tuple.iter().map(|line| bytes(&line)).collect::<PyResult<_>>()?
        } else {
            vec![bytes(value)?]
        };
        Ok(Self(lines))
    }

    /// Judges the token. Waits for newer keys if they may help.
    pub(crate) async fn judge(&self, gate: &Gate, demand: &Demand) -> Result<Identity, Denied> {
        match BearerToken::from_field_lines(self.0.iter().map(Vec::as_slice)) {
            Ok(token) => gate.authorize_token(token, demand).await,
            Err(rejection) => Err(gate.refuse(rejection, demand)),
        }
    }
}

/// The bytes of a line. No token contains what a text cannot say in UTF-8.
fn bytes(line: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(text) = line.cast::<PyString>() {
        Ok(text.to_string_lossy().into_owned().into_bytes())
    } else if let Ok(bytes) = line.cast::<PyBytes>() {
        Ok(bytes.as_bytes().to_vec())
    } else {
        Err(PyTypeError::new_err(
            "authorization: give the value of the header as str or bytes, a list of them if there may be several, \
             or None if there is none",
        ))
    }
}
