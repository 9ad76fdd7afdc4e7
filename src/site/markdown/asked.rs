//! What a text asks of the book around it. The same text asks the same questions, whatever the answers are: so
//! its HTML depends on the text, its place, and the answers.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Options, Writer, key};
use crate::site::links::Resolved;
use crate::site::memory::bytes_of;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Question {
    /// Where a destination leads, and whether it is loaded.
    Link(String, bool),
    /// Which page a word of the text names.
    Word(String),
    /// What stands behind the box whose mark is at that byte of the source.
    Box(usize),
}

impl Writer<'_, '_> {
    pub(super) fn ask_link(&mut self, destination: &str, loaded: bool) -> Resolved {
        self.note_question(|| Question::Link(destination.to_owned(), loaded));
        self.options.scope.resolve(destination, loaded)
    }

    pub(super) fn ask_box(&mut self, mark: usize) -> Option<String> {
        self.note_question(|| Question::Box(mark));
        (self.options.note)(mark)
    }

    pub(super) fn note_question(&mut self, question: impl FnOnce() -> Question) {
        if let Some(asked) = &mut self.asked {
            asked.insert(question());
        }
    }
}

/// A hash of the answers to these questions.
pub(super) fn answers(questions: &[Question], options: &Options<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut add = |answer: &[u8]| {
        hash.update((answer.len() as u64).to_le_bytes());
        hash.update(answer);
    };
    for question in questions {
        match question {
            Question::Link(destination, loaded) => {
                let answer = options.scope.resolve(destination, *loaded);
                add(&bytes_of(&answer));
            }
            Question::Word(word) => add(options.scope.address_of(word).as_deref().unwrap_or("").as_bytes()),
            // The key is another one in each process, and no part of what is shown.
            Question::Box(mark) => {
                add((options.note)(*mark).unwrap_or_default().replace(key(), "").as_bytes());
            }
        }
    }
    hash.finalize().into()
}
