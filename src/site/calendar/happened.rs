//! Deployments that happened, as the audit counts them: those to gated environments.

use std::collections::BTreeSet;

use super::days::entry;
use super::{Book, Entry, ToExplain, ToneKey};
use crate::ledger::{CommitRef, Row};
use crate::site::model::Model;

/// Deployments, oldest first.
pub(super) struct Happened<'a> {
    rows: Vec<&'a Row>,
    /// Whether the environment has to be named.
    several: bool,
}

impl<'a> Happened<'a> {
    pub(super) fn new(model: &Model<'a>) -> Self {
        let rows = model.input.judged.map_or(&[][..], |judged| &judged.audit.rows);
        let mut rows: Vec<&Row> = rows.iter().filter(|row| row.gated).collect();
        rows.sort_by_key(|row| row.time);
        let environments: BTreeSet<&str> = rows.iter().map(|row| row.environment.as_str()).collect();
        Happened { several: environments.len() > 1, rows }
    }

    pub(super) fn times(&self) -> impl Iterator<Item = i64> {
        self.rows.iter().map(|row| row.time)
    }

    /// Those from one moment until another.
    pub(super) fn between(&self, from: i64, to: i64) -> &[&'a Row] {
        let start = self.rows.partition_point(|row| row.time < from);
        let end = self.rows.partition_point(|row| row.time < to);
        &self.rows[start..end.max(start)]
    }
}

/// A deployment at its time.
pub(super) fn deployed(book: &Book<'_, '_>, row: &Row) -> Entry {
    let label = row.id.as_str();
    let place = Entry {
        time: book.clock(row.time),
        title: Some(row.title.clone()),
        page: book.model.reference(label).page,
        ..entry("deployed", label)
    };
    told(book, row, "", place)
}

/// A change in its scheduled place, of which a deployment of the same day is told.
pub(super) fn told_of(book: &Book<'_, '_>, row: &Row, place: Entry) -> Entry {
    told(book, row, &format!(" {}", book.clock(row.time)), place)
}

fn told(book: &Book<'_, '_>, row: &Row, clock: &str, place: Entry) -> Entry {
    let environment = if book.happened.several { format!(" to {}", row.environment) } else { String::new() };
    let deployed = format!("deployed{environment}{clock}");
    let (state, tone) = match (&row.rolled_back, &row.emergency) {
        (Some(by), _) => {
            (format!("{}rolled back {}", place_of(book, row), back(book, row, by)), ToneKey::Bad)
        }
        (None, Some(_)) => (format!("emergency, {deployed}"), ToneKey::Ok),
        (None, None) => (deployed, ToneKey::Ok),
    };
    let first = row.exceptions.first().map(|exception| exception.code.as_str());
    let found = first.map(|code| ToExplain {
        label: match row.exceptions.len() - 1 {
            0 => code.to_owned(),
            n => format!("{code} and {n} more"),
        },
        page: crate::site::evidence::address(book.model, row),
    });
    Entry { state: Some(state), tone: Some(tone), found, ..place }
}

fn place_of(book: &Book<'_, '_>, row: &Row) -> String {
    if book.happened.several { format!("{}: ", row.environment) } else { String::new() }
}

/// When it was rolled back: on the same day the time, else the day.
fn back(book: &Book<'_, '_>, row: &Row, by: &CommitRef) -> String {
    match (book.day(row.time), book.day(by.time.seconds)) {
        (before, Some(after)) if before != Some(after) => after.strftime("%-d %b").to_string(),
        _ => book.clock(by.time.seconds),
    }
}
