//! Whose act a commit is, what it is worth, and by which policies it is held (design, section 4).
//!
//! An act is judged by the policy before it. Where the trunk had moved on meanwhile, it is held by the
//! trunk's policy too: every policy that was set beside the act, neither before nor after it, must also allow
//! it. So a branch from an older and laxer policy gains nothing, and who leaves the team afterwards has
//! still approved what they approved.

use super::context::Context;
use super::state::TrustLevel;
use crate::diagnostic::Code;
use crate::history::{SignatureCheck, key_identity};
use crate::policy::{Person, Policy, Trust};

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Actor<'s> {
    /// The author of a commit, by e-mail.
    Author(&'s str),
    /// A person who signed by name, whoever committed it.
    Signer(&'s str),
}

impl<'s> Actor<'s> {
    /// The person by a policy.
    pub(super) fn person(self, policy: &Policy) -> Option<&str> {
        match self {
            Actor::Author(email) => policy.person_by_email(email),
            Actor::Signer(name) => policy.people.get_key_value(name).map(|(name, _)| name.as_str()),
        }
    }

    fn has_role(self, policy: &Policy, role: &str) -> bool {
        self.person(policy).is_some_and(|person| policy.has_role(person, role))
    }

    fn words(self) -> &'s str {
        match self {
            Actor::Author(words) | Actor::Signer(words) => words,
        }
    }
}

/// The policies that an act in a commit is held by, that before it first. `None` when one cannot be used:
/// nobody has authority then.
pub(super) fn policies<'a>(context: &Context<'a>, commit: usize) -> Option<Vec<&'a Policy>> {
    let mut policies = vec![context.policy_before(commit)?];
    let beside: Vec<usize> = context
        .policy_changes()
        .filter(|&change| {
            change != commit && !context.in_history(change, commit) && !context.in_history(commit, change)
        })
        .collect();
    for &change in &beside {
        // Only what the other side ended up with counts, not its way there.
        let superseded = beside.iter().any(|&later| later != change && context.in_history(change, later));
        if !superseded {
            policies.push(context.policy_of(change)?);
        }
    }
    Some(policies)
}

/// Why an actor may not speak for a role in a commit; `Ok` with the person's name when they may.
pub(super) fn role<'a>(
    context: &Context<'a>,
    commit: usize,
    actor: Actor<'_>,
    role: &str,
) -> Result<&'a str, (Code, String)> {
    let facts = &context.sources.history.commits[commit];
    let short = facts.id.short();
    if let Some(malformed) = &facts.malformed {
        return Err((
            Code::ApprovalRole,
            format!("commit {short} is malformed ({malformed}) and has no authority"),
        ));
    }
    let Some(policies) = policies(context, commit) else {
        return Err((
            Code::ApprovalRole,
            format!("a policy by which {short} is judged cannot be read: nobody has authority"),
        ));
    };
    let before = policies[0];
    let Some(person) = actor.person(before) else {
        return Err(granted_by_itself(context, commit, actor, role).unwrap_or_else(|| {
            (Code::ApprovalRole, format!("`{}` is no person of the policy before {short}", actor.words()))
        }));
    };
    if !before.has_role(person, role) {
        return Err(granted_by_itself(context, commit, actor, role).unwrap_or_else(|| {
            (Code::ApprovalRole, format!("{person} has not the role `{role}` by the policy before {short}"))
        }));
    }
    if !policies[1..].iter().all(|policy| actor.has_role(policy, role)) {
        return Err((
            Code::ApprovalRole,
            format!("{person} has not the role `{role}` by the policy that {short} met where it was merged"),
        ));
    }
    match improper_grant(context, commit, actor, role) {
        Some(broken) => Err(broken),
        None => Ok(person),
    }
}

/// A commit that gives a power and uses it.
fn granted_by_itself(
    context: &Context<'_>,
    commit: usize,
    actor: Actor<'_>,
    role: &str,
) -> Option<(Code, String)> {
    let grants = context.policy_changes().any(|change| change == commit)
        && context.policy_of(commit).is_some_and(|policy| actor.has_role(policy, role));
    let short = context.sources.history.commits[commit].id.short();
    grants.then(|| {
        (Code::PolicySelfGrant, format!("{short} grants the role `{role}` and uses it in the same commit"))
    })
}

/// Why the grant on which an act rests does not count: it was made by the one who uses it, or by somebody
/// who may not change the policy, and nobody else who may brought it in. The first policy is excepted.
fn improper_grant(
    context: &Context<'_>,
    commit: usize,
    actor: Actor<'_>,
    role: &str,
) -> Option<(Code, String)> {
    let history = context.sources.history;
    let has = |at: usize| context.policy_of(at).is_some_and(|policy| actor.has_role(policy, role));
    let grants: Vec<usize> = context
        .policy_changes()
        .filter(|&change| change != commit && context.in_history(change, commit))
        .filter(|&change| has(change))
        .filter(|&change| {
            let parents = &history.commits[change].parents;
            let (having, lacking): (Vec<usize>, Vec<usize>) =
                parents.iter().partition(|&&parent| has(parent));
            having.is_empty() || lacking.iter().any(|&parent| revoked(context, parent, &having, &has))
        })
        .collect();
    let last =
        grants.iter().filter(|&&grant| !grants.iter().any(|&g| g != grant && context.in_history(grant, g)));
    last.copied().find_map(|grant| {
        let first = history.commits[grant].parents.iter().all(|&p| history.commits[p].policy.is_none());
        if first || changed_by_another(context, grant, Some(actor)) {
            return None;
        }
        let facts = &history.commits[grant];
        let policy = context.policy_of(grant)?;
        let person = actor.person(policy)?;
        let short = facts.id.short();
        Some(if policy.person_by_email(&facts.author.email) == Some(person) {
            (Code::PolicySelfGrant, format!("{person} gave the role `{role}` to themselves in {short}"))
        } else {
            (
                Code::PolicyRole,
                format!("the role `{role}` was given in {short} by somebody who may not change the policy"),
            )
        })
    })
}

