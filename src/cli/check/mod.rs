//! `changebook check`

mod report;

use std::sync::Arc;

use serde::Serialize;

use super::context::Context;
use super::error::{CliError, Kind};
use super::tools::{ToolArgs, from_here};
use super::ui::{GOOD, Ui, paint, render_diagnostic};
use crate::book::BookError;
use crate::diagnostic::{Code, Diagnostic, Severity};

/// Report every problem, as file:line:column with a code
///
/// Checks the work tree (with `--at`, a commit), and scans what the branch adds for secrets. With `--fmt` and
/// `--validate`, also reports what those tools found, at its place. Exit status 3 if there are errors; warnings alone
/// give 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook check\n\
    \x20\x20changebook check --format github\n\
    \x20\x20changebook check --range origin/main..HEAD --format sarif\n\
    \x20\x20terraform validate -json | changebook check --validate -")]
pub(super) struct CheckArgs {
    /// Output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    tools: ToolArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// GitHub Actions workflow commands
    Github,
    /// GitLab code quality report
    Gitlab,
    /// SARIF 2.1.0, for tools that read static analysis results
    Sarif,
}

#[derive(Serialize)]
struct CheckAnswer<'a> {
    schema: &'static str,
    diagnostics: &'a [Diagnostic],
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &CheckArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let (mut found, loaded) = match book.load(&context.request()) {
        Ok(loaded) => (loaded.diagnostics(), Some(loaded)),
        // The settings' errors are what check is asked for.
        Err(BookError::Settings(diagnostics)) => (diagnostics, None),
        Err(error) => return Err(error.into()),
    };
    let sources = loaded.as_ref().map(|loaded| loaded.sources_of_work_tree(&book)).unwrap_or_default();
    if context.at.is_none() {
        found.extend(book.policy_in_work_tree()?);
    }
    if let Some(loaded) = &loaded {
        found.extend(book.freezes(loaded, context.at.is_none())?);
    }
    let tools = args.tools.read(ui, context, &book, loaded.as_ref())?;
    found.extend(tools.diagnostics(&|file| from_here(&book, file), &|path| book.relative(path)));
    found.sort_by(|a, b| {
        (&a.path, a.span.start, a.line, a.code).cmp(&(&b.path, b.span.start, b.line, b.code))
    });
    found.dedup();
    let printed =
        print(ui, context, args, &found, |path| (book.in_repository(path), sources.get(path).cloned()));
    match found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        // The answer is no, whether or not its reader stayed to the end.
        true => Err(CliError { kind: Kind::No, ..CliError::no() }),
        false => printed,
    }
}

/// Prints the findings; `place` gives a file's path in the repository, and its text.
fn print(
    ui: &mut Ui,
    context: &Context,
    args: &CheckArgs,
    found: &[Diagnostic],
    place: impl Fn(&str) -> (String, Option<Arc<str>>),
) -> Result<(), CliError> {
    match if context.json { Format::Json } else { args.format } {
        Format::Json => ui.json(&CheckAnswer { schema: "changebook.check/1", diagnostics: found }),
        Format::Github => found
            .iter()
            .try_for_each(|diagnostic| ui.line(report::github(diagnostic, &place(&diagnostic.path).0))),
        Format::Gitlab => ui.json(&report::gitlab(found, &|path| place(path).0)),
        Format::Sarif => ui.json(&report::sarif(found, &|path| place(path).0)),
        Format::Text => {
            for diagnostic in found {
                // The line of a secret is never shown.
                let source = place(&diagnostic.path).1.filter(|_| diagnostic.code != Code::SecretSuspect);
                ui.line(render_diagnostic(diagnostic, source.as_deref()))?;
            }
            summary(ui, found)
        }
    }
}

fn summary(ui: &mut Ui, found: &[Diagnostic]) -> Result<(), CliError> {
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    let warnings = found.len() - errors;
    let count = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    if found.is_empty() {
        return ui.line(paint(GOOD, "no problems found"));
    }
    ui.line(format!(
        "{}, {}; run `changebook explain CODE` for details",
        count(errors, "error"),
        count(warnings, "warning")
    ))
}
