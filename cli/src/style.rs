//! The colours of the output, shown where the terminal supports them.

use anstyle::{AnsiColor, Color, Reset, Style};

pub(crate) const GOOD: Style = bold(AnsiColor::Green);
pub(crate) const BAD: Style = bold(AnsiColor::Red);
pub(crate) const NOTE: Style = bold(AnsiColor::Yellow);
pub(crate) const RESET: Reset = Reset;

const fn bold(color: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(Color::Ansi(color)))
}
