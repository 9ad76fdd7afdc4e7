//! What the board asks for before a change goes out.

use super::word::Word;
use crate::ledger::approval::tickers;
use crate::ledger::authority::{Actor, role, trust, wanted};
use crate::ledger::context::Context;
use crate::ledger::walk::{Key, RecordIx};
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
            Condition {
                key,
                text: shown(key).unwrap_or_else(|| key.text.to_string()),
                is_ticked: !matches!(rule, Some(ConditionRule::Window | ConditionRule::After)),
                met: met_by(context, record, key, rule),
            }
        })
        .collect()
}

/// The commit that meets a condition: a tick by the role that the policy names for it, or by the board.
fn met_by(
    context: &Context<'_>,
    record: RecordIx,
    key: &ItemKey,
    rule: Option<&ConditionRule>,
) -> Option<usize> {
    let policy = context.sources.policy;
    let board = policy.reviews.iter().find(|review| review.via_decision).map(|review| review.role.as_str());
    let named = match rule {
        Some(ConditionRule::Role(role)) => Some(role.as_str()),
        _ => None,
    };
    let cell = context.cell(record, &Key::Item(key.clone()));
    tickers(context, cell).into_iter().find(|&commit| {
        let facts = &context.sources.history.commits[commit];
        let author = Actor::Author(&facts.author.email);
        facts.parents.len() < 2
            && context.nobodys(record, commit).is_none()
            && named.into_iter().chain(board).any(|name| role(context, commit, author, name).is_ok())
            && trust(context, commit) >= wanted(policy.trust.approve)
    })
}
