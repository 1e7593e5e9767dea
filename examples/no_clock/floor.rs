//! The earliest time that it can be, for a device without a clock. Copy this file into your firmware: it
//! needs neither std nor a heap.

use tollgate_core::{AcceptedToken, Now, UnixTime};

/// One token raises the floor by this much at most.
pub const STEP_SECS: u32 = 24 * 60 * 60;

/// The floor is saved to flash when it has risen by this much.
pub const SAVE_SECS: u32 = 60 * 60;

/// A floor in flash: the seconds since 1970, and their complement as a checksum.
pub type Record = [u8; 16];

/// The earliest time that it can be.
///
/// While the device runs, the floor rises with its uptime, and with every accepted token that was issued
/// after the floor. The caller counts the uptime: seconds since power-on, rather too few than too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The earliest time at which the device can have been switched on.
    switched_on: UnixTime,
    /// The `iat` of the last token that raised the floor.
    raised_by: Option<UnixTime>,
    /// The floor in flash.
    saved: UnixTime,
}

impl Floor {
    /// Returns the floor at power-on: the build time or the latest saved floor, whichever is later.
    /// Ignores damaged and missing records.
    #[must_use]
    pub fn at_power_on(built: UnixTime, records: &[Record]) -> Self {
        let floor = records.iter().filter_map(read).fold(built, UnixTime::max);
        Self { switched_on: floor, raised_by: None, saved: floor }
    }

    /// Returns the current floor.
    #[must_use]
    pub const fn time(&self, uptime: u32) -> UnixTime {
        self.switched_on.plus(uptime)
    }

    /// Returns the time for a verifier.
    #[must_use]
    pub const fn now(&self, uptime: u32) -> Now {
        Now::AtLeast(self.time(uptime))
    }

    /// Raises the floor to the `iat` of an accepted token: its issuer has a clock, and signed the time. One
    /// token raises the floor by [`STEP_SECS`] at most, and has no effect if it is presented again at once.
    pub fn raise(&mut self, token: &AcceptedToken<'_>, uptime: u32) {
        let Some(issued) = token.claims().issued_at().map(|iat| iat.floor()) else { return };
        let floor = self.time(uptime);
        if issued > floor && self.raised_by != Some(issued) {
            self.switched_on = issued.min(floor.plus(STEP_SECS)).minus(uptime);
            self.raised_by = Some(issued);
        }
    }

    /// Returns the record to save, if the floor has risen by [`SAVE_SECS`]. Write it over the [`older`]
    /// record.
    pub fn record_to_save(&mut self, uptime: u32) -> Option<Record> {
        let floor = self.time(uptime);
        if floor < self.saved.plus(SAVE_SECS) {
            return None;
        }
        self.saved = floor;
        Some(write(floor))
    }
}

/// Returns the index of the older record. Overwrite it, so that a power cut during the write cannot damage
/// the newer one.
#[must_use]
pub fn older(records: &[Record; 2]) -> usize {
    let [first, second] = records.each_ref().map(read);
    usize::from(second < first)
}

fn write(UnixTime(secs): UnixTime) -> Record {
    let mut record = [0; 16];
    record[..8].copy_from_slice(&secs.to_le_bytes());
    record[8..].copy_from_slice(&(!secs).to_le_bytes());
    record
}

fn read(record: &Record) -> Option<UnixTime> {
    let (secs, complement) = record.split_first_chunk()?;
    let secs = i64::from_le_bytes(*secs);
    (complement == (!secs).to_le_bytes()).then_some(UnixTime(secs))
}
