//! Where links lead: inside they are checked, those to other hosts are listed.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::includes::Origins;
use super::input::{DocFile, SiteError};
use super::links::Help;
use super::markdown::{self, AnchorUse, BrokenLink, ExternalLink, Heading, Rendered};
use super::model::Model;
use super::page::Page;
use super::standing::Asked;
use super::summary::Entry;
use crate::diagnostic::{Code, Diagnostic};
use crate::record::conflict_in;

/// A page with what must be checked when all pages are known.
pub(super) struct Draft {
    pub(super) page: Asked,
    /// The file of the book that the links stand in, and its text.
    source: Option<(String, String)>,
    /// Where that text comes from, if not from that file alone.
    origins: Option<Arc<Origins>>,
    broken: Vec<BrokenLink>,
    anchors: Vec<AnchorUse>,
    external: Vec<ExternalLink>,
    pub(super) text: Text,
}

/// What other pages than its own tell of a text.
pub(super) struct Text {
    /// Words for the search, with spaces between.
    pub(super) words: String,
    pub(super) headings: Vec<Heading>,
}

pub(super) fn draft(page: Asked, path: &str, source: &str, rendered: Rendered) -> Draft {
    let Rendered { broken, anchors, external, words, headings, .. } = rendered;
    let text = Text { words, headings };
    let needed = !broken.is_empty() || !anchors.is_empty() || !external.is_empty();
    let source = needed.then(|| (path.to_owned(), source.to_owned()));
    Draft { page, source, origins: None, broken, anchors, external, text }
}

impl Draft {
    /// The same page, of a text that was put together from several files.
    pub(super) fn with_origins(self, origins: Option<&Arc<Origins>>) -> Self {
        Draft { origins: origins.cloned(), ..self }
    }

    /// The file that a place of the text is to be changed in, its text, and the place there.
    fn place(&self, span: &Range<usize>) -> Option<(&str, &str, Range<usize>)> {
        let (path, text) = self.source.as_ref()?;
        let elsewhere = self.origins.as_ref().and_then(|origins| origins.place(span));
        Some(elsewhere.unwrap_or((path, text, span.clone())))
    }
}

/// Everything that leads nowhere, in the order of files and places; nothing where that is allowed. `bytes` reads a
/// page.
pub(super) fn check_links(
    model: &Model<'_>,
    drafts: &[Draft],
    bytes: &(dyn Fn(&Asked) -> Result<Vec<u8>, SiteError> + Sync),
) -> Result<Vec<Diagnostic>, SiteError> {
    if model.input.config.allow_broken_links {
        return Ok(Vec::new());
    }
    let wanted: HashSet<&str> =
        drafts.iter().flat_map(|draft| &draft.anchors).map(|used| used.page.as_str()).collect();
    let known: Anchors<'_> = drafts
        .par_iter()
        .filter(|draft| wanted.contains(draft.page.path()))
        .map(|draft| Ok((draft.page.path(), anchors(&bytes(&draft.page)?))))
        .collect::<Result<_, SiteError>>()?;
    let of_book = missing_chapters(model).into_iter().chain(model.input.docs_problems.iter().cloned());
    let mut found: Vec<(Diagnostic, Option<&Help>)> = of_book.map(|wrong| (wrong, None)).collect();
    found.par_extend(drafts.par_iter().flat_map_iter(|draft| wrong_in(model, draft, &known)));
    found.sort_by(|(a, _), (b, _)| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    let number = found.iter().filter(|(_, help)| matches!(help, Some(Help::NoFile(_)))).count();
    let similar = |path: &str| match number <= SLIPS {
        true => model.candidates().similar(path),
        false => model.candidates().elsewhere(path),
    };
    let helped = |(found, help): (Diagnostic, Option<&Help>)| match help {
        Some(help) => found.with_help(words(help, similar)),
        None => found,
    };
    Ok(found.into_par_iter().map(helped).collect())
}

/// The anchors of pages.
type Anchors<'a> = HashMap<&'a str, HashSet<String>>;

/// What leads nowhere in one text, with what is to be done where that is not told yet.
fn wrong_in<'a>(
    model: &Model<'_>,
    draft: &'a Draft,
    known: &Anchors<'_>,
) -> Vec<(Diagnostic, Option<&'a Help>)> {
    let error = |span: &Range<usize>, message: String| {
        let (path, text, span) = draft.place(span).unwrap_or(("", "", 0..0));
        Diagnostic::error(Code::ReferenceBroken, path, text, span, message)
    };
    let broken =
        draft.broken.iter().map(|broken| (error(&broken.span, broken.message.clone()), broken.help.as_ref()));
    let exists = |used: &AnchorUse| {
        // Nobody can mend a link to a heading of a record that is gone.
        model.is_of_deleted(&used.page)
            || known.get(used.page.as_str()).is_some_and(|ids| ids.contains(&used.fragment))
    };
    let no_anchor = draft.anchors.iter().filter(|used| !exists(used)).map(|used| {
        let message =
            format!("`{}` links to an anchor that does not exist: `#{}`", used.destination, used.fragment);
        let found = error(&used.span, message).with_help(NO_ANCHOR);
        (found, None)
    });
    broken.chain(no_anchor).collect()
}

