//! `changebook completions` and `changebook man`

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::error::CliError;
use super::ui::Ui;
use crate::act::write_atomically;

/// Print a shell's completions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook completions bash > ~/.local/share/bash-completion/completions/changebook\n\
    \x20\x20changebook completions zsh > ~/.zfunc/_changebook")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write one for each command into a directory
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook man | man -l -\n\
    \x20\x20changebook man --out ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write `changebook.1`, `changebook-list.1`, … here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(ui: &mut Ui, args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "changebook", &mut script);
    ui.text(&String::from_utf8_lossy(&script))
}

pub(super) fn run_man(ui: &mut Ui, args: &ManArgs) -> Result<(), CliError> {
    let mut command = Cli::command();
    command.build();
    let Some(out) = &args.out else { return ui.text(&page(command)?) };
    std::fs::create_dir_all(out)
        .map_err(|error| CliError::failure(format!("`{}`: {error}", out.display())))?;
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let name = format!("changebook-{}", subcommand.get_name());
        let named = subcommand.clone().name(name.clone()).bin_name(name.clone());
        write_atomically(&out.join(format!("{name}.1")), page(named)?.as_bytes())?;
    }
    write_atomically(&out.join("changebook.1"), page(command)?.as_bytes())?;
    Ok(())
}

fn page(command: clap::Command) -> Result<String, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|error| CliError::failure(error.to_string()))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
