//! `changebook build`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::book::{Ask, AuditQuestion, Audited, Book, BookConfig, CacheUse, GateQuestion, Loaded, View};
use crate::history::{CommitId, Pieces};
use crate::ledger::{RecordState, Status, WorkTree};
use crate::record::RecordType;
use crate::site::{self, DocFile, GateAnswer, Page, SiteConfig, SiteInput, WriteReport};
use rayon::prelude::*;

/// How many of a record's newest commits the timeline shows with what they changed.
const DIFFERENCES: usize = 12;

/// Build the static site
///
/// The same HEAD gives the same bytes: dates are judged at HEAD's own time unless `--now` says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook build\n\
    \x20\x20changebook build --out /srv/www/changes\n\
    \x20\x20changebook build --at 2024-05-20 --out then")]
pub(super) struct BuildArgs {
    /// Write here instead of the folder that book.toml names
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Build although links are broken; they are still printed
    #[arg(long)]
    allow_broken_links: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &BuildArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let (out, report, pages) = build(&book, context, args.out.as_deref(), args.allow_broken_links)?;
    if context.json {
        return ui.json(&serde_json::json!({
            "schema": "changebook.build/1", "out": out, "pages": pages,
            "written": report.written, "unchanged": report.unchanged, "removed": report.removed,
        }));
    }
    let counts =
        format!("{} written, {} unchanged, {} removed", report.written, report.unchanged, report.removed);
    ui.line(format!(
        "{} {pages} files in {} {}",
        paint(GOOD, "built"),
        out.display(),
        paint(DIM, format!("({counts})"))
    ))
}

/// Builds the site of a book; gives where it is, what was written, and how many files it has.
pub(super) fn build(
    book: &Book,
    context: &Context,
    out: Option<&Path>,
    allow_broken_links: bool,
) -> Result<(PathBuf, WriteReport, usize), CliError> {
    let (ask, loaded) = load(book, context)?;
    let out = match (out, &book.root) {
        (Some(out), _) => out.to_path_buf(),
        (None, Some(root)) => root.join(&loaded.config.output),
        (None, None) => {
            return Err(CliError::usage("in a bare repository `--out DIR` says where the site goes"));
        }
    };
    refuse_own_folders(book, &loaded.config, &out)?;
    let commit = loaded.commit().filter(|_| context.at.is_some() || book.root.is_none());
    let memory = (context.cache == CacheUse::Allowed).then(|| Pieces::open(&book.repository, &book.path));
    let pages = render(book, &loaded, &ask, commit, allow_broken_links, memory.as_ref())?;
    let report = std::thread::scope(|scope| {
        scope.spawn(|| memory.as_ref().map(Pieces::save));
        site::write_site(&out, &pages)
    })?;
    Ok((out, report, pages.len()))
}

/// Reads the book as its site shows it: at HEAD's own time, so that the same HEAD gives the same bytes.
fn load(book: &Book, context: &Context) -> Result<(Ask, Loaded), CliError> {
    let head = match &context.at {
        Some(_) => None,
        None => book.head()?.commit,
    };
    let now = match (context.now_is_stated, head) {
        (false, Some(head)) => book.repository.commit_time(head)?.seconds,
        _ => context.now,
    };
    let ask = Ask { now, ..context.ask() };
    let loaded = book.load(&ask)?;
    Ok((ask, loaded))
}

/// The site's files in memory.
pub(super) fn pages(
    book: &Book,
    context: &Context,
    allow_broken_links: bool,
    memory: &Pieces,
) -> Result<Vec<Page>, CliError> {
    let (ask, loaded) = load(book, context)?;
    let commit = loaded.commit().filter(|_| context.at.is_some() || book.root.is_none());
    render(book, &loaded, &ask, commit, allow_broken_links, Some(memory))
}

/// The site never goes where the book's own files stand, nor around them.
fn refuse_own_folders(book: &Book, config: &BookConfig, out: &Path) -> Result<(), CliError> {
    let Some(root) = &book.root else { return Ok(()) };
    let absolute = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let taken = match absolute.strip_prefix(root) {
        Ok(inside) => config.folder_in_the_way(inside),
        Err(_) => root.starts_with(&absolute).then(|| "own folder stands".to_owned()),
    };
    match taken {
        Some(taken) => Err(CliError::usage(format!(
            "the site cannot go to `{}`: the book's {taken} there",
            out.display()
        ))
        .with_hint("choose a folder of its own: `--out DIR`")),
        None => Ok(()),
    }
}

