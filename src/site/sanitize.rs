//! The last gate before a reader's browser: an explicit list of what rendered Markdown may hold.
//!
//! Our own markup carries [`key`] in front of its classes and roles; the gate takes the key off and
//! drops these attributes where it is missing. So no text of a record can dress up as an approval mark.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::nesting::levelled;
use super::text::visible;

/// Elements that may stand in a page; the content of others stays, without their tags.
pub(super) const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "bdi",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Attributes that only our own markup may carry.
const OWN: &[&str] = &["class", "role", "aria-label", "tabindex"];

/// Schemes that a link may have.
pub(super) const SCHEMES: &[&str] = &["http", "https", "mailto", "tel", "ftp"];

/// A word that no author can guess: different in each process, and never part of the output.
static KEY: LazyLock<String> = LazyLock::new(|| {
    let random = || RandomState::new().build_hasher().finish();
    format!("k{:016x}{:016x}-", random(), random())
});

static BUILDER: LazyLock<Builder<'static>> = LazyLock::new(builder);

/// The mark in front of the value of each attribute that is our own.
pub(super) fn key() -> &'static str {
    &KEY
}

/// Marks the place where a piece of HTML goes that is whole and safe by itself, by its number.
pub(super) fn place_for(out: &mut String, number: usize) {
    let _ = write!(out, "{}{number};", key());
}

/// The HTML with everything taken out that is not on the list, and deceptive characters written out; then what
/// was set aside is put into its places.
pub(super) fn sanitized(html: &str, set_aside: &[String]) -> String {
    let clean = BUILDER.clean(&levelled(html)).to_string();
    let clean = match visible(&clean) {
        Cow::Borrowed(_) => clean,
        Cow::Owned(escaped) => escaped,
    };
    if set_aside.is_empty() {
        return clean;
    }
    let length: usize = set_aside.iter().map(String::len).sum();
    let mut out = String::with_capacity(clean.len() + length);
    let mut parts = clean.split(key());
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (number, rest) = part.split_once(';').unwrap_or((part, ""));
        out.push_str(
            number.parse().ok().and_then(|number: usize| set_aside.get(number)).map_or("", String::as_str),
        );
        out.push_str(rest);
    }
    out
}

fn builder() -> Builder<'static> {
    let attributes: &[(&str, &[&str])] = &[
        ("a", &["href"]),
        ("img", &["src", "alt", "width", "height", "loading"]),
        ("ol", &["start", "type", "reversed"]),
        ("li", &["value"]),
        ("th", &["colspan", "rowspan", "scope"]),
        ("td", &["colspan", "rowspan"]),
        ("details", &["open"]),
        ("time", &["datetime"]),
    ];
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::new())
        .tag_attributes(
            attributes
                .iter()
                .map(|(tag, names)| (*tag, names.iter().copied().collect()))
                .collect::<HashMap<_, _>>(),
        )
        .generic_attributes(OWN.iter().copied().chain(["id", "lang", "title"]).collect())
        .url_schemes(SCHEMES.iter().copied().collect())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(filtered);
    builder
}

fn filtered<'v>(element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
    if OWN.contains(&attribute) {
        return value.strip_prefix(key()).map(Cow::Borrowed);
    }
    // What is set aside goes between elements and never into one.
    if value.contains(key()) {
        return None;
    }
    let is_refused = match (element, attribute) {
        ("img", "src") => is_foreign(value),
        // An address without a scheme that leads to another host looks like one of the site.
        ("a", "href") => is_foreign(value) && scheme(value).is_none(),
        _ => false,
    };
    if is_refused {
        return None;
    }
    Some(Cow::Borrowed(value))
}

/// Whether the address leads to another host: nothing may be loaded from there.
pub(super) fn is_foreign(address: &str) -> bool {
    // As the URL Standard reads it: tabs and line ends are no part of it, and a backslash is a slash.
    let address: String = address
        .trim_start_matches(|character: char| character.is_ascii_whitespace() || character.is_control())
        .chars()
        .filter(|character| !matches!(character, '\t' | '\n' | '\r'))
        .take_while(|character| !matches!(character, '?' | '#'))
        .collect();
    address.replace('\\', "/").starts_with("//") || address.starts_with('\\') || scheme(&address).is_some()
}

/// The address's scheme in lower case, when it has one.
pub(super) fn scheme(address: &str) -> Option<String> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let well_formed = bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    well_formed.then(|| scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_and_nothing_is_dressed_up() {
        for (html, expected) in [
            ("<script>alert(1)</script>", "alert(1)"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<img src=https://evil.example/x.png alt=a>", "<img alt=\"a\">"),
            ("<img src=//evil.example/x.png>", "<img>"),
            ("<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"),
            ("<a href=\"java&#10;script:alert(1)\">x</a>", "<a>x</a>"),
            ("<a href=\"data:text/html,x\">x</a>", "<a>x</a>"),
            ("<a href=\"//evil.example/\">x</a>", "<a>x</a>"),
            ("<a href=\"/\\evil.example\">x</a>", "<a>x</a>"),
            ("<a href=\"/&#9;/evil.example\">x</a>", "<a>x</a>"),
            ("<a href=\"\\\\evil.example\">x</a>", "<a>x</a>"),
            ("<a href=\"https://a.example//x\">x</a>", "<a href=\"https://a.example//x\">x</a>"),
            ("<a href=\"a//b\">x</a>", "<a href=\"a//b\">x</a>"),
            ("<a href=\"vbscript:x\">x</a>", "<a>x</a>"),
            ("<p style=\"color:red\" class=\"chip ok\">x</p>", "<p>x</p>"),
            ("<span role=img aria-label=done>x</span>", "<span>x</span>"),
            ("<svg onload=alert(1)><circle/></svg>", ""),
            ("<iframe src=x></iframe><object data=x></object>", ""),
            ("<form action=x><button>go</button></form>", "go"),
            ("<bdo dir=rtl>abc</bdo>", "abc"),
            ("a\u{202E}b&#x202E;c", "a⟨U+202E⟩b⟨U+202E⟩c"),
            ("<base href=x><meta http-equiv=refresh content=0><link rel=stylesheet href=x>y", "y"),
        ] {
            assert_eq!(sanitized(html, &[]), expected, "{html}");
        }
    }

    #[test]
    fn own_markup_passes_without_its_key() {
        let html = format!("<span class=\"{}box done\">x</span>", key());
        assert_eq!(sanitized(&html, &[]), "<span class=\"box done\">x</span>");
    }

    #[test]
    fn what_is_set_aside_comes_back_between_elements_alone() {
        let mut place = String::new();
        place_for(&mut place, 0);
        let aside = ["<span class=\"hk\">x</span>".to_owned()];
        let html = format!("<p>{place}</p><p title=\"{place}\">b</p>{}7;", key());
        assert_eq!(sanitized(&html, &aside), "<p><span class=\"hk\">x</span></p><p>b</p>");
    }
}
