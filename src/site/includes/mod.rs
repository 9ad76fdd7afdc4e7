//! What mdBook's pages take from files: `{{#include file:2:10}}`, `{{#rustdoc_include file:anchor}}`,
//! `{{#playground file}}`, and `{{#title …}}`. Which file a path means, and whether it may be read, is for whoever
//! reads it to say.

mod lines;

use std::ops::Range;

use super::paths::joined;
use crate::diagnostic::{Code, Diagnostic};
use lines::Part;

/// How deep files may include others.
const MAX_DEPTH: usize = 10;
/// How large a page may become, in bytes.
const MAX_PAGE: usize = 8 * 1024 * 1024;

/// A page with the files in it.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// What `{{#title …}}` says.
    pub title: Option<String>,
    /// What could not be taken, with the place in the page.
    pub problems: Vec<Diagnostic>,
}

/// Reads a file by its path from the root of the repository; else says why not.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Puts the files into a page that stands at `path` from the root of the repository, and at `shown` in the book.
/// What cannot be taken stays as it is written.
pub fn expand_includes(path: &str, shown: &str, text: &str, read: ReadFile<'_>) -> Expanded {
    let mut expander = Expander { read, title: None, room: MAX_PAGE, problems: Vec::new() };
    let expanded = expander.expand(path, text, 0, None);
    let problems = expander.problems.into_iter().map(|(span, message)| {
        Diagnostic::error(Code::ReferenceBroken, shown, text, span, message)
            .with_help("paths are relative to the page; `\\{{#include …}}` shows the words themselves")
    });
    Expanded { title: expander.title, problems: problems.collect(), text: expanded }
}

struct Expander<'a> {
    read: ReadFile<'a>,
    title: Option<String>,
    room: usize,
    problems: Vec<(Range<usize>, String)>,
}

/// One directive of a text.
struct Directive<'t> {
    span: Range<usize>,
    kind: Kind<'t>,
}

enum Kind<'t> {
    /// The words themselves, behind a backslash.
    Escaped,
    Title(&'t str),
    File {
        word: &'t str,
        path: &'t str,
        options: Vec<&'t str>,
    },
}

impl Expander<'_> {
    /// `outer` is the place in the page of the include that this text comes from.
    fn expand(&mut self, path: &str, text: &str, depth: usize, outer: Option<&Range<usize>>) -> String {
        let mut out = String::new();
        let mut done = 0;
        while let Some(found) = next(text, done) {
            out.push_str(&text[done..found.span.start]);
            done = found.span.end;
            let span = outer.cloned().unwrap_or_else(|| found.span.clone());
            let words = &text[found.span.clone()];
            match found.kind {
                Kind::Escaped => out.push_str(&words[1..]),
                Kind::Title(title) => self.title = Some(title.trim().to_owned()),
                Kind::File { word, path: target, options } => {
                    // What is put into a quotation or a list stays in it.
                    let prefix = out.rsplit('\n').next().unwrap_or("").to_owned();
                    match self.file(path, word, target, &options, depth, &span) {
                        Ok(content) => {
                            let lines: Vec<&str> = content.lines().collect();
                            out.push_str(&lines.join(&format!("\n{prefix}")));
                        }
                        Err(why) => {
                            let inside =
                                if outer.is_some() { format!("in `{path}`: ") } else { String::new() };
                            self.problems.push((span, format!("{inside}`{words}`: {why}")));
                            out.push_str(words);
                        }
                    }
                }
            }
        }
        out.push_str(&text[done..]);
        out
    }

    fn file(
        &mut self,
        path: &str,
        word: &str,
        target: &str,
        options: &[&str],
        depth: usize,
        span: &Range<usize>,
    ) -> Result<String, String> {
        let (name, part) = match word {
            "playground" | "playpen" => (target, ""),
            _ => target.split_once(':').unwrap_or((target, "")),
        };
        if name.starts_with('/') || name.contains('\\') {
            return Err("the path is relative to the page, with forward slashes".to_owned());
        }
        let file = joined(path, name).ok_or("the file lies outside of the repository")?;
        if depth >= MAX_DEPTH {
            return Err(format!("files include each other more than {MAX_DEPTH} times deep"));
        }
        let text = (self.read)(&file)?;
        let part = Part::parse(part);
        let missing = || match &part {
            Part::Anchor(name) => format!("`{file}` has no line with `ANCHOR: {name}`"),
            Part::Lines(_) => format!("`{file}` has no such lines"),
        };
        let content = match word {
            "playground" | "playpen" => playground(&text, options),
            "rustdoc_include" => lines::taken_with_hidden(&text, &part).ok_or_else(missing)?,
            _ => lines::taken(&text, &part).ok_or_else(missing)?,
        };
        self.room = self.room.checked_sub(content.len()).ok_or("the page becomes larger than 8 MiB")?;
        Ok(self.expand(&file, &content, depth + 1, Some(span)))
    }
}

