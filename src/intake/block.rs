//! Blocks that evidence owns in a record's sections: a level-3 heading and what stands under it.
//!
//! What people have written beside such a block stays.

use crate::record::edit::{EditError, replace_section};
use crate::record::{Record, RecordType};

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
        let kept = content.trim_end();
        return if kept.trim().is_empty() { new } else { format!("{kept}\n\n{new}") };
    };
    let (start, _) = starts[own];
    let end = starts.get(own + 1).map_or(content.len(), |(end, _)| *end);
    let after = content[end..].trim_end();
    let before = content[..start].trim_end();
    let before = if before.is_empty() { String::new() } else { format!("{before}\n\n") };
    if after.is_empty() { format!("{before}{new}") } else { format!("{before}{new}\n\n{after}") }
}

/// The block of a heading, without it; `None` when there is none.
pub(super) fn get_block<'c>(content: &'c str, heading: &str) -> Option<&'c str> {
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
pub(super) fn section_text(path: &str, source: &str, title: &str) -> String {
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
    }
}
