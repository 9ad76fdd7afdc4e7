//! Puts a site on disk: every file in one step, nothing foreign touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::input::Page;
use super::paths::is_safe;

/// Lists what a build made, with hashes, in the output directory.
const MANIFEST: &str = ".changebook-site";

/// First line of the manifest.
const HEADER: &str = "changebook-site 1";

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteReport {
    /// Files that are new or have other bytes than before.
    pub written: usize,
    /// Files that already had these bytes and were not touched.
    pub unchanged: usize,
    /// Files of an earlier build that are no longer made.
    pub removed: usize,
}

/// Why a site could not be written. Nothing has been written unless it is [`WriteError::Io`].
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output directory holds files that no build made.
    #[error("`{}` is not empty and was not made by a build: `{found}` is in it; choose an empty directory", out.display())]
    NotOurs {
        /// The output directory.
        out: PathBuf,
        /// The first file that is not ours, relative to it.
        found: String,
    },
    /// A file stands where a page is to go, and no build made it.
    #[error("`{}` stands where a page is to go, and no build made it", path.display())]
    InTheWay {
        /// The file or directory.
        path: PathBuf,
    },
    /// A symbolic link in the output directory could lead a page anywhere.
    #[error("`{}` is a symbolic link; the site is written to real directories only", path.display())]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A page's path leaves the output directory, or is that of the manifest.
    #[error("`{path}` is no path for a page")]
    UnsafePath {
        /// The path.
        path: String,
    },
    /// The system refused.
    #[error("cannot write `{}`", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the pages below `out`. Only files whose bytes differ are written, each by a rename; files that
/// an earlier build made and this one does not are removed when nobody has changed them since.
///
/// # Errors
/// See [`WriteError`]; everything but a refusal of the system is found before the first write.
pub fn write_site(out: &Path, pages: &[Page]) -> Result<WriteReport, WriteError> {
    let before = read_manifest(out)?;
    let now: BTreeMap<&str, String> =
        pages.par_iter().map(|page| (page.path.as_str(), hash(&page.bytes))).collect();
    check(out, pages, before.as_ref())?;
    let before = before.unwrap_or_default();
    let mut both: BTreeMap<&str, &str> =
        before.iter().map(|(path, hash)| (path.as_str(), hash.as_str())).collect();
    both.extend(now.iter().map(|(path, hash)| (*path, hash.as_str())));
    put(out, MANIFEST, &manifest(both))?;
    let written = pages.par_iter().map(|page| put(out, &page.path, &page.bytes).map(usize::from));
    let written = written.try_reduce(|| 0, |a, b| Ok(a + b))?;
    let mut report = WriteReport { written, unchanged: pages.len() - written, ..WriteReport::default() };
    for (path, hash) in before.iter().filter(|(path, _)| !now.contains_key(path.as_str())) {
        report.removed += usize::from(remove(out, path, hash)?);
    }
    put(out, MANIFEST, &manifest(now.iter().map(|(path, hash)| (*path, hash.as_str()))))?;
    Ok(report)
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::Io { path, source }
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn manifest<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut text = format!("{HEADER}\n");
    for (path, hash) in entries {
        text.push_str(hash);
        text.push(' ');
        text.push_str(path);
        text.push('\n');
    }
    text.into_bytes()
}

/// Paths and hashes of the last build; `None` when there was none.
fn read_manifest(out: &Path) -> Result<Option<BTreeMap<String, String>>, WriteError> {
    let path = out.join(MANIFEST);
    match metadata(&path)? {
        None => return Ok(None),
        Some(found) if found.is_symlink() => return Err(WriteError::SymbolicLink { path }),
        Some(_) => {}
    }
    let bytes = fs::read(&path).map_err(io_error(&path))?;
    let text = String::from_utf8_lossy(&bytes);
    let Some(lines) = text.strip_prefix(HEADER) else { return Err(WriteError::InTheWay { path }) };
    let entries = lines.lines().filter_map(|line| line.split_once(' ')).filter(|(_, path)| is_safe(path));
    Ok(Some(entries.map(|(hash, path)| (path.to_owned(), hash.to_owned())).collect()))
}

