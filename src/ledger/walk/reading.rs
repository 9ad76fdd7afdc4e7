//! What the versions of a record say, by the walk's numbers.

use std::sync::Arc;

use super::{Files, Key, Node, Value, Walker};
use crate::history::BlobId;
use crate::ledger::ix::{KeyIx, RecordIx, ValueIx};
use crate::ledger::law::ABSENT;
use crate::record::{Facts, RecordType, Shape};

/// Where the value of a key of a version stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Scope,
    Item(usize),
    Field(usize),
}

impl<'a> Walker<'a> {
    /// The values of a record's things, by key. A version that cannot be read, or that is one of several files
    /// of one ID, leaves everything but the text as it was: what it hides comes to light when it is repaired.
    pub(super) fn state(
        &mut self,
        record: RecordIx,
        files: &Files,
        before: Option<&Arc<Node>>,
    ) -> Vec<(KeyIx, ValueIx)> {
        let mut state = Vec::new();
        if !files.records.is_empty() {
            // The first two keys of all, so that the order by key holds.
            state.push((self.exists, self.present));
            let first = files.records.iter().map(|(_, file)| file.blob).min().unwrap_or(BlobId([0; 20]));
            state.push((self.text, self.out.values.intern(Value::Text(first))));
            self.record_state(record, files, before, &mut state);
        }
        let beside = files.detached.iter().map(|file| (file, Key::Detached as fn(Box<str>) -> Key));
        let beside =
            beside.chain(files.evidence.iter().map(|file| (file, Key::Evidence as fn(Box<str>) -> Key)));
        let mut is_sorted = true;
        for ((path, file), key) in beside {
            // A link or a submodule is no approval; as evidence it is told of as what cannot be read.
            if !file.is_regular() && matches!(key("".into()), Key::Detached(_)) {
                continue;
            }
            let (key, value) = (key(self.out.paths.item(*path).clone()), Value::Text(file.blob));
            state.push((self.out.keys.intern(key), self.out.values.intern(value)));
            is_sorted = false;
        }
        if !is_sorted {
            state.sort_unstable();
        }
        state
    }

    /// What the one file of a record says; `None` where it cannot be read, or there is another number of them.
    pub(super) fn readable(&self, record: RecordIx, files: &Files) -> Option<&'a Facts> {
        let record_type = self.out.ids[record].0;
        match files.records[..] {
            [(_, file)] if file.is_regular() => {
                self.versions.get(&(record_type, file.blob)).filter(|facts| facts.readable)
            }
            _ => None,
        }
    }

    fn record_state(
        &mut self,
        record: RecordIx,
        files: &Files,
        before: Option<&Arc<Node>>,
        state: &mut Vec<(KeyIx, ValueIx)>,
    ) {
        match (self.readable(record, files), before) {
            (Some(facts), _) => {
                self.read_state(facts, state);
                if self.out.ids[record].0 == RecordType::Runbook {
                    state.push((self.body, self.out.values.intern(Value::Body(facts.body))));
                    state.sort_unstable();
                }
            }
            (None, Some(node)) => {
                let kept = node.cells.iter().filter(|(key, cell)| {
                    cell.value != ABSENT
                        && *key > self.text
                        && !matches!(self.out.keys.item(*key), Key::Detached(_) | Key::Evidence(_))
                });
                state.extend(kept.map(|(key, cell)| (*key, cell.value)));
            }
            (None, None) => {}
        }
    }

    /// What a version says, by key.
    fn read_state(&mut self, facts: &'a Facts, state: &mut Vec<(KeyIx, ValueIx)>) {
        let places = self.places_of(&facts.shape);
        let fields = self.values_of(&facts.values);
        let scope = facts.scope.map_or(ABSENT, |scope| self.out.values.intern(Value::Scope(scope)));
        state.extend(places.iter().map(|&(key, place)| {
            let value = match place {
                Place::Scope => scope,
                Place::Item(item) if facts.ticks[item] => match facts.mark(item) {
                    Some(mark) => self.out.values.intern(Value::Deployed(Arc::clone(mark))),
                    None => self.checked,
                },
                Place::Item(_) => self.unchecked,
                Place::Field(field) => fields[field],
            };
            (key, value)
        }));
    }

    fn places_of(&mut self, shape: &'a Arc<Shape>) -> Arc<[(KeyIx, Place)]> {
        if let Some(places) = self.shapes.get(&Arc::as_ptr(shape)) {
            return Arc::clone(places);
        }
        let keys = &mut self.out.keys;
        let mut places = Vec::with_capacity(shape.items.len() + shape.fields.len() + 1);
        for (place, item) in shape.items.iter().enumerate() {
            let key = keys.intern(Key::Item(item.clone()));
            if self.deployment_items.contains(&*item.text) {
                self.deploying.insert(key);
            }
            places.push((key, Place::Item(place)));
        }
        let fields = shape.fields.iter().enumerate();
        places.extend(
            fields.map(|(place, field)| (keys.intern(Key::Field(Arc::clone(field))), Place::Field(place))),
        );
        places.push((self.scope, Place::Scope));
        places.sort_unstable_by_key(|(key, _)| *key);
        let places: Arc<[(KeyIx, Place)]> = places.into();
        self.shapes.insert(Arc::as_ptr(shape), Arc::clone(&places));
        places
    }

    fn values_of(&mut self, values: &'a Arc<[Arc<str>]>) -> Arc<[ValueIx]> {
        if let Some(numbers) = self.fields.get(&values.as_ptr()) {
            return Arc::clone(numbers);
        }
        let json = values.iter().map(|value| self.out.values.intern(Value::Json(Arc::clone(value))));
        let numbers: Arc<[ValueIx]> = json.collect();
        self.fields.insert(values.as_ptr(), Arc::clone(&numbers));
        numbers
    }
}
