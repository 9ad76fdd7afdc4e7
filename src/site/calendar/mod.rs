//! The calendar: months as grids, weeks with their hours, both as lists too; from what the ledger says is coming.

mod days;
mod month;
mod week;

use jiff::civil::Date;
use serde::Serialize;

use self::days::Span;
use super::model::Model;
use super::view::Tone;
use crate::calendar::Occupation;
use crate::ledger::{Coming, local, occupation};

pub(super) use month::MonthView;
pub(super) use week::WeekView;

/// A window that is open longer than this is told beside the days and not drawn, in seconds.
const MAX_DRAWN: i64 = 7 * 86_400;

/// The pages of the calendar.
#[derive(Default)]
pub(super) struct Calendar {
    pub(super) months: Vec<MonthView>,
    pub(super) weeks: Vec<WeekView>,
}

/// All months and weeks that have a page, in order; the present ones are among them.
pub(super) fn calendar(model: &Model<'_>) -> Calendar {
    let Some(book) = Book::new(model) else { return Calendar::default() };
    let weeks = week::mondays(&book);
    Calendar { months: month::views(&book, &weeks), weeks: week::views(&book, &weeks) }
}

/// What the book has scheduled, read once for all pages.
struct Book<'m, 'a> {
    model: &'m Model<'a>,
    today: Date,
    /// Each task that has its time, with its place in the state.
    changes: Vec<(Occupation, usize)>,
    /// What should be moved, in sentences.
    collisions: Vec<String>,
}

impl<'m, 'a> Book<'m, 'a> {
    fn new(model: &'m Model<'a>) -> Option<Self> {
        let (state, policy) = (model.input.state, model.input.policy);
        let records = state.records.iter().enumerate();
        let changes = records.filter_map(|(index, record)| Some((occupation(record, policy)?, index)));
        let coming = Coming::new(state, policy, state.now, state.now);
        let collisions = coming.collisions();
        Some(Book {
            model,
            today: local(state.now, &model.zone)?.date(),
            changes: changes.collect(),
            collisions: collisions.iter().map(|found| coming.collision_text(found)).collect(),
        })
    }

    /// The days on which changes begin.
    fn busy_days(&self) -> impl Iterator<Item = Date> {
        self.changes.iter().filter_map(|(task, _)| Some(local(task.start, &self.model.zone)?.date()))
    }

    fn zone(&self) -> String {
        self.model.zone.iana_name().unwrap_or("UTC").to_owned()
    }
}

/// Another page of the calendar.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Link {
    pub(super) title: String,
    pub(super) page: String,
}

/// One day of a grid.
#[derive(Debug, Clone, Serialize)]
pub(in crate::site) struct DayView {
    /// `25`.
    pub(in crate::site) number: i8,
    /// `Sat 25 May`.
    pub(in crate::site) title: String,
    /// Whether it is of the month that is shown.
    pub(in crate::site) inside: bool,
    pub(in crate::site) today: bool,
    pub(in crate::site) frozen: bool,
    pub(in crate::site) entries: Vec<Entry>,
}

/// Something on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::site) struct Entry {
    /// `02:00–06:00`; empty for the whole day.
    pub(in crate::site) time: String,
    /// `freeze`, `window`, `meeting`, `change`.
    pub(in crate::site) kind: &'static str,
    pub(in crate::site) label: String,
    /// For a change: its title.
    pub(in crate::site) title: Option<String>,
    /// From the site's root.
    pub(in crate::site) page: Option<String>,
    /// `open`, `waiting`, `done`: how a change stands.
    pub(in crate::site) state: Option<String>,
    pub(in crate::site) tone: Option<ToneKey>,
    /// Whether something is in its way.
    pub(in crate::site) collides: bool,
    /// Whether it began on an earlier day.
    pub(in crate::site) goes_on: bool,
    /// From which minute of the day until which one.
    #[serde(skip)]
    minutes: (u16, u16),
}

/// A tone that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::site) enum ToneKey {
    Ok,
    Wait,
    Bad,
    Info,
    None,
}

impl From<Tone> for ToneKey {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Ok => ToneKey::Ok,
            Tone::Wait => ToneKey::Wait,
            Tone::Bad => ToneKey::Bad,
            Tone::Info => ToneKey::Info,
            Tone::None => ToneKey::None,
        }
    }
}
