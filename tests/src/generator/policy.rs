//! What the verifier expects, and what it knows of the time.

use super::draft::{AUDIENCES, Draft, ISSUERS, NAMES};
use super::mutation::Change;
use crate::oracle::{Audience, Clock, Path, Requirement, Rule, Scalar, Test};
use crate::random::Random;

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).into()).collect()
}

fn required(draft: &mut Draft, path: Path, value: Option<&str>, random: &mut Random) {
    let test = value.map_or(Test::Present, |text| Test::Equals(Scalar::Text(text.to_owned())));
    let rule = Rule::Claim(path, test);
    draft.policy.requirements.push(Requirement { rule, validity: random.percent(50) });
}

fn scalar(random: &mut Random) -> Scalar {
    match random.below(3) {
        0 => Scalar::Text(random.one(&["org_1", "a", "admin", "", "a b", "1", "true"]).into()),
        1 => Scalar::Number(random.one(&["1", "1.0", "10e-1", "0", "-0", "0.5", "1e400"]).into()),
        _ => Scalar::Bool(random.percent(50)),
    }
}

fn claim(random: &mut Random) -> Rule {
    let path = match random.below(3) {
        0 => Path::Name(random.one(&["sub", "scope", "aud", "x", "azp", "auth_time"]).into()),
        _ => Path::Pointer(
            random.one(&["/org", "/org/id", "/org/roles", "/org/roles/0", "/x", "/scope"]).into(),
        ),
    };
    let test = match random.below(6) {
        0 => Test::Present,
        1 | 2 => Test::Equals(scalar(random)),
        3 => Test::Contains(scalar(random)),
        4 => Test::StartsWith(random.one(&["org.", "a/", "a:", "https://", "@"]).into()),
        _ => Test::EndsWith(random.one(&["@example.com", "/oidc", "/b~c", "~", ":orders"]).into()),
    };
    Rule::Claim(path, test)
}

/// Groups within groups, down to this many levels.
fn group(random: &mut Random, levels: usize) -> Rule {
    if levels == 0 || random.percent(50) {
        return claim(random);
    }
    let parts = (0..1 + random.below(3)).map(|_| group(random, levels - 1)).collect();
    if random.percent(50) { Rule::Any(parts) } else { Rule::All(parts) }
}

/// Whether issuer and audience may be left open: a profile never does.
fn is_open(draft: &Draft) -> bool {
    draft.policy.required.is_empty()
}

