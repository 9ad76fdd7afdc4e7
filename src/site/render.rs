//! All pages of a site, on all cores.

use std::collections::BTreeMap;

use minijinja::{Value, context};
use rayon::prelude::*;
use serde::Serialize;

use super::checks::{Draft, check_links, draft, external_links_page};
use super::input::{Page, SiteError, SiteInput};
use super::memory::{Key, Kind};
use super::model::Model;
use super::paths::root_of;
use super::template::Templates;
use super::theme::Dress;
use super::{calendar, lists, manual, meeting, overview, person, record_page};
use crate::history::CommitTime;
use crate::record::RecordType;

/// What every template gets as `site`.
#[derive(Debug, Serialize)]
struct Frame {
    title: String,
    description: Option<String>,
    authors: Vec<String>,
    language: String,
    /// The forge's page of the repository.
    repository_url: Option<String>,
    /// First page of the manual, from the site's root.
    manual: Option<String>,
    /// The commit that was read.
    commit: Option<super::view::Commit>,
    /// The moment of judgement: `24 May 2024 02:14 +02:00`.
    as_of: String,
    as_of_iso: String,
    branch: Option<String>,
    trunk: Option<String>,
    /// Base for `404.html`, which is shown at any address.
    base: Option<String>,
    /// The site's address, for canonical links and feeds.
    address: Option<String>,
    has_decisions: bool,
    /// How many records history deleted: `deleted.html` lists them.
    n_deleted: usize,
    /// The page of the next meeting.
    meeting: Option<String>,
    logo: Option<String>,
    /// Style sheets and scripts of the book, from the site's root.
    styles: Vec<String>,
    scripts: Vec<String>,
    version: &'static str,
}

/// Page and title of each chapter of the manual.
type Chapters = Vec<(String, String)>;

/// Renders the whole site; the same input gives the same bytes.
///
/// # Errors
/// [`SiteError::Links`] when a link, anchor or image leads nowhere and that is not allowed;
/// [`SiteError::Template`] when a template fails.
pub fn render_site(input: &SiteInput<'_>) -> Result<Vec<Page>, SiteError> {
    let model = Model::new(input);
    let templates = Templates::new(input.template_overrides)?;
    let meetings = meeting::views(&model);
    let dress = super::theme::dress(input)?;
    let site = Shared::frame(&model, &meetings, &dress);
    let renderer = Renderer { model: &model, templates: &templates, site };
    let (mut drafts, beside) = renderer.records()?;
    let (manual, chapters) = renderer.manual()?;
    drafts.extend(manual);
    check_links(&model, &drafts)?;
    let external = external_links_page(&drafts);
    let (mut pages, words): (Vec<Page>, Vec<String>) =
        drafts.into_iter().map(|draft| (draft.page, draft.words)).unzip();
    let ((lists, places), (names, (search, feeds))) = rayon::join(
        || rayon::join(|| renderer.lists(), || renderer.places(&meetings)),
        || {
            let search = || super::search::pages(&model, &chapters, &words);
            rayon::join(|| renderer.names(), || rayon::join(search, || super::feeds::pages(&renderer)))
        },
    );
    pages.extend(beside.into_iter().flatten());
    pages.extend(external);
    pages.extend(dress.pages);
    pages.extend(manual_index(&model, &pages));
    for more in [lists?, places?, names?, search, feeds?] {
        pages.extend(more);
    }
    pages.extend(super::feeds::map(&model, &pages));
    let copied =
        model.copied.iter().map(|copy| Page { path: copy.to.clone(), bytes: copy.file.bytes.clone() });
    pages.extend(copied);
    let statics = templates.statics();
    pages.extend(statics.map(|(name, text)| Page { path: name.to_owned(), bytes: text.as_bytes().to_vec() }));
    super::palette::dye(&model, &mut pages);
    pages.extend(super::deleted::pages(&renderer)?);
    pages.extend(super::redirect::pages(&renderer, &pages)?);
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}

/// As in mdBook, the manual's folder shows its first chapter.
fn manual_index(model: &Model<'_>, pages: &[Page]) -> Option<Page> {
    const INDEX: &str = "manual/index.html";
    let first = model.manual_start()?;
    let is_beside = first.strip_prefix("manual/").is_some_and(|name| !name.contains('/'));
    let page = pages.iter().find(|page| page.path == first).filter(|_| is_beside && first != INDEX)?;
    let is_free = pages.iter().all(|page| page.path != INDEX);
    is_free.then(|| Page { path: INDEX.to_owned(), bytes: page.bytes.clone() })
}

/// The site's whole address with a slash at its end, when the settings name one.
pub(super) fn address(config: &super::SiteConfig) -> Option<String> {
    let url = config.site_url.as_deref().filter(|url| super::view::is_web(url))?;
    Some(format!("{}/", url.trim_end_matches('/')))
}

/// The path or address under which the site is served, with a slash at its end.
fn base(config: &super::SiteConfig) -> Option<String> {
    let url = config.site_url.as_deref().filter(|url| super::view::is_web(url) || url.starts_with('/'))?;
    Some(format!("{}/", url.trim_end_matches('/')))
}

