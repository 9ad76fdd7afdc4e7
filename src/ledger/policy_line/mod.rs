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

/// A value in which the file differs from the policy in force, and who stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub key: PolicyKey,
    /// What it was; `None` where there was none.
    pub before: Option<String>,
    /// What it is; `None` where it was taken away.
    pub after: Option<String>,
    /// The commits that gave it to the file, or took it away.
    pub owners: Vec<usize>,
    /// People who may change the policy and have made it or agreed to it.
    pub behind: Vec<String>,
    /// Whether only one person may change the policy, so that nobody could agree.
    pub alone: bool,
    /// Why it does not count; `None` when it does.
    pub code: Option<Code>,
}

/// A change of the policy that came into force, was refused, or was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The commit of the trunk's line with which it landed.
    pub landing: usize,
    /// The policy in force before.
    pub before: InForce,
    /// The policy in force with it.
    pub after: InForce,
    /// What differs from the policy in force before; nothing where the file was put back, and where the policy began.
    pub values: Vec<Given>,
    /// What kept it from being in force; `None` when it came into force there.
    pub pending: Option<Pending>,
}

/// A file that was held against the policy in force.
#[derive(Debug, Default)]
struct Weighed {
    values: Vec<Given>,
    pending: Option<Pending>,
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
    /// By position of a commit, whether it comes after the line's first one.
    of_book: Vec<bool>,
    /// Whether somebody named the beginning from outside of history.
    is_named: bool,
}

/// Where the policy began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// The commit of the trunk's line.
    pub commit: usize,
    /// Whether somebody named it from outside of history.
    pub is_named: bool,
    /// Whether there was a policy before it: then it was begun again, as after the loss of all keys.
    pub is_again: bool,
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
        let of_book = line.descendants_of_first(material.history);
        let mut found = PolicyLine {
            line,
            in_force: Vec::new(),
            landings,
            controls: Vec::new(),
            owned,
            of_book,
            is_named: material.root.is_some(),
        };
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
                let weighed = self.weigh(material, commit, in_force, &|of| self.landing(of));
                if weighed.pending.is_none() {
                    in_force = self.after(material, commit, in_force);
                }
                self.note(commit, before, in_force, weighed);
            }
            last = Some(seen);
            self.in_force.push(in_force);
        }
    }

    /// Notes a change that is another than the last.
    fn note(&mut self, landing: usize, before: InForce, after: InForce, weighed: Weighed) {
        let Weighed { values, pending } = weighed;
        let is_new = match self.controls.last() {
            _ if before != after => true,
            None => pending.is_some(),
            // What is not in force and was seen already, may have been joined by what would be.
            Some(last) => last.pending != pending || (pending.is_some() && last.values != values),
        };
        if is_new {
            self.controls.push(Control { landing, before, after, values, pending });
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

    /// Holds a commit's file against the policy in force.
    fn weigh(
        &self,
        material: &Material<'_>,
        commit: usize,
        in_force: InForce,
        landing: &dyn Fn(usize) -> Option<usize>,
    ) -> Weighed {
        let before = match in_force {
            InForce::File(of) => material.policy_of(of),
            // All of it is new.
            InForce::Builtin | InForce::Unreadable(_) => None,
        };
        let Some(before) = before else { return Weighed::default() };
        let file = material.policy_of(commit).filter(|_| self.owned.blob(commit).is_some());
        // Until somebody has a role there is no power to guard: whoever begins a book lists its people.
        let is_guarded = before.grants_roles();
        let Some(file) = file else {
            return Weighed { values: Vec::new(), pending: is_guarded.then_some(Pending::Gone) };
        };
        let judged =
            proper::Judged { material, line: &self.line, owned: &self.owned, before, commit, landing };
        let mut values = judged.given(file);
        if !is_guarded {
            values.iter_mut().for_each(|given| (given.code, given.alone) = (None, false));
        }
        let improper: Vec<Improper> = values.iter().filter_map(|given| judged.improper(given)).collect();
        Weighed { values, pending: (!improper.is_empty()).then_some(Pending::Values(improper)) }
    }

    /// The first commit of the line that has a commit in its history.
    pub(super) fn landing(&self, commit: usize) -> Option<usize> {
        self.landings.get(commit).copied().flatten().map(|landing| landing as usize)
    }

    /// Whether a commit is on the line itself.
    pub(super) fn is_on(&self, commit: usize) -> bool {
        self.line.place(commit).is_some()
    }

    /// Whether a commit comes after the first one of the line: what a merge of another, unrelated history brings does
    /// not, and was said in another book.
    pub(super) fn is_of_book(&self, commit: usize) -> bool {
        self.of_book.get(commit).copied().unwrap_or_default()
    }

    /// The affirmations that stand at a commit: path, content and owners.
    pub(super) fn affirmations(&self, commit: usize) -> impl Iterator<Item = (&str, BlobId, Vec<usize>)> {
        self.owned.affirmations(commit)
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

    /// The policy by which a commit is judged; `None` where it cannot be read.
    pub fn judge<'p>(
        &self,
        commit: usize,
        history: &History,
        policies: &'p Policies,
        builtin: &'p Policy,
    ) -> Option<&'p Policy> {
        match self.judge_of(commit) {
            InForce::Builtin => Some(builtin),
            InForce::File(of) => policies.get(&history.commits[of].policy?.blob)?.as_ref(),
            InForce::Unreadable(_) => None,
        }
    }

    /// The trunk's commits, the first one first.
    pub(super) fn commits(&self) -> &[usize] {
        self.line.commits()
    }

    /// Where the policy began, and who says so.
    pub fn beginning(&self, history: &History) -> Option<Beginning> {
        let commit = self.root()?;
        let is_earlier =
            |at: usize| history.commits[at].policy.is_some() && history.is_in_history(at, commit);
        Some(Beginning { commit, is_named: self.is_named, is_again: (0..commit).any(is_earlier) })
    }

    /// The commit that began the policy.
    pub fn root(&self) -> Option<usize> {
        self.line.root()
    }

    /// Changes of the policy and what became of them, the first one first.
    pub(super) fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// What was in force at a commit of the line when it was the tip, and what its file said besides; `None` of a commit
    /// that is not on the line.
    pub fn as_of(&self, material: &Material<'_>, commit: usize) -> Option<(InForce, Option<Pending>)> {
        let in_force = self.in_force_after(commit)?;
        let is_behind = |control: &&Control| {
            control.landing == commit || material.history.is_in_history(control.landing, commit)
        };
        let last = self.controls.iter().rfind(is_behind);
        Some((in_force, last.and_then(|control| control.pending.clone())))
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
        match self.weigh(material, commit, in_force, &landing).pending {
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
