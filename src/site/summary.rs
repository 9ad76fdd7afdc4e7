//! `SUMMARY.md` in mdBook's format: prefix chapters, parts, nested and draft chapters, suffix chapters.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::paths::{joined, percent_decoded};

/// One line of the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A page, or a draft without one.
    Chapter(Chapter),
    /// The title of a part.
    Part(String),
    /// A line between groups.
    Separator,
}

/// A chapter of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chapter {
    /// Without markup.
    pub(super) title: String,
    /// `1.2`; absent for prefix and suffix chapters.
    pub(super) number: Option<String>,
    /// 0 for the outermost.
    pub(super) depth: usize,
    /// The file, relative to the book; `None` for a draft.
    pub(super) path: Option<String>,
    /// Where the link stands in the summary.
    pub(super) span: Range<usize>,
}

/// Reads a summary that stands at `source` (relative to the book).
pub(super) fn parse(source: &str, text: &str) -> Vec<Entry> {
    let mut reader =
        Reader { source, entries: Vec::new(), numbers: Vec::new(), outermost: 0, title: None, heading: None };
    for (event, span) in Parser::new(text).into_offset_iter() {
        reader.event(event, span);
    }
    reader.entries
}

struct Reader<'a> {
    source: &'a str,
    entries: Vec<Entry>,
    /// The number of the last chapter at each depth of the open lists.
    numbers: Vec<usize>,
    /// The number of the last outermost chapter.
    outermost: usize,
    /// The link being read.
    title: Option<Chapter>,
    heading: Option<String>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => self.end_heading(),
            Event::Start(Tag::List(_)) => self.start_list(),
            Event::End(TagEnd::List(_)) => self.end_list(),
            Event::Start(Tag::Link { dest_url, .. }) => self.start_link(&dest_url, span),
            Event::End(TagEnd::Link) => self.entries.extend(self.title.take().map(Entry::Chapter)),
            Event::Text(text) | Event::Code(text) => {
                if let Some(chapter) = &mut self.title {
                    chapter.title.push_str(&text);
                } else if let Some(heading) = &mut self.heading {
                    heading.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(chapter) = &mut self.title {
                    chapter.title.push(' ');
                }
            }
            Event::Rule => self.entries.push(Entry::Separator),
            _ => {}
        }
    }

    /// A first heading of level 1 is the summary's own title; later ones name parts.
    fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else { return };
        if !self.entries.is_empty() || heading.trim() != "Summary" {
            self.entries.push(Entry::Part(heading));
        }
    }

    /// Numbers go on from one outermost list to the next, as in mdBook.
    fn start_list(&mut self) {
        let first = if self.numbers.is_empty() { self.outermost } else { 0 };
        self.numbers.push(first);
    }

    fn end_list(&mut self) {
        let last = self.numbers.pop();
        if self.numbers.is_empty() {
            self.outermost = last.unwrap_or(0);
        }
    }

    fn start_link(&mut self, destination: &str, span: Range<usize>) {
        let number = self.numbers.last_mut().map(|last| *last += 1);
        let number = number.map(|()| self.numbers.iter().map(usize::to_string).collect::<Vec<_>>().join("."));
        let file = percent_decoded(destination.split('#').next().unwrap_or(""));
        let path = if file.is_empty() { None } else { joined(self.source, &file).or(Some(file)) };
        let depth = self.numbers.len().saturating_sub(1);
        self.title = Some(Chapter { title: String::new(), number, depth, path, span });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let line = |entry: &Entry| match entry {
            Entry::Chapter(chapter) => format!(
                "{}{} {} -> {}",
                "  ".repeat(chapter.depth),
                chapter.number.as_deref().unwrap_or("-"),
                chapter.title,
                chapter.path.as_deref().unwrap_or("draft")
            ),
            Entry::Part(title) => format!("# {title}"),
            Entry::Separator => "---".to_owned(),
        };
        parse("docs/SUMMARY.md", text).iter().map(line).collect()
    }

    #[test]
    fn every_kind_of_entry_is_read() {
        let text = "# Summary\n\n[Start](README.md)\n\n- [One `x`](a.md)\n  - [Two](sub/b%20c.md)\n  - [Later]()\n\n# Part\n\n- [Three](./c.md)\n\n---\n\n[End](../tasks/e.md)\n";
        assert_eq!(
            shown(text),
            [
                "- Start -> docs/README.md",
                "1 One x -> docs/a.md",
                "  1.1 Two -> docs/sub/b c.md",
                "  1.2 Later -> draft",
                "# Part",
                "2 Three -> docs/c.md",
                "---",
                "- End -> tasks/e.md",
            ]
        );
    }
}
