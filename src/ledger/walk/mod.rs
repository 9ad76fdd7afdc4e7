//! Walks history once, parents before children, and notes every version of every record with the commit that made
//! it.
//!
//! A commit has its first parent's version of a record unless it changes a file of it. At a merge those records are
//! looked at besides that commits beside the first parent made versions of. So the walk is linear in what commits
//! change.

mod bound;
mod cells;
mod outcome;
mod reading;
mod sides;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::ix::{IxVec, KeyIx, PathIx, RecordIx, ValueIx};
use super::law::{ABSENT, Cell, Law};
use crate::history::History;
use crate::record::{RecordId, RecordType, Shape, detached_path, evidence_owner};
use cells::Cells;
pub(super) use outcome::{Binding, Files, Key, Move, Node, Transition, Value, Withdrawal};
pub use outcome::{Versions, Walk, deployed_versions, deploys, signed_acts};
use reading::Place;
use sides::Sides;

/// Walks the whole of `history`. The commits that tick one of the items in `deployment_items` (normalised texts) are
/// noted.
pub fn walk(history: &History, versions: &Versions, deployment_items: &FxHashSet<String>) -> Walk {
    let mut walker = Walker::new(history, versions, deployment_items);
    for position in 0..history.commits.len() {
        walker.commit(position);
    }
    walker.out
}

/// What a file is of a record.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// The record itself.
    Text,
    /// A detached approval.
    Approval,
    /// What a tool found.
    Evidence,
}

struct Walker<'a> {
    history: &'a History,
    versions: &'a Versions,
    /// The records that each commit made a version of.
    made: Vec<Box<[RecordIx]>>,
    sides: Sides,
    law: Law<'a, (RecordIx, KeyIx)>,
    /// The keys of each shape in their order, by the shape's address: versions share shapes, and live as long
    /// as this.
    shapes: FxHashMap<*const Shape, Arc<[(KeyIx, Place)]>>,
    /// The values of each list of fields, by its address.
    fields: FxHashMap<*const Arc<str>, Arc<[ValueIx]>>,
    deployment_items: &'a FxHashSet<String>,
    /// The keys of those items.
    deploying: FxHashSet<KeyIx>,
    exists: KeyIx,
    text: KeyIx,
    scope: KeyIx,
    body: KeyIx,
    present: ValueIx,
    unchecked: ValueIx,
    checked: ValueIx,
    /// The record of each path, by the number of the path, and what of it stands there.
    places: IxVec<PathIx, Option<(RecordIx, Part)>>,
    out: Walk,
}

impl<'a> Walker<'a> {
    fn new(history: &'a History, versions: &'a Versions, deployment_items: &'a FxHashSet<String>) -> Self {
        let mut out = Walk::default();
        let absent = out.values.intern(Value::Absent);
        debug_assert_eq!(absent, ABSENT);
        let (exists, text, scope) =
            (out.keys.intern(Key::Exists), out.keys.intern(Key::Text), out.keys.intern(Key::Scope));
        let body = out.keys.intern(Key::Body);
        let present = out.values.intern(Value::Present);
        let (unchecked, checked) = (out.values.intern(Value::Unchecked), out.values.intern(Value::Checked));
        Walker {
            history,
            versions,
            made: Vec::with_capacity(history.commits.len()),
            sides: Sides::new(history.commits.len()),
            law: Law::new(history),
            shapes: FxHashMap::default(),
            fields: FxHashMap::default(),
            deployment_items,
            deploying: FxHashSet::default(),
            exists,
            text,
            scope,
            body,
            present,
            unchecked,
            checked,
            places: IxVec::default(),
            out,
        }
    }

    fn commit(&mut self, position: usize) {
        let parents = &self.history.commits[position].parents;
        let number = u32::try_from(position).expect("fewer than four billion commits");
        let mut files = self.changed_files(position);
        if let [first, _, ..] = parents[..] {
            for record in self.made_beside(number, parents) {
                files.entry(record).or_insert_with(|| self.files_at(first, record));
            }
        }
        let mut updates: Vec<(RecordIx, Arc<Node>)> = Vec::with_capacity(files.len());
        for (record, files) in files {
            let nodes: Vec<Option<Arc<Node>>> = parents
                .iter()
                .map(|&parent| self.out.version(self.history, parent, record).cloned())
                .collect();
            match self.leading(record, &files, parents, &nodes) {
                // The merge has what the first parent has.
                Some(0) => {}
                Some(side) => updates.extend(nodes[side].clone().map(|node| (record, node))),
                None => updates.push((record, Arc::new(self.node(number, record, files, &nodes)))),
            }
        }
        let deployed = self.deployed(number);
        self.out.deployments.extend(deployed.into_iter().map(|record| (position, record)));
        let made: Box<[RecordIx]> = updates.iter().map(|(record, _)| *record).collect();
        for (record, node) in updates {
            self.out.versions[record].push((number, node));
        }
        for &record in &made {
            if self.out.ids[record].0 == RecordType::Decision {
                self.bind(number, record);
            }
        }
        self.made.push(made);
    }

