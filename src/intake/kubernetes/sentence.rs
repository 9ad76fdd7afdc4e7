//! What differs, in sentences.

use super::super::fragment::{Fragment, Wording, fragment};
use super::super::phrase::{count, quoted, value};
use super::super::secret::Secrets;
use super::super::tree::{Change, ORDER, Path, Step, Value};
use super::compare::{Comparison, ObjectChange};

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

/// One sentence for each changed object, in the order of the comparison.
pub fn describe(comparison: &Comparison) -> Vec<ObjectText> {
    comparison.changes.iter().map(|change| describe_object(change, &comparison.secrets)).collect()
}

fn describe_object(change: &ObjectChange, secrets: &Secrets) -> ObjectText {
    let name = object_name(change);
    let whole = |text: String| ObjectText { text, shown: Vec::new(), n_more: 0 };
    match (&change.old, &change.new) {
        (None, Some(new)) => whole(format!("{name} added{}", in_short(&new.value, secrets))),
        (Some(_), None) => whole(format!("{name} removed")),
        _ => {
            let words = Words { change, secrets };
            let mut fragments: Vec<Fragment> =
                change.fields.iter().map(|field| words.fragment(field)).collect();
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
            ObjectText {
                text: format!("{name}: {}", texts.join("; ")),
                n_more: rest + fragments.iter().map(|fragment| fragment.n_more).sum::<usize>(),
                shown: fragments.into_iter().flat_map(|fragment| fragment.shown).collect(),
            }
        }
    }
}

/// `Deployment api`, with the namespace where the manifest names one, and the file where that tells two apart.
pub(super) fn object_name(change: &ObjectChange) -> String {
    let id = &change.id;
    let name = match id.namespace.is_empty() {
        true => quoted(&id.name),
        false => quoted(&format!("{}/{}", id.namespace, id.name)),
    };
    let file = if id.file.is_empty() { String::new() } else { format!(" ({})", quoted(&id.file)) };
    format!("{} {name}{file}", quoted(&id.kind))
}

/// The few things that one asks about a new object.
fn in_short(object: &Value, secrets: &Secrets) -> String {
    let mut parts = Vec::new();
    if let Some(replicas) = object.at(&["spec", "replicas"]) {
        parts.push(format!("{} replicas", value(replicas, false)));
    }
    let pod = object.at(&["spec", "template", "spec"]).or_else(|| object.get("spec"));
    for container in
        pod.and_then(|pod| pod.get("containers")).map(Value::items).unwrap_or_default().iter().take(3)
    {
        if let Some(image) = container.get("image") {
            parts.push(format!("image {}", value(image, secrets.hides("image", image))));
        }
    }
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// What the words about one object rest on.
pub(super) struct Words<'a> {
    pub(super) change: &'a ObjectChange,
    pub(super) secrets: &'a Secrets,
}

impl Words<'_> {
    fn fragment(&self, change: &Change) -> Fragment {
        let label = |path: &Path| self.label(path);
        let hides = |path: &Path, value: &Value| hides(self.secrets, &self.change.id.kind, path, value);
        fragment(change, &Wording { label: &label, hides: &hides })
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
        if list == "containers" && self.has_one_container() {
            return field;
        }
        format!("{kind} {} {field}", quoted(name))
    }

    /// Whether the pod has one container before and after, so that its fields need no name before them.
    fn has_one_container(&self) -> bool {
        let objects = [&self.change.old, &self.change.new];
        objects.into_iter().flatten().all(|object| {
            let pods = [
                &["spec", "template", "spec"][..],
                &["spec", "jobTemplate", "spec", "template", "spec"],
                &["spec"],
            ];
            let containers = pods.into_iter().find_map(|keys| object.value.at(keys)?.get("containers"));
            containers.is_some_and(|containers| containers.items().len() == 1)
        })
    }
}

/// Whether a value of an object must not be read: all that a Secret holds, and what looks like one elsewhere.
pub(super) fn hides(secrets: &Secrets, kind: &str, path: &Path, value: &Value) -> bool {
    if kind == "Secret"
        && matches!(path.0.first(), Some(Step::Key(key)) if key == "data" || key == "stringData")
    {
        return true;
    }
    let name = match &path.0[..] {
        [.., Step::Item(name), Step::Key(key)] if key == "value" => name,
        _ => path.last_key(),
    };
    secrets.hides(name, value)
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
pub fn totals(comparison: &Comparison) -> String {
    let number =
        |test: fn(&ObjectChange) -> bool| comparison.changes.iter().filter(|change| test(change)).count();
    let added = number(|change| change.old.is_none());
    let removed = number(|change| change.new.is_none());
    let changed = comparison.changes.len() - added - removed;
    format!(
        "{} changed, {added} added, {removed} removed, {} unchanged",
        count(changed, "object"),
        comparison.n_same
    )
}
