//! A book's own colours, fonts, logo, style sheets and scripts, checked before they reach a page. Of a colour only its
//! value in hexadecimal digits is written, and of a file only a name of ours.

use std::ops::Range;

use csscolorparser::Color;
use toml::Spanned;

use super::input::{DocFile, SiteError, SiteInput};
use super::page::Page;
use super::paths::is_safe;
use crate::book::{BOOK_FILE, Colors};
use crate::diagnostic::{Code, Diagnostic};

/// Least contrast of text: WCAG 2.2, 1.4.3.
const LEAST: f32 = 4.5;

/// A colour scheme: what its texts stand on, as `style.css` has it.
struct Scheme {
    name: &'static str,
    paper: &'static str,
    sheet: &'static str,
    /// How much of a state's colour is in what stands behind it.
    tint: f32,
    /// What lightness is left to a colour that has too little contrast.
    toward: f32,
}

const LIGHT: Scheme = Scheme { name: "light", paper: "#fdfdfc", sheet: "#f4f5f4", tint: 0.1, toward: 0.0 };
const DARK: Scheme = Scheme { name: "dark", paper: "#14181b", sheet: "#1c2226", tint: 0.14, toward: 1.0 };

/// What of a book's theme goes into the site.
#[derive(Debug, Default)]
pub(super) struct Dress {
    /// `theme.css` and the files that it and the pages name.
    pub(super) pages: Vec<Page>,
    /// From the site's root.
    pub(super) logo: Option<String>,
    /// From the site's root, in order.
    pub(super) styles: Vec<String>,
    /// From the site's root, in order.
    pub(super) scripts: Vec<String>,
    /// The script that draws blocks of Mermaid, from the site's root.
    pub(super) mermaid: Option<String>,
}

/// Checks the settings and gathers what they name.
///
/// # Errors
/// [`SiteError::Settings`] with every place that is wrong.
pub(super) fn dress(input: &SiteInput<'_>) -> Result<Dress, SiteError> {
    let mut tailor = Tailor { input, dress: Dress::default(), wrong: Vec::new() };
    let theme = &input.config.theme;
    let mut css = tailor.colors(&theme.light, &LIGHT);
    css.push_str(&tailor.colors(&theme.dark, &DARK));
    css.push_str(&tailor.font("text", "--sans", "ui-sans-serif,system-ui,sans-serif", &theme.text_font));
    css.push_str(&tailor.font("code", "--mono", "ui-monospace,monospace", &theme.code_font));
    if !css.is_empty() {
        tailor.dress.styles.push("theme.css".to_owned());
        tailor.dress.pages.push(Page::new("theme.css", css.into_bytes()));
    }
    if let Some(logo) = &theme.logo
        && let Some((ending, bytes)) = tailor.file(logo, &["svg", "png", "webp", "jpg", "jpeg"])
    {
        if let Some(why) = super::svg::refusal(bytes).filter(|_| ending == "svg") {
            tailor.error(
                logo.span(),
                format!("`{}` is not a plain image: {why}", logo.as_ref()),
                "a logo must not contain scripts, animations or links",
            );
        }
        let path = format!("theme/logo.{ending}");
        tailor.dress.pages.push(Page::new(path.clone(), bytes.to_vec()));
        tailor.dress.logo = Some(path);
    }
    if let Some(script) = &theme.mermaid
        && let Some((_, bytes)) = tailor.file(script, &["js"])
    {
        let path = "theme/mermaid.js".to_owned();
        tailor.dress.pages.push(Page::new(path.clone(), bytes.to_vec()));
        tailor.dress.mermaid = Some(path);
    }
    for (n, style) in theme.styles.iter().enumerate() {
        if let Some((_, bytes)) = tailor.file(style, &["css"]) {
            let path = format!("theme/{n}-{}", file_name(style.as_ref()));
            tailor.dress.pages.push(Page::new(path.clone(), bytes.to_vec()));
            tailor.dress.styles.push(path);
        }
    }
    for (n, script) in theme.scripts.iter().enumerate() {
        if let Some((_, bytes)) = tailor.file(script, &["js"]) {
            let path = format!("theme/{n}-{}", file_name(script.as_ref()));
            tailor.dress.pages.push(Page::new(path.clone(), bytes.to_vec()));
            tailor.dress.scripts.push(path);
        }
    }
    if tailor.wrong.is_empty() { Ok(tailor.dress) } else { Err(SiteError::Settings(tailor.wrong)) }
}

