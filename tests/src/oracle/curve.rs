//! ECDSA over big integers: FIPS 186-5 §6.4.2, with the curves of SP 800-186 §3.2.1.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex};

use super::algorithm::hash;
use num_bigint::BigUint;

/// y² = x³ − 3x + b over the integers modulo p, and a generator of prime order n.
pub(super) struct Curve {
    crv: &'static str,
    pub(super) alg: &'static str,
    /// Bytes of a coordinate.
    pub(super) width: usize,
    p: BigUint,
    n: BigUint,
    b: BigUint,
    generator: LazyMultiples,
}

static P256: LazyLock<Curve> = LazyLock::new(|| {
    Curve::new(
        ("P-256", "ES256", 32),
        "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    )
});

static P384: LazyLock<Curve> = LazyLock::new(|| {
    Curve::new(
        ("P-384", "ES384", 48),
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
        "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    )
});

static P521: LazyLock<Curve> = LazyLock::new(|| {
    Curve::new(
        ("P-521", "ES512", 66),
        &format!("1ff{}", "f".repeat(128)),
        "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
        "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
    )
});

impl Curve {
    fn new(
        (crv, alg, width): (&'static str, &'static str, usize),
        p: &str,
        n: &str,
        b: &str,
        x: &str,
        y: &str,
    ) -> Self {
        let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
        let p = number(p);
        let generator = Multiples::lazy(&p, number(x), number(y), width);
        Self { crv, alg, width, n: number(n), b: number(b), p, generator }
    }

    pub(super) fn named(crv: &str) -> Option<&'static Self> {
        [&*P256, &*P384, &*P521].into_iter().find(|curve| curve.crv == crv)
    }
}

/// A point that is on its curve.
pub(super) struct PublicKey {
    curve: &'static Curve,
    multiples: LazyMultiples,
}

impl PublicKey {
    /// The point of these coordinates, unless it is not on the curve. The same one is kept.
    pub(super) fn new(curve: &'static Curve, x: &[u8], y: &[u8]) -> Option<Arc<Self>> {
        type Known = HashMap<(&'static str, Vec<u8>, Vec<u8>), Arc<PublicKey>>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        let name = (curve.crv, x.to_vec(), y.to_vec());
        if let Some(known) = KNOWN.lock().unwrap().get(&name) {
            return Some(Arc::clone(known));
        }
        let p = &curve.p;
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        // SP 800-56A §5.6.2.3.4. The curves have a cofactor of one, so that is all.
        let right = (&x * &x * &x + (p * 3u8 - &x * 3u8 % p) + &curve.b) % p;
        if x >= *p || y >= *p || &y * &y % p != right {
            return None;
        }
        let key = Arc::new(Self { curve, multiples: Multiples::lazy(p, x, y, curve.width) });
        KNOWN.lock().unwrap().insert(name, Arc::clone(&key));
        Some(key)
    }

    pub(super) fn curve(&self) -> &'static Curve {
        self.curve
    }

    /// FIPS 186-5 §6.4.2, step by step.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Curve { p, n, .. } = self.curve;
        let (r, s) = signature.split_at(self.curve.width);
        let (r, s) = (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s));
        let zero = BigUint::ZERO;
        if r == zero || s == zero || r >= *n || s >= *n {
            return false;
        }
        // The hash has at most as many bits as the order, so all of them count.
        let e = BigUint::from_bytes_be(&hash(self.curve.alg, message));
        let inverse = s.modinv(n).unwrap();
        let u = e * &inverse % n;
        let v = &r * &inverse % n;
        let sum = self.curve.generator.times(p, &u).add(&self.multiples.times(p, &v), p);
        match sum.affine_x(p) {
            Some(x) => x % n == r,
            None => false,
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.curve.crv)
    }
}

/// A point (x / z², y / z³); with z = 0, the point at infinity.
#[derive(Clone)]
struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

impl Point {
    fn infinity() -> Self {
        Self { x: BigUint::from(1u8), y: BigUint::from(1u8), z: BigUint::ZERO }
    }

    fn is_infinity(&self) -> bool {
        self.z == BigUint::ZERO
    }

    /// The chord's third intersection, mirrored; the tangent's for the same point.
    fn add(&self, other: &Self, p: &BigUint) -> Self {
        if self.is_infinity() {
            return other.clone();
        }
        if other.is_infinity() {
            return self.clone();
        }
        let (zz1, zz2) = (&self.z * &self.z % p, &other.z * &other.z % p);
        let (u1, u2) = (&self.x * &zz2 % p, &other.x * &zz1 % p);
        let s1 = &self.y * &other.z % p * &zz2 % p;
        let s2 = &other.y * &self.z % p * &zz1 % p;
        if u1 == u2 {
            return if s1 == s2 { self.double(p) } else { Self::infinity() };
        }
        let (h, r) = ((p + u2 - &u1) % p, (p + s2 - &s1) % p);
        let hh = &h * &h % p;
        let hhh = &h * &hh % p;
        let v = u1 * hh % p;
        // x = r² − h³ − 2v, y = r (v − x) − s1 h³, z = z1 z2 h
        let x = (&r * &r + p * 3u8 - &hhh - &v * 2u8) % p;
        let y = (r * (p + v - &x) + p * p - s1 * hhh) % p;
        let z = &self.z * &other.z % p * h % p;
        Self { x, y, z }
    }

    /// With a = −3: m = 3x² − 3z⁴, s = 4xy², x' = m² − 2s, y' = m (s − x') − 8y⁴, z' = 2yz.
    fn double(&self, p: &BigUint) -> Self {
        let zz = &self.z * &self.z % p;
        let yy = &self.y * &self.y % p;
        let m = (&self.x * &self.x * 3u8 + p * p * 3u8 - &zz * &zz * 3u8) % p;
        let s = &self.x * &yy * 4u8 % p;
        let x = (&m * &m + p * 2u8 - &s * 2u8) % p;
        let y = (m * (p + s - &x) + p * p * 8u8 - &yy * &yy * 8u8) % p;
        let z = &self.y * &self.z * 2u8 % p;
        Self { x, y, z }
    }

    fn affine_x(&self, p: &BigUint) -> Option<BigUint> {
        if self.is_infinity() {
            return None;
        }
        let inverse = self.z.modinv(p)?;
        Some(&self.x * &inverse % p * inverse % p)
    }
}

/// d · 256^i · P for each place i and each digit d, so that a multiple of P is a sum: a number is
/// the sum of its digits' values.
struct Multiples(Vec<Vec<Point>>);

/// Multiples that are computed when they are first needed.
type LazyMultiples = LazyLock<Multiples, Box<dyn FnOnce() -> Multiples + Send>>;

impl Multiples {
    fn lazy(p: &BigUint, x: BigUint, y: BigUint, places: usize) -> LazyMultiples {
        let (p, point) = (p.clone(), Point { x, y, z: BigUint::from(1u8) });
        LazyLock::new(Box::new(move || Self::new(&p, point, places)))
    }

    fn new(p: &BigUint, point: Point, places: usize) -> Self {
        let mut unit = point;
        let mut rows = Vec::new();
        for _ in 0..places {
            let mut row = vec![Point::infinity()];
            for digit in 0..255 {
                row.push(row[digit].add(&unit, p));
            }
            unit = row[255].add(&unit, p);
            rows.push(row);
        }
        Self(rows)
    }

    fn times(&self, p: &BigUint, factor: &BigUint) -> Point {
        let digits = factor.to_bytes_le();
        let places = self.0.iter().zip(digits);
        places.fold(Point::infinity(), |sum, (row, digit)| sum.add(&row[usize::from(digit)], p))
    }
}
