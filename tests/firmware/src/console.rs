//! Text output to the debugger, without `core::fmt`, whose code would be measured as well.

use crate::board;

pub fn print(text: &str) {
    const SYS_WRITEC: usize = 0x03;
    for byte in text.bytes() {
        board::debugger(SYS_WRITEC, &raw const byte as usize);
    }
}

pub fn print_number(number: u32) {
    if number >= 10 {
        print_number(number / 10);
    }
    let digit = number % 10;
    print(match digit {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        6 => "6",
        7 => "7",
        8 => "8",
        _ => "9",
    });
}
