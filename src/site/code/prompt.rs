//! Sessions of a shell: commands behind a prompt, and what they print.

use syntect::parsing::SyntaxReference;
use syntect::util::LinesWithEndings;

use super::Reader;
use super::classes::{Class, Painter};

/// Whether blocks of that language are sessions.
pub(super) fn is_session(language: &str) -> bool {
    matches!(language, "console" | "shell-session" | "shellsession" | "sh-session" | "terminal")
}

/// Commands as the shell reads them, their prompts quiet, and plain what is printed.
pub(super) fn highlighted(text: &str, shell: &SyntaxReference) -> String {
    let mut painter = Painter::new(text.len());
    let mut goes_on: Option<Reader> = None;
    for line in LinesWithEndings::from(text) {
        let prompt = ["$ ", "# ", "% "].into_iter().find(|prompt| line.starts_with(prompt));
        let (mut reader, command) = match (goes_on.take(), prompt) {
            (Some(reader), _) => (reader, line),
            (None, Some(prompt)) => {
                painter.push(prompt, Some(Class::Comment));
                (Reader::new(shell), &line[prompt.len()..])
            }
            (None, None) => {
                painter.push(line, None);
                continue;
            }
        };
        reader.line(command, &mut painter);
        goes_on = Some(reader).filter(|_| command.trim_end().ends_with('\\'));
    }
    painter.finish()
}
