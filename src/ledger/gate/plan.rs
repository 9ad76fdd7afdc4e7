//! The plans that are applied, held against the recorded ones. What the record says of them is compared and never believed.

use std::sync::Arc;

use super::types::{PlanInHand, StackSaid};
use super::{Case, Requirement, met, unmet};
use crate::diagnostic::Code;
use crate::evidence::{EvidenceFile, unfounded};
use crate::ledger::evidence::{evidence, readable, unproven};
use crate::ledger::overlap::{MAX_NAMED, overlaps, some};
use crate::ledger::risk::of_subject;
use crate::ledger::state::RiskState;
use crate::record::{EvidenceKey, TaskKind, same_name, short_digest};

/// A plan in hand and the recorded one that it is held against.
struct Pair<'s> {
    recorded: Arc<EvidenceFile>,
    given: &'s PlanInHand,
    /// Whether they say the same, but for circumstances.
    is_same: bool,
}

/// Which plan in hand is which recorded one.
#[derive(Default)]
pub(super) struct Pairs<'s> {
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
                    let known = recorded.content.plan();
                    let is_same = known.is_some_and(|known| known.same_but_for_circumstances(&given.plan));
                    self.pairs.push(Pair { recorded, given, is_same });
                }
                None => self.missing.push(recorded),
            }
        }
    }
}

impl Pairs<'_> {
    /// Whether they show that code which came after an approval changed nothing of what was approved: an approval binds the
    /// digests of what is recorded. What a trailer states excuses nothing, and neither does a plan with masked values: the
    /// digest leaves them out.
    pub(super) fn excuse(&self) -> bool {
        let is_whole = self.missing.is_empty() && self.unknown.is_empty() && !self.pairs.is_empty();
        is_whole && self.pairs.iter().all(|pair| pair.is_same && !pair.given.plan.has_masked)
    }

    /// Objects that had changed outside of the tool before a plan in hand, and not before the recorded one.
    pub(super) fn new_drift(&self) -> Vec<Requirement> {
        self.pairs.iter().filter_map(Pair::new_drift).collect()
    }
}