/// Whether the history of a merge's side without a role took it away, which no side with it knows of.
fn revoked(context: &Context<'_>, lacking: usize, having: &[usize], has: &dyn Fn(usize) -> bool) -> bool {
    context.policy_changes().any(|change| {
        let known = having.iter().any(|&side| context.in_history(change, side));
        let parents = &context.sources.history.commits[change].parents;
        context.in_history(change, lacking) && !known && !has(change) && parents.iter().any(|&p| has(p))
    })
}

/// Whether a change of the policy was made, or merged into the trunk, by a person who may change it and is not
/// `apart_from`.
pub(super) fn changed_by_another(
    context: &Context<'_>,
    change: usize,
    apart_from: Option<Actor<'_>>,
) -> bool {
    let landed = context.landing(change).filter(|&landing| landing != change);
    std::iter::once(change).chain(landed).any(|commit| {
        let facts = &context.sources.history.commits[commit];
        let Some(policy) = context.policy_before(commit) else { return false };
        let Some(person) = policy.person_by_email(&facts.author.email) else { return false };
        let other = apart_from.is_none_or(|actor| {
            actor.person(policy) != Some(person)
                && context.policy_of(change).is_none_or(|after| {
                    actor.person(after).is_none()
                        || actor.person(after) != after.person_by_email(&facts.author.email)
                })
        });
        let may = match policy.policy_roles.is_empty() {
            true => !policy.is_robot(person),
            false => policy.policy_roles.iter().any(|role| policy.has_role(person, role)),
        };
        other && may && facts.malformed.is_none() && trust(context, commit) >= wanted(policy.trust.policy)
    })
}

/// What a commit is worth as an act of its author: the least of what it is worth by the policies it is held by.
pub(super) fn trust(context: &Context<'_>, commit: usize) -> TrustLevel {
    let by =
        |policies: Vec<&Policy>| policies.into_iter().map(|policy| trust_by(context, policy, commit)).min();
    policies(context, commit).and_then(by).unwrap_or(TrustLevel::Claimed)
}

fn trust_by(context: &Context<'_>, policy: &Policy, commit: usize) -> TrustLevel {
    let facts = &context.sources.history.commits[commit];
    if facts.malformed.is_some() {
        return TrustLevel::Claimed;
    }
    let author = policy.person_by_email(&facts.author.email);
    let person = author.and_then(|name| policy.people.get(name));
    match context.sources.signatures.get(&commit) {
        Some(SignatureCheck::Good { key }) if person.is_some_and(|person| has_key(person, key)) => {
            return TrustLevel::Signed;
        }
        // A key of somebody else, or bytes that were changed: the name on the commit is a lie.
        Some(SignatureCheck::Good { key }) if policy.people.values().any(|person| has_key(person, key)) => {
            return TrustLevel::Claimed;
        }
        Some(SignatureCheck::Bad { .. }) => return TrustLevel::Claimed,
        _ => {}
    }
    if person.is_some_and(|person| !person.keys.is_empty()) {
        return TrustLevel::Claimed;
    }
    let committer = policy.person_by_email(&facts.committer.email);
    let same = match (author, committer) {
        (Some(author), Some(committer)) => author == committer,
        _ => facts.author.email.eq_ignore_ascii_case(&facts.committer.email),
    };
    let forge = policy.trust.forges.iter().any(|forge| forge.eq_ignore_ascii_case(&facts.committer.email));
    if same || forge { TrustLevel::Committed } else { TrustLevel::Claimed }
}

/// Whether a public key is listed for a person; its comment makes no difference.
pub(super) fn has_key(person: &Person, key: &str) -> bool {
    person.keys.iter().any(|listed| key_identity(listed) == key)
}

/// The level that a policy's word asks for.
pub(super) fn wanted(trust: Trust) -> TrustLevel {
    match trust {
        Trust::Claimed | Trust::Committed => TrustLevel::Committed,
        Trust::Signed => TrustLevel::Signed,
    }
}

/// Why a commit is not worth more, in words.
pub(super) fn trust_words(context: &Context<'_>, person: &str, commit: usize) -> String {
    let facts = &context.sources.history.commits[commit];
    let has_keys = context
        .policy_before(commit)
        .and_then(|policy| policy.people.get(person))
        .is_some_and(|person| !person.keys.is_empty());
    let short = facts.id.short();
    match context.sources.signatures.get(&commit) {
        Some(SignatureCheck::Good { .. }) => format!("{short} is signed by a key that is not {person}'s"),
        Some(SignatureCheck::Bad { why }) => format!("the signature of {short} {why}"),
        Some(SignatureCheck::Unsupported { kind }) => {
            format!("{short} has a signature of a kind that is not supported here ({kind})")
        }
        None if has_keys => format!("{person} has keys in the policy, and {short} is not signed"),
        None if !facts.author.email.eq_ignore_ascii_case(&facts.committer.email) => {
            format!("{short} was committed by `{}`, not by {person}", facts.committer.email)
        }
        None => format!("the policy asks for signatures, and {short} carries none by a key of {person}"),
    }
}
