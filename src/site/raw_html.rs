//! Raw HTML in Markdown before it is sanitised: tags of elements that a page cannot have are shown as
//! text (GFM's tag filter, and more), so that nothing of a text is lost; and `href` and `src` go through the same resolver as Markdown's.
//!
//! Nothing here is a guard; that is [`super::sanitize`]. This keeps a page readable and its links whole.

use std::fmt::Write;
use std::ops::Range;

use super::sanitize::{TAGS, key};

/// Elements whose tags may go without a trace where the page does not have them: their content stays. All others of the list
/// in [`super::sanitize`] are shown, and a tag that is in neither is text: `<path>` in a command is no element, and a parser
/// that takes it for one of a drawing drops it with all that follows.
const SILENT: &[&str] = &[
    "acronym", "address", "area", "article", "aside", "bdo", "big", "center", "col", "colgroup", "dir",
    "font", "footer", "header", "hgroup", "main", "map", "nav", "nobr", "picture", "rb", "rp", "rtc",
    "source", "strike", "tt",
];

/// Attributes that have no value.
const FLAGS: &[&str] =
    &["open", "reversed", "hidden", "nowrap", "compact", "noshade", "ismap", "alt", "download"];

/// What to write for an address.
pub(super) enum Address {
    /// Another address.
    Known {
        href: String,
        /// Width and height of an image in pixels.
        size: Option<(usize, usize)>,
    },
    /// Nothing is there: an image is replaced by its words.
    Broken,
    /// What stands there.
    AsWritten,
}

/// Rewrites one piece of raw HTML. `resolve` is given an address, whether it is loaded (`src`), and its
/// range in `html`; it answers with what to write.
pub(super) fn rewritten(html: &str, mut resolve: impl FnMut(&str, bool, Range<usize>) -> Address) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = 0;
    // Where no comment ends behind a place, none ends behind a later one: looked for once, however many begin.
    let last_end = html.rfind("-->").unwrap_or(0);
    while let Some(offset) = html[rest..].find('<') {
        let start = rest + offset;
        out.push_str(&html[rest..start]);
        if html[start..].starts_with("<!--") {
            match (start < last_end).then(|| html[start..].find("-->")).flatten() {
                Some(end) => rest = start + end + 3,
                // One that does not end is text, so that it hides nothing.
                None => {
                    out.push_str("&lt;");
                    rest = start + 1;
                }
            }
            continue;
        }
        match tag_end(html, start) {
            Some(end) if is_element(&html[start..end]) => {
                push_tag(&mut out, &html[start..end], start, &mut resolve);
                rest = end;
            }
            _ => {
                out.push_str("&lt;");
                rest = start + 1;
            }
        }
    }
    out.push_str(&html[rest..]);
    out
}

/// The byte after the tag that begins at `start`; `None` when it does not end, or is no tag.
fn tag_end(html: &str, start: usize) -> Option<usize> {
    let bytes = html.as_bytes();
    let next = *bytes.get(start + 1)?;
    if !(next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?')) {
        return None;
    }
    let mut quote = None;
    for (index, &byte) in bytes.iter().enumerate().skip(start + 1) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') if bytes[index - 1] == b'=' || bytes[index - 1].is_ascii_whitespace() => {
                quote = Some(byte);
            }
            (None, b'>') => return Some(index + 1),
            (None, b'<') => return None,
            _ => {}
        }
    }
    None
}

fn is_element(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let name =
        &name[..name.find(|c: char| c.is_ascii_whitespace() || "/>".contains(c)).unwrap_or(name.len())];
    let is_known = TAGS.iter().chain(SILENT).any(|element| name.eq_ignore_ascii_case(element));
    // In `a<b and c>d` stand words, and no attributes.
    let is_flag = |name: &str| FLAGS.iter().any(|flag| name.eq_ignore_ascii_case(flag));
    is_known && attributes(tag).iter().all(|(name, value, _)| value.is_some() || is_flag(name))
}

/// Copies one whole tag, its addresses resolved.
fn push_tag(
    out: &mut String,
    tag: &str,
    offset: usize,
    resolve: &mut impl FnMut(&str, bool, Range<usize>) -> Address,
) {
    let mut copied = 0;
    let start = out.len();
    let attributes = attributes(tag);
    let is_image = tag.get(1..5).is_some_and(|name| name.trim_end().eq_ignore_ascii_case("img"));
    let sized =
        attributes.iter().any(|(name, ..)| ["width", "height"].iter().any(|n| name.eq_ignore_ascii_case(n)));
    let mut found_size = None;
    // Written in an attribute as it could be between tags, but for what opens one.
    let alt = attributes.iter().find(|(name, ..)| name.eq_ignore_ascii_case("alt"));
    let alt = alt.and_then(|(_, range, _)| range.clone()).map(|range| tag[range].replace('<', "&lt;"));
    for (name, range, name_start) in attributes {
        let Some(range) = range else { continue };
        // The anchors of old pages: `<a name="x">`.
        if name.eq_ignore_ascii_case("name")
            && tag[1..].starts_with(['a', 'A'])
            && tag[2..].starts_with([' ', '\n', '\t'])
        {
            out.push_str(&tag[copied..name_start]);
            out.push_str("id");
            copied = name_start + name.len();
            continue;
        }
        let loaded = name.eq_ignore_ascii_case("src");
        if !loaded && !name.eq_ignore_ascii_case("href") {
            continue;
        }
        let value = &tag[range.clone()];
        match resolve(&value.replace("&amp;", "&"), loaded, offset + range.start..offset + range.end) {
            Address::Known { href, size } => {
                out.push_str(&tag[copied..range.start]);
                super::text::push_escaped(out, &href);
                found_size = found_size.or(size);
                copied = range.end;
            }
            Address::Broken if is_image && loaded => {
                out.truncate(start);
                let words = alt.filter(|alt| !alt.is_empty()).unwrap_or_else(|| value.replace('<', "&lt;"));
                let _ = write!(out, "<span class=\"{}broken-link\">{words}</span>", key());
                return;
            }
            Address::Broken | Address::AsWritten => {}
        }
    }
    out.push_str(&tag[copied..]);
    if let (Some((width, height)), true, false) = (found_size, is_image, sized) {
        out.insert_str(start + "<img".len(), &format!(" width=\"{width}\" height=\"{height}\""));
    }
    if is_image && alt.is_none() {
        out.insert_str(start + "<img".len(), " alt=\"\"");
    }
}

