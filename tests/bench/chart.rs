//! The chart: what a request costs, as bars.

use std::fmt::Write;

use crate::gateway::ROUTER;
use crate::report::{Measured, Table};

/// How wide everything is.
const WIDTH: f64 = 760.0;

/// Where bars begin: names stand before it.
const LEFT: f64 = 270.0;

/// Where the longest bar ends: numbers stand after it.
const RIGHT: f64 = 690.0;

/// How high a row is.
const STEP: f64 = 24.0;

/// What stands above the bars.
const TOP: f64 = 48.0;

/// A picture of those rows of a table that answer by themselves, in SVG. The colors are readable on
/// light and on dark.
pub fn draw(table: &Table) -> String {
    let is_direct = |row: &&Measured| row.name == ROUTER || row.base.as_deref() == Some(ROUTER);
    let rows: Vec<_> = table.rows.iter().filter(is_direct).collect();
    let most = rows.iter().map(|row| row.micros.most).fold(1.0, f64::max);
    let height = rows.iter().fold(TOP + 16.0, |height, _| height + STEP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" \
         fill=\"#7d8590\">\n\
         <title>CPU of the proxy for one request</title>\n\
         <text x=\"0\" y=\"20\" font-size=\"15\">CPU of the proxy for one request, in microseconds: \
         less is better</text>\n"
    );
    let mut top = TOP;
    for row in rows {
        bar(&mut out, row, top, most);
        top += STEP;
    }
    out.push_str("</svg>\n");
    out
}

fn bar(out: &mut String, row: &Measured, top: f64, most: f64) {
    let long = |micros: f64| micros / most * (RIGHT - LEFT);
    let is_ours = row.name.contains("gateway") || row.name.contains(".wasm");
    let color = if is_ours { "#2f81f7" } else { "#9aa4b2" };
    let (median, text) = (row.micros.median, top + 13.0);
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>\n\
         <rect x=\"{LEFT:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"17\" rx=\"2\" fill=\"{color}\"/>\n\
         <path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"#7d8590\"/>\n\
         <text x=\"{:.1}\" y=\"{text:.1}\">{median:.1}</text>",
        LEFT - 8.0,
        escaped(&row.name),
        long(median),
        LEFT + long(row.micros.least),
        top + 8.5,
        LEFT + long(row.micros.most),
        LEFT + long(row.micros.most.max(median)) + 6.0,
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
