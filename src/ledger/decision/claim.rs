//! What a decision's file says and the board has not said.

use super::DecisionState;
use super::word::{Word, by_board, verdict_of};
use crate::diagnostic::{Code, Diagnostic};
use crate::ledger::context::Context;
use crate::ledger::ix::RecordIx;
use crate::ledger::walk::Key;
use crate::record::{Record, RecordType, Verdict};

/// What a file says and the board has not said.
pub(in crate::ledger) struct Claim {
    /// Who made it say so.
    pub(super) commit: usize,
    /// What was done, in one sentence.
    did: String,
    /// Why it is not the board's.
    pub(super) why: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another verdict, or none any more.
    Verdict,
    /// Its text was changed.
    Text,
    /// The file was taken out.
    Gone,
}

/// What the file says and the board has not said; `alone` says why the board's own word is only the proposer's.
pub(super) fn claim(
    context: &Context<'_>,
    record: RecordIx,
    word: Option<&Word<'_>>,
    alone: Option<String>,
) -> Option<Claim> {
    let commits = &context.sources.history.commits;
    let field = Key::Field("decision".into());
    let cell = context.cell(record, &field);
    let said = cell.and_then(|cell| verdict_of(context.value(cell.value)));
    let spoken = word.map(|word| word.verdict);
    if said == spoken {
        if let (Some(word), Some(why)) = (word, alone) {
            let did = format!("it was set in {}", commits[word.set].id.short());
            return Some(Claim { commit: word.set, did, why: format!("by {why}"), kind: Kind::Verdict });
        }
        let edit = *word?.edits(context, record).last()?;
        let (_, why) = by_board(context, record, edit).err()?;
        let did = format!("its text was changed in {}", commits[edit].id.short());
        return Some(Claim { commit: edit, did, why, kind: Kind::Text });
    }
    let transitions = context.transitions(record);
    let sets = transitions.iter().filter(|transition| *context.key(transition) == field);
    let owners = match cell {
        Some(cell) => context.owners(cell),
        None => sets.map(|transition| transition.commit as usize).collect(),
    };
    let commit = context.latest(owners)?;
    let short = commits[commit].id.short();
    let why = match by_board(context, record, commit) {
        Err((_, why)) => why,
        Ok(person) => format!("{person} did not know about what the board decided elsewhere"),
    };
    let (kind, did) = match (context.node(record).is_none(), said) {
        (true, _) => (Kind::Gone, "its file was deleted".to_owned()),
        (false, Some(verdict)) => (Kind::Verdict, format!("it was set to `{}`", verdict.as_str())),
        (false, None) => (Kind::Verdict, "its decision was removed".to_owned()),
    };
    Some(Claim { commit, did: format!("{did} in {short}"), why, kind })
}

/// The diagnostic that says so where the file is. Somebody's change of the text alone is a warning: what the board said
/// stands as it was said.
pub(in crate::ledger) fn not_the_boards(decision: &DecisionState<'_>, parsed: &Record) -> Option<Diagnostic> {
    let claim = decision.claim.as_ref()?;
    let span = parsed.field("decision").or_else(|| parsed.field("title"));
    let span = span.map_or(0..0, |field| field.value_span.clone());
    let message = claim.message(decision);
    let make = if claim.kind == Kind::Text { Diagnostic::warning } else { Diagnostic::error };
    let found = make(Code::DecisionRole, &parsed.path, &parsed.source, span, message);
    Some(found.with_help(Code::DecisionRole.remedy()))
}

/// Decisions that somebody who is not of the board took out of the book.
pub(in crate::ledger) fn deleted(decisions: &[DecisionState<'_>]) -> Vec<Diagnostic> {
    let gone = decisions.iter().filter_map(|decision| {
        let claim = decision.claim.as_ref().filter(|claim| claim.kind == Kind::Gone)?;
        let path = format!("{}/{}.md", RecordType::Decision.folder(), decision.id);
        let message = claim.message(decision);
        Some(
            Diagnostic::error_at_file(Code::DecisionRole, &path, message)
                .with_help(Code::DecisionRole.remedy()),
        )
    });
    gone.collect()
}

impl Claim {
    fn message(&self, decision: &DecisionState<'_>) -> String {
        format!("{}, but not by the board: {}; {}", self.did, self.why, stands(decision))
    }
}

fn stands(decision: &DecisionState<'_>) -> String {
    match decision.verdict {
        None => "it is pending".to_owned(),
        Some(Verdict::Approved) => "the board's approval still applies to the text at that time".to_owned(),
        Some(verdict) => format!("the board's decision still applies: {}", verdict.as_str()),
    }
}
