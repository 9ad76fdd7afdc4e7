//! What changelogs say of the versions between two.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::super::tree::Value;
use super::super::yaml::documents;
use super::markup::{heading, is_underline, one_line, without_markup};
use super::upgrade_notes::{self, is_notes, is_readme};
use super::version::parse_version;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Something that worked may work no more.
    Breaking,
    /// Something new.
    New,
    /// Something mended.
    Fixed,
    /// Anything else.
    Other,
}

/// One line of a changelog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The version that brought it.
    #[serde(with = "version_text")]
    #[schemars(with = "String")]
    pub version: Version,
    /// What it is about.
    pub kind: Kind,
    /// In the author's words, on one line.
    pub text: String,
}

/// Versions as their text.
mod version_text {
    use semver::Version;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(version)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = String::deserialize(deserializer)?;
        Version::parse(&text).map_err(|_| de::Error::custom(format!("`{text}` is not a valid version")))
    }
}

/// What a chart says of its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changelog {
    /// Of whatever versions.
    pub entries: Vec<Entry>,
    /// Versions that something is said of, were it nothing.
    pub described: BTreeSet<Version>,
    /// Those of them that files describe, which go back in time.
    pub in_files: BTreeSet<Version>,
    /// What stands there and could not be read.
    pub unread: Vec<String>,
}

/// What a chart says: in its annotation `artifacthub.io/changes`, in changelogs and news, and in notes on upgrades.
pub(super) fn read(chart: &Value, version: &Version, files: &[(String, Vec<u8>)]) -> Changelog {
    let mut found = Changelog::default();
    match annotation(chart, version) {
        Some(entries) => {
            if !entries.is_empty() {
                found.described.insert(version.clone());
            }
            found.entries = entries;
        }
        None => found.unread.push("the annotation artifacthub.io/changes".to_owned()),
    }
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        if is_changelog(path) {
            let own = path.rsplit('/').next().and_then(version_in);
            let (entries, versions) = markdown(&text, own);
            if versions.is_empty() {
                found.unread.push(path.clone());
            }
            found.in_files.extend(versions);
            found.entries.extend(entries);
        } else if is_notes(path) || is_readme(path) {
            let notes = upgrade_notes::read(&text, is_notes(path));
            found.entries.extend(notes.entries);
            found.unread.extend(notes.unread.into_iter().map(|title| format!("{path}, {title}")));
        }
    }
    found.described.extend(found.in_files.iter().cloned());
    found
}

fn is_changelog(path: &str) -> bool {
    const NAMES: [&str; 7] =
        ["changelog", "changes", "history", "news", "release", "releases", "release-notes"];
    let path = path.to_ascii_lowercase();
    let (stem, is_text) = match path.rsplit_once('.') {
        Some((stem, end)) => (stem, matches!(end, "md" | "markdown" | "txt" | "rst" | "adoc")),
        None => (path.as_str(), true),
    };
    let in_folder = path.starts_with("changelog/") || path.starts_with("changelogs/");
    let is_file = !path.contains('/')
        && (NAMES.contains(&stem) || ["changelog", "changes"].iter().any(|name| stem.starts_with(name)));
    is_text && (in_folder || is_file)
}

/// <https://artifacthub.io/docs/topics/annotations/helm/>: a YAML list of texts, or of `{ kind, description }`.
fn annotation(chart: &Value, version: &Version) -> Option<Vec<Entry>> {
    let text =
        chart.at(&["annotations", "artifacthub.io/changes"]).and_then(Value::as_text).unwrap_or_default();
    let list = documents(text).ok()?;
    let items = list.iter().flat_map(|document| document.value.items());
    let entry = |item: &Value| {
        let (text, stated) = match item {
            Value::Text(text) => (text.clone(), None),
            _ => {
                let kind = item.get("kind").and_then(Value::as_text).and_then(heading_kind);
                (item.get("description")?.as_text()?.to_owned(), kind)
            }
        };
        Some(Entry { version: version.clone(), kind: sorted(&text, stated), text: one_line(&text) })
    };
    Some(items.filter_map(entry).collect())
}

