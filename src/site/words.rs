//! The words of texts, for the search.

use std::borrow::Cow;

use rustc_hash::FxHashSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words of a text that are kept: longer ones are digests and keys.
const MAX_WORD: usize = 32;

/// What joins parts to a word.
const JOINTS: [char; 3] = ['-', '_', '.'];

/// Words as they stand in texts, each once.
#[derive(Default)]
pub(super) struct Words<'a>(FxHashSet<&'a str>);

impl<'a> Words<'a> {
    /// Adds the words of a text: letters and digits; what is joined by `-`, `_` or `.` is also known by its parts, and from
    /// each part on: `nat_gateway` finds `aws_nat_gateway`.
    pub(super) fn add(&mut self, text: &'a str) {
        let is_part = |c: char| c.is_alphanumeric() || JOINTS.contains(&c);
        for whole in text.split(|c: char| !is_part(c)) {
            let whole = whole.trim_matches(|c: char| !c.is_alphanumeric());
            if whole.len() > 1 && self.0.insert(whole) && whole.contains(JOINTS) {
                self.0.extend(whole.split(JOINTS));
                self.0.extend(
                    whole.match_indices(JOINTS).map(|(at, _)| whole[at..].trim_start_matches(JOINTS)),
                );
            }
            if !whole.is_ascii() {
                self.add_pairs(whole);
            }
        }
    }

    /// Where nothing stands between words, each two letters that follow each other are one.
    fn add_pairs(&mut self, whole: &'a str) {
        let letters: Vec<(usize, char)> = whole.char_indices().filter(|(_, c)| is_unspaced(*c)).collect();
        for pair in letters.windows(2) {
            let ((start, first), (second, last)) = (pair[0], pair[1]);
            if start + first.len_utf8() == second {
                self.0.insert(&whole[start..second + last.len_utf8()]);
            }
        }
    }

    /// In lower case, sorted, each once.
    pub(super) fn lowered(self) -> Vec<String> {
        let mut words = Vec::with_capacity(self.0.len());
        #[expect(clippy::iter_over_hash_type, reason = "they are sorted below")]
        for word in self.0 {
            if (2..=MAX_WORD).contains(&word.chars().count()) {
                words.push(folded(word).into_owned());
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// A letter of a script that puts no spaces between words: Han, kana, Hangul.
fn is_unspaced(character: char) -> bool {
    matches!(
        character,
        '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}'
    )
}

/// A word as it is compared: in lower case, without accents, however these are written. `search.js` does the same.
fn folded(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return match word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(word.to_ascii_lowercase()),
            false => Cow::Borrowed(word),
        };
    }
    let plain = word.nfd().filter(|c| !is_combining_mark(*c)).nfc().flat_map(char::to_lowercase);
    // A sigma at the end of a word has a form of its own.
    Cow::Owned(plain.map(|c| if c == 'ς' { 'σ' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_whole_and_by_their_parts() {
        let mut words = Words::default();
        words.add("INFRA-150 Größe");
        words.add("Use redis.tf and r6g.large, a_b x GRÖSSE größe");
        let expected = [
            "150",
            "a_b",
            "and",
            "große",
            "grosse",
            "infra",
            "infra-150",
            "large",
            "r6g",
            "r6g.large",
            "redis",
            "redis.tf",
            "tf",
            "use",
        ];
        let mut sorted = expected.to_vec();
        sorted.sort_unstable();
        assert_eq!(words.lowered(), sorted);
    }

    #[test]
    fn a_name_is_found_from_each_of_its_parts_on() {
        let mut words = Words::default();
        words.add("aws_nat_gateway.main of a--long_name_that_nobody_keeps_as_a_whole");
        let found = words.lowered();
        for word in
            ["aws_nat_gateway.main", "nat_gateway.main", "gateway.main", "main", "nobody_keeps_as_a_whole"]
        {
            assert!(found.iter().any(|known| known == word), "{word}: {found:?}");
        }
        assert!(found.iter().all(|word| !word.starts_with(JOINTS)), "{found:?}");
    }

    #[test]
    fn accents_and_their_forms_do_not_count() {
        for (word, expected) in [
            ("Café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("ÜBERGRÖSSE", "ubergrosse"),
            ("İstanbul", "istanbul"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("한글", "한글"),
        ] {
            assert_eq!(folded(word), expected, "{word}");
        }
    }

    #[test]
    fn two_letters_are_a_word_where_no_spaces_are() {
        let mut words = Words::default();
        words.add("変更管理 v2本文");
        let mut expected = vec!["変更", "更管", "管理", "変更管理", "v2本文", "本文"];
        expected.sort_unstable();
        assert_eq!(words.lowered(), expected);
    }
}
