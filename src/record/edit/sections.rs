//! Edits of the body.

use std::ops::Range;

use super::super::item::normalize;
use super::super::markdown::Outline;
use super::super::{Item, Section};
use super::{EditError, line_end, line_ending, line_start, outline, splice, with_line_ends};

/// Adds an item behind the last one of the section's last checklist, in that list's manner; without a list at
/// the section's end, without the section at the file's end. `text` is Markdown on one line.
///
/// # Errors
/// [`EditError::NoText`] for an empty text, [`EditError::WouldChangeMeaning`] when no such item comes of it.
pub fn add_item(source: &str, section_title: &str, text: &str, checked: bool) -> Result<String, EditError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(EditError::NoText);
    }
    let line = format!("[{}] {text}", if checked { 'x' } else { ' ' });
    let before = outline(source)?;
    let section = find_section(&before, section_title);
    let last = section.and_then(|(idx, _)| last_item(&before, idx));
    let edited = match last {
        Some(last) => insert_behind(source, &before, last, &line),
        None => {
            append_block(source, section.map(|(_, section)| section), section_title, &format!("- {line}"))
        }
    };
    let added = |after: &Outline| {
        let old = before.items.iter().map(|item| (&item.key.text, item.checked)).collect::<Vec<_>>();
        let mut new = after.items.iter().map(|item| (&item.key.text, item.checked)).collect::<Vec<_>>();
        let new_idx = new.iter().zip(&old).take_while(|(a, b)| a == b).count();
        let is_new = new.len() > new_idx && new.remove(new_idx).1 == checked;
        is_new && new == old
    };
    let after = outline(&edited)?;
    if added(&after) { Ok(edited) } else { Err(EditError::WouldChangeMeaning { what: format!("`{text}`") }) }
}

/// Adds Markdown at the end of a section, a blank line before it; the section is made at the file's end when
/// there is none.
///
/// # Errors
/// [`EditError::WouldChangeMeaning`] when it would end up inside something that is not closed.
pub fn append_to_section(source: &str, section_title: &str, markdown: &str) -> Result<String, EditError> {
    let before = outline(source)?;
    let section = find_section(&before, section_title).map(|(_, section)| section);
    let edited = append_block(source, section, section_title, &with_line_ends(markdown, source));
    checked(&before, edited, section_title)
}

/// Replaces what stands in a section; the section is made at the file's end when there is none.
///
/// # Errors
/// [`EditError::WouldChangeMeaning`] when other sections would change by it.
pub fn replace_section(source: &str, section_title: &str, markdown: &str) -> Result<String, EditError> {
    let before = outline(source)?;
    let markdown = with_line_ends(markdown, source);
    let Some((_, section)) = find_section(&before, section_title) else {
        return checked(&before, append_block(source, None, section_title, &markdown), section_title);
    };
    let content = written_content(source, section);
    let edited = if content.is_empty() {
        append_block(source, Some(section), section_title, &markdown)
    } else {
        splice(source, content, &markdown)
    };
    checked(&before, edited, section_title)
}

/// The text, when all sections that were there are still there in their order, each with as many items as it
/// had, but for the one that was edited.
fn checked(before: &Outline, edited: String, section_title: &str) -> Result<String, EditError> {
    let after = outline(&edited)?;
    let edited_title = normalize(section_title);
    let shape = |outline: &Outline| -> Vec<(String, usize)> {
        let sections = outline.sections.iter().enumerate();
        sections
            .map(|(idx, section)| {
                let n_items = outline.items.iter().filter(|item| item.section == Some(idx)).count();
                (normalize(&section.title), n_items)
            })
            .filter(|(title, _)| *title != edited_title)
            .collect()
    };
    let is_there = after.sections.iter().any(|section| normalize(&section.title) == edited_title);
    // What is put in may bring headings of its own; the old ones must still be among them, in their order.
    let mut found = shape(&after).into_iter();
    let kept = shape(before).into_iter().all(|section| found.any(|other| other == section));
    if is_there && kept {
        Ok(edited)
    } else {
        Err(EditError::WouldChangeMeaning { what: format!("the new text of `{section_title}`") })
    }
}

fn find_section<'a>(outline: &'a Outline, title: &str) -> Option<(usize, &'a Section)> {
    let title = normalize(title);
    outline.sections.iter().enumerate().find(|(_, section)| normalize(&section.title) == title)
}

