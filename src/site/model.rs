//! The map of the site: which file of the book is shown on which page.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::input::{DocFile, SiteInput};
use super::palette::Palette;
use super::paths::{Names, is_safe, stem};
use super::row::Rows;
use super::schedule::InTheWay;
use super::similar::Candidates;
use super::summary::{self, Entry};
use crate::ledger::RecordState;
use crate::record::RecordType;

/// Endings of files that are copied: nothing that a browser would run.
const COPIED: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "pdf", "txt", "csv", "tsv", "json", "yaml",
    "yml", "toml", "tf", "tfvars", "log", "diff", "patch", "zip", "gz", "mp4", "webm", "woff2",
];

/// A file that the site takes over as it is.
#[derive(Debug)]
pub(super) struct CopiedFile<'a> {
    /// Where it goes, relative to the output.
    pub(super) to: String,
    /// The file of the book.
    pub(super) file: &'a DocFile,
    /// Width and height in pixels of an image that says so, for the space that a page keeps free for it.
    pub(super) size: Option<(usize, usize)>,
}

/// A Markdown page of the manual.
#[derive(Debug)]
pub(super) struct ManualPage<'a> {
    /// Where it goes, relative to the output.
    pub(super) page: String,
    /// The file of the book.
    pub(super) file: &'a DocFile,
}

