//! Texts that were rendered before. Three pieces are kept of each: what it asks of the book, under the hash of its
//! words; what it is, under that and the hash of the answers; and its HTML, under its own hash. None ever changes.

use super::asked::{self, Question};
use super::{Dialect, Options, Rendered, fresh};
use crate::site::memory::{Html, Key, Kind, Memory, bytes_of};

/// The text's HTML, from memory where it is there.
pub(super) fn render(markdown: &str, options: &Options<'_>, memory: &dyn Memory) -> Rendered {
    let text = text_key(markdown, options);
    let body_key = |questions: &[Question]| Kind::Body.key(&[&text, &asked::answers(questions, options)]);
    let questions: Option<Vec<Question>> = piece(memory, &text);
    let body = questions.and_then(|questions| piece::<(Key, Rendered)>(memory, &body_key(&questions)));
    if let Some((digest, rendered)) = body
        && let Some(html) = Html::kept(digest, memory)
    {
        return Rendered { html, ..rendered };
    }
    let (rendered, questions) = fresh(markdown, options, true);
    let questions: Vec<Question> = questions.into_iter().collect();
    keep(memory, text, &questions);
    keep(memory, body_key(&questions), &(rendered.html.digest, &rendered));
    rendered.html.keep(memory);
    rendered
}

fn text_key(markdown: &str, options: &Options<'_>) -> Key {
    let scope = options.scope;
    let config = scope.model.input.config;
    let dialect =
        (options.dialect == Dialect::Manual).then_some((config.smart_punctuation, &config.hidelines));
    let place = bytes_of(&(options.offset, dialect));
    Kind::Questions.key(&[scope.source.as_bytes(), scope.page.as_bytes(), &place, markdown.as_bytes()])
}

fn piece<T: serde::de::DeserializeOwned>(memory: &dyn Memory, key: &Key) -> Option<T> {
    postcard::from_bytes(&memory.get(key)?).ok()
}

fn keep(memory: &dyn Memory, key: Key, piece: &impl serde::Serialize) {
    if let Ok(piece) = postcard::to_stdvec(piece) {
        memory.put(key, &piece);
    }
}
