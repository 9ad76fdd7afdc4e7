//! Markdown to HTML: pulldown-cmark's events, written by us, then sanitised.
//!
//! What it adds to CommonMark and GFM: heading anchors, boxes with who ticked them, IDs as links, links
//! between files as links between pages, wide tables that scroll by themselves.

mod asked;
mod autolink;
mod block;
mod code;
mod hidden;
mod inline;
mod kept;
mod rendered;
mod step;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd, TextMergeWithOffset};

use super::links::{LinkScope, push_with_ids};
use super::memory::Html;
use super::sanitize::{key, sanitized};
use super::text::push_escaped;
use super::words::Words;
use crate::record::markdown_options;
use asked::Question;
pub(super) use code::is_code;
pub(super) use rendered::{AnchorUse, BrokenLink, ExternalLink, Heading, Rendered};

/// Whose Markdown a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A record's, as the rules of records read it. Its page has a title of its own, so that headings of level 1
    /// are written as level 2.
    Record,
    /// The manual's, as mdBook reads it.
    Manual,
}

/// What the writer needs besides the text.
pub(super) struct Options<'a> {
    /// Resolves links.
    pub(super) scope: &'a LinkScope<'a>,
    /// Where the Markdown begins in the source, in bytes; added to every span.
    pub(super) offset: usize,
    /// Whose Markdown it is.
    pub(super) dialect: Dialect,
    /// HTML (safe) to put behind the text of the box whose mark stands at that byte of the source.
    pub(super) note: &'a dyn Fn(usize) -> Option<String>,
}

/// Renders Markdown, or says again what was rendered from the same text and the same answers of the book.
pub(super) fn render(markdown: &str, options: &Options<'_>) -> Rendered {
    match options.scope.model.input.memory {
        Some(memory) => kept::render(markdown, options, memory),
        None => fresh(markdown, options, false).0,
    }
}

/// Renders Markdown; gives what the text asked of the book, where that is wanted.
fn fresh(markdown: &str, options: &Options<'_>, asking: bool) -> (Rendered, BTreeSet<Question>) {
    let events = events(markdown, markdown_options_of(options));
    let mut writer = Writer {
        options,
        events: &events,
        out: String::with_capacity(markdown.len() * 2),
        asked: asking.then(BTreeSet::new),
        ..Writer::new(options)
    };
    writer.run();
    let mut rendered = writer.rendered;
    rendered.html = Html::new(sanitized(&writer.out, &writer.set_aside));
    rendered.words = words(&events);
    (rendered, writer.asked.unwrap_or_default())
}

type Events<'e> = Vec<(Event<'e>, Range<usize>)>;

fn events(markdown: &str, options: pulldown_cmark::Options) -> Events<'_> {
    TextMergeWithOffset::new(Parser::new_ext(markdown, options).into_offset_iter()).collect()
}

fn markdown_options_of(options: &Options<'_>) -> pulldown_cmark::Options {
    use pulldown_cmark::Options as Markdown;
    let mut wanted = markdown_options();
    if options.dialect == Dialect::Manual {
        wanted |= Markdown::ENABLE_HEADING_ATTRIBUTES;
        let smart = options.scope.model.input.config.smart_punctuation;
        wanted.set(Markdown::ENABLE_SMART_PUNCTUATION, smart);
    }
    wanted
}

/// The words of a text that is not rendered, for the search.
pub(super) fn words_of(markdown: &str) -> String {
    words(&events(markdown, markdown_options()))
}

