//! Pages that list records: one table for all, and one for each group. A table that would be too long for a page shows
//! what is open and what changed last, and has further pages by the time of the last change.

use serde::Serialize;

use super::groups;
use super::model::Model;
use super::parts::{Dated, NumberLink, Numbered, YearLinks, in_pages, links, page_of, parts};
use super::view::{Row, status_word};
use crate::history::CommitTime;
use crate::ledger::Status;
use crate::record::RecordType;

/// Most rows of a table of records on one page.
pub(super) const ROWS: usize = 40;

/// What `site/list.html` and `site/runbooks.html` get as `list`.
#[derive(Debug, Serialize)]
pub(super) struct List<T = Row> {
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) rows: Vec<T>,
    /// Whether the page offers to sort and filter (with script).
    pub(super) filter: bool,
    /// Key and label of each status that a row has, for the filter.
    pub(super) statuses: Vec<(&'static str, &'static str)>,
    /// The command that puts something here.
    pub(super) command: String,
    /// How many records the list has on all its pages.
    pub(super) total: usize,
    /// Where the list has several pages: what of it this one shows, in words.
    pub(super) shown: Option<String>,
    /// Its other pages, by year; empty where this one has all.
    pub(super) parts: Vec<YearLinks>,
}

/// One kind of group: what `site/tags.html` gets in `kinds`.
#[derive(Debug, Serialize)]
pub(super) struct GroupKind {
    pub(super) plural: &'static str,
    pub(super) groups: Vec<Group>,
}

/// One group with its size.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    pub(super) label: String,
    pub(super) page: String,
    pub(super) count: usize,
}

/// A list and the pages that it takes.
pub(super) type Pages<T = Row> = Vec<(String, List<T>)>;

/// Title of a list of all records of a type, what it says of itself, and the command that puts something there.
pub(super) fn words_of(record_type: Option<RecordType>) -> (&'static str, &'static str, &'static str) {
    match record_type {
        None => (
            "Records",
            "Every task, decision and runbook of the book.",
            "changebook new task \"Add a Redis cluster\"",
        ),
        Some(RecordType::Task) => ("Tasks", "Every change.", "changebook new task \"Add a Redis cluster\""),
        Some(RecordType::Decision) => (
            "Decisions",
            "What the change advisory board was asked, and what it decided.",
            "changebook new decision \"VPC migration review\"",
        ),
        Some(RecordType::Runbook) => {
            ("Runbooks", "What to do when something is wrong.", "changebook new runbook \"Redis cluster\"")
        }
    }
}

/// All records of a type, or all.
pub(super) fn by_type(model: &Model<'_>, path: &str, record_type: Option<RecordType>) -> Pages {
    let (title, lead, command) = words_of(record_type);
    let records = model.input.state.records.iter().enumerate();
    let indexes = records.filter(|(_, state)| record_type.is_none_or(|wanted| wanted == state.record_type));
    let indexes: Vec<usize> = indexes.map(|(index, _)| index).collect();
    let lead = match indexes.len() {
        n if n > ROWS => &format!("{lead} There are {n}."),
        _ => lead,
    };
    paged(model, path, About { title, lead, command, filter: record_type.is_none() }, indexes)
}

/// The list of one group.
pub(super) fn group(model: &Model<'_>, path: &str, key: &(&'static str, String)) -> Pages {
    let (kind, value) = key;
    let singular =
        groups::KINDS.iter().find(|(name, ..)| name == kind).map_or("Group", |(_, singular, _)| singular);
    let indexes = model.members.get(key).cloned().unwrap_or_default();
    let title = format!("{singular}: {}", label(kind, value));
    paged(model, path, About { title: &title, lead: &counted(indexes.len()), ..About::default() }, indexes)
}

/// What a list says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    pub(super) title: &'a str,
    pub(super) lead: &'a str,
    pub(super) command: &'a str,
    pub(super) filter: bool,
}

/// `1 record`, `12 records`.
pub(super) fn counted(n: usize) -> String {
    format!("{n} {}", if n == 1 { "record" } else { "records" })
}

