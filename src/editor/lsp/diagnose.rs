//! Diagnostics of `check`, as the editor shows them: with the page that explains the code, and the places that have
//! to do with it.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{
    CodeDescription, Diagnostic as LspDiagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    NumberOrString, PublishDiagnosticsParams, Uri,
};

use super::open_books::{DocumentContext, OpenBooks};
use super::text::{self, Lines};
use super::{Surroundings, uri};
use crate::book::{BOOK_FILE, BookConfig, POLICY_FILE};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::policy::Policy;
use crate::record::Record;

/// So many places are told beside one diagnostic.
const MOST_RELATED: usize = 5;

/// What is wrong with a document; empty for one of no book.
pub(super) fn document(
    books: &OpenBooks,
    uri: &Uri,
    surroundings: &Surroundings<'_>,
) -> Option<PublishDiagnosticsParams> {
    let document = books.documents.get(uri.as_str())?;
    let found = found(books, uri);
    let context = books.context(uri);
    let lines = Lines::of(&document.text, books.encoding);
    // A thousand things of one kind have one page, and one policy.
    let explained = |code: Code| {
        let (book, _) = document.place.as_ref()?;
        let page = (surroundings.explain)(&books.all[*book].book, code)?;
        Some(CodeDescription { href: uri::of(&page)? })
    };
    let pages: BTreeMap<Code, Option<CodeDescription>> = found
        .iter()
        .map(|found| found.code)
        .collect::<BTreeSet<Code>>()
        .into_iter()
        .map(|code| (code, explained(code)))
        .collect();
    let policy =
        context.as_ref().filter(|_| !found.is_empty()).and_then(|context| context.text_of(POLICY_FILE));
    let convert = |found: &Diagnostic| {
        let start = found.span.start.min(document.text.len());
        let end = match found.span.end > found.span.start {
            true => found.span.end,
            // A place without length is shown to the end of its line.
            false => document.text[start..].find('\n').map_or(document.text.len(), |at| start + at),
        };
        let message = match &found.help {
            Some(help) => format!("{}\n{help}", found.message),
            None => found.message.clone(),
        };
        let related = context
            .as_ref()
            .map(|context| related(context, policy.as_deref(), found))
            .filter(|places| !places.is_empty());
        LspDiagnostic {
            range: lines.range(&(start..end)),
            severity: Some(match found.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
            }),
            code: Some(NumberOrString::String(found.code.as_str().to_owned())),
            code_description: pages.get(&found.code).cloned().flatten(),
            source: Some("changebook".to_owned()),
            message,
            related_information: related,
            ..LspDiagnostic::default()
        }
    };
    Some(PublishDiagnosticsParams {
        uri: uri.clone(),
        diagnostics: found.iter().map(convert).collect(),
        version: Some(document.version),
    })
}

/// Places that a message names: other records by their IDs or paths, and the policy's own words.
fn related(
    context: &DocumentContext<'_>,
    policy: Option<&str>,
    found: &Diagnostic,
) -> Vec<DiagnosticRelatedInformation> {
    let text = format!("{} {}", found.message, found.help.as_deref().unwrap_or_default());
    let mut places: Vec<DiagnosticRelatedInformation> = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        let records = context.open.records.values().filter(|other| {
            let names = other.path == quoted || other.id.as_ref().is_some_and(|id| id.as_str() == quoted);
            names && other.path != context.path
        });
        places.extend(records.filter_map(|other| of_record(context, other)));
        places.extend(policy.and_then(|policy| of_policy(context, policy, quoted)));
    }
    places.dedup_by(|next, before| next.location == before.location);
    places.truncate(MOST_RELATED);
    places
}

fn of_record(context: &DocumentContext<'_>, record: &Record) -> Option<DiagnosticRelatedInformation> {
    let field = record.field("title").or_else(|| record.field("id"));
    let span = field.map_or(0..0, |field| field.key_span.clone());
    let range = text::range(&record.source, &span, context.encoding);
    Some(DiagnosticRelatedInformation {
        location: Location { uri: context.uri_of(&record.path)?, range },
        message: format!("{}: {}", record.path, record.title()),
    })
}

/// Where the policy has a text, in quotes.
fn of_policy(
    context: &DocumentContext<'_>,
    source: &str,
    quoted: &str,
) -> Option<DiagnosticRelatedInformation> {
    if quoted.len() < 3 || context.path == POLICY_FILE {
        return None;
    }
    let start = source.find(&format!("\"{quoted}\""))? + 1;
    let range = text::range(source, &(start..start + quoted.len()), context.encoding);
    Some(DiagnosticRelatedInformation {
        location: Location { uri: context.uri_of(POLICY_FILE)?, range },
        message: format!("the policy says “{quoted}” here"),
    })
}

/// The same as the values of `check`.
pub(super) fn found(books: &OpenBooks, uri: &Uri) -> Vec<Diagnostic> {
    let Some(document) = books.documents.get(uri.as_str()) else { return Vec::new() };
    let Some((book, path)) = &document.place else { return Vec::new() };
    let open = &books.all[*book];
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
        Err(_) => record.diagnostics.clone(),
    }
}
