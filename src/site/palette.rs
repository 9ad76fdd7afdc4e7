//! The colours of drawings that stand in files of their own, where no style sheet of a page reaches: the built-in ones,
//! or those of the book's theme.

use csscolorparser::Color;
use toml::Spanned;

use super::model::Model;
use super::page::Page;
use super::view::Tone;
use crate::book::{Colors, Theme};

/// A colour in each scheme, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) light: String,
    pub(super) dark: String,
}

/// What `style.css` says of each: key, light, dark.
const BUILT_IN: [(&str, &str, &str); 6] = [
    ("accent", "#1d5a8f", "#7fb6e6"),
    ("ok", "#1d6b3f", "#74c794"),
    ("wait", "#805300", "#deb05c"),
    ("bad", "#b02318", "#f2887c"),
    ("info", "#35558a", "#94b3e6"),
    ("quiet", "#56616a", "#98a4ac"),
];

/// The colours of a book.
#[derive(Debug)]
pub(super) struct Palette([Pair; BUILT_IN.len()]);

impl Palette {
    /// The built-in colours with the theme's in place of some. What is no colour is left out: `theme` tells.
    pub(super) fn new(theme: &Theme) -> Self {
        let own = |colors: &Colors, key: &str| {
            let stated: &Spanned<String> = colors.given().find(|(given, _)| *given == key)?.1;
            csscolorparser::parse(stated.as_ref()).ok().map(|color| hex(&color))
        };
        Palette(BUILT_IN.map(|(key, light, dark)| {
            let light = own(&theme.light, key).unwrap_or_else(|| light.to_owned());
            let dark = own(&theme.dark, key).unwrap_or_else(|| dark.to_owned());
            Pair { light, dark }
        }))
    }

    /// The colour of a state.
    pub(super) fn of(&self, tone: Tone) -> &Pair {
        self.named(match tone {
            Tone::Ok => "ok",
            Tone::Wait => "wait",
            Tone::Bad => "bad",
            Tone::Info => "info",
            Tone::None => "quiet",
        })
    }

    /// The colour of links.
    pub(super) fn accent(&self) -> &Pair {
        self.named("accent")
    }

    fn named(&self, key: &str) -> &Pair {
        let index = BUILT_IN.iter().position(|(name, ..)| *name == key).unwrap_or(0);
        &self.0[index]
    }
}

/// A file of the site that no book fills, with the theme's colour of links in the built-in mark of the browser's tab; a
/// book's own mark stays as it is.
pub(super) fn dyed(model: &Model<'_>, name: &str, text: &str) -> Page {
    let own = model.input.template_overrides.contains_key("site/favicon.svg");
    if name != "favicon.svg" || own {
        return Page::new(name, text.as_bytes().to_vec());
    }
    let Pair { light, dark } = model.palette.accent();
    let (_, built_in_light, built_in_dark) = BUILT_IN[0];
    Page::new(name, text.replacen(built_in_light, light, 1).replacen(built_in_dark, dark, 1).into_bytes())
}

fn hex(color: &Color) -> String {
    let [red, green, blue, _] = color.to_rgba8();
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures above are those of the sheet.
    #[test]
    fn built_in_colours_are_those_of_the_sheet() {
        let sheet = include_str!("../../templates/site/style.css");
        let (light, dark) = sheet.split_once("@media (prefers-color-scheme: dark)").unwrap();
        for (key, in_light, in_dark) in BUILT_IN {
            assert!(light.contains(&format!("--{key}: {in_light};")), "{key}");
            assert!(dark.contains(&format!("--{key}: {in_dark};")), "{key}");
        }
    }
}
