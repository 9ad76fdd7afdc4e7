//! Completion and hover in `policy.toml`: keys by its schema, names by the policy, and what a rule matches in this book.

use lsp_types::CompletionItemKind;
use serde_json::Value;

use super::completion::{Candidate, people, roles, used, word_start};
use super::hover::{escape, of_person, of_role};
use super::open_books::DocumentContext;
use super::place::quoted;
use crate::editor::schema::schema;
use crate::ledger::RecordState;
use crate::policy::{NameGlobs, PathGlobs};
use crate::record::{Details, Record, Task, normalize_review};

/// So many matches are named; the rest are counted.
const MOST_NAMED: usize = 8;

/// Where in the file's tables a place is: `category`, `terraform`, `types`.
struct At {
    /// Header and keys; the last one is the key whose value is there.
    path: Vec<String>,
    /// Whether a value stands there, and not a key.
    in_value: bool,
    /// Whether it is a table's header.
    in_header: bool,
}

/// What stands in the brackets of a table's header; `None` for any other line.
fn header(line: &str) -> Option<&str> {
    let (inner, behind) = line.trim_start_matches('[').split_once(']')?;
    let behind = behind.trim_start_matches(']').trim();
    let is_header = line.starts_with('[') && (behind.is_empty() || behind.starts_with('#'));
    Some(inner).filter(|inner| is_header && !inner.contains(['"', ',']))
}

/// Reads the lines before a place. Good enough for a text that is being typed, which no parser takes.
fn place(text: &str) -> At {
    let (before, line) = text.rsplit_once('\n').unwrap_or(("", text));
    let mut path = before.lines().rev().find_map(header).map(keys).unwrap_or_default();
    if line.starts_with('[') {
        return At { path: keys(line.trim_start_matches('[')), in_value: false, in_header: true };
    }
    let after_header = before.rfind("\n[").map_or(before, |at| &before[at..]);
    let open_list = after_header.rfind('=').map(|at| &after_header[at..]);
    let open_list = open_list.filter(|rest| rest.matches('[').count() > rest.matches(']').count());
    let statement = match (line.contains('='), open_list) {
        (true, _) => line,
        (false, Some(_)) => {
            let start = after_header.rfind('=').unwrap_or(0);
            let line_start = after_header[..start].rfind('\n').map_or(0, |at| at + 1);
            &after_header[line_start..=start]
        }
        (false, None) => return At { path, in_value: false, in_header: false },
    };
    let (key, rest) = statement.split_once('=').unwrap_or((statement, ""));
    path.extend(keys(key));
    // `{ role = "…", via = ` within one line.
    let inner = rest.rfind('{').map(|open| &rest[open + 1..]).filter(|inner| !inner.contains('}'));
    let mut in_value = true;
    if let Some(inner) = inner {
        let last = inner.rsplit(',').next().unwrap_or(inner);
        in_value = last.contains('=');
        if in_value {
            path.extend(last.split('=').next().map(keys).unwrap_or_default());
        }
    }
    At { path, in_value, in_header: false }
}

/// The parts of a dotted key, without quotes.
fn keys(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for character in text.trim().chars() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '.') => parts.push(String::new()),
            (None, c) if c.is_whitespace() => {}
            (_, c) => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts
}

/// The parts of a schema that describe what stands at a path.
fn described<'s>(schema: &'s Value, path: &[String]) -> Vec<&'s Value> {
    let mut found = vec![schema];
    for key in path {
        let step = |inner: &'s Value| {
            let named = inner["properties"].get(key.as_str());
            named.or_else(|| inner.get("additionalProperties").filter(|other| other.is_object()))
        };
        found = found.into_iter().flat_map(alternatives).filter_map(step).collect();
    }
    found.into_iter().flat_map(alternatives).collect()
}

/// A description, or those of its alternatives and of its list's entries.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let any = schema["anyOf"].as_array().into_iter().flatten().flat_map(alternatives);
    let items = schema.get("items").into_iter().flat_map(alternatives);
    std::iter::once(schema).chain(any).chain(items).collect()
}

