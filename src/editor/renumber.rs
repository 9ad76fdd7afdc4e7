//! Gives a record another number, in its own text and wherever it is referred to.

use std::collections::{BTreeMap, HashSet};

use crate::book::{Book, BookError, Loaded, Twins};
use crate::policy::Policy;
use crate::record::{
    Detached, Details, Record, RecordId, RecordType, ScopeRules, detached_path, edit, mentions, scope_hash,
    with_references,
};

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
    /// Detached approvals of the record, by path. A signature binds the ID, so that they are void; they are removed.
    pub void: Vec<String>,
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
    let kept = parse(&twins.kept.path, &twins.kept.text);
    let void = void(book, loaded, &record, Some(&kept))?;
    files.extend(void.iter().map(|path| (path.clone(), None)));
    Ok(Renumbering { old, new, kept: Some(twins.kept.path.clone()), files, unsure, void })
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
    let void = void(book, loaded, record, None)?;
    files.extend(void.iter().map(|path| (path.clone(), None)));
    Ok(Renumbering { old, new: new.clone(), kept: None, files, unsure: Vec::new(), void })
}

/// The detached approvals that are the record's: all of its ID; where another record keeps the ID, those of this
/// one's text alone.
fn void(
    book: &Book,
    loaded: &Loaded,
    record: &Record,
    kept: Option<&Record>,
) -> Result<Vec<String>, RenumberError> {
    let Some(id) = &record.id else { return Ok(Vec::new()) };
    let files = book.other_files(None, &format!("approvals/{id}"))?;
    let rules = ScopeRules { gated: loaded.policy.gated_environments() };
    let own = scope_hash(record, &rules);
    let is_own = |bytes: &[u8]| match (kept, Detached::parse(bytes)) {
        (None, _) => true,
        (Some(kept), Ok((text, _))) => text.scope == own && scope_hash(kept, &rules) != own,
        (Some(_), Err(_)) => false,
    };
    let is_approval = |path: &str| detached_path(path).is_some();
    Ok(files
        .into_iter()
        .filter(|(path, bytes)| is_approval(path) && is_own(bytes))
        .map(|(path, _)| path)
        .collect())
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
        if item.checked && policy.review_of_item(&item.key.text).is_some() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn id(text: &str) -> RecordId {
        RecordId::parse(text).unwrap()
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
