//! Names of headings in addresses.

/// The anchor that the large forges give a heading of that text: lower case, punctuation dropped,
/// spaces as hyphens. Empty when nothing is left.
pub fn slug(text: &str) -> String {
    text.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            other if other.is_alphanumeric() => Some(other),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_the_forges() {
        for (text, expected) in [
            ("Blast radius", "blast-radius"),
            ("What, why & how?", "what-why--how"),
            ("Größe ÄÖ", "größe-äö"),
            ("a_b-c", "a_b-c"),
            ("`code` 1.2", "code-12"),
            ("!?", ""),
        ] {
            assert_eq!(slug(text), expected, "{text}");
        }
    }
}
