//! What mdBook's pages take from files: `{{#include file:2:10}}`, `{{#rustdoc_include file:anchor}}`,
//! `{{#playground file}}`, and `{{#title …}}`. Which file a path means, and whether it may be read, is for whoever
//! reads it to say.

mod lines;
mod origin;

use std::ops::Range;
use std::sync::Arc;

use super::paths::joined;
use crate::diagnostic::{Code, Diagnostic};
use lines::Part;
pub use origin::Origins;
use origin::Text;

/// How deep files may include others.
const MAX_DEPTH: usize = 10;
/// How large a page may become, in bytes.
const MAX_PAGE: usize = 8 * 1024 * 1024;

/// A page with the files in it.
#[derive(Debug, Default)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Which of it comes from which file.
    pub origins: Origins,
    /// What `{{#title …}}` says.
    pub title: Option<String>,
    /// What could not be taken, with its place in the page or in the file that asks for it.
    pub problems: Vec<Diagnostic>,
}

/// Reads a file by its path from the root of the repository; else says why not.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Puts the files into a page that stands at `path` from the root of the repository, and at `shown` in the book.
/// What cannot be taken stays as it is written.
pub fn expand_includes(path: &str, shown: &str, text: &str, read: ReadFile<'_>) -> Expanded {
    let files = vec![(shown.to_owned(), Arc::from(text))];
    let book = path.strip_suffix(shown).unwrap_or("");
    let mut expander = Expander { read, book, files, title: None, room: MAX_PAGE, problems: Vec::new() };
    let mut page = Text::default();
    page.push_of_file(0, text, 0..text.len());
    let expanded = expander.expand(path, &page, 0);
    let Expander { files, title, problems, .. } = expander;
    let problems = problems.into_iter().map(|(file, span, message)| {
        let (path, text) = &files[file];
        Diagnostic::error(Code::ReferenceBroken, path, text, span, message)
            .with_help("paths are relative to the page; write `\\{{#include …}}` to show it literally")
    });
    let problems = problems.collect();
    let (text, origins) = expanded.finished(files);
    Expanded { text, origins, title, problems }
}

struct Expander<'a> {
    read: ReadFile<'a>,
    /// The book's folder from the root of the repository, with a slash at its end; empty for the root itself.
    book: &'a str,
    /// Every file that was read: its path from the book on, and its text.
    files: Vec<(String, Arc<str>)>,
    title: Option<String>,
    room: usize,
    /// File, place in it, and what is wrong.
    problems: Vec<(usize, Range<usize>, String)>,
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
    fn expand(&mut self, path: &str, source: &Text, depth: usize) -> Text {
        let text = source.text.as_str();
        let mut out = Text::default();
        let mut done = 0;
        while let Some(found) = next(text, done) {
            out.push(source, done..found.span.start);
            done = found.span.end;
            match found.kind {
                Kind::Escaped => out.push(source, found.span.start + 1..found.span.end),
                Kind::Title(title) => self.title = Some(title.trim().to_owned()),
                Kind::File { word, path: target, options } => {
                    match self.file(path, word, target, &options, depth) {
                        Ok(content) => put_in(&mut out, &content),
                        Err(why) => {
                            let (file, place) = source.place(&found.span).unwrap_or((0, 0..0));
                            let words = &text[found.span.clone()];
                            self.problems.push((file, place, format!("`{words}`: {why}")));
                            out.push(source, found.span);
                        }
                    }
                }
            }
        }
        out.push(source, done..text.len());
        out
    }

    fn file(
        &mut self,
        path: &str,
        word: &str,
        target: &str,
        options: &[&str],
        depth: usize,
    ) -> Result<Text, String> {
        let (name, part) = match word {
            "playground" | "playpen" => (target, ""),
            _ => target.split_once(':').unwrap_or((target, "")),
        };
        if name.starts_with('/') || name.contains('\\') {
            return Err("the path is relative to the page, with forward slashes".to_owned());
        }
        let file = joined(path, name).ok_or("the file is outside of the repository")?;
        if depth >= MAX_DEPTH {
            return Err(format!("files include each other more than {MAX_DEPTH} times deep"));
        }
        let text: Arc<str> = (self.read)(&file)?.into();
        self.files.push((self.shown(&file), Arc::clone(&text)));
        let number = self.files.len() - 1;
        let part = Part::parse(part);
        let missing = || match &part {
            Part::Anchor(name) => format!("`{file}` has no line with `ANCHOR: {name}`"),
            Part::Lines(_) => format!("`{file}` does not have these lines"),
        };
        let content = match word {
            "playground" | "playpen" => playground(number, &text, options),
            _ => {
                let whole = word == "rustdoc_include";
                let lines = lines::taken(&text, &part, whole).ok_or_else(missing)?;
                some_lines(number, &text, lines)
            }
        };
        self.room = self.room.checked_sub(content.text.len()).ok_or("the page is larger than 8 MiB")?;
        Ok(self.expand(&file, &content, depth + 1))
    }

    /// A path from the root of the repository as one from the book on.
    fn shown(&self, path: &str) -> String {
        match path.strip_prefix(self.book) {
            Some(inside) => inside.to_owned(),
            None => format!("{}{path}", "../".repeat(self.book.matches('/').count())),
        }
    }
}