/// What stands at the path itself, links not followed.
fn metadata(path: &Path) -> Result<Option<Metadata>, WriteError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(io_error(path)(error)),
    }
}

/// Looks at everything that could forbid the build before anything is written.
fn check(out: &Path, pages: &[Page], before: Option<&BTreeMap<String, String>>) -> Result<(), WriteError> {
    let paths: BTreeSet<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    if let Some(bad) = paths.iter().find(|path| !is_safe(path) || **path == MANIFEST) {
        return Err(WriteError::UnsafePath { path: (*bad).to_owned() });
    }
    if before.is_none() {
        check_foreign(out, out, &paths)?;
    }
    for page in pages {
        check_parents(out, &page.path)?;
        let path = out.join(&page.path);
        let ours = before.is_none_or(|before| before.contains_key(&page.path));
        match metadata(&path)? {
            None => {}
            Some(found) if found.is_symlink() => return Err(WriteError::SymbolicLink { path }),
            Some(found) if !found.is_file() => return Err(WriteError::InTheWay { path }),
            Some(_) => {
                let same = || fs::read(&path).map(|bytes| bytes == page.bytes).map_err(io_error(&path));
                if !ours && !same()? {
                    return Err(WriteError::InTheWay { path });
                }
            }
        }
    }
    Ok(())
}

/// Without a manifest, every file that is there must be one that is about to be made.
fn check_foreign(out: &Path, folder: &Path, pages: &BTreeSet<&str>) -> Result<(), WriteError> {
    match metadata(folder)? {
        None => return Ok(()),
        Some(found) if !found.is_dir() && !found.is_symlink() => {
            return Err(WriteError::InTheWay { path: folder.to_owned() });
        }
        Some(_) => {}
    }
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| entries.collect::<io::Result<Vec<_>>>())
        .map_err(io_error(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(io_error(&path))?;
        let inner = path.strip_prefix(out).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if kind.is_symlink() {
            return Err(WriteError::SymbolicLink { path });
        }
        let within = format!("{inner}/");
        if kind.is_dir() && pages.iter().any(|page| page.starts_with(&within)) {
            check_foreign(out, &path, pages)?;
        } else if kind.is_dir() || !pages.contains(inner.as_str()) {
            return Err(WriteError::NotOurs { out: out.to_owned(), found: inner });
        }
    }
    Ok(())
}

