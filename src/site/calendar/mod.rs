//! The calendar: months as grids, weeks with their hours, both as lists too; from what the ledger says is coming, and
//! what the audit says has happened.

mod days;
mod happened;
mod month;
mod notice;
mod room;
mod week;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use self::days::Span;
use self::happened::Happened;
use self::notice::Notice;
use super::model::Model;
use super::view::Tone;
use crate::calendar::Occupation;
use crate::ledger::{local, occupation};

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

/// What the book has scheduled and deployed, read once for all pages.
struct Book<'m, 'a> {
    model: &'m Model<'a>,
    today: Date,
    /// Each task that has its time, with its place in the state.
    changes: Vec<(Occupation, usize)>,
    happened: Happened<'a>,
    /// What should be moved.
    collisions: Vec<Notice>,
    /// Days on which the board meets and that have a page.
    meetings: BTreeSet<Date>,
    /// The audit's page of a day.
    audit: BTreeMap<Date, String>,
}

impl<'m, 'a> Book<'m, 'a> {
    fn new(model: &'m Model<'a>) -> Option<Self> {
        let (state, policy) = (model.input.state, model.input.policy);
        let records = state.records.iter().enumerate();
        let changes = records.filter_map(|(index, record)| Some((occupation(record, policy)?, index)));
        let changes: Vec<(Occupation, usize)> = changes.collect();
        Some(Book {
            model,
            today: local(state.now, &model.zone)?.date(),
            changes,
            happened: Happened::new(model),
            collisions: model.in_the_way.all().map(|(_, text)| Notice::new(model, text)).collect(),
            meetings: super::meeting::days(model),
            audit: super::audit::pages_by_day(model),
        })
    }

    /// The days on which changes begin, or were deployed.
    fn busy_days(&self) -> impl Iterator<Item = Date> {
        let changes = self.changes.iter().map(|(task, _)| task.start);
        changes.chain(self.happened.times()).filter_map(|at| self.day(at))
    }

    /// The day of a moment.
    fn day(&self, at: i64) -> Option<Date> {
        Some(local(at, &self.model.zone)?.date())
    }

    /// `02:40`
    fn clock(&self, at: i64) -> String {
        local(at, &self.model.zone).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
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
    /// Whether a freeze of everything holds: `whole`, or in which half of the day, `early` or `late`.
    pub(in crate::site) frozen: Option<&'static str>,
    /// As many as there is room for, in order of time.
    pub(in crate::site) entries: Vec<Entry>,
    /// How many more there are.
    pub(in crate::site) more: usize,
    /// Where those stand, from the site's root.
    pub(in crate::site) more_page: Option<String>,
}

/// Something on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::site) struct Entry {
    /// `02:00–06:00`, `until 08:00` on its last day; empty for the whole day.
    pub(in crate::site) time: String,
    /// `freeze`, `window`, `meeting`, `change`, `deployed`.
    pub(in crate::site) kind: &'static str,
    pub(in crate::site) label: String,
    /// For a change: its title.
    pub(in crate::site) title: Option<String>,
    /// From the site's root.
    pub(in crate::site) page: Option<String>,
    /// `Approved`, `deployed`, `rolled back 10:25`: how a change stands, or how its deployment went.
    pub(in crate::site) state: Option<String>,
    pub(in crate::site) tone: Option<ToneKey>,
    /// What the audit found of the deployment.
    pub(in crate::site) found: Option<ToExplain>,
    /// Whether something is in its way.
    pub(in crate::site) collides: bool,
    /// Of a window: whether a freeze keeps everything from going out in it.
    pub(in crate::site) shut: bool,
    /// Whether it began on an earlier day.
    pub(in crate::site) goes_on: bool,
    /// Of a freeze: whether it holds for everything.
    #[serde(skip)]
    of_all: bool,
    /// From which minute of the day until which one.
    #[serde(skip)]
    minutes: (u16, u16),
}

/// Something to explain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(in crate::site) struct ToExplain {
    /// `deployer-approved`, `deployer-approved and 2 more`.
    pub(in crate::site) label: String,
    /// The evidence, from the site's root.
    pub(in crate::site) page: String,
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
