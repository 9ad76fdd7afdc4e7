//! Gives a record another number, in its own text and wherever it is referred to.

use std::collections::{BTreeMap, HashSet};

use crate::book::{Book, BookError, Loaded, Twins};
use crate::policy::Policy;
use crate::record::{Details, Record, RecordId, RecordType, edit};

/// Everything that a renumbering changes.
#[derive(Debug, Clone)]
pub struct Renumbering {
    /// The ID before.
    pub old: RecordId,
    /// The ID after.
    pub new: RecordId,
    /// The path of the record that keeps the ID, when there were two.
    pub kept: Option<String>,
    /// New texts by path; `None` for a file that is gone.
    pub files: Vec<(String, Option<String>)>,
    /// Lines that name the ID and may mean either record, as `path:line`; they stay as they are.
    pub unsure: Vec<String>,
}

/// Why there is no renumbering.
#[derive(Debug, thiserror::Error)]
pub enum RenumberError {
    /// The book cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The record cannot be moved.
    #[error("`{path}` cannot take another number: {reason}")]
    Record {
        /// In the book.
        path: String,
        /// Why.
        reason: String,
    },
    /// Nothing is free.
    #[error("no ID like `{id}` is free")]
    NothingFree {
        /// The ID.
        id: String,
    },
}

/// Gives the one of two records that landed later the next free ID. Lines that name the ID follow it where only
/// its side of history has them.
///
/// # Errors
/// [`RenumberError`].
pub fn part(book: &Book, loaded: &Loaded, twins: &Twins) -> Result<Renumbering, RenumberError> {
    let moved = &twins.moved;
    let record = parse(&moved.path, &moved.text);
    let old = record.id.clone().ok_or_else(|| refused(&moved.path, "the file's name gives no ID"))?;
    let new = book.next_id_like(&loaded.policy, &old)?;
    let new = new.ok_or_else(|| RenumberError::NothingFree { id: old.to_string() })?;
    let text = renumbered(&record, &loaded.policy, &new).map_err(|reason| refused(&moved.path, &reason))?;
    let mut files = vec![(new_path(&moved.path, &new), Some(text))];
    match twins.in_conflict {
        true => files.push((twins.kept.path.clone(), Some(twins.kept.text.clone()))),
        false => files.push((moved.path.clone(), None)),
    }
    let mut unsure = Vec::new();
    for (path, text) in book.texts_of_work_tree(loaded)? {
        if path == moved.path || path == twins.kept.path || !mentions(&text, &old) {
            continue;
        }
        let lines = |commit| -> Result<HashSet<String>, BookError> {
            let text = book.text(Some(commit), &path)?.unwrap_or_default();
            Ok(text.lines().map(|line| line.trim_end().to_owned()).collect())
        };
        let (with_moved, with_kept) = (lines(moved.commit)?, lines(twins.kept.commit)?);
        let belongs = |line: &str| with_moved.contains(line) && !with_kept.contains(line);
        let doubtful = |line: &str| mentions(line, &old) && !belongs(line) && !with_kept.contains(line);
        let numbered = text.lines().enumerate().filter(|(_, line)| doubtful(line.trim_end()));
        unsure.extend(numbered.map(|(number, _)| format!("{path}:{}", number + 1)));
        let edited = with_references(&text, &old, &new, &belongs);
        if edited != text {
            files.push((path, Some(edited)));
        }
    }
    Ok(Renumbering { old, new, kept: Some(twins.kept.path.clone()), files, unsure })
}

/// Gives a record another ID, and every line that names it.
///
/// # Errors
/// [`RenumberError`].
pub fn rename(
    book: &Book,
    loaded: &Loaded,
    record: &Record,
    new: &RecordId,
) -> Result<Renumbering, RenumberError> {
    let old = record.id.clone().ok_or_else(|| refused(&record.path, "the file's name gives no ID"))?;
    let text = renumbered(record, &loaded.policy, new).map_err(|reason| refused(&record.path, &reason))?;
    let mut files = vec![(new_path(&record.path, new), Some(text)), (record.path.clone(), None)];
    let texts: BTreeMap<String, String> = book.texts_of_work_tree(loaded)?;
    for (path, text) in texts.into_iter().filter(|(path, _)| *path != record.path) {
        if mentions(&text, &old) {
            let edited = with_references(&text, &old, new, &|_| true);
            files.push((path, Some(edited)));
        }
    }
    Ok(Renumbering { old, new: new.clone(), kept: None, files, unsure: Vec::new() })
}

fn refused(path: &str, reason: &str) -> RenumberError {
    RenumberError::Record { path: path.to_owned(), reason: reason.to_owned() }
}

