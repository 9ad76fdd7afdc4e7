//! What stands around every page.

use minijinja::{Value, context};
use serde::Serialize;

use super::as_of::AsOf;
use super::meeting;
use super::memory::{Key, Kind, bytes_of};
use super::model::Model;
use super::render::data;
use super::theme::Dress;
use crate::record::RecordType;

/// What every template gets as `site`; the overview has the commit and the time besides (see [`AsOf`]).
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
    /// The script that draws blocks of Mermaid.
    mermaid: Option<String>,
    version: &'static str,
}

/// What many pages show, and a hash of it.
pub(super) struct Shared {
    pub(super) value: Value,
    pub(super) digest: Key,
}

impl Shared {
    pub(super) fn new(parts: &impl Serialize) -> Self {
        Shared { value: data(parts), digest: Self::digest(parts) }
    }

    /// A hash of what pages show.
    pub(super) fn digest(parts: &impl Serialize) -> Key {
        Kind::Shared.key(&[&bytes_of(parts)])
    }

    /// The frame of all pages. The book's own templates count as a part of it, and may do with the commit and the time what
    /// they like: those are in the frame where there are such templates.
    pub(super) fn frame(
        model: &Model<'_>,
        meetings: &[meeting::MeetingView],
        dress: &Dress,
        as_of: &AsOf,
    ) -> Self {
        let frame = frame(model, meetings, dress);
        let overrides = model.input.template_overrides;
        let stated = (!overrides.is_empty()).then_some(as_of);
        let digest = Self::digest(&(&frame, overrides, stated));
        let value = match stated {
            Some(as_of) => context! { ..as_of.stated(), ..data(frame) },
            None => data(frame),
        };
        Shared { value, digest }
    }
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
    let language = config.language.trim();
    Frame {
        title: config.title.clone(),
        description: config.description.clone(),
        authors: config.authors.clone(),
        language: if language.is_empty() { "en".to_owned() } else { language.to_owned() },
        repository_url: config.repository_url.clone(),
        manual: model.manual_start().map(str::to_owned),
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
        mermaid: dress.mermaid.clone(),
        version: env!("CARGO_PKG_VERSION"),
        n_deleted: model.deleted_pages.len(),
        has_decisions: state.records.iter().any(|record| record.record_type == RecordType::Decision),
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
