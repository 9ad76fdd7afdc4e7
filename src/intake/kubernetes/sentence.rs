//! What differs, in sentences.

use super::super::fragment::{Fragment, Wording, fragment};
use super::super::phrase::{count, quoted, value};
use super::super::secret::Secrets;
use super::super::stored::is_hidden;
use super::super::tree::{Change, ORDER, Path, Step, Value};
use super::evidence::{Action, ChangedObject, Evidence};
use super::facts::{FactKind, say};
use super::keys::without_number;

/// Fields of one object that are written out; the rest is counted.
const MAX_FIELDS: usize = 12;
/// An object's sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectText {
    /// As Markdown, on one line, without a full stop.
    pub text: String,
    /// Every value that the sentence gives.
    pub shown: Vec<Path>,
    /// How many more it counts.
    pub n_more: usize,
}

/// One sentence for each changed object, in the order of the evidence.
pub fn describe(evidence: &Evidence) -> Vec<ObjectText> {
    evidence.objects.iter().map(describe_object).collect()
}

fn describe_object(object: &ChangedObject) -> ObjectText {
    let name = object_name(object);
    let whole = |text: String| ObjectText { text, shown: Vec::new(), n_more: 0 };
    match object.action {
        Action::Create => whole(format!("{name} added{}", in_short(object))),
        Action::Delete => whole(format!("{name} removed{}", what_goes_with(object))),
        Action::Update => {
            let words = Words { object };
            let mut fragments: Vec<Fragment> =
                object.fields.iter().map(|field| words.fragment(field)).collect();
            let rest: usize = fragments
                .iter()
                .skip(MAX_FIELDS)
                .map(|fragment| fragment.shown.len() + fragment.n_more)
                .sum();
            fragments.truncate(MAX_FIELDS);
            let mut texts: Vec<String> = fragments.iter().map(|fragment| fragment.text.clone()).collect();
            if rest > 0 {
                texts.push(format!("and {rest} more"));
            }
            texts.extend(object.facts.iter().filter(|fact| is_told(fact.fact)).map(|fact| say(fact, &words)));
            ObjectText {
                text: format!("{name}: {}", texts.join("; ")),
                n_more: rest + fragments.iter().map(|fragment| fragment.n_more).sum::<usize>(),
                shown: fragments.into_iter().flat_map(|fragment| fragment.shown).collect(),
            }
        }
    }
}

/// `Deployment api`, with the namespace where the manifest names one, and the file where that tells two apart.
pub(super) fn object_name(object: &ChangedObject) -> String {
    let name = match object.namespace.is_empty() {
        true => quoted(&object.name),
        false => quoted(&format!("{}/{}", object.namespace, object.name)),
    };
    let file = if object.file.is_empty() { String::new() } else { format!(" ({})", quoted(&object.file)) };
    format!("{} {name}{file}", quoted(&object.kind))
}

/// What one asks first about a new object.
fn in_short(object: &ChangedObject) -> String {
    let part = |field: &Change| {
        let said = value(field.new.as_ref()?, false);
        Some(match field.path.last_key() {
            "replicas" => format!("{said} replicas"),
            "image" => format!("image {said}"),
            _ => format!("{} {said}", Words { object }.label(&field.path)),
        })
    };
    let words = Words { object };
    let facts = object.facts.iter().map(|fact| say(fact, &words));
    let parts: Vec<String> = object.fields.iter().filter_map(part).chain(facts).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// Whether a changed object's sentence tells a fact. Others are in its fields already.
fn is_told(fact: FactKind) -> bool {
    matches!(fact, FactKind::Immutable | FactKind::NamedTwice | FactKind::UsedBy | FactKind::Blocking)
}

/// What else is gone when an object is.
pub(super) fn what_goes_with(object: &ChangedObject) -> &'static str {
    match object.kind.as_str() {
        "Namespace" => ", with everything in it",
        "CustomResourceDefinition" => ", with every object of its kind",
        "NetworkPolicy" | "CiliumNetworkPolicy" => ", and what it kept out comes in",
        _ => "",
    }
}

/// What the words about one object rest on.
pub(super) struct Words<'a> {
    pub(super) object: &'a ChangedObject,
}

