//! The rules for headers and claims once more, read as naively as possible on top of serde_json.

use serde_json::value::RawValue;
use tollgate_core::limits;
use tollgate_tests::json::{Findings, Members, elements, string};
use tollgate_tests::oracle::{REGISTERED, media_type};

/// Which kinds of token are accepted.
#[derive(Clone, Copy, Debug)]
pub struct Typ<'r> {
    /// The list; `None` accepts whatever there is.
    pub one_of: Option<&'r [&'r str]>,
    /// Whether there need not be a `typ`.
    pub may_be_absent: bool,
}

/// A header that is accepted.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    /// `alg`.
    pub alg: String,
    /// `kid`.
    pub kid: Option<String>,
}

/// Reads a header; `None` if it must be refused.
pub fn header(text: &[u8], algorithms: &[&str], typ: Typ<'_>, crit: &[&str]) -> Option<Header> {
    let strict = Findings::of(text)?;
    if !strict.are_allowed(limits::MAX_HEADER_DEPTH, limits::MAX_HEADER_NAMES)
        || text.len() > limits::MAX_HEADER_LEN
    {
        return None;
    }
    let members = Members::parse(text)?;
    // A member that is there is a string, or the header is refused.
    let text_of = |name: &str| members.get(name).map(string).map_or(Some(None), |t| t.map(Some));
    let (alg, kid, found_typ, cty) =
        (text_of("alg")??, text_of("kid")?, text_of("typ")?, text_of("cty")?);
    let is_known = ["ES256", "ES384"].contains(&alg.as_str());
    let is_plain = members.get("b64").is_none_or(|b64| b64.get() == "true");
    if !is_known || !algorithms.contains(&alg.as_str()) || !is_plain {
        return None;
    }
    if members.get("zip").is_some() || members.get("enc").is_some() {
        return None;
    }
    if cty.is_some_and(|cty| media_type(&cty) == media_type("JWT")) {
        return None;
    }
    if kid.as_ref().is_some_and(|kid| kid.len() > limits::MAX_KEY_ID_LEN) {
        return None;
    }
    if let Some(accepted) = typ.one_of {
        let is_one = |found| accepted.iter().any(|other| media_type(other) == media_type(found));
        if !found_typ.as_deref().map_or(typ.may_be_absent, is_one) {
            return None;
        }
    }
    if let Some(listed) = members.get("crit") {
        let listed: Option<Vec<String>> = elements(listed)?.into_iter().map(string).collect();
        let listed = listed?;
        let is_fine = |name: &String| {
            crit.contains(&name.as_str())
                && !REGISTERED.contains(&name.as_str())
                && members.get(name).is_some()
                && listed.iter().filter(|other| *other == name).count() == 1
        };
        if listed.is_empty() || !listed.iter().all(is_fine) {
            return None;
        }
    }
    Some(Header { alg, kid })
}

/// Claims whose type is a string.
pub const TEXTS: &[&str] = &["iss", "sub", "jti", "scope", "client_id", "azp", "nonce", "at_hash"];

/// Claims whose type is a date.
pub const DATES: &[&str] = &["exp", "nbf", "iat", "auth_time"];

/// Claims of which each has its type.
#[derive(Debug)]
pub struct Claims<'t>(Members<'t>);

impl<'t> Claims<'t> {
    /// Reads claims; `None` if they must be refused.
    pub fn read(text: &'t [u8]) -> Option<Self> {
        let strict = Findings::of(text)?;
        if !strict.are_allowed(limits::MAX_JSON_DEPTH, limits::MAX_JSON_NAMES) {
            return None;
        }
        let claims = Self(Members::parse(text)?);
        let has = |name: &&str| claims.get(name).is_some();
        let texts = TEXTS.iter().all(|name| !has(name) || claims.text(name).is_some());
        let dates = DATES.iter().all(|name| !has(name) || claims.date(name).is_some());
        let audiences = !has(&"aud") || claims.audiences().is_some();
        (texts && dates && audiences).then_some(claims)
    }

    /// The claim of this name, as it is written.
    pub fn get(&self, name: &str) -> Option<&'t RawValue> {
        self.0.get(name)
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        string(self.get(name)?)
    }

    /// A claim that is a date: the whole seconds that are not later, and not earlier.
    pub fn date(&self, name: &str) -> Option<(i64, i64)> {
        date(self.get(name)?.get())
    }

    /// `aud`.
    pub fn audiences(&self) -> Option<Vec<String>> {
        let value = self.get("aud")?;
        match elements(value) {
            Some(elements) => elements.into_iter().map(string).collect(),
            None => string(value).map(|one| vec![one]),
        }
    }
}

/// The floor and the ceiling of a number, digit by digit; `None` if it is none, or beyond ±2^53.
pub fn date(number: &str) -> Option<(i64, i64)> {
    let (magnitude, is_negative) = match number.strip_prefix('-') {
        Some(magnitude) => (magnitude, true),
        None => (number, false),
    };
    if !magnitude.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let zeros = digits.len() - digits.trim_start_matches('0').len();
    let digits = &digits[zeros..];
    if digits.is_empty() {
        return Some((0, 0));
    }
    // Where the point stands among the digits. An exponent too long to be read decides by itself.
    let far = if exponent.starts_with('-') { -1_000_000 } else { 1_000_000 };
    let exponent = exponent.parse().unwrap_or(far).clamp(-1_000_000, 1_000_000);
    let point = whole.len() as i64 - zeros as i64 + exponent;
    if point > 16 {
        return None;
    }
    let point = point.max(0) as usize;
    let split = point.min(digits.len());
    let padded = format!("0{:0<point$}", &digits[..split]);
    let floor: i64 = padded.parse().ok()?;
    let ceil = floor + i64::from(digits[split..].contains(|digit| digit != '0'));
    if ceil > limits::MAX_UNIX_TIME {
        return None;
    }
    Some(if is_negative { (-ceil, -floor) } else { (floor, ceil) })
}
