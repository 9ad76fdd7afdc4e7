//! Compares trees entry by entry over the object database, skipping equal IDs.
//!
//! Reading blobs of trees raw and joining them was measured several times faster than libgit2's
//! tree diff (design, section 3).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use git2::Oid;
use gix_object::Kind;
use rustc_hash::FxHashMap;

use super::HistoryError;
use super::objects::Objects;
use super::types::{BlobId, FileKind, TreeFile};

/// Deepest folder that is looked into: nobody's records are deeper, and a crafted tree may be.
pub(super) const MAX_DEPTH: usize = 64;
/// Trees kept for the next comparison, in bytes: neighbours share theirs, and memory that is new costs more than
/// a tree that is read twice.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// How many differences one question may find. A crafted tree names a few objects again and again: some 10⁹ paths in
/// a kilobyte (threats, row 82), and none of a book's size comes near.
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

/// One entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) mode: u32,
    pub(super) oid: Oid,
}

impl Entry<'_> {
    pub(super) fn is_tree(&self) -> bool {
        self.mode == 0o040000
    }

    fn file(&self) -> Option<TreeFile> {
        let kind = match self.mode & 0o170000 {
            0o100000 => FileKind::Regular,
            0o120000 => FileKind::Symlink,
            0o160000 => FileKind::Submodule,
            _ => return None,
        };
        Some(TreeFile { blob: blob_id(self.oid), kind })
    }
}

