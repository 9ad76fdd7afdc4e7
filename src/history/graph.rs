//! The commits that some tips have in their history, and how they follow each other.

use std::collections::BTreeMap;

use super::reach::Reach;
use super::types::{Commit, CommitId};

/// All commits that some tips have in their history.
#[derive(Debug, Default)]
pub struct History {
    /// Parents before children; the order depends on the graph and the tips only.
    pub commits: Vec<Commit>,
    /// Positions by the first bytes of names, ascending.
    index: Vec<(u64, u32)>,
    /// Which commit is in the history of which.
    reach: Reach,
}

impl History {
    /// Indexes commits that are given parents before children.
    pub fn new(commits: Vec<Commit>) -> Self {
        let numbered = || (0..).zip(&commits).map(|(position, commit)| (first_bytes(commit.id), position));
        let index = || {
            let mut index: Vec<(u64, u32)> = numbered().collect();
            index.sort_unstable();
            index
        };
        let reach = || Reach::new(commits.len(), |position| commits[position].parents.as_slice());
        let (index, reach) = rayon::join(index, reach);
        History { commits, index, reach }
    }

    /// Position of a commit.
    pub fn position(&self, id: CommitId) -> Option<usize> {
        let first = first_bytes(id);
        let from = self.index.partition_point(|(bytes, _)| *bytes < first);
        let alike = self.index[from..].iter().take_while(|(bytes, _)| *bytes == first);
        alike.map(|(_, position)| *position as usize).find(|position| self.commits[*position].id == id)
    }

    /// Positions of the commits whose names begin with these lower-case digits.
    pub fn positions_of<'h>(&'h self, digits: &'h str) -> impl Iterator<Item = usize> + 'h {
        let first = format!("{digits:0<16}");
        let first = u64::from_str_radix(first.get(..16).unwrap_or_default(), 16).unwrap_or_default();
        let from = self.index.partition_point(|(bytes, _)| *bytes < first);
        let positions = self.index[from..].iter().map(|(_, position)| *position as usize);
        let shown = digits.len().min(16);
        positions
            .map(|position| (position, self.commits[position].id.hex()))
            .take_while(move |(_, hex)| hex[..shown] == digits[..shown])
            .filter(move |(_, hex)| hex.starts_with(digits))
            .map(|(position, _)| position)
    }

    /// Whether `ancestor` is in the history of `descendant`; a commit is in its own history.
    ///
    /// The answer is at hand nearly always; see [`Reach`].
    pub fn is_in_history(&self, ancestor: usize, descendant: usize) -> bool {
        self.reach.is_in_history(ancestor, descendant, |position| self.commits[position].parents.as_slice())
    }

    /// Whether `descendant` reaches `ancestor` by first parents alone; a commit reaches itself.
    pub fn is_on_first_parent_line(&self, ancestor: usize, descendant: usize) -> bool {
        self.reach.is_on_first_parent_line(ancestor, descendant)
    }

    /// The last commit that two have in common, by position: of several that know nothing of each other, one.
    pub fn merge_base(&self, one: usize, other: usize) -> Option<usize> {
        // Parents come before children, so the last position that both sides reach is it.
        let mut open: BTreeMap<usize, u8> = BTreeMap::new();
        *open.entry(one).or_default() |= 1;
        *open.entry(other).or_default() |= 2;
        while let Some((commit, sides)) = open.pop_last() {
            if sides == 3 {
                return Some(commit);
            }
            for &parent in &self.commits[commit].parents {
                *open.entry(parent).or_default() |= sides;
            }
        }
        None
    }

    /// Which commits are in the history of `tip`, by position.
    pub fn reachable(&self, tip: usize) -> Vec<bool> {
        let mut reachable = vec![false; self.commits.len()];
        reachable[tip] = true;
        for position in (0..=tip).rev() {
            if reachable[position] {
                for &parent in &self.commits[position].parents {
                    reachable[parent] = true;
                }
            }
        }
        reachable
    }

    /// The first-parent line of `tip`, newest first.
    pub fn first_parent_line(&self, tip: usize) -> Vec<usize> {
        std::iter::successors(Some(tip), |&position| self.commits[position].parents.first().copied())
            .collect()
    }
}

fn first_bytes(id: CommitId) -> u64 {
    id.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
impl History {
    /// Commits that do nothing but have these parents.
    pub(crate) fn of_graph(parents: Vec<Vec<usize>>) -> Self {
        use super::types::{CommitTime, Signature, TrailersOfCommit};

        let time = CommitTime { seconds: 0, offset_minutes: 0 };
        let nobody = Signature { name: "".into(), email: "".into(), time };
        let commit = |(position, parents): (usize, Vec<usize>)| Commit {
            id: CommitId([u8::try_from(position).expect("a small graph"); 20]),
            parents,
            author: nobody.clone(),
            committer: nobody.clone(),
            subject: "".into(),
            trailers: TrailersOfCommit::default(),
            signed: false,
            malformed: None,
            changes: Vec::new(),
            policy: None,
            touches_code: false,
        };
        History::new(parents.into_iter().enumerate().map(commit).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_found_by_the_beginning_of_their_names() {
        let history = graph(&[&[], &[0], &[1]]);
        let found = |digits: &str| history.positions_of(digits).collect::<Vec<_>>();
        assert_eq!(found("0101010"), [1]);
        assert_eq!(found(&"02".repeat(20)), [2]);
        assert_eq!(found(&format!("{}3", "02".repeat(19))), [0; 0]);
        assert_eq!(found("0"), [0, 1, 2]);
        assert_eq!(found("0303030"), [0; 0]);
        assert_eq!(found("ffffffff"), [0; 0]);
    }

    #[test]
    fn the_base_of_two_is_the_last_that_both_have() {
        // 0 - 1 - 2 - 5, with 3 from 1, 4 from 3, and 5 of both.
        let history = graph(&[&[], &[0], &[1], &[1], &[3], &[2, 4], &[]]);
        assert_eq!(history.merge_base(2, 4), Some(1));
        assert_eq!(history.merge_base(5, 4), Some(4));
        assert_eq!(history.merge_base(4, 4), Some(4));
        assert_eq!(history.merge_base(5, 6), None);
    }

    fn graph(parents: &[&[usize]]) -> History {
        History::of_graph(parents.iter().map(|parents| parents.to_vec()).collect())
    }

    proptest::proptest! {
        #[test]
        fn ancestry_agrees_with_the_slow_reading(
            choices in proptest::collection::vec(proptest::collection::vec(0_usize..30, 0..3), 1..30),
        ) {
            let parents: Vec<Vec<usize>> = choices
                .iter()
                .enumerate()
                .map(|(position, choice)| {
                    choice.iter().filter(|_| position > 0).map(|pick| pick % position.max(1)).collect()
                })
                .collect();
            let slices: Vec<&[usize]> = parents.iter().map(Vec::as_slice).collect();
            let history = graph(&slices);
            for descendant in 0..parents.len() {
                let reachable = history.reachable(descendant);
                for (ancestor, expected) in reachable.into_iter().enumerate() {
                    proptest::prop_assert_eq!(history.is_in_history(ancestor, descendant), expected);
                }
            }
        }
    }
}
