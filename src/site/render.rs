//! All pages of a site, on all cores.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use rayon::prelude::*;
use serde::Serialize;

use super::as_of::{AsOf, OVERVIEW};
use super::checks::{Draft, Text, check_links, draft, external_links_page, unresolved};
use super::frame::Shared;
use super::input::{Differ, Site, SiteError, SiteInput};
use super::memory::{Key, Kind, bytes_of};
use super::model::Model;
use super::page::Page;
use super::parts::in_pages;
use super::paths::root_of;
use super::standing::{Asked, Builder};
use super::template::Templates;
use super::{calendar, lists, manual, meeting, overview, person};
use crate::book::Differences;
use crate::record::RecordType;

/// How many meetings a page of their list has.
const MEETINGS: usize = 200;

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
pub(super) fn build_site(input: &SiteInput<'_>, differ: Differ<'_>) -> Result<Site, SiteError> {
    let (model, templates) = rayon::join(|| Model::new(input), || Templates::new(input.template_overrides));
    let templates = templates?;
    let meetings = meeting::views(&model);
    let dress = super::theme::dress(input)?;
    let as_of = AsOf::new(&model);
    let site = Shared::frame(&model, &meetings, &dress, &as_of);
    let builder = Builder::new(input.earlier, input.spool);
    let script = as_of.script(&templates)?;
    let people = model.people_digest();
    let renderer = Renderer { model: &model, templates: &templates, site, as_of, people, builder };
    let (mut drafts, beside) = renderer.records(differ)?;
    let (manual, chapters) = renderer.manual()?;
    drafts.extend(manual);
    let mut broken = check_links(&model, &drafts, &|page| renderer.builder.bytes(page))?;
    broken.extend(unresolved(&model));
    let external = external_links_page(&drafts);
    let (mut asked, texts): (Vec<Asked>, Vec<Text>) =
        drafts.into_iter().map(|draft| (draft.page, draft.text)).unzip();
    asked.extend(beside.into_iter().flatten());
    let ((lists, places), (names, (search, feeds))) = rayon::join(
        || rayon::join(|| renderer.lists(&texts), || renderer.places(&meetings)),
        || {
            let search = || super::search::pages(&model, &chapters, &texts);
            rayon::join(|| renderer.names(), || rayon::join(search, || super::feeds::pages(&renderer)))
        },
    );
    for more in [lists?, places?, names?] {
        asked.extend(more);
    }
    let mut pages: Vec<Page> = external.into_iter().chain(dress.pages).chain([script]).collect();
    pages.extend(renderer.manual_index(&asked)?);
    pages.extend(search.into_iter().chain(feeds?).map(|page| renderer.builder.waiting(page)));
    let copied = model.copied.iter().map(|copy| Page::new(copy.to.clone(), copy.file.bytes.clone()));
    pages.extend(copied);
    pages.extend(templates.statics().map(|(name, text)| super::palette::dyed(&model, name, text)));
    pages.extend(super::deleted::pages(&renderer)?);
    let paths = asked.iter().map(Asked::path).chain(pages.iter().map(|page| page.path.as_str()));
    let map = super::feeds::map(&model, paths);
    let (redirects, wrong) = super::redirect::pages(&renderer, (&asked, &pages))?;
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
    as_of: AsOf,
    /// A hash of how people are called and where their pages are.
    pub(super) people: Key,
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

    /// The same among others that may stand already.
    fn anew(&self, path: &str, place: &str, template: &str, data: Value) -> Result<Asked, SiteError> {
        self.page(path, place, template, data).map(Asked::New)
    }

    pub(super) fn text(&self, target: Target<'_>, data: Value) -> Result<String, SiteError> {
        let Target { path, place, template } = target;
        let mut site = self.site.value.clone();
        if path == OVERVIEW {
            site = context! { ..self.as_of.stated(), ..site };
        }
        let frame = context! { site, root => root_of(path), page => path, place => place };
        self.templates.render(template, context! { ..data, ..frame })
    }

    /// A page that shows a view under a name, and what many pages show under another.
    fn page_of(
        &self,
        target: Target<'_>,
        (name, view): (&str, &impl Serialize),
        (shared_name, shared): (&str, &Shared),
    ) -> Result<Asked, SiteError> {
        let parts = (name, view, shared_name, shared.digest);
        self.page_from(target, &parts, || {
            Value::from(BTreeMap::from([(name, data(view)), (shared_name, shared.value.clone())]))
        })
    }

    /// A page that is made from these parts, as the template sees them; one that was made before from the same, and
    /// stands as it was made, is not made again.
    fn page_from(
        &self,
        target: Target<'_>,
        parts: &impl Serialize,
        seen: impl FnOnce() -> Value,
    ) -> Result<Asked, SiteError> {
        let Target { path, place, template } = target;
        let names = [path, place, template].map(str::as_bytes);
        let key = Kind::Page.key(&[&names[..], &[&bytes_of(parts), &self.site.digest]].concat());
        if let Some(page) = self.builder.made_before(path, &key) {
            return Ok(page);
        }
        let text = self.text(target, seen())?;
        Ok(self.builder.rendered(path, &key, &text))
    }

    /// As in mdBook, the manual's folder shows its first chapter.
    fn manual_index(&self, made: &[Asked]) -> Result<Option<Page>, SiteError> {
        const INDEX: &str = "manual/index.html";
        let Some(first) = self.model.manual_start() else { return Ok(None) };
        let is_beside = first.strip_prefix("manual/").is_some_and(|name| !name.contains('/'));
        let is_free = made.iter().all(|page| page.path() != INDEX)
            && self.model.copied.iter().all(|copy| copy.to != INDEX);
        let page = made.iter().find(|page| page.path() == first).filter(|_| is_beside && is_free);
        page.map(|page| Ok(Page::new(INDEX, self.builder.bytes(page)?))).transpose()
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
            Ok((draft.with_origins(file.origins.as_ref()), (path, title)))
        });
        let chapters: Result<Vec<_>, SiteError> = chapters.collect();
        Ok(chapters?.into_iter().unzip())
    }

    fn lists(&self, texts: &[Text]) -> Result<Vec<Asked>, SiteError> {
        let model = self.model;
        let index = || {
            let overview = context! { overview => data(overview::overview(model)) };
            self.anew(OVERVIEW, "overview", "site/index.html", overview)
        };
        let board = || {
            let target = Target { path: "board.html", place: "board", template: "site/board.html" };
            self.page_of(target, ("columns", &super::board::board(model)), ("site", &self.site))
        };
        let by_type = |path, place, record_type| self.list(place, &lists::by_type(model, path, record_type));
        let (index, (board, records)) =
            rayon::join(index, || rayon::join(board, || by_type("records.html", "records", None)));
        let mut pages = vec![index?, board?, self.anew("404.html", "", "site/404.html", context! {})?];
        let tags = lists::tag_pages(model);
        for part in &tags {
            let groups = context! { kinds => data(&part.kinds), pages => data(&part.links) };
            pages.push(self.anew(&part.page, "more", "site/tags.html", groups)?);
        }
        pages.extend(records?);
        pages.extend(by_type("decisions.html", "more", Some(RecordType::Decision))?);
        let runbooks = super::runbooks::pages(model, texts);
        pages.extend(self.list_as("site/runbooks.html", "runbooks", &runbooks)?);
        let letters = super::letters::pages(model).into_par_iter().map(|index| {
            let kinds = tags.first().filter(|_| index.first).map(|part| &part.kinds);
            let more_tags = tags.len() > 1;
            let target = Target { path: &index.page, place: "more", template: "site/all.html" };
            self.page_from(target, &(&index, &kinds, more_tags), || {
                context! { index => data(&index), kinds => data(kinds), more_tags }
            })
        });
        pages.extend(letters.collect::<Result<Vec<_>, SiteError>>()?);
        let groups: Vec<_> = lists::group_pages(model).filter(|((kind, _), _)| *kind != "service").collect();
        let groups =
            groups.into_par_iter().map(|(key, page)| self.list("more", &lists::group(model, page, key)));
        let groups: Result<Vec<Vec<Asked>>, SiteError> = groups.collect();
        pages.extend(groups?.into_iter().flatten());
        Ok(pages)
    }

    /// The pages of one list.
    fn list(&self, place: &str, list: &[(String, lists::List)]) -> Result<Vec<Asked>, SiteError> {
        self.list_as("site/list.html", place, list)
    }

    fn list_as<T: Serialize + Sync>(
        &self,
        template: &str,
        place: &str,
        list: &[(String, lists::List<T>)],
    ) -> Result<Vec<Asked>, SiteError> {
        let page = |(path, list): &(String, lists::List<T>)| {
            let target = Target { path, place, template };
            self.page_of(target, ("list", list), ("site", &self.site))
        };
        list.par_iter().map(page).collect()
    }

    /// Calendar, meetings, audit, figures, graph.
    fn places(&self, meetings: &[meeting::MeetingView]) -> Result<Vec<Asked>, SiteError> {
        let model = self.model;
        let mut pages = Vec::new();
        let calendar::Calendar { months, weeks } = calendar::calendar(model);
        for month in months {
            let target = Target { path: &month.page, place: "calendar", template: "site/calendar.html" };
            pages.push(self.page_of(target, ("month", &month), ("site", &self.site))?);
        }
        for week in weeks {
            let target = Target { path: &week.page, place: "calendar", template: "site/week.html" };
            pages.push(self.page_of(target, ("week", &week), ("site", &self.site))?);
        }
        for meeting in meetings {
            let target = Target { path: &meeting.page, place: "more", template: "site/meeting.html" };
            pages.push(self.page_of(target, ("meeting", meeting), ("site", &self.site))?);
        }
        let links: Vec<(String, String, bool)> =
            meetings.iter().rev().map(|m| (m.title.clone(), m.page.clone(), m.coming)).collect();
        for part in in_pages("meetings.html", &links, MEETINGS) {
            let list = context! { meetings => data(part.things), pages => data(&part.links) };
            pages.push(self.anew(&part.page, "more", "site/meetings.html", list)?);
        }
        pages.extend(self.audit()?);
        if let Some(judged) = model.input.judged {
            let csv = crate::ledger::audit_csv(judged.audit, &judged.audit.rows).unwrap_or_default();
            pages.push(Asked::New(self.builder.waiting(Page::new("audit.csv", csv.into_bytes()))));
        }
        let metrics = context! { metrics => data(super::figures::view(model)) };
        pages.push(self.anew("metrics.html", "more", "site/metrics.html", metrics)?);
        let graph = context! { graph => data(super::graph::view(model)) };
        pages.push(self.anew("graph.html", "more", "site/graph.html", graph)?);
        Ok(pages)
    }

    /// The audit by periods, and the evidence of each task's deployments.
    fn audit(&self) -> Result<Vec<Asked>, SiteError> {
        let views = super::audit::views(self.model);
        if views.is_empty() {
            return Ok(vec![self.anew("audit.html", "audit", "site/audit.html", context! {})?]);
        }
        let periods = views.par_iter().map(|view| {
            let target = Target { path: &view.page, place: "audit", template: "site/audit.html" };
            self.page_of(target, ("audit", view), ("site", &self.site))
        });
        let evidence = super::evidence::views(self.model).map(|view| {
            let target = Target { path: &view.page, place: "audit", template: "site/evidence.html" };
            self.page_of(target, ("evidence", &view), ("site", &self.site))
        });
        let (periods, evidence): (Result<Vec<_>, _>, Result<Vec<_>, _>) =
            rayon::join(|| periods.collect(), || evidence.collect());
        Ok(periods?.into_iter().chain(evidence?).collect())
    }

    /// People and services.
    fn names(&self) -> Result<Vec<Asked>, SiteError> {
        let model = self.model;
        let people = person::people(model);
        let mut pages = vec![self.anew(
            "people.html",
            "more",
            "site/people.html",
            context! { people => data(people.iter().map(|(person, _)| person).collect::<Vec<_>>()) },
        )?];
        for (person, lists) in people {
            let (path, feed) = (person.page.clone(), super::feeds::feed_of(&person.page));
            let target = Target { path: &path, place: "more", template: "site/person.html" };
            pages.push(self.page_from(target, &(&person, &feed), || {
                context! { person => data(&person), feed => &feed }
            })?);
            pages.extend(self.list("more", &lists)?);
        }
        let services: Vec<(&str, &str)> = person::services(model).collect();
        let services = services.into_par_iter().map(|(name, page)| {
            let (service, lists) = person::service(model, name, page);
            let mut pages = self.list("more", &lists)?;
            let target = Target { path: page, place: "more", template: "site/service.html" };
            pages.push(self.page_of(target, ("service", &service), ("site", &self.site))?);
            Ok(pages)
        });
        let services: Result<Vec<Vec<Asked>>, SiteError> = services.collect();
        pages.extend(services?.into_iter().flatten());
        Ok(pages)
    }
}

/// Plain data as the template engine sees it.
pub(super) fn data(value: impl Serialize) -> Value {
    Value::from(minijinja::value::Serde(value))
}
