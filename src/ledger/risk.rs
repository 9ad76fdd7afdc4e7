//! The risk that counts: the highest of what is declared and found, never lower (design, section 4).

use super::state::RiskState;
use crate::policy::Policy;
use crate::record::{FoundRisk, Risk, Task};

/// Risk of a task, with a line of reason for each source. A category that the policy does not know is taken
/// as high: `check` makes it an error, and an answer must not be lower than the truth.
pub(super) fn risk(task: &Task, policy: &Policy) -> RiskState {
    let declared = task.risk.map(|risk| (risk, format!("declared: {}", risk.as_str())));
    let categories = task.categories.iter().map(|name| match policy.category(name) {
        Some(category) => (category.risk, format!("category `{name}`: {}", category.risk.as_str())),
        None => (Risk::High, format!("category `{name}` is not in the policy: taken as high")),
    });
    let shown = task.found.iter().flat_map(shown_by);
    let mut found: Vec<(Risk, String)> = declared.into_iter().chain(categories).chain(shown).collect();
    if found.is_empty() {
        let default = policy.default_risk;
        found.push((default, format!("nothing says; the policy's default: {}", default.as_str())));
    }
    let level = found.iter().map(|(risk, _)| *risk).max().unwrap_or(policy.default_risk);
    RiskState { level, reasons: found.into_iter().map(|(_, reason)| reason).collect() }
}

/// What evidence shows: its risk, with the line of each category.
fn shown_by(found: &FoundRisk) -> Vec<(Risk, String)> {
    match found.reasons.is_empty() {
        true => vec![(found.risk, format!("`{}`: {}", found.source, found.risk.as_str()))],
        false => {
            found.reasons.iter().map(|reason| (found.risk, format!("`{}`: {reason}", found.source))).collect()
        }
    }
}
