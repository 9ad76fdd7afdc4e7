//! Notes on upgrades: `UPGRADING.md` and the like, and the sections of a README that say what to mind.
//!
//! They are prose under headings such as "To 12.0.0" or "From 44.x to 45.x". What such a section says first is an entry
//! that may break something; whoever upgrades reads the rest there.

use semver::Version;

use super::changelog::{Entry, Kind};
use super::markup::without_markup;
use super::version::parse_version;

/// What was read of a file's notes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// An entry for each version that a heading names.
    pub(super) entries: Vec<Entry>,
    /// Headings of notes that name no version, and were not looked at.
    pub(super) unread: Vec<String>,
}

/// Whether a file is all notes.
pub(super) fn is_notes(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let name = path.split('.').next().unwrap_or_default();
    !path.contains('/') && ["upgrad", "migrat", "breaking"].iter().any(|start| name.starts_with(start))
}

/// Whether a file may have a section of notes.
pub(super) fn is_readme(path: &str) -> bool {
    path.eq_ignore_ascii_case("readme.md") || path.eq_ignore_ascii_case("readme")
}

/// The notes of a file: all of it, or what stands below its headings about upgrades.
pub(super) fn read(text: &str, whole: bool) -> Notes {
    let mut notes = Notes::default();
    // The level of the heading about upgrades, and the version of the section below it.
    let (mut inside, mut open): (Option<usize>, Option<Version>) = (whole.then_some(0), None);
    let mut in_code = false;
    for line in text.lines() {
        let line = line.trim();
        in_code ^= line.starts_with("```");
        let depth = line.bytes().take_while(|byte| *byte == b'#').count();
        if depth > 0 && !in_code {
            let title = without_markup(line.trim_start_matches('#'));
            if inside.is_some_and(|level| level > 0 && depth <= level) {
                inside = None;
            }
            open = None;
            if inside.is_none() && is_about_upgrades(&title) {
                inside = Some(depth);
                open = last_version(&title);
                if open.is_none() {
                    notes.unread.push(title);
                }
            } else if inside.is_some() {
                open = last_version(&title);
                // The heading above has sections of its own, and those are looked at.
                if open.is_some() && !whole {
                    notes.unread.pop();
                }
            }
        } else if !line.is_empty()
            && !in_code
            && let Some(version) = open.take()
        {
            let text = without_markup(line.trim_start_matches(['-', '*', '+', '>', ' ']));
            notes.entries.push(Entry { version, kind: Kind::Breaking, text });
        }
    }
    notes
}

fn is_about_upgrades(title: &str) -> bool {
    let title = title.to_lowercase();
    ["upgrad", "migrat", "breaking", "notable changes"].iter().any(|word| title.contains(word))
}

/// The last version of a heading, where `45.x` is the first of its line.
fn last_version(title: &str) -> Option<Version> {
    let words =
        title.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '`' | ':' | ','));
    let version = |word: &str| {
        let word = word.trim_start_matches(['v', '>', '=', '^', '~']).trim_end_matches(['+', '.']);
        let exact = word.trim_end_matches(".x").trim_end_matches(".x");
        let is_line = exact != word;
        let begins = exact.starts_with(|c: char| c.is_ascii_digit());
        (begins && (is_line || exact.contains('.'))).then(|| parse_version(exact)).flatten()
    };
    words.filter_map(version).next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_a_readme() {
        let text = "# Chart\n\n## Values\n\n### To 9.0.0\nnot this\n\n## Upgrading\n\nIn general:\n\n### To 12.0.0\n\nThe *claims* are renamed.\n\nMore.\n\n### From 10.x to 11.x\n- Delete the job.\n\n## License\n";
        let notes = read(text, false);
        let said: Vec<String> =
            notes.entries.iter().map(|entry| format!("{} {}", entry.version, entry.text)).collect();
        assert_eq!(said, ["12.0.0 The *claims* are renamed.", "11.0.0 Delete the job."]);
        assert!(notes.unread.is_empty());
        assert_eq!(read("## Upgrade notes\n\nMind the gap.\n", false).unread, ["Upgrade notes"]);
        assert_eq!(read("# v2.0\nNew format.\n", true).entries.len(), 1);
    }
}
