//! Links, images and raw HTML: everything that has an address.

use std::fmt::Write;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use super::{AnchorUse, BrokenLink, ExternalLink, Writer, key};
use crate::site::links::Resolved;
use crate::site::raw_html;
use crate::site::sanitize::is_foreign;
use crate::site::text::push_escaped;
use crate::site::view::is_web;

impl Writer<'_, '_> {
    pub(super) fn start_link(&mut self, kind: LinkType, destination: &str, title: &str, span: Range<usize>) {
        self.quiet += 1;
        self.in_link += 1;
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
                self.open_broken(&destination);
                self.ends.push("</span>");
            }
        }
    }

    /// Begins what stands in the place of a link or an image that leads nowhere.
    fn open_broken(&mut self, destination: &str) {
        let _ = write!(self.out, "<span class=\"{}broken-link\" title=\"leads nowhere: ", key());
        push_escaped(&mut self.out, destination);
        self.out.push_str("\">");
    }

    pub(super) fn push_title(&mut self, title: &str) {
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            push_escaped(&mut self.out, title);
        }
        self.out.push_str("\">");
    }

    /// Writes an image and gives the index of the event behind it.
    pub(super) fn image(
        &mut self,
        index: usize,
        destination: &str,
        title: &str,
        span: Range<usize>,
    ) -> usize {
        let inner = &self.events[index + 1..];
        let alt = plain_text(inner, |end| matches!(end, TagEnd::Image));
        if is_foreign(destination) && self.in_link > 0 {
            // The link around it is what a reader follows.
            push_escaped(&mut self.out, if alt.is_empty() { destination } else { &alt });
        } else if is_foreign(destination) {
            self.external(destination, span.start);
            self.out.push_str("<a href=\"");
            push_escaped(&mut self.out, destination);
            self.push_title(title);
            push_escaped(&mut self.out, if alt.is_empty() { destination } else { &alt });
            self.out.push_str("</a>");
        } else if let Some(source) = self.resolve(destination, true, span) {
            self.out.push_str("<img loading=\"lazy\" src=\"");
            push_escaped(&mut self.out, &source);
            if let Resolved::File { size: Some((width, height)), .. } = self.ask_link(destination, true) {
                let _ = write!(self.out, "\" width=\"{width}\" height=\"{height}");
            }
            self.out.push_str("\" alt=\"");
            push_escaped(&mut self.out, &alt);
            self.push_title(title);
        } else {
            self.open_broken(destination);
            push_escaped(&mut self.out, if alt.is_empty() { destination } else { &alt });
            self.out.push_str("</span>");
        }
        index + 1 + image_length(inner)
    }

    pub(super) fn raw_html(&mut self, html: &str, start: usize) {
        let mut found = Vec::new();
        let rewritten = raw_html::rewritten(html, |address, loaded, range| {
            found.push((address.to_owned(), loaded, start + range.start..start + range.end));
            match self.ask_link(address, loaded) {
                Resolved::Page { href, .. } => raw_html::Address::Known { href, size: None },
                Resolved::File { href, size } => raw_html::Address::Known { href, size },
                Resolved::Broken { .. } => raw_html::Address::Broken,
                Resolved::External => raw_html::Address::AsWritten,
            }
        });
        for (address, loaded, span) in found {
            let _ = self.resolve(&address, loaded, span);
        }
        self.out.push_str(&rewritten);
    }

    /// Notes a link to another host.
    pub(super) fn external(&mut self, address: &str, start: usize) {
        if is_web(address) {
            self.rendered.external.push(ExternalLink { address: address.to_owned(), start });
        }
    }

    /// The address to write, with what must be checked or reported noted.
    pub(super) fn resolve(&mut self, destination: &str, image: bool, span: Range<usize>) -> Option<String> {
        match self.ask_link(destination, image) {
            Resolved::External => {
                self.external(destination, span.start);
                Some(destination.to_owned())
            }
            Resolved::File { href, .. } => Some(href),
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

/// The text without markup up to the end that `stop` names.
pub(super) fn plain_text(events: &[(Event<'_>, Range<usize>)], stop: impl Fn(&TagEnd) -> bool) -> String {
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
