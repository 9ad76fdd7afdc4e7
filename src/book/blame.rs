//! Where each line of a record comes from, as `git blame` says it, but by the record's identity: a move is no
//! change, and a merge hands lines to whichever parent has them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Book, BookError, Loaded};
use crate::history::{Blob, BlobId, unchanged_lines};
use crate::ledger::{CommitRef, RecordState};
use crate::record::{MAX_RECORD_BYTES, RecordId, RecordType};

/// A line of a record with the commit that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLine {
    /// The commit in which the line came to be as it is.
    pub by: CommitRef,
    /// The line, without its end.
    pub text: String,
}

/// The file of a record after a commit: path and content.
type Version<'h> = Option<(&'h str, BlobId)>;

impl Book {
    /// The lines of a record as committed, each with the commit that wrote it; empty for a draft.
    ///
    /// # Errors
    /// When an object is missing or unreadable, or the file is too large to be a record.
    pub fn blame(&self, loaded: &Loaded, state: &RecordState) -> Result<Vec<BlamedLine>, BookError> {
        let history = loaded.history();
        let Some(tip) = loaded.commit().and_then(|commit| history.position(commit)) else {
            return Ok(Vec::new());
        };
        let versions = versions(loaded, tip, state.record_type, &state.name);
        let mut texts = Texts { book: self, known: HashMap::new() };
        let Some((_, blob)) = versions[tip] else { return Ok(Vec::new()) };
        let shown = texts.of(blob)?;
        let n_lines = shown.lines().count();
        let mut owners = vec![tip; n_lines];
        let all: Vec<(usize, usize)> = (0..n_lines).map(|line| (line, line)).collect();
        // Later commits first: every child has handed its lines over before a commit is looked at.
        let mut open: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::from([(tip, all)]);
        while let Some((commit, mut lines)) = open.pop_last() {
            let Some((_, blob)) = versions[commit] else { continue };
            let parents = &history.commits[commit].parents;
            let same = |&&parent: &&usize| versions[parent].is_some_and(|(_, before)| before == blob);
            if let Some(&parent) = parents.iter().find(same) {
                open.entry(parent).or_default().append(&mut lines);
                continue;
            }
            let text = texts.of(blob)?;
            for &parent in parents {
                let Some((_, before)) = versions[parent] else { continue };
                let origins = unchanged_lines(&texts.of(before)?, &text)?;
                lines.retain(|&(here, shown)| match origins.get(here).copied().flatten() {
                    Some(there) => {
                        open.entry(parent).or_default().push((there, shown));
                        false
                    }
                    None => true,
                });
            }
            lines.into_iter().for_each(|(_, shown)| owners[shown] = commit);
        }
        let line = |(text, &owner): (&str, &usize)| BlamedLine {
            by: super::load::evidence(history, loaded.policy(), owner),
            text: text.to_owned(),
        };
        Ok(shown.lines().zip(&owners).map(line).collect())
    }
}

/// The file of a record after every commit of the tip's history; of several of one ID the first by path.
fn versions<'h>(loaded: &'h Loaded, tip: usize, record_type: RecordType, name: &str) -> Vec<Version<'h>> {
    let commits = &loaded.history().commits;
    let is_of_record =
        |path: &str| RecordType::of_path(path) == Some(record_type) && RecordId::stem(path) == Some(name);
    let mut versions: Vec<Arc<[(&str, BlobId)]>> = Vec::with_capacity(tip + 1);
    for commit in &commits[..=tip] {
        let before =
            commit.parents.first().map_or_else(|| Arc::from([]), |&first| Arc::clone(&versions[first]));
        let mut changes = commit.changes.iter().filter(|change| is_of_record(&change.path)).peekable();
        if changes.peek().is_none() {
            versions.push(before);
            continue;
        }
        let mut files = before.to_vec();
        for change in changes {
            files.retain(|(path, _)| *path != &*change.path);
            let file = change.new.filter(|file| file.is_regular());
            files.extend(file.map(|file| (&*change.path, file.blob)));
        }
        files.sort_unstable();
        versions.push(files.into());
    }
    versions.into_iter().map(|files| files.first().copied()).collect()
}

/// Contents, each read once.
struct Texts<'b> {
    book: &'b Book,
    known: HashMap<BlobId, Arc<str>>,
}

impl Texts<'_> {
    fn of(&mut self, blob: BlobId) -> Result<Arc<str>, BookError> {
        if let Some(known) = self.known.get(&blob) {
            return Ok(Arc::clone(known));
        }
        let text: Arc<str> = match self.book.repository.blob(blob, MAX_RECORD_BYTES)? {
            Blob::Bytes(bytes) => String::from_utf8_lossy(&bytes).into(),
            Blob::TooLarge(_) => return Err(BookError::TooLarge { path: blob.hex() }),
        };
        self.known.insert(blob, Arc::clone(&text));
        Ok(text)
    }
}
