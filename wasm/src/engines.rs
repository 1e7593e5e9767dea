//! [`Engines`]: makes the engines of keys, with tables.
//!
//! Tables are built here, and none is part of the module, which would be some 400 KiB larger.

use tollgate::tollgate_core::engines::ecdsa::{
    self, Comb, EcPublicKey, JoseCurve, P256, P384, P521, ProvisionedKey, PublicKey,
};
use tollgate::tollgate_core::engines::eddsa::{self, Ed25519Key, Ed25519PublicKey};
use tollgate::tollgate_core::engines::rsa::RsaKey;
use tollgate::tollgate_core::{Algorithm, Jwk, KeyType, SignatureVerifier, UnusableKey};

/// An engine with its key.
pub(crate) type Engine = Box<dyn SignatureVerifier>;

/// The size of a key's table: 16 KiB for P-256, 24 KiB for P-384 and Ed25519, 36 KiB for P-521.
type KeySize = Comb<8, 2>;
/// The size of a generator's table, which all keys of a curve share: 64 to 144 KiB.
type GeneratorSize = Comb<10, 2>;

/// An instance of the module is one verifier, so tables of generators live as long as the instance.
type EcGenerator<C> = &'static ecdsa::BuiltGenerator<C, GeneratorSize, Vec<u8>>;
type Ed25519Generator = &'static eddsa::BuiltGenerator<GeneratorSize, Vec<u8>>;

/// The generators of the curves that are in use.
#[derive(Default)]
pub(crate) struct Engines {
    p256: Option<EcGenerator<P256>>,
    p384: Option<EcGenerator<P384>>,
    p521: Option<EcGenerator<P521>>,
    ed25519: Option<Ed25519Generator>,
}

impl Engines {
    /// Makes the engine of a key.
    ///
    /// # Errors
    ///
    /// The key is invalid, or no algorithm here is for it.
    pub(crate) fn make(&mut self, jwk: &Jwk<'_>) -> Result<Engine, UnusableKey> {
        match jwk.key_type() {
            KeyType::Ec => {
                let key = EcPublicKey::try_from(jwk)?;
                match key.algorithm() {
                    Algorithm::Es256 => ecdsa(&key, &mut self.p256),
                    Algorithm::Es384 => ecdsa(&key, &mut self.p384),
                    Algorithm::Es512 => ecdsa(&key, &mut self.p521),
                    _ => Err(UnusableKey::NotForThisEngine),
                }
            }
            KeyType::Rsa => {
                Ok(Box::new(RsaKey::<Box<[u8]>>::from_jwk_in(jwk, |len| vec![0; len].into())?))
            }
            KeyType::Okp => ed25519(&Ed25519PublicKey::try_from(jwk)?, &mut self.ed25519),
        }
    }
}

fn ecdsa<C>(key: &EcPublicKey, place: &mut Option<EcGenerator<C>>) -> Result<Engine, UnusableKey>
where
    C: JoseCurve,
{
    let point = PublicKey::<C>::try_from(key)?;
    let generator = match *place {
        Some(generator) => generator,
        None => {
            let memory = vec![0; ecdsa::table_bytes::<C, GeneratorSize>()];
            place.insert(leaked(ecdsa::BuiltGenerator::build_in(memory))?)
        }
    };
    let memory = vec![0; ecdsa::table_bytes::<C, KeySize>()];
    let key = ProvisionedKey::<C, KeySize, _, GeneratorSize>::build_in(&point, memory);
    let key = key.map_err(|_| UnusableKey::NotOnCurve)?;
    Ok(Box::new(key.with_generator(generator.borrowed())))
}

fn ed25519(
    key: &Ed25519PublicKey,
    place: &mut Option<Ed25519Generator>,
) -> Result<Engine, UnusableKey> {
    let generator = match *place {
        Some(generator) => generator,
        None => {
            let memory = vec![0; eddsa::table_bytes::<GeneratorSize>()];
            place.insert(leaked(eddsa::BuiltGenerator::build_in(memory))?)
        }
    };
    let memory = vec![0; eddsa::table_bytes::<KeySize>()];
    let key = Ed25519Key::<KeySize, _, GeneratorSize>::build_in(key, memory);
    let key = key.map_err(|_| UnusableKey::NotOnCurve)?;
    Ok(Box::new(key.with_generator(generator.borrowed())))
}

/// Keeps a table for as long as the instance of the module exists. Its memory always has the right length.
fn leaked<G, E>(built: Result<G, E>) -> Result<&'static G, UnusableKey> {
    built.map(|generator| &*Box::leak(Box::new(generator))).map_err(|_| UnusableKey::NotOnCurve)
}
