//! Opens a book: finds it, reads its files and history, and puts the rooms together.

mod added;
mod approved;
mod blame;
mod config;
mod day_or_moment;
mod deleted;
mod differences;
mod error;
mod evidence;
mod facts;
mod files;
mod freezes;
mod ids;
mod judge;
mod load;
mod policy_in_force;
mod pretended;
mod push;
mod renamed;
mod renumber;
mod renumbered;
mod request;
mod rewritten;
mod settings;
mod shown;
mod signed_files;
mod snapshot;
mod staged;
mod trunk;
mod uncommitted;
mod unsaved;
mod versions;

use std::path::{Path, PathBuf};

use crate::history::{BookPath, CommitId, Head, Repository};

pub use added::Scanned;
pub use blame::BlamedLine;
pub use config::{BookConfig, Colors, Redirect, Theme};
pub use day_or_moment::Period;
pub use deleted::Deleted;
pub use differences::{Differences, Step, Steps};
pub use error::BookError;
pub use files::{FileContent, RecordFile};
pub use judge::{AuditQuestion, Audited, Began, GateQuestion};
pub(crate) use load::natural;
pub use load::{Loaded, drop_later};
pub(crate) use policy_in_force::POLICY_ROOT_KEY;
pub use push::{Update, judge_update};
pub use renumber::{Side, Twins};
pub use request::{CacheUse, Request, View};
pub use snapshot::{Fingerprint, Snapshot};
pub use staged::Staged;
pub(crate) use trunk::TRUNK_KEY;

/// The file that makes a directory a book.
pub const BOOK_FILE: &str = "book.toml";
/// The file that says who may approve what.
pub const POLICY_FILE: &str = "policy.toml";

/// A book in a repository.
pub struct Book {
    /// The repository that holds it.
    pub repository: Repository,
    /// Where it stands in the repository.
    pub path: BookPath,
    /// Its directory on disk; `None` in a bare repository.
    pub root: Option<PathBuf>,
}

impl Book {
    /// Finds the book that holds `start`: the nearest directory with a `book.toml`, upwards to the root of the
    /// work tree. In a bare repository it is looked for in the commit that `HEAD` names: at the root, else in
    /// the one folder that has it.
    ///
    /// # Errors
    /// [`BookError::NoBook`] when there is none; history's errors for the repository.
    pub fn find(start: &Path) -> Result<Self, BookError> {
        let start = std::path::absolute(start).map_err(|source| BookError::read(start, source))?;
        if !start.is_dir() {
            return Err(BookError::NoDirectory { path: start });
        }
        let start = start.canonicalize().map_err(|source| BookError::read(&start, source))?;
        let repository = Repository::discover(&start)?;
        match repository.work_tree() {
            Some(work_tree) => Self::in_work_tree(repository, &work_tree, &start),
            None => Self::in_bare(repository, &start),
        }
    }

    fn in_work_tree(repository: Repository, work_tree: &Path, start: &Path) -> Result<Self, BookError> {
        let work_tree = work_tree.canonicalize().map_err(|source| BookError::read(work_tree, source))?;
        let root = start
            .ancestors()
            .take_while(|directory| directory.starts_with(&work_tree))
            .find(|directory| directory.join(BOOK_FILE).is_file())
            .ok_or_else(|| BookError::NoBook { path: start.to_path_buf() })?
            .to_path_buf();
        let relative = root.strip_prefix(&work_tree).unwrap_or(Path::new(""));
        let path = BookPath::new(&slashes(relative));
        Ok(Book { repository, path, root: Some(root) })
    }

    fn in_bare(repository: Repository, start: &Path) -> Result<Self, BookError> {
        let no_book = || BookError::NoBook { path: start.to_path_buf() };
        let head = repository.head()?.commit.ok_or_else(no_book)?;
        let mut found = repository.survey(head, BOOK_FILE)?.folders;
        found.sort_by_key(|folder| folder.matches('/').count() + usize::from(!folder.is_empty()));
        let path = match &found[..] {
            [] => return Err(no_book()),
            [only] => BookPath::new(only),
            [first, ..] if first.is_empty() => BookPath::default(),
            _ => return Err(BookError::SeveralBooks { folders: found }),
        };
        Ok(Book { repository, path, root: None })
    }

    /// The same book through another handle, for another thread.
    fn reopen(&self) -> Result<Self, BookError> {
        let repository = self.repository.reopen()?;
        Ok(Book { repository, path: self.path.clone(), root: self.root.clone() })
    }

    /// What `HEAD` names.
    ///
    /// # Errors
    /// History's errors.
    pub fn head(&self) -> Result<Head, BookError> {
        Ok(self.repository.head()?)
    }

    /// The book's own text file in a commit, or in the work tree (`None`).
    ///
    /// # Errors
    /// When it cannot be read, or is no text.
    pub fn text(&self, commit: Option<CommitId>, name: &str) -> Result<Option<String>, BookError> {
        let bytes = self.bytes(commit, name)?;
        bytes
            .map(|bytes| String::from_utf8(bytes).map_err(|error| BookError::not_text(name, &error)))
            .transpose()
    }

    /// As [`text`](Self::text), of any file. Nothing is read through a symbolic link.
    ///
    /// # Errors
    /// When it cannot be read, or a link stands on the way to it.
    pub fn bytes(&self, commit: Option<CommitId>, name: &str) -> Result<Option<Vec<u8>>, BookError> {
        let on_the_way = || Path::new(name).ancestors().filter(|part| !part.as_os_str().is_empty());
        let bytes = match (commit, &self.root) {
            (Some(commit), _) => files::committed_bytes(self, commit, name)?,
            (None, Some(root)) if on_the_way().any(|part| root.join(part).is_symlink()) => {
                return Err(BookError::Link { path: name.to_owned() });
            }
            (None, Some(root)) => match std::fs::read(root.join(name)) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(source) => return Err(BookError::read(&root.join(name), source)),
            },
            (None, None) => None,
        };
        Ok(bytes)
    }
}

impl Book {
    /// A path from the root of the work tree as one from the book's directory, with `..` where it is outside.
    pub fn relative(&self, path: &str) -> String {
        let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let (book, path): (Vec<String>, Vec<String>) = (parts(self.path.as_str()), parts(path));
        let shared = book.iter().zip(&path).take_while(|(a, b)| a == b).count();
        let up = book[shared..].iter().map(|_| "..");
        up.chain(path[shared..].iter().map(String::as_str)).collect::<Vec<_>>().join("/")
    }

    /// A path from the book's directory as one from the root of the work tree.
    pub fn in_repository(&self, path: &str) -> String {
        let joined = self.path.join(path);
        let mut parts: Vec<&str> = Vec::new();
        for part in joined.split('/').filter(|part| !matches!(*part, "" | ".")) {
            match (part, parts.last()) {
                ("..", Some(last)) if *last != ".." => {
                    parts.pop();
                }
                _ => parts.push(part),
            }
        }
        parts.join("/")
    }
}

/// A relative path with forward slashes; what is not Unicode is replaced.
pub(crate) fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
