//! Derives the settings from the keys of an issuer and a sample token.

use tollgate::untrusted::Excerpt;
use tollgate_core::UnixTime;
use tollgate_core::policy::ACCESS_TOKEN_CLAIMS;

use super::document::{Document, Quoted, QuotedList, Setting};
use super::key_source::KeySource;
use super::requirements::{kind_requirement, requirements};
use super::sample::{Kind, Sample};
use crate::keys::LoadedKeys;
use crate::show::When;

/// Where scopes stand if they are not in `scope`.
const OTHER_SCOPE_CLAIMS: [&str; 3] = ["scp", "permissions", "roles"];

/// For tokens without `typ`.
const TYP_ABSENT: &str = "typ = \"JWT\"\ntyp_absent = true";

/// The maximum number of values that a line lists, where it is only a proposal.
const MAX_LISTED: usize = 20;

/// Derives the settings. Nothing of the sample but its signature was judged before.
pub(super) fn derive(
    issuer: &str,
    source: &KeySource,
    keys: &LoadedKeys<'_>,
    sample: Option<&Sample>,
    now: UnixTime,
) -> Document {
    let mut settings = vec![Setting::applied(
        format_args!("issuer = {}", Quoted(issuer)),
        match (source.is_metadata(), sample) {
            (true, _) => {
                "The issuer's metadata spells it exactly so. Every token must have it in iss."
            }
            (false, Some(_)) => "The sample spells it exactly so. Every token must have it in iss.",
            (false, None) => "Every token must have it in iss, spelled exactly so.",
        },
    )];
    settings.extend(source.of_issuer());
    match sample {
        Some(sample) => {
            settings.push(audience(sample));
            settings.push(typ(sample));
            settings.push(Setting::applied(
                format_args!("algorithms = [{}]", Quoted(sample.algorithm.name())),
                "The sample is signed with it. Without this line, tokens may have all algorithms that the issuer's \
                 keys are for.",
            ));
            settings.extend(scopes(sample));
            settings.extend(proof_of_possession(sample));
            settings.extend(requirements(sample));
        }
        None => settings.extend(without_sample(keys)),
    }
    let remarks = sample.map(|sample| remarks(sample, now)).unwrap_or_default();
    Document::new(remarks, source.of_file(), settings)
}

fn without_sample(keys: &LoadedKeys<'_>) -> [Setting; 3] {
    let mut algorithms: Vec<String> = Vec::new();
    for key in keys.keys() {
        let usual = key.algorithms().usual().map(|algorithm| algorithm.name().to_owned());
        algorithms.extend(usual.filter(|name| !algorithms.contains(name)));
    }
    [
        Setting::proposed(
            "audience = [\"https://api.example.com\"]",
            "Nothing but a token names the API. Write here what the issuer calls it (API identifier, resource \
             indicator), which its tokens have in aud. Or run this command again with --token.",
        ),
        Setting::proposed(
            "typ = \"JWT\"",
            "By default, tokens must be access tokens with the typ at+jwt (RFC 9068). If the issuer's have another, \
             write it here, and require a claim that its ID tokens do not have.",
        ),
        Setting::proposed(
            format_args!("algorithms = {}", QuotedList(&algorithms)),
            "The issuer's keys are for these, and all of them are accepted unless you list some.",
        ),
    ]
}

fn remarks(sample: &Sample, now: UnixTime) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Kind::Id(why) = sample.kind() {
        remarks.push(format!(
            "The sample is an ID token: {why}. It tells a client who signed in, and is not meant for an API. Get an \
             access token for your API, and run this command again."
        ));
    }
    match sample.expiration {
        Some(time) if time <= now => remarks.push(format!(
            "The sample has expired, so a gate refuses it: {}. Try the settings with a fresh one.",
            When { time, now }
        )),
        Some(_) => {}
        None => remarks.push(
            "The sample has no exp, so it never expires. A gate refuses such tokens: let the issuer set exp."
                .to_owned(),
        ),
    }
    remarks
}

fn audience(sample: &Sample) -> Setting {
    let clients = sample.clients();
    let all = sample.texts("aud").unwrap_or_default();
    if let Kind::Id(_) = sample.kind() {
        return Setting::proposed(
            format_args!("audience = {}", QuotedList(&all)),
            "The audience of an ID token is the client that signs users in, not your API. Write what the issuer \
             calls your API. Remove the # only if the issuer has no other tokens, as with Google.",
        );
    }
    if all.is_empty() {
        return without_audience(sample);
    }
    let mut own = Vec::new();
    let mut left_out = Vec::new();
    for audience in &all {
        if let Some(why) = no_api(sample, audience, &clients) {
            left_out.push(format!("{} {why}.", Excerpt(audience)));
        } else {
            own.push(audience.clone());
        }
    }
    let left_out = left_out.join(" ");
    if own.is_empty() {
        return Setting::proposed(
            format_args!("audience = {}", QuotedList(&all)),
            format_args!(
                "{left_out} So a token that was issued for something else may have it, too. Let the issuer put an \
                 audience of your API into its access tokens, and write that here. Remove the # only if you know \
                 that this is the API."
            ),
        );
    }
    Setting::applied(
        format_args!("audience = {}", QuotedList(&own)),
        format_args!(
            "The sample is for this. Keep only what names your API: a token must have one of them in aud. {left_out}"
        ),
    )
}

