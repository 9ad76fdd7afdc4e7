//! What the board's word is worth to a task.

use super::word::Word;
use super::{DecisionState, in_force};
use crate::diagnostic::Code;
use crate::ledger::approval::Judged;
use crate::ledger::authority::trust;
use crate::ledger::context::Context;
use crate::ledger::state::Approval;
use crate::record::{RecordId, RecordType, Risk, Verdict};

/// The board's approval of a task: met only by its word in a decision that names the task, by somebody who neither asked
/// for it nor wrote it, and still bound to the same texts. `None` when nobody asks for it and no decision lists the task.
pub(in crate::ledger) fn board_approval(
    context: &Context<'_>,
    decisions: &[DecisionState<'_>],
    task: &RecordId,
    judged: &Judged<'_>,
) -> Option<Approval> {
    let policy = context.sources.policy;
    let review = policy.board()?;
    let required = policy.risk_rule(judged.risk).decision && judged.task.emergency.is_none();
    let found = in_force(context, decisions, task);
    if !required && found.is_none() {
        return None;
    }
    let detail = format!("no decision record lists {task}");
    let missing = Approval::missing(&review.role, &review.text, Code::DecisionMissing, detail);
    let mut approval = Approval { required, decision: found.map(|decision| decision.id.clone()), ..missing };
    let Some(decision) = found else { return Some(approval) };
    let record = context.record(RecordType::Task, task.as_str());
    let Some(word) = decision.word.as_ref().filter(|word| word.is_on(record, task)) else {
        unspoken(context, decision, task, &mut approval);
        return Some(approval);
    };
    set_by(context, word.set, &mut approval);
    let bound = word.tasks().find(|(bound, _)| Some(*bound) == record);
    approval.scope = bound.and_then(|(_, scope)| context.scope(scope));
    approval.scope_at = approval.scope.map(|_| context.sources.history.commits[word.set].id);
    let (code, detail) = verdict(context, decision, word, judged);
    approval.valid = code.is_none();
    approval.code = code;
    approval.detail = detail;
    Some(approval)
}

/// Whose act it is.
fn set_by(context: &Context<'_>, commit: usize, approval: &mut Approval) {
    let email = &context.sources.history.commits[commit].author.email;
    let person = context.judge(commit).and_then(|policy| policy.person_by_email(email));
    approval.person = Some(person.unwrap_or(email).to_owned());
    approval.trust = Some(trust(context, commit));
    approval.by = Some(context.evidence(commit));
}

/// A decision that lists the task, and in which the board has not spoken on it.
fn unspoken(context: &Context<'_>, decision: &DecisionState<'_>, task: &RecordId, approval: &mut Approval) {
    let id = decision.id;
    approval.detail = match (&decision.word, &decision.claim) {
        (Some(_), _) => format!("{task} was not on the list of {id} when the board decided"),
        (None, Some(claim)) => {
            set_by(context, claim.commit, approval);
            format!("{id} was not set by the board: {}", claim.why)
        }
        (None, None) => format!("{id} is pending"),
    };
}

/// What keeps a word from being an approval, with its code; and in words what was found.
fn verdict(
    context: &Context<'_>,
    decision: &DecisionState<'_>,
    word: &Word<'_>,
    judged: &Judged<'_>,
) -> (Option<Code>, String) {
    let id = decision.id;
    let short = |commit: usize| context.sources.history.commits[commit].id.short();
    let missing = |why: String| (Some(Code::DecisionMissing), why);
    if let Some((code, said)) = against(id, word.verdict) {
        return (Some(code), said);
    }
    let authors = judged.authors(context, word.set);
    if let Some(why) = word.alone(context, &decision.requestors, &authors) {
        return missing(format!("{id} was set by {why}"));
    }
    if let Some(unknown) = authors.unknown.first().filter(|_| judged.risk > Risk::Low) {
        return (Some(Code::AuthorUnknown), unknown.detail(context));
    }
    let late = |deployment| word.set == deployment || !context.in_history(word.set, deployment);
    if judged.deployment.is_some_and(late) {
        return missing(format!("{id} was set with or after the deployment"));
    }
    if let Some(why) = &decision.outdated {
        return (Some(Code::DecisionOutdated), format!("{id} is outdated: {why}"));
    }
    if let Some(end) = judged.end(context, word.set, None) {
        let (kind, end) = (end.kind.as_str(), short(end.commit));
        return (Some(Code::DecisionOutdated), format!("{id} is older than {end}, in which it was {kind}"));
    }
    (None, approved_words(decision))
}

fn approved_words(decision: &DecisionState<'_>) -> String {
    match decision.open_conditions().len() {
        0 => format!("approved in {}", decision.id),
        1 => format!("approved in {}, 1 condition open", decision.id),
        n => format!("approved in {}, {n} conditions open", decision.id),
    }
}

/// The board's word against a task, which holds whatever the task's risk asks for: the commit, its code and what it says.
pub(in crate::ledger) fn refusal(
    context: &Context<'_>,
    decisions: &[DecisionState<'_>],
    task: &RecordId,
) -> Option<(usize, Code, String)> {
    let decision = in_force(context, decisions, task)?;
    let word = decision
        .word
        .as_ref()
        .filter(|word| word.is_on(context.record(RecordType::Task, task.as_str()), task))?;
    against(decision.id, word.verdict).map(|(code, said)| (word.set, code, said))
}

/// A verdict against what it is about, with its code.
fn against(id: &RecordId, verdict: Verdict) -> Option<(Code, String)> {
    match verdict {
        Verdict::Approved => None,
        Verdict::NeedsChanges => Some((Code::DecisionMissing, format!("{id} asks for changes"))),
        Verdict::Rejected => Some((Code::DecisionRejected, format!("{id} rejected it"))),
    }
}
