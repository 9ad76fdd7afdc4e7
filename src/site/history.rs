//! The pages of a record's whole history, the newest first; a long one has several.

use minijinja::context;

use super::input::SiteError;
use super::parts::numbered;
use super::record_page::RecordView;
use super::render::{Renderer, Target, data};
use super::timeline::TimelineRow;

/// Most bytes of differences on one page, and what a row takes besides, of the same unit.
const MOST: usize = 24_000;
const ROW: usize = 800;
/// What a line takes besides its words.
const LINE: usize = 30;

/// A page of a history, by the numbers of its rows.
struct Part<'a> {
    page: String,
    rows: &'a [TimelineRow],
}

/// Path and text of each page of a history whose rows the record's own page does not all show.
///
/// # Errors
/// [`SiteError::Template`] when the template fails.
pub(super) fn texts(
    renderer: &Renderer<'_>,
    view: &RecordView,
    place: &str,
    rows: &[TimelineRow],
) -> Result<Vec<(String, String)>, SiteError> {
    if view.timeline.page.is_none() {
        return Ok(Vec::new());
    }
    let parts = parts(rows, &view.row.page);
    let pages: Vec<String> = parts.iter().map(|part| part.page.clone()).collect();
    let page = |(number, part): (usize, &Part<'_>)| {
        let links = numbered(&pages, number);
        let history = context! {
            row => data(&view.row), path => &view.path, rows => data(part.rows), pages => data(&links)
        };
        let target = Target { path: &part.page, place, template: "site/history.html" };
        Ok((part.page.clone(), renderer.text(target, context! { history => history })?))
    };
    parts.iter().enumerate().map(page).collect()
}

/// The page of each row.
pub(super) fn places(rows: &[TimelineRow], record_page: &str) -> Vec<String> {
    let parts = parts(rows, record_page);
    parts.into_iter().flat_map(|part| vec![part.page; part.rows.len()]).collect()
}

fn parts<'a>(rows: &'a [TimelineRow], record_page: &str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let mut room = MOST;
        let fitting = rest.iter().take_while(|row| {
            let weight = weight_of(row);
            let fits = weight <= room;
            room = room.saturating_sub(weight);
            fits
        });
        let (rows, others) = rest.split_at(fitting.count().max(1));
        parts.push(Part { page: page(record_page, parts.len()), rows });
        rest = others;
    }
    parts
}

/// What a history takes on a page, about, in bytes.
pub(super) fn weight(rows: &[TimelineRow]) -> usize {
    rows.iter().map(weight_of).sum()
}

fn weight_of(row: &TimelineRow) -> usize {
    ROW + row.lines.iter().map(|line| line.text.len() + LINE).sum::<usize>()
}

/// No record's page has such a name: a dot in one is followed by two hexadecimal digits.
pub(super) fn page(record_page: &str, number: usize) -> String {
    let stem = record_page.trim_end_matches(".html");
    match number {
        0 => format!("{stem}.history.html"),
        number => format!("{stem}.history-{}.html", number + 1),
    }
}
