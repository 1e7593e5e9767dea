//! A redis that keeps sessions on disk, and is stopped or killed now and then.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::sleep;

use crate::clients::World;
use crate::server::{Server, wait_for};

/// The duration of an outage: shorter than the server stores the answer to a refresh again and again.
const OUTAGE: Duration = Duration::from_millis(2500);
/// The time between two outages.
const PAUSE: Duration = Duration::from_secs(2);

pub struct Redis {
    folder: PathBuf,
    process: Mutex<Child>,
    standing: AtomicU64,
}

/// Whether the store works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreStanding {
    Works,
    Fails,
    /// It is about to fail, or to work again.
    Changing,
}

/// The standing of the store at some time, in the lowest two bits, and the number of its changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreView(u64);

impl StoreView {
    /// Of a store that always works.
    pub const WORKS: Self = Self(0);

    /// Returns the standing between two views.
    pub fn until(self, later: Self) -> StoreStanding {
        match self.0 & 3 {
            _ if self != later => StoreStanding::Changing,
            0 => StoreStanding::Works,
            1 => StoreStanding::Fails,
            _ => StoreStanding::Changing,
        }
    }
}

/// Counts the events.
#[derive(Default)]
pub struct Outages {
    pub stopped: u64,
    pub killed: u64,
    pub reloads: u64,
}

impl Redis {
    /// Starts redis with its data in `folder`. Returns nothing if there is no `redis-server` on the PATH.
    pub async fn start(folder: &Path) -> Result<Option<Arc<Self>>, String> {
        let process = match spawn(folder) {
            Ok(process) => process,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot start redis-server: {error}")),
        };
        let redis = Self {
            folder: folder.to_owned(),
            process: Mutex::new(process),
            standing: AtomicU64::new(0),
        };
        redis.answers().await?;
        Ok(Some(Arc::new(redis)))
    }

    pub fn url(&self) -> String {
        format!("unix://{}", socket(&self.folder).display())
    }

    pub fn view(&self) -> StoreView {
        StoreView(self.standing.load(Ordering::SeqCst))
    }

    fn set(&self, standing: StoreStanding) {
        let standing = match standing {
            StoreStanding::Works => 0,
            StoreStanding::Fails => 1,
            StoreStanding::Changing => 2,
        };
        let changes = self.standing.load(Ordering::SeqCst) >> 2;
        self.standing.store((changes + 1) << 2 | standing, Ordering::SeqCst);
    }

    /// Makes it fail again and again until the soak ends, and the servers reload their configuration meanwhile. It fails
    /// in the middle of a refresh, if there is one.
    pub async fn fail(
        &self,
        world: &World,
        servers: &[Arc<Server>],
        is_refreshing: impl Fn() -> bool,
    ) -> Result<Outages, String> {
        let mut done = Outages::default();
        let mut stops = true;
        while world.goes_on() {
            sleep(PAUSE).await;
            for _ in 0..50 {
                if is_refreshing() {
                    break;
                }
                sleep(Duration::from_millis(10)).await;
            }
            self.set(StoreStanding::Changing);
            match stops {
                true => self.stop().await?,
                false => self.kill(),
            }
            self.set(StoreStanding::Fails);
            sleep(OUTAGE / 2).await;
            for server in servers {
                server.reload().await?;
                done.reloads += 1;
            }
            sleep(OUTAGE / 2).await;
            self.set(StoreStanding::Changing);
            match stops {
                true => self.signal("CONT")?,
                false => self.start_again()?,
            }
            self.answers().await?;
            for server in servers {
                // It tries the store anew.
                wait_for("the store", async || {
                    server.get("/readyz").await.ok().filter(|answer| answer.says("\"store\":true"))
                })
                .await?;
            }
            self.set(StoreStanding::Works);
            let count = if stops { &mut done.stopped } else { &mut done.killed };
            *count += 1;
            stops = !stops;
        }
        Ok(done)
    }

    /// Stops it, so that it accepts connections and does not answer.
    async fn stop(&self) -> Result<(), String> {
        self.signal("STOP")?;
        let status = format!("/proc/{}/status", self.process(|process| process.id()));
        wait_for("redis to stop", async || {
            let status = std::fs::read_to_string(&status).ok()?;
            status.contains("State:\tT").then_some(())
        })
        .await
    }

    /// Ends it without a chance to write anything.
    fn kill(&self) {
        self.process(|process| {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        });
    }

    fn start_again(&self) -> Result<(), String> {
        let started = spawn(&self.folder).map_err(|error| format!("redis-server: {error}"))?;
        self.process(|process| *process = started);
        Ok(())
    }

    fn signal(&self, name: &str) -> Result<(), String> {
        let id = self.process(|process| process.id()).to_string();
        match Command::new("kill").args(["-s", name, &id]).status() {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("cannot signal redis: {other:?}")),
        }
    }

    fn process<T>(&self, look: impl FnOnce(&mut Child) -> T) -> T {
        look(&mut self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until it answers.
    async fn answers(&self) -> Result<(), String> {
        wait_for("redis", async || {
            let mut stream = UnixStream::connect(socket(&self.folder)).await.ok()?;
            stream.write_all(b"DBSIZE\r\n").await.ok()?;
            let mut answer = [0];
            stream.read_exact(&mut answer).await.ok()?;
            // It answers with an error while it reads its data.
            (answer == *b":").then_some(())
        })
        .await
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("redis.sock")
}

/// Starts redis, which writes each change to the disk before it answers.
fn spawn(folder: &Path) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
        .arg("--dir")
        .arg(folder)
        .arg("--unixsocket")
        .arg(socket(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
}