impl Words<'_> {
    pub(super) fn fragment(&self, change: &Change) -> Fragment {
        let label = |path: &Path| self.label(path);
        fragment(change, &Wording { label: &label, hides: &|_, value| is_hidden(value) })
    }

    /// What people call the field that a path leads to or into: a word of a list is the list's.
    pub(super) fn field_label(&self, path: &Path) -> String {
        match &path.0[..] {
            [above @ .., Step::Index(_)] => self.label(&Path(above.to_vec())),
            [above @ .., Step::Key(key)] if key == ORDER => self.label(&Path(above.to_vec())),
            _ => self.label(path),
        }
    }

    /// What people call a field.
    pub(super) fn label(&self, path: &Path) -> String {
        let steps = &path.0;
        let container = steps.iter().position(|step| matches!(step, Step::Item(_))).filter(|at| {
            at.checked_sub(1).is_some_and(|list| {
                matches!(&steps[list], Step::Key(key) if key == "containers" || key == "initContainers")
            })
        });
        let Some(at) = container else { return outer_label(steps) };
        let (Step::Item(name), Step::Key(list)) = (&steps[at], &steps[at - 1]) else {
            return outer_label(steps);
        };
        let kind = if list == "initContainers" { "init container" } else { "container" };
        let rest = &steps[at + 1..];
        if rest.is_empty() {
            return format!("{kind} {}", quoted(name));
        }
        let field = container_label(rest);
        if list == "containers" && self.object.one_container {
            return field;
        }
        format!("{kind} {} {field}", quoted(name))
    }
}

/// Whether a value of an object must not be read: all that a Secret holds, and what looks like one elsewhere.
pub(super) fn hides(secrets: &Secrets, kind: &str, path: &Path, value: &Value) -> bool {
    let plain = path.0.iter().map(|step| match step {
        Step::Item(name) => Step::Item(without_number(name).to_owned()),
        step => step.clone(),
    });
    secrets.hides_at(kind, &Path(plain.collect()), value)
}

fn outer_label(steps: &[Step]) -> String {
    let keys: Vec<&str> = steps
        .iter()
        .map_while(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        })
        .collect();
    let rest = |n: usize| quoted(&Path(steps[n..].to_vec()).to_string());
    match &keys[..] {
        ["spec", "replicas"] => "replicas".to_owned(),
        ["spec", "template", "metadata", "labels", _, ..] => format!("pod label {}", quoted(keys[4])),
        ["spec", "template", "metadata", "annotations", _, ..] => {
            format!("pod annotation {}", quoted(keys[4]))
        }
        ["metadata", "labels", _, ..] => format!("label {}", quoted(keys[2])),
        ["metadata", "annotations", _, ..] => format!("annotation {}", quoted(keys[2])),
        ["spec", "template", "spec", _, ..] => format!("pod {}", rest(3)),
        ["spec", _, ..] if steps.len() > 1 => rest(1),
        _ => rest(0),
    }
}

fn container_label(rest: &[Step]) -> String {
    let words = |field: &str| -> Option<&'static str> {
        Some(match field {
            "readinessProbe" => "readiness probe",
            "livenessProbe" => "liveness probe",
            "startupProbe" => "startup probe",
            _ => return None,
        })
    };
    match rest {
        [Step::Key(env), Step::Item(name)] if env == "env" => format!("env {}", quoted(name)),
        [Step::Key(env), Step::Item(name), Step::Key(field)] if env == "env" && field == "value" => {
            format!("env {}", quoted(name))
        }
        [Step::Key(resources), Step::Key(kind), Step::Key(resource)] if resources == "resources" => {
            format!("{} {}", quoted(resource), kind.trim_end_matches('s'))
        }
        [Step::Key(resources), Step::Key(kind)] if resources == "resources" => {
            format!("resource {}", quoted(kind))
        }
        [Step::Key(field), below @ ..] if words(field).is_some() => {
            let probe = words(field).unwrap_or_default();
            match below {
                [] => probe.to_owned(),
                _ => format!("{probe} {}", quoted(&Path(below.to_vec()).to_string())),
            }
        }
        _ => quoted(&Path(rest.to_vec()).to_string()),
    }
}

/// How many objects are added, changed and removed, in words.
pub(super) fn totals(evidence: &Evidence) -> String {
    let [added, changed, removed] = numbers(evidence);
    format!(
        "{} changed, {added} added, {removed} removed, {} unchanged",
        count(changed, "object"),
        evidence.unchanged
    )
}

/// The same on one line of few words, without what there is none of: `2 objects changed, 1 added`.
pub(super) fn headline(evidence: &Evidence) -> String {
    let [added, changed, removed] = numbers(evidence);
    let mut parts: Vec<String> = Vec::new();
    for (number, verb) in [(changed, "changed"), (added, "added"), (removed, "removed")] {
        match number {
            0 => {}
            _ if parts.is_empty() => parts.push(format!("{} {verb}", count(number, "object"))),
            _ => parts.push(format!("{number} {verb}")),
        }
    }
    if parts.is_empty() { "0 objects changed".to_owned() } else { parts.join(", ") }
}

/// How many are added, changed and removed.
fn numbers(evidence: &Evidence) -> [usize; 3] {
    [Action::Create, Action::Update, Action::Delete]
        .map(|action| evidence.objects.iter().filter(|object| object.action == action).count())
}
