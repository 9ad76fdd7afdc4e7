//! `changebook scope`

use std::collections::HashSet;
use std::io::Read;

use serde::Serialize;

use super::context::{Context, record};
use super::error::CliError;
use super::ui::Ui;
use crate::book::Loaded;
use crate::evidence::EvidenceFile;
use crate::ledger::RecordState;
use crate::policy::Policy;
use crate::record::{Detached, Digested, MAX_RECORD_BYTES, Record, RecordType, ScopeHash, scope_text};

/// Print the SHA-256 that approvals of a record are bound to, or the text it is computed from
///
/// The scope is the content of a record that an approval applies to. Boxes, Notes and the Deployment log are not part
/// of it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook scope INFRA-150\n\
    \x20\x20changebook scope INFRA-150 --text | sha256sum\n\
    \x20\x20git show HEAD:tasks/INFRA-150.md | changebook scope -\n\
    \x20\x20changebook scope INFRA-150 --role security     # the text that `approve --sign` signs")]
pub(super) struct ScopeArgs {
    /// The record's ID, or `-` for a file on standard input
    id: String,
    /// Print the text instead of its hash
    #[arg(long, conflicts_with = "role")]
    text: bool,
    /// Print the text of your approval file in this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

#[derive(Serialize)]
struct ScopeAnswer<'a> {
    schema: &'static str,
    id: Option<&'a str>,
    scope: ScopeHash,
    text: &'a str,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ScopeArgs) -> Result<(), CliError> {
    if args.id == "-" {
        return of_input(ui, context, args);
    }
    let (book, loaded) = context.load()?;
    let state = record(&loaded, &args.id)?;
    if let Some(role) = &args.role {
        let email = crate::act::author_email(&book)?;
        let person = loaded.policy().person_by_email(&email).ok_or_else(|| {
            CliError::failure(format!(
                "`{email}` is not listed in the policy, so its approval would not count"
            ))
            .with_hint("list the address under `[people]` in policy.toml, or set `git config user.email`")
        })?;
        let approval = detached(state, &loaded, role, person, context.now)?;
        return ui.document(&approval.text());
    }
    refuse_broken(&state.record)?;
    print(ui, context, args, Some(&state.name), &scope_text(&state.record, &loaded.policy().scope))
}

fn of_input(ui: &mut Ui, context: &Context, args: &ScopeArgs) -> Result<(), CliError> {
    if args.role.is_some() {
        return Err(CliError::usage("`--role` needs a record of the book, not standard input".to_owned()));
    }
    let policy = match context.book() {
        Ok(book) => book.policy(book.head()?.commit)?,
        Err(_) => Policy::builtin(),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_RECORD_BYTES).unwrap_or(u64::MAX) + 1;
    let read = std::io::stdin().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| CliError::failure(format!("standard input cannot be read: {error}")))?;
    let parsed = Record::parse(RecordType::Task, "-", &bytes);
    refuse_broken(&parsed)?;
    print(ui, context, args, None, &scope_text(&parsed, &policy.scope))
}

/// A broken file has no scope: the hash of what is left of it would be an answer to another question.
fn refuse_broken(record: &Record) -> Result<(), CliError> {
    let broken = record
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.code == crate::diagnostic::Code::RecordBroken && record.is_broken());
    match broken {
        Some(broken) => Err(CliError::failure(format!(
            "{}:{}:{}: {}",
            broken.path, broken.line, broken.column, broken.message
        ))),
        None => Ok(()),
    }
}

fn print(
    ui: &mut Ui,
    context: &Context,
    args: &ScopeArgs,
    id: Option<&str>,
    text: &str,
) -> Result<(), CliError> {
    let scope = ScopeHash::of(text);
    match (context.json, args.text) {
        (true, _) => ui.json(&ScopeAnswer { schema: "changebook.scope/1", id, scope, text }),
        (false, true) => ui.document(text),
        (false, false) => ui.line(scope.to_string()),
    }
}

/// What the file of an approval says, of a record as it is committed: the next one of its kind that this history has not
/// seen.
pub(super) fn detached(
    state: &RecordState,
    loaded: &Loaded,
    role: &str,
    person: &str,
    now: i64,
) -> Result<Detached, CliError> {
    let policy = loaded.policy();
    let book = policy.book.clone().ok_or_else(|| {
        CliError::failure("the policy does not name this book, but an approval file must".to_owned())
            .with_hint("set `book = \"…\"` at the top of policy.toml")
    })?;
    if !policy.roles.contains_key(role) {
        let near = crate::diagnostic::nearest(role, policy.roles.keys().map(String::as_str));
        let error = CliError::usage(format!("the policy does not have the role `{role}`"));
        return Err(match near {
            Some(near) => error.with_hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    let (Some(record), Some(scope)) = (state.id.clone(), state.scope) else {
        return Err(CliError::failure(format!(
            "{} is not committed, so there is nothing to approve",
            state.name
        )));
    };
    let time = jiff::Timestamp::from_second(now)
        .map_err(|_| CliError::usage("the time is out of range".to_owned()))?;
    let time = time.to_string();
    let (role, person) = (role.to_owned(), person.to_owned());
    let gated = policy.gated_environments();
    let files = state.evidence_files().filter(|file| gated.contains(&file.key.environment));
    let evidence: Vec<Digested> = files.map(EvidenceFile::digested).collect();
    let mut approval = Detached { book, record, role, person, scope, evidence, number: 1, time };
    let changes = loaded.history().commits.iter().flat_map(|commit| &commit.changes);
    let used: HashSet<&str> = changes.map(|change| &*change.path).collect();
    while approval.path().is_some_and(|path| used.contains(&*path)) {
        approval.number += 1;
    }
    Ok(approval)
}
