//! RSA with private keys, over big integers, so that a test can also sign what no library would.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use num_bigint::BigUint;
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384, Sha512};
use tollgate_core::Algorithm;

use super::encoding::from_base64url;

/// A private RSA key.
#[derive(Clone)]
pub struct RsaSecret {
    n: BigUint,
    e: BigUint,
    p: BigUint,
    q: BigUint,
    /// Unless the exponent has a factor in common with the order.
    secret: Option<Secret>,
}

/// What RFC 8017 §3.2 calls d, dP, dQ and qInv.
#[derive(Clone)]
struct Secret {
    d: BigUint,
    of_p: BigUint,
    of_q: BigUint,
    inverse: BigUint,
}

impl RsaSecret {
    fn new(n: BigUint, e: BigUint, p: BigUint, q: BigUint) -> Self {
        let one = BigUint::from(1u8);
        let orders = [&p - &one, &q - &one];
        let secret = e.modinv(&(&orders[0] * &orders[1])).map(|d| Secret {
            of_p: &d % &orders[0],
            of_q: &d % &orders[1],
            d,
            inverse: q.modinv(&p).unwrap(),
        });
        Self { n, e, p, q, secret }
    }

    /// The key in `tests/keys/rsa_NAME.json`. Its exponent is 65537. The keys were made once, with primes from
    /// a system's randomness: making them would take longer than all tests. Those of `roca` are powers of 65537
    /// modulo the product of the first 39 primes, which gives the key the fingerprint of CVE-2017-15361.
    pub fn named(name: &str) -> Arc<Self> {
        static KNOWN: LazyLock<Mutex<HashMap<String, Arc<RsaSecret>>>> =
            LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().unwrap();
        let read = || {
            let path = format!("{}/keys/rsa_{name}.json", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path}"));
            let jwk: Value = serde_json::from_str(&text).unwrap();
            let number = |name: &str| {
                BigUint::from_bytes_be(&from_base64url(jwk[name].as_str().unwrap()).unwrap())
            };
            Arc::new(Self::new(number("n"), number("e"), number("p"), number("q")))
        };
        Arc::clone(known.entry(name.to_owned()).or_insert_with(read))
    }

    /// The key of the same primes with another public exponent, whatever it is worth.
    pub fn with_exponent(&self, e: u64) -> Self {
        Self::new(self.n.clone(), BigUint::from(e), self.p.clone(), self.q.clone())
    }

    /// The modulus.
    pub fn modulus(&self) -> &BigUint {
        &self.n
    }

    /// The public exponent.
    pub fn exponent(&self) -> &BigUint {
        &self.e
    }

    /// The factors of the modulus.
    pub fn factors(&self) -> [&BigUint; 2] {
        [&self.p, &self.q]
    }

    /// The private exponent.
    pub fn private_exponent(&self) -> &BigUint {
        &self.secret().d
    }

    fn secret(&self) -> &Secret {
        self.secret.as_ref().expect("an exponent without a factor in common with the order")
    }

    /// The length of a signature in bytes.
    pub fn width(&self) -> usize {
        usize::try_from(self.n.bits().div_ceil(8)).unwrap()
    }

    /// Signs a message: RFC 8017 §8.1.1, §8.2.1.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        self.sign_encoded(&self.encoded(algorithm, message))
    }

    /// The encoded message that is signed. The salt of PSS is the hash of hash and message, so that signatures
    /// are deterministic.
    pub fn encoded(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        let hash = RsaHash::of(algorithm);
        if algorithm.name().starts_with("RS") {
            return pkcs1(&hash.digest_info(message), self.width());
        }
        let salt = hash.hash(&[&hash.hash(message)[..], b"salt"].concat());
        self.pss(message, hash, &salt, hash)
    }

    /// EMSA-PSS-ENCODE (RFC 8017 §9.1.1) with any salt and any hash for the mask.
    pub fn pss(&self, message: &[u8], hash: RsaHash, salt: &[u8], mask: RsaHash) -> Vec<u8> {
        let bits = usize::try_from(self.n.bits()).unwrap() - 1;
        let len = bits.div_ceil(8);
        let h = hash.hash(&[&[0; 8], &hash.hash(message)[..], salt].concat());
        let zeros = vec![0; len - salt.len() - h.len() - 2];
        let db = [&zeros[..], &[1], salt].concat();
        let blocks = (0u32..).flat_map(|index| mask.hash(&[&h[..], &index.to_be_bytes()].concat()));
        let mut masked: Vec<u8> = db.iter().zip(blocks).map(|(byte, mask)| byte ^ mask).collect();
        masked[0] &= 0xff >> (8 * len - bits);
        [masked, h, vec![0xbc]].concat()
    }

    /// RSASP1 (RFC 8017 §5.2.1) of any encoded message: the signature whose power it is.
    pub fn sign_encoded(&self, encoded: &[u8]) -> Vec<u8> {
        let m = BigUint::from_bytes_be(encoded) % &self.n;
        // By the Chinese remainder theorem, which takes a quarter of the time.
        let Secret { of_p, of_q, inverse, .. } = self.secret();
        let (left, right) = (m.modpow(of_p, &self.p), m.modpow(of_q, &self.q));
        let h = (&self.p + left - &right % &self.p) * inverse % &self.p;
        self.in_bytes(&(right + h * &self.q))
    }

    /// The encoded message of a signature, with all its leading zeros.
    pub fn open(&self, signature: &[u8]) -> Vec<u8> {
        self.in_bytes(&BigUint::from_bytes_be(signature).modpow(&self.e, &self.n))
    }

    /// A number as a signature; what does not fit is cut off.
    pub fn in_bytes(&self, number: &BigUint) -> Vec<u8> {
        let mut bytes = number.to_bytes_le();
        bytes.resize(self.width(), 0);
        bytes.reverse();
        bytes
    }
}

impl fmt::Debug for RsaSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RsaSecret({} bits, e = {})", self.n.bits(), self.e)
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) of any `DigestInfo`.
pub fn pkcs1(digest_info: &[u8], width: usize) -> Vec<u8> {
    let padding = vec![0xff; width - digest_info.len() - 3];
    [&[0, 1], &padding[..], &[0], digest_info].concat()
}

/// A hash function of an RSA algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaHash {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl RsaHash {
    /// That of the algorithm.
    pub fn of(algorithm: Algorithm) -> Self {
        match &algorithm.name()[2..] {
            "256" => Self::Sha256,
            "384" => Self::Sha384,
            _ => Self::Sha512,
        }
    }

    /// Another one.
    pub fn other(self) -> Self {
        match self {
            Self::Sha256 => Self::Sha512,
            _ => Self::Sha256,
        }
    }

    /// The hash of a message.
    pub fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The DER of a `DigestInfo` (RFC 8017 §9.2, note 1).
    pub fn digest_info(self, message: &[u8]) -> Vec<u8> {
        let prefix: &[u8] = match self {
            Self::Sha256 => {
                b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            }
            Self::Sha384 => {
                b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
            }
            Self::Sha512 => {
                b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
            }
        };
        [prefix, &self.hash(message)].concat()
    }

    /// The same without the NULL, which some write and verifiers must not take (RFC 8017 §A.2.4).
    pub fn digest_info_without_null(self, message: &[u8]) -> Vec<u8> {
        let mut info = self.digest_info(message);
        info.drain(15..17);
        info[1] -= 2;
        info[3] -= 2;
        info
    }
}
