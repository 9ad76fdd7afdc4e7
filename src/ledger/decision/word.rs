//! What the board has said in a decision, and until when it stands.

use crate::diagnostic::Code;
use crate::ledger::affirmed::affirmers;
use crate::ledger::approval::{Authors, scope_after};
use crate::ledger::authority::{Actor, role, trust, wanted};
use crate::ledger::context::Context;
use crate::ledger::evidence::unbound_since;
use crate::ledger::ix::{RecordIx, ValueIx};
use crate::ledger::law::ABSENT;
use crate::ledger::walk::{Binding, Key, Transition, Value};
use crate::record::{RecordId, RecordType, Verdict};

/// The board's word.
pub(in crate::ledger) struct Word<'a> {
    pub(in crate::ledger) verdict: Verdict,
    /// The commit that set it.
    pub(in crate::ledger) set: usize,
    /// What it is about; `None` when it lists nothing.
    pub(super) binding: Option<&'a Binding>,
    /// Tasks that the board took from its list without knowing of its word, or afterwards.
    unlisted: Vec<RecordIx>,
    /// What was on its list and did not exist, and is still on it.
    absent: Vec<&'a RecordId>,
}

/// The member of the board who did something to a decision; else why it is not the board's act, in words.
pub(in crate::ledger) fn by_board<'a>(
    context: &Context<'a>,
    record: RecordIx,
    commit: usize,
) -> Result<&'a str, (Code, String)> {
    let no = |why: String| Err((Code::DecisionRole, why));
    let facts = &context.sources.history.commits[commit];
    let short = facts.id.short();
    let Some(board) = context.sources.policy.board() else {
        return no("the policy has no review that a decision satisfies".to_owned());
    };
    if facts.parents.len() > 1 {
        return no(format!("{short} is a merge, which does not decide anything itself"));
    }
    if let Some(why) = context.nobodys(record, commit) {
        return no(why);
    }
    let person = role(context, commit, Actor::Author(&facts.author.email), &board.role)?;
    if trust(context, commit) < wanted(context.sources.policy.trust.approve) {
        return no(format!("{short} is only claimed to be {person}'s"));
    }
    Ok(person)
}

/// The verdict that a value is; `None` where it is none.
pub(in crate::ledger) fn verdict_of(value: &Value) -> Option<Verdict> {
    match value {
        Value::Json(json) => Verdict::parse(json.trim_matches('"')),
        _ => None,
    }
}

/// What the board has said last: of acts that do not know of each other the strictest, where taking a decision back is
/// stricter than to approve. `None` when it has never spoken, or has taken its word back.
pub(super) fn word<'a>(context: &Context<'a>, record: RecordIx) -> Option<Word<'a>> {
    let sets = of_board(context, record, "decision");
    let strictness = |set: &&Transition| match verdict_of(context.value(set.to)) {
        Some(Verdict::Approved) => 0,
        None => 1,
        Some(Verdict::NeedsChanges) => 2,
        Some(Verdict::Rejected) => 3,
    };
    let commit = |set: &Transition| set.commit as usize;
    let is_last = |set: &&&Transition| {
        !sets.iter().any(|other| other.commit != set.commit && context.in_history(commit(set), commit(other)))
    };
    let facts = &context.sources.history.commits;
    let last = sets.iter().filter(is_last).max_by_key(|set| {
        let facts = &facts[commit(set)];
        (strictness(set), facts.committer.time.seconds, facts.id)
    })?;
    let set = commit(last);
    let binding = context.binding(record, &[last.commit]);
    let lists = of_board(context, record, "changes");
    let unknown =
        lists.iter().filter(|change| commit(change) != set && !context.in_history(commit(change), set));
    let taken: Vec<RecordId> = unknown.flat_map(|change| taken_off(context, change)).collect();
    let tasks = binding.into_iter().flat_map(|binding| binding.scopes.iter().map(|(task, _)| *task));
    let unlisted = tasks.filter(|task| taken.contains(&context.sources.walk.ids[*task].1)).collect();
    let absent = binding.into_iter().flat_map(|binding| &binding.absent);
    let absent = absent.filter(|id| !taken.contains(id)).collect();
    Some(Word { verdict: verdict_of(context.value(last.to))?, set, binding, unlisted, absent })
}

/// What a commit itself took from a decision's list: what somebody else had taken off before is not the board's doing when
/// the board touches the list.
fn taken_off(context: &Context<'_>, change: &Transition) -> Vec<RecordId> {
    let after = context.value(change.to).texts();
    let gone = context.value(change.from).texts().into_iter().filter(|id| !after.contains(id));
    gone.filter_map(|id| RecordId::parse(&id).ok()).collect()
}

