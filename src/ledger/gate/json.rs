//! The documented JSON form of a judgement. These keys are a promise (`docs/design.md#answers`).

use serde::Serialize;

use super::{Gate, Judgement, Requirement};
use crate::diagnostic::Code;
use crate::history::{CommitId, CommitTime};
use crate::ledger::state::{Approval, TrustLevel};
use crate::record::Risk;

/// One requirement.
#[derive(Debug, Serialize)]
pub struct RequirementJson<'a> {
    code: Code,
    met: bool,
    detail: &'a str,
    commit: Option<CommitId>,
}

impl<'a> RequirementJson<'a> {
    /// The JSON form of a requirement.
    pub fn new(requirement: &'a Requirement) -> Self {
        RequirementJson {
            code: requirement.code,
            met: requirement.met,
            detail: &requirement.detail,
            commit: requirement.by.as_ref().map(|by| by.commit),
        }
    }
}

/// A gate's answer, without what it is about.
#[derive(Debug, Serialize)]
pub struct GateJson<'a> {
    open: bool,
    gated: bool,
    emergency: bool,
    risk: Risk,
    risk_reasons: &'a [String],
    until: Option<String>,
    next: Option<String>,
    trust: Option<TrustLevel>,
    deployed: Option<CommitId>,
    requirements: Vec<RequirementJson<'a>>,
    warnings: Vec<RequirementJson<'a>>,
    approvals: &'a [Approval],
}

impl<'a> GateJson<'a> {
    /// The JSON form of a gate's answer.
    pub fn new(gate: &'a Gate) -> Self {
        let Judgement { requirements, warnings, approvals, risk, until, next, trust } = &gate.judgement;
        let moment = |seconds: &i64| CommitTime { seconds: *seconds, offset_minutes: 0 }.rfc3339();
        GateJson {
            open: gate.judgement.is_open(),
            gated: gate.gated,
            emergency: gate.emergency,
            risk: risk.level,
            risk_reasons: &risk.reasons,
            until: until.as_ref().map(moment),
            next: next.as_ref().map(moment),
            trust: *trust,
            deployed: gate.deployed.as_ref().map(|by| by.commit),
            requirements: requirements.iter().map(RequirementJson::new).collect(),
            warnings: warnings.iter().map(RequirementJson::new).collect(),
            approvals,
        }
    }
}