pub(super) fn changes() -> Vec<(&'static str, Change)> {
    vec![
        (
            "another issuer",
            Change::Draft(|draft, _| {
                draft.policy.issuers = Some(owned(&["https://other.example"]))
            }),
        ),
        (
            "any issuer",
            Change::Draft(|draft, _| {
                if is_open(draft) {
                    draft.policy.issuers = None;
                }
            }),
        ),
        ("all issuers", Change::Draft(|draft, _| draft.policy.issuers = Some(owned(&ISSUERS)))),
        ("no issuer", Change::Draft(|draft, _| draft.policy.issuers = Some(Vec::new()))),
        (
            "another audience",
            Change::Draft(|draft, _| {
                draft.policy.audiences =
                    Some(vec![Audience::Exact("https://other.example".into())]);
            }),
        ),
        (
            "any audience",
            Change::Draft(|draft, _| {
                if is_open(draft) {
                    draft.policy.audiences = None;
                }
            }),
        ),
        (
            "all audiences",
            Change::Draft(|draft, _| {
                draft.policy.audiences =
                    Some(AUDIENCES.map(|audience| Audience::Exact(audience.into())).to_vec());
            }),
        ),
        ("no audience", Change::Draft(|draft, _| draft.policy.audiences = Some(Vec::new()))),
        (
            "audiences by their prefix",
            Change::Draft(|draft, random| {
                let audience = draft.claims.text("aud");
                let end = 1 + random.below(audience.len().max(1));
                let prefix = audience.get(..end).unwrap_or("urn:");
                draft.policy.audiences =
                    Some(vec![Audience::Prefix("x".into()), Audience::Prefix(prefix.into())]);
            }),
        ),
        (
            "an audience as its own prefix",
            Change::Draft(|draft, _| {
                let audience =
                    Some(draft.claims.text("aud")).filter(|audience| !audience.is_empty());
                draft.policy.audiences =
                    Some(vec![Audience::Prefix(audience.unwrap_or("urn:".into()))]);
            }),
        ),
        (
            "one algorithm",
            Change::Draft(|draft, random| {
                draft.policy.algorithms = Some(owned(&[random.one(&NAMES)]));
            }),
        ),
        (
            "all algorithms written out",
            Change::Draft(|draft, _| draft.policy.algorithms = Some(owned(&NAMES))),
        ),
        ("algorithms not written out", Change::Draft(|draft, _| draft.policy.algorithms = None)),
        ("no algorithm", Change::Draft(|draft, _| draft.policy.algorithms = Some(Vec::new()))),
        (
            "a leeway",
            Change::Draft(|draft, random| {
                draft.policy.leeway = random.one(&[0, 1, 60, 1000, 3599, 3600])
            }),
        ),
        (
            "a greatest age",
            Change::Draft(|draft, random| {
                draft.policy.max_token_age =
                    Some(random.one(&[0, 1, 100, 400, 499, 500, u32::MAX]));
            }),
        ),
        (
            "no need of exp",
            Change::Draft(|draft, random| {
                draft.policy.needs_exp = false;
                if random.percent(50) {
                    draft.claims.remove("exp");
                }
            }),
        ),
        (
            "a subject",
            Change::Draft(|draft, random| {
                draft.policy.subject =
                    Some((random.one(&["user_1", "", "user_2", "\u{1f600}"])).into());
            }),
        ),
        (
            "standard claims that must be there",
            Change::Draft(|draft, random| {
                const CLAIMS: [&str; 13] = [
                    "iss",
                    "sub",
                    "aud",
                    "exp",
                    "nbf",
                    "iat",
                    "jti",
                    "scope",
                    "client_id",
                    "azp",
                    "nonce",
                    "auth_time",
                    "at_hash",
                ];
                for _ in 0..1 + random.below(3) {
                    draft.policy.required.push((random.one(&CLAIMS)).into());
                }
            }),
        ),
        (
            "claims that must be there",
            Change::Draft(|draft, random| {
                let (name, value) = random.one(&[
                    ("sub", None),
                    ("x", None),
                    ("scope", None),
                    ("SUB", None),
                    ("org.id", None),
                    ("sub", Some("user_1")),
                    ("exp", Some("1")),
                    ("", None),
                    ("/sub", None),
                    ("aud", None),
                    ("aud", Some("orders")),
                    ("iat", None),
                    ("unknown-0", None),
                    ("y", None),
                ]);
                required(draft, Path::Name(name.into()), value, random);
            }),
        ),
        (
            "claims that must be there by their path",
            Change::Draft(|draft, random| {
                let (pointer, value) = random.one(&[
                    ("/sub", None),
                    ("/sub", Some("user_1")),
                    ("/", None),
                    ("/aud/0", None),
                    ("/org/roles", None),
                    ("/org/roles/0", Some("admin")),
                    ("/org/roles/1", Some("a/b~c")),
                    ("/org/roles/01", None),
                    ("/org/roles/-", None),
                    ("/org/roles/2", None),
                    ("/org/roles/+1", None),
                    ("/org/roles/99999999999999999999999", None),
                    ("/org/", None),
                    ("/~0", None),
                    ("/a~1b", None),
                    ("/aud/00", None),
                    ("/aud/ 0", None),
                    ("/x/0", None),
                    ("/x", None),
                    ("/unknown-0/0/1", None),
                    ("/sub/0", None),
                ]);
                required(draft, Path::Pointer(pointer.into()), value, random);
            }),
        ),
        (
            "an oddly named claim",
            Change::Draft(|draft, random| {
                let (name, pointer) = random.one(&[
                    ("https://example.com/roles", "/https:~1~1example.com~1roles"),
                    ("a~b", "/a~0b"),
                    ("~1", "/~01"),
                    ("a.b", "/a.b"),
                    ("", "/"),
                    ("~0", "/~00"),
                    ("\u{e9}", "/\u{e9}"),
                    ("a b", "/a b"),
                ]);
                draft.claims.set(name, random.one(&["1", "null", r#""v""#, r#"{"v":1}"#]));
                match random.percent(50) {
                    true => required(draft, Path::Name(name.into()), None, random),
                    false => {
                        let value = random.one(&[None, Some("v")]);
                        required(draft, Path::Pointer(pointer.into()), value, random);
                    }
                }
            }),
        ),
        (
            "requirements in groups",
            Change::Draft(|draft, random| {
                for _ in 0..1 + random.below(2) {
                    let rule = group(random, 4);
                    let validity = random.percent(40);
                    draft.policy.requirements.push(Requirement { rule, validity });
                }
            }),
        ),
        (
            "scopes elsewhere",
            Change::Draft(|draft, random| {
                let places = random.one(&[
                    &["scp"][..],
                    &["scope", "scp"],
                    &["x", "scope"],
                    &["org", "sub"],
                    &["aud"],
                    &["exp"],
                ]);
                draft.policy.scope_claims =
                    places.iter().map(|name| Path::Name((*name).into())).collect();
                if random.percent(30) {
                    let pointer = random.one(&["/org/roles", "/scope", "/aud/0", "/scope/0"]);
                    draft.policy.scope_claims.push(Path::Pointer(pointer.into()));
                }
            }),
        ),
        (
            "scopes",
            Change::Draft(|draft, random| {
                let scopes = random.one(&[
                    &["read:orders"][..],
                    &["a"],
                    &["read", "read:orders"],
                    &["READ"],
                    &["rea"],
                    &["admin"],
                    &["openid", "openid"],
                ]);
                draft.policy.required_scopes = owned(scopes);
            }),
        ),
        ("no scopes", Change::Draft(|draft, _| draft.policy.required_scopes.clear())),
        (
            "proof of possession checked elsewhere",
            Change::Draft(|draft, _| draft.policy.accepts_bound = true),
        ),
        (
            "extensions understood",
            Change::Draft(|draft, _| draft.policy.understood_crit = owned(&["ext", "exp"])),
        ),
        (
            "no clock",
            Change::Draft(|draft, random| {
                draft.clock = Clock::AtLeast(draft.now());
                draft.policy.accepts_unjudged = random.percent(60);
            }),
        ),
        (
            "a floor long ago",
            Change::Draft(|draft, random| {
                draft.clock = Clock::AtLeast(draft.now() - 1 - random.below(10_000) as i64);
                draft.policy.accepts_unjudged = random.percent(60);
            }),
        ),
        (
            "a floor later on",
            Change::Draft(|draft, random| {
                draft.clock = Clock::AtLeast(draft.now() + 1 + random.below(10_000) as i64);
                draft.policy.accepts_unjudged = random.percent(60);
            }),
        ),
        (
            "another time",
            Change::Draft(|draft, random| {
                draft.clock = Clock::Exact(draft.now() + random.below(20_000) as i64 - 10_000);
            }),
        ),
        (
            "the end of time",
            Change::Draft(|draft, random| {
                let time = random.one(&[
                    0,
                    -1,
                    1 << 53,
                    (1 << 53) - 1,
                    (1 << 53) + 1,
                    -(1 << 53),
                    i64::MAX,
                    i64::MIN,
                    i64::MAX - 3600,
                    i64::MIN + 3600,
                    i64::from(i32::MAX),
                    i64::from(u32::MAX),
                ]);
                draft.clock =
                    if random.percent(70) { Clock::Exact(time) } else { Clock::AtLeast(time) };
            }),
        ),
        (
            "a nonce that was sent",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                if let Some(rules) = &mut draft.policy.id_token {
                    rules.nonce = Some((random.one(&["n-0S6_WzA2Mj", "other", ""])).into());
                }
            }),
        ),
        (
            "a max_age that was sent",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                if let Some(rules) = &mut draft.policy.id_token {
                    rules.max_age = Some(random.one(&[0, 1, 500, 1000, u32::MAX]));
                }
            }),
        ),
        (
            "another access token",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                if let Some(rules) = &mut draft.policy.id_token {
                    rules.access_token =
                        Some((random.one(&[super::draft::ACCESS_TOKEN, "other", ""])).into());
                }
            }),
        ),
        (
            "another client",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                if let Some(rules) = &mut draft.policy.id_token {
                    rules.client_id = (random.one(&["app_2", "orders", "APP_1"])).into();
                }
            }),
        ),
        (
            "a client that trusts others",
            Change::Draft(|draft, random| {
                draft.become_id_token(random);
                let others =
                    ["other-0", "other-1", "other"].map(|other| Audience::Exact(other.into()));
                draft.policy.audiences.get_or_insert_default().extend(others);
            }),
        ),
    ]
}
