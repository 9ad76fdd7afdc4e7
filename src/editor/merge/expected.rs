//! What a merge of three versions must say: per item, key and section what either side made of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Versions;
use crate::record::{Record, normalize};

/// What comes of a thing of which each version has a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome<T> {
    /// Both sides agree, or only one of them changed it.
    Settled(T),
    /// Both changed it, and differently.
    Conflict,
}

/// The rule of every merge: what one side alone changed counts.
pub(super) fn three_way<T: PartialEq>(versions: Versions<T>) -> Outcome<T> {
    let Versions { base, ours, theirs } = versions;
    if ours == theirs || theirs == base {
        Outcome::Settled(ours)
    } else if ours == base {
        Outcome::Settled(theirs)
    } else {
        Outcome::Conflict
    }
}

/// Items of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Items {
    /// Each one is known by its number: its box, or `None` where it is not there.
    Known(Vec<Outcome<Option<bool>>>),
    /// The sides added or removed some of several: only their number and the number of ticks can be told.
    Counted { n: i64, n_checked: i64 },
}

/// What the merged record must say.
#[derive(Debug)]
pub(super) struct Expected {
    items: BTreeMap<String, Items>,
    /// How many sections of each title there are.
    sections: BTreeMap<String, Outcome<usize>>,
    fields: Option<Value>,
}

impl Expected {
    pub(super) fn new(records: Versions<&Record>) -> Self {
        let boxes = records.map(boxes);
        let titles = records.map(titles);
        let item = |text: &String| (text.clone(), items(boxes.as_ref().map(|all| all.get(text))));
        let section = |title: &String| {
            let counts = titles.as_ref().map(|all| all.get(title).copied().unwrap_or(0));
            (title.clone(), three_way(counts))
        };
        Expected {
            items: keys(&boxes).iter().map(item).collect(),
            sections: keys(&titles).iter().map(section).collect(),
            fields: merged_value(records.map(|record| Some(fields(record)))).flatten(),
        }
    }

    /// What becomes of an item, where that can be told.
    pub(super) fn item(&self, text: &str, nth: usize) -> Option<&Outcome<Option<bool>>> {
        match self.items.get(text)? {
            Items::Known(states) => states.get(nth),
            Items::Counted { .. } => None,
        }
    }

    /// Whether a record says all of it and no more.
    pub(super) fn is_met_by(&self, record: &Record) -> bool {
        let (boxes, titles) = (boxes(record), titles(record));
        let items = boxes.keys().chain(self.items.keys()).all(|text| {
            let found = boxes.get(text).map(Vec::as_slice).unwrap_or_default();
            self.items.get(text).is_some_and(|items| items_are(items, found))
        });
        let sections = titles.keys().chain(self.sections.keys()).all(|title| {
            let found = titles.get(title).copied().unwrap_or(0);
            self.sections.get(title) == Some(&Outcome::Settled(found))
        });
        let fields_fit =
            || self.fields.as_ref().is_some_and(|expected| ordered(expected) == ordered(&fields(record)));
        !record.is_broken() && items && sections && fields_fit()
    }

    /// Whether a record with one side of every conflict taken says nothing that neither side said: each item
    /// that it has is in the state that was settled, and `other`, the record with the other side taken, has
    /// what is not in it.
    pub(super) fn is_not_contradicted_by(&self, record: &Record, other: &Record) -> bool {
        let (found, elsewhere) = (boxes(record), boxes(other));
        let states = |boxes: &BTreeMap<String, Vec<bool>>, text: &str, nth: usize| {
            boxes.get(text).and_then(|states| states.get(nth).copied())
        };
        let items = self.items.iter().all(|(text, items)| match items {
            Items::Known(known) => known.iter().enumerate().all(|(nth, outcome)| {
                let Outcome::Settled(expected) = outcome else { return true };
                let here = states(&found, text, nth);
                here == *expected || (here.is_none() && states(&elsewhere, text, nth) == *expected)
            }),
            Items::Counted { .. } => {
                // A side that dropped the section has none of them.
                let here = found.get(text).map(Vec::as_slice).unwrap_or_default();
                found.get(text) == elsewhere.get(text) || items_are(items, here)
            }
        });
        let known = found.keys().all(|text| self.items.contains_key(text));
        !record.is_broken() && items && known
    }
}

/// The boxes of each text, in the order of the file.
fn boxes(record: &Record) -> BTreeMap<String, Vec<bool>> {
    let mut boxes: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for item in &record.items {
        boxes.entry(normalize(&item.text)).or_default().push(item.checked);
    }
    boxes
}

/// For each item its text, and how many of that text stand before it, in whichever section: who moves one from the notes
/// into a checklist has moved it.
pub(super) fn places(record: &Record) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let place = |item: &crate::record::Item| {
        let text = normalize(&item.text);
        let count = counts.entry(text.clone()).or_default();
        *count += 1;
        (text, *count - 1)
    };
    record.items.iter().map(place).collect()
}

