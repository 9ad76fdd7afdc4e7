//! The evidence of a task in a view: what stands there, what stood at an act, and who vouches for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::authority::trust;
use super::context::Context;
use super::ix::RecordIx;
use super::law::ABSENT;
use super::risk::risk;
use super::state::TrustLevel;
use super::walk::{Key, Node, Transition, Value};
use crate::evidence::{EvidenceError, EvidenceFile};
use crate::history::BlobId;
use crate::policy::Policy;
use crate::record::{Digested, EvidenceKey, Record, Risk, evidence_path};

/// Evidence by content: every version that some commit had.
pub type EvidenceFiles = FxHashMap<BlobId, Result<Arc<EvidenceFile>, EvidenceError>>;

/// One file of evidence in a view.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldEvidence {
    /// In the book.
    pub path: String,
    /// What it holds, or why that cannot be told.
    pub file: Result<Arc<EvidenceFile>, EvidenceError>,
}

impl HeldEvidence {
    /// What stands at a path, from what was read of it: evidence under the name of another is none.
    pub fn at(path: &str, file: Result<Arc<EvidenceFile>, EvidenceError>) -> Self {
        let file = match file {
            Ok(file) if !file.is_at(path) => Err(EvidenceError::Misplaced),
            file => file,
        };
        HeldEvidence { path: path.to_owned(), file }
    }

    /// Why it cannot be relied on by a policy, in words: it cannot be read, or its environment is none of the policy's, letter
    /// by letter, so that not every rule would find it.
    pub fn broken(&self, policy: &Policy) -> Option<String> {
        let file = match &self.file {
            Ok(file) => file,
            Err(error) => return Some(error.to_string()),
        };
        let name = &file.key.environment;
        match policy.environment(name) {
            Some(known) if known.name == *name => None,
            Some(known) => {
                Some(format!("environment `{name}` is not in the policy, which has `{}`", known.name))
            }
            None => Some(format!("environment `{name}` is not in the policy")),
        }
    }
}

/// The evidence of a task in the view, by path.
pub(super) fn evidence(context: &Context<'_>, record: RecordIx) -> Vec<HeldEvidence> {
    context.node(record).map_or_else(Vec::new, |node| held(context, node))
}

/// The evidence of a task as it stood after a commit.
fn evidence_at(context: &Context<'_>, record: RecordIx, commit: usize) -> Vec<HeldEvidence> {
    let node = context.sources.walk.node(context.sources.history, commit, record);
    node.map_or_else(Vec::new, |node| held(context, node))
}

