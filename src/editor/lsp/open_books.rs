//! The books whose files the editor has opened, and the texts that it has of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::Uri;

use super::text::Encoding;
use super::uri;
use crate::book::{Book, BookError, CacheUse, Loaded, Request};
use crate::history::CommitId;
use crate::ledger::RecordState;
use crate::record::{Record, RecordType};

/// One book, as it is with what is not saved.
pub(super) struct OpenBook {
    pub(super) book: Book,
    pub(super) root: PathBuf,
    pub(super) loaded: Result<Loaded, BookError>,
    /// The records as they read now: the editor's text, else the file's.
    pub(super) records: BTreeMap<String, Record>,
    /// The commit that was read.
    head: Option<CommitId>,
}

/// A document that the editor has opened.
pub(super) struct Document {
    pub(super) uri: Uri,
    pub(super) text: String,
    pub(super) version: i32,
    /// Which book, and the path in it.
    pub(super) place: Option<(usize, String)>,
}

/// All open books and documents.
pub(super) struct OpenBooks {
    pub(super) all: Vec<OpenBook>,
    /// By address.
    pub(super) documents: BTreeMap<String, Document>,
    pub(super) encoding: Encoding,
}

/// What a request is about: a document of a book that could be read.
pub(super) struct DocumentContext<'a> {
    pub(super) open: &'a OpenBook,
    pub(super) loaded: &'a Loaded,
    pub(super) document: &'a Document,
    pub(super) path: &'a str,
    pub(super) encoding: Encoding,
    pub(super) documents: &'a BTreeMap<String, Document>,
}

impl OpenBooks {
    pub(super) fn new(encoding: Encoding) -> Self {
        OpenBooks { all: Vec::new(), documents: BTreeMap::new(), encoding }
    }

    pub(super) fn open(&mut self, uri: Uri, text: String, version: i32, now: i64) {
        let place = uri::path(&uri).and_then(|path| self.place(&path, now));
        let key = uri.as_str().to_owned();
        self.documents.insert(key.clone(), Document { uri, text, version, place });
        self.read_document(&key);
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        let Some(document) = self.documents.remove(uri.as_str()) else { return };
        let Some((book, path)) = document.place else { return };
        let open = &mut self.all[book];
        // What was not saved is gone with the document.
        let text = open.book.text(None, &path).ok().flatten();
        match (text, record_type(&path)) {
            (Some(text), Some(kind)) => {
                drop(open.records.insert(path.clone(), Record::parse(kind, &path, text.as_bytes())));
            }
            _ => drop(open.records.remove(&path)),
        }
    }

    /// Reads a document's text as a record, in its place among the others.
    pub(super) fn read_document(&mut self, key: &str) {
        let Some(document) = self.documents.get(key) else { return };
        let Some((book, path)) = &document.place else { return };
        if let Some(kind) = record_type(path) {
            let record = Record::parse(kind, path, document.text.as_bytes());
            self.all[*book].records.insert(path.clone(), record);
        }
    }

    /// The book of a path, opened if need be, and the path in it.
    fn place(&mut self, path: &Path, now: i64) -> Option<(usize, String)> {
        let folder = path.parent()?;
        let folder = folder.ancestors().find(|folder| folder.is_dir())?;
        let book = Book::find(folder).ok()?;
        let root = book.root.clone()?;
        let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let inside = full.strip_prefix(&root).or_else(|_| path.strip_prefix(&root)).ok()?;
        let inside = crate::book::slashes(inside);
        if let Some(known) = self.all.iter().position(|open| open.root == root) {
            return Some((known, inside));
        }
        let head = book.head().ok().and_then(|head| head.commit);
        let loaded = book.load(&request(now));
        let records = book.records_on_disk().unwrap_or_default();
        self.all.push(OpenBook { book, root, loaded, records, head });
        Some((self.all.len() - 1, inside))
    }

    /// Reads the books anew: all of them, or those whose `HEAD` has moved.
    pub(super) fn reload(&mut self, all: bool, now: i64) -> bool {
        let mut any = false;
        for open in &mut self.all {
            let head = open.book.head().ok().and_then(|head| head.commit);
            if !all && head == open.head {
                continue;
            }
            any = true;
            open.head = head;
            open.loaded = open.book.load(&request(now));
            open.records = open.book.records_on_disk().unwrap_or_default();
        }
        if any {
            let keys: Vec<String> = self.documents.keys().cloned().collect();
            keys.iter().for_each(|key| self.read_document(key));
        }
        any
    }

    /// The document of an address, in a book that could be read.
    pub(super) fn context(&self, uri: &Uri) -> Option<DocumentContext<'_>> {
        let document = self.documents.get(uri.as_str())?;
        let (book, path) = document.place.as_ref()?;
        let open = &self.all[*book];
        let loaded = open.loaded.as_ref().ok()?;
        let (encoding, documents) = (self.encoding, &self.documents);
        Some(DocumentContext { open, loaded, document, path, encoding, documents })
    }
}

impl DocumentContext<'_> {
    /// The document as a record, when it is one.
    pub(super) fn record(&self) -> Option<&Record> {
        self.open.records.get(self.path)
    }

    /// What history says of a record.
    pub(super) fn state_of(&self, record: &Record) -> Option<&RecordState> {
        self.loaded.state.record(record.id.as_ref()?.as_str())
    }

    /// A file of the book as it reads now: the editor's text, else that on disk.
    pub(super) fn text_of(&self, path: &str) -> Option<String> {
        let uri = self.uri_of(path)?;
        let open = self.documents.get(uri.as_str()).map(|document| document.text.clone());
        open.or_else(|| self.open.book.text(None, path).ok().flatten())
    }

    /// The record of an ID.
    pub(super) fn record_of(&self, id: &str) -> Option<&Record> {
        self.open.records.values().find(|record| record.id.as_ref().is_some_and(|own| own.as_str() == id))
    }

    /// The address of a file of the book; the editor's own, where it has the file open.
    pub(super) fn uri_of(&self, path: &str) -> Option<Uri> {
        // Another book may have a file at the same path.
        let book = self.document.place.as_ref().map(|(book, _)| *book);
        let is_it = |document: &&Document| {
            document.place.as_ref().is_some_and(|(other, own)| own == path && Some(*other) == book)
        };
        let open = self.documents.values().find(is_it).map(|document| document.uri.clone());
        open.or_else(|| uri::of(&self.open.root.join(path)))
    }
}

/// The type of the record that stands at a path.
pub(super) fn record_type(path: &str) -> Option<RecordType> {
    RecordType::of_path(path).filter(|_| path.ends_with(".md"))
}

fn request(now: i64) -> Request {
    Request { now, cache: CacheUse::Allowed, ..Request::default() }
}
