//! Runs the user's own `git`, so that hooks, identity and signing are theirs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ActError;

/// `git` in one work tree.
pub(super) struct Git {
    directory: PathBuf,
}

impl Git {
    pub(super) fn new(directory: &Path) -> Self {
        Git { directory: directory.to_path_buf() }
    }

    /// Name, e-mail and time under which a commit would be made now.
    pub(super) fn identity(&self) -> Result<String, ActError> {
        self.run(&["var", "GIT_AUTHOR_IDENT"], None, None)
    }

    /// Stores a text as a blob, without filters; gives its object name.
    pub(super) fn write_blob(&self, text: &str) -> Result<String, ActError> {
        self.run(&["hash-object", "-w", "--no-filters", "--stdin"], None, Some(text))
    }

    /// Commits `HEAD`'s tree with one file replaced, through an index of its own: what else is staged stays
    /// staged and out of the commit.
    pub(super) fn commit_file(&self, path: &str, blob: &str, message: &str) -> Result<(), ActError> {
        let entry = format!("{},{blob},{path}", self.mode(path)?);
        let add = |git: &Git, index: &Path| {
            git.run(&["update-index", "--add", "--cacheinfo", &entry], Some(index), None).map(drop)
        };
        self.commit_with(&add, message)
    }

    /// Commits `HEAD`'s tree with what `change` does to an index of its own.
    pub(super) fn commit_with(
        &self,
        change: &dyn Fn(&Git, &Path) -> Result<(), ActError>,
        message: &str,
    ) -> Result<(), ActError> {
        let git_dir = PathBuf::from(self.run(&["rev-parse", "--absolute-git-dir"], None, None)?);
        let io = |source| ActError::Io { doing: "written", path: git_dir.clone(), source };
        let folder = tempfile::Builder::new().prefix("changebook-").tempdir_in(&git_dir).map_err(io)?;
        let index = folder.path().join("index");
        self.run(&["read-tree", "HEAD"], Some(&index), None)?;
        change(self, &index)?;
        self.run(&["commit", "--quiet", "--cleanup=verbatim", "-F", "-"], Some(&index), Some(message))?;
        Ok(())
    }

    /// Puts a blob into the real index.
    pub(super) fn stage(&self, path: &str, blob: &str) -> Result<(), ActError> {
        let entry = format!("{},{blob},{path}", self.mode(path)?);
        self.run(&["update-index", "--add", "--cacheinfo", &entry], None, None).map(drop)
    }

    /// The file's mode in `HEAD`; that of a plain file for one that is not there.
    fn mode(&self, path: &str) -> Result<String, ActError> {
        let listing = self.run(&["ls-tree", "--full-tree", "HEAD", "--", path], None, None)?;
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
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
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

/// What `git` said when it failed.
pub(super) fn failed(arguments: &[&str], output: Output) -> ActError {
    let said = [output.stderr, output.stdout].concat();
    let mut message = String::from_utf8_lossy(&said).trim().to_owned();
    if message.is_empty() {
        message.push_str("it said nothing; most likely a hook refused");
    }
    ActError::Git { command: arguments.join(" "), message }
}
