//! The rules of the table in `docs/approvals.md`, held against one act in their order.

use super::{Judged, scope_after};
use crate::diagnostic::Code;
use crate::history::SignatureCheck;
use crate::ledger::authority::{Actor, has_key, role, trust, trust_words, wanted};
use crate::ledger::context::Context;
use crate::ledger::evidence::unbound_since;
use crate::ledger::ix::{KeyIx, ValueIx};
use crate::ledger::sources::SignedFile;
use crate::ledger::state::TrustLevel;
use crate::ledger::walk::{Key, Value, Withdrawal};
use crate::record::{Detached, Risk};

/// Something that may be an approval.
pub(super) enum Act<'a> {
    /// A tick of the role's item, by the commit that owns it.
    Tick {
        commit: usize,
        /// The item, as a key of the walk.
        key: KeyIx,
    },
    /// An approval that is a file of its own.
    Detached {
        /// The commit that brought it.
        commit: usize,
        path: &'a str,
        /// Its content, as a value of the walk.
        value: ValueIx,
        file: &'a SignedFile<Detached>,
    },
}

/// What one act is worth.
pub(super) struct Judgement<'a> {
    pub(super) commit: usize,
    pub(super) path: Option<&'a str>,
    pub(super) person: Option<String>,
    pub(super) trust: TrustLevel,
    /// The first rule that it breaks, and how.
    pub(super) broken: Option<(Code, String)>,
    /// What was found when it breaks none.
    pub(super) detail: String,
    /// The scope on which it was given, as a value of the walk.
    pub(super) scope: Option<ValueIx>,
    /// A commit with that scope.
    pub(super) scope_at: Option<usize>,
}

impl Judgement<'_> {
    /// How far the act came in the order of the rules.
    pub(super) fn rank(&self) -> usize {
        match self.broken.as_ref().map(|(code, _)| *code) {
            Some(Code::ApprovalMissing) => 0,
            Some(
                Code::ApprovalSquashed
                | Code::ApprovalRole
                | Code::PolicySelfGrant
                | Code::PolicyRole
                | Code::PolicyUnreviewed,
            ) => 1,
            Some(Code::ApprovalSelf) => 2,
            Some(Code::AuthorUnknown) => 3,
            Some(Code::ApprovalStale) => 4,
            Some(Code::ApprovalUnsigned) => 5,
            Some(_) => 6,
            None => 7,
        }
    }
}

/// Holds the rules of the table against one act.
pub(super) fn judge<'a>(
    context: &Context<'a>,
    judged: &Judged<'_>,
    role: &str,
    act: &Act<'a>,
) -> Judgement<'a> {
    let commit = act.commit();
    let short = context.sources.history.commits[commit].id.short();
    let (person, level) = match act {
        Act::Tick { .. } => {
            let facts = &context.sources.history.commits[commit];
            let before = context.judge(commit);
            let person = before.and_then(|policy| policy.person_by_email(&facts.author.email));
            (person.map(str::to_owned), trust(context, commit))
        }
        Act::Detached { file, .. } => {
            let person = file.text.as_ref().ok().map(|text| text.person.clone());
            let level = match (&file.check, unsigned(context, act)) {
                (None, _) if somebody_elses(context, act).is_none() => trust(context, commit),
                (Some(_), None) => TrustLevel::Signed,
                _ => TrustLevel::Claimed,
            };
            (person, level)
        }
    };
    let detail = match act {
        Act::Tick { .. } => format!("given in {short}, on this text"),
        Act::Detached { path, .. } => format!("given in {path}, on this text"),
    };
    let broken = broken(context, judged, role, act, level);
    let path = match act {
        Act::Tick { .. } => None,
        Act::Detached { path, .. } => Some(*path),
    };
    let (scope, scope_at) = given_on(context, judged, act);
    Judgement { commit, path, person, trust: level, broken, detail, scope, scope_at }
}

