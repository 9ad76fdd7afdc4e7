//! `changebook serve`

mod answer;
mod watch;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::build;
use super::context::Context;
use super::error::CliError;
use super::ui::{BAD, DIM, GOOD, Ui, paint};
use crate::book::Book;
use crate::history::Pieces;
use crate::site::Page;
use answer::{Failure, Shown};

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
    drop(book);
    let listener = listen(args.port)?;
    let address = listener.local_addr().map_err(|error| CliError::failure(error.to_string()))?;
    let shared = Arc::new(Shared { shown: Mutex::default(), version: tokio::sync::watch::channel(0).0 });
    let changes = watch::changes(&root, &git_folder)
        .map_err(|error| CliError::failure(format!("the book cannot be watched: {error}")))?;
    let memory = Pieces::in_memory();
    rebuild(ui, context, &root, &shared, &memory)?;
    let server = Arc::clone(&shared);
    std::thread::spawn(move || answer::serve(listener, &server));
    ui.line(format!("{} http://{address}/  {}", paint(GOOD, "serving"), paint(DIM, "Ctrl-C ends it")))?;
    ui.flush()?;
    if args.open && open::that(format!("http://{address}/")).is_err() {
        ui.note("no browser could be started");
    }
    for () in changes {
        rebuild(ui, context, &root, &shared, &memory)?;
        ui.flush()?;
    }
    Ok(())
}

/// What the builder and the server share.
pub(super) struct Shared {
    shown: Mutex<Arc<Shown>>,
    /// Grows with each build.
    version: tokio::sync::watch::Sender<u64>,
}

impl Shared {
    fn shown(&self) -> Arc<Shown> {
        let shown = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&shown)
    }

    fn show(&self, shown: Shown) {
        *self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(shown);
        self.version.send_modify(|version| *version += 1);
    }
}

fn listen(port: u16) -> Result<std::net::TcpListener, CliError> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let failure = |error: std::io::Error| {
        CliError::failure(format!("port {port} cannot be had: {error}"))
            .with_hint("`--port 0` takes one that is free")
    };
    let listener = std::net::TcpListener::bind(address).map_err(failure)?;
    listener.set_nonblocking(true).map_err(failure)?;
    Ok(listener)
}

/// Builds in memory. What fails is shown beside the last site; the program goes on.
fn rebuild(
    ui: &mut Ui,
    context: &Context,
    root: &Path,
    shared: &Shared,
    memory: &Pieces,
) -> Result<(), CliError> {
    let started = std::time::Instant::now();
    let outcome = Book::find(root).map_err(CliError::from).and_then(|book| {
        match build::pages(&book, context, false, memory) {
            // The pages with broken links are worth more than none.
            Err(error) if !error.diagnostics.is_empty() => {
                build::pages(&book, context, true, memory).map(|pages| (pages, Some(failure(&error))))
            }
            outcome => outcome.map(|pages| (pages, None)),
        }
    });
    memory.save();
    let before = shared.shown();
    let (pages, failure) = match outcome {
        Ok((pages, failure)) => (files(pages), failure),
        Err(error) => (before.pages.clone(), Some(failure(&error))),
    };
    // A build that shows the same is no reason to load anything again.
    if *before.pages == *pages && before.failure == failure && !before.pages.is_empty() {
        return Ok(());
    }
    let n_files = pages.len();
    let line = match &failure {
        None => format!("{} {n_files} files", paint(GOOD, "built")),
        Some(failure) => format!("{} {}", paint(BAD, "wrong:"), super::ui::escape(&failure.message)),
    };
    shared.show(Shown { pages, failure });
    ui.line(format!("{line} {}", paint(DIM, format!("in {} ms", started.elapsed().as_millis()))))
}

fn files(pages: Vec<Page>) -> Arc<HashMap<String, Vec<u8>>> {
    Arc::new(pages.into_iter().map(|page| (page.path, page.bytes)).collect())
}

fn failure(error: &CliError) -> Failure {
    let place = |found: &crate::diagnostic::Diagnostic| {
        format!("{}:{}:{}: {}", found.path, found.line, found.column, found.message)
    };
    Failure {
        message: error.message.clone(),
        details: error.diagnostics.iter().map(place).chain(error.hints.iter().cloned()).collect(),
    }
}

/// How long the builder waits for a burst of changes to end: a save is several events, a checkout many.
const SETTLE: Duration = Duration::from_millis(40);
