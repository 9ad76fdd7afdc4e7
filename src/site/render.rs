//! All pages of a site, on all cores.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use rayon::prelude::*;
use serde::Serialize;

use super::as_of::AsOf;
use super::checks::{Draft, check_links, draft, external_links_page};
use super::frame::Shared;
use super::input::{Differ, Page, Site, SiteError, SiteInput};
use super::memory::Kind;
use super::model::Model;
use super::paths::root_of;
use super::standing::{Asked, Builder};
use super::template::Templates;
use super::{calendar, lists, manual, meeting, overview, person};
use crate::book::Differences;
use crate::record::RecordType;

/// Page and title of each chapter of the manual.
type Chapters = Vec<(String, String)>;

/// Renders the whole site without the lines that commits changed; the same input gives the same bytes.
///
/// # Errors
/// [`SiteError::Links`] when a link, anchor or image leads nowhere and that is not allowed;
/// [`SiteError::Template`] when a template fails.
pub fn render_site(input: &SiteInput<'_>) -> Result<Vec<Page>, SiteError> {
    let unknown: Differ<'_> = &|_| Ok(Differences::new());
    let Site { pages, broken, .. } = build_site(&SiteInput { earlier: None, ..*input }, unknown)?;
    if broken.is_empty() { Ok(pages) } else { Err(SiteError::Links(broken)) }
}

/// Renders what of the site does not stand already, whatever its links are.
///
/// # Errors
/// [`SiteError::Template`] when a template fails; [`SiteError::Settings`]; [`SiteError::Book`] when `differ` fails.
pub fn build_site(input: &SiteInput<'_>, differ: Differ<'_>) -> Result<Site, SiteError> {
    let model = Model::new(input);
    let templates = Templates::new(input.template_overrides)?;
    let meetings = meeting::views(&model);
    let dress = super::theme::dress(input)?;
    let as_of = AsOf::new(&model);
    let site = Shared::frame(&model, &meetings, &dress, &as_of);
    let builder = Builder::new(as_of, input.earlier);
    let renderer = Renderer { model: &model, templates: &templates, site, builder };
    let (mut drafts, beside) = renderer.records(differ)?;
    let (manual, chapters) = renderer.manual()?;
    drafts.extend(manual);
    let mut broken = check_links(&model, &drafts, &|page| renderer.builder.bytes(page));
    let external = external_links_page(&drafts);
    let (mut asked, words): (Vec<Asked>, Vec<String>) =
        drafts.into_iter().map(|draft| (draft.page, draft.words)).unzip();
    asked.extend(beside.into_iter().flatten());
    let ((lists, places), (names, (search, feeds))) = rayon::join(
        || rayon::join(|| renderer.lists(), || renderer.places(&meetings)),
        || {
            let search = || super::search::pages(&model, &chapters, &words);
            rayon::join(|| renderer.names(), || rayon::join(search, || super::feeds::pages(&renderer)))
        },
    );
    asked.extend(lists?);
    let mut pages: Vec<Page> = external.into_iter().chain(dress.pages).collect();
    pages.extend(renderer.manual_index(&asked));
    for more in [places?, names?, search, feeds?] {
        pages.extend(more);
    }
    let copied =
        model.copied.iter().map(|copy| Page { path: copy.to.clone(), bytes: copy.file.bytes.clone() });
    pages.extend(copied);
    let statics = templates.statics();
    pages.extend(statics.map(|(name, text)| Page { path: name.to_owned(), bytes: text.as_bytes().to_vec() }));
    let paths = || asked.iter().map(Asked::path).chain(pages.iter().map(|page| page.path.as_str()));
    let map = super::feeds::map(&model, paths());
    let (redirects, wrong) = super::redirect::pages(&renderer, paths())?;
    pages.extend(map);
    pages.extend(redirects);
    broken.extend(wrong);
    let mut standing = Vec::new();
    for page in asked {
        match page {
            Asked::New(page) => pages.push(page),
            Asked::Standing(path) => standing.push(path),
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    standing.sort_unstable();
    Ok(Site { pages, standing, made: renderer.builder.into_made(), broken })
}

/// Fills templates with the frame's data around each page's own.
pub(super) struct Renderer<'a> {
    pub(super) model: &'a Model<'a>,
    templates: &'a Templates,
    pub(super) site: Shared,
    pub(super) builder: Builder<'a>,
}

/// Which page, by which template, at which place of the menu.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) path: &'a str,
    pub(super) place: &'a str,
    pub(super) template: &'a str,
}

