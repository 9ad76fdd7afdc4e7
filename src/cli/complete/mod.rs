//! Completions that a shell asks for while somebody types: commands and options from the command line's own
//! description, and IDs, items, people and the like from the book.
//!
//! A script of the shell (`templates/completions/`) starts the program with [`VARIABLE`] set, the number of the word
//! under the cursor, `--`, and the words. The answer has a line for each candidate, with a tab before what it
//! means. What goes wrong gives no candidates and says nothing: nobody who presses a key wants an error.

mod meaning;
mod shell;
mod values;

use std::ffi::OsString;
use std::io::Write;

use clap::CommandFactory;
use clap_complete::engine::complete;

use shell::Asking;

/// Names the shell that asks.
const VARIABLE: &str = "CHANGEBOOK_COMPLETE";

/// Answers a shell that asks; `false` when none does.
pub(super) fn answer() -> bool {
    let Some(shell) = std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else { return false };
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // A panic says nothing either: the line that is typed stays as it is.
    std::panic::set_hook(Box::new(|_| {}));
    let lines = std::panic::catch_unwind(|| lines(&shell.to_string_lossy(), &arguments)).ok().flatten();
    let _ = std::io::stdout().write_all(lines.unwrap_or_default().as_bytes());
    true
}

/// The candidates, a line each; `None` when the question cannot be understood.
fn lines(shell: &str, arguments: &[OsString]) -> Option<String> {
    let asking = Asking::read(shell, arguments)?;
    let mut command = meaning::attach(super::Cli::command(), &asking.words);
    let words = asking.words.iter().map(OsString::from).collect();
    let mut candidates = complete(&mut command, words, asking.index, None).ok()?;
    // Who has typed nothing yet wants a value, where there are any, and no option.
    let is_option = |value: &std::ffi::OsStr| value.as_encoded_bytes().starts_with(b"-");
    if asking.current().is_empty() && candidates.iter().any(|candidate| !is_option(candidate.get_value())) {
        candidates.retain(|candidate| !is_option(candidate.get_value()));
    }
    let mut text = String::new();
    for candidate in &candidates {
        let Some(value) = candidate.get_value().to_str() else { continue };
        let help = candidate.get_help().map(ToString::to_string);
        let help = help.as_deref().and_then(|help| help.lines().next());
        text.extend(asking.line(value, help));
    }
    Some(text)
}