/// What could stand at the end of `text`, the file up to the cursor.
pub(super) fn complete(context: &DocumentContext<'_>, text: &str) -> (usize, Vec<Candidate>) {
    let line = &text[text.rfind('\n').map_or(0, |newline| newline + 1)..];
    let at = place(text);
    let Some(schema) = schema("policy") else { return (line.len(), Vec::new()) };
    if at.in_header {
        let start = line.len() - line.trim_start_matches('[').len();
        return (start, headers(&schema));
    }
    if at.in_value {
        let open = line.rfind('"').filter(|_| line.matches('"').count() % 2 == 1);
        let mut values = values(context, &schema, &at.path);
        if open.is_none() {
            let is_bare = |text: &str| text == "true" || text == "false";
            for value in values.iter_mut().filter(|value| !is_bare(&value.text)) {
                value.text = format!("\"{}\"", value.text);
            }
        }
        return (open.map_or_else(|| word_start(line), |quote| quote + 1), values);
    }
    let keys = described(&schema, &at.path).into_iter().filter_map(|inner| inner["properties"].as_object());
    let mut names: Vec<&String> = keys.flat_map(|properties| properties.keys()).collect();
    names.dedup();
    let key = |name: &String| candidate(name, "", CompletionItemKind::FIELD);
    (word_start(line), names.into_iter().map(key).collect())
}

fn candidate(text: &str, detail: &str, kind: CompletionItemKind) -> Candidate {
    Candidate { text: text.to_owned(), detail: detail.to_owned(), kind }
}

/// Tables that a file may have; those of a closed set by their names.
fn headers(schema: &Value) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let is_table = inner["type"] == "object" || inner["items"]["type"] == "object";
        if is_table {
            found.push(candidate(name, "table", CompletionItemKind::MODULE));
        }
        let closed = inner["properties"].as_object().into_iter().flatten();
        for (child, _) in closed.filter(|(_, child)| child["type"] == "object") {
            found.push(candidate(&format!("{name}.{child}"), "table", CompletionItemKind::MODULE));
        }
    }
    found
}