/// What is put into a quotation or a list stays in it.
fn put_in(out: &mut Text, content: &Text) {
    let prefix = out.text.rsplit('\n').next().unwrap_or("").to_owned();
    for (index, line) in lines::ranges(&content.text).enumerate() {
        if index > 0 {
            out.push_new("\n");
            out.push_new(&prefix);
        }
        out.push(content, line);
    }
}

fn some_lines(file: usize, text: &str, lines: Vec<(Range<usize>, bool)>) -> Text {
    let mut out = Text::default();
    for (index, (line, hidden)) in lines.into_iter().enumerate() {
        out.push_new(if index > 0 { "\n" } else { "" });
        out.push_new(if hidden { "# " } else { "" });
        out.push_of_file(file, text, line);
    }
    out
}

fn playground(file: usize, text: &str, options: &[&str]) -> Text {
    let mut out = Text::default();
    let comma = if options.is_empty() { "" } else { "," };
    out.push_new(&format!("```rust{comma}{}\n", options.join(",")));
    out.push_of_file(file, text, 0..text.len());
    out.push_new(if text.ends_with('\n') { "```\n" } else { "\n```\n" });
    out
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
        ] {
            let found = expanded(text);
            let [problem] = &found.problems[..] else { panic!("{text}: {:?}", found.problems) };
            assert_eq!((problem.path.as_str(), problem.line, problem.column), ("docs/a/page.md", 2, 3));
            assert!(problem.message.contains(told), "{}", problem.message);
        }
        let found = expanded("\n  {{#include loop.md}}");
        let [problem] = &found.problems[..] else { panic!("{:?}", found.problems) };
        assert_eq!((problem.path.as_str(), problem.line, problem.column), ("docs/a/loop.md", 1, 1));
        assert!(problem.message.contains("10 times deep"), "{}", problem.message);
    }

    /// Every word of a page has the place where somebody can change it.
    #[test]
    fn places_are_those_of_the_files() {
        let text = "one\n> {{#include x.rs:n}} and\n\n- {{#include ../../listings/y.md}}\n{{#include ../../../top.tf}}";
        let found = expanded(text);
        for (word, path, line, column) in [
            ("one", "docs/a/page.md", 1, 1),
            ("two", "docs/a/x.rs", 3, 1),
            (" and", "docs/a/page.md", 2, 22),
            ("y ", "listings/y.md", 1, 1),
            ("> z", "listings/deeper/z.md", 1, 1),
            ("z {{", "listings/deeper/z.md", 2, 1),
            ("a = 1", "../top.tf", 1, 1),
        ] {
            let word = word.trim_end_matches(" {{");
            let last = ["z"].contains(&word);
            let start =
                if last { found.text.rfind("\n- y z").map(|at| at + 5) } else { found.text.find(word) };
            let start = start.unwrap_or_else(|| panic!("no {word} in {}", found.text));
            let (at, source, span) = found.origins.place(&(start..start + word.len())).unwrap();
            let told = Diagnostic::error(Code::ReferenceBroken, at, source, span, "");
            assert_eq!((told.path.as_str(), told.line, told.column), (path, line, column), "{word}");
        }
    }
}
