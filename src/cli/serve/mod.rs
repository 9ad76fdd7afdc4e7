//! `changebook serve`

mod answer;
mod files;
mod guard;
mod watch;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::Context;
use super::error::CliError;
use super::ui::{BAD, DIM, GOOD, Ui, paint};
use crate::book::{Book, Loaded, drop_later};
use crate::diagnostic::{Diagnostic, Severity};
use crate::ledger::WorkTree;
use crate::site::{LiveSite, Site, SiteError};
use answer::{Failure, Shown};
use files::Files;

/// Serve the site locally and keep it up to date
///
/// The site is built in memory and rebuilt whenever the book or its repository changes; open pages then reload.
/// Problems are shown in the page, with file and line, on top of the last site that could be built. Only this machine
/// can access it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook serve\n\
    \x20\x20changebook serve --port 8000 --open")]
pub(super) struct ServeArgs {
    /// Port on the loopback address; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 3000)]
    port: u16,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &ServeArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let root = book.root.clone().ok_or_else(|| {
        CliError::usage("a bare repository has no files to watch")
            .with_hint("use `changebook build --out DIR` to write its site")
    })?;
    let git_folder = book.repository.common_dir();
    let mut session = Session { context, root: &root, site: LiveSite::new(&book, context.program()) };
    drop(book);
    let shared = Arc::new(Shared::default());
    let address = answer::serve(args.port, &shared).map_err(|error| {
        CliError::failure(format!("port {} is not available: {error}", args.port))
            .with_hint("`--port 0` picks a free port")
    })?;
    let changes = watch::changes(&root, &git_folder)
        .map_err(|error| CliError::failure(format!("cannot watch the book: {error}")))?;
    rebuild(ui, &mut session, &shared)?;
    ui.line(format!("{} http://{address}/  {}", paint(GOOD, "serving"), paint(DIM, "press Ctrl-C to stop")))?;
    ui.flush()?;
    if args.open && open::that(format!("http://{address}/")).is_err() {
        ui.note("could not start a browser");
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
    site: LiveSite,
}

impl Session<'_> {
    /// The site of the files as they are now, and what is wrong with it; `before` is what is shown.
    fn build(&mut self, before: &Files) -> Result<(Files, Option<Failure>), CliError> {
        let book = Book::find(self.root)?;
        let assembly = self.site.read(&book, &self.context.request())?;
        let Site { pages, standing, broken, .. } = self.site.render(&book, &assembly, before)?;
        drop_later(assembly);
        // The pages with broken links are worth more than none.
        let failure = match broken.is_empty() {
            true => self.site.loaded().and_then(unreadable),
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
    session.site.save();
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
        1 => "1 record cannot be read".to_owned(),
        n => format!("{n} problems keep records from being read"),
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
