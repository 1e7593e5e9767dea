use std::sync::LazyLock;

use serde_json::json;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;

use crate::mint::{Members, SigningKey, base64url};
use crate::oracle::{Audience, Clock, Path, Policy, Requirement, Scalar, Test, Typ};
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
    /// The first two parts of the token, when it is signed.
    pub signing_input: String,
    /// Whether the signer uses its private key for something that is not quite a signature.
    pub forge: bool,
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

/// Four keys for ES256, three for ES384, two for ES512, three for EdDSA, and the RSA keys for each of the
/// RSA algorithms. The last of each algorithm is the attacker's.
pub(super) fn signers() -> &'static [SigningKey] {
    static SIGNERS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
        let p256 = ["one", "two", "three", "attacker"].map(SigningKey::p256);
        let p384 = ["one", "two", "attacker"].map(SigningKey::p384);
        let p521 = ["one", "attacker"].map(SigningKey::p521);
        let ed25519 = ["one", "two", "attacker"].map(SigningKey::ed25519);
        let rsa = RSA_ALGORITHMS
            .iter()
            .flat_map(|algorithm| RSA_KEYS.map(|name| SigningKey::rsa(name, *algorithm)));
        p256.into_iter().chain(p384).chain(p521).chain(ed25519).chain(rsa).collect()
    });
    &SIGNERS
}

/// The attacker's key of the same algorithm.
pub(super) fn attacker(signer: usize) -> usize {
    match signer {
        0..=3 => 3,
        4..=6 => 6,
        7..=8 => 8,
        9..RSA => 11,
        _ => rsa((signer - RSA) / RSA_KEYS.len(), RSA_KEYS.len() - 1),
    }
}

/// Keys of others for a set. None is the attacker's.
pub(super) const OTHERS: [usize; 12] =
    [0, 1, 2, 4, 5, 7, 9, 10, rsa(0, 0), rsa(0, 1), rsa(2, 12), rsa(3, 10)];

/// The first of the RSA keys.
const RSA: usize = 12;
const RSA_ALGORITHMS: [Algorithm; 6] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];
const RSA_KEYS: [&str; 14] = [
    "2048", "2049", "2050", "2051", "2052", "2053", "2054", "2055", "2056", "3071", "3072", "4095",
    "4096", "attacker",
];

/// The RSA key of this index for the RSA algorithm of this index.
const fn rsa(algorithm: usize, key: usize) -> usize {
    RSA + algorithm * RSA_KEYS.len() + key
}

/// An RSA key that is not the attacker's.
pub(super) fn any_rsa(random: &mut Random) -> usize {
    let key = if random.percent(60) { 0 } else { random.below(RSA_KEYS.len() - 1) };
    rsa(random.below(RSA_ALGORITHMS.len()), key)
}

/// A key for EdDSA that is not the attacker's.
pub(super) fn any_ed25519(random: &mut Random) -> usize {
    9 + random.below(2)
}

/// The names of all algorithms. Each of the two names of EdDSA is one.
pub(super) const NAMES: [&str; 11] = [
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384",
    "PS512",
];

