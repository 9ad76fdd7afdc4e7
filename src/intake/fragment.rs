//! A few words about one changed field.

use super::phrase::{self, from_to, quoted, value};
use super::tree::{Change, ORDER, Path, Step, Value};

/// Values below an added or removed field that are written out.
const MAX_BELOW: usize = 6;

/// A few words about one change, and which fields they speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Such as `replicas 3 → 5`.
    pub text: String,
    /// Every value that the words give, by its path.
    pub shown: Vec<Path>,
    /// How many more values changed with it that the words only count.
    pub n_more: usize,
}

/// How a kind of evidence names its fields, and what it hides.
pub(super) struct Wording<'a> {
    /// What people call the field at a path, as Markdown.
    pub(super) label: &'a dyn Fn(&Path) -> String,
    /// Whether the value at a path must not be read.
    pub(super) hides: &'a dyn Fn(&Path, &Value) -> bool,
}

/// The words about a change.
pub(super) fn fragment(change: &Change, wording: &Wording<'_>) -> Fragment {
    wording.fragment(change)
}

impl Wording<'_> {
    fn fragment(&self, change: &Change) -> Fragment {
        let label = (self.label)(&change.path);
        match (&change.old, &change.new) {
            (Some(old), Some(new)) if is_scalar(old) && is_scalar(new) => {
                let hidden = (self.hides)(&change.path, old) || (self.hides)(&change.path, new);
                let text = format!("{label} {}", from_to(old, new, hidden));
                Fragment { text, shown: vec![change.path.clone()], n_more: 0 }
            }
            (Some(_), Some(_)) if change.path.last_key() == ORDER => {
                let of = (self.label)(&Path(change.path.0[..change.path.0.len() - 1].to_vec()));
                let text = format!("{of} in another order");
                Fragment { text, shown: vec![change.path.clone()], n_more: 0 }
            }
            (Some(old), Some(new)) => {
                let (old, new) = (self.below(&change.path, old, ""), self.below(&change.path, new, ""));
                let text = format!("{label} {} → {}", old.text, new.text);
                Fragment { text, shown: [old.shown, new.shown].concat(), n_more: old.n_more + new.n_more }
            }
            (None, Some(new)) => self.whole(&label, "added", &change.path, new),
            (Some(old), None) => self.whole(&label, "removed", &change.path, old),
            (None, None) => Fragment { text: label, shown: Vec::new(), n_more: 0 },
        }
    }

    /// A field that comes or goes with all that it holds.
    fn whole(&self, label: &str, verb: &str, path: &Path, value: &Value) -> Fragment {
        if let [above @ .., Step::Index(_)] = &path.0[..]
            && is_scalar(value)
        {
            let list = (self.label)(&Path(above.to_vec()));
            let text = format!("{list} {} {verb}", phrase::value(value, (self.hides)(path, value)));
            return Fragment { text, shown: vec![path.clone()], n_more: 0 };
        }
        let handler = if path.last_key().ends_with("Probe") { probe_handler(value) } else { String::new() };
        let mut below = self.below(path, value, &handler);
        below.text = format!("{label} {verb} ({})", below.text);
        below
    }

    /// The values below a path, the first ones written out.
    fn below(&self, path: &Path, of: &Value, lead: &str) -> Fragment {
        let leaves = of.leaves();
        let in_lead = |leaf: &Path| !lead.is_empty() && leaf.to_string().starts_with("httpGet.p");
        let mut texts: Vec<String> =
            Some(lead.to_owned()).filter(|lead| !lead.is_empty()).into_iter().collect();
        let mut shown: Vec<Path> =
            leaves.iter().filter(|(leaf, _)| in_lead(leaf)).map(|(leaf, _)| path.join(leaf)).collect();
        let n_leaves = leaves.len();
        for (leaf, leaf_value) in leaves.into_iter().filter(|(leaf, _)| !in_lead(leaf)).take(MAX_BELOW) {
            let whole = path.join(&leaf);
            let said = value(leaf_value, (self.hides)(&whole, leaf_value));
            let name = leaf.to_string();
            // The label of a named element has given its name already.
            if !is_own_name(path, &leaf, leaf_value) {
                texts.push(if name.is_empty() { said } else { format!("{} {said}", quoted(&name)) });
            }
            shown.push(whole);
        }
        let n_more = n_leaves - shown.len();
        if n_more > 0 {
            texts.push(format!("and {n_more} more"));
        }
        Fragment { text: texts.join(", "), shown, n_more }
    }
}

/// Whether a leaf is the `name` by which its list knows the element at `path`.
fn is_own_name(path: &Path, leaf: &Path, value: &Value) -> bool {
    let (Some(Step::Item(name)), [Step::Key(key)]) = (path.0.last(), &leaf.0[..]) else { return false };
    key == "name" && value.as_text() == Some(name)
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::List(_) | Value::Map(_))
}

/// `HTTP GET /healthz:8080`; nothing for probes of other kinds.
fn probe_handler(probe: &Value) -> String {
    let Some(get) = probe.get("httpGet") else { return String::new() };
    let part = |key: &str| get.get(key).and_then(Value::as_key);
    let port = part("port").map_or_else(String::new, |port| format!(" on port {}", quoted(&port)));
    format!("HTTP GET {}{port}", quoted(&part("path").unwrap_or_else(|| "/".to_owned())))
}
