//! Edits of the frontmatter.

use std::ops::Range;

use serde_json::Value as Json;
use toml_edit::{Document, Item, Key, Table, Value};

use super::super::frontmatter::{parse_table, read_fields};
use super::super::layout::find_layout;
use super::{EditError, line_end, line_ending, line_start, splice};

/// Sets a top-level key. A new key goes behind the last one that stands outside `[tables]`; a present one
/// keeps its place and the comment behind it.
///
/// # Errors
/// [`EditError::Broken`] without readable frontmatter, [`EditError::IsTable`] when the key has entries.
pub fn set_field(source: &str, key: &str, value: Value) -> Result<String, EditError> {
    let frontmatter = Frontmatter::read(source)?;
    let edited = match frontmatter.document.get_key_value(key) {
        Some((_, Item::Value(old))) => frontmatter.replace(old, value),
        Some(_) => return Err(EditError::IsTable { key: key.to_owned() }),
        None => frontmatter.insert_line(frontmatter.end_of_values(), &[key], value),
    };
    frontmatter.checked(edited, &[key])
}

/// Sets one entry of a top-level table, such as `plan.production`, in whatever form the table is written.
///
/// # Errors
/// [`EditError::Broken`] without readable frontmatter, [`EditError::IsValue`] when `table` is no table.
pub fn set_nested_field(source: &str, table: &str, key: &str, value: Value) -> Result<String, EditError> {
    let frontmatter = Frontmatter::read(source)?;
    let edited = match frontmatter.document.get(table) {
        None => frontmatter.insert_line(frontmatter.end_of_values(), &[table, key], value),
        Some(Item::Table(entries)) => match entries.get(key) {
            Some(Item::Value(old)) => frontmatter.replace(old, value),
            None if entries.is_dotted() => {
                frontmatter.insert_line(frontmatter.end_of_entries(entries), &[table, key], value)
            }
            _ => frontmatter.rewrite(|document| document[table][key] = Item::Value(value)),
        },
        Some(Item::Value(Value::InlineTable(entries))) => match entries.get(key) {
            Some(old) => frontmatter.replace(old, value),
            None => match entries.iter().filter_map(|(_, entry)| Some(entry.span()?.end)).max() {
                Some(end) if !entries.iter().any(|(_, entry)| is_dotted(entry)) => {
                    splice(frontmatter.text, end..end, &format!(", {}", line(&[key], value)))
                }
                _ => frontmatter.rewrite(|document| document[table][key] = Item::Value(value)),
            },
        },
        Some(_) => return Err(EditError::IsValue { key: table.to_owned() }),
    };
    frontmatter.checked(edited, &[table])
}

/// Removes a top-level key with all its entries; its line goes, comments on lines of their own stay.
/// Nothing changes when it is not there.
///
/// # Errors
/// [`EditError::Broken`] without readable frontmatter.
pub fn remove_field(source: &str, key: &str) -> Result<String, EditError> {
    let frontmatter = Frontmatter::read(source)?;
    let edited = match frontmatter.document.get_key_value(key) {
        None => return Ok(source.to_owned()),
        Some((name, Item::Value(old))) => frontmatter.cut(&[lines_of(frontmatter.text, name, old)]),
        Some((_, Item::Table(entries))) if entries.is_dotted() => {
            let mut lines = Vec::new();
            frontmatter.collect_lines(entries, &mut lines);
            frontmatter.cut(&lines)
        }
        Some(_) => frontmatter.rewrite(|document| {
            document.remove(key);
        }),
    };
    frontmatter.checked(edited, &[key])
}

/// The frontmatter of a text, with the places of everything in it.
struct Frontmatter<'a> {
    source: &'a str,
    range: Range<usize>,
    text: &'a str,
    document: Document<&'a str>,
}

impl<'a> Frontmatter<'a> {
    fn read(source: &'a str) -> Result<Self, EditError> {
        let broken = |reason: &str| EditError::Broken { reason: reason.to_owned() };
        let range = find_layout(source).frontmatter.ok_or_else(|| broken("it has no frontmatter"))?;
        let text = &source[range.clone()];
        parse_table(text).map_err(|trouble| broken(&trouble.message))?;
        let document = Document::parse(text).map_err(|error| broken(error.message()))?;
        Ok(Frontmatter { source, range, text, document })
    }

    /// The new frontmatter with one value replaced.
    fn replace(&self, old: &Value, new: Value) -> String {
        let span = old.span().expect("a parsed document knows where its values stand");
        splice(self.text, span, &written(new))
    }

