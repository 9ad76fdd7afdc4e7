//! The frontmatter's typed values, with a diagnostic for each that is not what it should be.

use std::ops::Range;

use jiff::ZonedDateTime;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset as TomlOffset};

use super::frontmatter::{shift, to_i64};
use super::{
    Chart, Cost, Decision, Details, Plan, RecordType, Risk, Runbook, Task, TaskKind, Text, Verdict,
    parse_duration,
};
use crate::diagnostic::{Code, Diagnostic, nearest};

const TASK_KEYS: &[&str] = &[
    "id",
    "title",
    "kind",
    "requestor",
    "categories",
    "risk",
    "environments",
    "downtime",
    "window",
    "scheduled",
    "duration",
    "emergency",
    "depends",
    "follows",
    "runbooks",
    "services",
    "labels",
    "cost",
    "chart",
    "cancelled",
    "plan",
    "manifests",
];
const DECISION_KEYS: &[&str] = &["id", "title", "changes", "requestor", "meeting", "decision"];
const RUNBOOK_KEYS: &[&str] = &["id", "title", "services", "owner", "rto", "rpo", "review-every", "labels"];

/// Longest piece of a value that a message repeats, in characters.
const MAX_QUOTED: usize = 60;

/// Reads one frontmatter; keeps the diagnostics.
pub(super) struct Reader<'a, 't> {
    /// The file's path, for diagnostics.
    pub(super) path: &'a str,
    /// The whole file.
    pub(super) source: &'a str,
    /// Where the frontmatter stands in it.
    pub(super) base: usize,
    /// Its values.
    pub(super) table: &'a DeTable<'t>,
    /// What is wrong with them.
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl<'a, 't> Reader<'a, 't> {
    /// The typed frontmatter of a record of this type.
    pub(super) fn details(&mut self, record_type: RecordType) -> Details {
        match record_type {
            RecordType::Task => Details::Task(Box::new(self.task())),
            RecordType::Decision => Details::Decision(self.decision()),
            RecordType::Runbook => Details::Runbook(self.runbook()),
        }
    }

    /// A key whose value is text that says something.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let value = self.value(key)?;
        self.as_text(&format!("`{key}`"), value)
    }

    fn task(&mut self) -> Task {
        self.check_keys(self.table, "", TASK_KEYS);
        self.check_manifests();
        let kind = self.word("kind", &TaskKind::ALL.map(TaskKind::as_str), TaskKind::parse);
        if self.value("kind").is_none() {
            let words = listed(&TaskKind::ALL.map(TaskKind::as_str));
            self.missing("kind", &format!("one of {words}"));
        }
        Task {
            title: self.title(),
            kind,
            requestor: self.text("requestor"),
            categories: self.list("categories"),
            risk: self.word("risk", &Risk::ALL.map(Risk::as_str), Risk::parse),
            environments: self.list("environments"),
            downtime: self.duration("downtime"),
            window: self.text("window"),
            scheduled: self.scheduled(),
            duration: self.duration("duration"),
            emergency: self.text("emergency"),
            depends: self.list("depends"),
            follows: self.list("follows"),
            runbooks: self.list("runbooks"),
            services: self.list("services"),
            labels: self.list("labels"),
            cost: self.cost(),
            chart: self.chart(),
            cancelled: self.text("cancelled"),
            plans: self.plans(),
        }
    }

    fn decision(&mut self) -> Decision {
        self.check_keys(self.table, "", DECISION_KEYS);
        Decision {
            title: self.title(),
            changes: self.list("changes"),
            requestor: self.text("requestor"),
            meeting: self.meeting(),
            decision: self.word("decision", &Verdict::ALL.map(Verdict::as_str), Verdict::parse),
        }
    }

    fn runbook(&mut self) -> Runbook {
        self.check_keys(self.table, "", RUNBOOK_KEYS);
        Runbook {
            title: self.title(),
            services: self.list("services"),
            owner: self.text("owner"),
            rto: self.duration("rto"),
            rpo: self.duration("rpo"),
            review_every: self.duration("review-every"),
            labels: self.list("labels"),
        }
    }

    fn title(&mut self) -> String {
        if self.value("title").is_none() {
            self.missing("title", "a text");
        }
        self.text("title").unwrap_or_default()
    }

