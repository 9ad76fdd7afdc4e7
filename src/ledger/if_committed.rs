//! What a text that is not committed yet would mean if it were: for whoever edits it, before anybody is surprised.

use std::ops::Range;

use super::state::{Approval, RecordState, Status};
use crate::diagnostic::Code;
use crate::policy::Policy;
use crate::record::{Details, Item, Record, normalize_review, scope_hash};

/// One thing that a commit of the text would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// What in the text does it: an item, or the title for the text as a whole.
    pub span: Range<usize>,
    /// In a few words, beginning with a verb: `makes the approval by kim (security) stale`.
    pub text: String,
}

/// Everything that a commit of `record` as it reads now would do to what is committed. Empty for a text that says
/// the same, and for one that is broken.
pub fn if_committed(state: &RecordState, record: &Record, policy: &Policy) -> Vec<Consequence> {
    if record.is_broken() || record.source == state.record.source {
        return Vec::new();
    }
    let mut found = of_scope(state, record, policy);
    found.extend(record.items.iter().filter_map(|item| of_item(state, item, policy)));
    found.extend(of_decision(state, record));
    found
}

/// Approvals rest on the text.
fn of_scope(state: &RecordState, record: &Record, policy: &Policy) -> Vec<Consequence> {
    let scope = scope_hash(record, &policy.scope);
    // What was deployed keeps the approvals that it had then.
    let is_frozen = matches!(state.status, Status::Applied | Status::Done | Status::RolledBack);
    if is_frozen || state.scope == Some(scope) {
        return Vec::new();
    }
    let title = record.field("title").map_or(0..0, |field| field.key_span.clone());
    let is_stale =
        |approval: &&Approval| matches!(approval.code, Some(Code::ApprovalStale | Code::DecisionOutdated));
    let lost = state.approvals.iter().filter(|approval| approval.valid && approval.person.is_some());
    let lost = lost.map(|approval| match approval.decision {
        Some(_) => format!("makes the decision {} outdated", approval.text),
        None => format!("makes the approval by {} stale", by(approval)),
    });
    let won = state.approvals.iter().filter(is_stale).filter(|approval| approval.scope == Some(scope));
    let won = won.map(|approval| format!("brings back the text that {} approved", by(approval)));
    let own = (state.status == Status::Approved && matches!(record.details, Details::Decision(_)))
        .then(|| "makes this decision outdated".to_owned());
    lost.chain(won).chain(own).map(|text| Consequence { span: title.clone(), text }).collect()
}

fn by(approval: &Approval) -> String {
    format!("{} ({})", approval.person.as_deref().unwrap_or("nobody"), approval.role)
}

/// A tick, or the end of one.
fn of_item(state: &RecordState, item: &Item, policy: &Policy) -> Option<Consequence> {
    let known = state.items.iter().find(|known| known.key == item.key);
    if known.map_or(!item.checked, |known| known.checked == item.checked) {
        return None;
    }
    let review = policy.review_of_item(&item.key.text);
    let environment = policy.environment_for_item(&item.text);
    let text = match (item.checked, review, environment) {
        (true, Some(review), _) if !review.via_decision => {
            format!("approves as {}: counts for a member who is not an author", review.role)
        }
        (true, _, Some(environment)) => format!("records a deployment to {}", environment.name),
        (false, Some(review), _) if !review.via_decision => {
            let same = |approval: &&Approval| {
                normalize_review(&approval.text) == review.key && approval.person.is_some()
            };
            match state.approvals.iter().find(same) {
                Some(approval) => format!("withdraws the approval by {}", by(approval)),
                None => format!("withdraws the approval for {}", review.role),
            }
        }
        (false, _, Some(environment)) => format!("records a rollback in {}", environment.name),
        _ => return None,
    };
    Some(Consequence { span: item.mark.clone(), text })
}

/// The board's word.
fn of_decision(state: &RecordState, record: &Record) -> Option<Consequence> {
    let (Details::Decision(old), Details::Decision(new)) = (&state.record.details, &record.details) else {
        return None;
    };
    let field = record.field("decision").or_else(|| record.field("title"))?;
    let text = match new.decision {
        now if now == old.decision => return None,
        Some(verdict) => format!("decides: {}", verdict.as_str()),
        None => "withdraws the decision".to_owned(),
    };
    Some(Consequence { span: field.key_span.clone(), text })
}
