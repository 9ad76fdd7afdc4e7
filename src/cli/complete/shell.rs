//! How each shell tells what is typed, and how it wants its answer.

use std::ffi::OsString;

use crate::cli::ui::escape;

/// A shell, by what it leaves to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shell {
    /// Gives words as they are typed, split at `=` too; puts an answer into the line as it is.
    Bash,
    /// Gives words without their quotes; quotes an answer itself.
    Zsh,
    /// Gives the word under the cursor as it is typed; quotes an answer itself.
    Fish,
}

/// How the word under the cursor is quoted so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

/// A question of a shell.
#[derive(Debug)]
pub(super) struct Asking {
    shell: Shell,
    /// The words without their quotes, the program's name first.
    pub(super) words: Vec<String>,
    /// Which of them is completed.
    pub(super) index: usize,
    quote: Quote,
    /// How many bytes of the word stand before what the shell puts the answer for.
    kept: usize,
}

impl Asking {
    /// Reads `INDEX -- WORDS…`.
    pub(super) fn read(shell: &str, arguments: &[OsString]) -> Option<Self> {
        let shell = match shell {
            "bash" => Shell::Bash,
            "zsh" => Shell::Zsh,
            "fish" => Shell::Fish,
            _ => return None,
        };
        let [index, dashes, words @ ..] = arguments else { return None };
        let index: usize = index.to_str()?.parse().ok().filter(|_| dashes == "--")?;
        let mut words: Vec<String> =
            words.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<_>>()?;
        words.truncate(index.checked_add(1)?);
        words.resize(words.len().max(1), String::new());
        if words.len() == index {
            words.push(String::new());
        }
        let mut asking = Asking { shell, index: words.len() - 1, words, quote: Quote::None, kept: 0 };
        match shell {
            Shell::Bash => asking.read_bash(),
            Shell::Zsh => {}
            Shell::Fish => asking.words[asking.index] = unquoted(&asking.words[asking.index]).0,
        }
        (asking.words.len() > 1).then_some(asking)
    }

    /// Joins `--option`, `=` and `value`, which are three words for bash, and takes the quotes off.
    fn read_bash(&mut self) {
        let mut joined: Vec<String> = Vec::new();
        let mut after_equals = false;
        for word in std::mem::take(&mut self.words) {
            match joined.last_mut() {
                Some(last) if word == "=" && last.starts_with("--") && !last.contains('=') => {
                    last.push('=');
                    after_equals = true;
                    self.kept = last.len();
                    continue;
                }
                Some(last) if after_equals => last.push_str(&word),
                _ => {
                    self.kept = 0;
                    joined.push(word);
                }
            }
            after_equals = false;
        }
        self.index = joined.len().saturating_sub(1);
        self.quote = joined.last().map_or(Quote::None, |word| unquoted(word).1);
        self.words = joined.iter().map(|word| unquoted(word).0).collect();
    }

    /// The word under the cursor.
    pub(super) fn current(&self) -> &str {
        &self.words[self.index]
    }

    /// A line of the answer; none for a value that would break it.
    pub(super) fn line(&self, value: &str, help: Option<&str>) -> Option<String> {
        if escape(value) != value {
            return None;
        }
        Some(match (self.shell, help) {
            (Shell::Bash, _) => format!("{}\n", quoted(value.get(self.kept..)?, self.quote)),
            (_, Some(help)) if !help.is_empty() => format!("{value}\t{}\n", escape(help)),
            _ => format!("{value}\n"),
        })
    }
}

/// A word without its quotes, of which the last may still be open.
fn unquoted(word: &str) -> (String, Quote) {
    let mut text = String::new();
    let mut quote = Quote::None;
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Quote::None, '\'') => quote = Quote::Single,
            (Quote::None, '"') => quote = Quote::Double,
            (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
            (Quote::None | Quote::Double, '\\') => text.extend(characters.next()),
            (_, character) => text.push(character),
        }
    }
    (text, quote)
}

/// A value as bash takes it for itself, behind an open quote or none.
fn quoted(value: &str, quote: Quote) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./,:=@%+".contains(c);
    let mut text = String::new();
    for character in value.chars() {
        let escapes = match quote {
            Quote::None => !is_plain(character),
            Quote::Double => "\"\\$`".contains(character),
            Quote::Single => false,
        };
        match (quote, character) {
            (Quote::Single, '\'') => text.push_str("'\\''"),
            _ => {
                text.extend(escapes.then_some('\\'));
                text.push(character);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(shell: &str, words: &[&str]) -> Asking {
        let index = (words.len() - 1).to_string();
        let all: Vec<OsString> =
            [&[index.as_str(), "--"], words].concat().iter().map(OsString::from).collect();
        Asking::read(shell, &all).unwrap()
    }

    #[test]
    fn bash_splits_and_quotes() {
        let found = asking("bash", &["changebook", "tick", "A-1", "\"Code r"]);
        assert_eq!((found.current(), found.quote), ("Code r", Quote::Double));
        assert_eq!(found.line("Code $1", Some("help")).unwrap(), "Code \\$1\n");
        let found = asking("bash", &["changebook", "tick", "A-1", "Code\\ r"]);
        assert_eq!(found.current(), "Code r");
        assert_eq!(found.line("Code review (a)", None).unwrap(), "Code\\ review\\ \\(a\\)\n");
        let found = asking("bash", &["changebook", "list", "--status", "=", "in"]);
        assert_eq!((found.current(), found.index), ("--status=in", 2));
        assert_eq!(found.line("--status=in-review", None).unwrap(), "in-review\n");
        let found = asking("bash", &["changebook", "list", "--status", "="]);
        assert_eq!(found.line("--status=done", None).unwrap(), "done\n");
    }

    #[test]
    fn others_quote_for_themselves() {
        let found = asking("fish", &["changebook", "tick", "A-1", "'Code r"]);
        assert_eq!(found.current(), "Code r");
        assert_eq!(found.line("Code review", Some("an\u{1b}item")).unwrap(), "Code review\tan\\u{1b}item\n");
        assert_eq!(found.line("a\nb", None), None);
    }

    #[test]
    fn what_is_no_question() {
        let read = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            Asking::read("bash", &words).is_some()
        };
        assert!(!read(&[]) && !read(&["1"]) && !read(&["x", "--", "a", "b"]) && !read(&["0", "--", "a"]));
        assert!(read(&["1", "--", "a"]) && read(&["9", "--", "a", "b"]));
    }
}
