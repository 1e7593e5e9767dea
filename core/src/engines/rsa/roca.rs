//! The fingerprint of keys that can be factored: ROCA, CVE-2017-15361.
//!
//! A flawed library made primes that are powers of 65537 modulo the product of all small primes, and so
//! are their products, the moduli. M. Nemec et al., "The Return of Coppersmith's Attack", CCS 2017, §2.2.

/// The small primes. Their product divides that of the flawed library for keys of every length. A random
/// modulus has the fingerprint with a probability of 2^−27.
pub(super) const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a modulus, as little-endian bytes, is a power of 65537 modulo each small prime.
pub(super) fn has_fingerprint(n: &[u8]) -> bool {
    PRIMES.iter().all(|prime| is_power(remainder(n, *prime), *prime))
}

fn remainder(n: &[u8], prime: u32) -> u32 {
    n.iter().rev().fold(0, |remainder, byte| mod_prime(remainder << 8 | u32::from(*byte), prime))
}

/// Whether a number is a power of 65537 modulo a prime.
fn is_power(number: u32, prime: u32) -> bool {
    let generator = mod_prime(65537, prime);
    let mut power = 1;
    // The powers repeat after at most `prime` steps.
    for _ in 0..prime {
        if power == number {
            return true;
        }
        // Both factors are below 2^8.
        power = mod_prime(power.wrapping_mul(generator), prime);
    }
    false
}

fn mod_prime(number: u32, prime: u32) -> u32 {
    number.checked_rem(prime).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "tests")]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    /// Returns the product of the small primes.
    fn product() -> BigUint {
        PRIMES.iter().map(|prime| BigUint::from(*prime)).product()
    }

    #[test]
    fn a_power_of_65537_modulo_the_small_primes_has_the_fingerprint() {
        let product = product();
        for exponent in [0u32, 1, 2, 1000, 123_456_789] {
            let power = BigUint::from(65537u32).modpow(&exponent.into(), &product);
            for multiple in [0u32, 1, 0x8000_0001] {
                let n: BigUint = &power + ((&product * multiple) << 1800u32);
                assert!(has_fingerprint(&n.to_bytes_le()), "65537^{exponent}");
                // Modulo 11, where 65537 ≡ 10, only 1 and 10 are powers.
                for step in 1u32..11 {
                    let near = &n + &product / 11u32 * step;
                    let is_power = [1u32, 10].contains(&(&near % 11u32).try_into().unwrap());
                    assert_eq!(
                        has_fingerprint(&near.to_bytes_le()),
                        is_power,
                        "{exponent}, {step}"
                    );
                }
            }
        }
    }

    #[test]
    fn few_numbers_have_the_fingerprint() {
        // How many of the residues that a product of large primes can have are powers of 65537.
        let log2: f64 = PRIMES
            .iter()
            .map(|prime| {
                let powers = (1..*prime).filter(|number| is_power(*number, *prime)).count();
                (powers as f64 / f64::from(prime - 1)).log2()
            })
            .sum();
        assert!((-28.0..-27.0).contains(&log2), "2^{log2}");
    }
}
