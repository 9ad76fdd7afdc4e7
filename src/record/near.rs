//! Words of a body that are nearly what counts and are not: headings a slip away from a section with meaning, bullets
//! where boxes stand, boxes that are none. Whoever reads them takes them for what they are nearly, so they fail closed.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::item::normalize;
use super::markdown::markdown_options;
use super::scope::is_free;
use super::{Record, Section};

/// Sections in which a box means something to the gate, normalised.
const LISTS: [&str; 4] = ["conditions", "approvals", "deployment", "checklist"];
/// The section of a decision in which every bullet is a condition, normalised.
pub(super) const CONDITIONS: &str = "conditions";

/// What is nearly something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NearWord {
    /// A heading that is not the section that it looks like.
    Heading {
        /// As it is written.
        title: String,
        /// The section's title, normalised.
        section: String,
        /// Where it stands.
        span: Range<usize>,
    },
    /// A bullet without a box, or a box that is none.
    Bullet {
        /// As it is written.
        text: String,
        /// Where it stands.
        span: Range<usize>,
    },
}

/// What is looked for.
pub struct NearRules<'r> {
    /// Titles of sections with meaning, normalised.
    pub sections: &'r [String],
    /// Whether a heading is used as it is, by a template or the policy.
    pub is_heading: &'r dyn Fn(&str) -> bool,
    /// Whether the policy knows an item of that normalised text.
    pub is_item: &'r dyn Fn(&str) -> bool,
}

/// Every such word of a record, in the order of the file. Notes, the deployment log, code and prose hold none.
pub fn near_words(record: &Record, rules: &NearRules<'_>) -> Vec<NearWord> {
    let mut reader = Reader { record, rules, lists: Vec::new(), depth: 0, found: Vec::new() };
    let body = &record.source[record.body_start..];
    let mut heading: Option<(Range<usize>, bool, String)> = None;
    let mut quiet = 0usize;
    for (event, range) in Parser::new_ext(body, markdown_options()).into_offset_iter() {
        let range = range.start + record.body_start..range.end + record.body_start;
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let is_section = level == pulldown_cmark::HeadingLevel::H2 && reader.depth == 0;
                heading = Some((range, is_section, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((span, is_section, title)) = heading.take() {
                    reader.heading(span, is_section, &title);
                }
            }
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => quiet += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::HtmlBlock) => quiet = quiet.saturating_sub(1),
            Event::Start(Tag::Paragraph) if quiet == 0 => reader.paragraph(range),
            Event::Text(text) | Event::Code(text) if quiet == 0 => {
                if let Some((.., title)) = &mut heading {
                    title.push_str(&text);
                }
                reader.text(&text);
            }
            Event::SoftBreak | Event::HardBreak => reader.text(" "),
            other => reader.nesting(&other, range),
        }
    }
    let mut found = reader.found;
    found.sort_by_key(|near| match near {
        NearWord::Heading { span, .. } | NearWord::Bullet { span, .. } => span.start,
    });
    found.dedup();
    found
}

/// An item of a list.
struct Bullet {
    span: Range<usize>,
    text: String,
    has_box: bool,
}

struct Reader<'r> {
    record: &'r Record,
    rules: &'r NearRules<'r>,
    /// Of every open list the items so far; of these the last is open where the list is.
    lists: Vec<Vec<Bullet>>,
    /// Lists, quotes and footnotes around the current place.
    depth: usize,
    found: Vec<NearWord>,
}

