//! The plans that are applied, held against the recorded ones. What the record says of them is compared and never believed.

use std::sync::Arc;

use super::types::{PlanInHand, StackSaid};
use super::{Case, Requirement, met, unmet};
use crate::diagnostic::Code;
use crate::evidence::{EvidenceFile, unfounded};
use crate::ledger::evidence::{evidence, readable, unproven};
use crate::ledger::overlap::overlaps;
use crate::ledger::risk::of_subject;
use crate::ledger::state::RiskState;
use crate::record::{EvidenceKey, TaskKind, same_name};

/// Addresses that a requirement names.
const MAX_NAMED: usize = 3;

/// A plan in hand and the recorded one that it is held against.
struct Pair<'s> {
    recorded: Arc<EvidenceFile>,
    given: &'s PlanInHand,
}

/// Which plan in hand is which recorded one.
#[derive(Default)]
struct Pairs<'s> {
    pairs: Vec<Pair<'s>>,
    /// Recorded, and not given.
    missing: Vec<Arc<EvidenceFile>>,
    /// Given, and not recorded.
    unknown: Vec<&'s PlanInHand>,
}

impl<'s> Pairs<'s> {
    /// Whoever names a stack is believed; else the digest tells, else the name of the file or unit, else that only one is left.
    fn of(recorded: Vec<Arc<EvidenceFile>>, given: &'s [PlanInHand]) -> Self {
        let mut found = Pairs { missing: recorded, unknown: given.iter().collect(), ..Pairs::default() };
        found.join(|file, plan| matches!(&plan.stack, StackSaid::Named(stack) if *stack == file.key.stack));
        let is_guessed = |plan: &PlanInHand| matches!(plan.stack, StackSaid::Guessed(_));
        found.join(|file, plan| is_guessed(plan) && file.content.digest() == plan.plan.digest);
        found.join(|file, plan| matches!(&plan.stack, StackSaid::Guessed(stack) if *stack == file.key.stack));
        let is_only = found.missing.len() == 1 && found.unknown.len() == 1;
        found.join(|_, plan| is_only && is_guessed(plan));
        found
    }

    fn join(&mut self, is_same: impl Fn(&EvidenceFile, &PlanInHand) -> bool) {
        let missing = std::mem::take(&mut self.missing);
        for recorded in missing {
            match self.unknown.iter().position(|given| is_same(&recorded, given)) {
                Some(place) => {
                    let given = self.unknown.remove(place);
                    self.pairs.push(Pair { recorded, given });
                }
                None => self.missing.push(recorded),
            }
        }
    }
}

impl Pair<'_> {
    /// Whether the plan is the recorded one.
    fn requirement(&self) -> Requirement {
        let (recorded, given) = (&self.recorded, &self.given.plan);
        let key = recorded.key.words();
        let Some(known) = recorded.content.plan() else {
            return unmet(Code::PlanDiffers, format!("what is recorded for {key} is not a plan"));
        };
        if known.digest != given.digest {
            let comparison = given.compare(known);
            let differs = comparison.differs.iter().map(|differs| differs.address.clone());
            let named: Vec<String> = differs.chain(comparison.gone.iter().cloned()).collect();
            let (given, known) = (short(&given.digest), short(&known.digest));
            let places = match named.len() {
                0 => String::new(),
                n if n <= MAX_NAMED => format!(": {} differs", named.join(", ")),
                n => format!(": {} and {} more differ", named[..MAX_NAMED].join(", "), n - MAX_NAMED),
            };
            return unmet(
                Code::PlanDiffers,
                format!("the plan for {key} is {given}, and {known} was recorded{places}"),
            );
        }
        if !known.same_but_for_circumstances(given) {
            let path = recorded.path();
            let detail =
                format!("{path} says something else of plan {} than the plan does", short(&known.digest));
            return unmet(Code::EvidenceDiffers, detail);
        }
        met(Code::PlanDiffers, format!("the plan for {key} is the recorded one, {}", short(&known.digest)))
    }

    /// Whether it is exactly the recorded one.
    fn is_same(&self) -> bool {
        self.recorded.content.plan().is_some_and(|known| {
            known.digest == self.given.plan.digest && known.same_but_for_circumstances(&self.given.plan)
        })
    }
}

