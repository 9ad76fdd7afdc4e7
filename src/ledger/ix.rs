//! Numbers that stand for things, each of a type of its own, and lists that only such a number opens.
//!
//! Records, keys, values and paths are all told apart by small numbers; one taken for another would be a wrong answer
//! about who approved what, and not an error.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// A position in a list of its own.
pub(super) trait Ix: Copy + Eq {
    /// From a position.
    fn new(position: usize) -> Self;
    /// The position.
    fn position(self) -> usize;
}

macro_rules! ix {
    ($($(#[$doc:meta])* $vis:vis $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        $vis struct $name(u32);

        impl Ix for $name {
            fn new(position: usize) -> Self {
                // A history of that size does not fit into any memory.
                $name(u32::try_from(position).expect("fewer than four billion of a kind"))
            }

            fn position(self) -> usize {
                self.0 as usize
            }
        }
    )* };
}

ix! {
    /// A record, by the ID and type that some commit had.
    pub RecordIx,
    /// A thing of a record that has owners.
    pub(super) KeyIx,
    /// A state that a thing can be in; the default is the first one, "not there".
    pub(super) ValueIx,
    /// The path of a file in the book.
    pub(super) PathIx,
}

impl ValueIx {
    /// The first value.
    pub(super) const FIRST: ValueIx = ValueIx(0);
}

/// A list that is opened by its own kind of number.
#[derive(Debug, Clone)]
pub(super) struct IxVec<I, T> {
    items: Vec<T>,
    of: PhantomData<I>,
}

impl<I, T> Default for IxVec<I, T> {
    fn default() -> Self {
        IxVec { items: Vec::new(), of: PhantomData }
    }
}

impl<I: Ix, T> IxVec<I, T> {
    /// Adds at the end; the number of what was added.
    pub(super) fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::new(self.items.len() - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn get(&self, at: I) -> Option<&T> {
        self.items.get(at.position())
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// With their numbers.
    pub(super) fn numbered(&self) -> impl DoubleEndedIterator<Item = (I, &T)> {
        self.items.iter().enumerate().map(|(position, item)| (I::new(position), item))
    }
}

impl<I: Ix, T> Index<I> for IxVec<I, T> {
    type Output = T;

    fn index(&self, at: I) -> &T {
        &self.items[at.position()]
    }
}

impl<I: Ix, T> IndexMut<I> for IxVec<I, T> {
    fn index_mut(&mut self, at: I) -> &mut T {
        &mut self.items[at.position()]
    }
}

/// Numbers for equal things, from 0 in order of first sight.
#[derive(Debug)]
pub(super) struct Interner<I, T>(IndexSet<T, FxBuildHasher>, PhantomData<I>);

impl<I, T> Default for Interner<I, T> {
    fn default() -> Self {
        Interner(IndexSet::default(), PhantomData)
    }
}

impl<I: Ix, T: Eq + std::hash::Hash> Interner<I, T> {
    pub(super) fn intern(&mut self, item: T) -> I {
        I::new(self.0.insert_full(item).0)
    }

    /// The number of an equal thing.
    pub(super) fn find<Q>(&self, item: &Q) -> Option<I>
    where
        T: std::borrow::Borrow<Q>,
        Q: Eq + std::hash::Hash + ?Sized,
    {
        self.0.get_index_of(item).map(I::new)
    }

    pub(super) fn item(&self, number: I) -> &T {
        &self.0[number.position()]
    }
}
