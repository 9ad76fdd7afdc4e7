//! What a push to the trunk may not bring: the rules of a server's hook.
//!
//! Judged is what the push adds, at the state that the trunk would have, by the rules that every view uses. What
//! was wrong before it is not held against it.

use std::collections::BTreeSet;

use super::state::{Approval, RecordState, State};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::history::{Commit, History};
use crate::policy::Policy;
use crate::record::{Details, Verdict, normalize_review};

/// A push to the trunk.
pub struct Push<'a> {
    /// History of the old and the new tip.
    pub history: &'a History,
    /// The trunk's tip before; `None` when the push makes the trunk.
    pub old: Option<usize>,
    /// Its tip after.
    pub new: usize,
    /// The policy in force before.
    pub policy: &'a Policy,
    /// The policy after, which may list people that it brings with it.
    pub policy_after: &'a Policy,
    /// The state after.
    pub state: &'a State,
    /// Everything that is wrong after.
    pub diagnostics: &'a [Diagnostic],
    /// What of that was wrong before.
    pub known: &'a dyn Fn(&Diagnostic) -> bool,
}

/// Why a push is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule.
    pub code: Code,
    /// Where: a commit, or a file with its line and column.
    pub place: String,
    /// What is there, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Refusal {
    /// Something that is wrong in a file.
    pub fn of(found: &Diagnostic) -> Self {
        Refusal {
            code: found.code,
            place: format!("{}:{}:{}", found.path, found.line, found.column),
            message: found.message.clone(),
            help: found.help.clone().unwrap_or_else(|| found.code.remedy().to_owned()),
        }
    }
}

/// Why no branch may be called so: its name would mean another one to those who read it, or could be taken for one.
/// `reference` is the full name of what is pushed.
pub fn refused_name(reference: &str) -> Option<Refusal> {
    const PREFIXES: [&str; 6] = ["origin/", "refs/", "remotes/", "heads/", "tags/", "-"];
    const NAMES: [&str; 7] = ["head", "origin", "@", "fetch_head", "orig_head", "merge_head", "rebase_head"];
    let branch = reference.strip_prefix("refs/heads/");
    let folded = branch.unwrap_or(reference).to_ascii_lowercase();
    let is_id = folded.len() == 40 && folded.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_refused = match branch {
        Some(_) => {
            PREFIXES.iter().any(|prefix| folded.starts_with(prefix)) || NAMES.contains(&&*folded) || is_id
        }
        // Where a clone keeps the branches of its remote: nobody pushes them.
        None => folded.starts_with("refs/remotes/"),
    };
    is_refused.then(|| Refusal {
        code: Code::BranchName,
        place: reference.to_owned(),
        message: "the name could mean another branch".to_owned(),
        help: Code::BranchName.remedy().to_owned(),
    })
}

/// Everything for which a push is refused, in the order of the rules; empty when it may go through.
pub fn judge_push(push: &Push<'_>) -> Vec<Refusal> {
    if let Some(rewritten) = rewritten(push) {
        // What is new cannot be told from what was rewritten.
        return vec![rewritten];
    }
    let new = new_commits(push);
    let mut refusals = Vec::new();
    if push.old.is_some() {
        refusals.extend(new.iter().filter_map(|&commit| malformed(&push.history.commits[commit])));
        refusals.extend(new.iter().filter_map(|&commit| unlisted(push, commit)));
        refusals.extend(policy_changes(push, &new));
        refusals.extend(push.state.records.iter().flat_map(|record| acts(push, record, &new)));
    }
    let errors = push.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    refusals.extend(errors.filter(|found| !(push.known)(found)).map(Refusal::of));
    refusals
}

/// The trunk's commits stay on its first-parent line.
fn rewritten(push: &Push<'_>) -> Option<Refusal> {
    let old = push.old?;
    let commits = &push.history.commits;
    let (old_id, new_id) = (commits[old].id.short(), commits[push.new].id.short());
    let (message, help) = if !push.history.is_in_history(old, push.new) {
        (
            format!(
                "the trunk's tip {old_id} is not in the history of {new_id}: the trunk would be rewritten"
            ),
            "fetch, then merge the trunk or rebase onto it; never force-push to it",
        )
    } else if !push.history.first_parent_line(push.new).contains(&old) {
        (
            format!("the trunk's tip {old_id} is in the history of {new_id} only as a side branch"),
            "merge the branch into the trunk, not the trunk into the branch",
        )
    } else {
        return None;
    };
    Some(Refusal { code: Code::HistoryRewritten, place: new_id, message, help: help.to_owned() })
}

