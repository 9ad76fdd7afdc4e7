//! Which request asks what.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lsp_server::{ErrorCode, Notification, Request, Response, ResponseError};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentLinkRequest, DocumentSymbolRequest,
    FoldingRangeRequest, GotoDefinition, HoverRequest, PrepareRenameRequest, References, Rename,
    Request as _, WorkspaceSymbolRequest,
};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    DocumentLinkOptions, FoldingRangeProviderCapability, HoverProviderCapability, OneOf, RenameOptions,
    SaveOptions, ServerCapabilities, TextDocumentPositionParams, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, Uri, WorkDoneProgressOptions,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::shelf::{Context, Shelf};
use super::text::{self, Encoding};
use super::{actions, completion, diagnose, hover, lens, navigate, rename, symbols};

/// What this server can do.
pub(super) fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: None })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["\"", "#", "-", "]", " "].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: None,
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR]),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: None }),
        ..ServerCapabilities::default()
    }
}

/// Why a request has no answer.
enum Failure {
    /// The editor asked for something that is not there.
    Unknown(String),
    /// Its words do not fit the protocol.
    Malformed(serde_json::Error),
    /// The answer is no, in words for whoever asked.
    Refused(String),
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Malformed(error)
    }
}

/// The state between two messages.
pub(super) struct Server<'a> {
    shelf: Shelf,
    now: &'a dyn Fn() -> i64,
    /// Documents whose diagnostics may have changed.
    stale: BTreeSet<String>,
}

impl<'a> Server<'a> {
    pub(super) fn new(encoding: Encoding, now: &'a dyn Fn() -> i64) -> Self {
        Server { shelf: Shelf::new(encoding), now, stale: BTreeSet::new() }
    }

    /// The answer to a request; a panic is an answer too.
    pub(super) fn answer(&mut self, request: Request) -> Response {
        let id = request.id.clone();
        self.catch_up(false);
        let answered = catch_unwind(AssertUnwindSafe(|| self.dispatch(&request.method, request.params)));
        let error =
            |code: ErrorCode, message: String| ResponseError { code: code as i32, message, data: None };
        let error = match answered {
            Ok(Ok(result)) => return Response::new_ok(id, result),
            Ok(Err(Failure::Unknown(method))) => {
                error(ErrorCode::MethodNotFound, format!("`{method}` is not known here"))
            }
            Ok(Err(Failure::Malformed(wrong))) => error(ErrorCode::InvalidParams, wrong.to_string()),
            Ok(Err(Failure::Refused(why))) => error(ErrorCode::RequestFailed, why),
            Err(_) => {
                error(ErrorCode::InternalError, "this request failed; the next one will not".to_owned())
            }
        };
        Response::new_err(id, error.code, error.message)
    }

    fn dispatch(&self, method: &str, params: Value) -> Result<Value, Failure> {
        match method {
            HoverRequest::METHOD => self.at(params, hover::hover),
            GotoDefinition::METHOD => self.at(params, navigate::definition),
            Completion::METHOD => self.at(params, completion::complete),
            PrepareRenameRequest::METHOD => self.at(params, rename::prepare),
            DocumentSymbolRequest::METHOD => self.of_document(&params, symbols::document),
            FoldingRangeRequest::METHOD => self.of_document(&params, symbols::folding),
            DocumentLinkRequest::METHOD => self.of_document(&params, navigate::links),
            CodeLensRequest::METHOD => self.of_document(&params, lens::lenses),
            References::METHOD => {
                let params: lsp_types::ReferenceParams = parse(params)?;
                let with_definition = params.context.include_declaration;
                self.at_place(&params.text_document_position, |context, offset| {
                    navigate::references(context, offset, with_definition)
                })
            }
            Rename::METHOD => {
                let params: lsp_types::RenameParams = parse(params)?;
                let place = &params.text_document_position;
                let Some(context) = self.shelf.context(&place.text_document.uri) else {
                    return Ok(Value::Null);
                };
                let offset = text::offset(&context.document.text, place.position, context.encoding);
                let edit = rename::rename(&context, offset, &params.new_name).map_err(Failure::Refused)?;
                Ok(serde_json::to_value(edit)?)
            }
            CodeActionRequest::METHOD => {
                let params: lsp_types::CodeActionParams = parse(params)?;
                let uri = &params.text_document.uri;
                let Some(context) = self.shelf.context(uri) else { return Ok(Value::Null) };
                let offset = |position| text::offset(&context.document.text, position, context.encoding);
                let span = offset(params.range.start)..offset(params.range.end);
                Ok(serde_json::to_value(actions::actions(
                    &context,
                    &span,
                    &diagnose::found(&self.shelf, uri),
                ))?)
            }
            WorkspaceSymbolRequest::METHOD => {
                let params: lsp_types::WorkspaceSymbolParams = parse(params)?;
                Ok(serde_json::to_value(symbols::workspace(&self.shelf, &params.query))?)
            }
            _ => Err(Failure::Unknown(method.to_owned())),
        }
    }

