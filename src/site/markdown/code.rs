//! Blocks of code. They are put into the page behind the sanitiser: they hold nothing but our own markup and
//! escaped text.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::{Dialect, Writer, hidden, key};
use crate::record::markdown_options;
use crate::site::code;
use crate::site::sanitize::place_for;

/// A block of code that is being read.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// The first word behind the fence.
    language: String,
    /// What its hidden lines begin with.
    hidden: Option<String>,
    pub(super) text: String,
}

impl Writer<'_, '_> {
    pub(super) fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        self.flush_note();
        let info = match kind {
            CodeBlockKind::Fenced(info) => &**info,
            CodeBlockKind::Indented => "",
        };
        let mut words = info.split([' ', ',', '\t', '{']);
        let language: String = words
            .next()
            .unwrap_or("")
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "+-_#".contains(*c))
            .collect();
        let hidden = (self.options.dialect == Dialect::Manual)
            .then(|| words.find_map(|word| word.strip_prefix("hidelines=")))
            .flatten()
            .or_else(|| self.hidelines(&language))
            .filter(|prefix| !prefix.is_empty())
            .map(str::to_owned);
        self.code = Some(Block { language, hidden, text: String::new() });
    }

    pub(super) fn end_code(&mut self) {
        let Some(mut block) = self.code.take() else { return };
        let lines = match (&block.hidden, &*block.language) {
            _ if self.options.dialect == Dialect::Record => None,
            (_, "rust") => Some(hidden::of_rust(&block.text)),
            (Some(prefix), _) => Some(hidden::of_prefix(&block.text, prefix)),
            (None, _) => None,
        };
        let Some(lines) = lines else { return self.push_block(&block) };
        block.text = lines.shown;
        if !block.text.is_empty() || lines.whole.is_none() {
            self.push_block(&block);
        }
        if let Some(whole) = lines.whole {
            block.text = whole;
            let _ = write!(self.out, "<details class=\"{}whole\"><summary>All lines</summary>", key());
            self.push_block(&block);
            self.out.push_str("</details>\n");
        }
    }

    /// What hidden lines of a language begin with, by the settings.
    fn hidelines(&self, language: &str) -> Option<&str> {
        if self.options.dialect == Dialect::Record {
            return None;
        }
        self.options.scope.model.input.config.hidelines.get(language).map(String::as_str)
    }

    fn push_block(&mut self, block: &Block) {
        let _ = write!(self.out, "<pre tabindex=\"{}0\"><code", key());
        if !block.language.is_empty() {
            let _ = write!(self.out, " class=\"{}language-{}\"", key(), block.language);
        }
        self.rendered.diagrams |= block.language == "mermaid";
        self.out.push('>');
        place_for(&mut self.out, self.set_aside.len());
        self.out.push_str("</code></pre>\n");
        let html = self.colored(block).unwrap_or_else(|| {
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

/// Whether a byte of a text stands in a block of code.
pub(in crate::site) fn is_code(markdown: &str, at: usize) -> bool {
    let mut events = Parser::new_ext(markdown, markdown_options()).into_offset_iter();
    events.any(|(event, range)| matches!(event, Event::Start(Tag::CodeBlock(_))) && range.contains(&at))
}