/// The last item of the section's last checklist: the last one that stands in no other.
fn last_item(outline: &Outline, section_idx: usize) -> Option<usize> {
    let mut last: Option<usize> = None;
    for (idx, item) in outline.items.iter().enumerate() {
        let inside = last.is_some_and(|last| item.mark.start < outline.items[last].span.end);
        if item.section == Some(section_idx) && !inside {
            last = Some(idx);
        }
    }
    last
}

/// Puts a line behind an item, with that item's bullet and the list's spacing.
fn insert_behind(source: &str, outline: &Outline, last: usize, line: &str) -> String {
    let item = &outline.items[last];
    let ending = line_ending(source);
    let end = line_end(source, item.span.end.max(item.mark.end));
    let prefix = next_prefix(&source[line_start(source, item.mark.start)..item.mark.start]);
    let mut inserted = String::new();
    if !source[..end].ends_with('\n') {
        inserted.push_str(ending);
    }
    if is_spaced(source, outline, item) {
        inserted.push_str(ending);
    }
    inserted.push_str(&prefix);
    inserted.push_str(line);
    if source[..end].ends_with('\n') || source.ends_with('\n') {
        inserted.push_str(ending);
    }
    splice(source, end..end, &inserted)
}

/// What stands before the box in the next line of a list: a number goes up, bullets and quotes stay.
fn next_prefix(prefix: &str) -> String {
    let Some(digits_end) = prefix.rfind(|letter: char| letter.is_ascii_digit()).map(|at| at + 1) else {
        return prefix.to_owned();
    };
    let digits_start = prefix[..digits_end].trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    match prefix[digits_start..digits_end].parse::<u32>() {
        Ok(number) => format!("{}{}{}", &prefix[..digits_start], number + 1, &prefix[digits_end..]),
        Err(_) => prefix.to_owned(),
    }
}

/// Whether a blank line stands between this item and the one before it in its section.
fn is_spaced(source: &str, outline: &Outline, item: &Item) -> bool {
    let before = outline.items.iter().rev().find(|other| {
        other.section == item.section
            && other.span.end <= item.span.start
            && other.mark.start < item.mark.start
    });
    before.is_some_and(|before| {
        let between = &source[before.span.end..line_start(source, item.mark.start).max(before.span.end)];
        between.chars().all(char::is_whitespace) && between.matches('\n').count() > 1
    })
}

/// Puts a block at the end of a section with blank lines around it; without one, makes it at the file's end.
fn append_block(source: &str, section: Option<&Section>, title: &str, block: &str) -> String {
    let ending = line_ending(source);
    let (at, block) = match section {
        Some(section) => {
            let content = written_content(source, section);
            (if content.is_empty() { section.heading.end } else { content.end }, block.to_owned())
        }
        None => {
            let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
            (written_end(source), format!("## {title}{ending}{ending}{block}"))
        }
    };
    let (head, tail) = source.split_at(at);
    let gap = if head.is_empty() {
        String::new()
    } else if head.ends_with('\n') {
        ending.to_owned()
    } else {
        ending.repeat(2)
    };
    let after = closing(head, tail, ending);
    [head, &gap, &block, &after, tail].concat()
}

/// What must stand between a block put behind `head` and `tail`: what followed keeps its own blank lines, a
/// heading close behind gets one, and a file without a final line end stays so.
fn closing(head: &str, tail: &str, ending: &str) -> String {
    let tail_ends_line = tail.starts_with('\n') || tail.starts_with("\r\n");
    let n_more = match (tail.trim().is_empty(), tail_ends_line) {
        (true, true) => 0,
        (true, false) => usize::from(head.ends_with('\n')),
        (false, false) => 2,
        (false, true) => {
            usize::from(!tail[tail.find('\n').map_or(0, |at| at + 1)..].starts_with(['\r', '\n']))
        }
    };
    ending.repeat(n_more)
}

/// The end of the last line that is not blank, its trailing blanks included, its line end not.
fn written_end(text: &str) -> usize {
    let end = text.trim_end().len();
    let rest = &text[end..];
    end + rest.find('\n').map_or(rest.len(), |newline| rest[..newline].trim_end_matches('\r').len())
}

/// A section's content without the blank lines around it; empty when it has none.
fn written_content(source: &str, section: &Section) -> Range<usize> {
    let content = &source[section.content.clone()];
    let end = written_end(content);
    let first = content.len() - content.trim_start().len();
    if content.trim().is_empty() {
        return section.content.start..section.content.start;
    }
    // The first line's indentation is content: it may be a code block.
    let start = line_start(content, first);
    section.content.start + start..section.content.start + end
}
