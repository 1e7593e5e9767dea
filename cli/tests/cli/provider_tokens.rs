//! Access tokens as providers issue them by default, rebuilt from their public documentation, each with the ID token
//! of the same client.

use std::time::SystemTime;

use serde_json::{Value, json};
use tollgate_core::Algorithm;
use tollgate_tests::mint::{Token, jwk, jwks, key_for, kid_for};

/// An access token and an ID token for the same client and user.
pub(crate) struct Pair {
    pub(crate) access: Token,
    pub(crate) id: Token,
}

/// The keys that sign these tokens.
pub(crate) fn keys() -> Value {
    let algorithms = [Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256];
    jwks(algorithms.map(|algorithm| jwk(&key_for(algorithm), kid_for(algorithm))))
}

/// A token with these claims, beside `iss`, and with `iat` and `exp` that are valid now.
pub(crate) fn token(
    issuer: &str,
    algorithm: Algorithm,
    typ: Option<&str>,
    mut claims: Value,
) -> Token {
    let mut header = json!({ "alg": algorithm.name(), "kid": kid_for(algorithm) });
    if let Some(typ) = typ {
        header["typ"] = json!(typ);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    claims["iss"] = json!(issuer);
    claims["iat"] = json!(now);
    if claims.get("exp").is_none() {
        claims["exp"] = json!(now + 3600);
    }
    Token::good_for(algorithm).header(header.to_string()).payload(claims.to_string())
}

pub(crate) fn rs256(issuer: &str, typ: Option<&str>, claims: Value) -> Token {
    token(issuer, Algorithm::Rs256, typ, claims)
}

pub(crate) fn logto(issuer: &str) -> Pair {
    Pair {
        access: logto_with(issuer, json!("https://api.example.com"), json!({})),
        id: token(
            issuer,
            Algorithm::Es384,
            Some("JWT"),
            json!({ "sub": "user_1", "aud": "app_1", "at_hash": "x9yF" }),
        ),
    }
}

/// An access token of Logto for this audience, with more claims.
pub(crate) fn logto_with(issuer: &str, audience: Value, more: Value) -> Token {
    let mut claims = json!({
        "jti": "t-1", "sub": "user_1", "client_id": "app_1", "aud": audience,
        "scope": "read:orders invite:member",
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    token(issuer, Algorithm::Es384, Some("at+jwt"), claims)
}

fn auth0_id(issuer: &str) -> Token {
    rs256(
        issuer,
        Some("JWT"),
        json!({ "sub": "auth0|1", "aud": "client_1", "sid": "s", "nonce": "n", "email": "a@example.com" }),
    )
}

/// With the token profile RFC 9068.
pub(crate) fn auth0(issuer: &str) -> Pair {
    Pair {
        access: rs256(
            issuer,
            Some("at+jwt"),
            json!({
                "sub": "auth0|1", "aud": ["https://api.example.com", format!("{issuer}userinfo")],
                "client_id": "client_1", "jti": "73Wakr", "scope": "openid read:orders",
            }),
        ),
        id: auth0_id(issuer),
    }
}

/// With the token profile Auth0, which is the default.
pub(crate) fn auth0_default(issuer: &str) -> Pair {
    Pair {
        access: rs256(
            issuer,
            Some("JWT"),
            json!({
                "sub": "auth0|1", "aud": ["https://api.example.com", format!("{issuer}userinfo")],
                "azp": "client_1", "scope": "openid read:orders",
            }),
        ),
        id: auth0_id(issuer),
    }
}

pub(crate) fn okta(issuer: &str) -> Pair {
    Pair {
        access: rs256(
            issuer,
            None,
            json!({
                "ver": 1, "jti": "AT.0mP4", "aud": "api://default", "cid": "0oabucvy", "uid": "00uixa",
                "scp": ["openid", "read:orders"], "auth_time": 1_760_000_000, "sub": "a@example.com",
            }),
        ),
        id: rs256(
            issuer,
            None,
            json!({
                "ver": 1, "jti": "ID.4eAWJ", "aud": "0oabucvy", "sub": "00uixa", "amr": ["pwd"],
                "idp": "00ok1u", "nonce": "n", "at_hash": "x9yF",
            }),
        ),
    }
}

/// With an audience mapper for the API, and that of the client itself.
pub(crate) fn keycloak(issuer: &str) -> Pair {
    let id = |typ, aud| {
        json!({
            "jti": "7f22fd6a", "aud": aud, "sub": "f5c1", "typ": typ, "azp": "shop", "sid": "s", "acr": "1",
            "email_verified": true, "preferred_username": "a",
        })
    };
    let mut access = id("Bearer", json!(["orders-api", "account"]));
    access["allowed-origins"] = json!(["https://shop.example.com"]);
    access["realm_access"] = json!({ "roles": ["offline_access", "buyer"] });
    access["resource_access"] = json!({ "account": { "roles": ["view-profile"] } });
    access["scope"] = json!("openid read:orders");
    let mut id = id("ID", json!("shop"));
    id["at_hash"] = json!("x9yF");
    Pair { access: rs256(issuer, Some("JWT"), access), id: rs256(issuer, Some("JWT"), id) }
}

pub(crate) const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
pub(crate) const ENTRA_API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

/// An application that calls its own API: both tokens have the same audience.
pub(crate) fn entra(issuer: &str) -> Pair {
    let claims = json!({
        "aud": ENTRA_API, "nbf": 1_760_000_000, "name": "A", "oid": "o", "preferred_username": "a@example.com",
        "rh": "r", "sub": "s", "tid": TENANT, "uti": "u", "ver": "2.0",
    });
    let (mut access, mut id) = (claims.clone(), claims);
    access["azp"] = json!("11112222-bbbb-3333-cccc-4444dddd5555");
    access["azpacr"] = json!("1");
    access["scp"] = json!("Orders.Read");
    id["nonce"] = json!("n");
    Pair { access: rs256(issuer, Some("JWT"), access), id: rs256(issuer, Some("JWT"), id) }
}

pub(crate) const COGNITO_CLIENT: &str = "1example23456789";

pub(crate) fn cognito(issuer: &str) -> Pair {
    Pair {
        access: rs256(
            issuer,
            None,
            json!({
                "sub": "aaaa", "cognito:groups": ["buyers"], "version": 2, "client_id": COGNITO_CLIENT,
                "origin_jti": "o", "token_use": "access", "scope": "orders/read", "auth_time": 1_760_000_000,
                "jti": "j", "username": "a",
            }),
        ),
        id: rs256(
            issuer,
            None,
            json!({
                "sub": "aaaa", "cognito:groups": ["buyers"], "aud": COGNITO_CLIENT, "event_id": "e",
                "token_use": "id", "auth_time": 1_760_000_000, "cognito:username": "a", "at_hash": "x9yF",
            }),
        ),
    }
}

pub(crate) const GOOGLE_CLIENT: &str = "1234987819200.apps.googleusercontent.com";

/// Google issues ID tokens only: this is one of a user of a Workspace domain.
pub(crate) fn google(issuer: &str, client: &str, domain: Option<&str>) -> Token {
    let mut claims = json!({
        "azp": client, "aud": client, "sub": "10769150350006150715113082367", "at_hash": "HK6E",
        "email": "a@example.com", "email_verified": true,
    });
    if let Some(domain) = domain {
        claims["hd"] = json!(domain);
    }
    rs256(issuer, Some("JWT"), claims)
}

pub(crate) fn google_iap(issuer: &str, audience: &str) -> Token {
    token(
        issuer,
        Algorithm::Es256,
        Some("JWT"),
        json!({
            "aud": audience, "sub": "accounts.google.com:1076", "email": "a@example.com", "hd": "example.com",
            "google": { "access_levels": [] },
        }),
    )
}

/// The second token is that of a client of the project's own OAuth server.
pub(crate) fn supabase(issuer: &str) -> Pair {
    Pair {
        access: token(issuer, Algorithm::Es256, Some("JWT"), supabase_claims("authenticated")),
        id: token(
            issuer,
            Algorithm::Es256,
            Some("JWT"),
            json!({ "aud": "client_1", "sub": "u", "email": "a@example.com", "nonce": "n" }),
        ),
    }
}

/// The claims of a token with this role.
pub(crate) fn supabase_claims(role: &str) -> Value {
    json!({
        "aud": "authenticated", "sub": "123e4567", "role": role, "aal": "aal1", "session_id": "s",
        "email": "a@example.com", "phone": "", "is_anonymous": false,
        "app_metadata": { "provider": "email" }, "user_metadata": {},
    })
}

/// A token of the service account `cart` in this namespace.
pub(crate) fn kubernetes(issuer: &str, namespace: &str, audience: Value) -> Token {
    let claims = json!({
        "aud": audience,
        "jti": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
        "kubernetes.io": {
            "namespace": namespace,
            "pod": { "name": "cart-0", "uid": "a" },
            "serviceaccount": { "name": "cart", "uid": "b" },
        },
        "sub": format!("system:serviceaccount:{namespace}:cart"),
    });
    rs256(issuer, None, claims)
}

/// A JWT-SVID with this SPIFFE ID.
pub(crate) fn spire(issuer: Option<&str>, id: &str) -> Token {
    let claims = json!({ "aud": ["orders"], "sub": id });
    let token = token(issuer.unwrap_or_default(), Algorithm::Es256, Some("JWT"), claims);
    if issuer.is_some() { token } else { token.without("iss") }
}
