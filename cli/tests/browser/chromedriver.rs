//! [`ChromeDriver`]: the program that steers Chromium.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running chromedriver. It ends with the test.
pub(crate) struct ChromeDriver {
    child: Child,
    pub(crate) url: String,
}

impl ChromeDriver {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        let child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child =
            child.unwrap_or_else(|error| panic!("chromedriver: {error}. Run .ci/browser"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // ChromeDriver was started successfully on port 40123.
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        // It must not wait for somebody to read what it prints.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            url: format!("http://127.0.0.1:{}", port.expect("chromedriver names its port")),
        }
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
