//! The policy in force: a chain along the trunk, from the commit that began it.
//!
//! The judge is never chosen by the judged. At each commit of the trunk's line, what `policy.toml` says there is held
//! against the policy in force before it, value by value; only when each value that differs was given by somebody who
//! may give it, and a second such person has agreed, does the file come into force. Until then the last proper policy
//! stays. Everything that lands is judged by the policy in force at the commit of the line before its landing, and what
//! has not landed as if it landed now (see `docs/trust.md`).

mod line;
mod proper;
mod values;

use std::sync::Arc;

use super::authority::Worth;
use super::sources::{Affirmations, Policies, Signatures};
use crate::diagnostic::Code;
use crate::history::{BlobId, History};
use crate::policy::{Policy, PolicyKey};

pub use line::Forked;
use line::Line;
pub(super) use values::Owned;

/// Which policy is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// There was no policy yet: the built-in one, by which nobody has a power.
    Builtin,
    /// The file of the commit at that position.
    File(usize),
    /// The policy that began the line cannot be read: nobody has authority.
    Unreadable(usize),
}

/// A value of the file that is not in force, since nobody who may has said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Improper {
    /// What the file says, or no longer says.
    pub key: PolicyKey,
    /// Why it does not count: `policy-role`, `policy-self-grant` or `policy-unreviewed`.
    pub code: Code,
    /// The commits that gave the value to the file, or took it away.
    pub owners: Vec<usize>,
    /// Who could say yes to it.
    pub open_to: Vec<String>,
}

/// What `policy.toml` says at a commit and is not in force there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    /// It has been deleted, or cannot be read.
    Gone,
    /// These values.
    Values(Vec<Improper>),
}

/// A change of the policy that came into force, or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The commit of the trunk's line with which it landed.
    pub landing: usize,
    /// The policy in force before.
    pub before: InForce,
    /// What kept it from being in force; `None` when it came into force there.
    pub pending: Option<Pending>,
}

/// What the line is made from.
#[derive(Clone, Copy)]
pub struct Material<'a> {
    /// All commits.
    pub history: &'a History,
    /// Every policy that some commit had.
    pub policies: &'a Policies,
    /// The built-in policy.
    pub builtin: &'a Policy,
    /// Signatures of commits that change the policy or affirm.
    pub signatures: &'a Signatures,
    /// Affirmations, by content.
    pub affirmations: &'a Affirmations,
    /// The tip of the trunk; without one, what is looked at stands for it.
    pub tip: usize,
    /// The commit that began the policy, where somebody outside of the history named it.
    pub root: Option<usize>,
}

/// The policies in force along the trunk.
#[derive(Debug, Default)]
pub struct PolicyLine {
    line: Line,
    /// By place on the line, what is in force after that commit.
    in_force: Vec<InForce>,
    /// By position of a commit, the first commit of the line that has it in its history.
    landings: Vec<Option<u32>>,
    controls: Vec<Control>,
    owned: Owned,
}

impl PolicyLine {
    /// Follows the trunk from its first commit to its tip.
    ///
    /// # Errors
    /// [`Forked`] where the history holds two beginnings of a policy and nobody has said which one counts.
    pub fn new(material: &Material<'_>) -> Result<Self, Forked> {
        let line = Line::new(material)?;
        let owned = Owned::new(material.history, material.policies);
        let landings = line.landings(material.history);
        let mut found = PolicyLine { line, in_force: Vec::new(), landings, controls: Vec::new(), owned };
        found.follow(material);
        Ok(found)
    }

    fn follow(&mut self, material: &Material<'_>) {
        let mut in_force = InForce::Builtin;
        let mut last: Option<(Option<BlobId>, Arc<[usize]>)> = None;
        let commits = self.line.commits().to_vec();
        let affirming = self.affirming(material);
        for (place, &commit) in commits.iter().enumerate() {
            let seen = (self.owned.blob(commit), self.owned.made(commit));
            // Nothing that could make a difference has come: the answer is the last one.
            let is_news = last.as_ref() != Some(&seen) || affirming.get(place).copied().unwrap_or_default();
            if is_news && self.line.has_begun(place) {
                let before = in_force;
                let pending = self.judge(material, commit, in_force, &|of| self.landing(of));
                if pending.is_none() {
                    in_force = self.after(material, commit, in_force);
                }
                self.note(commit, before, in_force, pending);
            }
            last = Some(seen);
            self.in_force.push(in_force);
        }
    }

    /// Notes a change that is another than the last.
    fn note(&mut self, landing: usize, before: InForce, after: InForce, pending: Option<Pending>) {
        let last = self.controls.last().map(|control| &control.pending);
        let is_new = before != after || last.map_or(pending.is_some(), |last| *last != pending);
        if is_new {
            self.controls.push(Control { landing, before, pending });
        }
    }

    /// What is in force once a commit's file is.
    fn after(&self, material: &Material<'_>, commit: usize, before: InForce) -> InForce {
        match before {
            InForce::File(of) if self.owned.blob(of) == self.owned.blob(commit) => before,
            _ if self.owned.blob(commit).is_none() => before,
            _ if material.policy_of(commit).is_some() => InForce::File(commit),
            _ => InForce::Unreadable(commit),
        }
    }

