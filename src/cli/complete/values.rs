//! What the book knows for an argument. Files are read and no commit is: that is fast in any book.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap_complete::CompletionCandidate;
use clap_complete::engine::ValueCompleter;

use super::meaning::Meaning;
use crate::book::{Book, natural};
use crate::diagnostic::Code;
use crate::editor::schema::schemas;
use crate::ledger::Status;
use crate::policy::{Members, Policy};
use crate::record::{Details, Record, RecordType, Risk, TaskKind, Verdict};

/// The words of the command line so far, the last one unfinished.
pub(super) type Words = Vec<String>;

/// So many records are opened for their titles; where more fit what is typed, the IDs alone are told.
const MOST_TITLES: usize = 200;
/// So many records are read for the words in them.
const MOST_READ: usize = 2000;

/// The values of an argument.
pub(super) struct Values {
    pub(super) meaning: Meaning,
    pub(super) words: Words,
}

impl ValueCompleter for Values {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(typed) = current.to_str() else { return Vec::new() };
        let found = self.found(typed).unwrap_or_default();
        let fits = |(value, _): &(String, String)| begins(value, typed);
        let candidate = |(value, help): (String, String)| {
            CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into()))
        };
        found.into_iter().filter(fits).map(candidate).collect()
    }
}

/// Whether a value begins with what is typed, whatever its case.
fn begins(value: &str, typed: &str) -> bool {
    value.to_lowercase().starts_with(&typed.to_lowercase())
}

/// A value and what it is.
type Candidate = (String, String);

impl Values {
    /// `None` where there is no book, or it cannot be read.
    fn found(&self, typed: &str) -> Option<Vec<Candidate>> {
        Some(match self.meaning {
            Meaning::Record(wanted) => records(&self.book()?, wanted, typed)?,
            Meaning::Item { ticked } => self.items(ticked)?,
            Meaning::Person => people(&self.policy()?),
            Meaning::Role => roles(&self.policy()?),
            Meaning::Used(key) => used(&self.book()?, key)?,
            Meaning::Category => {
                let of = |category: &crate::policy::Category| {
                    (category.name.clone(), format!("risk {}", category.risk.as_str()))
                };
                self.policy()?.categories.iter().map(of).collect()
            }
            Meaning::Environment => self.environments()?,
            Meaning::Window => self.policy()?.windows.keys().map(|name| plain(name)).collect(),
            Meaning::Status => {
                let all = Status::ALL.iter().map(|status| plain(status.as_str()));
                all.chain([("open".to_owned(), "all that need work".to_owned())]).collect()
            }
            Meaning::Risk => Risk::ALL.iter().map(|risk| plain(risk.as_str())).collect(),
            Meaning::Type => RecordType::ALL.iter().map(|known| plain(known.as_str())).collect(),
            Meaning::Kind => TaskKind::ALL.iter().map(|kind| plain(kind.as_str())).collect(),
            Meaning::Template => {
                let kinds = TaskKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), "a task".to_owned()));
                let others = RecordType::ALL.iter().map(|known| plain(known.as_str()));
                kinds.chain(others).collect()
            }
            Meaning::Verdict => Verdict::ALL.iter().map(|verdict| plain(verdict.as_str())).collect(),
            Meaning::Code => {
                Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.summary().to_owned())).collect()
            }
            Meaning::Schema => schemas().map(plain).collect(),
            Meaning::Revision => {
                self.book()?.repository.reference_names().iter().map(|name| plain(name)).collect()
            }
            Meaning::Map => crate::import::READY_MAPS.iter().map(|(name, _)| plain(name)).collect(),
            Meaning::Event => crate::cli::log::NAMES.iter().map(|name| plain(name)).collect(),
            Meaning::Meeting => meetings(&self.book()?)?,
            Meaning::Path | Meaning::Free => Vec::new(),
        })
    }

    fn book(&self) -> Option<Book> {
        Book::find(&self.directory()).ok()
    }

    /// The one of `-C`, else the current one.
    fn directory(&self) -> PathBuf {
        let at = self.words.iter().position(|word| word.starts_with("-C"));
        let given = at.and_then(|at| match self.words[at].strip_prefix("-C") {
            Some("") => self.words.get(at + 1).map(String::as_str),
            joined => joined,
        });
        PathBuf::from(given.unwrap_or("."))
    }

    fn policy(&self) -> Option<Policy> {
        let book = self.book()?;
        let commit = match &book.root {
            Some(_) => None,
            None => book.head().ok()?.commit,
        };
        book.policy(commit).ok()
    }

    /// The record that a word before names.
    fn record(&self) -> Option<Record> {
        let book = self.book()?;
        let (_, before) = self.words.split_last()?;
        let paths = book.record_paths().ok()?;
        let named = |path: &str| before.iter().any(|word| id_of(path).eq_ignore_ascii_case(word));
        paths.iter().find(|(_, path)| named(path)).and_then(|(kind, path)| read(&book, *kind, path))
    }

    fn items(&self, ticked: bool) -> Option<Vec<Candidate>> {
        let record = self.record()?;
        let section = |index: Option<usize>| index.and_then(|index| record.sections.get(index));
        let items = record.items.iter().filter(|item| item.checked == ticked);
        let found = |item: &crate::record::Item| {
            (
                item.text.clone(),
                section(item.section).map(|section| section.title.clone()).unwrap_or_default(),
            )
        };
        Some(items.map(found).collect())
    }

    /// Those of the record that is named, where one is; else all of the policy.
    fn environments(&self) -> Option<Vec<Candidate>> {
        let policy = self.policy()?;
        let listed = match self.record().map(|record| record.details) {
            Some(Details::Task(task)) => task.environments,
            _ => Vec::new(),
        };
        let all = policy.environments.iter().map(|environment| environment.name.clone());
        let fits = |name: &String| listed.is_empty() || listed.contains(name);
        Some(all.filter(fits).map(|name| (name, String::new())).collect())
    }
}