/// Items of lists under headings that name a version, and those versions; `own` is the version in the file's name. An
/// item ends at a blank line, at the next item and at a heading; lines between belong to it. Other text is an entry
/// where it says that something breaks.
fn markdown(text: &str, own: Option<Version>) -> (Vec<Entry>, BTreeSet<Version>) {
    let mut items: Vec<(Option<Version>, Option<Kind>, String)> = Vec::new();
    let mut versions: BTreeSet<Version> = own.iter().cloned().collect();
    let (mut version, mut kind, mut is_open) = (own, None, false);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        let words = line.trim_start();
        let is_underlined = lines.peek().is_some_and(|next| is_underline(next));
        if let Some(heading) = heading(line, is_underlined) {
            let heading = without_markup(heading);
            match version_in(&heading) {
                Some(found) => {
                    versions.insert(found.clone());
                    (version, kind) = (Some(found), None);
                }
                None => kind = heading_kind(&heading),
            }
            is_open = false;
        } else if let Some(item) = ["- ", "* ", "+ "].iter().find_map(|bullet| words.strip_prefix(bullet)) {
            items.push((version.clone(), kind, item.to_owned()));
            is_open = true;
        } else if words.is_empty() || words.starts_with("```") {
            is_open = false;
        } else if let Some((_, _, item)) = items.last_mut().filter(|_| is_open) {
            item.push(' ');
            item.push_str(words);
        } else if words.to_lowercase().contains("breaking") {
            items.push((version.clone(), Some(Kind::Breaking), words.to_owned()));
            is_open = true;
        }
    }
    let entry = |(version, kind, item): (Option<Version>, Option<Kind>, String)| {
        let text = one_line(item.trim().trim_matches('"'));
        Some(Entry { version: version?, kind: sorted(&text, kind), text })
    };
    (items.into_iter().filter_map(entry).collect(), versions)
}

/// The first version in a heading or file name.
fn version_in(text: &str) -> Option<Version> {
    let text = text.strip_suffix(".md").unwrap_or(text);
    text.split(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '(' | ')' | '/' | ':' | '_'))
        .flat_map(|word| word.char_indices().map(move |(at, _)| (at, word)))
        .filter(|(at, word)| *at == 0 || word[..*at].ends_with(['-', 'v']))
        .map(|(at, word)| &word[at..])
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
        .find_map(parse_version)
}

/// The words of Keep a Changelog, of conventional commits and of the annotation.
fn heading_kind(heading: &str) -> Option<Kind> {
    let heading = heading.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| heading.contains(word));
    if has(&["breaking", "removed", "upgrade note", "migration"]) {
        Some(Kind::Breaking)
    } else if has(&["fix", "bug", "security"]) {
        Some(Kind::Fixed)
    } else if has(&["added", "feature", "new", "enhancement"]) {
        Some(Kind::New)
    } else if has(&["change", "deprecated", "other", "dependenc", "chore", "docs"]) {
        Some(Kind::Other)
    } else {
        None
    }
}

/// An entry's own words come before its heading where they say that something breaks.
fn sorted(text: &str, stated: Option<Kind>) -> Kind {
    let lower = text.to_lowercase();
    let marked = lower.split(':').next().is_some_and(|kind| kind.ends_with('!') && lower.contains(':'));
    if marked
        || lower.contains("breaking change")
        || lower.contains("breaking:")
        || lower.contains("[breaking]")
    {
        return Kind::Breaking;
    }
    if let Some(kind) = stated {
        return kind;
    }
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // The verb stands at the beginning, behind a scope such as `helm:` or `[controller]`.
    let begins = |with: &[&str]| words.iter().take(3).any(|word| with.contains(word));
    if begins(&["fix", "fixes", "fixed", "bugfix", "fixing", "revert", "correct", "corrects"]) {
        Kind::Fixed
    } else if begins(&["deprecate", "deprecates", "deprecated"]) || words.iter().any(|word| is_minor(word)) {
        Kind::Other
    } else if begins(&[
        "remove", "removes", "removed", "drop", "drops", "dropped", "rename", "renames", "renamed",
    ]) || words.windows(2).any(|pair| pair == ["was", "removed"])
    {
        Kind::Breaking
    } else if begins(&[
        "add",
        "adds",
        "added",
        "adding",
        "feat",
        "feature",
        "allow",
        "allows",
        "support",
        "supports",
        "introduce",
        "enable",
        "implement",
        "configure",
        "ability",
    ]) {
        Kind::New
    } else {
        Kind::Other
    }
}

