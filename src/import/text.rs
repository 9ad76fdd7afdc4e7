//! Foreign text, made so that it cannot become anything but text: no section, no key, no conflict, no control.

use crate::record::{Record, RecordType};

/// Line ends as LF; what a terminal or a reader's eye could be deceived by is written out.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => cleaned.push(letter),
            '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{61c}' => {
                cleaned.extend(letter.escape_unicode());
            }
            letter if letter.is_control() => cleaned.extend(letter.escape_unicode()),
            letter => cleaned.push(letter),
        }
    }
    cleaned
}

/// On one line, for a message or a title.
pub(super) fn shown(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As Markdown of a section: headings stand below the section's own; what would still end the section, or break
/// the file, is shown as it is in a block of code.
pub(super) fn prose(text: &str) -> String {
    let text = clean(text);
    let demoted: Vec<String> = text.trim_matches('\n').lines().map(demote).collect();
    let demoted = demoted.join("\n");
    if stays_inside(&demoted) { demoted.trim_end().to_owned() } else { block(&text, "") }
}

fn demote(line: &str) -> String {
    let line = line.trim_end();
    let depth = line.bytes().take_while(|byte| *byte == b'#').count();
    match (depth, line[depth..].chars().next()) {
        (1 | 2, Some(' ' | '\t')) => format!("###{}", &line[depth..]),
        _ => line.to_owned(),
    }
}

/// Whether a record with this text in a section still has the sections that it had.
fn stays_inside(text: &str) -> bool {
    let whole = format!(
        "+++\nid = \"A-1\"\ntitle = \"A\"\nkind = \"general\"\n+++\n\n## A\n\n{text}\n\n## B\n\n- [ ] last\n"
    );
    let record = Record::parse(RecordType::Task, "tasks/A-1.md", whole.as_bytes());
    let titles: Vec<&str> = record.sections.iter().map(|section| &*section.title).collect();
    !record.is_broken() && titles == ["A", "B"] && record.items_in("B").count() == 1
}

/// A block of code that nothing inside can end.
fn block(text: &str, indent: &str) -> String {
    let lines = text.trim_matches('\n').lines().map(|line| match line.trim_end() {
        "" => String::new(),
        line => format!("{indent}    {line}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// An entry of the list of what found no place.
pub(super) fn entry(name: &str, value: &str) -> String {
    let value = clean(value);
    match value.trim_matches('\n') {
        line if !line.contains('\n') => format!("- {}: {}", code(name), code(line)),
        _ => format!("- {}:\n\n{}\n", code(name), block(&value, "  ")),
    }
}

/// A span of code that nothing inside can end (CommonMark 0.31, section 6.1).
pub(super) fn code(text: &str) -> String {
    let text = shown(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    match text.is_empty() {
        true => "` `".to_owned(),
        false => format!("{fence}{pad}{text}{pad}{fence}"),
    }
}

/// The level-2 sections of a body, without the comments that mark their ends; what stands before the first is
/// `Text`.
pub(super) fn section_parts(body: &str) -> Vec<(String, String)> {
    let mut parts = vec![("Text".to_owned(), String::new())];
    let mut fence: Option<&str> = None;
    for line in body.lines() {
        let trimmed = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        match line.strip_prefix("## ").filter(|_| fence.is_none()) {
            Some(title) => parts.push((title.trim().to_owned(), String::new())),
            None if is_marker(trimmed) => {}
            None => {
                if let Some((_, text)) = parts.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    parts
}

/// `<!-- SECTION:PLAN:BEGIN -->`, `<!-- AC:END -->`.
fn is_marker(line: &str) -> bool {
    let inner = line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")).map(str::trim);
    inner.is_some_and(|inner| inner.ends_with(":BEGIN") || inner.ends_with(":END"))
}
