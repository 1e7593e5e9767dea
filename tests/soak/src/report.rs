//! Samples the server's resources every second, and prints the report.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::clients::World;
use crate::issuer::Mode;
use crate::redis::Outages as RedisOutages;
use crate::rotation::Done;
use crate::server::Server;
use crate::tally::Tally;

/// How much the resident memory may grow from the third to the fourth quarter: the allocator gets and
/// returns pages during floods.
const MAX_GROWTH_KIB: u64 = 8 * 1024;

/// Seconds between two lines of output.
const LINES_EVERY: u64 = 5;

/// How often to count the descriptors in a second, since floods are short.
const LOOKS: u32 = 20;

/// Additional descriptors besides connections, those at rest and requests to the token endpoint: a connection that
/// waits for room, fetches of keys, the configuration file.
const OTHER_DESCRIPTORS: u64 = 16;

/// The metrics to show.
const METRICS: [&str; 7] = [
    "tollgate_verdicts_total",
    "tollgate_connections",
    "tollgate_key_fetches",
    "tollgate_sign_ins_total",
    "tollgate_refreshes_total",
    "tollgate_sign_outs_total",
    "tollgate_sessions",
];

/// One sample per second.
#[derive(Default)]
pub struct Samples {
    rss_kib: Vec<u64>,
    descriptors: Vec<u64>,
    most_descriptors: u64,
}

impl Samples {
    pub async fn take(server: &Server, world: &World, duration: Duration) -> Result<Self, String> {
        let begun = Instant::now();
        let mut samples = Self::default();
        for second in 1..=duration.as_secs() {
            let mut most = 0;
            for look in 1..=LOOKS {
                let part = Duration::from_secs(1) * look / LOOKS;
                sleep_until(begun + Duration::from_secs(second - 1) + part).await;
                most = server.descriptors().unwrap_or_default().max(most);
            }
            samples.most_descriptors = samples.most_descriptors.max(most);
            let (Some(rss_kib), Some(descriptors)) = (server.rss_kib(), server.descriptors())
            else {
                return Err(format!("the server is gone: {}", server.last_words()));
            };
            samples.rss_kib.push(rss_kib);
            samples.descriptors.push(descriptors);
            if second % LINES_EVERY == 0 {
                let (wrong, _) = world.tally.wrong_answers();
                println!(
                    "{second:>4} s  {:>9} checked  {wrong} wrong  {:>6.1} MiB  {descriptors:>4} descriptors",
                    world.tally.total(),
                    mib(rss_kib),
                );
            }
        }
        Ok(samples)
    }

    fn quarter(&self, number: usize, of: &[u64]) -> u64 {
        let len = of.len() / 4;
        let mut quarter = of[number * len..(number + 1) * len].to_vec();
        quarter.sort_unstable();
        quarter.get(quarter.len() / 2).copied().unwrap_or_default()
    }

    /// Returns a problem if there were more connections than the limit allows. `token_requests` are the requests to
    /// the provider that there may be at the same time.
    pub fn limit_problem(
        &self,
        at_rest: u64,
        max_connections: u64,
        token_requests: u64,
    ) -> Option<String> {
        let most = self.most_descriptors;
        let limit = at_rest + max_connections + token_requests + OTHER_DESCRIPTORS;
        (most > limit)
            .then(|| format!("there were {most} descriptors, but at most {limit} are expected"))
    }

    pub fn growth_problem(&self) -> Option<String> {
        let (third, fourth) = (self.quarter(2, &self.rss_kib), self.quarter(3, &self.rss_kib));
        let growth = fourth.saturating_sub(third);
        (growth > MAX_GROWTH_KIB)
            .then(|| format!("the memory has grown by {:.1} MiB in the last quarter", mib(growth)))
    }
}

/// What is told in the end.
pub struct Report<'a> {
    pub tally: &'a Tally,
    pub samples: &'a Samples,
    pub rotated: Option<&'a Done>,
    /// The outages of the provider, where users sign in.
    pub provider: &'a [(Mode, u64)],
    /// Nothing if there is no redis.
    pub redis: Option<&'a RedisOutages>,
    pub metrics: &'a [u8],
    pub descriptors_at_rest: u64,
}

impl Report<'_> {
    /// Prints it as Markdown.
    pub fn print(&self) {
        println!("\n| request | count |\n|---|--:|");
        for (kind, count) in self.tally.kinds() {
            println!("| {kind} | {count} |");
        }
        self.print_samples();
        self.print_events();
        println!("\nThe server's metrics:\n");
        for line in String::from_utf8_lossy(self.metrics).lines() {
            if METRICS.iter().any(|name| line.starts_with(name)) {
                println!("    {line}");
            }
        }
        println!();
    }

    fn print_samples(&self) {
        let samples = self.samples;
        println!("\n| server | second quarter | third | fourth | maximum |\n|---|--:|--:|--:|--:|");
        let row = |name: &str, values: &[u64], most: u64, show: &dyn Fn(u64) -> String| {
            let quarters = (1..4).map(|number| show(samples.quarter(number, values)));
            let quarters = quarters.collect::<Vec<_>>().join(" | ");
            println!("| {name} | {quarters} | {} |", show(most));
        };
        let most_kib = samples.rss_kib.iter().copied().max().unwrap_or_default();
        row("resident memory, median", &samples.rss_kib, most_kib, &|kib| {
            format!("{:.1} MiB", mib(kib))
        });
        let most = samples.most_descriptors;
        row("descriptors, median", &samples.descriptors, most, &|count| count.to_string());
        println!("\nDescriptors at rest: {}, before and after.", self.descriptors_at_rest);
    }

    fn print_events(&self) {
        if let Some(Done { rotations, reloads, outages }) = self.rotated {
            println!("Key rotations: {rotations}; reloads of the configuration: {reloads}.");
            println!("Outages of the issuer of tokens: {}.", listed(outages));
        }
        println!("Outages of the provider of sign-in: {}.", listed(self.provider));
        match self.redis {
            Some(RedisOutages { stopped, killed, reloads }) => println!(
                "Outages of redis: stopped {stopped}, killed {killed}; reloads of its two servers: {reloads}."
            ),
            None => println!("SKIPPED: outages of redis, for want of redis-server on the PATH."),
        }
    }
}

fn listed(outages: &[(Mode, u64)]) -> String {
    let outages = outages.iter().filter(|(_, count)| *count > 0);
    outages.map(|(mode, count)| format!("{mode:?} {count}")).collect::<Vec<_>>().join(", ")
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
