//! Claims: refused if one has another type than its standard gives it, and else read exactly.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::json::Text;
use tollgate_core::{Claims, NumericDate, Rejection};
use tollgate_fuzz::model::{self, DATES, TEXTS};
use tollgate_tests::verify::believed_claims;

fuzz_target!(|payload: &[u8]| {
    let expected = model::Claims::read(payload);
    let found = believed_claims(payload, |signed| {
        compare(signed.claims(), expected.as_ref().expect("claims of the right types"));
    });
    match found {
        Err(Rejection::TokenTooLong { .. }) => {}
        found => assert_eq!(found.is_ok(), expected.is_some(), "{found:?}"),
    }
});

fn compare(ours: &Claims<'_>, theirs: &model::Claims<'_>) {
    let texts = [
        ours.issuer(),
        ours.subject(),
        ours.jwt_id(),
        ours.scope(),
        ours.client_id(),
        ours.authorized_party(),
        ours.nonce(),
        ours.access_token_hash(),
    ];
    for (name, ours) in TEXTS.iter().zip(texts) {
        let theirs = theirs.text(name);
        assert_eq!(ours.map(|text| text.to_string()), theirs, "{name}");
        for word in theirs.iter().flat_map(|text| text.split(' ').filter(|word| !word.is_empty())) {
            assert!(ours.is_some_and(|text| text.has_word(word)));
        }
    }
    let dates = [ours.expiration(), ours.not_before(), ours.issued_at(), ours.auth_time()];
    for (name, ours) in DATES.iter().zip(dates) {
        let both = |date: NumericDate| (date.floor().0, date.ceil().0);
        assert_eq!(ours.map(both), theirs.date(name), "{name}");
    }
    let audiences =
        ours.audiences().map(|all| all.iter().map(|one: Text<'_>| one.to_string()).collect());
    assert_eq!(audiences, theirs.audiences());
    assert_eq!(ours.is_bound_to_key(), theirs.get("cnf").is_some());
}
