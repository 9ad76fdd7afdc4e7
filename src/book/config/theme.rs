//! How the site looks: what `book.toml` says of colours, fonts and the logo. Whether it can be used is for the site to say.

use serde::Deserialize;
use toml::Spanned;

/// The keys of `[preprocessor.changebook.theme]`.
pub(super) const KEYS: &[&str] = &["light", "dark", "logo", "text-font", "code-font", "mermaid"];
/// The keys of a colour scheme.
pub(super) const COLORS: &[&str] = &["accent", "ok", "wait", "bad", "info"];

/// Colours, fonts and files of a book's own, as they stand in its settings. Files are relative to the book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme {
    /// For light screens.
    pub light: Colors,
    /// For dark screens.
    pub dark: Colors,
    /// The picture before the title.
    pub logo: Option<Spanned<String>>,
    /// The font of texts: the regular file and the semibold one.
    pub text_font: Vec<Spanned<String>>,
    /// The font of code.
    pub code_font: Vec<Spanned<String>>,
    /// The script that draws blocks of Mermaid.
    pub mermaid: Option<Spanned<String>>,
    /// `output.html.additional-css`.
    pub styles: Vec<Spanned<String>>,
    /// `output.html.additional-js`.
    pub scripts: Vec<Spanned<String>>,
}

impl Theme {
    /// Every file that the settings name.
    pub fn files(&self) -> impl Iterator<Item = &Spanned<String>> {
        let fonts = self.text_font.iter().chain(&self.code_font);
        self.logo.iter().chain(fonts).chain(&self.mermaid).chain(&self.styles).chain(&self.scripts)
    }
}

/// Colours of one scheme; the built-in one where none is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Colors {
    /// Links, and where one is.
    pub accent: Option<Spanned<String>>,
    /// Open, allowed, met.
    pub ok: Option<Spanned<String>>,
    /// Somebody has to do something.
    pub wait: Option<Spanned<String>>,
    /// Shut, failed.
    pub bad: Option<Spanned<String>>,
    /// Worth knowing.
    pub info: Option<Spanned<String>>,
}

impl Colors {
    /// Each colour that is given, by its key.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &Spanned<String>)> {
        let all = [
            ("accent", &self.accent),
            ("ok", &self.ok),
            ("wait", &self.wait),
            ("bad", &self.bad),
            ("info", &self.info),
        ];
        all.into_iter().filter_map(|(key, color)| Some((key, color.as_ref()?)))
    }
}

/// The table as it is read.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct ThemeTable {
    light: Colors,
    dark: Colors,
    logo: Option<Spanned<String>>,
    text_font: Vec<Spanned<String>>,
    code_font: Vec<Spanned<String>>,
    mermaid: Option<Spanned<String>>,
}

impl ThemeTable {
    /// With the files that mdBook's own keys name.
    pub(super) fn with(self, styles: Vec<Spanned<String>>, scripts: Vec<Spanned<String>>) -> Theme {
        let ThemeTable { light, dark, logo, text_font, code_font, mermaid } = self;
        Theme { light, dark, logo, text_font, code_font, mermaid, styles, scripts }
    }
}