/// Gathers what the site is made from and renders it.
fn render(
    book: &Book,
    loaded: &Loaded,
    ask: &Ask,
    commit: Option<CommitId>,
    allow_broken_links: bool,
    memory: Option<&Pieces>,
) -> Result<Vec<Page>, CliError> {
    let config = &loaded.config;
    let site_config = SiteConfig {
        title: config.title.clone().unwrap_or_else(|| "Changes".to_owned()),
        description: config.description.clone(),
        authors: config.authors.clone(),
        language: config.language.clone().unwrap_or_else(|| "en".to_owned()),
        site_url: config.site_url.clone(),
        repository_url: config.repository_url.clone(),
        edit_url_template: config.edit_url_template.clone(),
        allow_broken_links: config.allow_broken_links || allow_broken_links,
    };
    let files = |folder: &str| -> Result<Vec<DocFile>, CliError> {
        let files = book.other_files(commit, folder)?;
        Ok(files.into_iter().map(|(path, bytes)| DocFile { path, bytes }).collect())
    };
    let docs = files(&config.docs)?;
    let mut assets = Vec::new();
    for record_type in RecordType::ALL {
        assets.extend(files(record_type.folder())?);
    }
    let trunk = judged(book, loaded, ask)?;
    let differences = book.differences(loaded, DIFFERENCES)?;
    let template_overrides = book.site_templates(commit)?;
    let input = SiteInput {
        config: &site_config,
        state: &loaded.state,
        docs: &docs,
        docs_dir: &config.docs,
        assets: &assets,
        policy: &loaded.policy,
        judged: trunk.as_ref().map(|trunk| site::Judged {
            state: &trunk.loaded(loaded).state,
            audit: &trunk.audited.audit,
            gates: &trunk.gates,
        }),
        differences: &differences,
        template_overrides: &template_overrides,
        memory: memory.map(|pieces| pieces as &dyn site::Memory),
    };
    Ok(site::render_site(&input)?)
}

/// The trunk, with what the gate and the audit say of it.
struct Trunk {
    /// `None` where what is shown is the trunk.
    other: Option<Loaded>,
    audited: Audited,
    gates: BTreeMap<String, Vec<GateAnswer>>,
}

impl Trunk {
    fn loaded<'a>(&'a self, shown: &'a Loaded) -> &'a Loaded {
        self.other.as_ref().unwrap_or(shown)
    }
}

/// Asks the gate and the audit about the trunk, as they do themselves. `None` without a trunk.
fn judged(book: &Book, shown: &Loaded, ask: &Ask) -> Result<Option<Trunk>, CliError> {
    if shown.state.trunk.is_none() || shown.state.at.is_none() {
        return Ok(None);
    }
    let ask = Ask { view: View::Trunk, ..ask.clone() };
    let other = if shows_trunk(book, shown, &ask)? { None } else { Some(book.load(&ask)?) };
    let loaded = other.as_ref().unwrap_or(shown);
    let audited = book.audit(loaded, &AuditQuestion::default())?;
    let open: Vec<(&str, Vec<&str>)> = loaded.state.records.iter().filter_map(still_to_reach).collect();
    let gates = open
        .into_par_iter()
        .map(|(id, environments)| {
            let answer = |environment: &str| {
                let question = GateQuestion {
                    id: id.to_owned(),
                    environment: environment.to_owned(),
                    ..GateQuestion::default()
                };
                GateAnswer { environment: environment.to_owned(), answer: loaded.gate(&ask, &question) }
            };
            (id.to_owned(), environments.into_iter().map(answer).collect())
        })
        .collect();
    Ok(Some(Trunk { gates, audited, other }))
}

/// Whether what is shown is the trunk itself, so that it need not be read again: the same commit, and nothing
/// of the work tree beside it that the gate or the audit would read.
fn shows_trunk(book: &Book, shown: &Loaded, ask: &Ask) -> Result<bool, CliError> {
    let Some(commit) = shown.commit() else { return Ok(false) };
    if ask.at.is_some() {
        return Ok(true);
    }
    let trunk = book.trunk(ask, &shown.policy)?;
    Ok(trunk.is_some_and(|(_, tip)| tip == commit)
        && shown.state.records.iter().all(|record| record.work_tree == WorkTree::Clean)
        && (book.root.is_none() || book.record_templates(None)? == book.record_templates(Some(commit))?))
}

/// A task that may still go out, with its gated environments that are not deployed.
fn still_to_reach(record: &RecordState) -> Option<(&str, Vec<&str>)> {
    let over = matches!(
        record.status,
        Status::Applied | Status::Done | Status::Cancelled | Status::Rejected | Status::Unknown
    );
    if record.record_type != RecordType::Task || over {
        return None;
    }
    let ahead = record.environments.iter().filter(|found| found.gated && !found.deployed);
    let names: Vec<&str> = ahead.map(|found| found.name.as_str()).collect();
    (!names.is_empty()).then_some((record.name.as_str(), names))
}
