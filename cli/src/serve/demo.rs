//! `tollgate serve --demo`: an OpenID provider, the gate and a sample API in one process, for trying it out.
//!
//! The app is at `http://localhost:PORT`, the provider at `http://127.0.0.1:PORT/demo`. So they are different sites
//! to a browser, as they are elsewhere, although one listener serves both.

mod bookstore;
mod hosts;
mod issuer;
mod provider;
mod provider_endpoints;

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{ACCEPT, CACHE_CONTROL, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};
use tollgate::clock;
use tollgate::gate::{Gate, Issuer};
use tollgate::issuer_url::Plaintext;
use tollgate::middleware::{Authenticated, RequireAuth};
use tollgate_core::Algorithm;

use super::decision::AuthConfig;
use super::endpoints::{Server, Setup};
use super::flags::ServeFlags;
use super::lifecycle::{self, ServeError};
use super::limits::Limits;
use super::listener::{self, HandedOver, ListenAddress, SocketAccess};
use super::metadata::Resources;
use super::signals::Stops;
use hosts::Hosts;
use issuer::{DemoIssuer, TokenRequest};
use provider_endpoints::ProviderEndpoints;

const AUDIENCE: &str = "https://api.example.com";
const SUBJECT: &str = "user_7f3k";
const READ: &str = "read:orders";
const LIFETIME: i64 = 3600;

/// Runs the demo until a signal stops it.
pub(crate) async fn serve(flags: &ServeFlags) -> Result<(), ServeError> {
    let addresses = flags.settings.listen.clone();
    let addresses = addresses.unwrap_or_else(|| vec![ListenAddress::default()]);
    if let Some(beyond) = addresses.iter().find(|address| !address.is_loopback()) {
        return Err(ServeError::DemoBeyondLoopback(beyond.clone()));
    }
    let stops = Stops::listen()?;
    let (access, mut nothing) = (SocketAccess::default(), HandedOver::default());
    let listeners = listener::bind(&addresses, &access, &mut nothing).await?;
    let base = listeners.first().map(|first| format!("http://{first}")).unwrap_or_default();
    let hosts = Hosts::new(&base);
    let issuer = Arc::new(DemoIssuer::new(format!("{base}/demo"))?);
    let provider = ProviderEndpoints::new(&issuer, hosts.app());
    let gate = Gate::builder()
        .plaintext(Plaintext::Loopback)
        .issuer(Issuer::new(issuer.url()).audience(AUDIENCE))
        .build()
        .map_err(super::ConfigError::from)?;
    let sign_in = bookstore::sign_in(issuer.url(), hosts.app())?;
    let access = AuthConfig::default();
    let setup = Setup {
        gate: gate.clone(),
        access,
        resources: Resources::default(),
        browsers: None,
        proxy: None,
    };
    let server = Server::new(setup, Limits::DEFAULT)?;
    let router = Arc::clone(&server)
        .router()
        .merge(bookstore::app(sign_in.clone(), api(&gate)))
        .nest("/demo", issuer_endpoints(Arc::clone(&issuer)).merge(Arc::clone(&provider).router()));
    let app = hosts.app().to_owned();
    let router = hosts.redirecting(router);
    provider.notify(&router);
    let stop = lifecycle::announce_stop(&server, stops);
    let running = lifecycle::run(listeners, router, server.connections(), stop);
    let greeting = async {
        gate.ready().await;
        let lines = Greeting { issuer: &issuer, base: &base, app: &app };
        // The demo keeps running if nobody reads its output.
        let _ = write!(io::stdout().lock(), "{lines}");
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        ended = running => ended,
        never = greeting => match never {},
        never = server.refusals().report() => match never {},
    }
}

/// The sample API, protected like any service in Rust.
fn api(gate: &Gate) -> Router {
    let readers = RequireAuth::new(gate.clone()).scope(READ);
    Router::new()
        .route("/user/info", get(user_info).layer(RequireAuth::new(gate.clone())))
        .route("/orders", get(orders).layer(readers))
}

async fn user_info(user: Authenticated) -> Json<Value> {
    Json(json!({ "user": user.subject(), "scope": user.scope() }))
}

async fn orders(user: Authenticated) -> Json<Value> {
    Json(json!({ "user": user.subject(), "orders": [{ "id": 1, "item": "a boat" }] }))
}

