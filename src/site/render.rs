//! All pages of a site, on all cores.

use minijinja::{Value, context};
use rayon::prelude::*;
use serde::Serialize;

use super::checks::{Draft, check_links, draft, external_links_page};
use super::input::{Page, SiteError, SiteInput};
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
    let site = data(frame(&model, &meetings, &dress));
    let renderer = Renderer { model: &model, templates: &templates, site };
    let (mut drafts, beside) = renderer.records()?;
    let (manual, chapters) = renderer.manual()?;
    drafts.extend(manual);
    check_links(&model, &drafts)?;
    let external = external_links_page(&drafts);
    let mut pages: Vec<Page> = drafts.into_iter().map(|draft| draft.page).collect();
    pages.extend(beside.into_iter().flatten());
    pages.extend(renderer.lists()?);
    pages.extend(renderer.places(&meetings)?);
    pages.extend(renderer.names()?);
    pages.extend(super::search::pages(&model, &chapters));
    pages.extend(external);
    pages.extend(dress.pages);
    pages.extend(super::feeds::pages(&renderer)?);
    pages.extend(super::feeds::map(&model, &pages));
    let copied =
        model.copied.iter().map(|copy| Page { path: copy.to.clone(), bytes: copy.file.bytes.clone() });
    pages.extend(copied);
    let statics = templates.statics();
    pages.extend(statics.map(|(name, text)| Page { path: name.to_owned(), bytes: text.as_bytes().to_vec() }));
    pages.extend(super::redirect::pages(&renderer, &pages)?);
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
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
        has_decisions: state.records.iter().any(|record| record.record_type == RecordType::Decision),
    }
}

/// Fills templates with the frame's data around each page's own.
pub(super) struct Renderer<'a> {
    pub(super) model: &'a Model<'a>,
    templates: &'a Templates,
    site: Value,
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
            context! { site => self.site.clone(), root => root_of(path), page => path, place => place };
        let text = self.templates.render(template, context! { ..data, ..frame })?;
        Ok(Page { path: path.to_owned(), bytes: text.into_bytes() })
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
        if let Some(page) = view.timeline.page.clone() {
            let context = context! { row => data(&view.row), path => &view.path, rows => data(history) };
            beside.push(self.page(&page, place, "site/history.html", context! { history => context })?);
        }
        let context = context! { record => data(view) };
        let page = self.page(&self.model.record_pages[index], place, template, context)?;
        Ok((draft(page, &state.record.path, &state.record.source, rendered), beside))
    }

    /// The manual's pages, and the page and title of each for the search.
    fn manual(&self) -> Result<(Vec<Draft>, Chapters), SiteError> {
        let toc = manual::toc(self.model);
        let order = manual::reading_order(&toc);
        let toc = data(&toc);
        let chapters = (0..self.model.manual.len()).into_par_iter().map(|index| {
            let (view, rendered) = manual::view(self.model, index, &order);
            let path = view.page.clone();
            let title = view.title.clone();
            let context = context! { chapter => data(view), toc => toc.clone() };
            let page = self.page(&path, "more", "site/manual.html", context)?;
            let file = self.model.manual[index].file;
            let draft = draft(page, &file.path, &String::from_utf8_lossy(&file.bytes), rendered);
            Ok((draft, (path, title)))
        });
        let chapters: Result<Vec<_>, SiteError> = chapters.collect();
        Ok(chapters?.into_iter().unzip())
    }

    fn lists(&self) -> Result<Vec<Page>, SiteError> {
        let model = self.model;
        let list = |path: &str, place: &str, list: lists::List| {
            self.page(path, place, "site/list.html", context! { list => data(list) })
        };
        let mut pages = vec![
            self.page(
                "index.html",
                "overview",
                "site/index.html",
                context! { overview => data(overview::overview(model)) },
            )?,
            self.page(
                "board.html",
                "board",
                "site/board.html",
                context! { columns => data(lists::board(model)) },
            )?,
            self.page(
                "tags.html",
                "more",
                "site/tags.html",
                context! { kinds => data(lists::kinds(model)) },
            )?,
            self.page("404.html", "", "site/404.html", context! {})?,
            list("records.html", "records", lists::by_type(model, None))?,
            list("decisions.html", "more", lists::by_type(model, Some(RecordType::Decision)))?,
            list("runbooks.html", "runbooks", lists::by_type(model, Some(RecordType::Runbook)))?,
        ];
        pages.push(self.page(
            "all.html",
            "more",
            "site/all.html",
            context! { letters => data(lists::letters(model)), kinds => data(lists::kinds(model)) },
        )?);
        let groups: Vec<_> = lists::group_pages(model).filter(|((kind, _), _)| *kind != "service").collect();
        let groups: Result<Vec<Page>, SiteError> =
            groups.into_par_iter().map(|(key, page)| list(page, "more", lists::group(model, key))).collect();
        pages.extend(groups?);
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
