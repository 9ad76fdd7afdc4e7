//! Where a text names a record, and the text with another name in its place.

use super::RecordId;

/// Whether a text names the ID.
pub fn mentions(text: &str, id: &RecordId) -> bool {
    places(text, id.as_str()).next().is_some()
}

/// The text with the ID replaced in every line that `belongs` to the record.
pub fn with_references(text: &str, old: &RecordId, new: &RecordId, belongs: &dyn Fn(&str) -> bool) -> String {
    let line = |line: &str| match belongs(line.trim_end()) {
        true => replaced(line, old.as_str(), new.as_str()),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The text with the ID replaced wherever it stands by itself.
pub fn replaced(line: &str, old: &str, new: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut written = 0;
    for place in places(line, old) {
        text.push_str(&line[written..place]);
        text.push_str(new);
        written = place + old.len();
    }
    text + &line[written..]
}

/// Where the ID stands by itself, and is no part of a longer one.
pub fn places<'t>(text: &'t str, id: &'t str) -> impl Iterator<Item = usize> + 't {
    let goes_on = |mut after: std::str::Chars<'_>| match after.next() {
        // A hyphen ends the ID where no letter or digit follows.
        Some('-' | '_') => after.next().is_some_and(|c| c.is_ascii_alphanumeric()),
        next => next.is_some_and(|c| c.is_ascii_alphanumeric()),
    };
    text.match_indices(id).map(|(start, _)| start).filter(move |start| {
        let before = text[..*start].chars().next_back();
        let begun = before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        !begun && !goes_on(text[start + id.len()..].chars())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RecordId {
        RecordId::parse(text).unwrap()
    }

    #[test]
    fn references_are_whole_ids() {
        let text = "depends = [\"A-1\", \"A-12\"]\nsee A-1, tasks/A-1.md and BA-1, A-1-b, A-1-.\n";
        assert_eq!(
            with_references(text, &id("A-1"), &id("A-9"), &|_| true),
            "depends = [\"A-9\", \"A-12\"]\nsee A-9, tasks/A-9.md and BA-1, A-1-b, A-9-.\n"
        );
        assert_eq!(
            with_references("A-1\nof A-1\n", &id("A-1"), &id("A-9"), &|line| line.starts_with("of")),
            "A-1\nof A-9\n"
        );
        assert!(!mentions("A-12 A-1x", &id("A-1")));
    }
}
