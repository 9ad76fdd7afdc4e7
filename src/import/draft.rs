//! One foreign task to one record: the template, filled as far as the task fits, and a list of the rest.

use std::collections::BTreeMap;

use toml_edit::{Array, Value};

use super::text::{clean, entry, prose, shown};
use super::{Cell, Field, Foreign, Imported, Map, Surroundings, Target};
use crate::policy::Policy;
use crate::record::{Record, RecordId, RecordType, Risk, TaskKind, edit, normalize, normalize_review};
use crate::template::NewRecord;

/// How a record says what it was made of.
pub(super) fn source_line(map: &Map, key: &str) -> String {
    entry("Source", &format!("{} {}", map.source, shown(key)))
}

/// The kind that a task says it is of.
pub(super) fn kind_of(task: &Foreign, map: &Map) -> Option<TaskKind> {
    let word = map.meaning(Field::Kind, task.first(Field::Kind)?)?;
    TaskKind::parse(&word.trim().to_lowercase())
}

/// Makes the record.
///
/// # Errors
/// Why none can be made, in words.
pub(super) fn record(
    task: &Foreign,
    id: &RecordId,
    map: &Map,
    names: &BTreeMap<String, RecordId>,
    surroundings: &Surroundings<'_>,
) -> Result<Imported, String> {
    let kind = kind_of(task, map).unwrap_or(map.kind);
    let new = NewRecord {
        id: id.to_string(),
        title: shown(task.first(Field::Title).unwrap_or_default()),
        risk: risk_of(task, map).map(|risk| risk.as_str().to_owned()),
        ..NewRecord::default()
    };
    // Where it goes is what the foreign task says.
    let new = NewRecord { environments: Vec::new(), ..new.with_environments(surroundings.policy, kind) };
    let text = surroundings.templates.render(kind.as_str(), &new).map_err(|error| error.to_string())?;
    let mut draft = Draft { task, map, names, policy: surroundings.policy, kind, text, listed: Vec::new() };
    for cell in &task.cells {
        draft.place(cell);
    }
    draft.untick();
    draft.write_list()?;
    let year = surroundings.policy.ids.by_year.then(|| format!("{:04}/", surroundings.year));
    let path = format!("tasks/{}{id}.md", year.unwrap_or_default());
    let record = Record::parse(RecordType::Task, &path, draft.text.as_bytes());
    if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
        return Err(format!("it does not make a valid record: line {}: {}", broken.line, broken.message));
    }
    let key = task.first(Field::Id).map(shown);
    Ok(Imported {
        id: id.clone(),
        path,
        text: draft.text,
        place: task.place.clone(),
        key,
        listed: draft.listed,
    })
}

fn risk_of(task: &Foreign, map: &Map) -> Option<Risk> {
    let word = map.meaning(Field::Risk, task.first(Field::Risk)?)?;
    Risk::parse(&word.trim().to_lowercase())
}

struct Draft<'a> {
    task: &'a Foreign,
    map: &'a Map,
    names: &'a BTreeMap<String, RecordId>,
    policy: &'a Policy,
    kind: TaskKind,
    text: String,
    listed: Vec<(String, String)>,
}

