//! Which request asks what.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use lsp_server::{ErrorCode, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentLinkRequest, DocumentSymbolRequest,
    FoldingRangeRequest, Formatting, GotoDefinition, HoverRequest, InlayHintRequest, PrepareRenameRequest,
    References, Rename, Request as _, SemanticTokensFullRequest, WorkspaceSymbolRequest,
};
use lsp_types::{TextDocumentPositionParams, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::open_books::{DocumentContext, OpenBooks};
use super::text::{self, Encoding};
use super::{
    Surroundings, actions, completion, diagnose, format, hover, lens, navigate, rename, semantic, symbols,
};

/// Why a request has no answer.
enum Failure {
    /// The editor asked for something that is not there.
    Unknown(String),
    /// Its words do not fit the protocol.
    Malformed(serde_json::Error),
    /// The answer is no, in words for whoever asked.
    Refused(String),
    /// There was a panic.
    Panicked,
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Failure::Unknown(_) => ErrorCode::MethodNotFound,
            Failure::Malformed(_) => ErrorCode::InvalidParams,
            Failure::Refused(_) => ErrorCode::RequestFailed,
            Failure::Panicked => ErrorCode::InternalError,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Unknown(method) => write!(f, "`{method}` is not supported"),
            Failure::Malformed(wrong) => wrong.fmt(f),
            Failure::Refused(why) => f.write_str(why),
            Failure::Panicked => f.write_str("this request failed; the server goes on"),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Failure::Malformed(error)
    }
}

/// The response that an answer makes. A panic ends this request, and no other.
fn respond(id: RequestId, answer: impl FnOnce() -> Result<Value, Failure>) -> Response {
    match catch_unwind(AssertUnwindSafe(answer)).unwrap_or(Err(Failure::Panicked)) {
        Ok(result) => Response::new_ok(id, result),
        Err(failure) => Response::new_err(id, failure.code() as i32, failure.to_string()),
    }
}

/// The state between two messages.
pub(super) struct Server<'a> {
    books: OpenBooks,
    surroundings: &'a Surroundings<'a>,
    /// Documents whose diagnostics may have changed.
    stale: BTreeSet<String>,
    /// Whether files have changed on disk since the books were read.
    is_behind: bool,
}

impl<'a> Server<'a> {
    pub(super) fn new(encoding: Encoding, surroundings: &'a Surroundings<'a>) -> Self {
        Server { books: OpenBooks::new(encoding), surroundings, stale: BTreeSet::new(), is_behind: false }
    }

