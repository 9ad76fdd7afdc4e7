//! The body's outline as GFM sees it: sections, checklist items, numbered steps, links.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::definitions::{Definitions, Label};
use super::item::normalize;
use super::scope::is_free;
use super::{DeploymentMark, Item, ItemKey, Link, Section, Step};

/// Deepest nesting of lists, quotes and definitions that is read.
pub(super) const MAX_DEPTH: usize = 200;

/// Most checklist items that one record may hold.
pub(super) const MAX_ITEMS: usize = 10_000;

/// The Markdown of records and pages. Every reader of a body uses this, so that all see the same boxes.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// What the body holds; all ranges are of the whole file.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    pub(super) items: Vec<Item>,
    pub(super) steps: Vec<Step>,
    pub(super) links: Vec<Link>,
    /// See [`Record::definitions`](super::Record::definitions).
    pub(super) definitions: Vec<Range<usize>>,
}

/// Why a body is not read, with the byte at which it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// Lists, quotes or definitions nested deeper than [`MAX_DEPTH`].
    Nested(usize),
    /// More than [`MAX_ITEMS`] items.
    Items(usize),
}

/// Reads the outline of `source` from `body_start` on, in one pass.
///
/// # Errors
/// [`TooMuch`] when the body is nested too deeply or holds too many items.
pub(super) fn read_outline(source: &str, body_start: usize) -> Result<Outline, TooMuch> {
    let mut reader = Reader { source, ..Reader::default() };
    let body = with_final_line_end(&source[body_start..]);
    let mut events = Parser::new_ext(&body, markdown_options()).into_offset_iter();
    let mut definitions = Definitions::default();
    for (event, range) in events.by_ref() {
        let end = (range.end + body_start).min(source.len());
        let range = range.start + body_start..end;
        definitions.event(&event, &range);
        reader.event(event, range)?;
    }
    for (label, definition) in events.reference_definitions().iter() {
        let Range { start, end } = definition.span;
        definitions.define(Label::link(label), start + body_start..(end + body_start).min(source.len()));
    }
    let mut outline = reader.finish();
    outline.definitions = definitions.beyond_the_text(&outline.sections);
    Ok(outline)
}

/// The parser sees a box only when something follows it; a line end that is missing at the end of the file
/// must not make the difference.
fn with_final_line_end(body: &str) -> Cow<'_, str> {
    if body.ends_with(']') { Cow::Owned(format!("{body}\n")) } else { Cow::Borrowed(body) }
}

/// A list item that has not ended.
#[derive(Default)]
struct OpenItem {
    span: Range<usize>,
    /// Where the last piece of its text ends.
    text_end: usize,
    /// Index into the outline's items once its box has been seen.
    item_idx: Option<usize>,
    /// Whether its first block is over, so that what follows is no part of its text.
    named: bool,
}

