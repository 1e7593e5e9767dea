//! The inputs that fuzzers start with: those of the rules, and those that earlier runs found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;
use tollgate_core::Algorithm;
use tollgate_core::engines::ecdsa::Comb;

use crate::blob::{Provisioned, blob};
use crate::corpus::{Case, Input, Jwks};
use crate::mint::{base64url, from_base64url, k1, key_for, kid_for};

/// The folder of kept inputs. Each target has a file with a line in base64url for each input, the
/// shortest first, because thousands of little files are hard to review.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds");

/// The algorithms of the good keys that sign the tokens of fuzz targets: those whose signatures take least time.
const SIGNERS: [Algorithm; 6] = [
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Ps256,
];

/// The algorithm that the first byte of a description chooses: by bits 0, 4 and 5. Bit 1 is for tampering,
/// bits 2 and 3 are for the policy.
pub fn signer(control: u8) -> Algorithm {
    SIGNERS[usize::from(control & 1 | (control >> 3) & 0b110) % SIGNERS.len()]
}

/// The first byte of a description, for the algorithm in this header, without tampering.
fn control(header: &[u8]) -> u8 {
    let algorithm = algorithm_in(header);
    let index = SIGNERS.iter().position(|of| Some(*of) == algorithm).unwrap_or(0) as u8;
    index & 1 | (index & 0b110) << 3
}

/// The algorithm that a header names, if it is one of Tollgate's.
fn algorithm_in(header: &[u8]) -> Option<Algorithm> {
    let header: Value = serde_json::from_slice(header).ok()?;
    match header["alg"].as_str()? {
        "Ed25519" => Some(Algorithm::EdDsa),
        name => Algorithm::ALL.iter().copied().find(|it| it.name() == name),
    }
}

/// Writes a folder for each fuzz target that has inputs: those of the rules, and the kept ones.
pub fn write(folder: &Path, rules: &[Case]) -> io::Result<()> {
    for ((target, name), input) in of_rules(rules) {
        let target = folder.join(target);
        fs::create_dir_all(&target)?;
        fs::write(target.join(name), input)?;
    }
    for file in fs::read_dir(KEPT)? {
        let file = file?.path();
        let target = folder.join(file.file_stem().unwrap_or_default());
        fs::create_dir_all(&target)?;
        for (index, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let input = from_base64url(line).ok_or(io::ErrorKind::InvalidData)?;
            fs::write(target.join(format!("kept_{index}")), input)?;
        }
    }
    Ok(())
}

/// Keeps the inputs in this folder, whose name is the target's, except for those of the rules.
pub fn keep(folder: &Path, rules: &[Case]) -> io::Result<()> {
    let target = folder.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let seeds = of_rules(rules);
    let known = seeds.iter().filter(|((of, _), _)| target == *of).map(|(_, input)| input.clone());
    let mut lines: Vec<String> = read_all(folder)?
        .difference(&known.collect())
        .map(|input| base64url(input) + "\n")
        .collect();
    lines.sort_by_key(|line| (line.len(), line.clone()));
    fs::write(Path::new(KEPT).join(target).with_extension("txt"), lines.concat())
}

fn read_all(folder: &Path) -> io::Result<BTreeSet<Vec<u8>>> {
    fs::read_dir(folder)?.map(|file| fs::read(file?.path())).collect()
}

/// Blobs with the smallest tables: of version 1, of version 2, and the keys of the latter behind their number.
fn blobs() -> [(&'static str, Vec<u8>); 3] {
    let provisioned =
        |algorithm| Provisioned::new::<Comb<4, 1>>(Some(kid_for(algorithm)), &key_for(algorithm));
    let one = blob(&[Provisioned::new::<Comb<4, 1>>(Some("k1"), &k1())]);
    let keys = [
        provisioned(Algorithm::Es384),
        provisioned(Algorithm::Es512),
        provisioned(Algorithm::EdDsa),
        provisioned(Algorithm::Ps256),
        provisioned(Algorithm::Rs256).without_alg(),
    ];
    let all = blob(&keys);
    let behind_number = [&all[10..11], &all[64..]].concat();
    [("of_one_key", one), ("of_all_kinds", all), ("keys_of_all_kinds", behind_number)]
}

/// The inputs of the rules, by target and rule.
fn of_rules(rules: &[Case]) -> BTreeMap<(&'static str, &str), Vec<u8>> {
    let mut seeds: BTreeMap<_, _> =
        blobs().into_iter().map(|(name, blob)| (("provisioned_blob", name), blob)).collect();
    // A choice and zeros, which flip no bit of a good signature.
    seeds.extend([
        (("eddsa_vs_dalek", "good"), vec![0; 128]),
        (("rsa_vs_rustcrypto", "good"), vec![0; 256]),
        (("rsa_vs_rustcrypto", "good_pss"), [&[0, 3, 0], &[0; 256][..]].concat()),
    ]);
    for case in rules {
        let mut seed = |target, bytes: &[u8]| seeds.insert((target, &*case.id), bytes.to_vec());
        let jwk_set = match &case.keys {
            Jwks::Value(json) => Some(json.to_string()),
            Jwks::Text(text) => Some(text.clone()),
            // The fuzzer finds bytes that are not text by itself.
            Jwks::Hex(_) => None,
        };
        if let Some(jwk_set) = jwk_set {
            seed("jwk_set", jwk_set.as_bytes());
            // The first byte chooses a file.
            seed("key_file", &[&[0], jwk_set.as_bytes()].concat());
        }
        let value = match &case.input {
            Input::Token(token) => format!("Bearer {token}"),
            Input::AuthorizationHeader(Some(value)) => value.clone(),
            _ => continue,
        };
        let token = value.trim_start_matches("Bearer ");
        seed("bearer", value.as_bytes());
        seed("compact", token.as_bytes());
        let mut parts = token.split('.').map(|part| (part, from_base64url(part)));
        if let Some((payload, _)) = parts.clone().nth(1) {
            seed("base64_vs_base64ct", payload.as_bytes());
        }
        let (Some((_, Some(header))), Some((_, Some(claims)))) = (parts.next(), parts.next())
        else {
            continue;
        };
        // The first byte chooses the rules: all of them.
        seed("header", &[&[0b1011], &header[..]].concat());
        for target in ["claims", "json", "json_vs_serde_json"] {
            seed(target, &claims);
        }
        // The first bytes choose the key and the policy, and no tampering.
        let signed = [&[control(&header), 0, 0, 0], &header[..], &[0xff], &claims].concat();
        for target in ["verify", "token_vs_jsonwebtoken"] {
            seed(target, &signed);
        }
    }
    seeds
}
