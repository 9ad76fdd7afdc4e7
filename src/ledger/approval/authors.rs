//! Everybody who asked for, wrote or worked on a task: those who cannot approve it.
//!
//! Who wrote a commit is its author and its committer. A name on a commit is a claim of whoever made it: where another
//! committed in somebody's name, both stand as authors, and until the one who is named says so nobody can tell who else
//! it was.

use std::collections::BTreeSet;

use crate::history::SignatureCheck;
use crate::ledger::affirmed::affirmers;
use crate::ledger::authority::forge_named;
use crate::ledger::context::Context;
use crate::ledger::ix::RecordIx;
use crate::ledger::naming::RenumberedSides;
use crate::ledger::walk::Key;
use crate::policy::{Policy, Trust};
use crate::record::RecordType;

/// Who asked for, wrote and worked on a task.
pub(in crate::ledger) struct Authors {
    requestor: Option<String>,
    /// Person and what they did, as a predicate.
    persons: BTreeSet<(String, String)>,
    /// Why it cannot be told who wrote a part; empty when it can.
    pub(in crate::ledger) unknown: Vec<Unknown>,
}

/// Why it cannot be told who wrote a part.
pub(in crate::ledger) enum Unknown {
    /// An address that no policy lists.
    Unlisted(String),
    /// A commit that may be somebody else's than its name says.
    Unproven(Unproven),
}

/// A commit that may be somebody else's than its name says.
pub(in crate::ledger) struct Unproven {
    commit: usize,
    /// Whose name it carries.
    named: String,
    /// Completes "may not be theirs:".
    why: String,
}

impl Unknown {
    /// What was found, in one sentence.
    pub(in crate::ledger) fn detail(&self, context: &Context<'_>) -> String {
        match self {
            Unknown::Unlisted(email) => {
                format!("`{email}` wrote part of it and is not listed under `[people]`")
            }
            Unknown::Unproven(Unproven { commit, named, why }) => {
                let short = context.sources.history.commits[*commit].id.short();
                format!("{short} names {named} as its author, but may not be theirs: {why}")
            }
        }
    }

    /// The one thing to do about it.
    pub(super) fn todo(&self, context: &Context<'_>) -> String {
        match self {
            Unknown::Unlisted(_) => "list every author's address under `[people]` in policy.toml".to_owned(),
            Unknown::Unproven(Unproven { commit, named, .. }) => {
                let short = context.sources.history.commits[*commit].id.short();
                match gone(context.sources.policy, named) {
                    true => format!(
                        "somebody who may change the policy and did not write any of it: changebook affirm {short}"
                    ),
                    false => format!("{named}: changebook affirm {short}"),
                }
            }
        }
    }
}

/// Whether nobody can affirm under a name: a robot's, or that of somebody who has left.
fn gone(policy: &Policy, named: &str) -> bool {
    policy.people.get(named).is_none_or(|person| person.robot)
}

impl Authors {
    /// Of the task as the view has it. Whom an address belongs to is asked of the policy that is judged by, of
    /// that before the commit, and of that before the approval: nobody gets rid of an address by a change of
    /// the policy.
    pub(in crate::ledger) fn of(
        context: &Context<'_>,
        record: RecordIx,
        requestor: Option<&str>,
        approval: usize,
    ) -> Self {
        let requestor = requestor.map(str::to_owned);
        let mut authors = Authors { requestor, persons: BTreeSet::new(), unknown: Vec::new() };
        let mut unproven = Vec::new();
        for (commit, did) in made(context, record) {
            unproven.extend(authors.add(context, commit, did, approval));
        }
        authors.hold(context, unproven);
        authors
    }

