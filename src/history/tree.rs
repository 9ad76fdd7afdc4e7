//! Compares trees entry by entry over the object database, skipping equal IDs.
//!
//! Reading blobs of trees raw and joining them was measured several times faster than libgit2's
//! tree diff (`docs/design.md#work`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use git2::Oid;
use gix_object::Kind;
use rustc_hash::FxHashMap;

use super::HistoryError;
use super::objects::Objects;
use super::raw_tree::{Differing, Item, TREE, differing, entries, file, is_file, joined, subtree};
use super::types::TreeFile;

/// Deepest folder that is looked into: nobody's records are deeper, and a crafted tree may be.
pub(super) const MAX_DEPTH: usize = 64;
/// Trees kept for the next comparison, in bytes: neighbours share theirs, and memory that is new costs more than
/// a tree that is read twice.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// How many differences one question may find. A crafted tree names a few objects again and again: some 10⁹ paths in
/// a kilobyte (`docs/threats.md`, row 82), and none of a book's size comes near.
#[derive(Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    /// For one question, however many threads answer it.
    const QUESTION: usize = 5_000_000;
    /// For one comparison of trees: a commit that brings the largest browser whole stays below.
    const COMPARISON: usize = 1_000_000;

    pub(super) fn new() -> Self {
        Budget(Arc::new(AtomicUsize::new(Self::QUESTION)))
    }

    fn spend(&self, tree: Oid) -> Result<(), HistoryError> {
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| too_large(tree, Self::QUESTION))
    }
}

fn too_large(tree: Oid, limit: usize) -> HistoryError {
    HistoryError::TreeTooLarge { id: tree.to_string(), limit }
}

/// Told of each difference: path, before, after.
pub(super) type OnDifference<'a> = dyn FnMut(&str, Option<TreeFile>, Option<TreeFile>) + 'a;

/// Reads trees of one repository, on one thread, keeping recent ones.
pub(super) struct TreeReader {
    objects: Objects,
    cache: FxHashMap<Oid, Arc<[u8]>>,
    cached_bytes: usize,
    budget: Budget,
    /// What is left of the budget of the comparison that is made.
    left: usize,
}

impl TreeReader {
    pub(super) fn new(objects: Objects, budget: Budget) -> Self {
        TreeReader { objects, cache: FxHashMap::default(), cached_bytes: 0, budget, left: Budget::COMPARISON }
    }

