//! The blast radius as a drawing for a narrow screen: what is touched, and below each what refers to it, further in.

use std::collections::{BTreeMap, BTreeSet};

use super::radius::Radius;
use super::svg::{MAX_BOXES, columns, escape};

/// In user units, which are CSS pixels: what fits into a screen of 320 beside its margins.
const WIDTH: usize = 284;
const ROW: usize = 36;
const BOX_HEIGHT: usize = 26;
const INDENT: usize = 16;
/// Deeper ones stand under each other, so that there is room for the words.
const MAX_INDENTS: usize = 5;
/// A letter's width at the size of the text, taken wide.
const LETTER: usize = 7;
const MARGIN: usize = 4;

struct Row<'r> {
    block: &'r str,
    depth: usize,
    /// The row of what it refers to.
    parent: Option<usize>,
}

/// Draws it as a tree: each block stands below the first one by which it reaches what is touched; a block that reaches
/// it by several ways is drawn once. The page's lists name every way.
pub fn svg_tree(radius: &Radius) -> String {
    let depths = columns(radius);
    let rows = rows(radius, &depths);
    let more = depths.len().saturating_sub(rows.len());
    let height = 2 * MARGIN + ROW * (rows.len() + usize::from(more > 0)).max(1);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n<title>Blast radius</title>\n<desc>{}</desc>\n",
        escape(&radius.sentence())
    );
    for (at, row) in rows.iter().enumerate() {
        if let Some(parent) = row.parent {
            text.push_str(&elbow(parent, rows[parent].depth, at, row.depth));
        }
    }
    for (at, row) in rows.iter().enumerate() {
        text.push_str(&labelled_box(at, row));
    }
    if more > 0 {
        let y = MARGIN + ROW * rows.len() + BOX_HEIGHT / 2 + 4;
        text.push_str(&format!(
            "<text x=\"{MARGIN}\" y=\"{y}\" font-size=\"12\" fill=\"currentColor\">and {more} more</text>\n"
        ));
    }
    text.push_str("</svg>\n");
    text
}

/// The blocks in the order of a walk through the tree, at most as many as are drawn.
fn rows<'r>(radius: &'r Radius, depths: &'r BTreeMap<String, usize>) -> Vec<Row<'r>> {
    let mut referring: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in &radius.edges {
        if let (Some(far), Some(near)) = (depths.get(from), depths.get(to))
            && *far == near + 1
        {
            referring.entry(to).or_default().push(from);
        }
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let roots = depths.iter().filter(|(_, depth)| **depth == 0).map(|(block, _)| (block.as_str(), None));
    let mut open: Vec<(&str, Option<usize>)> = roots.rev().collect();
    while let Some((block, parent)) = open.pop() {
        if rows.len() == MAX_BOXES {
            break;
        }
        if !seen.insert(block) {
            continue;
        }
        let at = rows.len();
        rows.push(Row { block, depth: depths.get(block).copied().unwrap_or_default(), parent });
        let below = referring.get(block).map_or(&[][..], Vec::as_slice);
        open.extend(below.iter().rev().map(|block| (*block, Some(at))));
    }
    rows
}

fn left(depth: usize) -> usize {
    MARGIN + INDENT * depth.min(MAX_INDENTS)
}

fn elbow(parent: usize, parent_depth: usize, row: usize, depth: usize) -> String {
    let (x, end) = (left(parent_depth) + INDENT / 2, left(depth));
    let (top, y) = (MARGIN + ROW * parent + BOX_HEIGHT, MARGIN + ROW * row + BOX_HEIGHT / 2);
    format!(
        "<path d=\"M{x} {top}V{y}H{end}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.5\"/>\n"
    )
}

fn labelled_box(at: usize, row: &Row<'_>) -> String {
    let (x, y) = (left(row.depth), MARGIN + ROW * at);
    let width = WIDTH - MARGIN - x;
    let stroke = if row.depth == 0 { 3 } else { 1 };
    let (text_x, text_y) = (x + 8, y + BOX_HEIGHT / 2 + 4);
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" rx=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"{stroke}\"/><text x=\"{text_x}\" y=\"{text_y}\" font-size=\"12\" fill=\"currentColor\">{}</text></g>\n",
        escape(row.block),
        escape(&label(row.block, (width - 16) / LETTER))
    )
}

/// A block's name in so many letters; its end tells more than its beginning.
fn label(block: &str, n_letters: usize) -> String {
    let length = block.chars().count();
    if length <= n_letters {
        return block.to_owned();
    }
    let end: String = block.chars().skip(length + 1 - n_letters.max(1)).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::terraform::radius::{Reached, Touched};

    fn radius(touched: &[&str], edges: &[(&str, &str)]) -> Radius {
        let reached = edges
            .iter()
            .map(|(from, to)| Reached { address: (*from).to_owned(), through: vec![(*to).to_owned()] });
        Radius {
            touched: touched
                .iter()
                .map(|address| Touched { address: (*address).to_owned(), verb: "changed" })
                .collect(),
            reached: reached.collect(),
            edges: edges.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
            ..Radius::default()
        }
    }

    /// a ← b ← c, a ← d, and c also refers to d: c stands once, below b.
    #[test]
    fn each_block_stands_once_below_what_it_reaches() {
        let radius = radius(&["a"], &[("b", "a"), ("d", "a"), ("c", "b"), ("c", "d"), ("a", "c")]);
        let depths = columns(&radius);
        let rows: Vec<(&str, usize, Option<usize>)> =
            rows(&radius, &depths).iter().map(|row| (row.block, row.depth, row.parent)).collect();
        assert_eq!(rows, [("a", 0, None), ("b", 1, Some(0)), ("c", 2, Some(1)), ("d", 1, Some(0))]);
    }

    #[test]
    fn it_is_never_wider_than_a_phone() {
        let names: Vec<String> =
            (0..90).map(|n| format!("module.a.module.b.aws_x.{}{n}", "y".repeat(90))).collect();
        let edges: Vec<(&str, &str)> = names.windows(2).map(|pair| (&*pair[1], &*pair[0])).collect();
        let text = svg_tree(&radius(&[&names[0]], &edges));
        assert!(text.contains("viewBox=\"0 0 284 ") && text.contains("and 30 more"), "{text}");
        let labels = text.split("fill=\"currentColor\">").skip(1).map(|rest| rest.split('<').next().unwrap());
        assert!(labels.map(|label| label.chars().count()).all(|letters| letters <= 38));
        assert_eq!(label("aws_subnet.private", 8), "…private");
        assert_eq!(label("short", 8), "short");
    }
}
