//! What can be wrong with somebody's files: a code, a severity, a place, and what to do.
//!
//! A diagnostic is a value about the user's files; many are collected, and parsing never stops at the
//! first. Failures of the machine are `Result`s elsewhere.

mod code;

use std::ops::Range;

use serde::Serialize;

pub use code::Code;

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The answer would be wrong, or the record cannot be used.
    Error,
    /// Worth mending; nothing is refused because of it.
    Warning,
}

impl Severity {
    /// The word shown to people and scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of thing is wrong; `changebook explain CODE` says more.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// File, relative to the book's directory, with forward slashes.
    pub path: String,
    /// Line, 1-based.
    pub line: usize,
    /// Column, 1-based, in characters (Unicode scalar values).
    pub column: usize,
    /// Byte range in the file.
    #[serde(skip)]
    pub span: Range<usize>,
    /// One sentence, lowercase start, no full stop; user text in backticks.
    pub message: String,
    /// What to do about it, apart from the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span` of `text`, the content of the file at `path`.
    pub fn error(code: Code, path: &str, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, path, text, span, message.into())
    }

    /// A warning at `span` of `text`, the content of the file at `path`.
    pub fn warning(
        code: Code,
        path: &str,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(code, Severity::Warning, path, text, span, message.into())
    }

    /// An error about a file as a whole (or about a file that has no readable text).
    pub fn error_at_file(code: Code, path: &str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, path, "", 0..0, message.into())
    }

    /// A warning about a file as a whole, or about its history.
    pub fn warning_at_file(code: Code, path: &str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, path, "", 0..0, message.into())
    }

    /// At a line and column (from 1) that another tool names, of a file whose text is not at hand.
    pub fn at_line(
        code: Code,
        severity: Severity,
        path: &str,
        (line, column): (usize, usize),
        message: impl Into<String>,
    ) -> Self {
        let whole = Self::new(code, severity, path, "", 0..0, message.into());
        Diagnostic { line: line.max(1), column: column.max(1), ..whole }
    }

    /// The same diagnostic with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn new(
        code: Code,
        severity: Severity,
        path: &str,
        text: &str,
        span: Range<usize>,
        message: String,
    ) -> Self {
        let (line, column) = position(text, span.start);
        Diagnostic { code, severity, path: path.to_owned(), line, column, span, message, help: None }
    }
}

/// Line and column (both 1-based, column in characters) of a byte offset; an offset beyond the end or
/// inside a character is taken back to the nearest boundary.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// The candidate nearest to `word`, when it is near enough to be a slip of the hand.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.84)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_counts_characters_not_bytes() {
        let text = "ä\nöß x";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, text.find('x').unwrap()), (2, 4));
        assert_eq!(position(text, 1), (1, 1), "inside a character");
        assert_eq!(position(text, 999), (2, 5));
    }

    #[test]
    fn nearest_suggests_slips_only() {
        assert_eq!(nearest("databse", ["network", "database"]), Some("database"));
        assert_eq!(nearest("zebra", ["network", "database"]), None);
    }
}
