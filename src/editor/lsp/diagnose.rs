//! Diagnostics of `check`, as the editor shows them.

use lsp_types::{
    Diagnostic as LspDiagnostic, DiagnosticSeverity, NumberOrString, PublishDiagnosticsParams, Uri,
};

use super::shelf::Shelf;
use super::text;
use crate::book::{BOOK_FILE, BookConfig, BookError, POLICY_FILE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::policy::Policy;

/// What is wrong with a document; empty for one of no book.
pub(super) fn document(shelf: &Shelf, uri: &Uri) -> Option<PublishDiagnosticsParams> {
    let document = shelf.documents.get(uri.as_str())?;
    let found = found(shelf, uri);
    let convert = |found: &Diagnostic| {
        let end = match found.span.end > found.span.start {
            true => found.span.end,
            // A place without length is shown to the end of its line.
            false => document.text[found.span.start.min(document.text.len())..]
                .find('\n')
                .map_or(document.text.len(), |at| found.span.start.min(document.text.len()) + at),
        };
        let message = match &found.help {
            Some(help) => format!("{}\n{help}", found.message),
            None => found.message.clone(),
        };
        LspDiagnostic {
            range: text::range(&document.text, &(found.span.start..end), shelf.encoding),
            severity: Some(match found.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
            }),
            code: Some(NumberOrString::String(found.code.as_str().to_owned())),
            source: Some("changebook".to_owned()),
            message,
            ..LspDiagnostic::default()
        }
    };
    Some(PublishDiagnosticsParams {
        uri: uri.clone(),
        diagnostics: found.iter().map(convert).collect(),
        version: Some(document.version),
    })
}

/// The same as the values of `check`.
pub(super) fn found(shelf: &Shelf, uri: &Uri) -> Vec<Diagnostic> {
    let Some(document) = shelf.documents.get(uri.as_str()) else { return Vec::new() };
    let Some((book, path)) = &document.place else { return Vec::new() };
    let open = &shelf.books[*book];
    if path == POLICY_FILE {
        return Policy::parse(POLICY_FILE, &document.text).1;
    }
    if path == BOOK_FILE {
        return BookConfig::parse(&document.text).err().map(|wrong| *wrong).into_iter().collect();
    }
    let Some(record) = open.records.get(path) else { return Vec::new() };
    match &open.loaded {
        Ok(loaded) => loaded.check_record(record, &open.records),
        // What the record says by itself can be told without a policy.
        Err(BookError::Settings(_)) | Err(_) => record.diagnostics.clone(),
    }
}
