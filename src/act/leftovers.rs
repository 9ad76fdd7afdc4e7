//! What a killed act left: finished where its commit was made, else taken away.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::ActError;
use super::git::Git;
use super::journal::{Journal, OwnTree, Step};
use super::step::MARK;
use crate::history::Repository;

/// A reference is locked for milliseconds; a lock of the dead act's time that stays for so long has no owner.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(50);

/// Deals with what the act left whose folder this is. Its lock is held by now, so that neither it nor a `git` of its is
/// alive.
///
/// # Errors
/// When its folder cannot be taken away.
pub(super) fn finish_or_sweep(common: &Path, folder: &Path) -> Result<(), ActError> {
    if let Some(journal) = Journal::read(folder) {
        let started = Journal::started(folder);
        sweep_locks(common, &journal, started);
        if let Some(tree) = &journal.tree {
            sweep_tree(common, tree);
        } else if let Some(step) = &journal.step {
            // What cannot be finished now is what `git status` shows, and nothing is lost: the commit stands.
            let _ = finish(step, folder);
        }
        for folder in &journal.folders {
            sweep_files(folder, started);
        }
    }
    let io = |source| ActError::Io { doing: "written", path: folder.to_path_buf(), source };
    std::fs::remove_dir_all(folder).map_err(io)
}

/// Brings the index and the work tree along where the step had come so far that it must be finished.
fn finish(step: &Step, scratch: &Path) -> Result<(), ActError> {
    let git = Git::new(&step.directory);
    let head = git.run(&["rev-parse", "--verify", "HEAD"], None, None)?;
    let is_to_be_finished = match step.commits {
        // Nothing but the step itself, or the end of the operation, moves it.
        false => head == step.head && is_in_progress(&step.directory),
        true => head != step.head && is_committed(&git, step)?,
    };
    if is_to_be_finished {
        step.bring_along(&git, scratch)?;
    }
    Ok(())
}

fn is_in_progress(directory: &Path) -> bool {
    Repository::discover(directory).is_ok_and(|repository| repository.operation().is_some())
}

/// Whether `HEAD` holds what the step commits.
fn is_committed(git: &Git, step: &Step) -> Result<bool, ActError> {
    for write in &step.files {
        let place = format!("HEAD:{}", write.path);
        let now = git.run(&["rev-parse", "--verify", "--quiet", &place], None, None).ok();
        if now != write.committed {
            return Ok(false);
        }
    }
    let merge_base = git.run(&["merge-base", &step.head, "HEAD"], None, None)?;
    Ok(merge_base == step.head)
}

/// Takes a work tree of an act away, and the branch that was made for it and got no commit.
fn sweep_tree(common: &Path, tree: &OwnTree) {
    // By hand: `git worktree remove` refuses one that was killed while it was made.
    let _ = std::fs::remove_dir_all(&tree.folder);
    let _ = std::fs::remove_dir_all(common.join("worktrees").join(&tree.name));
    let git = Git::new(common);
    let tip =
        git.run(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{}", tree.branch)], None, None);
    if tree.made_at.is_some() && tip.ok() == tree.made_at {
        let _ = git.run(&["branch", "--quiet", "-D", "--", &tree.branch], None, None);
    }
}

/// Takes temporary files away that were to be renamed.
fn sweep_files(folder: &Path, started: Option<SystemTime>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(super::TEMPORARY);
        if is_ours && is_since(&entry.path(), started) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Takes away the locks that a killed `git` of the act's left on the index, on references and on the configuration.
fn sweep_locks(common: &Path, journal: &Journal, started: Option<SystemTime>) {
    let mut references = vec![common.join("packed-refs.lock"), common.join("config.lock")];
    let branch = |name: &str| common.join("refs/heads").join(format!("{name}.lock"));
    references.extend(journal.tree.iter().map(|tree| branch(&tree.branch)));
    if let Some(step) = journal.step.as_ref().filter(|_| journal.tree.is_none()) {
        let git = Git::new(&step.directory);
        if let Ok(own) = git.run(&["rev-parse", "--absolute-git-dir"], None, None).map(PathBuf::from) {
            let index = own.join("index.lock");
            if std::fs::read(&index).is_ok_and(|bytes| bytes == MARK) {
                let _ = std::fs::remove_file(&index);
            }
            references.push(own.join("HEAD.lock"));
            sweep_files(&own, started);
        }
        let name = git.run(&["symbolic-ref", "--quiet", "--short", "HEAD"], None, None);
        references.extend(name.iter().map(|name| branch(name)));
    }
    let mut waited = Duration::ZERO;
    references.retain(|lock| is_since(lock, started));
    while !references.is_empty() && waited < PATIENCE {
        std::thread::sleep(PAUSE);
        waited += PAUSE;
        references.retain(|lock| lock.exists());
    }
    for lock in references {
        let _ = std::fs::remove_file(lock);
    }
}

/// Whether a file was written after the act began.
fn is_since(file: &Path, started: Option<SystemTime>) -> bool {
    let written = std::fs::symlink_metadata(file).and_then(|metadata| metadata.modified());
    matches!((written, started), (Ok(written), Some(started)) if written >= started)
}
