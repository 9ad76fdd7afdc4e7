//! Two records of one ID: which landed first, and which lines belong to which.

use std::collections::BTreeMap;

use super::{Book, BookError, Loaded};
use crate::history::{Blob, CommitId, History};
use crate::policy::{IdPattern, Policy};
use crate::record::{MAX_RECORD_BYTES, RecordId, RecordType};

/// One of two records of one ID.
#[derive(Debug, Clone)]
pub struct Side {
    /// In the book.
    pub path: String,
    /// Its text.
    pub text: String,
    /// A commit whose files speak of this record, and not of the other.
    pub commit: CommitId,
}

/// Two records of one ID.
#[derive(Debug, Clone)]
pub struct Twins {
    /// The one that landed first, which keeps the ID.
    pub kept: Side,
    /// The other one.
    pub moved: Side,
    /// Whether a merge or the like is in progress, with both at one path.
    pub in_conflict: bool,
}

impl Book {
    /// Records of one ID: those that both sides of a merge in progress made at one path, else those that `HEAD`
    /// has at several.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn twins(&self, loaded: &Loaded) -> Result<Vec<Twins>, BookError> {
        let trunk = loaded.trunk_tip();
        let in_conflict = self.twins_in_conflict(trunk)?;
        if !in_conflict.is_empty() {
            return Ok(in_conflict);
        }
        self.committed_twins(loaded, trunk)
    }

    fn twins_in_conflict(&self, trunk: Option<CommitId>) -> Result<Vec<Twins>, BookError> {
        let (Some(head), Some(incoming)) = (self.head()?.commit, self.repository.incoming()) else {
            return Ok(Vec::new());
        };
        let mut twins = Vec::new();
        for both in self.repository.both_added()? {
            let Some(path) = both.path.strip_prefix(&self.path.join("")) else { continue };
            if !is_record(path) {
                continue;
            }
            let ours = Side { path: path.to_owned(), text: self.blob_text(path, both.ours)?, commit: head };
            let theirs =
                Side { path: path.to_owned(), text: self.blob_text(path, both.theirs)?, commit: incoming };
            let landed = match trunk {
                Some(trunk) => self.repository.file(trunk, &both.path)?.map(|file| file.blob),
                None => None,
            };
            let into_trunk = || trunk.is_none_or(|trunk| trunk == head);
            let keeps_ours = landed == Some(both.ours) || (landed != Some(both.theirs) && into_trunk());
            let (kept, moved) = if keeps_ours { (ours, theirs) } else { (theirs, ours) };
            twins.push(Twins { kept, moved, in_conflict: true });
        }
        Ok(twins)
    }

    fn committed_twins(&self, loaded: &Loaded, trunk: Option<CommitId>) -> Result<Vec<Twins>, BookError> {
        let Some(head) = loaded.commit() else { return Ok(Vec::new()) };
        let history = loaded.history();
        let mut by_id: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
        for record_type in RecordType::ALL {
            let folder = record_type.folder();
            for (path, _) in self.repository.files(head, &self.path.join(folder))? {
                let path = format!("{folder}/{path}");
                if let (Some(id), Some(added)) = (RecordId::of_path(&path), added(history, &path)) {
                    by_id.entry(id.folded()).or_default().push((path, added));
                }
            }
        }
        let line = trunk.and_then(|id| history.position(id)).or_else(|| history.position(head));
        let mut twins = Vec::new();
        for (_, mut paths) in by_id.into_iter().filter(|(_, paths)| paths.len() > 1) {
            paths.sort_by_cached_key(|(path, added)| (landing(history, line, *added), *added, path.clone()));
            let mut paths = paths.into_iter();
            let Some((kept, kept_added)) = paths.next() else { continue };
            for (moved, moved_added) in paths {
                let [kept_side, moved_side] = sides(history, head, kept_added, moved_added);
                let side = |path: &str, commit: usize| -> Result<Side, BookError> {
                    let text = self.text(Some(head), path)?.unwrap_or_default();
                    Ok(Side { path: path.to_owned(), text, commit: history.commits[commit].id })
                };
                twins.push(Twins {
                    kept: side(&kept, kept_side)?,
                    moved: side(&moved, moved_side)?,
                    in_conflict: false,
                });
            }
        }
        Ok(twins)
    }

    fn blob_text(&self, path: &str, blob: crate::history::BlobId) -> Result<String, BookError> {
        match self.repository.blob(blob, MAX_RECORD_BYTES)? {
            Blob::Bytes(bytes) => String::from_utf8(bytes).map_err(|error| BookError::not_text(path, &error)),
            Blob::TooLarge(_) => Err(BookError::TooLarge { path: path.to_owned() }),
        }
    }

    /// The next free ID of the kind that an ID is of: a number behind the highest that its pattern ever had, else
    /// the same word with a number.
    ///
    /// # Errors
    /// As [`ids_ever`](Self::ids_ever).
    pub fn next_id_like(&self, policy: &Policy, id: &RecordId) -> Result<Option<RecordId>, BookError> {
        let taken = self.ids_ever()?;
        let patterns: Vec<&IdPattern> =
            policy.ids.kinds.values().chain([&policy.ids.task, &policy.ids.decision]).collect();
        let years = (0..id.as_str().len()).filter_map(|at| id.as_str().get(at..at + 4)?.parse::<i16>().ok());
        let years: Vec<i16> = years.chain([2024]).collect();
        let pattern = patterns.iter().find_map(|pattern| {
            years
                .iter()
                .find(|year| pattern.number_of(id.as_str(), **year).is_some())
                .map(|year| (pattern, *year))
        });
        let text = match pattern {
            Some((pattern, year)) => {
                let highest = taken.iter().filter_map(|id| pattern.number_of(id.as_str(), year)).max();
                pattern.format(year, highest.unwrap_or(0).saturating_add(1))
            }
            None => {
                let free =
                    |text: &String| !taken.iter().any(|taken| taken.as_str().eq_ignore_ascii_case(text));
                let numbered = (2..1000).map(|number| format!("{id}-{number}"));
                numbered.into_iter().find(free).unwrap_or_default()
            }
        };
        Ok(RecordId::parse(&text).ok())
    }

    /// The text of every record and page of the work tree that may refer to a record, by path.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn texts_of_work_tree(&self, loaded: &Loaded) -> Result<BTreeMap<String, String>, BookError> {
        let Some(root) = &self.root else { return Ok(BTreeMap::new()) };
        let records = super::files::work_tree(root)?.into_keys();
        let pages = self.other_files(None, &loaded.config.docs)?.into_iter().map(|(path, _)| path);
        let mut texts = BTreeMap::new();
        for path in records.chain(pages.filter(|path| path.ends_with(".md"))) {
            if let Ok(Some(text)) = self.text(None, &path) {
                texts.insert(path, text);
            }
        }
        Ok(texts)
    }
}

