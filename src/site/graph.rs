//! What depends on what, drawn in layers: what comes first stands on the left; for narrow screens one below the other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::model::Model;
use super::view::Row;
use crate::ledger::RecordState;
use crate::record::Details;

/// Most records that are drawn, and most lines in words. Each record's own page has all of its own.
const MAX_DRAWN: usize = 24;
const MAX_TOLD: usize = 28;
const NODE_WIDTH: usize = 256;
const NODE_HEIGHT: usize = 60;
const GAP_X: usize = 48;
const GAP_Y: usize = 12;
const MARGIN: usize = 6;
/// Letters of a line of a title, taken wide, and how many lines it may have.
const LETTERS: usize = 36;
const LINES: usize = 2;
/// Room for the lines on the left of a narrow drawing, which is no wider than the smallest screen has room for.
const GUTTER: usize = 24;

/// What `site/graph.html` gets as `graph`.
#[derive(Debug, Serialize)]
pub(super) struct GraphView {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The same nodes one below the other.
    pub(super) narrow: Narrow,
    /// The edges in words, those that are drawn first.
    pub(super) list: Vec<Sentence>,
    /// Edges that are not in that list.
    pub(super) n_untold: usize,
    /// Records that are left out of the drawing.
    pub(super) left_out: usize,
}

/// The drawing for narrow screens: a column.
#[derive(Debug, Serialize)]
pub(super) struct Narrow {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) x: usize,
    /// The places of the nodes and their order, as indexes of them.
    pub(super) rows: Vec<NodeRow>,
    pub(super) edges: Vec<Edge>,
}

/// Where a node stands in a column.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct NodeRow {
    pub(super) node: usize,
    pub(super) y: usize,
}

/// One record.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) row: Row,
    /// The title in the lines of the box.
    pub(super) lines: Vec<String>,
}

/// One line, from what comes first to what comes after.
#[derive(Debug, Serialize)]
pub(super) struct Edge {
    pub(super) path: String,
    /// `depends`, `follows`, `decides`.
    pub(super) kind: &'static str,
}

/// An edge in words: the first does something to the second.
#[derive(Debug, Serialize)]
pub(super) struct Sentence {
    pub(super) from: super::view::Reference,
    pub(super) verb: &'static str,
    pub(super) to: super::view::Reference,
}

struct Link {
    /// Comes first.
    before: usize,
    after: usize,
    kind: &'static str,
}

fn links(model: &Model<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for (index, state) in model.input.state.records.iter().enumerate() {
        let mut add = |names: &[String], kind: &'static str| {
            let others = names.iter().filter_map(|name| model.index_of(name)).filter(|other| *other != index);
            links.extend(others.map(|other| match kind {
                "decides" => Link { before: index, after: other, kind },
                _ => Link { before: other, after: index, kind },
            }));
        };
        let state: &RecordState = state;
        match &state.record.details {
            Details::Task(task) => {
                add(&task.depends, "depends");
                add(&task.follows, "follows");
            }
            Details::Decision(decision) => add(&decision.changes, "decides"),
            Details::Runbook(_) => {}
        }
    }
    links
}

