//! Reads the claims of an accepted token as a type of your own, by serde.
//!
//! ```sh
//! cargo run -- serve --demo      # an issuer to try it with; in another terminal:
//! TOKEN=$(curl -s http://127.0.0.1:4180/demo/token)
//! cargo run --example own_claims -- http://127.0.0.1:4180/demo https://api.example.com "Bearer $TOKEN"
//! ```

use serde::Deserialize;
use tollgate::gate::{ClaimsError, Gate, Identity, Issuer};
use tollgate::issuer_url::Plaintext;

/// The claims that this program reads. It ignores all others.
#[derive(Deserialize)]
pub(crate) struct Member {
    /// A token without this claim is an error.
    jti: String,
    /// This one may be missing.
    organization_id: Option<String>,
    /// An array, which is empty if it is missing.
    #[serde(default)]
    roles: Vec<String>,
}

/// Whether the user may delete orders.
pub(crate) fn may_delete(identity: &Identity) -> Result<bool, ClaimsError> {
    let member: Member = identity.claims()?;
    Ok(member.roles.iter().any(|role| role == "admin"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(issuer), Some(audience), Some(authorization)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: own_claims ISSUER AUDIENCE AUTHORIZATION".into());
    };
    let gate = Gate::builder()
        .issuer(Issuer::new(issuer).audience(audience))
        // For the demo's issuer on this machine. All others need https.
        .plaintext(Plaintext::Loopback)
        .build()?;
    let identity = gate.authorize(authorization).await?;
    let member: Member = identity.claims()?;
    println!("token {} of organization {:?}", member.jti, member.organization_id);
    println!("may delete orders: {}", may_delete(&identity)?);
    Ok(())
}
