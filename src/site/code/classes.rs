//! From the many scopes of the grammars to the few classes of the style sheet.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use syntect::parsing::Scope;

use super::push_text;

/// What a part of code is to a reader's eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Comment,
    Keyword,
    String,
    /// Numbers, truth values and other constants.
    Number,
    /// Functions and commands.
    Function,
    /// Types, tags, and keys of settings.
    Type,
    /// Variables, options, attributes.
    Variable,
    Inserted,
    Deleted,
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Class::Comment => "hc",
            Class::Keyword => "hk",
            Class::String => "hs",
            Class::Number => "hn",
            Class::Function => "hf",
            Class::Type => "ht",
            Class::Variable => "hv",
            Class::Inserted => "hi",
            Class::Deleted => "hd",
        }
    }
}

/// What a scope says of the text in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Class(Class),
    /// Plain, whatever is around it.
    Plain,
    /// A key of a mapping: strings in it are the key's name.
    Key,
    /// What is around it decides.
    Nothing,
}

/// Beginnings of scopes; the longest that fits a scope decides.
const MEANINGS: &[(&str, Says)] = &[
    ("comment", Says::Class(Class::Comment)),
    ("string", Says::Class(Class::String)),
    ("constant", Says::Class(Class::Number)),
    ("keyword", Says::Class(Class::Keyword)),
    ("keyword.operator", Says::Plain),
    ("keyword.operator.word", Says::Class(Class::Keyword)),
    ("keyword.other.interpolation", Says::Plain),
    ("storage", Says::Class(Class::Keyword)),
    ("entity.name", Says::Class(Class::Type)),
    ("entity.name.function", Says::Class(Class::Function)),
    ("entity.name.constant", Says::Class(Class::Number)),
    ("entity.other.attribute-name", Says::Class(Class::Variable)),
    ("support", Says::Class(Class::Type)),
    ("support.function", Says::Class(Class::Function)),
    ("support.macro", Says::Class(Class::Function)),
    ("support.constant", Says::Class(Class::Number)),
    ("variable", Says::Class(Class::Variable)),
    ("variable.function", Says::Class(Class::Function)),
    ("variable.language", Says::Class(Class::Number)),
    ("markup.heading", Says::Class(Class::Keyword)),
    ("markup.inserted", Says::Class(Class::Inserted)),
    ("markup.deleted", Says::Class(Class::Deleted)),
    ("markup.raw", Says::Class(Class::String)),
    ("meta.diff.header", Says::Class(Class::Comment)),
    ("meta.diff.range", Says::Class(Class::Type)),
    ("meta.interpolation", Says::Plain),
    ("meta.mapping.key", Says::Key),
];

static TABLE: LazyLock<Vec<(Scope, Says)>> = LazyLock::new(|| {
    let mut table: Vec<(Scope, Says)> =
        MEANINGS.iter().filter_map(|(beginning, says)| Some((Scope::new(beginning).ok()?, *says))).collect();
    table.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
    table
});

/// How far up the scopes are asked: what is deeper than any grammar nests its own names is nesting of the text.
const DEPTH: usize = 12;

/// Writes parts of code with their classes.
pub(super) struct Painter {
    out: String,
    open: Option<Class>,
    /// White space that follows what was written.
    blank: String,
    known: FxHashMap<Scope, Says>,
}

impl Painter {
    pub(super) fn new(length: usize) -> Self {
        Painter {
            out: String::with_capacity(length * 2),
            open: None,
            blank: String::new(),
            known: FxHashMap::default(),
        }
    }

    /// The class of what stands in these scopes, the innermost last.
    pub(super) fn class(&mut self, scopes: &[Scope]) -> Option<Class> {
        let mut inner = scopes.iter().rev().take(DEPTH);
        while let Some(scope) = inner.next() {
            match self.says(*scope) {
                Says::Class(Class::String) => {
                    let is_key = inner.next().is_some_and(|outer| self.says(*outer) == Says::Key);
                    return Some(if is_key { Class::Type } else { Class::String });
                }
                Says::Class(class) => return Some(class),
                Says::Plain => return None,
                Says::Key | Says::Nothing => {}
            }
        }
        None
    }

    fn says(&mut self, scope: Scope) -> Says {
        *self.known.entry(scope).or_insert_with(|| {
            let found = TABLE.iter().find(|(beginning, _)| beginning.is_prefix_of(scope));
            found.map_or(Says::Nothing, |(_, says)| *says)
        })
    }

    /// Appends a part. Neighbours of one class share a span within a line; white space around them needs none.
    pub(super) fn push(&mut self, text: &str, class: Option<Class>) {
        let core = text.trim_start();
        self.blank.push_str(&text[..text.len() - core.len()]);
        if core.is_empty() {
            return;
        }
        if self.open != class || self.blank.contains('\n') {
            self.close();
        }
        push_text(&mut self.out, &std::mem::take(&mut self.blank));
        if self.open != class
            && let Some(class) = class
        {
            self.out.push_str("<span class=\"");
            self.out.push_str(class.name());
            self.out.push_str("\">");
            self.open = Some(class);
        }
        let shown = core.trim_end();
        push_text(&mut self.out, shown);
        self.blank.push_str(&core[shown.len()..]);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.out.push_str("</span>");
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.close();
        push_text(&mut self.out, &self.blank);
        self.out
    }
}
