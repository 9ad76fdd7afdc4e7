//! The evidence of a task's deployments: what the audit's rules asked for, what met it, and the commands that show it.
//! It stands beside the task's page, a few deployments on each page.

use std::collections::BTreeMap;

use serde::Serialize;

use super::audit::{RowView, row_view};
use super::input::SiteInput;
use super::model::{Model, folder};
use super::parts::{NumberLink, numbered};
use super::paths::stem;
use super::view::Reference;
use crate::ledger::{Row, RowFacts, row_facts};
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

/// By the deployment's anchor: the page of its evidence.
pub(super) type Places = BTreeMap<String, String>;

/// The anchor of a deployment.
fn anchor(row: &Row) -> String {
    format!("{}-{}", row.by.commit.short(), crate::record::slug(&format!("{} {}", row.id, row.environment)))
}

/// Where the evidence of each deployment stands. What is full keeps its deployments while others come.
pub(super) fn places(input: &SiteInput<'_>) -> Places {
    let mut places = Places::new();
    for (id, rows) in by_task(input) {
        for (number, chunk) in rows.chunks(ROWS).enumerate() {
            places.extend(chunk.iter().map(|row| (anchor(row), page(id, number))));
        }
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
    let page = model.evidence.get(&anchor).map_or("audit.html", String::as_str);
    format!("{page}#{anchor}")
}

/// The page with the newest deployments of a task.
pub(super) fn newest(model: &Model<'_>, id: &str) -> Option<String> {
    let rows = &model.input.judged?.audit.rows;
    let row = rows.iter().rev().find(|row| row.id.as_str() == id)?;
    model.evidence.get(&anchor(row)).cloned()
}

/// All pages.
pub(super) fn views(model: &Model<'_>) -> Vec<EvidenceView> {
    let mut views = Vec::new();
    for (id, rows) in by_task(model.input) {
        let pages: Vec<String> = (0..rows.len().div_ceil(ROWS)).map(|number| page(id, number)).collect();
        let path = model.by_name(id).map_or("", |state| state.record.path.as_str());
        for (number, chunk) in rows.chunks(ROWS).enumerate() {
            let rows = chunk.iter().rev().map(|row| EvidenceRow {
                anchor: anchor(row),
                row: row_view(model, row),
                facts: row_facts(row, path),
            });
            views.push(EvidenceView {
                page: pages[number].clone(),
                reference: model.reference(id),
                rows: rows.collect(),
                pages: numbered(&pages, number),
            });
        }
    }
    views
}
