//! Whether what a policy file says newly was said by those who may.

use std::collections::BTreeSet;

use super::line::Line;
use super::{Improper, Material, Owned};
use crate::diagnostic::Code;
use crate::history::SignatureCheck;
use crate::ledger::authority::{has_key, wanted};
use crate::policy::{Policy, PolicyKey};
use crate::record::affirmation_path;

/// A file that is held against the policy in force.
pub(super) struct Judged<'s, 'a> {
    pub(super) material: &'s Material<'a>,
    pub(super) line: &'s Line,
    pub(super) owned: &'s Owned,
    /// The policy in force.
    pub(super) before: &'s Policy,
    /// The commit whose file it is.
    pub(super) commit: usize,
    /// With which commit of the line another landed, or would land.
    pub(super) landing: &'s dyn Fn(usize) -> Option<usize>,
}

/// Somebody who has said yes to a commit.
struct Yes<'s> {
    /// All digits of the commit's name.
    to: &'s str,
    person: &'s str,
}

impl<'s> Judged<'s, '_> {
    /// Every value that differs and does not count yet.
    pub(super) fn improper(&self, file: &Policy) -> Vec<Improper> {
        let (before, after) = (&self.before.values, &file.values);
        let keys: BTreeSet<&PolicyKey> = before.keys().chain(after.keys()).collect();
        let differing: Vec<&PolicyKey> =
            keys.into_iter().filter(|key| before.get(key) != after.get(key)).collect();
        if differing.is_empty() {
            return Vec::new();
        }
        let said = self.said();
        differing.into_iter().filter_map(|key| self.value(key, file, &said)).collect()
    }

    /// What keeps a value from counting; `None` when nothing does.
    fn value(&self, key: &PolicyKey, file: &Policy, said: &[Yes<'_>]) -> Option<Improper> {
        let owners = self.owned.owners(self.commit, key);
        let names = self.names(&owners);
        let agreed = said.iter().filter(|yes| names.iter().any(|name| name == yes.to)).map(|yes| yes.person);
        // Whoever affirms a commit stands behind what it gave, as whoever made it does.
        let behind_it: BTreeSet<&str> =
            owners.iter().filter_map(|&owner| self.maker(owner)).chain(agreed).collect();
        let people: Vec<&str> = self.before.policy_people().collect();
        let may_alone = self.before.alone.iter().any(|table| table == key.table());
        let needed = if people.len() < 2 || may_alone { 1 } else { 2 };
        if behind_it.len() >= needed {
            return None;
        }
        let code = match (self.is_own_power(key, file, &owners), behind_it.is_empty()) {
            (true, _) => Code::PolicySelfGrant,
            (false, true) => Code::PolicyRole,
            (false, false) => Code::PolicyUnreviewed,
        };
        let open_to = people.into_iter().filter(|person| !behind_it.contains(person));
        Some(Improper { key: key.clone(), code, owners, open_to: open_to.map(str::to_owned).collect() })
    }

    /// The person who may change the policy and made a commit.
    fn maker(&self, commit: usize) -> Option<&'s str> {
        let facts = &self.material.history.commits[commit];
        let person = self.before.person_by_email(&facts.author.email)?;
        let worth = self.material.worth(self.line).of(self.before, commit);
        (self.before.may_change_policy(person) && worth >= wanted(self.before.trust.policy)).then_some(person)
    }

    /// Whether a value gives power to whoever gave the value, or makes acts somebody's on the word of a person who may
    /// not say so.
    fn is_own_power(&self, key: &PolicyKey, file: &Policy, owners: &[usize]) -> bool {
        let Some(person) = key.power_of() else { return false };
        owners.iter().any(|&owner| {
            let email = &self.material.history.commits[owner].author.email;
            let of = |policy: &Policy| policy.person_by_email(email) == Some(person);
            of(self.before) || of(file) || (key.is_identity() && self.maker(owner).is_none())
        })
    }

    /// The names under which commits can be affirmed: their own, and those of the commits with which they landed.
    fn names(&self, commits: &[usize]) -> Vec<String> {
        let landed = commits.iter().filter_map(|&commit| (self.landing)(commit));
        commits.iter().copied().chain(landed).map(|at| self.material.history.commits[at].id.hex()).collect()
    }

    /// Everything that people who may change the policy have said yes to, as far as the commit has it in its history.
    fn said(&self) -> Vec<Yes<'s>> {
        let mut said: Vec<Yes<'_>> = Vec::new();
        let history = self.material.history;
        let reachable = history.reachable(self.commit);
        for (position, facts) in history.commits.iter().enumerate().filter(|(at, _)| reachable[*at]) {
            let affirms = &facts.trailers.affirms;
            if let Some(person) =
                self.maker(position).filter(|_| !affirms.is_empty() && self.is_own(position))
            {
                said.extend(affirms.iter().map(|to| Yes { to, person }));
            }
        }
        for (path, blob, owners) in self.owned.affirmations(self.commit) {
            let Some((to, person)) = affirmation_path(path) else { continue };
            let by_commit = || {
                let is_theirs = |owner: &usize| self.maker(*owner) == Some(person) && self.is_own(*owner);
                owners.iter().any(is_theirs)
            };
            let named = self.before.policy_people().find(|known| *known == person);
            let Some(person) = named.filter(|_| by_commit() || self.is_signed(blob, to, person)) else {
                continue;
            };
            said.push(Yes { to, person });
        }
        said
    }

    /// Whether author and committer of a commit are one person, or it is signed: a message that a forge wrote, or whoever
    /// merged, is nobody's word. A merge's own state is none either.
    fn is_own(&self, commit: usize) -> bool {
        let facts = &self.material.history.commits[commit];
        let author = self.before.person_by_email(&facts.author.email);
        let signed = matches!(self.material.signatures.get(&commit), Some(SignatureCheck::Good { .. }));
        let same = author.is_some() && author == self.before.person_by_email(&facts.committer.email);
        facts.parents.len() < 2 && (same || signed)
    }

    /// Whether an affirmation's own text is signed by a key of the person that it names.
    fn is_signed(&self, blob: crate::history::BlobId, to: &str, person: &str) -> bool {
        let Some(file) = self.material.affirmations.get(&blob) else { return false };
        let says_so = file.text.as_ref().is_ok_and(|text| text.commit == to && text.person == person);
        let key = match &file.check {
            Some(SignatureCheck::Good { key }) => key,
            _ => return false,
        };
        says_so && self.before.people.get(person).is_some_and(|listed| has_key(listed, key))
    }
}
