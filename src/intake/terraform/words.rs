//! A few words on what changes in one resource.

use super::action::Action;
use super::change::Change;
use super::diff::{AttributeChange, ChangeKind};

/// Changed attributes that are named; the others are counted.
const MAX_NAMED: usize = 3;

impl Change {
    /// `+`, `~`, `-`, `-/+`, `+/-`, `<=` as the tools print them, `→` for a move, `⟲` for an import, `.` for what
    /// is no longer managed.
    pub fn sign(&self) -> &'static str {
        match self.action {
            Action::Create => "+",
            Action::Update => "~",
            Action::Delete => "-",
            Action::DeleteCreate => "-/+",
            Action::CreateDelete => "+/-",
            Action::Read => "<=",
            Action::Forget => ".",
            Action::CreateForget => "+/.",
            Action::NoOp if self.importing => "⟲",
            Action::NoOp => "→",
        }
    }

    /// What happens in a word: `created`, `replaced`.
    pub fn verb(&self) -> &'static str {
        match self.action {
            Action::Create => "created",
            Action::Update => "changed",
            Action::Delete if self.deposed.is_some() => "destroyed (an object deposed before)",
            Action::Delete => "destroyed",
            Action::DeleteCreate | Action::CreateDelete => "replaced",
            Action::Read => "read",
            Action::Forget => "no longer managed",
            Action::CreateForget => "made again, the old one no longer managed",
            Action::NoOp if self.importing => "imported",
            Action::NoOp => "moved",
        }
    }

    /// The words behind the address; empty when the sign says it all.
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.deposed.as_ref().map(|key| format!("deposed object {key}")));
        words.extend(self.previous.as_ref().map(|previous| format!("moved from {previous}")));
        if self.importing && self.action != Action::NoOp {
            words.push("imported".to_owned());
        }
        if self.action.replaces() && !self.forced_by.is_empty() {
            words.push(format!("forces replacement: {}", self.forced_by.join(", ")));
        } else {
            words.extend(self.reason.as_deref().and_then(reason_words).map(str::to_owned));
        }
        words.extend(attribute_words(&self.attributes, &self.forced_by));
        words.join("; ")
    }

    /// One line of the list: sign, address, words in parentheses. Control characters are shown, not sent.
    pub fn line(&self) -> String {
        let words = self.words();
        let words = if words.is_empty() { String::new() } else { format!(" ({words})") };
        escape(&format!("{} {}{words}", self.sign(), self.address))
    }
}

/// The plan's word for why, in ours.
fn reason_words(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "replace_because_tainted" => "tainted",
        "replace_because_cannot_update" => "cannot be changed in place",
        "replace_by_request" => "replacement asked for",
        "replace_by_triggers" => "replace_triggered_by",
        "delete_because_no_resource_config" => "not in the configuration",
        "delete_because_no_module" => "its module is not in the configuration",
        "delete_because_wrong_repetition" => "count or for_each came or went",
        "delete_because_count_index" => "index beyond count",
        "delete_because_each_key" => "key not in for_each",
        "delete_because_no_move_target" => "moved to a resource that is not in the configuration",
        "read_because_config_unknown" => "depends on values not yet known",
        "read_because_dependency_pending" => "depends on a change",
        "read_because_check_nested" => "for a check",
        _ => return None,
    })
}

fn attribute_words(attributes: &[AttributeChange], forced_by: &[String]) -> Vec<String> {
    let known: Vec<&AttributeChange> =
        attributes.iter().filter(|change| change.kind != ChangeKind::Unknown).collect();
    let shown: Vec<&AttributeChange> = if known.is_empty() { attributes.iter().collect() } else { known };
    let mut words: Vec<(String, usize)> = Vec::new();
    for change in shown {
        let top = change.path.first().map_or("", String::as_str);
        if forced_by.iter().any(|name| name == top) && change.kind == ChangeKind::Unknown {
            continue;
        }
        let text = describe(change);
        match words.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => words.push((text, 1)),
        }
    }
    let more = words.len().saturating_sub(MAX_NAMED);
    words.truncate(MAX_NAMED);
    let counted = |(text, count): (String, usize)| if count > 1 { format!("{text} ({count}×)") } else { text };
    let mut words: Vec<String> = words.into_iter().map(counted).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words
}

fn describe(change: &AttributeChange) -> String {
    let name = change.path.join(".");
    let entry = entry_name(&change.path);
    match &change.kind {
        ChangeKind::Added(_) if entry.is_some() => format!("{} added", entry.unwrap_or_default()),
        ChangeKind::Removed if entry.is_some() => format!("{} removed", entry.unwrap_or_default()),
        ChangeKind::Added(Some(value)) => format!("{name}: {value} added"),
        ChangeKind::Added(None) => format!("{name} added"),
        ChangeKind::Removed => format!("{name} removed"),
        ChangeKind::Changed(Some((before, after))) => format!("{name}: {before} → {after}"),
        ChangeKind::Changed(None) => format!("{name} changed"),
        ChangeKind::Number { before, after, .. } => format!("{name}: {before} → {after}"),
        ChangeKind::Unknown => format!("{name} known after apply"),
        ChangeKind::Sensitive => format!("{name} changed (sensitive)"),
    }
}

/// For an element of a list: what it is one of. `egress rule` for `egress.0`.
fn entry_name(path: &[String]) -> Option<String> {
    let (index, parents) = path.split_last()?;
    if parents.is_empty() || !index.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let list = parents.join(".");
    let rule = matches!(list.as_str(), "ingress" | "egress");
    Some(if rule { format!("{list} rule") } else { format!("{list} entry") })
}

/// A line as it may stand in a record: control and bidirectional characters are written out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if c.is_control() || bidi { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    escaped
}