    /// A request about a place, and nothing else.
    fn at<R: Serialize>(
        &self,
        params: Value,
        answer: impl Fn(&Context<'_>, usize) -> R,
    ) -> Result<Value, Failure> {
        self.at_place(&parse(params)?, answer)
    }

    fn at_place<R: Serialize>(
        &self,
        place: &TextDocumentPositionParams,
        answer: impl Fn(&Context<'_>, usize) -> R,
    ) -> Result<Value, Failure> {
        let Some(context) = self.shelf.context(&place.text_document.uri) else { return Ok(Value::Null) };
        let offset = text::offset(&context.document.text, place.position, context.encoding);
        Ok(serde_json::to_value(answer(&context, offset))?)
    }

    /// A request about a whole document.
    fn of_document<R: Serialize>(
        &self,
        params: &Value,
        answer: impl Fn(&Context<'_>) -> R,
    ) -> Result<Value, Failure> {
        let uri: Uri = parse(params["textDocument"]["uri"].clone())?;
        let Some(context) = self.shelf.context(&uri) else { return Ok(Value::Null) };
        Ok(serde_json::to_value(answer(&context))?)
    }

    /// Takes in what the editor tells; what cannot be understood changes nothing.
    pub(super) fn note(&mut self, notification: Notification) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.take_in(notification)));
    }

    fn take_in(&mut self, notification: Notification) -> Option<()> {
        let now = (self.now)();
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = parse(notification.params).ok()?;
                let document = params.text_document;
                self.stale.insert(document.uri.as_str().to_owned());
                self.shelf.open(document.uri, document.text, document.version, now);
            }
            DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = parse(notification.params).ok()?;
                let key = params.text_document.uri.as_str().to_owned();
                let encoding = self.shelf.encoding;
                let document = self.shelf.documents.get_mut(&key)?;
                document.version = params.text_document.version;
                for change in params.content_changes {
                    document.text = text::changed(&document.text, change, encoding);
                }
                self.shelf.read_document(&key);
                self.make_stale();
            }
            DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = parse(notification.params).ok()?;
                self.stale.remove(params.text_document.uri.as_str());
                self.shelf.close(&params.text_document.uri);
                self.make_stale();
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.catch_up(true),
            _ => {}
        }
        Some(())
    }

    /// What one document says may be wrong beside another.
    fn make_stale(&mut self) {
        self.stale.extend(self.shelf.documents.keys().cloned());
    }

    /// Reads the books anew that have changed on disk.
    fn catch_up(&mut self, all: bool) {
        let now = (self.now)();
        let reloaded = catch_unwind(AssertUnwindSafe(|| self.shelf.reload(all, now))).unwrap_or(false);
        if reloaded {
            self.make_stale();
        }
    }

    /// The diagnostics of all documents for which they may have changed.
    pub(super) fn diagnostics(&mut self) -> Vec<Notification> {
        let stale = std::mem::take(&mut self.stale);
        let publish = |key: &String| {
            let uri = self.shelf.documents.get(key)?.uri.clone();
            let params = catch_unwind(AssertUnwindSafe(|| diagnose::document(&self.shelf, &uri))).ok()??;
            Some(Notification::new(PublishDiagnostics::METHOD.to_owned(), params))
        };
        stale.iter().filter_map(publish).collect()
    }
}

fn parse<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    Ok(serde_json::from_value(params)?)
}
