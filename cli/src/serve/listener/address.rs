//! [`ListenAddress`]: where to listen, the setting `listen`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;

/// Where to listen: `127.0.0.1:4180`, `[::1]:4180`, `localhost:4180`, `unix:/run/tollgate.sock`, `systemd:` or
/// `systemd:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListenAddress {
    /// All addresses of a host, which is an IP address or a name.
    Tcp { host: String, port: u16 },
    /// A Unix socket with this path.
    Unix(PathBuf),
    /// The sockets that systemd hands over: those with this name (`FileDescriptorName=`), or all of them.
    Systemd(Option<String>),
}

/// The text is not an address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an address to listen on: give HOST:PORT, as in \"127.0.0.1:4180\", \"[::1]:4180\" or \
     \"localhost:4180\", or a socket, as in \"unix:/run/tollgate.sock\" or \"systemd:\""
)]
pub(crate) struct NotAListenAddress(String);

impl ListenAddress {
    /// Whether only this machine can connect: it is a loopback address, or `localhost` (RFC 6761 §6.3).
    pub(crate) fn is_loopback(&self) -> bool {
        let Self::Tcp { host, .. } = self else { return false };
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self::Tcp { host: "127.0.0.1".to_owned(), port: 4180 }
    }
}

impl FromStr for ListenAddress {
    type Err = NotAListenAddress;

    fn from_str(text: &str) -> Result<Self, NotAListenAddress> {
        let malformed = || NotAListenAddress(text.to_owned());
        match text.split_once(':') {
            Some(("unix", "")) | None => Err(malformed()),
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            Some(("systemd", "")) => Ok(Self::Systemd(None)),
            Some(("systemd", name)) => Ok(Self::Systemd(Some(name.to_owned()))),
            Some(_) => tcp(text).ok_or_else(malformed),
        }
    }
}

fn tcp(text: &str) -> Option<ListenAddress> {
    let (host, port) = text.rsplit_once(':')?;
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(ip) => ip.parse::<Ipv6Addr>().ok()?.to_string(),
        None if is_host(host) => host.to_owned(),
        None => return None,
    };
    let port = port.parse().ok().filter(|_| port.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(ListenAddress::Tcp { host, port })
}

/// Whether this may be an IPv4 address or a name. The resolver judges it in the end.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Systemd(name) => write!(f, "systemd:{}", name.as_deref().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_a_port_or_a_socket() {
        for (text, is_loopback) in [
            ("127.0.0.1:4180", true),
            ("0.0.0.0:0", false),
            ("[::1]:65535", true),
            ("[::]:80", false),
            ("localhost:4180", true),
            ("gate.internal:4180", false),
            ("unix:/run/tollgate.sock", false),
            ("unix:a b", false),
            ("systemd:", false),
            ("systemd:web", false),
        ] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(address.is_loopback(), is_loopback, "{text}");
        }
        assert_eq!("127.0.0.1:4180".parse(), Ok(ListenAddress::default()));
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for text in [
            "",
            ":",
            "127.0.0.1",
            "127.0.0.1:",
            ":4180",
            "::1:4180",
            "[::1]",
            "[127.0.0.1]:4180",
            "a:65536",
            "a:+1",
            "http://a:1",
            "a/b:1",
            "unix:",
            "systemd",
        ] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }
}
