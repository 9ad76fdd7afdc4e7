//! Whether one line looks as if it held a secret.

use super::Suspicion;
use crate::intake::secret::{
    Verdict, base64, encoded_login, forms, in_words, is_mixed, is_name_key, is_placeholder, is_reference,
    is_value_key, judge, words,
};

/// The value of a line of the form `key: value` or `key = value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal<'t> {
    /// Without quotes.
    pub(super) text: &'t str,
    /// Whether quotes stood around it.
    pub(super) is_quoted: bool,
}

impl Literal<'_> {
    /// Whether it is a text of its own: no expression, no reference, no word that only stands for a secret.
    pub(super) fn is_literal(&self) -> bool {
        says_something(self.text) && (self.is_quoted || is_plain(self.text))
    }

    /// Whether anything stands there but a reference or a word that stands for a secret, also in base64.
    pub(super) fn holds_anything(&self) -> bool {
        let means = base64(self.text).filter(|text| !text.chars().any(char::is_control)).unwrap_or_default();
        let is_open = |text: &str| stands_for_another(text) || is_placeholder(text);
        !self.text.is_empty()
            && !self.text.starts_with('#')
            && !is_open(self.text)
            && (means.is_empty() || !is_open(&means))
    }
}

/// What a line looks as if it held.
pub(super) fn look(line: &str) -> Option<Suspicion> {
    let form = forms(line).into_iter().find(|spot| is_real(spot.value)).and_then(|spot| spot.form);
    form.map(Suspicion::Form).or_else(|| names_one(line).then_some(Suspicion::Name))
}

/// Whether a text of a secret's form is none of documentation, which shows the form alone.
fn is_real(value: &str) -> bool {
    !is_shape(value) && !is_placeholder(value) && !stands_for_another(value)
}

/// Whether a text only shows what a secret looks like: `ghp_xxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`.
fn is_shape(value: &str) -> bool {
    let mut letters: Vec<char> = value.chars().skip(8).collect();
    letters.sort_unstable();
    letters.dedup();
    let is_filler = value.len() >= 16 && letters.len() <= 3;
    is_filler
        || value.to_ascii_lowercase().contains("example")
        || value.contains("...")
        || value.contains('…')
}

/// Whether a literal stands behind a secret's name.
fn names_one(line: &str) -> bool {
    if let Some((name, value)) = entry(line)
        && is_named(name, value, line)
    {
        return true;
    }
    quoted_pairs(line).any(|(name, value)| is_named(name, value, line))
        || pair(line)
        || element(line).is_some_and(|(name, value)| is_named(name, value, line))
        || login(line)
        || environment(line)
        || option(line)
}

fn is_named(name: &str, value: Literal<'_>, line: &str) -> bool {
    let is_secret = judge(name) == Verdict::Secret;
    if !is_secret {
        return value.is_quoted && is_random(name, value.text);
    }
    let text = value.text;
    // A sentence behind such a word is a message to people.
    let is_sentence = text.contains(' ')
        && !text.bytes().any(|byte| byte.is_ascii_digit())
        && !name.to_ascii_lowercase().contains("phrase");
    let is_name = judge(text) == Verdict::Secret
        && text.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-' | b'.'));
    match value.is_quoted {
        true => says_something(text) && !is_sentence && !is_name,
        false => {
            is_plain(text)
                && says_something(text)
                && !is_name
                && !names_a_secret(name, text)
                && is_setting_line(line, text)
        }
    }
}

/// Of lines without quotes those of settings count, and not those of programs: `password: hunter2`, `DB_PASSWORD=hunter2`.
fn is_setting_line(line: &str, value: &str) -> bool {
    let Some(at) = line.find(['=', ':']) else { return false };
    if line[at..].starts_with(':') {
        return line[at..].starts_with(": ");
    }
    let name = line[..at].trim();
    let is_upper = name.rsplit(' ').next().is_some_and(|name| !name.bytes().any(|b| b.is_ascii_lowercase()));
    is_upper || is_mixed(value)
}

/// `existingSecret: redis-auth`: behind the name of a Kubernetes Secret stands such a name.
fn names_a_secret(name: &str, value: &str) -> bool {
    let is_label =
        value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
    name.to_ascii_lowercase().ends_with("secret") && is_label
}

/// The key and the value of a line that is no more than that, as settings have: one word, `:` or `=`, a value.
pub(super) fn entry(line: &str) -> Option<(&str, Literal<'_>)> {
    let line = line.trim().trim_start_matches("- ").trim_start_matches(['{', ' ']);
    let line = [
        "export ", "ENV ", "ARG ", "set ", "local ", "const ", "let ", "var ", "final ", "$env:", "declare ",
    ]
    .iter()
    .find_map(|start| line.strip_prefix(start))
    .unwrap_or(line);
    let at = line.find(['=', ':'])?;
    let name = line[..at].trim().trim_matches(['"', '\'', '`', '?', '$', '@']);
    let is_key = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    let rest = line[at + 1..].trim_start_matches(['=', '>', '~']).trim();
    is_key.then(|| (name, literal(rest)))
}

/// The value at the start of a text.
fn literal(text: &str) -> Literal<'_> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    if let Some(quote) = quote {
        let inner = &text[1..];
        let end = inner.match_indices(quote).map(|(at, _)| at).find(|at| !inner[..*at].ends_with('\\'));
        return Literal { text: &inner[..end.unwrap_or(inner.len())], is_quoted: end.is_some() };
    }
    let text = text.split(" #").next().unwrap_or_default().split(" //").next().unwrap_or_default();
    Literal { text: text.trim_end().trim_end_matches([',', ';']), is_quoted: false }
}