    fn files_at(&self, at: usize, record: RecordIx) -> Files {
        let node = self.out.node(self.history, at, record);
        node.map_or_else(Files::default, |node| node.files.clone())
    }

    /// Records of which commits made a version that the other parents of a merge have in their history and the
    /// first has not. All else the first has already: what it descends from can neither own nor supersede more.
    fn made_beside(&mut self, merge: u32, parents: &[usize]) -> BTreeSet<RecordIx> {
        let mut made = BTreeSet::new();
        self.sides.begin(merge, parents);
        while let Some(commit) = self.sides.next_beside(&self.history.commits) {
            made.extend(self.made[commit].iter().copied());
        }
        made
    }

    /// The parent whose version of a record a merge has, files and all, when it descends from the other parents'
    /// versions: then the law gives the very cells that are there.
    fn leading(
        &self,
        record: RecordIx,
        files: &Files,
        parents: &[usize],
        nodes: &[Option<Arc<Node>>],
    ) -> Option<usize> {
        // What cannot be read goes by the first parent's state.
        let has_own_state = files.records.is_empty() || self.readable(record, files).is_some();
        if parents.len() < 2 || !has_own_state {
            return None;
        }
        (0..parents.len()).find(|&side| {
            let has_files = nodes[side].as_ref().is_some_and(|node| node.files == *files);
            let others = nodes.iter().enumerate().filter(|(other, _)| *other != side);
            let mut others = others.filter_map(|(_, node)| node.as_ref());
            has_files && others.all(|node| self.history.is_in_history(node.made as usize, parents[side]))
        })
    }

    /// Records in which a commit, whose transitions are the last noted, ticks an item that deploys.
    fn deployed(&self, commit: u32) -> BTreeSet<RecordIx> {
        let own = self.out.transitions.iter().rev().take_while(|transition| transition.commit == commit);
        own.filter(|transition| self.out.values.item(transition.to).is_ticked())
            .filter(|transition| self.deploying.contains(&transition.key))
            .map(|transition| transition.record)
            .collect()
    }

    /// The files of each record that the commit changes against its first parent.
    fn changed_files(&mut self, position: usize) -> BTreeMap<RecordIx, Files> {
        let commit = &self.history.commits[position];
        let mut changed: BTreeMap<RecordIx, Files> = BTreeMap::new();
        for change in &commit.changes {
            let (path, place) = self.place(&change.path);
            let Some((record, part)) = place else { continue };
            let files = changed.entry(record).or_insert_with(|| match commit.parents.first() {
                Some(&first) => self.files_at(first, record),
                None => Files::default(),
            });
            let files = match part {
                Part::Text => &mut files.records,
                Part::Approval => &mut files.detached,
                Part::Evidence => &mut files.evidence,
            };
            files.retain(|(existing, _)| *existing != path);
            files.extend(change.new.map(|file| (path, file)));
        }
        changed
    }

    /// The number of a path, and what it is a file of.
    fn place(&mut self, path: &str) -> (PathIx, Option<(RecordIx, Part)>) {
        if let Some(number) = self.out.paths.find(path) {
            return (number, self.places[number]);
        }
        let beside = detached_path(path)
            .map(|(id, ..)| (id, Part::Approval))
            .or_else(|| evidence_owner(path).map(|id| (id, Part::Evidence)));
        let place = match beside {
            Some((id, part)) => self.number(RecordType::Task, id).map(|record| (record, part)),
            None => self.record(path).map(|record| (record, Part::Text)),
        };
        self.places.push(place);
        (self.out.paths.intern(path.into()), place)
    }

    fn record(&mut self, path: &str) -> Option<RecordIx> {
        self.number(RecordType::of_path(path)?, RecordId::of_path(path)?)
    }

    /// The number of a record that is noted.
    fn number(&mut self, record_type: RecordType, id: RecordId) -> Option<RecordIx> {
        if let Some(record) = self.out.record(record_type, id.as_str()) {
            return Some(record);
        }
        let record = self.out.ids.push((record_type, id.clone()));
        self.out.versions.push(Vec::new());
        self.out.id_index.entry(id).or_default()[record_type as usize] = Some(record);
        Some(record)
    }

