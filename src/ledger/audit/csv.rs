//! The audit as a table for spreadsheets.

use unicode_normalization::UnicodeNormalization;

use super::{Audit, ControlChange, Row, control_words};
use crate::diagnostic::Code;
use crate::history::CommitTime;
use crate::ledger::state::CommitRef;

const HEADER: [&str; 24] = [
    "row",
    "id",
    "title",
    "kind",
    "requestor",
    "environment",
    "time",
    "stated",
    "deployer",
    "changed_by",
    "commit",
    "landed",
    "risk",
    "emergency",
    "approvals",
    "decision",
    "plans",
    "proven",
    "drift",
    "rollback_written",
    "tests",
    "rolled_back",
    "anyway",
    "exceptions",
];

/// One row for each deployment that is given, and for all else that the audit found: `row` says what it is. RFC 4180; what a
/// spreadsheet would run as a formula is guarded by an apostrophe.
///
/// # Errors
/// What the writer says; it has no reason to.
pub fn audit_csv<'r>(audit: &Audit, rows: impl IntoIterator<Item = &'r Row>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        let fields = fields(row);
        let cells = std::iter::once("deployment").chain(fields.iter().map(String::as_str));
        writer.write_record(cells.map(csv_cell))?;
    }
    for other in others(audit) {
        writer.write_record(other.iter().map(|field| csv_cell(field)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What is no deployment: the columns that it has, by name.
type Other<'o> = [(&'o str, String)];

fn line(columns: &Other<'_>) -> [String; 24] {
    HEADER.map(|name| {
        columns
            .iter()
            .find(|(column, _)| *column == name)
            .map_or_else(String::new, |(_, value)| value.clone())
    })
}

fn others(audit: &Audit) -> Vec<[String; 24]> {
    let found = |code: Code, by: &CommitRef, landed: &CommitRef| {
        vec![
            ("row", code.to_string()),
            ("time", landed.time.rfc3339()),
            ("commit", by.commit.hex()),
            ("landed", landed.commit.hex()),
        ]
    };
    let code = |code: Code| ("exceptions", code.to_string());
    let unrecorded = audit.unrecorded.iter().map(|other| {
        let mut columns = found(Code::UnrecordedChange, &other.by, &other.by);
        columns.extend([("title", other.paths.join("; ")), ("changed_by", other.changed_by.join("; "))]);
        columns.push(code(Code::UnrecordedChange));
        line(&columns)
    });
    let late = audit.late.iter().map(|other| {
        let mut columns = found(Code::RecordedLate, &other.by, &other.by);
        columns.extend([("id", other.id.to_string()), ("title", other.words())]);
        columns.push(("changed_by", other.changed_by.join("; ")));
        columns.extend(other.open.as_ref().map(|_| code(Code::RecordedLate)));
        line(&columns)
    });
    let undeployed = audit.undeployed.iter().map(|other| {
        let mut columns = found(Code::DeploymentUnrecorded, &other.by, &other.landed);
        columns.extend([("id", other.id.to_string()), code(Code::DeploymentUnrecorded)]);
        line(&columns)
    });
    let controls = audit.controls.iter().map(control);
    unrecorded.chain(late).chain(undeployed).chain(controls).collect()
}

/// A change of the policy.
fn control(change: &ControlChange) -> [String; 24] {
    let (outcome, values) = control_words(change);
    let people = |by: &CommitRef| by.person.as_deref().unwrap_or(&by.email).to_owned();
    let mut changed_by: Vec<String> =
        change.values.iter().flat_map(|value| value.by.iter().map(people)).collect();
    let mut agreed: Vec<&str> =
        change.values.iter().flat_map(|value| value.agreed.iter().map(String::as_str)).collect();
    let mut codes: Vec<&str> = change
        .gone
        .iter()
        .chain(change.values.iter().flat_map(|value| &value.codes))
        .map(|c| c.as_str())
        .collect();
    changed_by.sort_unstable();
    changed_by.dedup();
    for list in [&mut agreed, &mut codes] {
        list.sort_unstable();
        list.dedup();
    }
    let words: Vec<String> = std::iter::once(outcome).chain(values).collect();
    let time = CommitTime { seconds: change.time, offset_minutes: change.landed.time.offset_minutes };
    line(&[
        ("row", "control-change".to_owned()),
        ("title", words.join("; ")),
        ("time", time.rfc3339()),
        ("changed_by", changed_by.join("; ")),
        ("approvals", agreed.join("; ")),
        ("commit", change.landed.commit.hex()),
        ("landed", change.landed.commit.hex()),
        ("exceptions", codes.join("; ")),
    ])
}

fn fields(row: &Row) -> [String; 23] {
    let judgement = row.judgement.iter();
    let approvals = judgement.clone().flat_map(|judgement| &judgement.approvals);
    let given = approvals.clone().filter(|approval| approval.valid && approval.decision.is_none());
    let given: Vec<String> = given
        .filter_map(|approval| {
            let by = approval.by.as_ref()?;
            Some(format!(
                "{} {} {} {}",
                approval.role,
                approval.person.as_deref()?,
                by.commit.short(),
                by.time
            ))
        })
        .collect();
    let decision = approvals.clone().find_map(|approval| {
        let id = approval.decision.as_ref()?;
        Some(format!("{id} {}", approval.by.as_ref().map_or("pending".to_owned(), |by| by.commit.short())))
    });
    let mut codes: Vec<&str> = row.exceptions.iter().map(|exception| exception.code.as_str()).collect();
    codes.dedup();
    let tests: Vec<&str> = row.tests.iter().map(|(text, _)| text.as_str()).collect();
    [
        row.id.to_string(),
        row.title.clone(),
        row.kind.map_or("", |kind| kind.as_str()).to_owned(),
        row.requestor.clone().unwrap_or_default(),
        row.environment.clone(),
        CommitTime { seconds: row.time, offset_minutes: row.by.time.offset_minutes }.rfc3339(),
        row.stated.to_string(),
        row.deployed_by.join("; "),
        row.changed_by.join("; "),
        row.by.commit.hex(),
        row.landed.as_ref().map_or_else(String::new, |by| by.commit.hex()),
        row.level().map_or("", |level| level.as_str()).to_owned(),
        row.emergency.clone().unwrap_or_default(),
        given.join("; "),
        decision.unwrap_or_default(),
        row.evidence.plans.join(" "),
        row.evidence.proven.map_or_else(String::new, |proven| proven.to_string()),
        row.evidence.drift.join("; "),
        row.rollback_written.to_string(),
        tests.join("; "),
        row.rolled_back.as_ref().map_or_else(String::new, |by| by.commit.hex()),
        row.anyway.clone().unwrap_or_default(),
        codes.join("; "),
    ]
}

/// A field on one line that no spreadsheet runs: behind an apostrophe where what a reader sees first could begin a
/// formula, in whatever width it is written and whatever blank or invisible letters stand before it.
pub fn csv_cell(field: &str) -> String {
    let is_unseen = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
    };
    let field: String = field.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let first = field.chars().find(|letter| !is_unseen(*letter));
    let plain = first.and_then(|first| std::iter::once(first).nfkd().next());
    match plain {
        Some('=' | '+' | '-' | '@' | '\u{2212}') => format!("'{field}"),
        _ => field,
    }
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn formulas_are_guarded() {
        for (field, expected) in [
            ("=cmd", "'=cmd"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("plain", "plain"),
            ("a\r\tb", "a  b"),
            (" =1", "' =1"),
            ("\t=1", "' =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\u{200b}\u{feff} @x", "'\u{200b}\u{feff} @x"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{ff0b}1", "'\u{ff0b}1"),
            ("\u{fe63}1", "'\u{fe63}1"),
            ("\u{ff20}x", "'\u{ff20}x"),
            ("\u{3000}\u{ff0d}1", "'\u{3000}\u{ff0d}1"),
            ("a = b", "a = b"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(field), expected);
        }
    }
}
