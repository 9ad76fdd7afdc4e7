//! Git's own merge of a file by lines, and the settings that make git ask for ours.

use std::ffi::OsStr;
use std::path::Path;

use super::ActError;
use super::git::{Git, failed};

/// The texts that `git merge-file` merges, and what it calls them.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// What both sides began with, its text and label.
    pub base: (&'a str, &'a str),
    /// The side that is merged into.
    pub ours: (&'a str, &'a str),
    /// The side that is merged.
    pub theirs: (&'a str, &'a str),
}

/// Merges by lines, with the user's `git merge-file` and settings; gives the text and the number of conflicts.
///
/// # Errors
/// [`ActError::Git`] with what it said, [`ActError::Io`] when a temporary file cannot be written.
pub fn merge_by_lines(
    directory: &Path,
    texts: Texts<'_>,
    marker_size: usize,
) -> Result<(String, usize), ActError> {
    let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
    let folder = tempfile::Builder::new().prefix("changebook-merge-").tempdir().map_err(io)?;
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map(|()| path).map_err(io)
    };
    let (base, ours) = (write("base", texts.base.0)?, write("ours", texts.ours.0)?);
    let theirs = write("theirs", texts.theirs.0)?;
    let size = format!("--marker-size={marker_size}");
    let arguments: [&OsStr; 13] = [
        "merge-file".as_ref(),
        "-p".as_ref(),
        "-q".as_ref(),
        size.as_ref(),
        "-L".as_ref(),
        texts.ours.1.as_ref(),
        "-L".as_ref(),
        texts.base.1.as_ref(),
        "-L".as_ref(),
        texts.theirs.1.as_ref(),
        ours.as_ref(),
        base.as_ref(),
        theirs.as_ref(),
    ];
    let output = Git::new(directory).output(&arguments)?;
    // The status is the number of conflicts, up to 127.
    match output.status.code().and_then(|code| usize::try_from(code).ok()).filter(|code| *code <= 127) {
        Some(n_conflicts) => Ok((String::from_utf8_lossy(&output.stdout).into_owned(), n_conflicts)),
        None => Err(failed(&["merge-file"], output)),
    }
}

/// The user's `merge.conflictStyle`; empty when nothing says.
pub fn conflict_style(directory: &Path) -> String {
    Git::new(directory).run(&["config", "--get", "merge.conflictStyle"], None, None).unwrap_or_default()
}

/// Sets a key of the repository's own configuration.
///
/// # Errors
/// [`ActError::Git`].
pub fn set_git_setting(directory: &Path, key: &str, value: &str) -> Result<(), ActError> {
    Git::new(directory).run(&["config", "--local", key, value], None, None).map(drop)
}
