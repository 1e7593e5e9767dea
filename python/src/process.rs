//! [`Process`]: what a gate has in one process. A forked process makes its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::{io, mem, process, thread};

use pyo3::PyErr;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tollgate::gate::Gate;

use crate::settings::{Settings, no_gate};

/// A gate, and the runtime that fetches its keys. The runtime gets its thread at the first use, so that a process
/// which only loads the app before it forks has none.
pub(crate) struct Process {
    id: u32,
    parts: Arc<Parts>,
}

struct Parts {
    gate: Gate,
    handle: Handle,
    idle: Mutex<Option<Idle>>,
    /// Dropping it ends the thread.
    _alive: oneshot::Sender<()>,
}

/// A runtime that nothing runs yet.
struct Idle {
    runtime: Runtime,
    ended: oneshot::Receiver<()>,
}

impl Process {
    /// Checks the settings, and builds the gate.
    pub(crate) fn new(settings: &Settings) -> Result<Self, PyErr> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let entered = handle.enter();
        let gate = settings.builder().build().map_err(no_gate)?;
        drop(entered);
        let (alive, ended) = oneshot::channel();
        let idle = Mutex::new(Some(Idle { runtime, ended }));
        let parts = Parts { gate, handle, idle, _alive: alive };
        Ok(Self { id: process::id(), parts: Arc::new(parts) })
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.parts.gate
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.parts.handle
    }

    /// Whether this belongs to the process that asks. Threads do not survive a fork, and locks stay as they were.
    pub(crate) fn is_own(&self) -> bool {
        self.id == process::id()
    }

    /// Starts to fetch keys, unless that runs.
    pub(crate) fn start(&self) -> io::Result<()> {
        let mut idle = self.parts.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.is_none() {
            return Ok(());
        }
        let (sender, receiver) = oneshot::channel::<Idle>();
        thread::Builder::new().name("tollgate".to_owned()).spawn(move || {
            if let Ok(Idle { runtime, ended }) = receiver.blocking_recv() {
                // An error says that the gate is gone, as does a value.
                let _ = runtime.block_on(ended);
                // Without waiting for a name server or a disk.
                runtime.shutdown_background();
            }
        })?;
        // If there is no thread, the runtime remains for the next attempt.
        if let Some(idle) = idle.take() {
            // The thread waits for it.
            let _ = sender.send(idle);
        }
        Ok(())
    }
}

impl Drop for Process {
    /// Leaks what another process has started. Stopping it from here could wait for a lock that nobody will open,
    /// and would disturb that process, since both share the runtime's events.
    fn drop(&mut self) {
        if !self.is_own() {
            mem::forget(Arc::clone(&self.parts));
        }
    }
}
