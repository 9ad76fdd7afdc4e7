//! `changebook completions` and `changebook man`

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::error::CliError;
use super::ui::Ui;
use crate::act::write_atomically;

/// Print shell completions, or install them together with the manual pages
///
/// bash, zsh and fish run the program at each Tab and complete the IDs, items and people of the book; elvish and
/// PowerShell complete commands and options only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook completions bash --install\n\
    \x20\x20changebook completions zsh > ~/.zfunc/_changebook")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
    /// Install them where the shell looks for user completions, and the manual pages where `man` looks
    #[arg(long)]
    install: bool,
}

/// Print the manual page, or write one for each command to a directory
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
    let script = script(args.shell);
    if args.install {
        return install(ui, args.shell, script.as_bytes());
    }
    ui.text(&script)
}

/// Three shells ask the program, which knows the book; others have what the command line itself says.
fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => include_str!("../../templates/completions/changebook.bash").to_owned(),
        Shell::Zsh => include_str!("../../templates/completions/changebook.zsh").to_owned(),
        Shell::Fish => include_str!("../../templates/completions/changebook.fish").to_owned(),
        shell => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "changebook", &mut script);
            String::from_utf8_lossy(&script).into_owned()
        }
    }
}

/// Installs for this user alone, below the home directory.
fn install(ui: &mut Ui, shell: Shell, script: &[u8]) -> Result<(), CliError> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| {
        CliError::failure("no home directory found")
            .with_hint("run it without `--install` and put the output where your shell looks for completions")
    })?;
    let below = |variable: &str, usual: &str| {
        let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.unwrap_or_else(|| home.join(usual))
    };
    let (data, config) = (below("XDG_DATA_HOME", ".local/share"), below("XDG_CONFIG_HOME", ".config"));
    let file = match shell {
        Shell::Bash => data.join("bash-completion/completions/changebook"),
        Shell::Zsh => home.join(".zfunc/_changebook"),
        Shell::Fish => config.join("fish/completions/changebook.fish"),
        _ => {
            return Err(CliError::usage(format!("it is not known where {shell} looks for completions"))
                .with_hint(
                    "run it without `--install` and put the output where your shell looks for completions",
                ));
        }
    };
    let folder = file.parent().unwrap_or(&home);
    std::fs::create_dir_all(folder)
        .map_err(|error| CliError::failure(format!("`{}`: {error}", folder.display())))?;
    write_atomically(&file, script)?;
    let pages = data.join("man/man1");
    run_man(ui, &ManArgs { out: Some(pages.clone()) })?;
    ui.line(format!("created {}", file.display()))?;
    ui.line(format!("wrote the manual pages to {}", pages.display()))?;
    if shell == Shell::Zsh {
        ui.line("add this to .zshrc, before `compinit`: fpath=(~/.zfunc $fpath)")?;
    }
    Ok(())
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
