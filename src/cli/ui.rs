//! Where output goes: answers to standard output, diagnostics to standard error; colour on a terminal only.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use super::error::CliError;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ledger::Status;

/// Output of one command.
pub(super) struct Ui {
    out: AutoStream<io::Stdout>,
    error: AutoStream<io::Stderr>,
    is_terminal: bool,
    error_is_terminal: bool,
    /// Columns to lay tables out for: what `COLUMNS` asks for, else those of the terminal; `None` in a pipe.
    pub(super) width: Option<usize>,
    /// What is not written yet.
    pending: String,
    /// What was said since it is recorded.
    recording: Option<Recording>,
}

/// What a command said, to be said again.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Recording {
    /// The answer, with its colours.
    out: String,
    /// Remarks after it.
    notes: Vec<String>,
}

/// Text that is written at once, in bytes.
const PENDING: usize = 64 * 1024;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const WAITING: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const INFORMATION: Style = AnsiColor::Cyan.on_default();

impl Ui {
    pub(super) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let is_terminal = io::stdout().is_terminal();
        let terminal = || {
            terminal_size::terminal_size()
                .map_or(80, |(terminal_size::Width(columns), _)| usize::from(columns))
        };
        let width = columns_asked_for().or_else(|| is_terminal.then(terminal));
        Ui {
            out: AutoStream::new(io::stdout(), choice),
            error: AutoStream::new(io::stderr(), choice),
            is_terminal,
            error_is_terminal: io::stderr().is_terminal(),
            width,
            pending: String::new(),
            recording: None,
        }
    }

    /// Notes what is said from here on.
    pub(super) fn record(&mut self) {
        self.recording = Some(Recording::default());
    }

    /// What was said since [`record`](Self::record).
    pub(super) fn take_recording(&mut self) -> Recording {
        self.recording.take().unwrap_or_default()
    }

    /// Says it again.
    pub(super) fn replay(&mut self, recording: &Recording) -> Result<(), CliError> {
        self.text(&recording.out)?;
        for note in &recording.notes {
            self.note(note);
        }
        Ok(())
    }

    /// Writes a line of the answer.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<(), CliError> {
        self.text(text.as_ref())?;
        self.text("\n")
    }

    /// Writes what a file would hold: byte for byte where a program reads it, escaped on a terminal.
    pub(super) fn document(&mut self, text: &str) -> Result<(), CliError> {
        if self.is_terminal || self.recording.is_some() {
            return self.text(&escape_where(text, |_| false));
        }
        // The stream would take escape sequences out, and a program hashes what it reads.
        self.write_pending()?;
        io::stdout().write_all(text.as_bytes()).map_err(CliError::output)
    }

    /// Writes text of the answer with our colours. On a terminal nothing else of it is obeyed, whatever wrote it.
    pub(super) fn text(&mut self, text: &str) -> Result<(), CliError> {
        if let Some(recording) = &mut self.recording {
            recording.out.push_str(text);
        }
        self.pending.push_str(text);
        if self.pending.len() < PENDING { Ok(()) } else { self.write_pending() }
    }

    fn write_pending(&mut self) -> Result<(), CliError> {
        let mut pending = std::mem::take(&mut self.pending);
        if self.is_terminal {
            pending = escape_where(&pending, is_own_style).into_owned();
        }
        let written = match self.out.current_choice() {
            // The stream would write a piece at each colour.
            anstream::ColorChoice::Never => {
                io::stdout().write_all(anstream::adapter::strip_str(&pending).to_string().as_bytes())
            }
            _ => self.out.write_all(pending.as_bytes()),
        };
        written.map_err(CliError::output)
    }

    /// Writes one JSON document.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), CliError> {
        let text =
            serde_json::to_string_pretty(value).map_err(|error| CliError::failure(error.to_string()))?;
        self.line(escape_json(&text))
    }

    /// Writes a remark that is no part of the answer.
    pub(super) fn note(&mut self, text: &str) {
        if let Some(recording) = &mut self.recording {
            recording.notes.push(text.to_owned());
        }
        // A reader that is gone is met again at the end.
        let _ = self.write_pending();
        match self.error_is_terminal {
            true => drop(writeln!(self.error, "{}", escape_where(text, is_own_style))),
            false => drop(writeln!(self.error, "{text}")),
        }
    }

    /// Writes a failure with its hints.
    pub(super) fn failure(&mut self, failure: &CliError) {
        let _ = self.write_pending();
        for diagnostic in &failure.diagnostics {
            let text = render_diagnostic(diagnostic, None);
            let _ = writeln!(self.error, "{text}");
        }
        let mut lines = failure.message.lines().map(escape);
        let _ = writeln!(self.error, "{}: {}", paint(BAD, "error"), lines.next().unwrap_or_default());
        for line in lines {
            // The words of another program keep their lines.
            let _ = writeln!(self.error, "{}", format!("    {line}").trim_end());
        }
        for hint in &failure.hints {
            let _ = writeln!(self.error, "{}: {}", paint(INFORMATION, "hint"), escape(hint));
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), CliError> {
        self.write_pending()?;
        self.out.flush().map_err(CliError::output)
    }
}

/// The width that the environment states, as clap reads it for help: on a terminal and in a pipe.
fn columns_asked_for() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

/// One JSON document on one line.
pub(super) fn json_line(value: &impl serde::Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::failure(error.to_string()))?;
    Ok(escape_json(&text))
}

/// How long people wait without a word.
const PATIENCE: Duration = Duration::from_millis(500);