    fn duration(&mut self, key: &str) -> Option<Text> {
        let value = self.value(key)?;
        let expected = "a duration such as `30m`, `4h`, `2d` or `1d12h`";
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(&format!("`{key}`"), value, expected);
            return None;
        };
        let seconds = parse_duration(text);
        if seconds.is_none() {
            let message = format!("`{key}` is {}, expected {expected}", quoted(text));
            self.invalid(value, message);
        }
        Some(Text { text: text.to_owned(), seconds: seconds? })
    }

    fn list(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(elements) = value.get_ref().as_array() else {
            self.wrong_type(&format!("`{key}`"), value, "a list of texts");
            return Vec::new();
        };
        let name = format!("an element of `{key}`");
        elements.iter().filter_map(|element| self.as_text(&name, element)).collect()
    }

    fn word<T>(&mut self, key: &str, words: &[&str], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
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

    fn scheduled(&mut self) -> Option<ZonedDateTime> {
        let value = self.value("scheduled")?;
        let expected = "a date-time with offset such as 2024-05-25T02:00:00+02:00, without quotes";
        let Some(datetime) = value.get_ref().as_datetime() else {
            self.wrong_type("`scheduled`", value, expected);
            return None;
        };
        let zoned = to_zoned(datetime);
        if zoned.is_none() {
            let part = match datetime {
                Datetime { date: None, .. } => "a time without date",
                Datetime { time: None, .. } => "a date without time",
                Datetime { offset: None, .. } => "a date-time without offset",
                _ => "no time of the calendar",
            };
            self.invalid(value, format!("`scheduled` is {part}, expected {expected}"));
        }
        zoned
    }

    fn meeting(&mut self) -> Option<Date> {
        let value = self.value("meeting")?;
        let expected = "a date such as 2024-05-16, without quotes";
        match value.get_ref().as_datetime() {
            Some(Datetime { date: Some(date), time: None, offset: None }) => {
                let meeting = to_date(date);
                if meeting.is_none() {
                    self.invalid(value, format!("`meeting` is no day of the calendar, expected {expected}"));
                }
                meeting
            }
            _ => {
                self.wrong_type("`meeting`", value, expected);
                None
            }
        }
    }

    fn cost(&mut self) -> Option<Cost> {
        let table = self.table("cost", "a table `{ monthly, currency, budget }`")?;
        self.check_keys(table, "cost.", &["monthly", "currency", "budget"]);
        Some(Cost {
            monthly: self.amount(table),
            currency: self.currency(table),
            budget: self.text_in(table, "cost.", "budget"),
        })
    }

    /// `cost.monthly`: a number as the file writes it, or text.
    fn amount(&mut self, table: &'a DeTable<'t>) -> Option<String> {
        let value = table.get("monthly")?;
        match value.get_ref() {
            DeValue::Integer(_) | DeValue::Float(_) => {
                Some(self.source[shift(value.span(), self.base)].to_owned())
            }
            DeValue::String(_) => self.as_text("`cost.monthly`", value),
            _ => {
                self.wrong_type("`cost.monthly`", value, "a number or a text");
                None
            }
        }
    }

    fn currency(&mut self, table: &'a DeTable<'t>) -> Option<String> {
        let currency = self.text_in(table, "cost.", "currency")?;
        let valid = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !valid {
            let message = format!(
                "`cost.currency` is {}, expected three capital letters such as `EUR` or `USD`",
                quoted(&currency)
            );
            self.invalid(&table["currency"], message);
        }
        valid.then_some(currency)
    }

    fn chart(&mut self) -> Option<Chart> {
        let table = self.table("chart", "a table `{ name, current, target }`")?;
        self.check_keys(table, "chart.", &["name", "current", "target"]);
        Some(Chart {
            name: self.text_in(table, "chart.", "name"),
            current: self.text_in(table, "chart.", "current"),
            target: self.text_in(table, "chart.", "target"),
        })
    }

    fn plans(&mut self) -> Vec<(String, Plan)> {
        let Some(table) = self.table("plan", "a table with one entry per environment") else {
            return Vec::new();
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .filter_map(|(environment, value)| {
                let environment = environment.get_ref();
                Some((environment.to_string(), self.plan(environment, value)?))
            })
            .collect()
    }

    fn plan(&mut self, environment: &str, value: &'a Value<'t>) -> Option<Plan> {
        let name = format!("plan.{environment}");
        let DeValue::Table(table) = value.get_ref() else {
            let expected = "a table `{ digest, add, change, destroy, replace }`";
            self.wrong_type(&quoted(&name), value, expected);
            return None;
        };
        let prefix = format!("{name}.");
        self.check_keys(table, &prefix, &["digest", "add", "change", "destroy", "replace"]);
        let Some(digest) = table.get("digest") else {
            self.invalid(value, format!("{} has no `digest`, expected `sha256:…`", quoted(&name)));
            return None;
        };
        let text = self.as_text(&quoted(&format!("{prefix}digest")), digest)?;
        if !text.starts_with("sha256:") {
            let name = quoted(&format!("{prefix}digest"));
            self.invalid(digest, format!("{name} is {}, expected `sha256:…`", quoted(&text)));
            return None;
        }
        Some(Plan {
            digest: text,
            add: self.count(table, &prefix, "add"),
            change: self.count(table, &prefix, "change"),
            destroy: self.count(table, &prefix, "destroy"),
            replace: self.count(table, &prefix, "replace"),
        })
    }

    /// A number of resources; absent is none.
    fn count(&mut self, table: &'a DeTable<'t>, prefix: &str, key: &str) -> u64 {
        let Some(value) = table.get(key) else { return 0 };
        let count =
            value.get_ref().as_integer().and_then(to_i64).and_then(|number| u64::try_from(number).ok());
        if count.is_none() {
            let name = quoted(&format!("{prefix}{key}"));
            self.invalid(value, format!("{name} is no count, expected a whole number from 0"));
        }
        count.unwrap_or(0)
    }

    fn check_manifests(&mut self) {
        let Some(table) = self.table("manifests", "a table with one entry per environment") else { return };
        for (environment, value) in table.iter() {
            if !value.get_ref().is_table() {
                let name = quoted(&format!("manifests.{}", environment.get_ref()));
                self.wrong_type(&name, value, "a table");
            }
        }
    }

    fn value(&self, key: &str) -> Option<&'a Value<'t>> {
        self.table.get(key)
    }

    fn table(&mut self, key: &str, expected: &str) -> Option<&'a DeTable<'t>> {
        let value = self.value(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(&format!("`{key}`"), value, expected);
        }
        table
    }

    fn text_in(&mut self, table: &'a DeTable<'t>, prefix: &str, key: &str) -> Option<String> {
        let value = table.get(key)?;
        self.as_text(&quoted(&format!("{prefix}{key}")), value)
    }

    /// `name` is what the value is called in a message, with backticks.
    fn as_text(&mut self, name: &str, value: &'a Value<'t>) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(name, value, "a text in quotes");
            return None;
        };
        if text.trim().is_empty() {
            self.invalid(value, format!("{name} is empty, expected a text"));
            return None;
        }
        Some(text.to_owned())
    }

    fn check_keys(&mut self, table: &'a DeTable<'t>, prefix: &str, known: &[&str]) {
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

    fn missing(&mut self, key: &str, expected: &str) {
        let message = format!("no `{key}`, expected {expected}");
        let span = self.base..self.base;
        self.diagnostics.push(Diagnostic::error(Code::FieldMissing, self.path, self.source, span, message));
    }

    fn wrong_type(&mut self, name: &str, value: &Value<'t>, expected: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.invalid(value, format!("{name} is {found}, expected {expected}"));
    }

    fn invalid(&mut self, value: &Value<'t>, message: String) -> &mut Diagnostic {
        let span: Range<usize> = shift(value.span(), self.base);
        self.diagnostics.push(Diagnostic::error(Code::FieldInvalid, self.path, self.source, span, message));
        self.diagnostics.last_mut().expect("one was just pushed")
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
pub(super) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(MAX_QUOTED).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(MAX_QUOTED).is_some() { "…" } else { "" };
    format!("`{}{more}`", shown.replace("\\\"", "\"").replace("\\'", "'"))
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
