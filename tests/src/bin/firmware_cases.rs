//! Writes what the firmware judges: `cases.rs`, tokens with the verdicts that they deserve, the same
//! as lines of `cases.txt`, good tokens of unusual subjects as lines of `subjects.txt`, and
//! `jwks.json`, the keys, for `tollgate provision`.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use serde_json::json;
use tollgate_tests::mint::{self, SigningKey, Token};

/// Where statics stand that are no part of the program which is measured.
const SECTION: &str = "#[unsafe(link_section = \".rodata.cases\")]";

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: firmware_cases FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let jwks = mint::good_jwks().to_string();
    fs::write(folder.join("jwks.json"), &jwks)?;
    let mut source = String::from("// Written by firmware_cases. Do not edit.\n\n");
    writeln!(source, "pub const NOW: i64 = {};", mint::NOW).unwrap();
    writeln!(source, "pub const ISSUER: &str = {:?};", mint::ISSUER).unwrap();
    writeln!(source, "pub const AUDIENCE: &str = {:?};", mint::AUDIENCE).unwrap();
    write_bytes(&mut source, "pub static JWKS", &jwks);
    let mut lines = String::new();
    for (algorithm, good, another_key) in [
        ("ES256", Token::good(), SigningKey::p256("another key")),
        ("ES384", Token::good_es384(), SigningKey::p384("another key")),
    ] {
        let cases = cases(&good, &another_key);
        write_cases(&mut source, algorithm, &cases);
        for (name, expected, authorization) in cases {
            writeln!(lines, "{algorithm} {name} {expected} {authorization}").unwrap();
        }
    }
    fs::write(folder.join("cases.rs"), source)?;
    fs::write(folder.join("cases.txt"), lines)?;
    let subjects = [
        ("odd", "a \"b\" \\ \n \u{1} \u{fc} \u{1f600}".to_owned()),
        ("longest", "\"".repeat(255)),
        ("long", "u".repeat(600)),
    ];
    let subjects = subjects.map(|(name, subject)| {
        let token = Token::good().claim("sub", json!(subject)).mint();
        format!("ES256 {name}-subject accepted Bearer {token}\n")
    });
    fs::write(folder.join("subjects.txt"), subjects.concat())
}

/// A name, the reason of the rejection or `accepted`, and the header's value.
type Case = (&'static str, &'static str, String);

fn cases(good: &Token, another_key: &SigningKey) -> Vec<Case> {
    let with = |name, value| good.clone().claim(name, value).mint();
    let member = |name, value| good.clone().member(name, value).mint();
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let signature = |change: fn(&mut Vec<u8>)| {
        good.mint_forged(|mut signature| {
            change(&mut signature);
            signature
        })
    };
    let subject = mint::base64url(good.clone().claim("sub", json!("user_2")).payload_bytes());
    let parts = good.mint();
    let parts: Vec<&str> = parts.split('.').collect();
    let (header, good_signature) = (parts[0], parts[2]);
    let tokens = vec![
        ("valid", "accepted", good.mint()),
        ("another-s", "accepted", good.mint_forged(|signature| mint::with_other_s(&signature))),
        ("tampered-claim", "signature-invalid", format!("{header}.{subject}.{good_signature}")),
        ("tampered-signature", "signature-invalid", signature(|bytes| bytes[3] ^= 1)),
        ("wrong-key", "signature-invalid", good.clone().signed_by(another_key.clone()).mint()),
        ("zero-signature", "signature-invalid", signature(|bytes| bytes.fill(0))),
        ("short-signature", "signature-length", signature(|bytes| bytes.truncate(63))),
        ("unknown-key", "unknown-key", member("kid", json!("k3"))),
        ("expired", "expired", with("exp", json!(mint::NOW - 1))),
        ("not-yet-valid", "not-yet-valid", with("nbf", json!(mint::NOW + 1))),
        ("wrong-audience", "audience-mismatch", with("aud", json!("https://else.example.com"))),
        ("wrong-issuer", "issuer-mismatch", with("iss", json!("https://else.example.com"))),
        ("without-scope", "insufficient-scope", with("scope", json!("write:orders"))),
        ("exp-as-text", "claim-type", with("exp", json!("1760003600"))),
        ("unsigned", "algorithm-unsupported", member("alg", json!("none"))),
        ("unknown-critical", "crit-not-understood", {
            good.clone().member("crit", json!(["exp2"])).member("exp2", json!(1)).mint()
        }),
        ("deep-header", "json-too-deep", good.clone().member("deep", nested(73)).mint()),
        ("deep-claims", "json-too-deep", good.clone().claim("deep", nested(97)).mint()),
        ("second-name", "json-duplicate-name", {
            good.clone().another_claim("sub", json!("user_2")).mint()
        }),
        ("longer-than-memory", "scratch-too-small", with("pad", json!("p".repeat(1200)))),
        ("oversized", "token-too-long", "a".repeat(16 * 1024 + 1)),
    ];
    let header = |(name, expected, token)| (name, expected, format!("Bearer {token}"));
    let mut cases: Vec<Case> = tokens.into_iter().map(header).collect();
    cases.push(("no-header", "authorization-missing", String::new()));
    cases.push(("another-scheme", "scheme-not-bearer", "Basic dTpw".to_owned()));
    cases
}

fn write_cases(source: &mut String, algorithm: &str, cases: &[Case]) {
    for (index, (_, _, authorization)) in cases.iter().enumerate() {
        write_bytes(source, &format!("static {algorithm}_{index}"), authorization);
    }
    writeln!(source, "{SECTION}\npub static {algorithm}: [Case; {}] = [", cases.len()).unwrap();
    for (index, (name, expected, _)) in cases.iter().enumerate() {
        let authorization = format!("&{algorithm}_{index}");
        let case =
            format!("name: {name:?}, expected: {expected:?}, authorization: {authorization}");
        writeln!(source, "    Case {{ {case} }},").unwrap();
    }
    source.push_str("];\n");
}

fn write_bytes(source: &mut String, name: &str, text: &str) {
    writeln!(source, "{SECTION}\n{name}: [u8; {}] = *b{text:?};", text.len()).unwrap();
}
