//! Whether what a policy file says newly was said by those who may.

use std::collections::BTreeSet;

use super::line::Line;
use super::{Given, Improper, Material, Owned};
use crate::diagnostic::Code;
use crate::ledger::affirmed::{self, Yes};
use crate::ledger::authority::wanted;
use crate::policy::{Policy, PolicyKey};

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

impl<'s> Judged<'s, '_> {
    /// Every value that differs from the policy in force.
    pub(super) fn given(&self, file: &Policy) -> Vec<Given> {
        let (before, after) = (&self.before.values, &file.values);
        let keys: BTreeSet<&PolicyKey> = before.keys().chain(after.keys()).collect();
        let differing: Vec<&PolicyKey> =
            keys.into_iter().filter(|key| before.get(key) != after.get(key)).collect();
        if differing.is_empty() {
            return Vec::new();
        }
        let owners = differing.iter().flat_map(|key| self.owned.owners(self.commit, key));
        let named: BTreeSet<String> = self.names(&owners.collect::<Vec<_>>()).into_iter().collect();
        let said = self.said(&named);
        differing.into_iter().map(|key| self.value(key, file, &said)).collect()
    }

    /// A value with those who stand behind it, and what keeps it from counting.
    fn value(&self, key: &PolicyKey, file: &Policy, said: &[Yes<'_>]) -> Given {
        let owners = self.owned.owners(self.commit, key);
        let names = self.names(&owners);
        let agreed = said.iter().filter(|yes| names.iter().any(|name| name == yes.to)).map(|yes| yes.person);
        // Whoever affirms a commit stands behind what it gave, as whoever made it does.
        let behind: BTreeSet<&str> =
            owners.iter().filter_map(|&owner| self.maker(owner)).chain(agreed).collect();
        let n_people = self.before.policy_people().count();
        let may_alone = self.before.alone.iter().any(|table| table == key.table());
        let needed = if n_people < 2 || may_alone { 1 } else { 2 };
        let code = match (self.is_own_power(key, file, &owners), behind.is_empty()) {
            _ if behind.len() >= needed => None,
            (true, _) => Some(Code::PolicySelfGrant),
            (false, true) => Some(Code::PolicyRole),
            (false, false) => Some(Code::PolicyUnreviewed),
        };
        let hidden_by: BTreeSet<usize> = owners
            .iter()
            .flat_map(|&owner| self.owned.hidden_before(owner))
            .chain(owners.iter().copied())
            .collect();
        Given {
            key: key.clone(),
            before: self.before.values.get(key).cloned(),
            after: file.values.get(key).cloned(),
            owners: hidden_by.into_iter().collect(),
            alone: n_people < 2 && !may_alone && !behind.is_empty(),
            behind: behind.into_iter().map(str::to_owned).collect(),
            code,
        }
    }

    /// The same as what is not in force, with who could say yes to it.
    pub(super) fn improper(&self, given: &Given) -> Option<Improper> {
        let is_open = |person: &&str| !given.behind.iter().any(|behind| behind == person);
        Some(Improper {
            key: given.key.clone(),
            code: given.code?,
            owners: given.owners.clone(),
            open_to: self.before.policy_people().filter(is_open).map(str::to_owned).collect(),
        })
    }

    /// The person who may change the policy and stands behind what a commit gave. A repair of what others have hidden is
    /// nobody's word for what it brings to light.
    fn maker(&self, commit: usize) -> Option<&'s str> {
        let maker = self.made(commit)?;
        self.owned.hidden_before(commit).all(|hider| self.made(hider) == Some(maker)).then_some(maker)
    }

    /// The person who may change the policy and made a commit.
    fn made(&self, commit: usize) -> Option<&'s str> {
        let facts = &self.material.history.commits[commit];
        let person = self.before.person_by_email(&facts.author.email)?;
        let worth = self.material.worth(self.line).of(self.before, commit);
        (self.before.may_change_policy(person) && worth >= wanted(self.before.trust.policy)).then_some(person)
    }

    /// Whether a value gives power to whoever gave the value, or makes acts somebody's on the word of a person who may
    /// not say so.
    fn is_own_power(&self, key: &PolicyKey, file: &Policy, owners: &[usize]) -> bool {
        let Some(person) = key.power_of() else { return false };
        let hiders = owners.iter().flat_map(|&owner| self.owned.hidden_before(owner));
        owners.iter().copied().chain(hiders).any(|owner| {
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

    /// What people who may change the policy have said yes to of these commits, as far as the commit has it in its history.
    fn said(&self, named: &BTreeSet<String>) -> Vec<Yes<'s>> {
        let Material { history, affirmations, .. } = *self.material;
        let worth = self.material.worth(self.line);
        // Whose a commit is costs more to tell than what it says.
        let commits = history.commits.iter().enumerate();
        let saying = commits.filter(|(_, facts)| facts.trailers.affirms.iter().any(|to| named.contains(to)));
        let by_message = saying
            .map(|(commit, _)| commit)
            .filter(|&commit| history.is_in_history(commit, self.commit) && self.made(commit).is_some())
            .flat_map(|commit| affirmed::by_message(&worth, self.before, commit));
        let policy = (self.before, wanted(self.before.trust.policy));
        let by_file = self.owned.affirmations(self.commit).filter_map(|(path, blob, owners)| {
            affirmed::by_file(&worth, policy, affirmations, (path, blob), &owners)
        });
        by_message.chain(by_file).filter(|yes| self.before.may_change_policy(yes.person)).collect()
    }
}