    /// Adds whoever made a commit; gives what is not proven about it.
    fn add(&mut self, context: &Context<'_>, commit: usize, did: &str, approval: usize) -> Option<Unproven> {
        let facts = &context.sources.history.commits[commit];
        let names = Names::new(context, commit, approval);
        let did = format!("{did} ({})", facts.id.short());
        let co_authors = facts.trailers.co_authors.iter().map(String::as_str);
        for email in std::iter::once(&*facts.author.email).chain(co_authors) {
            if names.of(email).is_empty() {
                self.unknown.push(Unknown::Unlisted(email.to_owned()));
            }
            self.insert(names.people(email), &did);
        }
        let committer = &*facts.committer.email;
        let by_robot = names.are_robots(&facts.author.email);
        if !names.is_forge {
            // With a robot's name in front of it, whoever committed is the one who wrote.
            if by_robot && names.of(committer).is_empty() {
                self.unknown.push(Unknown::Unlisted(committer.to_owned()));
            }
            self.insert(names.people(committer), &did);
        }
        self.insert(names.signer.into_iter().filter(|signer| !names.is_robot(signer)), &did);
        let author = names.of(&facts.author.email);
        let named = match by_robot {
            true => names.people(committer).next().filter(|_| !names.is_forge).or(author.first().copied()),
            false => author.first().copied(),
        };
        let named = named?.to_owned();
        names.doubt(context, commit, &named).map(|why| Unproven { commit, named, why })
    }

    fn insert<'n>(&mut self, people: impl Iterator<Item = &'n str>, did: &str) {
        self.persons.extend(people.map(|person| (person.to_owned(), did.to_owned())));
    }

    /// What nobody has said yes to who could: the one who is named; for somebody who has left, or a robot, somebody who
    /// may change the policy and wrote none of it, and who stands behind it from then on as its author would. To vouch for
    /// one commit is not to have written it, so that the next may be vouched for by the same person.
    fn hold(&mut self, context: &Context<'_>, unproven: Vec<Unproven>) {
        let policy = context.sources.policy;
        let mut vouched = Vec::new();
        for unproven in unproven {
            let said = affirmers(context, unproven.commit);
            if said.contains(&unproven.named.as_str()) {
                continue;
            }
            let vouches = |person: &&&str| policy.may_change_policy(person) && self.wrote(person).is_none();
            let voucher = said.iter().find(vouches).filter(|_| gone(policy, &unproven.named));
            match voucher {
                Some(person) => {
                    let short = context.sources.history.commits[unproven.commit].id.short();
                    vouched.push(((*person).to_owned(), format!("confirmed part of it ({short})")));
                }
                None => self.unknown.push(Unknown::Unproven(unproven)),
            }
        }
        self.persons.extend(vouched);
    }

    fn wrote(&self, person: &str) -> Option<&String> {
        self.persons.iter().find(|(author, _)| author == person).map(|(_, did)| did)
    }

    /// Whether a person asked for it.
    pub(in crate::ledger) fn asked(&self, person: &str) -> bool {
        self.requestor.as_deref() == Some(person)
    }

    /// What a person did that makes them an author, as a predicate.
    pub(in crate::ledger) fn is_author(&self, person: &str) -> Option<String> {
        if self.asked(person) {
            return Some("requested it".to_owned());
        }
        self.wrote(person).cloned()
    }

    /// Everybody, by the policies' names.
    pub(in crate::ledger) fn people(&self) -> BTreeSet<&str> {
        let wrote = self.persons.iter().map(|(person, _)| person.as_str());
        wrote.chain(self.requestor.as_deref()).collect()
    }
}

/// The commits that wrote a task's text or did its work, with what they did, as a predicate: of the record, and of those
/// that it was before it had its ID, each up to where it took the next one.
fn made(context: &Context<'_>, record: RecordIx) -> Vec<(usize, &'static str)> {
    let mut made = Vec::new();
    let mut open = vec![(record, None)];
    let mut seen: BTreeSet<(RecordIx, Option<usize>)> = open.iter().copied().collect();
    while let Some((record, until)) = open.pop() {
        // Of another record that had the ID on its own side, and took another.
        let gone = RenumberedSides::of(context, record);
        let is_of_it = |commit: &usize| match until {
            Some(until) => context.in_history(*commit, until),
            None => !gone.has(*commit),
        };
        let transitions = context.transitions(record);
        let texts = transitions.iter().filter(|transition| *context.key(transition) == Key::Scope);
        for commit in texts.map(|transition| transition.commit as usize).filter(is_of_it) {
            match renumbering(context, record, commit) {
                None => made.push((commit, "wrote part of its text")),
                Some(earlier) => open.extend(earlier.filter(|earlier| seen.insert(*earlier))),
            }
        }
        let work = context.work(record);
        made.extend(work.iter().copied().filter(is_of_it).map(|work| (work, "wrote part of its code")));
        let hidden = context.taints(record).filter(is_of_it);
        made.extend(hidden.map(|commit| (commit, "wrote a version of it that cannot be read")));
    }
    made
}

