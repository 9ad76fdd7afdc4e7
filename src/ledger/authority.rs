//! Whose act a commit is, and what it is worth.
//!
//! There is one judge for everything that lands: the policy in force at the commit of the trunk's line before the
//! landing (see [`policy_line`](super::policy_line)). So a branch from an older and laxer policy gains nothing, and who
//! leaves the team afterwards has still approved what they approved.

use super::context::Context;
use super::policy_line::{Improper, Pending};
use super::sources::Signatures;
use super::state::TrustLevel;
use crate::diagnostic::Code;
use crate::history::{History, SignatureCheck, key_identity};
use crate::policy::{Forge, MergeMethod, Person, Policy, Trust};

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

    fn words(self) -> &'s str {
        match self {
            Actor::Author(words) | Actor::Signer(words) => words,
        }
    }
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
        let why = format!("commit {short} is malformed ({malformed}) and has no authority");
        return Err((Code::ApprovalRole, why));
    }
    let Some(policy) = context.judge(commit) else {
        let why = format!("the policy that applies to {short} cannot be read, so nobody has any authority");
        return Err((Code::ApprovalRole, why));
    };
    // A text that somebody signed names its book itself.
    if matches!(actor, Actor::Author(_)) && !context.sources.line.is_of_book(commit) {
        let why =
            format!("{short} is from an unrelated history that a merge brought in, not from this book's");
        return Err((Code::ApprovalRole, why));
    }
    match actor.person(policy) {
        Some(person) if policy.has_role(person, role) => Ok(person),
        person => Err(refused(context, commit, actor, role, person)),
    }
}

/// Why somebody has not a role: nobody gave it, or a change of the policy that is not in force would.
fn refused(
    context: &Context<'_>,
    commit: usize,
    actor: Actor<'_>,
    role: &str,
    person: Option<&str>,
) -> (Code, String) {
    let short = context.sources.history.commits[commit].id.short();
    let by_file = context.policy_of(commit).and_then(|policy| actor.person(policy));
    let pending = match context.sources.pending {
        Some(Pending::Values(values)) => &values[..],
        _ => &[],
    };
    let concerns = |improper: &&Improper| {
        let of = improper.key.power_of();
        of.is_some() && (of == by_file || of == person)
    };
    if let Some(improper) = pending.iter().find(concerns) {
        let why = format!(
            "the policy change that gives `{}` the role `{role}` is not in force: {}",
            actor.words(),
            improper.key
        );
        return (improper.code, why);
    }
    let why = match person {
        Some(person) => {
            format!("{person} does not have the role `{role}` in the policy in force for {short}")
        }
        None => format!("`{}` is not listed in the policy in force for {short}", actor.words()),
    };
    (Code::ApprovalRole, why)
}

/// What commits are worth as acts of their authors.
pub(super) struct Worth<'s> {
    pub(super) history: &'s History,
    pub(super) signatures: &'s Signatures,
    /// Whether a commit is on the trunk's own line.
    pub(super) is_on_line: Box<dyn Fn(usize) -> bool + 's>,
}