    /// The new frontmatter with a line `key = value` at `offset`, the start of a line.
    fn insert_line(&self, offset: usize, keys: &[&str], value: Value) -> String {
        splice(self.text, offset..offset, &(line(keys, value) + line_ending(self.source)))
    }

    /// The new frontmatter without these lines.
    fn cut(&self, lines: &[Range<usize>]) -> String {
        let mut lines = lines.to_vec();
        lines.sort_by_key(|range| range.start);
        lines.into_iter().rev().fold(self.text.to_owned(), |text, range| splice(&text, range, ""))
    }

    /// The new frontmatter as the TOML writer has it, for forms that a line cannot express. The writer makes
    /// all line ends alike, so lines outside the edit are taken from the old text.
    fn rewrite(&self, edit: impl FnOnce(&mut toml_edit::DocumentMut)) -> String {
        let mut document = self.document.clone().into_mut();
        edit(&mut document);
        keep_lines(self.text, &document.to_string(), line_ending(self.source))
    }

    /// Behind the last key outside `[tables]`; the start when there is none.
    fn end_of_values(&self) -> usize {
        self.end_of_entries(self.document.as_table())
    }

    fn end_of_entries(&self, table: &Table) -> usize {
        let mut lines = Vec::new();
        self.collect_lines(table, &mut lines);
        lines.into_iter().map(|range| range.end).max().unwrap_or(0)
    }

    /// The lines of a table's entries, as far as they are written `key = value` or `a.b = value`.
    fn collect_lines(&self, table: &Table, lines: &mut Vec<Range<usize>>) {
        for (name, item) in table.iter() {
            match item {
                Item::Value(value) => {
                    let key = table.key(name).expect("the table has the keys that it lists");
                    lines.push(lines_of(self.text, key, value));
                }
                Item::Table(nested) if nested.is_dotted() => self.collect_lines(nested, lines),
                _ => {}
            }
        }
    }

    /// The whole text with the new frontmatter, when no other key has changed.
    fn checked(&self, edited: String, keys: &[&str]) -> Result<String, EditError> {
        let refused = || EditError::WouldChangeMeaning { what: format!("`{}`", keys.join("`, `")) };
        let others = |text: &str| -> Option<Vec<(String, Json)>> {
            let fields = read_fields(&parse_table(text).ok()?, 0);
            let others = fields.into_iter().filter(|field| !keys.contains(&field.key.as_str()));
            Some(others.map(|field| (field.key, field.value)).collect())
        };
        let result = splice(self.source, self.range.clone(), &edited);
        let expected = self.range.start..self.range.start + edited.len();
        let same = others(self.text).is_some_and(|old| others(&edited) == Some(old));
        if same && find_layout(&result).frontmatter == Some(expected) { Ok(result) } else { Err(refused()) }
    }
}

/// The whole lines that `key = value` fills, its comment included.
fn lines_of(text: &str, key: &Key, value: &Value) -> Range<usize> {
    let key = key.span().expect("a parsed document knows where its keys stand");
    let value = value.span().expect("a parsed document knows where its values stand");
    line_start(text, key.start)..line_end(text, value.end)
}

/// `a.b = value`.
fn line(keys: &[&str], value: Value) -> String {
    let keys: Vec<String> = keys.iter().map(|key| Key::new(*key).display_repr().into_owned()).collect();
    format!("{} = {}", keys.join("."), written(value))
}

/// Whether an entry of an inline table is written `a.b = value`, so that its own span says too little.
fn is_dotted(value: &Value) -> bool {
    value.as_inline_table().is_some_and(toml_edit::InlineTable::is_dotted)
}

/// A value without the blanks around it, on one line where TOML has such a form.
fn written(value: Value) -> String {
    value.decorated("", "").to_string()
}

/// `new` with `line_ending`, and with the lines that begin and end both texts alike taken from `old`.
fn keep_lines(old: &str, new: &str, line_ending: &str) -> String {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let same = |(a, b): &(&&str, &&str)| content(a) == content(b);
    let n_before = old_lines.iter().zip(&new_lines).take_while(same).count();
    let n_after =
        old_lines[n_before..].iter().rev().zip(new_lines[n_before..].iter().rev()).take_while(same).count();
    let mut text: String = old_lines[..n_before].concat();
    for line in &new_lines[n_before..new_lines.len() - n_after] {
        text.push_str(content(line));
        text.push_str(line_ending);
    }
    text.push_str(&old_lines[old_lines.len() - n_after..].concat());
    text
}

fn content(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}
