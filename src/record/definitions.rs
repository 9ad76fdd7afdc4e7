//! Definitions of links and footnotes: they render where they are used, wherever they stand.

use std::collections::HashSet;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag};

use super::Section;
use super::item::normalize;
use super::scope::is_free;

/// What a definition is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Label {
    is_footnote: bool,
    text: String,
}

impl Label {
    /// Of a link, compared as CommonMark compares.
    pub(super) fn link(label: &str) -> Self {
        Label { is_footnote: false, text: normalize(label) }
    }

    fn footnote(label: &str) -> Self {
        Label { is_footnote: true, text: normalize(label) }
    }
}

/// The definitions of a body, and the places that use them.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    defined: Vec<(Label, Range<usize>)>,
    used: Vec<(Label, usize)>,
}

impl Definitions {
    pub(super) fn event(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Link { link_type, id, .. } | Tag::Image { link_type, id, .. })
                if matches!(link_type, LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut) =>
            {
                self.used.push((Label::link(id), range.start));
            }
            Event::FootnoteReference(label) => self.used.push((Label::footnote(label), range.start)),
            Event::Start(Tag::FootnoteDefinition(label)) => {
                self.define(Label::footnote(label), range.clone())
            }
            _ => {}
        }
    }

    pub(super) fn define(&mut self, label: Label, range: Range<usize>) {
        self.defined.push((label, range));
    }

    /// The definitions in free sections that the text outside of them uses, directly or by another definition, in the order
    /// of the file.
    pub(super) fn beyond_the_text(self, sections: &[Section]) -> Vec<Range<usize>> {
        let is_beyond = |at: usize| {
            let within = |section: &&Section| section.heading.start <= at && at < section.content.end;
            sections.iter().find(within).is_some_and(is_free)
        };
        let beyond: Vec<(Label, Range<usize>)> =
            self.defined.into_iter().filter(|(_, range)| is_beyond(range.start)).collect();
        if beyond.is_empty() {
            return Vec::new();
        }
        let outside = self.used.iter().filter(|(_, at)| !is_beyond(*at));
        let mut open: Vec<Label> = outside.map(|(label, _)| label.clone()).collect();
        let mut seen: HashSet<Label> = HashSet::new();
        let mut found: Vec<Range<usize>> = Vec::new();
        while let Some(label) = open.pop() {
            if !seen.insert(label.clone()) {
                continue;
            }
            for (_, range) in beyond.iter().filter(|(defined, _)| *defined == label) {
                open.extend(
                    self.used.iter().filter(|(_, at)| range.contains(at)).map(|(used, _)| used.clone()),
                );
                found.push(range.clone());
            }
        }
        found.sort_by_key(|range| range.start);
        found
    }
}
