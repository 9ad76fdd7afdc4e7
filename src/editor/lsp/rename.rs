//! Another ID for a record: its file, its `id`, and everything that names it, in one edit.

use std::ops::Range;

use lsp_types::{
    DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, RenameFile,
    ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

use super::navigate::id_at;
use super::open_books::DocumentContext;
use super::text::{self, Lines};
use crate::book::POLICY_FILE;
use crate::editor::renumber::{part, renumbered};
use crate::record::{Record, RecordId, places};

/// The range of the ID at an offset.
pub(super) fn prepare(context: &DocumentContext<'_>, offset: usize) -> Option<lsp_types::Range> {
    let (_, span) = id_at(context, offset)?;
    Some(text::range(&context.document.text, &span, context.encoding))
}

/// The edit that gives the record at an offset another ID. As `renumber`, it takes approvals back, which whoever
/// commits it would give otherwise, and refuses what has been deployed.
///
/// # Errors
/// Why it cannot have it, for the one who asked.
pub(super) fn rename(
    context: &DocumentContext<'_>,
    offset: usize,
    new: &str,
) -> Result<WorkspaceEdit, String> {
    let (old, _) = id_at(context, offset).ok_or("there is no record ID here")?;
    let new = RecordId::parse(new.trim()).map_err(|error| error.to_string())?;
    let same = |id: &RecordId| id.folded() == new.folded() && id.as_str() != old;
    let records = context.open.records.values().filter_map(|record| record.id.as_ref());
    if records.chain(context.loaded.ids_ever()).any(same) {
        return Err(format!("`{new}` is taken: this history has, or had, a record with that ID"));
    }
    let moved = context.record_of(old).ok_or("there is no record ID here")?;
    let renamed = renumbered(moved, context.loaded.policy(), &new)?;
    let mut changes = Vec::new();
    for (path, text) in texts(context) {
        if path == moved.path {
            let edit = text::edit_to(&text, &renamed, context.encoding);
            changes.extend(edited(context, &path, vec![edit]));
            continue;
        }
        let lines = Lines::of(&text, context.encoding);
        let spans = places(&text, old).map(|start| start..start + old.len());
        let edit = |span: Range<usize>| TextEdit { range: lines.range(&span), new_text: new.to_string() };
        let edits: Vec<TextEdit> = spans.map(edit).collect();
        if !edits.is_empty() {
            changes.extend(edited(context, &path, edits));
        }
    }
    let folder = moved.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    changes.extend(file_renamed(context, &moved.path, &format!("{folder}/{new}.md")));
    Ok(workspace_edit(changes))
}

/// Every text that may name a record, by path: records as they read now, pages, and the policy.
fn texts(context: &DocumentContext<'_>) -> Vec<(String, String)> {
    let records = context.open.records.values();
    let mut texts: Vec<(String, String)> =
        records.map(|record| (record.path.clone(), record.source.to_string())).collect();
    let pages = context.open.book.other_files(None, &context.loaded.config.docs).unwrap_or_default();
    let pages = pages.into_iter().map(|(path, _)| path).filter(|path| path.ends_with(".md"));
    for path in pages.chain([POLICY_FILE.to_owned()]) {
        texts.extend(context.text_of(&path).map(|text| (path, text)));
    }
    texts
}

/// The edit that parts two records of one ID, of which the document is one, as `renumber` does; `None` where that is
/// not to be had, and while what is committed is not what is in the editor.
pub(super) fn parted(context: &DocumentContext<'_>, record: &Record) -> Option<(RecordId, WorkspaceEdit)> {
    let twins = context.open.book.twins(context.loaded).ok()?;
    let twins = twins.into_iter().find(|twins| {
        !twins.in_conflict && (twins.moved.path == record.path || twins.kept.path == record.path)
    })?;
    let is_current = |path: &str, text: &str| context.text_of(path).is_some_and(|now| now == text);
    if !is_current(&twins.moved.path, &twins.moved.text) {
        return None;
    }
    let change = part(&context.open.book, context.loaded, &twins).ok()?;
    let mut changes = Vec::new();
    for (path, text) in &change.files {
        let Some(text) = text else { continue };
        match context.text_of(path) {
            Some(now) => {
                changes.extend(edited(context, path, vec![text::edit_to(&now, text, context.encoding)]))
            }
            // The record that moves: its text first, while it has its old name.
            None => {
                let edit = text::edit_to(&twins.moved.text, text, context.encoding);
                changes.extend(edited(context, &twins.moved.path, vec![edit]));
                changes.extend(file_renamed(context, &twins.moved.path, path));
            }
        }
    }
    Some((change.new, workspace_edit(changes)))
}

fn edited(
    context: &DocumentContext<'_>,
    path: &str,
    edits: Vec<TextEdit>,
) -> Option<DocumentChangeOperation> {
    let uri: Uri = context.uri_of(path)?;
    let version = context.documents.get(uri.as_str()).map(|document| document.version);
    Some(DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    }))
}

fn file_renamed(context: &DocumentContext<'_>, from: &str, to: &str) -> Option<DocumentChangeOperation> {
    let file = RenameFile {
        old_uri: context.uri_of(from)?,
        new_uri: context.uri_of(to)?,
        options: None,
        annotation_id: None,
    };
    Some(DocumentChangeOperation::Op(ResourceOp::Rename(file)))
}

fn workspace_edit(changes: Vec<DocumentChangeOperation>) -> WorkspaceEdit {
    WorkspaceEdit { document_changes: Some(DocumentChanges::Operations(changes)), ..WorkspaceEdit::default() }
}
