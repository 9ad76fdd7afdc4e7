//! What is on each day of a span of days.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Book, DayView, Entry, MAX_DRAWN};
use crate::calendar::Occupation;
use crate::ledger::{Coming, local};
use crate::site::gate::moment;
use crate::site::view::Row;

/// Minutes of a day by the clock on the wall, which has as many on each.
pub(super) const DAY: u16 = 24 * 60;

/// Consecutive days, filled.
pub(super) struct Span {
    pub(super) days: Vec<DayView>,
    /// Windows that are open for longer than a week.
    pub(super) long: Vec<Entry>,
    /// What of the span is in each other's way, in sentences.
    pub(super) collisions: Vec<String>,
}

impl Span {
    /// The days from `start` on. `name` is what the span is called: `month`, `week`; `inside` says which days belong to it.
    pub(super) fn new(
        book: &Book<'_, '_>,
        start: Date,
        n_days: usize,
        name: &str,
        inside: impl Fn(Date) -> bool,
    ) -> Option<Self> {
        let (mut dates, mut day) = (Vec::with_capacity(n_days), start);
        for _ in 0..n_days {
            dates.push(day);
            day = day.tomorrow().ok()?;
        }
        let moment_of =
            |day: Date| Some(day.to_zoned_datetime(book.model.zone.clone()).ok()?.timestamp().as_second());
        let (from, to) = (moment_of(start)?, moment_of(day)?);
        let begins = |task: &Occupation| task.start >= from && task.start < to;
        let here: Vec<_> = book.changes.iter().filter(|(task, _)| begins(task)).collect();
        let told = |text: &&String| here.iter().any(|(task, _)| text.contains(&task.task));
        let collisions: Vec<String> = book.collisions.iter().filter(told).cloned().collect();
        let mut filled = Filled { book, from, to, by_day: BTreeMap::new(), long: Vec::new() };
        let mut coming = Coming::new(book.model.input.state, book.model.input.policy, from, to);
        coming.tasks.clear();
        filled.windows(&coming, name);
        filled.freezes(&coming);
        for at in coming.meetings() {
            filled.put(at, at + 1, Entry { time: filled.clock(at), ..entry("meeting", "Board meets") });
        }
        for (task, index) in here {
            filled.change(task, *index, &collisions);
        }
        let view = |day: &Date| {
            let mut entries = filled.by_day.get(day).cloned().unwrap_or_default();
            entries.sort();
            DayView {
                number: day.day(),
                title: day.strftime("%a %-d %b").to_string(),
                inside: inside(*day),
                today: *day == book.today,
                frozen: entries.iter().any(|entry| entry.kind == "freeze"),
                entries,
            }
        };
        Some(Span { days: dates.iter().map(view).collect(), long: filled.long, collisions })
    }

    /// The days on which something is, those of other months at its ends among them.
    pub(super) fn busy(&self) -> Vec<DayView> {
        self.days.iter().filter(|day| !day.entries.is_empty()).cloned().collect()
    }
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
        collides: false,
        goes_on: false,
        minutes: (0, DAY),
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
            self.by_day.entry(day).or_default().push(Entry { goes_on, minutes, ..entry.clone() });
            let Ok(next) = day.tomorrow() else { return };
            day = next;
        }
    }

    fn clock(&self, at: i64) -> String {
        local(at, &self.book.model.zone).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
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
            let time = format!("{}–{}", self.clock(open.span.start), self.clock(open.span.end));
            self.put(open.span.start, open.span.end, Entry { time, ..entry("window", &label) });
        }
    }

    fn freezes(&mut self, coming: &Coming<'_>) {
        for freeze in coming.freezes() {
            let label = format!("freeze: {}", freeze.name);
            self.put(freeze.from, freeze.to, entry("freeze", &label));
        }
    }

    fn change(&mut self, task: &Occupation, index: usize, collisions: &[String]) {
        let row: Row = self.book.model.row(index);
        let end = task.start.saturating_add(task.duration.unwrap_or(0));
        let time = match task.duration {
            Some(_) => format!("{}–{}", self.clock(task.start), self.clock(end)),
            None => self.clock(task.start),
        };
        let change = Entry {
            time,
            title: Some(row.title.clone()),
            page: Some(row.page.clone()),
            state: Some(row.status.label.clone()),
            tone: Some(row.status.tone.into()),
            collides: collisions.iter().any(|text| text.contains(&task.task)),
            ..entry("change", &row.name)
        };
        self.put(task.start, end.max(task.start + 1), change);
    }
}
