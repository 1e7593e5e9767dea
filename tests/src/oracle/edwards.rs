//! Ed25519 over big integers: RFC 8032 §5.1, without the cofactor.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use num_bigint::BigUint;

use super::algorithm::hash;

/// 2^255 − 19
static P: LazyLock<BigUint> = LazyLock::new(|| (BigUint::from(1u8) << 255u32) - 19u8);
/// The order of the base point: 2^252 + 27742317777372353535851937790883648493.
static L: LazyLock<BigUint> = LazyLock::new(|| {
    (BigUint::from(1u8) << 252u32) + 27_742_317_777_372_353_535_851_937_790_883_648_493_u128
});
/// −121665 / 121666
static D: LazyLock<BigUint> =
    LazyLock::new(|| (&*P - 121_665u32) * BigUint::from(121_666u32).modinv(&P).unwrap() % &*P);
/// The multiples of the base point, whose y is 4/5 and whose x is even.
static BASE: LazyLock<Multiples> = LazyLock::new(|| {
    let y = BigUint::from(4u8) * BigUint::from(5u8).modinv(&P).unwrap() % &*P;
    Multiples::new(Point::decode(&bytes(&y)).unwrap())
});

/// A key: a point of the order L.
pub(super) struct PublicKey {
    encoded: [u8; 32],
    multiples: LazyLock<Multiples, Box<dyn FnOnce() -> Multiples + Send>>,
}

impl PublicKey {
    /// The key of these bytes, unless they are not a point of the order L. The same one is kept.
    pub(super) fn new(encoded: &[u8]) -> Option<Arc<Self>> {
        static KNOWN: LazyLock<Mutex<HashMap<[u8; 32], Arc<PublicKey>>>> =
            LazyLock::new(Mutex::default);
        let encoded = <[u8; 32]>::try_from(encoded).ok()?;
        if let Some(known) = KNOWN.lock().unwrap().get(&encoded) {
            return Some(Arc::clone(known));
        }
        let point = Point::decode(&encoded)?;
        // The order of a point divides 8 L. If L is a multiple of it, it is L or 1.
        if point.is_identity() || !point.times(&L).is_identity() {
            return None;
        }
        let multiples = LazyLock::new(Box::new(move || Multiples::new(point)) as Box<_>);
        let key = Arc::new(Self { encoded, multiples });
        KNOWN.lock().unwrap().insert(encoded, Arc::clone(&key));
        Some(key)
    }

    /// RFC 8032 §5.1.7: whether S · B = R + k · A, on the bytes of R.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (r, s) = signature.split_at(32);
        let s = BigUint::from_bytes_le(s);
        if s >= *L {
            return false;
        }
        let k = hash("EdDSA", &[r, &self.encoded, message].concat());
        let k = BigUint::from_bytes_le(&k) % &*L;
        // L − k in place of −k, since L · A is the identity.
        BASE.times(&s).add(&self.multiples.times(&(&*L - k))).encode() == r
    }
}

/// A point (x / z, y / z), with t = x y / z: RFC 8032 §5.1.4.
#[derive(Clone)]
struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
    t: BigUint,
}

impl Point {
    fn identity() -> Self {
        let (zero, one) = (BigUint::ZERO, BigUint::from(1u8));
        Self { x: zero.clone(), y: one.clone(), z: one, t: zero }
    }

    fn is_identity(&self) -> bool {
        self.x == BigUint::ZERO && self.y == self.z
    }

    /// §5.1.3
    fn decode(encoded: &[u8; 32]) -> Option<Self> {
        let mut y = BigUint::from_bytes_le(encoded);
        let is_odd = y.bit(255);
        y.set_bit(255, false);
        if y >= *P {
            return None;
        }
        let (one, yy) = (BigUint::from(1u8), &y * &y % &*P);
        // x² = (y² − 1) / (d y² + 1), whose denominator is never zero.
        let denominator = (&*D * &yy + &one) % &*P;
        let xx = (&*P + &yy - &one) * denominator.modinv(&P)? % &*P;
        // A root of a square modulo 8 k + 5 is its power of k + 1, or that times a root of −1.
        let mut x = xx.modpow(&((&*P + 3u8) / 8u8), &P);
        if &x * &x % &*P != xx {
            x = x * BigUint::from(2u8).modpow(&((&*P - 1u8) / 4u8), &P) % &*P;
        }
        if &x * &x % &*P != xx || (x == BigUint::ZERO && is_odd) {
            return None;
        }
        if x.bit(0) != is_odd {
            x = &*P - x;
        }
        Some(Self { t: &x * &y % &*P, x, y, z: one })
    }

    /// §5.1.2
    fn encode(&self) -> [u8; 32] {
        let inverse = self.z.modinv(&P).unwrap();
        let (x, mut y) = (&self.x * &inverse % &*P, &self.y * &inverse % &*P);
        y.set_bit(255, x.bit(0));
        bytes(&y)
    }

    /// §5.1.4, for any two points.
    fn add(&self, other: &Self) -> Self {
        let p = &*P;
        let minus = |left: &BigUint, right: &BigUint| (left + p - right) % p;
        let a = minus(&self.y, &self.x) * minus(&other.y, &other.x) % p;
        let b = (&self.y + &self.x) * (&other.y + &other.x) % p;
        let c = &self.t * 2u8 * &*D % p * &other.t % p;
        let d = &self.z * 2u8 * &other.z % p;
        let (e, f, g, h) = (minus(&b, &a), minus(&d, &c), d + c, b + a);
        Self { x: &e * &f % p, y: &g * &h % p, t: e * h % p, z: f * g % p }
    }

    /// By doubling and adding.
    fn times(&self, factor: &BigUint) -> Self {
        (0..factor.bits()).rev().fold(Self::identity(), |sum, bit| {
            let sum = sum.add(&sum);
            if factor.bit(bit) { sum.add(self) } else { sum }
        })
    }
}

/// d · 256^i · P for each place i and each digit d.
struct Multiples(Vec<Vec<Point>>);

impl Multiples {
    fn new(mut unit: Point) -> Self {
        let rows = (0..32).map(|_| {
            let mut row = vec![Point::identity()];
            for digit in 0..255 {
                row.push(row[digit].add(&unit));
            }
            unit = row[255].add(&unit);
            row
        });
        Self(rows.collect())
    }

    fn times(&self, factor: &BigUint) -> Point {
        let places = self.0.iter().zip(factor.to_bytes_le());
        places.fold(Point::identity(), |sum, (row, digit)| sum.add(&row[usize::from(digit)]))
    }
}

/// A number in 32 bytes, little-endian.
fn bytes(number: &BigUint) -> [u8; 32] {
    let mut bytes = number.to_bytes_le();
    bytes.resize(32, 0);
    bytes.try_into().unwrap()
}
