//! Blocks that evidence owns in a record's sections: a level-3 heading and what stands under it.
//!
//! What people have written beside such a block stays.

use crate::record::edit::{EditError, replace_section};
use crate::record::{Record, RecordType, normalize};

/// Puts a block with a heading into a section; a template's words give way to it.
///
/// # Errors
/// [`EditError`] when the record cannot be read, or its text leaves no room for the block.
pub fn put_section(
    path: &str,
    source: &str,
    section: &str,
    heading: &str,
    block: &str,
    is_guidance: &dyn Fn(&str) -> bool,
) -> Result<String, EditError> {
    let content = section_text(path, source, section);
    let content = if is_guidance(&content) { "" } else { content.as_str() };
    // Read as the file's lines are, so that what is there already is found there.
    let unix = content.replace("\r\n", "\n");
    let edited = put_block(&unix, heading, block);
    if edited.trim() == unix.trim() {
        return Ok(source.to_owned());
    }
    replace_section(source, section, &edited)
}

/// The section's content with the block of this heading (level 3) put in, or in place of the one that is there.
fn put_block(content: &str, heading: &str, block: &str) -> String {
    let new = format!("### {heading}\n\n{}", block.trim_end());
    let starts = heading_lines(content);
    let own = starts.iter().position(|(_, title)| *title == heading);
    let Some(own) = own else {
        // Whatever order blocks are put in, the text is the same.
        let at = starts.iter().find(|(_, title)| *title > heading).map_or(content.len(), |(at, _)| *at);
        let (before, after) = (content[..at].trim_end(), content[at..].trim());
        let parts = [before, &new, after].into_iter().filter(|part| !part.trim().is_empty());
        return parts.collect::<Vec<_>>().join("\n\n");
    };
    let (start, _) = starts[own];
    let end = starts.get(own + 1).map_or(content.len(), |(end, _)| *end);
    let after = content[end..].trim_end();
    let before = content[..start].trim_end();
    let before = if before.is_empty() { String::new() } else { format!("{before}\n\n") };
    if after.is_empty() { format!("{before}{new}") } else { format!("{before}{new}\n\n{after}") }
}

/// Takes the block of a heading out of a section; a text without it is given back as it is.
///
/// # Errors
/// [`EditError`] when the record cannot be read.
pub fn take_section(path: &str, source: &str, section: &str, heading: &str) -> Result<String, EditError> {
    let unix = section_text(path, source, section).replace("\r\n", "\n");
    let starts = heading_lines(&unix);
    let Some(own) = starts.iter().position(|(_, title)| *title == heading) else {
        return Ok(source.to_owned());
    };
    let end = starts.get(own + 1).map_or(unix.len(), |(end, _)| *end);
    let kept = [unix[..starts[own].0].trim(), unix[end..].trim()];
    let kept: Vec<&str> = kept.into_iter().filter(|text| !text.is_empty()).collect();
    replace_section(source, section, &kept.join("\n\n"))
}

/// The block of a heading in a section of a record; `None` when there is none.
pub fn block_of(record: &Record, section: &str, heading: &str) -> Option<String> {
    let section = record.section(section)?;
    let unix = record.text(section.content.clone()).replace("\r\n", "\n");
    get_block(&unix, heading).map(str::to_owned)
}

/// Every block of a section, under however many headings of that name the section stands, with its heading, in order.
pub fn blocks_of(record: &Record, section: &str) -> Vec<(String, String)> {
    let named = record.sections.iter().filter(|found| normalize(&found.title) == normalize(section));
    let blocks = named.flat_map(|section| {
        let unix = record.text(section.content.clone()).replace("\r\n", "\n");
        let starts = heading_lines(&unix);
        let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([unix.len()]);
        let block = |((start, title), end): (&(usize, &str), usize)| {
            let block = unix[*start..end].split_once('\n').map_or("", |(_, block)| block.trim());
            ((*title).to_owned(), block.to_owned())
        };
        starts.iter().zip(ends).map(block).collect::<Vec<_>>()
    });
    blocks.collect()
}

/// The block of a heading, without it; `None` when there is none.
fn get_block<'c>(content: &'c str, heading: &str) -> Option<&'c str> {
    let starts = heading_lines(content);
    let own = starts.iter().position(|(_, title)| *title == heading)?;
    let end = starts.get(own + 1).map_or(content.len(), |(end, _)| *end);
    content[starts[own].0..end].split_once('\n').map(|(_, block)| block.trim())
}

/// Level-3 headings outside of code, each with its offset.
fn heading_lines(content: &str) -> Vec<(usize, &str)> {
    let (mut found, mut offset, mut in_code) = (Vec::new(), 0, false);
    for line in content.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if let Some(title) = line.strip_prefix("### ").filter(|_| !in_code) {
            found.push((offset, title.trim()));
        }
        offset += line.len();
    }
    found
}

/// A section's text, empty when there is none.
fn section_text(path: &str, source: &str, title: &str) -> String {
    let record = Record::parse(RecordType::Task, path, source.as_bytes());
    record.section(title).map_or(String::new(), |section| record.text(section.content.clone()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_put_in_or_replaced_alone() {
        let once = put_block("Typed by hand.\n", "production", "Plan: 1\n");
        assert_eq!(once, "Typed by hand.\n\n### production\n\nPlan: 1");
        let two = put_block(&once, "other", "```text\n### production\n```");
        assert_eq!(put_block(&two, "production", "Plan: 2"), two.replace("Plan: 1", "Plan: 2"));
        assert_eq!(put_block(&two, "other", "```text\n### production\n```"), two);
        assert_eq!(get_block(&two, "production"), Some("Plan: 1"));
        assert_eq!(put_block("", "a", "b"), "### a\n\nb");
        let orders = [["a", "c", "b"], ["b", "a", "c"], ["c", "b", "a"]];
        let texts =
            orders.map(|order| order.iter().fold("x".to_owned(), |text, name| put_block(&text, name, name)));
        assert_eq!(texts[0], "x\n\n### a\n\na\n\n### b\n\nb\n\n### c\n\nc");
        assert_eq!((&texts[1], &texts[2]), (&texts[0], &texts[0]));
    }
}
