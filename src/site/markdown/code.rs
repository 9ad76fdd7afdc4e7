//! Blocks of code. They are put into the page behind the sanitiser: they hold nothing but our own markup and
//! escaped text.

use std::fmt::Write;

use pulldown_cmark::CodeBlockKind;

use super::{Writer, key};
use crate::site::code;
use crate::site::sanitize::place_for;

/// A block of code that is being read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The first word behind the fence.
    language: String,
    pub(super) text: String,
}

impl Writer<'_, '_> {
    pub(super) fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.flush_note();
        let language = match kind {
            CodeBlockKind::Fenced(info) => {
                let word = info.split([' ', ',', '\t', '{']).next().unwrap_or("");
                word.chars().filter(|c| c.is_ascii_alphanumeric() || "+-_#".contains(*c)).collect()
            }
            CodeBlockKind::Indented => String::new(),
        };
        self.code = Some(Block { language, text: String::new() });
    }

    pub(super) fn end_code(&mut self) {
        let Some(block) = self.code.take() else { return };
        let _ = write!(self.out, "<pre tabindex=\"{}0\"><code", key());
        if !block.language.is_empty() {
            let _ = write!(self.out, " class=\"{}language-{}\"", key(), block.language);
        }
        self.out.push('>');
        place_for(&mut self.out, self.set_aside.len());
        self.out.push_str("</code></pre>\n");
        let html = self.colored(&block).unwrap_or_else(|| {
            let mut html = String::with_capacity(block.text.len() + 16);
            code::push_text(&mut html, &block.text);
            html
        });
        self.set_aside.push(html);
    }

    /// The block in colour, as long as the page has had no more of it than one page may.
    fn colored(&mut self, block: &Block) -> Option<String> {
        let spent = self.colored + block.text.len();
        if spent > code::MAX_PAGE {
            return None;
        }
        let html = code::highlighted(&block.language, &block.text, self.options.scope.model.input.memory)?;
        self.colored = spent;
        Some(html)
    }
}
