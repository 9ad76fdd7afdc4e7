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
    use super::is_still;

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
