//! The services that a book knows, and those of freezes that nothing names.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::policy::{Freeze, Policy};
use crate::record::{Details, Record, normalize};

/// The services that records and runbooks name, folded.
pub fn services<'r>(records: impl IntoIterator<Item = &'r Record>) -> BTreeSet<String> {
    let of = |record: &'r Record| match &record.details {
        Details::Task(task) => &task.services[..],
        Details::Runbook(runbook) => &runbook.services[..],
        Details::Decision(_) => &[],
    };
    records.into_iter().flat_map(of).map(|service| normalize(service)).collect()
}

/// A freeze of a service that nothing names may be that of any service, misspelt: an error in a freeze that is new, a
/// warning later. `before` is the policy before the change.
pub fn unknown_services(
    policy: &Policy,
    before: Option<&Policy>,
    known: &BTreeSet<String>,
    path: &str,
) -> Vec<Diagnostic> {
    let stood = |freeze: &Freeze| before.is_some_and(|before| before.freezes.contains(freeze));
    let mut found = Vec::new();
    for freeze in &policy.freezes {
        for service in freeze.services.iter().filter(|service| !known.contains(&normalize(service))) {
            let name = &freeze.name;
            let message = format!(
                "freeze `{name}` names the service `{service}`, which no record or runbook names; it applies to every task"
            );
            let make = match stood(freeze) {
                true => Diagnostic::warning_at_file,
                false => Diagnostic::error_at_file,
            };
            let help = match nearest(&normalize(service), known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => Code::ServiceUnknown.remedy().to_owned(),
            };
            found.push(make(Code::ServiceUnknown, path, message).with_help(help));
        }
    }
    found
}
