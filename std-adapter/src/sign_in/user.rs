//! [`SignedIn`]: who has signed in, and until when that holds. It is what a [`Session`](super::Session) shows.

/// A user who has signed in.
#[derive(Clone, PartialEq)]
pub(super) struct SignedIn {
    /// To which client of which provider. Another one that has the same store or secrets must not use it.
    pub(super) client: String,
    /// The claims of the ID token, as they were signed, and those that the user info adds.
    pub(super) claims: String,
    pub(super) issuer: String,
    pub(super) subject: String,
    /// The scopes of the newest access token of the default target, if a gate has accepted it.
    pub(super) scope: Option<String>,
    /// When the user signed in, in seconds since 1970.
    pub(super) opened: i64,
    /// When the session ends, whatever happens.
    pub(super) ends: i64,
}
