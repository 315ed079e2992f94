//! Tables for people.

/// Lines in columns, two spaces apart. What people wrote into a cell is shown and never obeyed.
pub fn table(lines: &[Vec<String>]) -> String {
    let lines: Vec<Vec<String>> =
        lines.iter().map(|line| line.iter().map(|cell| harmless(cell)).collect()).collect();
    let mut widths: Vec<usize> = Vec::new();
    for line in &lines {
        widths.resize(widths.len().max(line.len()), 0);
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let lines: Vec<String> = (lines.iter())
        .map(|line| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// A text without what a terminal takes for an order, or that changes the order of what is read.
fn harmless(text: &str) -> String {
    let turns = |char| matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || turns(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// The head of a table.
pub fn head<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let lines = [head(["A", "B"]), head(["long", ""]), head(["ü", "x"])];
        assert_eq!(table(&lines), "A     B\nlong\nü     x");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let lines = [head(["A", "B"]), head(["a\u{1b}[31mb", "\u{202e}\u{9b}2Jé\t"])];
        assert_eq!(table(&lines), "A             B\na\\u{1b}[31mb  \\u{202e}\\u{9b}2Jé\\u{9}");
    }
}
