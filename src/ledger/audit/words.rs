//! The audit in words: what every document says of a deployment.

use serde::Serialize;

use super::{Audit, Exception, Row};
use crate::diagnostic::Code;
use crate::history::CommitTime;
use crate::ledger::gate::Review;

/// A row as every document shows it.
#[derive(Debug, Clone, Serialize)]
pub struct RowFacts {
    /// `INFRA-150 Migrate to the new VPC → production`.
    pub heading: String,
    /// Name and value, in the order of a reader's questions.
    pub facts: Vec<(String, String)>,
    /// Code and sentence.
    pub exceptions: Vec<(String, String)>,
    /// Whether it is met, the sentence, and the commit's seven digits.
    pub requirements: Vec<(bool, String, String)>,
    /// Plain git commands that show all of it.
    pub commands: Vec<String>,
}

/// A row in words; `path` is the record's in the repository, empty when it is not known.
pub fn row_facts(row: &Row, path: &str) -> RowFacts {
    let judgement = row.judgement.as_ref();
    let mut facts = vec![
        (
            "Deployed".to_owned(),
            format!("{} by {} in {}", time_of_row(row), row.deployed_by.join(", "), row.by.commit.short()),
        ),
        ("Requested by".to_owned(), row.requestor.clone().unwrap_or_else(|| "nobody named".to_owned())),
    ];
    if !row.changed_by.is_empty() {
        facts.push(("Changed by".to_owned(), row.changed_by.join(", ")));
    }
    facts.extend(
        row.landed.as_ref().map(|by| ("Landed".to_owned(), format!("{} {}", by.commit.short(), by.time))),
    );
    facts.extend(
        row.risk().map(|risk| {
            ("Risk".to_owned(), format!("{} ({})", risk.level.as_str(), risk.reasons.join("; ")))
        }),
    );
    facts.extend(row.emergency.clone().map(|why| ("Emergency".to_owned(), why)));
    facts.extend(row.review.as_ref().map(|state| ("Board review".to_owned(), review_text(state))));
    facts.extend(row.evidence.plans.iter().map(|digest| ("Plan".to_owned(), digest.clone())));
    let back = if row.rollback_written { "written" } else { "not written" };
    facts.push(("Rollback plan".to_owned(), back.to_owned()));
    if !row.tests.is_empty() {
        let tests: Vec<String> =
            row.tests.iter().map(|(text, by)| format!("{text} ({})", by.commit.short())).collect();
        facts.push(("Tests".to_owned(), tests.join("; ")));
    }
    facts.extend(row.anyway.clone().map(|why| ("Deployed anyway".to_owned(), why)));
    facts.extend(
        row.rolled_back
            .as_ref()
            .map(|by| ("Rolled back".to_owned(), format!("{} {}", by.commit.short(), by.time))),
    );
    let exception = |exception: &Exception| (exception.code.to_string(), exception.detail.clone());
    RowFacts {
        heading: format!("{} {} → {}", row.id, row.title, row.environment),
        facts,
        exceptions: row.exceptions.iter().map(exception).collect(),
        requirements: judgement.map_or_else(Vec::new, |judgement| {
            let requirements = judgement.requirements.iter();
            requirements
                .map(|r| {
                    let commit = r.by.as_ref().map_or_else(String::new, |by| by.commit.short());
                    (r.met, r.detail.clone(), commit)
                })
                .collect()
        }),
        commands: commands_of_row(row, path),
    }
}

