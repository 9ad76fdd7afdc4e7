//! What other programs read: Atom feeds, the calendar, records as data, the site's map.

use minijinja::context;
use serde::Serialize;

use super::input::SiteError;
use super::model::Model;
use super::page::Page;
use super::paths::percent_encoded;
use super::render::{Renderer, data};
use crate::calendar::render_ics;
use crate::history::CommitTime;
use crate::ledger::{Coming, CommitRef, RecordJson, RecordState};

/// Most entries of a feed.
const ENTRIES: usize = 50;
/// How far back and ahead the calendar of the site goes, in seconds.
const AHEAD: i64 = 366 * 86_400;

/// What `site/feed.xml` gets as `feed`.
#[derive(Debug, Serialize)]
struct Feed {
    title: String,
    id: String,
    /// RFC 3339.
    updated: String,
    entries: Vec<FeedEntry>,
}

/// One thing that happened, or waits.
#[derive(Debug, Serialize)]
struct FeedEntry {
    title: String,
    id: String,
    /// From the site's root.
    page: String,
    updated: String,
    author: String,
    summary: String,
}

/// All of them.
pub(super) fn pages(renderer: &Renderer<'_>) -> Result<Vec<Page>, SiteError> {
    let model = renderer.model;
    let mut pages = vec![feed(renderer, "feed.xml", "", &recent(model, &|_| true))?];
    for (service, page) in super::person::services(model) {
        let title = format!(": {service}");
        let of_service =
            |state: &RecordState| super::groups::services(state).iter().any(|name| name == service);
        pages.push(feed(renderer, &feed_of(page), &title, &recent(model, &of_service))?);
    }
    for (key, page) in &model.people {
        let title = format!(": waiting for {}", model.person(key));
        pages.push(feed(renderer, &feed_of(page), &title, &queue(model, key))?);
    }
    pages.push(calendar(model));
    pages.extend(records(model));
    pages.extend(super::badge::pages(model));
    Ok(pages)
}

/// The feed that stands beside a page.
pub(super) fn feed_of(page: &str) -> String {
    format!("{}.xml", page.trim_end_matches(".html"))
}

fn book_name(model: &Model<'_>) -> String {
    model.input.policy.book.clone().unwrap_or_else(|| model.input.config.title.clone())
}

fn feed(
    renderer: &Renderer<'_>,
    path: &str,
    about: &str,
    entries: &[(&RecordState, String, &CommitRef)],
) -> Result<Page, SiteError> {
    let model = renderer.model;
    let book = percent_encoded(&book_name(model));
    let urn = |what: &str| format!("urn:changebook:{book}:{}", percent_encoded(what));
    let latest = entries.iter().map(|(.., by)| by.time).max_by_key(|time| time.seconds);
    let fallback = CommitTime { seconds: model.input.state.now, offset_minutes: 0 };
    let entry = |(state, text, by): &(&RecordState, String, &CommitRef)| FeedEntry {
        title: format!("{}: {text}", state.name),
        id: urn(&format!("{}:{}", state.name, by.commit.hex())),
        page: model.record_page(&state.name).unwrap_or("index.html").to_owned(),
        updated: by.time.rfc3339(),
        author: model.act(by).who,
        summary: state.title().to_owned(),
    };
    let feed = Feed {
        title: format!("{}{about}", model.input.config.title),
        id: urn(path),
        updated: latest.unwrap_or(fallback).rfc3339(),
        entries: entries.iter().map(entry).collect(),
    };
    renderer.page(path, "", "site/feed.xml", context! { feed => data(feed) })
}

/// The newest commits and what they meant, for records that are wanted.
fn recent<'m>(
    model: &'m Model<'_>,
    wanted: &dyn Fn(&RecordState) -> bool,
) -> Vec<(&'m RecordState, String, &'m CommitRef)> {
    let mut found: Vec<(&RecordState, &[crate::ledger::Event])> = Vec::new();
    for state in model.input.state.records.iter().filter(|state| wanted(state)) {
        found.extend(state.events.chunk_by(|a, b| a.by.commit == b.by.commit).map(|events| (state, events)));
    }
    found.sort_by_key(|(state, events)| (std::cmp::Reverse(events[0].by.time.seconds), &state.name));
    found.truncate(ENTRIES);
    let told = |(state, events): (&'m RecordState, &'m [crate::ledger::Event])| {
        let words: Vec<String> = events
            .iter()
            .map(|event| {
                let (verb, object, ..) = super::timeline::words(&event.kind);
                object.map_or_else(|| verb.clone(), |object| format!("{verb} {object}"))
            })
            .collect();
        (state, words.join("; "), &events[0].by)
    };
    found.into_iter().map(told).collect()
}

/// What waits for somebody, the newest first.
fn queue<'m>(model: &'m Model<'_>, key: &str) -> Vec<(&'m RecordState, String, &'m CommitRef)> {
    let records = model.input.state.records.iter();
    let mine = records.filter(|state| state.waiting_for.iter().any(|person| person == key));
    let mut found: Vec<_> =
        mine.filter_map(|state| Some((state, super::view::phrase(state), state.updated.as_ref()?))).collect();
    found.sort_by_key(|(state, _, by)| (std::cmp::Reverse(by.time.seconds), &state.name));
    found.truncate(ENTRIES);
    found
}

fn calendar(model: &Model<'_>) -> Page {
    let state = model.input.state;
    let now = state.now;
    let coming = Coming::new(state, model.input.policy, now, now.saturating_add(AHEAD));
    let name = book_name(model);
    let title = |id: &str| model.by_name(id).map_or("", RecordState::title).to_owned();
    let stamp = state.at.as_ref().map_or(now, |at| at.time.seconds);
    let text = render_ics(&name, stamp, &coming.events(&name, &title));
    Page::new("calendar.ics", text.into_bytes())
}

#[derive(Serialize)]
struct Records<'a> {
    schema: &'static str,
    at: Option<&'a CommitRef>,
    trunk: Option<&'a str>,
    records: Vec<RecordJson<'a>>,
}

fn records(model: &Model<'_>) -> Option<Page> {
    let state = model.input.state;
    let records = Records {
        schema: "changebook.list/1",
        at: state.at.as_ref(),
        trunk: state.trunk.as_deref(),
        records: state.records.iter().map(|record| RecordJson::new(record, false)).collect(),
    };
    let bytes = serde_json::to_vec(&records).ok()?;
    Some(Page::new("records.json", bytes))
}

/// `sitemap.xml` and `robots.txt`, where the site's address is known.
pub(super) fn map<'p>(model: &Model<'_>, pages: impl Iterator<Item = &'p str>) -> Vec<Page> {
    let Some(address) = super::frame::address(model.input.config) else { return Vec::new() };
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    let mut pages: Vec<&str> = pages.filter(|path| path.ends_with(".html") && *path != "404.html").collect();
    pages.sort_unstable();
    for page in pages {
        text.push_str("<url><loc>");
        super::text::push_escaped(&mut text, &format!("{address}{}", percent_encoded(page)));
        text.push_str("</loc></url>\n");
    }
    text.push_str("</urlset>\n");
    let robots = format!("User-agent: *\nAllow: /\nSitemap: {address}sitemap.xml\n");
    vec![Page::new("sitemap.xml", text.into_bytes()), Page::new("robots.txt", robots.into_bytes())]
}
