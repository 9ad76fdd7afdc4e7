//! From bytes to a record, whatever the bytes are.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::details::{Reader, quoted};
use super::frontmatter::{self, shift};
use super::layout::{BOM, Layout, Trouble, find_layout, find_troubles};
use super::markdown::{MAX_DEPTH, MAX_ITEMS, TooMuch, read_outline};
use super::suspect::find_suspect;
use super::{
    Decision, Details, Field, Item, MAX_RECORD_BYTES, Record, RecordId, RecordType, Runbook, Section, Task,
    normalize,
};
use crate::diagnostic::{Code, Diagnostic};

impl Record {
    /// Reads the file at `path` (relative to the book's directory, with forward slashes). Never fails: what
    /// could not be understood is in the diagnostics, and of a file over [`MAX_RECORD_BYTES`] nothing is read.
    pub fn parse(record_type: RecordType, path: &str, bytes: &[u8]) -> Record {
        let mut record = empty_record(record_type, path);
        record.check_stem();
        if bytes.len() > MAX_RECORD_BYTES {
            let message = format!("{} bytes, expected at most {MAX_RECORD_BYTES}", bytes.len());
            record.diagnostics.push(Diagnostic::error_at_file(Code::RecordBroken, path, message));
            return record;
        }
        record.read_text(bytes);
        let layout = find_layout(&record.source);
        record.check_layout(&layout);
        record.body_start = layout.body_start;
        record.frontmatter = layout.frontmatter;
        record.read_frontmatter(record_type);
        record.read_body();
        record.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        record
    }