impl Worth<'_> {
    /// By a policy.
    pub(super) fn of(&self, policy: &Policy, commit: usize) -> TrustLevel {
        let facts = &self.history.commits[commit];
        if facts.malformed.is_some() {
            return TrustLevel::Claimed;
        }
        let author = policy.person_by_email(&facts.author.email);
        let person = author.and_then(|name| policy.people.get(name));
        let check = self.signatures.get(&commit);
        match check {
            Some(SignatureCheck::Good { key }) if person.is_some_and(|person| has_key(person, key)) => {
                return TrustLevel::Signed;
            }
            // A key of somebody else, or bytes that were changed: the name on the commit is a lie.
            Some(SignatureCheck::Good { key })
                if policy.people.values().any(|person| has_key(person, key)) =>
            {
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
        let vouched = || self.forge_of(policy, commit).is_some();
        if same || vouched() { TrustLevel::Committed } else { TrustLevel::Claimed }
    }

    /// Whose word the message of a commit is: that of the one listed person who is author and committer, or who is its
    /// author and signed it. What a forge committed holds the words of whoever pressed the button.
    pub(super) fn speaker<'p>(&self, policy: &'p Policy, commit: usize) -> Option<&'p str> {
        let facts = &self.history.commits[commit];
        let author = policy.person_by_email(&facts.author.email)?;
        let is_own = policy.person_by_email(&facts.committer.email) == Some(author);
        match self.of(policy, commit) {
            TrustLevel::Signed => Some(author),
            TrustLevel::Committed => Some(author).filter(|_| is_own),
            TrustLevel::Claimed => None,
        }
    }

    /// The listed person, or robot, whose key signed a commit.
    pub(super) fn signer<'p>(&self, policy: &'p Policy, commit: usize) -> Option<&'p str> {
        let Some(SignatureCheck::Good { key }) = self.signatures.get(&commit) else { return None };
        policy.people.iter().find(|(_, person)| has_key(person, key)).map(|(name, _)| name.as_str())
    }

    /// The forge that committed, where it is one that the policy lists and that can be believed: its name proves
    /// nothing, since anybody can set it. What does is a signature by a key that the policy lists for it; where none is
    /// listed, that the commit is on the trunk's own line, which no branch's commit can become.
    pub(super) fn forge_of<'p>(&self, policy: &'p Policy, commit: usize) -> Option<&'p Forge> {
        let forge = forge_named(policy, &self.history.commits[commit].committer.email)?;
        let may_push = policy.merge_methods.contains(&MergeMethod::FastForward);
        let is_believed = match (forge.keys.is_empty() && forge.pgp.is_empty(), self.signatures.get(&commit))
        {
            (true, _) => !may_push && (self.is_on_line)(commit),
            (false, Some(SignatureCheck::Good { key })) => {
                forge.keys.iter().any(|listed| key_identity(listed) == **key)
            }
            (false, _) => false,
        };
        is_believed.then_some(forge)
    }
}

/// The forge of a policy that commits under an address. Anybody can set that.
pub(super) fn forge_named<'p>(policy: &'p Policy, email: &str) -> Option<&'p Forge> {
    policy.trust.forges.iter().find(|forge| forge.committer.eq_ignore_ascii_case(email))
}

/// Whether a trailer of a commit that only its author may speak in counts. In a book that lists nobody there is no name
/// to lend; one address for author and committer is all that can be asked.
pub(super) fn speaks(context: &Context<'_>, commit: usize) -> bool {
    let facts = &context.sources.history.commits[commit];
    match context.judge(commit) {
        Some(policy) if policy.people.is_empty() => {
            facts.malformed.is_none() && facts.author.email.eq_ignore_ascii_case(&facts.committer.email)
        }
        Some(policy) => context.worth().speaker(policy, commit).is_some(),
        None => false,
    }
}

/// What a commit is worth as an act of its author, by the policy that it is judged by.
pub(super) fn trust(context: &Context<'_>, commit: usize) -> TrustLevel {
    context.judge(commit).map_or(TrustLevel::Claimed, |policy| context.worth().of(policy, commit))
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
        .judge(commit)
        .and_then(|policy| policy.people.get(person))
        .is_some_and(|person| !person.keys.is_empty());
    let short = facts.id.short();
    match context.sources.signatures.get(&commit) {
        Some(SignatureCheck::Good { .. }) => format!("{short} is signed with a key that is not {person}'s"),
        Some(SignatureCheck::Bad { why }) => format!("the signature of {short} {why}"),
        Some(SignatureCheck::Unsupported { kind }) => {
            format!("{short} has a signature of an unsupported kind ({kind})")
        }
        None if has_keys => format!("{person} has keys in the policy, but {short} is not signed"),
        None if !facts.author.email.eq_ignore_ascii_case(&facts.committer.email) => {
            format!("{short} was committed by `{}`, not by {person}", facts.committer.email)
        }
        None => format!("the policy requires signatures, but {short} is not signed with a key of {person}"),
    }
}
