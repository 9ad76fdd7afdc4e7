//! The words by which records are grouped: status, risk, service, label.

use crate::ledger::RecordState;
use crate::record::Details;

/// Kinds of groups: folder of the site, word for one, word for all.
pub(super) const KINDS: [(&str, &str, &str); 4] = [
    ("status", "Status", "Statuses"),
    ("risk", "Risk", "Risks"),
    ("service", "Service", "Services"),
    ("label", "Label", "Labels"),
];

/// Every group that the record is in: (kind, value).
pub(super) fn values(state: &RecordState) -> Vec<(&'static str, String)> {
    let mut values = vec![("status", state.status.as_str().to_owned())];
    values.extend(state.risk.iter().map(|risk| ("risk", risk.level.as_str().to_owned())));
    values.extend(services(state).iter().map(|service| ("service", service.clone())));
    values.extend(labels(state).iter().map(|label| ("label", label.clone())));
    values
}

/// Services that the record touches or serves.
pub(super) fn services(state: &RecordState) -> &[String] {
    match &state.record.details {
        Details::Task(task) => &task.services,
        Details::Runbook(runbook) => &runbook.services,
        Details::Decision(_) => &[],
    }
}

/// Free labels.
pub(super) fn labels(state: &RecordState) -> &[String] {
    match &state.record.details {
        Details::Task(task) => &task.labels,
        Details::Runbook(runbook) => &runbook.labels,
        Details::Decision(_) => &[],
    }
}
