//! `book.toml`: the keys that mdBook knows, and ours under `[preprocessor.changebook]`.

mod theme;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::BOOK_FILE;
use crate::diagnostic::{Code, Diagnostic, nearest};

pub use theme::{Colors, Theme};

/// What `book.toml` says, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub struct BookConfig {
    /// `book.title`.
    pub title: Option<String>,
    /// `book.description`.
    pub description: Option<String>,
    /// `book.authors`.
    pub authors: Vec<String>,
    /// `book.language`.
    pub language: Option<String>,
    /// `book.src`: the folder of the prose pages.
    pub docs: String,
    /// `build.build-dir`: where the site goes.
    pub output: String,
    /// `output.html.site-url`.
    pub site_url: Option<String>,
    /// `output.html.git-repository-url`.
    pub repository_url: Option<String>,
    /// `output.html.redirect`, in the order of the old pages.
    pub redirects: Vec<Redirect>,
    /// The file's text, for places in it.
    pub source: String,
    /// `output.html.edit-url-template`, with `{path}`.
    pub edit_url_template: Option<String>,
    /// `output.html.smart-punctuation`, which mdBook has on.
    pub smart_punctuation: bool,
    /// `output.html.code.hidelines`: by language, what hidden lines of code begin with.
    pub hidelines: BTreeMap<String, String>,
    /// `preprocessor.changebook.allow-broken-links`.
    pub allow_broken_links: bool,
    /// `preprocessor.changebook.theme`, and the style sheets and scripts of `output.html`.
    pub theme: Theme,
}

/// A page of the manual that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The old page, from the manual's folder.
    pub from: String,
    /// The new page as seen from the old one, or an address.
    pub to: String,
    /// Where the settings say so.
    pub span: Range<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct File {
    book: BookTable,
    build: BuildTable,
    output: OutputTable,
    preprocessor: PreprocessorTable,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct BookTable {
    title: Option<String>,
    description: Option<String>,
    authors: Vec<String>,
    language: Option<String>,
    src: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct BuildTable {
    build_dir: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputTable {
    html: HtmlTable,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct HtmlTable {
    site_url: Option<String>,
    git_repository_url: Option<String>,
    edit_url_template: Option<String>,
    redirect: BTreeMap<String, Spanned<String>>,
    additional_css: Vec<Spanned<String>>,
    additional_js: Vec<Spanned<String>>,
    smart_punctuation: Option<bool>,
    code: CodeTable,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CodeTable {
    hidelines: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PreprocessorTable {
    changebook: ChangebookTable,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
struct ChangebookTable {
    allow_broken_links: bool,
    theme: theme::ThemeTable,
}

/// The keys of tables that mdBook closes, and of ours.
const KEYS: [(&[&str], &[&str]); 7] = [
    (&[], &["book", "build", "rust", "output", "preprocessor"]),
    (&["book"], &["title", "authors", "description", "src", "language", "text-direction", "multilingual"]),
    (&["build"], &["build-dir", "create-missing", "use-default-preprocessors", "extra-watch-dirs"]),
    (
        &["preprocessor", "changebook"],
        &["allow-broken-links", "theme", "optional", "command", "renderers", "before", "after"],
    ),
    (&["preprocessor", "changebook", "theme"], theme::KEYS),
    (&["preprocessor", "changebook", "theme", "light"], theme::COLORS),
    (&["preprocessor", "changebook", "theme", "dark"], theme::COLORS),
];

/// A key that nobody reads is most likely a slip.
fn check_keys(text: &str) -> Result<(), Box<Diagnostic>> {
    let Ok(top) = DeTable::parse(text) else { return Ok(()) };
    for (path, known) in KEYS {
        let table = path.iter().try_fold(top.get_ref(), |table, key| match table.get(*key)?.get_ref() {
            DeValue::Table(inner) => Some(inner),
            _ => None,
        });
        for key in table.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let place =
                if path.is_empty() { "at the top".to_owned() } else { format!("in `[{}]`", path.join(".")) };
            let message = format!("unknown key `{name}` {place}");
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys: {}", known.join(", ")),
            };
            let diagnostic = Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, key.span(), message);
            return Err(Box::new(diagnostic.with_help(help)));
        }
    }
    Ok(())
}

/// The place of a value by its keys.
fn place(text: &str, keys: [&str; 2]) -> std::ops::Range<usize> {
    let span = || {
        let top = DeTable::parse(text).ok()?;
        match top.get_ref().get(keys[0])?.get_ref() {
            DeValue::Table(table) => Some(table.get(keys[1])?.span()),
            _ => None,
        }
    };
    span().unwrap_or(0..0)
}

impl BookConfig {
    /// The pages come from a folder of the book, and the site goes where nothing of the book stands.
    fn check_folders(&self, text: &str) -> Result<(), Box<Diagnostic>> {
        let error = |keys: [&str; 2], message: String, help: &str| {
            let span = place(text, keys);
            Box::new(Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, span, message).with_help(help))
        };
        let docs = Path::new(&self.docs);
        let outside = docs.components().any(|part| matches!(part, Component::ParentDir));
        if outside || docs.is_absolute() {
            let message = format!("`book.src` must be a folder of the book, not `{}`", self.docs);
            return Err(error(["book", "src"], message, "write it like `docs`"));
        }
        let output = Path::new(&self.output);
        if output.is_absolute() || output.components().any(|part| matches!(part, Component::ParentDir)) {
            // Whoever writes the book would choose where on the reader's machine files are written.
            let message = format!("`build.build-dir` must be a folder of the book, not `{}`", self.output);
            let help = "write it like `book`; `changebook build --out DIR` writes elsewhere";
            return Err(error(["build", "build-dir"], message, help));
        }
        if let Some(taken) = self.folder_in_the_way(Path::new(&self.output)) {
            let message = format!("`build.build-dir` is `{}`, and the book's {taken} there", self.output);
            return Err(error(["build", "build-dir"], message, "choose a separate folder, such as `book`"));
        }
        Ok(())
    }

    /// What of the book stands in or around a folder where the site is to go (relative to the book).
    pub fn folder_in_the_way(&self, out: &Path) -> Option<String> {
        let out: PathBuf = out.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        if out.as_os_str().is_empty() {
            return Some("own files are".to_owned());
        }
        let folders = [".git", "tasks", "cab", "runbooks", "approvals", "templates", self.docs.as_str()];
        let taken = folders.into_iter().find(|folder| !folder.is_empty() && out.starts_with(folder))?;
        Some(format!("`{taken}/` is"))
    }

    /// Reads the text of `book.toml`.
    ///
    /// # Errors
    /// One diagnostic with the place.
    pub fn parse(text: &str) -> Result<Self, Box<Diagnostic>> {
        check_keys(text)?;
        let file: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().next().unwrap_or_default();
            Box::new(Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, span, message))
        })?;
        let html = file.output.html;
        let theme = file.preprocessor.changebook.theme.with(html.additional_css, html.additional_js);
        let config = BookConfig {
            title: file.book.title,
            description: file.book.description,
            authors: file.book.authors,
            language: file.book.language,
            docs: file.book.src.unwrap_or_else(|| "src".to_owned()),
            output: file.build.build_dir.unwrap_or_else(|| "book".to_owned()),
            site_url: html.site_url,
            repository_url: html.git_repository_url,
            edit_url_template: html.edit_url_template,
            redirects: html.redirect.into_iter().map(redirect).collect(),
            source: text.to_owned(),
            smart_punctuation: html.smart_punctuation.unwrap_or(true),
            hidelines: html.code.hidelines,
            allow_broken_links: file.preprocessor.changebook.allow_broken_links,
            theme,
        };
        config.check_folders(text)?;
        Ok(config)
    }
}