fn values(context: &DocumentContext<'_>, schema: &Value, path: &[String]) -> Vec<Candidate> {
    let policy = context.loaded.policy();
    let first = path.first().map(String::as_str).unwrap_or_default();
    let last = path.last().map(String::as_str).unwrap_or_default();
    let value = |text: &str, detail: &str| candidate(text, detail, CompletionItemKind::VALUE);
    let mut found: Vec<Candidate> = Vec::new();
    for inner in described(schema, path) {
        let words = inner["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(words.map(|word| value(word, "")));
        found.extend(inner["const"].as_str().map(|word| value(word, "any listed person")));
        if inner["type"] == "boolean" {
            found.extend(["true", "false"].map(|word| value(word, "")));
        }
    }
    match (first, last) {
        ("roles", _) => found.extend(people(policy)),
        (_, "deployers") => found.extend(roles(policy).into_iter().chain(people(policy))),
        ("reviews", _) | (_, "roles" | "policy-roles" | "role") => found.extend(roles(policy)),
        (_, "window" | "windows") => found.extend(policy.windows.keys().map(|name| value(name, "window"))),
        (_, "environments") => {
            found.extend(
                policy.environments.iter().map(|environment| value(&environment.name, "environment")),
            );
        }
        (_, "services") => {
            found.extend(used(context, "services").iter().map(|name| value(name, "used in records")))
        }
        ("category", "name") => {
            found.extend(policy.categories.iter().map(|known| value(&known.name, known.risk.as_str())));
        }
        (_, "sections") => found.extend(section_titles(context).iter().map(|title| value(title, "section"))),
        (_, "items" | "communication" | "deployed-by") => {
            found.extend(item_texts(context).iter().map(|text| value(text, "an item of records")));
        }
        _ => {}
    }
    found
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}

fn section_titles(context: &DocumentContext<'_>) -> Vec<String> {
    let records = context.open.records.values();
    distinct(records.flat_map(|record| record.sections.iter().map(|section| section.title.clone())))
}

fn item_texts(context: &DocumentContext<'_>) -> Vec<String> {
    let records = context.open.records.values();
    distinct(records.flat_map(|record| record.items.iter().map(|item| item.text.clone())))
}

/// What is known of what stands at an offset, with its span.
pub(super) fn hover(
    context: &DocumentContext<'_>,
    offset: usize,
) -> Option<(std::ops::Range<usize>, String)> {
    let source = &context.document.text;
    let line_start = source.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = source[offset..].find('\n').map_or(source.len(), |at| offset + at);
    let span = quoted(source, line_start..line_end, offset).or_else(|| super::place::word(source, offset))?;
    let word = &source[span.clone()];
    let mut at = place(&source[..span.end]);
    if !at.in_value && !at.in_header {
        at.path.push(word.to_owned());
    }
    let policy = context.loaded.policy();
    let path: Vec<&str> = at.path.iter().map(String::as_str).collect();
    let markdown = match path.as_slice() {
        ["people", ..] | ["roles", ..] if policy.people.contains_key(word) => of_person(policy, word)?,
        ["paths", "infrastructure"] => of_paths(context, word)?,
        [.., "types" | "except" | "only" | "into"] if path.contains(&"terraform") => of_types(context, word)?,
        ["category", "name"] | ["categories"] => of_category(context, word)?,
        ["windows", ..] | [.., "window" | "windows"] if policy.windows.contains_key(word) => {
            of_tasks(context, "is the window of", |task| task.window.as_deref() == Some(word))
        }
        ["environments", "name"] | [.., "environments"] if policy.environment(word).is_some() => {
            of_tasks(context, "is an environment of", |task| {
                task.environments.iter().any(|name| name == word)
            })
        }
        ["freeze", "services"] => {
            of_tasks(context, "is a service of", |task| task.services.iter().any(|name| name == word))
        }
        ["reviews", ..] | ["environments", "deployed-by"] | [.., "items" | "communication"] => {
            of_role(policy, word).or_else(|| of_item(context, word))?
        }
        _ => of_role(policy, word).or_else(|| of_person(policy, word))?,
    };
    Some((span, markdown))
}

fn named(names: &[String], of_all: usize) -> String {
    let shown: Vec<String> =
        names.iter().take(MOST_NAMED).map(|name| format!("`{}`", name.replace('`', "'"))).collect();
    let more = of_all.saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn ids_of<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<String> {
    records.filter_map(|record| record.id.as_ref().map(ToString::to_string)).collect()
}

fn of_tasks(context: &DocumentContext<'_>, verb: &str, fits: impl Fn(&Task) -> bool) -> String {
    let fits = |record: &&Record| matches!(&record.details, Details::Task(task) if fits(task));
    let ids = ids_of(context.open.records.values().filter(fits));
    match ids.len() {
        0 => format!("{verb} no task of this book"),
        1 => format!("{verb} {}", named(&ids, 1)),
        count => format!("{verb} {count} tasks: {}", named(&ids, count)),
    }
}

/// Files of the commit that is read; the work tree beyond the book is not looked at.
fn of_paths(context: &DocumentContext<'_>, pattern: &str) -> Option<String> {
    let globs = PathGlobs::parse(&[pattern.to_owned()]).ok()?;
    let head = context.loaded.commit()?;
    let files = context.open.book.repository.files(head, "").ok()?;
    let matching: Vec<String> =
        files.into_iter().map(|(path, _)| path).filter(|path| globs.matches(path)).collect();
    Some(match matching.len() {
        0 => "matches no file that is committed".to_owned(),
        count => format!("matches {count} committed files: {}", named(&matching, count)),
    })
}

/// Resources in the recorded plans.
fn of_types(context: &DocumentContext<'_>, pattern: &str) -> Option<String> {
    let globs = NameGlobs::parse(&[pattern.to_owned()]).ok()?;
    let mut resources: Vec<String> = Vec::new();
    for record in context.open.records.values() {
        let (Some(id), Some(section)) = (&record.id, record.section("Plan")) else { continue };
        let addresses = record.text(section.content.clone()).lines().filter_map(address);
        let matching = addresses.filter(|(_, kind)| globs.matches(kind));
        resources.extend(matching.map(|(address, _)| format!("{address} ({id})")));
    }
    Some(match resources.len() {
        0 => "matches no resource of a recorded plan".to_owned(),
        count => format!("matches {count} resources of recorded plans: {}", named(&resources, count)),
    })
}

/// The address in a line of a plan's list, and its type.
fn address(line: &str) -> Option<(&str, &str)> {
    let (sign, rest) = line.trim().split_once(' ')?;
    let address = rest.trim().split(' ').next().filter(|_| ["+", "-", "~", "-/+", "+/-"].contains(&sign))?;
    let mut parts = address.split('.');
    let mut part = parts.next()?;
    while part == "module" {
        parts.next()?;
        part = parts.next()?;
    }
    Some((address, if part == "data" { parts.next()? } else { part }))
}

/// Tasks that declare a category, and those in which it was found.
fn of_category(context: &DocumentContext<'_>, name: &str) -> Option<String> {
    let category = context.loaded.policy().category(name)?;
    let declared = of_tasks(context, "declared by", |task| task.categories.iter().any(|known| known == name));
    let policy = context.loaded.policy();
    let states = context.loaded.state.records.iter();
    let has_it = |state: &&RecordState| {
        state.evidence_files().any(|file| file.found(policy).categories().contains(&name))
    };
    let found = ids_of(states.filter(has_it).map(|state| &*state.record));
    let found = format!("found in the evidence of {}", named(&found, found.len()));
    Some(format!("**{}**: risk {}\n\n{declared}\n\n{found}", escape(name), category.risk.as_str()))
}

/// Records that have an item.
fn of_item(context: &DocumentContext<'_>, text: &str) -> Option<String> {
    let wanted = normalize_review(text);
    let items = context.open.records.values().filter_map(|record| {
        let item = record.items.iter().find(|item| normalize_review(&item.text) == wanted)?;
        Some((record, item.checked))
    });
    let (all, ticked): (Vec<&Record>, Vec<bool>) = items.unzip();
    let ticked = ticked.into_iter().filter(|checked| *checked).count();
    let ids = ids_of(all.into_iter());
    Some(match ids.len() {
        0 => "no record has this item".to_owned(),
        count => format!("an item of {count} records, ticked in {ticked}: {}", named(&ids, count)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_text_that_is_typed() {
        let at = |text: &str| {
            let at = place(text);
            (at.path.join("/"), at.in_value)
        };
        assert_eq!(at("book = \"a\"\ntru"), (String::new(), false));
        assert_eq!(at("[roles]\ncab = [\"ana\", \""), ("roles/cab".to_owned(), true));
        assert_eq!(at("[roles]\ncab = [\n  \"ana\",\n  \""), ("roles/cab".to_owned(), true));
        assert_eq!(at("[roles]\ncab = [\"a\"]\nd"), ("roles".to_owned(), false));
        assert_eq!(at("[reviews]\n\"A. b\" = { role = \""), ("reviews/A. b/role".to_owned(), true));
        assert_eq!(at("[reviews]\n\"A\" = { ro"), ("reviews/A".to_owned(), false));
        assert_eq!(at("[[category]]\nterraform.types = [\""), ("category/terraform/types".to_owned(), true));
        assert_eq!(at("[windows.a] # Saturday\nstart = \""), ("windows/a/start".to_owned(), true));
        assert!(place("[roles]\n[ri").in_header);
    }

    #[test]
    fn addresses() {
        assert_eq!(address("  + aws_vpc.main"), Some(("aws_vpc.main", "aws_vpc")));
        assert_eq!(address("-/+ module.a[0].module.b.aws_x.y[\"k\"]").unwrap().1, "aws_x");
        assert_eq!(address("~ data.aws_ami.z (3 more)").unwrap(), ("data.aws_ami.z", "aws_ami"));
        assert_eq!(address("Plan: 3 to add"), None);
    }
}
