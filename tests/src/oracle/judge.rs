//! Judges claims by a policy: RFC 7519 §4.1, RFC 9068 §4, OIDC Core §3.1.3.7.

use sha2::{Digest, Sha256, Sha384};

use super::base64url;
use super::claims::Seen;
use super::fault::{Faults, fault, none};
use super::json::Json;
use super::keys::Key;
use super::policy::{Audience, Clock, IdToken, Path, Policy, Required};

impl Policy {
    /// Judges the claims of a token that this key signed.
    pub(super) fn judge(&self, seen: Seen, key: &Key, clock: Clock) -> Result<Seen, Faults> {
        let mut faults = Faults::new();
        self.issuer(&seen, key, &mut faults);
        self.times(&seen, clock, &mut faults);
        for name in &self.required {
            if seen.claims.get(name).is_none() {
                faults.insert(format!("claim-missing {name}"));
            }
        }
        if let Some(expected) = &self.subject {
            is_equal(&seen, "sub", expected, "subject-mismatch", &mut faults);
        }
        for (index, required) in self.required_claims.iter().enumerate() {
            match (required.find(&seen.claims), &required.value) {
                (None | Some(Json::Null), _) => {
                    faults.insert(format!("required-claim-missing {index}"));
                }
                (Some(found), Some(value)) if found.text().as_ref() != Some(value) => {
                    faults.insert(format!("required-claim-mismatch {index}"));
                }
                _ => {}
            }
        }
        if let Some(id_token) = &self.id_token {
            self.id_token_rules(id_token, &seen, clock, &mut faults);
        }
        // RFC 7800 §3.1: the presenter must prove possession of the key, and nothing here checks that.
        if seen.is_bound && !self.accepts_bound {
            faults.insert("proof-of-possession-required".into());
        }
        let matched = self.audience(&seen, &mut faults);
        // RFC 6750 §3.1: scopes are insufficient in a token that is otherwise good.
        none(faults)?;
        let scope = seen.texts.get("scope").map_or("", String::as_str);
        let held: Vec<&str> = scope.split(' ').collect();
        if !self.required_scopes.iter().all(|scope| held.contains(&scope.as_str())) {
            return Err(fault("insufficient-scope"));
        }
        Ok(Seen { matched, ..seen })
    }

    fn issuer(&self, seen: &Seen, key: &Key, faults: &mut Faults) {
        let issuer = seen.texts.get("iss");
        if issuer.is_none() && (self.issuers.is_some() || key.issuer.is_some()) {
            faults.insert("claim-missing iss".into());
        }
        let Some(issuer) = issuer else { return };
        if self.issuers.as_ref().is_some_and(|accepted| !accepted.contains(issuer)) {
            faults.insert("issuer-mismatch".into());
        }
        // RFC 8725 §3.8
        if key.issuer.is_some_and(|owner| owner != issuer) {
            faults.insert("issuer-not-of-key".into());
        }
    }

    fn audience(&self, seen: &Seen, faults: &mut Faults) -> Option<String> {
        self.audiences.as_ref()?;
        let Some(audiences) = &seen.audiences else {
            faults.insert("claim-missing aud".into());
            return None;
        };
        let matched = audiences.iter().find(|audience| self.is_accepted(audience));
        if matched.is_none() {
            faults.insert("audience-mismatch".into());
        }
        matched.cloned()
    }

    fn is_accepted(&self, audience: &str) -> bool {
        let Some(accepted) = &self.audiences else { return true };
        accepted.iter().any(|accepted| match accepted {
            Audience::Exact(exact) => audience == exact,
            Audience::Prefix(prefix) => {
                audience.len() > prefix.len() && audience.starts_with(prefix)
            }
        })
    }

    /// RFC 7519 §4.1.4 to §4.1.6.
    fn times(&self, seen: &Seen, clock: Clock, faults: &mut Faults) {
        let now = clock.time();
        let leeway = i128::from(self.leeway);
        match seen.dates.get("exp") {
            Some(exp) if i128::from(now) >= i128::from(exp.floor) + leeway => {
                faults.insert(format!("expired {} {now}", exp.floor));
            }
            None if self.needs_exp => _ = faults.insert("claim-missing exp".into()),
            _ => {}
        }
        for (name, words) in [("nbf", "not-yet-valid"), ("iat", "issued-in-future")] {
            self.not_ahead(seen, name, words, clock, faults);
        }
        if let Some(max_age) = self.max_token_age {
            self.not_older(seen, "iat", max_age, "too-old", clock, faults);
        }
    }