impl Renderer<'_> {
    /// A page that is made each time.
    pub(super) fn page(
        &self,
        path: &str,
        place: &str,
        template: &str,
        data: Value,
    ) -> Result<Page, SiteError> {
        let text = self.text(Target { path, place, template }, data)?;
        Ok(self.builder.finished(path, &text))
    }

    pub(super) fn text(&self, target: Target<'_>, data: Value) -> Result<String, SiteError> {
        let Target { path, place, template } = target;
        let frame =
            context! { site => self.site.value.clone(), root => root_of(path), page => path, place => place };
        self.templates.render(template, context! { ..data, ..frame })
    }

    /// A page that shows a view under a name, and what many pages show under another; one that was made before
    /// from the same, and stands as it was made, is not made again.
    fn page_of(
        &self,
        target: Target<'_>,
        (name, view): (&str, &impl Serialize),
        (shared_name, shared): (&str, &Shared),
    ) -> Result<Asked, SiteError> {
        let Target { path, place, template } = target;
        let key = {
            let view = serde_json::to_vec(view).unwrap_or_default();
            let names = [path, place, template, name, shared_name].map(str::as_bytes);
            Kind::Page.key(&[&names[..], &[&view, &self.site.digest, &shared.digest]].concat())
        };
        if let Some(page) = self.builder.made_before(path, &key) {
            return Ok(page);
        }
        let views = BTreeMap::from([(name, data(view)), (shared_name, shared.value.clone())]);
        let text = self.text(target, Value::from(views))?;
        Ok(self.builder.rendered(path, &key, &text))
    }

    /// As in mdBook, the manual's folder shows its first chapter.
    fn manual_index(&self, made: &[Asked]) -> Option<Page> {
        const INDEX: &str = "manual/index.html";
        let first = self.model.manual_start()?;
        let is_beside = first.strip_prefix("manual/").is_some_and(|name| !name.contains('/'));
        let page = made.iter().find(|page| page.path() == first).filter(|_| is_beside && first != INDEX)?;
        let is_free = made.iter().all(|page| page.path() != INDEX)
            && self.model.copied.iter().all(|copy| copy.to != INDEX);
        is_free.then(|| Page { path: INDEX.to_owned(), bytes: self.builder.bytes(page) })
    }

    /// The manual's pages, and the page and title of each for the search.
    fn manual(&self) -> Result<(Vec<Draft>, Chapters), SiteError> {
        let toc = manual::toc(self.model);
        let order = manual::reading_order(&toc);
        let toc = Shared::new(&toc);
        let chapters = (0..self.model.manual.len()).into_par_iter().map(|index| {
            let (view, rendered) = manual::view(self.model, index, &order);
            let path = view.page.clone();
            let title = view.title.clone();
            let target = Target { path: &path, place: "more", template: "site/manual.html" };
            let page = self.page_of(target, ("chapter", &view), ("toc", &toc))?;
            let file = self.model.manual[index].file;
            let draft = draft(page, &file.path, &String::from_utf8_lossy(&file.bytes), rendered);
            Ok((draft, (path, title)))
        });
        let chapters: Result<Vec<_>, SiteError> = chapters.collect();
        Ok(chapters?.into_iter().unzip())
    }

    fn lists(&self) -> Result<Vec<Asked>, SiteError> {
        let model = self.model;
        let list = |path: &str, place: &str, list: lists::List| {
            let target = Target { path, place, template: "site/list.html" };
            self.page_of(target, ("list", &list), ("site", &self.site))
        };
        let index = || {
            let target = Target { path: "index.html", place: "overview", template: "site/index.html" };
            self.page_of(target, ("overview", &overview::overview(model)), ("site", &self.site))
        };
        let board = || {
            let target = Target { path: "board.html", place: "board", template: "site/board.html" };
            self.page_of(target, ("columns", &lists::board(model)), ("site", &self.site))
        };
        let by_type = |path, place, record_type| list(path, place, lists::by_type(model, record_type));
        let (index, (board, records)) =
            rayon::join(index, || rayon::join(board, || by_type("records.html", "records", None)));
        let mut pages = vec![
            index?,
            board?,
            records?,
            by_type("decisions.html", "more", Some(RecordType::Decision))?,
            by_type("runbooks.html", "runbooks", Some(RecordType::Runbook))?,
        ];
        let groups: Vec<_> = lists::group_pages(model).filter(|((kind, _), _)| *kind != "service").collect();
        let groups: Result<Vec<Asked>, SiteError> =
            groups.into_par_iter().map(|(key, page)| list(page, "more", lists::group(model, key))).collect();
        pages.extend(groups?);
        let kinds = data(lists::kinds(model));
        let tags = context! { kinds => kinds.clone() };
        let all = context! { letters => data(lists::letters(model)), kinds => kinds };
        let others = [
            self.page("tags.html", "more", "site/tags.html", tags)?,
            self.page("404.html", "", "site/404.html", context! {})?,
            self.page("all.html", "more", "site/all.html", all)?,
        ];
        pages.extend(others.map(Asked::New));
        Ok(pages)
    }

    /// Calendar, meetings, audit, figures, graph.
    fn places(&self, meetings: &[meeting::MeetingView]) -> Result<Vec<Page>, SiteError> {
        let model = self.model;
        let mut pages = Vec::new();
        let calendar::Calendar { months, weeks } = calendar::calendar(model);
        for month in months {
            let path = month.page.clone();
            let context = context! { month => data(month) };
            pages.push(self.page(&path, "calendar", "site/calendar.html", context)?);
        }
        for week in weeks {
            let path = week.page.clone();
            let context = context! { week => data(week) };
            pages.push(self.page(&path, "calendar", "site/week.html", context)?);
        }
        for meeting in meetings {
            let context = context! { meeting => data(meeting) };
            pages.push(self.page(&meeting.page, "more", "site/meeting.html", context)?);
        }
        let links: Vec<(String, String, bool)> =
            meetings.iter().rev().map(|m| (m.title.clone(), m.page.clone(), m.coming)).collect();
        pages.push(self.page(
            "meetings.html",
            "more",
            "site/meetings.html",
            context! { meetings => links },
        )?);
        let audit = context! { audit => data(super::audit::view(model)) };
        pages.push(self.page("audit.html", "audit", "site/audit.html", audit)?);
        if let Some(judged) = model.input.judged {
            let csv = super::audit_csv(&judged.audit.rows).unwrap_or_default();
            pages.push(Page { path: "audit.csv".to_owned(), bytes: csv.into_bytes() });
        }
        let metrics = context! { metrics => data(super::figures::view(model)) };
        pages.push(self.page("metrics.html", "more", "site/metrics.html", metrics)?);
        let graph = context! { graph => data(super::graph::view(model)) };
        pages.push(self.page("graph.html", "more", "site/graph.html", graph)?);
        Ok(pages)
    }

    /// People and services.
    fn names(&self) -> Result<Vec<Page>, SiteError> {
        let model = self.model;
        let people = person::people(model);
        let mut pages = vec![self.page(
            "people.html",
            "more",
            "site/people.html",
            context! { people => data(&people) },
        )?];
        for person in people {
            let (path, feed) = (person.page.clone(), super::feeds::feed_of(&person.page));
            let context = context! { person => data(person), feed => feed };
            pages.push(self.page(&path, "more", "site/person.html", context)?);
        }
        let services: Vec<(&str, &str)> = person::services(model).collect();
        let services = services.into_par_iter().map(|(name, page)| {
            let service = person::service(model, name, super::feeds::feed_of(page));
            self.page(page, "more", "site/service.html", context! { service => data(service) })
        });
        let services: Result<Vec<Page>, SiteError> = services.collect();
        pages.extend(services?);
        Ok(pages)
    }
}

/// Plain data as the template engine sees it.
pub(super) fn data(value: impl Serialize) -> Value {
    Value::from(minijinja::value::Serde(value))
}
