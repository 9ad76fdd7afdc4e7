//! The documented JSON form of an audit. These keys are a promise (`docs/design.md#answers`).

use serde::Serialize;

use super::{Audit, ControlChange, ControlOutcome, Review, Row};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{CommitId, CommitTime};
use crate::ledger::gate::RequirementJson;
use crate::ledger::state::{Approval, CommitRef, TrustLevel};
use crate::record::{Risk, TaskKind};

/// An audit, without what it is of.
#[derive(Debug, Serialize)]
pub struct AuditJson<'a> {
    duty: Option<&'a CommitRef>,
    rows: Vec<RowJson<'a>>,
    unrecorded: Vec<UnrecordedJson<'a>>,
    late: Vec<LateJson<'a>>,
    undeployed: Vec<UndeployedJson<'a>>,
    controls: Vec<ControlJson<'a>>,
    diagnostics: &'a [Diagnostic],
}

#[derive(Debug, Serialize)]
struct RowJson<'a> {
    id: &'a str,
    title: &'a str,
    kind: Option<TaskKind>,
    requestor: Option<&'a str>,
    environment: &'a str,
    gated: bool,
    emergency: Option<&'a str>,
    risk: Option<Risk>,
    time: String,
    stated: bool,
    evidence: &'a CommitRef,
    deployed_by: &'a [String],
    changed_by: &'a [String],
    landed: Option<&'a CommitRef>,
    trust: Option<TrustLevel>,
    approvals: &'a [Approval],
    plans: &'a [String],
    proven: Option<bool>,
    drift: &'a [String],
    rollback_written: bool,
    tests: Vec<TestJson<'a>>,
    review: Option<ReviewJson<'a>>,
    anyway: Option<&'a str>,
    rolled_back: Option<&'a CommitRef>,
    requirements: Vec<RequirementJson<'a>>,
    exceptions: Vec<Code>,
    details: Vec<ExceptionJson<'a>>,
}

#[derive(Debug, Serialize)]
struct TestJson<'a> {
    text: &'a str,
    evidence: &'a CommitRef,
}

#[derive(Debug, Serialize)]
struct ExceptionJson<'a> {
    code: Code,
    detail: &'a str,
    commit: Option<CommitId>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum ReviewJson<'a> {
    InTime { evidence: &'a CommitRef },
    Late { evidence: &'a CommitRef },
    Owed { until: String },
    Overdue { since: String },
}

#[derive(Debug, Serialize)]
struct UnrecordedJson<'a> {
    code: Code,
    evidence: &'a CommitRef,
    changed_by: &'a [String],
    brings: &'a [CommitRef],
    paths: &'a [String],
}

/// What a task took on after it had landed: an exception while `open` says why.
#[derive(Debug, Serialize)]
struct LateJson<'a> {
    code: Code,
    id: &'a str,
    evidence: &'a CommitRef,
    changed_by: &'a [String],
    brings: &'a [CommitRef],
    paths: &'a [String],
    recorded: Option<&'a CommitRef>,
    open: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct UndeployedJson<'a> {
    code: Code,
    id: &'a str,
    evidence: &'a CommitRef,
    landed: &'a CommitRef,
}

/// A change of the policy.
#[derive(Debug, Serialize)]
struct ControlJson<'a> {
    landed: &'a CommitRef,
    time: String,
    outcome: &'static str,
    settled: Option<&'a CommitRef>,
    codes: Vec<Code>,
    values: Vec<ControlValueJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ControlValueJson<'a> {
    key: String,
    before: Option<&'a str>,
    after: Option<&'a str>,
    by: &'a [CommitRef],
    agreed: &'a [String],
    alone: bool,
    codes: &'a [Code],
}

