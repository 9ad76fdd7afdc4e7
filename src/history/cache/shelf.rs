//! Facts of commits in the order in which they were kept.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::history::types::{Commit, CommitId};

/// A parent of a commit whose facts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::history) enum Parent {
    /// Its facts stand at this place of the same shelf.
    At(u32),
    /// They were kept apart, or not at all.
    Elsewhere(CommitId),
}

/// Facts of one commit, apart from where it stands in a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitFacts {
    pub(super) parents: Vec<Parent>,
    /// Without positions of its parents.
    pub(super) commit: Commit,
}

/// Facts in an order that is that of a history: whoever reads the same history takes them from the front to the back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::history) struct Shelf {
    facts: Vec<Option<CommitFacts>>,
    places: FxHashMap<CommitId, u32>,
}

impl Shelf {
    pub(super) fn with_capacity(count: usize) -> Self {
        let places = FxHashMap::with_capacity_and_hasher(count, Default::default());
        Shelf { facts: Vec::with_capacity(count), places }
    }

    /// Puts facts at the end; those that are there already stay as they are. Whether they were put there.
    pub(super) fn add(&mut self, facts: CommitFacts) -> bool {
        let place = u32::try_from(self.facts.len()).expect("fewer than four billion commits");
        let Entry::Vacant(vacant) = self.places.entry(facts.commit.id) else { return false };
        vacant.insert(place);
        self.facts.push(Some(facts));
        true
    }

    /// Adds what stands on another shelf: the few to the many.
    pub(super) fn join(&mut self, mut other: Shelf) {
        if self.len() < other.len() {
            std::mem::swap(self, &mut other);
        }
        let ids: Vec<Option<CommitId>> =
            other.facts.iter().map(|facts| Some(facts.as_ref()?.commit.id)).collect();
        for facts in other.facts.into_iter().flatten() {
            let moved = |parent: &Parent| match *parent {
                Parent::At(place) => {
                    let id = ids.get(place as usize).copied().flatten()?;
                    Some(self.find(Parent::Elsewhere(id)))
                }
                Parent::Elsewhere(_) => Some(*parent),
            };
            // Facts are only joined before any is taken, so that each place has its commit.
            if let Some(parents) = facts.parents.iter().map(moved).collect() {
                self.add(CommitFacts { parents, commit: facts.commit });
            }
        }
    }

    /// How many commits there are facts of.
    pub(in crate::history) fn len(&self) -> usize {
        self.facts.len()
    }

    /// Where a commit's facts are.
    fn place(&self, id: CommitId) -> Option<u32> {
        self.places.get(&id).copied()
    }

    /// A parent by its place, where its facts are here.
    pub(in crate::history) fn find(&self, parent: Parent) -> Parent {
        match parent {
            Parent::At(_) => parent,
            Parent::Elsewhere(id) => self.place(id).map_or(parent, Parent::At),
        }
    }

    /// The parents of a commit whose facts are there; none where they were taken.
    pub(in crate::history) fn parents(&self, place: u32) -> &[Parent] {
        let facts = self.facts.get(place as usize).and_then(Option::as_ref);
        facts.map_or(&[], |facts| &facts.parents)
    }

    pub(in crate::history) fn take(&mut self, place: u32) -> Option<Commit> {
        self.facts.get_mut(place as usize)?.take().map(|facts| facts.commit)
    }

    /// The facts that are there, each with the names of its commit's parents.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Commit, Vec<CommitId>)> {
        let id = |place: u32| Some(self.facts.get(place as usize)?.as_ref()?.commit.id);
        self.facts.iter().flatten().map(move |facts| {
            let parents = facts.parents.iter().filter_map(|parent| match parent {
                Parent::At(place) => id(*place),
                Parent::Elsewhere(id) => Some(*id),
            });
            (&facts.commit, parents.collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::history::cache::KnownCommits;
    use crate::history::cache::commits::{View, decode, encode};
    use crate::history::graph::History;
    use crate::history::types::{CommitTime, Signature};

    /// A history of these parents, by position.
    fn history(parents: &[Vec<usize>]) -> History {
        let time = CommitTime { seconds: 1_700_000_000, offset_minutes: 60 };
        let commit = |(position, parents): (usize, &Vec<usize>)| Commit {
            id: CommitId([u8::try_from(position).unwrap(); 20]),
            parents: parents.clone(),
            author: Signature { name: "ana".into(), email: "ana@example.org".into(), time },
            committer: Signature { name: "sam".into(), email: "sam@example.org".into(), time },
            subject: format!("commit {position}").into(),
            trailers: Default::default(),
            signed: position % 2 == 0,
            malformed: None,
            changes: Vec::new(),
            policy: None,
            touches_code: false,
        };
        History::new(parents.iter().enumerate().map(commit).collect())
    }

    fn kept(history: &History, positions: &[usize]) -> Shelf {
        let views = positions.iter().map(|&at| View::of_commit(history, &history.commits[at])).collect();
        decode(&encode(views, &KnownCommits::default())).unwrap().facts
    }

    proptest! {
        /// Facts that were kept in several files, in any order, are those of the history.
        #[test]
        fn what_is_joined_is_what_was_kept(
            choices in prop::collection::vec((prop::collection::btree_set(0_usize..40, 0..4), 0_usize..3), 2..40),
        ) {
            let parents: Vec<Vec<usize>> = choices
                .iter()
                .enumerate()
                .map(|(at, (choice, _))| choice.iter().copied().filter(|parent| *parent < at).collect())
                .collect();
            let history = history(&parents);
            let mut shelf = Shelf::default();
            for file in [2, 0, 1] {
                let positions: Vec<usize> = (0..choices.len()).filter(|at| choices[*at].1 == file).collect();
                shelf.join(kept(&history, &positions));
            }
            let id = |position: usize| history.commits[position].id;
            let expected: BTreeMap<CommitId, Vec<CommitId>> =
                (0..parents.len()).map(|at| (id(at), parents[at].iter().map(|&at| id(at)).collect())).collect();
            let found: BTreeMap<CommitId, Vec<CommitId>> =
                shelf.iter().map(|(commit, parents)| (commit.id, parents)).collect();
            prop_assert_eq!(&found, &expected);
            for (position, commit) in history.commits.iter().enumerate() {
                let place = shelf.place(commit.id).unwrap();
                let parents = shelf.parents(place).iter().map(|parent| match *parent {
                    Parent::At(place) => *shelf.facts[place as usize].as_ref().map(|facts| &facts.commit.id).unwrap(),
                    Parent::Elsewhere(id) => id,
                });
                prop_assert_eq!(parents.collect::<Vec<_>>(), expected[&id(position)].clone());
            }
            let commit = Commit { parents: Vec::new(), ..history.commits[0].clone() };
            let place = shelf.place(commit.id).unwrap();
            prop_assert_eq!(shelf.take(place), Some(commit));
        }
    }
}
