//! What differs, in words for a record's "Changelog review".

use super::super::escape;
use super::super::fragment::{Wording, fragment};
use super::super::phrase::{count, quoted};
use super::super::stored::is_hidden;
use super::super::tree::Path;
use super::changelog::Kind;
use super::chart::Dependency;
use super::evidence::{DependencyChange, Evidence, Files};
use super::version::{Jump, parse_version};

/// Entries of one kind that are written out; the rest is counted.
const MAX_ENTRIES: usize = 10;
/// Default values that are written out; the rest is counted.
const MAX_VALUES: usize = 20;
/// Files that are named.
const MAX_FILES: usize = 5;
/// Longest entry, in characters.
const MAX_ENTRY: usize = 200;

impl Evidence {
    /// The review as Markdown: a line on the versions, then a list. Default values beyond `limit` are counted.
    pub fn block(&self, limit: usize) -> String {
        let mut lines = vec![versions(self), String::new()];
        changelog(self, &mut lines);
        values(self, limit.min(MAX_VALUES), &mut lines);
        repeated(self, &mut lines);
        used(self, &mut lines);
        files("Templates", &self.templates, &mut lines);
        files("Custom resource definitions (`helm upgrade` leaves them as they are)", &self.crds, &mut lines);
        files("Bundled charts", &self.bundled, &mut lines);
        files("Other files", &self.files, &mut lines);
        if self.schema {
            lines.push("- values.schema.json differs: values that were taken may be refused now".to_owned());
        }
        dependencies(self, &mut lines);
        lines.join("\n")
    }

    /// One line: `ingress-nginx 4.6.0 → 4.8.0 (minor)`.
    pub fn headline(&self) -> String {
        let [current, target] = [&self.current, &self.target].map(|version| quoted(version));
        match self.jump() {
            Jump::None => format!("{} {target} (same version)", quoted(&self.name)),
            Jump::Major if is_below_one(&self.current) && is_below_one(&self.target) => format!(
                "{} {current} → {target} (minor, which below 1.0 counts as major)",
                quoted(&self.name)
            ),
            jump => format!("{} {current} → {target} ({})", quoted(&self.name), jump.as_str()),
        }
    }
}

fn is_below_one(version: &str) -> bool {
    parse_version(version).is_some_and(|version| version.major == 0)
}

/// `ingress-nginx 4.6.0 → 4.8.0 (minor), app 1.7.0 → 1.9.0`
fn versions(evidence: &Evidence) -> String {
    let mut line = evidence.headline();
    for (what, pair) in [("app", &evidence.app_version), ("Kubernetes", &evidence.kube_version)] {
        if !pair.is_same() {
            let text = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), quoted);
            line.push_str(&format!(", {what} {} → {}", text(&pair.before), text(&pair.after)));
        }
    }
    if evidence.deprecated {
        line.push_str(", now deprecated by its authors");
    }
    line
}

