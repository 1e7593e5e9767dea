//! A smoltcp device driver for the LAN9118 Ethernet controller, by polling.

use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::time::Instant;
use smoltcp::wire::EthernetAddress;

use crate::registers::Register;

/// The longest frame, without its checksum.
const MAX_FRAME_LEN: usize = 1514;
const CHECKSUM_LEN: usize = 4;
/// The controller transfers whole words.
const BUFFER_LEN: usize = MAX_FRAME_LEN.next_multiple_of(4);

/// The registers behind the MAC's own bus.
#[derive(Clone, Copy)]
enum Mac {
    Control = 1,
    AddressHigh = 2,
    AddressLow = 3,
}

/// Memory for a received frame and a frame to send.
pub struct Buffers {
    received: [u8; BUFFER_LEN],
    sent: [u8; BUFFER_LEN],
}

impl Buffers {
    pub const fn new() -> Self {
        Self { received: [0; BUFFER_LEN], sent: [0; BUFFER_LEN] }
    }
}

/// The controller. Make only one: two would steal each other's frames.
pub struct Lan9118<'m> {
    buffers: &'m mut Buffers,
}

impl<'m> Lan9118<'m> {
    /// Resets and enables the controller. Returns `None` if there is none. Its transceiver negotiates
    /// the speed by itself.
    pub fn start(buffers: &'m mut Buffers) -> Option<Self> {
        const RESET: u32 = 1;
        const MUST_BE_ONE: u32 = 1 << 20;
        const SEND_FIFO_KIB: u32 = 5 << 16;
        const SEND: u32 = 1 << 1;
        const FORGET_STATUS: u32 = 1 << 2;
        const FULL_DUPLEX: u32 = 1 << 20;
        const TRANSMITTER: u32 = 1 << 3;
        const RECEIVER: u32 = 1 << 2;

        if Register::ByteOrderTest.read() != 0x8765_4321 {
            return None;
        }
        Register::HardwareConfiguration.write(RESET);
        while Register::HardwareConfiguration.read() & RESET != 0 {}
        Register::HardwareConfiguration.write(MUST_BE_ONE | SEND_FIFO_KIB);
        // Received frames start at a word boundary, with up to three bytes of padding at the end.
        Register::ReceiveConfiguration.write(0);
        Register::SendConfiguration.write(SEND | FORGET_STATUS);
        write_mac(Mac::Control, FULL_DUPLEX | TRANSMITTER | RECEIVER);
        Some(Self { buffers })
    }

    /// Returns the MAC address from the controller's EEPROM.
    pub fn address(&self) -> EthernetAddress {
        let [a, b, c, d] = read_mac(Mac::AddressLow).to_le_bytes();
        let [e, f, ..] = read_mac(Mac::AddressHigh).to_le_bytes();
        EthernetAddress([a, b, c, d, e, f])
    }

    /// Returns the ticks of 40 ns since power-on.
    pub fn counter(&self) -> u32 {
        Register::FreeRunningCounter.read()
    }

    /// Reads the next intact frame, and returns its length. Considers only frames that have already
    /// arrived.
    fn fetch(&mut self) -> Option<usize> {
        const ERROR: u32 = 1 << 15;
        for _ in 0..Register::ReceivedUsed.read() >> 16 & 0xFF {
            let status = Register::ReceivedStatus.read();
            let len = (status >> 16 & 0x3FFF) as usize;
            let mut room = self.buffers.received.chunks_exact_mut(4);
            for _ in 0..len.div_ceil(4) {
                let word = Register::ReceivedData.read();
                // Only the checksum, or a frame that is dropped below, can exceed the buffer.
                if let Some(room) = room.next() {
                    room.copy_from_slice(&word.to_le_bytes());
                }
            }
            match len.checked_sub(CHECKSUM_LEN) {
                Some(len) if status & ERROR == 0 && len <= MAX_FRAME_LEN => return Some(len),
                _ => {}
            }
        }
        None
    }
}

impl Device for Lan9118<'_> {
    type RxToken<'a>
        = Received<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Sending<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Sending<'_>)> {
        if !has_room_to_send() {
            return None;
        }
        let len = self.fetch()?;
        let Buffers { received, sent } = &mut *self.buffers;
        Some((Received(received.get(..len)?), Sending(sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        has_room_to_send().then_some(Sending(&mut self.buffers.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MAX_FRAME_LEN;
        capabilities
    }
}

/// A received frame.
pub struct Received<'a>(&'a [u8]);

impl phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Room for a frame to send.
pub struct Sending<'a>(&'a mut [u8; BUFFER_LEN]);

impl phy::TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        // The frame is a single segment. Its total length follows in a second word.
        const FIRST_AND_LAST: u32 = 0b11 << 12;

        // smoltcp respects the MTU.
        let result = f(&mut self.0[..len]);
        Register::SentData.write(FIRST_AND_LAST | len as u32);
        Register::SentData.write(len as u32);
        for word in self.0[..len.next_multiple_of(4)].as_chunks().0 {
            Register::SentData.write(u32::from_le_bytes(*word));
        }
        result
    }
}

/// Whether the longest frame fits into the FIFO, with the two words before it.
fn has_room_to_send() -> bool {
    (Register::SentFree.read() & 0xFFFF) as usize >= BUFFER_LEN + 8
}

const BUSY: u32 = 1 << 31;

fn read_mac(register: Mac) -> u32 {
    const READ: u32 = 1 << 30;
    Register::MacCommand.write(BUSY | READ | register as u32);
    while Register::MacCommand.read() & BUSY != 0 {}
    Register::MacData.read()
}

fn write_mac(register: Mac, value: u32) {
    Register::MacData.write(value);
    Register::MacCommand.write(BUSY | register as u32);
    while Register::MacCommand.read() & BUSY != 0 {}
}
