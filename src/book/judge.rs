//! Questions to the ledger about a book that has been read: the gate, the audit.

use super::load::View;
use super::{Ask, Loaded};
use crate::ledger::{self, Gate, GateAsk, Unclear};
use crate::record::RecordId;

/// What is asked of the gate.
#[derive(Debug, Clone, Default)]
pub struct GateQuestion {
    /// The task's ID.
    pub id: String,
    /// The environment, by the policy's name.
    pub environment: String,
    /// Digest of the plan that would be applied.
    pub plan: Option<String>,
    /// Who would deploy, by the policy's name.
    pub deployer: Option<String>,
}

impl Loaded {
    /// Asks the gate about what was read.
    ///
    /// # Errors
    /// [`Unclear`]: could not tell.
    pub fn gate(&self, ask: &Ask, question: &GateQuestion) -> Result<Gate, Unclear> {
        let unknown = || Unclear::UnknownTask { id: question.id.clone(), near: None };
        let id = RecordId::parse(&question.id).map_err(|_| unknown())?;
        let sources = self.prepared.sources(&self.history, &self.policy, self.state.now);
        let onto = self.prepared.trunk().filter(|_| matches!(ask.view, View::Landed(_)));
        let gate = GateAsk {
            id: &id,
            environment: &question.environment,
            plan: question.plan.as_deref(),
            deployer: question.deployer.as_deref(),
            onto,
            is_guidance: &|text| self.templates.is_guidance(text),
        };
        ledger::gate(sources.ok_or_else(unknown)?, &self.prepared.named, &self.shown, &gate)
    }
}
