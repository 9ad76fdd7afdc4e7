//! `changebook diff`

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::ui::{BAD, BOLD, GOOD, INFORMATION, Ui, escape, paint};
use crate::book::{Book, Loaded};
use crate::evidence::EvidenceFile;
use crate::history::{CommitId, Hunk, Origin, changed_lines};
use crate::ledger::{Approval, CommitRef, RecordState};
use crate::record::{EVIDENCE_FOLDER, ScopeHash, scope_differences, scope_text, short_digest};

/// Show what changed since a record was approved
///
/// Compares the text that was last approved (or approved in a role) with the current text: the frontmatter as one
/// line of JSON, and the body without boxes, Notes and the Deployment log. Exit status: 0 no differences, 3
/// differences.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook diff INFRA-150\n\
    \x20\x20changebook diff INFRA-150 --role security\n\
    \x20\x20changebook diff INFRA-150 --json")]
pub(super) struct DiffArgs {
    /// The record's ID
    id: String,
    /// Compare with the approval in this role instead of the latest
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

#[derive(Serialize)]
struct DiffAnswer<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    id: &'a str,
    role: &'a str,
    person: Option<&'a str>,
    commit: CommitId,
    approved: ScopeHash,
    scope: ScopeHash,
    same: bool,
    changed: &'a [String],
    diff: String,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &DiffArgs) -> Result<(), CliError> {
    let (book, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    let approval = choose(&loaded, state, args.role.as_deref())?;
    let (then, now) = texts(&book, &loaded, state, approval)?;
    let carrier = approval.by.as_ref().map(|by| by.commit);
    let Some(commit) = approval.scope_at.or(carrier) else { return Err(no_approval(state, None)) };
    let evidence = evidence(&book, &loaded, state, carrier.unwrap_or(commit))?;
    let same = then == now && evidence[0] == evidence[1];
    let hunks = changed_lines(&format!("{then}{}", evidence[0]), &format!("{now}{}", evidence[1]))?;
    let from = format!("{} as approved ({}) in {}", state.name, approval.role, commit.short());
    let to = format!("{} now", state.name);
    if context.json {
        ui.json(&DiffAnswer {
            schema: "changebook.diff/1",
            at: loaded.state.at.as_ref(),
            id: &state.name,
            role: &approval.role,
            person: approval.person.as_deref(),
            commit,
            approved: ScopeHash::of(&then),
            scope: ScopeHash::of(&now),
            same,
            changed: &scope_differences(&then, &now),
            diff: unified(&hunks, &from, &to).into_iter().map(|(_, line)| line + "\n").collect(),
        })?;
    } else if same {
        ui.line(format!(
            "{}: nothing changed since {} approved it as {}",
            state.name,
            who(approval),
            approval.role
        ))?;
    } else {
        for (style, line) in unified(&hunks, &from, &to) {
            ui.line(paint(style, escape(&line)))?;
        }
    }
    if same { Ok(()) } else { Err(CliError::no()) }
}

fn who(approval: &Approval) -> String {
    escape(approval.person.as_deref().unwrap_or("somebody"))
}

/// The approval of the role; without one the latest that was given, by the author's clock.
fn choose<'a>(loaded: &Loaded, state: &'a RecordState, role: Option<&str>) -> Result<&'a Approval, CliError> {
    if let Some(role) = role.filter(|role| !loaded.policy().roles.contains_key(*role)) {
        let known = loaded.policy().roles.keys().map(String::as_str);
        return Err(super::filter::unknown("role of the policy", role, known));
    }
    let given = state.approvals.iter().filter(|approval| approval.by.is_some());
    given
        .filter(|approval| role.is_none_or(|role| approval.role == role))
        .max_by_key(|approval| approval.by.as_ref().map(|by| (by.time.seconds, by.commit)))
        .ok_or_else(|| no_approval(state, role))
}

fn no_approval(state: &RecordState, role: Option<&str>) -> CliError {
    let as_role = role.map_or_else(String::new, |role| format!(" as {role}"));
    CliError::failure(format!(
        "nobody has approved {}{as_role}, so there is nothing to compare with",
        state.name
    ))
    .with_hint(format!("`changebook show {}` shows the required approvals", state.name))
}

fn texts(
    book: &Book,
    loaded: &Loaded,
    state: &RecordState,
    approval: &Approval,
) -> Result<(String, String), CliError> {
    let unknown = || {
        CliError::failure(format!("no commit in this history has the text that {} approved", who(approval)))
    };
    let at = approval.scope_at.ok_or_else(unknown)?;
    let then = book.scope_text_at(state, at, loaded.policy())?.ok_or_else(unknown)?;
    if state.record.is_broken() {
        return Err(CliError::failure(format!("{} cannot be read", state.record.path))
            .with_hint("`changebook check` shows where"));
    }
    let rules = &loaded.policy().scope;
    Ok((then, scope_text(&state.record, rules)))
}

/// The evidence of gated environments when somebody approved, and now: a line each.
fn evidence(
    book: &Book,
    loaded: &Loaded,
    state: &RecordState,
    commit: CommitId,
) -> Result<[String; 2], CliError> {
    let gated = loaded.policy().gated_environments();
    let line = |file: &EvidenceFile| {
        let digest = short_digest(file.content.digest());
        format!("\nEvidence, {}: {} ({digest})\n", file.words(), file.content.headline())
    };
    let lines = |files: &mut dyn Iterator<Item = &EvidenceFile>| {
        files.filter(|file| gated.contains(&file.key.environment)).map(line).collect::<String>()
    };
    let stood = book.other_files(Some(commit), &format!("{EVIDENCE_FOLDER}/{}", state.name))?;
    let stood: Vec<EvidenceFile> =
        stood.iter().filter_map(|(_, bytes)| EvidenceFile::read(bytes).ok()).collect();
    Ok([lines(&mut stood.iter()), lines(&mut state.evidence_files())])
}

/// The lines of a unified diff, with their styles.
fn unified(hunks: &[Hunk], from: &str, to: &str) -> Vec<(anstyle::Style, String)> {
    if hunks.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![(BOLD, format!("--- {from}")), (BOLD, format!("+++ {to}"))];
    for hunk in hunks {
        let ((old, n_old), (new, n_new)) = (hunk.old, hunk.new);
        lines.push((INFORMATION, format!("@@ -{old},{n_old} +{new},{n_new} @@")));
        lines.extend(hunk.lines.iter().map(|line| match line.origin {
            Origin::Context => (anstyle::Style::new(), format!(" {}", line.text)),
            Origin::Removed => (BAD, format!("-{}", line.text)),
            Origin::Added => (GOOD, format!("+{}", line.text)),
        }));
    }
    lines
}
