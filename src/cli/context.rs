//! What every command starts from: where, when, and which book.

use std::cell::RefCell;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::Global;
use super::error::CliError;
use super::ui::{Progress, escape};
use crate::act::Hold;
use crate::book::{BOOK_FILE, Book, CacheUse, Loaded, Request, Snapshot, View};
use crate::diagnostic::nearest;
use crate::ledger::RecordState;

/// The global options, checked.
pub(super) struct Context {
    pub(super) directory: PathBuf,
    pub(super) at: Option<String>,
    /// Seconds since the epoch.
    pub(super) now: i64,
    /// Whether `--now` gave the moment.
    pub(super) now_is_stated: bool,
    pub(super) trunk: Option<String>,
    pub(super) policy_root: Option<String>,
    pub(super) json: bool,
    pub(super) cache: CacheUse,
    /// Remarks for standard error, told when the command is done.
    pub(super) remarks: RefCell<Vec<String>>,
}

impl Context {
    pub(super) fn new(global: Global) -> Result<Self, CliError> {
        let now = match &global.now {
            Some(text) => parse_time(text)?,
            None => clock(),
        };
        Ok(Context {
            directory: global.directory.unwrap_or_else(|| PathBuf::from(".")),
            at: global.at,
            now,
            now_is_stated: global.now.is_some(),
            trunk: global.trunk,
            policy_root: global.policy_root,
            json: global.json,
            cache: match global.no_cache || std::env::var_os("CHANGEBOOK_CACHE").is_some_and(|set| set == "0")
            {
                true => CacheUse::Refused,
                false => CacheUse::Allowed,
            },
            remarks: RefCell::default(),
        })
    }

    /// The same options, elsewhere and at another moment.
    pub(super) fn in_directory(&self, directory: &std::path::Path, now: i64) -> Context {
        Context {
            directory: directory.to_path_buf(),
            at: None,
            now,
            now_is_stated: true,
            trunk: None,
            policy_root: None,
            json: self.json,
            cache: self.cache,
            remarks: RefCell::default(),
        }
    }

    /// A hash of this program, for what may be kept by it; `None` where nothing may.
    pub(super) fn program(&self) -> Option<[u8; 32]> {
        if self.cache == CacheUse::Allowed { program() } else { None }
    }

