use std::sync::LazyLock;

use serde_json::json;
use sha2::{Digest, Sha256, Sha384};

use crate::mint::{Members, SigningKey, base64url};
use crate::oracle::{Audience, Clock, Path, Policy, Required, Typ};
use crate::random::Random;

/// A request before it is signed and written down.
pub struct Draft {
    /// The header's members.
    pub header: Members,
    /// The claims.
    pub claims: Members,
    /// Which of the `signers` signs.
    pub signer: usize,
    /// The JWK sets.
    pub sets: Vec<Set>,
    /// The policy.
    pub policy: Policy,
    /// The time.
    pub clock: Clock,
}

/// A JWK set before it is written down.
#[derive(Clone, Default)]
pub struct Set {
    /// The keys: their members, or something else as JSON text.
    pub keys: Vec<Result<Members, String>>,
    /// Members before `keys`.
    pub before: Vec<(String, String)>,
    /// The issuer that owns the keys.
    pub issuer: Option<&'static str>,
    /// The text as a whole, if it is not to be made of the above.
    pub instead: Option<String>,
}

impl Set {
    pub(super) fn text(&self) -> String {
        if let Some(text) = &self.instead {
            return text.clone();
        }
        let keys = self.keys.iter().map(|key| match key {
            Ok(members) => members.to_string(),
            Err(text) => text.clone(),
        });
        let keys = format!("[{}]", keys.collect::<Vec<_>>().join(","));
        let mut set = Members(self.before.clone());
        set.push("keys", keys);
        set.to_string()
    }
}

/// Four keys for ES256, then three for ES384. The last of each is the attacker's.
pub(super) fn signers() -> &'static [SigningKey] {
    static SIGNERS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
        let p256 = ["one", "two", "three", "attacker"].map(SigningKey::p256);
        let p384 = ["one", "two", "attacker"].map(SigningKey::p384);
        p256.into_iter().chain(p384).collect()
    });
    &SIGNERS
}

/// The attacker's key of the same curve.
pub(super) fn attacker(signer: usize) -> usize {
    if signer < 4 { 3 } else { 6 }
}

pub(super) const ISSUERS: [&str; 3] =
    ["https://auth.example.com/oidc", "https://login.example.net", "urn:issuer:\u{e9}"];
pub(super) const AUDIENCES: [&str; 3] =
    ["https://api.example.com", "urn:logto:organization:org_1", "orders"];
pub(super) const CLIENT: &str = "app_1";
pub(super) const ACCESS_TOKEN: &str = "a.b.c-the-access-token";
const KIDS: [&str; 5] = [
    "k1",
    "2025-10/prod",
    "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg",
    "",
    "cl\u{e9}",
];
const SCOPES: [&str; 5] = ["read:orders", "write:orders", "openid", "a", "read"];

impl Draft {
    /// A token that is good for its keys and policy.
    pub(super) fn good(random: &mut Random) -> Self {
        let signer = match random.percent(25) {
            false => random.below(3),
            true => 4 + random.below(2),
        };
        let now = match random.below(20) {
            0 => random.one(&[0, -1_000_000, 1 << 40]),
            _ => 1_700_000_000 + random.below(100_000_000) as i64,
        };
        let mut draft = Self {
            header: Members::default(),
            claims: Members::default(),
            signer,
            sets: vec![Set::default()],
            policy: Policy::default(),
            clock: Clock::Exact(now),
        };
        let kid = random.percent(85).then(|| random.one(&KIDS));
        draft.header.set("alg", json!(draft.alg()));
        if let Some(kid) = kid {
            draft.header.set("kid", json!(kid));
        }
        draft.keys(kid, random);
        match random.below(10) {
            0..4 => draft.access_token(random),
            4..8 => draft.other_token(random),
            _ => draft.id_token(random),
        }
        draft.extras(random);
        draft
    }

