//! What goes into the site and what comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::includes::Origins;
use super::memory::Memory;
use super::page::{Page, Spool};
use super::standing::{Earlier, Made};
use super::write::WriteError;
use crate::book::{BookError, Deleted, Differences, Redirect, Step, Steps, Theme};
use crate::diagnostic::Diagnostic;
use crate::ledger::{Audit, Gate, State, Unclear};
use crate::policy::Policy;
use crate::record::{Record, RecordId};

/// Settings of the book that the site shows or uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteConfig {
    /// The book's title.
    pub title: String,
    /// One sentence about it.
    pub description: Option<String>,
    /// Who keeps it.
    pub authors: Vec<String>,
    /// BCP 47 tag of the records' language, for `<html lang>`.
    pub language: String,
    /// The path or address under which the site is served, for `404.html`, and, when it is a whole address, for
    /// canonical links, feeds and the site's map.
    pub site_url: Option<String>,
    /// The forge's page of the repository: commits are linked there.
    pub repository_url: Option<String>,
    /// Where a file can be edited; `{path}` is replaced by its path in the book.
    pub edit_url_template: Option<String>,
    /// Whether quotation marks and dashes of the manual are set as in print.
    pub smart_punctuation: bool,
    /// By language, what hidden lines of code in the manual begin with.
    pub hidelines: BTreeMap<String, String>,
    /// Broken links are shown as such and do not fail the build.
    pub allow_broken_links: bool,
    /// Chapters that were moved.
    pub redirects: Vec<Redirect>,
    /// Colours, fonts and files of the book's own.
    pub theme: Theme,
    /// The text of `book.toml`, for places in it.
    pub settings: String,
}

/// A file of the book that is no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocFile {
    /// Relative to the book's directory, with forward slashes: `docs/guide.md`.
    pub path: String,
    /// Its content; of a page, with the files that it includes.
    pub bytes: Vec<u8>,
    /// What the page says that its title is, besides its heading.
    pub title: Option<String>,
    /// Whether the commit that is shown has it otherwise, or not at all.
    pub uncommitted: bool,
    /// Of a page that includes others: which of it comes from which file.
    pub origins: Option<Arc<Origins>>,
}

impl DocFile {
    /// A file as it stands in the book.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        DocFile { path: path.into(), bytes: bytes.into(), title: None, uncommitted: false, origins: None }
    }
}

/// The gate's answer for one environment of a task.
#[derive(Debug)]
pub struct GateAnswer {
    /// By the policy's name.
    pub environment: String,
    /// What the rules say.
    pub answer: Result<Gate, Unclear>,
}

/// What the rules say of the trunk: the site shows answers and computes none.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The trunk's state.
    pub state: &'a State,
    /// Every deployment so far.
    pub audit: &'a Audit,
    /// By the task's name: the environments that it has still to reach, in their order.
    pub gates: &'a BTreeMap<String, Vec<GateAnswer>>,
}

/// Everything that the site is made from.
#[derive(Debug, Clone, Copy)]
pub struct SiteInput<'a> {
    /// Settings.
    pub config: &'a SiteConfig,
    /// The derived state of the book.
    pub state: &'a State,
    /// The policy that holds there.
    pub policy: &'a Policy,
    /// What the gate and the audit say; `None` without a trunk.
    pub judged: Option<Judged<'a>>,
    /// The single changes of records' files that pages show.
    pub steps: &'a Steps,
    /// Records that have another ID now, from the old one.
    pub renamed: &'a BTreeMap<RecordId, RecordId>,
    /// Records that history deleted, in the order of their names.
    pub deleted: &'a [Deleted],
    /// Every file under `docs_dir`: `SUMMARY.md`, pages, images.
    pub docs: &'a [DocFile],
    /// What those pages ask for and cannot have.
    pub docs_problems: &'a [Diagnostic],
    /// The folder of the manual, relative to the book: `docs`.
    pub docs_dir: &'a str,
    /// Other files in record folders: images.
    pub assets: &'a [DocFile],
    /// The files that the theme names.
    pub theme_files: &'a [DocFile],
    /// Templates of the book by name (`site/record.html`), used in place of the built-in ones.
    pub template_overrides: &'a BTreeMap<String, String>,
    /// Records as they stand in the work tree, by path, whose text is to be shown in place of the commit's.
    pub unsaved: &'a BTreeMap<String, Arc<Record>>,
    /// What earlier builds rendered; the same bytes come out without it, later.
    pub memory: Option<&'a dyn Memory>,
    /// What an earlier build made; the same bytes come out without it, later.
    pub earlier: Option<Earlier<'a>>,
    /// Where pages wait that memory should not hold.
    pub spool: Option<&'a Arc<Spool>>,
}

/// Says line by line what steps changed; it is asked about pages that are made anew, and about no others.
pub type Differ<'a> = &'a dyn Fn(&[Step<'_>]) -> Result<Differences, BookError>;

/// A site.
#[derive(Debug)]
pub struct Site {
    /// What was made, sorted by path.
    pub pages: Vec<Page>,
    /// The paths of pages that stand byte for byte where the earlier build put them, sorted.
    pub standing: Vec<String>,
    /// What the next build may start from.
    pub made: Made,
    /// Links that lead nowhere, unless those are allowed.
    pub broken: Vec<Diagnostic>,
}

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// Links, anchors or images that lead nowhere.
    #[error("{} broken {}", .0.len(), if .0.len() == 1 { "link" } else { "links" })]
    Links(Vec<Diagnostic>),
    /// What `book.toml` says of the site cannot be used.
    #[error("{} {} in the settings of the site", .0.len(), if .0.len() == 1 { "mistake" } else { "mistakes" })]
    Settings(Vec<Diagnostic>),
    /// What a commit changed cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// It cannot be written where it is to go.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A page that was made before cannot be read any more.
    #[error("`{page}` of the site cannot be read")]
    Unreadable {
        /// Its path in the site.
        page: String,
        /// Why.
        source: std::io::Error,
    },
    /// A template is wrong.
    #[error("template `{name}`{}: {message}", .line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Template {
        /// As in `template_overrides`.
        name: String,
        /// 1-based, when it is known.
        line: Option<usize>,
        /// What the template engine says.
        message: String,
    },
}
