//! The calendar: months as grids and as lists, from what the ledger says is coming.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::gate::moment;
use super::model::Model;
use super::view::{Row, Tone};
use crate::calendar::Occupation;
use crate::ledger::{Coming, local, occupation};

/// A window that is open longer than this is told below the grid and not drawn, in seconds.
const MAX_DRAWN: i64 = 7 * 86_400;
/// Months before and after the present one that have a page although nothing is in them.
const AROUND: i32 = 2;
/// Most months of a book that have a page.
const MAX_MONTHS: usize = 120;

/// What `site/calendar.html` gets as `month`.
#[derive(Debug, Serialize)]
pub(super) struct MonthView {
    /// `May 2024`.
    pub(super) title: String,
    pub(super) page: String,
    pub(super) previous: Option<MonthLink>,
    pub(super) next: Option<MonthLink>,
    /// The month of the moment of judgement.
    pub(super) today: MonthLink,
    pub(super) zone: String,
    /// Weeks from Monday to Sunday.
    pub(super) weeks: Vec<Vec<DayView>>,
    /// Days on which something is, in order.
    pub(super) days: Vec<DayView>,
    /// Windows that are open for longer than a week.
    pub(super) long: Vec<Entry>,
    pub(super) collisions: Vec<String>,
}

/// Another month.
#[derive(Debug, Clone, Serialize)]
pub(super) struct MonthLink {
    pub(super) title: String,
    pub(super) page: String,
}

/// One day of a grid.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DayView {
    /// `25`.
    pub(super) number: i8,
    /// `Sat 25 May`.
    pub(super) title: String,
    /// Whether it is of this month.
    pub(super) inside: bool,
    pub(super) today: bool,
    pub(super) frozen: bool,
    pub(super) entries: Vec<Entry>,
}

/// Something on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Entry {
    /// `02:00–06:00`; empty for the whole day.
    pub(super) time: String,
    /// `freeze`, `window`, `meeting`, `change`.
    pub(super) kind: &'static str,
    pub(super) label: String,
    /// For a change: its title.
    pub(super) title: Option<String>,
    /// From the site's root.
    pub(super) page: Option<String>,
    /// `open`, `waiting`, `done`: how a change stands.
    pub(super) state: Option<String>,
    pub(super) tone: Option<ToneKey>,
    /// Whether something is in its way.
    pub(super) collides: bool,
    /// Whether it began on an earlier day.
    pub(super) goes_on: bool,
}

/// A tone that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ToneKey {
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

/// All months that have a page, in order; the present one is among them.
pub(super) fn views(model: &Model<'_>) -> Vec<MonthView> {
    let Some(today) = local(model.input.state.now, &model.zone).map(|now| now.date()) else {
        return Vec::new();
    };
    let changes: Vec<(Occupation, usize)> = model
        .input
        .state
        .records
        .iter()
        .enumerate()
        .filter_map(|(index, record)| Some((occupation(record, model.input.policy)?, index)))
        .collect();
    let present = number(today);
    let mut months: Vec<i32> = (present - AROUND..=present + AROUND).collect();
    months
        .extend(changes.iter().filter_map(|(task, _)| Some(number(local(task.start, &model.zone)?.date()))));
    months.sort_unstable();
    months.dedup();
    let from = months.partition_point(|month| *month < present).saturating_sub(MAX_MONTHS / 2);
    let months: Vec<i32> = months.into_iter().skip(from).take(MAX_MONTHS).collect();
    let link = |month: i32| MonthLink {
        title: first_day(month).map_or_else(String::new, |day| day.strftime("%B %Y").to_string()),
        page: page(month, present),
    };
    let view = |(index, month): (usize, &i32)| {
        let grid = Grid::new(model, *month, today, &changes)?;
        Some(MonthView {
            title: link(*month).title,
            page: link(*month).page,
            previous: index.checked_sub(1).map(|before| link(months[before])),
            next: months.get(index + 1).map(|after| link(*after)),
            today: link(present),
            zone: model.zone.iana_name().unwrap_or("UTC").to_owned(),
            weeks: grid.days.chunks(7).map(<[DayView]>::to_vec).collect(),
            days: grid.days.iter().filter(|day| day.inside && !day.entries.is_empty()).cloned().collect(),
            long: grid.long,
            collisions: grid.collisions,
        })
    };
    months.iter().enumerate().filter_map(view).collect()
}

/// Months since the year 0.
fn number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}