/// How many sections of each title there are.
fn titles(record: &Record) -> BTreeMap<String, usize> {
    let mut titles: BTreeMap<String, usize> = BTreeMap::new();
    for section in &record.sections {
        *titles.entry(normalize(&section.title)).or_default() += 1;
    }
    titles
}

fn keys<T>(maps: &Versions<BTreeMap<String, T>>) -> BTreeSet<String> {
    [&maps.base, &maps.ours, &maps.theirs].iter().flat_map(|map| map.keys().cloned()).collect()
}

fn fields(record: &Record) -> Value {
    let fields = record.fields.iter().map(|field| (field.key.clone(), field.value.clone()));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn items(boxes: Versions<Option<&Vec<bool>>>) -> Items {
    let states = boxes.map(|states| states.map(Vec::as_slice).unwrap_or_default());
    let counts = states.map(<[bool]>::len);
    let most = counts.base.max(counts.ours).max(counts.theirs);
    if most <= 1 || (counts.base == counts.ours && counts.ours == counts.theirs) {
        let outcome = |nth: usize| three_way(states.map(|states| states.get(nth).copied()));
        return Items::Known((0..most).map(outcome).collect());
    }
    let sum = |versions: Versions<i64>| versions.ours + versions.theirs - versions.base;
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Items::Counted {
        n: sum(counts.map(count)),
        n_checked: sum(states.map(|states| count(states.iter().filter(|checked| **checked).count()))),
    }
}

fn items_are(items: &Items, found: &[bool]) -> bool {
    match items {
        Items::Known(states) => {
            let settled = |(nth, outcome): (usize, &Outcome<Option<bool>>)| {
                *outcome == Outcome::Settled(found.get(nth).copied())
            };
            found.len() <= states.len() && states.iter().enumerate().all(settled)
        }
        Items::Counted { n, n_checked } => {
            let checked = found.iter().filter(|checked| **checked).count();
            i64::try_from(found.len()) == Ok(*n) && i64::try_from(checked) == Ok(*n_checked)
        }
    }
}

/// The merge of a value; tables by key, lists of plain values by element. `None` for a conflict.
pub(super) fn merged_value(versions: Versions<Option<Value>>) -> Option<Option<Value>> {
    if let Outcome::Settled(value) = three_way(versions.as_ref()) {
        return Some(value.clone());
    }
    match (versions.base, versions.ours, versions.theirs) {
        (base, Some(Value::Object(ours)), Some(Value::Object(theirs))) => {
            let base = match base {
                None => Map::new(),
                Some(Value::Object(base)) => base,
                Some(_) => return None,
            };
            merged_table(&Versions { base, ours, theirs })
        }
        (Some(Value::Array(base)), Some(Value::Array(ours)), Some(Value::Array(theirs))) => {
            merged_list(&Versions { base, ours, theirs }).map(Value::Array).map(Some)
        }
        _ => None,
    }
}

fn merged_table(tables: &Versions<Map<String, Value>>) -> Option<Option<Value>> {
    let all = [&tables.base, &tables.ours, &tables.theirs];
    let keys: BTreeSet<&String> = all.iter().flat_map(|table| table.keys()).collect();
    let mut merged = Map::new();
    for key in keys {
        let value = merged_value(tables.as_ref().map(|table| table.get(key).cloned()))?;
        merged.extend(value.map(|value| (key.clone(), value)));
    }
    Some(Some(Value::Object(merged)))
}

/// What either side added or removed; the order is not looked at.
fn merged_list(lists: &Versions<Vec<Value>>) -> Option<Vec<Value>> {
    let is_plain = |list: &Vec<Value>| list.iter().all(|value| value.is_string() || value.is_number());
    let is_set = |list: &Vec<Value>| list.iter().enumerate().all(|(at, value)| !list[..at].contains(value));
    let all = [&lists.base, &lists.ours, &lists.theirs];
    if !all.iter().all(|list| is_plain(list) && is_set(list)) {
        return None;
    }
    let stays = |value: &&Value| {
        !lists.base.contains(value) || (lists.ours.contains(value) && lists.theirs.contains(value))
    };
    let mut merged: Vec<Value> = lists.ours.iter().filter(stays).cloned().collect();
    let more: Vec<Value> =
        lists.theirs.iter().filter(stays).filter(|value| !merged.contains(value)).cloned().collect();
    merged.extend(more);
    Some(merged)
}

/// A value in which order makes no difference.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(ordered).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        Value::Object(table) => {
            let sorted: BTreeMap<&String, Value> =
                table.iter().map(|(key, value)| (key, ordered(value))).collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        other => other.clone(),
    }
}
