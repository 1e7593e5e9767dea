//! The peers, each used in its fastest way: keys are parsed once wherever the library can keep a parsed
//! key, and validators are made once.

mod jsonwebtoken;
mod jwt_compact;
mod jwt_simple;
mod signatures;

pub use signatures::of_signatures;

use crate::fixtures::{Issuer, Specimen};

/// A peer with a key.
pub struct Peer {
    /// The crate's name, and its backend where there are several.
    pub subject: &'static str,
    /// A few words about it.
    pub note: &'static str,
    /// Verifies one specimen.
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

/// Returns the libraries that verify whole tokens of this algorithm.
///
/// They get the token without its `Authorization` header, and the key that verifies it, since none of
/// them reads the header or chooses a key from a set. All check issuer, audience and expiration, without
/// tolerance. None checks scopes, client or token id, which our policy requires. They deserialize claims
/// with serde into owned strings, while ours borrows them from a buffer. So they only deserialize what a
/// handler needs: `sub` and `scope`.
pub fn of_tokens(issuer: &Issuer) -> Vec<Peer> {
    let peers = [
        jsonwebtoken::with_aws_lc(issuer),
        jsonwebtoken::with_rust_crypto(issuer),
        jwt_simple::peer(issuer),
        jwt_compact::peer(issuer),
    ];
    peers.into_iter().flatten().collect()
}
