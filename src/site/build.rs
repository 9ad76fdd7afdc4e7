//! A site in a folder, and a site that follows its book: what an earlier build made is not made again.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::assembly::{Assembly, Kept, SiteOptions, SiteReading};
use super::checks::{EXTERNAL_LINKS, external_links};
use super::disk::{Looks, OnDisk};
use super::page::{Page, Spool};
use super::snapshot::SiteSnapshot;
use super::standing::{Earlier, Made, PageStore};
use super::write::{WriteReport, stands, write_among};
use super::{Key, Site, SiteError};
use crate::book::{Book, BookError, Loaded, Request, drop_later};
use crate::history::Pieces;

/// Where a site goes, and how it is built.
pub struct Destination<'a> {
    /// The folder.
    pub out: &'a Path,
    /// How.
    pub options: &'a SiteOptions,
    /// A hash of the program, which keeps what it made for the next build; `None` where nothing may be kept.
    pub program: Option<[u8; 32]>,
    /// Tells the time. Only what is kept depends on it, and no page.
    pub clock: fn() -> SystemTime,
}

/// A site that was written.
pub struct Built {
    /// What of it was written.
    pub report: WriteReport,
    /// How many files it has.
    pub n_pages: usize,
    /// As in `external-links.json`.
    pub external_links: serde_json::Value,
}

/// What is kept of a build for the next one into the same folder.
#[derive(Default, Serialize, Deserialize)]
struct Note {
    whole: Option<Whole>,
    made: Option<Made>,
    looks: Looks,
}

/// A site as a whole: where it would be made from the same again, it is there.
#[derive(Serialize, Deserialize)]
struct Whole {
    /// A hash of all that it was made from.
    of: Key,
    n_pages: usize,
}

/// Builds the site of a book into a folder.
///
/// # Errors
/// See [`SiteError`]; nothing is written where links are broken that may not be.
pub fn build_folder(book: &Book, snapshot: SiteSnapshot, to: &Destination<'_>) -> Result<Built, SiteError> {
    let out = to.out;
    let memory = to.program.map(|program| Pieces::new(&book.repository, &book.path, program));
    let key = to.program.and_then(|program| whole_key(&snapshot, to.options, program));
    let note = memory.as_ref().and_then(|memory| memory.note(&note_of(out)));
    let note = note.and_then(|note| postcard::from_bytes::<Note>(&note).ok()).unwrap_or_default();
    let disk = OnDisk::new(out, note.looks);
    if let Some(built) = note.whole.filter(|before| key == Some(before.of)).and_then(|w| unchanged(&disk, &w))
    {
        return Ok(built);
    }
    // The walk through history is a thing for one thread.
    let (assembly, reading) = std::thread::scope(|scope| {
        scope.spawn(|| memory.as_ref().map(Pieces::read));
        Assembly::new(book, snapshot, None)
    })?;
    // Of a long history it is much, and nothing asks for it any more.
    drop_later(reading);
    let earlier = note.made.as_ref().map(|made| Earlier { made, store: &disk });
    let spool = memory.as_ref().and_then(Pieces::temporary_file).map(|file| Arc::new(Spool::new(file)));
    let pieces = memory.as_ref().map(|pieces| pieces as &dyn super::Memory);
    let Site { pages, standing, made, broken } =
        assembly.site(book, to.options, Kept { pieces, earlier, spool: spool.as_ref() })?;
    if !broken.is_empty() {
        memory.as_ref().inspect(|memory| memory.save());
        return Err(SiteError::Links(broken));
    }
    let standing: Vec<(&str, &Key)> =
        standing.iter().filter_map(|path| Some((path.as_str(), made.hash(path)?))).collect();
    let report = std::thread::scope(|scope| {
        scope.spawn(|| memory.as_ref().map(Pieces::save));
        write_among(&disk, &pages, &standing)
    })?;
    let n_pages = pages.len() + standing.len();
    if let Some(memory) = &memory {
        let whole = key.map(|of| Whole { of, n_pages });
        let note = Note { whole, made: Some(made), looks: disk.into_looks((to.clock)()) };
        // The folder is there now, so that its path may be told otherwise than before.
        memory.put_note(&note_of(out), &postcard::to_stdvec(&note).unwrap_or_default());
    }
    let external_links = links_of(&pages)?;
    drop_later((assembly, memory, pages));
    Ok(Built { report, n_pages, external_links })
}

