//! Puts `tollgate serve` under load and faults, and checks every answer. README.md describes the checks.

mod browser;
mod clients;
mod grants;
mod grpc;
mod hostile;
mod http;
mod http2;
mod intruders;
mod issuer;
mod keys;
mod redis;
mod report;
mod requests;
mod rotation;
mod server;
mod sessions;
mod settings;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tollgate_tests::mint::SigningKey;

use clients::World;
use hostile::MAX_CONNECTIONS;
use issuer::Issuer;
use keys::{Key, Standing};
use redis::Redis;
use report::{Report, Samples};
use requests::Request;
use rotation::Rotation;
use server::{Server, wait_for};
use sessions::App;
use settings::Settings;
use tally::Tally;

const USAGE: &str =
    "usage: soak --server PROGRAM [--seconds N]    N from 10 to 3600 [default: 120]";

const STEADY_CLIENTS: u64 = 16;
const STRANGERS: u64 = 4;
const GRPC_CLIENTS: u64 = 6;
/// Signed-in users of the app whose sessions are in memory, and of that whose sessions are in redis.
const USERS: u64 = 8;

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
                seconds = count.parse().ok().filter(|count| (10..=3600).contains(count))?;
            }
            _ => return None,
        }
    }
    Some((server?, seconds))
}

/// Runs the soak. Returns whether nothing was wrong.
async fn soak(program: &Path, seconds: u64) -> Result<bool, String> {
    let issuer = Issuer::start().await.map_err(|error| error.to_string())?;
    let provider = Issuer::start().await.map_err(|error| error.to_string())?;
    let stable = [
        Key::new("stable-256", SigningKey::p256("a key that stays"), Standing::Known),
        Key::new("stable-384", SigningKey::p384("another key that stays"), Standing::Known),
    ];
    issuer.publish(stable.iter().map(|key| key.jwk()));
    let settings = Settings::write(program, &issuer.url, &provider.url)?;
    let server = started(program, &settings, "memory").await?;
    let redis = Redis::start(settings.folder()).await?;
    let mut sharing = Vec::new();
    if let Some(redis) = &redis {
        settings.write_redis_url(&redis.url())?;
        for _ in 0..2 {
            sharing.push(started(program, &settings, "redis").await?);
        }
    }
    let before = server.at_rest().await?;
    println!("{} has {before} descriptors at rest; soaking for {seconds} s", server.address);

    let mut constant = Request::all(&issuer.url, &stable);
    constant.push(Request::by_nobody("a key that was never published", "unpublished", &issuer.url));
    let world = Arc::new(World {
        address: server.address.clone(),
        unix: server.unix.clone(),
        issuer: issuer.url.clone(),
        tally: Tally::default(),
        constant,
        rotating: Mutex::default(),
        stop: AtomicBool::new(false),
    });
    let app = |addresses, redis| {
        let (world, provider) = (Arc::clone(&world), provider.clone());
        Arc::new(App { world, provider, addresses, redis })
    };
    let in_memory = app(vec![server.address.clone(), server.unix.clone()], None);
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
    for seed in 0..USERS {
        load.spawn(sessions::users(Arc::clone(&in_memory), 300 + seed));
    }
    if let Some(redis) = &redis {
        let addresses = sharing.iter().map(|server| server.address.clone()).collect();
        let in_redis = app(addresses, Some(Arc::clone(redis)));
        for seed in 0..USERS {
            load.spawn(sessions::users(Arc::clone(&in_redis), 400 + seed));
        }
    }
    load.spawn(intruders::all(in_memory));
    load.spawn(hostile::all(Arc::clone(&world)));
    load.spawn(http2::all(Arc::clone(&world)));
    let rotation = Rotation::new(issuer.clone(), Arc::clone(&server), Arc::clone(&world), stable);
    let sampling = async {
        let samples = Samples::take(&server, &world, Duration::from_secs(seconds)).await;
        world.stop.store(true, Ordering::Relaxed);
        samples
    };
    let failing = async {
        match &redis {
            Some(redis) => {
                let is_refreshing = || provider.grants(|grants| grants.is_refreshing_any());
                redis.fail(&world, &sharing, is_refreshing).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let provider_failing = provider.fail_while(|| world.goes_on());
    let (samples, rotated, provider_failed, failed) =
        tokio::join!(sampling, rotation.run(), provider_failing, failing);
    let samples = samples?;
    let mut problems = Vec::new();
    while let Some(ended) = load.join_next().await {
        problems.extend(ended.err().map(|error| format!("a client failed: {error}")));
    }
    let rotated = rotated.map_err(|error| problems.push(error)).ok();
    let failed = failed.map_err(|error| problems.push(error)).ok().flatten();
    let after =
        wait_for("the descriptors", async || server.descriptors().filter(|count| *count <= before));
    if after.await.is_err() {
        let left = server.descriptors().unwrap_or_default();
        problems
            .push(format!("{left} descriptors are still open, but {before} were at rest before"));
    }
    let metrics = server.get("/metrics").await?;
    for server in [&server].into_iter().chain(&sharing) {
        problems.extend(server.stopped().await.err());
    }
    problems.extend(samples.growth_problem());
    let max_connections = u64::try_from(MAX_CONNECTIONS).unwrap_or(u64::MAX);
    problems.extend(samples.limit_problem(before, max_connections, 4 * USERS));
    let reused = provider.grants(|grants| grants.reused().to_vec());
    if !reused.is_empty() {
        problems.push(format!("refresh tokens were used twice: {}", reused.join(", ")));
    }

    let report = Report {
        tally: &world.tally,
        samples: &samples,
        rotated: rotated.as_ref(),
        provider: &provider_failed,
        redis: failed.as_ref(),
        metrics: &metrics.body,
        descriptors_at_rest: before,
    };
    report.print();
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

/// Starts a server with the configuration of this name, and waits until it has all keys.
async fn started(program: &Path, settings: &Settings, name: &str) -> Result<Arc<Server>, String> {
    let server = Server::start(program, &settings.config(name), &settings.socket()).await?;
    wait_for("keys", async || {
        let ready = server.get("/readyz").await.ok()?;
        (ready.status == 200 && ready.says("\"provider\":true")).then_some(())
    })
    .await?;
    Ok(Arc::new(server))
}
