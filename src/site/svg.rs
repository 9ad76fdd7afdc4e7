//! Whether an SVG file only draws. Shown as an image it cannot run anything; opened by itself it could.

use std::borrow::Cow;

use roxmltree::{Document, Node, ParsingOptions};

use super::sanitize::{SCHEMES, scheme};

const SVG: &str = "http://www.w3.org/2000/svg";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Elements that draw, or say of what is drawn; `a` leads somewhere else when it is asked to.
const DRAWING: &[&str] = &[
    "a",
    "circle",
    "clipPath",
    "defs",
    "desc",
    "ellipse",
    "filter",
    "g",
    "image",
    "line",
    "linearGradient",
    "marker",
    "mask",
    "metadata",
    "path",
    "pattern",
    "polygon",
    "polyline",
    "radialGradient",
    "rect",
    "stop",
    "style",
    "svg",
    "switch",
    "symbol",
    "text",
    "textPath",
    "title",
    "tspan",
    "use",
    "view",
];

/// What loads something in a style, besides `url()`.
const LOADING: &[&str] = &["@import", "@font-face", "image(", "image-set(", "cross-fade(", "src("];

/// Raster images that may stand in a drawing itself.
const EMBEDDED: &[&str] = &["data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"];

/// More nodes are no drawing that a page should show.
const MOST_NODES: u32 = 1_000_000;

/// Why a drawing is not taken over: what it holds that is neither shape nor text nor an image of its own. `None` when it only
/// draws, whoever opens it.
pub(super) fn refusal(bytes: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Some("it is not UTF-8".to_owned()) };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let whole = without_type(text);
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(&whole, options) {
        Ok(document) => document,
        Err(roxmltree::Error::DtdDetected) => {
            return Some("it declares its own document type".to_owned());
        }
        Err(wrong) => return Some(format!("it is not valid XML: {wrong}")),
    };
    if !document.root_element().has_tag_name((SVG, "svg")) {
        return Some(format!("its root is not an `svg` of `{SVG}`"));
    }
    document.descendants().find_map(refusal_of)
}

/// The text without a document type that declares nothing itself, as Graphviz and Inkscape write one. The parser refuses every
/// other.
fn without_type(text: &str) -> Cow<'_, str> {
    let stated = text.find("<!DOCTYPE").and_then(|start| Some((start, start + text[start..].find('>')? + 1)));
    match stated {
        Some((start, end)) if !text[start..end].contains('[') => {
            Cow::Owned(format!("{}{}", &text[..start], &text[end..]))
        }
        _ => Cow::Borrowed(text),
    }
}

fn refusal_of(node: Node<'_, '_>) -> Option<String> {
    if let Some(instruction) = node.pi() {
        return Some(format!("it contains the processing instruction `{}`", instruction.target));
    }
    if node.is_text() {
        let is_style = node.parent().is_some_and(|parent| parent.has_tag_name((SVG, "style")));
        return node
            .text()
            .filter(|text| is_style && loads(text))
            .map(|_| "its style loads an external resource".to_owned());
    }
    if !node.is_element() {
        return None;
    }
    let (name, namespace) = (node.tag_name().name(), node.tag_name().namespace().unwrap_or_default());
    let is_known = match namespace {
        SVG => DRAWING.contains(&name) || name.starts_with("fe"),
        RDF => true,
        // Editors keep their own notes in namespaces of their own, which mean nothing to a browser.
        other => !["w3.org", "mozilla.org"].iter().any(|host| other.contains(host)) && !other.is_empty(),
    };
    if !is_known {
        return Some(format!("it contains `<{name}>`"));
    }
    node.attributes().find_map(|attribute| {
        let value = attribute.value();
        let is_harmless = match (attribute.namespace(), attribute.name()) {
            (Some(XML), name) => name != "base",
            (_, "href") => may_be_named(name, value),
            (_, name) => {
                !name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("on")) && !loads(value)
            }
        };
        (!is_harmless).then(|| format!("its `<{name}>` has `{}=\"{}\"`", attribute.name(), short(value)))
    })
}