    pub(super) fn book(&self) -> Result<Book, CliError> {
        let book = Book::find(&self.directory)?;
        // Whoever adds a book below another one would else choose by which rules a job in that folder is judged.
        if let Some(around) = around(&book) {
            let own = escape(book.path.as_str());
            let remark =
                format!("using the book in `{own}` and its own policy; it is inside the book in `{around}`");
            let mut remarks = self.remarks.borrow_mut();
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        Ok(book)
    }

    /// The book, and the right to write in it: nothing that is read from here on changes before that is given up.
    pub(super) fn held(&self, command: &str) -> Result<(Hold, Book), CliError> {
        let hold = Hold::take(&self.book()?, &format!("changebook {command}"))?;
        // Opened again: what it knows of the repository is from before another act ended.
        Ok((hold, self.book()?))
    }

    pub(super) fn request(&self) -> Request {
        Request {
            at: self.at.clone(),
            now: self.now,
            now_is_stated: self.now_is_stated,
            trunk: self.trunk.clone(),
            trunk_tip: None,
            policy_root: self.policy_root.clone(),
            cache: self.cache,
            view: View::Head,
        }
    }

    pub(super) fn load(&self) -> Result<(Book, Loaded), CliError> {
        let book = self.book()?;
        let snapshot = self.snapshot(&book)?;
        let loaded = self.derive(&book, snapshot)?;
        Ok((book, loaded))
    }

    /// Reads what an answer is made from. Where nothing names a trunk, what has landed cannot be told, and that is
    /// said.
    pub(super) fn snapshot(&self, book: &Book) -> Result<Snapshot, CliError> {
        let snapshot = book.snapshot(&self.request())?;
        if snapshot.trunk_name().is_none() && snapshot.commit().is_some() && book.repository.has_remotes() {
            let why = book.no_trunk();
            let hint = why.hint().unwrap_or_default();
            self.remarks.borrow_mut().push(format!("{why}, so it is not known what has landed ({hint})"));
        }
        Ok(snapshot)
    }

    /// Derives the state, and says what is remarkable about it.
    pub(super) fn derive(&self, book: &Book, snapshot: Snapshot) -> Result<Loaded, CliError> {
        let _progress = Progress::begin("reading commits…");
        let mut loaded = book.derive(snapshot, None)?;
        self.remarks.borrow_mut().extend(loaded.remark.take());
        self.remark_policy(&loaded);
        Ok(loaded)
    }

    /// Says behind the answer that it is not by what the policy file says.
    pub(super) fn remark_policy(&self, loaded: &Loaded) {
        if loaded.is_policy_pending() {
            let remark = "policy.toml has changes that are not in force, so this answer uses the last policy in force: \
                          `changebook check` shows what they are and who must agree";
            self.remarks.borrow_mut().push(remark.to_owned());
        }
    }

    /// Refuses an option that makes no sense for a command that changes something.
    pub(super) fn refuse_at(&self, command: &str) -> Result<(), CliError> {
        match &self.at {
            Some(_) => Err(CliError::usage(format!(
                "`{command}` works on the present state, so `--at` cannot be used"
            ))),
            None => Ok(()),
        }
    }
}

/// A hash of this program: of its version, and of the file that it was built to. `None` where the file cannot be told.
fn program() -> Option<[u8; 32]> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let built = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let text = format!("{} {} {}\n", env!("CARGO_PKG_VERSION"), file.len(), built.as_nanos());
    Some(Sha256::digest(text).into())
}

/// The nearest folder above a book's with a book of its own, from the root of the work tree.
fn around(book: &Book) -> Option<String> {
    let (root, top) = (book.root.as_ref()?, book.repository.work_tree()?);
    let mut above = root.ancestors().skip(1).take_while(|folder| folder.starts_with(&top));
    let found = above.find(|folder| folder.join(BOOK_FILE).is_file())?;
    let path = found.strip_prefix(&top).ok()?.to_string_lossy().into_owned();
    Some(if path.is_empty() { ".".to_owned() } else { escape(&path) })
}

/// Reads the clock: the one place that does.
#[expect(clippy::disallowed_methods, reason = "the clock is read here and passed on")]
pub(super) fn clock() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// No calendar reaches outside of these moments (1970 to 2199), so no answer there would mean anything.
const MOMENTS: std::ops::Range<i64> = 0..7_258_118_400;

fn parse_time(text: &str) -> Result<i64, CliError> {
    let seconds = text.parse::<i64>().ok();
    let seconds = seconds.or_else(|| text.parse::<jiff::Timestamp>().ok().map(|moment| moment.as_second()));
    let problem = match seconds {
        Some(seconds) if MOMENTS.contains(&seconds) => return Ok(seconds),
        Some(_) => "is outside of the years 1970 to 2199",
        None => "is not a valid time",
    };
    Err(CliError::usage(format!("`{text}` {problem}")).with_hint("write it like `2024-05-25T02:00:00+02:00`"))
}

/// The record of that name, or an error with the nearest.
pub(super) fn record<'a>(loaded: &'a Loaded, name: &str) -> Result<&'a RecordState, CliError> {
    let records = &loaded.state.records;
    if let Some(found) = records.iter().find(|record| record.name == name) {
        return Ok(found);
    }
    let mut folded = records.iter().filter(|record| record.name.eq_ignore_ascii_case(name));
    if let (Some(found), None) = (folded.next(), folded.next()) {
        return Ok(found);
    }
    let error = CliError::failure(format!("there is no record `{name}` in this book"));
    Err(match nearest(name, records.iter().map(|record| record.name.as_str())) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error.with_hint("`changebook list` shows all records"),
    })
}
