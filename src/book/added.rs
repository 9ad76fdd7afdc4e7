//! What a range of commits adds, looked at for secrets.

use std::collections::{BTreeMap, BTreeSet};

use super::{Book, BookError, Loaded};
use crate::history::{Blob, CommitId, History, unchanged_lines};
use crate::intake::secret_scan::{SecretPlace, Suspicion, scan_text};

/// Larger files are not looked at, and are counted.
const MAX_SCANNED_BYTES: usize = 4 * 1024 * 1024;

/// What was looked at, and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// The places, by path and line.
    pub secrets: Vec<SecretPlace>,
    /// Commits that were looked at.
    pub n_commits: usize,
    /// Files that are too large, by path.
    pub too_large: Vec<String>,
}

/// A line that a commit adds and that looks as if it held a secret.
struct Addition {
    path: String,
    line: usize,
    text: String,
    suspicion: Suspicion,
    commit: CommitId,
}

impl Book {
    /// Looks for secrets in the lines added by the commits that `range` (`A..B`) names: those in the history of B
    /// and not in that of A; an empty side is `HEAD`. Every commit is looked at by itself, so that what a later
    /// one takes away again is found: the history keeps it.
    ///
    /// # Errors
    /// [`BookError::Range`] when that is no range; history's errors.
    pub fn scan_range(&self, range: &str) -> Result<Scanned, BookError> {
        let (from, to) = range
            .split_once("...")
            .or_else(|| range.split_once(".."))
            .ok_or_else(|| BookError::Range { text: range.to_owned() })?;
        let resolve = |side: &str| self.repository.resolve(if side.is_empty() { "HEAD" } else { side });
        let (from, to) = (resolve(from)?, resolve(to)?);
        let history = self.repository.read(&[from, to], &self.path)?;
        self.scan(&history, from, to)
    }

    /// The same for the commits of `HEAD` that the trunk does not have yet; `None` when there are none, or no trunk is
    /// known.
    ///
    /// # Errors
    /// History's errors.
    pub fn scan_branch(&self, loaded: &Loaded) -> Result<Option<Scanned>, BookError> {
        let (Some(trunk), Some(head)) = (loaded.trunk_tip(), loaded.commit()) else { return Ok(None) };
        let scanned = self.scan(loaded.history(), trunk, head)?;
        Ok((scanned.n_commits > 0).then_some(scanned))
    }

    fn scan(&self, history: &History, from: CommitId, to: CommitId) -> Result<Scanned, BookError> {
        let (Some(base), Some(tip)) = (history.position(from), history.position(to)) else {
            return Ok(Scanned::default());
        };
        let (known, all) = (history.reachable(base), history.reachable(tip));
        let positions: Vec<usize> = (0..history.commits.len()).filter(|&at| all[at] && !known[at]).collect();
        let ids: Vec<CommitId> = positions.iter().map(|&at| history.commits[at].id).collect();
        let work = self.repository.work_paths(&ids, &self.path, history, None)?;
        let mut found = SecretsAdded::default();
        for (&position, paths) in positions.iter().zip(work) {
            let records = history.commits[position].changes.iter().map(|change| self.path.join(&change.path));
            let paths: BTreeSet<String> = paths.into_iter().chain(records).collect();
            for path in &paths {
                self.scan_file(history, position, path, &mut found)?;
            }
        }
        Ok(Scanned {
            n_commits: ids.len(),
            secrets: self.at_tip(to, found.additions)?,
            too_large: found.too_large.into_iter().collect(),
        })
    }

    /// The suspicious lines of a commit's file that no parent has.
    fn scan_file(
        &self,
        history: &History,
        position: usize,
        path: &str,
        found: &mut SecretsAdded,
    ) -> Result<(), BookError> {
        let commit = &history.commits[position];
        let text = match self.text_in(commit.id, path)? {
            FileText::Text(text) => text,
            FileText::TooLarge => {
                found.too_large.insert(path.to_owned());
                return Ok(());
            }
            FileText::None => return Ok(()),
        };
        let lines: Vec<&str> = text.lines().collect();
        let suspects = scan_text(&text).into_iter().map(|(at, suspicion)| (at, (lines[at], suspicion)));
        let mut suspects: BTreeMap<usize, (&str, Suspicion)> = suspects.collect();
        for &parent in &commit.parents {
            if suspects.is_empty() {
                return Ok(());
            }
            if let FileText::Text(before) = self.text_in(history.commits[parent].id, path)? {
                let origins = unchanged_lines(&before, &text)?;
                suspects.retain(|&at, _| origins.get(at).copied().flatten().is_none());
            }
        }
        let (path, commit) = (path.to_owned(), commit.id);
        found.additions.extend(suspects.into_iter().map(|(at, (line, suspicion))| Addition {
            path: path.clone(),
            line: at + 1,
            text: line.to_owned(),
            suspicion,
            commit,
        }));
        Ok(())
    }

    /// Each addition where it stands at the tip, else in its commit; a line that came twice counts once.
    fn at_tip(&self, tip: CommitId, additions: Vec<Addition>) -> Result<Vec<SecretPlace>, BookError> {
        let mut tips: BTreeMap<String, String> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut places = Vec::new();
        for addition in additions {
            let Addition { path, line, text, suspicion, commit } = addition;
            if !tips.contains_key(&path) {
                let at_tip = match self.text_in(tip, &path)? {
                    FileText::Text(text) => text,
                    FileText::TooLarge | FileText::None => String::new(),
                };
                tips.insert(path.clone(), at_tip);
            }
            let standing: Vec<usize> = tips[&path]
                .lines()
                .enumerate()
                .filter(|(_, other)| *other == text)
                .map(|(at, _)| at + 1)
                .collect();
            if !seen.insert((path.clone(), text)) {
                continue;
            }
            let place = |line, only_in| SecretPlace { path: path.clone(), line, suspicion, only_in };
            match standing.is_empty() {
                true => places.push(place(line, Some(commit.short()))),
                false => places.extend(standing.into_iter().map(|line| place(line, None))),
            }
        }
        places.sort_by(|a, b| (&a.path, a.line, &a.only_in).cmp(&(&b.path, b.line, &b.only_in)));
        Ok(places)
    }

    fn text_in(&self, commit: CommitId, path: &str) -> Result<FileText, BookError> {
        let file = self.repository.file(commit, path)?.filter(|file| file.is_regular());
        let Some(file) = file else { return Ok(FileText::None) };
        Ok(match self.repository.blob(file.blob, MAX_SCANNED_BYTES)? {
            Blob::TooLarge(_) => FileText::TooLarge,
            Blob::Bytes(bytes) if bytes.contains(&0) => FileText::None,
            Blob::Bytes(bytes) => FileText::Text(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }
}

#[derive(Default)]
struct SecretsAdded {
    additions: Vec<Addition>,
    too_large: BTreeSet<String>,
}

/// What stands at a path, as far as it can hold a line.
enum FileText {
    Text(String),
    TooLarge,
    /// Nothing, or bytes that are no text.
    None,
}
