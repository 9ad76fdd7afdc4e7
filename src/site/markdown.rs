//! Markdown to HTML: pulldown-cmark's events, written by us, then sanitised.
//!
//! What it adds to CommonMark and GFM: heading anchors, boxes with who ticked them, IDs as links, links
//! between files as links between pages, wide tables that scroll by themselves.

use std::fmt::Write;
use std::ops::Range;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Parser, Tag, TagEnd,
    TextMergeWithOffset,
};

use super::links::{LinkScope, Resolved};
use super::raw_html;
use super::sanitize::{key, sanitized};
use super::text::{capitalized, push_escaped, slug};
use crate::record::markdown_options;

/// One rendered text.
#[derive(Debug, Clone, Default)]
pub(super) struct Rendered {
    /// Sanitised HTML.
    pub(super) html: String,
    /// Headings in order, for "on this page".
    pub(super) headings: Vec<Heading>,
    /// Links to anchors, to be checked when every page is known.
    pub(super) anchors: Vec<AnchorUse>,
    /// Links that lead nowhere: where in the source, and why.
    pub(super) broken: Vec<BrokenLink>,
}

/// A heading with its anchor.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Heading {
    /// 1 to 6, as written.
    pub(super) level: u8,
    /// The anchor, without `#`.
    pub(super) id: String,
    /// Without markup.
    pub(super) text: String,
}

/// A link to an anchor of a page of the site.
#[derive(Debug, Clone)]
pub(super) struct AnchorUse {
    /// The page's path in the site.
    pub(super) page: String,
    /// The anchor, decoded, without `#`.
    pub(super) fragment: String,
    /// As written.
    pub(super) destination: String,
    /// Where, in bytes of the source.
    pub(super) span: Range<usize>,
}

/// A link that leads nowhere.
#[derive(Debug, Clone)]
pub(super) struct BrokenLink {
    /// As in a diagnostic.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// Where, in bytes of the source.
    pub(super) span: Range<usize>,
}

/// What the writer needs besides the text.
pub(super) struct Options<'a> {
    /// Resolves links.
    pub(super) scope: &'a LinkScope<'a>,
    /// Where the Markdown begins in the source, in bytes; added to every span.
    pub(super) offset: usize,
    /// Write headings of level 1 as level 2, where the page has a title of its own.
    pub(super) demote: bool,
    /// HTML (safe) to put behind the text of the box whose mark stands at that byte of the source.
    pub(super) note: &'a dyn Fn(usize) -> Option<String>,
}

/// Renders Markdown.
pub(super) fn render(markdown: &str, options: &Options<'_>) -> Rendered {
    let events: Vec<(Event<'_>, Range<usize>)> =
        TextMergeWithOffset::new(Parser::new_ext(markdown, markdown_options()).into_offset_iter()).collect();
    let mut writer = Writer {
        options,
        events: &events,
        out: String::with_capacity(markdown.len() * 2),
        ..Writer::new(options)
    };
    writer.run();
    let mut rendered = writer.rendered;
    rendered.html = sanitized(&writer.out);
    rendered
}

struct Writer<'a, 'e> {
    options: &'a Options<'a>,
    events: &'a [(Event<'e>, Range<usize>)],
    out: String,
    rendered: Rendered,
    slugs: std::collections::HashMap<String, usize>,
    footnotes: Vec<String>,
    alignments: Vec<Alignment>,
    in_head: bool,
    cell: usize,
    /// Open links and headings: no ID becomes a link in them.
    quiet: usize,
    in_code: bool,
    /// What each open link or quotation ends with.
    ends: Vec<&'static str>,
    /// The note of a box, waiting for the end of its text.
    note: Option<String>,
    raw: Option<(String, usize)>,
}

impl<'a, 'e> Writer<'a, 'e> {
    fn new(options: &'a Options<'a>) -> Self {
        Writer {
            options,
            events: &[],
            out: String::new(),
            rendered: Rendered::default(),
            slugs: std::collections::HashMap::new(),
            footnotes: Vec::new(),
            alignments: Vec::new(),
            in_head: false,
            cell: 0,
            quiet: 0,
            in_code: false,
            ends: Vec::new(),
            note: None,
            raw: None,
        }
    }

