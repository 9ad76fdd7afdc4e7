//! `changebook lsp`

use std::path::PathBuf;

use super::context::{Context, clock};
use super::error::CliError;
use crate::act::write_atomically;
use crate::book::{Book, CacheUse};
use crate::diagnostic::Code;
use crate::editor::lsp::{Surroundings, serve_stdio};

/// Run the language server for editors, over standard input and output
///
/// Provides diagnostics, hover, completion and renaming. Editors start it; the manual's page on editors says how. It
/// starts no other program and reads nothing outside the open document's book.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook lsp")]
pub(super) struct LspArgs {
    /// What many editors add; it is what happens anyway
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(context: &Context, args: &LspArgs) -> Result<(), CliError> {
    let _ = args.stdio;
    let now = || if context.now_is_stated { context.now } else { clock() };
    let explain = |book: &Book, code| page(context, book, code);
    serve_stdio(&Surroundings { now: &now, explain: &explain })
        .map_err(|error| CliError::failure(format!("cannot serve the editor: {error}")))
}

/// What `explain` says of a code, as a page beside the cache that an editor can open; `None` where nothing is kept.
fn page(context: &Context, book: &Book, code: Code) -> Option<PathBuf> {
    if context.cache == CacheUse::Refused {
        return None;
    }
    let folder = book.repository.common_dir().join("changebook").join("explain");
    let file = folder.join(format!("{code}.md"));
    let text = format!("# {code}\n\n{}\n\n{}\n", code.summary(), code.remedy());
    if std::fs::read(&file).is_ok_and(|kept| kept == text.as_bytes()) {
        return Some(file);
    }
    std::fs::create_dir_all(&folder).ok()?;
    write_atomically(&file, text.as_bytes()).ok()?;
    Some(file)
}