/// What of a value a message shows.
fn short(value: &str) -> String {
    const MOST: usize = 40;
    let cut: String = value.chars().take(MOST).collect();
    if cut.len() < value.len() { format!("{cut}…") } else { cut }
}

/// Whether an element may have that address: a part of the drawing, an image in it, or for a link any page.
fn may_be_named(element: &str, address: &str) -> bool {
    let address = address.trim();
    let is_page = || {
        let plain = !address.contains(char::is_control);
        plain && scheme(address).is_none_or(|scheme| SCHEMES.contains(&scheme.as_str()))
    };
    address.starts_with('#')
        || (element == "a" && is_page())
        || (element.ends_with("mage") && EMBEDDED.iter().any(|kind| address.starts_with(kind)))
}

/// Whether a style, or an attribute that is read as one, loads something from outside of the drawing. What is written in
/// escapes may be anything.
fn loads(style: &str) -> bool {
    let style = style.to_ascii_lowercase();
    let is_own = |address: &str| {
        let address = address.trim_start().trim_start_matches(['"', '\'']);
        address.starts_with('#') || EMBEDDED.iter().any(|kind| address.starts_with(kind))
    };
    style.contains('\\')
        || LOADING.iter().any(|word| style.contains(word))
        || style.split("url(").skip(1).any(|address| !is_own(address))
}

/// Width and height in pixels, as the drawing says itself or by its view box.
pub(super) fn size(bytes: &[u8]) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let tag = &text[text.find("<svg")?..];
    let tag = &tag[..tag.find('>')?];
    let attribute = |name: &str| {
        let (at, _) = tag.match_indices(name).find(|(at, _)| tag[..*at].ends_with(char::is_whitespace))?;
        let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..].split(quote).next()
    };
    let length = |text: &str| pixels(text.trim().trim_end_matches("px"));
    let stated = attribute("width").and_then(length).zip(attribute("height").and_then(length));
    stated.or_else(|| {
        let view = attribute("viewBox")?;
        let mut numbers = view.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
        let (width, height) = (numbers.nth(2)?, numbers.next()?);
        pixels(width).zip(pixels(height))
    })
}

/// A length that an image can have.
fn pixels(text: &str) -> Option<usize> {
    let number: f64 = text.parse().ok()?;
    // The cast is of a small whole number.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it must be from 1 to 99,999"
    )]
    (0.5..99_999.0).contains(&number).then(|| number.round() as usize)
}

#[cfg(test)]
mod tests {
    use super::{refusal, size};

    #[test]
    fn a_drawing_says_its_size() {
        for (drawing, expected) in [
            ("<svg width=\"20\" height='30px' viewBox=\"0 0 1 1\">", Some((20, 30))),
            ("<?xml version=\"1.0\"?>\n<svg viewBox=\"0,0 100.4 50\"/>", Some((100, 50))),
            ("<svg width=\"100%\" height=\"5em\" viewBox=\"0 0 8 9\">", Some((8, 9))),
            ("<svg stroke-width=\"3\" height=\"5\">", None),
            ("<svg width=\"-1\" height=\"inf\">", None),
            ("<svg", None),
            ("x", None),
        ] {
            assert_eq!(size(drawing.as_bytes()), expected, "{drawing}");
        }
    }