/// One of the names of an algorithm.
pub(super) fn name_of(algorithm: Algorithm, random: &mut Random) -> &'static str {
    match algorithm {
        Algorithm::EdDsa => random.one(&["EdDSA", "Ed25519"]),
        other => other.name(),
    }
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
        let signer = match random.below(100) {
            0..35 => random.below(3),
            35..50 => 4 + random.below(2),
            50..57 => 7,
            57..70 => any_ed25519(random),
            _ => any_rsa(random),
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
            signing_input: String::new(),
            forge: false,
        };
        let kid = random.percent(85).then(|| random.one(&KIDS));
        draft.header.set("alg", json!(name_of(draft.signer().algorithm(), random)));
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
        draft.algorithms(random);
        draft
    }

    /// For rules that only one type of keys meets: another key signs, and is in the set.
    pub(super) fn become_signed_by(&mut self, signer: usize, random: &mut Random) {
        self.signer = signer;
        self.header.set("alg", json!(name_of(self.signer().algorithm(), random)));
        let kid = self.header.get("kid").and_then(|kid| serde_json::from_str::<String>(kid).ok());
        self.keys(kid.as_deref(), random);
        if self.claims.get("at_hash").is_some() {
            self.claims.set("at_hash", json!(at_hash(self.alg())));
        }
        self.algorithms(random);
    }

    /// Writes out the algorithms, if the key needs it, or sometimes.
    fn algorithms(&mut self, random: &mut Random) {
        let algorithm = self.signer().algorithm();
        let is_open = self.signer >= RSA && algorithm != Algorithm::Rs256;
        let is_open = is_open && self.jwk().get("alg").is_none();
        self.policy.algorithms = None;
        if is_open || random.percent(20) {
            let mut names = vec![name_of(algorithm, random).to_owned()];
            for _ in 0..random.below(4) {
                let place = random.below(names.len() + 1);
                names.insert(place, random.one(&NAMES).to_owned());
            }
            self.policy.algorithms = Some(names);
        }
    }

    /// The key that signs.
    pub fn signer(&self) -> &'static SigningKey {
        &signers()[self.signer]
    }

    /// The JWK of the signing key in the first set.
    pub(super) fn jwk(&mut self) -> &mut Members {
        let (name, bytes) = self.signer().numbers().swap_remove(0);
        let number = json!(base64url(bytes)).to_string();
        let keys = &mut self.sets[0].keys;
        let is_it =
            |key: &Result<Members, _>| key.as_ref().is_ok_and(|key| key.get(name) == Some(&number));
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
        for (index, other) in OTHERS.into_iter().enumerate() {
            let key = &signers()[other];
            // An RSA key may be for several algorithms.
            let same = key.algorithm() == self.signer().algorithm()
                || (other >= RSA && self.signer >= RSA);
            let is_mine = key.numbers() == self.signer().numbers();
            // Without a kid, the algorithm selects the key.
            if !is_mine && (kid.is_some() || !same) && random.percent(30) {
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
            let algorithms = self.policy.algorithms.take();
            self.id_token(random);
            self.policy.algorithms = algorithms;
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
            self.claims
                .set("auth_time", self.clock.time().saturating_sub(random.below(1000) as i64));
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
        // A change may have moved the clock to its end.
        claims.set("exp", now.saturating_add(1 + random.below(5000) as i64));
        claims.set("iat", now.saturating_sub(random.below(500) as i64));
        if random.percent(30) {
            claims.set("nbf", now.saturating_sub(random.below(500) as i64));
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
        // Some issuers write a list, and some another name.
        let scopes = if random.percent(20) { json!(held) } else { json!(held.join(" ")) };
        if random.percent(15) {
            claims.set("scp", scopes);
            policy.scope_claims = vec![Path::Name("scp".into())];
        } else {
            claims.set("scope", scopes);
        }
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
            let pointer = |path: &str, test| Requirement::of(Path::Pointer(path.into()), test);
            self.policy.requirements = vec![
                Requirement::of(Path::Name("org".into()), Test::Present),
                pointer("/org/id", Test::Equals(Scalar::Text("org_1".into()))),
                pointer("/org/roles", Test::Contains(Scalar::Text("a/b~c".into()))),
                pointer("/org/roles/1", Test::StartsWith("a/".into())),
            ];
            for requirement in &mut self.policy.requirements {
                requirement.validity = random.percent(50);
            }
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
        jwk.set("alg", json!(name_of(key.algorithm(), random)));
    }
    if random.percent(15) {
        jwk.set("key_ops", json!(["verify"]));
    }
    jwk
}

/// The left half of the access token's hash (OIDC Core §3.1.3.6).
pub(super) fn at_hash(alg: &str) -> String {
    match alg {
        "ES256" | "RS256" | "PS256" => base64url(&Sha256::digest(ACCESS_TOKEN)[..16]),
        "ES384" | "RS384" | "PS384" => base64url(&Sha384::digest(ACCESS_TOKEN)[..24]),
        _ => base64url(&Sha512::digest(ACCESS_TOKEN)[..32]),
    }
}
