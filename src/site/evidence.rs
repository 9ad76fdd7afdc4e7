//! The evidence of a task's deployments: what the audit's rules asked for, what met it, and the commands that show it.
//! It stands beside the task's page, a few deployments on each page.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use super::audit::{RowView, row_view};
use super::input::SiteInput;
use super::model::{Model, folder};
use super::parts::{NumberLink, numbered};
use super::paths::stem;
use super::view::Reference;
use crate::ledger::{Exception, Row, RowFacts, row_facts};
use crate::record::RecordType;

/// Most deployments on one page.
const ROWS: usize = 5;

/// What `site/evidence.html` gets as `evidence`.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceView {
    pub(super) page: String,
    pub(super) reference: Reference,
    /// Newest first.
    pub(super) rows: Vec<EvidenceRow>,
    /// The pages of earlier and later deployments, where there are several.
    pub(super) pages: Vec<NumberLink>,
}

/// One deployment with what it rests on.
#[derive(Debug, Serialize)]
pub(super) struct EvidenceRow {
    pub(super) anchor: String,
    pub(super) row: RowView,
    pub(super) facts: RowFacts,
}

/// Where the evidence of deployments stands.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By the deployment's anchor.
    by_anchor: HashMap<String, String>,
    /// The page with the newest deployments of a task, by its ID.
    newest: HashMap<String, String>,
    /// A task's deployments that are to be explained, newest first, as places in the audit's rows.
    exceptions: HashMap<String, Vec<usize>>,
}

/// The anchor of a deployment.
fn anchor(row: &Row) -> String {
    format!("{}-{}", row.by.commit.short(), crate::record::slug(&format!("{} {}", row.id, row.environment)))
}

/// Where the evidence of each deployment stands. What is full keeps its deployments while others come.
pub(super) fn places(input: &SiteInput<'_>) -> Places {
    let mut places = Places::default();
    for (id, rows) in by_task(input) {
        for (number, chunk) in rows.chunks(ROWS).enumerate() {
            let page = page(id, number);
            places.by_anchor.extend(chunk.iter().map(|row| (anchor(row), page.clone())));
            places.newest.insert(id.to_owned(), page);
        }
    }
    let rows = input.judged.map_or(&[][..], |judged| &judged.audit.rows);
    for (place, row) in rows.iter().enumerate().rev().filter(|(_, row)| !row.exceptions.is_empty()) {
        places.exceptions.entry(row.id.to_string()).or_default().push(place);
    }
    places
}

fn page(id: &str, number: usize) -> String {
    let number = if number == 0 { String::new() } else { format!("-{}", number + 1) };
    // No record's page has such a name: a dot in one is followed by two hexadecimal digits.
    format!("{}/{}.rules{number}.html", folder(RecordType::Task), stem(id))
}

/// The deployments of each task, oldest first.
fn by_task<'a>(input: &SiteInput<'a>) -> BTreeMap<&'a str, Vec<&'a Row>> {
    let mut tasks: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in input.judged.iter().flat_map(|judged| &judged.audit.rows) {
        tasks.entry(row.id.as_str()).or_default().push(row);
    }
    tasks
}

/// Where the evidence of a deployment stands, from the site's root.
pub(super) fn address(model: &Model<'_>, row: &Row) -> String {
    let anchor = anchor(row);
    let page = model.evidence.by_anchor.get(&anchor).map_or("audit.html", String::as_str);
    format!("{page}#{anchor}")
}

/// The page with the newest deployments of a task.
pub(super) fn newest(model: &Model<'_>, id: &str) -> Option<String> {
    model.evidence.newest.get(id).cloned()
}

/// Something about a deployment that somebody has to explain: what `record.exceptions` holds.
#[derive(Debug, Serialize)]
pub(super) struct ExceptionView {
    pub(super) environment: String,
    pub(super) code: &'static str,
    pub(super) detail: String,
    /// Where its evidence stands, from the site's root.
    pub(super) page: String,
}

/// Most exceptions that a task's own page tells.
const EXCEPTIONS: usize = 5;

/// What the audit asks about a task's deployments, the newest first, and how many more there are.
pub(super) fn exceptions(model: &Model<'_>, id: &str) -> (Vec<ExceptionView>, usize) {
    let Some(judged) = model.input.judged else { return (Vec::new(), 0) };
    let places = model.evidence.exceptions.get(id).map_or(&[][..], Vec::as_slice);
    let rows = places.iter().map(|place| &judged.audit.rows[*place]);
    let mut found: Vec<(&Row, &Exception)> =
        rows.flat_map(|row| row.exceptions.iter().map(move |exception| (row, exception))).collect();
    let more = found.len().saturating_sub(EXCEPTIONS);
    found.truncate(EXCEPTIONS);
    let view = |(row, exception): (&Row, &Exception)| ExceptionView {
        environment: row.environment.clone(),
        code: exception.code.as_str(),
        detail: exception.detail.clone(),
        page: address(model, row),
    };
    (found.into_iter().map(view).collect(), more)
}

/// All pages, a task's together.
pub(super) fn views<'a>(model: &'a Model<'_>) -> impl ParallelIterator<Item = EvidenceView> + use<'a> {
    let tasks: Vec<(&str, Vec<&Row>)> = by_task(model.input).into_iter().collect();
    tasks.into_par_iter().flat_map_iter(|(id, rows)| of_task(model, id, &rows))
}

fn of_task(model: &Model<'_>, id: &str, rows: &[&Row]) -> Vec<EvidenceView> {
    let pages: Vec<String> = (0..rows.len().div_ceil(ROWS)).map(|number| page(id, number)).collect();
    let path = model.by_name(id).map_or("", |state| state.record.path.as_str());
    let row = |row: &&Row| {
        let (view, mut facts) = (row_view(model, row), row_facts(row, path));
        // As everywhere on pages: the person's name, and the time at its own offset.
        if let Some((_, deployed)) = facts.facts.first_mut() {
            *deployed = format!("{} by {} in {}", view.time, view.by.who, view.by.commit.short);
        }
        EvidenceRow { anchor: anchor(row), row: view, facts }
    };
    let view = |(number, chunk): (usize, &[&Row])| EvidenceView {
        page: pages[number].clone(),
        reference: model.reference(id),
        rows: chunk.iter().rev().map(row).collect(),
        pages: numbered(&pages, number),
    };
    rows.chunks(ROWS).enumerate().map(view).collect()
}