/// The plain git commands that show a row: each commit, and that it came before the deployment.
pub fn commands_of_row(row: &Row, path: &str) -> Vec<String> {
    let git = "git --no-replace-objects";
    let deployment = row.by.commit;
    let mut commands = vec![format!("{git} show --format=fuller {deployment}")];
    for commit in row.commits().into_iter().filter(|commit| *commit != deployment) {
        commands.push(format!("{git} show --format=fuller --no-patch {commit}"));
    }
    let judgement = row.judgement.iter();
    let approvals =
        judgement.flat_map(|judgement| judgement.approvals.iter().filter(|approval| approval.valid));
    for by in approvals.filter_map(|approval| approval.by.as_ref()) {
        commands.push(format!("{git} merge-base --is-ancestor {} {deployment}", by.commit));
    }
    let judged = row.judgement.iter().flat_map(|judgement| &judgement.approvals);
    let late =
        judged.filter(|approval| row.gated && approval.required && approval.code == Some(Code::ApprovalLate));
    let late = late.filter_map(|approval| approval.by.as_ref()).filter(|by| by.commit != deployment);
    for by in late {
        commands.push(format!(
            "if {git} merge-base --is-ancestor {} {deployment}; then echo 'not late'; exit 1; fi",
            by.commit
        ));
    }
    if let Some(landed) = row.landed.as_ref().filter(|landed| landed.commit != deployment) {
        commands.push(format!("{git} merge-base --is-ancestor {deployment} {}", landed.commit));
    }
    if !path.is_empty() {
        commands.push(format!("{git} show {}", shell_quoted(&format!("{deployment}:{path}"))));
    }
    commands
}

/// Git commands that show what the records do not tell, each with the words that head it.
pub fn other_commands(audit: &Audit) -> Vec<(String, Vec<String>)> {
    let git = "git --no-replace-objects";
    let unrecorded = audit.unrecorded.iter().map(|found| {
        let commits = std::iter::once(&found.by).chain(&found.brings);
        let show = commits.map(|by| format!("{git} show --format=fuller --name-only {}", by.commit));
        (format!("unrecorded-change {}", found.by.commit), show.collect())
    });
    let undeployed = audit.undeployed.iter().map(|found| {
        let (work, landed) = (found.by.commit, found.landed.commit);
        let show = vec![
            format!("{git} show --format=fuller --name-only {work}"),
            format!("{git} merge-base --is-ancestor {work} {landed}"),
        ];
        (format!("deployment-unrecorded {} {work}", found.id), show)
    });
    let late = audit.late.iter().map(|found| {
        let commits = std::iter::once(&found.by).chain(&found.brings).chain(&found.recorded);
        let show = commits.map(|by| format!("{git} show --format=fuller --name-only {}", by.commit));
        (format!("recorded-late {} {}", found.id, found.by.commit), show.collect())
    });
    unrecorded.chain(late).chain(undeployed).collect()
}

/// When it ran, and whether that is only stated.
pub fn time_of_row(row: &Row) -> String {
    let time = CommitTime { seconds: row.time, offset_minutes: row.by.time.offset_minutes };
    format!("{}{}", time.human(), if row.stated { " (stated)" } else { "" })
}

/// The codes of the exceptions, each once in a row.
pub fn codes_of_row(row: &Row) -> String {
    let mut codes: Vec<&str> = row.exceptions.iter().map(|exception| exception.code.as_str()).collect();
    codes.dedup();
    codes.join(", ")
}

/// The board's look at an emergency.
pub fn review_text(review: &Review) -> String {
    let moment = |seconds: i64| CommitTime { seconds, offset_minutes: 0 }.rfc3339();
    match review {
        Review::InTime { by } => format!("reviewed in time, {} ({})", by.commit.short(), by.time),
        Review::Late { by } => format!("reviewed late, {} ({})", by.commit.short(), by.time),
        Review::Owed { until } => format!("review owed until {}", moment(*until)),
        Review::Overdue { since } => format!("review overdue since {}", moment(*since)),
    }
}

/// A path or word as one argument of a POSIX shell.
pub fn shell_quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=+@%".contains(&byte);
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_arguments_are_quoted_when_they_must_be() {
        assert_eq!(shell_quoted("tasks/INFRA-1.md"), "tasks/INFRA-1.md");
        assert_eq!(shell_quoted("a b"), "'a b'");
        assert_eq!(shell_quoted("it's $(x)"), r"'it'\''s $(x)'");
        assert_eq!(shell_quoted("-rf"), "'-rf'");
        assert_eq!(shell_quoted(""), "''");
    }
}