/// The last part of a path, as a name of a file of the site.
fn file_name(path: &str) -> String {
    let (stem, ending) = path.rsplit('/').next().unwrap_or(path).rsplit_once('.').unwrap_or((path, ""));
    format!("{}.{ending}", super::paths::stem(stem))
}

struct Tailor<'a> {
    input: &'a SiteInput<'a>,
    dress: Dress,
    wrong: Vec<Diagnostic>,
}

impl<'a> Tailor<'a> {
    fn error(&mut self, span: Range<usize>, message: String, help: &str) {
        let text = &self.input.config.settings;
        let error = Diagnostic::error(Code::BookInvalid, BOOK_FILE, text, span, message);
        self.wrong.push(error.with_help(help.to_owned()));
    }

    /// Ending and content of a file of the book.
    fn file(
        &mut self,
        stated: &Spanned<String>,
        endings: &[&'static str],
    ) -> Option<(&'static str, &'a [u8])> {
        let path = stated.as_ref().as_str();
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let Some(ending) = endings.iter().find(|known| **known == ending) else {
            self.error(
                stated.span(),
                format!("`{path}` is not a supported file"),
                &format!("its name ends in {}", endings.join(", ")),
            );
            return None;
        };
        let found: Option<&'a DocFile> = self.input.theme_files.iter().find(|file| file.path == path);
        let found = found.filter(|_| is_safe(path));
        if found.is_none() {
            self.error(
                stated.span(),
                format!("`{path}` does not exist"),
                "paths are relative to the book's directory",
            );
        }
        Some((ending, &found?.bytes))
    }

    /// The custom properties of a scheme's own colours.
    fn colors(&mut self, colors: &Colors, scheme: &Scheme) -> String {
        let mut declared = String::new();
        for (key, stated) in colors.given() {
            let text = stated.as_ref();
            let Some(color) = csscolorparser::parse(text).ok().filter(|color| color.a >= 1.0) else {
                self.error(
                    stated.span(),
                    format!("`{text}` is not a valid colour without transparency"),
                    "write it like `#7a1f6b` or `oklch(0.45 0.14 330)`",
                );
                continue;
            };
            let color = rounded(&color);
            let (least, ground) = scheme.least(key, &color);
            if least < LEAST {
                let message = format!(
                    "`{text}` has a contrast of {least:.1}:1 on {ground} of the {} scheme; text needs {LEAST}:1",
                    scheme.name
                );
                let help = match scheme.readable(key, &color) {
                    Some(other) => format!("`{}` has enough", hex(&other)),
                    None => "choose another colour".to_owned(),
                };
                self.error(stated.span(), message, &help);
            }
            declared.push_str(&format!("--{key}:{};", hex(&color)));
            if let Some(behind) = scheme.behind(key, &color) {
                declared.push_str(&format!("--{key}-bg:{};", hex(&behind)));
            }
        }
        let and = if scheme.name == "dark" { " and (prefers-color-scheme:dark)" } else { "" };
        if declared.is_empty() { declared } else { format!("@media screen{and}{{:root{{{declared}}}}}\n") }
    }

    /// A font's files and the property that names it.
    fn font(&mut self, name: &str, property: &str, others: &str, files: &[Spanned<String>]) -> String {
        if let [_, _, third, ..] = files {
            self.error(third.span(), "a font may have at most two files".to_owned(), "regular and semibold");
        }
        let mut css = String::new();
        for (number, (stated, weight)) in files.iter().zip(["400", "600"]).enumerate() {
            let Some((ending, bytes)) = self.file(stated, &["woff2", "woff", "ttf", "otf"]) else { continue };
            // A font that holds all weights is named twice, and copied once.
            let same = number > 0 && files[0].as_ref() == stated.as_ref();
            let path = format!("theme/{name}-{}.{ending}", if same { "400" } else { weight });
            css.push_str(&format!(
                "@font-face{{font-family:\"Book {name}\";src:url(\"{path}\");font-weight:{weight};font-display:swap}}\n"
            ));
            if !same {
                self.dress.pages.push(Page::new(path, bytes.to_vec()));
            }
        }
        if !css.is_empty() {
            css.push_str(&format!(":root{{{property}:\"Book {name}\",{others}}}\n"));
        }
        css
    }
}

impl Scheme {
    /// What stands behind the words of a state.
    fn behind(&self, key: &str, color: &Color) -> Option<Color> {
        let paper = csscolorparser::parse(self.paper).ok()?;
        (key != "accent").then(|| rounded(&paper.interpolate_oklab(color, self.tint)))
    }