fn held(context: &Context<'_>, node: &Node) -> Vec<HeldEvidence> {
    let sources = &context.sources;
    let cells = node.cells.iter().filter(|(_, cell)| cell.value != ABSENT);
    let mut found: Vec<HeldEvidence> = cells
        .filter_map(|(key, cell)| {
            let Key::Evidence(path) = sources.walk.keys.item(*key) else { return None };
            let Value::Text(blob) = context.value(cell.value) else { return None };
            let file = sources.evidence.get(blob).cloned().unwrap_or(Err(EvidenceError::NotRegular));
            Some(HeldEvidence::at(path, file))
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What can be read of it.
pub(super) fn readable(held: &[HeldEvidence]) -> impl Iterator<Item = &Arc<EvidenceFile>> {
    held.iter().filter_map(|held| held.file.as_ref().ok())
}

/// What an approval binds: the digests of the evidence of gated environments, by what it is for.
pub(super) type Bound = BTreeMap<EvidenceKey, String>;

/// What is bound where this is held.
pub(super) fn bound(policy: &Policy, held: &[HeldEvidence]) -> Bound {
    let gated = policy.gated_environments();
    let of = |held: &HeldEvidence| match &held.file {
        Ok(file) if gated.contains(&file.key.environment) => {
            Some((file.key.clone(), file.content.digest().to_owned()))
        }
        Ok(_) => None,
        // What could not be read then is none of what can be read now.
        Err(_) => {
            let key = evidence_path(&held.path).map_or_else(|| EvidenceKey::of(&held.path), |(_, key)| key);
            Some((key, "unreadable".to_owned()))
        }
    };
    held.iter().filter_map(of).collect()
}

/// Why an approval of what was `then` is none of what is `now`: of an environment that had evidence another digest stands
/// there, or another stack; of one that had none yet only a higher risk asks again. In words.
pub(super) fn unbound(then: &Bound, now: &Bound, risks: impl FnOnce() -> (Risk, Risk)) -> Option<String> {
    let had: BTreeSet<&str> = then.keys().map(|key| key.environment.as_str()).collect();
    for (key, digest) in now {
        match then.get(key) {
            Some(before) if before == digest => {}
            Some(_) => return Some(format!("other evidence was recorded for {}", key.words())),
            None if had.contains(key.environment.as_str()) => {
                return Some(format!("nothing was recorded for {}", key.words()));
            }
            None => {}
        }
    }
    if let Some(gone) = then.keys().find(|key| !now.contains_key(key)) {
        return Some(format!("evidence was recorded for {}, which is gone,", gone.words()));
    }
    if then.len() == now.len() {
        return None;
    }
    let (before, after) = risks();
    (after > before).then(|| format!("evidence that raises the risk to {} was not there", after.as_str()))
}

/// Why an act on a task in a commit is not for the evidence that stands in the view, in words. `stated` is what the act's own
/// text says that it is for; else what stood at the commit counts.
pub(super) fn unbound_since(
    context: &Context<'_>,
    record: RecordIx,
    commit: usize,
    stated: Option<&[Digested]>,
) -> Option<String> {
    let policy = context.sources.policy;
    let (held_now, held_then) = (evidence(context, record), evidence_at(context, record, commit));
    let now = bound(policy, &held_now);
    let then = match stated {
        Some(stated) => stated.iter().map(|of| (of.key.clone(), of.digest.clone())).collect(),
        None => bound(policy, &held_then),
    };
    if then == now {
        return None;
    }
    let task = context.parsed(record).and_then(Record::task);
    let declared = task.map_or(policy.default_risk, |task| risk(task, policy, &[], None).level);
    let level = |held: &[HeldEvidence]| risk_of(policy, held).map_or(declared, |found| found.max(declared));
    let risks = || (level(&held_then), level(&held_now));
    if policy.evidence.bind {
        return unbound(&then, &now, risks);
    }
    let (before, after) = risks();
    (after > before).then(|| {
        format!("the evidence raises the risk to {}, but it was {}", after.as_str(), before.as_str())
    })
}

/// What evidence comes to by a policy; `None` where nothing is found. What cannot be read is taken as high.
pub(super) fn risk_of(policy: &Policy, held: &[HeldEvidence]) -> Option<Risk> {
    let of = |held: &HeldEvidence| match &held.file {
        Ok(file) if !file.is_edited && held.broken(policy).is_none() => file.found(policy).risk(),
        _ => Some(Risk::High),
    };
    held.iter().filter_map(of).max()
}

/// Environments whose evidence nobody vouches for, each with why. Evidence is proven when every act on an environment's
/// files, removals included, is a signed commit of one of the policy's makers.
pub(super) fn unproven(context: &Context<'_>, record: RecordIx) -> BTreeMap<String, String> {
    let transitions = context.transitions(record);
    let acts: Vec<(&Transition, &str, EvidenceKey)> = transitions
        .iter()
        .filter_map(|transition| match context.key(transition) {
            Key::Evidence(path) => Some((*transition, &**path, evidence_path(path)?.1)),
            _ => None,
        })
        .collect();
    let mut found = BTreeMap::new();
    for (transition, path, key) in &acts {
        if found.contains_key(&key.environment) {
            continue;
        }
        let beside = || {
            let of_path = acts.iter().filter(|(_, of, _)| of == path).map(|(other, ..)| *other);
            chosen_from(context, transition, &of_path.collect::<Vec<_>>())
        };
        if let Some(why) = not_a_makers(context, transition.commit as usize).or_else(beside) {
            found.insert(key.environment.clone(), why);
        }
    }
    found
}

/// Why what stands is the choice of whoever merged, in words: two acts that do not know of each other left different states, and
/// no later act knows both.
fn chosen_from(context: &Context<'_>, act: &Transition, acts: &[&Transition]) -> Option<String> {
    let knows = |later: &Transition, earlier: &Transition| {
        context.in_history(earlier.commit as usize, later.commit as usize)
    };
    let is_settled = |other: &Transition| {
        let knows_both = |later: &&Transition| knows(later, act) && knows(later, other);
        let is_later = |later: &&&Transition| later.commit != act.commit && later.commit != other.commit;
        acts.iter().filter(is_later).any(knows_both)
    };
    let other = acts
        .iter()
        .find(|other| other.to != act.to && !knows(act, other) && !knows(other, act) && !is_settled(other))?;
    let short = |act: &Transition| context.sources.history.commits[act.commit as usize].id.short();
    Some(format!(
        "{} and {} were made in parallel, and whoever merged them chose one",
        short(act),
        short(other)
    ))
}

/// Why a commit is no maker's, in words.
fn not_a_makers(context: &Context<'_>, commit: usize) -> Option<String> {
    let facts = &context.sources.history.commits[commit];
    let policy = context.judge(commit).unwrap_or(context.sources.policy);
    let short = facts.id.short();
    let author = policy.person_by_email(&facts.author.email);
    let is_maker = author.is_some_and(|name| {
        policy.evidence.makers.iter().any(|maker| maker == name)
            && policy.people.get(name).is_some_and(|person| person.robot)
    });
    if !is_maker {
        return Some(format!("{short} is not by a listed maker"));
    }
    let is_own = policy.person_by_email(&facts.committer.email) == author;
    (!is_own || trust(context, commit) < TrustLevel::Signed)
        .then(|| format!("{short} is not signed by its maker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> Bound {
        entries.iter().map(|(key, digest)| (EvidenceKey::parse(key).unwrap(), (*digest).to_owned())).collect()
    }

    /// Then, now, the risks, and whether it still stands; worked by hand from the law.
    #[test]
    fn what_an_approval_of_evidence_is_of() {
        let (low, high) = (Risk::Low, Risk::High);
        let cases = [
            (of(&[]), of(&[]), (high, high), true),
            (of(&[("production", "a")]), of(&[("production", "a")]), (low, high), true),
            (of(&[("production", "a")]), of(&[("production", "b")]), (low, low), false),
            // A stack that is taken out says less than was approved.
            (
                of(&[("production", "a"), ("production.db", "b")]),
                of(&[("production", "a")]),
                (high, low),
                false,
            ),
            // A stack more in an environment that had evidence is other evidence.
            (
                of(&[("production", "a")]),
                of(&[("production", "a"), ("production.db", "b")]),
                (low, low),
                false,
            ),
            // Of an environment that had none, the risk decides.
            (of(&[]), of(&[("production", "a")]), (low, low), true),
            (of(&[]), of(&[("production", "a")]), (low, high), false),
            (of(&[("dr", "a")]), of(&[("dr", "a"), ("production", "b")]), (high, high), true),
            (of(&[("dr", "a")]), of(&[("production", "b")]), (high, high), false),
        ];
        for (then, now, risks, stands) in cases {
            assert_eq!(unbound(&then, &now, || risks).is_none(), stands, "{then:?} {now:?}");
        }
    }
}
