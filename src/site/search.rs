//! The search index: script files that hand their data to one function, since a page on disk may load
//! scripts of its own folder and nothing else.
//!
//! `search/records.js` says what there is, by short tables; `search/words-XX.js` holds the words that begin
//! with `XX` and which records have them. A reader loads the first with the first key, and a shard when its
//! letters are typed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pulldown_cmark::{Event, Parser};
use rayon::prelude::*;
use serde::Serialize;

use super::input::Page;
use super::model::Model;
use crate::record::markdown_options;

/// A shard that is larger than this is split by one letter more, in bytes.
const MAX_SHARD: usize = 16 * 1024;
/// Longest prefix that names a shard, in characters.
const MAX_PREFIX: usize = 4;
/// Words of a text that are kept: longer ones are digests and keys.
const MAX_WORD: usize = 32;

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
    /// Prefixes that have a shard.
    shards: Vec<&'a str>,
    entries: Vec<Entry<'a>>,
}

/// Name, title, type, status, risk, services, labels, people, page where it is not `folder/name.html`.
type Entry<'a> = (&'a str, &'a str, usize, i32, i32, Vec<usize>, Vec<usize>, Vec<usize>, Option<&'a str>);

const TYPES: [&str; 4] = ["tasks", "decisions", "runbooks", "manual"];

/// The files of the index.
pub(super) fn pages(model: &Model<'_>, manual: &[(String, String)]) -> Vec<Page> {
    let n_records = model.input.state.records.len();
    let texts: Vec<BTreeSet<String>> = (0..n_records + model.manual.len())
        .into_par_iter()
        .map(|index| match model.input.state.records.get(index) {
            Some(state) => {
                let body = state.record.source.get(state.record.body_start..).unwrap_or("");
                words(&format!("{} {}", state.name, state.title()), body)
            }
            None => {
                let file = model.manual[index - n_records].file;
                words("", &String::from_utf8_lossy(&file.bytes))
            }
        })
        .collect();
    let mut postings: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, text) in texts.iter().enumerate() {
        for word in text {
            postings.entry(word).or_default().push(index);
        }
    }
    let shards = shards(&postings);
    let mut pages: Vec<Page> = shards
        .iter()
        .map(|(prefix, body)| Page {
            path: format!("search/words-{}.js", shard_name(prefix)),
            bytes: format!("changebookSearch({}, {{{body}}});\n", quoted(prefix)).into_bytes(),
        })
        .collect();
    let index = index(model, manual, &shards);
    let text = serde_json::to_string(&index).unwrap_or_default();
    pages.push(Page {
        path: "search/records.js".to_owned(),
        bytes: format!("changebookSearch(null, {});\n", harmless(&text)).into_bytes(),
    });
    pages
}

fn index<'a>(
    model: &'a Model<'_>,
    manual: &'a [(String, String)],
    shards: &'a [(String, String)],
) -> Index<'a> {
    let values = |kind: &str| -> Vec<&str> {
        let of_kind = model.groups.keys().filter(|(found, _)| *found == kind);
        of_kind.map(|(_, value)| value.as_str()).collect()
    };
    let (services, labels) = (values("service"), values("label"));
    let people: Vec<&str> = model.input.policy.people.keys().map(String::as_str).collect();
    let risks = ["low", "medium", "high"];
    let statuses: Vec<(&str, &str)> = crate::ledger::Status::ALL
        .iter()
        .map(|status| (status.as_str(), super::view::status_word(*status).0))
        .collect();
    let place = |list: &[&str], wanted: &str| list.iter().position(|found| *found == wanted);
    let number = |place: Option<usize>| place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
    let records = model.input.state.records.iter().enumerate().map(|(index, state)| {
        let kind = super::model::folder(state.record_type);
        let page = &model.record_pages[index];
        let plain = *page == format!("{kind}/{}.html", state.name);
        let of = |list: &[&str], values: &[String]| -> Vec<usize> {
            values.iter().filter_map(|value| place(list, value)).collect()
        };
        let people_of = state.waiting_for.iter().cloned();
        let people_of =
            people_of.chain(state.created.iter().filter_map(|by| by.person.as_deref().map(str::to_owned)));
        let people_of: BTreeSet<String> = people_of.collect();
        let people_of: Vec<String> = people_of.into_iter().collect();
        let title = if state.title() == state.name { "" } else { state.title() };
        let entry: Entry<'_> = (
            &state.name,
            title,
            place(&TYPES, kind).unwrap_or(0),
            number(statuses.iter().position(|(key, _)| *key == state.status.as_str())),
            number(state.risk.as_ref().and_then(|risk| place(&risks, risk.level.as_str()))),
            of(&services, super::groups::services(state)),
            of(&labels, super::groups::labels(state)),
            of(&people, &people_of),
            (!plain).then_some(page.as_str()),
        );
        entry
    });
    let chapters = manual.iter().map(|(page, title)| -> Entry<'_> {
        ("", title, 3, -1, -1, Vec::new(), Vec::new(), Vec::new(), Some(page.as_str()))
    });
    Index {
        types: TYPES.to_vec(),
        entries: records.chain(chapters).collect(),
        statuses,
        risks,
        services,
        labels,
        people,
        shards: shards.iter().map(|(prefix, _)| prefix.as_str()).collect(),
    }
}

