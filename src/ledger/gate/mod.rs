//! What a deployment must meet: the gate asks it before, the audit after, by the same rules (`docs/design.md#gate-and-audit`).

mod beside;
mod desk;
mod emergency;
mod json;
mod plan;
mod record;
mod timing;
mod types;

use super::approval::sum_up;
use super::authority::{trust, wanted};
use super::decision::{DecisionState, in_force, listing, refusal};
use super::environment::environments;
use super::finished::is_finished;
use super::state::{Approval, RiskState, TrustLevel};
use super::subject::Subject;
use crate::diagnostic::Code;
use crate::policy::{self, ConditionRule, Policy};
use crate::record::{RecordType, Risk, Verdict, same_name};

pub use desk::Desk;
pub(super) use desk::invalid_field;
pub use emergency::Review;
pub(super) use emergency::{Deployed, askers, emergencies, review, text_field};
pub use json::{GateJson, RequirementJson};
pub use types::{Gate, GateAsk, Judgement, PlanInHand, Requirement, StackSaid, Unclear};

/// Who deploys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deployer<'s> {
    /// By the policy's name.
    Person(&'s str),
    /// The author of the deployment's commit.
    Author(usize),
}

/// One deployment, made or asked for, in the view of the commit that it is judged on.
pub(super) struct Case<'s, 'a> {
    pub(super) subject: Subject<'s, 'a>,
    pub(super) environment: &'s policy::Environment,
    /// The commit, when it has been made: what it changes besides the tick counts, its approvals do not.
    pub(super) deployment: Option<usize>,
    /// When; `None` for a time that cannot be relied on, which meets no window.
    pub(super) time: Option<i64>,
    pub(super) onto: Option<usize>,
    /// The task as it stands now, for a deployment that has been made: what came later is late.
    pub(super) now: Option<Subject<'s, 'a>>,
    /// What is applied, where it is in hand.
    pub(super) plans: &'s [PlanInHand],
    /// The digests that the deployment's commit states, to be compared.
    pub(super) stated: &'s [String],
    pub(super) deployer: Option<Deployer<'s>>,
    pub(super) is_guidance: &'s dyn Fn(&str) -> bool,
}

impl Case<'_, '_> {
    /// Holds every rule against the case, in the order of `docs/gate.md`.
    pub(super) fn judge(&self) -> Judgement {
        let context = self.subject.context;
        let risk = self.risk();
        let mut judged = self.subject.judged(self.deployment, risk.level);
        let recorded = self.recorded();
        let plans = self.pairs(&recorded);
        judged.plan_excuses = plans.excuse();
        judged.landed_on = judged.landed_on.or(self.onto);
        let decisions = self.decisions();
        let (mut approvals, _) = self.subject.approvals(&judged, &decisions);
        approvals.retain(|approval| approval.role != "*");
        if let (Some(now), Some(deployment)) = (&self.now, self.deployment) {
            now.mark_late(deployment, &mut approvals);
        }
        sum_up(context, &judged, &mut approvals);
        let mut judgement = Judgement {
            requirements: Vec::new(),
            warnings: Vec::new(),
            trust: approvals.iter().filter(|approval| approval.valid).filter_map(|a| a.trust).min(),
            approvals,
            risk,
            until: None,
            next: None,
        };
        judgement.requirements.extend(self.cancelled().or_else(|| self.cancelled_beside()));
        if !self.environment.gated {
            judgement.requirements.extend(self.deployer());
            return judgement;
        }
        judgement.requirements.extend(judgement.approvals.iter().filter(|a| a.required).map(approval));
        judgement.requirements.extend(self.standing_refusal(&decisions, &judgement.approvals));
        let is_approved = judgement.approvals.iter().any(|a| a.required && a.valid && a.decision.is_some());
        judgement.requirements.extend(self.decision_beside(is_approved));
        judgement.requirements.extend(self.conditions(&decisions, judgement.risk.level));
        judgement.requirements.extend(self.sections(judgement.risk.level));
        judgement.requirements.extend(self.items(judgement.risk.level));
        judgement.requirements.extend(self.deployment_items());
        judgement.requirements.extend(self.near_words(judgement.risk.level));
        judgement.requirements.extend(self.unlisted());
        judgement.requirements.extend(self.earlier_environments(judgement.risk.level));
        judgement.requirements.extend(self.dependencies());
        self.timing(&mut judgement);
        judgement.requirements.extend(self.plan_requirements(&plans));
        judgement.requirements.extend(self.text_differs(&recorded));
        judgement.requirements.extend(self.proof(&recorded));
        judgement.requirements.extend(self.deployer());
        judgement.requirements.extend(self.overdue_emergencies(&judgement.approvals));
        judgement.warnings.extend(plans.new_drift());
        judgement.warnings.extend(self.meets_others());
        judgement.warnings.extend(self.understated(&judgement.risk));
        judgement.warnings.extend(self.deployer_approved(&judgement));
        judgement
    }

