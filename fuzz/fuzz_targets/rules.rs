//! Any rules and any request: nothing panics, and the decision depends on nothing that it should not depend on.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tollgate_fuzz::rules;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    method: Method,
    target: &'a str,
    /// Lines of a configuration file.
    toml: &'a str,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Method {
    Get,
    Head,
    Post,
}

fuzz_target!(|input: Input<'_>| {
    let method = match input.method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
    };
    rules::decide(input.toml, method, input.target);
});
