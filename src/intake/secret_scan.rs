//! Looks for secrets in the lines that a diff adds. It names places and never what stands there.

use std::fmt;

/// A line that looks as if it held a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlace {
    /// From the root of the work tree, as the diff has it.
    pub path: String,
    /// In the new file, from 1.
    pub line: usize,
    /// Why it was found.
    pub suspicion: Suspicion,
    /// The commit that has the line, in short, where it stands in the history alone.
    pub only_in: Option<String>,
}

/// Why a line looks as if it held a secret, in words that quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// The form of a well-known kind of key or token.
    Form(&'static str),
    /// A quoted text behind a name such as `password`, which may be an example.
    Name,
}

impl Suspicion {
    /// What it looks like.
    pub fn words(self) -> &'static str {
        match self {
            Suspicion::Form(words) => words,
            Suspicion::Name => "a literal secret",
        }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = self.only_in.as_ref().map_or_else(String::new, |commit| format!(" in {commit}"));
        write!(f, "{}:{}{commit} ({})", super::escape(&self.path), self.line, self.suspicion.words())
    }
}

/// The places in the lines that a `git diff` adds.
pub fn scan_diff(diff: &str) -> Vec<SecretPlace> {
    let (mut found, mut path, mut line) = (Vec::new(), String::new(), 0usize);
    // Lines of a hunk that are still to come in the new file and the old one.
    let (mut new_left, mut old_left) = (0usize, 0usize);
    for text in diff.lines() {
        if new_left == 0 && old_left == 0 {
            if let Some(name) = text.strip_prefix("+++ ") {
                name.strip_prefix("b/").unwrap_or(name).clone_into(&mut path);
            } else if let Some(hunk) = text.strip_prefix("@@ ") {
                let (old, new) = hunk_ranges(hunk).unwrap_or(((0, 0), (0, 0)));
                (line, new_left, old_left) = (new.0, new.1, old.1);
            }
            continue;
        }
        match text.as_bytes().first() {
            Some(b'+') => {
                let suspicion = look(&text[1..]);
                found.extend(suspicion.map(|suspicion| SecretPlace {
                    path: path.clone(),
                    line,
                    suspicion,
                    only_in: None,
                }));
                (line, new_left) = (line + 1, new_left.saturating_sub(1));
            }
            Some(b'-') => old_left = old_left.saturating_sub(1),
            Some(b'\\') => {}
            _ => {
                line += 1;
                (new_left, old_left) = (new_left.saturating_sub(1), old_left.saturating_sub(1));
            }
        }
    }
    found
}

type Lines = (usize, usize);

/// `-1,4 +1,6 @@ …`: where the old and new lines start, and how many they are.
fn hunk_ranges(hunk: &str) -> Option<(Lines, Lines)> {
    let mut words = hunk.split(' ');
    let range = |word: &str| -> Option<Lines> {
        let (start, count) = word.split_once(',').unwrap_or((word, "1"));
        Some((start.parse().ok()?, count.parse().ok()?))
    };
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    Some((old, new))
}

/// The text with every line that looks as if it held a secret replaced by words that say so, and private keys as a
/// whole.
pub fn hide(text: &str) -> String {
    let mut lines = Vec::new();
    let mut in_key = false;
    for line in text.lines() {
        if in_key {
            in_key = !line.contains("-----END");
            continue;
        }
        match look(line) {
            Some(suspicion) => {
                in_key = line.contains("-----BEGIN") && !line.contains("-----END");
                lines.push(format!("(hidden: this line looks as if it held {})", suspicion.words()));
            }
            None => lines.push(line.to_owned()),
        }
    }
    let end = if text.ends_with('\n') { "\n" } else { "" };
    lines.join("\n") + end
}

/// What a line looks as if it held.
pub fn look(line: &str) -> Option<Suspicion> {
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") {
        return Some(Suspicion::Form("a private key"));
    }
    super::secret::forms(line)
        .first()
        .and_then(|spot| spot.form)
        .map(Suspicion::Form)
        .or_else(|| literal(line).then_some(Suspicion::Name))
}

/// `db_password = "…"`, `"token": '…'`, and the plain scalar of YAML, `password: …`: a text behind such a name, and neither
/// a reference nor a word that only stands for one.
fn literal(line: &str) -> bool {
    let Some(at) = line.find(['=', ':']) else { return false };
    let (name, value) = (&line[..at], line[at + 1..].trim());
    if super::secret::judge(name) != super::secret::Verdict::Secret {
        return false;
    }
    let value = value.trim_end_matches(',');
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    match quoted('"').or_else(|| quoted('\'')) {
        Some(text) => says_something(text),
        None => line[at..].starts_with(": ") && is_key(name) && is_plain_secret(name, value),
    }
}

