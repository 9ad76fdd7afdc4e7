//! The commit and the moment that every page states. They are put in when a page is written, so that a page whose
//! own content stays is not rendered again for each commit.

use std::ops::Range;

use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use super::model::Model;
use super::text::{escaped, visible};
use crate::history::CommitTime;

/// What pages state: short and full ID and address of the commit that was read, the moment of judgement for people
/// (`24 May 2024 02:14 +02:00`) and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct AsOf {
    commit: Option<(String, String, Option<String>)>,
    human: String,
    iso: String,
}

/// A place in a page, and which of the texts stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StampPlace {
    start: usize,
    which: usize,
}

/// Stands before the number of a text in a page that is not finished. No text of a book can hold it: control characters
/// are written out.
const MARK: u8 = 1;

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

    /// The same without the texts: what else of a page depends on.
    pub(super) fn shape(&self) -> Self {
        let empty = |(_, _, url): &(String, String, Option<String>)| {
            (String::new(), String::new(), url.as_ref().map(|_| String::new()))
        };
        AsOf { commit: self.commit.as_ref().map(empty), ..AsOf::default() }
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

    /// Marks in its place.
    pub(super) fn in_place(&self) -> Value {
        let mark = |which: usize| Value::from_safe_string(format!("{}{which}", char::from(MARK)));
        let commit = self.commit.as_ref();
        context! {
            commit => commit.map(|(_, _, url)| context! {
                short => mark(0), full => mark(1), url => url.as_ref().map(|_| mark(2)),
            }),
            as_of => mark(3),
            as_of_iso => mark(4),
        }
    }

    /// The texts in the order of their numbers, as they stand in HTML.
    fn texts(&self) -> [String; 5] {
        let (short, full, url) = self.commit.as_ref().map_or(("", "", ""), |(short, full, url)| {
            (short.as_str(), full.as_str(), url.as_deref().unwrap_or(""))
        });
        [short, full, url, &self.human, &self.iso].map(|text| escaped(&visible(text)))
    }

    /// A page with the texts in their places, and the places.
    pub(super) fn finished(&self, page: &str) -> (Vec<u8>, Vec<StampPlace>) {
        let marks = page.bytes().enumerate().filter(|(_, byte)| *byte == MARK).map(|(at, _)| at);
        let marks = marks.filter_map(|at| {
            let which = page.as_bytes().get(at + 1)?.checked_sub(b'0').map(usize::from)?;
            Some((at..at + 2, which))
        });
        self.with(page.as_bytes(), marks)
    }

    /// The same page as of another commit and moment; `None` where the places are not those of the page.
    pub(super) fn exchanged(
        &self,
        before: &AsOf,
        page: &[u8],
        places: &[StampPlace],
    ) -> Option<(Vec<u8>, Vec<StampPlace>)> {
        let old = before.texts();
        let mut parts = Vec::with_capacity(places.len());
        for StampPlace { start, which } in places {
            let text = old.get(*which)?;
            let range = *start..start.checked_add(text.len())?;
            if page.get(range.clone())? != text.as_bytes() {
                return None;
            }
            parts.push((range, *which));
        }
        Some(self.with(page, parts))
    }

    /// Puts the texts in the place of parts, which follow each other.
    fn with(
        &self,
        page: &[u8],
        parts: impl IntoIterator<Item = (Range<usize>, usize)>,
    ) -> (Vec<u8>, Vec<StampPlace>) {
        let texts = self.texts();
        let mut out = Vec::with_capacity(page.len() + 512);
        let (mut places, mut done) = (Vec::new(), 0);
        for (range, which) in parts {
            let Some(text) = texts.get(which).filter(|_| range.start >= done) else { continue };
            out.extend_from_slice(&page[done..range.start]);
            places.push(StampPlace { start: out.len(), which });
            out.extend_from_slice(text.as_bytes());
            done = range.end;
        }
        out.extend_from_slice(&page[done..]);
        (out, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_of(short: &str, human: &str) -> AsOf {
        AsOf {
            commit: Some((short.to_owned(), "f".repeat(40), None)),
            human: human.to_owned(),
            iso: "2024-05-24T02:14:00+02:00".to_owned(),
        }
    }

    #[test]
    fn a_page_is_the_same_whether_rendered_or_exchanged() {
        let page = "<p>as of \u{1}0, <time>\u{1}3</time> \u{1}x, up to \u{1}0</p>";
        let (first, second) = (as_of("abc1234", "24 May <2024>"), as_of("ffff123", "1 June 2024"));
        let (old, places) = first.finished(page);
        let shown = "<p>as of abc1234, <time>24 May &lt;2024&gt;</time> \u{1}x, up to abc1234</p>";
        assert_eq!(String::from_utf8_lossy(&old), shown);
        let rendered = second.finished(page);
        assert_eq!(second.exchanged(&first, &old, &places), Some(rendered));
        assert_eq!(first.exchanged(&second, &old, &places), None, "the texts are not those of the page");
    }
}
