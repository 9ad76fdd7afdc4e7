//! Looks for secrets in the lines that a diff adds. It names places and never what stands there.

mod lines;
mod literal;

use std::fmt;

use lines::{Look, look_at};

/// A line that looks as if it held a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    /// From the root of the work tree, as the diff has it.
    pub path: String,
    /// In the new file, from 1.
    pub line: usize,
    /// Why it was found.
    pub suspicion: Suspicion,
    /// The commit that has the line, in short, where it stands in the history alone.
    pub only_in: Option<String>,
}

/// Why a line looks as if it held a secret, in words that quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// The form of a well-known kind of key or token.
    Form(&'static str),
    /// A quoted text behind a name such as `password`, which may be an example.
    Name,
}

impl Suspicion {
    /// What it looks like.
    pub fn words(self) -> &'static str {
        match self {
            Suspicion::Form(words) => words,
            Suspicion::Name => "a literal secret",
        }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = self.only_in.as_ref().map_or_else(String::new, |commit| format!(" in {commit}"));
        write!(f, "{}:{}{commit} ({})", super::escape(&self.path), self.line, self.suspicion.words())
    }
}

/// The places in the lines that a `git diff` adds.
pub fn scan_diff(diff: &str) -> Vec<SecretPlace> {
    let mut found = Vec::new();
    let mut file = File::default();
    // Lines of a hunk that are still to come in the new file and the old one.
    let (mut new_left, mut old_left) = (0usize, 0usize);
    for text in diff.lines() {
        if new_left == 0 && old_left == 0 {
            if let Some(name) = text.strip_prefix("+++ ") {
                found.extend(std::mem::take(&mut file).scan());
                name.strip_prefix("b/").unwrap_or(name).clone_into(&mut file.path);
            } else if let Some(hunk) = text.strip_prefix("@@ ") {
                let (old, new) = hunk_ranges(hunk).unwrap_or(((0, 0), (0, 0)));
                (file.next_line, new_left, old_left) = (new.0, new.1, old.1);
            }
            continue;
        }
        match text.as_bytes().first() {
            Some(b'-') => old_left = old_left.saturating_sub(1),
            Some(b'\\') => {}
            first => {
                let is_added = first == Some(&b'+');
                file.take(text.get(1..).unwrap_or_default(), is_added);
                new_left = new_left.saturating_sub(1);
                old_left = old_left.saturating_sub(usize::from(!is_added));
            }
        }
    }
    found.extend(file.scan());
    found
}

/// What a diff shows of a file as it is afterwards.
#[derive(Default)]
struct File<'d> {
    path: String,
    next_line: usize,
    /// Each with its number, and whether it is new.
    lines: Vec<(&'d str, usize, bool)>,
}

impl<'d> File<'d> {
    fn take(&mut self, text: &'d str, is_added: bool) {
        self.lines.push((text, self.next_line, is_added));
        self.next_line += 1;
    }

    fn scan(self) -> Vec<SecretPlace> {
        let texts: Vec<&str> = self.lines.iter().map(|(text, ..)| *text).collect();
        let looks = look_at(&texts).into_iter().zip(&self.lines);
        let suspects = looks.filter_map(|(look, (_, line, is_added))| match look {
            Look::Suspect(suspicion) if *is_added => Some((*line, suspicion)),
            _ => None,
        });
        let place =
            |(line, suspicion)| SecretPlace { path: self.path.clone(), line, suspicion, only_in: None };
        suspects.map(place).collect()
    }
}

/// The lines of a file that look as if they held a secret, by their number from 0.
pub fn scan_text(text: &str) -> Vec<(usize, Suspicion)> {
    let lines: Vec<&str> = text.lines().collect();
    let looks = look_at(&lines).into_iter().enumerate();
    looks
        .filter_map(|(at, look)| match look {
            Look::Suspect(suspicion) => Some((at, suspicion)),
            Look::Clean | Look::Inside => None,
        })
        .collect()
}

type Lines = (usize, usize);

/// `-1,4 +1,6 @@ …`: where the old and new lines start, and how many they are.
fn hunk_ranges(hunk: &str) -> Option<(Lines, Lines)> {
    let mut words = hunk.split(' ');
    let range = |word: &str| -> Option<Lines> {
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

/// The text with every line that looks as if it held a secret replaced by words that say so, and private keys as a
/// whole.
pub fn hide(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let looks = look_at(&lines).into_iter().zip(&lines);
    let shown = looks.filter_map(|(look, line)| match look {
        Look::Clean => Some((*line).to_owned()),
        Look::Suspect(suspicion) => {
            Some(format!("(hidden: this line looks like it contains {})", suspicion.words()))
        }
        Look::Inside => None,
    });
    let end = if text.ends_with('\n') { "\n" } else { "" };
    shown.collect::<Vec<_>>().join("\n") + end
}

/// What a line looks as if it held.
pub fn look(line: &str) -> Option<Suspicion> {
    literal::look(line)
}

/// What is looked for, for people to know what is not.
pub const LOOKED_FOR: &str = "scanned for private keys, known token formats, passwords in URLs and options, \
    literal values of secret-looking names, and Kubernetes Secrets";

#[cfg(test)]
mod tests;
