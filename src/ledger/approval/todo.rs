//! What is open about an approval that is asked for: who could give it, and the one thing to do.

use std::collections::BTreeSet;

use super::Judged;
use super::authors::Authors;
use crate::diagnostic::Code;
use crate::ledger::context::Context;
use crate::ledger::state::Approval;
use crate::policy::Trust;
use crate::record::{Details, RecordType, Risk};

/// Adds to each approval that is asked for and does not count who could give it and what to do. What was judged at a deployment
/// is over: nothing that is done now changes it.
pub(super) fn complete(context: &Context<'_>, judged: &Judged<'_>, approvals: &mut [Approval]) {
    if judged.deployment.is_some() || approvals.iter().all(|approval| approval.valid) {
        return;
    }
    let asks_authors = judged.risk > Risk::Low || judged.task.emergency.is_some();
    let authors = asks_authors.then(|| judged.authors(context, context.sources.tip));
    let counted: BTreeSet<String> = approvals
        .iter()
        .filter(|approval| approval.valid && approval.decision.is_none())
        .flat_map(Approval::people)
        .map(str::to_owned)
        .collect();
    let roles: BTreeSet<String> = approvals
        .iter()
        .filter(|approval| !is_boards(context, approval))
        .map(|approval| approval.role.clone())
        .collect();
    for approval in approvals.iter_mut().filter(|approval| approval.required && !approval.valid) {
        approval.open_to = open_to(context, judged, authors.as_ref(), approval, &roles, &counted);
        approval.todo = todo(context, judged, authors.as_ref(), approval);
    }
}

fn is_boards(context: &Context<'_>, approval: &Approval) -> bool {
    context.sources.policy.is_boards(&approval.role, &approval.text)
}

/// The people who could give an approval, by key.
fn open_to(
    context: &Context<'_>,
    judged: &Judged<'_>,
    authors: Option<&Authors>,
    approval: &Approval,
    roles: &BTreeSet<String>,
    counted: &BTreeSet<String>,
) -> Vec<String> {
    let policy = context.sources.policy;
    let board = is_boards(context, approval);
    let may = |person: &str| match approval.role.as_str() {
        "*" => !counted.contains(person) && roles.iter().any(|role| policy.has_role(person, role)),
        role => policy.has_role(person, role),
    };
    // Nobody decides alone on what they asked for or wrote.
    let decision = approval
        .decision
        .as_ref()
        .and_then(|id| context.parsed(context.record(RecordType::Decision, id.as_str())?));
    let asked_too = match decision.map(|record| &record.details) {
        Some(Details::Decision(decision)) => decision.requestor.as_deref(),
        _ => None,
    };
    let is_author = |person: &str| {
        let asked = || board && [judged.task.requestor.as_deref(), asked_too].contains(&Some(person));
        asked() || authors.is_some_and(|authors| authors.is_author(person).is_some())
    };
    policy.people.keys().filter(|person| may(person) && !is_author(person)).cloned().collect()
}

/// The one thing to do about an approval that does not count.
fn todo(
    context: &Context<'_>,
    judged: &Judged<'_>,
    authors: Option<&Authors>,
    approval: &Approval,
) -> Option<String> {
    let id = &context.sources.walk.ids[judged.record].1;
    if approval.code == Some(Code::AuthorUnknown) {
        return Some(authors?.unknown.first()?.todo(context));
    }
    if is_boards(context, approval) {
        return board_todo(id.as_str(), approval);
    }
    if approval.open_to.is_empty() {
        let role = &approval.role;
        return Some(format!(
            "add somebody to the role `{role}` who is not an author; nobody else can approve"
        ));
    }
    let policy = context.sources.policy;
    let has_item =
        judged.parsed.items.iter().any(|item| {
            policy.review_of_item(&item.key.text).is_some_and(|review| review.role == approval.role)
        });
    let has_keys = |person: &String| policy.people.get(person).is_some_and(|person| !person.keys.is_empty());
    let role = match approval.role.as_str() {
        "*" => String::new(),
        role => format!(" --role {role}"),
    };
    let signed = policy.trust.approve == Trust::Signed || approval.open_to.iter().all(has_keys);
    let needs_item = !policy.merges_rewrite() && !role.is_empty();
    let sign = if signed || needs_item && !has_item { " --sign" } else { "" };
    Some(format!("changebook approve {id}{role}{sign}"))
}

fn board_todo(id: &str, approval: &Approval) -> Option<String> {
    match (&approval.decision, approval.code) {
        (_, Some(Code::DecisionRejected)) => {
            Some("revise the proposal and submit it to the board again".to_owned())
        }
        (None, _) => Some(format!("changebook new decision \"Review of {id}\" --change {id}")),
        (Some(decision), _) => Some(decide_command(decision.as_str())),
    }
}

/// The command by which a member of the board approves.
pub(crate) fn decide_command(decision: &str) -> String {
    format!("changebook decide {decision} approved")
}
