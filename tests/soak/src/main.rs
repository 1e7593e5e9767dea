//! Puts `tollgate serve` under load and faults, and checks every answer. README.md describes the checks.

mod clients;
mod grpc;
mod hostile;
mod http;
mod http2;
mod issuer;
mod keys;
mod report;
mod requests;
mod rotation;
mod server;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tollgate_tests::mint::{AUDIENCE, SigningKey};

use clients::World;
use hostile::{IDLE_TIMEOUT, MAX_CONNECTIONS, MAX_HEADER_BYTES};
use issuer::Issuer;
use keys::{Key, Standing};
use report::Samples;
use requests::{REQUIRED, Request};
use rotation::Rotation;
use server::{Server, wait_for};
use tally::Tally;

const USAGE: &str = "usage: soak --server PROGRAM [--seconds N]    N from 10 to 600 [default: 120]";

const STEADY_CLIENTS: u64 = 16;
const STRANGERS: u64 = 4;
const GRPC_CLIENTS: u64 = 6;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((server, seconds)) = parsed(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let soaked = tokio::runtime::Runtime::new()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(soak(&server, seconds)));
    match soaked {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("WRONG: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parsed(arguments: &[String]) -> Option<(PathBuf, u64)> {
    let (mut server, mut seconds) = (None, 120);
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        match (name.as_str(), arguments.next()?) {
            ("--server", path) => server = Some(PathBuf::from(path)),
            ("--seconds", count) => {
                seconds = count.parse().ok().filter(|count| (10..=600).contains(count))?;
            }
            _ => return None,
        }
    }
    Some((server?, seconds))
}

/// Runs the soak. Returns whether nothing was wrong.
async fn soak(program: &Path, seconds: u64) -> Result<bool, String> {
    let issuer = Issuer::start().await.map_err(|error| error.to_string())?;
    let stable = [
        Key::new("stable-256", SigningKey::p256("a key that stays"), Standing::Known),
        Key::new("stable-384", SigningKey::p384("another key that stays"), Standing::Known),
    ];
    issuer.publish(stable.iter().map(|key| key.jwk()));
    let config = Config::write(&issuer.url)?;
    let unix = format!("unix:{}", config.0.with_extension("sock").display());
    let server = Arc::new(Server::start(program, &config.0, &unix).await?);
    wait_for("keys", async || {
        server.get("/readyz").await.ok().filter(|answer| answer.status == 200)
    })
    .await?;
    let before = server.at_rest().await?;
    println!("{} has {before} descriptors at rest; soaking for {seconds} s", server.address);

    let mut constant = Request::all(&issuer.url, &stable);
    constant.push(Request::by_nobody("a key that was never published", "unpublished", &issuer.url));
    let world = Arc::new(World {
        address: server.address.clone(),
        unix,
        issuer: issuer.url.clone(),
        tally: Tally::default(),
        constant,
        rotating: Mutex::default(),
        stop: AtomicBool::new(false),
    });
    let mut load = JoinSet::new();
    for seed in 0..STEADY_CLIENTS {
        load.spawn(clients::steady(Arc::clone(&world), seed));
    }
    for seed in 0..STRANGERS {
        load.spawn(clients::strangers(Arc::clone(&world), 100 + seed));
    }
    for seed in 0..GRPC_CLIENTS {
        load.spawn(grpc::steady(Arc::clone(&world), 200 + seed));
    }
    load.spawn(hostile::all(Arc::clone(&world)));
    load.spawn(http2::all(Arc::clone(&world)));
    let rotation = Rotation::new(issuer.clone(), Arc::clone(&server), Arc::clone(&world), stable);
    let sampling = async {
        let samples = Samples::take(&server, &world, Duration::from_secs(seconds)).await;
        world.stop.store(true, Ordering::Relaxed);
        samples
    };
    let (samples, rotated) = tokio::join!(sampling, rotation.run());
    let samples = samples?;
    let mut problems = Vec::new();
    while let Some(ended) = load.join_next().await {
        problems.extend(ended.err().map(|error| format!("a client failed: {error}")));
    }
    let rotated = rotated.map_err(|error| problems.push(error)).ok();
    let after =
        wait_for("the descriptors", async || server.descriptors().filter(|count| *count <= before));
    if after.await.is_err() {
        let left = server.descriptors().unwrap_or_default();
        problems
            .push(format!("{left} descriptors are still open, but {before} were at rest before"));
    }
    let metrics = server.get("/metrics").await?;
    problems.extend(server.stopped().await.err());
    problems.extend(samples.growth_problem());
    let max_connections = u64::try_from(MAX_CONNECTIONS).unwrap_or(u64::MAX);
    problems.extend(samples.limit_problem(before, max_connections));

    report::print(&world.tally, &samples, rotated.as_ref(), &metrics.body, before);
    let (wrong, examples) = world.tally.wrong_answers();
    if wrong > 0 {
        problems.push(format!("{wrong} wrong answers, such as:\n  {}", examples.join("\n  ")));
    }
    for problem in &problems {
        println!("WRONG: {problem}");
    }
    if problems.is_empty() {
        println!("Every answer was right, and neither memory nor descriptors have grown.");
    }
    Ok(problems.is_empty())
}

/// The server's configuration file, removed when this is dropped.
struct Config(PathBuf);

impl Config {
    fn write(issuer: &str) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("tollgate-soak-{}.toml", std::process::id()));
        let text = format!(
            "allow_insecure_loopback = true\n\
             max_connections = {MAX_CONNECTIONS}\n\
             max_header_bytes = {MAX_HEADER_BYTES}\n\
             idle_timeout = {IDLE_TIMEOUT}\n\
             drain_timeout = 2\n\
             [[issuer]]\n\
             issuer = \"{issuer}\"\n\
             audience = \"{AUDIENCE}\"\n\
             scope = \"{REQUIRED}\"\n"
        );
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
