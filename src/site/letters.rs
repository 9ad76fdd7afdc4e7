//! Everything by the first letter of its title: what the search finds, without script.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::Model;
use super::view::Row;

/// Most lines on one page.
const LINES: usize = 100;

/// The index, or a page of it: what `site/all.html` gets as `index`.
#[derive(Debug, Serialize)]
pub(super) struct Index {
    pub(super) page: String,
    /// Every letter with the page that has it.
    pub(super) letters: Vec<LetterLink>,
    /// What stands on the page itself: all of it where there is room.
    pub(super) sections: Vec<Section>,
    /// Whether it is the first page.
    pub(super) first: bool,
}

/// A letter of the navigation.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LetterLink {
    /// `A`, or `A 2` where a letter needs several pages.
    pub(super) label: String,
    /// From the site's root, with the anchor.
    pub(super) page: String,
    pub(super) count: usize,
    /// Whether it stands on the page itself.
    pub(super) here: bool,
}

/// A letter with its records.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    pub(super) letter: String,
    /// The anchor.
    pub(super) id: String,
    pub(super) rows: Vec<Row>,
}

/// The pages of the index, the first at `all.html`.
pub(super) fn pages(model: &Model<'_>) -> Vec<Index> {
    let letters = sorted(model);
    let total: usize = letters.iter().map(|(_, members)| members.len()).sum();
    let is_single = total <= LINES;
    let mut chunks: Vec<(LetterLink, Section)> = Vec::new();
    for (number, (letter, members)) in letters.into_iter().enumerate() {
        let id = format!("letter-{}", number + 1);
        let several = members.len() > LINES;
        for (part, members) in members.chunks(LINES).enumerate() {
            let label = if several { format!("{letter}\u{a0}{}", part + 1) } else { letter.clone() };
            let stem = super::paths::stem(&label.replace('\u{a0}', "-"));
            let page =
                if is_single { format!("all.html#{id}") } else { format!("lists/all/{stem}.html#{id}") };
            let rows = members.iter().map(|index| model.row(*index)).collect();
            let link = LetterLink { label: label.clone(), page, count: members.len(), here: false };
            chunks.push((link, Section { letter: label, id: id.clone(), rows }));
        }
    }
    let links: Vec<LetterLink> = chunks.iter().map(|(link, _)| link.clone()).collect();
    let index = |page: &str, sections: Vec<Section>, here: Option<usize>| {
        let links = links.iter().cloned().enumerate();
        let letters = links.map(|(at, link)| LetterLink { here: here == Some(at), ..link }).collect();
        Index { page: page.to_owned(), letters, sections, first: here.is_none() }
    };
    if is_single {
        return vec![index("all.html", chunks.into_iter().map(|(_, section)| section).collect(), None)];
    }
    let mut pages = vec![index("all.html", Vec::new(), None)];
    pages.extend(chunks.into_iter().enumerate().map(|(at, (link, section))| {
        let page = link.page.split('#').next().unwrap_or("").to_owned();
        index(&page, vec![section], Some(at))
    }));
    pages
}

/// The records of each letter, by title.
fn sorted(model: &Model<'_>) -> Vec<(String, Vec<usize>)> {
    let mut letters: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for (index, state) in model.input.state.records.iter().enumerate() {
        let title = if state.title().is_empty() { &state.name } else { state.title() };
        let first = title.chars().find(|c| c.is_alphanumeric());
        let letter = first.map_or_else(|| "#".to_owned(), |first| first.to_uppercase().collect());
        letters.entry(letter).or_default().push((title.to_lowercase(), index));
    }
    let sorted = letters.into_iter().map(|(letter, mut members)| {
        members.sort();
        (letter, members.into_iter().map(|(_, index)| index).collect())
    });
    sorted.collect()
}