/// The drawing and its words.
pub(super) fn view(model: &Model<'_>) -> GraphView {
    let links = links(model);
    let verb = |kind: &str| match kind {
        "depends" => "needs",
        "follows" => "follows",
        _ => "decides on",
    };
    let name = |index: usize| model.reference(&model.input.state.records[index].name);
    let sentence = |link: &Link| match link.kind {
        "decides" => Sentence { from: name(link.before), verb: verb(link.kind), to: name(link.after) },
        kind => Sentence { from: name(link.after), verb: verb(kind), to: name(link.before) },
    };
    let all: BTreeSet<usize> = links.iter().flat_map(|link| [link.before, link.after]).collect();
    let drawn = chosen(model, &links, &all);
    let is_kept = |link: &&Link| drawn.contains(&link.before) && drawn.contains(&link.after);
    let kept: Vec<&Link> = links.iter().filter(is_kept).collect();
    let places = places(&drawn, &kept);
    let (columns, rows) =
        places.values().fold((0, 0), |(columns, rows), (x, y)| (columns.max(x + 1), rows.max(y + 1)));
    let left = |column: usize| MARGIN + column * (NODE_WIDTH + GAP_X);
    let top = |row: usize| MARGIN + row * (NODE_HEIGHT + GAP_Y);
    let node = |(index, (column, row)): (&usize, &(usize, usize))| {
        let row_view = model.row(*index);
        Node {
            x: left(*column),
            y: top(*row),
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
            lines: lines(&row_view.title),
            row: row_view,
        }
    };
    let edge = |link: &&Link| {
        let ((from_column, from_row), (to_column, to_row)) = (places[&link.before], places[&link.after]);
        let (x1, y1) = (left(from_column) + NODE_WIDTH, top(from_row) + NODE_HEIGHT / 2);
        let (x2, y2) = (left(to_column), top(to_row) + NODE_HEIGHT / 2);
        let (c1, c2) = (x1 + GAP_X / 2, x2.saturating_sub(GAP_X / 2));
        Edge { path: format!("M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}"), kind: link.kind }
    };
    GraphView {
        width: (left(columns) + MARGIN).saturating_sub(GAP_X),
        height: (top(rows) + MARGIN).saturating_sub(GAP_Y),
        nodes: places.iter().map(node).collect(),
        edges: kept.iter().map(edge).collect(),
        narrow: narrow(&places, &kept),
        n_untold: links.len().saturating_sub(MAX_TOLD),
        list: kept
            .iter()
            .copied()
            .chain(links.iter().filter(|link| !is_kept(link)))
            .take(MAX_TOLD)
            .map(sentence)
            .collect(),
        left_out: all.len() - drawn.len(),
    }
}

/// What comes first stands above; lines go around on the left, the farther the longer they are.
fn narrow(places: &BTreeMap<usize, (usize, usize)>, links: &[&Link]) -> Narrow {
    let mut order: Vec<(usize, &usize)> = places.keys().enumerate().collect();
    order.sort_by_key(|(_, record)| places[*record]);
    let row_of: BTreeMap<usize, usize> =
        order.iter().enumerate().map(|(row, (_, record))| (**record, row)).collect();
    let top = |row: usize| MARGIN + row * (NODE_HEIGHT + GAP_Y);
    let edge = |link: &&Link| {
        let (from, to) = (row_of[&link.before], row_of[&link.after]);
        let (y1, y2) = (top(from) + NODE_HEIGHT * 2 / 3, top(to) + NODE_HEIGHT / 3);
        let bow = GUTTER.saturating_sub(8 + 4 * from.abs_diff(to));
        Edge { path: format!("M{GUTTER} {y1}C{bow} {y1} {bow} {y2} {GUTTER} {y2}"), kind: link.kind }
    };
    Narrow {
        width: GUTTER + NODE_WIDTH + MARGIN,
        height: (top(places.len()) + MARGIN).saturating_sub(GAP_Y),
        x: GUTTER,
        rows: order.iter().enumerate().map(|(row, (node, _))| NodeRow { node: *node, y: top(row) }).collect(),
        edges: links.iter().map(edge).collect(),
    }
}

/// What is drawn where there is too much: what is open with what it is joined to, the newest first; then the rest.
fn chosen(model: &Model<'_>, links: &[Link], all: &BTreeSet<usize>) -> BTreeSet<usize> {
    if all.len() <= MAX_DRAWN {
        return all.clone();
    }
    let is_open = |index: usize| model.input.state.records[index].status.is_open();
    let mut order: Vec<&Link> = links.iter().collect();
    order.sort_by_cached_key(|link| {
        let newest =
            [link.before, link.after].map(|index| super::lists::changed(model, index)).into_iter().max();
        (!(is_open(link.before) || is_open(link.after)), std::cmp::Reverse(newest))
    });
    let mut chosen = BTreeSet::new();
    for link in order {
        let more = [link.before, link.after].into_iter().filter(|index| !chosen.contains(index)).count();
        if chosen.len() + more <= MAX_DRAWN {
            chosen.extend([link.before, link.after]);
        }
    }
    chosen
}

