//! Pages that only lead to others: chapters that `book.toml` says were moved, and records that have another ID now.

use std::collections::BTreeSet;

use minijinja::context;

use super::checks::{NO_ANCHOR, anchors};
use super::history;
use super::input::SiteError;
use super::model::Model;
use super::page::Page;
use super::paths::{is_safe, joined, percent_decoded, percent_encoded, relative, root_of, stem};
use super::render::Renderer;
use super::standing::Asked;
use crate::book::Redirect;
use crate::diagnostic::{Code, Diagnostic};

/// A page of old and what it leads to.
struct Moved {
    /// Relative to the output.
    from: String,
    /// The address to write.
    href: String,
    /// The page in the site, for the canonical link.
    page: Option<String>,
}

/// The pages that lead on, and what is wrong with the settings: a redirect that stands on a page or leads nowhere, with
/// its place in `book.toml`, unless that is allowed. `made` are the pages that stand already: none is replaced.
pub(super) fn pages(
    renderer: &Renderer<'_>,
    (asked, pages): (&[Asked], &[Page]),
) -> Result<(Vec<Page>, Vec<Diagnostic>), SiteError> {
    let model = renderer.model;
    let made: BTreeSet<&str> =
        asked.iter().map(Asked::path).chain(pages.iter().map(|page| page.path.as_str())).collect();
    let has_anchor = |path: &str, anchor: &str| -> Result<bool, SiteError> {
        let page = asked.iter().find(|page| page.path() == path);
        page.map_or(Ok(false), |page| Ok(anchors(&renderer.builder.bytes(page)?).contains(anchor)))
    };
    let (mut moved, mut wrong) = (Vec::new(), Vec::new());
    for redirect in &model.input.config.redirects {
        match chapter(redirect, &made) {
            Ok((found, anchor)) => {
                let is_there = match &found.page {
                    Some(page) if !anchor.is_empty() => has_anchor(page, &anchor)?,
                    _ => true,
                };
                if !is_there {
                    let from = &redirect.from;
                    let message = format!(
                        "the redirect of `{from}` goes to an anchor that does not exist: `#{anchor}`"
                    );
                    wrong.push(error(model, redirect, &message, NO_ANCHOR));
                }
                moved.push(found);
            }
            Err((message, help)) => wrong.push(error(model, redirect, &message, help)),
        }
    }
    if model.input.config.allow_broken_links {
        wrong.clear();
    }
    let mut told: BTreeSet<String> = moved.iter().map(|found| found.from.clone()).collect();
    let records = renumbered(model);
    moved.extend(
        records.filter(|found| !made.contains(found.from.as_str()) && told.insert(found.from.clone())),
    );
    let pages = moved.into_iter().map(|found| {
        let context = context! { redirect => context! { href => found.href, page => found.page } };
        renderer.page(&found.from, "", "site/redirect.html", context)
    });
    Ok((pages.collect::<Result<_, _>>()?, wrong))
}

/// A redirect of the settings, from a chapter's old page. As with mdBook, paths count from the manual's folder.
/// With the anchor that it leads to.
fn chapter(redirect: &Redirect, made: &BTreeSet<&str>) -> Result<(Moved, String), (String, &'static str)> {
    let from = format!("manual/{}", redirect.from.trim_start_matches('/'));
    if !is_safe(&from) || !from.ends_with(".html") {
        return Err((
            format!("`{}` is not a page that can be redirected", redirect.from),
            "write it like `/old/chapter.html`",
        ));
    }
    if made.contains(from.as_str()) {
        return Err((
            format!("`{}` is a page of the site, and would be replaced", redirect.from),
            "remove the redirect, or the chapter",
        ));
    }
    if super::view::is_web(&redirect.to) {
        return Ok((Moved { from, href: web_address(&redirect.to), page: None }, String::new()));
    }
    let (path, fragment) = redirect.to.split_once('#').unwrap_or((&redirect.to, ""));
    let target = match path.strip_prefix('/') {
        Some(path) => Some(format!("manual/{path}")),
        None => joined(&from, &percent_decoded(path)),
    };
    let page = target.filter(|target| made.contains(target.as_str())).ok_or_else(|| {
        let message = format!("the redirect of `{}` has an invalid target: `{}`", redirect.from, redirect.to);
        (message, "give a page of the manual, relative to the old page or from `/`, or a full URL")
    })?;
    let mut href = relative(&from, &page);
    let fragment = percent_decoded(fragment);
    if !fragment.is_empty() {
        href.push('#');
        href.push_str(&percent_encoded(&fragment));
    }
    Ok((Moved { from, href, page: Some(page) }, fragment))
}

fn error(model: &Model<'_>, redirect: &Redirect, message: &str, help: &str) -> Diagnostic {
    let text = &model.input.config.settings;
    Diagnostic::error(Code::ReferenceBroken, crate::book::BOOK_FILE, text, redirect.span.clone(), message)
        .with_help(help)
}

/// The address without what would end it in a `refresh`.
fn web_address(address: &str) -> String {
    let bad = |character: char| {
        character.is_whitespace() || character.is_control() || "\"'<>;,".contains(character)
    };
    address
        .chars()
        .map(|found| if bad(found) { percent_encoded(&found.to_string()) } else { found.to_string() })
        .collect()
}

/// Records that had another ID: from the page of the old one, and that of its history, to the page of the new one. So
/// with the histories of records that are gone.
fn renumbered<'a>(model: &'a Model<'_>) -> impl Iterator<Item = Moved> + 'a {
    let gone = model.deleted_pages.iter().map(|(_, page)| (history::page(page, 0), page.clone()));
    let renamed = model.input.renamed.iter().filter_map(|(old, new)| {
        let page =
            model.record_page(new.as_str()).or_else(|| Some(model.deleted(new.as_str())?.1))?.to_owned();
        let folder = page.split('/').next()?;
        let from = format!("{folder}/{}.html", stem(old.as_str()));
        Some([(history::page(&from, 0), page.clone()), (from, page)])
    });
    renamed.flatten().chain(gone).map(|(from, page)| {
        let href = format!("{}{}", root_of(&from), percent_encoded(&page));
        Moved { from, href, page: Some(page) }
    })
}
