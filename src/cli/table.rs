//! Aligned columns: at the terminal's width, the last column cut; in a pipe nothing is cut.

use std::borrow::Cow;

use anstyle::Style;
use rayon::prelude::*;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::ui::{escape, paint};

/// A cell: text, columns that it takes, and style.
pub(super) struct Cell {
    text: String,
    width: usize,
    style: Style,
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        let text = escape(text.as_ref());
        Cell { width: text.width(), text, style: Style::new() }
    }

    pub(super) fn styled(text: impl AsRef<str>, style: Style) -> Self {
        Cell { style, ..Cell::new(text) }
    }
}

/// Lines of a table; `width` is the terminal's, `None` for a pipe.
pub(super) fn render(rows: &[Vec<Cell>], width: Option<usize>) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width).max().unwrap_or(0))
        .collect();
    rows.par_iter().map(|row| render_row(row, &widths, width)).collect()
}

fn render_row(row: &[Cell], widths: &[usize], width: Option<usize>) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (column, cell) in row.iter().enumerate() {
        let last = column + 1 == row.len();
        let room = width.map(|width| width.saturating_sub(used).max(8));
        let text = match room.filter(|room| last && cell.width > *room) {
            Some(room) => Cow::Owned(cut(&cell.text, room)),
            None => Cow::Borrowed(cell.text.as_str()),
        };
        // Only the last is ever cut.
        let padding = if last { 0 } else { widths[column] - cell.width + 2 };
        used += cell.width + padding;
        if cell.style == Style::new() {
            line.push_str(&text);
        } else if !text.is_empty() {
            line.push_str(&paint(cell.style, text));
        }
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.trim_end().to_owned()
}

fn cut(text: &str, room: usize) -> String {
    let mut used = 0;
    let fits = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used < room
    });
    format!("{}…", fits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_by_display_width() {
        let rows = vec![vec![Cell::new("漢"), Cell::new("b")], vec![Cell::new("abc"), Cell::new("d")]];
        assert_eq!(render(&rows, None), ["漢   b", "abc  d"]);
    }

    #[test]
    fn a_terminal_cuts_the_last_column_only() {
        let rows = vec![vec![Cell::new("ID"), Cell::new("a long title that goes on")]];
        assert_eq!(render(&rows, Some(16)), ["ID  a long titl…"]);
        assert_eq!(render(&rows, None), ["ID  a long title that goes on"]);
    }
}
