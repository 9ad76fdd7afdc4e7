//! Reads values of the frontmatter by their form, and says what was expected instead.

use std::ops::Range;

use jiff::ZonedDateTime;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset as TomlOffset};

use super::super::frontmatter::shift;
use super::super::{Text, parse_duration};
use crate::diagnostic::{Code, Diagnostic, nearest};

/// Longest piece of a value that a message repeats, in characters.
const MAX_QUOTED: usize = 60;

/// Reads one frontmatter; keeps the diagnostics.
pub(in crate::record) struct Reader<'a, 't> {
    /// The file's path, for diagnostics.
    pub(in crate::record) path: &'a str,
    /// The whole file.
    pub(in crate::record) source: &'a str,
    /// Where the frontmatter stands in it.
    pub(in crate::record) base: usize,
    /// Its values.
    pub(in crate::record) table: &'a DeTable<'t>,
    /// What is wrong with them.
    pub(in crate::record) diagnostics: &'a mut Vec<Diagnostic>,
}

pub(super) type Value<'t> = Spanned<DeValue<'t>>;

impl<'a, 't> Reader<'a, 't> {
    /// A key whose value is text that says something.
    pub(in crate::record) fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        self.as_text(|| format!("`{key}`"), value)
    }

    pub(super) fn duration(&mut self, key: &str) -> Option<Text> {
        let value = self.value(key)?;
        let expected = "a duration such as `30m`, `4h`, `2d` or `1d12h`";
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(&format!("`{key}`"), value, expected);
            return None;
        };
        let seconds = parse_duration(text);
        if seconds.is_none() {
            let message = format!("`{key}` is {}, expected {expected}, at most ten years", quoted(text));
            self.invalid(value, message);
        }
        Some(Text { text: text.to_owned(), seconds: seconds? })
    }

    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(elements) = value.get_ref().as_array() else {
            self.wrong_type(&format!("`{key}`"), value, "a list of strings");
            return Vec::new();
        };
        let name = || format!("an element of `{key}`");
        elements.iter().filter_map(|element| self.as_text(name, element)).collect()
    }

    pub(super) fn word<T>(
        &mut self,
        key: &str,
        words: &[&str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let expected = format!("one of {}", listed(words));
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(&format!("`{key}`"), value, &expected);
            return None;
        };
        let parsed = parse(text);
        if parsed.is_none() {
            let message = format!("`{key}` is {}, expected {expected}", quoted(text));
            let diagnostic = self.invalid(value, message);
            diagnostic.help =
                nearest(text, words.iter().copied()).map(|word| format!("did you mean `{word}`?"));
        }
        parsed
    }

    pub(super) fn scheduled(&mut self) -> Option<ZonedDateTime> {
        let value = self.value("scheduled")?;
        let expected = "a date-time with offset such as 2024-05-25T02:00:00+02:00";
        let Some(datetime) = datetime(value) else {
            self.wrong_type("`scheduled`", value, expected);
            return None;
        };
        let zoned = to_zoned(&datetime);
        if zoned.is_none() {
            let part = match datetime {
                Datetime { date: None, .. } => "a time without date",
                Datetime { time: None, .. } => "a date without time",
                Datetime { offset: None, .. } => "a date-time without offset",
                _ => "an invalid time",
            };
            self.invalid(value, format!("`scheduled` is {part}, expected {expected}"));
        }
        zoned
    }

    pub(super) fn meeting(&mut self) -> Option<Date> {
        let value = self.value("meeting")?;
        let expected = "a date such as 2024-05-16";
        match datetime(value) {
            Some(Datetime { date: Some(date), time: None, offset: None }) => {
                let meeting = to_date(&date);
                if meeting.is_none() {
                    self.invalid(value, format!("`meeting` is not a valid date, expected {expected}"));
                }
                meeting
            }
            _ => {
                self.wrong_type("`meeting`", value, expected);
                None
            }
        }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Value<'t>> {
        self.table.get(key)
    }

    pub(super) fn table(&mut self, key: &str, expected: &str) -> Option<&'a DeTable<'t>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(&format!("`{key}`"), value, expected);
        }
        table
    }

    pub(super) fn text_in(&mut self, table: &'a DeTable<'t>, prefix: &str, key: &str) -> Option<String> {
        let value = table.get(key)?;
        self.as_text(|| quoted(&format!("{prefix}{key}")), value)
    }

    /// `name` is what the value is called in a message, with backticks; it is asked for when there is one.
    pub(super) fn as_text(&mut self, name: impl FnOnce() -> String, value: &'a Value<'t>) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(&name(), value, "a string in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.invalid(value, format!("{} is empty, expected text", name()));
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn check_keys(&mut self, table: &'a DeTable<'t>, prefix: &str, known: &[&str]) {
        for (key, _) in table.iter() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let message = format!("unknown key {}", quoted(&format!("{prefix}{name}")));
            let span = shift(key.span(), self.base);
            let mut diagnostic =
                Diagnostic::warning(Code::FieldUnknown, self.path, self.source, span, message);
            diagnostic.help = nearest(name, known.iter().copied())
                .map(|suggestion| format!("did you mean `{prefix}{suggestion}`?"));
            self.diagnostics.push(diagnostic);
        }
    }

    pub(super) fn missing(&mut self, key: &str, expected: &str) {
        let message = format!("no `{key}`, expected {expected}");
        let span = self.base..self.base;
        self.diagnostics.push(Diagnostic::error(Code::FieldMissing, self.path, self.source, span, message));
    }

    pub(super) fn wrong_type(&mut self, name: &str, value: &Value<'t>, expected: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.invalid(value, format!("{name} is {found}, expected {expected}"));
    }

    pub(super) fn invalid(&mut self, value: &Value<'t>, message: String) -> &mut Diagnostic {
        let span: Range<usize> = shift(value.span(), self.base);
        self.diagnostics.push(Diagnostic::error(Code::FieldInvalid, self.path, self.source, span, message));
        self.diagnostics.last_mut().expect("one was just pushed")
    }
}

/// TOML's own date or time, or the same in quotes.
fn datetime(value: &Value<'_>) -> Option<Datetime> {
    match value.get_ref() {
        DeValue::String(text) => text.parse().ok(),
        other => other.as_datetime().copied(),
    }
}

fn to_zoned(datetime: &Datetime) -> Option<ZonedDateTime> {
    let (date, time) = (to_date(datetime.date.as_ref()?)?, datetime.time?);
    let offset_minutes = match datetime.offset? {
        TomlOffset::Z => 0,
        TomlOffset::Custom { minutes } => i32::from(minutes),
    };
    let civil = DateTime::new(
        date.year(),
        date.month(),
        date.day(),
        i8::try_from(time.hour).ok()?,
        i8::try_from(time.minute).ok()?,
        i8::try_from(time.second.unwrap_or(0)).ok()?,
        i32::try_from(time.nanosecond.unwrap_or(0)).ok()?,
    );
    let offset = Offset::from_seconds(offset_minutes * 60).ok()?;
    civil.ok()?.to_zoned_datetime(TimeZone::fixed(offset)).ok()
}

fn to_date(date: &toml::value::Date) -> Option<Date> {
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?)
        .ok()
}

/// `text` in backticks, on one line and not too long.
pub(in crate::record) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MAX_QUOTED).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(MAX_QUOTED).is_some() { "…" } else { "" };
    format!("`{}{more}`", shown.replace("\\\"", "\"").replace("\\'", "'"))
}

pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
