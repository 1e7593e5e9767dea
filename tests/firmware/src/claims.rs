//! A claims type of the firmware, read by serde: with a member of each common kind.

use serde::Deserialize;
use tollgate_core::AcceptedToken;

use crate::cases::generated;

#[cfg(feature = "float-claims")]
type Time = f64;
#[cfg(not(feature = "float-claims"))]
type Time = i64;

#[derive(Deserialize)]
struct Member<'a> {
    sub: &'a str,
    client_id: Client,
    exp: u32,
    iat: Time,
    level: Option<u8>,
}

#[derive(PartialEq, Deserialize)]
enum Client {
    #[serde(rename = "app_1")]
    First,
    #[serde(other)]
    Another,
}

/// Whether the claims of the valid token arrive.
pub fn are_right(token: AcceptedToken<'_>) -> bool {
    token.claims_as().is_ok_and(|member: Member<'_>| {
        member.sub == "user_1"
            && member.client_id == Client::First
            && i64::from(member.exp) == generated::NOW + 3600
            && member.iat == (generated::NOW - 60) as Time
            && member.level.is_none()
    })
}
