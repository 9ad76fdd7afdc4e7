//! mdBook's preprocessor: records become chapters, IDs become links, and `{{#changebook …}}` becomes what it
//! asks for. mdBook's values are changed in place, so that what a later version adds stays as it is.

use std::fmt::Write as _;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::book::Loaded;
use crate::ledger::{RecordState, WorkTree};
use crate::record::{RecordType, markdown_options, places};

/// Answers a directive's words (`list status=approved`) with records.
pub type Lookup<'a> = dyn Fn(&str) -> Result<Vec<&'a RecordState>, String> + 'a;

/// Why a book cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MdbookError {
    /// What came in is no book of mdBook's.
    #[error("not a book of mdBook 0.4 or 0.5: {what}")]
    NoBook {
        /// What is missing.
        what: &'static str,
    },
    /// A directive that means nothing.
    #[error("{path}:{line}: `{{{{#changebook {words}}}}}`: {problem}")]
    Directive {
        /// The chapter.
        path: String,
        /// From 1.
        line: usize,
        /// What stands in it.
        words: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// The book with its records.
///
/// # Errors
/// [`MdbookError`].
pub fn preprocess<'a>(
    mut book: Value,
    loaded: &'a Loaded,
    lookup: &Lookup<'a>,
) -> Result<Value, MdbookError> {
    let records: Vec<&RecordState> =
        loaded.state.records.iter().filter(|state| state.work_tree != WorkTree::Removed).collect();
    let key = if book.get("items").is_some() { "items" } else { "sections" };
    let items = book.get_mut(key).and_then(Value::as_array_mut);
    let items = items.ok_or(MdbookError::NoBook { what: "it has no `items`" })?;
    for record_type in RecordType::ALL {
        let of_type: Vec<_> = records.iter().filter(|state| state.record_type == record_type).collect();
        if !of_type.is_empty() {
            items.push(json!({ "PartTitle": part_title(record_type) }));
        }
        items.extend(of_type.into_iter().map(|state| chapter(state)));
    }
    items.iter_mut().try_for_each(|item| prepare(item, &records, lookup))?;
    Ok(book)
}

fn part_title(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::Task => "Tasks",
        RecordType::Decision => "Decisions",
        RecordType::Runbook => "Runbooks",
    }
}

/// A record as a chapter: its title, its state in a box, its body.
fn chapter(state: &RecordState) -> Value {
    let record = &state.record;
    let body = record.source.get(record.body_start..).unwrap_or_default();
    let content =
        format!("# {} {}\n\n{}\n{body}", escape(&state.name), escape(state.title()), state_box(state));
    json!({ "Chapter": {
        "name": format!("{} {}", state.name, state.title()),
        "content": content,
        "number": null,
        "sub_items": [],
        "path": record.path,
        "source_path": null,
        "parent_names": [],
    }})
}

fn state_box(state: &RecordState) -> String {
    let mut words = vec![format!("**{}**", state.status.as_str())];
    words.extend(state.risk.as_ref().map(|risk| format!("risk {}", risk.level.as_str())));
    words.extend(state.approval.map(|approval| format!("approval: {approval}")));
    words.extend(state.evidence.as_ref().map(|evidence| {
        let who = evidence.person.as_deref().unwrap_or(&evidence.author);
        format!("{} by {} in `{}`", evidence.time.date(), escape(who), evidence.commit.short())
    }));
    let next =
        if state.next.is_empty() { String::new() } else { format!("> Next: {}\n", escape(&state.next)) };
    format!("> {}\n>\n{next}", words.join(" · "))
}

/// Chapters below an item: directives answered, IDs linked.
fn prepare<'a>(item: &mut Value, records: &[&RecordState], lookup: &Lookup<'a>) -> Result<(), MdbookError> {
    let Some(chapter) = item.get_mut("Chapter") else { return Ok(()) };
    let path = chapter["path"].as_str().unwrap_or_default().to_owned();
    if let Some(content) = chapter["content"].as_str() {
        let answered = answered(content, &path, lookup)?;
        chapter["content"] = linked(&answered, &path, records).into();
    }
    let below = chapter.get_mut("sub_items").and_then(Value::as_array_mut);
    below.into_iter().flatten().try_for_each(|item| prepare(item, records, lookup))
}

/// The text with every directive replaced by its answer; one behind a backslash stays.
fn answered<'a>(content: &str, path: &str, lookup: &Lookup<'a>) -> Result<String, MdbookError> {
    const BEGIN: &str = "{{#changebook";
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(start) = rest.find(BEGIN) {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find("}}") else { break };
        let words = from[BEGIN.len()..end].trim();
        if let Some(before) = before.strip_suffix('\\') {
            text.push_str(before);
            text.push_str(&from[..end + 2]);
        } else {
            text.push_str(before);
            let line = content[..content.len() - from.len()].matches('\n').count() + 1;
            let wrong = |problem| MdbookError::Directive {
                path: path.to_owned(),
                line,
                words: words.to_owned(),
                problem,
            };
            text.push_str(&table(&lookup(words).map_err(wrong)?));
        }
        rest = &from[end + 2..];
    }
    Ok(text + rest)
}

fn table(records: &[&RecordState]) -> String {
    if records.is_empty() {
        return "*None.*\n".to_owned();
    }
    let mut table = "| ID | Status | Risk | Title |\n| --- | --- | --- | --- |\n".to_owned();
    for state in records {
        let risk = state.risk.as_ref().map_or("", |risk| risk.level.as_str());
        let (name, title) = (escape(&state.name), escape(state.title()));
        let _ = writeln!(table, "| {name} | {} | {risk} | {title} |", state.status.as_str());
    }
    table
}

/// The text with every ID of a record linked, where it stands in plain text.
fn linked(content: &str, path: &str, records: &[&RecordState]) -> String {
    let up = "../".repeat(path.matches('/').count());
    let mut links: Vec<(Range<usize>, String)> = Vec::new();
    for span in plain_text(content) {
        let text = &content[span.clone()];
        for state in records.iter().filter(|state| state.record.path != path) {
            for start in places(text, &state.name) {
                let start = span.start + start;
                links.push((start..start + state.name.len(), format!("{up}{}", state.record.path)));
            }
        }
    }
    links.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut text = String::with_capacity(content.len());
    let mut written = 0;
    for (span, target) in links {
        if span.start < written {
            continue;
        }
        let _ = write!(text, "{}[{}]({target})", &content[written..span.start], &content[span.clone()]);
        written = span.end;
    }
    text + &content[written..]
}

/// Where text stands that is no code, no link and no heading.
fn plain_text(content: &str) -> Vec<Range<usize>> {
    let mut closed = 0_usize;
    let mut spans = Vec::new();
    for (event, span) in Parser::new_ext(content, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(
                Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::CodeBlock(_)
                | Tag::Heading { .. }
                | Tag::HtmlBlock,
            ) => {
                closed += 1;
            }
            Event::End(
                TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock | TagEnd::Heading(_) | TagEnd::HtmlBlock,
            ) => closed = closed.saturating_sub(1),
            Event::Text(_) if closed == 0 => spans.push(span),
            _ => {}
        }
    }
    spans
}

/// A text as text: nothing in it is Markdown or HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '{' | '}' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
