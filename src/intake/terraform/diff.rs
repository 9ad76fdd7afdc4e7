//! What changes inside a resource: places, with what stood and will stand there, as far as it may be shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::secret::{Verdict, judge};
use super::facts::json;
use super::secrets::{Secrets, hides, member_verdict, secret_arguments};
use super::value::{Mask, NULL, Value};

/// Longest text that is shown as a value, in characters.
const MAX_SHOWN: usize = 40;

/// The same of a reference, such as an image with its digest.
const MAX_REFERENCE: usize = 160;

/// One changed place inside a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeChange {
    /// The steps to it; elements of lists by their index.
    pub path: Vec<String>,
    /// What happens there.
    pub change: ChangeKind,
}

/// What happens at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeKind {
    /// A value where none was.
    Added {
        /// When it may be shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// No value any more.
    Removed,
    /// Another value.
    Changed {
        /// When it may be shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// When it may be shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    },
    /// A number becomes larger or smaller.
    Number {
        /// As written.
        before: String,
        /// As written.
        after: String,
    },
    /// Known after the apply only.
    Unknown,
    /// Marked by the plan as sensitive: all that is said is that it changes.
    Sensitive,
    /// Not marked, and hidden all the same: under a secret's name, of a secret's form, or sensitive elsewhere in the plan.
    Redacted,
    /// A place that the policy calls volatile: its values differ from run to run and are no part of what is compared.
    Volatile,
}

impl ChangeKind {
    /// Whether it is a number that is known to become larger.
    pub fn grows(&self) -> bool {
        matches!(self.numbers(), Some((before, after)) if before < after)
    }

    /// Whether it is a number that is known to become smaller.
    pub fn shrinks(&self) -> bool {
        matches!(self.numbers(), Some((before, after)) if after < before)
    }

    /// Some providers write numbers as texts.
    fn numbers(&self) -> Option<(f64, f64)> {
        match self {
            ChangeKind::Number { before, after }
            | ChangeKind::Changed { before: Some(before), after: Some(after) } => {
                before.parse().ok().zip(after.parse().ok())
            }
            _ => None,
        }
    }
}

/// Both sides of a change, with what is marked in them.
#[derive(Clone, Copy)]
pub(super) struct Sides<'m, 'a> {
    pub(super) before: &'m Value<'a>,
    pub(super) after: &'m Value<'a>,
    pub(super) unknown: Mask<'m, 'a>,
    pub(super) before_sensitive: Mask<'m, 'a>,
    pub(super) after_sensitive: Mask<'m, 'a>,
    /// What the names on the way here say of the values.
    pub(super) verdict: Verdict,
}

impl<'m, 'a> Sides<'m, 'a> {
    fn key(self, key: &str) -> Self {
        Sides {
            before: self.before.get(key),
            after: self.after.get(key),
            unknown: self.unknown.key(key),
            before_sensitive: self.before_sensitive.key(key),
            after_sensitive: self.after_sensitive.key(key),
            verdict: self.member_verdict(key),
        }
    }

    fn pair(self, before: Option<usize>, after: Option<usize>) -> Self {
        let nothing = Mask::new(&NULL);
        Sides {
            before: before.map_or(&NULL, |index| self.before.at(index)),
            after: after.map_or(&NULL, |index| self.after.at(index)),
            unknown: after.map_or(nothing, |index| self.unknown.index(index)),
            before_sensitive: before.map_or(nothing, |index| self.before_sensitive.index(index)),
            after_sensitive: after.map_or(nothing, |index| self.after_sensitive.index(index)),
            verdict: self.verdict,
        }
    }

    /// A secret on one side is one on both.
    fn member_verdict(self, key: &str) -> Verdict {
        let sides = [self.before, self.after].map(|side| member_verdict(self.verdict, side, key));
        if sides.contains(&Verdict::Secret) { Verdict::Secret } else { sides[1] }
    }

    fn sensitive(self) -> bool {
        self.before_sensitive.all() || self.after_sensitive.all()
    }
}

/// Every place that changes, in the order of the keys.
pub(super) fn changes(sides: Sides<'_, '_>, resource_type: &str, secrets: &Secrets) -> Vec<AttributeChange> {
    let mut found = Vec::new();
    compare(Sides { verdict: judge(resource_type), ..sides }, secrets, &mut Vec::new(), &mut found);
    found
}

fn compare(
    sides: Sides<'_, '_>,
    secrets: &Secrets,
    path: &mut Vec<String>,
    found: &mut Vec<AttributeChange>,
) {
    let Sides { before, after, .. } = sides;
    if sides.unknown.all() {
        return note(
            found,
            (path, secrets),
            if sides.sensitive() { ChangeKind::Sensitive } else { ChangeKind::Unknown },
        );
    }
    if sides.sensitive() {
        if before != after {
            note(found, (path, secrets), ChangeKind::Sensitive);
        }
        return;
    }
    match (before, after) {
        (Value::Object(_), _) | (_, Value::Object(_)) if is_table(before) && is_table(after) => {
            let mut keys: Vec<&str> =
                [before, after].iter().flat_map(|v| v.members()).map(|(k, _)| &**k).collect();
            keys.extend(sides.unknown.keys());
            keys.sort_unstable();
            keys.dedup();
            if path.is_empty() || (!before.is_null() && !after.is_null()) {
                for key in keys {
                    path.push(key.to_owned());
                    compare(sides.key(key), secrets, path, found);
                    path.pop();
                }
            } else {
                note(
                    found,
                    (path, secrets),
                    if before.is_null() { ChangeKind::Added { value: None } } else { ChangeKind::Removed },
                );
            }
        }
        (Value::Array(_), Value::Array(_)) => compare_lists(sides, secrets, path, found),
        _ if before == after => {}
        (Value::String(old), Value::String(new))
            if compare_documents((old, new), sides.verdict, secrets, path, found) => {}
        _ => note(found, (path, secrets), scalar_change(before, after, secrets, sides.verdict)),
    }
}

fn is_table(value: &Value<'_>) -> bool {
    matches!(value, Value::Object(_) | Value::Null)
}

/// Texts that are both JSON, such as policies and definitions of containers, differ where what they say differs.
fn compare_documents(
    (old, new): (&str, &str),
    verdict: Verdict,
    secrets: &Secrets,
    path: &mut Vec<String>,
    found: &mut Vec<AttributeChange>,
) -> bool {
    // What is secret as a whole elsewhere is so in all its parts.
    if secrets.is_secret(old) || secrets.is_secret(new) {
        return false;
    }
    let (Some(before), Some(after)) = (json(old), json(new)) else { return false };
    let nothing = Mask::new(&NULL);
    let sides = Sides {
        before: &before,
        after: &after,
        unknown: nothing,
        before_sensitive: nothing,
        after_sensitive: nothing,
        verdict,
    };
    let known = found.len();
    compare(sides, secrets, path, found);
    // Another spelling of the same: nothing changes, and still it is another text.
    if found.len() == known {
        note(found, (path, secrets), ChangeKind::Changed { before: None, after: None });
    }
    true
}

/// Elements that stand in both lists are no change, wherever they stand: sets have no order. What is left is
/// paired by names, where all have one, else when there is the same number on both sides.
fn compare_lists(
    sides: Sides<'_, '_>,
    secrets: &Secrets,
    path: &mut Vec<String>,
    found: &mut Vec<AttributeChange>,
) {
    let (before, after) = (sides.before.elements(), sides.after.elements());
    let known = |index: usize| !sides.unknown.index(index).any();
    let mut new: Vec<usize> = (0..after.len()).collect();
    let mut old: Vec<usize> = Vec::new();
    for (index, element) in before.iter().enumerate() {
        match new.iter().position(|&candidate| after[candidate] == *element && known(candidate)) {
            Some(at) => drop(new.remove(at)),
            None => old.push(index),
        }
    }
    if old.is_empty() && new.is_empty() && before != after {
        return note(found, (path, secrets), ChangeKind::Changed { before: None, after: None });
    }
    let (old_secrets, new_secrets) = (secret_arguments(before), secret_arguments(after));
    for (step, old, new) in paired(sides, &old, &new, secrets) {
        path.push(step);
        let mut pair = sides.pair(old, new);
        if old.is_some_and(|at| old_secrets.contains(&at)) || new.is_some_and(|at| new_secrets.contains(&at))
        {
            pair.verdict = Verdict::Secret;
        }
        compare(pair, secrets, path, found);
        path.pop();
    }
}

/// An element of two lists: the step to it, and where it stands in each.
type Pair = (String, Option<usize>, Option<usize>);

fn paired(sides: Sides<'_, '_>, old: &[usize], new: &[usize], secrets: &Secrets) -> Vec<Pair> {
    let (before, after) = (names(sides.before.elements()), names(sides.after.elements()));
    if let (Some(before), Some(after)) = (before, after) {
        let step = |name: &str| format!("[{}]", secrets.shown(name));
        let gone = old.iter().map(|&index| {
            let other = new.iter().copied().find(|&other| after[other] == before[index]);
            (step(before[index]), Some(index), other)
        });
        let is_added = |index: &&usize| !old.iter().any(|&other| before[other] == after[**index]);
        let added = new.iter().filter(is_added).map(|&index| (step(after[index]), None, Some(index)));
        return gone.chain(added).collect();
    }
    let pair =
        |old: Option<usize>, new: Option<usize>| (new.or(old).unwrap_or_default().to_string(), old, new);
    if old.len() == new.len() {
        return old.iter().zip(new).map(|(&old, &new)| pair(Some(old), Some(new))).collect();
    }
    let gone = old.iter().map(|&index| pair(Some(index), None));
    gone.chain(new.iter().map(|&index| pair(None, Some(index)))).collect()
}

/// The names by which the elements of a list are known, when each has one of its own.
fn names<'v>(elements: &'v [Value<'_>]) -> Option<Vec<&'v str>> {
    const KEYS: [&str; 7] = ["name", "key", "Sid", "id", "rule_id", "sid", "alias"];
    if elements.is_empty() {
        return Some(Vec::new());
    }
    KEYS.iter().find_map(|key| {
        let names: Vec<&str> =
            elements.iter().map(|element| element.get(key).as_str()).collect::<Option<_>>()?;
        let distinct: std::collections::BTreeSet<&&str> = names.iter().collect();
        (distinct.len() == names.len() && names.iter().all(|name| !name.is_empty())).then_some(names)
    })
}

fn scalar_change(before: &Value<'_>, after: &Value<'_>, secrets: &Secrets, verdict: Verdict) -> ChangeKind {
    if hides(verdict, before) || hides(verdict, after) {
        return ChangeKind::Redacted;
    }
    match (before, after) {
        (Value::Null, after) => ChangeKind::Added { value: shown(after, secrets) },
        (_, Value::Null) => ChangeKind::Removed,
        (before, after) if !may_show(before, secrets) || !may_show(after, secrets) => ChangeKind::Redacted,
        (Value::Number(before), Value::Number(after)) => {
            ChangeKind::Number { before: (*before).to_owned(), after: (*after).to_owned() }
        }
        (before, after) => {
            ChangeKind::Changed { before: shown(before, secrets), after: shown(after, secrets) }
        }
    }
}

fn may_show(value: &Value<'_>, secrets: &Secrets) -> bool {
    let mut may_show = true;
    value.each_string(&mut |text| may_show &= secrets.may_show(text));
    may_show
}

/// Whether a text is the name of an image with its version, or of a thing at a cloud: what it says is worth its length.
fn is_reference(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b':' | b'@' | b'-');
    let has_version = text.rsplit('/').next().is_some_and(|last| last.contains(':') || last.contains('@'));
    text.bytes().all(plain) && (text.starts_with("arn:") || (text.contains('/') && has_version))
}

/// Short values as text. Long ones are documents, and lists and objects have no short form.
fn shown(value: &Value<'_>, secrets: &Secrets) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(text) => secrets.may_show(text).then(|| (*text).to_owned()),
        Value::String(text) => {
            let most = if is_reference(text) { MAX_REFERENCE } else { MAX_SHOWN };
            let is_short = text.chars().count() <= most && !text.contains('\n');
            let shows = is_short && secrets.may_show(text);
            shows.then(|| if text.is_empty() { "\"\"".to_owned() } else { text.to_string() })
        }
        _ => None,
    }
}

/// The same of a setting with a name of its own.
pub(super) fn shown_setting(name: &str, value: &Value<'_>, secrets: &Secrets) -> Option<String> {
    let is_document = value.as_str().is_some_and(|text| json(text).is_some());
    if is_document || hides(judge(name), value) { None } else { shown(value, secrets) }
}

/// Keys on the way that are secret are hidden in it.
fn note(found: &mut Vec<AttributeChange>, (path, secrets): (&[String], &Secrets), change: ChangeKind) {
    let path = path.iter().map(|step| secrets.shown(step).to_owned()).collect();
    found.push(AttributeChange { path, change });
}
