//! How deep elements are nested in a page: a parser of HTML looks through all that is open at each tag, so that a
//! text of nothing but opening tags takes time by the square of its length.

use std::borrow::Cow;

/// Elements that stand in each other at most. Lists in lists, which Markdown makes, stay well below.
const DEEPEST: usize = 512;

/// Elements without content.
const VOID: [&str; 5] = ["br", "hr", "img", "wbr", "input"];

/// The HTML with every tag beyond the deepest level shown as text.
pub(super) fn levelled(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut open: Vec<&str> = Vec::new();
    // How many tags were shown as text and wait for their ends.
    let mut shown: Vec<&str> = Vec::new();
    for (at, _) in html.match_indices('<') {
        let tag = &html[at + 1..];
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name = &tag[..tag.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(tag.len())];
        if name.is_empty() || VOID.iter().any(|void| name.eq_ignore_ascii_case(void)) {
            continue;
        }
        let is_too_deep = match (closes, shown.last()) {
            (true, Some(last)) if last.eq_ignore_ascii_case(name) => shown.pop().is_some(),
            (true, _) => {
                if let Some(place) = open.iter().rposition(|other| other.eq_ignore_ascii_case(name)) {
                    open.truncate(place);
                }
                false
            }
            (false, _) if open.len() < DEEPEST => {
                open.push(name);
                false
            }
            (false, _) => {
                shown.push(name);
                true
            }
        };
        if is_too_deep {
            out.push_str(&html[copied..at]);
            out.push_str("&lt;");
            copied = at + 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_text() {
        let deep = |n: usize| format!("{}x{}", "<div>".repeat(n), "</div>".repeat(n));
        assert!(matches!(levelled(&deep(DEEPEST)), Cow::Borrowed(_)));
        let shown = format!("{}&lt;div>x&lt;/div>{}", "<div>".repeat(DEEPEST), "</div>".repeat(DEEPEST));
        assert_eq!(levelled(&deep(DEEPEST + 1)), shown);
        // Ends of what is not open end nothing.
        let other = "<div></p>".repeat(DEEPEST + 1);
        assert!(levelled(&other).ends_with("&lt;div></p>"));
        let flat = "<p>a</p><br><img>".repeat(2 * DEEPEST);
        assert!(matches!(levelled(&flat), Cow::Borrowed(_)));
    }
}