/// One word, as YAML has keys and a sentence has not.
fn is_key(name: &str) -> bool {
    let name = name.trim_start();
    let name = name.strip_prefix("- ").unwrap_or(name).trim_start().trim_matches(['"', '\'']);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// A scalar without quotes that is neither YAML's own syntax nor, behind the name of a Kubernetes secret, such a name.
fn is_plain_secret(name: &str, value: &str) -> bool {
    let value = value.split(" #").next().unwrap_or_default().trim_end();
    let is_syntax = value.starts_with(['|', '>', '!', '&', '*', '{', '[', '@', '`', '%', '"', '\'']);
    let is_label =
        value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'));
    let names_a_secret = name.trim().to_ascii_lowercase().ends_with("secret") && is_label;
    !is_syntax && !value.contains(char::is_whitespace) && !names_a_secret && says_something(value)
}

/// Starts of texts that name a value which stands elsewhere.
const REFERENCES: [&str; 18] = [
    "var.",
    "local.",
    "data.",
    "module.",
    "each.",
    "env.",
    "secrets.",
    "random_",
    "vault:",
    "ref+",
    "op://",
    "ssm:",
    "awssm",
    "gcpsm",
    "arn:",
    "projects/",
    "ENC[",
    "$",
];

/// Words that stand where a secret would, and are none.
const PLACEHOLDERS: [&str; 24] = [
    "string",
    "text",
    "integer",
    "number",
    "boolean",
    "none",
    "null",
    "true",
    "false",
    "required",
    "optional",
    "enabled",
    "disabled",
    "expired",
    "changeme",
    "change-me",
    "change_me",
    "password",
    "secret",
    "token",
    "example",
    "redacted",
    "hidden",
    "todo",
];

fn says_something(text: &str) -> bool {
    let is_reference = REFERENCES.iter().any(|start| text.starts_with(start))
        || ["${", "{{", "$(", "<%", "%("].iter().any(|mark| text.contains(mark))
        || (text.starts_with('<') && text.ends_with('>'));
    let folded = text.to_ascii_lowercase();
    let is_placeholder = PLACEHOLDERS.contains(&folded.as_str())
        || folded.starts_with("your")
        || folded.starts_with("(sensitive")
        || text.chars().all(|c| text.starts_with(c));
    text.chars().count() >= 4 && !is_reference && !is_placeholder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_lines_are_looked_at_and_never_quoted() {
        let key = format!("AKIA{}", "ABCDEFGH12345678");
        let diff = format!(
            "diff --git a/main.tf b/main.tf\n--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,4 @@\n a\n-  password = \"removed-one\"\n+  db_password = \"planted-one\"\n+  key = \"{key}\"\n+  password = \"${{var.password}}\"\n@@ -9 +11 @@\n-x\n+-----BEGIN RSA PRIVATE KEY-----\n"
        );
        let found = scan_diff(&diff);
        let places: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            places,
            ["main.tf:2 (a literal secret)", "main.tf:3 (an AWS access key)", "main.tf:11 (a private key)"]
        );
    }

    #[test]
    fn lines_with_secrets_are_hidden_and_keys_as_a_whole() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIplanted\n-----END PRIVATE KEY-----";
        let token = format!("AKIA{}", "ABCDEFGH12345678");
        let text = format!("## What\n\nUse {token}.\n{key}\npassword = \"planted\"\n\nThe password stays.\n");
        let hidden = |what: &str| format!("(hidden: this line looks as if it held {what})");
        let expected = [
            "## What",
            "",
            &hidden("an AWS access key"),
            &hidden("a private key"),
            &hidden("a literal secret"),
            "",
            "The password stays.\n",
        ];
        assert_eq!(hide(&text), expected.join("\n"));
        assert_eq!(hide("nothing\n"), "nothing\n");
    }

    #[test]
    fn references_and_other_names_are_none() {
        for line in [
            "password = var.password",
            "token_count = \"many\"",
            "password = \"\"",
            "name = \"AKIA\"",
            "password = \"${var.password}\"",
            "password = random_password.db.result",
            "password: ${DB_PASSWORD}",
            "password: \"{{ .Values.password }}\"",
            "password: $(FROM_SECRET)",
            "  token:",
            "  password: |",
            "  password: !vault |",
            "  valueFrom: { secretKeyRef: { name: db, key: password } }",
            "password: ENC[AES256_GCM,data:abc,type:str]",
            "password: <password>",
            "password: changeme",
            "password: xxxxxxxx",
            "password: string",
            "existingSecret: redis-auth",
            "secretName: db",
            "The password: ask4it",
            "Token: it is in the vault",
        ] {
            assert_eq!(look(line), None, "{line}");
        }
        for line in [
            "password: hunter2",
            "  - db_password: hunter2hunter2 # for now",
            "apiToken: 'abcd1234'",
            "client-secret: aB3dE5fG7h",
            "\"token\": \"abcd1234\",",
        ] {
            assert_eq!(look(line), Some(Suspicion::Name), "{line}");
        }
    }
}
