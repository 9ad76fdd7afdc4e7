//! The language server: the knowledge of every view, in an editor, over the texts that are not saved yet.
//!
//! It starts no program, writes nothing but the cache that every command writes, and reads nothing outside the
//! book of a document that the editor has opened. A panic in one request ends that request alone.

mod actions;
mod capabilities;
mod completion;
mod diagnose;
mod format;
mod hover;
mod lens;
mod links;
mod navigate;
mod open_books;
mod place;
mod policy_file;
mod rename;
mod semantic;
mod server;
mod symbols;
mod text;
mod uri;

use std::error::Error;
use std::path::PathBuf;

use lsp_server::{Connection, Message, Request};
use lsp_types::request::{RegisterCapability, Request as _};

use crate::book::Book;
use crate::diagnostic::Code;

/// What the server is given from outside.
pub struct Surroundings<'a> {
    /// The moment, as seconds since the epoch.
    pub now: &'a dyn Fn() -> i64,
    /// The page that explains a code, for an editor to open; `None` where there is none.
    pub explain: &'a dyn Fn(&Book, Code) -> Option<PathBuf>,
}

/// Serves one editor over standard input and output until it says goodbye.
///
/// # Errors
/// When the editor breaks the protocol or is gone.
pub fn serve_stdio(surroundings: &Surroundings<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (connection, threads) = Connection::stdio();
    serve(&connection, surroundings)?;
    drop(connection);
    threads.join()?;
    Ok(())
}

/// The same over a connection that is given.
///
/// # Errors
/// As [`serve_stdio`].
pub fn serve(
    connection: &Connection,
    surroundings: &Surroundings<'_>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (id, params) = connection.initialize_start()?;
    let params: lsp_types::InitializeParams = serde_json::from_value(params)?;
    let encoding = text::Encoding::chosen(&params);
    let result = serde_json::json!({
        "capabilities": capabilities::capabilities(encoding),
        "serverInfo": { "name": "changebook", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, result)?;
    if let Some(files) = capabilities::watching(&params) {
        let request = Request::new("watch".to_owned().into(), RegisterCapability::METHOD.to_owned(), files);
        connection.sender.send(Message::Request(request))?;
    }
    let mut server = server::Server::new(encoding, surroundings);
    loop {
        let waiting = server.has_to_tell();
        let message = match waiting {
            Some(quiet) => connection.receiver.recv_timeout(quiet),
            None => connection.receiver.recv().map_err(Into::into),
        };
        let message = match message {
            Ok(message) => message,
            // Of many changes in a row the last one counts: nobody waits for what was wrong in between.
            Err(error) if error.is_timeout() => {
                for notification in server.diagnostics() {
                    connection.sender.send(Message::Notification(notification))?;
                }
                continue;
            }
            Err(_) => return Ok(()),
        };
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                connection.sender.send(Message::Response(server.answer(request)))?;
            }
            Message::Notification(notification) => server.note(notification),
            Message::Response(_) => {}
        }
    }
}
