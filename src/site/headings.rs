//! Headings for the search: beside each word stand the headings that have it, and whose texts have those.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::checks::Text;
use super::words::Words;

/// Most different headings that stand beside one word.
const MAX_HEADINGS: usize = 64;

/// Longest text of a heading that stands there, in bytes; a longer one is found as text alone.
const LONGEST: usize = 200;

/// The headings of each word, as the search's script reads them.
pub(super) type ByWord = FxHashMap<String, Vec<HeadingFound>>;

/// A heading, and the numbers of the records and chapters that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeadingFound {
    pub(super) text: String,
    /// The anchor.
    pub(super) id: String,
    pub(super) places: Vec<usize>,
}

/// The headings of the second and third level. Where a word has too many of them, those of the lowest `rank` stay.
pub(super) fn by_word(texts: &[Text], rank: impl Fn(usize) -> u8) -> ByWord {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, text) in texts.iter().enumerate() {
        let headings = text.headings.iter().filter(|heading| matches!(heading.level, 2 | 3));
        for heading in headings.filter(|heading| heading.text.len() <= LONGEST) {
            groups.entry((heading.text.trim(), &heading.id)).or_default().push(place);
        }
    }
    let mut by_word = ByWord::default();
    for ((text, id), places) in groups {
        let mut words = Words::default();
        words.add(text);
        for word in words.lowered() {
            let found = HeadingFound { text: text.to_owned(), id: id.to_owned(), places: places.clone() };
            by_word.entry(word).or_default().push(found);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is changed on its own")]
    for found in by_word.values_mut() {
        found.sort_by_cached_key(|found| found.places.iter().map(|place| rank(*place)).min());
        found.truncate(MAX_HEADINGS);
    }
    by_word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::markdown::Heading;

    fn text(headings: &[(u8, &str, &str)]) -> Text {
        let heading = |(level, text, id): &(u8, &str, &str)| Heading {
            level: *level,
            id: (*id).to_owned(),
            text: (*text).to_owned(),
        };
        Text { words: String::new(), headings: headings.iter().map(heading).collect() }
    }

    #[test]
    fn a_heading_stands_beside_each_of_its_words_with_all_that_have_it() {
        let endless = "endless ".repeat(40);
        let texts = [
            text(&[
                (1, "Title", "title"),
                (2, "What", "what"),
                (4, "Deep", "deep"),
                (2, &endless, "endless"),
            ]),
            text(&[(2, "What", "what"), (3, "High memory-usage", "high-memory-usage")]),
        ];
        let found = by_word(&texts, |_| 0);
        let what = |id: &str, text: &str, places: &[usize]| HeadingFound {
            text: text.to_owned(),
            id: id.to_owned(),
            places: places.to_vec(),
        };
        assert_eq!(found["what"], [what("what", "What", &[0, 1])]);
        for word in ["high", "memory", "usage", "memory-usage"] {
            assert_eq!(found[word], [what("high-memory-usage", "High memory-usage", &[1])], "{word}");
        }
        for word in ["title", "deep", "endless"] {
            assert!(!found.contains_key(word), "{word}");
        }
    }

    #[test]
    fn of_too_many_the_best_stay() {
        let many: Vec<(String, String)> =
            (0..200).map(|n| (format!("Issue {n}"), format!("issue-{n}"))).collect();
        let texts: Vec<Text> = many.iter().map(|(name, id)| text(&[(3, name, id)])).collect();
        let found = by_word(&texts, |place| u8::from(place != 150));
        assert_eq!(found["issue"].len(), MAX_HEADINGS);
        assert_eq!(found["issue"][0].text, "Issue 150");
    }
}
