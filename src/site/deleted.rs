//! Records that history deleted: the page of each stays, and says so.

use minijinja::context;
use serde::Serialize;

use super::input::SiteError;
use super::model::Model;
use super::page::Page;
use super::parts::in_pages;
use super::record_page::Command;
use super::render::{Renderer, data};
use super::view::{Act, Reference};
use crate::book::Deleted;
use crate::ledger::shell_quoted;

/// What `site/deleted.html` gets in `deleted`.
#[derive(Debug, Serialize)]
pub(super) struct DeletedView {
    pub(super) name: String,
    pub(super) title: String,
    /// `task`, `decision`, `runbook`.
    #[serde(rename = "type")]
    pub(super) record_type: &'static str,
    /// From the site's root.
    pub(super) page: String,
    /// Where it stood last, in the book.
    pub(super) path: String,
    pub(super) by: Act,
    /// The commit that holds its last text.
    pub(super) held: super::view::Commit,
    /// Records that still name it.
    pub(super) named_by: Vec<Reference>,
    pub(super) commands: Vec<Command>,
}

/// How many of them a page of the list has.
const AT_ONCE: usize = 60;

/// The page of each, and the list of them where there is one.
pub(super) fn pages(renderer: &Renderer<'_>) -> Result<Vec<Page>, SiteError> {
    let deleted = views(renderer.model);
    if deleted.is_empty() {
        return Ok(Vec::new());
    }
    let page = |view: &DeletedView| {
        renderer.page(&view.page, "records", "site/deleted.html", context! { deleted => data(view) })
    };
    let mut pages: Vec<Page> = deleted.iter().map(page).collect::<Result<_, _>>()?;
    for part in in_pages("deleted.html", &deleted, AT_ONCE) {
        let list = context! { deletions => data(part.things), pages => data(&part.links) };
        pages.push(renderer.page(&part.page, "records", "site/deletions.html", list)?);
    }
    Ok(pages)
}

/// All of them, in the order of their names.
fn views(model: &Model<'_>) -> Vec<DeletedView> {
    let places = model.deleted_pages.iter().map(|(index, page)| (&model.input.deleted[*index], page));
    places.map(|(deleted, page)| view(model, deleted, page)).collect()
}

fn view(model: &Model<'_>, deleted: &Deleted, page: &str) -> DeletedView {
    let names = |relation: &crate::ledger::Relation| relation.id.as_str() == deleted.name;
    let records = model.input.state.records.iter();
    let named_by = records.filter(|state| state.relations.iter().any(names));
    DeletedView {
        name: deleted.name.clone(),
        title: deleted.title.clone(),
        record_type: deleted.record_type.as_str(),
        page: page.to_owned(),
        path: deleted.path.clone(),
        by: model.act(&deleted.by),
        held: model.commit(deleted.held),
        named_by: named_by.map(|state| model.reference(&state.name)).collect(),
        commands: commands(deleted),
    }
}

fn commands(deleted: &Deleted) -> Vec<Command> {
    let (held, path) = (deleted.held.hex(), shell_quoted(&deleted.path));
    let command = |what: &str, text: String| Command { what: what.to_owned(), text };
    let git = "git --no-replace-objects";
    let there = shell_quoted(&format!("{held}:./{}", deleted.path));
    vec![
        command("Its last version", format!("{git} show {there}")),
        command("The commit that deleted it", format!("{git} show {} -- {path}", deleted.by.commit.hex())),
        command("All its changes", format!("{git} log -p {held} -- {path}")),
        command("Restore it, with its history", format!("git checkout {held} -- {path}")),
    ]
}
