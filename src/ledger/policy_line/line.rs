//! The trunk's line, and the commit on it that began the policy.

use rustc_hash::FxHashMap;

use super::Material;
use crate::history::{CommitId, History};

/// A history that holds two beginnings of a policy: which one counts cannot be told from inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forked {
    /// Commits that add a policy and have none in their history.
    pub roots: Vec<CommitId>,
}

/// The trunk's commits in the order in which they came.
///
/// They are those along first parents, but where a first parent does not hold the beginning of the policy and another
/// parent does: a branch from before the policy, or an orphan, to which the trunk was moved is not the trunk.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The first one first.
    commits: Vec<usize>,
    places: FxHashMap<usize, usize>,
    /// The place of the commit that began the policy.
    root: Option<usize>,
}

impl Line {
    /// # Errors
    /// [`Forked`] where there are two beginnings and none is named.
    pub(super) fn new(material: &Material<'_>) -> Result<Self, Forked> {
        let history = material.history;
        let root = match material.root {
            Some(named) => Some(named),
            None => the_one_root(history, material.tip)?,
        };
        let holds = root.map(|root| descendants(history, root));
        let holds_root = |commit: usize| holds.as_ref().is_none_or(|holds| holds[commit]);
        let mut commits = vec![material.tip];
        let mut at = material.tip;
        while let Some(&first) = history.commits[at].parents.first() {
            let parents = &history.commits[at].parents;
            let to_root = parents.iter().copied().find(|&parent| holds_root(parent));
            // Before the policy began there is nothing to hold to but first parents.
            at = to_root.filter(|_| Some(at) != root).unwrap_or(first);
            commits.push(at);
        }
        commits.reverse();
        let places: FxHashMap<usize, usize> =
            commits.iter().enumerate().map(|(place, &commit)| (commit, place)).collect();
        let root = root.and_then(|root| places.get(&root).copied());
        Ok(Line { commits, places, root })
    }

    pub(super) fn commits(&self) -> &[usize] {
        &self.commits
    }

    /// The place of a commit on the line.
    pub(super) fn place(&self, commit: usize) -> Option<usize> {
        self.places.get(&commit).copied()
    }

    /// By position, which commits come after the first one.
    pub(super) fn descendants_of_first(&self, history: &History) -> Vec<bool> {
        self.commits.first().map_or_else(Vec::new, |&first| descendants(history, first))
    }

    /// The commit that began the policy.
    pub(super) fn root(&self) -> Option<usize> {
        self.root.map(|place| self.commits[place])
    }

    /// Whether the policy has begun at that place.
    pub(super) fn has_begun(&self, place: usize) -> bool {
        self.root.is_some_and(|root| root <= place)
    }

    /// Where each commit landed: the line's commits, the first one first, each take what none before them has.
    pub(super) fn landings(&self, history: &History) -> Vec<Option<u32>> {
        let mut landings = vec![None; history.commits.len()];
        for &landed in &self.commits {
            let number = u32::try_from(landed).ok();
            let mut open = vec![landed];
            while let Some(commit) = open.pop() {
                if landings[commit].is_none() {
                    landings[commit] = number;
                    open.extend(&history.commits[commit].parents);
                }
            }
        }
        landings
    }
}

/// The commit that adds a policy and has none in its history; `None` where no commit has one.
fn the_one_root(history: &History, tip: usize) -> Result<Option<usize>, Forked> {
    let reachable = history.reachable(tip);
    let mut had = vec![false; history.commits.len()];
    let mut roots = Vec::new();
    for position in (0..=tip).filter(|&position| reachable[position]) {
        let commit = &history.commits[position];
        let before = commit.parents.iter().any(|&parent| had[parent]);
        if commit.policy.is_some() && !before {
            roots.push(position);
        }
        had[position] = before || commit.policy.is_some();
    }
    match roots[..] {
        [] => Ok(None),
        [root] => Ok(Some(root)),
        _ => Err(Forked { roots: roots.into_iter().map(|root| history.commits[root].id).collect() }),
    }
}

/// By position, which commits have one in their history.
fn descendants(history: &History, of: usize) -> Vec<bool> {
    let mut holds = vec![false; history.commits.len()];
    for (position, commit) in history.commits.iter().enumerate() {
        holds[position] = position == of || commit.parents.iter().any(|&parent| holds[parent]);
    }
    holds
}