    /// The version of a record after a commit, by the law.
    fn node(&mut self, commit: u32, record: RecordIx, files: Files, parents: &[Option<Arc<Node>>]) -> Node {
        self.note_hidden(commit, record, &files, parents);
        let state = self.state(record, &files, parents.first().and_then(Option::as_ref));
        let transitions = self.out.transitions.len();
        let cells = match parents {
            [Some(only)] => {
                let made = |key, value, old: Option<&Cell>| self.cell(commit, record, key, value, &[old]);
                only.cells.after(&state, made)
            }
            _ => self.cells_after_several(commit, record, &state, parents),
        };
        let node = Node { made: commit, files, cells };
        let scope = node.cell(self.scope).map_or(ABSENT, |cell| cell.value);
        for transition in &mut self.out.transitions[transitions..] {
            transition.scope = scope;
        }
        if let ([(to, _)], Some(Some(before))) = (&node.files.records[..], parents.first())
            && let [(from, _)] = before.files.records[..]
            && from != *to
            && parents.len() == 1
        {
            self.out.moves.push(Move { commit, record, from, to: *to });
        }
        node
    }

    /// Notes who made a version that cannot be read, and who made it readable again. Until then the record is what it was,
    /// so that what was hidden would else be the act of whoever brings it to light.
    fn note_hidden(&mut self, commit: u32, record: RecordIx, files: &Files, parents: &[Option<Arc<Node>>]) {
        if files.records.is_empty() {
            return;
        }
        let before = || parents.iter().flatten().map(|node| &node.files);
        if before().any(|before| before.records == files.records) {
            return;
        }
        // Who brings back a decision that was taken out decides nothing by it, whoever wrote what it says.
        let was_gone =
            || parents.iter().flatten().next().is_some() && before().all(|files| files.records.is_empty());
        if self.out.ids[record].0 == RecordType::Decision && was_gone() {
            self.out.repairs.insert((commit as usize, record));
        }
        let is_hidden = |files: &Files| !files.records.is_empty() && self.readable(record, files).is_none();
        if is_hidden(files) {
            self.out.taints.push((commit as usize, record));
        } else if before().any(is_hidden) {
            self.out.repairs.insert((commit as usize, record));
        }
    }

    fn cells_after_several(
        &mut self,
        commit: u32,
        record: RecordIx,
        state: &[(KeyIx, ValueIx)],
        parents: &[Option<Arc<Node>>],
    ) -> Cells {
        let of_parents = parents.iter().flatten().flat_map(|node| node.cells.iter().map(|(key, _)| *key));
        let keys: BTreeSet<KeyIx> = of_parents.chain(state.iter().map(|(key, _)| *key)).collect();
        let values: BTreeMap<KeyIx, ValueIx> = state.iter().copied().collect();
        let mut cells = Vec::with_capacity(keys.len());
        for key in keys {
            let value = values.get(&key).copied().unwrap_or(ABSENT);
            let before: Vec<Option<&Cell>> =
                parents.iter().map(|node| node.as_ref().and_then(|node| node.cell(key))).collect();
            cells.push((key, self.cell(commit, record, key, value, &before)));
        }
        Cells::from_sorted(&cells)
    }

    /// A cell by the law; a new owner is noted.
    fn cell(
        &mut self,
        commit: u32,
        record: RecordIx,
        key: KeyIx,
        value: ValueIx,
        before: &[Option<&Cell>],
    ) -> Cell {
        let cell = self.law.after(commit, (record, key), value, before);
        if cell.owners.as_slice() == [commit] {
            let from = before.first().copied().flatten().map_or(ABSENT, |cell| cell.value);
            let kept = sides(value, before);
            self.out.transitions.push(Transition {
                commit,
                record,
                key,
                from,
                to: value,
                scope: ABSENT,
                kept,
            });
            self.withdraw(commit, record, key, value, before);
        }
        cell
    }

    /// Notes what a commit with a new state took away from its parents'.
    fn withdraw(&mut self, commit: u32, record: RecordIx, key: KeyIx, to: ValueIx, before: &[Option<&Cell>]) {
        let detached = matches!(self.out.keys.item(key), Key::Detached(_));
        // Another mark is another deployment, and takes no tick away.
        let is_ticked = self.out.values.item(to).is_ticked();
        for (position, cell) in before.iter().enumerate() {
            let Some(value) = cell.map(|cell| cell.value).filter(|value| *value != to && *value != ABSENT)
            else {
                continue;
            };
            let seen = before[..position].iter().flatten().any(|cell| cell.value == value);
            let is_taken = !is_ticked && self.out.values.item(value).is_ticked();
            if !seen && (detached || is_taken) {
                self.out.withdrawals.push(Withdrawal { commit, record, key, value });
            }
        }
    }
}

/// The parents of a merge that have a state, the first in the lowest bit.
fn sides(value: ValueIx, parents: &[Option<&Cell>]) -> u32 {
    if parents.len() < 2 {
        return 0;
    }
    let state = |cell: &Option<&Cell>| cell.map_or(ABSENT, |cell| cell.value);
    let agree = parents.iter().take(32).enumerate().filter(|(_, cell)| state(cell) == value);
    agree.fold(0, |sides, (place, _)| sides | 1 << place)
}