/// What the pages of a list show of each record.
pub(super) struct Shape<'s, T> {
    pub(super) row: &'s dyn Fn(usize) -> T,
    /// How much room it takes.
    pub(super) weight: &'s dyn Fn(usize) -> usize,
    /// How much room a page has.
    pub(super) room: usize,
}

/// The pages of a table, the first of them at `path`.
pub(super) fn paged(model: &Model<'_>, path: &str, about: About<'_>, indexes: Vec<usize>) -> Pages {
    let shape = Shape { row: &|index| model.row(index), weight: &|_| 1, room: ROWS };
    paged_as(model, path, about, indexes, &shape)
}

/// The pages of a list, the first of them at `path`.
pub(super) fn paged_as<T>(
    model: &Model<'_>,
    path: &str,
    about: About<'_>,
    indexes: Vec<usize>,
    shape: &Shape<'_, T>,
) -> Pages<T> {
    let total = indexes.len();
    let fits = indexes.iter().map(|index| (shape.weight)(*index)).sum::<usize>() <= shape.room;
    let list = |title: String, indexes: &[usize]| List {
        title,
        lead: about.lead.to_owned(),
        rows: indexes.iter().map(|index| (shape.row)(*index)).collect(),
        filter: about.filter && fits,
        statuses: statuses(model),
        command: about.command.to_owned(),
        total,
        shown: None,
        parts: Vec::new(),
    };
    if fits {
        return vec![(path.to_owned(), list(about.title.to_owned(), &indexes))];
    }
    let mut first = indexes.clone();
    first.sort_by_cached_key(|index| (!is_open(model, *index), std::cmp::Reverse(changed(model, *index))));
    let n_first = n_fitting(&first, shape);
    first.truncate(n_first);
    let n_open = indexes.iter().filter(|index| is_open(model, **index)).count();
    let dated =
        |index| Dated { date: day(changed(model, index)), weight: (shape.weight)(index), value: index };
    let mut by_time = indexes;
    by_time.sort_by_cached_key(|index| std::cmp::Reverse(changed(model, *index)));
    let parts = parts(by_time.into_iter().map(dated).collect(), shape.room);
    let folder = format!("lists/{}", path.trim_end_matches(".html"));
    let whole = links(&folder, &parts, None);
    let shown = match n_open {
        0 => format!("Showing the {n_first} that changed last"),
        1 => "Showing the open one, then those that changed last".to_owned(),
        n if n <= n_first => format!("Showing the {n} open ones, then those that changed last"),
        n => format!("{n} are open; showing the {n_first} of them that changed last"),
    };
    let lead = format!("{}.", about.lead.trim_end_matches('.'));
    let head = List { shown: Some(shown), lead, parts: whole, ..list(about.title.to_owned(), &first) };
    let page = |part: &super::parts::Part<usize>| {
        let list = List {
            shown: Some(format!("Those that changed last in {}", part.title)),
            parts: links(&folder, &parts, Some(&part.slug)),
            ..list(format!("{}: {}", about.title, part.title), &part.values)
        };
        (page_of(&folder, part), list)
    };
    std::iter::once((path.to_owned(), head)).chain(parts.iter().map(page)).collect()
}

/// How many of the first fit on a page; at least one.
fn n_fitting<T>(indexes: &[usize], shape: &Shape<'_, T>) -> usize {
    let mut taken = 0;
    let fitting = indexes.iter().take_while(|index| {
        taken += (shape.weight)(**index);
        taken <= shape.room
    });
    fitting.count().max(1)
}

/// The first rows of a list that stands among other things.
#[derive(Debug, Serialize)]
pub(super) struct Short {
    pub(super) rows: Vec<Row>,
    pub(super) total: usize,
    /// The list with all of them, from the site's root; none where all stand here.
    pub(super) page: Option<String>,
}

