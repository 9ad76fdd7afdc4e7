//! Gives a record another number, in its own text and wherever it is referred to.

use std::collections::{BTreeMap, HashSet};

use crate::act::Carried;
use crate::book::{Book, BookError, Loaded, Twins};
use crate::evidence;
use crate::history::CommitId;
use crate::policy::Policy;
use crate::record::{
    Detached, Details, EVIDENCE_FOLDER, Record, RecordId, RecordType, detached_path, edit, mentions,
    scope_hash, with_references,
};

/// Everything that a renumbering changes.
#[derive(Debug, Clone)]
pub struct Renumbering {
    /// What it was made of.
    moved: Moved,
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
    /// Approvals of the record that are files of their own, by path. Each names the ID, so that they are void; they are removed.
    pub void: Vec<String>,
}

/// The record that moves, as it stood when it was renumbered.
#[derive(Debug, Clone)]
struct Moved {
    path: String,
    text: String,
    /// A commit that has the other record, and not this one.
    without: Option<CommitId>,
}

/// Why there is no renumbering.
#[derive(Debug, thiserror::Error)]
pub enum RenumberError {
    /// The book cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The record cannot be moved.
    #[error("`{path}` cannot be renumbered: {reason}")]
    Record {
        /// In the book.
        path: String,
        /// Why.
        reason: String,
    },
    /// The ID is a name.
    #[error(
        "`{id}` is a name, not a number from the policy's `[ids]`, and may be an ordinary word elsewhere"
    )]
    Name {
        /// The ID.
        id: String,
    },
    /// Nothing is free.
    #[error("there is no free ID like `{id}`")]
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
    let old = record.id.clone().ok_or_else(|| refused(&moved.path, "the file name is not a valid ID"))?;
    refuse_names(loaded.policy(), &[&old])?;
    let new = book.next_id_like(loaded.policy(), &old)?;
    let new = new.ok_or_else(|| RenumberError::NothingFree { id: old.to_string() })?;
    let text = renumbered(&record, loaded.policy(), &new).map_err(|reason| refused(&moved.path, &reason))?;
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
    files.extend(evidence_of_side(book, [moved.commit, twins.kept.commit], [&old, &new])?);
    let without = Some(twins.kept.commit);
    let moved = Moved { path: moved.path.clone(), text: moved.text.clone(), without };
    Ok(Renumbering { moved, old, new, kept: Some(twins.kept.path.clone()), files, unsure, void })
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
    let old = record.id.clone().ok_or_else(|| refused(&record.path, "the file name is not a valid ID"))?;
    refuse_names(loaded.policy(), &[&old, new])?;
    let text = renumbered(record, loaded.policy(), new).map_err(|reason| refused(&record.path, &reason))?;
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
    for (path, bytes) in book.other_files(None, &evidence_folder(&old))? {
        files.push(followed(&path, &bytes, new)?);
        files.push((path, None));
    }
    let moved = Moved { path: record.path.clone(), text: record.source.to_string(), without: None };
    Ok(Renumbering { moved, old, new: new.clone(), kept: None, files, unsure: Vec::new(), void })
}

fn evidence_folder(id: &RecordId) -> String {
    format!("{EVIDENCE_FOLDER}/{id}")
}

/// A file of evidence under another ID.
fn followed(path: &str, bytes: &[u8], new: &RecordId) -> Result<(String, Option<String>), RenumberError> {
    let (path, text) = evidence::renumbered(path, bytes, new).map_err(|reason| refused(path, &reason))?;
    Ok((path, Some(text)))
}

/// The evidence that only the moved record's side of history has, under the new ID, and what the other side has in its place.
fn evidence_of_side(
    book: &Book,
    [moved, kept]: [CommitId; 2],
    [old, new]: [&RecordId; 2],
) -> Result<Vec<(String, Option<String>)>, RenumberError> {
    let folder = evidence_folder(old);
    let of_kept: BTreeMap<String, Vec<u8>> = book.other_files(Some(kept), &folder)?.into_iter().collect();
    let mut files = Vec::new();
    for (path, bytes) in book.other_files(Some(moved), &folder)? {
        let before = of_kept.get(&path);
        if before == Some(&bytes) {
            continue;
        }
        files.push(followed(&path, &bytes, new)?);
        files.push((path, before.map(|bytes| String::from_utf8_lossy(bytes).into_owned())));
    }
    Ok(files)
}