    fn spend(&mut self, tree: Oid) -> Result<(), HistoryError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| too_large(tree, Budget::COMPARISON))?;
        self.budget.spend(tree)
    }

    /// The raw bytes of a tree.
    pub(super) fn tree(&mut self, oid: Oid) -> Result<Arc<[u8]>, HistoryError> {
        if let Some(bytes) = self.cache.get(&oid) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = self.objects.read(oid, Kind::Tree)?;
        let bytes = bytes.ok_or_else(|| HistoryError::object(oid, "it is not a tree".into()))?;
        let bytes: Arc<[u8]> = Arc::from(bytes);
        if self.cached_bytes > CACHE_BYTES {
            self.cache.clear();
            self.cached_bytes = 0;
        }
        self.cached_bytes += bytes.len();
        self.cache.insert(oid, Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The entry at a path below `root`; the empty path is the root itself.
    pub(super) fn lookup(&mut self, root: Oid, path: &str) -> Result<Option<Item>, HistoryError> {
        let mut current = (TREE, root);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if current.0 != TREE {
                return Ok(None);
            }
            let bytes = self.tree(current.1)?;
            match entries(&bytes).find(|entry| entry.name == part.as_bytes()) {
                Some(entry) => current = (entry.mode, entry.oid),
                None => return Ok(None),
            }
        }
        Ok(Some(current))
    }

    /// The file at a path below `root`.
    pub(super) fn file(&mut self, root: Oid, path: &str) -> Result<Option<TreeFile>, HistoryError> {
        let found = self.lookup(root, path)?;
        Ok(found.and_then(file))
    }

    /// The tree of the folder at a path below `root`.
    pub(super) fn tree_at(&mut self, root: Oid, path: &str) -> Result<Option<Oid>, HistoryError> {
        Ok(subtree(self.lookup(root, path)?))
    }

    /// Calls `found` for every file that differs below two trees (`None`: nothing there), in path order
    /// of git.
    pub(super) fn compare(
        &mut self,
        old: Option<Oid>,
        new: Option<Oid>,
        prefix: &str,
        depth: usize,
        found: &mut OnDifference<'_>,
    ) -> Result<(), HistoryError> {
        if old == new || depth > MAX_DEPTH {
            return Ok(());
        }
        if depth == 0 {
            self.left = Budget::COMPARISON;
        }
        let (old_bytes, new_bytes) = (self.optional(old)?, self.optional(new)?);
        for Differing { name, at } in differing(&[&old_bytes, &new_bytes]) {
            let (a, b) = (at[0], at[1]);
            let Some((_, any)) = a.or(b) else { continue };
            self.spend(any)?;
            let path = joined(prefix, name);
            let (old_file, new_file) = (a.and_then(file), b.and_then(file));
            if old_file.is_some() || new_file.is_some() {
                found(&path, old_file, new_file);
            }
            let (old_tree, new_tree) = (subtree(a), subtree(b));
            if old_tree.is_some() || new_tree.is_some() {
                self.compare(old_tree, new_tree, &path, depth + 1, found)?;
            }
        }
        Ok(())
    }

    /// Whether two trees differ in anything but the `folders` that stand below `path`.
    pub(super) fn differs_beside(
        &mut self,
        old: Option<Oid>,
        new: Option<Oid>,
        path: &str,
        folders: &[&str],
    ) -> Result<bool, HistoryError> {
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let (old_bytes, new_bytes) = (self.optional(old)?, self.optional(new)?);
        let at_book = path.is_empty();
        let is_apart = |name: &[u8]| match at_book {
            true => folders.iter().any(|folder| name == folder.as_bytes()),
            false => name == first.as_bytes(),
        };
        let differing = differing(&[&old_bytes, &new_bytes]);
        if differing.iter().any(|entry| !is_apart(entry.name)) {
            return Ok(true);
        }
        match differing.first() {
            // The folder on the way to the book.
            Some(Differing { at, .. }) if !at_book => {
                self.differs_beside(subtree(at[0]), subtree(at[1]), rest, folders)
            }
            _ => Ok(false),
        }
    }

    /// The paths that a merge has as they were at its parents' common base, although one of the parents had changed them: no
    /// side asked for that, so it is the merge's own doing. Where no parent has the base's, [`differs_from_all`] finds it.
    ///
    /// [`differs_from_all`]: Self::differs_from_all
    pub(super) fn undone(
        &mut self,
        result: Option<Oid>,
        parents: [Option<Oid>; 2],
        base: Option<Oid>,
        prefix: &str,
        found: &mut dyn FnMut(&str),
    ) -> Result<(), HistoryError> {
        if prefix.is_empty() {
            self.left = Budget::COMPARISON;
        }
        if parents.iter().all(|parent| *parent == result) || prefix.split('/').count() > MAX_DEPTH {
            return Ok(());
        }
        let [one, other] = parents;
        let bytes =
            [self.optional(result)?, self.optional(base)?, self.optional(one)?, self.optional(other)?];
        for Differing { name, at } in differing(&bytes.each_ref().map(|bytes| &**bytes)) {
            let (here, before, there) = (at[0], at[1], [at[2], at[3]]);
            if there.iter().all(|side| *side == here) {
                continue;
            }
            let path = joined(prefix, name);
            if let Some((_, oid)) = here.or(there[0]).or(there[1]) {
                self.spend(oid)?;
            }
            let changed = there.into_iter().find(|side| *side != before);
            match changed.filter(|_| here == before && there.contains(&before)) {
                Some(changed) => {
                    if is_file(changed) || is_file(before) {
                        found(&path);
                    }
                    self.differs_from_all(subtree(changed), &[subtree(before)], &path, found)?;
                }
                None => {
                    let below = there.map(subtree);
                    self.undone(subtree(here), below, subtree(before), &path, found)?;
                }
            }
        }
        Ok(())
    }

    /// Calls `found` for every path of `result` (or gone from it) that differs from *all* `parents`. One parent: a plain comparison; none: every file.
    pub(super) fn differs_from_all(
        &mut self,
        result: Option<Oid>,
        parents: &[Option<Oid>],
        prefix: &str,
        found: &mut dyn FnMut(&str),
    ) -> Result<(), HistoryError> {
        if parents.contains(&result) {
            return Ok(());
        }
        if prefix.is_empty() {
            self.left = Budget::COMPARISON;
        }
        if prefix.split('/').count() > MAX_DEPTH {
            // Below, all may be another: the folder stands for it, so that nothing is hidden by depth.
            found(prefix);
            return Ok(());
        }
        let result_bytes = self.optional(result)?;
        let parent_bytes =
            parents.iter().map(|parent| self.optional(*parent)).collect::<Result<Vec<_>, _>>()?;
        let sides: Vec<&[u8]> =
            std::iter::once(&result_bytes).chain(&parent_bytes).map(|bytes| &**bytes).collect();
        for Differing { name, at } in differing(&sides) {
            let path = joined(prefix, name);
            let (here, there) = (at[0], &at[1..]);
            if there.contains(&here) {
                continue;
            }
            if let Some((_, oid)) = here.or_else(|| there.iter().flatten().next().copied()) {
                self.spend(oid)?;
            }
            if at.iter().copied().any(is_file) {
                found(&path);
            }
            let subtrees: Vec<Option<Oid>> = there.iter().map(|entry| subtree(*entry)).collect();
            if subtree(here).is_some() || subtrees.iter().any(Option::is_some) {
                self.differs_from_all(subtree(here), &subtrees, &path, found)?;
            }
        }
        Ok(())
    }

    fn optional(&mut self, oid: Option<Oid>) -> Result<Arc<[u8]>, HistoryError> {
        oid.map_or_else(|| Ok(Arc::from(&b""[..])), |oid| self.tree(oid))
    }
}
