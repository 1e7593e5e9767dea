//! [`Source`]: one attempt to fetch keys, with discovery if needed, and a table for each key.

use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, HeaderValue, IF_NONE_MATCH,
};
use http::{Method, Request, StatusCode, Uri};
use tollgate_core::{KeySetError, UnusableKey};

use super::bearer_token::BearerTokenFile;
use super::bound_key::bound;
use super::discovery::Metadata;
use super::document::{Document, Reply};
use super::fetch::{Fetch, FetchError, MAX_DOCUMENT_LEN, MAX_KEYS};
use super::issuer_keys::IssuerKeys;
use super::kept_metadata::KeptMetadata;
use super::location::Location;
use super::schedule::{Cause, Moment};
use crate::gate::GateError;
use crate::issuer::Issuer;
use crate::issuer_template::IssuerTemplate;
use crate::issuer_url::{AllowedHttp, IssuerUrl};
use crate::memory::Memory;
use crate::table_memory::ReadKey;
use crate::trust_domain;

/// RFC 8414 §3.2.
const METADATA_TYPE: &str = "application/json";
/// RFC 7517 §8.5. Most issuers send plain JSON.
const JWK_SET_TYPES: &str = "application/jwk-set+json, application/json";

/// How long the discovered URL of the keys is valid.
const REDISCOVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Fetches the keys of an issuer, and knows the result of the last attempt.
pub(crate) struct Source {
    fetcher: Arc<dyn Fetch>,
    /// The name of the issuer.
    issuer: String,
    location: Location,
    allowed_http: AllowedHttp,
    bearer_token: Option<BearerTokenFile>,
    /// The timeout for one document.
    timeout: Duration,
    discovered: Option<Discovered>,
    /// Where all of the metadata goes, if somebody needs it.
    kept: Option<Arc<KeptMetadata>>,
    etag: Option<HeaderValue>,
}

struct Discovered {
    jwks_uri: String,
    at: Moment,
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
    /// Makes a source of the keys at `location`.
    ///
    /// # Errors
    ///
    /// A setting of the issuer is invalid.
    pub(crate) fn new(
        fetcher: Arc<dyn Fetch>,
        issuer: &Issuer,
        location: Location,
        allowed_http: AllowedHttp,
    ) -> Result<Self, GateError> {
        let name = issuer.name().unwrap_or_default();
        let bearer_token = issuer.bearer_token_file.as_ref().map(|path| {
            let urls = [location.url(), Some(name.as_str())];
            let file = BearerTokenFile::new(path.clone(), urls.into_iter().flatten());
            if !location.url().is_some_and(|url| url.starts_with("https://")) {
                return Err(GateError::BearerTokenOverHttp { issuer: name.clone() });
            }
            match file.read() {
                Ok(_) => Ok(file),
                Err(error) => Err(GateError::BearerTokenFile { path: path.clone(), error }),
            }
        });
        let timeout = issuer.checked_fetch_rules()?.fetch_timeout;
        Ok(Self {
            fetcher,
            location,
            allowed_http,
            bearer_token: bearer_token.transpose()?,
            timeout,
            issuer: name,
            discovered: None,
            kept: None,
            etag: None,
        })
    }

    /// Keeps the metadata there.
    pub(crate) fn keeping_metadata(self, kept: Option<Arc<KeptMetadata>>) -> Self {
        Self { kept, ..self }
    }

    pub(super) fn kept_metadata(&self) -> Option<&Arc<KeptMetadata>> {
        self.kept.as_ref()
    }

    /// Returns the name of the issuer.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Fetches the keys; `have` is the key set from the last success.
    pub(super) async fn attempt(
        &mut self,
        now: Moment,
        have: Option<&[u8]>,
        cause: Cause,
        memory: &Memory,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.try_attempt(now, have, cause, memory).await;
        if fetched.is_err() {
            // The keys may have moved.
            self.discovered = None;
            self.etag = None;
        }
        fetched
    }

    async fn try_attempt(
        &mut self,
        now: Moment,
        have: Option<&[u8]>,
        cause: Cause,
        memory: &Memory,
    ) -> Result<Fetched, FetchError> {
        let document = match self.key_set(now, have.is_some(), cause).await? {
            Reply::New(document) => document,
            Reply::NotModified { fresh_for } => return Ok(Fetched::Same { fresh_for }),
        };
        let Document { body, content_type, fresh_for, etag } = document;
        if have.is_some_and(|have| have == body) {
            self.etag = etag;
            return Ok(Fetched::Same { fresh_for });
        }
        let issuer = self.issuer.clone();
        // Each table takes milliseconds: not on a thread that serves requests.
        let jwks: Arc<[u8]> = body.into();
        let (text, memory) = (Arc::clone(&jwks), memory.clone());
        let keys = tokio::task::spawn_blocking(move || provision(&issuer, &text, &memory)).await;
        let keys = keys.map_err(|_| FetchError::Interrupted)?;
        let keys = keys.map_err(|error| error.in_document(content_type))?;
        self.etag = etag;
        Ok(Fetched::New { keys: Arc::new(keys), jwks, fresh_for })
    }

