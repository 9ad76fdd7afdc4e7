//! The hooks of a clone.

use std::path::{Path, PathBuf};

use super::super::context::Context;
use super::super::error::CliError;
use super::super::ui::{Ui, render_diagnostic};
use crate::act::add_trailer;
use crate::book::Book;
use crate::diagnostic::Severity;
use crate::editor::change_trailer::{Commit, task_of};

/// The index that git commits from: one of its own for `git commit FILE`.
fn index() -> Option<PathBuf> {
    std::env::var_os("GIT_INDEX_FILE").map(PathBuf::from)
}

pub(super) fn pre_commit(ui: &mut Ui, context: &Context) -> Result<(), CliError> {
    let index = index().map(|path| context.directory.join(path));
    let mut n_errors = 0;
    for (book, staged) in Book::all_staged(&context.directory, index.as_deref())? {
        if staged.changed().is_empty() {
            continue;
        }
        let mut found = book.check_staged(&staged, &context.request())?;
        for diagnostic in &mut found {
            diagnostic.path = book.path.join(&diagnostic.path);
            ui.note(&render_diagnostic(diagnostic, None));
        }
        n_errors += found.iter().filter(|found| found.severity == Severity::Error).count();
    }
    match n_errors {
        0 => Ok(()),
        n => Err(CliError::refused(format!(
            "{n} error{} in the staged files, so nothing was committed",
            if n == 1 { "" } else { "s" }
        ))
        .with_hint("fix the files and stage them again; to commit anyway: `git commit --no-verify`")),
    }
}

pub(super) fn commit_msg(context: &Context, file: &Path) -> Result<(), CliError> {
    let path = context.directory.join(file);
    let message = std::fs::read(&path)
        .map_err(|error| CliError::failure(format!("`{}` cannot be read: {error}", path.display())))?;
    let message = String::from_utf8_lossy(&message);
    let index = index().map(|path| context.directory.join(path));
    let books = Book::all_staged(&context.directory, index.as_deref())?;
    let several = books.len() > 1;
    let mut found = Vec::new();
    for (book, staged) in &books {
        let (tasks, changed) = staged.tasks();
        let head = book.head()?;
        let commit = Commit {
            branch: head.branch.as_deref(),
            message: &message,
            touches_code: staged.touches_code && book.repository.operation().is_none(),
            tasks: &tasks,
            changed: &changed,
        };
        let Some(task) = task_of(&commit) else { continue };
        let name = book.policy(head.commit).ok().and_then(|policy| policy.book.clone());
        found.push(match name.filter(|_| several) {
            Some(name) => format!("{name}/{task}"),
            None => task.to_string(),
        });
    }
    match &found[..] {
        [task] => Ok(add_trailer(
            &context.directory,
            &std::path::absolute(&path).unwrap_or(path),
            &format!("Change: {task}"),
        )?),
        _ => Ok(()),
    }
}
