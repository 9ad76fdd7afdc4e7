//! The blast radius as a drawing: what is touched on the right, what refers to it further left.

use std::collections::BTreeMap;

use super::address::without_keys;
use super::radius::Radius;

/// Boxes that are drawn at most; the others are counted.
pub(super) const MAX_BOXES: usize = 60;
/// In user units, which are CSS pixels at the drawing's own size.
const BOX_WIDTH: usize = 260;
const BOX_HEIGHT: usize = 28;
const GAP_X: usize = 60;
const GAP_Y: usize = 12;
const MARGIN: usize = 10;
/// Letters that fit into a box.
const MAX_LABEL: usize = 34;

struct Placed {
    column: usize,
    row: usize,
}

/// Draws it. Colours are the page's own text colour, so that light, dark and print all show it; what is touched
/// has a thicker frame.
pub fn svg(radius: &Radius) -> String {
    let columns = columns(radius);
    let n_columns = columns.values().max().map_or(0, |column| column + 1);
    let mut rows = vec![0; n_columns];
    let mut placed: BTreeMap<&str, Placed> = BTreeMap::new();
    for (block, column) in columns.iter().take(MAX_BOXES) {
        placed.insert(block, Placed { column: n_columns - 1 - column, row: rows[*column] });
        rows[*column] += 1;
    }
    let more = columns.len().saturating_sub(MAX_BOXES);
    let n_rows = rows.iter().max().copied().unwrap_or(0) + usize::from(more > 0);
    let width = 2 * MARGIN + n_columns * BOX_WIDTH + n_columns.saturating_sub(1) * GAP_X;
    let height = 2 * MARGIN + n_rows.max(1) * (BOX_HEIGHT + GAP_Y);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>Blast radius</title>\n<desc>{}</desc>\n",
        escape(&radius.sentence())
    );
    for (from, to) in &radius.edges {
        if let (Some(from), Some(to)) = (placed.get(from.as_str()), placed.get(to.as_str())) {
            text.push_str(&line(from, to));
        }
    }
    for (block, place) in &placed {
        text.push_str(&labelled_box(block, place, columns[*block] == 0));
    }
    if more > 0 {
        let y = height - MARGIN - BOX_HEIGHT / 2;
        text.push_str(&format!(
            "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"currentColor\">and {more} more</text>\n"
        ));
    }
    text.push_str("</svg>\n");
    text
}

/// How many references away from what is touched each block is.
pub(super) fn columns(radius: &Radius) -> BTreeMap<String, usize> {
    let mut columns: BTreeMap<String, usize> =
        radius.touched.iter().map(|touched| (without_keys(&touched.address), 0)).collect();
    let n_blocks = columns.len() + radius.reached.len();
    for distance in 1..=n_blocks {
        let near: Vec<String> = radius
            .edges
            .iter()
            .filter(|(from, to)| columns.get(to) == Some(&(distance - 1)) && !columns.contains_key(from))
            .map(|(from, _)| from.clone())
            .collect();
        if near.is_empty() {
            break;
        }
        columns.extend(near.into_iter().map(|block| (block, distance)));
    }
    columns
}

fn corner(place: &Placed) -> (usize, usize) {
    (MARGIN + place.column * (BOX_WIDTH + GAP_X), MARGIN + place.row * (BOX_HEIGHT + GAP_Y))
}

fn line(from: &Placed, to: &Placed) -> String {
    let ((from_x, from_y), (to_x, to_y)) = (corner(from), corner(to));
    let (start, end) =
        if from.column < to.column { (from_x + BOX_WIDTH, to_x) } else { (from_x, to_x + BOX_WIDTH) };
    let (y1, y2) = (from_y + BOX_HEIGHT / 2, to_y + BOX_HEIGHT / 2);
    format!(
        "<line x1=\"{start}\" y1=\"{y1}\" x2=\"{end}\" y2=\"{y2}\" stroke=\"currentColor\" stroke-opacity=\"0.5\"/>\n"
    )
}

fn labelled_box(block: &str, place: &Placed, is_touched: bool) -> String {
    let (x, y) = corner(place);
    let stroke = if is_touched { 3 } else { 1 };
    let mut label: String = block.chars().take(MAX_LABEL).collect();
    if block.chars().count() > MAX_LABEL {
        label.push('…');
    }
    let (text_x, text_y) = (x + 8, y + BOX_HEIGHT / 2 + 4);
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"{stroke}\"/><text x=\"{text_x}\" y=\"{text_y}\" font-size=\"12\" fill=\"currentColor\">{}</text></g>\n",
        escape(block),
        escape(&label)
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