    /// Fetches the key set. The response may say that it has not changed.
    async fn key_set(
        &mut self,
        now: Moment,
        have: bool,
        cause: Cause,
    ) -> Result<Reply, FetchError> {
        let jwks_uri = self.jwks_uri(now, cause).await?;
        let etag = self.etag.clone().filter(|_| have);
        self.get(&jwks_uri, JWK_SET_TYPES, etag.as_ref(), cause).await
    }

    async fn jwks_uri(&mut self, now: Moment, cause: Cause) -> Result<String, FetchError> {
        if let Some(Discovered { jwks_uri, at }) = &self.discovered
            && now < at.saturating_add(REDISCOVER)
        {
            return Ok(jwks_uri.clone());
        }
        let found = match &self.location {
            Location::Uri(jwks_uri) => return Ok(jwks_uri.clone()),
            Location::Metadata(url) => self.metadata(url, cause).await,
            Location::Discovered(issuer) => self.discover(issuer, cause).await,
            // Not reached: nothing is fetched then.
            Location::File(_) => return Err(FetchError::NoUsableKey),
        };
        if let (Some(kept), Err(error)) = (&self.kept, &found) {
            kept.failed(error);
        }
        let Metadata { jwks_uri } = found?;
        if self.discovered.as_ref().is_none_or(|old| old.jwks_uri != jwks_uri) {
            // The ETag belongs to the document at the old URL.
            self.etag = None;
        }
        self.discovered = Some(Discovered { jwks_uri: jwks_uri.clone(), at: now });
        Ok(jwks_uri)
    }

    async fn discover(&self, issuer: &IssuerUrl, cause: Cause) -> Result<Metadata, FetchError> {
        match self.metadata(&issuer.openid_configuration(), cause).await {
            // An authorization server need not be an OpenID provider (RFC 8414).
            Err(error) if is_absent(&error) => {
                // If there is no metadata at all, the first answer says why.
                let second = self.metadata(&issuer.oauth_authorization_server(), cause).await;
                second.map_err(|second| if is_absent(&second) { error } else { second })
            }
            found => found,
        }
    }

    async fn metadata(&self, url: &str, cause: Cause) -> Result<Metadata, FetchError> {
        match self.get(url, METADATA_TYPE, None, cause).await? {
            Reply::New(document) => {
                let found = Metadata::read(&document, url, &self.issuer, &self.allowed_http)?;
                if let Some(kept) = &self.kept {
                    kept.discovered(url, document.body);
                }
                Ok(found)
            }
            Reply::NotModified { .. } => Err(FetchError::Metadata {
                error: "the response is HTTP 304 to an unconditional request".to_owned(),
                content_type: None,
            }),
        }
    }

    async fn get(
        &self,
        url: &str,
        types: &'static str,
        etag: Option<&HeaderValue>,
        cause: Cause,
    ) -> Result<Reply, FetchError> {
        let uri: Uri =
            url.parse().map_err(|_| FetchError::Network(format!("{url:?} is no URL")))?;
        let bearer_token = self.bearer_token.as_ref();
        let token = match bearer_token.filter(|file| file.is_for(&uri)) {
            Some(file) => Some(read(file.clone()).await?),
            None => None,
        };
        let is_withheld = bearer_token.is_some() && token.is_none();
        let mut request = Request::builder().method(Method::GET).uri(uri);
        // Without the second field, a server may choose any coding (RFC 9110 §12.5.3).
        request = request.header(ACCEPT, types).header(ACCEPT_ENCODING, "identity");
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if cause == Cause::Token {
            // A cache may have the same old keys as we do (RFC 9111 §5.2.1.4).
            request = request.header(CACHE_CONTROL, "no-cache");
        }
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        let request =
            request.body(Vec::new()).map_err(|error| FetchError::Network(error.to_string()))?;
        let fetching = self.fetcher.fetch(request, MAX_DOCUMENT_LEN);
        let response = tokio::time::timeout(self.timeout, fetching).await;
        match Reply::read(response.map_err(|_| FetchError::Timeout(self.timeout))??) {
            Ok(Reply::NotModified { .. }) if etag.is_none() => {
                Err(FetchError::Status { status: StatusCode::NOT_MODIFIED, retry_after: None })
            }
            Err(FetchError::Status { status: StatusCode::UNAUTHORIZED, .. }) if is_withheld => {
                Err(FetchError::BearerTokenWithheld)
            }
            reply => reply,
        }
    }
}

/// Whether a response says that there is no metadata at this URL. Servers say so in many ways, but an
/// answer that asks for patience does not.
fn is_absent(error: &FetchError) -> bool {
    const PATIENCE: [StatusCode; 3] =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    match error {
        FetchError::Status { status, .. } => status.is_client_error() && !PATIENCE.contains(status),
        FetchError::ContentType(_) => true,
        _ => false,
    }
}

