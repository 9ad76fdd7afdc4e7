//! Questions to the ledger about a book that has been read: the gate, the audit.

use rayon::prelude::*;
use serde::Serialize;

use super::day_or_moment::Period;
use super::load::View;
use super::prepared::{Asked, Extent};
use super::rewritten::is_on_line;
use super::{Ask, Book, BookError, Loaded, POLICY_FILE};
use crate::history::CommitId;
use crate::ledger::{self, Audit, AuditAsk, Depth, Gate, GateAsk, PlanInHand, Unclear};
use crate::record::RecordId;

/// What is asked of the gate.
#[derive(Debug, Clone, Default)]
pub struct GateQuestion {
    /// The task's ID.
    pub id: String,
    /// The environment, by the policy's name.
    pub environment: String,
    /// The plans that would be applied.
    pub plans: Vec<PlanInHand>,
    /// Who would deploy, by the policy's name.
    pub deployer: Option<String>,
}

impl GateQuestion {
    fn to_ledger<'a>(
        &'a self,
        id: &'a RecordId,
        onto: Option<usize>,
        is_guidance: &'a dyn Fn(&str) -> bool,
    ) -> GateAsk<'a> {
        let (plans, deployer) = (&self.plans[..], self.deployer.as_deref());
        GateAsk { id, environment: &self.environment, plans, deployer, onto, is_guidance }
    }
}

/// What is asked of the audit.
#[derive(Debug, Clone, Default)]
pub struct AuditQuestion {
    /// First day or moment, as written.
    pub since: Option<String>,
    /// Last day or moment, as written.
    pub until: Option<String>,
    /// A head that was seen before and must be on the trunk's first-parent line.
    pub after: Option<String>,
    /// Such a head that an earlier run remembers; `after` takes its place.
    pub seen: Option<CommitId>,
}

/// The audit of what was read, with what bounds it.
pub struct Audited {
    /// The answer.
    pub audit: Audit,
    /// The period that it is of.
    pub period: Period,
    /// Why the head that was seen before is not on the trunk any more.
    pub rewritten: Option<String>,
    /// Where the policy began.
    pub beginning: Option<Began>,
}

/// Where the policy began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Began {
    /// The commit.
    pub commit: CommitId,
    /// Whether somebody named it from outside of history.
    pub named: bool,
    /// Whether there was a policy before it.
    pub again: bool,
}

impl Book {
    /// Audits what was read.
    ///
    /// # Errors
    /// When a day or the head seen before cannot be understood; history's errors.
    pub fn audit(&self, loaded: &Loaded, question: &AuditQuestion) -> Result<Audited, BookError> {
        let period = Period::named(&loaded.policy, question.since.as_deref(), question.until.as_deref())?;
        let (history, policy) = (&loaded.history, &loaded.policy);
        let rewritten = match (&question.after, question.seen) {
            (Some(after), _) => rewritten(loaded, after, self.repository.resolve(after)?),
            (None, Some(seen)) => rewritten(loaded, &seen.short(), seen),
            (None, None) => None,
        };
        let since = policy.audit.since.as_deref().and_then(CommitId::from_hex);
        let duty = since.and_then(|since| history.position(since));
        let work_paths = self.every_work_path(history, &loaded.prepared.pretended)?;
        let sources = loaded.prepared.sources_with_work(history, policy, loaded.state.now, &work_paths);
        let ask = AuditAsk {
            since: period.since,
            until: period.until,
            duty,
            policy_path: POLICY_FILE,
            is_guidance: &|text| loaded.templates.is_guidance(text),
        };
        let audit = match sources {
            Some(sources) => ledger::audit(sources, &loaded.prepared.named, &loaded.shown, &ask),
            None => Audit {
                rows: Vec::new(),
                unrecorded: Vec::new(),
                undeployed: Vec::new(),
                late: Vec::new(),
                controls: Vec::new(),
                policy: Vec::new(),
                duty: None,
            },
        };
        let beginning = loaded.prepared.line().beginning(history).map(|began| Began {
            commit: history.commits[began.commit].id,
            named: began.is_named,
            again: began.is_again,
        });
        Ok(Audited { audit, period, rewritten, beginning })
    }
}

impl Book {
    /// Asks the gate about a revision as if it were merged into the trunk whose tip was read: that one's policy and moment.
    /// No record's state is derived for it.
    ///
    /// # Errors
    /// History's errors, and [`BookError::Unclear`]: could not tell.
    pub fn gate_as_landed(
        &self,
        ask: &Ask,
        trunk: &Loaded,
        revision: &str,
        question: &GateQuestion,
    ) -> Result<Gate, BookError> {
        let tip = self.repository.resolve(revision)?;
        let tips: Vec<_> = std::iter::once(tip).chain(trunk.commit()).collect();
        let history = self.repository.read(&tips, &self.path)?;
        let asked = Asked { tip: Some(tip), trunk: trunk.commit(), depth: Depth::Everything };
        let ruled = self.ruled(&history, asked, ask, None)?;
        let policy = &ruled.policy.clone();
        let (prepared, _) = self.prepare(&history, asked, ruled, None, Extent::Everything)?;
        let shown: Vec<ledger::Shown> =
            self.shown(Some(tip), None)?.into_iter().map(|pair| pair.shown).collect();
        let unknown = || Unclear::UnknownTask { id: question.id.clone(), near: None };
        let id = RecordId::parse(&question.id).map_err(|_| unknown())?;
        let sources = prepared.sources(&history, policy, trunk.state.now).ok_or_else(unknown)?;
        let is_guidance = |text: &str| trunk.templates.is_guidance(text);
        let ask = question.to_ledger(&id, prepared.trunk(), &is_guidance);
        Ok(ledger::gate(sources, &prepared.named, &shown, &ask)?)
    }
}

fn rewritten(loaded: &Loaded, after: &str, seen: CommitId) -> Option<String> {
    (!is_on_line(&loaded.history, loaded.commit()?, seen))
        .then(|| format!("`{after}`, which was seen before, is no longer on the trunk's first-parent line"))
}

impl Loaded {
    /// Asks the gate about what was read.
    ///
    /// # Errors
    /// [`Unclear`]: could not tell.
    pub fn gate(&self, ask: &Ask, question: &GateQuestion) -> Result<Gate, Unclear> {
        self.gates(ask, std::slice::from_ref(question)).remove(0)
    }

    /// The same for many questions, answered in their order.
    pub fn gates(&self, ask: &Ask, questions: &[GateQuestion]) -> Vec<Result<Gate, Unclear>> {
        let sources = self.prepared.sources(&self.history, &self.policy, self.state.now);
        let desk = sources.map(|sources| ledger::Desk::new(sources, &self.prepared.named, &self.shown));
        let onto = self.prepared.trunk().filter(|_| matches!(ask.view, View::Landed(_)));
        let is_guidance = |text: &str| self.templates.is_guidance(text);
        let answer = |question: &GateQuestion| {
            let unknown = || Unclear::UnknownTask { id: question.id.clone(), near: None };
            let id = RecordId::parse(&question.id).map_err(|_| unknown())?;
            desk.as_ref().ok_or_else(unknown)?.gate(&question.to_ledger(&id, onto, &is_guidance))
        };
        questions.par_iter().map(answer).collect()
    }
}
