//! What goes with a renumbering in the middle of a merge or rebase: the message that git has ready, and the commits that
//! are still to be applied.

use std::path::{Path, PathBuf};

use super::git::Git;
use super::journal::StateWrite;
use super::{ActError, Hold};
use crate::book::Book;
use crate::history::{Blob, CommitId, blob_of, from_hex};
use crate::record::MAX_RECORD_BYTES;

/// A record that takes another number, and what of others' texts follows it.
pub struct Moving<'a> {
    /// The line that tells: `Renumbers: INFRA-1 INFRA-2`.
    pub trailer: String,
    /// Whether a message names the old number.
    pub names: &'a dyn Fn(&str) -> bool,
    /// What becomes of a file with that path (in the book) and text in a commit that is still to be applied.
    pub carry: &'a dyn Fn(&str, &str) -> Result<Carried, String>,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// It has nothing to do with it.
    Same,
    /// It stands at this path of the book, with this text.
    To(String, String),
    /// It is void.
    Gone,
}

/// Files of git's own that are to be written with a step.
#[derive(Debug, Default)]
pub struct Pending {
    state: Vec<(PathBuf, String)>,
}

impl Pending {
    pub(super) fn writes(&self, git: &Git) -> Result<Vec<StateWrite>, ActError> {
        let write = |(file, text): &(PathBuf, String)| {
            let io = |source| ActError::Io { doing: "read", path: file.clone(), source };
            let before = Some(blob_of(&std::fs::read(file).map_err(io)?)?.hex());
            Ok(StateWrite { file: file.clone(), before, after: git.write_blob(text)? })
        };
        self.state.iter().map(write).collect()
    }
}

/// Reads what a merge or rebase in progress has still to do, with a record under its new number. Nothing is changed but
/// that objects are added.
///
/// # Errors
/// [`ActError::ToCome`] where the commits to come cannot be moved.
pub fn pending(hold: &Hold, book: &Book, moving: &Moving<'_>) -> Result<Pending, ActError> {
    let series = Series { git: hold.git(book.root.as_deref().ok_or(ActError::Bare)?)?, hold, book, moving };
    let own = book.repository.git_dir();
    let mut state = Vec::new();
    for name in ["MERGE_MSG", "rebase-merge/message", "rebase-apply/final-commit"] {
        if let Some(text) = read(&own.join(name))? {
            state.push((own.join(name), series.with_trailer(&text)?));
        }
    }
    let patch = |name: &str| -> Result<Option<u32>, ActError> {
        Ok(read(&own.join("rebase-apply").join(name))?.and_then(|text| text.trim().parse().ok()))
    };
    if let (Some(next), Some(last)) = (patch("next")?, patch("last")?)
        && next < last
    {
        return Err(series.refused("they are patches, as with `--apply`"));
    }
    for name in ["rebase-merge/git-rebase-todo", "sequencer/todo"] {
        if let Some(todo) = read(&own.join(name))? {
            let moved = series.todo(&todo)?;
            if moved != todo {
                state.push((own.join(name), moved));
            }
        }
    }
    Ok(Pending { state })
}

fn read(file: &Path) -> Result<Option<String>, ActError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ActError::Io { doing: "read", path: file.to_path_buf(), source }),
    }
}

/// A line of git's list of what is to be done.
enum Task<'l> {
    /// A commit is applied.
    Pick(&'l str),
    /// Branches are made and merged again.
    Shape,
    /// Nothing that writes a record.
    Other,
}

fn task(line: &str) -> Task<'_> {
    let mut words = line.split_whitespace();
    match words.next().unwrap_or_default() {
        "p" | "pick" | "r" | "reword" | "e" | "edit" | "s" | "squash" | "f" | "fixup" => {
            words.find(|word| !word.starts_with('-')).map_or(Task::Other, Task::Pick)
        }
        "l" | "label" | "t" | "reset" | "m" | "merge" | "revert" => Task::Shape,
        _ => Task::Other,
    }
}

/// The commits that are still to be applied.
struct Series<'a> {
    git: Git,
    hold: &'a Hold,
    book: &'a Book,
    moving: &'a Moving<'a>,
}

/// Files of one commit that become others: what goes, and what comes.
#[derive(Default)]
struct Changed {
    writes: Vec<(String, Option<String>)>,
}

