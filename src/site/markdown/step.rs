//! Commands in numbered steps: a runbook's page gives each a row of its own, to be read and copied at night.

use std::fmt::Write;

use pulldown_cmark::{Event, Tag};

use super::{Dialect, Writer};
use crate::site::sanitize::key;
use crate::site::text::push_escaped;

/// Where the writer stands among lists.
#[derive(Default)]
pub(super) struct Steps {
    /// Whether each open list has numbers.
    numbered: Vec<bool>,
    /// Where in the source the last command ended.
    command_end: Option<usize>,
}

impl Steps {
    pub(super) fn open(&mut self, is_numbered: bool) {
        self.numbered.push(is_numbered);
    }

    pub(super) fn close(&mut self) {
        self.numbered.pop();
    }
}

impl Writer<'_, '_> {
    /// A span of code; `end` is where it ends in the source.
    pub(super) fn code_span(&mut self, code: &str, index: usize, end: usize) {
        let in_step = self.options.dialect == Dialect::Record && self.steps.numbered.contains(&true);
        if !in_step || self.quiet > 0 || !is_command(code, self.place(index)) {
            return self.wrapped("<code>", code, "</code>");
        }
        self.steps.command_end = Some(end);
        let _ = write!(self.out, "<code class=\"{}command\">", key());
        for part in code.split_inclusive(' ') {
            let word = part.trim_end_matches(' ');
            // A line may end between words alone, not at the hyphens of `--bigkeys`.
            match word.chars().all(char::is_alphanumeric) {
                true => push_escaped(&mut self.out, word),
                false => self.wrapped("<span>", word, "</span>"),
            }
            self.out.push_str(&part[word.len()..]);
        }
        self.out.push_str("</code>");
    }

    /// The text without the full stop that follows a command: beside a row it would stand alone.
    pub(super) fn without_stop<'t>(&mut self, text: &'t str, start: usize) -> &'t str {
        if self.steps.command_end.take() != Some(start) {
            return text;
        }
        let rest = text.trim_start_matches(STOPS);
        if rest.len() < text.len() {
            let class = format!("<span class=\"{}stop\">", key());
            self.wrapped(&class, &text[..text.len() - rest.len()], "</span>");
        }
        rest
    }

    fn place(&self, index: usize) -> CodeInStep<'_> {
        let event = |index: usize| self.events.get(index).map(|(event, _)| event);
        let (before, after) = (index.checked_sub(1).and_then(event), event(index + 1));
        let is_stop = matches!(after, Some(Event::Text(text)) if text.trim_matches(STOPS).is_empty());
        let last = if is_stop { event(index + 2) } else { after };
        CodeInStep {
            before: match before {
                Some(Event::Text(text)) => text.trim_end(),
                _ => "",
            },
            is_first: matches!(before, Some(Event::Start(Tag::Item | Tag::Paragraph))),
            is_last: matches!(last, None | Some(Event::End(_) | Event::Start(Tag::List(_)))),
        }
    }
}

const STOPS: [char; 4] = ['.', ',', ';', ':'];

/// What stands around a span of code in its step.
struct CodeInStep<'t> {
    before: &'t str,
    /// Whether the step begins with it.
    is_first: bool,
    /// Whether nothing but a full stop follows.
    is_last: bool,
}

/// Words behind which stands what somebody is to see, not to do.
const SEEN: [&str; 12] =
    ["answers", "error", "is", "message", "prints", "reads", "says", "see", "sees", "show", "shows", "until"];

/// Whether a span of code is a command: it begins with what may be a program and goes on, or it is all that a step
/// says, by itself or behind a colon. A name in the middle of a sentence, a setting and a message are none. Where that
/// is in doubt it is one: a row too many costs a look, a command that cannot be copied costs the night.
fn is_command(code: &str, place: CodeInStep<'_>) -> bool {
    let mut words = code.split_whitespace().skip_while(|word| is_variable(word));
    let Some(program) = words.next().filter(|word| is_program(word)) else { return false };
    let behind = place.before.rsplit(' ').next().unwrap_or("");
    match words.next() {
        Some(second) => !matches!(second, "=" | ":" | ":=" | "==") && !SEEN.contains(&behind),
        None => {
            let is_all = place.is_last && (place.is_first || place.before.ends_with(':'));
            is_all && program.len() > 1
        }
    }
}

/// `AWS_PROFILE=live`, which may stand before a program.
fn is_variable(word: &str) -> bool {
    let named = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && named(name))
}

/// `redis-cli`, `./restore.sh`, `~/bin/x`, `$EDITOR`.
fn is_program(word: &str) -> bool {
    let is_start = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '/' | '~' | '$');
    let is_part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '~' | '$' | '-' | '_' | '+' | '@');
    word.starts_with(is_start)
        && word.chars().all(is_part)
        && word.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::super::tests::html_of;

    #[test]
    fn commands_of_steps_are_known_from_names() {
        for (step, wanted) in [
            ("Find the keys: `redis-cli --bigkeys`", true),
            ("Can the subnet reach it? `nc -vz HOST 6379`", true),
            ("Restore with `AWS_PROFILE=live terraform apply -var x=ID`, then wait", true),
            ("Look at it: `htop`.", true),
            ("`./restore.sh`", true),
            ("  \n   `make restore`", true),
            ("Raise `node_type` in `terraform/redis.tf`", false),
            ("Set `maxmemory-policy = allkeys-lru`", false),
            ("Say so: `Exercised: redis-cluster`", false),
            ("It says `connection refused`", false),
            ("Wait until `loading:0`", false),
            ("Read `INFRA-150 and more`", false),
        ] {
            let html = html_of(&format!("1. {step}\n"));
            assert_eq!(html.contains("class=\"command\""), wanted, "{step}: {html}");
        }
        for elsewhere in ["`redis-cli --bigkeys`", "- `redis-cli --bigkeys`"] {
            assert!(!html_of(elsewhere).contains("command"), "{elsewhere}");
        }
        assert!(html_of("1. Do:\n   - `redis-cli --bigkeys`\n").contains("command"));
    }

    #[test]
    fn a_command_keeps_its_words_whole_and_loses_its_full_stop() {
        let html = html_of("1. Run `aws rds <x> --id ID`. Then look\n");
        let row = "<code class=\"command\">aws rds <span>&lt;x&gt;</span> <span>--id</span> ID</code>";
        assert!(html.contains(&format!("{row}<span class=\"stop\">.</span> Then look")), "{html}");
    }
}
