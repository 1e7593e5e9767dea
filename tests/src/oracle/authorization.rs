//! `credentials = auth-scheme [ 1*SP ( token68 / … ) ]`: RFC 9110 §11.4, RFC 6750 §2.1.

use super::fault::{Faults, fault};
use super::limits;
use super::request::Credentials;

/// Finds the token in what the client sent.
pub(super) fn token(credentials: &Credentials) -> Result<String, Faults> {
    let token = match credentials {
        Credentials::Lines(lines) => bearer(lines)?,
        Credentials::Token(token) => token,
    };
    if token.len() > limits::TOKEN {
        return Err(fault(format!("token-too-long {}", token.len())));
    }
    if !is_token68(token) {
        return Err(fault("token-malformed"));
    }
    Ok(token.iter().map(|byte| char::from(*byte)).collect())
}

/// What follows the scheme in the only line.
fn bearer(lines: &[Vec<u8>]) -> Result<&[u8], Faults> {
    let value = match lines {
        [] => return Err(fault("authorization-missing")),
        [value] => value,
        _ => return Err(fault("authorization-repeated")),
    };
    // RFC 9110 §5.6.3: white space around a value is not part of it, so nothing is there.
    if value.iter().all(|byte| b" \t".contains(byte)) {
        return Err(fault("authorization-missing"));
    }
    let mut words = value.splitn(2, |byte| *byte == b' ');
    let scheme = words.next().unwrap();
    let rest = words.next().unwrap_or_default();
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let token = &rest[spaces..];
    if scheme.is_empty() || token.is_empty() {
        return Err(fault("authorization-malformed"));
    }
    match scheme.eq_ignore_ascii_case(b"bearer") {
        true => Ok(token),
        false => Err(fault("scheme-not-bearer")),
    }
}

/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 9110 §11.2)
fn is_token68(token: &[u8]) -> bool {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let inside = token.iter().take_while(|byte| is_inside(byte)).count();
    inside > 0 && token[inside..].iter().all(|byte| *byte == b'=')
}
