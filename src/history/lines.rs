//! Which lines two texts share, by git's own algorithm, so that the answers are those of `git diff` and
//! `git blame`.

use git2::{DiffLineType, DiffOptions, Patch};

use super::HistoryError;

/// Where a line of a difference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Both texts have it.
    Context,
    /// The old text alone.
    Removed,
    /// The new text alone.
    Added,
}

/// A line of a difference, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Where it comes from.
    pub origin: Origin,
    /// The line.
    pub text: String,
}

/// Changed lines that stand together, with three lines around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// First line in the old text, from 1, and how many; as a unified diff has them.
    pub old: (u32, u32),
    /// First line in the new text, from 1, and how many.
    pub new: (u32, u32),
    /// Its lines.
    pub lines: Vec<DiffLine>,
}

fn patch<'b>(old: &'b str, new: &'b str, context: u32) -> Result<Patch<'b>, HistoryError> {
    let mut options = DiffOptions::new();
    options.context_lines(context).indent_heuristic(true).force_text(true);
    Patch::from_buffers(old.as_bytes(), None, new.as_bytes(), None, Some(&mut options))
        .map_err(HistoryError::git)
}

/// The unified difference of two texts.
///
/// # Errors
/// When git's library refuses; it has no reason to.
pub fn changed_lines(old: &str, new: &str) -> Result<Vec<Hunk>, HistoryError> {
    let (n_before, old, new) = around_changes(old, new);
    let patch = patch(old, new, 3)?;
    let mut hunks = Vec::with_capacity(patch.num_hunks());
    for position in 0..patch.num_hunks() {
        let (hunk, n_lines) = patch.hunk(position).map_err(HistoryError::git)?;
        let mut lines = Vec::with_capacity(n_lines);
        for line in 0..n_lines {
            let line = patch.line_in_hunk(position, line).map_err(HistoryError::git)?;
            let origin = match line.origin_value() {
                DiffLineType::Context => Origin::Context,
                DiffLineType::Deletion => Origin::Removed,
                DiffLineType::Addition => Origin::Added,
                _ => continue,
            };
            let text = String::from_utf8_lossy(line.content());
            let text = text.strip_suffix('\n').unwrap_or(&text);
            lines.push(DiffLine { origin, text: text.strip_suffix('\r').unwrap_or(text).to_owned() });
        }
        hunks.push(Hunk {
            old: (hunk.old_start() + n_before, hunk.old_lines()),
            new: (hunk.new_start() + n_before, hunk.new_lines()),
            lines,
        });
    }
    Ok(hunks)
}

/// How many lines are kept on either side of what differs: more than a change that git moves up or down along lines that
/// repeat each other is ever moved in a text that people write.
const AROUND: usize = 100;

/// The texts without most of the lines that both begin and end with, and how many were left out at the beginning. Git's
/// library hashes all that it is given.
fn around_changes<'t>(old: &'t str, new: &'t str) -> (u32, &'t str, &'t str) {
    let same = |pairs: &mut dyn Iterator<Item = (&'t str, &'t str)>| -> Vec<usize> {
        pairs.take_while(|(old, new)| old == new).map(|(line, _)| line.len()).collect()
    };
    let before = same(&mut old.split_inclusive('\n').zip(new.split_inclusive('\n')));
    let before = &before[..before.len().saturating_sub(AROUND)];
    let start: usize = before.iter().sum();
    let (old, new) = (&old[start..], &new[start..]);
    let after = same(&mut old.split_inclusive('\n').rev().zip(new.split_inclusive('\n').rev()));
    let end: usize = after[..after.len().saturating_sub(AROUND)].iter().sum();
    (u32::try_from(before.len()).unwrap_or(0), &old[..old.len() - end], &new[..new.len() - end])
}

/// For each line of the new text the line of the old one that it is, both from 0.
///
/// # Errors
/// When git's library refuses; it has no reason to.
pub fn unchanged_lines(old: &str, new: &str) -> Result<Vec<Option<usize>>, HistoryError> {
    let n_lines = new.lines().count();
    let mut origins: Vec<Option<usize>> = Vec::with_capacity(n_lines);
    let patch = patch(old, new, 0)?;
    let mut next_old = 0;
    for position in 0..patch.num_hunks() {
        let (hunk, _) = patch.hunk(position).map_err(HistoryError::git)?;
        // A side without lines names the line before the place.
        let before = |start: u32, lines: u32| usize::try_from(if lines == 0 { start } else { start - 1 });
        let new_start = before(hunk.new_start(), hunk.new_lines()).unwrap_or(n_lines);
        let old_start = before(hunk.old_start(), hunk.old_lines()).unwrap_or(next_old);
        while origins.len() < new_start {
            origins.push(Some(next_old));
            next_old += 1;
        }
        origins.resize(origins.len() + hunk.new_lines() as usize, None);
        next_old = old_start + hunk.old_lines() as usize;
    }
    while origins.len() < n_lines {
        origins.push(Some(next_old));
        next_old += 1;
    }
    Ok(origins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_knows_where_it_comes_from() {
        let check = |old: &str, new: &str, expected: &[Option<usize>]| {
            assert_eq!(unchanged_lines(old, new).unwrap(), expected, "{old:?} {new:?}");
        };
        check("a\nb\n", "a\nb\n", &[Some(0), Some(1)]);
        check("", "a\nb\n", &[None, None]);
        check("a\nb\nc\n", "a\nx\nc\n", &[Some(0), None, Some(2)]);
        check("a\nb\nc\n", "c\n", &[Some(2)]);
        check("a\nb\n", "x\na\nb\ny", &[None, Some(0), Some(1), None]);
        check("a\n\nb\n", "a\n\nn\n\nb\n", &[Some(0), Some(1), None, None, Some(2)]);
    }

    #[test]
    fn what_is_left_out_changes_nothing() {
        use proptest::prelude::*;
        let line = prop::sample::select(vec!["a", "b", "}", "", "- [ ] x"]);
        let edits = prop::collection::vec((0..600_usize, 0..3_u8, line.clone()), 0..6);
        let text = prop::collection::vec(line, 0..600);
        proptest!(|(old in text, edits in edits)| {
            let mut new = old.clone();
            for (at, kind, line) in edits {
                let at = at.min(new.len());
                match kind {
                    0 => new.insert(at, line),
                    1 if at < new.len() => new[at] = line,
                    _ if at < new.len() => drop(new.remove(at)),
                    _ => {}
                }
            }
            let (old, new) = (old.join("\n"), new.join("\n"));
            let whole = patch(&old, &new, 3).unwrap();
            let places: Vec<_> = (0..whole.num_hunks())
                .map(|number| whole.hunk(number).unwrap().0)
                .map(|hunk| ((hunk.old_start(), hunk.old_lines()), (hunk.new_start(), hunk.new_lines())))
                .collect();
            let found = changed_lines(&old, &new).unwrap();
            prop_assert_eq!(found.iter().map(|hunk| (hunk.old, hunk.new)).collect::<Vec<_>>(), places);
        });
    }

    #[test]
    fn a_hunk_has_three_lines_around() {
        let hunks = changed_lines("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n").unwrap();
        assert_eq!((hunks.len(), hunks[0].old, hunks[0].new), (1, (2, 7), (2, 7)));
        let marks: Vec<Origin> = hunks[0].lines.iter().map(|line| line.origin).collect();
        let (same, gone, come) = (Origin::Context, Origin::Removed, Origin::Added);
        assert_eq!(marks, [same, same, same, gone, come, same, same, same]);
        assert_eq!(changed_lines("a\n", "a\n").unwrap(), []);
    }
}