/// Only numbers move: a name such as `keep` would be replaced in every sentence that has the word.
fn refuse_names(policy: &Policy, ids: &[&RecordId]) -> Result<(), RenumberError> {
    match ids.iter().find(|id| !policy.ids.is_number(id)) {
        Some(id) => Err(RenumberError::Name { id: id.to_string() }),
        None => Ok(()),
    }
}

impl Renumbering {
    /// The line of a commit's message that says so: what names the old ID on this side of history means the new one.
    pub fn trailer(&self) -> String {
        format!("Renumbers: {} {}", self.old, self.new)
    }

    /// Whether a message names the old ID.
    pub fn is_named_in(&self, message: &str) -> bool {
        mentions(message, &self.old)
    }

    /// What becomes of a file of a later commit of the same side, which knows the record under its old ID.
    ///
    /// # Errors
    /// Why it cannot follow, in words.
    pub fn carry(&self, book: &Book, policy: &Policy, path: &str, text: &str) -> Result<Carried, String> {
        if path == self.moved.path {
            let text = self.later_version(policy, text)?;
            return Ok(Carried::To(new_path(path, &self.new), text));
        }
        if path.starts_with(&format!("approvals/{}/", self.old)) && detached_path(path).is_some() {
            return Ok(Carried::Gone);
        }
        if path.starts_with(&format!("{}/", evidence_folder(&self.old))) {
            let (path, text) = evidence::renumbered(path, text.as_bytes(), &self.new)?;
            return Ok(Carried::To(path, text));
        }
        if !path.ends_with(".md") || !mentions(text, &self.old) {
            return Ok(Carried::Same);
        }
        let of_other = match self.moved.without {
            Some(commit) => book.text(Some(commit), path).map_err(|error| error.to_string())?,
            None => None,
        };
        let of_other: HashSet<&str> =
            of_other.iter().flat_map(|text| text.lines()).map(str::trim_end).collect();
        let edited = with_references(text, &self.old, &self.new, &|line| !of_other.contains(line));
        Ok(if edited == text { Carried::Same } else { Carried::To(path.to_owned(), edited) })
    }

    /// A later version of the record under its new ID: what was taken back of the first one is taken back here too,
    /// and what came since then stays its author's.
    fn later_version(&self, policy: &Policy, text: &str) -> Result<String, String> {
        let (first, record) = (parse(&self.moved.path, &self.moved.text), parse(&self.moved.path, text));
        if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
            return Err(format!("line {}: {}", broken.line, broken.message));
        }
        let mut text = text.to_owned();
        for item in record.items.iter().filter(|item| item.checked) {
            if policy.environment_deployed_by(&item.key.text).is_some() {
                return Err(format!(
                    "one of them deploys {} (“{}”), and the audit uses that ID",
                    self.old, item.text
                ));
            }
            let was_given = first.items.iter().any(|before| before.checked && before.key == item.key);
            if was_given && policy.review_of_item(&item.key.text).is_some() {
                text = edit::set_item(&text, item, false).map_err(|error| error.to_string())?;
            }
        }
        text = edit::set_field(&text, "id", self.new.as_str().into()).map_err(|error| error.to_string())?;
        if let (Details::Decision(now), Details::Decision(before)) = (&record.details, &first.details)
            && now.decision.is_some()
            && now.decision == before.decision
        {
            text = edit::remove_field(&text, "decision").map_err(|error| error.to_string())?;
        }
        Ok(with_references(&text, &self.old, &self.new, &|_| true))
    }
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
    let rules = &loaded.policy().scope;
    let own = scope_hash(record, rules);
    let is_own = |bytes: &[u8]| match (kept, Detached::parse(bytes)) {
        (None, _) => true,
        (Some(kept), Ok((text, _))) => text.scope == own && scope_hash(kept, rules) != own,
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
    let old = record.id.as_ref().ok_or("the file name is not a valid ID")?;
    if let Some(broken) = record.diagnostics.iter().find(|_| record.is_broken()) {
        return Err(format!("line {}: {}", broken.line, broken.message));
    }
    let mut text = record.source.to_string();
    for item in &record.items {
        if item.checked && policy.environment_deployed_by(&item.key.text).is_some() {
            return Err(format!(
                "it has been deployed as {old} (“{}”), and the audit uses that ID",
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
