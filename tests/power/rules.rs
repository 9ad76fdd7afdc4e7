//! What a policy says, as far as these histories are about it.

use std::collections::BTreeSet;

use super::signed::SIGNATURES;
use super::state::{BOT, PEOPLE, each, pick};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) listed: [bool; 6],
    pub(crate) owner: [bool; 6],
    pub(crate) security: [bool; 6],
    pub(crate) board: [bool; 6],
    /// Whose `second@example.org` is.
    pub(crate) second: Option<usize>,
    /// For whom sam's key is listed.
    pub(crate) key: Option<usize>,
    pub(crate) fast_forward: bool,
}

impl Rules {
    /// Whether there is a policy.
    pub(crate) fn is_there(&self) -> bool {
        self.listed.contains(&true)
    }

    /// Lists somebody, or takes them out everywhere.
    pub(super) fn list(&mut self, person: usize) {
        self.listed[person] = !self.listed[person];
        if !self.listed[person] {
            for holders in [&mut self.owner, &mut self.security, &mut self.board] {
                holders[person] = false;
            }
            self.second = self.second.filter(|whose| *whose != person);
            self.key = self.key.filter(|whose| *whose != person);
        }
    }

    pub(super) fn merged(base: &Rules, ours: &Rules, theirs: &Rules) -> Rules {
        Rules {
            listed: each(base.listed, ours.listed, theirs.listed),
            owner: each(base.owner, ours.owner, theirs.owner),
            security: each(base.security, ours.security, theirs.security),
            board: each(base.board, ours.board, theirs.board),
            second: pick(base.second, ours.second, theirs.second),
            key: pick(base.key, ours.key, theirs.key),
            fast_forward: pick(base.fast_forward, ours.fast_forward, theirs.fast_forward),
        }
    }

    /// Everything that it says, each by a name: the listed, their roles and addresses.
    pub(crate) fn values(&self) -> BTreeSet<String> {
        let roles = [("owner", self.owner), ("security", self.security), ("cab", self.board)];
        let listed = |person: &usize| self.listed[*person];
        let people = (0..PEOPLE.len()).filter(listed);
        let mut values: BTreeSet<String> = people.clone().map(|person| PEOPLE[person].to_owned()).collect();
        for (role, holders) in roles {
            let held = people.clone().filter(|person| holders[*person]);
            values.extend(held.map(|person| format!("{role} {}", PEOPLE[person])));
        }
        values.extend(self.second.filter(listed).map(|whose| format!("second {}", PEOPLE[whose])));
        values.extend(self.key.filter(listed).map(|whose| format!("key {}", PEOPLE[whose])));
        values.extend(self.fast_forward.then(|| "fast-forward".to_owned()));
        values
    }

    pub(super) fn text(&self) -> String {
        let mut text = "book = \"test\"\ntrunk = \"main\"\npolicy-roles = [\"owner\"]\n".to_owned();
        for (person, name) in PEOPLE.iter().enumerate().filter(|(person, _)| self.listed[*person]) {
            let second = if self.second == Some(person) { ", \"second@example.org\"" } else { "" };
            let kind = if person == BOT { "kind = \"robot\"\n" } else { "" };
            text.push_str(&format!("[people.{name}]\n{kind}emails = [\"{name}@example.org\"{second}]\n"));
            if self.key == Some(person) {
                text.push_str(&format!("keys = [\"{}\"]\n", SIGNATURES.public_key));
            }
        }
        text.push_str("[roles]\n");
        for (role, holders) in [("owner", self.owner), ("security", self.security), ("cab", self.board)] {
            let held = (0..PEOPLE.len()).filter(|person| holders[*person] && self.listed[*person]);
            let held: Vec<String> = held.map(|person| format!("\"{}\"", PEOPLE[person])).collect();
            text.push_str(&format!("{role} = [{}]\n", held.join(", ")));
        }
        text.push_str("[trust]\nforges = [\"noreply@example.org\"]\n");
        text.push_str(if self.fast_forward { "[forge]\nmerge = \"fast-forward\"\n" } else { "" });
        text.push_str("[risk.medium]\nroles = [\"peer\", \"security\"]\ndecision = true\napprovals = 1\n");
        text.push_str("[paths]\ninfrastructure = [\"terraform/**\"]\n");
        text
    }
}