/// The keys, and an endpoint that issues tokens to anyone.
fn issuer_endpoints(issuer: Arc<DemoIssuer>) -> Router {
    Router::new().route("/jwks", get(jwks)).route("/token", get(token)).with_state(issuer)
}

async fn jwks(State(issuer): State<Arc<DemoIssuer>>) -> Json<Value> {
    Json(issuer.jwks())
}

/// The query of `/demo/token`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenQuery {
    #[serde(default)]
    scope: String,
    audience: Option<String>,
    subject: Option<String>,
    /// In seconds; negative for an expired token.
    lifetime: Option<i32>,
    alg: Option<String>,
}

async fn token(
    State(issuer): State<Arc<DemoIssuer>>,
    headers: HeaderMap,
    Query(query): Query<TokenQuery>,
) -> Response {
    let algorithm = query.alg.as_deref().map_or(Some(DemoIssuer::DEFAULT), Algorithm::from_name);
    let algorithm = algorithm.filter(|algorithm| DemoIssuer::ALGORITHMS.contains(algorithm));
    let Some(algorithm) = algorithm else {
        let names = DemoIssuer::ALGORITHMS.map(Algorithm::name).join(", ");
        let message = format!("alg must be one of {names}\n");
        return (http::StatusCode::BAD_REQUEST, message).into_response();
    };
    let lifetime = query.lifetime.map_or(LIFETIME, i64::from);
    let token = issuer.token(&TokenRequest {
        algorithm,
        subject: query.subject.as_deref().unwrap_or(SUBJECT),
        audience: query.audience.as_deref().unwrap_or(AUDIENCE),
        scope: &query.scope,
        now: clock::now().time().0,
        lifetime,
    });
    let no_store = [(CACHE_CONTROL, "no-store")];
    let accepts_json = headers.get(ACCEPT).is_some_and(|accept| accept == "application/json");
    if accepts_json {
        let body = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": lifetime,
            "scope": query.scope,
        });
        (no_store, Json(body)).into_response()
    } else {
        // Plain text, for `$(curl …)`.
        (no_store, token).into_response()
    }
}

/// What the demo prints when it is ready: commands to try.
struct Greeting<'a> {
    issuer: &'a DemoIssuer,
    base: &'a str,
    /// Where the bookstore is.
    app: &'a str,
}

impl fmt::Display for Greeting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = clock::now().time().0;
        let good = TokenRequest {
            algorithm: Algorithm::Es384,
            subject: SUBJECT,
            audience: AUDIENCE,
            scope: READ,
            now,
            lifetime: LIFETIME,
        };
        let expired = TokenRequest { now: now.saturating_sub(2 * LIFETIME), ..good };
        let lines = [
            ("a good token: 200", Some(good)),
            ("an expired token: 401", Some(expired)),
            (
                "a token for another API: 401",
                Some(TokenRequest { audience: "https://other.example", ..good }),
            ),
            (
                "a token without the scope read:orders: 403",
                Some(TokenRequest { scope: "", ..good }),
            ),
            ("no token: 401", None),
        ];
        let Self { issuer, base, app } = self;
        writeln!(
            f,
            "A bookstore with sign-in is at {app}. Open it in a browser, register, and see the books.\n"
        )?;
        writeln!(
            f,
            "Tollgate protects a sample API at {base}/orders. Try it from another terminal:\n"
        )?;
        for (what, request) in lines {
            writeln!(f, "# {what}")?;
            write!(f, "curl -s -o /dev/null -w '%{{http_code}}\\n'")?;
            if let Some(request) = request {
                write!(f, " -H 'Authorization: Bearer {}'", issuer.token(&request))?;
            }
            writeln!(f, " {base}/orders\n")?;
        }
        writeln!(
            f,
            "To see the full responses with a fresh token, for /orders and /user/info, and as a proxy asks:\n\n  \
             TOKEN=$(curl -s '{base}/demo/token?scope={READ}')\n  \
             curl -i -H \"Authorization: Bearer $TOKEN\" {base}/orders\n  \
             curl -i -H \"Authorization: Bearer $TOKEN\" {base}/user/info\n  \
             curl -i -H \"Authorization: Bearer $TOKEN\" {base}/auth\n\n\
             /demo/token takes the parameters scope, audience, subject, lifetime and alg. Keys: \
             {base}/demo/jwks, metrics: {base}/metrics.\n\
             This is for trying out only: anyone who asks gets a token. Stop with Ctrl-C."
        )
    }
}
