//! Which lines of a file an include takes, as mdBook takes them.

use std::ops::Range;

/// The part of a file behind its path: `:2:10`, `:anchor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Lines from 0, the last not included.
    Lines(Range<usize>),
    /// Between `ANCHOR: name` and `ANCHOR_END: name`.
    Anchor(&'a str),
}

impl<'a> Part<'a> {
    /// Reads `2:10`, `2`, `2:`, `:10`, a name, or nothing.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut parts = text.splitn(3, ':');
        let first = parts.next().unwrap_or("");
        let start = match first.parse::<usize>() {
            Ok(number) => Some(number.saturating_sub(1)),
            Err(_) if first.is_empty() => None,
            Err(_) => return Part::Anchor(first),
        };
        let end = parts.next().map(str::parse::<usize>);
        Part::Lines(match (start, end) {
            (start, Some(Ok(end))) => start.unwrap_or(0)..end,
            (Some(start), None) => start..start.saturating_add(1),
            (start, _) => start.unwrap_or(0)..usize::MAX,
        })
    }
}

/// A line that an anchor comment stands in: its name, and whether it begins there.
fn anchor(line: &str) -> Option<(&str, bool)> {
    let (rest, begins) = match (line.find("ANCHOR_END:"), line.find("ANCHOR:")) {
        (Some(at), _) => (&line[at + "ANCHOR_END:".len()..], false),
        (None, Some(at)) => (&line[at + "ANCHOR:".len()..], true),
        (None, None) => return None,
    };
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    (end > 0).then(|| (&rest[..end], begins))
}

/// Where the lines of the part stand in the text, without their ends, and whether each is one that only a whole file has
/// and is to be hidden. `None` when the file has no such anchor.
pub(super) fn taken(text: &str, part: &Part<'_>, whole: bool) -> Option<Vec<(Range<usize>, bool)>> {
    let mut taken = Vec::new();
    let mut within = false;
    let mut found = false;
    for (index, range) in ranges(text).enumerate() {
        let shown = match part {
            Part::Lines(range) => range.contains(&index),
            Part::Anchor(wanted) => match anchor(&text[range.clone()]) {
                Some((name, begins)) => {
                    if name == *wanted {
                        within = begins;
                        found |= begins;
                    }
                    continue;
                }
                None => within,
            },
        };
        if shown || whole {
            taken.push((range, !shown));
        }
    }
    (found || matches!(part, Part::Lines(_))).then_some(taken)
}

/// Where each line stands, without its end.
pub(super) fn ranges(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let from = start;
        start += line.len();
        let shown = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        from..from + shown.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "a\n// ANCHOR: x\nb\n// ANCHOR: y\nc\n// ANCHOR_END: x\nd\n// ANCHOR_END: y\n";

    #[test]
    fn parts_are_read_as_mdbook_reads_them() {
        for (text, expected) in [
            ("", Part::Lines(0..usize::MAX)),
            ("2", Part::Lines(1..2)),
            ("2:", Part::Lines(1..usize::MAX)),
            (":3", Part::Lines(0..3)),
            ("2:3", Part::Lines(1..3)),
            ("0", Part::Lines(0..1)),
            ("2:x", Part::Lines(1..usize::MAX)),
            ("x", Part::Anchor("x")),
            ("x:3", Part::Anchor("x")),
        ] {
            assert_eq!(Part::parse(text), expected, "{text}");
        }
    }

    fn joined(text: &str, part: &str, whole: bool) -> Option<String> {
        let lines = super::taken(text, &Part::parse(part), whole)?;
        let lines = lines.into_iter().map(|(range, hidden)| (if hidden { "# " } else { "" }, &text[range]));
        Some(lines.map(|(mark, line)| format!("{mark}{line}")).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn lines_between_anchors_are_taken_without_the_anchors() {
        for (part, expected) in [("x", Some("b\nc")), ("y", Some("c\nd")), ("1:1", Some("a")), ("z", None)] {
            assert_eq!(joined(FILE, part, false).as_deref(), expected, "{part}");
        }
        assert_eq!(joined(FILE, "x", true).as_deref(), Some("# a\nb\nc\n# d"));
        assert_eq!(joined("a\r\nb", "2", true).as_deref(), Some("# a\nb"));
    }
}