/// What to do about an anchor that is not there.
pub(super) const NO_ANCHOR: &str = "anchors are headings in lower case, with hyphens instead of spaces";

/// Up to how many files that are not there may be slips of the hand. More are a mistake in how the book is laid out, and
/// each look for a slip goes over all paths.
const SLIPS: usize = 50;

fn words<'p>(help: &Help, similar: impl Fn(&str) -> Option<&'p str>) -> String {
    match help {
        Help::Text(text) => text.clone(),
        Help::NoFile(path) => match similar(path) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => "the site contains the records, the pages of the manual, and the images next to them"
                .to_owned(),
        },
    }
}

/// Conflicts that a merge left in chapters. What stands in a block of code is an example.
pub(super) fn unresolved(model: &Model<'_>) -> Vec<Diagnostic> {
    let wrong = |file: &DocFile| {
        let text = std::str::from_utf8(&file.bytes).ok()?;
        let at = conflict_in(text).filter(|at| !markdown::is_code(text, *at))?;
        let elsewhere = file.origins.as_ref().and_then(|origins| origins.place(&(at..at + 7)));
        let (path, text, span) = elsewhere.unwrap_or((&file.path, text, at..at + 7));
        let message = "an unresolved merge conflict starts here".to_owned();
        let found = Diagnostic::error(Code::RecordBroken, path, text, span, message);
        Some(found.with_help("keep one side and remove the markers"))
    };
    model.manual.iter().filter_map(|page| wrong(page.file)).collect()
}

fn missing_chapters(model: &Model<'_>) -> Vec<Diagnostic> {
    let Some((path, text)) = &model.summary_source else { return Vec::new() };
    let missing = model.summary.iter().filter_map(|entry| match entry {
        Entry::Chapter(chapter) => {
            let file = chapter.path.as_deref()?;
            model.page_of(file).is_none().then(|| (file, chapter.span.clone()))
        }
        _ => None,
    });
    let error = |(file, span): (&str, Range<usize>)| {
        Diagnostic::error(Code::ReferenceBroken, path, text, span, format!("chapter `{file}` does not exist"))
            .with_help("create the file, or leave the link empty for a draft")
    };
    missing.map(error).collect()
}

/// The anchors of a finished page. The sanitiser and the templates write attributes in one form only.
pub(super) fn anchors(page: &[u8]) -> HashSet<String> {
    let text = std::str::from_utf8(page).unwrap_or("");
    text.match_indices(" id=\"")
        .filter_map(|(start, found)| text[start + found.len()..].split('"').next().map(str::to_owned))
        .collect()
}

/// The file that lists links to other hosts.
pub(super) const EXTERNAL_LINKS: &str = "external-links.json";

#[derive(Serialize)]
struct ExternalLinks<'a> {
    schema: &'static str,
    links: Vec<Listed<'a>>,
}

/// A link to another host, and where it stands.
#[derive(Serialize)]
struct Listed<'a> {
    address: &'a str,
    /// In the book.
    path: &'a str,
    line: usize,
    /// In the site.
    page: &'a str,
}

/// Every link to another host with its place, for a program that looks whether they still lead somewhere. A build asks
/// nobody.
pub(super) fn external_links_page<'a>(drafts: &'a [Draft]) -> Option<Page> {
    let mut links: Vec<Listed<'a>> = Vec::new();
    for draft in drafts {
        let listed = |link: &'a ExternalLink| {
            let (path, text, span) = draft.place(&(link.start..link.start))?;
            let line = 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
            Some(Listed { address: &link.address, path, line, page: draft.page.path() })
        };
        links.extend(draft.external.iter().filter_map(listed));
    }
    links.sort_by_key(|link| (link.path, link.line));
    let bytes = serde_json::to_vec(&ExternalLinks { schema: "changebook.links/1", links }).ok()?;
    Some(Page::new(EXTERNAL_LINKS, bytes))
}

/// The links to other hosts that the list of a finished site has: address, file, line and page of each.
pub(super) fn external_links(listed: &[u8]) -> serde_json::Value {
    let found = serde_json::from_slice::<serde_json::Value>(listed).ok();
    found.and_then(|mut found| found.get_mut("links").map(serde_json::Value::take)).unwrap_or_default()
}
