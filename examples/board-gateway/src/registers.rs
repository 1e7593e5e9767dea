//! The registers of the Ethernet controller. All `unsafe` blocks of the gateway are here.

/// The base address of the LAN9118 (Arm MPS2, AN386).
const BASE: usize = 0x4020_0000;

/// A register, by its offset (LAN9118 datasheet, chapter 5).
#[derive(Clone, Copy)]
#[repr(usize)]
pub enum Register {
    ReceivedData = 0x00,
    SentData = 0x20,
    ReceivedStatus = 0x40,
    ByteOrderTest = 0x64,
    ReceiveConfiguration = 0x6C,
    SendConfiguration = 0x70,
    HardwareConfiguration = 0x74,
    ReceivedUsed = 0x7C,
    SentFree = 0x80,
    FreeRunningCounter = 0x9C,
    MacCommand = 0xA4,
    MacData = 0xA8,
}

impl Register {
    pub fn read(self) -> u32 {
        // SAFETY: the address of an aligned 32-bit register. The controller cannot access memory, so
        // registers do not affect Rust's references.
        unsafe { self.address().read_volatile() }
    }

    pub fn write(self, value: u32) {
        // SAFETY: as above.
        unsafe { self.address().write_volatile(value) }
    }

    const fn address(self) -> *mut u32 {
        (BASE + self as usize) as *mut u32
    }
}
