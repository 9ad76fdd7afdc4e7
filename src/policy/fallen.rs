//! Built-in rules about environments, windows and reviews that a book's own lists no longer have.

use std::collections::BTreeSet;

use super::value::{Kind, Value};
use crate::record::{Risk, normalize_review};

/// Takes out of the built-in rules what the lists in force do not define. What the book itself names stays, and is an
/// error where nothing defines it.
pub(super) fn fall_away(mut merged: Value) -> Value {
    let environments = names(&merged, "environments");
    let windows = names(&merged, "windows");
    let reviews = Reviews::of(&merged);
    for risk in Risk::ALL {
        let Some(rule) = at_mut(&mut merged, &["risk", risk.as_str()]) else { continue };
        keep_text(rule, "window", &|window| windows.contains(window));
        keep_texts(rule, "windows", &|window| windows.contains(window));
        keep_texts(rule, "environments", &|environment| environments.contains(environment));
        keep_texts(rule, "roles", &|role| reviews.roles.contains(role));
        if !reviews.has_board {
            take_built_in(rule, "decision");
        }
    }
    let Some(Value { kind: Kind::Table(kinds), .. }) = at_mut(&mut merged, &["kinds"]) else { return merged };
    for kind in kinds.values_mut() {
        keep_texts(&mut kind.value, "items", &|item| !reviews.is_gone(item));
    }
    merged
}

/// The reviews in force, and those of the built-in default.
struct Reviews {
    texts: BTreeSet<String>,
    roles: BTreeSet<String>,
    has_board: bool,
    built_in: BTreeSet<String>,
}

impl Reviews {
    fn of(merged: &Value) -> Self {
        let (mut roles, mut has_board) = (BTreeSet::new(), false);
        for review in merged.get("reviews").into_iter().flat_map(Value::entries) {
            match &review.value.kind {
                Kind::String(role) => roles.insert(role.clone()),
                _ => {
                    has_board |= review.value.get("via").is_some();
                    continue;
                }
            };
        }
        let keys =
            |value: &Value| names(value, "reviews").iter().map(|text| normalize_review(text)).collect();
        Reviews { texts: keys(merged), roles, has_board, built_in: keys(&super::BUILTIN.value) }
    }

    /// Whether an item is a review of the built-in default that the book no longer has.
    fn is_gone(&self, item: &str) -> bool {
        let key = normalize_review(item);
        self.built_in.contains(&key) && !self.texts.contains(&key)
    }
}

fn at_mut<'v>(value: &'v mut Value, keys: &[&str]) -> Option<&'v mut Value> {
    let mut current = value;
    for key in keys {
        let Kind::Table(table) = &mut current.kind else { return None };
        current = &mut table.get_mut(*key)?.value;
    }
    Some(current)
}

/// The names that a top-level table, or array of tables, defines.
fn names(value: &Value, key: &str) -> BTreeSet<String> {
    match value.get(key).map(|value| &value.kind) {
        Some(Kind::Table(table)) => table.keys().cloned().collect(),
        Some(Kind::Array(values)) => values.iter().filter_map(Value::name).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

fn take_built_in(rule: &mut Value, key: &str) {
    let Kind::Table(table) = &mut rule.kind else { return };
    if table.get(key).is_some_and(|entry| !entry.value.own) {
        table.remove(key);
    }
}

fn keep_text(rule: &mut Value, key: &str, keep: &dyn Fn(&str) -> bool) {
    let gone = rule.get(key).is_some_and(|value| matches!(&value.kind, Kind::String(text) if !keep(text)));
    if gone {
        take_built_in(rule, key);
    }
}

fn keep_texts(rule: &mut Value, key: &str, keep: &dyn Fn(&str) -> bool) {
    let Some(Value { kind: Kind::Array(values), own: false, .. }) = at_mut(rule, &[key]) else { return };
    values.retain(|value| !matches!(&value.kind, Kind::String(text) if !keep(text)));
}
