//! The chart of the results: an SVG with a panel for each workload and curve.

use std::error::Error;
use std::path::Path;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, TextStyle};

use crate::measure::Row;
use crate::report::{duration, ratio};

const PANELS: [[(&str, &str); 2]; 2] = [
    [("signature/es256", "ES256, signature alone"), ("signature/es384", "ES384, signature alone")],
    [("token/es256", "ES256, whole token"), ("token/es384", "ES384, whole token")],
];

const PAPER: RGBColor = RGBColor(255, 255, 255);
const INK: RGBColor = RGBColor(31, 41, 51);
const FAINT: RGBColor = RGBColor(95, 107, 120);
const OURS: RGBColor = RGBColor(11, 110, 79);
const PEERS: RGBColor = RGBColor(176, 186, 197);

// All in pixels.
const MARGIN: i32 = 24;
const PANEL_WIDTH: i32 = 470;
const WIDTH: i32 = 3 * MARGIN + 2 * PANEL_WIDTH;
const HEAD: i32 = 76;
const PANEL_HEAD: i32 = 34;
const PANEL_FOOT: i32 = 26;
const LINE: i32 = 25;
const BAR: i32 = 17;
/// The left end of the bars, and the length of the longest.
const BAR_LEFT: i32 = 184;
const BAR_LENGTH: i32 = PANEL_WIDTH - BAR_LEFT - 132;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Writes the chart of a complete run.
///
/// # Errors
///
/// Returns an error if the file cannot be written.
pub fn write(file: &Path, rows: &[Row]) -> Drawn {
    let mut svg = String::new();
    draw(&mut svg, rows)?;
    std::fs::write(file, svg).map_err(|error| format!("{}: {error}", file.display()).into())
}

fn draw(svg: &mut String, rows: &[Row]) -> Drawn {
    let panels = PANELS.map(|line| line.map(|(workload, title)| (title, bars(rows, workload))));
    let heights = panels.each_ref().map(|line| {
        let longest = line.iter().map(|(_, bars)| bars.len()).max().unwrap_or_default();
        PANEL_HEAD + LINE * longest as i32 + PANEL_FOOT
    });
    let height = HEAD + heights.iter().sum::<i32>();
    let area = SVGBackend::with_string(svg, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&PAPER)?;
    text(&area, (MARGIN, 32), HPos::Left, 23, INK, true, "Time to verify: shorter is better")?;
    let subtitle = "Medians of one interleaved run. In brackets: time relative to tollgate, a \
                    server's default.";
    text(&area, (MARGIN, 55), HPos::Left, 15, FAINT, false, subtitle)?;
    let mut y = HEAD;
    for (line, height) in panels.iter().zip(heights) {
        for ((title, bars), x) in line.iter().zip([MARGIN, 2 * MARGIN + PANEL_WIDTH]) {
            panel(&area, (x, y), title, bars)?;
        }
        y += height;
    }
    area.present()?;
    Ok(())
}

/// Returns the rows of a workload, fastest first, without our tables that are named by their size.
fn bars<'r>(rows: &'r [Row], workload: &str) -> Vec<&'r Row> {
    let has_size = |row: &Row| row.is_ours && row.subject.ends_with(|c: char| c.is_ascii_digit());
    let mut bars: Vec<_> =
        rows.iter().filter(|row| row.workload == workload && !has_size(row)).collect();
    bars.sort_by(|left, right| left.median_ns.total_cmp(&right.median_ns));
    bars
}

fn panel(area: &Area<'_>, (left, top): (i32, i32), title: &str, bars: &[&Row]) -> Drawn {
    text(area, (left, top + 14), HPos::Left, 17, INK, true, title)?;
    let slowest = bars.iter().map(|row| row.median_ns).fold(f64::MIN_POSITIVE, f64::max);
    for (row, line) in bars.iter().zip(0..) {
        let y = top + PANEL_HEAD + LINE * line;
        let length = (f64::from(BAR_LENGTH) * row.median_ns / slowest).round().max(1.0) as i32;
        let (bar, ink) = if row.is_ours { (OURS, OURS) } else { (PEERS, INK) };
        let start = left + BAR_LEFT;
        let label_y = y + BAR - 1;
        text(area, (start - 8, label_y), HPos::Right, 15, ink, row.is_ours, row.subject)?;
        area.draw(&Rectangle::new([(start, y), (start + length, y + BAR)], bar.filled()))?;
        let figures = format!("{} ({}×)", duration(row.median_ns), ratio(row.ratio));
        let place = (start + length + 8, label_y);
        text(area, place, HPos::Left, 15, ink, row.is_ours, &figures)?;
    }
    Ok(())
}

/// Draws text whose baseline begins or ends at `place`.
fn text(
    area: &Area<'_>,
    place: (i32, i32),
    hpos: HPos,
    size: i32,
    color: RGBColor,
    bold: bool,
    content: &str,
) -> Drawn {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let style = TextStyle::from(("sans-serif", size).into_font().style(style))
        .pos(Pos::new(hpos, VPos::Bottom))
        .color(&color);
    area.draw(&Text::new(content, place, style))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_has_a_bar_for_every_subject_with_a_name() {
        let row = |workload: &str, subject: &'static str, median_ns: f64| Row {
            workload: workload.into(),
            subject,
            note: String::new(),
            is_ours: subject.starts_with("tollgate"),
            median_ns,
            ratio: median_ns / 1e4,
        };
        let mut rows = Vec::new();
        for (workload, _) in PANELS.concat() {
            rows.push(row(workload, "tollgate", 1e4));
            rows.push(row(workload, "tollgate-8x4", 2e4));
            rows.push(row(workload, "ring", 4e4));
        }
        let mut svg = String::new();
        draw(&mut svg, &rows).unwrap();
        assert_eq!(svg.matches("4.00×").count(), 4);
        assert_eq!(svg.matches("1.00×").count(), 4);
        assert!(!svg.contains("8x4"));
    }
}
