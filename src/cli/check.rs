//! `changebook check`

use std::sync::Arc;

use serde::Serialize;

use super::context::Context;
use super::error::{CliError, Kind};
use super::ui::{GOOD, Ui, paint, render_diagnostic};
use crate::book::BookError;
use crate::diagnostic::{Diagnostic, Severity};

/// Say everything that is wrong, as file:line:column with a code
///
/// Looks at the work tree (with `--at` at a commit). Exit status 3 when there are errors; warnings alone are 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook check\n\
    \x20\x20changebook check --format github")]
pub(super) struct CheckArgs {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    diagnostics: &'a [Diagnostic],
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &CheckArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let (mut found, sources) = match book.load(&context.ask()) {
        Ok(loaded) => {
            let sources = loaded.sources_of_work_tree(&book);
            (loaded.diagnostics(), sources)
        }
        // The settings' errors are what check is asked for.
        Err(BookError::Settings(diagnostics)) => (diagnostics, Default::default()),
        Err(error) => return Err(error.into()),
    };
    if context.at.is_none() {
        found.extend(book.policy_in_work_tree()?);
        found.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
        found.dedup();
    }
    let printed = print(ui, context, args, &found, |path| (book.path.join(path), sources.get(path).cloned()));
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
        Format::Json => ui.json(&Answer { schema: "changebook.check/1", diagnostics: found }),
        Format::Github => {
            found.iter().try_for_each(|diagnostic| ui.line(github(diagnostic, &place(&diagnostic.path).0)))
        }
        Format::Text => {
            for diagnostic in found {
                ui.line(render_diagnostic(diagnostic, place(&diagnostic.path).1.as_deref()))?;
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
        return ui.line(paint(GOOD, "nothing is wrong"));
    }
    ui.line(format!(
        "{}, {}; `changebook explain CODE` says more",
        count(errors, "error"),
        count(warnings, "warning")
    ))
}

/// A workflow command; what the message holds cannot end it or begin another.
fn github(diagnostic: &Diagnostic, path: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let help = diagnostic.help.as_deref().map_or_else(String::new, |help| format!(" ({help})"));
    format!(
        "::{} file={},line={},col={},title={}::{}",
        diagnostic.severity.as_str(),
        property(path),
        diagnostic.line,
        diagnostic.column,
        diagnostic.code,
        data(&format!("{}{help}", diagnostic.message))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn a_workflow_command_cannot_be_broken_out_of() {
        let diagnostic = Diagnostic::error(Code::IdMismatch, "a,b:c\n.md", "", 0..0, "x\n::error::y %");
        assert_eq!(
            github(&diagnostic, &diagnostic.path),
            "::error file=a%2Cb%3Ac%0A.md,line=1,col=1,title=id-mismatch::x%0A::error::y %25"
        );
    }
}
