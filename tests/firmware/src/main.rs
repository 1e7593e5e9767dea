//! Verifies the token of every case, and prints the expected and the observed verdict, and the cost.
#![no_std]
#![no_main]

mod cases;
#[cfg(feature = "custom-claims")]
mod claims;
mod keys;
#[cfg(feature = "check-tables")]
mod tables;

use tollgate_core::policy::{Audience, Policy};
use tollgate_core::{Now, Scratch, UnixTime, Verifier};
use tollgate_firmware::console::{print, print_number};
use tollgate_firmware::{board, stack};

use crate::cases::{Case, generated};
use crate::keys::Keys;

const POLICY: Policy<'_> =
    match Policy::access_token(&[generated::ISSUER], &[Audience::Exact(generated::AUDIENCE)])
        .required_scopes(&["read:orders"])
        .build()
    {
        Ok(policy) => policy,
        Err(_) => panic!("not a policy"),
    };

const NOW: Now = Now::Exact(UnixTime(generated::NOW));

/// Scratch memory for a verification: enough for tokens of 1 KiB.
type Memory = Scratch<{ Scratch::needed_for(1024) }>;

#[unsafe(no_mangle)]
fn program() -> ! {
    let Some(keys) = keys::keys() else {
        print("error: no keys\n");
        board::exit(false)
    };
    let mut scratch = Memory::new();
    let mut right = true;
    #[cfg(feature = "es256")]
    for case in &generated::ES256 {
        right &= run("ES256", case, &keys, &mut scratch);
    }
    #[cfg(feature = "es384")]
    for case in &generated::ES384 {
        right &= run("ES384", case, &keys, &mut scratch);
    }
    #[cfg(feature = "es512")]
    for case in &generated::ES512 {
        right &= run("ES512", case, &keys, &mut scratch);
    }
    #[cfg(feature = "eddsa")]
    for case in &generated::EdDSA {
        right &= run("EdDSA", case, &keys, &mut scratch);
    }
    #[cfg(all(feature = "rs256", not(feature = "long-keys")))]
    for case in &generated::RS256 {
        right &= run("RS256", case, &keys, &mut scratch);
    }
    #[cfg(all(feature = "rs256", feature = "long-keys"))]
    for case in &generated::RS256_4096 {
        right &= run("RS256", case, &keys, &mut scratch);
    }
    #[cfg(feature = "ps256")]
    for case in &generated::PS256 {
        right &= run("PS256", case, &keys, &mut scratch);
    }
    #[cfg(feature = "check-tables")]
    {
        right &= tables::check();
    }
    board::exit(right)
}

/// Prints a line: algorithm, name, expected, observed, ticks of the board's counter, bytes of stack.
fn run(algorithm: &str, case: &Case, keys: &Keys, scratch: &mut Memory) -> bool {
    stack::fill();
    let start = board::ticks();
    let observed = judge(case.authorization, keys, scratch);
    let ticks = board::ticks().wrapping_sub(start) & board::TICKS_MASK;
    let stack = stack::used();
    for word in ["case ", algorithm, " ", case.name, " ", case.expected, " ", observed] {
        print(word);
    }
    print(" ");
    print_number(ticks);
    print(" ");
    print_number(stack);
    print("\n");
    observed == case.expected
}

/// Returns the reason of a rejection, or `accepted`.
#[inline(never)]
fn judge(authorization: &[u8], keys: &Keys, scratch: &mut Memory) -> &'static str {
    match Verifier::new(keys, POLICY).verify_header(authorization, NOW, scratch) {
        Ok(token) if token.claims().subject().is_some_and(|name| name == *"user_1") => {
            #[cfg(feature = "custom-claims")]
            if !claims::are_right(token) {
                return "accepted-with-other-claims";
            }
            "accepted"
        }
        Ok(_) => "accepted-for-another-subject",
        Err(rejection) => rejection.reason(),
    }
}
