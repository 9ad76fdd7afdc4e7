//! Commits that gave a record another ID. Whoever does that writes nothing: the text under the new ID is that of the
//! authors under the old one.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::walk::{Key, Transition, Walk};
use crate::history::History;
use crate::record::{Facts, Record, RecordId, ScopeRules, replaced, scope_text};

/// What renumbered records, by the commit's position.
pub type Renumberings = FxHashMap<usize, Vec<Renumbered>>;

/// A record that took another ID in a commit, word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renumbered {
    /// The ID before.
    pub old: RecordId,
    /// The ID after.
    pub new: RecordId,
    /// Its path under the old ID.
    pub path: String,
    /// Position of the commit before, in which it stood under the old ID.
    pub before: usize,
    /// Other tasks to whose texts the same commit did nothing but this.
    pub alike: Vec<RecordId>,
}

/// Whether the material text is the same but for the ID, in every place where it stood and in no other. One word
/// more, or one reference left, and it is an edit like any other.
pub fn is_renumbered(
    before: &Record,
    after: &Record,
    old: &RecordId,
    new: &RecordId,
    rules: &ScopeRules,
) -> bool {
    let is_whole = !before.is_broken() && !after.is_broken();
    is_whole && replaced(&scope_text(before, rules), old.as_str(), new.as_str()) == scope_text(after, rules)
}

/// Whether it may be, as far as what both say under one key that is always material tells: two texts that differ there are
/// not read.
pub fn may_be_renumbered(before: &Facts, after: &Facts, old: &RecordId, new: &RecordId) -> bool {
    let [from, to] = [before, after].map(|facts| facts.value("title").unwrap_or_default());
    before.readable && after.readable && replaced(from, old.as_str(), new.as_str()) == to
}

/// Merges that own a text themselves, ascending: those that may have renumbered a record while they were made.
pub fn merges_with_texts(history: &History, walk: &Walk) -> BTreeSet<usize> {
    let Some(scope) = walk.keys.find(&Key::Scope) else { return BTreeSet::new() };
    // What a side of it has is that side's own.
    let is_own = |transition: &&Transition| transition.key == scope && transition.kept == 0;
    let of_scope = walk.transitions.iter().filter(is_own);
    let commits = of_scope.map(|transition| transition.commit as usize);
    commits.filter(|&commit| history.commits[commit].parents.len() > 1).collect()
}
