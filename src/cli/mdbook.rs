//! `changebook mdbook`

use std::io::Read;
use std::path::Path;

use clap::Parser;
use serde_json::Value;

use super::context::Context;
use super::error::CliError;
use super::filter::FilterArgs;
use super::ui::Ui;
use crate::book::{Book, Loaded};
use crate::editor::mdbook::preprocess;
use crate::ledger::{Listed, RecordState};

/// Run as an mdBook preprocessor: records as chapters, IDs as links, lists of records in pages
///
/// mdBook runs this if book.toml has `command = "changebook mdbook"` under `[preprocessor.changebook]`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook mdbook supports html\n\
    \x20\x20mdbook build")]
pub(super) struct MdbookArgs {
    #[command(subcommand)]
    question: Option<Question>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Check whether a renderer is supported (all are)
    Supports {
        /// The renderer
        renderer: String,
    },
}

/// The filters of a directive.
#[derive(Debug, clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct ListWords {
    #[command(flatten)]
    filter: FilterArgs,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &MdbookArgs) -> Result<(), CliError> {
    if let Some(Question::Supports { renderer: _ }) = &args.question {
        return Ok(());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| CliError::failure(format!("mdBook's book cannot be read: {error}")))?;
    let (mdbook, book): (Value, Value) = serde_json::from_str(&text).map_err(|error| {
        CliError::usage(format!("this is not an mdBook book: {error}"))
            .with_hint("mdBook runs this command itself: set `command = \"changebook mdbook\"` in book.toml")
    })?;
    let root = mdbook["root"].as_str().map_or(context.directory.as_path(), Path::new);
    let loaded = Book::find(root)?.load(&context.request())?;
    let made = preprocess(book, &loaded, &|words| directive(&loaded, words))
        .map_err(|error| CliError::failure(error.to_string()))?;
    ui.document(&made.to_string())
}

/// The records that a directive's words ask for: `list`, and the filters of `changebook list` as `name=value`.
fn directive<'a>(loaded: &'a Loaded, words: &str) -> Result<Vec<&'a RecordState>, String> {
    let mut words = words.split_whitespace();
    if words.next() != Some("list") {
        return Err("only `list` is supported here, as in `list status=approved`".to_owned());
    }
    let flags: Vec<String> = words.map(|word| format!("--{word}")).collect();
    let parsed = ListWords::try_parse_from(flags).map_err(|error| {
        let said = error.to_string();
        said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })?;
    let told = |error: CliError| match error.hints.first() {
        Some(hint) => format!("{} ({hint})", error.message),
        None => error.message,
    };
    let filter = parsed.filter.check().map_err(told)?;
    parsed.filter.check_by(loaded.policy()).map_err(told)?;
    Ok(loaded.state.records.iter().filter(|record| filter.admits(&Listed::of(record))).collect())
}
