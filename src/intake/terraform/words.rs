//! A few words on what changes in one resource.

use super::action::Action;
use super::change::Change;
use super::diff::{AttributeChange, ChangeKind};
use crate::intake::escape;

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
        words.extend(self.why());
        // What something new has is told with the reason of its level; the list says that it is new.
        if self.action != Action::Create {
            words.extend(attribute_words(&self.attributes, self.action));
        }
        words.join("; ")
    }

    /// What changes inside, as the reason of a level.
    pub(super) fn reason_words(&self) -> String {
        let attributes = attribute_words(&self.attributes, self.action);
        self.why().into_iter().chain(attributes).collect::<Vec<_>>().join("; ")
    }

    /// Why it is done: what forces a replacement, else the tool's own reason.
    fn why(&self) -> Option<String> {
        if self.action.replaces() && !self.forced_by.is_empty() {
            return Some(format!("forces replacement: {}", self.forced_by.join(", ")));
        }
        self.reason.as_deref().and_then(reason_words).map(str::to_owned)
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
        "delete_because_enabled_false" => "its `enabled` is false",
        "forgot_because_lifecycle_destroy_in_config" | "forgot_because_lifecycle_destroy_in_state" => {
            "its configuration says not to destroy it"
        }
        "forgot_because_removed_block" => "a `removed` block names it",
        "read_because_config_unknown" => "depends on values not yet known",
        "read_because_dependency_pending" => "depends on a change",
        "read_because_check_nested" => "for a check",
        _ => return None,
    })
}

/// What is known only afterwards is told when nothing else changes; in a new object everything computed is that.
fn attribute_words(attributes: &[AttributeChange], action: Action) -> Vec<String> {
    let (is_new, is_new_object) = (action == Action::Create, action == Action::Create || action.replaces());
    let known: Vec<&AttributeChange> =
        attributes.iter().filter(|change| change.change != ChangeKind::Unknown).collect();
    let all_unknown = known.is_empty() && !is_new_object;
    let shown: Vec<&AttributeChange> = if all_unknown { attributes.iter().collect() } else { known };
    let mut words: Vec<(String, usize)> = Vec::new();
    for change in shown {
        let text = if is_new { change.told() } else { change.words() };
        match words.iter_mut().find(|(known, _)| *known == text) {
            Some((_, count)) => *count += 1,
            None => words.push((text, 1)),
        }
    }
    let more = words.len().saturating_sub(MAX_NAMED);
    words.truncate(MAX_NAMED);
    let counted =
        |(text, count): (String, usize)| if count > 1 { format!("{text} ({count}×)") } else { text };
    let mut words: Vec<String> = words.into_iter().map(counted).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words
}

impl AttributeChange {
    /// What something new has: `engine: postgres`.
    fn told(&self) -> String {
        match &self.change {
            ChangeKind::Added { value: Some(value) } => format!("{}: {value}", place_words(&self.path)),
            _ => self.words(),
        }
    }

    /// In a few words: `instance_type: t3.small → t3.large`.
    pub fn words(&self) -> String {
        let name = place_words(&self.path);
        let entry = entry_name(&self.path);
        match &self.change {
            ChangeKind::Added { .. } if entry.is_some() => format!("{} added", entry.unwrap_or_default()),
            ChangeKind::Removed if entry.is_some() => format!("{} removed", entry.unwrap_or_default()),
            ChangeKind::Added { value: Some(value) } => format!("{name}: {value} added"),
            ChangeKind::Added { value: None } => format!("{name} added"),
            ChangeKind::Removed => format!("{name} removed"),
            ChangeKind::Changed { before: Some(before), after: Some(after) } => {
                format!("{name}: {before} → {after}")
            }
            ChangeKind::Changed { .. } | ChangeKind::Volatile => format!("{name} changed"),
            ChangeKind::Number { before, after } => format!("{name}: {before} → {after}"),
            ChangeKind::Unknown => format!("{name} known after apply"),
            ChangeKind::Sensitive | ChangeKind::Redacted => format!("{name} changed (sensitive)"),
        }
    }
}

/// `spec.template.spec.container[api].image`: a place as people say it. Elements of lists that have a name are known by
/// it, others by nothing.
fn place_words(path: &[String]) -> String {
    let mut words = String::new();
    for step in path.iter().filter(|step| !is_index(step)) {
        if !words.is_empty() && !is_name(step) {
            words.push('.');
        }
        words.push_str(step);
    }
    words
}

fn is_index(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a step is an element of a list by its name.
fn is_name(step: &str) -> bool {
    step.starts_with('[') && step.ends_with(']')
}

/// For an element of a list: what it is one of. `egress rule` for `egress.0`.
fn entry_name(path: &[String]) -> Option<String> {
    let (step, parents) = path.split_last()?;
    if parents.is_empty() {
        return None;
    }
    if is_name(step) {
        return Some(place_words(path));
    }
    if !is_index(step) {
        return None;
    }
    let list = place_words(parents);
    let rule = matches!(list.as_str(), "ingress" | "egress");
    Some(if rule { format!("{list} rule") } else { format!("{list} entry") })
}
