//! `changebook serve`

mod answer;
mod files;
mod guard;
mod watch;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::build::Options;
use super::context::Context;
use super::error::CliError;
use super::gathered::{Gathered, Kept, Known, pieces_on_disk};
use super::sources::Sources;
use super::ui::{BAD, DIM, GOOD, Ui, paint};
use crate::book::{Book, Loaded};
use crate::diagnostic::{Diagnostic, Severity};
use crate::history::Pieces;
use crate::ledger::WorkTree;
use crate::site::{Earlier, Made, Site, SiteError};
use answer::{Failure, Shown};
use files::Files;

/// Show the site and keep it up to date
///
/// The site is built in memory and built anew whenever the book or its repository changes; an open page then loads
/// itself again. What is wrong stands in the page, with file and line, beside the last site that could be built.
/// Only this machine can ask.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook serve\n\
    \x20\x20changebook serve --port 8000 --open")]
pub(super) struct ServeArgs {
    /// The port on the loopback address; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ServeArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let root = book.root.clone().ok_or_else(|| {
        CliError::usage("a bare repository does not change by saving")
            .with_hint("`changebook build --out DIR` writes its site")
    })?;
    let git_folder = book.repository.common_dir();
    let mut session = Session::new(context, &book, &root);
    drop(book);
    let shared = Arc::new(Shared::default());
    let address = answer::serve(args.port, &shared).map_err(|error| {
        CliError::failure(format!("port {} cannot be had: {error}", args.port))
            .with_hint("`--port 0` takes one that is free")
    })?;
    let changes = watch::changes(&root, &git_folder)
        .map_err(|error| CliError::failure(format!("the book cannot be watched: {error}")))?;
    rebuild(ui, &mut session, &shared)?;
    ui.line(format!("{} http://{address}/  {}", paint(GOOD, "serving"), paint(DIM, "Ctrl-C ends it")))?;
    ui.flush()?;
    if args.open && open::that(format!("http://{address}/")).is_err() {
        ui.note("no browser could be started");
    }
    for () in changes {
        rebuild(ui, &mut session, &shared)?;
    }
    Ok(())
}

/// What the builder and the server share.
#[derive(Default)]
pub(super) struct Shared {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    shown: Arc<Shown>,
    /// Grows with each build; 0 before the first.
    version: u64,
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is shown, and the number of the build that made it.
    fn shown(&self) -> (Arc<Shown>, u64) {
        let now = self.now();
        (Arc::clone(&now.shown), now.version)
    }

    fn show(&self, shown: Shown) {
        let mut now = self.now();
        *now = Now { shown: Arc::new(shown), version: now.version + 1 };
        self.changed.notify_all();
    }

    /// The number of the present build, as soon as it is another than `known` or `patience` is over.
    fn wait(&self, known: u64, patience: Duration) -> u64 {
        let waited = self.changed.wait_timeout_while(self.now(), patience, |now| now.version == known);
        waited.unwrap_or_else(PoisonError::into_inner).0.version
    }
}

/// What goes from one build to the next.
struct Session<'a> {
    context: &'a Context,
    root: &'a Path,
    /// Rendered texts, which other runs may use too.
    pieces: Pieces,
    /// What the last build knew of its pages.
    made: Made,
    /// What it knew of the book.
    known: Option<Known>,
}

impl<'a> Session<'a> {
    fn new(context: &'a Context, book: &Book, root: &'a Path) -> Self {
        let pieces = pieces_on_disk(book, context).unwrap_or_else(Pieces::in_memory);
        pieces.read();
        Session { context, root, pieces, made: Made::default(), known: None }
    }

    /// The site of the files as they are now, and what is wrong with it; `before` is what is shown.
    fn build(&mut self, before: &Files) -> Result<(Files, Option<Failure>), CliError> {
        let book = Book::find(self.root)?;
        let sources = Sources::read(&book, self.context)?;
        let (gathered, known) = Gathered::new(&book, sources, self.known.as_ref())?;
        let gathered = gathered.with_unsaved(&known);
        let earlier = Earlier { made: &self.made, shelf: before };
        let kept = Kept { pieces: Some(&self.pieces), earlier: Some(earlier), spool: None };
        let site = gathered.site(&book, &Options::default(), kept);
        let unreadable = unreadable(&known.loaded);
        // Nobody waits until what was known before is taken apart.
        let before_that = self.known.replace(known);
        rayon::spawn(move || drop((gathered, before_that)));
        let Site { pages, standing, made, broken } = site?;
        self.made = made;
        // The pages with broken links are worth more than none.
        let failure = match broken.is_empty() {
            true => unreadable,
            false => Some(failure(&SiteError::Links(broken).into())),
        };
        let files = before.followed(pages, standing);
        Ok((files.map_err(|error| CliError::failure(error.to_string()))?, failure))
    }
}

/// Builds in memory. What fails is shown beside the last site; the program goes on.
fn rebuild(ui: &mut Ui, session: &mut Session<'_>, shared: &Shared) -> Result<(), CliError> {
    let started = std::time::Instant::now();
    let (before, _) = shared.shown();
    let (pages, failure) = match session.build(&before.pages) {
        Ok(built) => built,
        Err(error) => (before.pages.clone(), Some(failure(&error))),
    };
    // A build that shows the same is no reason to load anything again.
    let same = before.pages == pages && before.failure == failure && !before.pages.is_empty();
    if !same {
        let n_files = pages.len();
        let line = match &failure {
            None => format!("{} {n_files} files", paint(GOOD, "built")),
            Some(failure) => format!("{} {}", paint(BAD, "wrong:"), super::ui::escape(&failure.message)),
        };
        shared.show(Shown { pages, failure });
        ui.line(format!("{line} {}", paint(DIM, format!("in {} ms", started.elapsed().as_millis()))))?;
        ui.flush()?;
    }
    session.pieces.save();
    Ok(())
}

/// What cannot be read of what is not committed.
fn unreadable(loaded: &Loaded) -> Option<Failure> {
    let added = loaded.state.records.iter().filter(|record| record.work_tree == WorkTree::Added);
    let changed = loaded.in_work_tree.values().map(|record| &**record);
    let broken = changed.chain(added.map(|record| &*record.record)).filter(|record| record.is_broken());
    let errors =
        broken.flat_map(|record| &record.diagnostics).filter(|found| found.severity == Severity::Error);
    let details: Vec<String> = errors.map(place).collect();
    let message = match details.len() {
        0 => return None,
        1 => "a record cannot be read".to_owned(),
        n => format!("{n} things keep records from being read"),
    };
    Some(Failure { message, details })
}

fn place(found: &Diagnostic) -> String {
    format!("{}:{}:{}: {}", found.path, found.line, found.column, found.message)
}

fn failure(error: &CliError) -> Failure {
    Failure {
        message: error.message.clone(),
        details: error.diagnostics.iter().map(place).chain(error.hints.iter().cloned()).collect(),
    }
}

/// How long the builder waits for a burst of changes to end: a save is several events, a checkout many.
const SETTLE: Duration = Duration::from_millis(20);