    /// The least contrast of a colour with what it stands on, and what that is.
    fn least(&self, key: &str, color: &Color) -> (f32, String) {
        let fixed = [self.paper, self.sheet].into_iter().filter_map(|text| csscolorparser::parse(text).ok());
        let grounds = fixed.chain(self.behind(key, color));
        let found = grounds.map(|ground| (contrast(color, &ground), hex(&ground)));
        found.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((1.0, String::new()))
    }

    /// The nearest colour of that hue which is readable.
    fn readable(&self, key: &str, color: &Color) -> Option<Color> {
        let [lightness, chroma, hue, _] = color.to_oklcha();
        let steps = (1..=100).map(|step| lightness + (self.toward - lightness) * step as f32 / 100.0);
        let mut candidates = steps.map(|lightness| rounded(&Color::from_oklcha(lightness, chroma, hue, 1.0)));
        candidates.find(|candidate| self.least(key, candidate).0 >= LEAST)
    }
}

/// The colour as it is written.
fn rounded(color: &Color) -> Color {
    let [red, green, blue, _] = color.to_rgba8();
    Color::from_rgba8(red, green, blue, 255)
}

fn hex(color: &Color) -> String {
    let [red, green, blue, _] = color.to_rgba8();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Contrast ratio as WCAG 2.2 defines it.
fn contrast(one: &Color, other: &Color) -> f32 {
    let luminance = |color: &Color| {
        let [red, green, blue, _] = color.to_linear_rgba();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures above are those of the sheet, and the sheet's own colours keep what a book's must.
    #[test]
    fn the_built_in_colours_are_readable_too() {
        let sheet = include_str!("../../templates/site/style.css");
        let (light, dark) = sheet.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (text, scheme) in [(light, &LIGHT), (dark, &DARK)] {
            let value = |key: &str| {
                let rest = text.split_once(&format!("--{key}: ")).unwrap().1;
                rest.split(';').next().unwrap().to_owned()
            };
            assert_eq!((value("paper").as_str(), value("sheet").as_str()), (scheme.paper, scheme.sheet));
            for key in ["accent", "ok", "wait", "bad", "info"] {
                let color = csscolorparser::parse(&value(key)).unwrap();
                let (least, ground) = scheme.least(key, &color);
                assert!(least >= LEAST, "{key} has {least} on {ground} in the {} scheme", scheme.name);
            }
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let color = |text: &str| csscolorparser::parse(text).unwrap();
        assert!((contrast(&color("#000"), &color("#fff")) - 21.0).abs() < 0.01);
        assert!((contrast(&color("#767676"), &color("#fff")) - 4.54).abs() < 0.01);
    }
}
