//! Whom a record waits for: who could approve or decide now.

use std::collections::BTreeSet;

use super::context::Context;
use super::derive::Book;
use super::state::{RecordState, Status};
use crate::diagnostic::Code;
use crate::record::Details;

/// The people, by the policy's names, who could give an approval that is asked for and open, or set a decision
/// that is pending or outdated. A task that waits for the board alone waits for nobody: its decision does.
pub(super) fn waiting_for(context: &Context<'_>, book: &Book<'_>, state: &RecordState) -> Vec<String> {
    match &state.record.details {
        Details::Task(_) if is_open(state.status) => {
            let open = state.approvals.iter().filter(|approval| approval.required && !approval.valid);
            let of_people = open.filter(|approval| !is_boards(approval.code));
            let people: BTreeSet<&String> = of_people.flat_map(|approval| &approval.open_to).collect();
            people.into_iter().cloned().collect()
        }
        Details::Decision(decision) if matches!(state.status, Status::Pending | Status::Outdated) => {
            let tasks = decision.changes.iter().filter_map(|id| book.records.get(id.as_str()));
            let requestors: BTreeSet<&str> = tasks
                .filter_map(|record| match &record.details {
                    Details::Task(task) => task.requestor.as_deref(),
                    _ => None,
                })
                .chain(decision.requestor.as_deref())
                .collect();
            let policy = context.sources.policy;
            let Some(board) = policy.board() else {
                return Vec::new();
            };
            let members = policy.role_members(&board.role).into_iter();
            members.filter(|person| !requestors.contains(person)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn is_boards(code: Option<Code>) -> bool {
    matches!(code, Some(Code::DecisionMissing | Code::DecisionRejected | Code::DecisionOutdated))
}

fn is_open(status: Status) -> bool {
    use Status::{Approved, Developing, InReview, NeedsChanges, Proposed, RolledBack, Staged};
    matches!(status, Proposed | Developing | InReview | Approved | NeedsChanges | Staged | RolledBack)
}