fn new_commits(push: &Push<'_>) -> BTreeSet<usize> {
    let had = push.old.map(|old| push.history.reachable(old));
    let has = push.history.reachable(push.new);
    let is_new = |commit: &usize| has[*commit] && !had.as_ref().is_some_and(|had| had[*commit]);
    (0..push.history.commits.len()).filter(is_new).collect()
}

fn malformed(commit: &Commit) -> Option<Refusal> {
    let why = commit.malformed.as_ref()?;
    Some(Refusal {
        code: Code::CommitMalformed,
        place: commit.id.short(),
        message: format!("tools disagree on what this commit says: {why}"),
        help: "make the change again with `git commit`".to_owned(),
    })
}

/// Records and the policy are written by people of the policy. A merge writes nothing of its own that counts.
fn unlisted(push: &Push<'_>, commit: usize) -> Option<Refusal> {
    let facts = &push.history.commits[commit];
    let before = facts.parents.first().and_then(|&parent| push.history.commits[parent].policy);
    let what = match facts.changes.first() {
        _ if facts.parents.len() > 1 => return None,
        Some(change) => &*change.path,
        None if facts.policy != before => "the policy",
        None => return None,
    };
    let is_listed = |policy: &Policy| policy.person_by_email(&facts.author.email).is_some();
    if push.policy.people.is_empty() || is_listed(push.policy) || is_listed(push.policy_after) {
        return None;
    }
    Some(Refusal {
        code: Code::AuthorUnknown,
        place: facts.id.short(),
        message: format!("{} changes {what} but is not listed in the policy", facts.author.email),
        help: "commit with a listed address, or have this one listed in policy.toml first".to_owned(),
    })
}

/// Powers that the push grants to those who make it, and changes of the policy by those who may not.
fn policy_changes(push: &Push<'_>, new: &BTreeSet<usize>) -> Vec<Refusal> {
    let of_policy = |found: &&Diagnostic| {
        matches!(found.code, Code::PolicySelfGrant | Code::PolicyRole | Code::PolicyUnreviewed)
    };
    let brought = |found: &Diagnostic| {
        let commits = new.iter().map(|&commit| &push.history.commits[commit]);
        commits.map(|commit| commit.id.short()).find(|short| found.message.contains(short.as_str()))
    };
    let found = push.diagnostics.iter().filter(of_policy);
    let refusal = |found: &Diagnostic| {
        Some(Refusal {
            code: found.code,
            place: brought(found)?,
            message: found.message.clone(),
            help: found.code.remedy().to_owned(),
        })
    };
    found.filter_map(refusal).collect()
}

/// Approvals and decisions that the push brings and that can never count.
fn acts(push: &Push<'_>, record: &RecordState, new: &BTreeSet<usize>) -> Vec<Refusal> {
    let refusal = |approval: &Approval| {
        let by = approval.by.as_ref()?;
        let commit = push.history.position(by.commit).filter(|commit| new.contains(commit))?;
        let code = approval.code.filter(|code| is_void(push, record, approval, *code))?;
        Some(Refusal {
            code,
            place: format!("{} in {}", record.name, push.history.commits[commit].id.short()),
            message: approval.detail.clone(),
            help: approval.todo.clone().unwrap_or_else(|| code.remedy().to_owned()),
        })
    };
    record.approvals.iter().filter_map(refusal).collect()
}

/// Whether an act was void when it was made, and is none that only has lost its worth or is waiting.
fn is_void(push: &Push<'_>, record: &RecordState, approval: &Approval, code: Code) -> bool {
    match code {
        Code::ApprovalSelf | Code::ApprovalRole | Code::ApprovalUnsigned => true,
        // Ticked, and nobody's: a merge did it.
        Code::ApprovalMissing => is_ticked(record, &approval.text),
        Code::DecisionMissing => {
            let decision = approval.decision.as_ref().and_then(|id| push.state.record(id.as_str()));
            let verdict = decision.and_then(|decision| match &decision.record.details {
                Details::Decision(decision) => decision.decision,
                _ => None,
            });
            let of_board = decision.and_then(|decision| decision.verdict);
            verdict.is_some_and(|verdict| verdict != Verdict::NeedsChanges || of_board != Some(verdict))
        }
        _ => false,
    }
}

fn is_ticked(record: &RecordState, text: &str) -> bool {
    let text = normalize_review(text);
    record.items.iter().any(|item| item.checked && normalize_review(&item.text) == text)
}
