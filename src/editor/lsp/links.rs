//! What a link in a record may lead to: sections of this record, and other records with their sections.

use lsp_types::CompletionItemKind;

use super::completion::Candidate;
use super::open_books::DocumentContext;
use crate::record::{Record, slug};

/// Addresses for the round brackets of a link, as they are written from the record's own folder.
pub(super) fn targets(context: &DocumentContext<'_>, record: &Record) -> Vec<Candidate> {
    let own = anchors(record).into_iter().map(|(anchor, title)| (format!("#{anchor}"), title));
    let others = context.open.records.values().filter(|other| other.path != record.path);
    let others = others.map(|other| (relative(&record.path, &other.path), other.title().to_owned()));
    let candidate = |(text, detail)| Candidate { text, detail, kind: CompletionItemKind::REFERENCE };
    own.chain(others).map(candidate).collect()
}

/// The anchors of a record's sections, as the site and the large forges make them, with their titles. The second
/// of two equal titles has a number.
fn anchors(record: &Record) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for section in &record.sections {
        let anchor = slug(&section.title);
        let same = found.iter().filter(|(_, title)| slug(title) == anchor).count();
        let anchor = if same > 0 { format!("{anchor}-{same}") } else { anchor };
        found.push((anchor, section.title.clone()));
    }
    found
}

/// A path of the book as it is written in a file of the book.
fn relative(from: &str, to: &str) -> String {
    let folder: Vec<&str> = from.split('/').collect();
    let target: Vec<&str> = to.split('/').collect();
    let folder = &folder[..folder.len() - 1];
    let shared = folder.iter().zip(&target).take_while(|(a, b)| a == b).count();
    let up = folder[shared..].iter().map(|_| "..");
    up.chain(target[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_between_files() {
        assert_eq!(relative("tasks/A-1.md", "tasks/A-2.md"), "A-2.md");
        assert_eq!(relative("tasks/2026/A-1.md", "runbooks/redis.md"), "../../runbooks/redis.md");
        assert_eq!(relative("tasks/A-1.md", "tasks/2026/A-2.md"), "2026/A-2.md");
        assert_eq!(slug("What's new (v2)"), "whats-new-v2");
    }
}
