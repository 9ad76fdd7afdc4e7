//! A secret once is a secret everywhere: the texts that are known to be secret, and where they stand again.

use std::collections::BTreeSet;
use std::fmt;

use aho_corasick::AhoCorasick;

use super::name::Verdict;
use super::places::gather_text;
use super::text::{may_hold, spots};
use super::value::{is_common, is_reference};
use super::view::{any_view, base64};

/// Shorter texts are hidden where they stand and nowhere else, in characters: they are in every document.
const MIN_LENGTH: usize = 4;
/// From this length on a text is looked for inside of words, in bytes; shorter ones are looked for as words.
const MIN_PART: usize = 6;
/// Words of letters alone up to this length are looked for as words, in bytes: the user `grafana` is no reason to hide
/// every name that begins so.
const MAX_WORD: usize = 9;

/// Shorter texts in base64 hold no more than one value, in bytes.
const MIN_ENCODED: usize = 16;

/// Shorter lines of a secret text stand in others too, in bytes.
const MIN_LINE: usize = 8;
/// Longer texts are not read as documents, in bytes.
const MAX_DOCUMENT: usize = 256 * 1024;

/// Texts that are known to be secret.
#[derive(Clone, Default)]
pub(in crate::intake) struct Known {
    words: BTreeSet<String>,
    parts: Option<AhoCorasick>,
    whole: BTreeSet<String>,
}

/// What is printed for whoever looks for a fault tells how many there are.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({})", self.whole.len())
    }
}

/// Collects texts that are secret.
#[derive(Clone, Default)]
pub(in crate::intake) struct Gathered {
    texts: BTreeSet<String>,
}

impl Gathered {
    /// Takes up what another one has.
    pub(in crate::intake) fn merge(mut self, other: Gathered) -> Gathered {
        self.texts.extend(other.texts);
        self
    }

    /// A text that is secret as a whole, with its lines, what it stands for in base64, and what it holds as a document.
    pub(in crate::intake) fn add(&mut self, text: &str) {
        self.add_one(text);
        // `Bearer …`: the scheme is none.
        if let Some((_, credentials)) = text.trim().split_once(' ').filter(|(_, rest)| !rest.contains(' ')) {
            self.add_one(credentials);
        }
        self.add_lines(text);
        self.add_document(text, Verdict::Secret);
        if let Some(decoded) = readable(text) {
            self.add_one(&decoded);
            self.add_lines(&decoded);
            self.add_document(&decoded, Verdict::Secret);
        }
        self.add_inside(text);
    }

    /// The secrets inside of a text that is none itself.
    pub(in crate::intake) fn add_inside(&mut self, text: &str) {
        self.add_plain(text);
        // Scripts for machines that start, and what Kubernetes holds, are written so.
        if text.len() >= MIN_ENCODED
            && let Some(decoded) = readable(text)
        {
            self.add_plain(&decoded);
        }
    }

    fn add_plain(&mut self, text: &str) {
        if !may_hold(text) {
            return;
        }
        // What is read as JSON is judged by its structure alone.
        if self.add_document(text, Verdict::Silent) {
            return;
        }
        for spot in spots(text) {
            self.add_one(spot.value);
            self.add_lines(spot.value);
            if let Some(decoded) = readable(spot.value) {
                self.add_login(&decoded);
            }
            // As it is meant, where the texts around it escape it.
            let mut escaped = spot.value.to_owned();
            while escaped.contains('\\') {
                let Ok(meant) = serde_json::from_str::<String>(&format!("\"{escaped}\"")) else { break };
                self.add_one(&meant);
                escaped = meant;
            }
        }
    }

    /// A user and a password with a colon between them.
    pub(in crate::intake) fn add_login(&mut self, text: &str) {
        self.add_one(text);
        if let Some((_, password)) = text.split_once(':') {
            self.add_one(password);
        }
    }

    /// What a text holds when it is JSON or YAML. Whether it is JSON.
    fn add_document(&mut self, text: &str, verdict: Verdict) -> bool {
        text.len() <= MAX_DOCUMENT && gather_text(text, verdict, self)
    }

    fn add_one(&mut self, text: &str) {
        let text = text.trim();
        if reach(text) != Reach::Here {
            self.texts.insert(text.to_owned());
        }
    }

    /// The lines of a secret text of several, and the values in them. Lines that are those of every script or document
    /// tell nothing.
    fn add_lines(&mut self, text: &str) {
        if !text.contains('\n') {
            return;
        }
        for line in text.lines() {
            let line = line.trim().trim_end_matches(',');
            let value =
                line.split_once('=').map_or(line, |(_, value)| value.trim().trim_matches(['"', '\'']));
            for text in [line, value] {
                let says = text.len() >= MIN_LINE && !text.starts_with("-----") && !text.starts_with('#');
                if says && !text.contains(' ') && !text.ends_with(':') {
                    self.add_one(text);
                }
            }
        }
    }

