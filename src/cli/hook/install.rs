//! `changebook hook install`

use super::super::context::Context;
use super::super::error::CliError;
use super::super::ui::{DIM, GOOD, Ui, paint};
use crate::act::{Hook, install_hook};

/// Install the hooks in this repository, next to existing ones
///
/// A hook that is there stays as it is; `--chain` moves it aside and runs it first.
#[derive(Debug, clap::Args)]
pub(super) struct InstallArgs {
    /// Install the server hook (`pre-receive`) instead of the client hooks (`pre-commit`, `commit-msg`)
    #[arg(long)]
    server: bool,
    /// Run an existing hook first, from `NAME.before-changebook`
    #[arg(long)]
    chain: bool,
}

/// In a clone a missing program is said and stops nobody: the server and the pipeline ask again.
const PRE_COMMIT: &str = "if ! command -v changebook >/dev/null; then\n\
    \x20   echo \"changebook is not installed, so the staged files were not checked\" >&2\n    exit 0\nfi\n\
    exec changebook hook pre-commit";
const COMMIT_MSG: &str = "command -v changebook >/dev/null || exit 0\nexec changebook hook commit-msg \"$1\"";
/// On a server a missing program refuses.
const PRE_RECEIVE: &str = "printf '%s\\n' \"$pushed\" | changebook hook pre-receive";

pub(super) fn run(ui: &mut Ui, context: &Context, args: &InstallArgs) -> Result<(), CliError> {
    let hooks: &[(&str, &str)] = match args.server {
        true => &[("pre-receive", PRE_RECEIVE)],
        false => &[("pre-commit", PRE_COMMIT), ("commit-msg", COMMIT_MSG)],
    };
    let mut taken = Vec::new();
    for (name, command) in hooks {
        match install_hook(&context.directory, name, command, args.chain)? {
            Hook::Installed => ui.line(format!("{} {name}", paint(GOOD, "installed")))?,
            Hook::Renewed => ui.line(paint(DIM, format!("kept {name}, which is ours")))?,
            Hook::Chained(place) => {
                let remark = format!("(runs {} first)", place.display());
                ui.line(format!("{} {name} {}", paint(GOOD, "installed"), paint(DIM, remark)))?;
            }
            Hook::Taken(place) => taken.push((name, place)),
        }
    }
    let Some((name, place)) = taken.first() else { return Ok(()) };
    Err(CliError::refused(format!("`{}` already exists and was left unchanged", place.display())).with_hint(
        format!("make it run `changebook hook {name} \"$@\" || exit $?`, or install with `--chain`"),
    ))
}
