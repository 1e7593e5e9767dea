//! [`Demo`]: the demo, and an app that signs in there.

use serde_json::Value;

use crate::server::{Answer, Server};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// `tollgate serve --demo` on a free port.
pub(crate) struct Demo {
    pub(crate) server: Server,
    /// The origin of the app: `http://localhost:PORT`.
    pub(crate) app: String,
    /// The issuer: `http://127.0.0.1:PORT/demo`.
    pub(crate) issuer: String,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let (server, _) = Server::demo();
        let (_, port) = server.address.rsplit_once(':').unwrap();
        Self { app: format!("http://localhost:{port}"), issuer: server.issuer(), server }
    }

    /// Where an app sends the browser to sign in, with further parameters such as `&prompt=consent`.
    pub(crate) fn authorize(&self, rest: &str) -> String {
        format!(
            "{}/authorize?response_type=code&client_id=demo-app&redirect_uri={}/callback&state=the-state\
             &nonce=the-nonce&code_challenge={CHALLENGE}&code_challenge_method=S256{rest}",
            self.issuer, self.app
        )
    }

    /// The tokens for the code in the URL to which the browser has returned.
    pub(crate) fn redeem(&self, url: &str) -> Value {
        assert!(url.starts_with(&format!("{}/callback?code=", self.app)), "{url}");
        assert!(url.contains("&state=the-state&iss="), "{url}");
        let code = url.split_once("code=").unwrap().1.split('&').next().unwrap();
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={}/callback\
             &code_verifier={VERIFIER}&client_id=demo-app&client_secret=demo-secret",
            self.app
        );
        let answer: Answer = self.server.post("/demo/token", &[], &form);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}