    fn run(&mut self) {
        let events = self.events;
        let mut index = 0;
        while let Some((event, span)) = events.get(index) {
            let span = span.start + self.options.offset..span.end + self.options.offset;
            match event {
                Event::Start(Tag::Image { dest_url, title, .. }) => {
                    index = self.image(index, dest_url, title, span);
                    continue;
                }
                Event::Start(tag) => self.start(tag, index, span),
                Event::End(tag) => self.end(*tag),
                Event::Text(text) => self.text(text),
                Event::Code(code) => self.wrapped("<code>", code, "</code>"),
                Event::InlineMath(text) => {
                    self.wrapped(&format!("<code class=\"{}math\">", key()), text, "</code>")
                }
                Event::DisplayMath(text) => {
                    self.wrapped(&format!("<code class=\"{}math\">", key()), text, "</code>")
                }
                Event::Html(html) => match &mut self.raw {
                    Some((raw, _)) => raw.push_str(html),
                    None => self.raw_html(html, span.start),
                },
                Event::InlineHtml(html) => self.raw_html(html, span.start),
                Event::FootnoteReference(name) => self.footnote_reference(name),
                Event::SoftBreak => self.out.push('\n'),
                Event::HardBreak => self.out.push_str("<br>\n"),
                Event::Rule => self.out.push_str("<hr>\n"),
                Event::TaskListMarker(checked) => self.task_box(*checked, span.start),
            }
            index += 1;
        }
    }

    fn wrapped(&mut self, before: &str, text: &str, after: &str) {
        self.out.push_str(before);
        push_escaped(&mut self.out, text);
        self.out.push_str(after);
    }

    fn text(&mut self, text: &str) {
        if self.quiet > 0 || self.in_code {
            push_escaped(&mut self.out, text);
        } else {
            self.options.scope.push_with_ids(&mut self.out, text);
        }
    }

