//! Events for calendars: iCalendar (RFC 5545).

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus};

/// Somebody's appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcsEvent {
    /// The same for the same thing whenever it is written, so that a calendar updates it.
    pub uid: String,
    /// What it is.
    pub summary: String,
    /// What else there is to say.
    pub description: String,
    /// Seconds since the epoch.
    pub start: i64,
    /// Seconds since the epoch, exclusive.
    pub end: i64,
    /// What kind of thing it is, in a word.
    pub category: &'static str,
}

/// A calendar with these events, in times of UTC, so that no reader's idea of a zone moves them. `stamp` is the
/// moment of the state that they come from: what is written later stands over what was written before.
pub fn render_ics(name: &str, stamp: i64, events: &[IcsEvent]) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", "-//Changebook//Changebook//EN"));
    calendar.append_property(("CALSCALE", "GREGORIAN"));
    calendar.append_property(("METHOD", "PUBLISH"));
    calendar.name(name);
    // Minutes, so that the number fits for as long as calendars do.
    let sequence = u32::try_from(stamp / 60).unwrap_or(0);
    for event in events {
        let Some((start, end)) = utc(event.start).zip(utc(event.end)) else { continue };
        let mut entry = Event::with_uid(&event.uid);
        entry
            .summary(&event.summary)
            .starts(start)
            .ends(end)
            .sequence(sequence)
            .status(EventStatus::Confirmed);
        entry.categories([event.category]);
        if !event.description.is_empty() {
            entry.description(&plain(&event.description));
        }
        if let Some(stamp) = utc(stamp) {
            entry.timestamp(stamp);
        }
        calendar.push(entry.done());
    }
    calendar.to_string()
}

/// Text without control characters but line feeds, which the library escapes.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn utc(moment: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(moment, 0)
}
