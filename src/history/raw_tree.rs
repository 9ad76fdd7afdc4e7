//! Raw trees, entry by entry, and what several of them do not have alike: the one comparison of trees.

use std::cmp::Ordering;

use git2::Oid;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};

use super::types::{BlobId, FileKind, TreeFile};

/// The mode of a folder.
pub(super) const TREE: u32 = 0o040000;
/// How many bytes the name of an object takes in a tree.
const ID_BYTES: usize = 20;

/// One entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) mode: u32,
    pub(super) oid: Oid,
}

impl Entry<'_> {
    pub(super) fn is_tree(&self) -> bool {
        self.mode == TREE
    }
}

/// The name of a blob, as a type of our own.
pub(super) fn blob_id(oid: Oid) -> BlobId {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(&oid.as_bytes()[..20]);
    BlobId(bytes)
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
        let oid = Oid::from_bytes(self.rest.get(nul + 1..nul + 1 + ID_BYTES)?).ok()?;
        Some((Entry { name: &head[space + 1..], mode, oid }, &self.rest[nul + 1 + ID_BYTES..]))
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

/// What a tree has at a name: the mode, and the object.
pub(super) type Item = (u32, Oid);

/// A name that several trees do not all have alike.
pub(super) struct Differing<'t> {
    pub(super) name: &'t [u8],
    /// What each of them has there, in the order in which they were given.
    pub(super) at: SmallVec<[Option<Item>; 4]>,
}

/// The names that raw trees do not all have alike, about in git's order; of two entries of one name in one tree (it is
/// malformed) the last counts.
///
/// Folders are large and commits small: nearly all of two trees is the same bytes, and is stepped over without being read.
pub(super) fn differing<'t>(trees: &[&'t [u8]]) -> Vec<Differing<'t>> {
    let mut sides: SmallVec<[Cursor<'t>; 4]> = trees.iter().map(|tree| Cursor { rest: tree }).collect();
    let mut found: Vec<Differing<'t>> = Vec::new();
    // A file and a folder of one name do not stand in one place.
    let mut places: FxHashMap<&[u8], usize> = FxHashMap::default();
    loop {
        skip_common(&mut sides);
        let heads: SmallVec<[Option<Entry<'t>>; 4]> = sides.iter().map(Cursor::peek).collect();
        let Some(least) = heads.iter().flatten().copied().min_by(tree_order) else { return found };
        let place = *places.entry(least.name).or_insert(found.len());
        if place == found.len() {
            found.push(Differing { name: least.name, at: smallvec![None; trees.len()] });
        }
        for (side, head) in heads.into_iter().enumerate() {
            if let Some(head) = head.filter(|head| tree_order(head, &least) == Ordering::Equal) {
                found[place].at[side] = Some((head.mode, head.oid));
                sides[side].next();
            }
        }
    }
}

/// Steps over the whole entries that all trees have in common from here.
fn skip_common(sides: &mut [Cursor<'_>]) {
    const STRIDE: usize = 64;
    let Some((first, others)) = sides.split_first_mut() else { return };
    let a = first.rest;
    let in_common = |other: &Cursor<'_>| {
        let b = other.rest;
        let strides = a.chunks_exact(STRIDE).zip(b.chunks_exact(STRIDE));
        let whole = strides.take_while(|(a, b)| a == b).count() * STRIDE;
        whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
    };
    let common = others.iter().map(in_common).min().unwrap_or_default();
    let mut end = 0;
    while let Some(nul) = nul_position(&a[end..common]) {
        match end + nul + 1 + ID_BYTES {
            next if next <= common => end = next,
            _ => break,
        }
    }
    first.rest = &a[end..];
    for other in others {
        other.rest = &other.rest[end..];
    }
}

/// The file that an entry is, when it is one.
pub(super) fn file((mode, oid): Item) -> Option<TreeFile> {
    let kind = match mode & 0o170000 {
        0o100000 => FileKind::Regular,
        0o120000 => FileKind::Symlink,
        0o160000 => FileKind::Submodule,
        _ => return None,
    };
    Some(TreeFile { blob: blob_id(oid), kind })
}

/// The tree that an entry is, when it is one.
pub(super) fn subtree(entry: Option<Item>) -> Option<Oid> {
    entry.filter(|(mode, _)| *mode == TREE).map(|(_, oid)| oid)
}

/// Whether there is an entry, and it is no tree.
pub(super) fn is_file(entry: Option<Item>) -> bool {
    entry.is_some_and(|(mode, _)| mode != TREE)
}

/// A path below a folder; bytes that are not UTF-8 replaced.
pub(super) fn joined(folder: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") }
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// A tree as git writes it: names in its order, few of them, so that several trees share some.
    fn tree() -> impl Strategy<Value = Vec<u8>> {
        const NAMES: [&str; 8] = ["a", "a-b", "a.tf", "aa", "b", "c", "long-name-of-a-file.md", "z"];
        let entry = (prop::sample::select(&NAMES[..]), any::<bool>(), 0..3_u8);
        prop::collection::vec(entry, 0..10).prop_map(|entries| {
            let by_name: BTreeMap<&str, (bool, u8)> =
                entries.into_iter().map(|(name, is_tree, id)| (name, (is_tree, id))).collect();
            let mut entries: Vec<(&str, (bool, u8))> = by_name.into_iter().collect();
            entries.sort_by_key(
                |(name, (is_tree, _))| if *is_tree { format!("{name}/") } else { (*name).to_owned() },
            );
            let raw = |(name, (is_tree, id)): (&str, (bool, u8))| {
                let mode: &[u8] = if is_tree { b"40000 " } else { b"100644 " };
                [mode, name.as_bytes(), &[0], &[id; ID_BYTES]].concat()
            };
            entries.into_iter().flat_map(raw).collect()
        })
    }

    /// By the definition.
    fn slowly<'t>(trees: &[&'t [u8]]) -> BTreeMap<&'t [u8], Vec<Option<Item>>> {
        let sides: Vec<BTreeMap<&[u8], Item>> = trees
            .iter()
            .map(|tree| entries(tree).map(|entry| (entry.name, (entry.mode, entry.oid))).collect())
            .collect();
        let names: BTreeSet<&[u8]> = sides.iter().flat_map(BTreeMap::keys).copied().collect();
        let at =
            |name: &'t [u8]| (name, sides.iter().map(|side| side.get(name).copied()).collect::<Vec<_>>());
        names.into_iter().map(at).filter(|(_, at)| at.iter().any(|one| *one != at[0])).collect()
    }

    proptest! {
        #[test]
        fn what_differs_is_what_a_look_at_every_name_finds(trees in prop::collection::vec(tree(), 1..5)) {
            let trees: Vec<&[u8]> = trees.iter().map(Vec::as_slice).collect();
            let found = differing(&trees);
            let names: BTreeSet<&[u8]> = found.iter().map(|differing| differing.name).collect();
            prop_assert_eq!(names.len(), found.len(), "each name once");
            let found: BTreeMap<&[u8], Vec<Option<Item>>> = found
                .into_iter()
                .map(|Differing { name, at }| (name, at.into_vec()))
                .filter(|(_, at)| at.iter().any(|one| *one != at[0]))
                .collect();
            prop_assert_eq!(found, slowly(&trees));
        }
    }
}
