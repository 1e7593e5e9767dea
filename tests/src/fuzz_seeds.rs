//! The inputs that fuzzers start with: those of the rules, and those that earlier runs found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use tollgate_core::provisioned::{
    Blob, BlobKey, Comb, P256, ProvisionedKey, PublicKey, table_bytes,
};
use tollgate_core::{EcPublicKey, KeyId};

use crate::corpus::{Case, Input, Jwks};
use crate::mint::{base64url, from_base64url, k1};

/// The folder of kept inputs. Each target has a file with a line in base64url for each input, the
/// shortest first, because thousands of little files are hard to review.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds");

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

/// A blob with `k1` and the smallest table.
fn blob() -> Vec<u8> {
    let (x, y) = k1().coordinates();
    let point = EcPublicKey::new(k1().algorithm(), &x, &y).unwrap();
    let memory = vec![0; table_bytes::<P256, Comb<4, 1>>()];
    let key = PublicKey::<P256>::try_from(&point).unwrap();
    let key = ProvisionedKey::<P256, Comb<4, 1>, _, Comb<5, 2>>::build_in(&key, memory).unwrap();
    let keys = [BlobKey::new(KeyId::new("k1"), &point, (4, 1), key.table())];
    let mut blob = vec![0; Blob::len_of(&keys)];
    Blob::write(&keys, &mut blob).unwrap();
    blob
}

/// The inputs of the rules, by target and rule.
fn of_rules(rules: &[Case]) -> BTreeMap<(&'static str, &str), Vec<u8>> {
    let mut seeds = BTreeMap::from([(("provisioned_blob", "of_one_key"), blob())]);
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
        let es384 = header.windows(7).any(|text| text == b"\"ES384\"");
        let signed = [&[es384.into(), 0, 0, 0], &header[..], &[0xff], &claims].concat();
        for target in ["verify", "token_vs_jsonwebtoken"] {
            seed(target, &signed);
        }
    }
    seeds
}