fn redirect((from, to): (String, Spanned<String>)) -> Redirect {
    Redirect { from, span: to.span(), to: to.into_inner() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_keys_of_mdbook_and_ours() {
        let config = BookConfig::parse(
            "[book]\ntitle = \"T\"\nauthors = [\"a\"]\nsrc = \"docs\"\n[output.html]\nsite-url = \"/x/\"\nother = 1\n[preprocessor.changebook]\noptional = true\nallow-broken-links = true\n",
        )
        .unwrap();
        assert_eq!(
            (config.title.as_deref(), config.docs.as_str(), config.output.as_str()),
            (Some("T"), "docs", "book")
        );
        assert_eq!(config.site_url.as_deref(), Some("/x/"));
        assert!(config.allow_broken_links);
    }

    #[test]
    fn errors_have_a_place() {
        let error = BookConfig::parse("[book]\ntitle = 3\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 9));
        for (text, line, column, message) in [
            ("[book]\nsrc = \"../x\"\n", 2, 7, "`book.src` must be a folder of the book, not `../x`"),
            ("[book]\ntitel = \"x\"\n", 2, 1, "unknown key `titel` in `[book]`"),
            (
                "[preprocessor.changebook]\nallow = true\n",
                2,
                1,
                "unknown key `allow` in `[preprocessor.changebook]`",
            ),
            ("[biuld]\n", 1, 2, "unknown key `biuld` at the top"),
            (
                "[build]\nbuild-dir = \"tasks/x\"\n",
                2,
                13,
                "`build.build-dir` is `tasks/x`, and the book's `tasks/` is there",
            ),
            (
                "[build]\nbuild-dir = \"./\"\n",
                2,
                13,
                "`build.build-dir` is `./`, and the book's own files are there",
            ),
        ] {
            let error = BookConfig::parse(text).unwrap_err();
            assert_eq!((error.line, error.column, error.message.as_str()), (line, column, message));
        }
        assert!(BookConfig::parse("[output.linkcheck]\nx = 1\n[preprocessor.mermaid]\ny = 1\n").is_ok());
        for outside in ["../site", "/srv/www", "a/../../x", "book/.."] {
            let text = format!("[build]\nbuild-dir = \"{outside}\"\n");
            let error = BookConfig::parse(&text).unwrap_err();
            assert!(error.message.contains("must be a folder of the book"), "{}", error.message);
        }
    }
}
