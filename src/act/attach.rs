//! Detached approvals: signed by the user's own `ssh-keygen`, added as a file in a commit of its own.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::git::Git;
use super::journal::{Entry, FileWrite};
use super::{ActError, Hold, commit_writes, refuse_while_busy};
use crate::book::Book;
use crate::history::{Blob, CommitId, blob_of};
use crate::record::MAX_DETACHED_BYTES;

/// Signs a text under the namespace `changebook` with `ssh-keygen -Y sign`, so that agents and hardware keys
/// work; gives the armoured signature. Without `key`, git's `user.signingKey` is taken when `gpg.format` is
/// `ssh`.
///
/// # Errors
/// [`ActError::NoKey`] when there is no key to sign with, [`ActError::Sign`] with what `ssh-keygen` said.
pub fn sign(book: &Book, text: &str, key: Option<&str>) -> Result<String, ActError> {
    let git = Git::new(book.root.as_deref().ok_or(ActError::Bare)?);
    let key = match key {
        Some(key) => key.to_owned(),
        None => configured_key(&git)?,
    };
    // A key that is given as text lives in an agent: ssh-keygen wants its public half in a file.
    let literal = key.strip_prefix("key::").or_else(|| key.starts_with("ssh-").then_some(&*key));
    let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
    let public = match literal {
        Some(public) => {
            let mut file = tempfile::Builder::new().suffix(".pub").tempfile().map_err(io)?;
            writeln!(file, "{public}").map_err(io)?;
            Some(file)
        }
        None => None,
    };
    let path = public.as_ref().map_or_else(|| PathBuf::from(&key), |file| file.path().to_path_buf());
    let path = match path.strip_prefix("~") {
        Ok(rest) => std::env::home_dir().unwrap_or_default().join(rest),
        Err(_) => path,
    };
    let mut child = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "changebook", "-f"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| ActError::Sign { message: format!("cannot run `ssh-keygen`: {source}") })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that fails early closes its input; its own message says more than the broken pipe.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(|source| ActError::Sign { message: source.to_string() })?;
    let armor = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() && armor.starts_with("-----BEGIN SSH SIGNATURE-----") {
        return Ok(armor);
    }
    Err(ActError::Sign { message: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

fn configured_key(git: &Git) -> Result<String, ActError> {
    let read =
        |key: &str| git.run(&["config", "--get", key], None, None).ok().filter(|value| !value.is_empty());
    let is_ssh = read("gpg.format").as_deref() == Some("ssh");
    read("user.signingKey").filter(|_| is_ssh).ok_or(ActError::NoKey)
}

/// Writes a small file into the work tree and stops there.
///
/// # Errors
/// [`ActError::Io`].
pub fn write_file(hold: &Hold, book: &Book, path: &str, content: &str) -> Result<(), ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    super::refuse_links(root, path)?;
    let file = root.join(path);
    let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
    let folder = file.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(io)?;
    hold.note_folder(folder)?;
    super::write_atomically(&file, content.as_bytes())
}

/// Commits one small file, new or replaced, with `message`; what else is staged or changed stays as it is.
///
/// # Errors
/// A refusal before anything is changed, when the work tree or index hold something else at that path, or
/// [`ActError::HalfDone`].
pub fn commit_file(
    hold: &Hold,
    book: &Book,
    path: &str,
    content: &str,
    message: &str,
) -> Result<CommitId, ActError> {
    let root = book.root.as_deref().ok_or(ActError::Bare)?;
    refuse_while_busy(book)?;
    let in_repository = book.path.join(path);
    let head = book.repository.head()?.commit;
    let head = head.ok_or_else(|| ActError::NotCommitted { path: path.to_owned() })?;
    hold.refuse_unless_at(head)?;
    let committed = book.repository.file(head, &in_repository)?.map(|file| file.blob);
    let refuse = |version: &'static str| ActError::NotApplicable {
        version,
        path: path.to_owned(),
        reason: "it has changes that are not committed".to_owned(),
    };
    let staged = book.repository.index_blob(&in_repository)?;
    if staged.is_some_and(|staged| Some(staged) != committed) {
        return Err(refuse("the index"));
    }
    let file = root.join(path);
    let mut disk_before = None;
    if std::fs::symlink_metadata(&file).is_ok() {
        let on_disk = std::fs::read(&file).unwrap_or_default();
        let before = match committed.map(|blob| book.repository.blob(blob, MAX_DETACHED_BYTES)).transpose()? {
            Some(Blob::Bytes(bytes)) => bytes,
            _ => Vec::new(),
        };
        if on_disk != before && on_disk != content.as_bytes() {
            return Err(refuse("the work tree"));
        }
        disk_before = Some(blob_of(&on_disk)?.hex());
    }
    let io = |source| ActError::Io { doing: "written", path: file.clone(), source };
    let folder = file.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(io)?;
    hold.note_folder(folder)?;
    let git = hold.git(root)?;
    let blob = git.write_blob(content)?;
    let write = FileWrite {
        mode: git.mode(head, &in_repository)?,
        path: in_repository,
        committed: Some(blob.clone()),
        index_before: Entry::of(staged.map(|blob| blob.hex())),
        index_after: Some(blob.clone()),
        disk_before,
        disk_after: Some(blob),
    };
    commit_writes(hold, &git, root, head, vec![write], message)
}

/// Writes a file that belongs to nobody's work tree: a report.
///
/// # Errors
/// [`ActError::Io`].
pub fn create_file(path: &std::path::Path, content: &[u8]) -> Result<(), ActError> {
    super::write_atomically(path, content)
}

/// Bundles a commit with all of its history, as `git bundle` does; the bundle names it `audited`, and `HEAD`.
///
/// # Errors
/// What git says.
pub fn bundle(book: &Book, commit: CommitId, file: &std::path::Path) -> Result<(), ActError> {
    let path = std::path::absolute(file).map_err(|source| ActError::Io {
        doing: "written",
        path: file.to_path_buf(),
        source,
    })?;
    // Through a repository of its own that borrows the objects: nothing is written into the user's.
    let io = |source| ActError::Io { doing: "written", path: std::env::temp_dir(), source };
    let folder = tempfile::Builder::new().prefix("changebook-bundle-").tempdir().map_err(io)?;
    let git = Git::new(folder.path());
    git.run(&["init", "--quiet", "--bare"], None, None)?;
    let objects = book.repository.common_dir().join("objects");
    let objects = objects.canonicalize().map_err(io)?;
    std::fs::write(folder.path().join("objects/info/alternates"), format!("{}\n", objects.display()))
        .map_err(io)?;
    git.run(&["update-ref", "refs/heads/audited", &commit.hex()], None, None)?;
    git.run(&["symbolic-ref", "HEAD", "refs/heads/audited"], None, None)?;
    git.run(&["bundle", "create", "--quiet", &path.to_string_lossy(), "HEAD", "audited"], None, None)
        .map(drop)
}
