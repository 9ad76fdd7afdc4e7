//! What the board asks for before a change goes out.

use super::word::Word;
use crate::diagnostic::Code;
use crate::ledger::approval::tickers;
use crate::ledger::authority::{Actor, role, trust, trust_words, wanted};
use crate::ledger::context::Context;
use crate::ledger::ix::RecordIx;
use crate::ledger::walk::Key;
use crate::policy::ConditionRule;
use crate::record::ItemKey;

/// A condition of a decision.
pub(in crate::ledger) struct Condition<'a> {
    pub(in crate::ledger) key: &'a ItemKey,
    /// As the file shows it, else as it is compared.
    pub(in crate::ledger) text: String,
    /// Whether somebody must tick it; else the gate looks at it elsewhere.
    pub(in crate::ledger) is_ticked: bool,
    /// The commit of somebody who may say that it is met.
    pub(in crate::ledger) met: Option<usize>,
    /// Why the tick that is there does not meet it.
    pub(in crate::ledger) uncounted: Option<(Code, String)>,
}

impl Condition<'_> {
    /// Neither met by a tick of who may, nor by a rule that looks at it elsewhere.
    pub(in crate::ledger) fn is_open(&self) -> bool {
        self.is_ticked && self.met.is_none()
    }
}

/// The conditions of a decision: those with which the board spoke, whatever others made of the file since; before that
/// those of the file.
pub(super) fn conditions<'a>(
    context: &Context<'a>,
    record: RecordIx,
    word: Option<&Word<'a>>,
) -> Vec<Condition<'a>> {
    let walk = context.sources.walk;
    let parsed = context.parsed(record);
    let keys: Vec<&'a ItemKey> = match word.and_then(|word| word.binding) {
        Some(binding) => {
            let keys = binding.conditions.iter().map(|key| walk.keys.item(*key));
            keys.filter_map(|key| if let Key::Item(item) = key { Some(item) } else { None }).collect()
        }
        None => parsed
            .into_iter()
            .flat_map(|parsed| parsed.items_in("conditions"))
            .map(|item| &item.key)
            .collect(),
    };
    let shown = |key: &ItemKey| {
        let item = parsed?.items.iter().find(|item| item.key == *key)?;
        Some(item.text.clone())
    };
    keys.into_iter()
        .map(|key| {
            let rule = context.sources.policy.condition_rule(&key.text);
            let is_ticked = !matches!(rule, Some(ConditionRule::Window | ConditionRule::After));
            let ticks = ticks(context, record, key, rule);
            let met = ticks.iter().find_map(|tick| tick.as_ref().ok().copied());
            let uncounted = ticks.into_iter().find_map(Result::err);
            Condition {
                key,
                text: shown(key).unwrap_or_else(|| key.text.to_string()),
                is_ticked,
                met,
                uncounted: uncounted.filter(|_| is_ticked && met.is_none()),
            }
        })
        .collect()
}

/// What the ticks of a condition are worth: it is met by the role that the policy names for it, or by the board.
fn ticks(
    context: &Context<'_>,
    record: RecordIx,
    key: &ItemKey,
    rule: Option<&ConditionRule>,
) -> Vec<Result<usize, (Code, String)>> {
    let board = context.sources.policy.board().map(|review| review.role.as_str());
    let named = match rule {
        Some(ConditionRule::Role(role)) => Some(role.as_str()),
        _ => None,
    };
    let roles: Vec<&str> = named.into_iter().chain(board).collect();
    let cell = context.cell(record, &Key::Item(key.clone()));
    tickers(context, cell).into_iter().map(|commit| tick(context, record, commit, &roles)).collect()
}

/// A tick by somebody who has one of the roles; else why it meets nothing.
fn tick(
    context: &Context<'_>,
    record: RecordIx,
    commit: usize,
    roles: &[&str],
) -> Result<usize, (Code, String)> {
    let facts = &context.sources.history.commits[commit];
    if facts.parents.len() > 1 {
        let why = format!("{} is a merge, which does not meet a condition itself", facts.id.short());
        return Err((Code::ConditionOpen, why));
    }
    if let Some(why) = context.nobodys(record, commit) {
        return Err((Code::ConditionOpen, why));
    }
    let author = Actor::Author(&facts.author.email);
    let mut refused = None;
    for name in roles {
        match role(context, commit, author, name) {
            Ok(_) if trust(context, commit) >= wanted(context.sources.policy.trust.approve) => {
                return Ok(commit);
            }
            Ok(person) => {
                refused.get_or_insert((Code::ApprovalUnsigned, trust_words(context, person, commit)));
            }
            Err(broken) => {
                refused.get_or_insert(broken);
            }
        }
    }
    let nobody = || (Code::ConditionOpen, "the policy has no role that may meet it".to_owned());
    Err(refused.unwrap_or_else(nobody))
}
