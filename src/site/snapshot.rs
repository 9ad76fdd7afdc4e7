//! The references and files that a site is made from, read before history is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::paths::is_safe;
use super::{DocFile, expand_includes};
use crate::book::{Book, BookConfig, BookError, Fingerprint, Request, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::history::CommitId;
use crate::record::RecordType;

/// What a book's answers are made from, and the files that only its site shows.
pub struct SiteSnapshot {
    pub(super) book: Snapshot,
    pub(super) files: SiteFiles,
}

/// The files of a book that are no records and no settings.
pub(super) struct SiteFiles {
    pub(super) docs: Vec<DocFile>,
    pub(super) docs_problems: Vec<Diagnostic>,
    pub(super) assets: Vec<DocFile>,
    pub(super) template_overrides: BTreeMap<String, String>,
    /// The files that the theme names.
    pub(super) theme_files: Vec<DocFile>,
    /// A hash of all that was read.
    digest: [u8; 32],
}

impl SiteSnapshot {
    /// Reads it. Where nobody states the clock it is HEAD's own time, so that the same HEAD gives the same bytes.
    ///
    /// # Errors
    /// As [`Book::load`].
    pub fn read(book: &Book, request: &Request) -> Result<Self, BookError> {
        let is_past = request.at.is_some();
        let head = if is_past { None } else { book.head()?.commit };
        let now = match (request.now_is_stated, head) {
            (false, Some(head)) => book.repository.commit_time(head)?.seconds,
            _ => request.now,
        };
        let snapshot = book.snapshot(&Request { now, ..request.clone() })?;
        let commit = snapshot.commit().filter(|_| is_past || book.root.is_none());
        let files = SiteFiles::read(book, (commit, snapshot.commit()), &snapshot.config()?)?;
        Ok(SiteSnapshot { book: snapshot, files })
    }

    /// The book's settings.
    ///
    /// # Errors
    /// [`BookError::Settings`] with the place.
    pub fn config(&self) -> Result<BookConfig, BookError> {
        self.book.config()
    }

    /// A hash of all that a site is made from; where it is equal, equal sites are made. `None` for a site of the past.
    pub(super) fn fingerprint(&self) -> Option<[u8; 32]> {
        let mut hash = Fingerprint::default();
        hash.add(&self.book.fingerprint()?);
        hash.add(&self.book.now().to_le_bytes());
        hash.add(&self.files.digest);
        Some(hash.finish())
    }
}

impl SiteFiles {
    /// Reads them from a commit, or from the work tree (`None`) beside the commit that is shown.
    fn read(
        book: &Book,
        (commit, shown): (Option<CommitId>, Option<CommitId>),
        config: &BookConfig,
    ) -> Result<Self, BookError> {
        let mut hash = Fingerprint::default();
        let mut files = |folder: &str| -> Result<Vec<DocFile>, BookError> {
            let files = book.other_files(commit, folder)?;
            hash.add_all(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
            Ok(files.into_iter().map(|(path, bytes)| DocFile::new(path, bytes)).collect())
        };
        let mut docs = files(&config.docs)?;
        let mut assets = Vec::new();
        for record_type in RecordType::ALL {
            assets.extend(files(record_type.folder())?);
        }
        if let Some(shown) = shown.filter(|_| commit.is_none()) {
            let pages = docs.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
            let differs = book.differing(shown, &config.docs, pages)?;
            docs.iter_mut().zip(differs).for_each(|(file, differs)| file.uncommitted = differs);
        }
        let (docs, docs_problems) = with_includes(book, commit, docs, &mut hash);
        let template_overrides = book.site_templates(commit)?;
        hash.add_all(template_overrides.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
        let theme_files = theme_files(book, commit, config)?;
        hash.add_all(theme_files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice())));
        let digest = hash.finish();
        Ok(SiteFiles { docs, docs_problems, assets, template_overrides, theme_files, digest })
    }
}

/// Puts into the manual's pages the files that they include. A page that is a part of another, and that the
/// summary does not name, is no page of its own.
fn with_includes(
    book: &Book,
    commit: Option<CommitId>,
    docs: Vec<DocFile>,
    hash: &mut Fingerprint,
) -> (Vec<DocFile>, Vec<Diagnostic>) {
    let taken = RefCell::new(BTreeSet::new());
    let hash = RefCell::new(hash);
    let expand = |mut doc: DocFile| {
        let text = std::str::from_utf8(&doc.bytes).ok().filter(|text| text.contains("{{"));
        let Some(text) = text.filter(|_| doc.path.ends_with(".md")) else { return (doc, Vec::new()) };
        let read = |path: &str| {
            taken.borrow_mut().insert(path.to_owned());
            let found = book.text_for_page(commit, path);
            let (kind, text) = match &found {
                Ok(text) => ("text", text),
                Err(why) => ("none", why),
            };
            hash.borrow_mut().add_all([(path, kind.as_bytes()), (kind, text.as_bytes())].into_iter());
            found
        };
        let expanded = expand_includes(&book.path.join(&doc.path), &doc.path, text, &read);
        doc.bytes = expanded.text.into_bytes();
        doc.title = expanded.title;
        doc.origins = Some(Arc::new(expanded.origins));
        (doc, expanded.problems)
    };
    let (mut docs, problems): (Vec<DocFile>, Vec<Vec<Diagnostic>>) = docs.into_iter().map(expand).unzip();
    let taken = taken.into_inner();
    let summary = docs.iter().find(|doc| doc.path.ends_with("/SUMMARY.md"));
    let summary = summary.map(|doc| String::from_utf8_lossy(&doc.bytes).into_owned()).unwrap_or_default();
    docs.retain(|doc| {
        let name = doc.path.rsplit('/').next().unwrap_or(&doc.path);
        !doc.path.ends_with(".md") || !taken.contains(&book.path.join(&doc.path)) || summary.contains(name)
    });
    (docs, problems.into_iter().flatten().collect())
}

/// The files that the theme names, as far as they are there.
fn theme_files(
    book: &Book,
    commit: Option<CommitId>,
    config: &BookConfig,
) -> Result<Vec<DocFile>, BookError> {
    let mut files = Vec::new();
    for path in config.theme.files().map(|stated| stated.as_ref()) {
        let bytes = if is_safe(path) { book.bytes(commit, path)? } else { None };
        files.extend(bytes.map(|bytes| DocFile::new(path.as_str(), bytes)));
    }
    Ok(files)
}
