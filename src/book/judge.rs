//! Questions to the ledger about a book that has been read: the gate, the audit.

use rayon::prelude::*;
use serde::Serialize;

use super::day_or_moment::Period;
use super::rewritten::is_on_line;
use super::{Book, BookError, CacheUse, Loaded, POLICY_FILE, Request, View};
use crate::history::CommitId;
use crate::ledger::{Audit, AuditAsk, Gate, GateAsk, Ledger, PlanInHand, Shown, Sources, Unclear};
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
        let period = Period::named(loaded.policy(), question.since.as_deref(), question.until.as_deref())?;
        let (history, policy) = (loaded.history(), loaded.policy());
        let rewritten = match (&question.after, question.seen) {
            (Some(after), _) => rewritten(loaded, after, self.repository.resolve(after)?),
            (None, Some(seen)) => rewritten(loaded, &seen.short(), seen),
            (None, None) => None,
        };
        let since = policy.audit.since.as_deref().and_then(CommitId::from_hex);
        let duty = since.and_then(|since| history.position(since));
        let work_paths = self.every_work_path(history, &loaded.facts.pretended)?;
        let ask = AuditAsk {
            since: period.since,
            until: period.until,
            duty,
            policy_path: POLICY_FILE,
            is_guidance: &|text| loaded.templates.is_guidance(text),
        };
        let audit = loaded.ledger().map_or_else(Audit::default, |ledger| {
            // Of commits that name no task it is asked too what they change.
            let sources = Sources { work_paths: &work_paths, ..ledger.sources };
            Ledger { sources, ..ledger }.audit(&ask)
        });
        let beginning = loaded.facts.rules.line.beginning(history).map(|began| Began {
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
        trunk: &Loaded,
        revision: &str,
        question: &GateQuestion,
    ) -> Result<Gate, BookError> {
        let view = View::Landed(revision.to_owned());
        let request = Request { view, cache: CacheUse::Refused, ..trunk.request.clone() };
        let snapshot = self.snapshot(&request)?;
        let (facts, _) = self.facts(&snapshot, None)?;
        let pairs = self.shown(snapshot.tip, None)?;
        let shown: Vec<Shown> = pairs.into_iter().map(|pair| pair.shown).collect();
        let ledger = facts.ledger(&shown, trunk.state.now);
        let is_guidance = |text: &str| trunk.templates.is_guidance(text);
        Ok(gates(ledger, facts.trunk, &is_guidance, std::slice::from_ref(question)).remove(0)?)
    }
}

fn rewritten(loaded: &Loaded, after: &str, seen: CommitId) -> Option<String> {
    (!is_on_line(loaded.history(), loaded.commit()?, seen))
        .then(|| format!("`{after}`, which was seen before, is no longer on the trunk's first-parent line"))
}

impl Loaded {
    /// Asks the gate about what was read.
    ///
    /// # Errors
    /// [`Unclear`]: could not tell.
    pub fn gate(&self, question: &GateQuestion) -> Result<Gate, Unclear> {
        self.gates(std::slice::from_ref(question)).remove(0)
    }

    /// The same for many questions, answered in their order.
    pub fn gates(&self, questions: &[GateQuestion]) -> Vec<Result<Gate, Unclear>> {
        let onto = self.facts.trunk.filter(|_| self.request.is_of_landing());
        gates(self.ledger(), onto, &|text| self.templates.is_guidance(text), questions)
    }
}

/// Answers questions to the gate in their order; `onto` is the tip that the commit would be merged into.
fn gates(
    ledger: Option<Ledger<'_>>,
    onto: Option<usize>,
    is_guidance: &(dyn Fn(&str) -> bool + Sync),
    questions: &[GateQuestion],
) -> Vec<Result<Gate, Unclear>> {
    let desk = ledger.map(|ledger| ledger.desk());
    let answer = |question: &GateQuestion| {
        let unknown = || Unclear::UnknownTask { id: question.id.clone(), near: None };
        let id = RecordId::parse(&question.id).map_err(|_| unknown())?;
        desk.as_ref().ok_or_else(unknown)?.gate(&question.to_ledger(&id, onto, is_guidance))
    };
    questions.par_iter().map(answer).collect()
}
