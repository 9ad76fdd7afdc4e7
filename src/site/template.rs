//! The built-in templates, overridden one by one by the book's own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, Value, escape_formatter};

use super::input::SiteError;
use super::text::{escaped, visible};

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("site/", $name), include_str!(concat!("../../templates/site/", $name)))),*]
    };
}

/// Every template by name.
const BUILT_IN: &[(&str, &str)] = built_in![
    "base.html",
    "macros.html",
    "all.html",
    "as-of.html",
    "audit.html",
    "calendar.html",
    "feed.xml",
    "graph.html",
    "meeting.html",
    "meetings.html",
    "metrics.html",
    "people.html",
    "person.html",
    "service.html",
    "index.html",
    "board.html",
    "list.html",
    "tags.html",
    "task.html",
    "week.html",
    "decision.html",
    "runbook.html",
    "runbooks.html",
    "broken.html",
    "deleted.html",
    "deletions.html",
    "evidence.html",
    "history.html",
    "manual.html",
    "redirect.html",
    "404.html",
];

/// Style and script; overridable as well, but not templates.
const STATIC: &[(&str, &str)] = built_in![
    "style.css",
    "record.css",
    "pages.css",
    "search.css",
    "calendar.css",
    "script.js",
    "diagrams.js",
    "search.js",
    "favicon.svg"
];

/// The compiled templates of a build.
pub(super) struct Templates {
    environment: Environment<'static>,
    statics: Vec<(String, String)>,
}

impl Templates {
    /// Compiles all templates once.
    ///
    /// # Errors
    /// [`SiteError::Template`] when an override is no template.
    pub(super) fn new(overrides: &BTreeMap<String, String>) -> Result<Self, SiteError> {
        let mut environment = Environment::new();
        environment.set_syntax(syntax()?);
        environment.set_formatter(format_value);
        environment.add_filter("prose", prose);
        for (name, text) in BUILT_IN {
            let text = overrides.get(*name).map_or(Cow::Borrowed(*text), |text| Cow::Owned(text.clone()));
            environment.add_template_owned(*name, text).map_err(|error| failure(name, &error))?;
        }
        for (name, text) in overrides.iter().filter(|(name, _)| is_extra(name)) {
            environment
                .add_template_owned(name.clone(), text.clone())
                .map_err(|error| failure(name, &error))?;
        }
        let statics = STATIC.iter().map(|(name, text)| {
            let text = overrides.get(*name).cloned().unwrap_or_else(|| without_spaces(name, text));
            (name.trim_start_matches("site/").to_owned(), text)
        });
        let own = overrides.iter().filter(|(name, _)| is_own_file(name));
        let own = own.map(|(name, text)| (name.trim_start_matches("site/").to_owned(), text.clone()));
        Ok(Templates { environment, statics: statics.chain(own).collect() })
    }

    /// Fills one template.
    ///
    /// # Errors
    /// [`SiteError::Template`] when it fails.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, SiteError> {
        let template = self.environment.get_template(name).map_err(|error| failure(name, &error))?;
        template.render(context).map_err(|error| failure(name, &error))
    }

    /// Name and text of the files that are taken over as they are.
    pub(super) fn statics(&self) -> impl Iterator<Item = (&str, &str)> {
        self.statics.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// A built-in style sheet without what only its editors need; other files as they are. A book's own sheets are left
/// alone.
fn without_spaces(name: &str, text: &str) -> String {
    let smaller = name.ends_with(".css").then(|| minifier::css::minify(text).ok().map(|css| css.to_string()));
    smaller.flatten().unwrap_or_else(|| text.to_owned())
}

/// A template that an override brings for its own use, to include or extend.
fn is_extra(name: &str) -> bool {
    name.starts_with("site/")
        && name.ends_with(".html")
        && !BUILT_IN.iter().any(|(built_in, _)| *built_in == name)
}

/// A style sheet, script or picture that a book adds: its colours, fonts and logo.
pub(super) fn is_own_file(name: &str) -> bool {
    let plain =
        name.strip_prefix("site/").is_some_and(|rest| !rest.contains('/') && super::paths::is_safe(rest));
    let replaces = name == "site/as-of.js" || STATIC.iter().any(|(built_in, _)| *built_in == name);
    let ending = [".css", ".js", ".svg"].iter().any(|ending| name.ends_with(ending));
    plain && ending && !replaces
}

/// Lines that hold nothing but a block leave no empty line behind.
fn syntax() -> Result<SyntaxConfig, SiteError> {
    let config = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    config.map_err(|error| failure("", &error))
}

/// Escapes text after writing deceptive characters out. The engine's own way also writes every `/` as `&#x2f;`, which
/// no attribute in quotes needs and which makes a twentieth of a page.
fn format_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            Ok(out.write_str(&escaped(&visible(text)))?)
        }
        _ => escape_formatter(out, state, value),
    }
}

/// Our messages put user text in backticks; here it becomes code.
fn prose(text: &str) -> Value {
    let mut html = String::with_capacity(text.len());
    let parts: Vec<&str> = text.split('`').collect();
    let paired = parts.len() % 2 == 1;
    if !paired {
        return Value::from_safe_string(escaped(&visible(text)));
    }
    for (index, part) in parts.iter().enumerate() {
        let code = index % 2 == 1;
        html.push_str(if code { "<code>" } else { "" });
        html.push_str(&escaped(&visible(part)));
        html.push_str(if code { "</code>" } else { "" });
    }
    Value::from_safe_string(html)
}

fn failure(name: &str, error: &minijinja::Error) -> SiteError {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let message = match error.kind() {
        ErrorKind::TemplateNotFound => format!("there is no such template: {what}"),
        _ => what,
    };
    SiteError::Template { name: error.name().unwrap_or(name).to_owned(), line: error.line(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_become_code_and_nothing_else_does() {
        for (text, expected) in [
            ("a `<b>` c", "a <code>&lt;b&gt;</code> c"),
            ("one ` only <i>", "one ` only &lt;i&gt;"),
            ("`\u{202E}`", "<code>⟨U+202E⟩</code>"),
        ] {
            assert_eq!(prose(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn overrides_replace_one_template_and_fail_with_their_line() {
        let overrides = BTreeMap::from([("site/404.html".to_owned(), "gone: {{ who }}".to_owned())]);
        let templates = Templates::new(&overrides).unwrap();
        let page = templates.render("site/404.html", minijinja::context! { who => "<b>\u{202E}" }).unwrap();
        assert_eq!(page, "gone: &lt;b&gt;⟨U+202E⟩");

        let overrides = BTreeMap::from([("site/404.html".to_owned(), "a\n{% if %}".to_owned())]);
        let Err(SiteError::Template { name, line, .. }) = Templates::new(&overrides) else {
            panic!("an invalid template must be an error")
        };
        assert_eq!((name.as_str(), line), ("site/404.html", Some(2)));
    }
}
