//! Texts that were rendered before. Two pieces are kept of each: what it asks of the book, under the hash of its
//! words; and its HTML, under that and the hash of the answers. Neither ever changes.

use super::asked::{self, Question};
use super::{Dialect, Options, Rendered, fresh};
use crate::site::memory::{Key, Kind, Memory};

/// The text's HTML, from memory where it is there.
pub(super) fn render(markdown: &str, options: &Options<'_>, memory: &dyn Memory) -> Rendered {
    let text = text_key(markdown, options);
    let body_key = |questions: &[Question]| Kind::Body.key(&[&text, &asked::answers(questions, options)]);
    let questions: Option<Vec<Question>> = piece(memory, &text);
    if let Some(rendered) = questions.and_then(|questions| piece(memory, &body_key(&questions))) {
        return rendered;
    }
    let (rendered, questions) = fresh(markdown, options, true);
    let questions: Vec<Question> = questions.into_iter().collect();
    keep(memory, text, &questions);
    keep(memory, body_key(&questions), &rendered);
    rendered
}

fn text_key(markdown: &str, options: &Options<'_>) -> Key {
    let scope = options.scope;
    let config = scope.model.input.config;
    let dialect =
        (options.dialect == Dialect::Manual).then_some((config.smart_punctuation, &config.hidelines));
    let place = serde_json::to_vec(&(options.offset, dialect)).unwrap_or_default();
    Kind::Questions.key(&[scope.source.as_bytes(), scope.page.as_bytes(), &place, markdown.as_bytes()])
}

fn piece<T: serde::de::DeserializeOwned>(memory: &dyn Memory, key: &Key) -> Option<T> {
    serde_json::from_slice(&memory.get(key)?).ok()
}

fn keep(memory: &dyn Memory, key: Key, piece: &impl serde::Serialize) {
    if let Ok(piece) = serde_json::to_vec(piece) {
        memory.put(key, &piece);
    }
}
