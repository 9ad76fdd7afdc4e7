//! How each thing of a record came to be in the state it is in, in words: who set it, who took it away, and
//! what merges did to it.

use serde::Serialize;

use super::context::Context;
use super::derive::Shown;
use super::ix::RecordIx;
use super::ix::{KeyIx, ValueIx};
use super::law::{ABSENT, Cell};
use super::sources::Sources;
use super::state::CommitRef;
use super::walk::{Key, Transition, Value};
use crate::record::{RecordId, RecordType};

/// What a story is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoryThing {
    /// An item of a checklist.
    Item,
    /// The text that approvals are bound to.
    Scope,
    /// A key of the frontmatter.
    Field,
    /// A detached approval.
    Detached,
    /// A file of evidence.
    Evidence,
}

/// The story of one item, key of the frontmatter, detached approval, or of the text that approvals bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Story {
    /// What it is.
    pub thing: StoryThing,
    /// The item's normalised text, the key, or the path; empty for the scope.
    pub name: String,
    /// How many items of the same text stand before it in the file.
    pub nth: u16,
    /// The present state: `ticked`, `unticked`, `absent`, a value as JSON text, or the hash of the scope.
    pub state: String,
    /// The owners of the present state, oldest first.
    pub by: Vec<CommitRef>,
    /// What happened to it, oldest first, in words.
    pub steps: Vec<String>,
}

/// The stories of a record at the commit that is judged, in the order of first appearance: items, the scope,
/// keys, detached approvals. Empty for a record that was never committed.
pub(super) fn stories(
    sources: Sources<'_>,
    shown: &[Shown],
    record_type: RecordType,
    id: &RecordId,
) -> Vec<Story> {
    let context = Context::new(sources, &Default::default(), shown);
    let Some(record) = context.record(record_type, id.as_str()) else { return Vec::new() };
    let mut keys: Vec<KeyIx> = Vec::new();
    for transition in context.transitions(record).iter() {
        if !keys.contains(&transition.key) {
            keys.push(transition.key);
        }
    }
    let mut stories: Vec<Story> = keys.into_iter().filter_map(|key| story(&context, record, key)).collect();
    stories.sort_by_key(|story| story.thing);
    stories
}

fn story(context: &Context<'_>, record: RecordIx, key: KeyIx) -> Option<Story> {
    let walk = context.sources.walk;
    let (thing, name) = match walk.keys.item(key) {
        Key::Item(item) => (StoryThing::Item, item.text.to_string()),
        Key::Scope => (StoryThing::Scope, String::new()),
        Key::Field(field) => (StoryThing::Field, field.to_string()),
        Key::Detached(path) => (StoryThing::Detached, path.to_string()),
        Key::Evidence(path) => (StoryThing::Evidence, path.to_string()),
        Key::Exists | Key::Text | Key::Body => return None,
    };
    let node = walk.node(context.sources.history, context.sources.tip, record);
    let cell: Option<&Cell> = node.and_then(|node| node.cell(key));
    let state = words_of(context, cell.map_or(ABSENT, |cell| cell.value));
    let by = cell.map_or_else(Vec::new, |cell| context.owners(cell));
    let transitions = context.transitions(record);
    let steps = transitions.iter().filter(|t| t.key == key).map(|t| step(context, t)).collect();
    let by = by.into_iter().map(|commit| context.evidence(commit)).collect();
    let nth = match walk.keys.item(key) {
        Key::Item(item) => item.nth,
        _ => 0,
    };
    Some(Story { thing, name, nth, state, by, steps })
}

fn words_of(context: &Context<'_>, value: ValueIx) -> String {
    match context.value(value) {
        Value::Absent => "absent".to_owned(),
        Value::Present | Value::Text(_) | Value::Body(_) => "present".to_owned(),
        Value::Unchecked => "unticked".to_owned(),
        Value::Checked => "ticked".to_owned(),
        Value::Deployed(mark) => format!("ticked (on {mark})"),
        Value::Scope(scope) => scope.to_string(),
        Value::Json(json) => json.to_string(),
    }
}

/// What a commit did to a thing by becoming the owner of its state.
fn step(context: &Context<'_>, transition: &Transition) -> String {
    let commit = transition.commit as usize;
    let facts = &context.sources.history.commits[commit];
    let short = facts.id.short();
    if facts.parents.len() < 2 {
        let by = context.evidence(commit);
        let who = by.person.as_deref().unwrap_or(&by.author);
        return format!("{} by {who} in {short}", verb(context, transition.from, transition.to));
    }
    let did = merge_verb(context, transition);
    let sides: Vec<usize> =
        (0..facts.parents.len()).filter(|side| transition.kept >> side & 1 == 1).collect();
    match sides[..] {
        [] => format!("{did} by the merge {short} itself, as no side of it has it"),
        [side] => {
            let parent = context.sources.history.commits[facts.parents[side]].id.short();
            format!("{did} by the merge {short}, which kept the side of its {} parent {parent}", nth(side))
        }
        _ => format!("{did} by the merge {short}, which kept what {} of its sides have", sides.len()),
    }
}

fn verb(context: &Context<'_>, from: ValueIx, to: ValueIx) -> String {
    match (context.value(from), context.value(to)) {
        (from, Value::Deployed(mark)) if from.is_ticked() => format!("deployed again (on {mark})"),
        (_, Value::Checked | Value::Deployed(_)) => "ticked".to_owned(),
        (Value::Checked | Value::Deployed(_), Value::Unchecked) => "unticked".to_owned(),
        (_, Value::Unchecked) => "added unticked".to_owned(),
        (_, Value::Absent) => "removed".to_owned(),
        (Value::Absent, Value::Scope(_) | Value::Text(_) | Value::Body(_) | Value::Present) => {
            "written".to_owned()
        }
        (_, Value::Scope(_) | Value::Text(_) | Value::Body(_) | Value::Present) => "changed".to_owned(),
        (_, Value::Json(json)) => format!("set to {json}"),
    }
}

/// What a merge did: a state that some side has comes back over a change that had superseded it.
fn merge_verb(context: &Context<'_>, transition: &Transition) -> String {
    let kept = transition.kept != 0;
    match context.value(transition.to) {
        Value::Checked | Value::Deployed(_) if kept => "brought back".to_owned(),
        Value::Checked | Value::Deployed(_) => "ticked".to_owned(),
        Value::Unchecked | Value::Absent => "taken away".to_owned(),
        Value::Json(json) if kept => format!("set back to {json}"),
        Value::Scope(_) | Value::Text(_) | Value::Body(_) | Value::Present if kept => "set back".to_owned(),
        _ => verb(context, transition.from, transition.to),
    }
}

fn nth(side: usize) -> String {
    match side {
        0 => "first".to_owned(),
        1 => "second".to_owned(),
        n => format!("{}th", n + 1),
    }
}
