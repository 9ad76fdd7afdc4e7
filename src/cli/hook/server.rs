//! The hooks of a server.

use std::io::BufRead;
use std::path::PathBuf;

use super::super::context::Context;
use super::super::error::CliError;
use super::super::ui::{Ui, escape};
use crate::act::Scratch;
use crate::book::{CacheUse, POLICY_ROOT_KEY, Request, TRUNK_KEY, Update, judge_update};
use crate::history::{CommitId, Repository, from_hex};
use crate::ledger::{Refusal, refused_name};

/// Most reasons that a pusher is told at once.
const MAX_TOLD: usize = 20;

pub(super) fn pre_receive(ui: &mut Ui, context: &Context) -> Result<(), CliError> {
    let mut lines = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| CliError::failure(format!("the push cannot be read: {error}")))?;
        if !line.trim().is_empty() {
            lines.push(line);
        }
    }
    let mut updates = Vec::new();
    for line in &lines {
        let mut words = line.splitn(3, ' ');
        let (Some(old), Some(new), Some(reference)) = (words.next(), words.next(), words.next()) else {
            return Err(CliError::usage(format!("`{line}` is not a line of git's pre-receive hook"))
                .with_hint("git gives `OLD NEW REF` lines on standard input"));
        };
        updates.push((old, new, reference));
    }
    update(ui, context, &updates)
}

/// Judges what a push does to references: object before, object after, name.
pub(super) fn update<S: AsRef<str>>(
    ui: &mut Ui,
    context: &Context,
    updates: &[(S, S, S)],
) -> Result<(), CliError> {
    let repository = Repository::discover(&context.directory)?;
    let head = repository.head()?.branch;
    let named = match &context.trunk {
        Some(name) => Some(name.clone()),
        None => repository.config_string(TRUNK_KEY)?,
    };
    let mut objects = vec![repository.common_dir().join("objects")];
    // What is pushed lies apart until the push has gone through.
    objects.extend(
        std::env::var_os("GIT_QUARANTINE_PATH").map(|path| context.directory.join(PathBuf::from(path))),
    );
    // What is judged is judged in a repository of its own, which has none of this one's configuration.
    let policy_root = match &context.policy_root {
        Some(root) => Some(root.clone()),
        None => repository.config_string(POLICY_ROOT_KEY)?,
    };
    let request = Request { cache: CacheUse::Refused, policy_root, ..context.request() };
    let mut n_refused = 0;
    for (old, new, reference) in updates {
        let reference = reference.as_ref();
        let is_made = object(new.as_ref())?.is_some();
        if let Some(refusal) = refused_name(reference).filter(|_| is_made) {
            n_refused += 1;
            tell(ui, reference, &[refusal]);
            continue;
        }
        let Some(branch) = reference.strip_prefix("refs/heads/") else { continue };
        let update = Update {
            branch: branch.to_owned(),
            old: object(old.as_ref())?,
            new: object(new.as_ref())?,
            is_head: head.as_deref() == Some(branch)
                || named.as_deref().is_some_and(|name| name == branch || name == reference),
        };
        let Some(tip) = update.new.or(update.old) else { continue };
        let scratch = Scratch::new(&objects, branch, &tip.hex())?;
        let judged = judge_update(scratch.path(), &update, &request);
        if judged.is_err() {
            // A server that lacks a part of history says that, and not which object it misses.
            repository.refuse_partial_history()?;
        }
        let refusals = judged?;
        if !refusals.is_empty() {
            n_refused += 1;
            tell(ui, branch, &refusals);
        }
    }
    match n_refused {
        0 => Ok(()),
        _ => Err(CliError::no()),
    }
}

/// Tells the pusher, whose git shows it line by line.
fn tell(ui: &mut Ui, branch: &str, refusals: &[Refusal]) {
    let mut note = |line: &str| ui.note(line);
    note(&format!("changebook: `{}` was not updated:", escape(branch)));
    for refusal in refusals.iter().take(MAX_TOLD) {
        let (place, message) = (escape(&refusal.place), escape(&refusal.message));
        note(&format!("  {place}: {}: {message}", refusal.code));
        note(&format!("      {}", escape(&refusal.help)));
    }
    if refusals.len() > MAX_TOLD {
        note(&format!("  and {} more", refusals.len() - MAX_TOLD));
    }
}

/// The commit of that name; `None` for git's zeros.
fn object(name: &str) -> Result<Option<CommitId>, CliError> {
    match from_hex(name) {
        Some(bytes) => Ok((bytes != [0; 20]).then_some(CommitId(bytes))),
        None => Err(CliError::usage(format!("`{name}` is not an object name of 40 hexadecimal digits"))),
    }
}
