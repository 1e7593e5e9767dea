use super::*;
use crate::floor::{Floor, Record, SAVE_SECS, STEP_SECS};

fn device() -> Device {
    Device::new(BUILT)
}

fn floor_after(device: &Device) -> i64 {
    device.time().0 - BUILT.0
}

#[test]
fn an_accepted_token_raises_the_floor_to_when_it_was_issued() {
    let mut device = device();
    assert_eq!(device.verify(&issued_after(HOUR)), Ok(()));
    assert_eq!(floor_after(&device), 3600);
}

#[test]
fn a_rejected_token_does_not_raise_the_floor() {
    let mut device = device();
    let token = Token::good().claim("iat", BUILT.plus(HOUR)).claim("exp", BUILT.plus(DAY));
    for rejected in [
        token.clone().claim("aud", "\"https://other.example.com\"").mint(),
        token.clone().without("client_id").mint(),
        token.mint_forged(|mut signature| {
            signature[40] ^= 1;
            signature
        }),
    ] {
        assert!(device.verify(&rejected).is_err());
        assert_eq!(floor_after(&device), 0);
    }
    assert_eq!(device.verify(&token.mint()), Ok(()));
    assert_eq!(floor_after(&device), 3600);
}

#[test]
fn the_floor_never_falls() {
    let mut device = device();
    device.verify(&issued_after(HOUR)).unwrap();
    assert_eq!(device.verify(&issued_after(MINUTE)), Ok(()));
    assert_eq!(floor_after(&device), 3600);
}

#[test]
fn a_token_that_expired_before_the_floor_is_rejected() {
    let mut device = device();
    let old = issued_after(0);
    assert_eq!(device.verify(&old), Ok(()));
    device.verify(&issued_after(HOUR)).unwrap();
    assert_eq!(device.verify(&old).map_err(|rejection| rejection.reason()), Err("expired"));
}

#[test]
fn uptime_raises_the_floor_without_any_token() {
    let mut device = device();
    let token = issued_after(0);
    device.run(HOUR - 1);
    assert_eq!(device.verify(&token), Ok(()));
    device.run(1);
    assert_eq!(device.verify(&token).map_err(|rejection| rejection.reason()), Err("expired"));
}

#[test]
fn a_token_raises_the_floor_by_one_step_at_most_and_only_once() {
    let mut device = device();
    let far = issued_after(10_000 * DAY);
    for _ in 0..3 {
        assert_eq!(device.verify(&far), Ok(()));
        assert_eq!(floor_after(&device), i64::from(STEP_SECS));
    }
    let next = issued_after(10_001 * DAY);
    assert_eq!(device.verify(&next), Ok(()));
    assert_eq!(floor_after(&device), 2 * i64::from(STEP_SECS));
}

#[test]
fn a_token_without_iat_raises_nothing() {
    let mut floor = Floor::at_power_on(BUILT, &[]);
    let before = floor;
    let token = Token::good().without("iat").claim("exp", BUILT.plus(DAY)).mint();
    let policy = tollgate_tests::verify::good();
    let keys = tollgate_tests::verify::good_keys();
    tollgate_tests::verify::look(&token, &keys, policy, floor.now(0), |token| {
        floor.raise(token, 0);
    })
    .unwrap();
    assert_eq!(floor, before);
}

#[test]
fn the_floor_survives_a_restart_except_for_less_than_a_write() {
    let mut device = device();
    device.verify(&issued_after(SAVE_SECS)).unwrap();
    device.run(SAVE_SECS - 1);
    assert_eq!(device.writes, 1);
    device.restart();
    assert_eq!(floor_after(&device), i64::from(SAVE_SECS));
    device.run(SAVE_SECS);
    assert_eq!(device.writes, 2);
    device.restart();
    assert_eq!(floor_after(&device), 2 * i64::from(SAVE_SECS));
}

#[test]
fn a_damaged_record_loses_only_the_last_write() {
    let mut device = device();
    for hours in 1..=5 {
        device.verify(&issued_after(hours * HOUR)).unwrap();
    }
    assert_eq!(device.writes, 5);
    device.damage_the_last_write();
    device.restart();
    assert_eq!(floor_after(&device), 4 * 3600);
    // The next write overwrites the damaged record, so even if it fails as well:
    device.verify(&issued_after(6 * HOUR)).unwrap();
    device.damage_the_last_write();
    device.restart();
    assert_eq!(floor_after(&device), 4 * 3600);
}

#[test]
fn a_record_from_before_the_build_is_ignored() {
    let mut early: Record = [0; 16];
    early[8..].fill(0xFF);
    assert_eq!(Floor::at_power_on(BUILT, &[early]).time(0), BUILT);
}
