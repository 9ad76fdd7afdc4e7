//! What is on each day of a span of days.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::notice::Notice;
use super::room::{Room, cut};
use super::{Book, DayView, Entry, MAX_DRAWN, happened};
use crate::calendar::{Occupation, Opening, freezes_between};
use crate::ledger::{Coming, Row as Deployment, local};
use crate::policy::Freeze;
use crate::site::gate::moment;
use crate::site::view::Row;

/// Minutes of a day by the clock on the wall, which has as many on each.
pub(super) const DAY: u16 = 24 * 60;

/// Consecutive days, filled.
pub(super) struct Span {
    pub(super) days: Vec<DayView>,
    /// Windows that are open for longer than a week.
    pub(super) long: Vec<Entry>,
    /// What of the span is in each other's way.
    pub(super) collisions: Vec<Notice>,
}

impl Span {
    /// The days from `start` on. `inside` says which days belong to the span, `rest` where a day's entries stand for
    /// which the page has no room.
    pub(super) fn new(
        book: &Book<'_, '_>,
        start: Date,
        n_days: usize,
        room: &Room,
        inside: impl Fn(Date) -> bool,
        rest: impl Fn(Date) -> Option<String>,
    ) -> Option<Self> {
        let (mut dates, mut day) = (Vec::with_capacity(n_days), start);
        for _ in 0..n_days {
            dates.push(day);
            day = day.tomorrow().ok()?;
        }
        let moment_of =
            |day: Date| Some(day.to_zoned_datetime(book.model.zone.clone()).ok()?.timestamp().as_second());
        let (from, to) = (moment_of(start)?, moment_of(day)?);
        let mut filled = Filled { book, from, to, by_day: BTreeMap::new(), long: Vec::new() };
        let mut coming = Coming::new(book.model.input.state, book.model.input.policy, from, to);
        coming.tasks.clear();
        filled.windows(&coming, room.name);
        filled.freezes(&coming);
        for at in coming.meetings() {
            filled.meeting(at);
        }
        let collisions = filled.changes();
        let mut of_days: Vec<Vec<Entry>> =
            dates.iter().map(|day| filled.by_day.remove(day).unwrap_or_default()).collect();
        // What is longer stands first.
        of_days
            .iter_mut()
            .for_each(|day| day.sort_by_cached_key(|e| (e.minutes.0, DAY - e.minutes.1.min(DAY), e.clone())));
        let frozen: Vec<_> = of_days.iter().map(|day| frozen(day)).collect();
        let more = cut(&mut of_days, room);
        let filled_days = dates.iter().zip(of_days).zip(frozen.into_iter().zip(more));
        let view = |((day, entries), (frozen, more)): ((&Date, Vec<Entry>), (_, usize))| DayView {
            number: day.day(),
            title: day.strftime("%a %-d %b").to_string(),
            inside: inside(*day),
            today: *day == book.today,
            frozen,
            entries,
            more,
            more_page: (more > 0).then(|| rest(*day)).flatten(),
        };
        Some(Span { days: filled_days.map(view).collect(), long: filled.long, collisions })
    }

    /// The days on which something is, those of other months at its ends and today among them; none where nothing is.
    pub(super) fn busy(&self) -> Vec<DayView> {
        let is_busy = |day: &&DayView| !day.entries.is_empty() || day.more > 0;
        if !self.days.iter().any(|day| is_busy(&day)) {
            return Vec::new();
        }
        self.days.iter().filter(|day| is_busy(day) || day.today).cloned().collect()
    }
}

/// What a freeze holds for, where that is not everything.
fn limits(freeze: &Freeze) -> String {
    let limit = |what: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!(" {what} {}", names.join(", ")),
    };
    limit("for", &freeze.services) + &limit("in", &freeze.environments)
}

/// In which part of a day a freeze of everything holds.
fn frozen(entries: &[Entry]) -> Option<&'static str> {
    let freezes = entries.iter().filter(|entry| entry.of_all);
    let part = |(from, to): (u16, u16)| match (from, to) {
        (0, DAY) => "whole",
        _ if from + to <= DAY => "early",
        _ => "late",
    };
    let mut parts = freezes.map(|freeze| part(freeze.minutes));
    let first = parts.next()?;
    Some(if parts.all(|other| other == first) { first } else { "whole" })
}

pub(super) fn entry(kind: &'static str, label: &str) -> Entry {
    Entry {
        time: String::new(),
        kind,
        label: label.to_owned(),
        title: None,
        page: None,
        state: None,
        tone: None,
        found: None,
        collides: false,
        shut: false,
        of_all: false,
        goes_on: false,
        minutes: (0, DAY),
    }
}

/// What an entry says of its hours on one of its days, from which it has these minutes: on the last of several days until
/// when, and of a freeze from when.
fn time_of(entry: &Entry, goes_on: bool, minutes: (u16, u16)) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    match minutes {
        (_, DAY) if goes_on => String::new(),
        (_, end) if goes_on => format!("until {}", clock(end)),
        _ if entry.kind != "freeze" => entry.time.clone(),
        (0, DAY) => String::new(),
        (0, end) => format!("until {}", clock(end)),
        (start, DAY) => format!("from {}", clock(start)),
        (start, end) => format!("{}–{}", clock(start), clock(end)),
    }
}

struct Filled<'s, 'm, 'a> {
    book: &'s Book<'m, 'a>,
    from: i64,
    to: i64,
    by_day: BTreeMap<Date, Vec<Entry>>,
    long: Vec<Entry>,
}

