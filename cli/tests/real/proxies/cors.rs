//! The headers with which pages of other origins may read a refusal.

use std::fs;

use super::fake_tollgate::{CORS, FakeTollgate};
use super::stack::{Front, Proxy};
use crate::http::Request;
use crate::parts::root;

pub(super) fn refusals_have_one_allowed_origin(proxy: Proxy) {
    let checks = FakeTollgate::start();
    let front = Front::start(proxy, checks.port, |text| match proxy {
        Proxy::Envoy => {
            let (before, after) = text.split_once("mappers:\n").unwrap();
            format!("{before}mappers:\n{}{after}", mapper_of_the_guide())
        }
        _ => text.to_owned(),
    });
    for status in [401, 403, 503] {
        let request = Request::get("/orders").bearer(&status.to_string());
        let answer = front.is_refused(&request.header("Origin", "https://app.example.com"));
        assert_eq!(answer.status, status, "{answer:?}");
        for (name, value) in CORS {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
    }
}

/// The mapper of docs/envoy.md for a 503, indented as in the example.
fn mapper_of_the_guide() -> String {
    let guide = fs::read_to_string(root().join("docs/envoy.md")).unwrap();
    let (_, block) = guide.split_once("## Pages of other origins").unwrap();
    let (_, block) = block.split_once("```yaml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.lines().map(|line| format!("                    {line}\n")).collect()
}

pub(super) fn what_passes_has_the_allowed_origin_of_the_api(proxy: Proxy) {
    let checks = FakeTollgate::start();
    let front = Front::start(proxy, checks.port, str::to_owned);
    let request = Request::get("/orders").header("Origin", "https://app.example.com");
    let answer = front.ask(&request);
    assert_eq!(answer.status, 200, "{answer:?}");
    let (name, value) = CORS[0];
    assert_eq!(answer.header(name), Some(value), "{answer:?}");
    assert_eq!(answer.header("Vary"), Some("Origin"), "{answer:?}");
}
