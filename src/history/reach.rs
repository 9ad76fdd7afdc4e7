//! Whether one commit is in the history of another, without walking the graph for each question.
//!
//! Three labels, each made in one pass over the commits. The forest of first parents answers most questions with yes. The
//! *line*, the longest chain of first parents, answers those between what it has and what it has not: a commit that came
//! into the line at a place is in the history of whatever has that place. Post-orders of two walks in different order
//! answer most others with no (Yildirim, Chaoji and Zaki, "GRAIL: Scalable Reachability Index for Large Graphs", VLDB
//! 2010). What is left is looked for among the few commits that the line does not have yet.

use std::ops::Range;

use rustc_hash::FxHashSet;

/// A commit that is in no commit's history of the line.
const NOWHERE: u32 = u32::MAX;

/// Labels of the commits of a history, by position.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Numbering of the forest of first parents: a commit's descendants in it fill the range.
    descendants: Vec<Range<u32>>,
    /// The first place of the line that has a commit in its history.
    landed: Vec<u32>,
    /// How many commits of the line are in a commit's history.
    n_of_line: Vec<u32>,
    /// Post-order numbers: the least one of its history, and its own.
    orders: [Vec<(u32, u32)>; 2],
}

impl Reach {
    /// Labels of commits that are given parents before children.
    pub(super) fn new<'c, F: Fn(usize) -> &'c [usize] + Sync>(n_commits: usize, parents: F) -> Self {
        let parents = &parents;
        let forest = || number_forest(n_commits, parents);
        let along_line = || along_line(n_commits, parents);
        let order = |is_reversed| move || post_order(n_commits, parents, is_reversed);
        let ((descendants, (landed, n_of_line)), (forward, backward)) =
            rayon::join(|| rayon::join(forest, along_line), || rayon::join(order(false), order(true)));
        Reach { descendants, landed, n_of_line, orders: [forward, backward] }
    }

    /// Whether `descendant` reaches `ancestor` by first parents alone; a commit reaches itself.
    pub(super) fn is_on_first_parent_line(&self, ancestor: usize, descendant: usize) -> bool {
        self.descendants[ancestor].contains(&self.descendants[descendant].start)
    }

    /// Whether `ancestor` is in the history of `descendant`; a commit is in its own history.
    pub(super) fn is_in_history<'c>(
        &self,
        ancestor: usize,
        descendant: usize,
        parents: impl Fn(usize) -> &'c [usize],
    ) -> bool {
        if let Some(answer) = self.at_hand(ancestor, descendant) {
            return answer;
        }
        let mut seen = FxHashSet::default();
        let mut open = vec![descendant];
        while let Some(position) = open.pop() {
            for &parent in parents(position) {
                match self.at_hand(ancestor, parent) {
                    Some(true) => return true,
                    None if seen.insert(parent) => open.push(parent),
                    Some(false) | None => {}
                }
            }
        }
        false
    }

    /// What the labels alone tell.
    fn at_hand(&self, ancestor: usize, descendant: usize) -> Option<bool> {
        if self.is_on_first_parent_line(ancestor, descendant) {
            return Some(true);
        }
        if ancestor >= descendant {
            return Some(false);
        }
        // All that the line has at a place is in the history of what has that place; and what comes into the line only
        // later is in the history of none of it.
        let (landed, n_of_line) = (self.landed[ancestor], self.n_of_line[descendant]);
        if landed != NOWHERE && landed < n_of_line {
            return Some(true);
        }
        let is_of_line = self.landed[descendant] != NOWHERE && self.landed[descendant] + 1 == n_of_line;
        if is_of_line && landed > self.landed[descendant] {
            return Some(false);
        }
        let is_within = |order: &Vec<(u32, u32)>| {
            let ((from, to), (least, own)) = (order[descendant], order[ancestor]);
            from <= least && own <= to
        };
        (!self.orders.iter().all(is_within)).then_some(false)
    }
}

fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NOWHERE)
}

/// Numbers commits so that those which reach a commit by first parents alone fill one range.
fn number_forest<'c>(n_commits: usize, parents: impl Fn(usize) -> &'c [usize]) -> Vec<Range<u32>> {
    let mut sizes = vec![1_u32; n_commits];
    for position in (0..n_commits).rev() {
        if let Some(&parent) = parents(position).first() {
            sizes[parent] += sizes[position];
        }
    }
    let mut next_root = 0;
    let mut next_child = vec![0; n_commits];
    let mut ranges = Vec::with_capacity(n_commits);
    for position in 0..n_commits {
        let next = parents(position).first().map_or(&mut next_root, |&parent| &mut next_child[parent]);
        let start = *next;
        *next += sizes[position];
        next_child[position] = start + 1;
        ranges.push(start..start + sizes[position]);
    }
    ranges
}

