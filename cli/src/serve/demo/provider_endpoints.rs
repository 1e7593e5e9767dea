//! The endpoints of the demo's provider over HTTP.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tollgate::clock;
use tollgate::gate::json_response;

use super::issuer::DemoIssuer;
use super::provider::{Client, Lifetimes, LogoutNotice, MAX_BODY, Provider, Settings};
use super::{AUDIENCE, READ};

/// The client that the demo's app is. Anyone may know the secret: the demo issues tokens to anyone, too.
pub(super) const CLIENT_ID: &str = "demo-app";
pub(super) const CLIENT_SECRET: &str = "demo-secret";

/// Another origin whose `/callback` and `/` are registered: that of an app which a reader of the tutorial writes.
const TUTORIAL_APP: &str = "http://localhost:3000";

/// The origin of an app behind a proxy as the recipes configure it, whose sign-in `tollgate serve` does.
const APP_BEHIND_PROXY: &str = "http://localhost:8080";

/// So many requests are answered at the same time. A password keeps a core busy.
const MAX_AT_ONCE: usize = 8;

/// The provider, and the app that it tells about the end of sessions.
pub(super) struct ProviderEndpoints {
    provider: Arc<Provider>,
    places: Arc<Semaphore>,
    app: String,
    router: OnceLock<Router>,
}

impl ProviderEndpoints {
    /// The provider whose tokens `issuer` signs, for the app at this origin.
    pub(super) fn new(issuer: &Arc<DemoIssuer>, app: &str) -> Arc<Self> {
        let origins = [app, TUTORIAL_APP, APP_BEHIND_PROXY];
        let callbacks = [app, TUTORIAL_APP].map(|origin| format!("{origin}/callback"));
        let behind_proxy = format!("{APP_BEHIND_PROXY}/tollgate/callback");
        let client = Client {
            id: CLIENT_ID.to_owned(),
            name: "Bookstore".to_owned(),
            secret: Some(CLIENT_SECRET.to_owned()),
            redirect_uris: callbacks.into_iter().chain([behind_proxy]).collect(),
            post_logout_redirect_uris: origins.map(|origin| format!("{origin}/")).to_vec(),
            backchannel_logout_uri: Some(format!("{app}/backchannel-logout")),
        };
        let settings = Settings {
            issuer: issuer.url().to_owned(),
            clients: vec![client],
            resources: vec![AUDIENCE.to_owned()],
            scopes: vec![READ.to_owned(), "write:orders".to_owned()],
            lifetimes: Lifetimes::default(),
            password_rounds: Settings::PASSWORD_ROUNDS,
        };
        Arc::new(Self {
            provider: Arc::new(Provider::new(settings, Box::new(Arc::clone(issuer)))),
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            app: app.to_owned(),
            router: OnceLock::new(),
        })
    }

    /// The endpoints below the issuer.
    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(answer))
            .route("/authorize", any(answer))
            .route("/login", any(answer))
            .route("/register", any(answer))
            .route("/consent", any(answer))
            // Its GET is the one that issues tokens to anyone.
            .route("/token", post(answer))
            .route("/userinfo", any(answer))
            .route("/revoke", any(answer))
            .route("/end_session", any(answer))
            .route("/end_session/confirm", any(answer))
            .with_state(self)
    }

    /// From now on, tells the app in this router about the end of sessions.
    pub(super) fn notify(&self, router: &Router) {
        // There is one app, so a second call changes nothing.
        let _ = self.router.set(router.clone());
    }

    /// Sends a notice to the app, which is in this process.
    async fn deliver(&self, notice: LogoutNotice) {
        let path = notice.url.strip_prefix(&self.app);
        let (Some(path), Some(router)) = (path, self.router.get()) else { return };
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            // A token has no character that a form encodes.
            .body(Body::from(format!("logout_token={}", notice.logout_token)));
        let Ok(request) = request else { return };
        let Ok(response) = TowerToHyperService::new(router.clone()).call(request).await;
        tracing::debug!(
            status = response.status().as_u16(),
            "told the app that a session has ended"
        );
    }
}

async fn answer(State(endpoints): State<Arc<ProviderEndpoints>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return json_response(status, "invalid_request", "the body is incomplete or too large");
    };
    let request = http::Request::from_parts(parts, body.to_vec());
    let provider = Arc::clone(&endpoints.provider);
    let Ok(place) = Arc::clone(&endpoints.places).acquire_owned().await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let answered = spawn_blocking(move || {
        // Also if the client has gone: the place is free when the work is done.
        let _place = place;
        provider.answer(&request, clock::now().time().0)
    });
    let Ok(answer) = answered.await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    for notice in answer.notices {
        let endpoints = Arc::clone(&endpoints);
        tokio::spawn(async move { endpoints.deliver(notice).await });
    }
    sleep(answer.delay).await;
    answer.response.into_response()
}