fn frame(model: &Model<'_>, meetings: &[meeting::MeetingView], dress: &Dress) -> Frame {
    let (config, state) = (model.input.config, model.input.state);
    let offset_minutes = state.at.as_ref().map_or(0, |at| at.time.offset_minutes);
    let as_of = CommitTime { seconds: state.now, offset_minutes };
    let language = config.language.trim();
    Frame {
        title: config.title.clone(),
        description: config.description.clone(),
        authors: config.authors.clone(),
        language: if language.is_empty() { "en".to_owned() } else { language.to_owned() },
        repository_url: config.repository_url.clone(),
        manual: model.manual_start().map(str::to_owned),
        commit: state.at.as_ref().map(|at| model.commit(at.commit)),
        as_of: as_of.human(),
        as_of_iso: as_of.rfc3339(),
        branch: state.branch.clone(),
        trunk: state.trunk.clone(),
        base: base(config),
        address: address(config),
        meeting: meetings
            .iter()
            .rev()
            .find(|meeting| meeting.coming)
            .or(meetings.last())
            .map(|m| m.page.clone()),
        logo: dress.logo.clone().or_else(|| own_files(model, LOGO).pop()),
        styles: dress.styles.iter().cloned().chain(own_files(model, ".css")).collect(),
        scripts: dress.scripts.iter().cloned().chain(own_files(model, ".js")).collect(),
        version: env!("CARGO_PKG_VERSION"),
        n_deleted: model.deleted_pages.len(),
        has_decisions: state.records.iter().any(|record| record.record_type == RecordType::Decision),
    }
}

/// Fills templates with the frame's data around each page's own.
pub(super) struct Renderer<'a> {
    pub(super) model: &'a Model<'a>,
    templates: &'a Templates,
    site: Shared,
}

/// What many pages show, and a hash of it.
struct Shared {
    value: Value,
    digest: Key,
}

impl Shared {
    fn new(parts: &impl Serialize) -> Self {
        let digest = Kind::Shared.key(&[&serde_json::to_vec(parts).unwrap_or_default()]);
        Shared { value: data(parts), digest }
    }

    /// The frame of all pages; the book's own templates count as a part of it.
    fn frame(model: &Model<'_>, meetings: &[meeting::MeetingView], dress: &Dress) -> Self {
        let frame = frame(model, meetings, dress);
        let Shared { digest, .. } = Shared::new(&(&frame, model.input.template_overrides));
        Shared { value: data(frame), digest }
    }
}

/// Which page, by which template, at which place of the menu.
#[derive(Clone, Copy)]
struct Target<'a> {
    path: &'a str,
    place: &'a str,
    template: &'a str,
}