/// The scope on which an act was given, as a value of the walk, and a commit in which the record has it.
fn given_on(context: &Context<'_>, judged: &Judged<'_>, act: &Act<'_>) -> (Option<ValueIx>, Option<usize>) {
    match act {
        Act::Tick { commit, .. } => (scope_after(context, judged.record, *commit), Some(*commit)),
        Act::Detached { file, .. } => {
            let text = file.text.as_ref().ok();
            let scope = text.and_then(|text| context.sources.walk.values.find(&Value::Scope(text.scope)));
            let transitions = context.transitions(judged.record);
            let at = transitions.iter().find(|t| Some(t.scope) == scope).map(|t| t.commit as usize);
            (scope, at)
        }
    }
}

impl<'a> Act<'a> {
    fn commit(&self) -> usize {
        match self {
            Act::Tick { commit, .. } | Act::Detached { commit, .. } => *commit,
        }
    }

    fn actor(&self, context: &Context<'a>) -> Actor<'a> {
        match self {
            Act::Tick { commit, .. } => Actor::Author(&context.sources.history.commits[*commit].author.email),
            Act::Detached { commit, file, .. } => match (&file.text, &file.check) {
                (Ok(text), Some(_)) => Actor::Signer(&text.person),
                (Ok(_), None) => Actor::Author(&context.sources.history.commits[*commit].author.email),
                (Err(_), _) => Actor::Signer(""),
            },
        }
    }
}

fn broken(
    context: &Context<'_>,
    judged: &Judged<'_>,
    role_name: &str,
    act: &Act<'_>,
    level: TrustLevel,
) -> Option<(Code, String)> {
    let commit = act.commit();
    if let Some(why) = missing(context, judged, role_name, act) {
        return Some((Code::ApprovalMissing, why));
    }
    if let Some(why) = somebody_elses(context, act) {
        return Some((Code::ApprovalSquashed, why));
    }
    let person = match role(context, commit, act.actor(context), role_name) {
        Ok(person) => person,
        Err(broken) => return Some(broken),
    };
    // At low risk one may approve oneself, but what an emergency owes is always another's.
    if judged.risk > Risk::Low || judged.task.emergency.is_some() {
        let authors = judged.authors(context, commit);
        if let Some(why) = authors.is_author(person) {
            return Some((Code::ApprovalSelf, format!("{person} {why}")));
        }
        if let Some(unknown) = authors.unknown.first() {
            return Some((Code::AuthorUnknown, unknown.detail(context)));
        }
    }
    if let Some(why) = stale(context, judged, act) {
        return Some((Code::ApprovalStale, why));
    }
    if let Some(why) = unsigned(context, act) {
        return Some((Code::ApprovalUnsigned, why));
    }
    if level < wanted(context.sources.policy.trust.approve) {
        return Some((Code::ApprovalUnsigned, trust_words(context, person, commit)));
    }
    if let Some(deployment) = judged.deployment
        && (commit == deployment || !context.in_history(commit, deployment))
    {
        let short = |commit: usize| context.sources.history.commits[commit].id.short();
        let why = format!("{} came with or after the deployment {}", short(commit), short(deployment));
        return Some((Code::ApprovalLate, why));
    }
    None
}

/// Why there is no such act: a merge of its own made it, it was taken away, or the file is for something else.
fn missing(context: &Context<'_>, judged: &Judged<'_>, role: &str, act: &Act<'_>) -> Option<String> {
    let short = |commit: usize| context.sources.history.commits[commit].id.short();
    match act {
        Act::Tick { commit, key } => {
            if context.sources.history.commits[*commit].parents.len() > 1 {
                return Some(format!(
                    "ticked by the merge {} itself, which does not approve anything",
                    short(*commit)
                ));
            }
            if let Some(why) = context.nobodys(judged.record, *commit) {
                return Some(why);
            }
            let untick = withdrawals(context, judged, |value| context.value(value).is_ticked())
                .filter(|withdrawal| withdrawal.key == *key)
                .map(|withdrawal| withdrawal.commit as usize)
                .find(|&untick| untick != *commit && !context.in_history(untick, *commit))?;
            Some(format!("unticked in {}, which {} did not know about", short(untick), short(*commit)))
        }
        Act::Detached { commit, path, value, file } => {
            if file.check.is_none() && context.sources.history.commits[*commit].parents.len() > 1 {
                return Some(format!("{path} was made by the merge {} itself", short(*commit)));
            }
            // What was removed once never counts again, wherever it comes back and in whatever armour.
            if let Some(withdrawal) = withdrawal_of_text(context, judged, *value, file) {
                let by = short(withdrawal.commit as usize);
                return Some(format!("{path} was withdrawn in {by}; the same file never counts again"));
            }
            for_something_else(context, judged, role, path, file)
        }
    }
}

/// What took a value away, as far as the judged history and the trunk before the landing have it.
fn withdrawals<'s>(
    context: &'s Context<'_>,
    judged: &'s Judged<'_>,
    is_it: impl Fn(ValueIx) -> bool + 's,
) -> impl Iterator<Item = &'s Withdrawal> {
    context.withdrawals(judged.record).iter().copied().filter(move |withdrawal| {
        let by = withdrawal.commit as usize;
        let seen = || context.has(by) || judged.landed_on.is_some_and(|trunk| context.in_history(by, trunk));
        is_it(withdrawal.value) && seen()
    })
}