/// Says on a terminal that reading goes on, once it takes long; gone when this is.
pub(super) struct Progress {
    done: Option<Sender<()>>,
    teller: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn begin(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Progress { done: None, teller: None };
        }
        let (done, waiting) = mpsc::channel::<()>();
        let teller = std::thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let mut error = io::stderr();
                let _ = write!(error, "{what}");
                let _ = waiting.recv();
                let _ = write!(error, "\r{:width$}\r", "", width = what.width());
            }
        });
        Progress { done: Some(done), teller: Some(teller) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}

/// A text in a style; the stream strips it where colour is off.
pub(super) fn paint(style: Style, text: impl AsRef<str>) -> String {
    format!("{style}{}{style:#}", text.as_ref())
}

/// The style of a status: colour is a second sign beside the word, never the only one.
pub(super) fn status_style(status: Status) -> Style {
    match status {
        Status::Approved | Status::Applied | Status::Done | Status::Current => GOOD,
        Status::Rejected | Status::RolledBack | Status::Unknown | Status::NeedsChanges => BAD,
        Status::InReview | Status::Staged | Status::Outdated | Status::ReviewDue | Status::Pending => WAITING,
        Status::Draft | Status::Cancelled => DIM,
        Status::Proposed | Status::Developing => INFORMATION,
    }
}

/// A text from a record or commit for a terminal or log: control and bidirectional characters are shown,
/// not sent (`docs/threats.md`, row 34). Line feeds and tabs become spaces.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() || is_bidi_control(c) => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The text without anything that a terminal obeys, but for line feeds, tabs and the escape sequences that `keeps`
/// knows: the last line of defence, behind [`escape`] where words of records are put together.
fn escape_where(text: &str, keeps: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let obeyed = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_bidi_control(c);
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| obeyed(*c)) {
        escaped.push_str(&rest[..at]);
        let behind = &rest[at + found.len_utf8()..];
        // None of ours is longer.
        let sequence = behind.bytes().take(4).position(|byte| byte == b'm').map(|end| &behind[..=end]);
        rest = match sequence.filter(|sequence| found == '\u{1b}' && keeps(sequence)) {
            Some(sequence) => {
                escaped.push(found);
                escaped.push_str(sequence);
                &behind[sequence.len()..]
            }
            None if found == '\r' && behind.starts_with('\n') => behind,
            None => {
                escaped.extend(found.escape_unicode());
                behind
            }
        };
    }
    escaped.push_str(rest);
    Cow::Owned(escaped)
}

/// Whether that is the end of an escape sequence that [`paint`] writes: a colour or a weight, never one that hides text.
fn is_own_style(sequence: &str) -> bool {
    let number = sequence.strip_prefix('[').and_then(|sequence| sequence.strip_suffix('m'));
    matches!(number, Some("0" | "1" | "2" | "3" | "4" | "31" | "32" | "33" | "34" | "35" | "36"))
}

/// The same for a text of several lines, which stay lines.
pub(super) fn escape_lines(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

/// Text that Markdown, and a table's cell in it, leaves as it is.
pub(super) fn markdown_text(text: &str) -> String {
    let mut escaped = String::new();
    for letter in escape(text).chars() {
        if matches!(letter, '\\' | '|' | '<' | '>' | '*' | '_' | '`' | '[' | ']' | '@' | '#') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// [`escape`] in a JSON document, where such characters can stand in strings only: as `\u` escapes, so that the
/// document means what it meant.
pub(super) fn escape_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c != '\n' && (c.is_control() || is_bidi_control(c)) => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// One diagnostic; with the file's text the line and a mark under the place.
pub(super) fn render_diagnostic(diagnostic: &Diagnostic, source: Option<&str>) -> String {
    let style = if diagnostic.severity == Severity::Error { BAD } else { WAITING };
    let mut text = format!(
        "{}:{}:{}: {} {}",
        escape(&diagnostic.path),
        diagnostic.line,
        diagnostic.column,
        paint(style, format!("{}[{}]:", diagnostic.severity.as_str(), diagnostic.code)),
        escape(&diagnostic.message)
    );
    if let Some(line) =
        source.and_then(|source| source.lines().nth(diagnostic.line - 1)).filter(|l| l.len() < 300)
    {
        let before: String = line.chars().take(diagnostic.column - 1).collect();
        let indent = " ".repeat(escape(&before).width());
        text.push_str(&format!("\n    {}\n    {indent}{}", escape(line), paint(style, "^")));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\n    {}: {}", paint(INFORMATION, "help"), escape(help)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_only_our_colours_are_obeyed() {
        let painted = format!("{} x\n\ty", paint(BAD, "bad"));
        assert_eq!(escape_where(&painted, is_own_style), painted);
        for (text, expected) in [
            ("a\u{1b}]0;title\u{7}b", "a\\u{1b}]0;title\\u{7}b"),
            ("\u{1b}[2Jm", "\\u{1b}[2Jm"),
            ("\u{1b}[8mhidden", "\\u{1b}[8mhidden"),
            ("\u{1b}[1;8mhidden", "\\u{1b}[1;8mhidden"),
            ("a\rb\r\nc", "a\\u{d}b\nc"),
            ("\u{9b}31m\u{202e}", "\\u{9b}31m\\u{202e}"),
        ] {
            assert_eq!(escape_where(text, is_own_style), expected);
        }
        assert_eq!(escape_where("\u{1b}[31mred", |_| false), "\\u{1b}[31mred");
    }

    #[test]
    fn escapes_what_takes_over_a_terminal() {
        assert_eq!(escape("a\u{1b}[31mb\u{202e}c\nd\u{9b}"), "a\\u{1b}[31mb\\u{202e}c d\\u{9b}");
        assert_eq!(escape("ä – 漢"), "ä – 漢");
        let value = serde_json::json!({ "a": "x\u{202e}y\u{9b}" });
        let text = escape_json(&value.to_string());
        assert_eq!(text, r#"{"a":"x\u202ey\u009b"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
