//! Colours that need knowledge: boxes that count and boxes that do not, IDs that exist, people, words of a closed set.

use std::collections::HashSet;
use std::ops::Range;

use lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensLegend,
};

use super::lens::approval;
use super::open_books::DocumentContext;
use super::text::Lines;
use crate::ledger::RecordState;
use crate::record::{Item, Record};

/// Types by number: an item's box, a record's ID, a person or role, a word of a closed set.
const TYPES: [SemanticTokenType; 4] = [
    SemanticTokenType::EVENT,
    SemanticTokenType::CLASS,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::ENUM_MEMBER,
];
const ITEM: u32 = 0;
const ID: u32 = 1;
const PERSON: u32 = 2;
const WORD: u32 = 3;

/// Modifiers by bit: a box that is ticked and counts, one that is ticked and does not, one that is open.
const MODIFIERS: [&str; 3] = ["ticked", "void", "open"];
const TICKED: u32 = 1;
const VOID: u32 = 2;
const OPEN: u32 = 4;

/// What the numbers of [`tokens`] mean.
pub(super) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: TYPES.to_vec(),
        token_modifiers: MODIFIERS.map(SemanticTokenModifier::new).to_vec(),
    }
}

struct Token {
    span: Range<usize>,
    kind: u32,
    modifiers: u32,
}

/// The tokens of a record, none on top of another.
pub(super) fn tokens(context: &DocumentContext<'_>) -> Option<SemanticTokens> {
    let record = context.record()?;
    let state = context.state_of(record);
    let mut found: Vec<Token> = record
        .items
        .iter()
        .map(|item| Token { span: item.mark.clone(), kind: ITEM, modifiers: standing(state, item) })
        .collect();
    found.extend(words(context, record));
    found.extend(ids(context, record));
    found.sort_by_key(|token| (token.span.start, token.kind));
    found.dedup_by(|next, before| next.span.start < before.span.end);
    Some(SemanticTokens {
        result_id: None,
        data: encoded(&found, &Lines::of(&record.source, context.encoding)),
    })
}

/// A tick that is not committed counts for nothing yet.
fn standing(state: Option<&RecordState>, item: &Item) -> u32 {
    if !item.checked {
        return OPEN;
    }
    let known = state.and_then(|state| state.items.iter().find(|known| known.key == item.key));
    let is_committed = known.is_some_and(|known| known.checked);
    let is_void = state.and_then(|state| approval(state, item)).is_some_and(|approval| !approval.valid);
    if is_committed && !is_void { TICKED } else { VOID }
}

/// People, roles and words in the values of the frontmatter.
fn words<'a>(context: &'a DocumentContext<'_>, record: &'a Record) -> impl Iterator<Item = Token> + 'a {
    let policy = context.loaded.policy();
    record.fields.iter().filter_map(move |field| {
        let text = field.value.as_str()?;
        let kind = match field.key.as_str() {
            "requestor" | "owner" if policy.people.contains_key(text) || policy.roles.contains_key(text) => {
                PERSON
            }
            "kind" | "risk" | "decision" => WORD,
            _ => return None,
        };
        let start = record.source.get(field.value_span.clone())?.find(text)? + field.value_span.start;
        Some(Token { span: start..start + text.len(), kind, modifiers: 0 })
    })
}

/// Every ID of the book that the text names.
fn ids(context: &DocumentContext<'_>, record: &Record) -> Vec<Token> {
    let known: HashSet<&str> =
        context.open.records.values().filter_map(|other| other.id.as_ref()).map(|id| id.as_str()).collect();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut found = Vec::new();
    let mut rest = 0;
    let source = &*record.source;
    while let Some(start) = source[rest..].find(is_part).map(|at| rest + at) {
        let end = source[start..].find(|c| !is_part(c)).map_or(source.len(), |at| start + at);
        // A hyphen at the end is the sentence's.
        let word = source[start..end].trim_end_matches(['-', '_']);
        if known.contains(word) {
            found.push(Token { span: start..start + word.len(), kind: ID, modifiers: 0 });
        }
        rest = end;
    }
    found
}

/// Each token by its distance from the one before, as the protocol wants it.
fn encoded(tokens: &[Token], lines: &Lines<'_>) -> Vec<SemanticToken> {
    let mut before = lsp_types::Position::new(0, 0);
    let mut data = Vec::with_capacity(tokens.len());
    for token in tokens {
        let at = lines.position(token.span.start);
        let delta_line = at.line - before.line;
        data.push(SemanticToken {
            delta_line,
            delta_start: if delta_line == 0 { at.character - before.character } else { at.character },
            length: lines.length(&token.span),
            token_type: token.kind,
            token_modifiers_bitset: token.modifiers,
        });
        before = at;
    }
    data
}