/// What took away a file with these bytes, or with the same signed text.
fn withdrawal_of_text<'s>(
    context: &'s Context<'_>,
    judged: &'s Judged<'_>,
    value: ValueIx,
    file: &'s SignedFile<Detached>,
) -> Option<&'s Withdrawal> {
    let is_same = move |other: ValueIx| {
        let text = || match context.value(other) {
            Value::Text(blob) => context.sources.detached.get(blob)?.text.as_ref().ok(),
            _ => None,
        };
        other == value || text().is_some_and(|text| file.text.as_ref() == Ok(text))
    };
    // Whoever turns its line ends, or wraps its armour in another way, leaves the text where it is.
    let transitions = context.transitions(judged.record);
    let stays = |withdrawal: &&Withdrawal| {
        transitions.iter().any(|transition| {
            transition.commit == withdrawal.commit
                && transition.key == withdrawal.key
                && is_same(transition.to)
        })
    };
    withdrawals(context, judged, is_same).find(|withdrawal| !stays(withdrawal))
}

fn for_something_else(
    context: &Context<'_>,
    judged: &Judged<'_>,
    role: &str,
    path: &str,
    file: &SignedFile<Detached>,
) -> Option<String> {
    let text = match &file.text {
        Ok(text) => text,
        Err(why) => return Some(format!("{path} is not a valid approval file: {why}")),
    };
    let id = &context.sources.walk.ids[judged.record].1;
    let own = text.path();
    if text.record != *id || text.role != role || own.as_deref() != Some(path) {
        let (record, role, person) = (&text.record, &text.role, &text.person);
        let own = own.map_or_else(String::new, |own| format!(", which belongs in {own}"));
        return Some(format!("{path} contains an approval of {record} as `{role}` by `{person}`{own}"));
    }
    match context.sources.policy.book.as_deref() {
        Some(book) if book == text.book => None,
        Some(book) => Some(format!("{path} is for the book `{}`, but this is `{book}`", text.book)),
        None => {
            Some(format!("{path} is for the book `{}`, but the policy does not name this book", text.book))
        }
    }
}

