//! What could stand at the cursor: keys, values, headings, items, IDs.

use lsp_types::{CompletionItem, CompletionItemKind, CompletionTextEdit, TextEdit};

use super::open_books::{DocumentContext, record_type};
use super::{links, policy_file, text};
use crate::book::POLICY_FILE;
use crate::policy::Policy;
use crate::record::{Record, RecordType, Risk, TaskKind, Verdict, keys_of, normalize, normalize_review};

/// A word that may stand there, with what it is.
pub(super) struct Candidate {
    pub(super) text: String,
    pub(super) detail: String,
    pub(super) kind: CompletionItemKind,
}

/// Everything that could stand at an offset.
pub(super) fn complete(context: &DocumentContext<'_>, offset: usize) -> Vec<CompletionItem> {
    let source = &context.document.text;
    let offset = offset.min(source.len());
    let line_start = source[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let before = &source[line_start..offset];
    let (start, candidates) = match context.record() {
        _ if context.path == POLICY_FILE => policy_file::complete(context, &source[..offset]),
        Some(record) => in_record(context, record, before, offset),
        None => (word_start(before), ids(context, None)),
    };
    let span = line_start + start..offset;
    let range = text::range(source, &span, context.encoding);
    let item = |candidate: Candidate| CompletionItem {
        label: candidate.text.clone(),
        kind: Some(candidate.kind),
        detail: Some(candidate.detail).filter(|detail| !detail.is_empty()),
        filter_text: Some(candidate.text.clone()),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: candidate.text })),
        ..CompletionItem::default()
    };
    candidates.into_iter().map(item).collect()
}

fn in_record(
    context: &DocumentContext<'_>,
    record: &Record,
    before: &str,
    offset: usize,
) -> (usize, Vec<Candidate>) {
    let kind = record_type(context.path).unwrap_or(RecordType::Task);
    let frontmatter = record.frontmatter.as_ref();
    if frontmatter.is_some_and(|range| range.start <= offset && offset <= range.end) {
        let lines = &context.document.text[frontmatter.map_or(0, |range| range.start)..offset];
        return in_frontmatter(context, record, kind, before, lines);
    }
    if let Some(heading) = before.strip_prefix("## ") {
        return (before.len() - heading.len(), headings(context, record));
    }
    let trimmed = before.trim_start();
    let boxes = ["- [ ] ", "* [ ] ", "- [x] "];
    if let Some(text) = boxes.iter().find_map(|mark| trimmed.strip_prefix(mark)) {
        return (before.len() - text.len(), items(context, record));
    }
    if let Some(open) = before.rfind("](").filter(|open| !before[*open..].contains(')')) {
        return (open + 2, links::targets(context, record));
    }
    (word_start(before), ids(context, None))
}

fn in_frontmatter(
    context: &DocumentContext<'_>,
    record: &Record,
    kind: RecordType,
    before: &str,
    lines: &str,
) -> (usize, Vec<Candidate>) {
    // The last key that was begun: a list may go over several lines.
    let key = lines.rfind('=').map(|at| {
        let line = &lines[..at];
        line[line.rfind('\n').map_or(0, |newline| newline + 1)..].trim().to_owned()
    });
    let in_list = lines.rfind('[') > lines.rfind(']');
    match key.filter(|_| before.contains('=') || in_list) {
        Some(key) => {
            let quotes = before.matches('"').count();
            let (start, quoted) = match before.rfind('"').filter(|_| quotes % 2 == 1) {
                Some(quote) => (quote + 1, true),
                None => (word_start(before), false),
            };
            let mut values = values(context, kind, &key);
            if !quoted {
                values.iter_mut().for_each(|value| value.text = format!("\"{}\"", value.text));
            }
            (start, values)
        }
        None => {
            let free = keys_of(kind).iter().filter(|key| record.field(key).is_none());
            let candidate = |key: &&str| Candidate {
                text: (*key).to_owned(),
                detail: String::new(),
                kind: CompletionItemKind::FIELD,
            };
            (word_start(before), free.map(candidate).collect())
        }
    }
}

