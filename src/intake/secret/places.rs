//! Secrets in documents of keys and values: manifests and values of charts.

use super::super::tree::{Path, Step, Value};
use super::super::yaml::documents;
use super::form::forms;
use super::known::{Gathered, Known};
use super::name::{Verdict, is_name_key, is_value_key, judge, words};
use super::text::{in_words, is_secret};
use super::view::encoded_login;
use super::{hides_number, hides_text};

/// Knows values that are secret in one place, so that they are hidden wherever they stand.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    known: Known,
}

impl Secrets {
    /// What is secret in documents: by its name, by its form, and all that a Secret of Kubernetes holds.
    pub fn of<'v>(documents: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut gathered = Gathered::default();
        documents.into_iter().for_each(|document| gather_document(document, Verdict::Silent, &mut gathered));
        Secrets { known: gathered.finish() }
    }

    /// Whether a value under this name must be hidden.
    pub fn hides(&self, name: &str, value: &Value) -> bool {
        self.hides_below(judge(name), name, value)
    }

    /// Whether a value of an object of this kind must be hidden where it stands.
    pub fn hides_at(&self, kind: &str, path: &Path, value: &Value) -> bool {
        let is_field = |key: &str| SECRET_FIELDS.contains(&key);
        if kind == "Secret" && matches!(path.0.first(), Some(Step::Key(key)) if is_field(key)) {
            return true;
        }
        self.hides_below(verdict(path), path.last_key(), value)
    }

    /// Whether a text that is no value, such as a key or a name, may be shown.
    pub fn may_show(&self, text: &str) -> bool {
        !self.known.stands_in(text) && !is_secret(text)
    }

    /// Whether a text in somebody's own words repeats a secret, or holds what has the form of one.
    pub fn knows(&self, text: &str) -> bool {
        self.known.stands_in(text) || !forms(text).is_empty()
    }

    fn hides_below(&self, verdict: Verdict, name: &str, value: &Value) -> bool {
        match value {
            Value::Text(text) => {
                (hides_text(verdict, text) && !is_name_of_key(name, text)) || !self.may_show(text)
            }
            Value::Number(number) => hides_number(verdict, number) || self.known.is_one(number),
            _ => false,
        }
    }
}

/// What of a Secret is secret.
const SECRET_FIELDS: [&str; 2] = ["data", "stringData"];

/// The verdict on the place that a path leads to.
fn verdict(path: &Path) -> Verdict {
    let mut verdict = Verdict::Silent;
    let mut item = None;
    for step in &path.0 {
        match step {
            Step::Key(key) => {
                let named = item.take().filter(|_| is_value_key(key)).map(judge);
                verdict = if named == Some(Verdict::Secret) { Verdict::Secret } else { verdict.below(key) };
            }
            Step::Item(name) => item = Some(name.as_str()),
            Step::Index(_) => item = None,
        }
    }
    verdict
}

/// What is secret in a document, of which a Secret of Kubernetes is secret as a whole.
fn gather_document(document: &Value, verdict: Verdict, gathered: &mut Gathered) {
    if document.get("kind").and_then(Value::as_text) == Some("Secret") {
        let fields = SECRET_FIELDS.iter().filter_map(|field| document.get(field));
        fields.for_each(|value| gather(value, Verdict::Secret, "", gathered));
    }
    gather(document, verdict, "", gathered);
}

/// What is secret in a text that is JSON or YAML, in a place of a verdict. Whether it is JSON.
pub(super) fn gather_text(text: &str, verdict: Verdict, gathered: &mut Gathered) -> bool {
    let text = text.trim();
    let is_json = text.starts_with(['{', '[']);
    // Aliases may make a short text a large document, and are rare in values.
    let is_yaml = (text.contains(": ") || text.contains(":\n")) && !text.contains(" *");
    if !is_json && !is_yaml {
        return false;
    }
    if is_json && let Ok(json) = serde_json::from_str::<serde_json::Value>(text) {
        gather_document(&Value::from_json(json), verdict, gathered);
        return true;
    }
    for document in documents(text).into_iter().flatten() {
        if matches!(document.value, Value::Map(_) | Value::List(_)) {
            gather_document(&document.value, verdict, gathered);
        }
    }
    false
}

fn gather(value: &Value, verdict: Verdict, name: &str, gathered: &mut Gathered) {
    match value {
        Value::Text(text) if hides_text(verdict, text) && !is_name_of_key(name, text) => gathered.add(text),
        Value::Text(text) => match encoded_login(text).filter(|_| name == "auth") {
            Some(login) => gathered.add_login(&login),
            None => gathered.add_inside(text),
        },
        Value::Number(number) if hides_number(verdict, number) => gathered.add(number),
        Value::List(items) => {
            let words: Vec<&str> = items.iter().map(|item| item.as_text().unwrap_or_default()).collect();
            in_words(&words).into_iter().for_each(|at| gathered.add(words[at]));
            items.iter().for_each(|item| gather(item, verdict, name, gathered));
        }
        Value::Map(entries) => {
            let names =
                entries.iter().filter(|(key, _)| is_name_key(key)).filter_map(|(_, name)| name.as_text());
            let is_named = names.into_iter().any(|name| judge(name) == Verdict::Secret);
            for (key, value) in entries {
                let below = if is_named && is_value_key(key) { Verdict::Secret } else { verdict.below(key) };
                gather(value, below, key, gathered);
            }
        }
        _ => {}
    }
}

/// `secretKey: db-password` names the key of a secret.
fn is_name_of_key(name: &str, text: &str) -> bool {
    let is_label = text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'));
    is_label
        && words(name).last().is_some_and(|last| matches!(last.as_str(), "key" | "keys"))
        && judge(text) == Verdict::Secret
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        documents(text).unwrap().remove(0).value
    }

    /// The leaves of a document that are hidden.
    fn hidden(kind: &str, text: &str) -> Vec<String> {
        let value = value(text);
        let secrets = Secrets::of([&value]);
        let leaves = value.leaves();
        let hidden = leaves.iter().filter(|(path, leaf)| secrets.hides_at(kind, path, leaf));
        hidden.map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn values_are_judged_by_the_names_beside_and_above_them() {
        let text = "
env:
- {name: DB_PASSWORD, value: tulip-9}
- {name: DB_NAME, value: shop}
- {name: TOKEN, valueFrom: {secretKeyRef: {name: api, key: token}}}
credentials: {login: tulip-7, username: app}
args: [--password, tulip-5, --name, x]
note: it was tulip-9
copied: dHVsaXAtOQ==
pin: 1234
token_ttl: 86400
secretKey: db-password
";
        assert_eq!(
            hidden("Deployment", text),
            ["args[1]", "copied", "credentials.login", "env[DB_PASSWORD].value", "note"]
        );
    }

    #[test]
    fn a_secret_of_kubernetes_is_secret_as_a_whole() {
        let text = "kind: Secret\nmetadata: {name: db}\ntype: Opaque\ndata: {user: YXBw, x: dHVsaXAtOQ==}\nstringData: {z: 1}";
        assert_eq!(hidden("Secret", text), ["data.user", "data.x", "stringData.z"]);
        let secrets = Secrets::of([&value(text)]);
        assert!(secrets.hides("anything", &Value::Text("x tulip-9 y".to_owned())));
        assert!(!secrets.hides("anything", &Value::Text("app".to_owned())));
        assert!(!secrets.may_show("tulip-9") && secrets.may_show("shop"));
    }
}