    fn start(&mut self, tag: &Tag<'_>, index: usize, span: Range<usize>) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::Heading { level, id, .. } => self.start_heading(*level, id.as_ref(), index),
            Tag::BlockQuote(kind) => self.start_quote(*kind),
            Tag::CodeBlock(kind) => self.start_code(kind),
            Tag::HtmlBlock => self.raw = Some((String::new(), span.start)),
            Tag::List(first) => {
                self.flush_note();
                match first {
                    None => self.out.push_str("<ul>\n"),
                    Some(1) => self.out.push_str("<ol>\n"),
                    Some(first) => drop(writeln!(self.out, "<ol start=\"{first}\">")),
                }
            }
            Tag::Item => self.start_item(index),
            Tag::FootnoteDefinition(name) => self.start_footnote(name),
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                let _ = write!(
                    self.out,
                    "<div class=\"{0}scroll\" role=\"{0}region\" aria-label=\"{0}Table\" tabindex=\"{0}0\"><table>\n",
                    key()
                );
            }
            Tag::TableHead => {
                self.in_head = true;
                self.cell = 0;
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.cell = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => self.start_cell(),
            Tag::Link { link_type, dest_url, title, .. } => {
                self.start_link(*link_type, dest_url, title, span)
            }
            other => self.out.push_str(simple(&other.to_end()).0),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush_note();
                self.out.push_str("</p>\n");
            }
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::BlockQuote(_) => self.pop_end(),
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.out.push_str("</code></pre>\n");
            }
            TagEnd::HtmlBlock => {
                if let Some((html, start)) = self.raw.take() {
                    self.raw_html(&html, start);
                }
            }
            TagEnd::List(ordered) => self.out.push_str(if ordered { "</ol>\n" } else { "</ul>\n" }),
            TagEnd::Item => {
                self.flush_note();
                self.out.push_str("</li>\n");
            }
            TagEnd::FootnoteDefinition => self.out.push_str("</div>\n"),
            TagEnd::Table => self.out.push_str("</tbody></table></div>\n"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead>\n<tbody>\n");
            }
            TagEnd::TableRow => self.out.push_str("</tr>\n"),
            TagEnd::TableCell => {
                self.out.push_str(if self.in_head { "</th>" } else { "</td>" });
                self.cell += 1;
            }
            TagEnd::Link => {
                self.quiet = self.quiet.saturating_sub(1);
                self.pop_end();
            }
            other => self.out.push_str(simple(&other).1),
        }
    }

    fn pop_end(&mut self) {
        if let Some(end) = self.ends.pop() {
            self.out.push_str(end);
        }
    }

    fn start_heading(&mut self, level: HeadingLevel, id: Option<&CowStr<'_>>, index: usize) {
        let text = plain_text(&self.events[index + 1..], |end| matches!(end, TagEnd::Heading(_)));
        let base = id.map_or_else(|| slug(&text), |id| slug(id));
        let base = if base.is_empty() { "section".to_owned() } else { base };
        let id = self.unique(base);
        let level = self.shown(level);
        let _ = write!(self.out, "<h{level} id=\"");
        push_escaped(&mut self.out, &id);
        self.out.push_str("\">");
        self.rendered.headings.push(Heading { level, id, text });
        self.quiet += 1;
    }

    fn end_heading(&mut self, level: HeadingLevel) {
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

    fn shown(&self, level: HeadingLevel) -> u8 {
        let level = level as u8;
        if self.options.demote { level.max(2) } else { level }
    }

    /// The forges number repeated anchors from 1: `plan`, `plan-1`, `plan-2`.
    fn unique(&mut self, base: String) -> String {
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

    fn start_quote(&mut self, kind: Option<BlockQuoteKind>) {
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

    fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.flush_note();
        self.in_code = true;
        let _ = write!(self.out, "<pre tabindex=\"{}0\"><code", key());
        if let CodeBlockKind::Fenced(info) = kind {
            let word = info.split([' ', ',', '\t']).next().unwrap_or("");
            let word: String =
                word.chars().filter(|c| c.is_ascii_alphanumeric() || "+-_#".contains(*c)).collect();
            if !word.is_empty() {
                let _ = write!(self.out, " class=\"{}language-{word}\"", key());
            }
        }
        self.out.push('>');
    }

    fn start_item(&mut self, index: usize) {
        self.note = None;
        let is_box =
            |event: Option<&(Event<'_>, Range<usize>)>| matches!(event, Some((Event::TaskListMarker(_), _)));
        let after_paragraph = matches!(self.events.get(index + 1), Some((Event::Start(Tag::Paragraph), _)));
        if is_box(self.events.get(index + 1)) || (after_paragraph && is_box(self.events.get(index + 2))) {
            let _ = write!(self.out, "<li class=\"{}task\">", key());
        } else {
            self.out.push_str("<li>");
        }
    }

    fn task_box(&mut self, checked: bool, start: usize) {
        let (class, word) = if checked { ("box done", "done") } else { ("box", "open") };
        let _ = write!(
            self.out,
            "<span class=\"{0}{class}\" role=\"{0}img\" aria-label=\"{0}{word}\"></span> ",
            key()
        );
        self.note = (self.options.note)(start);
    }

    fn flush_note(&mut self) {
        if let Some(note) = self.note.take() {
            self.out.push(' ');
            self.out.push_str(&note);
        }
    }

    fn start_cell(&mut self) {
        let class = match self.alignments.get(self.cell) {
            Some(Alignment::Left) => "left",
            Some(Alignment::Center) => "center",
            Some(Alignment::Right) => "right",
            _ => "",
        };
        self.out.push_str(if self.in_head { "<th scope=\"col\"" } else { "<td" });
        if !class.is_empty() {
            let _ = write!(self.out, " class=\"{}a-{class}\"", key());
        }
        self.out.push('>');
    }

    fn footnote_number(&mut self, name: &str) -> usize {
        let position = self.footnotes.iter().position(|known| known == name).unwrap_or_else(|| {
            self.footnotes.push(name.to_owned());
            self.footnotes.len() - 1
        });
        position + 1
    }

    fn footnote_reference(&mut self, name: &str) {
        let number = self.footnote_number(name);
        let _ = write!(
            self.out,
            "<sup class=\"{}footnote-reference\"><a href=\"#fn.{number}\">{number}</a></sup>",
            key()
        );
    }

    fn start_footnote(&mut self, name: &str) {
        let number = self.footnote_number(name);
        let _ = write!(
            self.out,
            "<div class=\"{0}footnote\" id=\"fn.{number}\"><sup class=\"{0}footnote-label\">{number}</sup>",
            key()
        );
    }

    fn start_link(&mut self, kind: LinkType, destination: &str, title: &str, span: Range<usize>) {
        self.quiet += 1;
        let mail = kind == LinkType::Email;
        let destination = if mail { format!("mailto:{destination}") } else { destination.to_owned() };
        match self.resolve(&destination, false, span) {
            Some(href) => {
                self.out.push_str("<a href=\"");
                push_escaped(&mut self.out, &href);
                self.push_title(title);
                self.ends.push("</a>");
            }
            None => {
                let _ = write!(self.out, "<span class=\"{0}broken-link\" title=\"leads nowhere: ", key());
                push_escaped(&mut self.out, &destination);
                self.out.push_str("\">");
                self.ends.push("</span>");
            }
        }
    }

    fn push_title(&mut self, title: &str) {
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            push_escaped(&mut self.out, title);
        }
        self.out.push_str("\">");
    }

    /// Writes an image and gives the index of the event behind it.
    fn image(&mut self, index: usize, destination: &str, title: &str, span: Range<usize>) -> usize {
        let inner = &self.events[index + 1..];
        let alt = plain_text(inner, |end| matches!(end, TagEnd::Image));
        if super::sanitize::is_foreign(destination) {
            self.out.push_str("<a href=\"");
            push_escaped(&mut self.out, destination);
            self.push_title(title);
            push_escaped(&mut self.out, if alt.is_empty() { destination } else { &alt });
            self.out.push_str("</a>");
        } else if let Some(source) = self.resolve(destination, true, span) {
            self.out.push_str("<img loading=\"lazy\" src=\"");
            push_escaped(&mut self.out, &source);
            self.out.push_str("\" alt=\"");
            push_escaped(&mut self.out, &alt);
            self.push_title(title);
        } else {
            let _ = write!(self.out, "<span class=\"{0}broken-link\">", key());
            push_escaped(&mut self.out, &alt);
            self.out.push_str("</span>");
        }
        index + 1 + image_length(inner)
    }

    fn raw_html(&mut self, html: &str, start: usize) {
        let mut found = Vec::new();
        let rewritten = raw_html::rewritten(html, |address, loaded, range| {
            found.push((address.to_owned(), loaded, start + range.start..start + range.end));
            match self.options.scope.resolve(address, loaded) {
                Resolved::Page { href, .. } | Resolved::File { href } => Some(href),
                _ => None,
            }
        });
        for (address, loaded, span) in found {
            let _ = self.resolve(&address, loaded, span);
        }
        self.out.push_str(&rewritten);
    }

    /// The address to write, with what must be checked or reported noted.
    fn resolve(&mut self, destination: &str, image: bool, span: Range<usize>) -> Option<String> {
        match self.options.scope.resolve(destination, image) {
            Resolved::External => Some(destination.to_owned()),
            Resolved::File { href } => Some(href),
            Resolved::Page { href, page, fragment } => {
                if let Some(fragment) = fragment {
                    self.rendered.anchors.push(AnchorUse {
                        page,
                        fragment,
                        destination: destination.to_owned(),
                        span,
                    });
                }
                Some(href)
            }
            Resolved::Broken { message, help } => {
                self.rendered.broken.push(BrokenLink { message, help, span });
                None
            }
        }
    }
}

/// Tags of the elements that carry nothing but their name.
fn simple(tag: &TagEnd) -> (&'static str, &'static str) {
    match tag {
        TagEnd::Emphasis => ("<em>", "</em>"),
        TagEnd::Strong => ("<strong>", "</strong>"),
        TagEnd::Strikethrough => ("<del>", "</del>"),
        TagEnd::Superscript => ("<sup>", "</sup>"),
        TagEnd::Subscript => ("<sub>", "</sub>"),
        TagEnd::DefinitionList => ("<dl>\n", "</dl>\n"),
        TagEnd::DefinitionListTitle => ("<dt>", "</dt>\n"),
        TagEnd::DefinitionListDefinition => ("<dd>", "</dd>\n"),
        _ => ("", ""),
    }
}

/// The text without markup up to the end that `stop` names.
fn plain_text(events: &[(Event<'_>, Range<usize>)], stop: impl Fn(&TagEnd) -> bool) -> String {
    let mut text = String::new();
    let mut images = 0;
    for (event, _) in events {
        match event {
            Event::Start(Tag::Image { .. }) => images += 1,
            Event::End(TagEnd::Image) if images > 0 => images -= 1,
            Event::End(end) if stop(end) => break,
            Event::Text(part) | Event::Code(part) | Event::InlineMath(part) | Event::DisplayMath(part) => {
                text.push_str(part);
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

/// How many events an image holds after its start, its end included.
fn image_length(events: &[(Event<'_>, Range<usize>)]) -> usize {
    let mut depth = 1;
    for (index, (event, _)) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Image { .. }) => depth += 1,
            Event::End(TagEnd::Image) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    events.len()
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