/// Pairs in quotes that stand in the middle of a line, as in JSON and in calls: `"password": "…"`, `password="…"`.
fn quoted_pairs(line: &str) -> impl Iterator<Item = (&str, Literal<'_>)> {
    line.match_indices(['=', ':']).filter_map(|(at, _)| {
        let before = line[..at].trim_end().trim_end_matches(['"', '\'', ']']);
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.' | '/'))
            .map_or(0, |at| at + 1);
        let name = before.get(start..).unwrap_or_default();
        let rest = line[at + 1..].trim_start_matches(['=', '>']).trim_start();
        let value = literal(rest);
        (value.is_quoted && !name.is_empty()).then_some((name, value))
    })
}

/// `"name": "DB_PASSWORD", "value": "…"` on one line.
fn pair(line: &str) -> bool {
    let pairs = || quoted_pairs(line);
    pairs().any(|(name, value)| is_name_key(name) && judge(value.text) == Verdict::Secret)
        && pairs().any(|(name, value)| is_value_key(name) && value.is_literal())
}

/// `<password>…</password>`.
fn element(line: &str) -> Option<(&str, Literal<'_>)> {
    let (name, rest) = line.trim().strip_prefix('<')?.split_once('>')?;
    let (text, _) = rest.split_once("</")?;
    Some((name.split(' ').next().unwrap_or_default(), Literal { text, is_quoted: true }))
}

/// The logins of a registry and of `.netrc`, and what PowerShell makes a secret of.
fn login(line: &str) -> bool {
    let follows = |mark: &str| line.split_once(mark).map(|(_, rest)| literal(rest.trim_start()));
    quoted_pairs(line).any(|(name, value)| name == "auth" && encoded_login(value.text).is_some())
        || (line.trim_start().starts_with("machine ")
            && follows(" password ").is_some_and(|value| says_something(value.text)))
        || follows("ConvertTo-SecureString ")
            .is_some_and(|value| value.is_quoted && says_something(value.text))
}

/// `-e DB_PASSWORD=hunter2`, `--set auth.password=hunter2`, `password=hunter2&x=y`: words with a name and a value.
fn environment(line: &str) -> bool {
    let words = line.split([' ', '\t', '&', ';', '?', ',', '"', '\'']);
    words.filter_map(|word| word.split_once('=')).any(|(name, value)| {
        let is_secret = judge(name.trim_start_matches('-')) == Verdict::Secret;
        is_secret && is_plain(value) && is_mixed(value) && says_something(value)
    })
}

/// `--password hunter2`, also as two elements of a list.
fn option(line: &str) -> bool {
    let words: Vec<&str> = line.split([' ', '\t', ',', '[', ']']).filter(|word| !word.is_empty()).collect();
    in_words(&words).into_iter().any(|at| {
        let value = words[at].trim_matches(['"', '\'', '`', ',', ';']);
        is_plain(value) && is_mixed(value) && says_something(value)
    })
}

/// Whether a text without quotes is no syntax of YAML, no expression of a program and no path.
fn is_plain(text: &str) -> bool {
    let is_syntax = text.starts_with(['|', '>', '!', '&', '*', '{', '[', '@', '`', '%', '"', '\'', '(']);
    let is_expression = text.contains(['(', ')', '[', ']', '{', '}', '<', '>', '|', '\\']);
    let is_dotted = text.split('.').count() > 1
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphabetic() || c == '_'));
    !is_syntax && !is_expression && !is_dotted && !text.contains(char::is_whitespace)
}

/// A long text without order behind a word such as `key`: random letters are what keys are made of.
fn is_random(name: &str, text: &str) -> bool {
    let is_named = words(name)
        .last()
        .is_some_and(|last| matches!(last.as_str(), "key" | "auth" | "api" | "access" | "credential"));
    let is_one_word =
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-'));
    let n_digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_identifier = text.len() == 36 && text.matches('-').count() == 4;
    let is_public = name.to_ascii_lowercase().contains("public") || text.starts_with("AAAA");
    is_named
        && is_one_word
        && text.len() >= 20
        && n_digits >= 3
        && is_mixed(text)
        && !is_identifier
        && !is_public
        && entropy(text) > 3.5
}

/// In bits for each letter.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let n = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / n)
        .map(|share| -share * share.log2())
        .sum()
}

/// Starts of texts that name a value which stands elsewhere in a program or a configuration.
const ELSEWHERE: &[&str] = &[
    "var.",
    "local.",
    "data.",
    "module.",
    "each.",
    "env.",
    "secrets.",
    "random_",
    "process.env",
    "os.environ",
    "os.getenv",
    "System.getenv",
    "config.",
    "vault:",
    "awssm",
    "gcpsm",
    "ssm:",
    "projects/",
    "$",
    "ENC[",
    "age1",
    "AQICAH",
    "AgA",
    "AgB",
    "pgp:",
    "-----BEGIN PGP MESSAGE",
    "!",
];

fn stands_for_another(text: &str) -> bool {
    is_reference(text)
        || ELSEWHERE.iter().any(|start| text.starts_with(start))
        || ["${", "{{", "$(", "<%", "%("].iter().any(|mark| text.contains(mark))
}

/// Whether a text is more than a reference or a placeholder.
pub(super) fn says_something(text: &str) -> bool {
    text.chars().count() >= 4
        && !stands_for_another(text)
        && !is_placeholder(text)
        && !is_public_key(text)
        && !is_shape(text)
}

fn is_public_key(text: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "-----BEGIN PUBLIC", "-----BEGIN CERT"]
        .iter()
        .any(|start| text.starts_with(start))
}