fn plain(value: &str) -> Candidate {
    (value.to_owned(), String::new())
}

/// The ID that a record's path stands for.
fn id_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".md").unwrap_or(name)
}

fn read(book: &Book, kind: RecordType, path: &str) -> Option<Record> {
    let commit = match &book.root {
        Some(_) => None,
        None => book.head().ok()?.commit,
    };
    let text = book.text(commit, path).ok()??;
    Some(Record::parse(kind, path, text.as_bytes()))
}

/// IDs that begin as typed, with titles, the highest number first: what is worked on is new.
fn records(book: &Book, wanted: Option<RecordType>, typed: &str) -> Option<Vec<Candidate>> {
    let mut paths = book.record_paths().ok()?;
    paths.retain(|(kind, path)| wanted.is_none_or(|wanted| wanted == *kind) && begins(id_of(path), typed));
    paths.sort_by_cached_key(|(kind, path)| (*kind, std::cmp::Reverse(natural(id_of(path)))));
    let with_titles = paths.len() <= MOST_TITLES;
    let found = |(kind, path): &(RecordType, String)| {
        let record = with_titles.then(|| read(book, *kind, path)).flatten();
        (id_of(path).to_owned(), record.map(|record| record.title().to_owned()).unwrap_or_default())
    };
    Some(paths.iter().map(found).collect())
}

/// Texts in a list of the frontmatter of records, each once.
fn used(book: &Book, key: &str) -> Option<Vec<Candidate>> {
    let mut texts: Vec<String> = Vec::new();
    for (kind, path) in book.record_paths().ok()?.iter().rev().take(MOST_READ) {
        let record = read(book, *kind, path);
        let field = record.as_ref().and_then(|record| record.field(key));
        let values = field.and_then(|field| field.value.as_array()).into_iter().flatten();
        texts.extend(values.filter_map(|value| value.as_str().map(str::to_owned)));
    }
    texts.sort();
    texts.dedup();
    Some(texts.iter().map(|text| plain(text)).collect())
}

/// The days of meetings that decisions name, the latest first.
fn meetings(book: &Book) -> Option<Vec<Candidate>> {
    let mut days: Vec<String> = Vec::new();
    for (kind, path) in book.record_paths().ok()?.iter().filter(|(kind, _)| *kind == RecordType::Decision) {
        let record = read(book, *kind, path);
        let field = record.as_ref().and_then(|record| record.field("meeting"));
        days.extend(field.and_then(|field| field.value.as_str().map(str::to_owned)));
    }
    days.sort();
    days.dedup();
    Some(days.iter().rev().map(|day| plain(day)).collect())
}

fn people(policy: &Policy) -> Vec<Candidate> {
    policy.people.iter().map(|(name, person)| (name.clone(), person.name.clone())).collect()
}

fn roles(policy: &Policy) -> Vec<Candidate> {
    let of = |members: &Members| match members {
        Members::Anyone => "any listed person".to_owned(),
        Members::People(people) => people.join(", "),
    };
    policy.roles.iter().map(|(name, members)| (name.clone(), of(members))).collect()
}
