//! `changebook build`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::context::Context;
use super::error::CliError;
use super::gathered::{Gathered, Kept, pieces_on_disk};
use super::sources::Sources;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::book::{Book, BookConfig};
use crate::history::Pieces;
use crate::site::{self, Earlier, Looks, Made, OnDisk, Page, Site, SiteError, Spool, WriteReport};

/// Build the static site
///
/// The output is reproducible: the same HEAD gives the same bytes. The time of HEAD is used as the current time
/// unless `--now` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook build\n\
    \x20\x20changebook build --out /srv/www/changes\n\
    \x20\x20changebook build --base https://example.org/changes/\n\
    \x20\x20changebook build --at 2024-05-20 --out then")]
pub(super) struct BuildArgs {
    /// Write to this folder instead of the one in book.toml
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Build even if links are broken; otherwise they are listed and nothing is written
    #[arg(long)]
    allow_broken_links: bool,
    /// The URL or path that the site is served under, instead of `site-url` in book.toml
    #[arg(long, value_name = "URL", value_parser = base)]
    base: Option<String>,
}

/// What a build does apart from the book's own settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// Build although links are broken.
    pub(super) allow_broken_links: bool,
    /// Where the site is served.
    pub(super) base: Option<String>,
}

/// An address or a path from the root of a host: nothing else can be the base of a site.
fn base(text: &str) -> Result<String, String> {
    let is_address =
        ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    match (is_address || (text.starts_with('/') && !text.starts_with("//")))
        && text.chars().all(|letter| letter.is_ascii_graphic() && !r##""'<>`\{}|^?#"##.contains(letter))
    {
        true => Ok(text.to_owned()),
        false => Err("write it like `https://example.org/changes/` or `/changes/`".to_owned()),
    }
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &BuildArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let options = Options { allow_broken_links: args.allow_broken_links, base: args.base.clone() };
    let Built { out, report, n_pages: pages, external_links } =
        build(&book, context, args.out.as_deref(), &options)?;
    if context.json {
        return ui.json(&serde_json::json!({
            "schema": "changebook.build/1", "out": out, "pages": pages,
            "written": report.written, "unchanged": report.unchanged, "removed": report.removed,
            "external_links": external_links,
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

/// A site that was written.
pub(super) struct Built {
    /// Where it is.
    pub(super) out: PathBuf,
    pub(super) report: WriteReport,
    pub(super) n_pages: usize,
    /// As in `external-links.json`.
    pub(super) external_links: serde_json::Value,
}

/// Builds the site of a book.
pub(super) fn build(
    book: &Book,
    context: &Context,
    out: Option<&Path>,
    options: &Options,
) -> Result<Built, CliError> {
    let memory = pieces_on_disk(book, context);
    let sources = Sources::read(book, context)?;
    let config = sources.inputs.config()?;
    let out = match (out, &book.root) {
        (Some(out), _) => out.to_path_buf(),
        (None, Some(root)) => own_folder(root, &config.output)?,
        (None, None) => {
            return Err(CliError::usage("in a bare repository, say where the site goes: `--out DIR`"));
        }
    };
    refuse_own_folders(book, &config, &out)?;
    let key = memory.as_ref().and_then(|_| key(&sources, options));
    let note = memory.as_ref().and_then(|memory| Note::decoded(&memory.note(&note_of(&out))?));
    let Note { whole: before, made, looks } = note.unwrap_or_default();
    let disk = OnDisk::new(&out, looks);
    if let Some(before) = before.filter(|before| key == Some(before.of))
        && site::stands(&disk, before.n_pages)
        && let Ok(listed) = std::fs::read(out.join(site::EXTERNAL_LINKS))
    {
        let report = WriteReport { unchanged: before.n_pages, ..WriteReport::default() };
        let external_links = site::external_links(&listed);
        return Ok(Built { out, report, n_pages: before.n_pages, external_links });
    }
    // The walk through history is a thing for one thread.
    let (gathered, known) = std::thread::scope(|scope| {
        scope.spawn(|| memory.as_ref().map(Pieces::read));
        Gathered::new(book, sources, None)
    })?;
    // Of a long history it is much, and nothing asks for it any more.
    rayon::spawn(move || drop(known));
    let earlier = made.as_ref().map(|made| Earlier { made, shelf: &disk });
    let spool = memory.as_ref().and_then(Pieces::temporary_file).map(|file| Arc::new(Spool::new(file)));
    let Site { pages, standing, made, broken } =
        gathered.site(book, options, Kept { pieces: memory.as_ref(), earlier, spool: spool.as_ref() })?;
    if !broken.is_empty() {
        memory.as_ref().inspect(|memory| memory.save());
        return Err(SiteError::Links(broken).into());
    }
    let standing: Vec<(&str, &site::Key)> =
        standing.iter().filter_map(|path| Some((path.as_str(), made.hash(path)?))).collect();
    let report = std::thread::scope(|scope| {
        scope.spawn(|| memory.as_ref().map(Pieces::save));
        site::write_among(&disk, &pages, &standing)
    })?;
    let n_pages = pages.len() + standing.len();
    if let Some(memory) = &memory {
        let whole = key.map(|of| Whole { of, n_pages });
        let note = Note { whole, made: Some(made), looks: disk.into_looks(present()) };
        // The folder is there now, so that its path may be told otherwise than before.
        memory.put_note(&note_of(&out), &note.encoded());
    }
    let listed = pages.iter().find(|page| page.path == site::EXTERNAL_LINKS).map(Page::read);
    let listed = listed.transpose().map_err(|error| CliError::failure(error.to_string()))?;
    let external_links = listed.map(|bytes| site::external_links(&bytes)).unwrap_or_default();
    // Nobody waits until a book of thousands of records is taken apart.
    rayon::spawn(move || drop((gathered, memory, pages)));
    Ok(Built { out, report, n_pages, external_links })
}

/// What is kept of a build for the next one into the same folder.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Note {
    whole: Option<Whole>,
    made: Option<Made>,
    looks: Looks,
}

/// A site as a whole: where it would be made from the same again, it is there.
#[derive(serde::Serialize, serde::Deserialize)]
struct Whole {
    /// A hash of all that it was made from.
    of: [u8; 32],
    n_pages: usize,
}

/// A hash of all that a site is made from, and of what makes it; `None` where that cannot be told.
fn key(sources: &Sources, options: &Options) -> Option<[u8; 32]> {
    let hash = Sha256::new().chain_update(sources.fingerprint()?).chain_update(super::answer::program()?);
    Some(hash.chain_update(format!("{options:?}")).finalize().into())
}

impl Note {
    fn decoded(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    fn encoded(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "only what is kept depends on it, and no page")]
fn present() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// Under which what is known of the site in that folder is kept.
fn note_of(out: &Path) -> [u8; 32] {
    let absolute = out.canonicalize().or_else(|_| std::path::absolute(out));
    let path = absolute.unwrap_or_else(|_| out.to_path_buf());
    Sha256::digest(path.as_os_str().as_encoded_bytes()).into()
}

/// The folder that the book names, which nobody asked for by a flag: no link leads out of the book on the way.
fn own_folder(root: &Path, output: &str) -> Result<PathBuf, CliError> {
    let on_the_way = Path::new(output).ancestors().filter(|part| !part.as_os_str().is_empty());
    match on_the_way.map(|part| root.join(part)).find(|part| part.is_symlink()) {
        Some(link) => Err(CliError::failure(format!("`{}` is a symbolic link", link.display()))
            .with_hint("remove it, or write the site elsewhere: `--out DIR`")),
        None => Ok(root.join(output)),
    }
}

/// The site never goes where the book's own files are, nor around them.
fn refuse_own_folders(book: &Book, config: &BookConfig, out: &Path) -> Result<(), CliError> {
    let Some(root) = &book.root else { return Ok(()) };
    let absolute = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let taken = match absolute.strip_prefix(root) {
        Ok(inside) => config.folder_in_the_way(inside),
        Err(_) => root.starts_with(&absolute).then(|| "own folder is".to_owned()),
    };
    match taken {
        Some(taken) => Err(CliError::usage(format!(
            "the site cannot go to `{}`: the book's {taken} there",
            out.display()
        ))
        .with_hint("choose a separate folder: `--out DIR`")),
        None => Ok(()),
    }
}
