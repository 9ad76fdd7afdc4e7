//! How a file's text divides into frontmatter and body, and what makes a text unreadable as a whole.

use std::ops::Range;

/// The fence line round the frontmatter.
const FENCE: &str = "+++";

/// A byte order mark.
pub(super) const BOM: char = '\u{feff}';

/// Frontmatter and body of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// The TOML text between the fences, when both are there.
    pub(super) frontmatter: Option<Range<usize>>,
    /// Where the body begins; the text's start when there is no frontmatter.
    pub(super) body_start: usize,
    /// Whether the opening fence is there.
    pub(super) opened: bool,
}

/// Finds the frontmatter: between a first line `+++` (a BOM may stand before, blanks behind) and the next.
pub(super) fn find_layout(text: &str) -> Layout {
    let start = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let mut lines = text[start..].split_inclusive('\n');
    let opening = lines.next().unwrap_or_default();
    if !is_fence(opening) {
        return Layout { frontmatter: None, body_start: 0, opened: false };
    }
    let content = start + opening.len();
    let mut offset = content;
    for line in lines {
        let after = offset + line.len();
        if is_fence(line) {
            return Layout { frontmatter: Some(content..offset), body_start: after, opened: true };
        }
        offset = after;
    }
    Layout { frontmatter: None, body_start: 0, opened: true }
}

fn is_fence(line: &str) -> bool {
    line.trim_end_matches(['\n', '\r', ' ', '\t']) == FENCE
}

/// What makes a text unreadable as a whole, with the byte at which it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A NUL.
    Nul(usize),
    /// A carriage return without a line feed.
    LoneCarriageReturn(usize),
    /// The first line of a merge conflict.
    Conflict(usize),
}

/// The first trouble of each kind.
pub(super) fn find_troubles(text: &str) -> Vec<Trouble> {
    let bytes = text.as_bytes();
    let lone = |at: &usize| bytes.get(at + 1) != Some(&b'\n');
    let nul = text.find('\0').map(Trouble::Nul);
    let carriage_return =
        text.match_indices('\r').map(|(at, _)| at).find(lone).map(Trouble::LoneCarriageReturn);
    let conflict = find_conflict(text).map(Trouble::Conflict);
    [nul, carriage_return, conflict].into_iter().flatten().collect()
}

/// Where a complete conflict begins: its three markers at line starts, in order. Code blocks count too,
/// since a conflict inside one (a plan's text, say) is no less unresolved.
pub(crate) fn find_conflict(text: &str) -> Option<usize> {
    let start = find_line(text, 0, |line| line.starts_with("<<<<<<< "))?;
    let middle = find_line(text, start, |line| line.trim_end() == "=======")?;
    find_line(text, middle, |line| line.starts_with(">>>>>>> "))?;
    Some(start)
}

/// The start of the first line at or after `from` (a line start) that `matches`.
fn find_line(text: &str, from: usize, matches: impl Fn(&str) -> bool) -> Option<usize> {
    let mut offset = from;
    for line in text[from..].split_inclusive('\n') {
        if matches(line) {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, frontmatter: Option<&str>, body: &str) {
        let layout = find_layout(text);
        assert_eq!(layout.frontmatter.map(|range| &text[range]), frontmatter, "{text:?}");
        assert_eq!(&text[layout.body_start..], body, "{text:?}");
    }

    #[test]
    fn layouts() {
        check("+++\na = 1\n+++\nbody", Some("a = 1\n"), "body");
        check("\u{feff}+++ \t\r\na = 1\r\n+++\r\nbody", Some("a = 1\r\n"), "body");
        check("+++\n+++", Some(""), "");
        check("+++\na = 1\n ++++\nb", None, "+++\na = 1\n ++++\nb");
        check("", None, "");
        check("\n+++\n+++\n", None, "\n+++\n+++\n");
        check("+++x\n+++\n", None, "+++x\n+++\n");
        assert!(find_layout("+++\nx").opened && !find_layout("---\nx").opened);
    }

    #[test]
    fn troubles() {
        assert_eq!(find_troubles("a\r\nb\n"), []);
        assert_eq!(find_troubles("a\rb\0"), [Trouble::Nul(3), Trouble::LoneCarriageReturn(1)]);
        assert_eq!(find_troubles("a\r"), [Trouble::LoneCarriageReturn(1)]);
        let conflict = "x\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n";
        assert_eq!(find_troubles(conflict), [Trouble::Conflict(2)]);
        assert_eq!(find_troubles(&conflict.replace('\n', "\r\n")), [Trouble::Conflict(3)]);
        assert_eq!(find_troubles("Title\n=======\n"), []);
        assert_eq!(find_troubles(" <<<<<<< HEAD\n=======\n>>>>>>> x\n"), []);
        assert_eq!(find_troubles(">>>>>>> x\n=======\n<<<<<<< HEAD\n"), []);
    }
}
