//! Whether an SVG file only draws. Shown as an image it cannot run anything; opened by itself it could.

/// Words of which none may stand in a drawing that is copied.
const MOVING: &[&str] = &[
    "<!entity",
    "<?xml-stylesheet",
    "javascript:",
    "vbscript:",
    "data:text",
    "data:image/svg",
    "foreignobject",
    "<iframe",
    "<embed",
    "<object",
    "<handler",
    "<listener",
    "<animate",
    "<set",
    "<link",
    "<meta",
    "<base",
];

/// True for a UTF-8 drawing without script, event handlers, foreign content or encoded addresses.
pub(super) fn is_still(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.to_lowercase();
    let squeezed: String =
        text.chars().filter(|character| !character.is_whitespace() && !character.is_control()).collect();
    !MOVING.iter().any(|word| squeezed.contains(word))
        && !squeezed.contains("<script")
        && !squeezed.contains(":script")
        && !squeezed.contains("href=\"&")
        && !squeezed.contains("href='&")
        && !squeezed.contains("&#")
        && !has_handler(&text)
        && !text.contains("<!doctype svg [")
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
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 1 to 99,999")]
    (0.5..99_999.0).contains(&number).then(|| number.round() as usize)
}

/// Whether an attribute beginning with `on` stands in the text.
fn has_handler(text: &str) -> bool {
    text.match_indices("on").any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let separated =
            before.is_none_or(|character| character.is_whitespace() || "/\"'".contains(character));
        let rest = text[start..].trim_start_matches(|character: char| character.is_ascii_alphabetic());
        separated && rest.trim_start().starts_with('=')
    })
}

#[cfg(test)]
mod tests {
    use super::{is_still, size};

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

    #[test]
    fn drawings_pass_and_programs_do_not() {
        assert!(is_still(
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/><text>one</text></svg>"
        ));
        for bad in [
            "<svg><script>x</script></svg>",
            "<svg><s:script>x</s:script></svg>",
            "<svg onload=\"x\"/>",
            "<svg/onload=x>",
            "<svg><a href=\"java\nscript:x\">x</a></svg>",
            "<svg><a href=\"&#106;avascript:x\">x</a></svg>",
            "<svg><foreignObject/></svg>",
            "<!DOCTYPE svg [<!ENTITY x \"y\">]><svg/>",
        ] {
            assert!(!is_still(bad.as_bytes()), "{bad}");
        }
        assert!(!is_still(&[0xFF, 0xFE, b'<', 0]));
    }
}
