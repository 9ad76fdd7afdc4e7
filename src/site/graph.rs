//! What depends on what, drawn in layers: what comes first stands on the left.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::model::Model;
use super::view::Row;
use crate::ledger::RecordState;
use crate::record::Details;

/// Most records that are drawn, and most lines in words. Each record's own page has all of its own.
const MAX_DRAWN: usize = 36;
const MAX_TOLD: usize = 40;
const NODE_WIDTH: usize = 208;
const NODE_HEIGHT: usize = 40;
const GAP_X: usize = 56;
const GAP_Y: usize = 16;
const MARGIN: usize = 8;

/// What `site/graph.html` gets as `graph`.
#[derive(Debug, Serialize)]
pub(super) struct GraphView {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// The edges in words, those that are drawn first.
    pub(super) list: Vec<Sentence>,
    /// Edges that are not in that list.
    pub(super) n_untold: usize,
    /// Records that are left out of the drawing.
    pub(super) left_out: usize,
}

/// One record.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) row: Row,
    /// The title cut to the box.
    pub(super) short: String,
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
            short: cut(&row_view.title, 26),
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
}