fn control(change: &ControlChange) -> ControlJson<'_> {
    let mut codes: Vec<Code> =
        change.gone.into_iter().chain(change.values.iter().flat_map(|v| v.codes.clone())).collect();
    codes.sort_unstable();
    codes.dedup();
    let values = change.values.iter().map(|value| ControlValueJson {
        key: value.key.to_string(),
        before: value.before.as_deref(),
        after: value.after.as_deref(),
        by: &value.by,
        agreed: &value.agreed,
        alone: value.alone,
        codes: &value.codes,
    });
    ControlJson {
        landed: &change.landed,
        time: moment(change.time),
        outcome: change.outcome.as_str(),
        settled: match &change.outcome {
            ControlOutcome::NotInForce { until } => until.as_ref(),
            _ => None,
        },
        codes,
        values: values.collect(),
    }
}

fn moment(seconds: i64) -> String {
    CommitTime { seconds, offset_minutes: 0 }.rfc3339()
}

impl<'a> AuditJson<'a> {
    /// The JSON form of an audit; `rows` are the positions to show.
    pub fn new(audit: &'a Audit, rows: &[usize]) -> Self {
        let unrecorded = audit.unrecorded.iter().map(|found| UnrecordedJson {
            code: Code::UnrecordedChange,
            evidence: &found.by,
            changed_by: &found.changed_by,
            brings: &found.brings,
            paths: &found.paths,
        });
        let late = audit.late.iter().map(|found| LateJson {
            code: Code::RecordedLate,
            id: found.id.as_str(),
            evidence: &found.by,
            changed_by: &found.changed_by,
            brings: &found.brings,
            paths: &found.paths,
            recorded: found.recorded.as_ref(),
            open: found.open.as_deref(),
        });
        let undeployed = audit.undeployed.iter().map(|found| UndeployedJson {
            code: Code::DeploymentUnrecorded,
            id: found.id.as_str(),
            evidence: &found.by,
            landed: &found.landed,
        });
        AuditJson {
            duty: audit.duty.as_ref(),
            rows: rows.iter().filter_map(|&position| audit.rows.get(position)).map(row).collect(),
            unrecorded: unrecorded.collect(),
            late: late.collect(),
            undeployed: undeployed.collect(),
            controls: audit.controls.iter().map(control).collect(),
            diagnostics: &audit.policy,
        }
    }
}

fn row(row: &Row) -> RowJson<'_> {
    let judgement = row.judgement.as_ref();
    RowJson {
        id: row.id.as_str(),
        title: &row.title,
        kind: row.kind,
        requestor: row.requestor.as_deref(),
        environment: &row.environment,
        gated: row.gated,
        emergency: row.emergency.as_deref(),
        risk: row.level(),
        time: moment(row.time),
        stated: row.stated,
        evidence: &row.by,
        deployed_by: &row.deployed_by,
        changed_by: &row.changed_by,
        landed: row.landed.as_ref(),
        trust: judgement.and_then(|judgement| judgement.trust),
        approvals: judgement.map_or(&[], |judgement| &judgement.approvals),
        plans: &row.evidence.plans,
        proven: row.evidence.proven,
        drift: &row.evidence.drift,
        rollback_written: row.rollback_written,
        tests: row.tests.iter().map(|(text, evidence)| TestJson { text, evidence }).collect(),
        review: row.review.as_ref().map(|review| match review {
            Review::InTime { by } => ReviewJson::InTime { evidence: by },
            Review::Late { by } => ReviewJson::Late { evidence: by },
            Review::Owed { until } => ReviewJson::Owed { until: moment(*until) },
            Review::Overdue { since } => ReviewJson::Overdue { since: moment(*since) },
        }),
        anyway: row.anyway.as_deref(),
        rolled_back: row.rolled_back.as_ref(),
        requirements: judgement
            .map_or_else(Vec::new, |j| j.requirements.iter().map(RequirementJson::new).collect()),
        exceptions: {
            let mut codes: Vec<Code> = row.exceptions.iter().map(|exception| exception.code).collect();
            codes.dedup();
            codes
        },
        details: row
            .exceptions
            .iter()
            .map(|exception| ExceptionJson {
                code: exception.code,
                detail: &exception.detail,
                commit: exception.by.as_ref().map(|by| by.commit),
            })
            .collect(),
    }
}