fn changelog(evidence: &Evidence, lines: &mut Vec<String>) {
    if evidence.changelog.is_empty() && evidence.described.is_empty() {
        let text = "- Changelog: the chart says nothing about the versions between; read its release notes";
        lines.push(text.to_owned());
    } else if !evidence.covered {
        lines.push(format!("- Changelog: {}; read the release notes of the others", coverage(evidence)));
    }
    if !evidence.unread.is_empty() {
        let named: Vec<String> = evidence.unread.iter().take(MAX_FILES).map(|name| quoted(name)).collect();
        let more = evidence.unread.len() - named.len();
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        lines.push(format!("- Not looked at, for no version is named there: {}{rest}", named.join("; ")));
    }
    for (kind, title) in [
        (Kind::Breaking, "Breaking changes"),
        (Kind::New, "New features"),
        (Kind::Fixed, "Bug fixes"),
        (Kind::Other, "Other changes"),
    ] {
        let entries: Vec<_> = evidence.changelog.iter().filter(|entry| entry.kind == kind).collect();
        if entries.is_empty() {
            if kind != Kind::Other && evidence.covered {
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

/// Which versions between are described: `only 4.9.2 is described`.
fn coverage(evidence: &Evidence) -> String {
    let named: Vec<String> = evidence.described.iter().map(|version| quoted(version)).collect();
    match &named[..] {
        [] => "no version between is described by its number".to_owned(),
        [one] => format!("only {one} is described"),
        [first @ .., last] if first.len() < MAX_FILES => {
            format!("only {} and {last} are described", first.join(", "))
        }
        [first, .., last] => format!("only {} versions are described, {first} to {last}", named.len()),
    }
}

fn values(evidence: &Evidence, limit: usize, lines: &mut Vec<String>) {
    if evidence.values.is_empty() {
        lines.push("- Default values: all the same".to_owned());
        return;
    }
    let label = |path: &Path| quoted(&path.to_string());
    let wording = Wording { label: &label, hides: &|_, value| is_hidden(value) };
    lines.push("- Default values:".to_owned());
    let mut n_more = 0;
    for (number, change) in evidence.values.iter().enumerate() {
        let fragment = fragment(change, &wording);
        if number < limit {
            lines.push(format!("  - {}", fragment.text));
        } else {
            n_more += fragment.shown.len() + fragment.n_more;
        }
    }
    if n_more > 0 {
        lines.push(format!("  - and {n_more} more"));
    }
}

fn repeated(evidence: &Evidence, lines: &mut Vec<String>) {
    for key in &evidence.repeated {
        lines.push(format!(
            "- values.yaml, line {}: {} stands twice, and Helm takes the last one",
            key.line,
            quoted(&key.key)
        ));
    }
}

fn used(evidence: &Evidence, lines: &mut Vec<String>) {
    if !evidence.used.is_empty() {
        lines.push("- **Removed values that this repository sets:**".to_owned());
    }
    for used in &evidence.used {
        lines.push(format!("  - {} in {}", quoted(&used.value.to_string()), quoted(&used.file)));
    }
}

fn files(title: &str, files: &Files, lines: &mut Vec<String>) {
    let mut parts = Vec::new();
    for (verb, files) in [("added", &files.added), ("changed", &files.changed), ("removed", &files.removed)] {
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
    let folders = ["templates/", "crds/", "charts/"];
    folders.iter().find_map(|folder| path.strip_prefix(folder)).unwrap_or(path)
}

fn dependencies(evidence: &Evidence, lines: &mut Vec<String>) {
    let parts: Vec<String> = evidence.dependencies.iter().map(dependency).collect();
    if !parts.is_empty() {
        lines.push(format!("- Dependencies ({}): {}", count(parts.len(), "change"), parts.join("; ")));
    }
}

pub(super) fn dependency(change: &DependencyChange) -> String {
    let name = quoted(&change.name);
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("{name} {} added", quoted(&after.version)),
        (Some(before), Some(after)) => format!("{name} {}", dependency_fields(before, after)),
        (_, None) => format!("{name} removed"),
    }
}

/// What differs in what is said of a dependency.
fn dependency_fields(before: &Dependency, after: &Dependency) -> String {
    let said = |text: &str| if text.is_empty() { "none".to_owned() } else { quoted(text) };
    let mut parts = Vec::new();
    let (old_tags, new_tags) = (before.tags.join(", "), after.tags.join(", "));
    for (label, old, new) in [
        ("", &before.version, &after.version),
        ("chart ", &before.chart, &after.chart),
        ("repository ", &before.repository, &after.repository),
        ("condition ", &before.condition, &after.condition),
        ("tags ", &old_tags, &new_tags),
    ] {
        if old != new {
            parts.push(format!("{label}{} → {}", said(old), said(new)));
        }
    }
    parts.join(", ")
}

/// Somebody's words as Markdown text that means nothing but itself.
pub(super) fn escaped(text: &str) -> String {
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
