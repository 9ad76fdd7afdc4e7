//! `changebook demo`

use std::path::PathBuf;

use super::build::build;
use super::context::Context;
use super::error::CliError;
use super::list;
use super::ui::{BOLD, DIM, GOOD, INFORMATION, Ui, paint};
use crate::demo;
use crate::site::{Built, SiteOptions};

/// Create a demo book with a real history, list it, and build its site
///
/// The story of a fictitious team: a cluster, a new network with a board decision, a deployment whose first approval
/// did not count, a rollback, an emergency at night, and uncommitted work. The same version creates the same commits.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook demo\n\
    \x20\x20changebook demo /tmp/book")]
pub(super) struct DemoArgs {
    /// Where to create it; must not exist, or must be empty
    #[arg(default_value = "changebook-demo")]
    directory: PathBuf,
    /// Do not build the site
    #[arg(long)]
    no_site: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &DemoArgs) -> Result<(), CliError> {
    context.refuse_at("demo")?;
    let directory = context.directory.join(&args.directory);
    if directory.exists() && directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(CliError::failure(format!("`{}` is not empty", directory.display())).with_hint(format!(
            "remove it, or choose another place: `changebook demo {}-2`",
            args.directory.display()
        )));
    }
    demo::make(&directory)?;
    let inside = context.in_directory(&directory, demo::NOW);
    let (book, loaded) = inside.load()?;
    let site = if args.no_site { None } else { Some(build(&book, &inside, None, &SiteOptions::default())?) };
    if context.json {
        let site = site.as_ref().map(|(out, _)| out);
        return ui.json(&serde_json::json!({
            "schema": "changebook.demo/1", "book": directory, "site": site, "at": loaded.state.at,
        }));
    }
    list::print(ui, &loaded, &list::lines(&loaded))?;
    ui.line("")?;
    ui.line(format!("{} the book in {}", paint(GOOD, "created"), directory.display()))?;
    if let Some((out, Built { n_pages: pages, .. })) = site {
        let index = std::path::absolute(out.join("index.html")).unwrap_or(out);
        ui.line(format!("{} {pages} files: open {}", paint(GOOD, "built"), index.display()))?;
    }
    ui.line("")?;
    ui.line(paint(BOLD, "Try next"))?;
    let name = directory.display();
    for (command, what) in [
        (format!("cd {name}"), "it is an ordinary git repository"),
        ("changebook show INFRA-150 --events".to_owned(), "a high-risk change, from proposal to done"),
        ("changebook show INFRA-230".to_owned(), "an approval that a later edit made stale"),
        ("changebook list --evidence".to_owned(), "the git commands that prove each status"),
        (
            "changebook tick INFRA-235 \"Terraform code\"".to_owned(),
            "ticks an item and commits it, as you could do by hand",
        ),
        ("changebook check".to_owned(), "problems, with file, line and column"),
    ] {
        ui.line(format!("  {}  {}", paint(INFORMATION, format!("{command:<46}")), paint(DIM, what)))?;
    }
    Ok(())
}
