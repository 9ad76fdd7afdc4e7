//! A policy as values that can be told apart: what a change of the file changes is judged value by value.
//!
//! The values are those of the whole policy, the book's file laid on the built-in default. Comments, layout, the order
//! of keys and that of list members are nothing; the order of environments is a value, since a change travels in it.

use std::collections::BTreeMap;

use super::value::{Kind, Value};
use super::{Members, Policy};

/// What stands for a list whose members are values of their own.
pub const A_LIST: &str = "a list";

/// One thing that a policy says: a key, or a member of the list under it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyKey {
    /// The tables down to the key: `["people", "ana", "emails"]`.
    pub path: Vec<String>,
    /// The member, where the key holds a list of texts. The list itself has a key without one: an empty list says
    /// something else than none.
    pub member: Option<String>,
}

/// What a policy says, by key; each value as text.
pub type PolicyValues = BTreeMap<PolicyKey, String>;

/// What `[policy] alone` can never name: who somebody is, who has which power, and who may say so.
pub(super) const NEVER_ALONE: [&str; 10] =
    ["people", "roles", "policy", "policy-roles", "trust", "forge", "reviews", "risk", "scope", "evidence"];

impl PolicyKey {
    /// The first key of the path: the table of the file that holds it.
    pub fn table(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// Whose power the value is: somebody in a role, or what makes an act theirs.
    pub fn power_of(&self) -> Option<&str> {
        match (self.table(), &self.path[..], &self.member) {
            ("roles", [_, _], Some(member)) => Some(member),
            ("people", [_, person, ..], _) => Some(person),
            _ => None,
        }
    }

    /// Whether the value makes acts somebody's: an address, a key, a login.
    pub fn is_identity(&self) -> bool {
        let what = self.path.get(2).map(String::as_str);
        self.table() == "people"
            && matches!(what, Some("emails" | "keys" | "approval-keys" | "pgp" | "logins"))
    }
}

impl std::fmt::Display for PolicyKey {
    /// As people name it: `roles.security`, with the member behind it: `` `sam` in roles.security ``.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.join(".");
        match &self.member {
            Some(member) => write!(f, "`{member}` in `{path}`"),
            None => write!(f, "`{path}`"),
        }
    }
}

impl Policy {
    /// Whether anybody is in a role that not everybody is in. Until then nobody has a power that could be guarded.
    pub fn grants_roles(&self) -> bool {
        let has_members =
            |members: &Members| matches!(members, Members::People(people) if !people.is_empty());
        self.roles.values().any(has_members)
    }

    /// Whether a person may change the policy: a holder of one of `policy-roles`, or any listed person where there are
    /// none. Robots may not.
    pub fn may_change_policy(&self, person: &str) -> bool {
        match self.policy_roles.is_empty() {
            true => self.people.get(person).is_some_and(|person| !person.robot),
            false => self.policy_roles.iter().any(|role| self.has_role(person, role)),
        }
    }

    /// Everybody who may change the policy.
    pub fn policy_people(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(String::as_str).filter(|person| self.may_change_policy(person))
    }
}

/// The values of a policy's tables.
pub(super) fn values(policy: &Value) -> PolicyValues {
    let mut values = PolicyValues::new();
    add(&mut values, policy, &mut Vec::new());
    values
}

fn add(values: &mut PolicyValues, value: &Value, path: &mut Vec<String>) {
    match &value.kind {
        Kind::Table(table) => {
            for (key, entry) in table {
                path.push(key.clone());
                add(values, &entry.value, path);
                path.pop();
            }
        }
        Kind::Array(members) => add_list(values, members, path),
        kind => drop(values.insert(PolicyKey { path: path.clone(), member: None }, scalar(kind))),
    }
}

fn add_list(values: &mut PolicyValues, members: &[Value], path: &mut Vec<String>) {
    let key = |member: Option<&str>| PolicyKey { path: path.clone(), member: member.map(str::to_owned) };
    let texts: Option<Vec<&str>> = members.iter().map(text).collect();
    if let Some(texts) = texts {
        values.insert(key(None), A_LIST.to_owned());
        values.extend(texts.into_iter().map(|text| (key(Some(text)), "listed".to_owned())));
        return;
    }
    let names: Vec<String> = members
        .iter()
        .enumerate()
        .map(|(place, member)| member.name().map_or_else(|| format!("#{place}"), str::to_owned))
        .collect();
    let order = if path[..] == ["environments"] { names.join(" → ") } else { A_LIST.to_owned() };
    values.insert(key(None), order);
    for (member, name) in members.iter().zip(names) {
        path.push(name);
        add(values, member, path);
        path.pop();
    }
}

fn text(value: &Value) -> Option<&str> {
    match &value.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

fn scalar(kind: &Kind) -> String {
    match kind {
        Kind::String(text) => text.clone(),
        Kind::Integer(number) => number.to_string(),
        Kind::Boolean(value) => value.to_string(),
        Kind::Datetime(moment) => moment.to_string(),
        Kind::Array(_) | Kind::Table(_) | Kind::Other => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> PolicyValues {
        (*Policy::parse("policy.toml", text).0.expect("a valid policy").values).clone()
    }

    fn differing(before: &str, after: &str) -> Vec<String> {
        let (before, after) = (of(before), of(after));
        let keys: std::collections::BTreeSet<&PolicyKey> = before.keys().chain(after.keys()).collect();
        keys.into_iter().filter(|key| before.get(key) != after.get(key)).map(ToString::to_string).collect()
    }

    const PEOPLE: &str =
        "[people.ana]\nemails = [\"ana@x\"]\n[people.sam]\nemails = [\"sam@x\", \"s@x\"]\n[roles]\n";

    #[test]
    fn order_and_layout_are_nothing() {
        let one = format!("{PEOPLE}security = [\"ana\", \"sam\"]\n");
        let other = format!("# who\n{PEOPLE}\n\nsecurity = [ \"sam\",\n \"ana\" ] # both\n");
        assert_eq!(differing(&one, &other), [""; 0]);
        assert_eq!(differing("", "default-risk = \"medium\""), [""; 0], "what the default says already");
    }

    #[test]
    fn members_and_keys_are_values_of_their_own() {
        let one = format!("{PEOPLE}security = [\"ana\"]\n");
        let other = format!("{PEOPLE}security = [\"sam\"]\n");
        assert_eq!(differing(&one, &other), ["`ana` in `roles.security`", "`sam` in `roles.security`"]);
        let key = |path: &[&str], member: &str| PolicyKey {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            member: Some(member.to_owned()),
        };
        assert_eq!(key(&["roles", "security"], "sam").power_of(), Some("sam"));
        assert_eq!(key(&["people", "sam", "emails"], "s@x").power_of(), Some("sam"));
        assert!(key(&["people", "sam", "emails"], "s@x").is_identity());
        assert_eq!(key(&["risk", "high", "roles"], "security").power_of(), None);
    }

    #[test]
    fn an_emptied_list_is_told_from_an_absent_one() {
        let found = differing("", "[risk.high]\nroles = []\n");
        assert!(found.iter().all(|key| key.contains("in `risk.high.roles`")), "{found:?}");
        assert!(!found.is_empty());
    }

    #[test]
    fn the_order_of_environments_is_a_value() {
        let named =
            |name: &str| format!("[[environments]]\nname = \"{name}\"\ndeployed-by = [\"To {name}\"]\n");
        let (one, other) = (named("a") + &named("b"), named("b") + &named("a"));
        let found = differing(&one, &other);
        assert_eq!(found, ["`environments`"], "{found:?}");
    }
}
