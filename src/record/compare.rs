//! What differs between two material contents, by name.

use serde_json::{Map, Value};

use super::item::normalize;
use super::{Record, RecordType};

/// Names of what differs between two scope texts: keys of the frontmatter (as `` `window` ``), sections by their
/// titles, and the text before the first section. In the order of the second, what is gone last; empty for
/// equal texts.
pub fn scope_differences(old: &str, new: &str) -> Vec<String> {
    let ((old_fields, old_body), (new_fields, new_body)) = (split(old), split(new));
    let mut names: Vec<String> = Vec::new();
    let changed = new_fields.iter().filter(|(key, value)| old_fields.get(*key) != Some(value));
    names.extend(changed.map(|(key, _)| format!("`{key}`")));
    let gone = old_fields.keys().filter(|key| !new_fields.contains_key(*key));
    names.extend(gone.map(|key| format!("`{key}` (removed)")));
    let (old_parts, new_parts) = (parts(old_body), parts(new_body));
    for (place, title, text) in &new_parts {
        match old_parts.iter().find(|(other, ..)| other == place) {
            Some((.., before)) if before == text => {}
            Some(_) => names.push(title.clone()),
            None => names.push(format!("{title} (added)")),
        }
    }
    let gone = old_parts.iter().filter(|(place, ..)| !new_parts.iter().any(|(other, ..)| other == place));
    names.extend(gone.map(|(_, title, _)| format!("{title} (removed)")));
    names
}

fn split(scope: &str) -> (Map<String, Value>, &str) {
    let (json, body) = scope.split_once('\n').unwrap_or((scope, ""));
    (serde_json::from_str(json).unwrap_or_default(), body)
}

/// Which section, as the normalised title and the how-manieth of that title.
type Place = (String, usize);

/// Sections with their places and titles; what stands before them first.
fn parts(body: &str) -> Vec<(Place, String, String)> {
    let parsed = Record::parse(RecordType::Task, "", format!("+++\n+++\n{body}").as_bytes());
    let source = &parsed.source;
    let start = parsed.sections.first().map_or(source.len(), |section| section.heading.start);
    let before = source.get(parsed.body_start..start).unwrap_or_default().trim();
    let mut found: Vec<(Place, String, String)> = Vec::new();
    if !before.is_empty() {
        let title = "the text before the first section".to_owned();
        found.push(((String::new(), 0), title, before.to_owned()));
    }
    for section in &parsed.sections {
        let name = normalize(&section.title);
        let earlier = found.iter().filter(|((other, _), ..)| *other == name).count();
        let text = source.get(section.content.clone()).unwrap_or_default().trim().to_owned();
        found.push(((name, earlier), section.title.clone(), text));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_differs() {
        let old = "{\"id\":\"A-1\",\"risk\":\"low\",\"window\":\"w\"}\nintro\n\n## What\n\na\n\n## Why\n\nb\n\n## Why\n\nc\n";
        let check = |new: &str, expected: &[&str]| assert_eq!(scope_differences(old, new), expected, "{new}");
        check(old, &[]);
        check(&old.replace("\"low\"", "\"high\""), &["`risk`"]);
        check(&old.replace(",\"window\":\"w\"", ""), &["`window` (removed)"]);
        check(&old.replace("\na\n", "\nA\n"), &["What"]);
        check(&old.replace("\nc\n", "\nd\n"), &["Why"]);
        check(&old.replace("\n## Why\n\nc\n", ""), &["Why (removed)"]);
        check(&old.replace("intro", "other"), &["the text before the first section"]);
        check(&format!("{old}\n## Rollback\n\nr\n"), &["Rollback (added)"]);
    }
}
