//! From values with places to typed ones; every error is collected, none ends the reading.

use std::collections::BTreeMap;
use std::ops::Range;

use super::pattern::Compiled;
use super::recurrence::{Recurrence, YEARS};
use super::value::{Entry, Kind, Value};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::record::{Risk, parse_duration};

/// Collects diagnostics of one file.
pub(super) struct Decoder<'a> {
    path: &'a str,
    text: &'a str,
    pub(super) found: Vec<Diagnostic>,
    /// What need not be compiled again.
    pub(super) compiled: Compiled,
}

/// A table whose keys are taken one by one.
pub(super) struct Table<'v> {
    name: String,
    span: Range<usize>,
    entries: BTreeMap<&'v str, &'v Entry>,
    known: Vec<&'static str>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(path: &'a str, text: &'a str, compiled: Compiled) -> Self {
        Decoder { path, text, found: Vec::new(), compiled }
    }

    pub(super) fn error(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        let diagnostic = Diagnostic::error(Code::PolicyInvalid, self.path, self.text, span, message);
        self.found.push(match help {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        });
    }

    fn wrong_type(&mut self, value: &Value, key: &str, expected: &str) {
        self.error(place(value), format!("`{key}` must be {expected}, not {}", value.type_name()), None);
    }

    /// A table by its value; something else is an error and an empty table.
    pub(super) fn table<'v>(&mut self, value: &'v Value, name: &str) -> Table<'v> {
        let entries = match &value.kind {
            Kind::Table(entries) => entries.iter().map(|(key, entry)| (key.as_str(), entry)).collect(),
            _ => {
                self.wrong_type(value, name, "a table");
                BTreeMap::new()
            }
        };
        Table { name: name.to_owned(), span: place(value), entries, known: Vec::new() }
    }

    /// Says which keys nobody took.
    pub(super) fn finish(&mut self, table: &Table<'_>) {
        for (key, entry) in table.entries.iter().filter(|(key, _)| !table.known.contains(key)) {
            let help = nearest(key, table.known.iter().copied()).map_or_else(
                || format!("known keys: {}", table.known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let place =
                if table.name.is_empty() { "at the top".to_owned() } else { format!("in `{}`", table.name) };
            self.error(entry.key_span.clone(), format!("unknown key `{key}` {place}"), Some(help));
        }
    }

    pub(super) fn text_value(&mut self, value: &Value, key: &str) -> Option<String> {
        match &value.kind {
            Kind::String(text) => Some(text.clone()),
            _ => {
                self.wrong_type(value, key, "a string");
                None
            }
        }
    }

    /// A duration in seconds.
    pub(super) fn duration_value(&mut self, value: &Value, key: &str) -> Option<i64> {
        let text = self.text_value(value, key)?;
        let seconds = parse_duration(&text);
        if seconds.is_none() {
            let message = format!("`{text}` is not a valid duration");
            self.error(
                place(value),
                message,
                Some("write it like `30m`, `4h`, `2d` or `1d12h`; at most ten years".to_owned()),
            );
        }
        seconds
    }

    pub(super) fn risk_value(&mut self, value: &Value, key: &str) -> Option<Risk> {
        let text = self.text_value(value, key)?;
        let risk = Risk::parse(&text);
        if risk.is_none() {
            self.error(
                place(value),
                format!("`{text}` is not a valid risk"),
                Some("low, medium or high".to_owned()),
            );
        }
        risk
    }

    /// An offset date-time as seconds since the epoch.
    pub(super) fn moment_value(&mut self, value: &Value, key: &str) -> Option<i64> {
        let text = match &value.kind {
            Kind::Datetime(datetime) if datetime.offset.is_some() => Some(datetime.to_string()),
            Kind::String(text) => rfc3339(text),
            _ => None,
        };
        let Some(text) = text else {
            let help = "write it like `2026-12-18T00:00:00+01:00`".to_owned();
            self.error(place(value), format!("`{key}` must be a date-time with an offset"), Some(help));
            return None;
        };
        let moment = text.parse::<jiff::Timestamp>().ok();
        let year = |moment: &jiff::Timestamp| moment.to_zoned_datetime(jiff::tz::TimeZone::UTC).year();
        let moment = moment.filter(|moment| YEARS.contains(&year(moment)));
        if moment.is_none() {
            let message = format!("`{key}` must be in the years {} to {}", YEARS.start(), YEARS.end());
            self.error(place(value), message, None);
        }
        moment.map(|moment| moment.as_second())
    }
}

/// A quoted date-time with an offset, in the words of RFC 3339, which TOML's own are too.
fn rfc3339(text: &str) -> Option<String> {
    let datetime: toml::value::Datetime = text.parse().ok()?;
    datetime.offset.map(|_| text.to_owned())
}

/// Where a value stands, when it stands in the book's own file.
pub(super) fn place(value: &Value) -> Range<usize> {
    if value.own { value.span.clone() } else { 0..0 }
}

impl<'v> Table<'v> {
    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of a key that this table may have.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'v Value> {
        self.known.push(key);
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// All entries, for tables whose keys are names.
    pub(super) fn each(&self) -> Vec<(&'v str, &'v Entry)> {
        self.entries.iter().map(|(key, entry)| (*key, *entry)).collect()
    }

    fn named(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn text(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<String> {
        let value = self.take(key)?;
        decoder.text_value(value, &self.named(key))
    }

    pub(super) fn texts(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let name = self.named(key);
        let Kind::Array(values) = &value.kind else {
            decoder.wrong_type(value, &name, "an array of strings");
            return Vec::new();
        };
        values.iter().filter_map(|value| decoder.text_value(value, &name)).collect()
    }

    /// Texts of a closed set.
    pub(super) fn words(
        &mut self,
        decoder: &mut Decoder<'_>,
        key: &'static str,
        known: &[&str],
    ) -> Vec<String> {
        let span = self.entries.get(key).map_or(0..0, |entry| place(&entry.value));
        let words = self.texts(decoder, key);
        for word in words.iter().filter(|word| !known.contains(&word.as_str())) {
            let help = format!("one of {}", known.join(", "));
            decoder.error(
                span.clone(),
                format!("`{word}` is not allowed in `{}`", self.named(key)),
                Some(help),
            );
        }
        words
    }

    pub(super) fn boolean(&mut self, decoder: &mut Decoder<'_>, key: &'static str, default: bool) -> bool {
        let Some(value) = self.take(key) else { return default };
        match value.kind {
            Kind::Boolean(value) => value,
            _ => {
                decoder.wrong_type(value, &self.named(key), "true or false");
                default
            }
        }
    }

    pub(super) fn count(&mut self, decoder: &mut Decoder<'_>, key: &'static str, default: u32) -> u32 {
        let Some(value) = self.take(key) else { return default };
        let number = match value.kind {
            Kind::Integer(number) => u32::try_from(number).ok(),
            _ => None,
        };
        number.unwrap_or_else(|| {
            decoder.error(
                place(value),
                format!("`{}` must be a whole number, 0 or more", self.named(key)),
                None,
            );
            default
        })
    }

    pub(super) fn duration(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<i64> {
        let value = self.take(key)?;
        decoder.duration_value(value, &self.named(key))
    }

    /// A local time: `"02:00"`, or a TOML time.
    pub(super) fn time(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<jiff::civil::Time> {
        let value = self.take(key)?;
        let text = match &value.kind {
            Kind::String(text) => text.clone(),
            Kind::Datetime(datetime) if datetime.date.is_none() => datetime.to_string(),
            _ => String::new(),
        };
        let time = text.parse().ok();
        if time.is_none() {
            let message = format!("`{}` must be a time of day", self.named(key));
            decoder.error(place(value), message, Some("write it like `\"02:00\"`".to_owned()));
        }
        time
    }

    /// An IANA time zone.
    pub(super) fn timezone(
        &mut self,
        decoder: &mut Decoder<'_>,
        key: &'static str,
    ) -> Option<jiff::tz::TimeZone> {
        let value = self.take(key)?;
        let text = decoder.text_value(value, &self.named(key))?;
        let zone = jiff::tz::db().get(&text).ok();
        if zone.is_none() {
            let help = "write an IANA name such as `Europe/Berlin` or `UTC`".to_owned();
            decoder.error(place(value), format!("`{text}` is not a valid time zone"), Some(help));
        }
        zone
    }

    /// A recurrence rule of RFC 5545.
    pub(super) fn rrule(&mut self, decoder: &mut Decoder<'_>, key: &'static str) -> Option<Recurrence> {
        let value = self.take(key)?;
        let text = decoder.text_value(value, &self.named(key))?;
        match Recurrence::parse(&text) {
            Ok(rule) => Some(rule),
            Err(problem) => {
                let help = "write it like `FREQ=WEEKLY;BYDAY=SA` (RFC 5545, section 3.3.10)".to_owned();
                decoder.error(
                    place(value),
                    format!("`{text}` is not a valid recurrence rule: {problem}"),
                    Some(help),
                );
                None
            }
        }
    }
}
