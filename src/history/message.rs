//! Which tasks a message names: its subject, `Change:` lines wherever they stand, and the subjects that a forge strung
//! together in a squash.
//!
//! Only what gives nobody a power is read this way. Trailers with power count as git's own trailers alone.

/// Words of a subject that may be an ID: runs of letters, digits, `-` and `_`.
pub fn subject_words(subject: &str) -> impl Iterator<Item = &str> {
    let is_id_byte = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words = subject.split(move |c| !is_id_byte(c)).map(|word| word.trim_end_matches('-'));
    words.filter(|word| !word.is_empty())
}

/// The single words behind `key:` at the beginning of a line, whatever indentation and bullet stand before it. A line
/// with more than one word is prose.
pub fn named_in_lines<'m>(message: &'m str, key: &'m str) -> impl Iterator<Item = &'m str> {
    message.lines().filter_map(move |line| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '-' | '+' | '•'));
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        let is_word = !value.is_empty() && !value.contains(char::is_whitespace);
        (is_word && name.trim_end().eq_ignore_ascii_case(key)).then_some(value)
    })
}

/// The subjects of the commits that a forge squashed into one: the lines `* …` of a message whose subject ends with the
/// number of a pull request. In any other message such a line is prose.
pub fn squashed_subjects(message: &str) -> impl Iterator<Item = &str> {
    let mut lines = message.lines();
    let subject = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
    let is_squash = ends_with_pull_request(subject);
    lines.filter_map(move |line| line.strip_prefix("* ").map(str::trim).filter(|_| is_squash))
}

/// Whether a subject ends as forges write it: `(#12)`, `(!12)` or `(pull request #12)`.
fn ends_with_pull_request(subject: &str) -> bool {
    let Some((_, end)) = subject.trim_end().rsplit_once('(') else { return false };
    let number = end.strip_suffix(')').map(|end| end.strip_prefix("pull request ").unwrap_or(end));
    let digits = number.and_then(|number| number.strip_prefix(['#', '!']));
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_task_wherever_it_stands() {
        let message = "add redis (#7)\n\n* code\n\n  - Change: INFRA-1\n\n* tests\n\nchange : INFRA-2\r\n\
             Change: the way it is\nChange:\nExchange: INFRA-3\n\nSigned-off-by: ana\n";
        assert_eq!(named_in_lines(message, "change").collect::<Vec<_>>(), ["INFRA-1", "INFRA-2"]);
    }

    #[test]
    fn bullets_are_subjects_in_a_squash_alone() {
        let body = "\n\n* INFRA-1: code\n\n  * indented\n- INFRA-2: dashed\n\n* tests\n";
        let subjects = |subject: &str| {
            squashed_subjects(&format!("{subject}{body}")).map(str::to_owned).collect::<Vec<_>>()
        };
        for squash in ["Redis (#7)", "Redis (!7)", "Merged in redis (pull request #7)"] {
            assert_eq!(subjects(squash), ["INFRA-1: code", "tests"], "{squash}");
        }
        for other in ["Redis", "Redis (#)", "Redis (#7a)", "Redis #7", "(#7) redis"] {
            assert_eq!(subjects(other), [""; 0], "{other}");
        }
    }

    #[test]
    fn words_are_whole() {
        let words: Vec<&str> = subject_words("[INFRA-1] fix: INFRA_2, (INFRA-3)- a").collect();
        assert_eq!(words, ["INFRA-1", "fix", "INFRA_2", "INFRA-3", "a"]);
    }
}
