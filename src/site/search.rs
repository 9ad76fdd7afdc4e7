//! The search index: script files that hand their data to one function, since a page on disk may load
//! scripts of its own folder and nothing else.
//!
//! `search/records.js` says what there is, by short tables, with the last of the entries; `search/records-N.js` has others, so
//! many in each; `search/words-XX.js` holds the words from `XX` on, up to those of the next such file, which entries have them,
//! and the headings that have them. A reader loads the first with the first key, a shard when its letters are typed, and
//! entries when a word leads to them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::checks::Text;
use super::headings::{ByWord, HeadingFound, by_word};
use super::model::Model;
use super::page::Page;
use super::text::visible;
use super::words::Words;
use crate::ledger::RecordState;
use crate::record::RecordType;

/// Most bytes of a shard, as far as words can be told apart by their first [`MAX_PREFIX`] characters.
const MAX_SHARD: usize = 16 * 1024;
/// Entries in one file.
const CHUNK: usize = 200;
/// Longest prefix that names a shard, in characters.
const MAX_PREFIX: usize = 8;

/// What `search/records.js` hands over.
#[derive(Serialize)]
struct Index<'a> {
    /// Folder and plural of each type of entry.
    types: Vec<&'a str>,
    statuses: Vec<(&'a str, &'a str)>,
    risks: [&'static str; 3],
    services: Vec<&'a str>,
    labels: Vec<&'a str>,
    people: Vec<&'a str>,
    /// What the words of each shard begin with, or come after; sorted.
    shards: Vec<&'a str>,
    /// How many entries there are, and how many stand in one file.
    size: usize,
    chunk: usize,
    /// Those of the last file.
    entries: &'a [Entry<'a>],
}

/// Name, title, type, status, risk, services, labels, people, page where it is not `folder/name.html`: records, chapters,
/// then what was deleted.
type Entry<'a> =
    (Cow<'a, str>, Cow<'a, str>, usize, i32, i32, Vec<usize>, Vec<usize>, Vec<usize>, Option<&'a str>);

/// Key and word of a record that is not in the book any more.
const DELETED: (&str, &str) = ("deleted", "Deleted");

const RISKS: [&str; 3] = ["low", "medium", "high"];
const TYPES: [&str; 4] = ["tasks", "decisions", "runbooks", "manual"];

/// The files of the index.
///
/// `texts` are those of each record, then of each chapter.
pub(super) fn pages(model: &Model<'_>, manual: &[(String, String)], texts: &[Text]) -> Vec<Page> {
    let names: Vec<Vec<String>> = model.input.state.records.iter().map(names).collect();
    let postings = postings(&names, texts);
    let headings = by_word(texts, |place| rank(model, place));
    let shards = shards(&postings, &headings);
    let mut pages: Vec<Page> = shards
        .iter()
        .map(|(prefix, body)| {
            let script = format!("changebookSearch({}, {{{body}}});\n", quoted(prefix));
            Page::new(format!("search/words-{}.js", shard_name(prefix)), script.into_bytes())
        })
        .collect();
    let tables = Tables::new(model);
    let entries = entries(model, manual, &tables);
    let mut chunks: Vec<&[Entry<'_>]> = entries.chunks(CHUNK).collect();
    let last = chunks.pop().unwrap_or_default();
    let script = |path: String, what: &str, data: String| {
        Page::new(path, format!("changebookSearch({what}, {});\n", harmless(&data)).into_bytes())
    };
    for (number, chunk) in chunks.iter().enumerate() {
        let text = serde_json::to_string(chunk).unwrap_or_default();
        pages.push(script(format!("search/records-{number}.js"), &number.to_string(), text));
    }
    let Tables { statuses, services, labels, people } = tables;
    let shards = shards.iter().map(|(prefix, _)| prefix.as_str()).collect();
    let (types, risks, size, chunk) = (TYPES.to_vec(), RISKS, entries.len(), CHUNK);
    let index =
        Index { types, statuses, risks, services, labels, people, shards, size, chunk, entries: last };
    let text = serde_json::to_string(&index).unwrap_or_default();
    pages.push(script("search/records.js".to_owned(), "null", text));
    pages
}

/// Whose headings are answers before those of others: runbooks', then the manual's.
fn rank(model: &Model<'_>, place: usize) -> u8 {
    match model.input.state.records.get(place).map(|state| state.record_type) {
        Some(RecordType::Runbook) => 0,
        None => 1,
        Some(RecordType::Decision) => 2,
        Some(RecordType::Task) => 3,
    }
}

/// A word with the records and chapters that have it, by their numbers.
type Posting<'t> = (&'t str, Vec<usize>);

/// The words of all texts, sorted.
fn postings<'t>(names: &'t [Vec<String>], texts: &'t [Text]) -> Vec<Posting<'t>> {
    let size = texts.len().div_ceil(rayon::current_num_threads()).max(1);
    let of_part = |(part, texts)| postings_of(part * size, names, texts);
    let mut parts: Vec<Posting<'_>> = texts.par_chunks(size).enumerate().flat_map_iter(of_part).collect();
    parts.par_sort_unstable();
    let mut postings: Vec<Posting<'_>> = Vec::with_capacity(parts.len());
    for (word, records) in parts {
        match postings.last_mut() {
            Some((last, before)) if *last == word => before.extend(records),
            _ => postings.push((word, records)),
        }
    }
    postings
}

/// The words of texts that follow each other, the first of which has that number.
fn postings_of<'t>(
    first: usize,
    names: &'t [Vec<String>],
    texts: &'t [Text],
) -> FxHashMap<&'t str, Vec<usize>> {
    let mut postings: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, text) in (first..).zip(texts) {
        let named = names.get(index).into_iter().flatten().map(String::as_str);
        for word in text.words.split_ascii_whitespace().chain(named) {
            let records = postings.entry(word).or_default();
            if records.last() != Some(&index) {
                records.push(index);
            }
        }
    }
    postings
}