fn words(events: &[(Event<'_>, Range<usize>)]) -> String {
    let mut words = Words::default();
    for (event, _) in events {
        if let Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) = event {
            words.add(text);
        }
    }
    words.lowered().join(" ")
}

struct Writer<'a, 'e> {
    options: &'a Options<'a>,
    events: &'a [(Event<'e>, Range<usize>)],
    out: String,
    rendered: Rendered,
    slugs: std::collections::HashMap<String, usize>,
    footnotes: Vec<String>,
    /// Finished notes by number, to be written behind the text.
    notes: std::collections::BTreeMap<usize, String>,
    /// What was being written when each open footnote began, and the note's number.
    outer: Vec<(String, usize)>,
    table: table::Table,
    /// Open links and headings: no ID becomes a link in them.
    quiet: usize,
    /// Open links: nothing becomes a link in them.
    in_link: usize,
    /// The block of code that is being read.
    code: Option<code::Block>,
    /// How many bytes of code are in colour.
    colored: usize,
    /// Finished HTML that no sanitiser need see, by its place in the text.
    set_aside: Vec<String>,
    /// What each open link or quotation ends with.
    ends: Vec<&'static str>,
    steps: step::Steps,
    /// The note of a box, waiting for the end of its text.
    note: Option<String>,
    raw: Option<(String, usize)>,
    /// What the text asked of the book, where that is wanted.
    asked: Option<BTreeSet<Question>>,
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
            notes: std::collections::BTreeMap::new(),
            outer: Vec::new(),
            table: table::Table::default(),
            quiet: 0,
            in_link: 0,
            code: None,
            colored: 0,
            set_aside: Vec::new(),
            ends: Vec::new(),
            steps: step::Steps::default(),
            note: None,
            raw: None,
            asked: None,
        }
    }

    fn run(&mut self) {
        let events = self.events;
        self.number_footnotes();
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
                Event::Text(text) => self.text(text, span.start),
                Event::Code(code) => self.code_span(code, index, span.end),
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
        self.push_notes();
    }

    fn wrapped(&mut self, before: &str, text: &str, after: &str) {
        self.out.push_str(before);
        push_escaped(&mut self.out, text);
        self.out.push_str(after);
    }

    fn text(&mut self, text: &str, start: usize) {
        if let Some(code) = &mut self.code {
            code.text.push_str(text);
            return;
        }
        if self.in_link > 0 {
            push_escaped(&mut self.out, text);
            return;
        }
        let text = self.without_stop(text, start);
        let mut done = 0;
        for autolink::Autolink { range, prefix } in autolink::find(text) {
            self.plain(&text[done..range.start]);
            done = range.end;
            let address = &text[range];
            self.external(&format!("{prefix}{address}"), start);
            self.out.push_str("<a href=\"");
            self.out.push_str(prefix);
            push_escaped(&mut self.out, address);
            self.wrapped("\">", address, "</a>");
        }
        self.plain(&text[done..]);
    }

    /// Text without addresses.
    fn plain(&mut self, text: &str) {
        if self.quiet > 0 {
            push_escaped(&mut self.out, text);
        } else {
            let (scope, asked) = (self.options.scope, &mut self.asked);
            push_with_ids(&mut self.out, text, |word| {
                if let Some(asked) = asked {
                    asked.insert(Question::Word(word.to_owned()));
                }
                scope.address_of(word)
            });
        }
    }

    fn start(&mut self, tag: &Tag<'_>, index: usize, span: Range<usize>) {
        match tag {
            Tag::Heading { level, id, .. } => self.start_heading(*level, id.as_ref(), index),
            Tag::BlockQuote(kind) => self.start_quote(*kind),
            Tag::CodeBlock(kind) => self.start_code(kind),
            Tag::HtmlBlock => self.raw = Some((String::new(), span.start)),
            Tag::List(first) => {
                self.flush_note();
                self.steps.open(first.is_some());
                match first {
                    None => self.out.push_str("<ul>\n"),
                    Some(1) => self.out.push_str("<ol>\n"),
                    Some(first) => drop(writeln!(self.out, "<ol start=\"{first}\">")),
                }
            }
            Tag::Item => self.start_item(index),
            Tag::DefinitionListTitle => self.start_term(index),
            Tag::FootnoteDefinition(name) => self.start_footnote(name),
            Tag::Table(alignments) => self.start_table(alignments),
            Tag::TableHead => self.start_table_head(),
            Tag::TableRow => self.start_row(),
            Tag::TableCell => self.start_cell(),
            Tag::Link { link_type, dest_url, title, .. } => {
                self.start_link(*link_type, dest_url, title, span)
            }
            other => self.out.push_str(simple(&other.to_end()).0),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::DefinitionListTitle => {
                self.flush_note();
                self.out.push_str(simple(&tag).1);
            }
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::BlockQuote(_) => self.pop_end(),
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {
                if let Some((html, start)) = self.raw.take() {
                    self.raw_html(&html, start);
                }
            }
            TagEnd::List(ordered) => {
                self.steps.close();
                self.out.push_str(if ordered { "</ol>\n" } else { "</ul>\n" });
            }
            TagEnd::Item => {
                self.flush_note();
                self.out.push_str("</li>\n");
            }
            TagEnd::FootnoteDefinition => self.end_footnote(),
            TagEnd::Table => self.out.push_str("</tbody></table></div>\n"),
            TagEnd::TableHead => self.end_table_head(),
            TagEnd::TableRow => self.out.push_str("</tr>\n"),
            TagEnd::TableCell => self.end_cell(),
            TagEnd::Link => {
                self.quiet = self.quiet.saturating_sub(1);
                self.in_link = self.in_link.saturating_sub(1);
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
}

/// Tags of the elements that carry nothing but their name.
fn simple(tag: &TagEnd) -> (&'static str, &'static str) {
    match tag {
        TagEnd::Paragraph => ("<p>", "</p>\n"),
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

#[cfg(test)]
mod tests;