/// Whom the addresses of a commit belong to.
struct Names<'a> {
    policies: Vec<&'a Policy>,
    /// By which the commit is judged.
    judge: Option<&'a Policy>,
    /// Who signed it.
    signer: Option<&'a str>,
    /// Whether the committer's name is that of a forge.
    is_forge: bool,
    /// Whether the forge can be believed.
    is_vouched: bool,
}

impl<'a> Names<'a> {
    fn new(context: &Context<'a>, commit: usize, approval: usize) -> Self {
        let (judge, worth) = (context.judge(commit), context.worth());
        let committer = &context.sources.history.commits[commit].committer.email;
        let policies = [Some(context.sources.policy), judge, context.judge(approval)];
        Names {
            policies: policies.into_iter().flatten().collect(),
            judge,
            signer: judge.and_then(|policy| worth.signer(policy, commit)),
            is_forge: judge.is_some_and(|policy| forge_named(policy, committer).is_some()),
            is_vouched: judge.is_some_and(|policy| worth.forge_of(policy, commit).is_some()),
        }
    }

    /// Everybody, robots too, whose address it is by one of the policies.
    fn of(&self, email: &str) -> Vec<&'a str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.policies.iter().filter_map(|policy| policy.person_by_email(email)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A robot by every policy that lists it.
    fn is_robot(&self, name: &str) -> bool {
        let mut lists = self.policies.iter().filter_map(|policy| policy.people.get(name));
        lists.all(|person| person.robot)
    }

    fn people(&self, email: &str) -> impl Iterator<Item = &'a str> {
        self.of(email).into_iter().filter(|name| !self.is_robot(name)).collect::<Vec<_>>().into_iter()
    }

    fn are_robots(&self, email: &str) -> bool {
        let names = self.of(email);
        !names.is_empty() && names.iter().all(|name| self.is_robot(name))
    }

    /// Why a commit may be somebody else's than `named`'s; completes "may not have written it:".
    fn doubt(&self, context: &Context<'a>, commit: usize, named: &str) -> Option<String> {
        let facts = &context.sources.history.commits[commit];
        let Some(judge) = self.judge else { return Some("nobody has any authority there".to_owned()) };
        if let Some(malformed) = &facts.malformed {
            return Some(format!("the commit is malformed ({malformed})"));
        }
        let check = context.sources.signatures.get(&commit);
        let is_signed = matches!(check, Some(SignatureCheck::Good { .. }));
        let signs = judge.people.get(named).is_some_and(|person| !person.keys.is_empty());
        let owes_signature = judge.trust.approve == Trust::Signed && signs;
        match (self.signer, check) {
            (Some(signer), _) if signer == named => return None,
            (Some(signer), _) => return Some(format!("{signer} signed it")),
            (None, Some(SignatureCheck::Bad { why })) => return Some(format!("its signature {why}")),
            (None, _) => {}
        }
        let committer = &facts.committer.email;
        if self.is_forge && !self.is_vouched {
            return Some(format!("anybody can set the forge's address `{committer}` as the committer"));
        }
        let same = self.of(committer).contains(&named);
        if !same && !self.is_vouched && !self.are_robots(&facts.author.email) {
            return Some(format!("it was committed by `{committer}`"));
        }
        (owes_signature && !(self.is_vouched && is_signed))
            .then(|| format!("{named} has keys, but it is not signed"))
    }
}

/// Whether all that a commit did to a record's text was to renumber it, or what it names; with what the record was
/// before and the commit up to which it was that, where it is the one that took another ID.
#[expect(clippy::option_option, reason = "no renumbering, one of another record, one of this record")]
fn renumbering(
    context: &Context<'_>,
    record: RecordIx,
    commit: usize,
) -> Option<Option<(RecordIx, Option<usize>)>> {
    let (_, id) = &context.sources.walk.ids[record];
    let all = context.sources.renumberings.get(&commit)?;
    if let Some(own) = all.iter().find(|renumbered| renumbered.new == *id) {
        return Some(context.record(RecordType::Task, own.old.as_str()).map(|old| (old, Some(own.before))));
    }
    all.iter().any(|renumbered| renumbered.alike.contains(id)).then_some(None)
}
