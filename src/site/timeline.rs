//! The timeline of a record: what each commit meant, newest first, and what it changed.

use serde::Serialize;

use super::model::Model;
use super::text::capitalized;
use super::view::{Act, Tone};
use crate::book::Differences;
use crate::history::{Hunk, Origin};
use crate::ledger::{CommitRef, Event, EventKind, RecordState};
use crate::record::RecordType;

/// Most lines of a difference that a page shows, and most bytes of them.
const MAX_LINES: usize = 60;
const MAX_BYTES: usize = 8_000;
/// Rows that a record's own page shows where it cannot hold all; the page of its history has them.
const ROWS_SHOWN: usize = 5;
/// Lines and bytes of differences that it shows in these rows together.
const LINES_SHOWN: usize = 8;
const BYTES_SHOWN: usize = 4_000;

/// The rows of a record's own page, newest first.
#[derive(Debug, Default, Serialize)]
pub(super) struct Timeline {
    pub(super) rows: Vec<TimelineRow>,
    /// Rows that only the page of the history has.
    pub(super) n_earlier: usize,
    /// The page of the whole history, from the site's root; none where the record's own page has it all.
    pub(super) page: Option<String>,
}

impl Timeline {
    /// What of a long history stands on the record's own page. The rest goes to a page of its own, so that a record
    /// opens as fast after a year as on its first day.
    pub(super) fn shortened(whole: &[TimelineRow], record_page: &str) -> Self {
        let mut room = (LINES_SHOWN, BYTES_SHOWN);
        let mut rows: Vec<TimelineRow> = whole.iter().take(ROWS_SHOWN).cloned().collect();
        let places = super::history::places(whole, record_page);
        for (row, place) in rows.iter_mut().zip(places) {
            let bytes = row.lines.iter().map(|line| line.text.len()).sum();
            match (room.0.checked_sub(row.lines.len()), room.1.checked_sub(bytes)) {
                (Some(lines), Some(bytes)) => room = (lines, bytes),
                _ => {
                    (row.n_elsewhere, row.elsewhere) = (row.lines.len() + row.more, Some(place));
                    (row.lines, room) = (Vec::new(), (0, 0));
                }
            }
        }
        let n_earlier = whole.len() - rows.len();
        let is_short = n_earlier > 0 || rows.iter().any(|row| row.n_elsewhere > 0);
        Timeline { rows, n_earlier, page: is_short.then(|| super::history::page(record_page, 0)) }
    }
}

/// One commit and what it meant to the record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct TimelineRow {
    pub(super) by: Act,
    pub(super) events: Vec<Told>,
    /// Whether the commit is a merge.
    pub(super) merge: bool,
    /// What it changed in the file, when it is known.
    pub(super) lines: Vec<Line>,
    /// Lines that are left out.
    pub(super) more: usize,
    /// Lines that only the page of the history has.
    pub(super) n_elsewhere: usize,
    /// The page that has them, from the site's root.
    pub(super) elsewhere: Option<String>,
    /// The command that shows all of it.
    pub(super) command: String,
}

/// One event in words.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Told {
    /// What it meant: `Ticked`, `Deployed to`.
    pub(super) verb: String,
    /// What it was about.
    pub(super) object: Option<String>,
    /// More, where there is more.
    pub(super) detail: Option<String>,
    pub(super) tone: Tone,
}

/// A line of a difference.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Line {
    /// `added`, `removed`, `same`, `place`.
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// What the board decided on a task, each with the record that says so, oldest first.
pub(super) fn decisions<'a>(model: &Model<'a>, state: &RecordState) -> Vec<(&'a RecordState, &'a Event)> {
    if state.record_type != RecordType::Task {
        return Vec::new();
    }
    let related = state.relations.iter().filter_map(|relation| model.by_name(relation.id.as_str()));
    let records = related.filter(|record| record.record_type == RecordType::Decision);
    let is_decided = |event: &&Event| matches!(event.kind, EventKind::Decided { .. });
    let mut found: Vec<_> = records
        .flat_map(|record| record.events.iter().filter(is_decided).map(move |event| (record, event)))
        .collect();
    found.sort_by_key(|(record, event)| (event.by.time.seconds, &record.name));
    found.dedup_by_key(|(record, event)| (&record.name, event.by.commit));
    found
}