/// The site as the earlier build left it, where all of it is there.
fn unchanged(disk: &OnDisk<'_>, whole: &Whole) -> Option<Built> {
    let n_pages = whole.n_pages;
    let listed =
        stands(disk, n_pages).then(|| std::fs::read(disk.out.join(EXTERNAL_LINKS)).ok()).flatten()?;
    let report = WriteReport { unchanged: n_pages, ..WriteReport::default() };
    Some(Built { report, n_pages, external_links: external_links(&listed) })
}

/// The links that lead elsewhere, as a page of the site lists them.
fn links_of(pages: &[Page]) -> Result<serde_json::Value, SiteError> {
    let Some(page) = pages.iter().find(|page| page.path == EXTERNAL_LINKS) else { return Ok(<_>::default()) };
    let listed = page.read().map_err(|source| SiteError::Unreadable { page: page.path.clone(), source })?;
    Ok(external_links(&listed))
}

/// A hash of all that a site is made from, and of what makes it; `None` where that cannot be told.
fn whole_key(snapshot: &SiteSnapshot, options: &SiteOptions, program: [u8; 32]) -> Option<Key> {
    let hash = Sha256::new().chain_update(snapshot.fingerprint()?).chain_update(program);
    Some(hash.chain_update(format!("{options:?}")).finalize().into())
}

/// Under which what is known of the site in that folder is kept.
fn note_of(out: &Path) -> Key {
    let absolute = out.canonicalize().or_else(|_| std::path::absolute(out));
    let path = absolute.unwrap_or_else(|_| out.to_path_buf());
    Sha256::digest(path.as_os_str().as_encoded_bytes()).into()
}

/// A site that is built again and again while its book changes: what goes from one build to the next.
pub struct LiveSite {
    /// Rendered texts, which other runs may use too.
    pieces: Pieces,
    /// What the last build knew of its pages.
    made: Made,
    /// What it knew of the book.
    reading: Option<SiteReading>,
}

impl LiveSite {
    /// Nothing is built yet. What the program keeps for a book is used.
    pub fn new(book: &Book, program: Option<[u8; 32]>) -> Self {
        let kept = program.map(|program| Pieces::new(&book.repository, &book.path, program));
        let pieces = kept.unwrap_or_else(Pieces::in_memory);
        pieces.read();
        LiveSite { pieces, made: Made::default(), reading: None }
    }

    /// Reads the book, with what is edited in the work tree.
    ///
    /// # Errors
    /// As [`Book::load`].
    pub fn read(&mut self, book: &Book, request: &Request) -> Result<Assembly, BookError> {
        let snapshot = SiteSnapshot::read(book, request)?;
        let (assembly, reading) = Assembly::new(book, snapshot, self.reading.as_ref())?;
        let assembly = assembly.with_unsaved(&reading);
        drop_later(self.reading.replace(reading));
        Ok(assembly)
    }

    /// The book as it was read last.
    pub fn loaded(&self) -> Option<&Loaded> {
        self.reading.as_ref().map(|reading| &*reading.loaded)
    }

    /// Renders the pages that the store does not have.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn render(
        &mut self,
        book: &Book,
        assembly: &Assembly,
        store: &dyn PageStore,
    ) -> Result<Site, SiteError> {
        let earlier = Some(Earlier { made: &self.made, store });
        let kept = Kept { pieces: Some(&self.pieces), earlier, spool: None };
        let mut site = assembly.site(book, &SiteOptions::default(), kept)?;
        self.made = std::mem::take(&mut site.made);
        Ok(site)
    }

    /// Keeps what was rendered for the next run.
    pub fn save(&self) {
        self.pieces.save();
    }
}
