//! One file per command: arguments in, a view out. No rule lives here.

mod affirm;
mod agenda;
mod announce;
mod answer;
mod approve;
mod audit;
mod blame;
mod board;
mod build;
mod cancel;
mod chart;
mod check;
mod complete;
mod completions;
mod context;
mod decide;
mod demo;
mod deployed;
mod diff;
mod error;
mod evidence;
mod explain;
mod export;
mod file_set;
mod filter;
mod gate;
mod hook;
mod import;
mod init;
mod list;
mod log;
mod lsp;
mod manifests;
mod mdbook;
mod merge_driver;
mod metrics;
mod new;
mod plan;
mod pr;
mod record_act;
mod render;
mod renumber;
mod risk;
mod schema;
mod scope;
mod serve;
mod show;
mod table;
mod tick;
mod tools;
mod ui;
mod windows;
mod worth;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use context::Context;
use error::{CliError, Kind};
use ui::{Color, Ui};

/// Change management that lives in git
///
/// Tasks, board decisions and runbooks are Markdown files in the repository that holds the infrastructure.
/// Nobody types a status: it is derived from commits, and every answer names the commit that proves it.
#[derive(Debug, Parser)]
#[command(name = "changebook", version, max_term_width = 100)]
#[command(after_help = "Start with `changebook demo`, or with `changebook init` in your repository.\n\
Exit status: 0 yes or done, 3 the answer is no, 2 usage error, 1 no answer was possible.")]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', id = "start-directory", value_name = "DIR", global = true)]
    directory: Option<PathBuf>,
    /// Read the book at a revision, or the trunk at a date
    #[arg(long, value_name = "REV-OR-DATE", global = true)]
    at: Option<String>,
    /// Use this time instead of the current one (RFC 3339, or seconds since the epoch)
    #[arg(long, value_name = "TIME", global = true)]
    now: Option<String>,
    /// Trunk branch, instead of git's `changebook.trunk` or origin/HEAD
    #[arg(long, value_name = "BRANCH", global = true)]
    trunk: Option<String>,
    /// Full ID of the commit that introduced the policy, instead of git's `changebook.policy-root`
    #[arg(long, global = true, value_name = "COMMIT", hide_short_help = true)]
    policy_root: Option<String>,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
    /// Do not use the cache in .git/changebook/cache (also with CHANGEBOOK_CACHE=0)
    #[arg(long, global = true)]
    no_cache: bool,
    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    color: Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Demo(demo::DemoArgs),
    New(new::NewArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Board(board::BoardArgs),
    Log(log::LogArgs),
    Blame(blame::BlameArgs),
    Diff(diff::DiffArgs),
    Tick(tick::TickArgs),
    Untick(tick::UntickArgs),
    Approve(approve::ApproveArgs),
    Affirm(affirm::AffirmArgs),
    Decide(decide::DecideArgs),
    Deployed(deployed::DeployedArgs),
    Rollback(deployed::RollbackArgs),
    Cancel(cancel::CancelArgs),
    Manifests(manifests::ManifestsArgs),
    Chart(chart::ChartArgs),
    Windows(windows::WindowsArgs),
    Plan(plan::PlanArgs),
    Risk(risk::RiskArgs),
    Pr(pr::PrArgs),
    Check(check::CheckArgs),
    Build(build::BuildArgs),
    Serve(serve::ServeArgs),
    Gate(gate::GateArgs),
    Agenda(agenda::AgendaArgs),
    Announce(announce::AnnounceArgs),
    Metrics(metrics::MetricsArgs),
    Audit(audit::AuditArgs),
    Scope(scope::ScopeArgs),
    Explain(explain::ExplainArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    MergeDriver(merge_driver::MergeDriverArgs),
    Lsp(lsp::LspArgs),
    Renumber(renumber::RenumberArgs),
    Hook(hook::HookArgs),
    Mdbook(mdbook::MdbookArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// Parses the command line, runs one command, and gives the exit status.
pub fn main() -> ExitCode {
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is no failure; clap knows which is which.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut ui = Ui::new(cli.global.color);
    let outcome = run(&mut ui, cli).and_then(|()| ui.flush());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = ui.flush();
            if !matches!(failure.kind, Kind::ReaderGone) && !failure.message.is_empty() {
                ui.failure(&failure);
            }
            failure.exit_code()
        }
    }
}

fn run(ui: &mut Ui, cli: Cli) -> Result<(), CliError> {
    let context = Context::new(cli.global)?;
    let outcome = run_command(ui, &context, cli.command);
    for remark in context.remarks.take() {
        ui.note(&remark);
    }
    outcome
}

fn run_command(ui: &mut Ui, context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Init(args) => init::run(ui, context, &args),
        Command::Demo(args) => demo::run(ui, context, &args),
        Command::New(args) => new::run(ui, context, &args),
        Command::List(args) => list::run(ui, context, &args),
        Command::Show(args) => show::run(ui, context, &args),
        Command::Board(args) => board::run(ui, context, &args),
        Command::Log(args) => log::run(ui, context, &args),
        Command::Blame(args) => blame::run(ui, context, &args),
        Command::Diff(args) => diff::run(ui, context, &args),
        Command::Tick(args) => tick::run(ui, context, &args),
        Command::Untick(args) => tick::run_untick(ui, context, &args),
        Command::Approve(args) => approve::run(ui, context, &args),
        Command::Affirm(args) => affirm::run(ui, context, &args),
        Command::Decide(args) => decide::run(ui, context, &args),
        Command::Deployed(args) => deployed::run(ui, context, &args),
        Command::Rollback(args) => deployed::run_rollback(ui, context, &args),
        Command::Cancel(args) => cancel::run(ui, context, &args),
        Command::Manifests(args) => manifests::run(ui, context, &args),
        Command::Chart(args) => chart::run(ui, context, &args),
        Command::Windows(args) => windows::run(ui, context, &args),
        Command::Plan(args) => plan::run(ui, context, &args),
        Command::Risk(args) => risk::run(ui, context, &args),
        Command::Pr(args) => pr::run(ui, context, &args),
        Command::Check(args) => check::run(ui, context, &args),
        Command::Build(args) => build::run(ui, context, &args),
        Command::Serve(args) => serve::run(ui, context, &args),
        Command::Audit(args) => audit::run(ui, context, &args),
        Command::Agenda(args) => agenda::run(ui, context, &args),
        Command::Announce(args) => announce::run(ui, context, &args),
        Command::Metrics(args) => metrics::run(ui, context, &args),
        Command::Gate(args) => gate::run(ui, context, &args),
        Command::Scope(args) => scope::run(ui, context, &args),
        Command::Explain(args) => explain::run(ui, context, &args),
        Command::Export(args) => export::run(ui, context, &args),
        Command::Import(args) => import::run(ui, context, &args),
        Command::Lsp(args) => lsp::run(context, &args),
        Command::Renumber(args) => renumber::run(ui, context, &args),
        Command::Hook(args) => hook::run(ui, context, &args),
        Command::MergeDriver(args) => merge_driver::run(ui, context, &args),
        Command::Mdbook(args) => mdbook::run(ui, context, &args),
        Command::Schema(args) => schema::run(ui, &args),
        Command::Completions(args) => completions::run(ui, &args),
        Command::Man(args) => completions::run_man(ui, &args),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    /// What a command answers has a schema; one that has no answer in JSON is known for it.
    #[test]
    fn every_answer_has_a_schema() {
        use crate::editor::schema::{answers_of, schema};
        let without = ["serve", "lsp", "hook", "mdbook", "schema", "completions", "man"];
        for command in super::Cli::command().get_subcommands() {
            let name = command.get_name();
            match answers_of(name) {
                Some(answers) => assert!(answers.iter().all(|answer| schema(answer).is_some()), "{name}"),
                None => assert!(without.contains(&name), "{name} has no schema"),
            }
        }
    }

    /// Arguments of one name share their value: what is given to a command would be taken for everybody's.
    #[test]
    fn no_command_has_an_argument_named_like_one_of_all() {
        fn look(command: &Command, global: &[String]) {
            for inner in command.get_subcommands() {
                for argument in inner.get_arguments() {
                    let name = argument.get_id().to_string();
                    assert!(!global.contains(&name), "{}: {name}", inner.get_name());
                }
                look(inner, global);
            }
        }
        let command = super::Cli::command();
        let global = command.get_arguments().filter(|argument| argument.is_global_set());
        let global: Vec<String> = global.map(|argument| argument.get_id().to_string()).collect();
        assert!(global.len() > 4, "{global:?}");
        look(&command, &global);
    }
}
