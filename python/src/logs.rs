//! What the library logs, for Python's logger `tollgate_jwt`.
//!
//! The thread that fetches keys cannot call Python, so its messages wait for the next call of the package.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

use pyo3::prelude::*;
use tollgate::untrusted::Untrusted;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// How many messages wait at most. The oldest are dropped.
const MAX_WAITING: usize = 256;

/// The level of Python's `logging`, and the text.
type Message = (u8, String);

static WAITING: Mutex<VecDeque<Message>> = Mutex::new(VecDeque::new());
static ARE_THERE_ANY: AtomicBool = AtomicBool::new(false);

/// Collects from now on.
pub(crate) fn collect() {
    // An error says that this module was loaded before.
    let _ = tracing::subscriber::set_global_default(Collector);
}

/// Gives what has been collected to Python's logger.
pub(crate) fn deliver(py: Python<'_>) -> PyResult<()> {
    if !ARE_THERE_ANY.swap(false, Ordering::Relaxed) {
        return Ok(());
    }
    let messages = with_waiting(std::mem::take).unwrap_or_default();
    let logger = py.import("logging")?.call_method1("getLogger", ("tollgate_jwt",))?;
    for (level, text) in messages {
        logger.call_method1("log", (level, "%s", text))?;
    }
    Ok(())
}

/// Never waits: a fork may have left the lock closed, and then messages are lost.
fn with_waiting<T>(f: impl FnOnce(&mut VecDeque<Message>) -> T) -> Option<T> {
    match WAITING.try_lock() {
        Ok(mut waiting) => Some(f(&mut waiting)),
        Err(TryLockError::Poisoned(poisoned)) => Some(f(&mut poisoned.into_inner())),
        Err(TryLockError::WouldBlock) => None,
    }
}

struct Collector;

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && *metadata.level() <= Level::INFO
            && metadata.target().starts_with("tollgate")
    }

    fn event(&self, event: &Event<'_>) {
        let level = match *event.metadata().level() {
            Level::ERROR => 40,
            Level::WARN => 30,
            _ => 20,
        };
        let mut text = Text::default();
        event.record(&mut text);
        let Text { message, fields } = text;
        with_waiting(|waiting| {
            if waiting.len() >= MAX_WAITING {
                waiting.pop_front();
            }
            waiting.push_back((level, message + &fields));
        });
        ARE_THERE_ANY.store(true, Ordering::Relaxed);
    }

    // The library has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A message and its fields, in one line.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{}", Untrusted(value.as_str())),
            name => write!(self.fields, " {name}={}", Untrusted(value.as_str())),
        };
    }
}
