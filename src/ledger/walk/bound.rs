//! What a decision is about, as of the commit that set it.

use super::{Binding, Key, Value, Walker};
use crate::ledger::ix::RecordIx;
use crate::ledger::law::ABSENT;
use crate::record::{RecordId, RecordType};

impl Walker<'_> {
    /// Notes what a decision is about where this commit set one of its fields.
    pub(super) fn bind(&mut self, commit: u32, decision: RecordIx) {
        let sets_field = self
            .out
            .transitions
            .iter()
            .rev()
            .take_while(|transition| transition.commit == commit)
            .any(|t| t.record == decision && matches!(self.out.keys.item(t.key), Key::Field(_)));
        let at = |record| self.out.node(self.history, commit as usize, record);
        let changes = self.out.keys.find(&Key::Field("changes".into()));
        let Some(node) = at(decision).filter(|_| sets_field) else { return };
        let Some(cell) = changes.and_then(|key| node.cell(key)) else { return };
        let value = self.out.values.item(cell.value);
        if !matches!(value, Value::Json(_)) {
            return;
        }
        let listed = value.texts();
        let (mut scopes, mut absent) = (Vec::new(), Vec::new());
        for id in listed.iter().filter_map(|id| RecordId::parse(id).ok()) {
            match self.out.record(RecordType::Task, id.as_str()) {
                Some(task) => {
                    let scope = at(task).and_then(|node| node.cell(self.scope));
                    scopes.push((task, scope.map_or(ABSENT, |cell| cell.value)));
                }
                None => absent.push(id),
            }
        }
        let facts = self.readable(decision, &node.files);
        let conditions = facts.into_iter().flat_map(|facts| {
            let places = facts.shape.conditions.iter();
            places.filter_map(|place| facts.shape.items.get(usize::from(*place)))
        });
        let conditions = conditions.filter_map(|item| self.out.keys.find(&Key::Item(item.clone()))).collect();
        self.out.bindings.push(Binding { commit, decision, scopes, absent, conditions });
    }
}
