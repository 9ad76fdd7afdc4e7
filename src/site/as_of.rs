//! The commit and the time that a site is built from.
//!
//! The overview has them in its HTML. Other pages load them from a script of their own, so that a page whose content stays
//! does not change with each commit; without scripts it links to the overview.

use minijinja::{Value, context};
use serde::Serialize;

use super::input::SiteError;
use super::model::Model;
use super::page::Page;
use super::template::Templates;
use crate::history::CommitTime;

/// The page that has them in its HTML.
pub(super) const OVERVIEW: &str = "index.html";
/// The script that puts them into the others.
const SCRIPT: &str = "as-of.js";

/// Short and full ID and address of the commit that was read, the time of judgement for people
/// (`24 May 2024 02:14 +02:00`) and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AsOf {
    commit: Option<(String, String, Option<String>)>,
    human: String,
    iso: String,
}

impl AsOf {
    pub(super) fn new(model: &Model<'_>) -> Self {
        let state = model.input.state;
        let offset_minutes = state.at.as_ref().map_or(0, |at| at.time.offset_minutes);
        let time = CommitTime { seconds: state.now, offset_minutes };
        let commit = state.at.as_ref().map(|at| model.commit(at.commit));
        AsOf {
            commit: commit.map(|commit| (commit.short, commit.full, commit.url)),
            human: time.human(),
            iso: time.rfc3339(),
        }
    }

    /// As templates see it.
    pub(super) fn stated(&self) -> Value {
        let commit = self.commit.as_ref();
        context! {
            commit => commit.map(|(short, full, url)| context! { short, full, url }),
            as_of => &self.human,
            as_of_iso => &self.iso,
        }
    }

    /// The script of the pages that do not have them.
    pub(super) fn script(&self, templates: &Templates) -> Result<Page, SiteError> {
        let html = templates.render("site/as-of.html", context! { site => self.stated() })?;
        let html = serde_json::Value::from(html.trim());
        let text = format!(
            "document.querySelectorAll(\".as-of .stamp\").forEach(stamp => stamp.innerHTML = {html});\n"
        );
        Ok(Page::new(SCRIPT, text.into_bytes()))
    }
}