fn playground(text: &str, options: &[&str]) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let comma = if options.is_empty() { "" } else { "," };
    format!("```rust{comma}{}\n{text}{end}```\n", options.join(","))
}

/// The next directive of a text at or behind `from`.
fn next(text: &str, from: usize) -> Option<Directive<'_>> {
    let mut at = from;
    loop {
        let start = at + text[at..].find("{{")?;
        if start > from && text[..start].ends_with('\\') && text[start..].starts_with("{{#") {
            let line = text[start..].lines().next().unwrap_or("");
            if let Some(end) = line.rfind("}}") {
                return Some(Directive { span: start - 1..start + end + 2, kind: Kind::Escaped });
            }
        } else if let Some((kind, length)) = directive(&text[start..]) {
            return Some(Directive { span: start..start + length, kind });
        }
        at = start + 2;
    }
}

/// The directive that a text begins with, and its length.
fn directive(text: &str) -> Option<(Kind<'_>, usize)> {
    let inner = text.strip_prefix("{{")?.trim_start().strip_prefix('#')?;
    let word_end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (word, rest) = inner.split_at(word_end);
    let rest_end = rest.find('}')?;
    let length = text.len() - rest.len() + rest_end + 2;
    if !rest.starts_with(char::is_whitespace) || !rest[rest_end..].starts_with("}}") {
        return None;
    }
    let rest = &rest[..rest_end];
    let mut words = rest.split_whitespace();
    let kind = match (word, words.next()) {
        ("title", Some(_)) => Kind::Title(rest),
        ("include" | "rustdoc_include" | "playground" | "playpen", Some(path)) => {
            Kind::File { word, path, options: words.collect() }
        }
        _ => return None,
    };
    Some((kind, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Expanded {
        expand_includes("book/docs/a/page.md", "docs/a/page.md", text, &|path| match path {
            "book/docs/a/x.rs" => Ok("one\n// ANCHOR: n\ntwo\n// ANCHOR_END: n\n".to_owned()),
            "book/listings/y.md" => Ok("y {{#include deeper/z.md}}".to_owned()),
            "book/listings/deeper/z.md" => Ok("> z\nz".to_owned()),
            "top.tf" => Ok("a = 1".to_owned()),
            "book/docs/a/loop.md" => Ok("{{#include loop.md}}".to_owned()),
            other => Err(format!("`{other}` does not exist")),
        })
    }

    #[test]
    fn files_and_parts_of_them_are_put_in() {
        for (text, expected) in [
            ("a {{#include x.rs:1}} b", "a one b"),
            ("{{ #include x.rs:n }}", "two"),
            ("{{#rustdoc_include x.rs:n}}", "# one\ntwo"),
            ("{{#include ../../listings/y.md}}", "y > z\ny z"),
            ("> {{#include x.rs:1:3}}", "> one\n> // ANCHOR: n\n> two"),
            ("{{#include ../../../top.tf}}", "a = 1"),
            (
                "{{#playground x.rs editable hidden}}",
                "```rust,editable,hidden\none\n// ANCHOR: n\ntwo\n// ANCHOR_END: n\n```",
            ),
            ("\\{{#include x.rs}} and {{#include x.rs:1}}", "{{#include x.rs}} and {{#include x.rs:1}}"),
            ("\\{{#include x.rs}}\n{{#include x.rs:1}}", "{{#include x.rs}}\none"),
            ("{{#changebook list}} {{ x }} {{#include}} {{", "{{#changebook list}} {{ x }} {{#include}} {{"),
        ] {
            let found = expanded(text);
            assert_eq!(found.text, expected, "{text}");
            assert!(found.problems.is_empty(), "{text}: {:?}", found.problems);
        }
        let titled = expanded("{{#title A <page>}}\n# H");
        assert_eq!((titled.title.as_deref(), titled.text.as_str()), (Some("A <page>"), "\n# H"));
    }

    #[test]
    fn what_cannot_be_taken_is_told_with_its_place() {
        for (text, told) in [
            ("\n  {{#include none.md}}", "does not exist"),
            ("\n  {{#include ../../../../etc/passwd}}", "outside of the repository"),
            ("\n  {{#include /etc/passwd}}", "relative to the page"),
            ("\n  {{#include x.rs:none}}", "no line with `ANCHOR: none`"),
            ("\n  {{#include loop.md}}", "10 times deep"),
        ] {
            let found = expanded(text);
            let [problem] = &found.problems[..] else { panic!("{text}: {:?}", found.problems) };
            assert_eq!((problem.path.as_str(), problem.line, problem.column), ("docs/a/page.md", 2, 3));
            assert!(problem.message.contains(told), "{}", problem.message);
        }
    }
}