/// Whose act it is that brought a file which nobody signed, where that is somebody else than who approves in it, in words.
fn somebody_elses(context: &Context<'_>, act: &Act<'_>) -> Option<String> {
    let Act::Detached { commit, path, file, .. } = act else { return None };
    let person = &file.text.as_ref().ok().filter(|_| file.check.is_none())?.person;
    let facts = &context.sources.history.commits[*commit];
    let brought = context.judge(*commit)?.person_by_email(&facts.author.email);
    let by = brought.unwrap_or(&facts.author.email);
    (brought != Some(person)).then(|| {
        let short = facts.id.short();
        format!("{path} is {person}'s, but it is not signed and came with {short} by {by}: a squash has lost who approved")
    })
}

/// Why a file's signature does not count; `None` for what has none, whose trust is its commit's.
fn unsigned(context: &Context<'_>, act: &Act<'_>) -> Option<String> {
    let Act::Detached { commit, path, file, .. } = act else { return None };
    let key = match file.check.as_ref()? {
        SignatureCheck::Good { key } => key,
        SignatureCheck::Bad { why } => return Some(format!("the signature in {path} {why}")),
        SignatureCheck::Unsupported { kind } => {
            return Some(format!("the signature in {path} is of an unsupported kind ({kind})"));
        }
    };
    let person = &file.text.as_ref().ok()?.person;
    let policy = context.judge(*commit);
    let held =
        policy.is_some_and(|policy| policy.people.get(person).is_some_and(|listed| has_key(listed, key)));
    (!held).then(|| format!("{path} is signed with a key that the policy does not list for {person}"))
}

/// When the text of a signed file says that it was given, as seconds since the epoch.
fn signed_at(act: &Act<'_>) -> Option<i64> {
    let Act::Detached { file, .. } = act else { return None };
    let text = file.text.as_ref().ok().filter(|_| file.check.is_some())?;
    Some(text.time.parse::<jiff::Timestamp>().map_or(i64::MIN, jiff::Timestamp::as_second))
}

/// Why an approval no longer stands for what is there.
fn stale(context: &Context<'_>, judged: &Judged<'_>, act: &Act<'_>) -> Option<String> {
    let commit = act.commit();
    let short = |commit: usize| context.sources.history.commits[commit].id.short();
    let now = context.cell(judged.record, &Key::Scope).map(|cell| cell.value);
    let (approved, _) = given_on(context, judged, act);
    if approved != now {
        let transitions = context.transitions(judged.record);
        let changes = transitions.iter().filter(|t| *context.key(t) == Key::Scope);
        let since = changes.map(|t| t.commit as usize).filter(|&change| !context.in_history(change, commit));
        return Some(match context.latest(since) {
            Some(change) => {
                format!("the text changed in {} after the approval {}", short(change), short(commit))
            }
            None => format!("the approval in {} is for a different text", short(commit)),
        });
    }
    let stated = match act {
        Act::Tick { .. } => None,
        Act::Detached { file, .. } => file.text.as_ref().ok().map(|text| text.evidence.as_slice()),
    };
    if let Some(why) = unbound_since(context, judged.record, commit, stated) {
        return Some(format!("{why} when {} approved", short(commit)));
    }
    let infrastructure = &context.sources.policy.paths;
    let adds_code = |work: &usize| {
        let paths = context.sources.work_paths.get(work);
        !judged.plan_excuses
            && !context.in_history(*work, commit)
            && paths.is_some_and(|paths| paths.iter().any(|path| infrastructure.matches(path)))
    };
    if let Some(work) = context.work(judged.record).iter().copied().find(adds_code) {
        return Some(format!("code was added in {} after the approval {}", short(work), short(commit)));
    }
    if let Some(beside) = context.work_landing_with(commit).find(adds_code) {
        let (beside, approval) = (short(beside), short(commit));
        return Some(format!("code was added in {beside} after the approval {approval} and lands with it"));
    }
    let end = judged.end(context, commit, signed_at(act))?;
    let (kind, end) = (end.kind.as_str(), end.commit);
    Some(format!("{kind} in {}, which the approval {} did not know about", short(end), short(commit)))
}