fn short(digest: &str) -> String {
    digest.trim_start_matches("sha256:").chars().take(12).collect()
}

impl Case<'_, '_> {
    /// The risk that counts: the task's, or that of a plan in hand where it is higher. A plan in hand never lowers it: the
    /// audit has it not.
    pub(super) fn risk(&self) -> RiskState {
        let mut state = of_subject(&self.subject);
        for given in self.plans {
            let found = given.plan.found(self.policy());
            if let Some(risk) = found.risk().filter(|risk| *risk > state.level) {
                state.level = risk;
                state
                    .reasons
                    .extend(found.reasons().iter().map(|reason| format!("the plan given: {reason}")));
            }
        }
        state
    }

    /// The evidence that is recorded for the environment, as far as it can be read.
    fn recorded(&self) -> Vec<Arc<EvidenceFile>> {
        let held = evidence(self.subject.context, self.subject.record);
        let is_its = |file: &&Arc<EvidenceFile>| same_name(&file.key.environment, &self.environment.name);
        readable(&held).filter(is_its).cloned().collect()
    }

    fn recorded_plans(&self) -> Vec<Arc<EvidenceFile>> {
        self.recorded().into_iter().filter(|file| file.content.plan().is_some()).collect()
    }

    /// Whether the plans in hand show that code which came after an approval changed nothing of what was approved: an
    /// approval binds the digests of what is recorded. What a trailer states excuses nothing, and neither does a plan with
    /// masked values: the digest leaves them out.
    pub(super) fn plan_excuses(&self) -> bool {
        let found = Pairs::of(self.recorded_plans(), self.plans);
        let is_whole = found.missing.is_empty() && found.unknown.is_empty() && !found.pairs.is_empty();
        is_whole && found.pairs.iter().all(|pair| pair.is_same() && !pair.given.plan.has_masked)
    }

    /// The plans that are applied are the recorded ones, which approvals bind.
    pub(super) fn plan_requirements(&self) -> Vec<Requirement> {
        let name = &self.environment.name;
        let recorded = self.recorded_plans();
        if recorded.is_empty() {
            let asked = self.policy().kind_rule(self.subject.task.kind.unwrap_or(TaskKind::General)).plan;
            let given = self.plans.first().map(|given| &given.plan.digest).or(self.stated.first());
            return match given {
                Some(given) => vec![unmet(
                    Code::PlanMissing,
                    format!("plan {} is given and none is recorded for {name}", short(given)),
                )],
                None if asked => vec![unmet(Code::PlanMissing, format!("no plan is recorded for {name}"))],
                None => Vec::new(),
            };
        }
        if self.plans.is_empty() {
            return recorded
                .iter()
                .map(|recorded| self.not_compared(recorded))
                .chain(self.stated_others())
                .collect();
        }
        let found = Pairs::of(recorded, self.plans);
        let pairs = found.pairs.iter().map(Pair::requirement);
        let missing = found.missing.iter().map(|recorded| {
            unmet(
                Code::PlanMissing,
                format!("a plan is recorded for {}, and none is given", recorded.key.words()),
            )
        });
        let unknown = found.unknown.iter().map(|given| {
            unmet(
                Code::PlanDiffers,
                format!("{} is none of the plans that are recorded for {name}", given.file),
            )
        });
        pairs.chain(missing).chain(unknown).collect()
    }

    /// A recorded plan where none is in hand: the deployment may state which was applied.
    fn not_compared(&self, recorded: &EvidenceFile) -> Requirement {
        let (digest, key) = (recorded.content.digest(), recorded.key.words());
        match self.stated.iter().any(|stated| stated == digest) {
            true => met(
                Code::PlanDiffers,
                format!("the deployment states the plan recorded for {key}, {}", short(digest)),
            ),
            false => met(
                Code::PlanDiffers,
                format!("plan {} is recorded for {key} and was not compared", short(digest)),
            ),
        }
    }