/// The commits newest first, with what they changed as far as it is at hand, and the board's decisions among them.
pub(super) fn rows(model: &Model<'_>, state: &RecordState, known: &Differences) -> Vec<TimelineRow> {
    let commits = state.events.chunk_by(|a, b| a.by.commit == b.by.commit);
    let own = commits.rev().map(|events| {
        let by = &events[0].by;
        let hunks = known.get(&(state.name.clone(), by.commit));
        let (lines, more) = hunks.map_or((Vec::new(), 0), |hunks| lines(hunks));
        let (merge, told) = (events[0].merge, events.iter().map(|event| told(&event.kind)).collect());
        (by, TimelineRow { lines, more, merge, ..row(model, &state.record.path, by, told) })
    });
    let mut rows: Vec<(&CommitRef, TimelineRow)> = own.collect();
    for (decision, event) in decisions(model, state) {
        let by = &event.by;
        let told = Told { detail: Some(format!("in {}", decision.name)), ..told(&event.kind) };
        if let Some((_, same)) = rows.iter_mut().find(|(other, _)| other.commit == by.commit) {
            same.events.push(told);
            continue;
        }
        let place = rows.iter().position(|(other, _)| other.time.seconds <= by.time.seconds);
        rows.insert(place.unwrap_or(rows.len()), (by, row(model, &decision.record.path, by, vec![told])));
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(model: &Model<'_>, path: &str, by: &CommitRef, events: Vec<Told>) -> TimelineRow {
    let path = crate::ledger::shell_quoted(path);
    TimelineRow {
        by: model.act(by),
        events,
        merge: false,
        lines: Vec::new(),
        more: 0,
        n_elsewhere: 0,
        elsewhere: None,
        command: format!("git --no-replace-objects show {} -- {path}", by.commit.hex()),
    }
}

fn lines(hunks: &[Hunk]) -> (Vec<Line>, usize) {
    let mut lines = Vec::new();
    for hunk in hunks {
        let place = format!("line {}", hunk.new.0);
        lines.push(Line { kind: "place", text: place });
        lines.extend(hunk.lines.iter().map(|line| Line {
            kind: match line.origin {
                Origin::Context => "same",
                Origin::Removed => "removed",
                Origin::Added => "added",
            },
            text: line.text.clone(),
        }));
    }
    let mut room = MAX_BYTES;
    let fitting = lines.iter().take(MAX_LINES).take_while(|line| {
        let fits = line.text.len() <= room;
        room = room.saturating_sub(line.text.len());
        fits
    });
    let fitting = fitting.count();
    let more = lines.len() - fitting;
    lines.truncate(fitting);
    (lines, more)
}

fn told(kind: &EventKind) -> Told {
    let (verb, object, detail, tone) = words(kind);
    Told { verb, object, detail, tone }
}

type Words = (String, Option<String>, Option<String>, Tone);

/// What an event meant: verb, object, more, tone.
pub(super) fn words(kind: &EventKind) -> Words {
    let plain = |verb: &str, object: Option<&String>, detail: Option<String>, tone| {
        (verb.to_owned(), object.cloned(), detail, tone)
    };
    match kind {
        EventKind::Created => plain("Created", None, None, Tone::Info),
        EventKind::Moved { from, to } => plain("Moved", Some(to), Some(format!("from {from}")), Tone::None),
        EventKind::Removed => plain("Deleted", None, None, Tone::Bad),
        EventKind::Ticked { item } => plain("Ticked", Some(item), None, Tone::Ok),
        EventKind::Unticked { item } => plain("Unticked", Some(item), None, Tone::Wait),
        EventKind::ItemsChanged { added, removed } => items_changed(added, removed),
        EventKind::FieldSet { field, value } => match value {
            Some(value) => plain("Set", Some(field), Some(value.clone()), Tone::None),
            None => plain("Removed the key", Some(field), None, Tone::None),
        },
        EventKind::Recorded { noun, place, line } => {
            let what = format!("{noun} for {place}");
            plain("Recorded the", Some(&what), Some(line.clone()), Tone::None)
        }
        EventKind::TookOut { place } => plain("Removed the evidence for", Some(place), None, Tone::Wait),
        EventKind::ScopeChanged => {
            plain("Changed the text that approvals are bound to", None, None, Tone::Wait)
        }
        EventKind::Noted => plain("Added notes", None, None, Tone::None),
        EventKind::Decided { verdict: Some(verdict) } => {
            let word = capitalized(&verdict.as_str().replace('-', " "));
            plain("Decided", Some(&word), None, Tone::Info)
        }
        EventKind::Decided { verdict: None } => plain("Withdrew the decision", None, None, Tone::Wait),
        EventKind::Worked => plain("Worked on the code", None, None, Tone::None),
        EventKind::Deployed { environment } => plain("Deployed to", Some(environment), None, Tone::Ok),
        EventKind::RolledBack { environment, reason } => {
            plain("Rolled back in", Some(environment), reason.clone(), Tone::Bad)
        }
    }
}

fn items_changed(added: &[String], removed: &[String]) -> Words {
    let list = |items: &[String]| items.iter().map(|item| format!("“{item}”")).collect::<Vec<_>>().join(", ");
    let (verb, object, detail) = match (added.is_empty(), removed.is_empty()) {
        (_, true) => ("Added items", list(added), None),
        (true, false) => ("Removed items", list(removed), None),
        (false, false) => ("Added items", list(added), Some(format!("removed {}", list(removed)))),
    };
    (verb.to_owned(), Some(object), detail, Tone::None)
}