/// For each commit the first place of the longest line of first parents that has it in its history, and how many commits
/// of that line it has in its own.
fn along_line<'c>(n_commits: usize, parents: impl Fn(usize) -> &'c [usize]) -> (Vec<u32>, Vec<u32>) {
    let mut lengths = vec![0_u32; n_commits];
    for position in 0..n_commits {
        lengths[position] = parents(position).first().map_or(0, |&parent| lengths[parent]) + 1;
    }
    let last = (0..n_commits).max_by_key(|&position| lengths[position]);
    let next = |&position: &usize| parents(position).first().copied();
    let mut line: Vec<usize> = std::iter::successors(last, next).collect();
    line.reverse();
    let mut landed = vec![NOWHERE; n_commits];
    let mut n_of_line = vec![0; n_commits];
    for (place, &commit) in line.iter().enumerate() {
        n_of_line[commit] = number(place) + 1;
        let mut open = vec![commit];
        while let Some(position) = open.pop() {
            if landed[position] == NOWHERE {
                landed[position] = number(place);
                open.extend_from_slice(parents(position));
            }
        }
    }
    for position in 0..n_commits {
        let of_parents = parents(position).iter().map(|&parent| n_of_line[parent]).max();
        n_of_line[position] = n_of_line[position].max(of_parents.unwrap_or_default());
    }
    (landed, n_of_line)
}

/// Numbers in the order in which a walk from children to parents leaves the commits, each with the least number of its
/// history.
fn post_order<'c>(
    n_commits: usize,
    parents: impl Fn(usize) -> &'c [usize],
    is_reversed: bool,
) -> Vec<(u32, u32)> {
    let mut order = vec![(NOWHERE, NOWHERE); n_commits];
    let mut is_seen = vec![false; n_commits];
    let mut next = 0;
    // A commit, and how many of its parents have been walked.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for tip in (0..n_commits).rev() {
        if !is_seen[tip] {
            is_seen[tip] = true;
            open.push((tip, 0));
        }
        while let Some((position, n_walked)) = open.last_mut() {
            let own = parents(*position);
            if let Some(place) = own.len().checked_sub(*n_walked + 1) {
                let parent = own[if is_reversed { place } else { *n_walked }];
                *n_walked += 1;
                if !std::mem::replace(&mut is_seen[parent], true) {
                    open.push((parent, 0));
                }
                continue;
            }
            let least = own.iter().map(|&parent| order[parent].0).min();
            order[*position] = (least.unwrap_or(next).min(next), next);
            next += 1;
            open.pop();
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Graphs like real ones: a line, branches that fork from anywhere and are merged or not, other roots.
    fn graphs() -> impl Strategy<Value = Vec<Vec<usize>>> {
        let commit = (any::<u16>(), any::<u16>(), 0..10_u8);
        proptest::collection::vec(commit, 1..60).prop_map(|seeds| {
            let parents = |(position, (a, b, kind)): (usize, &(u16, u16, u8))| {
                let pick = |seed: u16| usize::from(seed) % position;
                match kind {
                    _ if position == 0 => Vec::new(),
                    0 => Vec::new(),
                    1 | 2 => vec![pick(*a)],
                    3..=5 if position > 1 => vec![position - 1, pick(*b)],
                    6 => vec![pick(*a), pick(*b), position - 1],
                    _ => vec![position - 1],
                }
            };
            seeds.iter().enumerate().map(parents).collect()
        })
    }

    /// By the definition.
    fn histories(graph: &[Vec<usize>]) -> Vec<Vec<bool>> {
        let mut histories: Vec<Vec<bool>> = Vec::new();
        for (position, parents) in graph.iter().enumerate() {
            let mut own = vec![false; graph.len()];
            own[position] = true;
            for &parent in parents {
                own.iter_mut().zip(&histories[parent]).for_each(|(own, has)| *own |= has);
            }
            histories.push(own);
        }
        histories
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn the_labels_tell_what_a_walk_would(graph in graphs()) {
            let parents = |position: usize| graph[position].as_slice();
            let reach = Reach::new(graph.len(), parents);
            for (descendant, history) in histories(&graph).iter().enumerate() {
                for (ancestor, &expected) in history.iter().enumerate() {
                    let found = reach.is_in_history(ancestor, descendant, parents);
                    prop_assert_eq!(found, expected, "{} in {}: {:?}", ancestor, descendant, graph);
                }
            }
        }
    }
}
