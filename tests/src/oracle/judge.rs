//! Judges claims by a policy: RFC 7519 §4.1, RFC 9068 §4, OIDC Core §3.1.3.7.

use super::algorithm::hash;
use super::base64url;
use super::claims::Seen;
use super::fault::{Faults, none};
use super::keys::Key;
use super::policy::{Audience, Clock, IdToken, Path, Policy};
use super::scope;

impl Policy {
    /// Judges the claims of a token that this key signed.
    pub(super) fn judge(&self, seen: Seen, key: &Key, clock: Clock) -> Result<Seen, Faults> {
        let mut faults = Faults::new();
        self.issuer(&seen, key, &mut faults);
        self.times(&seen, clock, &mut faults);
        for name in &self.required {
            faults.extend(seen.ill_typed.get(name.as_str()).cloned());
            if seen.claims.get(name).is_none() {
                faults.insert(format!("claim-missing {name}"));
            }
        }
        if let Some(expected) = &self.subject {
            is_equal(&seen, "sub", expected, "subject-mismatch", &mut faults);
        }
        self.validity(&seen, &mut faults);
        if let Some(id_token) = &self.id_token {
            self.id_token_rules(id_token, &seen, clock, &mut faults);
        }
        // RFC 7800 §3.1: the presenter must prove possession of the key, and nothing here checks that.
        if seen.is_bound && !self.accepts_bound {
            faults.insert("proof-of-possession-required".into());
        }
        let matched = self.audience(&seen, &mut faults);
        let granted = self.granted(&seen);
        if granted.is_none() && !self.required_scopes.is_empty() {
            faults.insert("claim-type scope".into());
        }
        // RFC 6750 §3.1: scopes are insufficient in a token that is otherwise good.
        none(faults)?;
        let mut faults = Faults::new();
        if let Some(granted) = granted
            && !self.required_scopes.iter().all(|scope| granted.contains(scope))
        {
            faults.insert("insufficient-scope".into());
        }
        self.access(&seen, &mut faults);
        none(faults)?;
        Ok(Seen { matched, ..seen })
    }

    /// The scopes that a token grants, if they are well-formed wherever they are.
    fn granted(&self, seen: &Seen) -> Option<Vec<String>> {
        let scope = [Path::Name("scope".into())];
        let places =
            if self.scope_claims.is_empty() { &scope[..] } else { self.scope_claims.as_slice() };
        let found = places.iter().filter_map(|place| place.find(&seen.claims)).map(scope::words);
        found.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
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
        faults.extend(seen.ill_typed.get("azp").cloned());
        match seen.texts.get("azp") {
            Some(azp) if *azp != rules.client_id => {
                faults.insert("authorized-party-mismatch".into());
            }
            None if audiences.len() > 1 => _ = faults.insert("claim-missing azp".into()),
            _ => {}
        }
        // 11
        if let Some(nonce) = &rules.nonce {
            faults.extend(seen.ill_typed.get("nonce").cloned());
            is_equal(seen, "nonce", nonce, "nonce-mismatch", faults);
        }
        // §3.1.3.8
        if rules.access_token.is_some() {
            faults.extend(seen.ill_typed.get("at_hash").cloned());
        }
        if let (Some(token), Some(found)) = (&rules.access_token, seen.texts.get("at_hash")) {
            let whole = hash(seen.alg, token.as_bytes());
            if *found != base64url::encode(&whole[..whole.len() / 2]) {
                faults.insert("access-token-hash-mismatch".into());
            }
        }
        // 13
        if let Some(max_age) = rules.max_age {
            faults.extend(seen.ill_typed.get("auth_time").cloned());
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
