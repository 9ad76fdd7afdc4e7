//! Who gave each value to the policy: the law of items, held to the values of one file and to affirmations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::history::{BlobId, History, TreeFile};
use crate::ledger::ix::{Interner, KeyIx, ValueIx};
use crate::ledger::law::{ABSENT, Cell, Law};
use crate::ledger::sources::Policies;
use crate::policy::{PolicyKey, PolicyValues};
use crate::record::affirmation_path;

/// What has owners.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Value(PolicyKey),
    /// An affirmation, by its path in the book.
    Affirmation(Arc<str>),
}

/// What some commit and those after it have.
#[derive(Debug)]
struct Version {
    policy: Option<TreeFile>,
    /// The values of the last file that could be read.
    values: Option<BlobId>,
    affirmations: BTreeMap<Arc<str>, BlobId>,
    cells: BTreeMap<Key, Cell>,
    /// The commits that made this version and those that it came from.
    made: Arc<[usize]>,
    /// Where the file is gone or cannot be read: the commits that made it so.
    hidden: BTreeSet<usize>,
}

/// The owners of every value at every commit.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Owned {
    versions: Vec<Version>,
    /// By commit, its version.
    of: Vec<u32>,
    /// Commits that brought back a file that was gone or could not be read, and the commits that had made it so.
    repairs: BTreeMap<usize, BTreeSet<usize>>,
    /// Commits that brought back an affirmation which was taken away, as it was.
    returned: BTreeSet<(usize, Arc<str>)>,
    /// Every affirmation that ever stood, by path and content.
    stood: BTreeSet<(Arc<str>, BlobId)>,
    texts: Interner<ValueIx, String>,
    /// Everything that ever had owners.
    keys: Interner<KeyIx, Key>,
}

impl Owned {
    pub(super) fn new(history: &History, policies: &Policies) -> Self {
        let mut owned = Owned::default();
        // The number of the state that says "not there".
        owned.texts.intern(String::new());
        owned.versions.push(Version {
            policy: None,
            values: None,
            affirmations: BTreeMap::new(),
            cells: BTreeMap::new(),
            made: Arc::from([]),
            hidden: BTreeSet::new(),
        });
        let mut law = Law::new(history);
        for commit in 0..history.commits.len() {
            let version = owned.version(history, policies, commit, &mut law);
            owned.of.push(version);
        }
        owned
    }

    /// The content of the policy at a commit.
    pub(super) fn blob(&self, commit: usize) -> Option<BlobId> {
        self.at(commit).policy.filter(TreeFile::is_regular).map(|file| file.blob)
    }

    /// The commits that made what a commit has: equal lists say that nothing was changed between.
    pub(super) fn made(&self, commit: usize) -> Arc<[usize]> {
        Arc::clone(&self.at(commit).made)
    }

    /// Whether all that made the policy of a commit also made that of another.
    pub(super) fn is_behind(&self, commit: usize, other: usize) -> bool {
        let others = self.made(other);
        self.at(commit).made.iter().all(|made| others.binary_search(made).is_ok())
    }

    /// The commits that gave a value to the file at a commit, or took it away.
    pub(super) fn owners(&self, commit: usize, key: &PolicyKey) -> Vec<usize> {
        let cell = self.at(commit).cells.get(&Key::Value(key.clone()));
        cell.map_or_else(Vec::new, owners)
    }

    /// The commits that had hidden the file which a commit brought back: nobody can tell from it what they, and what the
    /// repair, gave to it.
    pub(super) fn hidden_before(&self, commit: usize) -> impl Iterator<Item = usize> {
        self.repairs.get(&commit).into_iter().flatten().copied()
    }

    /// The affirmations that stand at a commit: path, content and owners.
    pub(super) fn affirmations(&self, commit: usize) -> impl Iterator<Item = (&str, BlobId, Vec<usize>)> {
        let version = self.at(commit);
        version.affirmations.iter().map(|(path, blob)| {
            let cell = version.cells.get(&Key::Affirmation(Arc::clone(path)));
            let mut owners = cell.map_or_else(Vec::new, owners);
            // Who brings back what was taken away says nothing by it.
            owners.retain(|owner| !self.returned.contains(&(*owner, Arc::clone(path))));
            (&**path, *blob, owners)
        })
    }

    fn at(&self, commit: usize) -> &Version {
        &self.versions[self.of[commit] as usize]
    }

