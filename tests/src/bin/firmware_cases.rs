//! Writes what the firmware judges: `cases.rs`, tokens with the verdicts that they deserve, those of ES256
//! and ES384 as lines of `cases.txt`, good tokens of unusual subjects as lines of `subjects.txt`, and
//! `jwks.json`, the keys for ES256 and ES384, for `tollgate provision`. The keys for other algorithms are
//! files of their own, each with what its engine needs.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use serde_json::json;
use tollgate_core::Algorithm;
use tollgate_core::engines::rsa::{RsaKey, RsaPublicKey, provisioned_bytes};
use tollgate_core::engines::{ecdsa, eddsa};
use tollgate_tests::mint::{self, SigningKey, Token};

/// The size of the tables.
type Size = ecdsa::Comb<6, 2>;

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
    for (list, algorithm, key, another_key) in lists() {
        let good = Token::good_for(algorithm).signed_by(key);
        let cases = cases(&good, algorithm, &another_key);
        write_cases(&mut source, list, &cases);
        if matches!(algorithm, Algorithm::Es256 | Algorithm::Es384) {
            for (name, expected, authorization) in cases {
                writeln!(lines, "{list} {name} {expected} {authorization}").unwrap();
            }
        }
    }
    fs::write(folder.join("cases.rs"), source)?;
    write_keys(folder)?;
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

/// The name of each list of cases, its algorithm, the key, and another key of the same kind, whose signatures
/// are as long.
fn lists() -> [(&'static str, Algorithm, SigningKey, SigningKey); 7] {
    let rsa = SigningKey::rsa;
    let list =
        |list, algorithm, another_key| (list, algorithm, mint::key_for(algorithm), another_key);
    let (rs256, ps256) = (Algorithm::Rs256, Algorithm::Ps256);
    [
        list("ES256", Algorithm::Es256, SigningKey::p256("another key")),
        list("ES384", Algorithm::Es384, SigningKey::p384("another key")),
        list("ES512", Algorithm::Es512, SigningKey::p521("another key")),
        list("EdDSA", Algorithm::EdDsa, SigningKey::ed25519("another key")),
        list("RS256", rs256, rsa("attacker", rs256)),
        list("PS256", ps256, rsa("attacker", ps256)),
        ("RS256_4096", rs256, rsa("4096", rs256), rsa("4095", rs256)),
    ]
}

/// Writes the tables of the keys for ES512 and EdDSA, and the bytes of two RSA keys.
fn write_keys(folder: &Path) -> io::Result<()> {
    let (x, y) = mint::key_for(Algorithm::Es512).coordinates();
    let key = ecdsa::PublicKey::<ecdsa::P521>::from_coordinates(&x, &y).unwrap();
    let memory = vec![0; ecdsa::table_bytes::<ecdsa::P521, Size>()];
    let key = ecdsa::ProvisionedKey::<_, Size, _>::build_in(&key, memory).unwrap();
    fs::write(folder.join("es512-6x2.bin"), key.table())?;

    let [(_, x)] = &mint::key_for(Algorithm::EdDsa).numbers()[..] else { panic!("not Ed25519") };
    let key = eddsa::Ed25519PublicKey::from_bytes(x).unwrap();
    let memory = vec![0; eddsa::table_bytes::<Size>()];
    let key = eddsa::Ed25519Key::<Size, _>::build_in(&key, memory).unwrap();
    fs::write(folder.join("eddsa.bin"), x)?;
    fs::write(folder.join("eddsa-6x2.bin"), key.table())?;

    for bits in ["2048", "4096"] {
        let [(_, n), (_, e)] = &SigningKey::rsa(bits, Algorithm::Rs256).numbers()[..] else {
            panic!("not RSA")
        };
        let key = RsaPublicKey::from_be_bytes(n, e).unwrap();
        let memory = vec![0; provisioned_bytes(key.bits())];
        let key: RsaKey<_> = RsaKey::build_in(&key, memory).unwrap();
        fs::write(folder.join(format!("rsa-{bits}.bin")), key.bytes())?;
    }
    Ok(())
}

/// A name, the reason of the rejection or `accepted`, and the header's value.
type Case = (&'static str, &'static str, String);

fn cases(good: &Token, algorithm: Algorithm, another_key: &SigningKey) -> Vec<Case> {
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
    // An algorithm that the program does not link.
    let another = match algorithm {
        Algorithm::Rs256 => Algorithm::Ps512,
        _ => Algorithm::Rs256,
    };
    let mut tokens = vec![
        ("valid", "accepted", good.mint()),
        ("tampered-claim", "signature-invalid", format!("{header}.{subject}.{good_signature}")),
        ("tampered-signature", "signature-invalid", signature(|bytes| bytes[3] ^= 1)),
        ("wrong-key", "signature-invalid", good.clone().signed_by(another_key.clone()).mint()),
        ("zero-signature", "signature-invalid", signature(|bytes| bytes.fill(0))),
        ("largest-signature", "signature-invalid", signature(|bytes| bytes.fill(0xff))),
        ("short-signature", "signature-length", signature(|bytes| bytes.truncate(63))),
        ("unknown-key", "unknown-key", member("kid", json!("k3"))),
        ("another-algorithm", "unknown-key", Token::good_for(another).mint()),
        ("key-of-another-algorithm", "algorithm-mismatch", member("alg", json!(another.name()))),
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
    if matches!(algorithm, Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512) {
        let token = good.mint_forged(|signature| mint::with_other_s(&signature));
        tokens.push(("another-s", "accepted", token));
    }
    let header = |(name, expected, token)| (name, expected, format!("Bearer {token}"));
    let mut cases: Vec<Case> = tokens.into_iter().map(header).collect();
    cases.push(("no-header", "authorization-missing", String::new()));
    cases.push(("another-scheme", "scheme-not-bearer", "Basic dTpw".to_owned()));
    cases
}

fn write_cases(source: &mut String, list: &str, cases: &[Case]) {
    for (index, (_, _, authorization)) in cases.iter().enumerate() {
        write_bytes(source, &format!("static {list}_CASE_{index}"), authorization);
    }
    writeln!(source, "{SECTION}\npub static {list}: [Case; {}] = [", cases.len()).unwrap();
    for (index, (name, expected, _)) in cases.iter().enumerate() {
        let authorization = format!("&{list}_CASE_{index}");
        let case =
            format!("name: {name:?}, expected: {expected:?}, authorization: {authorization}");
        writeln!(source, "    Case {{ {case} }},").unwrap();
    }
    source.push_str("];\n");
}

fn write_bytes(source: &mut String, name: &str, text: &str) {
    writeln!(source, "{SECTION}\n{name}: [u8; {}] = *b{text:?};", text.len()).unwrap();
}
