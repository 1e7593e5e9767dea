//! [`Source`]: one attempt to fetch keys, with discovery if needed, and a table for each key.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, HeaderValue, IF_NONE_MATCH};
use http::{Method, Request};

use super::discovery::Metadata;
use super::document::{Document, Reply};
use super::fetch::{FETCH_TIMEOUT, Fetch, FetchError, MAX_DOCUMENT_LEN};
use super::schedule::Moment;
use super::snapshot::IssuerKeys;
use crate::issuer_url::{IssuerUrl, Plaintext};
use crate::keys;

/// RFC 8414 §3.2.
const METADATA_TYPES: &[&str] = &["application/json"];
/// RFC 7517 §8.5. Most issuers send plain JSON.
const JWK_SET_TYPES: &[&str] = &["application/jwk-set+json", "application/json"];

/// How long the discovered URL of the keys is valid.
const REDISCOVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Where an issuer's keys come from, and what is known from the last attempt.
pub(crate) struct Source {
    fetcher: Arc<dyn Fetch>,
    issuer: IssuerUrl,
    plaintext: Plaintext,
    location: Location,
    etag: Option<HeaderValue>,
}

enum Location {
    Fixed(String),
    Discovered { jwks_uri: String, at: Moment },
    Unknown,
}

/// The result of a successful attempt.
pub(super) enum Fetched {
    New {
        keys: Arc<IssuerKeys>,
        jwks: Arc<[u8]>,
        fresh_for: Option<Duration>,
    },
    /// The keys have not changed.
    Same {
        fresh_for: Option<Duration>,
    },
}

impl Source {
    /// Makes a source that discovers the URL of the keys, unless it is given.
    pub(crate) fn new(
        fetcher: Arc<dyn Fetch>,
        issuer: IssuerUrl,
        plaintext: Plaintext,
        jwks_uri: Option<String>,
    ) -> Self {
        let location = jwks_uri.map_or(Location::Unknown, Location::Fixed);
        Self { fetcher, issuer, plaintext, location, etag: None }
    }

    pub(super) const fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// Fetches the keys; `have` is the key set from the last success.
    pub(super) async fn attempt(
        &mut self,
        now: Moment,
        have: Option<&[u8]>,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.try_attempt(now, have).await;
        if fetched.is_err() {
            // The keys may have moved.
            if let Location::Discovered { .. } = self.location {
                self.location = Location::Unknown;
            }
            self.etag = None;
        }
        fetched
    }

    async fn try_attempt(
        &mut self,
        now: Moment,
        have: Option<&[u8]>,
    ) -> Result<Fetched, FetchError> {
        let document = match self.key_set(now, have.is_some()).await? {
            Reply::New(document) => document,
            Reply::NotModified { fresh_for } => return Ok(Fetched::Same { fresh_for }),
        };
        let Document { body, fresh_for, etag } = document;
        if have.is_some_and(|have| have == body) {
            self.etag = etag;
            return Ok(Fetched::Same { fresh_for });
        }
        let issuer = self.issuer.as_str().to_owned();
        // Each table takes a millisecond: not on a thread that serves requests.
        let jwks: Arc<[u8]> = body.into();
        let text = Arc::clone(&jwks);
        let keys = tokio::task::spawn_blocking(move || provision(&issuer, &text)).await;
        let keys = keys.map_err(|_| FetchError::Interrupted)??;
        self.etag = etag;
        Ok(Fetched::New { keys: Arc::new(keys), jwks, fresh_for })
    }

    /// Fetches the key set. The response may say that it has not changed.
    async fn key_set(&mut self, now: Moment, have: bool) -> Result<Reply, FetchError> {
        let jwks_uri = self.jwks_uri(now).await?;
        let etag = self.etag.clone().filter(|_| have);
        self.get(&jwks_uri, JWK_SET_TYPES, etag.as_ref()).await
    }

    async fn jwks_uri(&mut self, now: Moment) -> Result<String, FetchError> {
        match &self.location {
            Location::Fixed(jwks_uri) => return Ok(jwks_uri.clone()),
            Location::Discovered { jwks_uri, at } if now < at.saturating_add(REDISCOVER) => {
                return Ok(jwks_uri.clone());
            }
            _ => {}
        }
        let found = self.get(&self.issuer.openid_configuration(), METADATA_TYPES, None).await;
        let found = match found {
            // An authorization server need not be an OpenID provider.
            Err(FetchError::Status { status: http::StatusCode::NOT_FOUND, .. }) => {
                let url = self.issuer.oauth_authorization_server();
                self.get(&url, METADATA_TYPES, None).await?
            }
            found => found?,
        };
        let Reply::New(document) = found else {
            return Err(FetchError::Metadata(
                "the response is HTTP 304 to an unconditional request".to_owned(),
            ));
        };
        let Metadata { jwks_uri } = Metadata::read(&document.body, &self.issuer, self.plaintext)?;
        if !matches!(&self.location, Location::Discovered { jwks_uri: old, .. } if *old == jwks_uri)
        {
            // The ETag belongs to the document at the old URL.
            self.etag = None;
        }
        self.location = Location::Discovered { jwks_uri: jwks_uri.clone(), at: now };
        Ok(jwks_uri)
    }

    async fn get(
        &self,
        url: &str,
        types: &[&str],
        etag: Option<&HeaderValue>,
    ) -> Result<Reply, FetchError> {
        let mut request = Request::builder().method(Method::GET).uri(url);
        request = request.header(ACCEPT, types.join(", "));
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = request.body(()).map_err(|error| FetchError::Network(error.to_string()))?;
        let fetching = self.fetcher.fetch(request, MAX_DOCUMENT_LEN);
        let response = tokio::time::timeout(FETCH_TIMEOUT, fetching).await;
        let reply = Reply::read(response.map_err(|_| FetchError::Timeout)??, types)?;
        match reply {
            Reply::NotModified { .. } if etag.is_none() => Err(FetchError::Status {
                status: http::StatusCode::NOT_MODIFIED,
                retry_after: None,
            }),
            reply => Ok(reply),
        }
    }
}

/// Discovers and fetches the key set of an issuer once.
///
/// # Errors
///
/// See [`FetchError`].
pub async fn fetch_key_set(
    fetcher: impl Fetch,
    issuer: IssuerUrl,
    plaintext: Plaintext,
) -> Result<Vec<u8>, FetchError> {
    let mut source = Source::new(Arc::new(fetcher), issuer, plaintext, None);
    match source.key_set(Moment::ZERO, false).await? {
        Reply::New(document) => Ok(document.body),
        // Not reached: the request was unconditional.
        Reply::NotModified { .. } => Err(FetchError::NoUsableKey),
    }
}

/// Reads a key set and makes a table for each key.
pub(super) fn provision(issuer: &str, jwks: &[u8]) -> Result<IssuerKeys, FetchError> {
    let keys = IssuerKeys::from_jwks_reporting(jwks, keys::with_table, |index, reason| {
        tracing::warn!(issuer, index, %reason, "skipped a key of the set");
    });
    let keys = keys.map_err(FetchError::KeySet)?;
    // An issuer that publishes no usable key has made a mistake. This is treated like an outage, so
    // the old keys stay in use as long as during one.
    if keys.keys().is_empty() { Err(FetchError::NoUsableKey) } else { Ok(keys) }
}
