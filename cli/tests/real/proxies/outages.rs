//! Without keys, and without tollgate.

use super::fake_tollgate::FakeTollgate;
use super::parties::PARTIES;
use super::stack::{Front, Proxy, Stack};
use crate::http::Request;
use crate::parts::until;
use crate::provider::Provider;

pub(super) fn without_keys_nothing_passes_and_the_client_may_come_back(proxy: Proxy) {
    let provider = Provider::start();
    let token = provider.token();
    provider.down();
    let stack = Stack::start_for(proxy, &provider.issuer);
    let request = Request::get("/orders").bearer(&token);
    let answer = stack.is_refused(&request);
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds: u32 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.json()["code"], "temporarily_unavailable");
    assert_eq!(stack.is_refused(&Request::get("/orders")).status, 401);
    stack.passes(&Request::get("/health"));

    provider.up();
    until("the token passes", || (stack.ask(&request).status == 200).then_some(()));
}

pub(super) fn if_tollgate_hangs_nothing_passes(proxy: Proxy) {
    let checks = FakeTollgate::start();
    let front = Front::start(proxy, checks.port, str::to_owned);
    checks.hang();
    // No longer than tests wait for an answer.
    let answer = front.is_refused(&Request::get("/health"));
    assert!((500..=504).contains(&answer.status), "{answer:?}");
}

pub(super) fn without_tollgate_nothing_passes(proxy: Proxy) {
    let mut stack = Stack::start(proxy);
    stack.passes(&Request::get("/orders").bearer(&PARTIES.full));
    stack.gateway.process.kill();
    for target in ["/orders", "/health", "/elsewhere"] {
        let answer = stack.is_refused(&Request::get(target).bearer(&PARTIES.full));
        let expected = match proxy {
            Proxy::Nginx | Proxy::Envoy | Proxy::EnvoyGrpc | Proxy::Haproxy => 503,
            Proxy::Caddy => 502,
            Proxy::Traefik | Proxy::IngressNginx => 500,
        };
        assert_eq!(answer.status, expected, "{answer:?}");
        if expected == 503 {
            assert_eq!(answer.header("Retry-After"), Some("5"));
            assert_eq!(answer.json()["code"], "temporarily_unavailable");
        }
    }
}

/// A refusal over gRPC is an answer, so that Envoy takes none for an outage. One without keys comes before Envoy
/// stops waiting.
#[test]
#[ignore = "needs node and envoy: .ci/real-parts"]
fn without_keys_nothing_passes_even_if_envoy_fails_open() {
    const MINUTE: u64 = 60_000;
    for is_hanging in [false, true] {
        let provider = Provider::start();
        let token = provider.token();
        match is_hanging {
            true => provider.slow("all", MINUTE),
            false => provider.down(),
        }
        let stack = Stack::start_defenceless(&provider.issuer);
        for target in ["/orders", "/elsewhere"] {
            let answer = stack.is_refused(&Request::get(target).bearer(&token));
            assert_eq!(answer.status, 503, "{answer:?}");
            assert_eq!(stack.is_refused(&Request::get(target)).status, 401);
        }
        assert_eq!(stack.is_refused(&Request::get("/orders/../health")).status, 403);
    }
}