impl Filled<'_, '_, '_> {
    /// Puts something on each day from a moment until another.
    fn put(&mut self, start: i64, end: i64, entry: Entry) {
        let (first, last) = (start.max(self.from), (end - 1).min(self.to - 1));
        let (Some(first), Some(last)) =
            (local(first, &self.book.model.zone), local(last, &self.book.model.zone))
        else {
            return;
        };
        let began = local(start, &self.book.model.zone);
        let ends = local(end, &self.book.model.zone);
        let (mut day, last) = (first.date(), last.date());
        while day <= last {
            let goes_on = began.as_ref().is_some_and(|began| began.date() < day);
            let minute = |at: &Option<jiff::ZonedDateTime>, otherwise: u16| {
                let at = at.as_ref().filter(|at| at.date() == day);
                at.map_or(otherwise, |at| {
                    u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs())
                })
            };
            let minutes = (minute(&began, 0), minute(&ends, DAY));
            let time = time_of(&entry, goes_on, minutes);
            self.by_day.entry(day).or_default().push(Entry { goes_on, minutes, time, ..entry.clone() });
            let Ok(next) = day.tomorrow() else { return };
            day = next;
        }
    }

    fn windows(&mut self, coming: &Coming<'_>, name: &str) {
        for open in coming.rows() {
            let label = format!("{} window", open.name);
            if open.span.end - open.span.start > MAX_DRAWN {
                let label = format!(
                    "{label}: {} – {}",
                    moment(self.book.model, open.span.start),
                    moment(self.book.model, open.span.end)
                );
                if open.span.start <= self.from && open.span.end >= self.to {
                    self.long.push(entry("window", &format!("{} window: open all {name}", open.name)));
                } else {
                    self.long.push(entry("window", &label));
                }
                continue;
            }
            let time = format!("{}–{}", self.book.clock(open.span.start), self.book.clock(open.span.end));
            let freezes = freezes_between(coming.policy, open.span.start, open.span.end);
            let held: Vec<(String, bool)> =
                freezes.into_iter().map(|freeze| self.held(freeze, open.span)).collect();
            let shut = held.iter().any(|(_, shut)| *shut);
            let label = match &held[..] {
                _ if shut => format!("{label}, frozen"),
                [(words, _)] => format!("{label}, {words}"),
                [] => label,
                several => format!("{label}, {} freezes in it", several.len()),
            };
            self.put(open.span.start, open.span.end, Entry { time, shut, ..entry("window", &label) });
        }
    }

    /// What a freeze says of an opening of a window that it touches, and whether nothing can go out in it.
    fn held(&self, freeze: &Freeze, open: Opening) -> (String, bool) {
        let (from, to) = (self.book.clock(freeze.from), self.book.clock(freeze.to));
        let hours = match (freeze.from <= open.start, freeze.to >= open.end) {
            (true, true) => String::new(),
            (true, false) => format!(" until {to}"),
            (false, true) => format!(" from {from}"),
            (false, false) => format!(" {from}–{to}"),
        };
        let limits = limits(freeze);
        let shut = hours.is_empty() && limits.is_empty();
        (format!("frozen{hours}{limits}"), shut)
    }

    fn freezes(&mut self, coming: &Coming<'_>) {
        for freeze in coming.freezes() {
            let limits = limits(freeze);
            let label = format!("freeze: {}{limits}", freeze.name);
            let of_all = limits.is_empty();
            self.put(freeze.from, freeze.to, Entry { of_all, ..entry("freeze", &label) });
        }
    }

    /// A meeting, which has its page where something is known of it.
    fn meeting(&mut self, at: i64) {
        let day = self.book.day(at).filter(|day| self.book.meetings.contains(day));
        let page = day.map(crate::site::meeting::page);
        self.put(at, at + 1, Entry { time: self.book.clock(at), page, ..entry("meeting", "Board meets") });
    }

    /// What was to go out, and what did. Gives what of it is in each other's way.
    fn changes(&mut self) -> Vec<Notice> {
        let book = self.book;
        let begins = |task: &Occupation| task.start >= self.from && task.start < self.to;
        let here: Vec<_> = book.changes.iter().filter(|(task, _)| begins(task)).collect();
        let told = |notice: &&Notice| here.iter().any(|(task, _)| notice.names(&task.task));
        let collisions: Vec<Notice> = book.collisions.iter().filter(told).cloned().collect();
        let mut deployments = book.happened.between(self.from, self.to).to_vec();
        for (task, index) in here {
            let same_day = |row: &&Deployment| {
                row.id.as_str() == task.task && book.day(row.time) == book.day(task.start)
            };
            let told = deployments.iter().position(same_day).map(|at| deployments.remove(at));
            self.change(task, *index, &collisions, told);
        }
        for row in deployments {
            self.put(row.time, row.time + 1, happened::deployed(book, row));
        }
        collisions
    }

    /// A change at its scheduled time, which tells its deployment of the same day too.
    fn change(&mut self, task: &Occupation, index: usize, collisions: &[Notice], told: Option<&Deployment>) {
        let row: Row = self.book.model.row(index);
        let end = task.start.saturating_add(task.duration.unwrap_or(0));
        let time = match task.duration {
            Some(_) => format!("{}–{}", self.book.clock(task.start), self.book.clock(end)),
            None => self.book.clock(task.start),
        };
        let change = Entry {
            time,
            title: Some(row.title.clone()),
            page: Some(row.page.clone()),
            state: Some(row.status.label.clone()),
            tone: Some(row.status.tone.into()),
            collides: collisions.iter().any(|notice| notice.names(&task.task)),
            ..entry("change", &row.name)
        };
        let change = match told {
            Some(row) => happened::told_of(self.book, row, change),
            None => change,
        };
        self.put(task.start, end.max(task.start + 1), change);
    }
}
