//! The emulated boards.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

pub struct Board {
    pub processor: &'static str,
    pub target: &'static str,
    emulator: &'static [&'static str],
    /// Instructions per tick of the board's counter. The emulator takes one nanosecond per instruction.
    pub instructions_per_tick: f64,
}

pub static CORTEX_M4: Board = Board {
    processor: "Cortex-M4",
    target: "thumbv7em-none-eabi",
    emulator: &["qemu-system-arm", "-M", "mps2-an386"],
    instructions_per_tick: 40.0,
};

pub static CORTEX_M3: Board = Board {
    processor: "Cortex-M3",
    target: "thumbv7m-none-eabi",
    emulator: &["qemu-system-arm", "-M", "mps2-an385"],
    instructions_per_tick: 40.0,
};

pub static CORTEX_M0: Board = Board {
    processor: "Cortex-M0",
    target: "thumbv6m-none-eabi",
    emulator: &["qemu-system-arm", "-M", "microbit"],
    instructions_per_tick: 62.5,
};

pub static RISC_V: Board = Board {
    processor: "rv32imc",
    target: "riscv32imc-unknown-none-elf",
    emulator: &["qemu-system-riscv32", "-M", "virt", "-bios", "none"],
    instructions_per_tick: 1.0,
};

pub static BOARDS: [&Board; 4] = [&CORTEX_M4, &CORTEX_M3, &CORTEX_M0, &RISC_V];

/// The outcome of a program.
pub struct Report {
    pub success: bool,
    pub console: String,
}

impl Board {
    pub fn run(&self, program: &Path) -> io::Result<Report> {
        let output = Command::new("timeout")
            .arg("300")
            .args(self.emulator)
            .args(["-display", "none", "-serial", "none", "-monitor", "none"])
            .args(["-chardev", "stdio,id=console"])
            .args(["-semihosting-config", "enable=on,target=native,chardev=console"])
            .args(["-icount", "shift=0", "-kernel"])
            .arg(program)
            .stdin(Stdio::null())
            .output()?;
        let console = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(Report { success: output.status.success(), console })
    }
}
