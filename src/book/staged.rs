//! A book as it is staged: what the next commit would hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::files::record_files;
use super::{BOOK_FILE, Book, BookError, POLICY_FILE, Request};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::history::{Blob, BookPath, TreeFile};
use crate::policy::Policy;
use crate::record::{MAX_RECORD_BYTES, RecordId, RecordType};

/// The index, as far as a book is concerned; paths are relative to the book.
pub struct Staged {
    files: BTreeMap<String, TreeFile>,
    committed: BTreeMap<String, TreeFile>,
    /// Whether anything is staged beside records and approvals, anywhere in the repository.
    pub touches_code: bool,
}

impl Staged {
    /// Paths that differ from `HEAD`.
    pub fn changed(&self) -> BTreeSet<&str> {
        let paths = self.files.keys().chain(self.committed.keys());
        paths.filter(|path| self.files.get(*path) != self.committed.get(*path)).map(String::as_str).collect()
    }

    /// The IDs of all tasks that are staged, and of those that are changed.
    pub fn tasks(&self) -> (BTreeSet<RecordId>, BTreeSet<RecordId>) {
        let id = |path: &str| {
            let name = path.strip_prefix("tasks/")?.strip_suffix(".md")?;
            RecordId::parse(name.rsplit('/').next()?).ok()
        };
        let all = self.files.keys().filter_map(|path| id(path)).collect();
        (all, self.changed().into_iter().filter_map(id).collect())
    }
}

impl Book {
    /// Every book that the index holds, with what is staged of it. `index` as in
    /// [`Repository::staged`](crate::history::Repository::staged).
    ///
    /// # Errors
    /// History's errors.
    pub fn all_staged(directory: &Path, index: Option<&Path>) -> Result<Vec<(Book, Staged)>, BookError> {
        let repository = crate::history::Repository::discover(directory)?;
        let entries = repository.staged(index)?;
        let head = repository.head()?.commit;
        let committed = head.map_or_else(|| Ok(Vec::new()), |head| repository.files(head, ""))?;
        let is_book = |path: &&str| *path == BOOK_FILE || path.ends_with(&format!("/{BOOK_FILE}"));
        let folders: BTreeSet<&str> = entries
            .iter()
            .map(|(path, _)| path.as_str())
            .filter(is_book)
            .map(|path| path.strip_suffix(BOOK_FILE).unwrap_or_default().trim_end_matches('/'))
            .collect();
        let mut books = Vec::new();
        for folder in folders {
            let path = BookPath::new(folder);
            let root = repository.work_tree().map(|root| root.join(folder));
            let book = Book { repository: repository.reopen()?, path, root };
            let staged = staged(&book.path, &entries, &committed);
            books.push((book, staged));
        }
        Ok(books)
    }

    /// What is wrong with the book as it is staged, and was not wrong before: errors, and the warnings of what is
    /// changed.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn check_staged(&self, staged: &Staged, request: &Request) -> Result<Vec<Diagnostic>, BookError> {
        let mut found = self.check_staged_settings(staged)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let mut snapshot = match self.snapshot(request) {
            Ok(snapshot) => snapshot,
            // What is committed is broken and what is staged is not: this commit mends it.
            Err(BookError::Settings(_)) => return Ok(found),
            Err(error) => return Err(error),
        };
        snapshot.on_disk = Some(record_files(self, self.listed(staged))?);
        snapshot.book_file = self.staged_text(staged, BOOK_FILE)?.unwrap_or_default();
        let after = self.derive(snapshot, None)?.diagnostics();
        let changed = staged.changed();
        // What of the committed policy is not in force is not what is staged of it.
        let is_of_history =
            |code| matches!(code, Code::PolicyRole | Code::PolicySelfGrant | Code::PolicyUnreviewed);
        let (of_changed, others): (Vec<_>, Vec<_>) = after.into_iter().partition(|diagnostic| {
            changed.contains(diagnostic.path.as_str()) && !is_of_history(diagnostic.code)
        });
        found.extend(of_changed);
        let others: Vec<_> =
            others.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        if !others.is_empty() {
            let before = match self.load(&Request { at: Some("HEAD".to_owned()), ..request.clone() }) {
                Ok(before) => before.diagnostics(),
                Err(BookError::History(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            found.extend(others.into_iter().filter(|diagnostic| !is_among(diagnostic, &before)));
        }
        Ok(found)
    }

    fn check_staged_settings(&self, staged: &Staged) -> Result<Vec<Diagnostic>, BookError> {
        let mut found = Vec::new();
        if let Some(text) = self.staged_text(staged, BOOK_FILE)? {
            found.extend(super::BookConfig::parse(&text).err().map(|error| *error));
        }
        match self.staged_text(staged, POLICY_FILE)? {
            Some(text) => {
                let (policy, diagnostics) = Policy::parse(POLICY_FILE, &text);
                found.extend(diagnostics.into_iter().filter(|_| policy.is_none()));
            }
            None if staged.committed.contains_key(POLICY_FILE) => {
                let message = "the policy is staged for deletion; without it nobody has any authority";
                found.push(
                    Diagnostic::error_at_file(Code::PolicyInvalid, POLICY_FILE, message)
                        .with_help("restore it with `git restore --staged --worktree policy.toml`"),
                );
            }
            None => {}
        }
        Ok(found)
    }

    fn staged_text(&self, staged: &Staged, name: &str) -> Result<Option<String>, BookError> {
        let Some(file) = staged.files.get(name) else { return Ok(None) };
        match self.repository.blob(file.blob, MAX_RECORD_BYTES)? {
            Blob::Bytes(bytes) => {
                String::from_utf8(bytes).map(Some).map_err(|error| BookError::not_text(name, &error))
            }
            Blob::TooLarge(_) => Err(BookError::TooLarge { path: name.to_owned() }),
        }
    }

    fn listed(&self, staged: &Staged) -> Vec<(RecordType, String, TreeFile)> {
        let typed =
            |(path, file): (&String, &TreeFile)| Some((RecordType::of_path(path)?, path.clone(), *file));
        staged.files.iter().filter_map(typed).collect()
    }
}

/// Whether a diagnostic is one of those, wherever its line has gone.
pub(super) fn is_among(diagnostic: &Diagnostic, others: &[Diagnostic]) -> bool {
    let same = |other: &Diagnostic| {
        (other.code, &other.path, &other.message) == (diagnostic.code, &diagnostic.path, &diagnostic.message)
    };
    others.iter().any(same)
}

fn staged(book: &BookPath, entries: &[(String, TreeFile)], committed: &[(String, TreeFile)]) -> Staged {
    let prefix = book.join("");
    let own = |files: &[(String, TreeFile)]| -> BTreeMap<String, TreeFile> {
        let own =
            files.iter().filter_map(|(path, file)| Some((path.strip_prefix(&prefix)?.to_owned(), *file)));
        own.collect()
    };
    let code = |files: &[(String, TreeFile)]| -> BTreeMap<String, TreeFile> {
        let is_record = |path: &str| path.strip_prefix(&prefix).is_some_and(RecordType::is_record_path);
        files.iter().filter(|(path, _)| !is_record(path)).cloned().collect()
    };
    Staged { files: own(entries), committed: own(committed), touches_code: code(entries) != code(committed) }
}