    /// Whether the record cannot be used: nothing may be derived from it.
    pub fn is_broken(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::RecordBroken)
    }

    /// The title, or else the file's stem.
    pub fn title(&self) -> &str {
        let title = match &self.details {
            Details::Task(task) => &task.title,
            Details::Decision(decision) => &decision.title,
            Details::Runbook(runbook) => &runbook.title,
        };
        if title.is_empty() { stem(&self.path) } else { title }
    }

    /// Which type of record it was read as.
    pub fn record_type(&self) -> RecordType {
        match self.details {
            Details::Task(_) => RecordType::Task,
            Details::Decision(_) => RecordType::Decision,
            Details::Runbook(_) => RecordType::Runbook,
        }
    }

    /// What is particular to a task, where it is one.
    pub fn task(&self) -> Option<&Task> {
        match &self.details {
            Details::Task(task) => Some(task),
            Details::Decision(_) | Details::Runbook(_) => None,
        }
    }

    /// The text of a span of this record; empty when the span is none of its own.
    pub fn text(&self, span: Range<usize>) -> &str {
        self.source.get(span).unwrap_or_default()
    }

    /// The items of a section, by its title in any letter case.
    pub fn items_in(&self, title: &str) -> impl Iterator<Item = &Item> {
        let title = normalize(title);
        self.items.iter().filter(move |item| {
            item.section.is_some_and(|section| normalize(&self.sections[section].title) == title)
        })
    }

    /// The first section of that title, as [`super::normalize`] compares.
    pub fn section(&self, title: &str) -> Option<&Section> {
        let title = super::normalize(title);
        self.sections.iter().find(|section| super::normalize(&section.title) == title)
    }

    /// The top-level key of that name.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    fn error(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(code, &self.path, &self.source, span, message));
        self.diagnostics.last_mut().expect("one was just pushed")
    }

    fn broken(&mut self, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.error(Code::RecordBroken, span, message)
    }

    fn check_stem(&mut self) {
        match RecordId::parse(stem(&self.path)) {
            Ok(id) => self.id = Some(id),
            Err(error) => {
                let message = format!("the file name is not a valid ID: {error}");
                self.diagnostics.push(Diagnostic::error_at_file(Code::IdInvalid, &self.path, message));
            }
        }
    }

    fn read_text(&mut self, bytes: &[u8]) {
        self.source = Arc::from(String::from_utf8_lossy(bytes));
        if let Err(error) = std::str::from_utf8(bytes) {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            self.broken(at..at, format!("byte 0x{byte:02X} at offset {at} is not UTF-8"));
        }
        for trouble in find_troubles(&self.source.clone()) {
            match trouble {
                Trouble::Nul(at) => self.broken(at..at + 1, "a NUL byte, expected text"),
                Trouble::LoneCarriageReturn(at) => {
                    self.broken(at..at + 1, "a carriage return without a line feed, expected LF or CRLF")
                }
                Trouble::Conflict(at) => {
                    let diagnostic = self.broken(at..at + 7, "an unresolved merge conflict starts here");
                    diagnostic.help = Some(
                        "keep one side and remove the markers; indent text that only shows markers"
                            .to_owned(),
                    );
                    diagnostic
                }
            };
        }
        if self.source.starts_with(BOM) {
            let message = "a byte order mark, expected none";
            let span = 0..BOM.len_utf8();
            let warning = Diagnostic::warning(Code::ByteOrderMark, &self.path, &self.source, span, message);
            self.diagnostics.push(warning);
        }
    }

    fn check_layout(&mut self, layout: &Layout) {
        if layout.frontmatter.is_some() {
            return;
        }
        if layout.opened {
            self.broken(0..3, "the frontmatter is not closed, expected a second line `+++`");
        } else {
            self.broken(0..0, "no frontmatter, expected `+++` on the first line");
        }
    }

    fn read_frontmatter(&mut self, record_type: RecordType) {
        let Some(range) = self.frontmatter.clone() else { return };
        let source = Arc::clone(&self.source);
        let table = match frontmatter::parse_table(&source[range.clone()]) {
            Ok(table) => table,
            Err(trouble) => {
                let message =
                    format!("the frontmatter is not valid TOML: {}", trouble.message.replace('\n', ", "));
                self.broken(shift(trouble.span, range.start), message);
                return;
            }
        };
        self.fields = frontmatter::read_fields(&table, range.start);
        let mut reader = Reader {
            path: &self.path,
            source: &source,
            base: range.start,
            table: &table,
            diagnostics: &mut self.diagnostics,
        };
        let written_id = reader.text("id");
        self.details = reader.details(record_type);
        self.check_id(written_id, range.start);
        self.check_characters(&table, range.start);
    }

    fn check_id(&mut self, written: Option<String>, base: usize) {
        let Some(span) = self.field("id").map(|field| field.value_span.clone()) else {
            let help = format!("add `id = \"{}\"`", stem(&self.path).escape_debug());
            self.error(Code::IdMissing, base..base, "no `id`, expected the file name without `.md`").help =
                Some(help);
            return;
        };
        let Some(written) = written else { return };
        let stem = stem(&self.path);
        if written != stem {
            let message = format!("`id` is {}, but the file is named {}", quoted(&written), quoted(stem));
            self.error(Code::IdMismatch, span, message);
        }
    }

    fn check_characters(&mut self, table: &DeTable<'_>, base: usize) {
        for (key, value) in table.iter() {
            let name = || format!("the key {}", quoted(key.get_ref()));
            self.check_text(name, key.get_ref(), shift(key.span(), base));
            self.check_value(key.get_ref(), value, base);
        }
    }

    fn check_value(&mut self, key: &str, value: &Spanned<DeValue<'_>>, base: usize) {
        match value.get_ref() {
            DeValue::String(text) => self.check_text(|| quoted(key), text, shift(value.span(), base)),
            DeValue::Array(array) => array.iter().for_each(|value| self.check_value(key, value, base)),
            DeValue::Table(table) => table.values().for_each(|value| self.check_value(key, value, base)),
            _ => {}
        }
    }

    /// Warns when `text`, which stands at `span`, may read as another; `name` says what it is.
    fn check_text(&mut self, name: impl FnOnce() -> String, text: &str, span: Range<usize>) {
        let Some(suspect) = find_suspect(text) else { return };
        let name = name();
        let message = format!("{name} contains {}", suspect.describe());
        let character = suspect.character();
        let place = self.text(span.clone()).find(character).map_or(span.clone(), |offset| {
            let start = span.start + offset;
            start..start + character.len_utf8()
        });
        self.diagnostics.push(Diagnostic::warning(
            Code::CharacterSuspect,
            &self.path,
            &self.source,
            place,
            message,
        ));
    }

    fn read_body(&mut self) {
        let source = Arc::clone(&self.source);
        let outline = match read_outline(&source, self.body_start) {
            Ok(outline) => outline,
            Err(TooMuch::Nested(at)) => {
                self.broken(at..at, format!("lists and quotes nested deeper than {MAX_DEPTH} levels"));
                return;
            }
            Err(TooMuch::Items(at)) => {
                self.broken(at..at, format!("more than {MAX_ITEMS} checklist items"));
                return;
            }
        };
        for item in &outline.items {
            self.check_text(|| format!("the item {}", quoted(&item.text)), &item.text, item.span.clone());
        }
        self.sections = outline.sections;
        self.items = outline.items;
        self.steps = outline.steps;
        self.links = outline.links;
        self.definitions = outline.definitions;
    }
}

fn empty_record(record_type: RecordType, path: &str) -> Record {
    Record {
        id: None,
        path: path.to_owned(),
        source: Arc::from(""),
        frontmatter: None,
        body_start: 0,
        fields: Vec::new(),
        details: match record_type {
            RecordType::Task => Details::Task(Box::<Task>::default()),
            RecordType::Decision => Details::Decision(Decision::default()),
            RecordType::Runbook => Details::Runbook(Runbook::default()),
        },
        sections: Vec::new(),
        items: Vec::new(),
        steps: Vec::new(),
        links: Vec::new(),
        definitions: Vec::new(),
        diagnostics: Vec::new(),
    }
}

/// The file's name without `.md`.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".md").unwrap_or(name)
}

#[cfg(test)]
mod tests;
