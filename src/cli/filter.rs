//! Which records a listing is about.

use super::error::CliError;
use crate::diagnostic::nearest;
use crate::ledger::{Listed, Status, Writer};
use crate::policy::Policy;

/// Filters that several commands share. Several values of one are alternatives.
#[derive(Debug, Default, clap::Args)]
pub(super) struct FilterArgs {
    /// Only records with this status (`approved`, `in-review`, …; `open` for all that need work)
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    /// Only tasks with this risk
    #[arg(long, value_name = "RISK", value_delimiter = ',')]
    risk: Vec<String>,
    /// Only task, decision or runbook
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    record_type: Vec<String>,
    /// Only tasks of this kind (`terraform`, `kubernetes`, …)
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<String>,
    /// Only records with this label
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    label: Vec<String>,
    /// Only records that touch this service
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    service: Vec<String>,
    /// Only records that this person requested, wrote or owns
    #[arg(long, value_name = "PERSON", value_delimiter = ',')]
    owner: Vec<String>,
    /// Only what this person can approve or decide now
    #[arg(long, value_name = "PERSON", value_delimiter = ',')]
    waiting_for: Vec<String>,
    /// Only tasks in this change window
    #[arg(long, value_name = "WINDOW", value_delimiter = ',')]
    window: Vec<String>,
}

/// Checked filters.
pub(super) struct Filter<'a> {
    args: &'a FilterArgs,
    statuses: Vec<Status>,
}

impl FilterArgs {
    /// Checks the words that come from closed sets.
    pub(super) fn check(&self) -> Result<Filter<'_>, CliError> {
        let mut statuses = Vec::new();
        for word in &self.status {
            match Status::parse(word) {
                Some(status) => statuses.push(status),
                None if word == "open" => {
                    statuses.extend(Status::ALL.into_iter().filter(|status| status.is_open()))
                }
                None => {
                    let known = Status::ALL.iter().map(|status| status.as_str()).chain(["open"]);
                    return Err(unknown("status", word, known));
                }
            }
        }
        let closed: [(&str, &[String], &[&str]); 3] = [
            ("risk", &self.risk, &["low", "medium", "high"]),
            ("type", &self.record_type, &["task", "decision", "runbook"]),
            ("kind", &self.kind, &["terraform", "kubernetes", "helm", "documentation", "general"]),
        ];
        for (name, words, known) in closed {
            if let Some(word) = words.iter().find(|word| !known.contains(&word.as_str())) {
                return Err(unknown(name, word, known.iter().copied()));
            }
        }
        Ok(Filter { args: self, statuses })
    }

    /// Checks the words that the policy knows.
    pub(super) fn check_by(&self, policy: &Policy) -> Result<(), CliError> {
        if let Some(person) = self.waiting_for.iter().find(|person| !policy.people.contains_key(*person)) {
            return Err(unknown("person in the policy", person, policy.people.keys().map(String::as_str)));
        }
        let known = policy.windows.keys().map(String::as_str);
        match self.window.iter().find(|word| !policy.windows.contains_key(*word)) {
            Some(word) => Err(unknown("window in the policy", word, known)),
            None => Ok(()),
        }
    }
}

pub(super) fn unknown<'k>(name: &str, word: &str, known: impl Iterator<Item = &'k str> + Clone) -> CliError {
    let words: Vec<&str> = known.clone().collect();
    let error = CliError::usage(format!("`{word}` is not a valid {name}"));
    match nearest(word, known) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint(format!("one of {}", words.join(", "))),
    }
}

impl Filter<'_> {
    /// Whether a record passes all filters.
    pub(super) fn admits(&self, record: &Listed) -> bool {
        let any = |wanted: &[String], has: &dyn Fn(&str) -> bool| {
            wanted.is_empty() || wanted.iter().any(|word| has(word))
        };
        let args = self.args;
        (self.statuses.is_empty() || self.statuses.contains(&record.status))
            && any(&args.risk, &|word| record.risk.is_some_and(|risk| risk.as_str() == word))
            && any(&args.record_type, &|word| record.record_type.as_str() == word)
            && any(&args.kind, &|word| record.kind.is_some_and(|kind| kind.as_str() == word))
            && any(&args.label, &|word| record.labels.iter().any(|label| label == word))
            && any(&args.service, &|word| record.services.iter().any(|service| service == word))
            && any(&args.owner, &|word| owned_by(record, word))
            && any(&args.waiting_for, &|word| record.waiting_for.iter().any(|person| person == word))
            && any(&args.window, &|word| record.window.as_deref() == Some(word))
    }
}

fn owned_by(record: &Listed, person: &str) -> bool {
    let wrote = |writer: &Writer| {
        writer.person.as_deref() == Some(person) || writer.email.eq_ignore_ascii_case(person)
    };
    record.stated_owner.as_deref() == Some(person) || record.authors.iter().any(wrote)
}
