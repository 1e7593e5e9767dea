//! The simulated device. It verifies tokens, and has flash but no clock.

use tollgate_core::policy::{Audience, Policy, Unjudged};
use tollgate_core::{Rejection, UnixTime, Verifier};
use tollgate_tests::mint;
use tollgate_tests::verify::{TestKeys, good_keys};

use crate::floor::{self, Floor, Record};

/// Accepts an `nbf` or `iat` after the floor, since such tokens show the device that time has passed. `exp`
/// is always checked.
const POLICY: Policy<'_> =
    match Policy::access_token(&[mint::ISSUER], &[Audience::Exact(mint::AUDIENCE)])
        .unjudged(Unjudged::Accept)
        .build()
    {
        Ok(policy) => policy,
        Err(_) => panic!("not a policy"),
    };

pub struct Device {
    keys: TestKeys,
    built: UnixTime,
    /// Two records in flash, written alternately.
    flash: [Record; 2],
    pub floor: Floor,
    pub uptime: u32,
    pub writes: u32,
}

impl Device {
    pub fn new(built: UnixTime) -> Self {
        let flash = [[0xFF; 16]; 2];
        let floor = Floor::at_power_on(built, &flash);
        Self { keys: good_keys(), built, flash, floor, uptime: 0, writes: 0 }
    }

    /// Verifies a token, and raises the floor if it is accepted.
    pub fn verify(&mut self, token: &str) -> Result<(), Rejection> {
        let mut scratch = [0; 1024];
        let authorization = format!("Bearer {token}");
        let verifier = Verifier::new(&self.keys, POLICY);
        let now = self.floor.now(self.uptime);
        let accepted = verifier.verify_header(authorization.as_bytes(), now, &mut scratch)?;
        self.floor.raise(&accepted, self.uptime);
        self.save();
        Ok(())
    }

    /// Lets time pass without tokens.
    pub fn run(&mut self, secs: u32) {
        self.uptime += secs;
        self.save();
    }

    /// Restarts the device. Only flash survives.
    pub fn restart(&mut self) {
        self.floor = Floor::at_power_on(self.built, &self.flash);
        self.uptime = 0;
    }

    /// Simulates a power failure during the last write.
    #[cfg(test)]
    pub fn damage_the_last_write(&mut self) {
        self.flash[1 - floor::older(&self.flash)][3] ^= 1;
    }

    fn save(&mut self) {
        if let Some(record) = self.floor.record_to_save(self.uptime) {
            self.flash[floor::older(&self.flash)] = record;
            self.writes += 1;
        }
    }

    pub fn time(&self) -> UnixTime {
        self.floor.time(self.uptime)
    }
}