/// Reads a file with a token, which may be on a disk that hangs.
async fn read(file: BearerTokenFile) -> Result<HeaderValue, FetchError> {
    let reading = tokio::task::spawn_blocking(move || {
        file.read().map_err(|error| FetchError::BearerTokenFile {
            path: file.path().to_owned(),
            error: error.to_string(),
        })
    });
    reading.await.map_err(|_| FetchError::Interrupted)?
}

/// Discovers and fetches the key set of an issuer once, as a gate does.
///
/// # Errors
///
/// A setting of the issuer is invalid, or its keys cannot be fetched.
pub async fn fetch_key_set(
    fetcher: impl Fetch,
    issuer: &Issuer,
    allowed_http: impl Into<AllowedHttp>,
) -> Result<Vec<u8>, KeySetUnavailable> {
    let allowed_http = allowed_http.into();
    let location = Location::of(issuer, &allowed_http)?;
    let mut source = Source::new(Arc::new(fetcher), issuer, location, allowed_http)?;
    match source.key_set(Moment::ZERO, false, Cause::Schedule).await? {
        Reply::New(document) => Ok(document.body),
        // Not reached: the request was unconditional.
        Reply::NotModified { .. } => Err(FetchError::NoUsableKey.into()),
    }
}

/// Why there is no key set.
///
/// ```
/// use http::Request;
/// use tollgate::gate::Issuer;
/// use tollgate::issuer_url::Plaintext;
/// use tollgate::jwks::{Fetch, FetchError, Fetching, KeySetUnavailable, fetch_key_set};
///
/// struct Down;
///
/// impl Fetch for Down {
///     fn fetch(&self, _: Request<Vec<u8>>, _: usize) -> Fetching<'_> {
///         Box::pin(async { Err(FetchError::Network("connection refused".to_owned())) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::new("https://auth.example.com/oidc");
/// let error = fetch_key_set(Down, &issuer, Plaintext::Refuse).await.unwrap_err();
/// assert!(matches!(error, KeySetUnavailable::Fetch(FetchError::Network(_))));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetUnavailable {
    /// A setting of the issuer is invalid.
    #[error("{0}")]
    Settings(#[from] GateError),
    /// The key set cannot be fetched.
    #[error("{0}")]
    Fetch(#[from] FetchError),
}

/// Why a document has no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoKeys {
    KeySet(KeySetError),
    NoUsableKey,
}

impl NoKeys {
    /// The error about a document of this type that was fetched.
    fn in_document(self, content_type: Option<String>) -> FetchError {
        match self {
            Self::KeySet(error) => FetchError::KeySet { error, content_type },
            Self::NoUsableKey => FetchError::NoUsableKey,
        }
    }
}

/// Reads a key set, and makes tables for its new keys.
pub(super) fn provision(issuer: &str, jwks: &[u8], memory: &Memory) -> Result<IssuerKeys, NoKeys> {
    let mut left_out = LeftOut { issuer, count: 0 };
    let key_use = trust_domain::key_use(issuer);
    let keys = memory.tables.first_keys(jwks, key_use, MAX_KEYS, |index, reason| {
        left_out.warn_of(index, reason);
    });
    let (keys, surplus) = keys.map_err(NoKeys::KeySet)?;
    if surplus > 0 {
        tracing::warn!(
            issuer,
            surplus,
            "the set has more than {MAX_KEYS} usable keys: left out the last ones"
        );
    }
    let template = IssuerTemplate::parse(issuer);
    let keys: Vec<_> = keys
        .into_iter()
        .map(|ReadKey { key, identity, issuer: owner }| {
            let key = key.map(|engine| memory.signatures.shared(identity, engine));
            match (&template, owner) {
                (Some(template), Some(owner)) => bound(key, owner, template),
                _ => key,
            }
        })
        .collect();
    // An issuer that publishes no usable key has made a mistake. This is treated like an outage, so
    // the old keys stay in use as long as during one.
    if keys.is_empty() { Err(NoKeys::NoUsableKey) } else { Ok(IssuerKeys::new(keys)) }
}

/// The keys of a set that cannot be used.
struct LeftOut<'a> {
    issuer: &'a str,
    count: usize,
}

impl LeftOut<'_> {
    /// Warns of a key. A document has room for more of them than a log should have.
    fn warn_of(&mut self, index: usize, reason: UnusableKey) {
        const MAX_WARNINGS: usize = 32;
        let issuer = self.issuer;
        self.count = self.count.saturating_add(1);
        if self.count <= MAX_WARNINGS {
            tracing::warn!(issuer, index, %reason, "skipped a key of the set");
        } else if self.count == MAX_WARNINGS.saturating_add(1) {
            tracing::warn!(issuer, "skipped more keys of the set");
        }
    }
}