/// Names, ranges of values and places of the attributes of a whole tag.
fn attributes(tag: &str) -> Vec<(&str, Option<Range<usize>>, usize)> {
    let bytes = tag.as_bytes();
    let mut found = Vec::new();
    let mut index = bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len());
    while index < bytes.len() {
        let is_name = |byte: u8| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/');
        if !is_name(bytes[index]) {
            index += 1;
            continue;
        }
        let name_start = index;
        while index < bytes.len() && is_name(bytes[index]) {
            index += 1;
        }
        let name = &tag[name_start..index];
        let (range, next) = value(bytes, index).map_or((None, index), |(range, next)| (Some(range), next));
        found.push((name, range, name_start));
        index = next;
    }
    found
}

/// The value after an attribute's name that ends at `index`, and where to go on.
fn value(bytes: &[u8], mut index: usize) -> Option<(Range<usize>, usize)> {
    let blank = |index: &mut usize| {
        while bytes.get(*index).is_some_and(u8::is_ascii_whitespace) {
            *index += 1;
        }
    };
    blank(&mut index);
    if bytes.get(index) != Some(&b'=') {
        return None;
    }
    index += 1;
    blank(&mut index);
    match bytes.get(index) {
        Some(&quote @ (b'"' | b'\'')) => {
            let start = index + 1;
            let end = start + bytes[start..].iter().position(|byte| *byte == quote)?;
            Some((start..end, end + 1))
        }
        Some(_) => {
            let length = bytes[index..].iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
            let end = length.map_or(bytes.len(), |length| index + length);
            Some((index..end, end))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_swallow_become_text_and_addresses_are_resolved() {
        for (html, expected) in [
            ("<script>x</script>", "&lt;script>x&lt;/script>"),
            ("to <path> on", "to &lt;path> on"),
            ("<custom-one a=b>x</custom-one>", "&lt;custom-one a=b>x&lt;/custom-one>"),
            ("<b:x>y", "&lt;b:x>y"),
            ("<?php x ?><!DOCTYPE x><![CDATA[y]]>", "&lt;?php x ?>&lt;!DOCTYPE x>&lt;![CDATA[y]]>"),
            ("<center>x</center><br/>", "<center>x</center><br/>"),
            ("<div title=\"a", "&lt;div title=\"a"),
            ("<b>1 < 2</b>", "<b>1 &lt; 2</b>"),
            ("a<!-- note -->b", "ab"),
            ("a<!-- open", "a&lt;!-- open"),
            ("if a<b and c>d", "if a&lt;b and c>d"),
            ("<i hello world>x", "&lt;i hello world>x"),
            ("<details open><ol reversed start=3>", "<details open><ol reversed start=3>"),
            ("<img alt='>' src=a.png>", "<img alt='>' src=NEW>"),
            ("<img src=a.png>", "<img alt=\"\" src=NEW>"),
            ("<a\nhref = \"x.md\" title=\"href='y'\">", "<a\nhref = \"NEW\" title=\"href='y'\">"),
            ("<a name=\"x\"></a><p name=x>", "<a id=\"x\"></a><p name=x>"),
            ("<IMG src='b.png'>", "<IMG alt=\"\" width=\"3\" height=\"4\" src='NEW'>"),
            ("<img width=9 alt src='b.png'>", "<img alt=\"\" width=9 alt src='NEW'>"),
            ("<a href='b.png'>", "<a href='NEW'>"),
            ("<p>href=\"x\"</p>", "<p>href=\"x\"</p>"),
        ] {
            let address =
                || Address::Known { href: "NEW".to_owned(), size: html.contains("b.png").then_some((3, 4)) };
            assert_eq!(rewritten(html, |_, _, _| address()), expected, "{html}");
        }
    }

    #[test]
    fn an_image_that_is_not_there_is_its_words() {
        let html = "a <img alt=\"x > y &amp; <z\" src=b.png> <img src=c.png> <a href=d>e</a>";
        let expected = "a <span class=\"broken-link\">x > y &amp; &lt;z</span> <span class=\"broken-link\">c.png</span> <a href=d>e</a>";
        assert_eq!(rewritten(html, |_, _, _| Address::Broken).replace(key(), ""), expected);
    }

    #[test]
    fn addresses_come_with_their_place() {
        let html = "x <a href=\"../a.md#b\">";
        let mut seen = Vec::new();
        rewritten(html, |address, loaded, range| {
            seen.push((address.to_owned(), loaded, html[range].to_owned()));
            Address::AsWritten
        });
        assert_eq!(seen, [("../a.md#b".to_owned(), false, "../a.md#b".to_owned())]);
    }
}
