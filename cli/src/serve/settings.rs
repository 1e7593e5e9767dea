//! [`Settings`]: the settings of the server. Each is declared once, for its flag, its variable and the file.

mod date;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use tollgate::duration::HumanDuration;
use tollgate::gate::Issuer;
use tollgate::one_or_many;

use super::byte_size::ByteSize;
use super::identity_headers::PercentEncoded;
use super::listener::{ListenAddress, SocketMode, SocketOwner};
use super::original_request::Proxy;
use super::rules::{Fallback, RawRule};
use super::sign_in::RawSignIn;
use super::token_source::{self, RawTokenSource};
use date::Date;

/// Declares the struct and [`Settings::or`], which therefore cannot miss a setting.
macro_rules! settings {
    ($(#[$of_struct:meta])* struct $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$of_struct])*
        pub(super) struct $name { $($(#[$of_field])* pub(super) $field: $type,)* }

        impl $name {
            /// These settings, and those of `other` where these are not set.
            pub(super) fn or(self, other: Self) -> Self {
                Self { $($field: self.$field.or(other.$field),)* }
            }
        }
    };
}

settings! {
    /// The settings of the server, as flags with their variables or as the keys of the file.
    ///
    /// `listen` has the flag `--listen` and the variable `TOLLGATE_LISTEN`, and likewise the others. A variable
    /// with a list has spaces between the values. The tables, which clap skips, are in the file only.
    #[derive(clap::Args, Clone, Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Settings {
        /// Listen here: HOST:PORT, unix:PATH, or systemd:[NAME] for sockets that systemd hands over; repeatable
        /// [default: 127.0.0.1:4180]
        #[arg(long, value_name = "ADDRESS", env = "TOLLGATE_LISTEN", value_delimiter = ' ')]
        #[serde(deserialize_with = "parsed_list")]
        listen: Option<Vec<ListenAddress>>,

        /// The permissions of the Unix sockets, in octal: 600, 660 or 666 [default: 660]
        #[arg(long, value_name = "MODE", env = "TOLLGATE_SOCKET_MODE")]
        socket_mode: Option<SocketMode>,

        /// The owner of the Unix sockets: USER, USER:GROUP or :GROUP, by name or number [default: that of the
        /// process]
        #[arg(long, value_name = "OWNER", env = "TOLLGATE_SOCKET_OWNER")]
        socket_owner: Option<SocketOwner>,

        /// The proxy whose headers carry the original method and path; required by rules, and by tokens in cookies
        #[arg(long, value_enum, env = "TOLLGATE_PROXY")]
        proxy: Option<Proxy>,

        /// Where requests carry their token: authorization, header=NAME, header=NAME:SCHEME or cookie=NAME;
        /// repeatable [default: authorization]
        #[arg(long, value_name = "SOURCE", env = "TOLLGATE_TOKEN_FROM", value_delimiter = ' ')]
        #[serde(deserialize_with = "token_source::deserialize")]
        token_from: Option<Vec<RawTokenSource>>,

        /// An origin under which browsers see the API: scheme, host and port; repeatable
        #[arg(long, value_name = "ORIGIN", env = "TOLLGATE_PUBLIC_URL", value_delimiter = ' ')]
        #[serde(deserialize_with = "list")]
        public_url: Option<Vec<String>>,

        /// An origin whose scripts may read refusals (CORS): scheme, host and port; repeatable
        #[arg(
            long = "cors-origin",
            value_name = "ORIGIN",
            env = "TOLLGATE_CORS_ORIGIN",
            value_delimiter = ' '
        )]
        #[serde(deserialize_with = "list")]
        cors_origins: Option<Vec<String>>,

        /// Percent-encode the identity headers, so that they can carry any character: all of them, or those with
        /// these names
        #[arg(
            long,
            value_name = "NAMES",
            env = "TOLLGATE_PERCENT_ENCODE_IDENTITY",
            num_args = 0..=1,
            require_equals = true,
            default_missing_value = "true"
        )]
        percent_encode_identity: Option<PercentEncoded>,

        /// The URL of the API, for its metadata (RFC 9728) and for challenges
        #[arg(long, value_name = "URL", env = "TOLLGATE_RESOURCE")]
        resource: Option<String>,

        /// The realm in challenges
        #[arg(long, env = "TOLLGATE_REALM")]
        realm: Option<String>,

        /// What requests need if no rule matches [default: token]
        #[arg(long, value_enum, env = "TOLLGATE_DEFAULT")]
        default: Option<Fallback>,

        /// Allow http:// for an issuer on this machine
        #[arg(
            long,
            value_name = "BOOL",
            env = "TOLLGATE_ALLOW_INSECURE_LOOPBACK",
            num_args = 0..=1,
            require_equals = true,
            default_missing_value = "true",
            hide_possible_values = true
        )]
        allow_insecure_loopback: Option<bool>,

        /// Allow http:// for this host, such as keycloak:8080; repeatable. Anyone on the network path can
        /// replace the keys
        #[arg(
            long = "allow-http-host",
            value_name = "HOST:PORT",
            env = "TOLLGATE_ALLOW_HTTP_HOST",
            value_delimiter = ' '
        )]
        #[serde(deserialize_with = "list")]
        allow_http_hosts: Option<Vec<String>>,

        /// Judge all tokens as of this time, for tests: seconds since 1970, or a time such as
        /// 2026-11-21T18:50:00Z
        #[arg(long, value_name = "TIME", env = "TOLLGATE_CURRENT_DATE", allow_negative_numbers = true)]
        current_date: Option<Date>,

        /// How much memory the tables of all keys may take; larger tables are faster [default: 8 MiB]
        #[arg(long, value_name = "SIZE", env = "TOLLGATE_TABLE_MEMORY")]
        table_memory: Option<ByteSize>,

        /// How many valid signatures to remember, which makes tokens that come again faster; 0 turns it off
        /// [default: 65536]
        #[arg(long, value_name = "COUNT", env = "TOLLGATE_REMEMBERED_SIGNATURES")]
        remembered_signatures: Option<u64>,

        /// The maximum number of open connections [default: 2048]
        #[arg(long, value_name = "COUNT", env = "TOLLGATE_MAX_CONNECTIONS")]
        max_connections: Option<u64>,

        /// The maximum length of a request line and its header fields [default: 65536]
        #[arg(long, value_name = "BYTES", env = "TOLLGATE_MAX_HEADER_BYTES")]
        max_header_bytes: Option<u64>,

        /// How long to wait for the complete head of a connection's next request, or for its client to read a response
        /// [default: 75]
        #[arg(long, value_name = "TIME", env = "TOLLGATE_IDLE_TIMEOUT")]
        idle_timeout: Option<HumanDuration>,

        /// How long to accept connections after the signal to stop, while /readyz responds with 503 [default: 0]
        #[arg(long, value_name = "TIME", env = "TOLLGATE_SHUTDOWN_DELAY")]
        shutdown_delay: Option<HumanDuration>,

        /// How long requests in progress may take after the server has stopped accepting connections [default: 10]
        #[arg(long, value_name = "TIME", env = "TOLLGATE_DRAIN_TIMEOUT")]
        drain_timeout: Option<HumanDuration>,

        /// Whether to reload the configuration file when it changes, and not only at SIGHUP [default: true]
        #[arg(long, value_name = "BOOL", env = "TOLLGATE_WATCH_CONFIG", hide_possible_values = true)]
        watch_config: Option<bool>,

        #[arg(skip)]
        headers: Option<BTreeMap<String, String>>,

        #[arg(skip)]
        issuer: Option<Vec<Issuer>>,

        #[arg(skip)]
        rule: Option<Vec<RawRule>>,

        #[arg(skip)]
        sign_in: Option<RawSignIn>,
    }
}

/// Reads one string or an array of strings.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    one_or_many::deserialize(deserializer).map(Some)
}

/// Reads one string or an array of strings, and parses each.
pub(super) fn parsed_list<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let texts = one_or_many::deserialize(deserializer)?;
    if texts.is_empty() {
        return Err(de::Error::custom("the list is empty. Name at least one, or remove the key"));
    }
    let parsed = texts.iter().map(|text| text.parse().map_err(de::Error::custom));
    parsed.collect::<Result<_, _>>().map(Some)
}
