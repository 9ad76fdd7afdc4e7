//! The board's decisions: where each stands, and what it means for the tasks it lists (`docs/approvals.md#the-board`).
//!
//! A verdict is the board's word when a member set it. It stands until a member takes it back: what anybody else does to
//! the file changes nothing for the tasks that were on its list when the board spoke, and is shown as what it is.

mod approval;
mod claim;
mod condition;
mod word;

use super::approval::Authors;
use super::context::Context;
use super::gate::text_field;
use super::ix::{RecordIx, ValueIx};
use super::law::ABSENT;
use super::state::Status;
use super::walk::{Key, Value};
use crate::record::{RecordId, RecordType, Verdict};
pub(super) use approval::{board_approval, refusal};
pub(super) use claim::{deleted, not_the_boards};
pub(super) use condition::Condition;
pub(super) use word::{Word, by_board, verdict_of};

/// A decision as it stands.
pub(super) struct DecisionState<'a> {
    pub(super) record: RecordIx,
    pub(super) id: &'a RecordId,
    /// The IDs that its file lists now.
    listed: Vec<String>,
    /// Who asked for it, as the file says now or said when it was set.
    requestors: Vec<String>,
    /// The board's word, where it has spoken.
    pub(super) word: Option<Word<'a>>,
    /// The verdict that the board has set and that is more than somebody's on their own proposal.
    pub(super) verdict: Option<Verdict>,
    pub(super) status: Status,
    /// The commit that proves the status.
    pub(super) evidence: Option<usize>,
    /// Why it is outdated.
    pub(super) outdated: Option<String>,
    pub(super) conditions: Vec<Condition<'a>>,
    /// What the file says and the board has not said.
    pub(super) claim: Option<claim::Claim>,
}

impl DecisionState<'_> {
    /// Conditions that nobody has met, in words.
    pub(super) fn open_conditions(&self) -> Vec<String> {
        self.conditions.iter().filter(|condition| condition.is_open()).map(|open| open.text.clone()).collect()
    }

    /// Whether the board has spoken on a task.
    pub(super) fn is_on(&self, record: Option<RecordIx>, task: &RecordId) -> bool {
        self.word.as_ref().is_some_and(|word| word.is_on(record, task))
    }
}

/// Every decision of the view, by number: those that are there, and those that were taken out by somebody who is not of
/// the board after the board had spoken.
pub(super) fn decisions<'a>(context: &Context<'a>) -> Vec<DecisionState<'a>> {
    let decisions = context.sources.walk.records_of(RecordType::Decision);
    decisions.filter_map(|record| of_record(context, record)).collect()
}

/// The decisions of the view that ever listed a task.
pub(super) fn listing<'a>(context: &Context<'a>, task: RecordIx) -> Vec<DecisionState<'a>> {
    context.listed_in(task).iter().filter_map(|&record| of_record(context, record)).collect()
}

/// Derives one decision.
fn of_record<'a>(context: &Context<'a>, record: RecordIx) -> Option<DecisionState<'a>> {
    let (record_type, id) = &context.sources.walk.ids[record];
    let word = word::word(context, record).filter(|_| *record_type == RecordType::Decision);
    let stands = context.node(record).is_some();
    if !stands && word.is_none() || *record_type != RecordType::Decision {
        return None;
    }
    let listed = context.cell(record, &Key::Field("changes".into())).map(|cell| context.value(cell.value));
    let listed = listed.map(Value::texts).unwrap_or_default();
    let requestors = requestors(context, record, word.as_ref());
    let created = context.cell(record, &Key::Exists).and_then(|cell| context.latest(context.owners(cell)));
    let outdated = word.as_ref().and_then(|word| word.outdated(context, record));
    let alone = word.as_ref().and_then(|word| word_alone(context, word, &requestors));
    let (status, evidence) = match &word {
        None => (Status::Pending, created),
        Some(word) => match (word.verdict, &outdated) {
            (Verdict::Approved, _) if alone.is_some() => (Status::Pending, created),
            (_, Some((_, commit))) => (Status::Outdated, commit.or(Some(word.set))),
            (Verdict::Approved, None) => (Status::Approved, Some(word.set)),
            (Verdict::NeedsChanges, None) => (Status::NeedsChanges, Some(word.set)),
            (Verdict::Rejected, None) => (Status::Rejected, Some(word.set)),
        },
    };
    Some(DecisionState {
        record,
        id,
        listed,
        requestors,
        verdict: word.as_ref().filter(|_| alone.is_none()).map(|word| word.verdict),
        status,
        evidence,
        outdated: outdated.map(|(why, _)| why),
        conditions: condition::conditions(context, record, word.as_ref()),
        claim: claim::claim(context, record, word.as_ref(), alone),
        word,
    })
}

/// Who asked for a decision: as its file says, and as it said when the board spoke.
fn requestors(context: &Context<'_>, record: RecordIx, word: Option<&Word<'_>>) -> Vec<String> {
    let then = word.map(|word| context.at(word.set, context.sources.policy));
    let views = std::iter::once(context).chain(&then);
    let mut requestors: Vec<String> =
        views.filter_map(|view| text_field(view, record, "requestor")).collect();
    requestors.dedup();
    requestors
}

/// Why an approval is nobody's but the proposer's, in words: everybody who stands behind it asked for or wrote each of
/// its tasks.
fn word_alone(context: &Context<'_>, word: &Word<'_>, requestors: &[String]) -> Option<String> {
    if word.verdict != Verdict::Approved {
        return None;
    }
    let own = |(task, scope): (RecordIx, ValueIx)| {
        let authors = Authors::of(context, task, text_field(context, task, "requestor").as_deref(), word.set);
        (scope != ABSENT).then(|| word.alone(context, requestors, &authors)).flatten()
    };
    let mut tasks = word.tasks();
    let first = own(tasks.next()?)?;
    tasks.all(|task| own(task).is_some()).then_some(first)
}

/// The decision in force on a task: of those in which the board has spoken on it the one that has all others in its
/// history, else the strictest; else one that lists it.
pub(super) fn in_force<'s, 'a>(
    context: &Context<'_>,
    decisions: &'s [DecisionState<'a>],
    task: &RecordId,
) -> Option<&'s DecisionState<'a>> {
    let record = context.record(RecordType::Task, task.as_str());
    let spoken: Vec<(&DecisionState<'_>, &Word<'_>)> = decisions
        .iter()
        .filter(|decision| decision.is_on(record, task))
        .filter_map(|decision| Some((decision, decision.word.as_ref()?)))
        .collect();
    let last = spoken
        .iter()
        .find(|(_, last)| spoken.iter().all(|(_, other)| context.in_history(other.set, last.set)));
    let strictest = || spoken.iter().max_by_key(|(_, word)| word.verdict);
    let lists = |decision: &&DecisionState<'_>| decision.listed.iter().any(|id| id == task.as_str());
    let spoken_on = last.or_else(strictest).map(|(decision, _)| *decision);
    spoken_on.or_else(|| decisions.iter().find(lists))
}