fn parse(path: &str, text: &str) -> Record {
    let folder = RecordType::ALL.into_iter().find(|known| path.starts_with(known.folder()));
    Record::parse(folder.unwrap_or(RecordType::Task), path, text.as_bytes())
}

/// The same folder, the new name.
fn new_path(path: &str, new: &RecordId) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{new}.md")
}

/// The record under its new ID: its `id`, and what it says of itself. Whoever commits this would own every tick
/// in it, so that approvals are unticked and a decision is taken away: they are given again.
///
/// # Errors
/// Why the text cannot be edited, in words.
pub fn renumbered(record: &Record, policy: &Policy, new: &RecordId) -> Result<String, String> {
    let old = record.id.as_ref().ok_or("the file's name gives no ID")?;
    if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
        return Err(format!("line {}: {}", broken.line, broken.message));
    }
    let mut text = record.source.to_string();
    for item in &record.items {
        if item.checked && policy.environment_deployed_by(&item.key.text).is_some() {
            return Err(format!(
                "it has been deployed as {old} (“{}”), and the audit names it so",
                item.text
            ));
        }
        if item.checked && policy.review_for_item(&item.text).is_some() {
            text = edit::set_item(&text, item, false).map_err(|error| error.to_string())?;
        }
    }
    text = edit::set_field(&text, "id", new.as_str().into()).map_err(|error| error.to_string())?;
    if let Details::Decision(decision) = &record.details
        && decision.decision.is_some()
    {
        text = edit::remove_field(&text, "decision").map_err(|error| error.to_string())?;
    }
    Ok(with_references(&text, old, new, &|_| true))
}

/// Whether a text names the ID.
pub fn mentions(text: &str, id: &RecordId) -> bool {
    places(text, id.as_str()).next().is_some()
}

/// The text with the ID replaced in every line that `belongs` to the record.
pub fn with_references(text: &str, old: &RecordId, new: &RecordId, belongs: &dyn Fn(&str) -> bool) -> String {
    let line = |line: &str| match belongs(line.trim_end()) {
        true => replaced(line, old.as_str(), new.as_str()),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

fn replaced(line: &str, old: &str, new: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut written = 0;
    for place in places(line, old) {
        text.push_str(&line[written..place]);
        text.push_str(new);
        written = place + old.len();
    }
    text + &line[written..]
}

/// Where the ID stands by itself, and is no part of a longer one.
pub(super) fn places<'t>(text: &'t str, id: &'t str) -> impl Iterator<Item = usize> + 't {
    let goes_on = |mut after: std::str::Chars<'_>| match after.next() {
        // A hyphen ends the ID where no letter or digit follows.
        Some('-' | '_') => after.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        next => next.is_some_and(|c| c.is_ascii_alphanumeric()),
    };
    text.match_indices(id).map(|(start, _)| start).filter(move |start| {
        let before = text[..*start].chars().next_back();
        let begun = before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        !begun && !goes_on(text[start + id.len()..].chars())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn id(text: &str) -> RecordId {
        RecordId::parse(text).unwrap()
    }

    #[test]
    fn references_are_whole_ids() {
        let text = "depends = [\"A-1\", \"A-12\"]\nsee A-1, tasks/A-1.md and BA-1, A-1-b, A-1-.\n";
        assert_eq!(
            with_references(text, &id("A-1"), &id("A-9"), &|_| true),
            "depends = [\"A-9\", \"A-12\"]\nsee A-9, tasks/A-9.md and BA-1, A-1-b, A-9-.\n"
        );
        assert_eq!(
            with_references("A-1\nof A-1\n", &id("A-1"), &id("A-9"), &|line| line.starts_with("of")),
            "A-1\nof A-9\n"
        );
        assert!(!mentions("A-12 A-1x", &id("A-1")));
    }

    fn moved(body: &str) -> Result<String, String> {
        let text = format!("+++\nid = \"A-1\" # ours\nfollows = [\"B-1\"]\n+++\n{body}");
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes());
        renumbered(&record, &Policy::builtin(), &id("A-2"))
    }

    #[test]
    fn approvals_are_given_again() {
        assert_eq!(
            moved("- [x] Code review\n- [x] Terraform code\n\nA-1 is this.\n").unwrap(),
            "+++\nid = \"A-2\" # ours\nfollows = [\"B-1\"]\n+++\n- [ ] Code review\n- [x] Terraform code\n\nA-2 is this.\n"
        );
        assert!(moved("- [x] Apply in production\n").unwrap_err().starts_with("it has been deployed as A-1"));
    }
}
