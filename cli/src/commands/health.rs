//! `tollgate health`: asks a running server whether it works.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tollgate::duration::HumanDuration;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::serve::{Config, ListenAddress, ServeError};
use crate::show;

/// How long the server has to answer, unless `--timeout` says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum length of a response, in bytes. The server's are far shorter.
const MAX_RESPONSE_LEN: u64 = 64 << 10;

/// Ask a running server whether it works, as the health check of a container
///
/// Sends GET /healthz to the first address at which the server listens according to the environment or the configuration.
/// This needs neither a provider nor a token. With --ready, it sends GET /readyz.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  tollgate health
      ask the server whose configuration is in the environment, or the one at 127.0.0.1:4180
  tollgate health --ready --listen unix:/run/tollgate/tollgate.sock
      ask whether this server is ready for requests

Exit codes:
  0  the server works, or is ready
  1  it does not answer, or it is not ready
  2  wrong usage, or a configuration that cannot be read")]
pub(crate) struct Arguments {
    /// The configuration file of the server, of which only `listen` is read
    #[arg(long, value_name = "FILE", env = "TOLLGATE_CONFIG")]
    config: Option<PathBuf>,

    /// Where the server listens: HOST:PORT or unix:PATH [default: 127.0.0.1:4180]
    #[arg(long, value_name = "ADDRESS", env = "TOLLGATE_LISTEN", value_delimiter = ' ')]
    listen: Vec<ListenAddress>,

    /// Ask whether the server is ready for requests: it has keys, and is not about to stop
    #[arg(long)]
    ready: bool,

    /// How long the server has to answer [default: 3]
    #[arg(long, value_name = "TIME")]
    timeout: Option<HumanDuration>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Error> {
    let addresses = match &arguments.config {
        Some(path) if arguments.listen.is_empty() => {
            Config::listen_addresses(path).map_err(ServeError::from)?
        }
        _ if arguments.listen.is_empty() => vec![ListenAddress::default()],
        _ => arguments.listen.clone(),
    };
    let target = addresses.into_iter().find_map(Target::new).ok_or(Error::NoAddressToAsk)?;
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let timeout = arguments.timeout.map_or(DEFAULT_TIMEOUT, |timeout| timeout.0);
    let complaint = match get(&target, path, timeout) {
        Ok(Response { status: 200, .. }) => {
            show::print("ok\n")?;
            return Ok(Outcome::Positive);
        }
        Ok(Response { status, body }) => {
            format!(
                "{target} responds to {path} with {status}: {}",
                show::Untrusted(body.trim_end())
            )
        }
        Err(error) => format!("{target} does not respond to {path}: {error}"),
    };
    show::note(complaint);
    Ok(Outcome::Negative)
}

/// A server on this machine, or at least one with an address.
#[derive(Clone)]
enum Target {
    Tcp {
        host: String,
        port: u16,
    },
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Target {
    /// Where to connect to for a server that listens here; `None` if the address does not tell.
    fn new(address: ListenAddress) -> Option<Self> {
        match address {
            ListenAddress::Tcp { port: 0, .. } | ListenAddress::Systemd(_) => None,
            // A server that listens on all addresses also does on loopback.
            ListenAddress::Tcp { host, port } => {
                let host = match host.parse() {
                    Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.to_string(),
                    Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.to_string(),
                    _ => host,
                };
                Some(Self::Tcp { host, port })
            }
            #[cfg(unix)]
            ListenAddress::Unix(path) => Some(Self::Unix(path)),
            #[cfg(not(unix))]
            ListenAddress::Unix(_) => None,
        }
    }

    /// Sends a request, and reads the whole response.
    fn exchange(&self, request: &str) -> io::Result<Vec<u8>> {
        match self {
            Self::Tcp { host, port } => {
                exchange(TcpStream::connect((host.as_str(), *port))?, request)
            }
            #[cfg(unix)]
            Self::Unix(path) => exchange(std::os::unix::net::UnixStream::connect(path)?, request),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => {
                ListenAddress::Tcp { host: host.clone(), port: *port }.fmt(f)
            }
            #[cfg(unix)]
            Self::Unix(path) => ListenAddress::Unix(path.clone()).fmt(f),
        }
    }
}

struct Response {
    status: u16,
    body: String,
}

/// Asks, in a thread of its own, so that neither a name server nor a slow server can hold us up.
fn get(target: &Target, path: &'static str, timeout: Duration) -> io::Result<Response> {
    let (sender, receiver) = mpsc::channel();
    let target = target.clone();
    thread::spawn(move || {
        // HTTP/1.0: the response ends with the connection.
        let response = target.exchange(&format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"));
        let _ = sender.send(response);
    });
    let bytes = match receiver.recv_timeout(timeout) {
        Ok(received) => received?,
        Err(RecvTimeoutError::Timeout) => {
            return Err(io::Error::new(
                ErrorKind::TimedOut,
                format!("no complete response within {timeout:?}"),
            ));
        }
        Err(RecvTimeoutError::Disconnected) => return Err(ErrorKind::UnexpectedEof.into()),
    };
    response(&String::from_utf8_lossy(&bytes))
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "this is not a response of HTTP"))
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Vec<u8>> {
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(MAX_RESPONSE_LEN).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the status and the body of a response: `HTTP/1.0 200 OK`, header fields, an empty line, the body.
fn response(text: &str) -> Option<Response> {
    let (version, rest) = text.split_once(' ')?;
    let status = rest.get(..3)?.parse().ok().filter(|_| version.starts_with("HTTP/1."))?;
    let (_, body) = text.split_once("\r\n\r\n")?;
    Some(Response { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str) -> Option<String> {
        Target::new(address.parse().unwrap()).map(|target| target.to_string())
    }

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_loopback() {
        assert_eq!(target("0.0.0.0:80").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(target("[::]:80").as_deref(), Some("[::1]:80"));
        for address in ["127.0.0.2:80", "gate.internal:80", "unix:/run/a"] {
            assert_eq!(target(address).as_deref(), Some(address));
        }
        for address in ["127.0.0.1:0", "systemd:", "systemd:web"] {
            assert_eq!(target(address), None, "{address}");
        }
    }

    #[test]
    fn what_is_no_response_is_none() {
        let read = |text| response(text).map(|response| (response.status, response.body));
        assert_eq!(read("HTTP/1.0 503 x\r\na: b\r\n\r\n{}"), Some((503, "{}".to_owned())));
        for text in [
            "",
            "HTTP/1.1",
            "HTTP/1.1 ",
            "HTTP/1.1 2",
            "HTTP/1.1 200 OK\r\n",
            "SSH-2.0 200 \r\n\r\n",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
