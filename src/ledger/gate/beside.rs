//! What the trunk had taken away before a deployment landed, or would have where a revision is judged as landed: nothing
//! rests on that (design, section 5). For approvals see the table of section 4.

use super::{Case, Requirement, unmet};
use crate::diagnostic::Code;
use crate::ledger::decision::{DecisionState, in_force};
use crate::ledger::walk::{Key, RecordIx, Value};
use crate::record::ItemKey;

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
        let commit = self.field_beside(self.subject.record, "cancelled").map(|(commit, _)| commit)?;
        let by = self.subject.context.evidence(commit);
        let detail = format!("the trunk cancelled it in {}", by.commit.short());
        Some(Requirement { by: Some(by), ..unmet(Code::Cancelled, detail) })
    }

    /// The board changed its mind on the trunk.
    pub(super) fn decision_beside(&self, decisions: &[DecisionState<'_>]) -> Option<Requirement> {
        let context = self.subject.context;
        let force = in_force(context, decisions, self.subject.id)?;
        let (commit, value) = self.field_beside(force.record, "decision")?;
        let code = if value.contains("rejected") { Code::DecisionRejected } else { Code::DecisionOutdated };
        let by = context.evidence(commit);
        let detail = format!("{} was set to {value} on the trunk in {}", force.id, by.commit.short());
        Some(Requirement { by: Some(by), ..unmet(code, detail) })
    }

    /// The last change of a field that the trunk has and the view has not: its commit, and the value, as JSON.
    fn field_beside(&self, record: RecordIx, field: &str) -> Option<(usize, String)> {
        let context = self.subject.context;
        let key = Key::Field(field.into());
        let changes: Vec<_> = context
            .transitions_beside(record, self.trunk_beside()?)
            .filter(|transition| *context.key(transition) == key)
            .collect();
        let last = context.latest(changes.iter().map(|transition| transition.commit as usize))?;
        let change = changes.into_iter().find(|transition| transition.commit as usize == last)?;
        match context.value(change.to) {
            Value::Json(json) => Some((last, json.trim_matches('"').to_owned())),
            // Taken out: no decision any more, and nothing cancelled.
            _ => (field == "decision").then(|| (last, "nothing".to_owned())),
        }
    }
}
