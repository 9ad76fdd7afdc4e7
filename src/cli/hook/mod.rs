//! `changebook hook`: what git's hooks ask.

mod client;
mod install;
mod server;

use std::path::PathBuf;

use super::context::Context;
use super::error::CliError;
use super::ui::Ui;

/// Answer git's hooks: check what is staged, name the task, refuse pushes that break the policy
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
    /// Put the hooks into this repository, beside those that are there
    Install(install::InstallArgs),
    /// Say what is wrong with what is staged; exit status 3 when there are errors
    PreCommit,
    /// Add `Change: ID` to a message, when the branch or the paths leave no doubt
    CommitMsg {
        /// The file with the message
        file: PathBuf,
    },
    /// Judge a push as a whole: reads `OLD NEW REF` lines; exit status 3 refuses it
    PreReceive,
    /// Judge one reference of a push
    Update {
        /// The reference
        reference: String,
        /// Its object before
        old: String,
        /// Its object after
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
