//! `changebook renumber`

use super::context::{Context, record};
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::act::{Hold, Moving, commit_files, pending, stage_files};
use crate::book::{Book, CacheUse, Loaded, Request};
use crate::editor::renumber::{Renumbering, part, rename};
use crate::record::RecordId;

/// Give a record another number, with everything that refers to it, in one commit
///
/// Without arguments it repairs two records of one ID: the one that landed first keeps it, the other takes the
/// next free one. During a merge or rebase in which both sides made the same record, both are staged and the
/// merge goes on. Approvals and decisions of the record that moves are to be given again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook renumber\n\
    \x20\x20changebook renumber INFRA-200 INFRA-240\n\
    \x20\x20changebook renumber --dry-run")]
pub(super) struct RenumberArgs {
    /// The record's ID
    #[arg(requires = "new")]
    old: Option<String>,
    /// Its new ID
    new: Option<String>,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &RenumberArgs) -> Result<(), CliError> {
    context.refuse_at("renumber")?;
    let (hold, book) = context.held("renumber")?;
    let request = Request { cache: CacheUse::Refused, ..context.request() };
    let mut told = Vec::new();
    match (&args.old, &args.new) {
        (Some(old), Some(new)) => {
            let loaded = book.load(&request)?;
            let change = renamed(&book, &loaded, old, new)?;
            told.push(carry_out(&hold, &book, &loaded, change, args, false)?);
        }
        _ => loop {
            // One at a time: each takes the number that is next after the one before.
            let loaded = book.load(&request)?;
            let twins = book.twins(&loaded)?;
            // What cannot be repaired is met again, and does not go round for ever.
            let Some(first) =
                twins.get(if args.dry_run { told.len() } else { 0 }).filter(|_| told.len() < 1000)
            else {
                break;
            };
            let change = part(&book, &loaded, first)?;
            told.push(carry_out(&hold, &book, &loaded, change, args, first.in_conflict)?);
        },
    }
    drop(hold);
    report(ui, context, args, &told)
}

/// A renumbering that was made: its commit, when it has one of its own.
struct Done {
    change: Renumbering,
    commit: Option<crate::history::CommitId>,
}

fn renamed(book: &Book, loaded: &Loaded, old: &str, new: &str) -> Result<Renumbering, CliError> {
    let state = record(loaded, old)?;
    let new = RecordId::parse(new).map_err(|error| CliError::usage(error.to_string()))?;
    if book.ids_ever()?.iter().any(|taken| taken.folded() == new.folded()) {
        return Err(CliError::failure(format!(
            "`{new}` is taken: this history has, or had, a record of that ID"
        ))
        .with_hint("`changebook new` shows the next free number"));
    }
    Ok(rename(book, loaded, &state.record, &new)?)
}

fn carry_out(
    hold: &Hold,
    book: &Book,
    loaded: &Loaded,
    change: Renumbering,
    args: &RenumberArgs,
    in_conflict: bool,
) -> Result<Done, CliError> {
    if args.dry_run {
        return Ok(Done { change, commit: None });
    }
    if in_conflict {
        let policy = loaded.policy();
        let moving = Moving {
            trailer: change.trailer(),
            names: &|message| change.is_named_in(message),
            carry: &|path, text| change.carry(book, policy, path, text),
        };
        let pending = pending(hold, book, &moving)?;
        stage_files(hold, book, &change.files, &pending)?;
        return Ok(Done { change, commit: None });
    }
    hold.read_at(loaded.commit());
    let message = format!("{}: renumber to {}\n\n{}\n", change.old, change.new, change.trailer());
    let commit = commit_files(hold, book, &change.files, &message)?;
    Ok(Done { change, commit: Some(commit) })
}

fn report(ui: &mut Ui, context: &Context, args: &RenumberArgs, told: &[Done]) -> Result<(), CliError> {
    if context.json {
        let entry = |done: &Done| {
            let files: Vec<&String> = done.change.files.iter().map(|(path, _)| path).collect();
            serde_json::json!({
                "old": done.change.old.as_str(), "new": done.change.new.as_str(), "kept": done.change.kept,
                "files": files, "unsure": done.change.unsure, "void": done.change.void, "commit": done.commit,
            })
        };
        let all: Vec<_> = told.iter().map(entry).collect();
        return ui.json(&serde_json::json!({ "schema": "changebook.renumber/1", "renumbered": all }));
    }
    for Done { change, commit } in told {
        let place = match (commit, args.dry_run) {
            (Some(commit), _) => format!("(commit {})", commit.short()),
            (None, true) => "(nothing was changed)".to_owned(),
            (None, false) => "(staged; the merge goes on)".to_owned(),
        };
        ui.line(format!("{} {} is {} {}", paint(GOOD, "✓"), change.old, change.new, paint(DIM, place)))?;
        for (path, text) in &change.files {
            let verb = if text.is_some() { "wrote" } else { "removed" };
            ui.line(paint(DIM, format!("  {verb} {path}")))?;
        }
        for path in &change.void {
            ui.line(format!("  {path} was given for {}: it is void, and to be given again", change.old))?;
        }
        for place in &change.unsure {
            ui.line(format!("  {place} names {} and may mean either: see for yourself", change.old))?;
        }
    }
    match told {
        [] => ui.line("no two records have one ID"),
        _ => Ok(()),
    }
}
