//! Puts hooks into a repository, beside those that are there.

use std::path::{Path, PathBuf};

use super::git::Git;
use super::{ActError, write_atomically};

/// The line by which our own hooks are known.
const MARK: &str = "# Installed by `changebook hook install`.";

/// What became of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hook {
    /// It was put there.
    Installed,
    /// Ours was there and was brought up to date, or was right already.
    Renewed,
    /// Another one is there; nothing was changed.
    Taken(PathBuf),
    /// The one that was there stands at this place now, as it was, and is run first.
    Chained(PathBuf),
}

/// Puts a hook into the directory where git looks for hooks. `command` are lines of a shell script; where another
/// hook stands, nothing is done, or it is moved aside and run first (`chain`).
///
/// # Errors
/// [`ActError::Git`] outside of a repository, [`ActError::Io`].
pub fn install_hook(directory: &Path, name: &str, command: &str, chain: bool) -> Result<Hook, ActError> {
    let git = Git::new(directory);
    let folder = directory.join(git.run(&["rev-parse", "--git-path", "hooks"], None, None)?);
    let hook = folder.join(name);
    let aside = folder.join(format!("{name}.before-changebook"));
    let io = |source| ActError::Io { doing: "written", path: hook.clone(), source };
    std::fs::create_dir_all(&folder).map_err(io)?;
    let there = match std::fs::symlink_metadata(&hook) {
        Ok(_) => Some(std::fs::read_to_string(&hook).unwrap_or_default()),
        Err(_) => None,
    };
    let is_ours = there.as_deref().is_some_and(|text| text.lines().any(|line| line == MARK));
    let outcome = match (&there, is_ours, chain) {
        (None, ..) => Hook::Installed,
        (Some(_), true, _) => Hook::Renewed,
        (Some(_), false, true) if std::fs::symlink_metadata(&aside).is_err() => {
            std::fs::rename(&hook, &aside).map_err(io)?;
            Hook::Chained(aside.clone())
        }
        (Some(_), false, _) => return Ok(Hook::Taken(hook)),
    };
    write_atomically(&hook, script(name, command).as_bytes())?;
    make_executable(&hook).map_err(io)?;
    Ok(outcome)
}

/// The script: what was there before is asked first, with the same arguments and input.
fn script(name: &str, command: &str) -> String {
    format!(
        "#!/bin/sh\n{MARK}\nbefore=$(dirname \"$0\")/{name}.before-changebook\n{}{command}\n",
        match name {
            "pre-receive" =>
                "pushed=$(cat)\n\
                 if [ -x \"$before\" ]; then printf '%s\\n' \"$pushed\" | \"$before\" \"$@\" || exit $?; fi\n",
            _ => "if [ -x \"$before\" ]; then \"$before\" \"$@\" || exit $?; fi\n",
        }
    )
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Adds a trailer to the message in a file, as `git interpret-trailers` does.
///
/// # Errors
/// [`ActError::Git`].
pub fn add_trailer(directory: &Path, file: &Path, trailer: &str) -> Result<(), ActError> {
    let file = file.to_string_lossy();
    let arguments =
        ["interpret-trailers", "--in-place", "--if-exists", "doNothing", "--trailer", trailer, &file];
    Git::new(directory).run(&arguments, None, None).map(drop)
}
