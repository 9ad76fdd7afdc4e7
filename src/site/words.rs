//! The words of texts, for the search.

use rustc_hash::FxHashSet;

/// Words of a text that are kept: longer ones are digests and keys.
const MAX_WORD: usize = 32;

/// Words as they stand in texts, each once.
#[derive(Default)]
pub(super) struct Words<'a>(FxHashSet<&'a str>);

impl<'a> Words<'a> {
    /// Adds the words of a text: letters and digits; what is joined by `-`, `_` or `.` is also known by its parts.
    pub(super) fn add(&mut self, text: &'a str) {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        for whole in text.split(|c: char| !is_part(c)) {
            let whole = whole.trim_matches(|c: char| !c.is_alphanumeric());
            if whole.len() > 1 && self.0.insert(whole) && whole.contains(['-', '_', '.']) {
                self.0.extend(whole.split(['-', '_', '.']));
            }
        }
    }

    /// In lower case, sorted, each once.
    pub(super) fn lowered(self) -> Vec<String> {
        let mut words = Vec::with_capacity(self.0.len());
        #[expect(clippy::iter_over_hash_type, reason = "they are sorted below")]
        for word in self.0 {
            if (2..=MAX_WORD).contains(&word.chars().count()) {
                words.push(word.chars().flat_map(char::to_lowercase).collect::<String>());
            }
        }
        words.sort_unstable();
        words.dedup();
        words
    }
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
            "grösse",
            "größe",
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
        assert_eq!(words.lowered(), expected);
    }
}
