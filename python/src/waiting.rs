//! [`Waiting`]: a verdict that may have to wait for newer keys, for callers that must not block.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;
use tollgate::gate::{Demand, Denied, Identity as Accepted};

use crate::authorization::Authorization;
use crate::denied;
use crate::identity::Identity;
use crate::logs;
use crate::process::Process;

/// A verdict that is there, or that waits for newer keys.
#[pyclass(frozen, module = "tollgate_jwt")]
pub(crate) struct Waiting {
    process: Arc<Process>,
    /// `None` once it has been given.
    verdict: Mutex<Option<Pin<Box<Judging>>>>,
}

type Judging = dyn Future<Output = Result<Accepted, Denied>> + Send;

impl Waiting {
    pub(crate) fn new(process: Arc<Process>, authorization: Authorization, demand: Demand) -> Self {
        let gate = process.gate().clone();
        let verdict = async move { authorization.judge(&gate, &demand).await };
        Self { process, verdict: Mutex::new(Some(Box::pin(verdict))) }
    }
}

#[pymethods]
impl Waiting {
    /// Returns the identity, or `None` to ask again a little later. Gives its verdict once.
    fn poll(&self, py: Python<'_>) -> PyResult<Option<Identity>> {
        let polled = py.detach(|| {
            let _entered = self.process.handle().enter();
            let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
            let judging =
                verdict.as_mut().ok_or_else(|| denied::broken("the verdict was given before"))?;
            // Nobody is woken: the caller asks again.
            let polled = judging.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if polled.is_ready() {
                *verdict = None;
            }
            PyResult::Ok(polled)
        })?;
        logs::deliver(py)?;
        match polled {
            Poll::Pending => Ok(None),
            Poll::Ready(Ok(identity)) => Ok(Some(Identity::new(identity))),
            Poll::Ready(Err(denied)) => Err(denied::exception(py, &denied, self.process.gate())),
        }
    }
}
