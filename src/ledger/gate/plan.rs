//! The plan that is applied, held against the recorded one. What the record says of it is compared and never believed.

use super::{Case, Requirement, met, unmet};
use crate::diagnostic::Code;
use crate::ledger::risk::{of_subject, with_plan};
use crate::ledger::state::RiskState;
use crate::record::{Plan, TaskKind};

impl Case<'_, '_> {
    /// The risk that counts: the task's, or that of the plan in hand where it is higher.
    pub(super) fn risk(&self) -> RiskState {
        with_plan(of_subject(&self.subject), self.plan)
    }

    fn recorded(&self) -> Option<&Plan> {
        let plans = self.subject.task.plans.iter();
        plans.filter(|(environment, _)| *environment == self.environment.name).map(|(_, plan)| plan).next()
    }

    /// Whether the plan in hand shows that code which came after an approval changed nothing of what was approved. The
    /// recorded digest is part of the text that approvals bind, so that the recorded one is the approved one. What a
    /// trailer states excuses nothing, and neither does a plan with masked values: the digest leaves them out.
    pub(super) fn plan_excuses(&self) -> bool {
        let same = |plan: &super::PlanInHand| {
            !plan.has_masked && self.recorded().is_some_and(|recorded| recorded.digest == plan.digest)
        };
        self.plan.is_some_and(same)
    }

    /// The plan that is applied is the recorded one, which is part of what was approved.
    pub(super) fn plan_requirement(&self) -> Option<Requirement> {
        let name = &self.environment.name;
        let recorded = self.recorded().map(|plan| &*plan.digest);
        let given = self.plan.map(|plan| &*plan.digest).or(self.stated);
        let asked = self.policy().kind_rule(self.subject.task.kind.unwrap_or(TaskKind::General)).plan;
        let short = |digest: &str| digest.trim_start_matches("sha256:").chars().take(12).collect::<String>();
        let requirement = match (recorded, given) {
            (None, Some(given)) => unmet(
                Code::PlanMissing,
                format!("plan {} is given and none is recorded for {name}", short(given)),
            ),
            (None, None) if !asked => return None,
            (None, None) => unmet(Code::PlanMissing, format!("no plan is recorded for {name}")),
            (Some(recorded), None) => {
                met(Code::PlanDiffers, format!("plan {} is recorded and was not compared", short(recorded)))
            }
            (Some(recorded), Some(given)) if recorded == given && self.plan.is_none() => met(
                Code::PlanDiffers,
                format!("the deployment states the recorded plan, {}", short(recorded)),
            ),
            (Some(recorded), Some(given)) if recorded == given => {
                met(Code::PlanDiffers, format!("the plan is the recorded one, {}", short(recorded)))
            }
            (Some(recorded), Some(given)) => unmet(
                Code::PlanDiffers,
                format!("the plan is {}, and {} was recorded", short(given), short(recorded)),
            ),
        };
        Some(requirement)
    }

    /// Under the plan's own digest the record says something else of it than the plan.
    pub(super) fn evidence_differs(&self) -> Option<Requirement> {
        let (plan, recorded) = (self.plan?, self.recorded()?);
        if recorded.digest != plan.digest {
            return None;
        }
        let source = format!("plan.{}", self.environment.name);
        let found = self.subject.task.found.iter().find(|found| found.source == source);
        let counts = [recorded.add, recorded.change, recorded.destroy, recorded.replace];
        let mut differs = Vec::new();
        let level = found.map(|found| found.risk);
        if level != plan.risk {
            let word = |risk: Option<crate::record::Risk>| risk.map_or("none", |risk| risk.as_str());
            differs.push(format!("risk {}, and the plan gives {}", word(level), word(plan.risk)));
        }
        let mut categories = found.map(|found| found.categories.clone()).unwrap_or_default();
        let mut given = plan.categories.clone();
        categories.sort();
        given.sort();
        if categories != given {
            let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            differs.push(format!("categories {}, and the plan gives {}", list(&categories), list(&given)));
        }
        if counts != plan.counts {
            let words = |[add, change, destroy, replace]: [u64; 4]| {
                format!("{add} to add, {change} to change, {destroy} to destroy, {replace} of them replaced")
            };
            differs.push(format!("{}, and the plan gives {}", words(counts), words(plan.counts)));
        }
        (!differs.is_empty())
            .then(|| unmet(Code::EvidenceDiffers, format!("`{source}` says: {}", differs.join("; "))))
    }
}