fn is_record(path: &str) -> bool {
    RecordType::ALL
        .iter()
        .any(|known| path.strip_prefix(known.folder()).is_some_and(|rest| rest.starts_with('/')))
        && path.ends_with(".md")
}

/// The first commit that added a path.
fn added(history: &History, path: &str) -> Option<usize> {
    let adds = |commit: &crate::history::Commit| {
        commit.changes.iter().any(|change| *change.path == *path && change.old.is_none())
    };
    // A merge brings what a side of it has made.
    let own = |commit: &crate::history::Commit| commit.parents.len() < 2 && adds(commit);
    history.commits.iter().position(own).or_else(|| history.commits.iter().position(adds))
}

/// When a commit came to the trunk: its place on the first-parent line; later than all for one that has not.
fn landing(history: &History, tip: Option<usize>, commit: usize) -> usize {
    let Some(tip) = tip else { return usize::MAX };
    let mut line = history.first_parent_line(tip);
    line.sort_unstable();
    line.iter().position(|&landed| history.is_in_history(commit, landed)).unwrap_or(usize::MAX)
}

/// Commits of each side: the parents of the merge that brought them together; in a line, the commit before the
/// second was made, and the tip.
fn sides(history: &History, head: CommitId, kept: usize, moved: usize) -> [usize; 2] {
    let has = |ancestor: usize, commit: usize| history.is_in_history(ancestor, commit);
    if has(kept, moved) {
        let parent = history.commits[moved].parents.first().copied().unwrap_or(kept);
        return [parent, history.position(head).unwrap_or(moved)];
    }
    let together = (0..history.commits.len()).find(|&commit| has(kept, commit) && has(moved, commit));
    let parents = together.map(|commit| history.commits[commit].parents.clone()).unwrap_or_default();
    let side = |own: usize, other: usize| parents.iter().copied().find(|&p| has(own, p) && !has(other, p));
    [side(kept, moved).unwrap_or(kept), side(moved, kept).unwrap_or(moved)]
}
