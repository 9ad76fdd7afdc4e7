//! Blocks that are more than a pair of tags: headings, callouts, code, items, footnotes.

use std::fmt::Write;

use pulldown_cmark::{BlockQuoteKind, CowStr, Event, HeadingLevel, Tag, TagEnd};

use super::inline::plain_text;
use super::{Dialect, Heading, Writer, key};
use crate::record::slug;
use crate::site::text::{capitalized, push_escaped};

impl Writer<'_, '_> {
    pub(super) fn start_heading(&mut self, level: HeadingLevel, id: Option<&CowStr<'_>>, index: usize) {
        let text = plain_text(&self.events[index + 1..], |end| matches!(end, TagEnd::Heading(_)));
        let base = id.map_or_else(|| slug(&text), |id| id.to_string());
        let base = if base.is_empty() { "section".to_owned() } else { base };
        let id = self.unique(base);
        let level = self.shown(level);
        let _ = write!(self.out, "<h{level} id=\"");
        push_escaped(&mut self.out, &id);
        self.out.push_str("\">");
        self.rendered.headings.push(Heading { level, id, text });
        self.quiet += 1;
    }

    pub(super) fn end_heading(&mut self, level: HeadingLevel) {
        self.quiet = self.quiet.saturating_sub(1);
        let level = self.shown(level);
        if let Some(heading) = self.rendered.headings.last() {
            let _ = write!(
                self.out,
                "<a class=\"{0}anchor\" aria-label=\"{0}Link to this section\" href=\"#",
                key()
            );
            push_escaped(&mut self.out, &heading.id);
            self.out.push_str("\"></a>");
        }
        let _ = writeln!(self.out, "</h{level}>");
    }

    pub(super) fn shown(&self, level: HeadingLevel) -> u8 {
        let level = level as u8;
        if self.options.dialect == Dialect::Record { level.max(2) } else { level }
    }

    pub(super) fn start_term(&mut self, index: usize) {
        let text = plain_text(&self.events[index + 1..], |end| matches!(end, TagEnd::DefinitionListTitle));
        let id = self.unique(slug(&text));
        self.out.push_str("<dt id=\"");
        push_escaped(&mut self.out, &id);
        self.out.push_str("\">");
    }

    /// The forges number repeated anchors from 1: `plan`, `plan-1`, `plan-2`.
    pub(super) fn unique(&mut self, base: String) -> String {
        let mut id = base.clone();
        let mut number = self.slugs.get(&base).copied().unwrap_or(0);
        while self.slugs.contains_key(&id) {
            number += 1;
            id = format!("{base}-{number}");
        }
        self.slugs.insert(base, number);
        self.slugs.entry(id.clone()).or_insert(0);
        id
    }

    pub(super) fn start_quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.flush_note();
        let Some(kind) = kind else {
            self.out.push_str("<blockquote>\n");
            self.ends.push("</blockquote>\n");
            return;
        };
        let word = match kind {
            BlockQuoteKind::Note => "note",
            BlockQuoteKind::Tip => "tip",
            BlockQuoteKind::Important => "important",
            BlockQuoteKind::Warning => "warning",
            BlockQuoteKind::Caution => "caution",
        };
        let _ = writeln!(
            self.out,
            "<div class=\"{0}callout {word}\" role=\"{0}note\"><p class=\"{0}callout-title\">{1}</p>",
            key(),
            capitalized(word)
        );
        self.ends.push("</div>\n");
    }

    pub(super) fn start_item(&mut self, index: usize) {
        self.note = None;
        let mut inside = self.events.get(index + 1..).unwrap_or_default().iter().map(|(event, _)| event);
        // What may stand between an item's begin and its box: a paragraph, or the term of a definition.
        let is_between = |event: &&Event<'_>| {
            matches!(event, Event::Start(Tag::Paragraph | Tag::DefinitionList | Tag::DefinitionListTitle))
        };
        if let Some(Event::TaskListMarker(_)) = inside.find(|event| !is_between(event)) {
            let _ = write!(self.out, "<li class=\"{}task\">", key());
        } else {
            self.out.push_str("<li>");
        }
    }

    pub(super) fn task_box(&mut self, checked: bool, start: usize) {
        let (class, word) = if checked { ("box done", "done") } else { ("box", "open") };
        let _ = write!(
            self.out,
            "<span class=\"{0}{class}\" role=\"{0}img\" aria-label=\"{0}{word}\"></span> ",
            key()
        );
        self.note = self.ask_box(start);
    }

    pub(super) fn flush_note(&mut self) {
        if let Some(note) = self.note.take() {
            self.out.push(' ');
            self.out.push_str(&note);
        }
    }

    /// Footnotes are numbered as the text refers to them; what nothing refers to comes last.
    pub(super) fn number_footnotes(&mut self) {
        let events = self.events;
        let references = events.iter().filter_map(|(event, _)| match event {
            Event::FootnoteReference(name) => Some(name),
            _ => None,
        });
        let definitions = events.iter().filter_map(|(event, _)| match event {
            Event::Start(Tag::FootnoteDefinition(name)) => Some(name),
            _ => None,
        });
        for name in references.chain(definitions) {
            self.footnote_number(name);
        }
    }

    fn footnote_number(&mut self, name: &str) -> usize {
        let position = self.footnotes.iter().position(|known| known == name).unwrap_or_else(|| {
            self.footnotes.push(name.to_owned());
            self.footnotes.len() - 1
        });
        position + 1
    }

    pub(super) fn footnote_reference(&mut self, name: &str) {
        let number = self.footnote_number(name);
        let id = self.unique(format!("fnref.{number}"));
        let _ = write!(
            self.out,
            "<sup class=\"{}footnote-reference\" id=\"{id}\"><a href=\"#fn.{number}\">{number}</a></sup>",
            key()
        );
    }

    pub(super) fn start_footnote(&mut self, name: &str) {
        let number = self.footnote_number(name);
        self.outer.push((std::mem::take(&mut self.out), number));
    }

    pub(super) fn end_footnote(&mut self) {
        let Some((outer, number)) = self.outer.pop() else { return };
        let note = std::mem::replace(&mut self.out, outer);
        self.notes.entry(number).or_default().push_str(&note);
    }

    /// Writes the notes behind the text.
    pub(super) fn push_notes(&mut self) {
        for (number, note) in std::mem::take(&mut self.notes) {
            let _ = write!(
                self.out,
                "<div class=\"{0}footnote\" id=\"fn.{number}\"><sup class=\"{0}footnote-label\">{number}</sup>{note}",
                key()
            );
            // One way back for each reference, whose anchors are numbered as all that are repeated.
            let repeated = (1..).map(|count| format!("fnref.{number}-{count}"));
            let anchors = std::iter::once(format!("fnref.{number}")).chain(repeated);
            let anchors = anchors.take_while(|anchor| self.slugs.contains_key(anchor)).enumerate();
            for (count, anchor) in anchors {
                let label = if count == 0 {
                    "Back to the text".to_owned()
                } else {
                    format!("Back to reference {}", count + 1)
                };
                let _ = write!(
                    self.out,
                    "<a class=\"{0}footnote-back\" aria-label=\"{0}{label}\" href=\"#{anchor}\">↩</a>",
                    key()
                );
            }
            self.out.push_str("</div>\n");
        }
    }
}
