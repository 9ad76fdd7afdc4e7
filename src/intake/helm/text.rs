//! What differs, in words for a record's "Changelog review".

use super::super::escape;
use super::super::fragment::{Wording, fragment};
use super::super::phrase::{count, quoted};
use super::super::tree::{Path, Value};
use super::changelog::Kind;
use super::compare::Comparison;
use super::version::Jump;

/// Entries of one kind that are written out; the rest is counted.
const MAX_ENTRIES: usize = 10;
/// Default values that are written out; the rest is counted.
const MAX_VALUES: usize = 20;
/// Files that are named.
const MAX_FILES: usize = 5;
/// Longest entry, in characters.
const MAX_ENTRY: usize = 200;

/// The review as Markdown: a line on the versions, then a list.
pub fn describe(comparison: &Comparison<'_>) -> String {
    let mut lines = vec![versions(comparison), String::new()];
    changelog(comparison, &mut lines);
    values(comparison, &mut lines);
    used(comparison, &mut lines);
    files("Templates", &comparison.templates, &mut lines);
    files(
        "Custom resource definitions (`helm upgrade` leaves them as they are)",
        &comparison.crds,
        &mut lines,
    );
    files("Bundled charts", &comparison.bundled, &mut lines);
    dependencies(comparison, &mut lines);
    lines.join("\n")
}

/// `ingress-nginx 4.6.0 → 4.8.0 (minor), app 1.7.0 → 1.9.0`
fn versions(comparison: &Comparison<'_>) -> String {
    let (old, new) = (comparison.old, comparison.new);
    let mut line = match comparison.jump {
        Jump::None => format!("{} {} (same version)", quoted(&new.name), quoted(&new.version_text)),
        jump => format!(
            "{} {} → {} ({})",
            quoted(&new.name),
            quoted(&old.version_text),
            quoted(&new.version_text),
            match jump {
                Jump::Major if old.version.major == 0 && new.version.major == 0 =>
                    "minor, which below 1.0 counts as major",
                jump => jump.as_str(),
            }
        ),
    };
    let mut jump = |what: &str, old: &Option<String>, new: &Option<String>| {
        if old != new {
            let text = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), quoted);
            line.push_str(&format!(", {what} {} → {}", text(old), text(new)));
        }
    };
    jump("app", &old.app_version, &new.app_version);
    jump("Kubernetes", &old.kube_version, &new.kube_version);
    if new.deprecated && !old.deprecated {
        line.push_str(", now deprecated by its authors");
    }
    line
}

fn changelog(comparison: &Comparison<'_>, lines: &mut Vec<String>) {
    if comparison.entries.is_empty() {
        lines.push(
            "- Changelog: the chart says nothing about the versions between; read its release notes"
                .to_owned(),
        );
        return;
    }
    for (kind, title) in [
        (Kind::Breaking, "Breaking changes"),
        (Kind::New, "New features"),
        (Kind::Fixed, "Bug fixes"),
        (Kind::Other, "Other changes"),
    ] {
        let entries: Vec<_> = comparison.entries.iter().filter(|entry| entry.kind == kind).collect();
        if entries.is_empty() {
            if kind != Kind::Other {
                lines.push(format!("- {title}: none in the changelog"));
            }
            continue;
        }
        lines.push(format!("- {title}:"));
        for entry in entries.iter().take(MAX_ENTRIES) {
            lines.push(format!("  - {}: {}", entry.version, escaped(&entry.text)));
        }
        if entries.len() > MAX_ENTRIES {
            lines.push(format!("  - and {} more", entries.len() - MAX_ENTRIES));
        }
    }
}

fn values(comparison: &Comparison<'_>, lines: &mut Vec<String>) {
    if comparison.values.is_empty() {
        lines.push("- Default values: all the same".to_owned());
        return;
    }
    let label = |path: &Path| quoted(&path.to_string());
    let hides = |path: &Path, value: &Value| comparison.secrets.hides(path.last_key(), value);
    let wording = Wording { label: &label, hides: &hides };
    lines.push("- Default values:".to_owned());
    let mut n_more = 0;
    for (number, change) in comparison.values.iter().enumerate() {
        let fragment = fragment(change, &wording);
        if number < MAX_VALUES {
            lines.push(format!("  - {}", fragment.text));
        } else {
            n_more += fragment.shown.len() + fragment.n_more;
        }
    }
    if n_more > 0 {
        lines.push(format!("  - and {n_more} more"));
    }
}

fn used(comparison: &Comparison<'_>, lines: &mut Vec<String>) {
    if !comparison.used.is_empty() {
        lines.push("- **Removed values that this repository sets:**".to_owned());
    }
    for used in &comparison.used {
        lines.push(format!("  - {} in {}", quoted(&used.value.to_string()), quoted(&used.file)));
    }
}

fn files(title: &str, [added, changed, removed]: &[Vec<&str>; 3], lines: &mut Vec<String>) {
    let mut parts = Vec::new();
    for (verb, files) in [("added", added), ("changed", changed), ("removed", removed)] {
        if files.is_empty() {
            continue;
        }
        let named: Vec<String> = files.iter().take(MAX_FILES).map(|path| quoted(name(path))).collect();
        let more = files.len() - named.len();
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        parts.push(format!("{} {verb} ({}{rest})", files.len(), named.join(", ")));
    }
    if !parts.is_empty() {
        lines.push(format!("- {title}: {}", parts.join("; ")));
    }
}

/// The path without the folder that all of them share.
fn name(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, rest)| rest)
}

fn dependencies(comparison: &Comparison<'_>, lines: &mut Vec<String>) {
    let (old, new) = (&comparison.old.dependencies, &comparison.new.dependencies);
    let mut parts = Vec::new();
    for (name, dependency) in new {
        match old.get(name) {
            None => parts.push(format!("{} {} added", quoted(name), quoted(&dependency.version))),
            Some(before) if before.version != dependency.version => {
                parts.push(format!(
                    "{} {} → {}",
                    quoted(name),
                    quoted(&before.version),
                    quoted(&dependency.version)
                ));
            }
            Some(before) if before != dependency => {
                parts.push(format!("{} from another repository", quoted(name)))
            }
            Some(_) => {}
        }
    }
    parts.extend(
        old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("{} removed", quoted(name))),
    );
    if !parts.is_empty() {
        lines.push(format!("- Dependencies ({}): {}", count(parts.len(), "change"), parts.join("; ")));
    }
}

/// Somebody's words as Markdown text that means nothing but itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in escape(&text.chars().take(MAX_ENTRY).collect::<String>()).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    if text.chars().count() > MAX_ENTRY {
        escaped.push('…');
    }
    escaped
}