impl Pair<'_> {
    fn new_drift(&self) -> Option<Requirement> {
        let known = self.recorded.content.plan()?;
        let is_new = |address: &&str| !known.drift.iter().any(|other| other.address == *address);
        let addresses = self.given.plan.drift.iter().map(|change| change.address.as_str());
        let new: Vec<&str> = addresses.filter(is_new).collect();
        let first = new.first()?;
        let more = if new.len() > 1 { format!(" and {} more", new.len() - 1) } else { String::new() };
        let detail = format!("{first}{more} changed outside of the tool since the plan was recorded");
        Some(unmet(Code::Drift, detail))
    }

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
            let (given, known) = (short_digest(&given.digest), short_digest(&known.digest));
            let places = match named.len() {
                0 => String::new(),
                n if n <= MAX_NAMED => format!(": {} differs", some(&named)),
                _ => format!(": {} differ", some(&named)),
            };
            return unmet(
                Code::PlanDiffers,
                format!("the plan for {key} is {given}, but {known} was recorded{places}"),
            );
        }
        if !self.is_same {
            let path = recorded.path();
            let detail = format!("{path} does not match plan {}", short_digest(&known.digest));
            return unmet(Code::EvidenceDiffers, detail);
        }
        met(
            Code::PlanDiffers,
            format!("the plan for {key} is the recorded one, {}", short_digest(&known.digest)),
        )
    }
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
                    .extend(found.reasons().iter().map(|reason| format!("the given plan: {reason}")));
            }
        }
        state
    }

    /// The evidence that is recorded for the environment, as far as it can be read.
    pub(super) fn recorded(&self) -> Vec<Arc<EvidenceFile>> {
        let held = evidence(self.subject.context, self.subject.record);
        let is_its = |file: &&Arc<EvidenceFile>| same_name(&file.key.environment, &self.environment.name);
        readable(&held).filter(is_its).cloned().collect()
    }

    /// The recorded plans, each with the one in hand.
    pub(super) fn pairs(&self, recorded: &[Arc<EvidenceFile>]) -> Pairs<'_> {
        let plans = recorded.iter().filter(|file| file.content.plan().is_some());
        Pairs::of(plans.cloned().collect(), self.plans)
    }

    /// The plans that are applied are the recorded ones, which approvals bind.
    pub(super) fn plan_requirements(&self, found: &Pairs<'_>) -> Vec<Requirement> {
        let name = &self.environment.name;
        if found.pairs.is_empty() && found.missing.is_empty() {
            let asked = self.policy().kind_rule(self.subject.task.kind.unwrap_or(TaskKind::General)).plan;
            let given = self.plans.first().map(|given| &given.plan.digest).or(self.stated.first());
            return match given {
                Some(given) => vec![unmet(
                    Code::PlanMissing,
                    format!("plan {} is given, but none is recorded for {name}", short_digest(given)),
                )],
                None if asked => vec![unmet(Code::PlanMissing, format!("no plan is recorded for {name}"))],
                None => Vec::new(),
            };
        }
        if self.plans.is_empty() {
            let recorded = &found.missing;
            let not_compared = recorded.iter().map(|recorded| self.not_compared(recorded));
            return not_compared.chain(self.stated_others(recorded)).collect();
        }
        let pairs = found.pairs.iter().map(Pair::requirement);
        let missing = found.missing.iter().map(|recorded| {
            unmet(
                Code::PlanMissing,
                format!("a plan is recorded for {}, but none is given", recorded.key.words()),
            )
        });
        let unknown = found.unknown.iter().map(|given| {
            unmet(Code::PlanDiffers, format!("{} is not one of the plans recorded for {name}", given.file))
        });
        pairs.chain(missing).chain(unknown).collect()
    }

    /// A recorded plan where none is in hand: the deployment may state which was applied.
    fn not_compared(&self, recorded: &EvidenceFile) -> Requirement {
        let (digest, key) = (recorded.content.digest(), recorded.key.words());
        match self.stated.iter().any(|stated| stated == digest) {
            true => met(
                Code::PlanDiffers,
                format!("the deployment states the plan recorded for {key}, {}", short_digest(digest)),
            ),
            false => met(
                Code::PlanDiffers,
                format!("plan {} is recorded for {key} and was not compared", short_digest(digest)),
            ),
        }
    }

    /// Plans that the deployment states and nobody recorded.
    fn stated_others(&self, recorded: &[Arc<EvidenceFile>]) -> Vec<Requirement> {
        let is_known = |stated: &&String| recorded.iter().any(|file| file.content.digest() == **stated);
        let others = self.stated.iter().filter(|stated| !is_known(stated));
        let detail =
            |stated: &String| format!("the plan is {}, but another one was recorded", short_digest(stated));
        others.map(|stated| unmet(Code::PlanDiffers, detail(stated))).collect()
    }

    /// The record's text, which is what approvers read, says what the evidence says.
    pub(super) fn text_differs(&self, recorded: &[Arc<EvidenceFile>]) -> Vec<Requirement> {
        let limit = self.policy().plan.list_limit;
        let gated = self.environment.gated;
        let differs = recorded.iter().filter_map(|file| file.differs(self.subject.parsed, gated, limit));
        let files: Vec<&EvidenceFile> = recorded.iter().map(|file| &**file).collect();
        let here = [self.environment.name.as_str()];
        let more = if gated { unfounded(self.subject.parsed, &files, &here) } else { Vec::new() };
        differs.chain(more).map(|why| unmet(Code::EvidenceDiffers, why)).collect()
    }

    /// Somebody vouches for the evidence, where the policy asks for that.
    pub(super) fn proof(&self, recorded: &[Arc<EvidenceFile>]) -> Option<Requirement> {
        if !self.policy().evidence.require_proven {
            return None;
        }
        let name = &self.environment.name;
        let unproven = unproven(self.subject.context, self.subject.record);
        match unproven.iter().find(|(environment, _)| same_name(environment, name)) {
            Some((_, why)) => {
                let detail = format!("the evidence for {name} is not proven: {why}");
                Some(unmet(Code::EvidenceUnproven, detail))
            }
            None if recorded.is_empty() => None,
            None => Some(met(Code::EvidenceUnproven, format!("the evidence for {name} is proven"))),
        }
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
