//! The metrics of the process that Prometheus' clients have in common, as Linux reports them in `/proc`
//! (`proc(5)`).

use std::fs;

use prometheus::proto::MetricFamily;
use prometheus::{Counter, Error, Gauge, Registry};

/// How many ticks of `/proc` a second has. `USER_HZ` is part of Linux' interface.
const TICKS: f64 = 100.0;

/// Reads the metrics of this process, which only systems with `/proc` have.
pub(super) fn families() -> Result<Vec<MetricFamily>, Error> {
    let registry = Registry::new();
    if let Some(seconds) = stat(14).zip(stat(15)).map(|(user, system)| (user + system) / TICKS) {
        let help = "Time that all processors have spent on this process.";
        let cpu = Counter::new("process_cpu_seconds_total", help)?;
        cpu.inc_by(seconds);
        registry.register(Box::new(cpu))?;
    }
    let started = stat(22).zip(boot_time()).map(|(ticks, boot)| boot + ticks / TICKS);
    let kib = |name| status(name).map(|kib| kib * 1024.0);
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory in use.", kib("VmRSS:")),
        ("process_virtual_memory_bytes", "Addresses in use.", kib("VmSize:")),
        ("process_open_fds", "Open file descriptors.", open_descriptors()),
        ("process_max_fds", "File descriptors that may be open.", max_descriptors()),
        ("process_threads", "Threads.", status("Threads:")),
        ("process_start_time_seconds", "When the process started, in seconds since 1970.", started),
    ] {
        if let Some(value) = value {
            let gauge = Gauge::new(name, help)?;
            gauge.set(value);
            registry.register(Box::new(gauge))?;
        }
    }
    Ok(registry.gather())
}

/// A field of `/proc/self/stat`, counted from 1 as in `proc(5)`, which comes after the name.
fn stat(field: usize) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name, in parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(field.checked_sub(3)?)?.parse().ok()
}

/// A number in `/proc/self/status`.
fn status(name: &str) -> Option<f64> {
    word_after("/proc/self/status", name)
}

/// Seconds since 1970.
fn boot_time() -> Option<f64> {
    word_after("/proc/stat", "btime ")
}

fn max_descriptors() -> Option<f64> {
    // The soft limit comes first.
    word_after("/proc/self/limits", "Max open files ")
}

/// The word after the start of a line.
fn word_after(path: &str, start: &str) -> Option<f64> {
    let text = fs::read_to_string(path).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(start))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn open_descriptors() -> Option<f64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // Without the one that reads them.
    u32::try_from(count).ok()?.checked_sub(1).map(f64::from)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use prometheus::TextEncoder;

    use super::*;

    fn value(name: &str) -> f64 {
        let text = TextEncoder::new().encode_to_string(&families().unwrap()).unwrap();
        let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
        text.lines().find_map(value).unwrap()
    }

    #[test]
    fn linux_says_what_the_process_uses() {
        assert_eq!(families().unwrap().len(), 7);
        assert!(value("process_resident_memory_bytes") > 1e6);
        assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
        assert!(value("process_threads") >= 2.0);
        assert!((3.0..value("process_max_fds")).contains(&value("process_open_fds")));
        assert!((0.0..1e5).contains(&value("process_cpu_seconds_total")));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let age = now - value("process_start_time_seconds");
        assert!((-2.0..1e5).contains(&age), "{age}");
    }
}