/// The whole map.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) input: &'a SiteInput<'a>,
    /// The page of each record, in the order of the state.
    pub(super) record_pages: Vec<String>,
    /// Index and page of each deleted record that has one: a record of its name that lives goes before it.
    pub(super) deleted_pages: Vec<(usize, String)>,
    /// Where the evidence of each deployment stands.
    pub(super) evidence: super::evidence::Places,
    /// The colours of drawings.
    pub(super) palette: Palette,
    /// Pages of the manual, sorted by file.
    pub(super) manual: Vec<ManualPage<'a>>,
    /// The table of contents.
    pub(super) summary: Vec<Entry>,
    /// Path and text of the summary's file.
    pub(super) summary_source: Option<(&'a str, String)>,
    /// Files to copy.
    pub(super) copied: Vec<CopiedFile<'a>>,
    /// Pages of labels, services, statuses and risks: (kind, value) to page.
    pub(super) groups: BTreeMap<(&'static str, String), String>,
    /// Records of each group, as indexes into the state.
    pub(super) members: BTreeMap<(&'static str, String), Vec<usize>>,
    /// Pages of the policy's people, by key.
    pub(super) people: BTreeMap<String, String>,
    /// The zone in which pages tell times that no commit carries: the board's, else UTC.
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) in_the_way: InTheWay,
    /// IDs of the commits that the book's state rests on, sorted; empty without a forge to link them to.
    commits: Vec<String>,
    by_name: HashMap<&'a str, usize>,
    /// Places in `deleted_pages`.
    deleted_by_name: HashMap<&'a str, usize>,
    pages: HashMap<String, String>,
    files: HashMap<String, usize>,
    /// Why files of the book are not copied, by path.
    pub(super) refused: HashMap<String, String>,
    pub(super) rows: Rows,
    /// For suggestions; most books need none.
    candidates: OnceLock<Candidates>,
}

impl<'a> Model<'a> {
    /// Lays out the site.
    pub(super) fn new(input: &'a SiteInput<'a>) -> Self {
        let mut model = Model {
            input,
            record_pages: Vec::with_capacity(input.state.records.len()),
            deleted_pages: Vec::new(),
            evidence: super::evidence::places(input),
            palette: Palette::new(&input.config.theme),
            manual: Vec::new(),
            summary: Vec::new(),
            summary_source: None,
            copied: Vec::new(),
            groups: BTreeMap::new(),
            members: BTreeMap::new(),
            people: BTreeMap::new(),
            zone: crate::ledger::board_zone(input.policy),
            in_the_way: InTheWay::new(input.state, input.policy),
            commits: cited_commits(input),
            by_name: HashMap::new(),
            deleted_by_name: HashMap::new(),
            pages: HashMap::new(),
            files: HashMap::new(),
            refused: HashMap::new(),
            rows: Rows::of(input.state.records.len()),
            candidates: OnceLock::new(),
        };
        let mut names = Names::default();
        model.place_records(&mut names);
        model.place_deleted(&mut names);
        model.place_docs(&mut names);
        model.place_assets(&mut names);
        model.place_groups(&mut names);
        for key in input.policy.people.keys() {
            model.people.insert(key.clone(), names.page("people", key));
        }
        model
    }

    /// The page that shows a file or folder of the book.
    pub(super) fn page_of(&self, path: &str) -> Option<&str> {
        let direct = self.pages.get(path);
        let index = || ["index.md", "README.md"].iter().find_map(|name| self.pages.get(&join(path, name)));
        let html = || {
            let stem = path.strip_suffix(".html")?;
            let folder =
                stem.strip_suffix("index").filter(|folder| folder.is_empty() || folder.ends_with('/'));
            let readme = || self.pages.get(&format!("{}README.md", folder?));
            self.pages.get(&format!("{stem}.md")).or_else(readme)
        };
        direct.or_else(index).or_else(html).map(String::as_str)
    }

    /// The copy of a file of the book.
    pub(super) fn file_of(&self, path: &str) -> Option<&CopiedFile<'a>> {
        self.files.get(path).map(|index| &self.copied[*index])
    }

    /// The whole ID of the commit that a word names: seven digits or more that begin one ID of the book's
    /// history and no other.
    pub(super) fn cited(&self, word: &str) -> Option<&str> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if !(7..=40).contains(&word.len()) || !word.bytes().all(is_hex) {
            return None;
        }
        let from = self.commits.partition_point(|id| id.as_str() < word);
        let mut found = self.commits[from..].iter().take_while(|id| id.starts_with(word));
        found.next().filter(|_| found.next().is_none()).map(String::as_str)
    }

    /// The page of a record by its name.
    pub(super) fn record_page(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|index| self.record_pages[*index].as_str())
    }

    /// The record of that name.
    pub(super) fn by_name(&self, name: &str) -> Option<&'a RecordState> {
        self.by_name.get(name).map(|index| &self.input.state.records[*index])
    }

    /// The place in the state of the record of that name.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Title and page of the deleted record of that name.
    pub(super) fn deleted(&self, name: &str) -> Option<(&'a str, &str)> {
        let found = self.deleted_by_name.get(name)?;
        let (index, page) = &self.deleted_pages[*found];
        Some((&self.input.deleted[*index].title, page))
    }

    /// Whether the page is that of a deleted record.
    pub(super) fn is_of_deleted(&self, page: &str) -> bool {
        self.deleted_pages.iter().any(|(_, found)| found == page)
    }

    /// The page of the record that a word of a text names, or once named. A word that is also ordinary language
    /// (`backups`) names none.
    pub(super) fn mention(&self, word: &str) -> Option<&str> {
        let distinct = word.bytes().any(|byte| byte == b'-' || byte == b'_' || byte.is_ascii_digit());
        if !distinct || word.len() <= 2 {
            return None;
        }
        match self.by_name.get(word) {
            Some(index) if self.input.state.records[*index].id.is_none() => None,
            Some(index) => Some(self.record_pages[*index].as_str()),
            None => self.deleted(word).map(|(_, page)| page),
        }
    }

    /// The paths of the book's files.
    pub(super) fn candidates(&self) -> &Candidates {
        self.candidates.get_or_init(|| Candidates::new(self.pages.keys().chain(self.files.keys())))
    }

    /// The first page of the manual.
    pub(super) fn manual_start(&self) -> Option<&str> {
        let first = self.summary.iter().find_map(|entry| match entry {
            Entry::Chapter(chapter) => chapter.path.as_deref().and_then(|path| self.page_of(path)),
            _ => None,
        });
        first.or_else(|| self.manual.first().map(|page| page.page.as_str()))
    }

    fn place_records(&mut self, names: &mut Names) {
        for (index, record) in self.input.state.records.iter().enumerate() {
            let page = names.page(folder(record.record_type), &record.name);
            self.by_name.entry(&record.name).or_insert(index);
            self.pages.insert(record.record.path.clone(), page.clone());
            self.record_pages.push(page);
        }
    }

    /// What was deleted keeps its page, unless it has another name now or another record took its place. A link to its
    /// file leads there too: the text that has it may be one that nobody changes any more.
    fn place_deleted(&mut self, names: &mut Names) {
        let input = self.input;
        for (index, deleted) in input.deleted.iter().enumerate() {
            let id = crate::record::RecordId::parse(&deleted.name).ok();
            let page = format!("{}/{}.html", folder(deleted.record_type), stem(&deleted.name));
            if id.is_some_and(|id| input.renamed.contains_key(&id)) || !names.claim(&page) {
                continue;
            }
            self.deleted_by_name.entry(&deleted.name).or_insert(self.deleted_pages.len());
            self.pages.entry(deleted.path.clone()).or_insert_with(|| page.clone());
            self.deleted_pages.push((index, page));
        }
    }

    fn place_docs(&mut self, names: &mut Names) {
        let prefix =
            if self.input.docs_dir.is_empty() { String::new() } else { format!("{}/", self.input.docs_dir) };
        let summary = format!("{prefix}SUMMARY.md");
        let mut docs: Vec<&DocFile> = self.input.docs.iter().filter(|file| is_safe(&file.path)).collect();
        docs.sort_by(|a, b| a.path.cmp(&b.path));
        for file in docs {
            let inner = file.path.strip_prefix(&prefix).unwrap_or(&file.path);
            if file.path == summary {
                let text = String::from_utf8_lossy(&file.bytes).into_owned();
                self.summary = summary::parse(&file.path, &text);
                self.summary_source = Some((&file.path, text));
            } else if let Some(stem) = inner.strip_suffix(".md") {
                if self.pages.contains_key(&file.path) {
                    continue;
                }
                let page = manual_page(stem, names);
                self.pages.insert(file.path.clone(), page.clone());
                self.manual.push(ManualPage { page, file });
            } else {
                self.copy(format!("manual/{inner}"), file, names);
            }
        }
        if self.summary_source.is_none() {
            self.summary = self.manual.iter().map(|page| unlisted(page.file)).collect();
        }
    }

    fn place_assets(&mut self, names: &mut Names) {
        for file in self.input.assets {
            self.copy(format!("files/{}", file.path), file, names);
        }
    }

    fn copy(&mut self, to: String, file: &'a DocFile, names: &mut Names) {
        let ending = file.path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        let refusal = match ending.as_str() {
            "svg" => super::svg::refusal(&file.bytes),
            other if !COPIED.contains(&other) => Some(format!("files that end in `.{other}` are not")),
            _ => None,
        };
        if let Some(why) = refusal {
            self.refused.insert(file.path.clone(), why);
        } else if is_safe(&to) && names.claim(&to) {
            self.files.insert(file.path.clone(), self.copied.len());
            let size = match ending == "svg" {
                true => super::svg::size(&file.bytes),
                false => imagesize::blob_size(&file.bytes).ok().map(|size| (size.width, size.height)),
            };
            self.copied.push(CopiedFile { to, file, size });
        }
    }

    fn place_groups(&mut self, names: &mut Names) {
        for (index, state) in self.input.state.records.iter().enumerate() {
            for key in super::groups::values(state) {
                let members = self.members.entry(key).or_default();
                if members.last() != Some(&index) {
                    members.push(index);
                }
            }
        }
        for key in self.members.keys() {
            self.groups.insert(key.clone(), names.page(key.0, &key.1));
        }
    }
}

