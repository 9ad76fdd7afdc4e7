//! Why an act was refused or failed, and what to do about it.

use std::path::PathBuf;

use crate::history::HistoryError;

/// Why an act was refused or failed. Nothing has been changed unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// A bare repository.
    #[error("this repository has no work tree, so nothing can be committed here")]
    Bare,
    /// A merge, rebase or the like is under way.
    #[error("a {operation} is in progress")]
    InProgress {
        /// In git's words.
        operation: &'static str,
    },
    /// A name that cannot be a branch's.
    #[error("`{name}` cannot be the name of a branch")]
    NoBranch {
        /// As given.
        name: String,
    },
    /// Nothing says which key to sign with.
    #[error("there is no SSH key to sign with")]
    NoKey,
    /// `ssh-keygen` could not sign.
    #[error("`ssh-keygen -Y sign` failed: {message}")]
    Sign {
        /// What it said.
        message: String,
    },
    /// Another `git` is at work on the index, or was killed at it.
    #[error("`{}` exists: another `git` process is running in this repository, or one was killed", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Another act holds the book.
    #[error("another command has been writing to this repository for {seconds} seconds ({holder})")]
    Held {
        /// Its command and process.
        holder: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The branch is not where it was when the record was read.
    #[error("the branch moved from {before} to {now} in the meantime; nothing was committed")]
    Moved {
        /// The commit that was read.
        before: String,
        /// The commit that is there now.
        now: String,
    },
    /// A local branch and the one of its name at the remote have each what the other lacks.
    #[error("`{branch}` and `{remote}` have diverged")]
    Diverged {
        /// The local branch.
        branch: String,
        /// The remote-tracking one.
        remote: String,
    },
    /// The branch that is checked out lacks what the remote has.
    #[error("`{branch}`, which is checked out here, is behind `{remote}`")]
    Behind {
        /// The local branch.
        branch: String,
        /// The remote-tracking one.
        remote: String,
    },
    /// A rebase whose commits to come cannot be moved to the new number.
    #[error("the remaining commits of this {operation} use the old number and cannot be rewritten: {reason}")]
    ToCome {
        /// In git's words.
        operation: &'static str,
        /// Why.
        reason: String,
    },
    /// The file is not in `HEAD`.
    #[error("`{path}` is not committed yet")]
    NotCommitted {
        /// In the book.
        path: String,
    },
    /// One of the three versions does not take the edit.
    #[error("the edit cannot be applied to {version} of `{path}`: {reason}")]
    NotApplicable {
        /// `the committed version`, `the index` or `the work tree`.
        version: &'static str,
        /// In the book.
        path: String,
        /// Why.
        reason: String,
    },
    /// The commit would change nothing.
    #[error("`{path}` is already like that in the last commit, so there is nothing to commit")]
    NoChange {
        /// In the book.
        path: String,
    },
    /// The file is gone from the work tree, or is no regular file there.
    #[error("`{path}` is not a regular file in the work tree")]
    NotInWorkTree {
        /// In the book.
        path: String,
    },
    /// `git` could not be started.
    #[error("cannot run `git`")]
    NoGit(#[source] std::io::Error),
    /// `git` refused: a hook, a missing identity, a signature that cannot be made.
    #[error("`git {command}` failed:\n{message}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it said.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("`{}` cannot be {doing}", path.display())]
    Io {
        /// `read` or `written`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The commit was made; what came after failed.
    #[error("commit {commit} was created, but the work tree or index could not be updated: {reason}")]
    HalfDone {
        /// The new commit.
        commit: String,
        /// Why.
        reason: String,
    },
    /// History cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl ActError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            ActError::Bare => Some("work in a clone: `git clone REPOSITORY`".to_owned()),
            ActError::InProgress { operation } => {
                Some(format!("finish or abort it first: `git {operation} --continue` or `--abort`"))
            }
            ActError::Held { .. } => Some("nothing was changed; run it again when the other one has finished".to_owned()),
            ActError::Moved { .. } => Some("run it again; it will use the current state".to_owned()),
            ActError::Diverged { branch, remote } => Some(format!(
                "rebase or merge first (`git switch {branch}`, then `git rebase {remote}` or `git merge {remote}`), or commit on a new branch: `--branch NAME`"
            )),
            ActError::Behind { remote, .. } => {
                Some(format!("update it with `git merge --ff-only {remote}`, then run it again"))
            }
            ActError::ToCome { operation, .. } => Some(format!(
                "nothing was changed; `git {operation} --abort`, then merge instead (`git merge` and `changebook renumber`)"
            )),
            ActError::NotCommitted { path } => Some(format!(
                "commit the record first: `git add {path} && git commit`; or only edit the file: `--no-commit`"
            )),
            ActError::NotApplicable { .. } => {
                Some("commit or stash your own changes to this file, then try again".to_owned())
            }
            ActError::NotInWorkTree { path } => Some(format!(
                "restore it with `git restore {path}`; in a sparse checkout: `git sparse-checkout add {}`",
                path.rsplit_once('/').map_or(".", |(folder, _)| folder)
            )),
            ActError::HalfDone { .. } => {
                Some("`git status` shows what is left; take the commit's version with `git restore --staged --worktree FILE`".to_owned())
            }
            ActError::NoGit(_) => Some("install git, or add it to the PATH".to_owned()),
            ActError::NoKey => Some(
                "give one with `--key FILE`, or set `git config gpg.format ssh` and `git config user.signingKey FILE`"
                    .to_owned(),
            ),
            ActError::Sign { .. } => {
                Some("nothing was changed; check that the key file exists, or that the agent has the key".to_owned())
            }
            ActError::NoChange { path } => Some(format!("`git log -1 -- {path}` shows who committed it")),
            ActError::NoBranch { .. } => Some("write it like `approve-INFRA-150`".to_owned()),
            ActError::Locked { path } => {
                Some(format!("wait for it to finish; if no such process is running, remove {}", path.display()))
            }
            ActError::Git { message, .. } => Some(git_hint(message).to_owned()),
            ActError::Io { .. } => {
                Some("nothing was changed; check that the place is writable and the disk is not full".to_owned())
            }
            ActError::History(error) => error.hint(),
        }
    }
}

/// What to do about a refusal of git; the words are git's own in the language of the C locale or of the user.
fn git_hint(message: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["user.email", "empty ident", "auto-detect"]) {
        "nothing was changed; say who you are: `git config user.name \"…\"` and `git config user.email \"…\"`"
    } else if says(&["gpg", "sign", "key"]) {
        "nothing was changed; the commit could not be signed: check `git config --get-regexp 'gpg|sign'`"
    } else if says(&["already used by worktree", "already checked out"]) {
        "nothing was changed; run it in that work tree, without `--branch`"
    } else {
        "nothing was changed; the message above is from git or from a hook of this repository"
    }
}
