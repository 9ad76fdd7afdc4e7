//! What of a text a reader of the page sees.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::markdown::markdown_options;

/// Whether anything of a text is rendered: comments, definitions, empty bullets and characters without ink are not.
pub fn renders(markdown: &str) -> bool {
    let text = without_comments(markdown);
    let mut depth = 0usize;
    Parser::new_ext(&text, markdown_options()).any(|event| match event {
        // A footnote that nothing refers to is not shown.
        Event::Start(Tag::FootnoteDefinition(_)) => {
            depth += 1;
            false
        }
        Event::End(TagEnd::FootnoteDefinition) => {
            depth = depth.saturating_sub(1);
            false
        }
        _ if depth > 0 => false,
        Event::Text(text) | Event::Code(text) => text.chars().any(has_ink),
        Event::Html(html) | Event::InlineHtml(html) => has_text(&html) || html.contains("<img"),
        Event::Start(Tag::Image { .. }) | Event::TaskListMarker(_) => true,
        _ => false,
    })
}

/// The text between the tags.
fn has_text(html: &str) -> bool {
    let mut in_tag = false;
    html.chars().any(|c| match c {
        '<' => {
            in_tag = true;
            false
        }
        '>' => {
            in_tag = false;
            false
        }
        c => !in_tag && has_ink(c),
    })
}

fn has_ink(c: char) -> bool {
    let is_invisible = matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{3164}' | '\u{2800}');
    !c.is_whitespace() && !c.is_control() && !is_invisible
}

/// A text without its HTML comments.
pub fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, behind)) = rest.split_once("<!--") {
        kept.push_str(before);
        // One that is not closed hides all that follows.
        rest = behind.split_once("-->").map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_sees() {
        for text in ["a", "- [ ] a", "![i](p.png)", "`x`", "<b>x</b>", "a<!-- b -->", "| a |\n|---|\n| b |"] {
            assert!(renders(text), "{text}");
        }
        for text in [
            "",
            " \n",
            "<!-- a -->",
            "<!-- a\n\nb -->\n\n<!-- c",
            "[a]: /url",
            "[^1]: note",
            "&nbsp;",
            "\u{200b}",
            "<b></b>",
            "- \n- ",
            "---",
        ] {
            assert!(!renders(text), "{text}");
        }
    }
}
