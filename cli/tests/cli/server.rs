//! Runs `tollgate serve`, and sends checks as proxies do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a slow machine. Tests that pass do not wait this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    /// Such as `127.0.0.1:4180`.
    pub(crate) address: String,
    log: Arc<Mutex<String>>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, Vec<String>>,
    pub(crate) body: String,
}

impl Server {
    /// Starts `tollgate serve` on a free loopback port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_tollgate")), arguments)
    }

    /// Starts it with at most 40 file descriptors.
    #[cfg(unix)]
    pub(crate) fn with_few_descriptors(arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_tollgate")]);
        Self::spawn(shell, arguments)
    }

    /// Starts this program, which is `tollgate` or becomes it.
    pub(crate) fn spawn(program: Command, arguments: &[&str]) -> Self {
        Self::spawn_with(program, Stdio::null(), arguments)
    }

    /// The same, with something else than nothing as standard input.
    pub(crate) fn spawn_with(mut program: Command, stdin: Stdio, arguments: &[&str]) -> Self {
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("TOLLGATE_LOG", "trace")
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let seen = Arc::clone(&log);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut seen = seen.lock().unwrap();
                seen.push_str(&line);
                seen.push('\n');
            }
        });
        let mut server = Self { child, address: String::new(), log };
        let line = server.logged_line("listening");
        // As text or as JSON.
        let address = line.split("address=").nth(1).or(line.split("\"address\":\"").nth(1));
        server.address = address.unwrap().trim().split('"').next().unwrap().to_owned();
        server
    }

    /// Starts `tollgate serve --demo`, and returns what it prints when it is ready.
    pub(crate) fn demo() -> (Self, String) {
        let mut server = Self::start(&["--demo"]);
        let mut lines = BufReader::new(server.child.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        while !greeting.contains("Stop with Ctrl-C") {
            greeting.push_str(&lines.next().unwrap().unwrap());
            greeting.push('\n');
        }
        (server, greeting)
    }

    /// Starts a server for tokens of the demo's issuer, and waits until it has keys.
    pub(crate) fn for_demo(demo: &Self, arguments: &[&str]) -> Self {
        Self::for_issuer(&demo.issuer(), arguments)
    }

    /// Starts a server for tokens of an issuer on this machine, and waits until it has keys.
    pub(crate) fn for_issuer(issuer: &str, arguments: &[&str]) -> Self {
        let own = ["--issuer", issuer, "--audience", "https://api.example.com"];
        let server = Self::start(&[&own[..], &["--allow-insecure-loopback"], arguments].concat());
        server.wait_until_ready();
        server
    }

    pub(crate) fn wait_until_ready(&self) {
        wait_for("keys", || (self.get("/readyz", &[]).status == 200).then_some(()));
    }

    /// The demo's issuer.
    pub(crate) fn issuer(&self) -> String {
        format!("http://{}/demo", self.address)
    }

    /// A token from the demo's issuer.
    pub(crate) fn token(&self, query: &str) -> String {
        let answer = self.get(&format!("/demo/token?{query}"), &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub(crate) fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", target, headers)
    }

    pub(crate) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, target, headers, "")
    }

    /// Posts a form.
    pub(crate) fn post(&self, target: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let (len, form_type) = (form.len().to_string(), "application/x-www-form-urlencoded");
        let own = [("Content-Type", form_type), ("Content-Length", len.as_str())];
        self.send("POST", target, &[&own[..], headers].concat(), form)
    }

    fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Connection: close\r\n\r\n{body}"));
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Answer::on(stream, &request)
    }

    /// Waits until `text` is in the log, and returns the word after it.
    pub(crate) fn logged(&self, text: &str) -> String {
        wait_for(text, || {
            let log = self.log();
            let (_, rest) = log.split_once(text)?;
            Some(rest.split([' ', '\n']).next()?.to_owned())
        })
    }

    /// Waits until a line with `text` is in the log, and returns the line.
    pub(crate) fn logged_line(&self, text: &str) -> String {
        wait_for(text, || self.log().lines().find(|line| line.contains(text)).map(str::to_owned))
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a signal, such as `HUP`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until it exits, and returns the exit code.
    #[cfg(unix)]
    pub(crate) fn ended(mut self) -> i32 {
        exit_code(&mut self.child)
    }
}

/// Waits until a process exits, and returns the exit code.
pub(crate) fn exit_code(child: &mut Child) -> i32 {
    wait_for("the end", || child.try_wait().unwrap()).code().unwrap()
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// Sends a request that closes the connection.
    pub(crate) fn on(mut stream: impl Read + Write, request: &str) -> Self {
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::<String, Vec<String>>::new();
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            headers.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
        }
        Self { status, headers, body: body.to_owned() }
    }

    /// The only value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.get(name)?;
        assert_eq!(values.len(), 1, "{name} is repeated");
        Some(&values[0])
    }

    /// All values of a header.
    pub(crate) fn values(&self, name: &str) -> &[String] {
        self.headers.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