impl Renderer<'_> {
    pub(super) fn page(
        &self,
        path: &str,
        place: &str,
        template: &str,
        data: Value,
    ) -> Result<Page, SiteError> {
        let frame =
            context! { site => self.site.value.clone(), root => root_of(path), page => path, place => place };
        let text = self.templates.render(template, context! { ..data, ..frame })?;
        Ok(Page { path: path.to_owned(), bytes: text.into_bytes() })
    }

    /// A page that shows a view under a name, and what many pages show under another; one that was made before
    /// from the same is taken as it is.
    fn page_of(
        &self,
        target: Target<'_>,
        (name, view): (&str, &impl Serialize),
        (shared_name, shared): (&str, &Shared),
    ) -> Result<Page, SiteError> {
        let Target { path, place, template } = target;
        let kept = self.model.input.pages.and_then(|pages| {
            let view = serde_json::to_vec(view).ok()?;
            let names = [path, place, template, name, shared_name].map(str::as_bytes);
            let key = Kind::Page.key(&[&names[..], &[&view, &self.site.digest, &shared.digest]].concat());
            Some((pages, key))
        });
        if let Some(bytes) = kept.and_then(|(pages, key)| pages.get(&key)) {
            return Ok(Page { path: path.to_owned(), bytes });
        }
        let views = BTreeMap::from([(name, data(view)), (shared_name, shared.value.clone())]);
        let page = self.page(path, place, template, Value::from(views))?;
        if let Some((pages, key)) = kept {
            pages.put(key, &page.bytes);
        }
        Ok(page)
    }

    /// The page of each record, and the files beside it.
    fn records(&self) -> Result<(Vec<Draft>, Vec<Vec<Page>>), SiteError> {
        let records = &self.model.input.state.records;
        let pages: Result<Vec<_>, SiteError> =
            (0..records.len()).into_par_iter().map(|index| self.record(index)).collect();
        Ok(pages?.into_iter().unzip())
    }

    fn record(&self, index: usize) -> Result<(Draft, Vec<Page>), SiteError> {
        let state = &self.model.input.state.records[index];
        let record_page::RecordPage { view, rendered, history, drawings: mut beside } =
            record_page::view(self.model, index);
        let (place, template) = match state.record_type {
            _ if state.record.is_broken() => ("records", "site/broken.html"),
            RecordType::Task => ("records", "site/task.html"),
            RecordType::Decision => ("records", "site/decision.html"),
            RecordType::Runbook => ("runbooks", "site/runbook.html"),
        };
        beside.extend(super::history::pages(self, &view, place, &history)?);
        let target = Target { path: &self.model.record_pages[index], place, template };
        let page = self.page_of(target, ("record", &view), ("site", &self.site))?;
        let shown = record_page::shown(self.model, state);
        Ok((draft(page, &shown.path, &shown.source, rendered), beside))
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

    fn lists(&self) -> Result<Vec<Page>, SiteError> {
        let model = self.model;
        let index = || {
            let target = Target { path: "index.html", place: "overview", template: "site/index.html" };
            self.page_of(target, ("overview", &overview::overview(model)), ("site", &self.site))
        };
        let board = || {
            let target = Target { path: "board.html", place: "board", template: "site/board.html" };
            self.page_of(target, ("columns", &super::board::board(model)), ("site", &self.site))
        };
        let by_type = |path, place, record_type| self.list(place, &lists::by_type(model, path, record_type));
        let (index, (board, records)) =
            rayon::join(index, || rayon::join(board, || by_type("records.html", "records", None)));
        let mut pages = vec![
            index?,
            board?,
            self.page(
                "tags.html",
                "more",
                "site/tags.html",
                context! { kinds => data(lists::kinds(model)) },
            )?,
            self.page("404.html", "", "site/404.html", context! {})?,
        ];
        pages.extend(records?);
        pages.extend(by_type("decisions.html", "more", Some(RecordType::Decision))?);
        pages.extend(by_type("runbooks.html", "runbooks", Some(RecordType::Runbook))?);
        for index in super::letters::pages(model) {
            let kinds = if index.first { lists::kinds(model) } else { Vec::new() };
            let context = context! { index => data(&index), kinds => data(kinds) };
            pages.push(self.page(&index.page, "more", "site/all.html", context)?);
        }
        let groups: Vec<_> = lists::group_pages(model).filter(|((kind, _), _)| *kind != "service").collect();
        let groups =
            groups.into_par_iter().map(|(key, page)| self.list("more", &lists::group(model, page, key)));
        let groups: Result<Vec<Vec<Page>>, SiteError> = groups.collect();
        pages.extend(groups?.into_iter().flatten());
        Ok(pages)
    }

    /// The pages of one list.
    fn list(&self, place: &str, list: &[(String, lists::List)]) -> Result<Vec<Page>, SiteError> {
        let page = |(path, list): &(String, lists::List)| {
            let target = Target { path, place, template: "site/list.html" };
            self.page_of(target, ("list", list), ("site", &self.site))
        };
        list.par_iter().map(page).collect()
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
        pages.extend(self.audit()?);
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

    /// The audit by periods, and the evidence of each task's deployments.
    fn audit(&self) -> Result<Vec<Page>, SiteError> {
        let views = super::audit::views(self.model);
        if views.is_empty() {
            return Ok(vec![self.page("audit.html", "audit", "site/audit.html", context! {})?]);
        }
        let periods = views
            .par_iter()
            .map(|view| self.page(&view.page, "audit", "site/audit.html", context! { audit => data(view) }));
        let evidence = super::evidence::views(self.model);
        let evidence = evidence.par_iter().map(|view| {
            let target = Target { path: &view.page, place: "audit", template: "site/evidence.html" };
            self.page_of(target, ("evidence", view), ("site", &self.site))
        });
        periods.chain(evidence).collect()
    }

    /// People and services.
    fn names(&self) -> Result<Vec<Page>, SiteError> {
        let model = self.model;
        let people = person::people(model);
        let mut pages = vec![self.page(
            "people.html",
            "more",
            "site/people.html",
            context! { people => data(people.iter().map(|(person, _)| person).collect::<Vec<_>>()) },
        )?];
        for (person, lists) in people {
            let (path, feed) = (person.page.clone(), super::feeds::feed_of(&person.page));
            let context = context! { person => data(person), feed => feed };
            pages.push(self.page(&path, "more", "site/person.html", context)?);
            pages.extend(self.list("more", &lists)?);
        }
        let services: Vec<(&str, &str)> = person::services(model).collect();
        let services = services.into_par_iter().map(|(name, page)| {
            let (service, lists) = person::service(model, name, page);
            let mut pages = self.list("more", &lists)?;
            pages.push(self.page(
                page,
                "more",
                "site/service.html",
                context! { service => data(service) },
            )?);
            Ok(pages)
        });
        let services: Result<Vec<Vec<Page>>, SiteError> = services.collect();
        pages.extend(services?.into_iter().flatten());
        Ok(pages)
    }
}

/// The picture before the book's title.
const LOGO: &str = "logo.svg";

/// Files that the book's templates bring besides those that replace built-in ones.
fn own_files(model: &Model<'_>, ending: &str) -> Vec<String> {
    let names = model.input.template_overrides.keys().filter(|name| super::template::is_own_file(name));
    names
        .filter_map(|name| name.strip_prefix("site/"))
        .filter(|name| name.ends_with(ending))
        .map(str::to_owned)
        .collect()
}

/// Plain data as the template engine sees it.
pub(super) fn data(value: impl Serialize) -> Value {
    Value::from(minijinja::value::Serde(value))
}
