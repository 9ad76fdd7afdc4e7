//! Changes as evidence files hold them: without secrets, and without texts that nobody reads there.

use super::phrase::first_difference;
use super::secret::HIDDEN;
use super::tree::{Change, Path, Step, Value};

/// Longest text on one line that is kept whole, in characters.
const MAX_TEXT: usize = 500;

/// The change with `(hidden)` in place of what must not be read, and with long texts by their size and beginning.
pub(super) fn stored(change: &Change, hides: &dyn Fn(&Path, &Value) -> bool) -> Change {
    let (old, new) = values(change, hides);
    Change { path: shown_path(&change.path, hides), old, new }
}

fn values(change: &Change, hides: &dyn Fn(&Path, &Value) -> bool) -> (Option<Value>, Option<Value>) {
    let path = &change.path;
    let is_hidden = |value: &Option<Value>| value.as_ref().is_some_and(|value| hides(path, value));
    if is_scalar(&change.old) && is_scalar(&change.new) && (is_hidden(&change.old) || is_hidden(&change.new))
    {
        let hide = |value: &Option<Value>| value.is_some().then(|| Value::Text(HIDDEN.to_owned()));
        return (hide(&change.old), hide(&change.new));
    }
    let (old, mut new) = (masked(path, &change.old, hides), masked(path, &change.new, hides));
    if let (Some(Value::Text(before)), Some(Value::Text(after))) = (&change.old, &change.new)
        && old == new
    {
        new = Some(Value::Text(format!("{}, {}", in_short(after), first_difference(before, after))));
    }
    (old, new)
}

/// Whether a stored value stands for one that must not be read.
pub(super) fn is_hidden(value: &Value) -> bool {
    value.as_text() == Some(HIDDEN)
}

fn masked(path: &Path, value: &Option<Value>, hides: &dyn Fn(&Path, &Value) -> bool) -> Option<Value> {
    let put = |at: &Path, leaf: &Value| match leaf {
        _ if hides(at, leaf) => Value::Text(HIDDEN.to_owned()),
        Value::Text(text) => Value::Text(in_short(text)),
        // As it will be read back: numbers beyond JSON's library are text there.
        _ => Value::from_json(leaf.to_json()),
    };
    value.as_ref().map(|value| with_keys_hidden(value.map_leaves(path, &put), hides))
}

fn with_keys_hidden(value: Value, hides: &dyn Fn(&Path, &Value) -> bool) -> Value {
    match value {
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| with_keys_hidden(item, hides)).collect())
        }
        Value::Map(entries) => {
            let entries = entries.into_iter();
            Value::Map(
                entries
                    .map(|(key, value)| (shown_name(&key, hides), with_keys_hidden(value, hides)))
                    .collect(),
            )
        }
        other => other,
    }
}

/// A key or a name as it may be shown.
fn shown_name(name: &str, hides: &dyn Fn(&Path, &Value) -> bool) -> String {
    let is_hidden = hides(&Path::default(), &Value::Text(name.to_owned()));
    if is_hidden { HIDDEN.to_owned() } else { name.to_owned() }
}

/// The path with `(hidden)` in place of keys and names that must not be read.
fn shown_path(path: &Path, hides: &dyn Fn(&Path, &Value) -> bool) -> Path {
    let shown = |name: &String| shown_name(name, hides);
    let steps = path.0.iter().map(|step| match step {
        Step::Key(key) => Step::Key(shown(key)),
        Step::Item(name) => Step::Item(shown(name)),
        Step::Index(index) => Step::Index(*index),
    });
    Path(steps.collect())
}

fn is_scalar(value: &Option<Value>) -> bool {
    !matches!(value, Some(Value::List(_) | Value::Map(_)))
}

/// A text that is kept whole as it is, others by their size.
fn in_short(text: &str) -> String {
    let n_chars = text.chars().count();
    if text.contains('\n') {
        format!("text of {} lines", text.lines().count())
    } else if n_chars > MAX_TEXT {
        let head: String = text.chars().take(MAX_TEXT).collect();
        format!("{head}… ({n_chars} characters)")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<Value> {
        Some(Value::Text(text.to_owned()))
    }

    fn change(old: Option<Value>, new: Option<Value>) -> Change {
        Change { path: Path::default(), old, new }
    }

    #[test]
    fn what_is_hidden_on_one_side_is_hidden_on_both() {
        let hides = |_: &Path, value: &Value| value.as_text() == Some("planted");
        let one = stored(&change(text("planted"), text("open")), &hides);
        assert_eq!(one, change(text(HIDDEN), text(HIDDEN)));
        assert_eq!(stored(&change(None, text("planted")), &hides), change(None, text(HIDDEN)));
        let list = Some(Value::List(vec![Value::Text("planted".into()), Value::Null]));
        let kept = Some(Value::List(vec![Value::Text(HIDDEN.into()), Value::Null]));
        assert_eq!(stored(&change(None, list), &hides), change(None, kept));
    }

    #[test]
    fn long_texts_are_told_by_their_size() {
        let show = |_: &Path, _: &Value| false;
        let lines = stored(&change(text("a\nb\nc"), text("a\nx\nc")), &show);
        assert_eq!(lines, change(text("text of 3 lines"), text("text of 3 lines, other from line 2 on")));
        let long = "x".repeat(600);
        let kept = stored(&change(text(&long), text(&format!("{long}y"))), &show);
        let said = |value: Option<Value>| value.and_then(|value| value.as_text().map(str::to_owned)).unwrap();
        assert!(said(kept.old).ends_with("x… (600 characters)"));
        assert!(said(kept.new).ends_with("x… (601 characters)"));
    }
}