fn values(context: &DocumentContext<'_>, kind: RecordType, key: &str) -> Vec<Candidate> {
    let policy = context.loaded.policy();
    let words = |words: Vec<String>, detail: &str| -> Vec<Candidate> {
        let value = |text| Candidate { text, detail: detail.to_owned(), kind: CompletionItemKind::VALUE };
        words.into_iter().map(value).collect()
    };
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    match key {
        "kind" => words(texts(&TaskKind::ALL.map(TaskKind::as_str)), ""),
        "risk" => words(texts(&Risk::ALL.map(Risk::as_str)), ""),
        "decision" if kind == RecordType::Decision => words(texts(&Verdict::ALL.map(Verdict::as_str)), ""),
        "requestor" => people(policy),
        "owner" => people(policy).into_iter().chain(roles(policy)).collect(),
        "categories" => {
            words(policy.categories.iter().map(|category| category.name.clone()).collect(), "category")
        }
        "environments" => words(policy.environments.iter().map(|e| e.name.clone()).collect(), "environment"),
        "window" => words(policy.windows.keys().cloned().collect(), "window"),
        "depends" | "follows" | "changes" => ids(context, Some(RecordType::Task)),
        "runbooks" => ids(context, Some(RecordType::Runbook)),
        "id" => words(
            context.record().and_then(|r| r.id.as_ref()).map(|id| id.to_string()).into_iter().collect(),
            "",
        ),
        "services" | "labels" => words(used(context, key), "used elsewhere"),
        _ => Vec::new(),
    }
}

/// Texts that other records have in a list.
pub(super) fn used(context: &DocumentContext<'_>, key: &str) -> Vec<String> {
    let fields = context.open.records.values().filter_map(|record| record.field(key));
    let values = fields.filter_map(|field| field.value.as_array()).flatten();
    let mut texts: Vec<String> = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
    texts.sort();
    texts.dedup();
    texts
}

fn ids(context: &DocumentContext<'_>, wanted: Option<RecordType>) -> Vec<Candidate> {
    let records = context.open.records.values();
    let fitting = records.filter(|record| wanted.is_none_or(|wanted| record.record_type() == wanted));
    let candidate = |record: &Record| {
        let id = record.id.as_ref()?.as_str();
        let status = context.loaded.state.record(id).map(|state| state.status.as_str());
        let detail = format!("{} ({})", record.title(), status.unwrap_or("draft"));
        Some(Candidate { text: id.to_owned(), detail, kind: CompletionItemKind::REFERENCE })
    };
    fitting.filter_map(candidate).collect()
}

pub(super) fn people(policy: &Policy) -> Vec<Candidate> {
    let candidate = |(name, person): (&String, &crate::policy::Person)| Candidate {
        text: name.clone(),
        detail: if person.robot { "robot".to_owned() } else { person.name.clone() },
        kind: CompletionItemKind::VALUE,
    };
    policy.people.iter().map(candidate).collect()
}

pub(super) fn roles(policy: &Policy) -> Vec<Candidate> {
    let candidate = |role: &String| Candidate {
        text: role.clone(),
        detail: "role".to_owned(),
        kind: CompletionItemKind::ENUM,
    };
    policy.roles.keys().map(candidate).collect()
}

/// Sections that the record's kind and risk ask for, then all that records have; not those that are there.
fn headings(context: &DocumentContext<'_>, record: &Record) -> Vec<Candidate> {
    let policy = context.loaded.policy();
    let asked = policy.kinds.values().flat_map(|kind| &kind.sections);
    let asked = asked.chain(policy.risks.values().flat_map(|risk| &risk.sections)).cloned();
    let written = context.open.records.values().filter(|other| other.record_type() == record.record_type());
    let written = written.flat_map(|other| other.sections.iter().map(|section| section.title.clone()));
    let mut seen: Vec<String> = record.sections.iter().map(|section| normalize(&section.title)).collect();
    let mut found = Vec::new();
    for title in asked.chain(written) {
        if !seen.contains(&normalize(&title)) {
            seen.push(normalize(&title));
            found.push(Candidate {
                text: title,
                detail: "section".to_owned(),
                kind: CompletionItemKind::MODULE,
            });
        }
    }
    found
}

/// Items that the policy knows and the record lacks.
fn items(context: &DocumentContext<'_>, record: &Record) -> Vec<Candidate> {
    let has =
        |text: &str| record.items.iter().any(|item| normalize_review(&item.text) == normalize_review(text));
    let mut known: Vec<&str> = context.loaded.policy().known_item_texts();
    known.sort_unstable();
    known.dedup();
    let candidate = |text: &&str| Candidate {
        text: (*text).to_owned(),
        detail: "in the policy".to_owned(),
        kind: CompletionItemKind::EVENT,
    };
    known.iter().filter(|text| !has(text)).map(candidate).collect()
}

pub(super) fn word_start(before: &str) -> usize {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    before.len() - before.chars().rev().take_while(is_part).map(char::len_utf8).sum::<usize>()
}