fn first_day(month: i32) -> Option<Date> {
    let year = i16::try_from(month.div_euclid(12)).ok()?;
    Date::new(year, i8::try_from(month.rem_euclid(12) + 1).ok()?, 1).ok()
}

fn page(month: i32, present: i32) -> String {
    if month == present {
        return "calendar.html".to_owned();
    }
    format!("calendar/{:04}-{:02}.html", month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// The weeks of a month, filled.
struct Grid {
    days: Vec<DayView>,
    long: Vec<Entry>,
    collisions: Vec<String>,
}

impl Grid {
    fn new(model: &Model<'_>, month: i32, today: Date, changes: &[(Occupation, usize)]) -> Option<Self> {
        let first = first_day(month)?;
        let back = i64::from(first.weekday().to_monday_zero_offset());
        let start = first.checked_sub(jiff::Span::new().days(back)).ok()?;
        let n_weeks = (back + i64::from(first.days_in_month()) + 6) / 7;
        let mut dates = Vec::new();
        let mut day = start;
        for _ in 0..n_weeks * 7 {
            dates.push(day);
            day = day.tomorrow().ok()?;
        }
        let moment_of =
            |day: Date| Some(day.to_zoned_datetime(model.zone.clone()).ok()?.timestamp().as_second());
        let (from, to) = (moment_of(start)?, moment_of(day)?);
        let mut coming = Coming::new(model.input.state, model.input.policy, from, to);
        let collisions = coming.collisions();
        let in_the_way: Vec<String> = collisions.iter().map(|found| coming.collision_text(found)).collect();
        let collisions: Vec<String> = in_the_way
            .into_iter()
            .filter(|text| {
                let named =
                    |task: &&Occupation| task.start >= from && task.start < to && text.contains(&task.task);
                coming.tasks.iter().any(|task| named(&task))
            })
            .collect();
        coming.tasks.clear();
        let mut filled = Filled { model, from, to, by_day: BTreeMap::new(), long: Vec::new() };
        filled.windows(&coming);
        filled.freezes(&coming);
        for at in coming.meetings() {
            filled.put(at, at + 1, Entry { time: filled.clock(at), ..entry("meeting", "Board meets") });
        }
        for (task, index) in changes.iter().filter(|(task, _)| task.start >= from && task.start < to) {
            filled.change(task, *index, &collisions);
        }
        let view = |day: &Date| {
            let mut entries = filled.by_day.get(day).cloned().unwrap_or_default();
            entries.sort();
            DayView {
                number: day.day(),
                title: day.strftime("%a %-d %b").to_string(),
                inside: number(*day) == month,
                today: *day == today,
                frozen: entries.iter().any(|entry| entry.kind == "freeze"),
                entries,
            }
        };
        Some(Grid { days: dates.iter().map(view).collect(), long: filled.long, collisions })
    }
}

fn entry(kind: &'static str, label: &str) -> Entry {
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
    }
}

struct Filled<'m, 'a> {
    model: &'m Model<'a>,
    from: i64,
    to: i64,
    by_day: BTreeMap<Date, Vec<Entry>>,
    long: Vec<Entry>,
}

impl Filled<'_, '_> {
    /// Puts something on each day from a moment until another.
    fn put(&mut self, start: i64, end: i64, entry: Entry) {
        let (first, last) = (start.max(self.from), (end - 1).min(self.to - 1));
        let (Some(first), Some(last)) = (local(first, &self.model.zone), local(last, &self.model.zone))
        else {
            return;
        };
        let began = local(start, &self.model.zone).map(|start| start.date());
        let (mut day, last) = (first.date(), last.date());
        while day <= last {
            let goes_on = began.is_some_and(|began| began < day);
            self.by_day.entry(day).or_default().push(Entry { goes_on, ..entry.clone() });
            let Ok(next) = day.tomorrow() else { return };
            day = next;
        }
    }

    fn clock(&self, at: i64) -> String {
        local(at, &self.model.zone).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
    }

    fn windows(&mut self, coming: &Coming<'_>) {
        for open in coming.rows() {
            let label = format!("{} window", open.name);
            if open.span.end - open.span.start > MAX_DRAWN {
                let label = format!(
                    "{label}: {} – {}",
                    moment(self.model, open.span.start),
                    moment(self.model, open.span.end)
                );
                if open.span.start <= self.from && open.span.end >= self.to {
                    self.long.push(entry("window", &format!("{} window: open all month", open.name)));
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
        let row: Row = self.model.row(index);
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