/// Why an audience does not name an API.
fn no_api(sample: &Sample, audience: &str, clients: &[String]) -> Option<&'static str> {
    let is_of_issuer = || {
        let issuer = sample.text("iss").unwrap_or_default();
        audience.strip_prefix(issuer.trim_end_matches('/')) == Some("/userinfo")
    };
    if audience == "account" {
        Some("is Keycloak's default for tokens of all clients, and names its account console")
    } else if clients.iter().any(|client| client == audience) {
        Some("is the id of the client itself, which its ID tokens have as well")
    } else if is_of_issuer() {
        Some("is the issuer's own UserInfo endpoint, and is left out")
    } else {
        None
    }
}

fn without_audience(sample: &Sample) -> Setting {
    match (sample.kind(), sample.text("client_id")) {
        (Kind::Access, Some(_)) => Setting::applied(
            "any_audience = true",
            "The tokens have no aud. Instead, the requirement of client_id below binds them to your client.",
        ),
        _ => Setting::proposed(
            "audience = [\"https://api.example.com\"]",
            "The sample has no aud, so nothing says that it is for your API. Let the issuer add an audience, and write \
             it here.",
        ),
    }
}

fn typ(sample: &Sample) -> Setting {
    let typ = sample.typ.as_deref();
    if let Kind::Id(_) = sample.kind() {
        let lines = match typ {
            Some(typ) => format!("typ = {}", Quoted(typ)),
            None => TYP_ABSENT.to_owned(),
        };
        return Setting::proposed(
            lines,
            "ID tokens look like this. Access tokens may have another typ.",
        );
    }
    match typ {
        Some(typ) if sample.is_typed_access_token() => {
            let names = ACCESS_TOKEN_CLAIMS.iter().map(|claim| claim.name());
            let missing: Vec<_> = names.filter(|name| !sample.has(name)).collect();
            let reason = if missing.is_empty() {
                "The sample is an access token by RFC 9068, and has all claims that it requires."
                    .to_owned()
            } else {
                format!(
                    "The sample says that it is an access token by RFC 9068, but lacks what that requires: {}. Let the \
                     issuer add it.",
                    missing.join(", ")
                )
            };
            Setting::applied(format_args!("typ = {}", Quoted(typ)), reason)
        }
        Some(typ) => Setting::applied(
            format_args!("typ = {}", Quoted(typ)),
            format_args!(
                "The sample has this typ, which says little. {}",
                what_tells_kinds(sample)
            ),
        ),
        None => Setting::applied(
            TYP_ABSENT,
            format_args!("The sample has no typ. {}", what_tells_kinds(sample)),
        ),
    }
}

/// What tells access tokens from ID tokens, where `typ` does not.
fn what_tells_kinds(sample: &Sample) -> &'static str {
    if kind_requirement(sample).is_some() {
        "A requirement below tells access tokens from ID tokens."
    } else {
        "No known claim tells this issuer's access tokens from its ID tokens, so the audience must: never list the \
         id of a client there."
    }
}

fn scopes(sample: &Sample) -> Vec<Setting> {
    let mut settings = Vec::new();
    let others = OTHER_SCOPE_CLAIMS.iter().map(|name| (*name).to_owned());
    let places: Vec<String> = match sample.texts("scope") {
        Some(_) => vec!["scope".to_owned()],
        None => others.filter(|name| sample.texts(name).is_some()).collect(),
    };
    if !places.is_empty() && !sample.has("scope") {
        settings.push(Setting::applied(
            format_args!("scope_claim = {}", QuotedList(&places)),
            "The sample has no claim scope. Its scopes stand here instead.",
        ));
    }
    let is_token = |scope: &String| {
        let mut bytes = scope.bytes();
        !scope.is_empty()
            && bytes.all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
    };
    let granted = places.iter().filter_map(|place| {
        let words = |text: String| text.split(' ').map(str::to_owned).collect();
        sample.text(place).map(words).or_else(|| sample.texts(place))
    });
    let granted: Vec<_> = granted.flatten().filter(is_token).take(MAX_LISTED).collect();
    if !granted.is_empty() {
        settings.push(Setting::proposed(
            format_args!("scope = {}", QuotedList(&granted)),
            "The sample has these scopes. List those that every request needs; rules can require more for a path.",
        ));
    }
    settings
}

fn proof_of_possession(sample: &Sample) -> Option<Setting> {
    sample.has("cnf").then(|| {
        Setting::proposed(
            "proof_of_possession = \"checked-by-gateway\"",
            "The sample is bound to a key (cnf), so a gate refuses it as a bearer token. Remove the # only if the \
             gateway in front checks the proof (RFC 8705, RFC 9449).",
        )
    })
}