/// A list of at most `room` rows, and the pages that have all of them where that is not enough: `path` and others.
pub(super) fn short(
    model: &Model<'_>,
    path: &str,
    about: About<'_>,
    indexes: Vec<usize>,
    room: usize,
) -> (Short, Pages) {
    let total = indexes.len();
    let rows = |indexes: &[usize]| indexes.iter().map(|index| model.row(*index)).collect();
    if total <= room {
        return (Short { rows: rows(&indexes), total, page: None }, Pages::new());
    }
    let mut first = indexes.clone();
    first.sort_by_cached_key(|index| (!is_open(model, *index), std::cmp::Reverse(changed(model, *index))));
    let short = Short { rows: rows(&first[..room]), total, page: Some(path.to_owned()) };
    (short, paged(model, path, about, indexes))
}

/// Whether a record wants work: a decision that was taken does not.
fn is_open(model: &Model<'_>, index: usize) -> bool {
    let state = &model.input.state.records[index];
    let is_taken = state.record_type == RecordType::Decision && state.status == Status::Approved;
    state.status.is_open() && !is_taken
}

/// When a record changed last; what is not committed changed now.
pub(super) fn changed(model: &Model<'_>, index: usize) -> CommitTime {
    let now = CommitTime { seconds: model.input.state.now, offset_minutes: 0 };
    model.input.state.records[index].updated.as_ref().map_or(now, |by| by.time)
}

fn day(time: CommitTime) -> jiff::civil::Date {
    time.zoned().date()
}

/// Key and label of each status that a record of the book has.
fn statuses(model: &Model<'_>) -> Vec<(&'static str, &'static str)> {
    Status::ALL
        .into_iter()
        .filter(|status| model.input.state.records.iter().any(|record| record.status == *status))
        .map(|status| (status.as_str(), status_word(status).0))
        .collect()
}

/// How many groups a page of tags has.
const TAGS: usize = 300;

/// A page of groups by kind, and the links to the others.
pub(super) struct TagPage {
    /// From the site's root.
    pub(super) page: String,
    pub(super) kinds: Vec<GroupKind>,
    pub(super) links: Vec<NumberLink>,
}

/// The pages of all groups, the first at `tags.html`.
pub(super) fn tag_pages(model: &Model<'_>) -> Vec<TagPage> {
    let kinds = kinds(model);
    let groups = |kind: &GroupKind| -> Vec<(&'static str, Group)> {
        kind.groups.iter().map(|group| (kind.plural, group.clone())).collect()
    };
    let all: Vec<(&'static str, Group)> = kinds.iter().flat_map(groups).collect();
    let pages = in_pages("tags.html", &all, TAGS);
    let is_single = pages.len() == 1;
    let of_page = |part: Numbered<'_, (&'static str, Group)>| {
        let kind = |kind: &GroupKind| {
            let here = part.things.iter().filter(|(plural, _)| *plural == kind.plural);
            GroupKind { plural: kind.plural, groups: here.map(|(_, group)| group.clone()).collect() }
        };
        let shown = kinds.iter().map(kind).filter(|kind| is_single || !kind.groups.is_empty());
        TagPage { page: part.page.clone(), kinds: shown.collect(), links: part.links }
    };
    pages.into_iter().map(of_page).collect()
}

/// Every group of the book, by kind.
fn kinds(model: &Model<'_>) -> Vec<GroupKind> {
    let kind = |(kind, _, plural): (&'static str, &'static str, &'static str)| GroupKind {
        plural,
        groups: group_pages(model)
            .filter(|(key, _)| key.0 == kind)
            .map(|(key, page)| Group {
                label: label(kind, &key.1),
                page: page.clone(),
                count: model.members.get(key).map_or(0, Vec::len),
            })
            .collect(),
    };
    groups::KINDS.into_iter().map(kind).collect()
}

/// The pages of groups: (kind, value) and page.
pub(super) fn group_pages<'m>(
    model: &'m Model<'_>,
) -> impl Iterator<Item = (&'m (&'static str, String), &'m String)> {
    model.groups.iter()
}

fn label(kind: &str, value: &str) -> String {
    match Status::parse(value) {
        Some(status) if kind == "status" => status_word(status).0.to_owned(),
        _ => value.to_owned(),
    }
}
