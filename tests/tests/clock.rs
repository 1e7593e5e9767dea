//! Times to the second, and devices that have no clock.

use tollgate_core::policy::{MissingExp, PolicyBuilder, Unjudged};
use tollgate_core::{Claim, Leeway, Now, Rejection, UnixTime};
use tollgate_tests::mint::{NOW, Token};
use tollgate_tests::verify::{good, good_keys, judge_at, look};

fn judge_from(floor: i64, token: &Token, policy: PolicyBuilder<'_>) -> Result<(), Rejection> {
    look(&token.mint(), &good_keys(), policy, Now::AtLeast(UnixTime(floor)), |_| ())
}

fn leeway(secs: u32) -> Leeway {
    Leeway::from_secs(secs).unwrap()
}

#[test]
fn expired_says_when_and_what_time_it_is() {
    let token = Token::good().claim("exp", format!("{NOW}.75")).mint();
    assert_eq!(judge_at(NOW - 1, &token, good()), Ok(()));
    assert_eq!(
        judge_at(NOW, &token, good()),
        Err(Rejection::Expired { exp: UnixTime(NOW), now: UnixTime(NOW) })
    );
}

#[test]
fn not_yet_valid_says_from_when_and_what_time_it_is() {
    let token = Token::good().claim("nbf", format!("{NOW}.25")).mint();
    assert_eq!(judge_at(NOW + 1, &token, good()), Ok(()));
    assert_eq!(
        judge_at(NOW, &token, good()),
        Err(Rejection::NotYetValid { nbf: UnixTime(NOW + 1), now: UnixTime(NOW) })
    );
}

#[test]
fn issued_in_future_says_when_and_what_time_it_is() {
    let token = Token::good().claim("iat", format!("{NOW}.25")).mint();
    assert_eq!(judge_at(NOW + 1, &token, good()), Ok(()));
    assert_eq!(
        judge_at(NOW, &token, good()),
        Err(Rejection::IssuedInFuture { iat: UnixTime(NOW + 1), now: UnixTime(NOW) })
    );
}

#[test]
fn leeway_is_exact_on_both_sides_at_every_size() {
    for secs in [0, 1, 60, 1000, 3600] {
        let after = i64::from(secs);
        let token = Token::good().claim("iat", NOW).claim("nbf", NOW).claim("exp", NOW + 1).mint();
        let judge =
            |now| judge_at(now, &token, good().leeway(leeway(secs))).map_err(Rejection::reason);
        assert_eq!(judge(NOW - after - 1), Err("not-yet-valid"), "{secs}");
        assert_eq!(judge(NOW - after), Ok(()), "{secs}");
        assert_eq!(judge(NOW + after), Ok(()), "{secs}");
        assert_eq!(judge(NOW + after + 1), Err("expired"), "{secs}");
    }
}

#[test]
fn leeway_above_an_hour_cannot_be_made() {
    assert_eq!(Leeway::from_secs(3600).map(Leeway::as_secs), Some(3600));
    for secs in [3601, 86_400, u32::MAX] {
        assert_eq!(Leeway::from_secs(secs), None, "{secs}");
    }
}

#[test]
fn leeway_is_none_by_default() {
    let token = Token::good().claim("exp", NOW).mint();
    assert_eq!(judge_at(NOW, &token, good()).map_err(Rejection::reason), Err("expired"));
}

#[test]
fn any_time_of_day_gives_a_verdict() {
    let token = Token::good().claim("exp", "9007199254740992").claim("iat", 0).mint();
    for now in [i64::MIN, -1, 0, NOW, 1 << 53, i64::MAX] {
        let verdict = judge_at(now, &token, good().leeway(leeway(3600)).max_token_age(u32::MAX));
        assert_eq!(verdict.is_ok(), now == 0 || now == NOW || now == -1, "{now}: {verdict:?}");
    }
}

#[test]
fn exp_is_judged_against_the_floor() {
    let token = Token::good().claim("exp", NOW);
    for unjudged in [Unjudged::Refuse, Unjudged::Accept] {
        let policy = || good().unjudged(unjudged);
        assert_eq!(judge_from(NOW - 1, &token.clone().claim("iat", NOW - 1), policy()), Ok(()));
        assert_eq!(
            judge_from(NOW, &token, policy()),
            Err(Rejection::Expired { exp: UnixTime(NOW), now: UnixTime(NOW) })
        );
    }
}

#[test]
fn what_lies_beyond_the_floor_is_judged_as_the_policy_says() {
    for (name, claim) in [("nbf", Claim::NotBefore), ("iat", Claim::IssuedAt)] {
        let token = Token::good().claim(name, NOW + 1);
        let judge = |floor, unjudged| judge_from(floor, &token, good().unjudged(unjudged));
        assert_eq!(judge(NOW, Unjudged::Refuse), Err(Rejection::Unjudgeable(claim)));
        assert_eq!(judge(NOW, Unjudged::Accept), Ok(()));
        assert_eq!(judge(NOW + 1, Unjudged::Refuse), Ok(()));
        assert_eq!(judge_from(NOW, &token, good()), Err(Rejection::Unjudgeable(claim)));
    }
}

#[test]
fn age_cannot_be_judged_without_a_clock() {
    let token = Token::good().claim("iat", NOW).claim("exp", NOW + 10_000);
    let judge =
        |floor, unjudged| judge_from(floor, &token, good().max_token_age(300).unjudged(unjudged));
    assert_eq!(judge(NOW + 1, Unjudged::Refuse), Err(Rejection::Unjudgeable(Claim::IssuedAt)));
    assert_eq!(judge(NOW + 300, Unjudged::Accept), Ok(()));
    // A token that is too old at the floor is too old at any later time.
    for unjudged in [Unjudged::Refuse, Unjudged::Accept] {
        let too_old = Rejection::TooOld { iat: UnixTime(NOW), now: UnixTime(NOW + 301) };
        assert_eq!(judge(NOW + 301, unjudged), Err(too_old));
    }
}

#[test]
fn missing_exp_is_refused_without_a_clock_too() {
    let token = Token::good().without("exp");
    assert_eq!(
        judge_from(NOW, &token, good().unjudged(Unjudged::Accept)),
        Err(Rejection::ClaimMissing(Claim::Expiration))
    );
    assert_eq!(judge_from(NOW, &token, good().missing_exp(MissingExp::Accept)), Ok(()));
}
