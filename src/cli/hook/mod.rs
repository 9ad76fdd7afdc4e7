//! `changebook hook`: what git's hooks ask.

mod client;
mod install;
mod server;

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::ui::Ui;

/// Run as git hooks: check staged files, add the task to the message, reject pushes that violate the policy
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook hook install\n\
    \x20\x20changebook hook install --server\n\
    \x20\x20changebook hook pre-commit")]
pub(super) struct HookArgs {
    #[command(subcommand)]
    hook: Hook,
}

#[derive(Debug, clap::Subcommand)]
enum Hook {
    /// Install the hooks in this repository, next to existing ones
    Install(install::InstallArgs),
    /// Check the staged files; exit status 3 if there are errors
    PreCommit,
    /// Add `Change: ID` to a commit message, if the branch or the paths identify one task
    CommitMsg {
        /// The file with the commit message
        file: PathBuf,
    },
    /// Check a push as a whole: reads `OLD NEW REF` lines; exit status 3 rejects it
    PreReceive,
    /// Check one reference of a push
    Update {
        /// The reference
        reference: String,
        /// Its old object
        old: String,
        /// Its new object
        new: String,
    },
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &HookArgs) -> Result<(), CliError> {
    context.refuse_at("hook")?;
    match &args.hook {
        Hook::Install(args) => install::run(ui, context, args),
        Hook::PreCommit => client::pre_commit(ui, context),
        Hook::CommitMsg { file } => client::commit_msg(context, file),
        Hook::PreReceive => server::pre_receive(ui, context),
        Hook::Update { reference, old, new } => server::update(ui, context, &[(old, new, reference)]),
    }
}