/// What entries name by its place.
struct Tables<'a> {
    statuses: Vec<(&'a str, &'a str)>,
    services: Vec<&'a str>,
    labels: Vec<&'a str>,
    people: Vec<&'a str>,
}

impl<'a> Tables<'a> {
    fn new(model: &'a Model<'_>) -> Self {
        let values = |kind: &str| -> Vec<&str> {
            let of_kind = model.groups.keys().filter(|(found, _)| *found == kind);
            of_kind.map(|(_, value)| value.as_str()).collect()
        };
        let statuses = crate::ledger::Status::ALL.iter();
        let statuses = statuses.map(|status| (status.as_str(), super::view::status_word(*status).0));
        Tables {
            statuses: statuses.chain([DELETED]).collect(),
            services: values("service"),
            labels: values("label"),
            people: model.input.policy.people.keys().map(String::as_str).collect(),
        }
    }
}

fn entries<'a>(model: &'a Model<'_>, manual: &'a [(String, String)], tables: &Tables<'_>) -> Vec<Entry<'a>> {
    let Tables { statuses, services, labels, people } = tables;
    let place = |list: &[&str], wanted: &str| list.iter().position(|found| *found == wanted);
    let number = |place: Option<usize>| place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
    let records = model.input.state.records.iter().enumerate().map(|(index, state)| {
        let kind = super::model::folder(state.record_type);
        let page = &model.record_pages[index];
        let plain = *page == format!("{kind}/{}.html", state.name);
        let of = |list: &[&str], values: &[String]| -> Vec<usize> {
            values.iter().filter_map(|value| place(list, value)).collect()
        };
        let acted = state.events.iter().filter_map(|event| event.by.person.as_deref());
        let people_of: BTreeSet<&str> = state.waiting_for.iter().map(String::as_str).chain(acted).collect();
        let title = if state.title() == state.name { "" } else { state.title() };
        let entry: Entry<'_> = (
            visible(&state.name),
            visible(title),
            place(&TYPES, kind).unwrap_or(0),
            number(statuses.iter().position(|(key, _)| *key == state.status.as_str())),
            number(state.risk.as_ref().and_then(|risk| place(&RISKS, risk.level.as_str()))),
            of(services, super::groups::services(state)),
            of(labels, super::groups::labels(state)),
            people_of.into_iter().filter_map(|person| place(people, person)).collect(),
            (!plain).then_some(page.as_str()),
        );
        entry
    });
    let chapters = manual.iter().map(|(page, title)| -> Entry<'_> {
        ("".into(), visible(title), 3, -1, -1, Vec::new(), Vec::new(), Vec::new(), Some(page.as_str()))
    });
    // By name and title; their words are not kept.
    let deleted = model.deleted_pages.iter().map(|(index, page)| -> Entry<'_> {
        let deleted = &model.input.deleted[*index];
        let kind = super::model::folder(deleted.record_type);
        let title = if deleted.title == deleted.name { "" } else { deleted.title.as_str() };
        let (name, title) = (visible(&deleted.name), visible(title));
        let status = number(statuses.iter().position(|status| *status == DELETED));
        let kind = place(&TYPES, kind).unwrap_or(0);
        (name, title, kind, status, -1, Vec::new(), Vec::new(), Vec::new(), Some(page.as_str()))
    });
    records.chain(chapters).chain(deleted).collect()
}

