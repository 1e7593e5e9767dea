//! The app under test, in this process or in one that can be killed.

use std::env;
use std::process::Command;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tollgate::sign_in::{
    ClientAuth, Provider as Discovered, Secret, Session, Sessions, SignIn, SignInBuilder,
    SignInLayer, Target,
};

use crate::http::Request;
use crate::parts::{Folder, Process, free_port, until};
use crate::provider::Provider;

/// It has what form-encoding changes (RFC 6749 §2.3.1).
const SECRET: &str = "a:b%c d+e";

/// A client of the provider, whose app is at `http://localhost` with its port.
pub(super) struct Client {
    pub(super) port: u16,
    id: String,
    issuer: String,
    auth: ClientAuth,
}

impl Client {
    /// Registers a client with a secret.
    pub(super) fn register(provider: &Provider) -> Self {
        Self::register_as(provider, ClientAuth::Basic, "ES384")
    }

    /// Registers a client that authenticates like this, and whose ID tokens are signed with `algorithm`.
    pub(super) fn register_as(provider: &Provider, auth: ClientAuth, algorithm: &str) -> Self {
        let port = free_port();
        let (id, origin) = (format!("app_{port}"), format!("http://localhost:{port}"));
        let mut metadata = json!({
            "client_id": id,
            "redirect_uris": [format!("{origin}/callback")],
            "post_logout_redirect_uris": [format!("{origin}/")],
            "backchannel_logout_uri": format!("http://127.0.0.1:{port}/backchannel-logout"),
            // Without this, ID tokens have no sid.
            "backchannel_logout_session_required": true,
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": auth.name(),
            "id_token_signed_response_alg": algorithm,
        });
        if auth != ClientAuth::None {
            metadata["client_secret"] = SECRET.into();
        }
        provider.client(&metadata);
        Self { port, id, issuer: provider.issuer.clone(), auth }
    }

    /// The provider's page for sign-out, from which the browser returns to the app.
    pub(super) fn end_session_url(&self) -> String {
        let Self { issuer, id, port, .. } = self;
        format!(
            "{issuer}/session/end?client_id={id}&post_logout_redirect_uri=http://localhost:{port}/"
        )
    }

    /// Settings for this client.
    pub(super) fn settings(&self) -> SignInBuilder {
        let origin = format!("http://localhost:{}", self.port);
        let settings = SignIn::builder(Discovered::discover(&self.issuer), &self.id, origin)
            .client_auth(self.auth)
            .allow_insecure_loopback();
        match self.auth {
            ClientAuth::None => settings,
            _ => settings.client_secret(Secret::new(SECRET)),
        }
    }

    /// Settings for this client that ask for refresh tokens.
    pub(super) fn offline(&self) -> SignInBuilder {
        self.settings().scopes(["offline_access"])
    }
}

/// A running app, which stops with this.
pub(super) struct App {
    pub(super) runtime: Runtime,
}

impl App {
    /// Starts the app of a client, and waits until it has read the provider's metadata.
    pub(super) fn start(client: &Client, settings: SignInBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", client.port)).await.unwrap();
            let sign_in = settings.build().unwrap();
            sign_in.ready().await;
            tokio::spawn(axum::serve(listener, router(&sign_in)).into_future());
        });
        Self { runtime }
    }
}

fn router(sign_in: &SignIn) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/claims", get(claims))
        .route("/token", get(token))
        .route("/info", get(info))
        .merge(sign_in.routes())
        .layer(SignInLayer::new(sign_in.clone()))
}

async fn home(session: Option<Session>) -> String {
    session.map_or("nobody".to_owned(), |session| session.subject().to_owned())
}

async fn claims(session: Session) -> String {
    session.as_json().to_owned()
}

async fn token(session: Session) -> String {
    session.access_token(Target::Default).await.unwrap_or_else(|error| format!("error: {error}"))
}

async fn info(session: Session) -> String {
    session
        .user_info::<Value>()
        .await
        .map_or_else(|error| error.to_string(), |info| info.to_string())
}

/// An app with its sessions in a file, in a process that can be killed.
pub(super) struct AppProcess {
    process: Process,
    folder: Folder,
}

/// The name of the test that is the program of an [`AppProcess`].
const PROGRAM: &str = "sign_in::app::is_the_program_of_an_app_with_its_sessions_in_a_file";
/// The variables that tell it what to do.
const PLACES: [&str; 4] =
    ["TOLLGATE_TEST_ISSUER", "TOLLGATE_TEST_CLIENT", "TOLLGATE_TEST_PORT", "TOLLGATE_TEST_FILE"];

impl AppProcess {
    pub(super) fn start(client: &Client) -> Self {
        let folder = Folder::new();
        let process = Self::process(client, &folder);
        Self { process, folder }
    }

    /// Kills the app, so that it cannot tidy up.
    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts the app again, after [`kill`](Self::kill).
    pub(super) fn restart(&mut self, client: &Client) {
        self.process = Self::process(client, &self.folder);
    }

    fn process(client: &Client, folder: &Folder) -> Process {
        let file = folder.path("sessions.redb").into_os_string().into_string().unwrap();
        let places = [&client.issuer, &client.id, &client.port.to_string(), &file];
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([PROGRAM, "--exact", "--ignored", "--nocapture"]);
        command.envs(PLACES.iter().zip(places));
        let mut process = Process::start(&mut command, &folder.path("log"));
        until("the app listens", || {
            assert!(process.has_ended().is_none(), "{}", folder.read("log"));
            Request::get("/").try_ask(client.port).ok()
        });
        process
    }
}

/// Does nothing unless an [`AppProcess`] starts it.
#[test]
#[ignore = "is started by another test"]
fn is_the_program_of_an_app_with_its_sessions_in_a_file() {
    let [Ok(issuer), Ok(id), Ok(port), Ok(file)] = PLACES.map(env::var) else { return };
    let client = Client { port: port.parse().unwrap(), id, issuer, auth: ClientAuth::Basic };
    let app = App::start(&client, client.offline().sessions(Sessions::file(file)));
    app.runtime.block_on(std::future::pending::<()>());
}