#[derive(Default)]
struct Reader<'a> {
    source: &'a str,
    outline: Outline,
    /// Lists, quotes and definitions around the current place.
    depth: usize,
    /// The next number of every open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    open_items: Vec<OpenItem>,
    /// The heading being read: its level-2 range, when it makes a section.
    heading: Option<Range<usize>>,
    heading_text: String,
    section: Option<usize>,
    repeats: HashMap<Arc<str>, u16>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), TooMuch> {
        match event {
            Event::Start(tag) => self.start(tag, range)?,
            Event::End(tag) => self.end(tag),
            Event::TaskListMarker(checked) => self.mark(checked, &range)?,
            Event::Text(text) | Event::Code(text) => self.text(&text, range.end),
            Event::SoftBreak | Event::HardBreak => self.text(" ", 0),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) -> Result<(), TooMuch> {
        match tag {
            Tag::List(first) => {
                self.close_name();
                self.lists.push(first);
                self.deeper(range.start)?;
            }
            Tag::BlockQuote(_) | Tag::FootnoteDefinition(_) | Tag::DefinitionListDefinition => {
                self.close_name();
                self.deeper(range.start)?;
            }
            Tag::Item => self.start_item(range),
            Tag::Heading { level, .. } => self.start_heading(level, range),
            Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Table(_) => self.close_name(),
            Tag::Link { link_type, dest_url, .. } => {
                let destination = match link_type {
                    LinkType::Email => format!("mailto:{dest_url}"),
                    _ => dest_url.into_string(),
                };
                self.outline.links.push(Link { destination, image: false, span: range });
            }
            Tag::Image { dest_url, .. } => {
                self.outline.links.push(Link {
                    destination: dest_url.into_string(),
                    image: true,
                    span: range,
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => {
                self.lists.pop();
                self.depth -= 1;
            }
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition | TagEnd::DefinitionListDefinition => {
                self.depth -= 1;
            }
            TagEnd::Item => self.end_item(),
            TagEnd::Paragraph | TagEnd::DefinitionListTitle => self.close_name(),
            TagEnd::Heading(_) => {
                self.close_name();
                self.end_heading();
            }
            _ => {}
        }
    }

    fn deeper(&mut self, offset: usize) -> Result<(), TooMuch> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(TooMuch::Nested(offset)) } else { Ok(()) }
    }

    fn text(&mut self, text: &str, end: usize) {
        if self.heading.is_some() {
            self.heading_text.push_str(text);
        }
        if let Some(OpenItem { item_idx: Some(idx), named: false, text_end, .. }) = self.open_items.last_mut()
        {
            self.outline.items[*idx].text.push_str(text);
            *text_end = end.max(*text_end);
        }
    }

    /// The text of the innermost item is complete.
    fn close_name(&mut self) {
        if let Some(open) = self.open_items.last_mut() {
            open.named |= open.item_idx.is_some();
        }
    }

    fn start_item(&mut self, range: Range<usize>) {
        let n_bytes = self.source[range.clone()].trim_end().len();
        let span = range.start..range.start + n_bytes;
        if let Some(Some(next)) = self.lists.last_mut() {
            self.outline.steps.push(Step { number: *next, section: self.section, span: span.clone() });
            *next = next.saturating_add(1);
        }
        self.open_items.push(OpenItem { span, ..OpenItem::default() });
    }

    fn mark(&mut self, checked: bool, range: &Range<usize>) -> Result<(), TooMuch> {
        let Some(open) = self.open_items.last_mut() else { return Ok(()) };
        if self.outline.items.len() == MAX_ITEMS {
            return Err(TooMuch::Items(range.start));
        }
        open.item_idx = Some(self.outline.items.len());
        self.outline.items.push(Item {
            key: ItemKey { text: "".into(), nth: 0 },
            text: String::new(),
            checked,
            section: self.section,
            span: open.span.clone(),
            // Blanks between bullet and box belong to the event's range.
            mark: range.end - 3..range.end,
            deployed_on: None,
            text_end: range.end,
        });
        Ok(())
    }

    fn end_item(&mut self) {
        let Some(OpenItem { item_idx: Some(idx), text_end, .. }) = self.open_items.pop() else { return };
        let item = &mut self.outline.items[idx];
        item.text = collapse(&item.text);
        item.text_end = item.text_end.max(text_end);
        // As it stands in the file: what markup makes look so is a text like any other.
        let written = &self.source[item.mark.end..item.text_end];
        if let (Some(mark), Some(_)) = (trailing_mark(written), trailing_mark(&item.text)) {
            let start =
                item.mark.end + written[..written.len() - mark.len()].trim_end_matches([' ', '\t']).len();
            let text = mark[4..mark.len() - 1].into();
            item.deployed_on = Some(DeploymentMark { text, span: start..item.text_end });
            item.text.truncate(item.text.len() - mark.len());
            item.text.truncate(item.text.trim_end().len());
            item.text_end = start;
        }
        item.key.text = normalize(&item.text).into();
        // What stands where anybody may write is no item of the policy's, whatever it is called.
        let section = item.section.map(|section| &self.outline.sections[section]);
        if let Some(section) = section.filter(|section| is_free(section)) {
            item.key.text = format!("{}: {}", normalize(&section.title), item.key.text).into();
        }
    }

    /// Headings inside lists, quotes and definitions divide nothing: a quoted `## Notes` hides no text from the scope.
    fn start_heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        if self.depth > 0 || level > HeadingLevel::H2 {
            return;
        }
        let start = self.source[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
        if let Some(previous) = self.section.take() {
            self.outline.sections[previous].content.end = start;
        }
        if level == HeadingLevel::H2 {
            let written = self.source[..range.end].trim_end_matches(['\n', '\r']).len().max(range.start);
            let end = self.source[written..].find('\n').map_or(self.source.len(), |at| written + at + 1);
            self.heading = Some(start..end);
            self.heading_text.clear();
        }
    }

    fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else { return };
        let content = heading.end..self.source.len();
        self.section = Some(self.outline.sections.len());
        self.outline.sections.push(Section { title: collapse(&self.heading_text), heading, content });
    }

    /// Numbers the items of one text in the order of the file, which is not the order in which they end.
    fn finish(mut self) -> Outline {
        for item in &mut self.outline.items {
            let count = self.repeats.entry(item.key.text.clone()).or_default();
            item.key.nth = *count;
            *count += 1;
        }
        self.outline
    }
}

/// The mark of a deployment that ends a text: `(on 4ed4da57c2b1)`, a number behind the digits or none. A text that is
/// nothing else has none.
fn trailing_mark(text: &str) -> Option<&str> {
    let start = text.rfind(" (on ")? + 1;
    let inside = text[start..].strip_prefix("(on ")?.strip_suffix(')')?;
    let (digits, number) = inside.split_once(' ').unwrap_or((inside, "2"));
    let is_digest =
        digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let is_number =
        !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty();
    (is_digest && is_number && number.len() < 9 && !text[..start].trim().is_empty()).then_some(&text[start..])
}

fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}
