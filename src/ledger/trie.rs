//! A persistent map from small integers, made for histories: a commit's map shares nearly all of its
//! structure with its parent's, and two maps are compared in time that goes with their difference.
//!
//! Crates with persistent maps either lack a comparison that skips shared parts, or come under a licence
//! that asks for more than naming it.

use std::sync::Arc;

const BITS: u32 = 5;
const WIDTH: u32 = 1 << BITS;
/// Five levels of five bits: 33 million keys, more than any repository has commits or records.
const TOP_SHIFT: u32 = 4 * BITS;

/// Largest key, exclusive.
pub(super) const MAX_KEY: u32 = 1 << (TOP_SHIFT + BITS);

/// A persistent map from `u32` keys below [`MAX_KEY`].
#[derive(Debug, Clone)]
pub(super) struct Trie<V> {
    root: Option<Arc<Node<V>>>,
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Trie { root: None }
    }
}

/// `bitmap` says which slots are filled; `slots` holds them in order.
#[derive(Debug, Clone)]
struct Node<V> {
    bitmap: u32,
    slots: Vec<Slot<V>>,
}

#[derive(Debug, Clone)]
enum Slot<V> {
    Branch(Arc<Node<V>>),
    Leaf(V),
}

impl<V> Node<V> {
    fn empty() -> Self {
        Node { bitmap: 0, slots: Vec::new() }
    }

    fn slot(&self, digit: u32) -> Option<&Slot<V>> {
        let bit = 1 << digit;
        (self.bitmap & bit != 0).then(|| &self.slots[self.rank(digit)])
    }

    fn rank(&self, digit: u32) -> usize {
        (self.bitmap & ((1 << digit) - 1)).count_ones() as usize
    }
}

fn digit(key: u32, shift: u32) -> u32 {
    (key >> shift) & (WIDTH - 1)
}

impl<V: Clone> Trie<V> {
    /// The value of a key.
    pub(super) fn get(&self, key: u32) -> Option<&V> {
        let mut node = self.root.as_deref()?;
        let mut shift = TOP_SHIFT;
        loop {
            match node.slot(digit(key, shift))? {
                Slot::Leaf(value) => return Some(value),
                Slot::Branch(next) => node = next,
            }
            shift -= BITS;
        }
    }

    /// Sets a key; other maps that share structure do not change.
    pub(super) fn insert(&mut self, key: u32, value: V) {
        assert!(key < MAX_KEY, "a repository has fewer commits and records than the map has room for");
        let root = self.root.get_or_insert_with(|| Arc::new(Node::empty()));
        insert(Arc::make_mut(root), key, TOP_SHIFT, value);
    }

    /// Calls `found` with every key whose values differ by `same`, or that only one map has.
    pub(super) fn differences(&self, other: &Self, same: &dyn Fn(&V, &V) -> bool, found: &mut dyn FnMut(u32)) {
        differences(self.root.as_ref(), other.root.as_ref(), 0, TOP_SHIFT, same, found);
    }

    /// Calls `each` with every entry, by key.
    pub(super) fn for_each(&self, each: &mut dyn FnMut(u32, &V)) {
        if let Some(root) = &self.root {
            for_each(root, 0, TOP_SHIFT, each);
        }
    }
}

fn insert<V: Clone>(node: &mut Node<V>, key: u32, shift: u32, value: V) {
    let digit = digit(key, shift);
    let rank = node.rank(digit);
    if node.bitmap & (1 << digit) == 0 {
        let slot = if shift == 0 { Slot::Leaf(value) } else { Slot::Branch(branch(key, shift - BITS, value)) };
        node.bitmap |= 1 << digit;
        node.slots.insert(rank, slot);
        return;
    }
    match &mut node.slots[rank] {
        Slot::Leaf(old) => *old = value,
        Slot::Branch(next) => insert(Arc::make_mut(next), key, shift - BITS, value),
    }
}

fn branch<V: Clone>(key: u32, shift: u32, value: V) -> Arc<Node<V>> {
    let mut node = Node::empty();
    insert(&mut node, key, shift, value);
    Arc::new(node)
}

fn differences<V>(
    a: Option<&Arc<Node<V>>>,
    b: Option<&Arc<Node<V>>>,
    prefix: u32,
    shift: u32,
    same: &dyn Fn(&V, &V) -> bool,
    found: &mut dyn FnMut(u32),
) {
    if let (Some(a), Some(b)) = (a, b)
        && Arc::ptr_eq(a, b)
    {
        return;
    }
    let bitmap = a.map_or(0, |node| node.bitmap) | b.map_or(0, |node| node.bitmap);
    for digit in (0..WIDTH).filter(|digit| bitmap & (1 << digit) != 0) {
        let key = prefix | (digit << shift);
        let slots = (a.and_then(|node| node.slot(digit)), b.and_then(|node| node.slot(digit)));
        if shift == 0 {
            match slots {
                (Some(Slot::Leaf(a)), Some(Slot::Leaf(b))) if same(a, b) => {}
                _ => found(key),
            }
            continue;
        }
        let branch = |slot: Option<&Slot<V>>| match slot {
            Some(Slot::Branch(node)) => Some(Arc::clone(node)),
            _ => None,
        };
        differences(branch(slots.0).as_ref(), branch(slots.1).as_ref(), key, shift - BITS, same, found);
    }
}

fn for_each<V>(node: &Node<V>, prefix: u32, shift: u32, each: &mut dyn FnMut(u32, &V)) {
    for digit in 0..WIDTH {
        let key = prefix | (digit << shift);
        match node.slot(digit) {
            Some(Slot::Leaf(value)) => each(key, value),
            Some(Slot::Branch(next)) => for_each(next, key, shift - BITS, each),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn contents(trie: &Trie<u8>) -> BTreeMap<u32, u8> {
        let mut map = BTreeMap::new();
        trie.for_each(&mut |key, value| {
            map.insert(key, *value);
        });
        map
    }

    proptest! {
        #[test]
        fn behaves_as_a_map_and_shares_without_harm(
            first in prop::collection::vec((0..MAX_KEY, any::<u8>()), 0..80),
            second in prop::collection::vec((0..200_u32, any::<u8>()), 0..80),
        ) {
            let mut trie = Trie::default();
            let mut model = BTreeMap::new();
            for (key, value) in first {
                trie.insert(key, value);
                model.insert(key, value);
            }
            let (old, old_model) = (trie.clone(), model.clone());
            for (key, value) in second {
                trie.insert(key, value);
                model.insert(key, value);
            }
            prop_assert_eq!(contents(&trie), model.clone());
            prop_assert_eq!(contents(&old), old_model.clone());
            let mut found = Vec::new();
            old.differences(&trie, &|a, b| a == b, &mut |key| found.push(key));
            let expected: Vec<u32> =
                model.iter().filter(|(key, value)| old_model.get(key) != Some(value)).map(|(key, _)| *key).collect();
            prop_assert_eq!(found, expected);
            for key in model.keys() {
                prop_assert_eq!(trie.get(*key), model.get(key));
            }
        }
    }
}
