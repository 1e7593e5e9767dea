//! Everybody else, each used in the way that is fastest for it: keys are parsed once wherever the
//! library can keep a parsed key, and validators are made once.

mod jsonwebtoken;
mod jwt_compact;
mod jwt_simple;
mod signatures;

use tollgate_core::Algorithm;

use crate::fixtures::{Issuer, Specimen};

/// A peer with a key.
pub struct Peer {
    /// The name in results: that of the crate.
    pub subject: &'static str,
    /// A few words for people.
    pub note: &'static str,
    /// One verification.
    pub verify: Box<dyn FnMut(&Specimen) -> bool>,
}

impl Peer {
    fn new(
        subject: &'static str,
        note: &'static str,
        verify: impl FnMut(&Specimen) -> bool + 'static,
    ) -> Self {
        Self { subject, note, verify: Box::new(verify) }
    }
}

/// Libraries that verify signatures.
pub fn of_signatures(issuer: &Issuer) -> Vec<Peer> {
    signatures::all(issuer)
}

/// Libraries that verify whole tokens.
///
/// None of them reads an `Authorization` header, so they get the token alone; none chooses a key
/// from a set, so they get the one that verifies. All are told to check issuer, audience and
/// expiration without tolerance; none checks scopes, client or token id, which our policy requires.
/// They deserialise claims with serde into owned strings, where ours lends them out of a buffer; so
/// they are asked for no more than a handler needs: `sub` and `scope`.
pub fn of_tokens(issuer: &Issuer) -> Vec<Peer> {
    let mut peers = vec![
        jsonwebtoken::with_aws_lc(issuer),
        jsonwebtoken::with_rust_crypto(issuer),
        jwt_simple::peer(issuer),
    ];
    if issuer.algorithm() == Algorithm::Es256 {
        peers.push(jwt_compact::peer(issuer));
    }
    peers
}
