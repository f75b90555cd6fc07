//! A plot of lines over a growing number, both axes logarithmic, as an SVG.

use std::fmt::Write as _;

use crate::report::{bytes, time};

/// A line: its name, and its points.
pub(crate) type Line = (&'static str, Vec<(f64, f64)>);

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 260.0;
const MARGIN: f64 = 60.0;
/// Both are readable on white and on black.
const COLOURS: [&str; 2] = ["#2f7ed8", "#d9822b"];

/// Returns two panels: the first two lines are times in nanoseconds, the last two are bytes.
pub(crate) fn svg(title: &str, [first, second, third, fourth]: [Line; 4]) -> String {
    let (width, height) = (2.0 * (WIDTH + MARGIN) + 40.0, HEIGHT + 90.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\" fill=\"#888\">\n<text x=\"{MARGIN}\" y=\"16\" font-size=\"13\">{title}</text>\n"
    );
    panel(&mut out, MARGIN, &[first, second], time);
    panel(&mut out, 2.0 * MARGIN + WIDTH + 10.0, &[third, fourth], bytes);
    out.push_str("</svg>\n");
    out
}

/// The decades that contain all values.
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let logs: Vec<f64> = values.filter(|value| *value > 0.0).map(f64::log10).collect();
        let low = logs.iter().copied().reduce(f64::min).unwrap_or_default().floor();
        let high = logs.iter().copied().reduce(f64::max).unwrap_or(1.0).ceil();
        Self { low, high: high.max(low + 1.0) }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.low) / (self.high - self.low)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        let low = self.low;
        (0..).map(move |step| low + f64::from(step)).take_while(|log| *log <= self.high).map(|log| 10_f64.powf(log))
    }
}

fn panel(out: &mut String, left: f64, lines: &[Line], show: fn(f64) -> String) {
    let top = 50.0;
    let points = || lines.iter().flat_map(|(_, points)| points.iter());
    let (across, up) = (Range::of(points().map(|point| point.0)), Range::of(points().map(|point| point.1)));
    let x = |value: f64| left + across.place(value) * WIDTH;
    let y = |value: f64| top + (1.0 - up.place(value)) * HEIGHT;
    for decade in up.decades() {
        let (y, label) = (y(decade), show(decade));
        let right = left + WIDTH;
        let _ = writeln!(
            out,
            "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"#8884\"/><text x=\"{:.1}\" y=\"{:.1}\" \
             text-anchor=\"end\">{label}</text>",
            left - 5.0,
            y + 4.0
        );
    }
    for decade in across.decades() {
        let (x, bottom) = (x(decade), top + HEIGHT);
        let _ = writeln!(
            out,
            "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"#8884\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{decade:.0}</text>",
            bottom + 16.0
        );
    }
    for (index, ((name, points), colour)) in lines.iter().zip(COLOURS).enumerate() {
        let points: Vec<_> =
            points.iter().filter(|point| point.1 > 0.0).map(|(at, value)| (x(*at), y(*value))).collect();
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
            path.join(" ")
        );
        for (x, y) in &points {
            let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
        }
        let at = left + index as f64 * 130.0;
        let _ = writeln!(out, "<text x=\"{at:.1}\" y=\"40\" fill=\"{colour}\">{name}</text>");
    }
}
