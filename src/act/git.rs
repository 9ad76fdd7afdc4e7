//! Runs the user's own `git`, so that hooks, identity and signing are theirs.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ActError;
use super::hold::Hold;
use super::journal::FileWrite;
use crate::history::{CommitId, from_hex};

/// `git` in one work tree.
pub(super) struct Git {
    directory: PathBuf,
    /// The lock of the act that it runs for.
    lock: Option<File>,
}

impl Git {
    pub(super) fn new(directory: &Path) -> Self {
        Git { directory: directory.to_path_buf(), lock: None }
    }

    /// One that shares an act's lock while it runs.
    pub(super) fn holding(directory: &Path, lock: File) -> Self {
        Git { directory: directory.to_path_buf(), lock: Some(lock) }
    }

    /// Where git keeps a file of its own for this work tree.
    pub(super) fn git_path(&self, name: &str) -> Result<PathBuf, ActError> {
        Ok(self.directory.join(self.run(&["rev-parse", "--git-path", name], None, None)?))
    }

    /// The root of the work tree.
    pub(super) fn top(&self) -> Result<PathBuf, ActError> {
        Ok(PathBuf::from(self.run(&["rev-parse", "--show-toplevel"], None, None)?))
    }

    /// Name, e-mail and time under which a commit would be made now.
    pub(super) fn identity(&self) -> Result<String, ActError> {
        self.run(&["var", "GIT_AUTHOR_IDENT"], None, None)
    }

    /// Stores a text as a blob, without filters; gives its object name.
    pub(super) fn write_blob(&self, text: &str) -> Result<String, ActError> {
        self.run(&["hash-object", "-w", "--no-filters", "--stdin"], None, Some(text))
    }

    /// Commits the tree of `head` with these files, through an index of its own: what else is staged stays staged and
    /// out of the commit. Where the branch has moved since `head` was read, there is no commit.
    pub(super) fn commit(
        &self,
        hold: &Hold,
        head: CommitId,
        files: &[FileWrite],
        message: &str,
    ) -> Result<CommitId, ActError> {
        let index = hold.scratch().join("index");
        let before = head.hex();
        self.run(&["read-tree", &before], Some(&index), None)?;
        let entries = files.iter().map(|write| (&*write.path, &*write.mode, write.committed.as_deref()));
        self.put_entries(entries, &index)?;
        let file = hold.scratch().join("message");
        let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
        std::fs::write(&file, message).map_err(io)?;
        let file = file.to_string_lossy();
        self.refuse_unless_at(&before)?;
        // A housekeeping in the background would outlive the act.
        let arguments =
            ["-c", "maintenance.auto=false", "-c", "gc.auto=0", "commit", "--cleanup=verbatim", "-F", &file];
        let said = self.run(&arguments, Some(&index), None)?;
        let made = self.run(&["rev-parse", &format!("{}^{{commit}}", made(&said))], None, None)?;
        let parents = self.run(&["rev-parse", &format!("{made}^@")], None, None)?;
        if parents != before {
            // Somebody's commit came between, and this one would undo it.
            let note = "changebook: take back a commit that another one came before";
            self.run(&["update-ref", "-m", note, "HEAD", &parents, &made], None, None)?;
            return Err(ActError::Moved { before: head.short(), now: parents.chars().take(7).collect() });
        }
        let commit = from_hex(&made).map(CommitId);
        commit.ok_or_else(|| ActError::Git { command: "rev-parse".to_owned(), message: made })
    }

    /// Refuses when `HEAD` is not that commit any more.
    fn refuse_unless_at(&self, commit: &str) -> Result<(), ActError> {
        let now = self.run(&["rev-parse", "--verify", "HEAD^{commit}"], None, None)?;
        let short = |commit: &str| commit.chars().take(7).collect();
        match now == commit {
            true => Ok(()),
            false => Err(ActError::Moved { before: short(commit), now: short(&now) }),
        }
    }

    /// The modes of files in a commit, those of plain files where there are none.
    pub(super) fn mode(&self, commit: CommitId, path: &str) -> Result<String, ActError> {
        let listing = self.run(&["ls-tree", "--full-tree", &commit.hex(), "--", path], None, None)?;
        let mode = listing.split(' ').next().filter(|mode| !mode.is_empty());
        Ok(mode.unwrap_or("100644").to_owned())
    }

    pub(super) fn run(
        &self,
        arguments: &[&str],
        index: Option<&Path>,
        input: Option<&str>,
    ) -> Result<String, ActError> {
        let mut command = Command::new("git");
        command.current_dir(&self.directory).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(match (&self.lock, input) {
            (_, Some(_)) => Stdio::piped(),
            (Some(lock), None) => Stdio::from(lock.try_clone().map_err(ActError::NoGit)?),
            (None, None) => Stdio::null(),
        });
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        let mut child = command.spawn().map_err(ActError::NoGit)?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            // A git that fails early closes its input; its own message says more than the broken pipe.
            let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
        }
        let output = child.wait_with_output().map_err(ActError::NoGit)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(failed(arguments, output))
    }

    /// Runs `git` for its output as it is, and its exit status.
    pub(super) fn output(&self, arguments: &[&OsStr]) -> Result<Output, ActError> {
        let mut command = Command::new("git");
        command.current_dir(&self.directory).args(arguments).stdin(Stdio::null());
        command.output().map_err(ActError::NoGit)
    }
}

/// The name of the commit in what `git commit` says of it: `[main 4ed4da5] subject`.
fn made(said: &str) -> &str {
    let line = said.lines().find(|line| line.starts_with('[')).unwrap_or_default();
    let head = line.split("] ").next().unwrap_or_default();
    head.rsplit(' ').next().map_or("HEAD", |word| word.trim_end_matches(']'))
}

/// What `git` said when it failed.
pub(super) fn failed(arguments: &[&str], output: Output) -> ActError {
    let said = [output.stderr, output.stdout].concat();
    let mut message = String::from_utf8_lossy(&said).trim().to_owned();
    if message.is_empty() {
        message.push_str("it printed nothing; most likely a hook refused");
    }
    ActError::Git { command: arguments.join(" "), message }
}