impl Draft<'_> {
    /// Puts a cell where it belongs; what no place takes is listed.
    fn place(&mut self, cell: &Cell) {
        let mut rest = Some(cell.value.clone());
        for target in &cell.targets {
            let remains = match target {
                Target::Field(field) => self.fill(*field, &cell.value),
                Target::Section(title) => self.write(title, &cell.value),
                Target::Checklist(title) => self.add_items(title, &cell.value),
                Target::Note(heading) => self.note(heading, &cell.value),
            };
            // A part that one place took is not asked for again.
            let shorter = |rest: &String| remains.as_ref().is_none_or(|remains| remains.len() < rest.len());
            if rest.as_ref().is_some_and(shorter) {
                rest = remains;
            }
        }
        if let Some(rest) = rest {
            self.listed.push((cell.name.clone(), rest));
        }
    }

    /// Fills a field; gives what it cannot take.
    fn fill(&mut self, field: Field, value: &str) -> Option<String> {
        let value = clean(value);
        let refused = Some(value.clone());
        let Some(word) = self.map.meaning(field, value.trim()) else { return refused };
        let word = word.trim();
        let one = |found: Option<String>, key: &'static str| (key, found.map(Value::from));
        let (key, found) = match field {
            // They are in the template's text already, and once.
            Field::Id => return None,
            Field::Title => return (self.task.first(Field::Title) != Some(value.trim())).then_some(value),
            Field::Kind => {
                return (TaskKind::parse(&word.to_lowercase()) != Some(self.kind)).then_some(value);
            }
            Field::Risk => {
                one(Risk::parse(&word.to_lowercase()).map(|risk| risk.as_str().to_owned()), "risk")
            }
            Field::Requestor => one(person(self.policy, word), "requestor"),
            Field::Window => one(self.policy.window(word).map(|_| word.to_owned()), "window"),
            Field::Emergency => one(Some(shown(word)), "emergency"),
            Field::Cancelled => one(Some(shown(word)), "cancelled"),
            Field::Scheduled => (
                "scheduled",
                self.moment(word).and_then(|time| time.parse::<toml_edit::Datetime>().ok()).map(Value::from),
            ),
            Field::Until => one(self.duration(word), "duration"),
            Field::Categories
            | Field::Environments
            | Field::Services
            | Field::Labels
            | Field::Depends
            | Field::Follows => return self.fill_list(field, word),
        };
        let Some(found) = found else { return refused };
        // The first value stands; another one is listed.
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", self.text.as_bytes());
        if !matches!(field, Field::Risk | Field::Window) && record.field(key).is_some() {
            return refused;
        }
        self.set(key, found).then_some(()).map_or(refused, |()| None)
    }

    fn set(&mut self, key: &str, value: Value) -> bool {
        let edited = edit::set_field(&self.text, key, value);
        edited.map(|text| self.text = text).is_ok()
    }

    /// Adds to a list what fits it; gives the words that do not.
    fn fill_list(&mut self, field: Field, value: &str) -> Option<String> {
        let words = value.split([',', ';', '\n']).map(str::trim).filter(|word| !word.is_empty());
        let (mut fit, mut rest) = (Vec::new(), Vec::new());
        for word in words {
            let found = match field {
                Field::Categories => self.policy.category(word).map(|_| word.to_owned()),
                Field::Environments => self.policy.environment(word).map(|_| word.to_owned()),
                Field::Depends | Field::Follows => {
                    self.names.get(&word.to_lowercase()).map(RecordId::to_string)
                }
                _ => Some(shown(word)),
            };
            match found {
                Some(found) => fit.push(found),
                None => rest.push(word),
            }
        }
        let key = match field {
            Field::Categories => "categories",
            Field::Environments => "environments",
            Field::Services => "services",
            Field::Depends => "depends",
            Field::Follows => "follows",
            _ => "labels",
        };
        if !fit.is_empty() {
            let mut all = self.list(key);
            all.extend(fit);
            let mut seen = std::collections::HashSet::new();
            all.retain(|word| seen.insert(word.clone()));
            if !self.set(key, Value::from(all.into_iter().collect::<Array>())) {
                return Some(value.to_owned());
            }
        }
        (!rest.is_empty()).then(|| rest.join(", "))
    }

    /// What a list holds by now.
    fn list(&self, key: &str) -> Vec<String> {
        let frontmatter = self.text.split("+++\n").nth(1).unwrap_or_default();
        let table: toml::Table = frontmatter.parse().unwrap_or_default();
        let items = table.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    }

    /// A time with its offset, in RFC 3339; one without an offset is of the map's time zone. Jira writes
    /// `14/Jul/25 3:42 PM` unless its administrator chose otherwise.
    fn moment(&self, text: &str) -> Option<String> {
        if text.parse::<jiff::Timestamp>().is_ok() {
            return Some(text.replacen(' ', "T", 1));
        }
        let of_jira = || {
            let formats = ["%d/%b/%y %I:%M %p", "%d/%b/%y %H:%M"];
            formats.iter().find_map(|format| jiff::civil::DateTime::strptime(format, text).ok())
        };
        let civil: jiff::civil::DateTime = text.replacen(' ', "T", 1).parse().ok().or_else(of_jira)?;
        let zoned = civil.to_zoned_datetime(self.map.timezone.clone()?).ok()?;
        Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// From the beginning to `end`, as a duration.
    fn duration(&self, end: &str) -> Option<String> {
        let start = self.moment(self.task.first(Field::Scheduled)?)?.parse::<jiff::Timestamp>().ok()?;
        let end = self.moment(end)?.parse::<jiff::Timestamp>().ok()?;
        let minutes = end.as_second().checked_sub(start.as_second())? / 60;
        match (minutes / 60, minutes % 60) {
            _ if minutes <= 0 => None,
            (0, minutes) => Some(format!("{minutes}m")),
            (hours, 0) => Some(format!("{hours}h")),
            (hours, minutes) => Some(format!("{hours}h{minutes}m")),
        }
    }

    /// Writes the text of a section; a second one goes behind the first.
    fn write(&mut self, title: &str, value: &str) -> Option<String> {
        let text = format!("{}\n", prose(value));
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", self.text.as_bytes());
        let present = record.section(title).map(|section| record.text(section.content.clone()).trim());
        let edited = match present {
            Some(there) if !there.is_empty() && !is_guidance(there) => {
                edit::append_to_section(&self.text, title, &text)
            }
            _ => edit::replace_section(&self.text, title, &text),
        };
        match edited {
            Ok(edited) => self.text = edited,
            Err(_) => return Some(value.to_owned()),
        }
        None
    }

    /// Adds items, one a line; gives the lines that are none.
    fn add_items(&mut self, title: &str, value: &str) -> Option<String> {
        let mut rest = Vec::new();
        for line in clean(value).lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (checked, text) = item_of(line);
            let record = Record::parse(RecordType::Task, "tasks/A-1.md", self.text.as_bytes());
            let is_there = record.items.iter().find(|item| normalize(&item.text) == normalize(text));
            let edited = match is_there {
                Some(item) if checked => edit::set_item(&self.text, item, true),
                Some(_) => continue,
                None => edit::add_item(&self.text, title, text, checked),
            };
            match edited {
                Ok(edited) => self.text = edited,
                Err(_) => rest.push(line.to_owned()),
            }
        }
        (!rest.is_empty()).then(|| rest.join("\n"))
    }

    fn note(&mut self, heading: &str, value: &str) -> Option<String> {
        let text = format!("### {}\n\n{}\n", super::text::code(heading), prose(value));
        match edit::append_to_section(&self.text, "Notes", &text) {
            Ok(edited) => self.text = edited,
            Err(_) => return Some(value.to_owned()),
        }
        None
    }

    /// No tick that means something by the policy comes from elsewhere: whoever commits the file would own it.
    fn untick(&mut self) {
        let known = self.policy.known_item_texts();
        let means = |text: &str| {
            known.iter().any(|known| {
                normalize(known) == normalize(text) || normalize_review(known) == normalize_review(text)
            })
        };
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", self.text.as_bytes());
        for item in record.items.iter().filter(|item| item.checked && means(&item.text)) {
            // A box is as long ticked as unticked, so that the places of the others hold.
            if let Ok(edited) = edit::set_item(&self.text, item, false) {
                self.text = edited;
                self.listed.push(("Ticked there".to_owned(), item.text.to_string()));
            }
        }
    }

    /// Writes where the task comes from, and what found no place.
    fn write_list(&mut self) -> Result<(), String> {
        let mut lines = vec!["### Imported".to_owned(), String::new()];
        let key = self.task.first(Field::Id);
        lines.push(source_line(self.map, key.unwrap_or(&self.task.place)));
        lines.extend(self.listed.iter().map(|(name, value)| entry(name, value)));
        let list = format!("{}\n", lines.join("\n").trim_end());
        self.text = edit::append_to_section(&self.text, "Notes", &list).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// The template's words, which stand in emphasis.
fn is_guidance(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || (line.starts_with('_') && line.ends_with('_')))
}

/// A line of a checklist: its box, when it has one, and its words without the numbers that Backlog.md puts there.
fn item_of(line: &str) -> (bool, &str) {
    let line = line.trim_start_matches(['-', '*', '+']).trim_start();
    let (checked, text) = match line.get(..3) {
        Some("[x]" | "[X]") => (true, &line[3..]),
        Some("[ ]") => (false, &line[3..]),
        _ => (false, line),
    };
    let text = text.trim();
    let number = text.strip_prefix('#').and_then(|rest| rest.split_once(' '));
    match number {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (checked, rest.trim()),
        _ => (checked, text),
    }
}

/// A person of the policy, by key, name or address.
fn person(policy: &Policy, text: &str) -> Option<String> {
    let named = |(key, person): (&String, &crate::policy::Person)| {
        (key == text || person.name.eq_ignore_ascii_case(text)).then(|| key.clone())
    };
    policy.people.iter().find_map(named).or_else(|| policy.person_by_email(text).map(str::to_owned))
}