    /// The number of a commit's version: a parent's, where it has the same files and that parent knows all that the
    /// others do, since the law then gives the very cells that are there.
    fn version(
        &mut self,
        history: &History,
        policies: &Policies,
        commit: usize,
        law: &mut Law<'_, KeyIx>,
    ) -> u32 {
        let facts = &history.commits[commit];
        let parents: Vec<u32> = facts.parents.iter().map(|&parent| self.of[parent]).collect();
        let first = &self.versions[parents.first().copied().unwrap_or(0) as usize];
        let mut affirmations = first.affirmations.clone();
        let is_affirmation = |path: &str| affirmation_path(path).is_some();
        for change in facts.changes.iter().filter(|change| is_affirmation(&change.path)) {
            affirmations.remove(&change.path);
            let file = change.new.filter(TreeFile::is_regular);
            affirmations.extend(file.map(|file| (Arc::clone(&change.path), file.blob)));
        }
        let is_same = |side: u32| {
            let version = &self.versions[side as usize];
            version.policy == facts.policy && version.affirmations == affirmations
        };
        let knows = |side: u32, other: u32| {
            let made = &self.versions[side as usize].made;
            self.versions[other as usize].made.iter().all(|commit| made.binary_search(commit).is_ok())
        };
        let sides = if parents.is_empty() { vec![0] } else { parents.clone() };
        let leading =
            sides.iter().find(|&&side| is_same(side) && parents.iter().all(|&other| knows(side, other)));
        if let Some(&leading) = leading {
            return leading;
        }
        let values = facts.policy.filter(TreeFile::is_regular).map(|file| file.blob);
        // A file that cannot be read says nothing: what the first parent's said goes on having the same owners.
        let read = values.filter(|blob| matches!(policies.get(blob), Some(Some(_))));
        let values = read.or(first.values);
        // Who has the very file of a parent neither hides it nor brings it back.
        let is_own = !sides.iter().any(|&side| self.versions[side as usize].policy == facts.policy);
        let mut hidden: BTreeSet<usize> =
            parents.iter().flat_map(|&side| &self.versions[side as usize].hidden).copied().collect();
        if read.is_some() {
            if is_own && !hidden.is_empty() {
                self.repairs.insert(commit, std::mem::take(&mut hidden));
            }
            hidden.clear();
        } else if is_own && values.is_some() {
            hidden.insert(commit);
        }
        for (path, blob) in &affirmations {
            let key = Key::Affirmation(Arc::clone(path));
            let has = |side: &u32| self.versions[*side as usize].affirmations.contains_key(path);
            let had = |side: &u32| self.versions[*side as usize].cells.contains_key(&key);
            let is_back = sides.iter().any(had) && !sides.iter().any(has);
            if !self.stood.insert((Arc::clone(path), *blob)) && is_back {
                self.returned.insert((commit, Arc::clone(path)));
            }
        }
        let state = self.state(policies, values, &affirmations);
        let cells = self.cells(commit, &state, &parents, law);
        let mut made: BTreeSet<usize> =
            parents.iter().flat_map(|&side| self.versions[side as usize].made.iter().copied()).collect();
        made.insert(commit);
        let made = made.into_iter().collect();
        self.versions.push(Version { policy: facts.policy, values, affirmations, cells, made, hidden });
        u32::try_from(self.versions.len() - 1).expect("fewer than four billion versions of the policy")
    }

    fn state(
        &mut self,
        policies: &Policies,
        values: Option<BlobId>,
        affirmations: &BTreeMap<Arc<str>, BlobId>,
    ) -> BTreeMap<Key, ValueIx> {
        let none = PolicyValues::new();
        let policy = values.and_then(|blob| policies.get(&blob)?.as_ref());
        let values = policy.map_or(&none, |policy| &policy.values);
        let mut state: BTreeMap<Key, ValueIx> = BTreeMap::new();
        for (key, text) in values {
            state.insert(Key::Value(key.clone()), self.texts.intern(format!("={text}")));
        }
        for (path, blob) in affirmations {
            state.insert(Key::Affirmation(Arc::clone(path)), self.texts.intern(blob.hex()));
        }
        state
    }

    fn cells(
        &mut self,
        commit: usize,
        state: &BTreeMap<Key, ValueIx>,
        parents: &[u32],
        law: &mut Law<'_, KeyIx>,
    ) -> BTreeMap<Key, Cell> {
        let number = u32::try_from(commit).expect("fewer than four billion commits");
        let of_parents = parents.iter().flat_map(|&side| self.versions[side as usize].cells.keys());
        let keys: BTreeSet<&Key> = of_parents.chain(state.keys()).collect();
        let cell = |key: &Key| {
            let value = state.get(key).copied().unwrap_or(ABSENT);
            let before: Vec<Option<&Cell>> =
                parents.iter().map(|&side| self.versions[side as usize].cells.get(key)).collect();
            (key.clone(), law.after(number, self.keys.intern(key.clone()), value, &before))
        };
        keys.into_iter().map(cell).collect()
    }
}

fn owners(cell: &Cell) -> Vec<usize> {
    cell.owners.as_slice().iter().map(|&commit| commit as usize).collect()
}
