//! Simulates a device that verifies tokens without a clock. See docs/no-clock.md.
//!
//! ```sh
//! cargo run -p tollgate-tests --example no-clock
//! ```

mod device;
mod floor;
#[cfg(test)]
mod tests;

use tollgate_core::UnixTime;
use tollgate_tests::mint::Token;

use crate::device::Device;

const BUILT: UnixTime = UnixTime(1_760_000_000);
const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Mints a token that is valid for an hour, starting `secs` after the firmware was built.
fn issued_after(secs: u32) -> String {
    let issued = BUILT.plus(secs);
    Token::good().claim("iat", issued).claim("exp", issued.plus(HOUR)).mint()
}

fn main() {
    let mut device = Device::new(BUILT);
    println!("{:52} {:22} floor", "", "verdict");
    state(&device, "switched on for the first time, a day after the build");

    let first = issued_after(DAY);
    present(&mut device, "a new token", &first);
    device.run(HOUR);
    present(&mut device, "the same one after an hour", &first);
    present(&mut device, "a new token", &issued_after(DAY + HOUR));

    device.restart();
    state(&device, "restarted");
    present(&mut device, "the first token again", &first);

    state(&device, "switched off for a month");
    device.restart();
    for minute in 0..4 {
        let token = issued_after(31 * DAY + minute * MINUTE);
        present(&mut device, "a new token, a minute after the last", &token);
        device.run(MINUTE);
    }

    let far = issued_after(10_000 * DAY);
    present(&mut device, "a token issued 27 years ahead, by mistake", &far);
    present(&mut device, "the same one again", &far);
    println!("\n{} writes to flash", device.writes);
}

fn present(device: &mut Device, what: &str, token: &str) {
    let verdict = device.verify(token).map_or_else(|rejection| rejection.reason(), |()| "accepted");
    println!("{what:52} {verdict:22} {}", floor(device));
}

fn state(device: &Device, what: &str) {
    println!("{what:52} {:22} {}", "", floor(device));
}

/// Formats the floor as the time since the firmware was built.
fn floor(device: &Device) -> String {
    let secs = device.time().0 - BUILT.0;
    format!("{:2} days {:02}:{:02}", secs / 86_400, secs / 3600 % 24, secs / 60 % 60)
}