pub(super) fn blob_id(oid: Oid) -> BlobId {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&oid.as_bytes()[..20]);
    BlobId(bytes)
}

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
    pub(super) fn lookup(&mut self, root: Oid, path: &str) -> Result<Option<(u32, Oid)>, HistoryError> {
        let mut current = (0o040000, root);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if current.0 != 0o040000 {
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
        Ok(found.and_then(|(mode, oid)| Entry { name: b"", mode, oid }.file()))
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
        let old_bytes = self.optional(old)?;
        let new_bytes = self.optional(new)?;
        let start = common_entries(&old_bytes, &new_bytes);
        let mut left = Cursor { rest: &old_bytes[start..] };
        let mut right = Cursor { rest: &new_bytes[start..] };
        // Folders are large and commits small: nearly always one entry differs, and all before and after it
        // is the same bytes.
        while left.rest != right.rest {
            let (a, b) = match (left.peek(), right.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => (left.next(), None),
                (None, Some(_)) => (None, right.next()),
                (Some(a), Some(b)) => match tree_order(&a, &b) {
                    Ordering::Less => (left.next(), None),
                    Ordering::Greater => (None, right.next()),
                    Ordering::Equal => (left.next(), right.next()),
                },
            };
            if let (Some(a), Some(b)) = (&a, &b)
                && a.oid == b.oid
                && a.mode == b.mode
            {
                continue;
            }
            let Some(entry) = a.or(b) else { continue };
            self.spend(entry.oid)?;
            let name = String::from_utf8_lossy(entry.name).into_owned();
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            let (old_file, new_file) = (a.and_then(|a| a.file()), b.and_then(|b| b.file()));
            if old_file.is_some() || new_file.is_some() {
                found(&path, old_file, new_file);
            }
            let subtree = |entry: Option<Entry<'_>>| entry.filter(Entry::is_tree).map(|entry| entry.oid);
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
        let (mut left, mut right) = (entries(&old_bytes).peekable(), entries(&new_bytes).peekable());
        let at_book = path.is_empty();
        let passes = |entry: &Entry<'_>| match at_book {
            true => !folders.iter().any(|folder| entry.name == folder.as_bytes()),
            false => entry.name != first.as_bytes(),
        };
        loop {
            let a = std::iter::from_fn(|| left.next()).find(passes);
            let b = std::iter::from_fn(|| right.next()).find(passes);
            match (a, b) {
                (None, None) => break,
                (Some(a), Some(b)) if a.name == b.name && a.mode == b.mode && a.oid == b.oid => {}
                _ => return Ok(true),
            }
        }
        if at_book {
            return Ok(false);
        }
        let tree = |bytes: &[u8]| {
            let found = entries(bytes).find(|entry| entry.name == first.as_bytes())?;
            found.is_tree().then_some(found.oid)
        };
        match (tree(&old_bytes), tree(&new_bytes)) {
            (old, new) if old == new => Ok(false),
            (old, new) => self.differs_beside(old, new, rest, folders),
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
        let bytes = [result, base, parents[0], parents[1]]
            .map(|tree| self.optional(tree))
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let sides: Vec<_> = bytes.iter().map(|bytes| by_name(bytes)).collect();
        let names: BTreeSet<&[u8]> = sides.iter().flat_map(BTreeMap::keys).copied().collect();
        let subtree =
            |entry: Option<(u32, Oid)>| entry.filter(|(mode, _)| *mode == 0o040000).map(|(_, oid)| oid);
        for name in names {
            let at = |side: usize| sides[side].get(name).copied();
            let (here, before, there) = (at(0), at(1), [at(2), at(3)]);
            if there.iter().all(|side| *side == here) {
                continue;
            }
            let text = String::from_utf8_lossy(name);
            let path = if prefix.is_empty() { text.into_owned() } else { format!("{prefix}/{text}") };
            if let Some((_, oid)) = here.or(there[0]).or(there[1]) {
                self.spend(oid)?;
            }
            let changed = there.into_iter().find(|side| *side != before);
            match changed.filter(|_| here == before && there.contains(&before)) {
                Some(changed) => {
                    let is_file = |entry: Option<(u32, Oid)>| entry.is_some() && subtree(entry).is_none();
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
        let here_by_name = by_name(&result_bytes);
        let there_by_name: Vec<_> = parent_bytes.iter().map(|bytes| by_name(bytes)).collect();
        let names: BTreeSet<&[u8]> =
            here_by_name.keys().chain(there_by_name.iter().flat_map(BTreeMap::keys)).copied().collect();
        for name in names {
            let text = String::from_utf8_lossy(name);
            let path = if prefix.is_empty() { text.into_owned() } else { format!("{prefix}/{text}") };
            let here = here_by_name.get(name).copied();
            let there: Vec<_> = there_by_name.iter().map(|entries| entries.get(name).copied()).collect();
            if there.contains(&here) {
                continue;
            }
            if let Some((_, oid)) = here.or_else(|| there.iter().flatten().next().copied()) {
                self.spend(oid)?;
            }
            let is_tree = |entry: &Option<(u32, Oid)>| entry.is_some_and(|(mode, _)| mode == 0o040000);
            let any_file =
                std::iter::once(&here).chain(&there).any(|entry| entry.is_some() && !is_tree(entry));
            if any_file {
                found(&path);
            }
            let subtree =
                |entry: Option<(u32, Oid)>| entry.filter(|(mode, _)| *mode == 0o040000).map(|(_, oid)| oid);
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

/// The entries of a raw tree; reading ends at the first that is malformed.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    Cursor { rest: bytes }
}

/// Reads a raw tree entry by entry.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<Entry<'a>> {
        self.split().map(|(entry, _)| entry)
    }

    fn split(&self) -> Option<(Entry<'a>, &'a [u8])> {
        let nul = nul_position(self.rest)?;
        let head = &self.rest[..nul];
        let space = head.iter().position(|byte| *byte == b' ')?;
        let mode = head[..space].iter().try_fold(0_u32, |mode, digit| {
            (b'0'..=b'7').contains(digit).then(|| (mode << 3) | u32::from(digit - b'0'))
        })?;
        let oid = Oid::from_bytes(self.rest.get(nul + 1..nul + 21)?).ok()?;
        Some((Entry { name: &head[space + 1..], mode, oid }, &self.rest[nul + 21..]))
    }
}

impl<'a> Iterator for Cursor<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let Some((entry, rest)) = self.split() else {
            self.rest = &[];
            return None;
        };
        self.rest = rest;
        Some(entry)
    }
}

/// The first NUL, by the C library's search.
fn nul_position(bytes: &[u8]) -> Option<usize> {
    std::ffi::CStr::from_bytes_until_nul(bytes).ok().map(|name| name.count_bytes())
}

/// How many bytes two trees have in common at their start, in whole entries.
fn common_entries(a: &[u8], b: &[u8]) -> usize {
    const STRIDE: usize = 64;
    let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE));
    let mut common = strides.take_while(|(a, b)| a == b).count() * STRIDE;
    common += a[common..].iter().zip(&b[common..]).take_while(|(a, b)| a == b).count();
    let mut start = 0;
    while let Some(nul) = nul_position(&a[start..]) {
        let end = start + nul + 21;
        if end > common {
            break;
        }
        start = end;
    }
    start
}

/// Mode and ID of each entry; of two of one name (a malformed tree) the last counts.
fn by_name(bytes: &[u8]) -> BTreeMap<&[u8], (u32, Oid)> {
    entries(bytes).map(|entry| (entry.name, (entry.mode, entry.oid))).collect()
}

/// git's order of tree entries: a folder sorts as if its name ended in `/`. Entries of one name and
/// different kinds are different entries.
fn tree_order(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let common = a.name.len().min(b.name.len());
    a.name[..common].cmp(&b.name[..common]).then_with(|| {
        let next = |entry: &Entry<'_>| {
            entry.name.get(common).copied().unwrap_or(if entry.is_tree() { b'/' } else { 0 })
        };
        let order = next(a).cmp(&next(b));
        if order == Ordering::Equal && a.name.len() != b.name.len() {
            a.name.len().cmp(&b.name.len())
        } else {
            order
        }
    })
}
