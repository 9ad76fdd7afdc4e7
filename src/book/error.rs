//! Why a book cannot be opened or read.

use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::history::{CommitId, HistoryError};
use crate::ledger;

/// Commits as people quote them: `1a2b3c4 and 5d6e7f8`.
fn short_names(commits: &[CommitId]) -> String {
    commits.iter().map(CommitId::short).collect::<Vec<_>>().join(" and ")
}

/// Why a book cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A directory that is not there.
    #[error("`{}` is not a directory", path.display())]
    NoDirectory {
        /// As given.
        path: PathBuf,
    },
    /// No `book.toml`.
    #[error("no book: there is no `book.toml` at or above `{}`", path.display())]
    NoBook {
        /// Where the search began.
        path: PathBuf,
    },
    /// Several folders of a bare repository have one.
    #[error("several books in this repository: {}", folders.join(", "))]
    SeveralBooks {
        /// The folders.
        folders: Vec<String>,
    },
    /// A file that cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the book that is not UTF-8.
    #[error("{path}:{line}:{column}: byte 0x{byte:02X} is not valid UTF-8")]
    NotText {
        /// In the book.
        path: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// The first byte that is none.
        byte: u8,
    },
    /// A symbolic link or the like where a file of the book is expected.
    #[error("`{path}` is not a regular file")]
    Link {
        /// In the book.
        path: String,
    },
    /// A file of the book that is too large to be what its name says.
    #[error("`{path}` is larger than the size limit for records")]
    TooLarge {
        /// In the book.
        path: String,
    },
    /// The lock that keeps two who take a number apart cannot be had.
    #[error("`{}` cannot be written", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `book.toml` or `policy.toml` is wrong: the errors say where.
    #[error("the book's settings cannot be read, so no answer is possible")]
    Settings(Vec<Diagnostic>),
    /// The history holds two beginnings of a policy.
    #[error("policy-forked: the trunk's history introduces a policy twice, in {}", short_names(roots))]
    PolicyForked {
        /// The commits that begin one.
        roots: Vec<CommitId>,
    },
    /// What names the beginning of the policy does not.
    #[error("`{named}` is not a commit of the trunk's history that has a policy")]
    PolicyRoot {
        /// As given.
        named: String,
    },
    /// A moment or date that cannot be understood, or lies in the future.
    #[error("`{text}` {problem}")]
    Moment {
        /// As given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Something else than two revisions.
    #[error("`{text}` is not a valid range")]
    Range {
        /// As given.
        text: String,
    },
    /// A trunk is needed and cannot be told.
    #[error("no trunk: none of `--trunk`, git's configuration, `HEAD` and the policy names a branch")]
    NoTrunk,
    /// A trunk is needed, and this clone does not say which branch of its remote that is.
    #[error(
        "no trunk: this clone has remotes but no `origin/HEAD`, and a policy cannot choose the branch that it is checked on"
    )]
    NoOriginHead,
    /// The gate could not tell.
    #[error(transparent)]
    Unclear(#[from] ledger::Unclear),
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl BookError {
    pub(crate) fn read(path: &Path, source: std::io::Error) -> Self {
        BookError::Read { path: path.to_path_buf(), source }
    }

    pub(crate) fn not_text(path: &str, error: &std::string::FromUtf8Error) -> Self {
        let at = error.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(error.as_bytes().get(..at).unwrap_or_default());
        let line = valid.matches('\n').count() + 1;
        let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        BookError::NotText { path: path.to_owned(), line, column, byte }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            BookError::NoBook { .. } => {
                Some("create one here with `changebook init`, or start elsewhere with `-C DIR`".to_owned())
            }
            BookError::SeveralBooks { .. } => Some("read it from a clone with a work tree".to_owned()),
            BookError::Settings(_) => Some("fix the file at that line, then commit it".to_owned()),
            BookError::PolicyForked { roots } => Some(format!(
                "find out which one is right, and name it: `git config changebook.policy-root {}`",
                roots.first().map_or_else(String::new, CommitId::hex)
            )),
            BookError::PolicyRoot { .. } => Some(
                "`changebook.policy-root` and `--policy-root` take a full commit ID: \
                 `git log --reverse --format=%H -- policy.toml` lists those that changed the policy"
                    .to_owned(),
            ),
            BookError::NoTrunk => {
                Some("name it: `--trunk main`, or permanently with `git config changebook.trunk main`".to_owned())
            }
            BookError::NoOriginHead => Some(
                "ask the remote: `git remote set-head origin --auto`; or name it: `--trunk main`, or permanently with \
                 `git config changebook.trunk main`"
                    .to_owned(),
            ),
            BookError::History(error) => error.hint(),
            BookError::Unclear(_) => None,
            BookError::NoDirectory { .. } => Some("`-C` needs an existing directory".to_owned()),
            BookError::Read { .. } => {
                Some("check that it is a file and that you may read it: `ls -l`".to_owned())
            }
            BookError::NotText { .. } => Some("save the file as UTF-8".to_owned()),
            BookError::TooLarge { .. } => Some("shorten the file, or check what is in it".to_owned()),
            BookError::Lock { .. } => Some(
                "a new number needs a lock in the git directory: check that you may write there"
                    .to_owned(),
            ),
            BookError::Link { .. } => {
                Some("put the file itself there; links out of the book are not followed".to_owned())
            }
            BookError::Range { .. } => Some("give two revisions: `main..HEAD`".to_owned()),
            BookError::Moment { .. } => {
                Some("give a revision, `2024-05-25`, or `2024-05-25T02:00:00+02:00`".to_owned())
            }
        }
    }
}