    fn policy(&self) -> &Policy {
        self.subject.context.sources.policy
    }

    fn decisions(&self) -> Vec<DecisionState<'_>> {
        listing(self.subject.context, self.subject.record)
    }

    /// As the view has it: it is no part of the text that binds, so the file that was kept may say something else.
    fn cancelled(&self) -> Option<Requirement> {
        let why = emergency::text_field(self.subject.context, self.subject.record, "cancelled")?;
        Some(unmet(Code::Cancelled, format!("it is cancelled: {why}")))
    }

    /// A board that said no, or asked for changes, without having been asked: nobody deploys over that.
    fn standing_refusal(
        &self,
        decisions: &[DecisionState<'_>],
        approvals: &[Approval],
    ) -> Option<Requirement> {
        let context = self.subject.context;
        let (set, code, detail) = refusal(context, decisions, self.subject.id)?;
        let is_said = approvals.iter().any(|approval| approval.required && approval.decision.is_some());
        let by = Some(context.evidence(set));
        (!is_said).then(|| Requirement { by, ..unmet(code, detail) })
    }

    /// Conditions of the decision in force that somebody must meet before.
    fn conditions(&self, decisions: &[DecisionState<'_>], risk: Risk) -> Vec<Requirement> {
        let Subject { context, id, task, .. } = self.subject;
        let asked = self.policy().risk_rule(risk).decision && task.emergency.is_none();
        let force = in_force(context, decisions, id).filter(|_| asked);
        let Some(decision) = force.filter(|decision| decision.verdict == Some(Verdict::Approved)) else {
            return Vec::new();
        };
        let parsed = context.parsed(decision.record);
        let mut found =
            parsed.map_or_else(Vec::new, |parsed| self.near(parsed, risk, Some(decision.id.as_str())));
        for condition in &decision.conditions {
            let detail = format!("{}: {}", decision.id, condition.text);
            if !condition.is_ticked {
                let is_window =
                    matches!(self.policy().condition_rule(&condition.key.text), Some(ConditionRule::Window));
                if is_window && self.asks_no_window(risk) {
                    found.push(unmet(Code::ConditionOpen, format!("{detail}: no window is named")));
                }
                continue;
            }
            // A condition that the deployment's own commit ticks was not met before it.
            let with_deployment = self.deployment.is_some_and(|deployment| condition.met == Some(deployment));
            let taken = self.unticked_beside(decision.record, condition.key).is_some();
            let open = condition.is_open() || with_deployment || taken;
            let by = condition.met.map(|met| context.evidence(met));
            found.push(Requirement { code: Code::ConditionOpen, met: !open, detail, by });
        }
        found
    }

    /// The record says that it goes to this environment: in `environments`, or without that key by an item.
    fn unlisted(&self) -> Option<Requirement> {
        let (task, name) = (self.subject.task, &self.environment.name);
        let by_item = |item: &crate::record::Item| {
            self.policy().environment_deployed_by(&item.key.text).is_some_and(|named| named.name == *name)
        };
        let detail = match task.environments.is_empty() {
            true if self.subject.parsed.items.iter().any(by_item) => return None,
            true => format!("no item of the record deploys to {name}"),
            false if task.environments.iter().any(|listed| same_name(listed, name)) => return None,
            false => format!("the record is for {}, not for {name}", task.environments.join(", ")),
        };
        Some(unmet(Code::EnvironmentUnlisted, detail))
    }

    /// Environments before this one are deployed with this text.
    fn earlier_environments(&self, risk: Risk) -> Vec<Requirement> {
        let Subject { context, record, task, .. } = self.subject;
        if task.emergency.is_some() {
            return Vec::new();
        }
        let found = environments(context, record);
        let rule = self.policy().risk_rule(risk);
        let asked = |name: &String| match task.environments.is_empty() {
            true => found.iter().any(|environment| environment.name == *name),
            false => task.environments.iter().any(|listed| same_name(listed, name)),
        };
        let before = self.policy().environments.iter().take_while(|e| e.name != self.environment.name);
        let before = before
            .filter(|e| asked(&e.name) || rule.environments.iter().any(|named| same_name(named, &e.name)));
        before
            .map(|environment| {
                let name = &environment.name;
                let state = found.iter().find(|found| found.name == *name && found.deployed);
                let completed = state.and_then(|state| state.completed);
                let scope = |commit| super::approval::scope_after(context, record, commit);
                let now = context.cell(record, &super::walk::Key::Scope).map(|cell| cell.value);
                let nobodys = state.and_then(|state| state.nobodys.as_ref());
                let (met, detail) = match completed {
                    Some(_) if nobodys.is_some() => {
                        let why = nobodys.map_or("", String::as_str);
                        (false, format!("not deployed to {name}: {why}"))
                    }
                    Some(commit) if scope(commit) == now => {
                        (true, format!("deployed to {name} with this text"))
                    }
                    Some(_) => (false, format!("the text has changed since it was deployed to {name}")),
                    None => (false, format!("not deployed to {name}")),
                };
                let by = completed.map(|commit| context.evidence(commit));
                Requirement { code: Code::EnvironmentSkipped, met, detail, by }
            })
            .collect()
    }

    fn dependencies(&self) -> Vec<Requirement> {
        let context = self.subject.context;
        let depends = self.subject.task.depends.iter();
        depends
            .map(|id| {
                let record = context.record(RecordType::Task, id);
                let record = record.filter(|&record| context.node(record).is_some());
                let (met, detail) = match record {
                    Some(record) if is_finished(context, record) => (true, format!("{id} is applied")),
                    Some(_) => (false, format!("{id} is neither applied nor done")),
                    None => (false, format!("{id} does not exist")),
                };
                Requirement { code: Code::DependencyOpen, met, detail, by: None }
            })
            .collect()
    }

    /// Who deploys may deploy there.
    fn deployer(&self) -> Option<Requirement> {
        let (context, name) = (self.subject.context, &self.environment.name);
        let listed = &self.environment.deployers;
        let (person, worth, by) = match self.deployer? {
            Deployer::Person(person) => (Some(person), None, None),
            Deployer::Author(commit) => {
                let email = &context.sources.history.commits[commit].author.email;
                let before = context.judge(commit);
                let person = before.and_then(|policy| policy.person_by_email(email));
                (person, Some(trust(context, commit)), Some(context.evidence(commit)))
            }
        };
        let who = person.map_or_else(
            || by.as_ref().map_or("somebody".to_owned(), |by| by.email.to_string()),
            str::to_owned,
        );
        let wanted = wanted(self.policy().trust.deploy);
        let asks_nothing = listed.is_empty() && wanted <= TrustLevel::Committed;
        let may = listed.is_empty()
            || person.is_some_and(|person| self.policy().may_deploy(person, self.environment));
        let requirement = |met, detail| Some(Requirement { code: Code::DeployerRole, met, detail, by });
        match worth {
            _ if asks_nothing => None,
            _ if !may => requirement(false, format!("{who} may not deploy to {name}: {}", listed.join(", "))),
            Some(worth) if worth < wanted => {
                requirement(false, format!("the commit is only claimed to be {who}'s"))
            }
            _ => requirement(true, format!("{who} may deploy to {name}")),
        }
    }

    fn understated(&self, risk: &RiskState) -> Option<Requirement> {
        let declared = self.subject.task.risk.filter(|declared| *declared < risk.level)?;
        let reasons = risk.reasons.join("; ");
        let detail = format!("declared {}, found {}: {reasons}", declared.as_str(), risk.level.as_str());
        Some(unmet(Code::RiskUnderstated, detail))
    }

    /// Above low risk, who deploys is not one whose approval was counted.
    fn deployer_approved(&self, judgement: &Judgement) -> Option<Requirement> {
        let context = self.subject.context;
        let person = match self.deployer? {
            Deployer::Person(person) => person,
            Deployer::Author(commit) => {
                let email = &context.sources.history.commits[commit].author.email;
                context.judge(commit)?.person_by_email(email)?
            }
        };
        let counted = judgement.approvals.iter().any(|approval| {
            approval.valid
                && approval.decision.is_none()
                && approval.people().any(|approver| approver == person)
        });
        (counted && judgement.risk.level > Risk::Low)
            .then(|| unmet(Code::DeployerApproved, format!("{person} deploys it and has also approved it")))
    }

    /// Whether an item of the record is ticked in the view, with the commit.
    fn ticked(&self, item: &crate::record::Item) -> Option<usize> {
        let Subject { context, record, .. } = self.subject;
        let cell = context.cell(record, &super::walk::Key::Item(item.key.clone()))?;
        let stands =
            context.value(cell.value).is_ticked() && self.unticked_beside(record, &item.key).is_none();
        let owners = context.owners(cell).into_iter().filter(|_| stands);
        context.latest(owners.filter(|&owner| context.nobodys(record, owner).is_none()))
    }
}

fn approval(approval: &Approval) -> Requirement {
    let default = match approval.decision.is_some() || approval.text.is_empty() {
        true => Code::DecisionMissing,
        false => Code::ApprovalMissing,
    };
    let who = approval.person.as_deref().filter(|_| approval.valid);
    let detail = match who {
        Some(who) => format!("{}: {who}, {}", approval.text, approval.detail),
        None => format!("{}: {}", approval.text, approval.detail),
    };
    Requirement {
        code: approval.code.unwrap_or(default),
        met: approval.valid,
        detail,
        by: approval.by.clone(),
    }
}

fn met(code: Code, detail: String) -> Requirement {
    Requirement { code, met: true, detail, by: None }
}

fn unmet(code: Code, detail: String) -> Requirement {
    Requirement { code, met: false, detail, by: None }
}
