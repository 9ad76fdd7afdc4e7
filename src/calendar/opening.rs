//! When windows are open.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::policy::{Meetings, Recurrence, Window};

/// Most openings that one question gives.
const MAX_OPENINGS: usize = 20_000;
/// A day, in seconds.
const DAY: i64 = 86_400;
/// How far [`open_until`] looks, in seconds.
const MAX_LOOK: i64 = 366 * DAY;

/// A window is open once, from `start` on until `end`, which is outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    /// Seconds since the epoch.
    pub start: i64,
    /// Seconds since the epoch, exclusive.
    pub end: i64,
}

impl Opening {
    /// Whether a moment is in it.
    pub fn contains(&self, moment: i64) -> bool {
        self.start <= moment && moment < self.end
    }
}

/// The openings of a window that touch `[from, to)`, in order of their starts.
///
/// An opening begins at the window's local time and lasts its exact duration. A start that comes twice when clocks
/// go back is its first pass; one that is skipped when they go forward is as much later as the clocks have gone
/// (RFC 5545, section 3.3.5).
pub fn openings(window: &Window, from: i64, to: i64) -> Vec<Opening> {
    match window {
        Window::Once { from: start, to: end } => {
            let opening = Opening { start: *start, end: *end };
            Some(opening).filter(|o| o.start < to && o.end > from && from < to).into_iter().collect()
        }
        Window::Recurring { rrule, from: first, start, duration, timezone } => {
            let opening = |start: i64| Opening { start, end: start.saturating_add(*duration) };
            let mut open: Vec<Opening> =
                starts(rrule, *first, *start, timezone, from.saturating_sub(*duration), to)
                    .map(opening)
                    .filter(|o| o.start < to && o.end > from)
                    .take(MAX_OPENINGS)
                    .collect();
            // A day that a zone leaves out gives its opening to the day after, which has one already.
            open.dedup();
            open
        }
    }
}

/// The opening that a moment is in; of several the one that ends last.
pub fn open_at(window: &Window, moment: i64) -> Option<Opening> {
    let open = openings(window, moment, moment.saturating_add(1));
    open.into_iter().filter(|opening| opening.contains(moment)).max_by_key(|opening| opening.end)
}

/// Until when a window stays open from a moment on, through openings that join; `None` when it is shut. A window
/// that is open for more than a year gives a moment about a year ahead.
pub fn open_until(window: &Window, moment: i64) -> Option<i64> {
    let mut until = open_at(window, moment)?.end;
    for opening in openings(window, moment, moment.saturating_add(MAX_LOOK)) {
        if opening.start <= until {
            until = until.max(opening.end);
        }
    }
    Some(until)
}

/// Openings in order as the spans in which a window is open: those that join or overlap are one.
pub fn joined(openings: &[Opening]) -> Vec<Opening> {
    let mut spans: Vec<Opening> = Vec::new();
    for opening in openings {
        match spans.last_mut().filter(|span| opening.start <= span.end) {
            Some(span) => span.end = span.end.max(opening.end),
            None => spans.push(*opening),
        }
    }
    spans
}

/// The first opening that begins after a moment.
pub fn next_opening(window: &Window, moment: i64) -> Option<Opening> {
    match window {
        Window::Once { from, to } => {
            Some(Opening { start: *from, end: *to }).filter(|opening| opening.start > moment)
        }
        Window::Recurring { rrule, from: first, start, duration, timezone } => {
            let mut starts = starts(rrule, *first, *start, timezone, moment, i64::MAX);
            let start = starts.find(|start| *start > moment)?;
            Some(Opening { start, end: start.saturating_add(*duration) })
        }
    }
}

/// The opening that something scheduled for a moment belongs to: the one that holds it.
pub fn opening_of(window: &Window, scheduled: i64) -> Option<Opening> {
    open_at(window, scheduled)
}

/// When the board meets in `[from, to)`.
pub fn meetings(meetings: &Meetings, from: i64, to: i64) -> Vec<i64> {
    let starts = starts(&meetings.rrule, None, meetings.start, &meetings.timezone, from, to);
    starts.filter(|start| from <= *start && *start < to).take(MAX_OPENINGS).collect()
}

/// The starts of a rule, from about `from` to about `to`: a day more on both sides, since days are local.
fn starts(
    rule: &Recurrence,
    first: Option<Date>,
    start: Time,
    zone: &TimeZone,
    from: i64,
    to: i64,
) -> impl Iterator<Item = i64> {
    let days = rule.days(
        first,
        start,
        zone,
        utc_day(from.saturating_sub(2 * DAY)),
        utc_day(to.saturating_add(2 * DAY)),
    );
    days.filter_map(move |day| {
        // Where the local time is not one moment, the library chooses as RFC 5545 does.
        Some(day.to_datetime(start).to_zoned_datetime(zone.clone()).ok()?.timestamp().as_second())
    })
}

/// The day of a moment in UTC; the first or last one that there is for moments beyond.
fn utc_day(moment: i64) -> Date {
    match Timestamp::from_second(moment) {
        Ok(moment) => moment.to_zoned_datetime(TimeZone::UTC).date(),
        Err(_) if moment < 0 => Date::MIN,
        Err(_) => Date::MAX,
    }
}
