//! A record's history in words: what each commit did to it.

use std::collections::BTreeMap;

use super::context::Context;
use super::decision::by_board;
use super::deployment::told;
use super::ix::RecordIx;
use super::law::ABSENT;
use super::state::{Event, EventKind};
use super::walk::{Key, Transition, Value};
use crate::record::{ItemKey, RecordType, Verdict, evidence_path};

/// Events of a record in the tip's history, parents before children. `text_of` gives an item's text as shown.
pub(super) fn events(
    context: &Context<'_>,
    record: RecordIx,
    text_of: &dyn Fn(&ItemKey) -> String,
) -> Vec<Event> {
    let mut by_commit: BTreeMap<usize, Vec<EventKind>> = BTreeMap::new();
    for group in context.transitions(record).chunk_by(|a, b| a.commit == b.commit) {
        let kinds = of_commit(context, record, group, text_of);
        by_commit.entry(group[0].commit as usize).or_default().extend(kinds);
    }
    for moved in context.moves(record).iter() {
        let path = |number| context.sources.walk.paths.item(number).to_string();
        by_commit
            .entry(moved.commit as usize)
            .or_default()
            .push(EventKind::Moved { from: path(moved.from), to: path(moved.to) });
    }
    for &commit in context.work(record).iter() {
        by_commit.entry(commit).or_default().push(EventKind::Worked);
    }
    by_commit
        .into_iter()
        .flat_map(|(commit, kinds)| {
            let (by, merge) =
                (context.evidence(commit), context.sources.history.commits[commit].parents.len() > 1);
            kinds.into_iter().map(move |kind| Event { by: by.clone(), kind, merge })
        })
        .collect()
}

fn of_commit(
    context: &Context<'_>,
    record: RecordIx,
    group: &[&Transition],
    text_of: &dyn Fn(&ItemKey) -> String,
) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    let existence = group.iter().find(|t| *context.key(t) == Key::Exists);
    match existence.map(|t| t.to == ABSENT) {
        Some(true) => return vec![EventKind::Removed],
        Some(false) => kinds.push(EventKind::Created),
        None => {}
    }
    let created = existence.is_some();
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let mut other_change = false;
    for transition in group {
        match context.key(transition) {
            Key::Item(item) => match (context.value(transition.from), context.value(transition.to)) {
                (_, to) if to.is_ticked() => kinds.push(EventKind::Ticked { item: text_of(item) }),
                (from, Value::Unchecked) if from.is_ticked() => {
                    kinds.push(EventKind::Unticked { item: text_of(item) });
                }
                // A merge that takes another side's tick away changes nothing of its first parent.
                (_, Value::Unchecked) if took_away(context, record, transition) => {
                    kinds.push(EventKind::Unticked { item: text_of(item) });
                }
                (Value::Absent, _) if !created => added.push(text_of(item)),
                (_, Value::Absent) => removed.push(text_of(item)),
                _ => {}
            },
            Key::Field(field) if !created || &**field == "decision" => {
                kinds.push(field_event(context, record, field, transition));
            }
            Key::Evidence(path) => kinds.push(evidence_event(context, path, transition)),
            Key::Scope | Key::Text if !created => other_change = true,
            _ => {}
        }
    }
    kinds.extend(deployments(context, group));
    if !added.is_empty() || !removed.is_empty() {
        kinds.push(EventKind::ItemsChanged { added, removed });
    }
    let says_more = kinds.iter().any(|kind| !matches!(kind, EventKind::Created));
    let scope_changed = group.iter().any(|t| *context.key(t) == Key::Scope);
    if !created && scope_changed {
        kinds.push(EventKind::ScopeChanged);
    } else if other_change && !says_more {
        kinds.push(EventKind::Noted);
    }
    kinds
}

/// Whether a merge took a tick away that some side of it has.
fn took_away(context: &Context<'_>, record: RecordIx, transition: &Transition) -> bool {
    let mut withdrawals = context.withdrawals(record).iter();
    withdrawals.any(|taken| taken.commit == transition.commit && taken.key == transition.key)
}

/// What the ticks and unticks of deployment items mean, once for each environment.
fn deployments(context: &Context<'_>, group: &[&Transition]) -> Vec<EventKind> {
    let mut kinds: Vec<EventKind> = Vec::new();
    for transition in group {
        let Key::Item(item) = context.key(transition) else { continue };
        let Some(environment) = context.sources.policy.environment_deployed_by(&item.text) else {
            continue;
        };
        let environment = environment.name.clone();
        let kind = match (context.value(transition.from), context.value(transition.to)) {
            (_, to) if to.is_ticked() => EventKind::Deployed { environment },
            (from, Value::Unchecked) if from.is_ticked() => {
                let commit = transition.commit as usize;
                let trailers = &context.sources.history.commits[commit].trailers;
                let told = told(context, commit, transition.record, &trailers.rolled_back, &environment);
                let reason = told.map(str::to_owned);
                EventKind::RolledBack { environment, reason }
            }
            _ => continue,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// What a tool found was recorded, or taken out.
fn evidence_event(context: &Context<'_>, path: &str, transition: &Transition) -> EventKind {
    let place = evidence_path(path).map_or_else(|| path.to_owned(), |(_, key)| key.words());
    let Value::Text(blob) = context.value(transition.to) else { return EventKind::TookOut { place } };
    match context.sources.evidence.get(blob) {
        Some(Ok(file)) => {
            let content = &file.content;
            EventKind::Recorded { noun: content.noun().to_owned(), place, line: content.headline() }
        }
        Some(Err(error)) => {
            EventKind::Recorded { noun: "evidence".to_owned(), place, line: error.to_string() }
        }
        None => EventKind::Recorded { noun: "evidence".to_owned(), place, line: String::new() },
    }
}

/// A field took another value. A verdict that somebody set who is not of the board is no more than that.
fn field_event(context: &Context<'_>, record: RecordIx, field: &str, set: &Transition) -> EventKind {
    let json = match context.value(set.to) {
        Value::Json(json) => Some(json.to_string()),
        _ => None,
    };
    let is_decision = context.sources.walk.ids[record].0 == RecordType::Decision;
    if is_decision && field == "decision" && by_board(context, record, set.commit as usize).is_ok() {
        let verdict = json.and_then(|json| Verdict::parse(json.trim_matches('"')));
        return EventKind::Decided { verdict };
    }
    EventKind::FieldSet { field: field.to_owned(), value: json }
}
