//! What evidence is worth, and what an approval does not bind.

use super::decode::{Decoder, Table, place};
use crate::record::ScopeRules;

/// `[evidence]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRules {
    /// Robots whose signed commits of evidence prove it, by the policy's names.
    pub makers: Vec<String>,
    /// Whether an approval binds the digests of the evidence that stood at its commit, and not only the risk.
    pub bind: bool,
    /// Whether a gate asks for proven evidence.
    pub require_proven: bool,
}

pub(super) fn evidence_rules(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> EvidenceRules {
    let makers = table.texts(decoder, "makers");
    let bind = table.boolean(decoder, "bind", true);
    let require_proven = match table.take("require") {
        None => false,
        Some(value) => match decoder.text_value(value, "require").as_deref() {
            Some("any") | None => false,
            Some("proven") => true,
            Some(other) => {
                let help = Some("any or proven".to_owned());
                decoder.error(place(value), format!("`{other}` is not a valid value of `require`"), help);
                true
            }
        },
    };
    EvidenceRules { makers, bind, require_proven }
}

/// `[scope]`.
pub(super) fn scope_rules(decoder: &mut Decoder<'_>, table: &mut Table<'_>) -> ScopeRules {
    ScopeRules { free: table.texts(decoder, "free").into_iter().collect() }
}
