//! `changebook renumber`

use super::context::{Context, record};
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::act::{Hold, Moving, commit_files, pending, stage_files};
use crate::book::{Book, CacheUse, Loaded, Request};
use crate::editor::renumber::{Renumbering, part, rename};
use crate::record::RecordId;

/// Give a record a new number and update every reference to it, in one commit
///
/// Without arguments, fixes duplicate IDs: the record that landed first keeps its ID, and the other gets the next
/// free one. During a merge or rebase in which both sides created the same ID, both records are staged, so you can
/// continue with `git commit`. Approvals and decisions of the renumbered record must be given again.
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
    /// Print what would be changed, without changing it
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
            "`{new}` is taken: this history has, or had, a record with that ID"
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
            (None, true) => "(dry run; nothing was changed)".to_owned(),
            (None, false) => "(staged; continue the merge with `git commit`)".to_owned(),
        };
        let verb = if args.dry_run { "would renumber" } else { "renumbered" };
        let numbers = format!("{verb} {} to {}", change.old, change.new);
        ui.line(format!("{} {numbers} {}", paint(GOOD, "✓"), paint(DIM, place)))?;
        for (path, text) in &change.files {
            let verb = if text.is_some() { "wrote" } else { "removed" };
            ui.line(paint(DIM, format!("  {verb} {path}")))?;
        }
        for path in &change.void {
            ui.line(format!(
                "  {path} was given for {}: it no longer counts and must be given again",
                change.old
            ))?;
        }
        for place in &change.unsure {
            ui.line(format!("  {place} mentions {} and may mean either; check it by hand", change.old))?;
        }
    }
    match told {
        [] => ui.line("all IDs are unique"),
        _ => Ok(()),
    }
}
