//! Who has said yes to a commit: by the message of a commit of their own, or by a file that they own or signed.
//!
//! One reading for what the policy says and for who wrote a text.

use super::authority::{Worth, has_key, trust, wanted};
use super::context::Context;
use super::sources::Affirmations;
use super::state::TrustLevel;
use crate::history::{BlobId, SignatureCheck};
use crate::policy::Policy;
use crate::record::affirmation_path;

/// Somebody's yes to a commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yes<'s> {
    /// All digits of the commit's name.
    pub(super) to: &'s str,
    /// By the policy's name.
    pub(super) person: &'s str,
}

/// What the message of a commit says yes to. A merge says nothing: its message is made.
pub(super) fn by_message<'s>(worth: &Worth<'s>, policy: &'s Policy, commit: usize) -> Vec<Yes<'s>> {
    let history = worth.history;
    let facts = &history.commits[commit];
    let affirms = &facts.trailers.affirms;
    if affirms.is_empty() || facts.parents.len() > 1 {
        return Vec::new();
    }
    let Some(person) = worth.speaker(policy, commit) else { return Vec::new() };
    affirms.iter().map(|to| Yes { to, person }).collect()
}

/// What a file says yes to: it counts where one of `owners`, the commits that gave it to the book, is that person's own
/// and worth as much as is `asked`, or where they signed its text.
pub(super) fn by_file<'s>(
    worth: &Worth<'_>,
    (policy, asked): (&'s Policy, TrustLevel),
    affirmations: &Affirmations,
    (path, blob): (&'s str, BlobId),
    owners: &[usize],
) -> Option<Yes<'s>> {
    let (to, person) = affirmation_path(path)?;
    let listed = policy.people.get(person)?;
    let is_theirs = |owner: &usize| {
        worth.history.commits[*owner].parents.len() < 2
            && worth.speaker(policy, *owner) == Some(person)
            && worth.of(policy, *owner) >= asked
    };
    let is_signed = || {
        let file = affirmations.get(&blob)?;
        let text = file.text.as_ref().ok().filter(|text| text.commit == to && text.person == person)?;
        match &file.check {
            Some(SignatureCheck::Good { key }) if has_key(listed, key) => Some(text),
            _ => None,
        }
    };
    (owners.iter().any(is_theirs) || is_signed().is_some()).then_some(Yes { to, person })
}

/// The people who have said yes to a commit in the view, each by the policy that judges what they said.
pub(super) fn affirmers<'a>(context: &Context<'a>, commit: usize) -> Vec<&'a str> {
    let sources = &context.sources;
    let name = sources.history.commits[commit].id.hex();
    let asked = wanted(sources.policy.trust.approve);
    let worth = context.worth();
    let mut people: Vec<&str> = Vec::new();
    for said in context.affirming() {
        let Some(policy) = context.judge(said).filter(|_| sources.line.is_of_book(said)) else { continue };
        if trust(context, said) < asked {
            continue;
        }
        let yes = by_message(&worth, policy, said).into_iter().filter(|yes| yes.to == name);
        people.extend(yes.map(|yes| yes.person));
    }
    for (path, blob, owners) in sources.line.affirmations(sources.tip) {
        if affirmation_path(path).is_none_or(|(to, _)| to != name) {
            continue;
        }
        for owner in owners.into_iter().filter(|owner| sources.line.is_of_book(*owner)) {
            let Some(policy) = context.judge(owner) else { continue };
            let yes = by_file(&worth, (policy, asked), sources.affirmations, (path, blob), &[owner]);
            people.extend(yes.map(|yes| yes.person));
        }
    }
    people.sort_unstable();
    people.dedup();
    people
}
