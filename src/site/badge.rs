//! `INFRA-150: approved` as a small picture for other pages.

use super::model::Model;
use super::page::Page;
use super::palette::Pair;
use super::text::{escaped, visible};
use super::view::{Tone, status_word};

/// The badge of each record, deleted ones included.
pub(super) fn pages<'m>(model: &'m Model<'_>) -> impl Iterator<Item = Page> + 'm {
    let records = model.input.state.records.iter().zip(&model.record_pages).map(|(state, page)| {
        let (word, tone) = status_word(state.status);
        badge(model, page, &state.name, word, tone)
    });
    let deleted = model
        .deleted_pages
        .iter()
        .map(|(index, page)| badge(model, page, &model.input.deleted[*index].name, "Deleted", Tone::None));
    records.chain(deleted)
}

/// One of them, beside the page that it stands for.
fn badge(model: &Model<'_>, page: &str, name: &str, word: &str, tone: Tone) -> Page {
    let Pair { light, dark } = model.palette.of(tone);
    // Without the font at hand: the width that a browser's default takes for most words.
    let width = |text: &str| text.chars().count() * 7 + 12;
    let (left, right) = (width(name), width(word));
    let (name, word) = (escaped(&visible(name)), escaped(word));
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" role=\"img\" aria-label=\"{name}: {word}\"><style>path{{fill:{light}}}path+text{{fill:#fff}}@media(prefers-color-scheme:dark){{path{{fill:{dark}}}path+text{{fill:#14181b}}}}</style><rect width=\"{0}\" height=\"20\" rx=\"3\" fill=\"#333b41\"/><g fill=\"#fff\" font-family=\"system-ui,sans-serif\" font-size=\"11\"><text x=\"6\" y=\"14\" textLength=\"{2}\">{name}</text><path d=\"M{left} 0h{1}a3 3 0 0 1 3 3v14a3 3 0 0 1 -3 3h-{1}z\"/><text x=\"{3}\" y=\"14\" textLength=\"{4}\">{word}</text></g></svg>\n",
        left + right,
        right - 3,
        left - 12,
        left + 6,
        right - 12,
    );
    Page::new(format!("badges/{}.svg", page.trim_end_matches(".html")), svg.into_bytes())
}