fn cited_commits(input: &SiteInput<'_>) -> Vec<String> {
    if !input.config.repository_url.as_deref().is_some_and(super::view::is_web) {
        return Vec::new();
    }
    let events = input.state.records.iter().flat_map(|record| &*record.events);
    let at = input.state.at.iter().map(|at| at.commit);
    let commits: std::collections::BTreeSet<String> =
        events.map(|event| event.by.commit).chain(at).map(|id| id.hex()).collect();
    commits.into_iter().collect()
}

/// The folder of the site that holds pages of that type.
pub(super) fn folder(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::Task => "tasks",
        RecordType::Decision => "decisions",
        RecordType::Runbook => "runbooks",
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// mdBook shows a folder's `README.md` as its index.
fn manual_page(stem: &str, names: &mut Names) -> String {
    let index = stem.strip_suffix("README").filter(|rest| rest.is_empty() || rest.ends_with('/'));
    let wanted = index.map(|folder| format!("manual/{folder}index.html"));
    [wanted, Some(format!("manual/{stem}.html"))]
        .into_iter()
        .flatten()
        // Templates write paths of pages as they are.
        .filter(|page| !page.contains(['?', '#', '%', '\\']))
        .find(|page| names.claim(page))
        .unwrap_or_else(|| names.page("manual", stem))
}

fn unlisted(file: &DocFile) -> Entry {
    let stem = file.path.rsplit('/').next().unwrap_or(&file.path).trim_end_matches(".md");
    Entry::Chapter(summary::Chapter {
        title: super::text::capitalized(&stem.replace(['-', '_'], " ")),
        number: None,
        depth: 0,
        path: Some(file.path.clone()),
        span: 0..0,
    })
}
