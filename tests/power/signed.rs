//! Sam's key, and the detached approvals that sam has signed with it: each is made once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use changebook::record::ScopeHash;

use super::state::{N_ROLES, ROLES, Signed, TASKS, Task};
use crate::support::Fixture;

pub(crate) struct Signatures {
    /// As a policy lists it.
    pub(crate) public_key: String,
    /// Where each stands, and what it holds.
    files: BTreeMap<Signed, (String, String)>,
}

/// How many different texts the task has, and how often sam signs each.
pub(crate) const N_TEXTS: u8 = 4;
const N_TIMES: u8 = 2;

pub(crate) static SIGNATURES: LazyLock<Signatures> = LazyLock::new(|| {
    let fixture = Fixture::empty();
    let key = fixture.ssh_key("sam", "ed25519");
    let mut files = BTreeMap::new();
    for text in 0..N_TEXTS {
        fixture.write("task.md", Task { text, ..Task::default() }.text());
        let scope = format!("scope: {}\n", fixture.pipe("$CHANGEBOOK scope - < task.md").trim());
        let hash = ScopeHash::of(&scope).to_string();
        let kinds = (0..N_ROLES).flat_map(|role| (0..N_TIMES).map(move |time| Signed { role, text, time }));
        for signed in kinds {
            let of = format!("book: test\nrecord: {}\nrole: {}\n", TASKS[0], ROLES[signed.role]);
            // Before the first commit of a book, or after the last.
            let day = if signed.time == 0 { "2024-05-01" } else { "2024-05-07" };
            let text = format!("changebook approval 1\n{of}person: sam\n{scope}time: {day}T12:00:00Z\n");
            fixture.write("text", &text);
            fixture.pipe(&format!("rm -f text.sig; ssh-keygen -q -Y sign -n changebook -f '{key}' text"));
            let path = format!("approvals/{}/{}.sam.{}.md", TASKS[0], ROLES[signed.role], &hash[..8]);
            files.insert(signed, (path, format!("{text}{}", fixture.read("text.sig"))));
        }
    }
    let public_key = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    Signatures { public_key: public_key.trim().to_owned(), files }
});

impl Signatures {
    pub(crate) fn file(&self, signed: Signed) -> (String, String) {
        self.files[&signed].clone()
    }
}
