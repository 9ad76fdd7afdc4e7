//! The language server: the knowledge of every view, in an editor, over the texts that are not saved yet.
//!
//! It starts no program, writes nothing but the cache that every command writes, and reads nothing outside the
//! book of a document that the editor has opened. A panic in one request ends that request alone.

mod actions;
mod completion;
mod diagnose;
mod hover;
mod lens;
mod navigate;
mod place;
mod rename;
mod server;
mod shelf;
mod symbols;
mod text;
mod uri;

use std::error::Error;

use lsp_server::{Connection, Message};

/// Serves one editor over standard input and output until it says goodbye. `now` is asked for the moment, as
/// seconds since the epoch.
///
/// # Errors
/// When the editor breaks the protocol or is gone.
pub fn serve_stdio(now: &dyn Fn() -> i64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (connection, threads) = Connection::stdio();
    serve(&connection, now)?;
    drop(connection);
    threads.join()?;
    Ok(())
}

/// The same over a connection that is given.
///
/// # Errors
/// As [`serve_stdio`].
pub fn serve(connection: &Connection, now: &dyn Fn() -> i64) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (id, params) = connection.initialize_start()?;
    let params: lsp_types::InitializeParams = serde_json::from_value(params)?;
    let encoding = text::Encoding::chosen(&params);
    let result = serde_json::json!({
        "capabilities": server::capabilities(encoding),
        "serverInfo": { "name": "changebook", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, result)?;
    let mut server = server::Server::new(encoding, now);
    while let Ok(message) = connection.receiver.recv() {
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
        // Of many changes in a row the last one counts: nobody waits for what was wrong in between.
        if connection.receiver.is_empty() {
            for notification in server.diagnostics() {
                connection.sender.send(Message::Notification(notification))?;
            }
        }
    }
    Ok(())
}
