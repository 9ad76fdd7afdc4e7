//! Another ID for a record: its file, its `id`, and everything that names it, in one edit.

use std::ops::Range;

use lsp_types::{
    DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, RenameFile,
    ResourceOp, TextDocumentEdit, TextEdit, WorkspaceEdit,
};

use super::navigate::{id_at, mentions};
use super::shelf::Context;
use super::text;
use crate::record::RecordId;

/// The range of the ID at an offset.
pub(super) fn prepare(context: &Context<'_>, offset: usize) -> Option<lsp_types::Range> {
    let (_, span) = id_at(context, offset)?;
    Some(text::range(&context.document.text, &span, context.encoding))
}

/// The edit that gives the record at an offset another ID.
///
/// # Errors
/// Why it cannot have it, for the one who asked.
pub(super) fn rename(context: &Context<'_>, offset: usize, new: &str) -> Result<WorkspaceEdit, String> {
    let (old, _) = id_at(context, offset).ok_or("no record's ID stands here")?;
    let new = RecordId::parse(new.trim()).map_err(|error| error.to_string())?;
    let same = |id: &RecordId| id.folded() == new.folded() && id.as_str() != old;
    let records = context.open.records.values().filter_map(|record| record.id.as_ref());
    if records.chain(context.loaded.ids_ever()).any(same) {
        return Err(format!("`{new}` is taken: this history has, or had, a record of that ID"));
    }
    let moved = context.record_of(old).ok_or("no record's ID stands here")?;
    let mut changes = Vec::new();
    for (record, spans) in mentions(context, old) {
        let Some(uri) = context.uri_of(&record.path) else { continue };
        let edit = |span: &Range<usize>| {
            OneOf::Left(TextEdit {
                range: text::range(&record.source, span, context.encoding),
                new_text: new.to_string(),
            })
        };
        let version = context.documents.get(uri.as_str()).map(|document| document.version);
        changes.push(DocumentChangeOperation::Edit(TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: spans.iter().map(edit).collect(),
        }));
    }
    let folder = moved.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let (from, to) = (context.uri_of(&moved.path), context.uri_of(&format!("{folder}/{new}.md")));
    if let (Some(old_uri), Some(new_uri)) = (from, to) {
        let file = RenameFile { old_uri, new_uri, options: None, annotation_id: None };
        changes.push(DocumentChangeOperation::Op(ResourceOp::Rename(file)));
    }
    Ok(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(changes)),
        ..WorkspaceEdit::default()
    })
}
