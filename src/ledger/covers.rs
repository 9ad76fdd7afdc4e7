//! Commits that a task takes on after they have landed: `covers` in its frontmatter.
//!
//! They are its work in every way. A task that was cancelled or rejected covers nothing.

use std::collections::BTreeSet;

use super::context::Context;
use super::decision::{in_force, listing};
use super::gate::text_field;
use super::ix::{RecordIx, ValueIx};
use super::policy_line::PolicyLine;
use super::walk::{Key, Transition, Walk};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::History;
use crate::record::{Record, RecordType, Task, Verdict};

/// The key of the frontmatter.
const KEY: &str = "covers";

/// Fewer digits than git shows could soon mean another commit.
const MIN_DIGITS: usize = 7;

/// What tasks cover, as the commit that is read has it.
#[derive(Debug, Default)]
pub struct Covers(Vec<Covered>);

/// What a task covers by one entry of its list.
#[derive(Debug)]
pub(super) struct Covered {
    pub(super) task: RecordIx,
    /// The entry.
    pub(super) name: String,
    /// The commit that it names, and all that a merge brought; parents before children.
    pub(super) commits: Vec<usize>,
}

/// Why an entry covers nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfit {
    NotAnId,
    Unknown,
    Ambiguous,
    NotLanded,
}

impl Covers {
    /// Of all tasks at a commit.
    pub fn new(history: &History, walk: &Walk, line: &PolicyLine, tip: usize) -> Self {
        let Some(key) = walk.keys.find(&Key::Field(KEY.into())) else { return Covers::default() };
        let mut found = Vec::new();
        for task in walk.records_of(RecordType::Task) {
            let node = walk.node(history, tip, task).filter(|node| !node.files.records.is_empty());
            let Some(cell) = node.and_then(|node| node.cell(key)) else {
                continue;
            };
            for name in walk.values.item(cell.value).texts() {
                if let Ok(commit) = named(history, line, &name) {
                    found.push(Covered { task, name, commits: brought(history, commit) });
                }
            }
        }
        Covers(found)
    }

    /// Whether no task covers anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The commits, some of them more than once.
    pub fn commits(&self) -> impl Iterator<Item = usize> {
        self.0.iter().flat_map(|covered| &covered.commits).copied()
    }

    /// Those of the tasks that stand in the view: neither cancelled nor rejected by the board.
    pub(super) fn in_force(&self, context: &Context<'_>) -> Vec<&Covered> {
        self.0.iter().filter(|covered| !is_given_up(context, covered.task)).collect()
    }

    /// Those of one task.
    pub(super) fn of(&self, task: RecordIx) -> impl Iterator<Item = &Covered> {
        self.0.iter().filter(move |covered| covered.task == task)
    }
}

/// Whether a task was cancelled or rejected.
fn is_given_up(context: &Context<'_>, task: RecordIx) -> bool {
    let id = &context.sources.walk.ids[task].1;
    let decisions = listing(context, task);
    let word = in_force(context, &decisions, id).filter(|decision| decision.is_on(Some(task), id));
    let is_rejected = word
        .and_then(|decision| decision.word.as_ref())
        .is_some_and(|word| word.verdict == Verdict::Rejected);
    is_rejected || text_field(context, task, "cancelled").is_some()
}

/// The landed commit that an entry names.
fn named(history: &History, line: &PolicyLine, name: &str) -> Result<usize, Unfit> {
    let is_id = (MIN_DIGITS..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Unfit::NotAnId);
    }
    let found: Vec<usize> = history.positions_of(&name.to_ascii_lowercase()).collect();
    let landed: Vec<usize> = found.iter().copied().filter(|&commit| line.landing(commit).is_some()).collect();
    match (&landed[..], found.is_empty()) {
        ([only], _) => Ok(*only),
        ([], true) => Err(Unfit::Unknown),
        ([], false) => Err(Unfit::NotLanded),
        _ => Err(Unfit::Ambiguous),
    }
}

/// A commit, with all that it brought to its first parent where it is a merge.
fn brought(history: &History, commit: usize) -> Vec<usize> {
    let [first, _, ..] = history.commits[commit].parents[..] else { return vec![commit] };
    let mut found = BTreeSet::from([commit]);
    let mut open: Vec<usize> = history.commits[commit].parents.clone();
    while let Some(other) = open.pop() {
        if !history.is_in_history(other, first) && found.insert(other) {
            open.extend(&history.commits[other].parents);
        }
    }
    found.into_iter().collect()
}

/// The commit that put commits on a task's list: of several entries the last.
pub(super) fn recorded(context: &Context<'_>, task: RecordIx, commits: &[usize]) -> Option<usize> {
    let entries = context.sources.covers.of(task);
    let of_these: Vec<&str> = entries
        .filter(|covered| covered.commits.iter().any(|commit| commits.contains(commit)))
        .map(|covered| covered.name.as_str())
        .collect();
    let lists = |value: ValueIx, name: &str| context.value(value).texts().iter().any(|listed| listed == name);
    let puts = |change: &&Transition| {
        of_these.iter().any(|name| lists(change.to, name) && !lists(change.from, name))
    };
    let changes = context.changes_of(task, KEY).into_iter();
    context.latest(changes.filter(puts).map(|change| change.commit as usize))
}

/// Entries of a task's list that cover nothing.
pub(super) fn unfit(context: &Context<'_>, parsed: &Record, task: &Task) -> Vec<Diagnostic> {
    let (history, line) = (context.sources.history, context.sources.line);
    let list = parsed.field(KEY).map_or(0..0, |field| field.value_span.clone());
    let wrong = |name: &String| {
        let why = match named(history, line, name).err()? {
            Unfit::NotAnId => "is not a commit ID (7 to 40 hexadecimal digits)",
            Unfit::Unknown => "is not a commit in this history",
            Unfit::Ambiguous => "matches several commits",
            Unfit::NotLanded => "has not landed on the trunk",
        };
        let found = parsed.source.get(list.clone()).and_then(|text| text.find(&format!("\"{name}\"")));
        let span = found.map_or(list.clone(), |at| list.start + at..list.start + at + name.len() + 2);
        let message = format!("`covers`: `{name}` {why}");
        let found = Diagnostic::error(Code::CoversUnknown, &parsed.path, &parsed.source, span, message);
        Some(found.with_help(Code::CoversUnknown.remedy()))
    };
    task.covers.iter().filter_map(wrong).collect()
}