/// Every folder on the way to the file must be a real one, or not there yet.
fn check_parents(out: &Path, path: &str) -> Result<(), WriteError> {
    let mut folder = out.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            break;
        }
        folder.push(part);
        match metadata(&folder)? {
            None => break,
            Some(found) if found.is_symlink() => return Err(WriteError::SymbolicLink { path: folder }),
            Some(found) if !found.is_dir() => return Err(WriteError::InTheWay { path: folder }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Writes one file by a rename; false when it has these bytes already.
fn put(out: &Path, path: &str, bytes: &[u8]) -> Result<bool, WriteError> {
    let target = out.join(path);
    if metadata(&target)?.is_some_and(|found| found.is_file())
        && fs::read(&target).map_err(io_error(&target))? == bytes
    {
        return Ok(false);
    }
    check_parents(out, path)?;
    let folder = target.parent().unwrap_or(out);
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    let mut file = temporary(folder).map_err(io_error(folder))?;
    file.write_all(bytes).map_err(io_error(&target))?;
    file.persist(&target).map_err(|error| io_error(&target)(error.error))?;
    Ok(true)
}

/// A temporary file that others may read once it is in place, as far as the umask lets them.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".changebook-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

/// Removes a file of an earlier build, and its folders when they are empty then. A file that was changed
/// since, or stands behind a link, stays.
fn remove(out: &Path, path: &str, expected: &str) -> Result<bool, WriteError> {
    let target = out.join(path);
    if check_parents(out, path).is_err() || !metadata(&target)?.is_some_and(|found| found.is_file()) {
        return Ok(false);
    }
    if hash(&fs::read(&target).map_err(io_error(&target))?) != expected {
        return Ok(false);
    }
    fs::remove_file(&target).map_err(io_error(&target))?;
    let mut folder = target.parent();
    while let Some(empty) = folder.filter(|folder| *folder != out) {
        if fs::remove_dir(empty).is_err() {
            break;
        }
        folder = empty.parent();
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    fn report(written: usize, unchanged: usize, removed: usize) -> WriteReport {
        WriteReport { written, unchanged, removed }
    }

    #[test]
    fn writes_what_differs_and_removes_only_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("site");
        let first = [page("index.html", "1"), page("tasks/A.html", "a"), page("tasks/old/B.html", "b")];
        assert_eq!(write_site(&out, &first).unwrap(), report(3, 0, 0));
        let time = fs::metadata(out.join("index.html")).unwrap().modified().unwrap();
        assert_eq!(write_site(&out, &first).unwrap(), report(0, 3, 0));
        assert_eq!(fs::metadata(out.join("index.html")).unwrap().modified().unwrap(), time);

        fs::write(out.join("CNAME"), "x").unwrap();
        fs::write(out.join("tasks/mine.txt"), "x").unwrap();
        assert_eq!(write_site(&out, &[page("index.html", "2")]).unwrap(), report(1, 0, 2));
        assert!(out.join("CNAME").exists() && out.join("tasks/mine.txt").exists());
        assert!(!out.join("tasks/A.html").exists() && !out.join("tasks/old").exists());
    }

    #[test]
    fn a_page_that_somebody_changed_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        write_site(folder.path(), &[page("a.html", "1"), page("b.html", "1")]).unwrap();
        fs::write(folder.path().join("b.html"), "by hand").unwrap();
        assert_eq!(write_site(folder.path(), &[page("a.html", "1")]).unwrap(), report(0, 1, 0));
        assert_eq!(fs::read_to_string(folder.path().join("b.html")).unwrap(), "by hand");
    }

    #[test]
    fn foreign_directories_and_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.doc"), "x").unwrap();
        let refused = write_site(folder.path(), &[page("a.html", "1")]);
        assert!(matches!(refused, Err(WriteError::NotOurs { found, .. }) if found == "thesis.doc"));
        assert!(!folder.path().join("a.html").exists());

        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.html"), "old").unwrap();
        assert_eq!(write_site(folder.path(), &[page("a.html", "1")]).unwrap(), report(1, 0, 0));
        fs::write(folder.path().join("b.html"), "mine").unwrap();
        let refused = write_site(folder.path(), &[page("a.html", "1"), page("b.html", "2")]);
        assert!(matches!(refused, Err(WriteError::InTheWay { .. })));
        assert_eq!(fs::read_to_string(folder.path().join("b.html")).unwrap(), "mine");
    }

    #[test]
    fn paths_stay_inside() {
        let folder = tempfile::tempdir().unwrap();
        for bad in ["../x", "/x", "a/../../x", "", "a\\b", MANIFEST] {
            let refused = write_site(folder.path(), &[page(bad, "1")]);
            assert!(matches!(refused, Err(WriteError::UnsafePath { .. })), "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        write_site(folder.path(), &[page("index.html", "1")]).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("tasks")).unwrap();
        let refused = write_site(folder.path(), &[page("index.html", "1"), page("tasks/A.html", "1")]);
        assert!(matches!(refused, Err(WriteError::SymbolicLink { .. })));
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

        std::os::unix::fs::symlink(elsewhere.path().join("f"), folder.path().join("b.html")).unwrap();
        let refused = write_site(folder.path(), &[page("b.html", "1")]);
        assert!(matches!(refused, Err(WriteError::SymbolicLink { .. })));
    }
}
