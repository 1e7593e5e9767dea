//! RSA over big integers: RFC 8017, with the keys of RFC 7518 §6.3.1.

use num_bigint::BigUint;

use super::algorithm::hash;

/// A modulus and an exponent that may be used.
pub(super) struct PublicKey {
    n: BigUint,
    e: BigUint,
}

impl PublicKey {
    /// The key of two numbers as RFC 7518 §2 writes them, unless it may not be used.
    pub(super) fn new(n: &[u8], e: &[u8]) -> Option<Self> {
        // Base64urlUInt has no zero octets in front, except that signed integers leave one.
        let n = n.strip_prefix(&[0]).unwrap_or(n);
        if matches!(n, [] | [0, ..]) || matches!(e, [] | [0, _, ..]) {
            return None;
        }
        let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
        let is_odd = |number: &BigUint| number.bit(0);
        // RFC 7518 §3.3: 2,048 bits or more. FIPS 186-5 §5.1: 2^16 < e.
        let is_usable = (2048..=4096).contains(&n.bits())
            && is_odd(&n)
            && is_odd(&e)
            && e > BigUint::from(1u32 << 16)
            && e.bits() <= 32
            && !is_power_modulo_small_primes(&n);
        is_usable.then_some(Self { n, e })
    }

    /// Octets of the modulus, and so of a signature.
    pub(super) fn width(&self) -> usize {
        self.n.bits().div_ceil(8) as usize
    }

    /// RFC 8017 §8.1.2, §8.2.2.
    pub(super) fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let s = BigUint::from_bytes_be(signature);
        if signature.len() != self.width() || s >= self.n {
            return false;
        }
        let m = s.modpow(&self.e, &self.n);
        let hash = |message: &[u8]| hash(alg, message);
        if alg.starts_with("RS") {
            return octets(&m, self.width()) == Some(pkcs1(&hash(message), self.width()));
        }
        let bits = self.n.bits() as usize - 1;
        octets(&m, bits.div_ceil(8)).is_some_and(|encoded| pss(&hash, message, &encoded, bits))
    }
}

/// I2OSP (§4.1): a number in this many octets, if it fits.
fn octets(number: &BigUint, width: usize) -> Option<Vec<u8>> {
    let mut octets = number.to_bytes_le();
    octets.resize(octets.len().max(width), 0);
    octets.reverse();
    (octets.len() == width).then_some(octets)
}

/// EMSA-PKCS1-v1_5 (§9.2), with the prefixes of its note 1.
fn pkcs1(hash: &[u8], width: usize) -> Vec<u8> {
    // SHA-256, SHA-384 and SHA-512 are 1, 2 and 3 in their branch of object identifiers.
    let (length, which) = match hash.len() {
        32 => (0x20, 1),
        48 => (0x30, 2),
        _ => (0x40, 3),
    };
    let mut info = vec![0x30, 0x11 + length, 0x30, 0x0d, 0x06, 0x09];
    info.extend([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, which, 0x05, 0x00, 0x04, length]);
    info.extend(hash);
    let padding = vec![0xff; width - info.len() - 3];
    [vec![0, 1], padding, vec![0], info].concat()
}

/// EMSA-PSS-VERIFY (§9.1.2) with a salt as long as the hash (RFC 7518 §3.5); the numbers are those of
/// its steps.
fn pss(hash: &dyn Fn(&[u8]) -> Vec<u8>, message: &[u8], encoded: &[u8], bits: usize) -> bool {
    let m_hash = hash(message);
    let len = m_hash.len();
    // 3 and 4
    if encoded.len() < 2 * len + 2 || encoded.last() != Some(&0xbc) {
        return false;
    }
    // 5
    let (masked, rest) = encoded.split_at(encoded.len() - len - 1);
    let h = &rest[..len];
    // 6
    let unused = 8 * encoded.len() - bits;
    if u32::from(masked[0]) >> (8 - unused) != 0 {
        return false;
    }
    // 7 and 8
    let mask = mgf1(hash, h, masked.len());
    let mut db: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    // 9
    db[0] &= (0xff_u32 >> unused) as u8;
    // 10 and 11
    let (padding, salt) = db.split_at(db.len() - len);
    let (one, zeros) = padding.split_last().unwrap();
    if *one != 1 || zeros.iter().any(|byte| *byte != 0) {
        return false;
    }
    // 12 to 14
    hash(&[&[0; 8], &m_hash[..], salt].concat()) == h
}

/// MGF1 (§B.2.1).
fn mgf1(hash: &dyn Fn(&[u8]) -> Vec<u8>, seed: &[u8], len: usize) -> Vec<u8> {
    let blocks = (0u32..).map(|counter| hash(&[seed, &counter.to_be_bytes()].concat()));
    blocks.flatten().take(len).collect()
}

/// Whether the modulus has the fingerprint of keys that can be factored (ROCA, CVE-2017-15361): modulo
/// each of the first primes, it is a power of 65537.
fn is_power_modulo_small_primes(n: &BigUint) -> bool {
    let primes = (3u64..=167).filter(|number| (2..*number).all(|divisor| number % divisor != 0));
    primes.into_iter().all(|prime| {
        let rest = u64::try_from(n % prime).unwrap();
        (0..prime)
            .scan(1, |power, _| Some(std::mem::replace(power, *power * 65537 % prime)))
            .any(|power| power == rest)
    })
}
