//! Reads change windows.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::decode::{Decoder, Table, place};
use super::recurrence::{Recurrence, YEARS};
use super::types::Window;
use super::value::{Kind, Value};

/// Longest opening of a recurring window, in seconds: 31 days.
const MAX_DURATION: i64 = 31 * 24 * 3600;
/// Longest one-off window, in seconds: a leap year.
const MAX_ONCE: i64 = 366 * 24 * 3600;

/// `[windows.NAME]`.
pub(super) fn window(decoder: &mut Decoder<'_>, name: &str, value: &Value) -> Option<Window> {
    let mut table = decoder.table(value, name);
    let window = if table.take("rrule").is_some() {
        recurring(decoder, &mut table, name)
    } else {
        once(decoder, &mut table, name)
    };
    decoder.finish(&table);
    window
}

fn recurring(decoder: &mut Decoder<'_>, table: &mut Table<'_>, name: &str) -> Option<Window> {
    let n_errors = decoder.found.len();
    let rrule = table.rrule(decoder, "rrule");
    let first_value = table.take("from");
    let from = first_value.and_then(|value| first_day(decoder, value));
    let start = table.time(decoder, "start");
    let duration = duration(decoder, table);
    let timezone = table.timezone(decoder, "timezone");
    if decoder.found.len() > n_errors {
        return None;
    }
    for (key, is_there) in
        [("start", start.is_some()), ("duration", duration.is_some()), ("timezone", timezone.is_some())]
    {
        if !is_there {
            decoder.error(table.span(), format!("`{name}` does not have `{key}`"), None);
        }
    }
    let rrule = rrule?;
    check_rule(decoder, table, &rrule, from);
    Some(Window::Recurring { rrule, from, start: start?, duration: duration?, timezone: timezone? })
}

/// A rule must say by itself on which days it falls, or have a first day; and it must fall on some.
pub(super) fn check_rule(
    decoder: &mut Decoder<'_>,
    table: &mut Table<'_>,
    rule: &Recurrence,
    first: Option<Date>,
) {
    let span = table.take("rrule").map_or(0..0, place);
    if let (Some(part), None) = (rule.needs_first_day(), first) {
        let help = "add the first day, such as `from = 2026-01-03`".to_owned();
        let message = format!("`{rule}` has {part} but no first day to count from");
        decoder.error(span, message, Some(help));
        return;
    }
    let (from, to) = (Date::constant(*YEARS.start(), 1, 1), Date::constant(*YEARS.end(), 12, 31));
    if rule.days(first, Time::midnight(), &TimeZone::UTC, from, to).next().is_none() {
        decoder.error(span, format!("`{rule}` never occurs"), None);
    }
}

/// A date; with a time of day its date.
fn first_day(decoder: &mut Decoder<'_>, value: &Value) -> Option<Date> {
    let date = match &value.kind {
        Kind::Datetime(datetime) if datetime.time.is_none() => datetime.to_string().parse::<Date>().ok(),
        Kind::String(text) if text.len() == "2026-01-03".len() => text.parse::<Date>().ok(),
        _ => None,
    };
    let date = date.filter(|date| YEARS.contains(&date.year()));
    if date.is_none() {
        let years = format!("a day from {} to {}", YEARS.start(), YEARS.end());
        let help = "write it like `2026-01-03`".to_owned();
        decoder.error(place(value), format!("`from` must be {years}"), Some(help));
    }
    date
}

fn duration(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> Option<i64> {
    let duration = table.duration(decoder, "duration")?;
    if duration > MAX_DURATION {
        let span = table.take("duration").map_or(0..0, place);
        decoder.error(span, "a window that recurs is open for 31 days at most".to_owned(), None);
        return None;
    }
    Some(duration)
}

fn once(decoder: &mut Decoder<'_>, table: &mut Table<'_>, name: &str) -> Option<Window> {
    let mut moment = |key| table.take(key).and_then(|value| decoder.moment_value(value, key));
    let (from, to) = (moment("from"), moment("to"));
    let keys: Vec<&str> = table.each().into_iter().map(|(key, _)| key).collect();
    if !keys.contains(&"from") || !keys.contains(&"to") {
        let message = match keys.contains(&"from") || keys.contains(&"to") {
            true => format!("`{name}` needs both `from` and `to`"),
            false => format!("`{name}` needs either `rrule`, or `from` and `to`"),
        };
        decoder.error(table.span(), message, None);
    }
    let (from, to) = (from?, to?);
    if to <= from {
        decoder.error(table.span(), format!("`{name}` ends before it starts"), None);
    } else if to - from > MAX_ONCE {
        decoder.error(table.span(), format!("`{name}` is open for more than a year"), None);
    }
    Some(Window::Once { from, to })
}
