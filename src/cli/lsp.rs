//! `changebook lsp`

use super::context::{Context, clock};
use super::error::CliError;
use crate::editor::lsp::serve_stdio;

/// Serve an editor: diagnostics, hover, completion, renaming, over standard input and output
///
/// Editors start this; the pages of the manual on editors say how. It starts no program and reads nothing outside
/// the book of an open document.
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
    serve_stdio(&now).map_err(|error| CliError::failure(format!("the editor cannot be served: {error}")))
}