    /// The answer to a request; a panic is an answer too.
    pub(super) fn answer(&mut self, request: Request) -> Response {
        self.catch_up();
        let Request { id, method, params } = request;
        respond(id, || self.dispatch(&method, params))
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
            Formatting::METHOD => self.of_document(&params, format::format),
            SemanticTokensFullRequest::METHOD => self.of_document(&params, semantic::tokens),
            InlayHintRequest::METHOD => {
                let asked: lsp_types::InlayHintParams = parse(params.clone())?;
                self.of_document(&params, |context| {
                    let offset = |position| text::offset(&context.document.text, position, context.encoding);
                    lens::hints(context, &(offset(asked.range.start)..offset(asked.range.end)))
                })
            }
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
                let Some(context) = self.books.context(&place.text_document.uri) else {
                    return Ok(Value::Null);
                };
                let offset = text::offset(&context.document.text, place.position, context.encoding);
                let edit = rename::rename(&context, offset, &params.new_name).map_err(Failure::Refused)?;
                Ok(serde_json::to_value(edit)?)
            }
            CodeActionRequest::METHOD => {
                let params: lsp_types::CodeActionParams = parse(params)?;
                let uri = &params.text_document.uri;
                let Some(context) = self.books.context(uri) else { return Ok(Value::Null) };
                let offset = |position| text::offset(&context.document.text, position, context.encoding);
                let span = offset(params.range.start)..offset(params.range.end);
                Ok(serde_json::to_value(actions::actions(
                    &context,
                    &span,
                    &diagnose::found(&self.books, uri),
                ))?)
            }
            WorkspaceSymbolRequest::METHOD => {
                let params: lsp_types::WorkspaceSymbolParams = parse(params)?;
                Ok(serde_json::to_value(symbols::workspace(&self.books, &params.query))?)
            }
            _ => Err(Failure::Unknown(method.to_owned())),
        }
    }

    /// A request about a place, and nothing else.
    fn at<R: Serialize>(
        &self,
        params: Value,
        answer: impl Fn(&DocumentContext<'_>, usize) -> R,
    ) -> Result<Value, Failure> {
        self.at_place(&parse(params)?, answer)
    }

    fn at_place<R: Serialize>(
        &self,
        place: &TextDocumentPositionParams,
        answer: impl Fn(&DocumentContext<'_>, usize) -> R,
    ) -> Result<Value, Failure> {
        let Some(context) = self.books.context(&place.text_document.uri) else { return Ok(Value::Null) };
        let offset = text::offset(&context.document.text, place.position, context.encoding);
        Ok(serde_json::to_value(answer(&context, offset))?)
    }

    /// A request about a whole document.
    fn of_document<R: Serialize>(
        &self,
        params: &Value,
        answer: impl Fn(&DocumentContext<'_>) -> R,
    ) -> Result<Value, Failure> {
        let uri: Uri = parse(params["textDocument"]["uri"].clone())?;
        let Some(context) = self.books.context(&uri) else { return Ok(Value::Null) };
        Ok(serde_json::to_value(answer(&context))?)
    }

    /// Takes in what the editor tells; what cannot be understood changes nothing.
    pub(super) fn note(&mut self, notification: Notification) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.take_in(notification)));
    }

    fn take_in(&mut self, notification: Notification) -> Option<()> {
        let now = (self.surroundings.now)();
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = parse(notification.params).ok()?;
                let document = params.text_document;
                self.stale.insert(document.uri.as_str().to_owned());
                self.books.open(document.uri, document.text, document.version, now);
            }
            DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = parse(notification.params).ok()?;
                let key = params.text_document.uri.as_str().to_owned();
                let encoding = self.books.encoding;
                let document = self.books.documents.get_mut(&key)?;
                document.version = params.text_document.version;
                for change in params.content_changes {
                    document.text = text::changed(&document.text, change, encoding);
                }
                self.books.read_document(&key);
                self.make_stale();
            }
            DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = parse(notification.params).ok()?;
                self.stale.remove(params.text_document.uri.as_str());
                self.books.close(&params.text_document.uri);
                self.make_stale();
            }
            // A branch switch tells of a thousand files, in as many messages: the books are read once, when
            // somebody asks or all has been told.
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.is_behind = true,
            _ => {}
        }
        Some(())
    }

    /// What one document says may be wrong beside another.
    fn make_stale(&mut self) {
        self.stale.extend(self.books.documents.keys().cloned());
    }

    /// Reads the books anew whose files or `HEAD` have changed.
    fn catch_up(&mut self) {
        let all = std::mem::take(&mut self.is_behind);
        let reload = || self.books.reload(all, (self.surroundings.now)());
        if catch_unwind(AssertUnwindSafe(reload)).unwrap_or(false) {
            self.make_stale();
        }
    }

    /// How long nothing may come in before the diagnostics are told; `None` when nothing is to be told. A branch
    /// switch writes a thousand files, one after the other; who types waits for nothing.
    pub(super) fn has_to_tell(&self) -> Option<Duration> {
        match self.is_behind {
            true => Some(Duration::from_millis(50)),
            false => (!self.stale.is_empty()).then_some(Duration::ZERO),
        }
    }

    /// The diagnostics of all documents for which they may have changed.
    pub(super) fn diagnostics(&mut self) -> Vec<Notification> {
        if self.is_behind {
            self.catch_up();
        }
        let stale = std::mem::take(&mut self.stale);
        let publish = |key: &String| {
            let uri = self.books.documents.get(key)?.uri.clone();
            let params =
                catch_unwind(AssertUnwindSafe(|| diagnose::document(&self.books, &uri, self.surroundings)))
                    .ok()??;
            Some(Notification::new(PublishDiagnostics::METHOD.to_owned(), params))
        };
        stale.iter().filter_map(publish).collect()
    }
}

fn parse<T: DeserializeOwned>(params: Value) -> Result<T, Failure> {
    Ok(serde_json::from_value(params)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_page(_: &crate::book::Book, _: crate::diagnostic::Code) -> Option<std::path::PathBuf> {
        None
    }

    #[test]
    fn a_panic_ends_one_request() {
        let panicked = respond(RequestId::from(1), || panic!("somewhere deep"));
        let error = panicked.response_result.unwrap_err();
        assert_eq!(error.code, ErrorCode::InternalError as i32);
        assert!(!error.message.contains("deep"), "{}", error.message);
        // The same server goes on, whatever the panic left behind.
        let surroundings = Surroundings { now: &|| 0, explain: &no_page };
        let mut server = Server::new(Encoding::Utf16, &surroundings);
        let asked = Request::new(
            RequestId::from(2),
            "workspace/symbol".to_owned(),
            serde_json::json!({ "query": "" }),
        );
        assert_eq!(server.answer(asked).response_result.unwrap(), serde_json::json!([]));
    }

    #[test]
    fn a_panic_in_what_is_told_ends_nothing() {
        let wild = || panic!("no clock");
        let surroundings = Surroundings { now: &wild, explain: &no_page };
        let mut server = Server::new(Encoding::Utf16, &surroundings);
        let open = serde_json::json!({
            "textDocument": { "uri": "file:///nowhere.md", "languageId": "markdown", "version": 1, "text": "" },
        });
        server.note(Notification::new(DidOpenTextDocument::METHOD.to_owned(), open));
        server.note(Notification::new(DidChangeWatchedFiles::METHOD.to_owned(), Value::Null));
        assert!(server.diagnostics().is_empty());
    }
}
