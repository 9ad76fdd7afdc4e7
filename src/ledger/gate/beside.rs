//! What the trunk had taken away before a deployment landed, or would have where a revision is judged as landed: nothing
//! rests on that (`docs/design.md#gate-and-audit`). For approvals see `docs/approvals.md`.

use super::{Case, Requirement, unmet};
use crate::diagnostic::Code;
use crate::ledger::decision::{by_board, verdict_of};
use crate::ledger::ix::RecordIx;
use crate::ledger::subject::Subject;
use crate::ledger::walk::{Key, Value};
use crate::record::{ItemKey, Verdict};

impl Case<'_, '_> {
    /// The trunk before the landing, where that is beside what is judged.
    pub(super) fn trunk_beside(&self) -> Option<usize> {
        let context = self.subject.context;
        let landing = self
            .deployment
            .and_then(|deployment| context.landing(deployment).filter(|landing| *landing != deployment));
        let before = landing.and_then(|landing| context.sources.history.commits[landing].parents.first());
        before.copied().or(self.onto)
    }

    /// The commit of the trunk that took an item's tick away, of which the view knows nothing.
    pub(super) fn unticked_beside(&self, record: RecordIx, item: &ItemKey) -> Option<usize> {
        let context = self.subject.context;
        let trunk = self.trunk_beside()?;
        let key = Key::Item(item.clone());
        let taken = context
            .transitions_beside(record, trunk)
            .filter(|transition| *context.key(transition) == key)
            .filter(|transition| context.value(transition.from).is_ticked())
            .find(|transition| !context.value(transition.to).is_ticked());
        taken.map(|transition| transition.commit as usize)
    }

    /// Cancelled on the trunk.
    pub(super) fn cancelled_beside(&self) -> Option<Requirement> {
        let commit = self.field_beside(self.subject.record, "cancelled")?;
        let by = self.subject.context.evidence(commit);
        let detail = format!("the trunk cancelled it in {}", by.commit.short());
        Some(Requirement { by: Some(by), ..unmet(Code::Cancelled, detail) })
    }

    /// The board said something on the trunk that the view does not know of: no more than that shuts it where the board
    /// has approved, and a word against the task always.
    pub(super) fn decision_beside(&self, is_approved: bool) -> Option<Requirement> {
        let Subject { context, record, .. } = self.subject;
        let decisions = context.listed_in(record).iter();
        let said = decisions.filter_map(|&decision| {
            let (commit, verdict) = self.word_beside(decision)?;
            let code = match verdict {
                Some(Verdict::Approved) => return None,
                Some(Verdict::Rejected) => Code::DecisionRejected,
                Some(Verdict::NeedsChanges) | None => Code::DecisionOutdated,
            };
            let lists = context
                .binding(decision, &[u32::try_from(commit).ok()?])
                .is_some_and(|binding| binding.scopes.iter().any(|(task, _)| *task == record));
            if !is_approved && (verdict.is_none() || !lists) {
                return None;
            }
            let by = context.evidence(commit);
            let id = &context.sources.walk.ids[decision].1;
            let word = verdict.map_or("nothing", Verdict::as_str);
            let detail = format!("{id} was set to {word} on the trunk in {}", by.commit.short());
            Some(Requirement { by: Some(by), ..unmet(code, detail) })
        });
        said.max_by_key(|requirement| requirement.code == Code::DecisionRejected)
    }

    /// What the board said last in a decision on the trunk, and the view does not know of.
    fn word_beside(&self, decision: RecordIx) -> Option<(usize, Option<Verdict>)> {
        let context = self.subject.context;
        let is_boards = |commit| by_board(context, decision, commit).is_ok();
        let (last, value) = self.last_beside(decision, "decision", &is_boards)?;
        Some((last, verdict_of(value)))
    }

    /// The last commit that gave a field a value on the trunk, of which the view does not know.
    fn field_beside(&self, record: RecordIx, field: &str) -> Option<usize> {
        let (last, value) = self.last_beside(record, field, &|_| true)?;
        matches!(value, Value::Json(_)).then_some(last)
    }

    /// The last change of a field on the trunk, of which the view does not know, among the commits that count; with what it
    /// made of the field.
    fn last_beside(
        &self,
        record: RecordIx,
        field: &str,
        counts: &dyn Fn(usize) -> bool,
    ) -> Option<(usize, &Value)> {
        let context = self.subject.context;
        let key = Key::Field(field.into());
        let changes: Vec<_> = context
            .transitions_beside(record, self.trunk_beside()?)
            .filter(|change| *context.key(change) == key && counts(change.commit as usize))
            .collect();
        let last = context.latest(changes.iter().map(|change| change.commit as usize))?;
        let change = changes.into_iter().find(|change| change.commit as usize == last)?;
        Some((last, context.value(change.to)))
    }
}
