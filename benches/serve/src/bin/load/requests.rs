//! [`Requests`]: what to send, and the answer to expect.

use bytes::Bytes;

/// A request, as it is sent, and the expected answer.
pub(crate) struct Request {
    pub(crate) bytes: Bytes,
    status: u16,
    /// Empty if the answer names no user.
    user: String,
}

/// The lines of a file, as requests.
pub(crate) struct Requests(Vec<Request>);

impl Requests {
    /// Reads a file, and makes a request of each token.
    pub(crate) fn read(path: &str, request: impl Fn(&str) -> Bytes) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let requests = text.lines().map(|line| {
            let mut fields = line.split('\t');
            let (token, status, user) = (fields.next()?, fields.next()?, fields.next()?);
            let (status, user) = (status.parse().ok()?, user.to_owned());
            Some(Request { bytes: request(token), status, user })
        });
        let requests: Option<Vec<_>> = requests.collect();
        match requests {
            Some(requests) if !requests.is_empty() => Ok(Self(requests)),
            _ => Err(format!("{path}: each line must be: token, tab, status, tab, user")),
        }
    }

    /// Returns a request by its number, which may exceed their count.
    pub(crate) fn get(&self, number: usize) -> &Request {
        &self.0[number % self.0.len()]
    }
}

impl Request {
    /// Checks an answer. `names` says whether it names a user.
    pub(crate) fn check(&self, status: u16, names: impl Fn(&str) -> bool) -> Result<(), String> {
        if status != self.status {
            return Err(format!("{status} instead of {}", self.status));
        }
        match self.user.is_empty() || names(&self.user) {
            true => Ok(()),
            false => Err(format!("the answer does not name {}", self.user)),
        }
    }
}