/// The words of a record: of its name, its title, and its text without markup.
fn words(head: &str, markdown: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    collect(&mut words, head);
    for event in Parser::new_ext(markdown, markdown_options()) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                collect(&mut words, &text);
            }
            _ => {}
        }
    }
    words
}

/// Letters and digits in lower case; what is joined by `-`, `_` or `.` is also known by its parts.
fn collect(words: &mut BTreeSet<String>, text: &str) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    for whole in text.split(|c: char| !is_part(c)) {
        let whole = whole.trim_matches(|c: char| !c.is_alphanumeric());
        let mut add = |word: &str| {
            let length = word.chars().count();
            if (2..=MAX_WORD).contains(&length) {
                let word: String = word.chars().flat_map(char::to_lowercase).collect();
                words.insert(word);
            }
        };
        add(whole);
        if whole.contains(['-', '_', '.']) {
            whole.split(['-', '_', '.']).for_each(add);
        }
    }
}

/// The words in files by their first letters, as the inside of an object: each word with the records that have
/// it, as differences in base 36.
fn shards(postings: &BTreeMap<&str, Vec<usize>>) -> Vec<(String, String)> {
    let entries: Vec<(&str, String)> = postings
        .iter()
        .map(|(word, records)| (*word, format!("{}:{}", quoted(word), numbers(records))))
        .collect();
    let mut shards = Vec::new();
    split(&entries, 2, &mut shards);
    shards
}

fn split(entries: &[(&str, String)], length: usize, shards: &mut Vec<(String, String)>) {
    let prefix = |word: &str| word.chars().take(length).collect::<String>();
    for group in entries.chunk_by(|a, b| prefix(a.0) == prefix(b.0)) {
        let size: usize = group.iter().map(|(_, entry)| entry.len() + 1).sum();
        let whole = prefix(group[0].0);
        // Words as long as the prefix stand in a shard of their own, which the next letters do not reach.
        if size > MAX_SHARD && length < MAX_PREFIX && group.len() > 1 {
            let short = group.partition_point(|(word, _)| word.chars().count() <= length);
            if short > 0 {
                shards.push((whole, joined(&group[..short])));
            }
            split(&group[short..], length + 1, shards);
        } else {
            shards.push((whole, joined(group)));
        }
    }
}

fn joined(group: &[(&str, String)]) -> String {
    group.iter().map(|(_, entry)| entry.as_str()).collect::<Vec<_>>().join(",")
}

fn numbers(records: &[usize]) -> String {
    let mut text = String::from("\"");
    let mut before = 0;
    for (position, record) in records.iter().enumerate() {
        if position > 0 {
            text.push(' ');
        }
        push_base36(&mut text, record - before);
        before = *record;
    }
    text.push('"');
    text
}

fn push_base36(text: &mut String, mut number: usize) {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        digits.push(DIGITS[number % 36]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    text.extend(digits.iter().rev().map(|digit| char::from(*digit)));
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

fn quoted(text: &str) -> String {
    harmless(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()))
}

/// JSON that is also a script: no sign in it ends a line or an element.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_whole_and_by_their_parts() {
        let found = words("INFRA-150 Größe", "Use `redis.tf` and **r6g.large**, a_b x");
        let expected = [
            "150",
            "a_b",
            "and",
            "größe",
            "infra",
            "infra-150",
            "large",
            "r6g",
            "r6g.large",
            "redis",
            "redis.tf",
            "tf",
            "use",
        ];
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn numbers_are_differences_in_base_36() {
        assert_eq!(numbers(&[0, 5, 41, 41 + 36 * 36]), "\"0 5 10 100\"");
        assert_eq!(shard_name("aß"), "a_df");
        assert_eq!(quoted("</script>\u{2028}"), "\"\\u003c/script>\\u2028\"");
    }

    #[test]
    fn a_large_shard_is_split_and_its_short_words_stay_together() {
        let many: Vec<String> = (0..3000).map(|n| format!("re{n:04}")).collect();
        let mut postings: BTreeMap<&str, Vec<usize>> = many.iter().map(|w| (w.as_str(), vec![1])).collect();
        postings.insert("re", vec![2]);
        let shards = shards(&postings);
        let names: Vec<&str> = shards.iter().map(|(prefix, _)| prefix.as_str()).collect();
        assert_eq!(names[0], "re");
        assert_eq!(shards[0].1, "\"re\":\"2\"");
        assert!(names.contains(&"re0") || names.iter().any(|name| name.starts_with("re0")), "{names:?}");
        assert!(shards.iter().all(|(_, body)| body.len() <= MAX_SHARD + 100));
    }
}
