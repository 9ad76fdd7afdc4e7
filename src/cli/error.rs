//! One failure type for all commands, and the one place that maps it to an exit status.

use std::io;
use std::process::ExitCode;

use crate::act::ActError;
use crate::book::BookError;
use crate::demo::DemoError;
use crate::diagnostic::Diagnostic;
use crate::editor::renumber::RenumberError;
use crate::history::HistoryError;
use crate::record::edit::EditError;
use crate::site::{SiteError, WriteError};
use crate::template::TemplateError;

/// What kind of failure it is: the exit status (`docs/design.md#answers`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 1: could not tell, or could not do.
    Failure,
    /// 2: the command was given wrong.
    Usage,
    /// 3: the answer is no. What there is to say has been said.
    No,
    /// The reader of the answer has gone: `list | head`.
    ReaderGone,
}

/// Why a command did not end with yes.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) hints: Vec<String>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl CliError {
    pub(super) fn failure(message: impl Into<String>) -> Self {
        CliError { kind: Kind::Failure, message: message.into(), hints: Vec::new(), diagnostics: Vec::new() }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        CliError { kind: Kind::Usage, ..CliError::failure(message) }
    }

    pub(super) fn no() -> Self {
        CliError { kind: Kind::No, ..CliError::failure("") }
    }

    /// The answer is no, in words that nothing else says.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        CliError { kind: Kind::No, ..CliError::failure(message) }
    }

    pub(super) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => CliError { kind: Kind::ReaderGone, ..CliError::failure("") },
            _ => CliError::failure(format!("cannot write the output: {error}")),
        }
    }

    #[must_use]
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self.kind {
            Kind::ReaderGone => ExitCode::SUCCESS,
            Kind::Failure => ExitCode::from(1),
            Kind::Usage => ExitCode::from(2),
            Kind::No => ExitCode::from(3),
        }
    }
}

/// The message with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

impl From<BookError> for CliError {
    fn from(error: BookError) -> Self {
        let mut failure = match &error {
            BookError::Range { .. } => CliError::usage(error.to_string()),
            error => CliError::failure(chain(error)),
        };
        failure.hints.extend(error.hint());
        if let BookError::Settings(diagnostics) = error {
            failure.diagnostics = diagnostics;
        }
        failure
    }
}

impl From<HistoryError> for CliError {
    fn from(error: HistoryError) -> Self {
        BookError::from(error).into()
    }
}

impl From<ActError> for CliError {
    fn from(error: ActError) -> Self {
        let mut failure = CliError::failure(chain(&error));
        failure.hints.extend(error.hint());
        failure
    }
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        CliError::failure(chain(&error))
    }
}

impl From<RenumberError> for CliError {
    fn from(error: RenumberError) -> Self {
        match error {
            RenumberError::Book(error) => error.into(),
            error @ RenumberError::Name { .. } => CliError::failure(chain(&error)).with_hint(
                "nothing was changed; rename the file with `git mv`, and edit its `id` and the records that refer to it by hand",
            ),
            error => CliError::failure(chain(&error)).with_hint("nothing was changed"),
        }
    }
}

impl From<TemplateError> for CliError {
    fn from(error: TemplateError) -> Self {
        CliError::failure(chain(&error))
    }
}

impl From<DemoError> for CliError {
    fn from(error: DemoError) -> Self {
        CliError::failure(chain(&error))
    }
}

impl From<SiteError> for CliError {
    fn from(error: SiteError) -> Self {
        let error = match error {
            SiteError::Book(error) => return error.into(),
            SiteError::Write(error) => return error.into(),
            error => error,
        };
        let mut failure = CliError::failure(chain(&error));
        match error {
            SiteError::Links(diagnostics) => {
                failure.kind = Kind::No;
                failure.diagnostics = diagnostics;
                failure.hints.push("fix them, or build with `--allow-broken-links`".to_owned());
            }
            SiteError::Settings(diagnostics) => failure.diagnostics = diagnostics,
            SiteError::Book(_)
            | SiteError::Write(_)
            | SiteError::Unreadable { .. }
            | SiteError::Template { .. } => {}
        }
        failure
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        CliError::failure(chain(&error)).with_hint("write the site to an empty or new folder: `--out DIR`")
    }
}
