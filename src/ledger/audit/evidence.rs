//! What the evidence of a deployment was, and who vouched for it.

use crate::ledger::context::Context;
use crate::ledger::evidence::{evidence, readable, unproven};
use crate::ledger::ix::RecordIx;
use crate::record::same_name;

/// The evidence that a deployment rests on.
#[derive(Debug, Clone, Default)]
pub struct DeployedEvidence {
    /// The recorded plans: what each is for, and its digest.
    pub plans: Vec<String>,
    /// Whether somebody vouches for what was recorded for the environment; `None` where nothing was.
    pub proven: Option<bool>,
    /// Objects that had changed outside of the tool before the plans.
    pub drift: Vec<String>,
}

/// That of a task for an environment, in the view of its deployment.
pub(super) fn deployed_evidence(view: &Context<'_>, record: RecordIx, environment: &str) -> DeployedEvidence {
    let held = evidence(view, record);
    let files: Vec<_> =
        readable(&held).filter(|file| same_name(&file.key.environment, environment)).collect();
    let plans = files.iter().filter(|file| file.content.plan().is_some());
    let drifted = files.iter().filter_map(|file| file.content.plan()).flat_map(|plan| &plan.drift);
    DeployedEvidence {
        plans: plans.map(|file| file.digested().to_string()).collect(),
        proven: (!files.is_empty())
            .then(|| !unproven(view, record).keys().any(|name| same_name(name, environment))),
        drift: drifted.map(|change| change.line()).collect(),
    }
}