    /// Everything gathered, ready to be looked for.
    pub(in crate::intake) fn finish(self) -> Known {
        let (mut words, mut parts) = (BTreeSet::new(), Vec::new());
        for text in &self.texts {
            match reach(text) {
                Reach::Part => parts.push(text.clone()),
                Reach::Word => drop(words.insert(text.clone())),
                Reach::Here => {}
            }
        }
        // Building fails only for sets larger than a document can be; whole texts are hidden all the same.
        let parts = if parts.is_empty() { None } else { AhoCorasick::new(&parts).ok() };
        Known { words, parts, whole: self.texts }
    }
}

/// The text that base64 stands for, when it is one that people read.
fn readable(text: &str) -> Option<String> {
    let is_text =
        |text: &String| text.len() >= MIN_PART && !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    base64(text).filter(is_text)
}

/// Where a secret is hidden besides its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nowhere.
    Here,
    /// Where it stands as a word.
    Word,
    /// Inside of words too.
    Part,
}

/// A short or common text is no sign of a secret; one of several kinds of characters is one wherever it stands.
fn reach(text: &str) -> Reach {
    let is_word = text.len() <= MAX_WORD && text.chars().all(char::is_alphabetic);
    let is_short = text.chars().count() < MIN_LENGTH;
    match () {
        () if is_short || is_common(text) || is_reference(text) => Reach::Here,
        () if is_word || text.len() < MIN_PART => Reach::Word,
        () => Reach::Part,
    }
}

impl Known {
    /// Whether this is one of them, as a whole.
    pub(in crate::intake) fn is_one(&self, text: &str) -> bool {
        self.whole.contains(text.trim())
    }

    /// Whether one of them stands in a text, plain or in an encoding.
    pub(in crate::intake) fn stands_in(&self, text: &str) -> bool {
        if self.whole.is_empty() {
            return false;
        }
        // Names of attributes are no encoding of anything, and there are many.
        let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match is_name {
            true => self.stands_plainly_in(text),
            false => any_view(text, &mut |view| self.stands_plainly_in(view)),
        }
    }

    fn stands_plainly_in(&self, text: &str) -> bool {
        self.stands_inside(text)
            || self.is_one(text)
            || (!self.words.is_empty() && words(text).any(|word| self.words.contains(word)))
    }

    /// Whether one of those that are looked for inside of words stands in a text as it is.
    pub(in crate::intake) fn stands_inside(&self, text: &str) -> bool {
        self.parts.as_ref().is_some_and(|parts| parts.is_match(text))
    }
}

/// The words of a text, with and without the punctuation inside of them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let plain = text.split(|c: char| !c.is_alphanumeric());
    let between_blanks = text.split_whitespace().map(|word| word.trim_matches(['"', '\'', ',', ';']));
    plain.chain(between_blanks).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(texts: &[&str]) -> Known {
        let mut gathered = Gathered::default();
        texts.iter().for_each(|text| gathered.add(text));
        gathered.finish()
    }

    #[test]
    fn what_is_short_or_common_is_hidden_in_its_own_place_alone() {
        let known = known(&[
            "1",
            "true",
            "admin",
            "on",
            "production",
            "eu-central-1",
            "5432",
            "x9",
            "arn:aws:iam::1:role/x",
        ]);
        for text in ["1", "true", "admin", "production", "eu-central-1", "5432", "the admin is on 1"] {
            assert!(!known.stands_in(text), "{text}");
        }
    }

    #[test]
    fn a_word_is_found_as_a_word_and_the_rest_everywhere() {
        let known = known(&["grafana", "Zx9-tulip-77", "s3cr", "481516"]);
        for text in [
            "seed Zx9-tulip-77",
            "xZx9-tulip-77x",
            "Wng5LXR1bGlwLTc3",
            "user grafana",
            "grafana",
            "s3cr",
            "a=s3cr;",
            "48151623",
        ] {
            assert!(known.stands_in(text), "{text}");
        }
        for text in ["helm_grafanas", "s3crx", "Zx9-tulip", "4815"] {
            assert!(!known.stands_in(text), "{text}");
        }
    }

    #[test]
    fn what_a_secret_document_holds_is_secret() {
        let json = r#"{"username":"app","password":"tu\"lip-9","port":5432}"#;
        let document = known(&[
            json,
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----\n",
            "aHVudGVyMmh1bnRlcjI=",
        ]);
        for text in ["tu\"lip-9", "x MIIEvQIBADAN", "hunter2hunter2"] {
            assert!(document.stands_in(text), "{text}");
        }
        for text in ["app", "5432", "-----BEGIN PRIVATE KEY-----"] {
            assert!(!document.stands_in(text), "{text}");
        }
    }
}
