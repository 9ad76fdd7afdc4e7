//! When a task has nothing left to do: one rule for its status and for those that depend on it.

use super::approval::tickers;
use super::context::Context;
use super::decision::listing;
use super::environment::environments;
use super::ix::RecordIx;
use super::state::Approval;
use super::subject::Subject;
use super::walk::Key;
use crate::record::{Details, Item, Record};

/// The commits that met every item of a task: each is ticked, or the review that it is about is met. `None` while one is
/// open.
pub(super) fn items_met(
    context: &Context<'_>,
    record: RecordIx,
    parsed: &Record,
    approvals: &[Approval],
) -> Option<Vec<usize>> {
    let mut proofs = Vec::new();
    for item in &parsed.items {
        let ticks = ticks(context, record, item);
        let review = context.sources.policy.review_of_item(&item.key.text);
        let met = review.and_then(|review| {
            approvals.iter().find(|approval| approval.role == review.role && approval.valid)
        });
        match (ticks.is_empty(), met.and_then(|approval| approval.by.as_ref())) {
            (false, _) => proofs.extend(ticks),
            (true, Some(by)) => proofs.extend(context.sources.history.position(by.commit)),
            (true, None) => return None,
        }
    }
    Some(proofs)
}

/// Whether a task is applied, or done, in the view: its final environment is deployed, or without one it has items and
/// all are met; and it is not cancelled.
pub(super) fn is_finished(context: &Context<'_>, record: RecordIx) -> bool {
    if context.cell(record, &Key::Field("cancelled".into())).is_some() {
        return false;
    }
    if let Some(last) = environments(context, record).last() {
        return last.deployed;
    }
    let mut items = context.items(record).peekable();
    if items.peek().is_none() {
        return false;
    }
    let ticked = |item| !tickers(context, context.cell(record, &Key::Item(item))).is_empty();
    if items.all(|item| ticked(item.clone())) {
        return true;
    }
    let Some(parsed) = context.parsed_alike(record) else { return false };
    let Details::Task(task) = &parsed.details else { return false };
    let id = &context.sources.walk.ids[record].1;
    let (approvals, _) = Subject { context, record, id, parsed, task }.now(&listing(context, record));
    items_met(context, record, parsed, &approvals).is_some()
}

/// Who ticked an item.
pub(super) fn ticks(context: &Context<'_>, record: RecordIx, item: &Item) -> Vec<usize> {
    tickers(context, context.cell(record, &Key::Item(item.key.clone())))
}
