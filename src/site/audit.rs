//! The page of the audit: the ledger's answer for every deployment that the trunk has.

use serde::Serialize;

use super::gate::moment;
use super::model::Model;
use super::view::{Act, Reference, Word};
use crate::ledger::{Row, RowFacts, by_code, row_facts};

/// What `site/audit.html` gets as `audit`.
#[derive(Debug, Serialize)]
pub(super) struct AuditView {
    /// `7 May 2024 to 29 May 2024`.
    pub(super) period: String,
    pub(super) trunk: Option<String>,
    pub(super) commit: Option<super::view::Commit>,
    pub(super) duty: Option<Act>,
    pub(super) population: usize,
    pub(super) with_exceptions: usize,
    /// Code and how many rows have it.
    pub(super) counts: Vec<(String, usize)>,
    pub(super) exceptions: Vec<ExceptionView>,
    /// Newest first.
    pub(super) rows: Vec<RowView>,
    /// First and last day of the rows, for the command that repeats the report.
    pub(super) command: String,
}

/// Something to explain.
#[derive(Debug, Serialize)]
pub(super) struct ExceptionView {
    pub(super) code: String,
    pub(super) what: String,
    /// What the code means and how it is mended.
    pub(super) remedy: &'static str,
    pub(super) reference: Option<Reference>,
    /// The row's anchor on this page.
    pub(super) anchor: Option<String>,
    pub(super) by: Option<Act>,
}

/// One deployment with its evidence.
#[derive(Debug, Serialize)]
pub(super) struct RowView {
    pub(super) anchor: String,
    pub(super) time: String,
    pub(super) iso: String,
    pub(super) stated: bool,
    pub(super) reference: Reference,
    pub(super) title: String,
    pub(super) environment: String,
    pub(super) risk: Option<Word>,
    pub(super) emergency: bool,
    pub(super) by: Act,
    pub(super) codes: Vec<&'static str>,
    pub(super) rolled_back: bool,
    pub(super) facts: RowFacts,
}

/// The anchor of a deployment on the page.
pub(super) fn anchor(row: &Row) -> String {
    format!("{}-{}", row.by.commit.short(), crate::record::slug(&format!("{} {}", row.id, row.environment)))
}

/// The page, when there is a trunk to audit.
pub(super) fn view(model: &Model<'_>) -> Option<AuditView> {
    let judged = model.input.judged?;
    let audit = judged.audit;
    let day = |row: &Row| crate::ledger::local(row.time, &model.zone).map(|time| time.date());
    let (first, last) = (audit.rows.first().and_then(day), audit.rows.last().and_then(day));
    let command = match (first, last) {
        (Some(first), Some(last)) => format!("changebook audit --since {first} --until {last}"),
        _ => "changebook audit".to_owned(),
    };
    Some(AuditView {
        period: format!("from the first commit to {}", moment(model, judged.state.now)),
        trunk: judged.state.trunk.clone(),
        commit: judged.state.at.as_ref().map(|at| model.commit(at.commit)),
        duty: audit.duty.as_ref().map(|by| model.act(by)),
        population: audit.rows.len(),
        with_exceptions: audit.rows.iter().filter(|row| !row.exceptions.is_empty()).count(),
        counts: by_code(audit).into_iter().map(|(code, n)| (code.to_string(), n)).collect(),
        exceptions: exceptions(model),
        rows: audit.rows.iter().rev().map(|row| row_view(model, row)).collect(),
        command,
    })
}

fn exceptions(model: &Model<'_>) -> Vec<ExceptionView> {
    use crate::diagnostic::Code;
    let Some(judged) = model.input.judged else { return Vec::new() };
    let of_rows = judged.audit.rows.iter().rev().flat_map(|row| {
        row.exceptions.iter().map(move |exception| ExceptionView {
            code: exception.code.to_string(),
            what: format!("{} → {}: {}", row.id, row.environment, exception.detail),
            remedy: exception.code.remedy(),
            reference: Some(model.reference(row.id.as_str())),
            anchor: Some(anchor(row)),
            by: exception.by.as_ref().or(Some(&row.by)).map(|by| model.act(by)),
        })
    });
    let unrecorded = judged.audit.unrecorded.iter().map(|found| ExceptionView {
        code: Code::UnrecordedChange.to_string(),
        what: format!("{} changed and no task is named", found.paths.join(", ")),
        remedy: Code::UnrecordedChange.remedy(),
        reference: None,
        anchor: None,
        by: Some(model.act(&found.by)),
    });
    let undeployed = judged.audit.undeployed.iter().map(|found| ExceptionView {
        code: Code::DeploymentUnrecorded.to_string(),
        what: format!(
            "work on {} landed in {} and was never deployed",
            found.id,
            found.landed.commit.short()
        ),
        remedy: Code::DeploymentUnrecorded.remedy(),
        reference: Some(model.reference(found.id.as_str())),
        anchor: None,
        by: Some(model.act(&found.by)),
    });
    let policy = judged.audit.policy.iter().map(|found| ExceptionView {
        code: found.code.to_string(),
        what: found.message.clone(),
        remedy: found.code.remedy(),
        reference: None,
        anchor: None,
        by: None,
    });
    of_rows.chain(unrecorded).chain(undeployed).chain(policy).collect()
}

fn row_view(model: &Model<'_>, row: &Row) -> RowView {
    let time = crate::history::CommitTime { seconds: row.time, offset_minutes: row.by.time.offset_minutes };
    let mut codes: Vec<&'static str> = row.exceptions.iter().map(|found| found.code.as_str()).collect();
    codes.dedup();
    let path = model.by_name(row.id.as_str()).map_or("", |state| state.record.path.as_str());
    RowView {
        anchor: anchor(row),
        time: time.human(),
        iso: time.rfc3339(),
        stated: row.stated,
        reference: model.reference(row.id.as_str()),
        title: row.title.clone(),
        environment: row.environment.clone(),
        risk: row.level().map(|level| model.risk(level)),
        emergency: row.emergency.is_some(),
        by: model.act(&row.by),
        codes,
        rolled_back: row.rolled_back.is_some(),
        facts: row_facts(row, path),
    }
}