    /// By place on the line, whether somebody says yes to a commit with what lands there.
    fn affirming(&self, material: &Material<'_>) -> Vec<bool> {
        let mut affirming = vec![false; self.line.commits().len()];
        for (position, commit) in material.history.commits.iter().enumerate() {
            let landing = self.landings[position].filter(|_| !commit.trailers.affirms.is_empty());
            if let Some(place) = landing.and_then(|landing| self.line.place(landing as usize)) {
                affirming[place] = true;
            }
        }
        affirming
    }

    /// What of a commit's file is not proper by the policy in force; `None` when all of it is.
    fn judge(
        &self,
        material: &Material<'_>,
        commit: usize,
        in_force: InForce,
        landing: &dyn Fn(usize) -> Option<usize>,
    ) -> Option<Pending> {
        let before = match in_force {
            InForce::Builtin => material.builtin,
            InForce::File(of) => material.policy_of(of)?,
            InForce::Unreadable(_) => return None,
        };
        // Until somebody has a role there is no power to guard: whoever begins a book lists its people.
        if in_force == InForce::Builtin || !before.grants_roles() {
            return None;
        }
        let Some(file) = material.policy_of(commit).filter(|_| self.owned.blob(commit).is_some()) else {
            return Some(Pending::Gone);
        };
        let judged =
            proper::Judged { material, line: &self.line, owned: &self.owned, before, commit, landing };
        let improper = judged.improper(file);
        (!improper.is_empty()).then_some(Pending::Values(improper))
    }

    /// The first commit of the line that has a commit in its history.
    pub(super) fn landing(&self, commit: usize) -> Option<usize> {
        self.landings.get(commit).copied().flatten().map(|landing| landing as usize)
    }

    /// Whether a commit is on the line itself.
    pub(super) fn is_on(&self, commit: usize) -> bool {
        self.line.place(commit).is_some()
    }

    /// What is in force after a commit of the line.
    pub fn in_force_after(&self, commit: usize) -> Option<InForce> {
        self.line.place(commit).map(|place| self.in_force[place])
    }

    /// What is in force at the tip.
    pub fn at_tip(&self) -> InForce {
        self.in_force.last().copied().unwrap_or(InForce::Builtin)
    }

    /// By what a commit is judged: what was in force when it landed; what has not landed, as if it landed now.
    pub(super) fn judge_of(&self, commit: usize) -> InForce {
        let Some(landing) = self.landing(commit) else { return self.at_tip() };
        let place = self.line.place(landing).and_then(|place| place.checked_sub(1));
        place.map_or(InForce::Builtin, |before| self.in_force[before])
    }

    /// Changes of the policy and what became of them, the first one first.
    pub(super) fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// What would be in force if a commit landed now, and what keeps its file from it.
    pub fn as_landed(&self, material: &Material<'_>, commit: usize) -> (InForce, Option<Pending>) {
        let in_force = self.at_tip();
        if self.landing(commit).is_some() {
            let last = self.controls.last().and_then(|control| control.pending.clone());
            return (in_force, last.filter(|_| commit == material.tip));
        }
        // A branch from before the trunk's last change of the policy takes that one in when it lands.
        if self.owned.is_behind(commit, material.tip) {
            return (in_force, None);
        }
        let landing = |of: usize| self.landing(of).or(Some(commit));
        match self.judge(material, commit, in_force, &landing) {
            Some(pending) => (in_force, Some(pending)),
            None => (self.after(material, commit, in_force), None),
        }
    }
}

impl<'a> Material<'a> {
    /// The policy in a commit; `None` when there is none, or none that can be used.
    pub(super) fn policy_of(&self, commit: usize) -> Option<&'a Policy> {
        let file = self.history.commits[commit].policy.filter(|file| file.is_regular())?;
        self.policies.get(&file.blob)?.as_ref()
    }

    /// What commits are worth, on this line.
    fn worth<'s>(&'s self, line: &'s Line) -> Worth<'s> {
        let is_on_line = Box::new(|commit| line.place(commit).is_some());
        Worth { history: self.history, signatures: self.signatures, is_on_line }
    }
}

/// Commits that change the policy or say yes to something: their signatures must be known. Positions, ascending; only
/// commits that carry a signature.
pub fn policy_acts(history: &History) -> Vec<usize> {
    let policy = |commit: usize| history.commits[commit].policy;
    let acts = |commit: &usize| {
        let facts = &history.commits[*commit];
        let changes = facts.parents.first().is_none_or(|&parent| policy(parent) != facts.policy);
        let affirms =
            facts.changes.iter().any(|change| crate::record::affirmation_path(&change.path).is_some());
        facts.signed && (changes || affirms || !facts.trailers.affirms.is_empty())
    };
    (0..history.commits.len()).filter(acts).collect()
}

#[cfg(test)]
mod tests;