impl Series<'_> {
    fn refused(&self, reason: impl Into<String>) -> ActError {
        let operation = self.book.repository.operation().unwrap_or("rebase");
        ActError::ToCome { operation, reason: reason.into() }
    }

    fn with_trailer(&self, message: &str) -> Result<String, ActError> {
        let arguments =
            ["interpret-trailers", "--if-exists", "addIfDifferent", "--trailer", &self.moving.trailer];
        Ok(self.git.run(&arguments, None, Some(message))? + "\n")
    }

    /// The list with commits in place of those that write to the old number, or name it.
    fn todo(&self, todo: &str) -> Result<String, ActError> {
        let has_shape = todo.lines().any(|line| matches!(task(line), Task::Shape));
        let mut text = String::with_capacity(todo.len());
        for line in todo.split_inclusive('\n') {
            let Task::Pick(name) = task(line) else {
                text.push_str(line);
                continue;
            };
            match self.carried(name)? {
                None => text.push_str(line),
                Some(_) if has_shape => {
                    return Err(self.refused("some of them are merges, as with `--rebase-merges`"));
                }
                Some(commit) => text.push_str(&line.replacen(name, &commit, 1)),
            }
        }
        Ok(text)
    }

    /// The same change on top of the record's new number; `None` for one that has nothing to do with it.
    fn carried(&self, name: &str) -> Result<Option<String>, ActError> {
        let raw = self.git.output(&["cat-file", "commit", name].map(std::ffi::OsStr::new))?;
        let raw = String::from_utf8(raw.stdout).map_err(|_| self.refused(format!("{name} is not UTF-8")))?;
        let (header, message) = raw.split_once("\n\n").unwrap_or((&raw, ""));
        let parents: Vec<&str> = header.lines().filter_map(|line| line.strip_prefix("parent ")).collect();
        let [parent] = parents[..] else { return Ok(None) };
        let commit = self.git.run(&["rev-parse", "--verify", &format!("{name}^{{commit}}")], None, None)?;
        let is_named = (self.moving.names)(message);
        let (before, after) =
            (self.changed(parent, parent, &commit)?, self.changed(&commit, parent, &commit)?);
        if before.writes.is_empty() && after.writes.is_empty() && !is_named {
            return Ok(None);
        }
        let base_tree = self.tree(parent, &before)?;
        let base = self.commit(header, &base_tree, None, "What the change was made on, renumbered.\n")?;
        let message = if is_named { self.with_trailer(message)? } else { message.to_owned() };
        self.commit(header, &self.tree(&commit, &after)?, Some(&base), &message).map(Some)
    }

    /// What becomes of the files in `of`, of those in which two commits differ.
    fn changed(&self, of: &str, before: &str, after: &str) -> Result<Changed, ActError> {
        let listed = self.git.run(
            &["diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after],
            None,
            None,
        )?;
        let id = from_hex(of).map(CommitId).ok_or_else(|| self.refused(format!("{of} is not a commit")))?;
        let (mut changed, repository) = (Changed::default(), &self.book.repository);
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            let Some(in_book) = path.strip_prefix(&self.book.path.join("")) else { continue };
            let Some(file) = repository.file(id, path)?.filter(|file| file.is_regular()) else { continue };
            let Blob::Bytes(bytes) = repository.blob(file.blob, MAX_RECORD_BYTES)? else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            match (self.moving.carry)(in_book, &text).map_err(|reason| self.refused(reason))? {
                Carried::Same => {}
                Carried::Gone => changed.writes.push((path.to_owned(), None)),
                Carried::To(to, text) => {
                    let to = self.book.path.join(&to);
                    if to != path {
                        changed.writes.push((path.to_owned(), None));
                    }
                    changed.writes.push((to, Some(self.git.write_blob(&text)?)));
                }
            }
        }
        Ok(changed)
    }

    /// A commit's tree with those files.
    fn tree(&self, commit: &str, changed: &Changed) -> Result<String, ActError> {
        let index = self.hold.scratch().join("carried-index");
        self.git.run(&["read-tree", commit], Some(&index), None)?;
        let entries = changed.writes.iter().map(|(path, blob)| (&**path, "100644", blob.as_deref()));
        self.git.put_entries(entries, &index)?;
        self.git.run(&["write-tree"], Some(&index), None)
    }

    /// A commit with the author, committer and encoding of another one's header. A signature would be of another text.
    fn commit(
        &self,
        header: &str,
        tree: &str,
        parent: Option<&str>,
        message: &str,
    ) -> Result<String, ActError> {
        let mut text = format!("tree {tree}\n");
        text.extend(parent.map(|parent| format!("parent {parent}\n")));
        let kept = ["author ", "committer ", "encoding "];
        for line in header.lines().filter(|line| kept.iter().any(|key| line.starts_with(key))) {
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(message);
        self.git.run(&["hash-object", "-t", "commit", "-w", "--stdin"], None, Some(&text))
    }
}
