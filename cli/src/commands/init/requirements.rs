//! Derives the requirements on claims that bind a token to its reader.

use super::document::{Quoted, QuotedList, Setting};
use super::sample::{Kind, Sample};

/// Claims that name the customer of an issuer that many share, and why they matter.
const OWNER_CLAIMS: [(&str, &str); 4] = [
    ("tid", "The tenant of the sample."),
    ("hd", "The issuer serves everybody. This admits the accounts of one domain only."),
    (
        "repository_owner_id",
        "All repositories share the issuer, and their workflows choose the audience. This admits those of one owner \
         (GitHub Actions). Require repository, too, to admit one repository only.",
    ),
    (
        "namespace_id",
        "All projects share the issuer, and their jobs choose the audience. This admits those of one group (GitLab).",
    ),
];

/// How the addresses of Google's service accounts end.
const SERVICE_ACCOUNTS: &str = ".gserviceaccount.com";

/// The claims that say whether a token is meant for this gate at all.
pub(super) fn requirements(sample: &Sample) -> Vec<Setting> {
    let mut settings: Vec<_> = kind_requirement(sample).into_iter().collect();
    let names_nobody = sample.texts("aud").unwrap_or_default().is_empty();
    if let (true, Kind::Access, Some(client)) =
        (names_nobody, sample.kind(), sample.text("client_id"))
    {
        let values = QuotedList(&[client]).to_string();
        settings.push(required(
            "client_id",
            &format!("equals = {values}"),
            "The tokens have no aud, so this binds them to your client. List all clients that may call the API.",
        ));
    }
    for (claim, reason) in OWNER_CLAIMS {
        if let Some(owner) = sample.text(claim) {
            settings.push(required(claim, &format!("equals = {}", Quoted(&owner)), reason));
        }
    }
    if let Some(email) = sample.text("email").filter(|email| email.ends_with(SERVICE_ACCOUNTS)) {
        let values = QuotedList(&[email]).to_string();
        settings.push(required(
            "email",
            &format!("equals = {values}"),
            "All Google customers share the issuer, and a service account chooses the audience itself. List those that \
             may call the API.",
        ));
        let reason = "Only then is the address that of the account.";
        settings.push(required("email_verified", "equals = true", reason));
    }
    let subject = sample.text("sub").unwrap_or_default();
    if let Some((domain, _)) = subject.strip_prefix("spiffe://").and_then(|id| id.split_once('/'))
        && !domain.is_empty()
    {
        let prefix = format!("spiffe://{domain}/");
        settings.push(required(
            "sub",
            &format!("starts_with = {}", Quoted(&prefix)),
            "The trust domain of the sample (SPIFFE).",
        ));
    }
    settings
}

/// The claim that tells access tokens from ID tokens, where `typ` does not.
pub(super) fn kind_requirement(sample: &Sample) -> Option<Setting> {
    let is = |name, value: &str| sample.text(name).as_deref() == Some(value);
    if sample.is_typed_access_token() || matches!(sample.kind(), Kind::Id(_)) {
        None
    } else if is("token_use", "access") {
        let reason = "ID tokens of this issuer have token_use = \"id\" (Amazon Cognito).";
        Some(required("token_use", "equals = \"access\"", reason))
    } else if is("typ", "Bearer") {
        let reason = "This is the claim typ, not the header's: ID tokens have \"ID\" (Keycloak).";
        Some(required("typ", "equals = \"Bearer\"", reason))
    } else if is("idtyp", "app") {
        let reason = "A token of an application itself; ID tokens have no idtyp (Microsoft Entra).";
        Some(required("idtyp", "equals = \"app\"", reason))
    } else if sample.has("cid") {
        let reason = "The client. ID tokens of this issuer have no cid (Okta).";
        Some(required("cid", "present = true", reason))
    } else if sample.has("scp") {
        let reason = "ID tokens of this issuer have no scopes in scp (Microsoft Entra). Tokens that an application gets \
                      for itself have none either.";
        Some(required("scp", "present = true", reason))
    } else {
        None
    }
}

fn required(claim: &str, test: &str, reason: &str) -> Setting {
    let lines =
        format!("[[issuer.required_claims]]\nclaim = {}\n{test}\nvalidity = true", Quoted(claim));
    Setting::applied(lines, reason)
}