/// Column and row of each record: a column after everything that comes first, near what it is joined to.
fn places(drawn: &BTreeSet<usize>, links: &[&Link]) -> BTreeMap<usize, (usize, usize)> {
    let mut column: BTreeMap<usize, usize> = drawn.iter().map(|index| (*index, 0)).collect();
    // A circle would push its members on for ever: as many rounds as there are records are enough.
    for _ in 0..drawn.len().min(64) {
        let mut moved = false;
        for link in links {
            let wanted = (column[&link.before] + 1).min(drawn.len());
            if column[&link.after] < wanted && wanted < 64 {
                column.insert(link.after, wanted);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let mut by_column: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, column) in &column {
        by_column.entry(*column).or_default().push(*index);
    }
    let mut places: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (column, mut members) in by_column {
        let near = |index: &usize| {
            let rows: Vec<usize> = links
                .iter()
                .filter(|link| link.after == *index)
                .filter_map(|link| places.get(&link.before).map(|(_, row)| *row))
                .collect();
            if rows.is_empty() { usize::MAX } else { rows.iter().sum::<usize>() * 16 / rows.len() }
        };
        members.sort_by_cached_key(|index| (near(index), *index));
        for (row, index) in members.into_iter().enumerate() {
            places.insert(index, (column, row));
        }
    }
    places
}

/// A title in lines that end between its words; the last is cut where there is more.
fn lines(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        let fits = |line: &String| line.chars().count() + 1 + word.chars().count() <= LETTERS;
        match lines.last_mut() {
            Some(line) if fits(line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let rest = lines.split_off(lines.len().min(LINES));
    if let Some(last) = lines.last_mut().filter(|_| !rest.is_empty()) {
        last.push(' ');
        last.push_str(&rest.join(" "));
    }
    lines.iter().map(|line| cut(line, LETTERS)).collect()
}

fn cut(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(length - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_stands_on_the_left_and_circles_end() {
        let drawn: BTreeSet<usize> = [1, 2, 3].into();
        let link = |before, after| Link { before, after, kind: "depends" };
        let (a, b) = (link(1, 2), link(2, 3));
        let places_of = places(&drawn, &[&a, &b]);
        assert_eq!(places_of, BTreeMap::from([(1, (0, 0)), (2, (1, 0)), (3, (2, 0))]));
        let back = link(3, 1);
        assert_eq!(places(&drawn, &[&a, &b, &back]).len(), 3);
        assert_eq!(cut("Migrate to the new VPC of the platform", 12), "Migrate to…");
    }

    #[test]
    fn a_title_has_two_lines() {
        assert_eq!(lines("Migrate to the new VPC"), ["Migrate to the new VPC"]);
        assert_eq!(
            lines("Move the orders database to a larger instance before the summer, and the replicas too"),
            ["Move the orders database to a larger", "instance before the summer, and the…"]
        );
        assert_eq!(lines(&"x".repeat(80)), [format!("{}…", "x".repeat(35))]);
        assert!(lines("").is_empty());
    }

    /// By hand: three nodes of 60 with gaps of 12 from 6 on; a line leaves at two thirds and arrives at one third.
    #[test]
    fn a_narrow_drawing_is_a_column_in_the_same_order() {
        let link = |before, after| Link { before, after, kind: "depends" };
        let (a, b) = (link(9, 4), link(4, 7));
        let links = [&a, &b];
        let found = narrow(&places(&[4, 7, 9].into(), &links), &links);
        let rows: Vec<(usize, usize)> = found.rows.iter().map(|place| (place.node, place.y)).collect();
        assert_eq!(rows, [(2, 6), (0, 78), (1, 150)]);
        assert_eq!((found.width, found.height), (286, 216));
        assert_eq!(found.edges[0].path, "M24 46C12 46 12 98 24 98");
    }
}
