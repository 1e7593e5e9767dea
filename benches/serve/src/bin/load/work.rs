//! [`Work`]: the requests that are left, and how long the answers took.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::requests::{Request, Requests};

/// The number of wrong answers to show.
const SHOWN: usize = 3;

/// The requests of a run. All connections take theirs from here.
#[derive(Clone)]
pub(crate) struct Work(Rc<State>);

struct State {
    requests: Requests,
    count: usize,
    next: Cell<usize>,
    begun: Instant,
    /// Microseconds from each request to its answer.
    latencies: RefCell<Vec<u128>>,
    wrong: RefCell<Vec<String>>,
}

impl Work {
    pub(crate) fn new(requests: Requests, count: usize) -> Self {
        let (next, begun) = (Cell::new(0), Instant::now());
        let (latencies, wrong) = (RefCell::new(Vec::with_capacity(count)), RefCell::default());
        Self(Rc::new(State { requests, count, next, begun, latencies, wrong }))
    }

    /// Takes the next request, unless there have been enough.
    pub(crate) fn next(&self) -> Option<&Request> {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        (number < self.0.count).then(|| self.0.requests.get(number))
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, took: Duration, checked: Result<(), String>) {
        self.0.latencies.borrow_mut().push(took.as_micros());
        if let Err(how) = checked {
            self.0.wrong.borrow_mut().push(how);
        }
    }

    /// Returns the figures as JSON.
    pub(crate) fn report(&self) -> String {
        let seconds = self.0.begun.elapsed().as_secs_f64();
        let (mut latencies, wrong) = (self.0.latencies.borrow_mut(), self.0.wrong.borrow());
        latencies.sort_unstable();
        let percentile = |percent: usize| {
            let last = latencies.len().saturating_sub(1);
            latencies.get(last * percent / 100).copied().unwrap_or_default()
        };
        let examples = wrong.iter().take(SHOWN).map(|how| format!("{how:?}"));
        format!(
            "{{\"answers\":{},\"seconds\":{seconds:.6},\"p50_us\":{},\"p99_us\":{},\"wrong\":{},\"examples\":[{}]}}",
            latencies.len(),
            percentile(50),
            percentile(99),
            wrong.len(),
            examples.collect::<Vec<_>>().join(","),
        )
    }
}
