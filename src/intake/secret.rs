//! What must not be shown, by its name and by itself: the one list of names for every kind of evidence.

use std::collections::BTreeSet;

use super::tree::Value;

/// Stands where a secret value was.
pub(super) const HIDDEN: &str = "(hidden)";

/// Parts of a name that say its value is a secret, whatever stands around and between them.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "accesskey",
    "apikey",
    "authkey",
    "clientkey",
    "connectionstring",
];
/// Words that say so in options and environment variables, and not in the attributes of resources.
const OPTION_WORDS: &[&str] = &["pwd", "dsn", "cookie", "signature"];
/// Words before `key` that make it a secret there.
const KEY_WORDS: &[&str] = &["encryption", "signing", "master", "account", "ssh"];
/// A name that ends so is that of a secret, not the secret.
const REFERENCE_ENDS: &[&str] = &["name", "ref", "file", "path", "namespace", "selector", "mount", "class"];

/// Beginnings of well-known tokens, each with how many letters and digits follow at least.
const TOKENS: [(&str, usize, &str); 12] = [
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("xoxb-", 16, "a Slack token"),
    ("xoxp-", 16, "a Slack token"),
    ("sk_live_", 16, "a Stripe key"),
    ("AIza", 30, "a Google API key"),
    ("hvs.", 20, "a Vault token"),
];

/// Knows values that are secret in one place, so that they are hidden wherever they stand.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    values: BTreeSet<String>,
}

impl Secrets {
    /// Remembers a value. Very short ones would hide half of what there is to read.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.len() >= 4 && !matches!(value, "true" | "false" | "null") {
            self.values.insert(value.to_owned());
        }
    }

    /// Whether a value under this name must be hidden.
    pub fn hides(&self, name: &str, value: &Value) -> bool {
        let Value::Text(text) = value else {
            return matches!(value, Value::Number(number) if name_is_secret(name) || self.values.contains(number));
        };
        (name_is_secret(name) && !text.is_empty() && !is_reference(text))
            || self.values.contains(text.trim())
            || text_is_secret(text)
            || self.values.iter().any(|secret| secret.len() >= 8 && text.contains(secret.as_str()))
    }
}

/// `$(NAME)` and `{{ … }}` only name a value.
fn is_reference(text: &str) -> bool {
    (text.starts_with("$(") && text.ends_with(')')) || (text.starts_with("{{") && text.ends_with("}}"))
}

/// Whether a name of an environment variable, option or key says that its value is a secret.
pub(super) fn name_is_secret(name: &str) -> bool {
    let words = words(name);
    if words.last().is_some_and(|last| REFERENCE_ENDS.contains(&last.as_str())) {
        return false;
    }
    attribute_is_secret(name)
        || words.iter().any(|word| OPTION_WORDS.contains(&word.as_str()))
        || words.windows(2).any(|pair| pair[1] == "key" && KEY_WORDS.contains(&pair[0].as_str()))
}

/// Whether an attribute, variable or type of that name holds a secret: also those that may only name one.
pub(super) fn attribute_is_secret(name: &str) -> bool {
    let name = squashed(name);
    PARTS.iter().any(|part| name.contains(part))
}

/// Whether a name ends in the name of a secret, so that what is assigned to it is one.
pub(super) fn ends_as_secret(name: &str) -> bool {
    let name = squashed(name);
    PARTS.iter().any(|part| name.ends_with(part))
}

fn squashed(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// `dbPassword`, `DB_PASSWORD` and `db-password` are two words each.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What kind of well-known token stands in a text, by its form alone.
pub(super) fn token_form(text: &str) -> Option<&'static str> {
    let has = |(start, length, _): &&(&str, usize, &str)| {
        text.match_indices(start).any(|(at, _)| {
            let before = text[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric());
            let rest = text[at + start.len()..].chars();
            before
                && rest.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).count() >= *length
        })
    };
    TOKENS.iter().find(has).map(|(_, _, words)| *words)
}

/// A private key, a well-known token, an address with a password in it, or an option that gives one.
pub(super) fn text_is_secret(text: &str) -> bool {
    let has_key = text.contains("PRIVATE KEY-----");
    let has_password = text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.split_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    let has_option = text.split_whitespace().any(|word| {
        word.split_once('=')
            .is_some_and(|(name, value)| !value.is_empty() && !is_reference(value) && name_is_secret(name))
    });
    has_key || has_password || has_option || token_form(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_so() {
        for name in [
            "DB_PASSWORD",
            "dbPassword",
            "api-key",
            "API_KEY",
            "privateKey",
            "SECRET",
            "slack_token",
            "CONNECTION_STRING",
        ] {
            assert!(name_is_secret(name), "{name}");
        }
        for name in
            ["secretName", "TOKEN_FILE", "imagePullSecretsRef", "KEYBOARD", "key", "app", "passwordSecretRef"]
        {
            assert!(!name_is_secret(name), "{name}");
        }
    }

    #[test]
    fn attributes_that_say_so() {
        for name in [
            "master_password",
            "masterpassword",
            "secret_name",
            "private-key-pem",
            "client_key",
            "SecretString",
        ] {
            assert!(attribute_is_secret(name), "{name}");
        }
        for name in ["cookie_duration", "signature_version", "ssh_keys", "key_name", "name"] {
            assert!(!attribute_is_secret(name), "{name}");
        }
        assert!(
            ends_as_secret("db_password") && ends_as_secret("ACCESS_KEY") && !ends_as_secret("token_count")
        );
    }

    #[test]
    fn values_that_are() {
        let text = |text: &str| Value::Text(text.to_owned());
        let mut secrets = Secrets::default();
        secrets.add("hunter2hunter2");
        assert!(secrets.hides("anything", &text("hunter2hunter2")));
        assert!(secrets.hides("anything", &text("x hunter2hunter2 y")));
        assert!(secrets.hides("args", &text("--db-password=x")));
        assert!(secrets.hides("url", &text("postgres://app:pw@db/x")));
        let key = format!("AKIA{}", "ABCDEFGH12345678");
        assert!(secrets.hides("anything", &text(&key)));
        assert!(secrets.hides("PIN_TOKEN", &Value::Number("1234".to_owned())));
        assert!(!secrets.hides("url", &text("https://example.org/a:b@c")));
        assert!(!secrets.hides("PASSWORD", &text("$(FROM_SECRET)")));
        assert!(!secrets.hides("image", &text("nginx:1.25")));
    }
}