    /// The key that signs.
    pub fn signer(&self) -> &'static SigningKey {
        &signers()[self.signer]
    }

    /// The JWK of the signing key in the first set.
    pub(super) fn jwk(&mut self) -> &mut Members {
        let x = json!(base64url(self.signer().coordinates().0)).to_string();
        let keys = &mut self.sets[0].keys;
        let is_it =
            |key: &Result<Members, _>| key.as_ref().is_ok_and(|key| key.get("x") == Some(&x));
        // It is missing when another mutation changed it, or when another key signs.
        let index = keys.iter().position(is_it).unwrap_or_else(|| {
            keys.push(Ok(Members::default()));
            keys.len() - 1
        });
        keys[index].as_mut().unwrap()
    }

    /// The algorithm of the key that signs.
    pub fn alg(&self) -> &'static str {
        self.signer().algorithm().name()
    }

    /// The time.
    pub fn now(&self) -> i64 {
        self.clock.time()
    }

    /// The issuer that the claims name, as an owner of keys.
    pub(super) fn issuer(&self) -> Option<&'static str> {
        // The core keeps issuers as `&'static str`; these are few and short.
        Some(self.claims.text("iss").leak())
    }

    fn keys(&mut self, kid: Option<&str>, random: &mut Random) {
        let mut mine = jwk(self.signer, kid, random);
        if kid.is_none() && random.percent(50) {
            mine.set("kid", json!("k1"));
        }
        let mut keys = vec![Ok(mine)];
        for (index, other) in (0..signers().len()).filter(|key| *key != self.signer).enumerate() {
            let same = signers()[other].algorithm() == self.signer().algorithm();
            // Without a kid, the algorithm selects the key. No set holds the attacker's keys.
            if other != 3 && other != 6 && (kid.is_some() || !same) && random.percent(40) {
                keys.push(Ok(jwk(other, Some(&format!("other-{index}")), random)));
            }
        }
        let by = random.below(keys.len());
        keys.rotate_left(by);
        self.sets[0].keys = keys;
    }

    fn access_token(&mut self, random: &mut Random) {
        self.policy = Policy::access_token();
        let typ = random.one(&["at+jwt", "application/at+jwt", "AT+JWT", "Application/at+JWT"]);
        self.header.set("typ", json!(typ));
        self.common(random);
        self.claims.set("jti", json!(format!("t-{}", random.below(1000))));
        self.claims.set("client_id", json!(CLIENT));
        self.policy.issuers = Some(vec![self.claims.text("iss")]);
        if self.policy.audiences.is_none() {
            self.policy.audiences = Some(vec![Audience::Exact(self.claims.text("aud"))]);
        }
    }

    fn other_token(&mut self, random: &mut Random) {
        if random.percent(50) {
            self.header.set("typ", json!("JWT"));
            if random.percent(50) {
                self.policy.typ = Typ::OneOf(vec!["at+jwt".into(), "application/jwt".into()]);
            }
        }
        self.common(random);
    }

    /// For rules that only ID tokens meet.
    pub(super) fn become_id_token(&mut self, random: &mut Random) {
        if self.policy.id_token.is_none() && random.percent(70) {
            self.header.remove("typ");
            self.id_token(random);
        }
    }

    fn id_token(&mut self, random: &mut Random) {
        self.policy = Policy::id_token(CLIENT);
        if random.percent(50) {
            self.header.set("typ", json!("JWT"));
        }
        self.common(random);
        self.policy.issuers = Some(vec![self.claims.text("iss")]);
        self.policy.audiences = Some(vec![Audience::Exact(CLIENT.into())]);
        self.claims.set("aud", json!(CLIENT));
        self.claims.remove("scope");
        self.policy.required_scopes.clear();
        let rules = self.policy.id_token.as_mut().unwrap();
        if random.percent(40) {
            rules.nonce = Some("n-0S6_WzA2Mj".into());
            self.claims.set("nonce", json!("n-0S6_WzA2Mj"));
        }
        if random.percent(30) {
            rules.max_age = Some(1000);
            self.claims.set("auth_time", self.clock.time() - random.below(1000) as i64);
        }
        if random.percent(40) {
            rules.access_token = Some(ACCESS_TOKEN.into());
            self.claims.set("at_hash", json!(at_hash(self.alg())));
        }
    }

    /// What all kinds of token have.
    fn common(&mut self, random: &mut Random) {
        let now = self.now();
        let issuer = random.one(&ISSUERS);
        let audience = random.one(&AUDIENCES);
        let claims = &mut self.claims;
        claims.set("iss", json!(issuer));
        claims.set("sub", json!(random.one(&["user_1", "", "\u{1f600}", "a\"b\\c/\n"])));
        claims.set("aud", json!(audience));
        claims.set("exp", now + 1 + random.below(5000) as i64);
        claims.set("iat", now - random.below(500) as i64);
        if random.percent(30) {
            claims.set("nbf", now - random.below(500) as i64);
        }
        let policy = &mut self.policy;
        if random.percent(75) {
            policy.issuers = Some(vec!["https://first.example.org".into(), issuer.into()]);
        }
        match random.below(4) {
            0 => {}
            1 if audience.starts_with("urn:") => {
                policy.audiences = Some(vec![Audience::Prefix("urn:logto:organization:".into())]);
            }
            _ => {
                let other = Audience::Exact("https://other.example.com".into());
                policy.audiences = Some(vec![other, Audience::Exact(audience.into())]);
            }
        }
        let held = 1 + random.below(SCOPES.len());
        let first = random.below(SCOPES.len());
        let held: Vec<&str> =
            (0..held).map(|index| SCOPES[(first + index) % SCOPES.len()]).collect();
        claims.set("scope", json!(held.join(" ")));
        if random.percent(50) {
            let needed = 1 + random.below(held.len());
            policy.required_scopes = held[..needed].iter().map(|scope| (*scope).into()).collect();
        }
        policy.leeway = random.one(&[0, 0, 60, 1000, 3600]);
        if random.percent(15) {
            policy.max_token_age = Some(random.one(&[500, 600, 86_400]));
        }
    }

    /// What leaves a token good.
    fn extras(&mut self, random: &mut Random) {
        if random.percent(15) {
            self.claims.set("org", json!({ "id": "org_1", "roles": ["admin", "a/b~c"] }));
            let pointer = |path: &str, value: Option<&str>| Required {
                path: Path::Pointer(path.into()),
                value: value.map(str::to_owned),
            };
            self.policy.required_claims = vec![
                Required { path: Path::Name("org".into()), value: None },
                pointer("/org/id", Some("org_1")),
                pointer("/org/roles/1", None),
            ];
        }
        if random.percent(15) {
            let place = random.below(self.claims.0.len() + 1);
            self.claims.0.insert(place, ("x".into(), super::json::any(random, 4)));
        }
        if random.percent(10) {
            self.header.push("x", super::json::any(random, 3));
        }
        if random.percent(8) {
            // The clock's own limits are met by mutations; here everything lies behind.
            self.clock = Clock::AtLeast(self.now());
            self.policy.accepts_unjudged = random.percent(60);
        }
        if random.percent(10) {
            self.sets[0].issuer = self.issuer();
        }
        if random.percent(20) {
            let by = random.below(self.claims.0.len());
            self.claims.0.rotate_left(by);
        }
        if random.percent(20) {
            self.header.0.reverse();
        }
    }
}

/// A public key as issuers publish it.
pub(super) fn jwk(signer: usize, kid: Option<&str>, random: &mut Random) -> Members {
    let key = &signers()[signer];
    let mut jwk = Members::from(&key.jwk());
    if let Some(kid) = kid {
        jwk.set("kid", json!(kid));
    }
    if random.percent(60) {
        jwk.set("use", json!("sig"));
    }
    if random.percent(60) {
        jwk.set("alg", json!(key.algorithm().name()));
    }
    if random.percent(15) {
        jwk.set("key_ops", json!(["verify"]));
    }
    jwk
}

/// The left half of the access token's hash (OIDC Core §3.1.3.6).
pub(super) fn at_hash(alg: &str) -> String {
    match alg {
        "ES256" => base64url(&Sha256::digest(ACCESS_TOKEN)[..16]),
        _ => base64url(&Sha384::digest(ACCESS_TOKEN)[..24]),
    }
}
