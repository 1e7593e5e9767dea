//! The server as a child process, and its resource usage as Linux reports it.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::http::{Answer, Connection};

/// The timeout for everything: far longer than a slow machine needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Mutex<Child>,
    pid: u32,
    /// For example `127.0.0.1:4180`.
    pub address: String,
    /// Its Unix socket: `unix:PATH`.
    pub unix: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts `tollgate serve` with this configuration, and waits until it listens on a port and on `unix`.
    pub async fn start(program: &Path, config: &Path, unix: &str) -> Result<Self, String> {
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--listen", unix, "--config"])
            .arg(config)
            .env("TOLLGATE_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let log = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = child.stderr.take() {
            let seen = Arc::clone(&log);
            thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
        let pid = child.id();
        let child = Mutex::new(child);
        let mut server = Self { child, pid, address: String::new(), unix: unix.to_owned(), log };
        let line = server.logged("listening address=", 0).await?;
        let address = line.split("address=").nth(1).and_then(|rest| rest.split(' ').next());
        server.address = address.unwrap_or_default().to_owned();
        server.logged("listening address=", 1).await?;
        Ok(server)
    }

    /// Returns the last lines of its log.
    pub fn last_words(&self) -> String {
        let log = self.lines();
        log.get(log.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the lines of the log that contain a text.
    fn count(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits for a line of the log that contains a text, and skips the first `before` of them.
    async fn logged(&self, text: &str, before: usize) -> Result<String, String> {
        wait_for(text, async || {
            self.lines().iter().filter(|line| line.contains(text)).nth(before).cloned()
        })
        .await
    }

    /// Makes it reload its configuration and fetch the keys.
    pub async fn reload(&self) -> Result<(), String> {
        const DONE: &str = "configuration reloaded";
        let before = self.count(DONE);
        self.signal("HUP")?;
        self.logged(DONE, before).await.map(drop)
    }

    pub fn signal(&self, name: &str) -> Result<(), String> {
        let sent = Command::new("kill").args(["-s", name, &self.pid.to_string()]).status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("cannot signal the server: {other:?}")),
        }
    }

    /// Returns the exit status if it has ended.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()
    }

    /// Returns the resident memory in KiB.
    pub fn rss_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Returns the number of open file descriptors.
    pub fn descriptors(&self) -> Option<u64> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.pid)).ok()?;
        u64::try_from(entries.count()).ok()
    }

    /// Returns the number of open descriptors of an idle server.
    pub async fn at_rest(&self) -> Result<u64, String> {
        let mut counts = Vec::new();
        for _ in 0..10 {
            sleep(Duration::from_millis(100)).await;
            counts.extend(self.descriptors());
        }
        counts.into_iter().min().ok_or_else(|| "the server is gone".to_owned())
    }

    /// Stops it. Returns an error if it ended before, failed or panicked.
    pub async fn stopped(&self) -> Result<(), String> {
        if let Ok(Some(status)) = self.ended() {
            return Err(format!("the server ended unexpectedly: {status}"));
        }
        self.signal("TERM")?;
        let status = wait_for("the server's end", async || self.ended().ok().flatten()).await?;
        if let Some(line) = self.lines().iter().find(|line| line.contains("panicked")) {
            return Err(format!("the server panicked: {line}"));
        }
        match status.success() {
            true => Ok(()),
            false => Err(format!("the server ended with {status}")),
        }
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Result<Answer, String> {
        let mut connection =
            Connection::open(&self.address).await.map_err(|error| error.to_string())?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        connection.send(request.as_bytes()).await.map_err(|error| error.to_string())?;
        connection.answer().await.map_err(|error| format!("{path}: {error:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Waits until `ready` returns a value.
pub async fn wait_for<T>(
    what: &str,
    mut ready: impl AsyncFnMut() -> Option<T>,
) -> Result<T, String> {
    let begun = Instant::now();
    loop {
        if let Some(value) = ready().await {
            return Ok(value);
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("timed out waiting for {what}"));
        }
        sleep(Duration::from_millis(20)).await;
    }
}