    /// A whole drawing around a part.
    fn drawing(part: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:x=\"http://www.w3.org/1999/xlink\">{part}</svg>"
        )
    }

    #[test]
    fn drawings_pass() {
        for good in [
            "<path d=\"M0 0\"/><text>one, on = off, the button on=1</text>",
            "<text>K&#228;fig &amp; &lt;settings/&gt;</text>",
            "<defs><linearGradient id=\"a\"/></defs><rect fill=\"url(#a)\" style=\"stroke: url('#a')\"/>",
            "<style>.a { fill: red }</style><use x:href=\"#a\"/>",
            "<image href=\"data:image/png;base64,AAAA\"/><a href=\"https://example.org/\"><text>x</text></a>",
            "<metadata><r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/></metadata>",
            "<i:view xmlns:i=\"http://www.inkscape.org/namespaces/inkscape\" i:current=\"1\" id=\"v\"/>",
            "<!-- a note -->",
        ] {
            assert_eq!(refusal(drawing(good).as_bytes()), None, "{good}");
        }
        let graphviz = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\"\n \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n";
        assert_eq!(refusal((graphviz.to_owned() + &drawing("<g/>")).as_bytes()), None);
    }

    #[test]
    fn what_does_more_than_draw_is_refused() {
        for bad in [
            "<script>x</script>",
            "<s:script xmlns:s=\"http://www.w3.org/2000/svg\">x</s:script>",
            "<h:script xmlns:h=\"http://www.w3.org/1999/xhtml\">x</h:script>",
            "<g onload=\"x\"/>",
            "<g ONLOAD=\"x\"/>",
            "<g i:onload=\"x\" xmlns:i=\"http://www.inkscape.org/namespaces/inkscape\"/>",
            "<a href=\"java&#10;script:x\"><text>x</text></a>",
            "<a href=\"&#106;avascript:x\"><text>x</text></a>",
            "<a x:href=\" javascript:x\"><text>x</text></a>",
            "<foreignObject/>",
            "<animate attributeName=\"href\" to=\"javascript:x\"/>",
            "<set attributeName=\"onload\" to=\"x\"/>",
            "<image href=\"https://example.org/x.png\"/>",
            "<image href=\"//example.org/x.png\"/>",
            "<image href=\"data:image/svg+xml;base64,AAAA\"/>",
            "<use href=\"https://example.org/x.svg#a\"/>",
            "<use x:href=\"data:image/svg+xml,x#a\"/>",
            "<feImage href=\"https://example.org/x.png\"/>",
            "<style>@import url(https://example.org/x.css);</style>",
            "<style>@import '//example.org/x.css';</style>",
            "<style>a { background: u\\72l(//example.org/x) }</style>",
            "<rect fill=\"url(https://example.org/x.svg#a)\"/>",
            "<rect style=\"background: url( &quot;//example.org/x&quot; )\"/>",
            "<rect fill=\"\\75rl(//example.org/x)\"/>",
            "<g xml:base=\"https://example.org/\"><use href=\"#a\"/></g>",
            "<?xml-stylesheet href=\"https://example.org/x.css\"?>",
        ] {
            assert!(refusal(drawing(bad).as_bytes()).is_some(), "{bad}");
        }
        let types = [
            "<!DOCTYPE svg [<!ENTITY x \"y\">]>",
            "<!DOCTYPE svg SYSTEM \"x\" [ <!ATTLIST svg onload CDATA \"alert(1)\"> ]>",
            "<!DOCTYPE x PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"y\" [<!ATTLIST svg onload CDATA \"alert(1)\">]>",
            "<!DOCTYPE svg [\n]>",
            "<!-- <!DOCTYPE svg> --><!DOCTYPE svg [<!ATTLIST svg onload CDATA \"alert(1)\">]>",
            "<!DOCTYPE svg SYSTEM \">\" [<!ATTLIST svg onload CDATA \"alert(1)\">]>",
        ];
        for declared in types {
            assert!(refusal((declared.to_owned() + &drawing("")).as_bytes()).is_some(), "{declared}");
        }
        for whole in ["<svg><g/></svg>", "<svg", "", "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>"] {
            assert!(refusal(whole.as_bytes()).is_some(), "{whole}");
        }
        assert!(refusal(&[0xFF, 0xFE, b'<', 0]).is_some());
        assert!(refusal(drawing(&"<g>".repeat(200_000)).as_bytes()).is_some(), "and it ends");
    }
}
