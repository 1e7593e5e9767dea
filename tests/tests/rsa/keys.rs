//! Private keys that sign anything, so that tests can forge.

use std::sync::LazyLock;

use num_bigint::BigUint;
use tollgate_core::engines::rsa::RsaPublicKey;

/// The keys of `keys.txt`, with the exponent 65537.
pub static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
    let lines = include_str!("keys.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            let [p, q] = [fields[1], fields[2]]
                .map(|digits| BigUint::parse_bytes(digits.as_bytes(), 16).unwrap());
            let key = PrivateKey::new(p, q, 65_537).unwrap();
            assert_eq!(key.bits().to_string(), fields[0]);
            key
        })
        .collect()
});

/// Returns the key of a length in bits.
pub fn key(bits: usize) -> &'static PrivateKey {
    KEYS.iter().find(|key| key.bits() == bits).unwrap()
}

pub struct PrivateKey {
    p: BigUint,
    q: BigUint,
    e: u32,
    n: BigUint,
    d_p: BigUint,
    d_q: BigUint,
    q_inverse: BigUint,
}

impl PrivateKey {
    /// Returns `None` if the exponent is not invertible.
    pub fn new(p: BigUint, q: BigUint, e: u32) -> Option<Self> {
        let inverse_modulo = |prime: &BigUint| BigUint::from(e).modinv(&(prime - 1u8));
        let (d_p, d_q) = (inverse_modulo(&p)?, inverse_modulo(&q)?);
        let q_inverse = q.modinv(&p)?;
        Some(Self { n: &p * &q, d_p, d_q, q_inverse, p, q, e })
    }

    /// Returns the same modulus with another exponent.
    pub fn with_exponent(&self, e: u32) -> Option<Self> {
        Self::new(self.p.clone(), self.q.clone(), e)
    }

    pub fn bits(&self) -> usize {
        self.n.bits().try_into().unwrap()
    }

    /// The length in bytes of the modulus and of a signature.
    pub fn len(&self) -> usize {
        self.bits().div_ceil(8)
    }

    pub fn modulus(&self) -> &BigUint {
        &self.n
    }

    pub fn public(&self) -> RsaPublicKey {
        let e = BigUint::from(self.e).to_bytes_be();
        RsaPublicKey::from_be_bytes(&self.n.to_bytes_be(), &e).unwrap()
    }

    /// Signs an encoded message, whatever it is, if it is below the modulus.
    pub fn sign(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        let message = BigUint::from_bytes_be(encoded);
        if message >= self.n {
            return None;
        }
        // With the Chinese remainder theorem, which is faster.
        let modulo_p = message.modpow(&self.d_p, &self.p);
        let modulo_q = message.modpow(&self.d_q, &self.q);
        let difference = (modulo_p + &self.p - &modulo_q % &self.p) * &self.q_inverse % &self.p;
        Some(self.octets(&(modulo_q + difference * &self.q)))
    }

    /// Writes a number in as many bytes as the modulus has.
    pub fn octets(&self, number: &BigUint) -> Vec<u8> {
        let digits = number.to_bytes_be();
        let mut octets = vec![0; self.len().saturating_sub(digits.len())];
        octets.extend(digits);
        octets
    }
}