impl Reader<'_> {
    fn nesting(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::List(_)) => {
                self.depth += 1;
                self.lists.push(Vec::new());
            }
            Event::End(TagEnd::List(_)) => {
                self.depth = self.depth.saturating_sub(1);
                self.list();
            }
            Event::Start(Tag::BlockQuote(_) | Tag::FootnoteDefinition(_)) => self.depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition) => {
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Start(Tag::Item) => {
                let bullet = Bullet { span: range, text: String::new(), has_box: false };
                if let Some(list) = self.lists.last_mut() {
                    list.push(bullet);
                }
            }
            Event::TaskListMarker(_) => {
                if let Some(bullet) = self.lists.last_mut().and_then(|list| list.last_mut()) {
                    bullet.has_box = true;
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(bullet) = self.lists.last_mut().and_then(|list| list.last_mut()) {
            bullet.text.push_str(text);
        }
    }

    fn section_at(&self, offset: usize) -> Option<&Section> {
        self.record.sections.iter().find(|section| section.content.contains(&offset))
    }

    /// The normalised title of the list section around a place.
    fn list_section(&self, offset: usize) -> Option<String> {
        let title = normalize(&self.section_at(offset)?.title);
        LISTS.contains(&title.as_str()).then_some(title)
    }

    fn heading(&mut self, span: Range<usize>, is_section: bool, title: &str) {
        if !is_section && self.section_at(span.start).is_some_and(is_free) {
            return;
        }
        let written = normalize(title);
        let exact = self.rules.sections.contains(&written);
        // A condition counts under a section of that name alone, and not under a heading of another level.
        let hides_conditions = exact && !is_section && written == CONDITIONS;
        let near = match exact {
            true => hides_conditions.then_some(written.clone()),
            false if (self.rules.is_heading)(title) => None,
            false => self.rules.sections.iter().find(|section| is_slip(&written, section)).cloned(),
        };
        let near = near.map(|section| NearWord::Heading {
            title: title.trim().to_owned(),
            section,
            span: self.line(span.start),
        });
        self.found.extend(near);
    }

    /// A paragraph of a list section that begins as a box would.
    fn paragraph(&mut self, range: Range<usize>) {
        if self.list_section(range.start).is_none() {
            return;
        }
        let mut start = range.start;
        for line in self.record.source[range].split_inclusive('\n') {
            if is_near_box(line.trim_start()) {
                self.bullet(line.trim(), start);
            }
            start += line.len();
        }
    }

    /// The items of a list that is over.
    fn list(&mut self) {
        let Some(bullets) = self.lists.pop() else { return };
        let is_outer = self.lists.is_empty();
        let has_boxes = bullets.iter().any(|bullet| bullet.has_box);
        for bullet in bullets.into_iter().filter(|bullet| !bullet.has_box) {
            let Some(section) = self.list_section(bullet.span.start) else { continue };
            let text = normalize(&bullet.text);
            let is_condition = section == CONDITIONS && is_outer && !says_none(&text);
            let written = self.record.source[bullet.span.clone()].trim_start();
            let behind = written.trim_start_matches(|c: char| c.is_ascii_digit());
            let behind = behind.get(1..).unwrap_or_default().trim_start();
            if is_condition || has_boxes || (self.rules.is_item)(&text) || is_box(behind) {
                self.bullet(written.lines().next().unwrap_or_default().trim(), bullet.span.start);
            }
        }
    }

    fn bullet(&mut self, text: &str, at: usize) {
        let near = NearWord::Bullet { text: text.to_owned(), span: self.line(at) };
        if !self.found.contains(&near) {
            self.found.push(near);
        }
    }

    /// The rest of the line from its first character that is no blank.
    fn line(&self, at: usize) -> Range<usize> {
        let rest = &self.record.source[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        let start = at + line.len() - line.trim_start().len();
        start..at + line.trim_end().len().max(start - at)
    }
}

fn says_none(text: &str) -> bool {
    matches!(text.trim_end_matches('.'), "" | "none" | "no conditions" | "n/a")
}

/// A line that begins with a box, or with a bullet that clings to one.
fn is_near_box(line: &str) -> bool {
    is_box(line) || line.strip_prefix(['-', '*', '+']).is_some_and(|rest| is_box(rest.trim_start()))
}

/// `[]`, `[_]`, `[ ]text`, `[✓]`, `☐`: what a person takes for a box. `[x](link)` and `[x]: link` are none.
fn is_box(text: &str) -> bool {
    if text.starts_with(['☐', '☑', '☒', '✅', '⬜']) {
        return true;
    }
    let Some(rest) = text.strip_prefix(['[', '［']) else { return false };
    let Some((inside, behind)) = rest.split_once([']', '］']) else { return false };
    let inside = inside.trim().trim_matches('\u{200b}');
    let marks = ["", "_", "__", "-", "x", "X", "*", ".", "v", "V", "o", "O", "✓", "✔", "✗", "×"];
    marks.contains(&inside) && !behind.starts_with(['(', '[', ':'])
}

/// Whether a text is one slip from another: put in, left out, changed or swapped. From five letters on; two from nine on.
fn is_slip(written: &str, section: &str) -> bool {
    let n_letters = written.chars().count().min(section.chars().count());
    let most = match n_letters {
        0..=4 => return false,
        5..=8 => 1,
        _ => 2,
    };
    written != section && strsim::osa_distance(written, section) <= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn near(record_type: RecordType, body: &str) -> Vec<String> {
        let text = format!("+++\nid = \"A-1\"\ntitle = \"A\"\n+++\n{body}");
        let record = Record::parse(record_type, &format!("{}/A-1.md", record_type.folder()), text.as_bytes());
        let sections = ["conditions", "approvals", "deployment", "checklist", "notes", "deployment log"];
        let sections = sections.map(str::to_owned);
        let rules = NearRules {
            sections: &sections,
            is_heading: &|title| title == "Deployments",
            is_item: &|text| text == "code review",
        };
        let words = near_words(&record, &rules).into_iter();
        words
            .map(|near| match near {
                NearWord::Heading { title, section, span } => {
                    assert!(record.text(span).contains(&title));
                    format!("{title} ~ {section}")
                }
                NearWord::Bullet { text, span } => {
                    assert_eq!(record.text(span), text);
                    text
                }
            })
            .collect()
    }

    #[test]
    fn headings_a_slip_away() {
        let task = |body: &str| near(RecordType::Task, body);
        assert_eq!(
            task("## Aprovals\n\n### Deploymnt\n\n# Checklsit\n"),
            ["Aprovals ~ approvals", "Deploymnt ~ deployment", "Checklsit ~ checklist"]
        );
        assert_eq!(task("## Deployment lgo\n"), ["Deployment lgo ~ deployment log"]);
        for honest in [
            "## Approvals\n",
            "## Note\n",
            "## Deployments\n",
            "## Development\n",
            "### Deployment\n",
            "## Notes\n\n### Aprovals\n\n- [] a\n",
            "```\n## Aprovals\n```\n",
            "Aprovals come first.\n",
        ] {
            assert_eq!(task(honest), [""; 0], "{honest}");
        }
        assert_eq!(near(RecordType::Decision, "### Conditions\n\n- [ ] a\n"), ["Conditions ~ conditions"]);
    }

    #[test]
    fn bullets_and_boxes_that_are_none() {
        let decision = |body: &str| near(RecordType::Decision, &format!("## Conditions\n\n{body}"));
        assert_eq!(decision("- Somebody watches\n"), ["- Somebody watches"]);
        for text in
            ["- [] a", "- [_] a", "- [ ]a", "-[ ] a", "[ ] a", "* [✓] a", "- ☐ a", "1. [] a", "- [\u{a0}] a"]
        {
            assert_eq!(decision(&format!("{text}\n")), [text], "{text}");
        }
        for honest in
            ["- [ ] a\n  - how\n", "- [x] a\n", "- None.\n", "Prose with [] in it.\n", "[x]: /link\n"]
        {
            assert_eq!(decision(honest), [""; 0], "{honest}");
        }
        let task = |section: &str, body: &str| near(RecordType::Task, &format!("## {section}\n\n{body}"));
        assert_eq!(task("Deployment", "- [ ] a\n- b\n"), ["- b"]);
        assert_eq!(task("Approvals", "- Code review\n"), ["- Code review"]);
        for (section, honest) in [
            ("Deployment", "- a\n- b\n"),
            ("Deployment", "- [ ] a\n\nThen:\n\n- [a](b)\n"),
            ("What", "- [] a\n- Code review\n"),
            ("Notes", "- [] a\n- [ ] b\n- Code review\n"),
        ] {
            assert_eq!(task(section, honest), [""; 0], "{section} {honest}");
        }
    }
}