    /// Plans that the deployment states and nobody recorded.
    fn stated_others(&self) -> Vec<Requirement> {
        let recorded = self.recorded_plans();
        let is_known = |stated: &&String| recorded.iter().any(|file| file.content.digest() == **stated);
        let others = self.stated.iter().filter(|stated| !is_known(stated));
        let detail = |stated: &String| format!("the plan is {}, and another was recorded", short(stated));
        others.map(|stated| unmet(Code::PlanDiffers, detail(stated))).collect()
    }

    /// The record's text, which is what approvers read, says what the evidence says.
    pub(super) fn text_differs(&self) -> Vec<Requirement> {
        let limit = usize::try_from(self.policy().plan.list_limit).unwrap_or(usize::MAX);
        let differs =
            |file: Arc<EvidenceFile>| file.differs(self.subject.parsed, self.environment.gated, limit);
        let recorded = self.recorded();
        let files: Vec<&EvidenceFile> = recorded.iter().map(|file| &**file).collect();
        let here = self.environment.name.as_str();
        let more =
            if self.environment.gated { unfounded(self.subject.parsed, &files, &[here]) } else { Vec::new() };
        let differs = recorded.iter().cloned().filter_map(differs);
        differs.chain(more).map(|why| unmet(Code::EvidenceDiffers, why)).collect()
    }

    /// Somebody vouches for the evidence, where the policy asks for that.
    pub(super) fn proof(&self) -> Option<Requirement> {
        if !self.policy().evidence.require_proven {
            return None;
        }
        let name = &self.environment.name;
        let unproven = unproven(self.subject.context, self.subject.record);
        let why = unproven.iter().find(|(environment, _)| same_name(environment, name)).map(|(_, why)| why);
        if why.is_none() && self.recorded().is_empty() {
            return None;
        }
        Some(match why {
            None => met(Code::EvidenceUnproven, format!("the evidence for {name} is proven")),
            Some(why) => {
                unmet(Code::EvidenceUnproven, format!("nobody vouches for the evidence for {name}: {why}"))
            }
        })
    }

    /// Objects that had changed outside of the tool before a plan in hand, and not before the recorded one.
    pub(super) fn new_drift(&self) -> Vec<Requirement> {
        let found = Pairs::of(self.recorded_plans(), self.plans);
        let mut warnings = Vec::new();
        for pair in &found.pairs {
            let Some(known) = pair.recorded.content.plan() else { continue };
            let new: Vec<&str> = pair
                .given
                .plan
                .drift
                .iter()
                .map(|change| change.address.as_str())
                .filter(|address| !known.drift.iter().any(|other| other.address == *address))
                .collect();
            if let Some(first) = new.first() {
                let more = if new.len() > 1 { format!(" and {} more", new.len() - 1) } else { String::new() };
                let detail = format!("{first}{more} changed outside of the tool since the plan was recorded");
                warnings.push(unmet(Code::Drift, detail));
            }
        }
        warnings
    }

    /// Other tasks that change the same resources, or have changed them since. Of a deployment that has been made the time for
    /// that is over.
    pub(super) fn meets_others(&self) -> Vec<Requirement> {
        if self.deployment.is_some() {
            return Vec::new();
        }
        let is_here = |key: &EvidenceKey| same_name(&key.environment, &self.environment.name);
        let found = overlaps(self.subject.context, self.subject.record);
        let overtaken = found.overtaken.iter().filter(|overtaken| is_here(&overtaken.key));
        let overtaken = overtaken.map(|overtaken| Requirement {
            by: Some(overtaken.commit.clone()),
            ..unmet(Code::PlanOvertaken, overtaken.words())
        });
        let open = found.open.iter().filter(|overlap| is_here(&overlap.key));
        overtaken.chain(open.map(|overlap| unmet(Code::ResourceCollision, overlap.words()))).collect()
    }
}
