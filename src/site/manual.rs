//! Pages of the manual: the prose under `docs/`, in the order of its summary.

use serde::Serialize;

use super::links::LinkScope;
use super::markdown::{self, Dialect, Heading, Rendered};
use super::model::Model;
use super::summary::Entry;

/// What `site/manual.html` gets as `chapter`.
#[derive(Debug, Serialize)]
pub(super) struct ChapterView {
    pub(super) title: String,
    /// Sanitised HTML.
    pub(super) html: String,
    /// Whether the text begins with a heading of its own.
    pub(super) titled: bool,
    /// Whether the text has a block of Mermaid.
    pub(super) diagrams: bool,
    pub(super) headings: Vec<Heading>,
    pub(super) path: String,
    /// Whether the text is the work tree's, and no commit's.
    pub(super) uncommitted: bool,
    pub(super) edit_url: Option<String>,
    /// From the site's root.
    pub(super) page: String,
    pub(super) previous: Option<TocLink>,
    pub(super) next: Option<TocLink>,
}

/// A chapter's title and page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TocLink {
    pub(super) title: String,
    pub(super) page: String,
}

/// A line of the table of contents: what `site/manual.html` gets in `toc`.
#[derive(Debug, Serialize)]
pub(super) struct TocEntry {
    /// `chapter`, `part`, `separator`.
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) number: Option<String>,
    pub(super) depth: usize,
    /// Absent for drafts.
    pub(super) page: Option<String>,
}

/// The table of contents, the same on every page.
pub(super) fn toc(model: &Model<'_>) -> Vec<TocEntry> {
    let entry = |entry: &Entry| match entry {
        Entry::Chapter(chapter) => TocEntry {
            kind: "chapter",
            title: chapter.title.clone(),
            number: chapter.number.clone(),
            depth: chapter.depth.min(4),
            page: chapter.path.as_deref().and_then(|path| model.page_of(path)).map(str::to_owned),
        },
        Entry::Part(title) => {
            TocEntry { kind: "part", title: title.clone(), number: None, depth: 0, page: None }
        }
        Entry::Separator => {
            TocEntry { kind: "separator", title: String::new(), number: None, depth: 0, page: None }
        }
    };
    model.summary.iter().map(entry).collect()
}

/// The chapters that have a page, in reading order, each once.
pub(super) fn reading_order(toc: &[TocEntry]) -> Vec<TocLink> {
    let mut order: Vec<TocLink> = Vec::new();
    for entry in toc {
        if let Some(page) = &entry.page
            && !order.iter().any(|known| known.page == *page)
        {
            order.push(TocLink { title: entry.title.clone(), page: page.clone() });
        }
    }
    order
}

/// One chapter and the rendered text with its links.
pub(super) fn view(model: &Model<'_>, index: usize, order: &[TocLink]) -> (ChapterView, Rendered) {
    let manual = &model.manual[index];
    let text = String::from_utf8_lossy(&manual.file.bytes);
    let scope = LinkScope { model, source: &manual.file.path, page: &manual.page };
    let options = markdown::Options { scope: &scope, offset: 0, dialect: Dialect::Manual, note: &|_| None };
    let rendered = markdown::render(&text, &options);
    let position = order.iter().position(|link| link.page == manual.page);
    let title = manual
        .file
        .title
        .clone()
        .or_else(|| position.map(|position| order[position].title.clone()))
        .or_else(|| rendered.headings.first().map(|heading| heading.text.clone()))
        .unwrap_or_else(|| manual.file.path.clone());
    let view = ChapterView {
        title,
        html: rendered.html.text().into_owned(),
        titled: rendered.headings.iter().any(|heading| heading.level == 1),
        diagrams: rendered.diagrams,
        headings: rendered.headings.clone(),
        path: manual.file.path.clone(),
        uncommitted: manual.file.uncommitted,
        edit_url: model.edit_url(&manual.file.path),
        page: manual.page.clone(),
        previous: position.and_then(|position| order.get(position.checked_sub(1)?)).cloned(),
        next: position.and_then(|position| order.get(position + 1)).cloned(),
    };
    (view, rendered)
}
