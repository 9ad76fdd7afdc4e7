//! `changebook affirm`

use super::context::Context;
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::book::{Book, Loaded};
use crate::history::CommitId;
use crate::policy::Policy;
use crate::record::Affirmation;

/// Affirm commits: a policy change that needs a second person, or a commit in your name that somebody else made
///
/// Each affirmation is a file, `approvals/affirmed/COMMIT.PERSON.md`. It counts if you commit it yourself, or if you
/// sign it. Remove the file to withdraw it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook affirm 4ed4da57\n\
    \x20\x20changebook affirm 4ed4da57 9c1e2f30\n\
    \x20\x20changebook affirm HEAD~1 --sign --key ~/.ssh/id_ed25519")]
pub(super) struct AffirmArgs {
    /// The commits, as any revision that git accepts
    #[arg(required = true, value_name = "COMMIT")]
    commits: Vec<String>,
    /// Sign the file, so that it survives a squash
    #[arg(long)]
    sign: bool,
    /// The SSH key to sign with, instead of git's `user.signingKey`
    #[arg(long, value_name = "FILE", requires = "sign")]
    key: Option<String>,
    /// Commit it even though it would not count, with this reason in the message
    #[arg(long, value_name = "WHY")]
    anyway: Option<String>,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &AffirmArgs) -> Result<(), CliError> {
    context.refuse_at("affirm")?;
    let (hold, book) = context.held("affirm")?;
    let loaded = book.load(&context.request())?;
    hold.read_at(loaded.commit());
    let email = crate::act::author_email(&book)?;
    let policy = loaded.policy();
    let person = policy.person_by_email(&email).ok_or_else(|| {
        CliError::refused(format!("`{email}` is not listed in the policy, so affirming would not count"))
            .with_hint("list the address under `[people]` in policy.toml, or set `git config user.email`")
    })?;
    let mut files = Vec::new();
    let mut commits = Vec::new();
    for name in &args.commits {
        let commit = book.repository.resolve(name)?;
        if args.anyway.is_none() {
            counts(&loaded, policy, person, commit)?;
        }
        let text = Affirmation { commit: commit.hex(), person: person.to_owned(), time: moment(context) };
        files.push(file(&book, &text, args)?);
        commits.push(commit);
    }
    let names: Vec<String> = commits.iter().map(CommitId::short).collect();
    let subject = format!("affirm {}\n", names.join(", "));
    let message = match &args.anyway {
        Some(why) => format!("{subject}\nAnyway: {why}\n"),
        None => subject,
    };
    let made = crate::act::commit_files(&hold, &book, &files, &message)?;
    if context.json {
        return ui.json(&serde_json::json!({
            "schema": "changebook.affirm/1", "person": person, "commits": commits, "commit": made,
        }));
    }
    let place = paint(DIM, format!("(commit {})", made.short()));
    ui.line(format!("{} {person} affirms {} {place}", paint(GOOD, "✓"), names.join(", ")))
}

/// A word of somebody who may not change the policy counts for commits in their own name alone; and nobody is the second
/// person for what they did themselves.
fn counts(loaded: &Loaded, policy: &Policy, person: &str, commit: CommitId) -> Result<(), CliError> {
    let facts = loaded.history().position(commit).map(|position| &loaded.history().commits[position]);
    let Some(facts) = facts else {
        return Err(CliError::failure(format!("{} is not in this history", commit.short()))
            .with_hint("check out a branch that contains it"));
    };
    let of = |email: &str| policy.person_by_email(email) == Some(person);
    let (wrote, committed) = (of(&facts.author.email), of(&facts.committer.email));
    let short = commit.short();
    // A merge brings what others wrote, a repair what others had hidden: whoever made it may say yes to that.
    let is_own = facts.parents.len() < 2 && !loaded.awaits_word(person, commit);
    if wrote && committed && is_own {
        return Err(CliError::refused(format!(
            "{short} is {person}'s own commit; somebody else must affirm it"
        )));
    }
    if !wrote && !policy.may_change_policy(person) {
        return Err(CliError::refused(format!(
            "{person} may not change the policy, and is not named as the author of {short}"
        ))
        .with_hint("`policy-roles` in policy.toml lists who may"));
    }
    Ok(())
}

fn moment(context: &Context) -> String {
    jiff::Timestamp::from_second(context.now).map_or_else(|_| String::new(), |now| now.to_string())
}

/// The file's path and its new text.
fn file(
    book: &Book,
    affirmation: &Affirmation,
    args: &AffirmArgs,
) -> Result<(String, Option<String>), CliError> {
    let path = affirmation.path().ok_or_else(|| {
        CliError::failure(format!("`{}` cannot be part of a file name", affirmation.person))
            .with_hint("an affirmation needs a name with only ASCII letters, digits, `-` and `_`")
    })?;
    let mut text = affirmation.text();
    if args.sign {
        let armor = crate::act::sign(book, &text, args.key.as_deref())?;
        text.push_str(&armor);
    }
    Ok((path, Some(text)))
}
