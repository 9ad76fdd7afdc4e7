//! `book.toml`: the keys that mdBook knows, and ours under `[preprocessor.changebook]`.

use serde::Deserialize;

use super::BOOK_FILE;
use crate::diagnostic::{Code, Diagnostic};

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
    /// `output.html.edit-url-template`, with `{path}`.
    pub edit_url_template: Option<String>,
    /// `preprocessor.changebook.allow-broken-links`.
    pub allow_broken_links: bool,
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
}

impl BookConfig {
    /// Reads the text of `book.toml`.
    ///
    /// # Errors
    /// One diagnostic with the place.
    pub fn parse(text: &str) -> Result<Self, Box<Diagnostic>> {
        let file: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            Box::new(Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, span, error.message()))
        })?;
        let config = BookConfig {
            title: file.book.title,
            description: file.book.description,
            authors: file.book.authors,
            language: file.book.language,
            docs: file.book.src.unwrap_or_else(|| "src".to_owned()),
            output: file.build.build_dir.unwrap_or_else(|| "book".to_owned()),
            site_url: file.output.html.site_url,
            repository_url: file.output.html.git_repository_url,
            edit_url_template: file.output.html.edit_url_template,
            allow_broken_links: file.preprocessor.changebook.allow_broken_links,
        };
        for (key, folder) in [("book.src", &config.docs), ("build.build-dir", &config.output)] {
            let parts = std::path::Path::new(folder).components();
            let outside = parts.clone().any(|part| matches!(part, std::path::Component::ParentDir));
            if key == "book.src" && (outside || std::path::Path::new(folder).is_absolute()) {
                let message = format!("`{key}` must be a folder of the book, not `{folder}`");
                return Err(Box::new(Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, 0..0, message)));
            }
        }
        Ok(config)
    }
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
        assert_eq!((config.title.as_deref(), config.docs.as_str(), config.output.as_str()), (Some("T"), "docs", "book"));
        assert_eq!(config.site_url.as_deref(), Some("/x/"));
        assert!(config.allow_broken_links);
    }

    #[test]
    fn errors_have_a_place() {
        let error = BookConfig::parse("[book]\ntitle = 3\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 9));
        assert!(BookConfig::parse("[book]\nsrc = \"../x\"\n").is_err());
    }
}
