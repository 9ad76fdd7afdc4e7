//! Where evidence stands: `evidence/ID/ENVIRONMENT.json`, or `evidence/ID/ENVIRONMENT.STACK.json`.

use std::fmt;

use super::RecordId;

/// The folder of the book that holds what tools found.
pub const EVIDENCE_FOLDER: &str = "evidence";
/// Longest name of a stack, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// What a piece of evidence is for: an environment, and the stack in it where a change has several root modules, regions or
/// units.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceKey {
    /// The policy's name of the environment.
    pub environment: String,
    /// The stack's name; most changes have one stack, without a name.
    pub stack: Option<String>,
}

impl EvidenceKey {
    /// That of the stack without a name.
    pub fn of(environment: &str) -> Self {
        EvidenceKey { environment: environment.to_owned(), stack: None }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(name: &str) -> Option<Self> {
        let (environment, stack) = match name.split_once('.') {
            None => (name, None),
            Some((environment, stack)) => (environment, Some(stack)),
        };
        let is_whole = is_stack_name(environment) && stack.is_none_or(is_stack_name);
        is_whole.then(|| EvidenceKey { environment: environment.to_owned(), stack: stack.map(str::to_owned) })
    }

    /// `production`, or `production, stack network`, for people.
    pub fn words(&self) -> String {
        match &self.stack {
            None => self.environment.clone(),
            Some(stack) => format!("{}, stack {stack}", self.environment),
        }
    }

    /// Where a task's evidence for it stands.
    pub fn path(&self, record: &RecordId) -> String {
        format!("{EVIDENCE_FOLDER}/{record}/{self}.json")
    }
}

/// `production`, or `production.network`: the stem of the file.
impl fmt::Display for EvidenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stack {
            None => f.write_str(&self.environment),
            Some(stack) => write!(f, "{}.{stack}", self.environment),
        }
    }
}

/// Whether a text can name a stack, and an environment in a file's name: ASCII letters, digits, `-` and `_`, from 1 to 64.
pub fn is_stack_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(is_plain)
}

/// The task in whose folder of evidence a path stands, whatever the file there is called; a file in that folder's place, too.
pub fn evidence_owner(path: &str) -> Option<RecordId> {
    let rest = path.strip_prefix(EVIDENCE_FOLDER)?.strip_prefix('/')?;
    RecordId::parse(rest.split('/').next()?).ok()
}

/// The task and the place that an evidence file's path names.
pub fn evidence_path(path: &str) -> Option<(RecordId, EvidenceKey)> {
    let record = evidence_owner(path)?;
    let key = EvidenceKey::parse(path.rsplit('/').next()?.strip_suffix(".json")?)?;
    (key.path(&record) == path).then_some((record, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_task_environment_and_stack() {
        let found = |path: &str| evidence_path(path).map(|(id, key)| (id.to_string(), key.to_string()));
        let named = |id: &str, key: &str| Some((id.to_owned(), key.to_owned()));
        assert_eq!(found("evidence/INFRA-1/production.json"), named("INFRA-1", "production"));
        assert_eq!(found("evidence/INFRA-1/eu_west-1.network.json"), named("INFRA-1", "eu_west-1.network"));
        let long = format!("evidence/A-1/production.{}.json", "x".repeat(65));
        for path in [
            "evidence/production.json",
            "evidence/A-1/.json",
            "evidence/A-1/production..json",
            "evidence/A-1/a.b.c.json",
            "evidence/A-1/production.yaml",
            "evidence/A-1/sub/production.json",
            "evidence/A-1/pro duction.json",
            "evidence/../production.json",
            "evidences/A-1/production.json",
            &long,
        ] {
            assert_eq!(found(path), None, "{path}");
        }
        assert_eq!(evidence_owner("evidence/A-1/sub/x.txt").map(|id| id.to_string()), Some("A-1".to_owned()));
        assert_eq!(evidence_owner("evidence/production.json"), None);
    }
}
