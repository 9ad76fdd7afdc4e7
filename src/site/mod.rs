//! The static site: pages from state, prose and templates. Rendering is pure; [`write_site`] alone
//! touches the disk.
//!
//! Every page works from `file://`, under any path, without script, and loads nothing from elsewhere.

mod as_of;
mod assembly;
mod audit;
mod badge;
mod board;
mod build;
mod calendar;
mod chart;
mod checks;
mod code;
mod decision;
mod deleted;
mod disk;
mod evidence;
mod feeds;
mod figures;
mod found;
mod frame;
mod gate;
mod graph;
mod groups;
mod headings;
mod history;
mod includes;
mod input;
mod letters;
mod links;
mod lists;
mod manual;
mod markdown;
mod meeting;
mod memory;
mod model;
mod nesting;
mod overview;
mod page;
mod palette;
mod parts;
mod paths;
mod person;
mod progress;
mod radius;
mod raw_html;
mod record_page;
mod records;
mod redirect;
mod render;
mod row;
mod runbook;
mod runbooks;
mod sanitize;
mod schedule;
mod search;
mod similar;
mod snapshot;
mod spark;
mod standing;
mod stated;
mod summary;
mod svg;
mod template;
mod text;
mod theme;
mod timeline;
mod view;
mod words;
mod write;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use assembly::{Assembly, SiteOptions};
pub use build::{Built, Destination, LiveSite, build_folder};
pub use includes::{Expanded, Origins, ReadFile, expand_includes};
pub use input::{Differ, DocFile, GateAnswer, Judged, Site, SiteConfig, SiteError, SiteInput};
pub use memory::{Key, Memory};
pub use page::{Page, Spool};
pub use render::render_site;
pub use snapshot::SiteSnapshot;
pub use standing::{Earlier, Made, PageStore};
pub use write::{WriteError, WriteReport, write_site};