/// Whether an entry that removes such a thing breaks nothing.
fn is_minor(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "readme",
        "whitespace",
        "whitespaces",
        "typo",
        "typos",
        "comment",
        "comments",
        "lint",
        "test",
        "tests",
        "docs",
        "documentation",
        "unused",
        "redundant",
    ];
    WORDS.contains(&word)
}

/// Whether an upgrade passes a version; its pre-releases are passed only on the way to one.
fn is_between(version: &Version, old: &Version, new: &Version) -> bool {
    version > old && version <= new && (version.pre.is_empty() || !new.pre.is_empty())
}

/// The entries of the versions after `old` up to `new`, each text once, in order of versions. A pre-release says
/// what the release says again.
pub(super) fn between<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    old: &Version,
    new: &Version,
) -> Vec<Entry> {
    let mut found: Vec<&Entry> = entries.filter(|entry| is_between(&entry.version, old, new)).collect();
    found.sort_by(|a, b| a.version.cmp(&b.version));
    let mut seen = BTreeSet::new();
    found.into_iter().filter(|entry| seen.insert(entry.text.to_lowercase())).cloned().collect()
}

/// The versions between two that something is said of, and whether that is all there are: the files go back to the
/// version before, or there is none between.
pub(super) fn coverage(logs: [&Changelog; 2], old: &Version, new: &Version) -> (Vec<Version>, bool) {
    let described = logs.iter().flat_map(|log| &log.described);
    let described: BTreeSet<&Version> = described.filter(|version| is_between(version, old, new)).collect();
    let goes_back = logs.iter().flat_map(|log| &log.in_files).any(|version| version <= old);
    let is_next = new.major == old.major && new.minor == old.minor && new.patch == old.patch + 1;
    let complete = described.contains(new) && (goes_back || is_next);
    (described.into_iter().cloned().collect(), complete || *new <= *old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_headings_and_names() {
        for (text, expected) in [
            (" 4.8.0", Some("4.8.0")),
            (" [1.2.3] - 2024-05-01", Some("1.2.3")),
            (" v2.0.0-rc.1 (2024)", Some("2.0.0-rc.1")),
            ("Changelog-4.7.0.md", Some("4.7.0")),
            ("<small>16.2.3 (2024-12-03)</small>", Some("16.2.3")),
            ("<a name=\"v3.1.0\"></a> v3.1.0", Some("3.1.0")),
            ("[v1.4.0](https://example.org/compare/v1.3.0...v1.4.0)", Some("1.4.0")),
            (" Unreleased", None),
            (" What is new in 2024", None),
        ] {
            assert_eq!(
                version_in(&without_markup(text)).map(|v| v.to_string()).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn entries_by_their_words() {
        for (text, stated, expected) in [
            ("helm: Fix opentelemetry module installation", None, Kind::Fixed),
            ("feat(helm): Add loadBalancerClass (#9562)", None, Kind::New),
            ("feat!: new format of values", None, Kind::Breaking),
            ("Support for Kubernetes v1.19.0 was removed", None, Kind::Breaking),
            ("Update Ingress-Nginx version controller-v1.8.0", None, Kind::Other),
            ("Memory leak of the controller", Some(Kind::Fixed), Kind::Fixed),
            ("BREAKING CHANGE: the port", Some(Kind::New), Kind::Breaking),
            ("Remove trailing whitespace from the README", None, Kind::Other),
            ("Deprecate the old flag", None, Kind::Other),
        ] {
            assert_eq!(sorted(text, stated), expected, "{text}");
        }
    }

    #[test]
    fn keep_a_changelog() {
        let text = "# Changelog\n\n## [Unreleased]\n- not yet\n\n## [1.2.0] - 2024-05-01\n### Added\n- Rate limiting\n### Fixed\n- A memory\n  leak\n\n  with a paragraph\n- Crash\nat start\n\n## 1.1.0\n- old\n";
        let (found, versions) = markdown(text, None);
        assert_eq!(versions.len(), 2);
        let said: Vec<(String, Kind, &str)> =
            found.iter().map(|e| (e.version.to_string(), e.kind, e.text.as_str())).collect();
        assert_eq!(
            said,
            [
                ("1.2.0".to_owned(), Kind::New, "Rate limiting"),
                ("1.2.0".to_owned(), Kind::Fixed, "A memory leak"),
                ("1.2.0".to_owned(), Kind::Fixed, "Crash at start"),
                ("1.1.0".to_owned(), Kind::Other, "old")
            ]
        );
    }
}
