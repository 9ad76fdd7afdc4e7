//! Why history cannot be read.

use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, Oid};

/// Why history cannot be read. Every variant is "could not tell": exit status 1.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// No repository at or above a path.
    #[error("no git repository at or above `{}`", path.display())]
    NoRepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// The repository belongs to somebody else.
    #[error("the git repository at `{}` belongs to another user", path.display())]
    NotOwned {
        /// Where it is.
        path: PathBuf,
    },
    /// A repository format that the git library cannot read.
    #[error("the git repository at `{}` has a format that cannot be read here: {message}", path.display())]
    Unsupported {
        /// Where it is.
        path: PathBuf,
        /// libgit2's words.
        message: String,
    },
    /// A shallow clone.
    #[error("the clone is shallow: its history is incomplete, so any answer could be wrong")]
    Shallow,
    /// A grafts file.
    #[error("`{}` replaces parents of commits, so any answer could be wrong", path.display())]
    Grafts {
        /// The file.
        path: PathBuf,
    },
    /// A revision that names no commit.
    #[error("`{revision}` is not a commit in this repository")]
    UnknownRevision {
        /// As given.
        revision: String,
    },
    /// A name that no branch has.
    #[error("there is no branch `{name}`")]
    UnknownBranch {
        /// As given.
        name: String,
    },
    /// A name such as `origin/main`, which a local branch has.
    #[error("`{name}` could mean two branches: a local one is called `{name}`")]
    AmbiguousBranch {
        /// As given.
        name: String,
    },
    /// A local branch that went another way than the remote's.
    #[error(
        "`{name}` could mean two commits: the local branch is at {local}, `origin/{name}` at {remote}, and neither has the other in its history"
    )]
    DivergedBranch {
        /// As given.
        name: String,
        /// Where the local one is.
        local: String,
        /// Where the remote-tracking one is.
        remote: String,
    },
    /// An object that should be a commit and is not, or has no tree.
    #[error("object {id} is not a readable commit")]
    NotACommit {
        /// Its name.
        id: String,
    },
    /// A tree of more paths than any project has.
    #[error("tree {id} and those requested with it list more than {limit} files, so they are not read")]
    TreeTooLarge {
        /// The tree where the limit was met, or an entry of it.
        id: String,
        /// How many paths are listed at most.
        limit: usize,
    },
    /// An object that cannot be read.
    #[error("object {id} cannot be read")]
    Object {
        /// Its name.
        id: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Anything else from the git library.
    #[error("git: {0}")]
    Git(#[source] git2::Error),
}

impl HistoryError {
    pub(super) fn open(path: &Path, source: git2::Error) -> Self {
        let path = path.to_path_buf();
        let message = source.message().to_owned();
        match (source.code(), source.class()) {
            (ErrorCode::NotFound, _) => HistoryError::NoRepository { path },
            (ErrorCode::Owner, _) => HistoryError::NotOwned { path },
            (_, ErrorClass::Repository) => HistoryError::Unsupported { path, message },
            _ => HistoryError::Git(source),
        }
    }

    pub(super) fn object(id: Oid, source: Box<dyn std::error::Error + Send + Sync>) -> Self {
        HistoryError::Object { id: id.to_string(), source }
    }

    pub(super) fn git(source: git2::Error) -> Self {
        HistoryError::Git(source)
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            HistoryError::NoRepository { .. } => {
                Some("change into a repository, give one with `-C DIR`, or create one: `git init`".to_owned())
            }
            HistoryError::NotOwned { path } => Some(format!(
                "if you trust it: `git config --global --add safe.directory {}`",
                path.display()
            )),
            HistoryError::Unsupported { .. } => Some(
                "clone it into the usual format: `git clone --ref-format=files`, SHA-1 objects".to_owned(),
            ),
            HistoryError::Shallow => Some("get the rest with `git fetch --unshallow`".to_owned()),
            HistoryError::Grafts { .. } => Some("remove the file, or clone again".to_owned()),
            HistoryError::UnknownRevision { .. } => {
                Some("`git log --oneline --all` lists all commits".to_owned())
            }
            HistoryError::UnknownBranch { .. } => {
                Some("`git branch --all` lists all branches; tags and other revisions are not branches".to_owned())
            }
            HistoryError::AmbiguousBranch { name } => Some(format!(
                "use the full name: `refs/remotes/{name}` or `refs/heads/{name}`; better, rename the local branch"
            )),
            HistoryError::DivergedBranch { name, .. } => Some(format!(
                "use `origin/{name}` or `refs/heads/{name}`, or bring them together with `git fetch` and a rebase"
            )),
            HistoryError::TreeTooLarge { .. } => Some(
                "no project is that large; find out who created it: `git log --raw --no-renames` at the branch's tip"
                    .to_owned(),
            ),
            HistoryError::Object { .. } | HistoryError::NotACommit { .. } => Some(
                "check with `git fsck`; a partial clone needs `git fetch --refetch --no-filter`".to_owned(),
            ),
            HistoryError::Git(_) => {
                Some("check the repository with `git status` and `git fsck`".to_owned())
            }
        }
    }
}
