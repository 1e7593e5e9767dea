//! What a device without a clock knows about the time: a floor under it, which rises. This file is the
//! part to take along; it needs neither std nor a heap.

use tollgate_core::{AcceptedToken, Now, UnixTime};

/// So far does one token raise the floor, at most.
pub const STEP_SECS: u32 = 24 * 60 * 60;

/// So far rises the floor before it is worth a write to flash.
pub const KEEP_SECS: u32 = 60 * 60;

/// A floor as it lies in flash: seconds since 1970, and their complement.
pub type Record = [u8; 16];

/// The time that it cannot be earlier than.
///
/// While the device runs, the floor rises with its uptime, and with every token that was issued later
/// than the floor is. Uptime is the caller's: seconds since power-on, rather too few than too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The device was switched on no earlier than this.
    switched_on: UnixTime,
    /// When the last token that raised the floor was issued.
    raised_by: Option<UnixTime>,
    /// The floor that lies in flash.
    kept: UnixTime,
}

impl Floor {
    /// The floor at power-on: when the firmware was built, or the latest that was kept if that is later.
    /// A record that is damaged or was never written counts for nothing.
    #[must_use]
    pub fn at_power_on(built: UnixTime, records: &[Record]) -> Self {
        let floor = records.iter().filter_map(read).fold(built, UnixTime::max);
        Self { switched_on: floor, raised_by: None, kept: floor }
    }

    /// The floor now.
    #[must_use]
    pub const fn time(&self, uptime: u32) -> UnixTime {
        self.switched_on.plus(uptime)
    }

    /// What a verifier is told.
    #[must_use]
    pub const fn now(&self, uptime: u32) -> Now {
        Now::AtLeast(self.time(uptime))
    }

    /// Learns from a token: its issuer has a clock, and signed what it said. One token moves the floor
    /// by [`STEP_SECS`] at most, and not again if it is shown again at once.
    pub fn raise(&mut self, token: &AcceptedToken<'_>, uptime: u32) {
        let Some(issued) = token.claims().issued_at().map(|iat| iat.floor()) else { return };
        let floor = self.time(uptime);
        if issued > floor && self.raised_by != Some(issued) {
            self.switched_on = issued.min(floor.plus(STEP_SECS)).minus(uptime);
            self.raised_by = Some(issued);
        }
    }

    /// The record to write, once the floor has risen by [`KEEP_SECS`]; it goes where
    /// [`older`] says.
    pub fn record_to_keep(&mut self, uptime: u32) -> Option<Record> {
        let floor = self.time(uptime);
        if floor < self.kept.plus(KEEP_SECS) {
            return None;
        }
        self.kept = floor;
        Some(write(floor))
    }
}

/// Which of two places to write to, so that a power cut while it is written spares the later record.
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