/// The words of a record's name and title.
fn names(state: &RecordState) -> Vec<String> {
    let mut words = Words::default();
    words.add(&state.name);
    words.add(state.title());
    words.lowered()
}

/// The words in files, each with the letters from which on it has them, as the inside of an object: each word with the
/// records that have it, as differences in base 36; a list of that and of its headings where it has some.
fn shards(postings: &[(&str, Vec<usize>)], headings: &ByWord) -> Vec<(String, String)> {
    let entry = |(word, records): &(&str, Vec<usize>)| {
        let mut entry = String::with_capacity(word.len() + 4 * records.len() + 8);
        push_quoted(&mut entry, word);
        entry.push(':');
        match headings.get(*word) {
            Some(found) => {
                entry.push('[');
                push_numbers(&mut entry, records);
                push_headings(&mut entry, found);
                entry.push(']');
            }
            None => push_numbers(&mut entry, records),
        }
        entry
    };
    let mut entries: Vec<(&str, String)> =
        postings.par_iter().map(|posting| (posting.0, entry(posting))).collect();
    if postings.iter().any(|(word, _)| word.chars().any(|letter| letter > '\u{ffff}')) {
        // The script finds a shard by its own order of strings.
        entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    }
    let mut shards = Vec::new();
    split(&entries, 1, &mut shards);
    shards
}

/// Neighbours that begin with the same letters share a shard as long as there is room, so that a change of one word leaves
/// the shards of other letters as they are.
fn split(entries: &[(&str, String)], length: usize, shards: &mut Vec<(String, String)>) {
    let shard = |part: &[(&str, String)]| {
        part.first().map(|(word, _)| (prefix(word, length).to_owned(), joined(part)))
    };
    let (mut start, mut end, mut room) = (0, 0, MAX_SHARD);
    for group in entries.chunk_by(|a, b| prefix(a.0, length) == prefix(b.0, length)) {
        let size: usize = group.iter().map(|(_, entry)| entry.len() + 1).sum();
        let is_split = size > MAX_SHARD && length < MAX_PREFIX && group.len() > 1;
        if is_split || size > room {
            shards.extend(shard(&entries[start..end]));
            (start, room) = (end, MAX_SHARD);
        }
        end += group.len();
        if is_split {
            split(group, length + 1, shards);
            start = end;
        } else {
            room = room.saturating_sub(size);
        }
    }
    shards.extend(shard(&entries[start..end]));
}

/// The word's first characters.
fn prefix(word: &str, length: usize) -> &str {
    word.char_indices().nth(length).map_or(word, |(end, _)| &word[..end])
}

fn joined(group: &[(&str, String)]) -> String {
    group.iter().map(|(_, entry)| entry.as_str()).collect::<Vec<_>>().join(",")
}

/// Text, anchor and numbers of each.
fn push_headings(out: &mut String, found: &[HeadingFound]) {
    for (index, HeadingFound { text, id, places }) in found.iter().enumerate() {
        out.push_str(if index == 0 { ",[[" } else { ",[" });
        out.push_str(&quoted(&visible(text)));
        out.push(',');
        out.push_str(&quoted(id));
        out.push(',');
        push_numbers(out, places);
        out.push(']');
    }
    out.push(']');
}

fn push_numbers(text: &mut String, records: &[usize]) {
    text.push('"');
    let mut before = 0;
    for (position, record) in records.iter().enumerate() {
        if position > 0 {
            text.push(' ');
        }
        push_base36(text, record - before);
        before = *record;
    }
    text.push('"');
}

fn push_base36(text: &mut String, mut number: usize) {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = ['0'; usize::BITS as usize];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = char::from(DIGITS[number % 36]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    text.extend(&digits[from..]);
}

/// The shard's file: letters and digits stay, other characters are their numbers.
fn shard_name(prefix: &str) -> String {
    let mut name = String::new();
    for character in prefix.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else {
            let _ = write!(name, "_{:x}", u32::from(character));
        }
    }
    name
}

fn push_quoted(out: &mut String, word: &str) {
    if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        out.push('"');
        out.push_str(word);
        out.push('"');
    } else {
        out.push_str(&quoted(word));
    }
}

fn quoted(text: &str) -> String {
    harmless(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()))
}

/// JSON that is also a script: no sign in it ends a line or an element.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests;