    /// A time that must have come. Whether it has is unknown where there is only a floor.
    fn not_ahead(&self, seen: &Seen, name: &str, words: &str, clock: Clock, faults: &mut Faults) {
        let Some(date) = seen.dates.get(name) else { return };
        if i128::from(date.ceil) <= i128::from(clock.time()) + i128::from(self.leeway) {
            return;
        }
        match clock {
            Clock::Exact(now) => _ = faults.insert(format!("{words} {} {now}", date.ceil)),
            Clock::AtLeast(_) if !self.accepts_unjudged => {
                faults.insert(format!("unjudgeable {name}"));
            }
            Clock::AtLeast(_) => {}
        }
    }

    /// A time that must not be long ago. It may be longer ago than a floor tells.
    fn not_older(
        &self,
        seen: &Seen,
        name: &str,
        max_age: u32,
        words: &str,
        clock: Clock,
        faults: &mut Faults,
    ) {
        let Some(date) = seen.dates.get(name) else {
            faults.insert(format!("claim-missing {name}"));
            return;
        };
        let now = clock.time();
        let age = i128::from(now) - i128::from(date.ceil);
        if age > i128::from(max_age) + i128::from(self.leeway) {
            faults.insert(format!("{words} {} {now}", date.ceil));
        } else if matches!(clock, Clock::AtLeast(_)) && !self.accepts_unjudged {
            faults.insert(format!("unjudgeable {name}"));
        }
    }

    /// OIDC Core §3.1.3.7; the numbers are those of its list.
    fn id_token_rules(&self, rules: &IdToken, seen: &Seen, clock: Clock, faults: &mut Faults) {
        let audiences = seen.audiences.clone().unwrap_or_default();
        // 3: the client itself, and no audience that it does not trust.
        if !audiences.contains(&rules.client_id) {
            faults.insert("audience-mismatch".into());
        }
        if audiences.iter().any(|other| *other != rules.client_id && !self.is_accepted(other)) {
            faults.insert("audience-untrusted".into());
        }
        // 4 and 5
        match seen.texts.get("azp") {
            Some(azp) if *azp != rules.client_id => {
                faults.insert("authorized-party-mismatch".into());
            }
            None if audiences.len() > 1 => _ = faults.insert("claim-missing azp".into()),
            _ => {}
        }
        // 11
        if let Some(nonce) = &rules.nonce {
            is_equal(seen, "nonce", nonce, "nonce-mismatch", faults);
        }
        // §3.1.3.8
        if let (Some(token), Some(hash)) = (&rules.access_token, seen.texts.get("at_hash")) {
            let half = match seen.alg {
                "ES256" => Sha256::digest(token)[..16].to_vec(),
                _ => Sha384::digest(token)[..24].to_vec(),
            };
            if *hash != base64url::encode(&half) {
                faults.insert("access-token-hash-mismatch".into());
            }
        }
        // 13
        if let Some(max_age) = rules.max_age {
            self.not_ahead(seen, "auth_time", "authentication-in-future", clock, faults);
            self.not_older(seen, "auth_time", max_age, "authentication-too-old", clock, faults);
        }
    }
}

/// A claim that must be there and be this string (RFC 7519 §7.3).
fn is_equal(seen: &Seen, name: &str, expected: &str, words: &str, faults: &mut Faults) {
    match seen.texts.get(name) {
        None => _ = faults.insert(format!("claim-missing {name}")),
        Some(found) if found != expected => _ = faults.insert(words.into()),
        Some(_) => {}
    }
}

impl Required {
    fn find<'a>(&self, claims: &'a Json) -> Option<&'a Json> {
        let pointer = match &self.path {
            Path::Name(name) => return claims.get(name),
            Path::Pointer(pointer) => pointer,
        };
        // RFC 6901 §4: ~1 first, then ~0; indexes are digits without leading zeros.
        pointer.split('/').skip(1).try_fold(claims, |value, token| match value {
            Json::Object(_) => value.get(&token.replace("~1", "/").replace("~0", "~")),
            Json::Array(elements) => {
                let is_index = token.bytes().all(|byte| byte.is_ascii_digit())
                    && (token == "0" || !token.starts_with('0'));
                elements.get(token.parse::<usize>().ok().filter(|_| is_index)?)
            }
            _ => None,
        })
    }
}