/// The board's own changes of a field of a decision in the view, parents before children.
fn of_board<'a>(context: &Context<'a>, record: RecordIx, field: &str) -> Vec<&'a Transition> {
    let mut changes = context.changes_of(record, field);
    changes.retain(|set| by_board(context, record, set.commit as usize).is_ok());
    changes
}

impl Word<'_> {
    /// Whether it is about a task.
    pub(super) fn is_on(&self, record: Option<RecordIx>, task: &RecordId) -> bool {
        let Some(binding) = self.binding else { return false };
        let listed = record.is_some_and(|record| {
            binding.scopes.iter().any(|(bound, _)| *bound == record) && !self.unlisted.contains(&record)
        });
        listed || self.absent.contains(&task)
    }

    /// The tasks that it is about, each with its scope when it was set.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (RecordIx, ValueIx)> {
        let scopes = self.binding.into_iter().flat_map(|binding| binding.scopes.iter().copied());
        scopes.filter(move |(task, _)| !self.unlisted.contains(task))
    }

    /// Why it no longer fits what was decided on, and the commit that made it so. Its own text is the board's to change:
    /// what others do to it changes nothing.
    pub(super) fn outdated(
        &self,
        context: &Context<'_>,
        record: RecordIx,
    ) -> Option<(String, Option<usize>)> {
        let owner = |record, key: &Key| {
            context.cell(record, key).and_then(|cell| context.latest(context.owners(cell)))
        };
        let short = |commit: Option<usize>| {
            commit.map_or_else(String::new, |commit| {
                format!(" in {}", context.sources.history.commits[commit].id.short())
            })
        };
        if let Some(changed) =
            self.edits(context, record).into_iter().find(|edit| by_board(context, record, *edit).is_ok())
        {
            return Some((format!("its own text changed{}", short(Some(changed))), Some(changed)));
        }
        let now = |task| context.cell(task, &Key::Scope).map_or(ABSENT, |cell| cell.value);
        if let Some((task, _)) = self.tasks().find(|(task, scope)| now(*task) != *scope) {
            let changed = owner(task, &Key::Scope);
            let id = &context.sources.walk.ids[task].1;
            return Some((format!("{id} changed{}", short(changed)), changed));
        }
        let unbound = |(task, _): (RecordIx, ValueIx)| {
            let why = unbound_since(context, task, self.set, None)?;
            Some((format!("{}: {why} when it was set", context.sources.walk.ids[task].1), None))
        };
        if let Some(unbound) = self.tasks().find_map(unbound) {
            return Some(unbound);
        }
        self.absent.iter().find_map(|id| {
            let task =
                context.record(RecordType::Task, id.as_str()).filter(|task| context.node(*task).is_some())?;
            let created = owner(task, &Key::Exists);
            Some((
                format!(
                    "{id} did not exist when it was set, but does{}",
                    short(created).replacen("in", "since", 1)
                ),
                created,
            ))
        })
    }

    /// Changes of the decision's own text of which the board did not know when it spoke; none where the text is the same
    /// again.
    pub(super) fn edits(&self, context: &Context<'_>, record: RecordIx) -> Vec<usize> {
        let now = context.cell(record, &Key::Scope).map(|cell| cell.value);
        if scope_after(context, record, self.set) == now {
            return Vec::new();
        }
        let transitions = context.transitions(record);
        let changes = transitions.iter().filter(|transition| *context.key(transition) == Key::Scope);
        let changes = changes.map(|transition| transition.commit as usize);
        changes.filter(|&change| !context.in_history(change, self.set)).collect()
    }

    /// Why everybody who stands behind it asked for a task or wrote a part of it, in words; `None` when somebody did not.
    /// Another member stands behind it by saying yes to the commit that set it.
    pub(super) fn alone(
        &self,
        context: &Context<'_>,
        requestors: &[String],
        authors: &Authors,
    ) -> Option<String> {
        let sources = &context.sources;
        let email = &sources.history.commits[self.set].author.email;
        let setter = context.judge(self.set).and_then(|policy| policy.person_by_email(email))?;
        let board = sources.policy.board()?;
        let own = |person: &str| {
            if requestors.iter().any(|requestor| requestor == person) {
                return Some("requested the decision".to_owned());
            }
            match authors.asked(person) {
                true => Some("requested the change".to_owned()),
                false => authors.is_author(person),
            }
        };
        let why = own(setter)?;
        let others = affirmers(context, self.set);
        let backed = others
            .into_iter()
            .any(|person| sources.policy.has_role(person, &board.role) && own(person).is_none());
        (!backed).then(|| format!("{setter}, who {why}"))
    }
}
