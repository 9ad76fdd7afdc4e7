//! Where a link in a text leads: from files of the book to pages of the site.

use std::ops::Range;

use super::model::Model;
use super::paths::{joined, percent_decoded, percent_encoded, relative};
use super::sanitize::{is_foreign, scheme};
use super::text::push_escaped;

/// What a destination turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) enum Resolved {
    /// Another host, or a mail address; kept as written, the sanitiser drops unlisted schemes.
    External,
    /// A page of the site.
    Page {
        /// The address to write.
        href: String,
        /// The page's path in the site.
        page: String,
        /// The anchor, decoded.
        fragment: Option<String>,
    },
    /// An image or download that the site copies.
    File {
        /// The address to write.
        href: String,
        /// Width and height of an image in pixels.
        size: Option<(usize, usize)>,
    },
    /// Nothing is there.
    Broken {
        /// As in a diagnostic.
        message: String,
        /// What to do.
        help: Option<Help>,
    },
}

/// What to do about a destination that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Help {
    /// As in a diagnostic.
    Text(String),
    /// The book has no file of this path; one that looks like it may be meant.
    NoFile(String),
}

/// What to do about a file that the site does not take over.
const REFUSED: &str =
    "a drawing may only contain shapes, text and embedded raster images; link other files at the forge";

/// One text and the page that shows it.
pub(super) struct LinkScope<'a> {
    pub(super) model: &'a Model<'a>,
    /// The file, relative to the book.
    pub(super) source: &'a str,
    /// The page, relative to the output.
    pub(super) page: &'a str,
}

impl LinkScope<'_> {
    /// Where the destination leads; `image` when it is to be loaded and not followed.
    pub(super) fn resolve(&self, destination: &str, image: bool) -> Resolved {
        let destination = destination.trim();
        if is_foreign(destination) {
            return self.foreign(destination, image);
        }
        let (path, fragment) = match destination.split_once('#') {
            Some((path, fragment)) => (path, Some(percent_decoded(fragment)).filter(|text| !text.is_empty())),
            None => (destination, None),
        };
        let path = path.split('?').next().unwrap_or("");
        if path.is_empty() {
            let href = fragment.as_ref().map_or("#".to_owned(), |text| format!("#{}", percent_encoded(text)));
            return Resolved::Page { href, page: self.page.to_owned(), fragment };
        }
        self.internal(path, destination, fragment, image)
    }

    fn foreign(&self, destination: &str, image: bool) -> Resolved {
        match scheme(destination) {
            Some(scheme) if scheme == "file" => Resolved::Broken {
                message: format!("`{destination}` is a path on a single machine"),
                help: None,
            },
            Some(scheme) if image && scheme == "data" => Resolved::Broken {
                message: "an image is embedded as `data:`, which the site does not show".to_owned(),
                help: Some(Help::Text("put the image in a file next to the page".to_owned())),
            },
            _ => Resolved::External,
        }
    }

    fn internal(&self, path: &str, destination: &str, fragment: Option<String>, image: bool) -> Resolved {
        let Some(target) = joined(self.source, &percent_decoded(path)) else {
            return Resolved::Broken {
                message: format!("`{destination}` is outside of the book"),
                help: Some(Help::Text(
                    "link to files outside of the book by their URL at the forge".to_owned(),
                )),
            };
        };
        if !image && let Some(page) = self.model.page_of(&target) {
            let mut href = relative(self.page, page);
            if let Some(fragment) = &fragment {
                href.push('#');
                href.push_str(&percent_encoded(fragment));
            }
            return Resolved::Page { href, page: page.to_owned(), fragment };
        }
        match self.model.file_of(&target) {
            Some(file) => Resolved::File { href: relative(self.page, &file.to), size: file.size },
            None => match self.model.refused.get(&target) {
                Some(why) => Resolved::Broken {
                    message: format!("`{destination}` is not included in the site: {why}"),
                    help: Some(Help::Text(REFUSED.to_owned())),
                },
                None => Resolved::Broken {
                    message: format!(
                        "`{destination}` does not exist: `{target}` is not a record, page or file of the site"
                    ),
                    help: Some(Help::NoFile(target)),
                },
            },
        }
    }

    /// Where a word of the text leads that names another record or a commit.
    pub(super) fn address_of(&self, name: &str) -> Option<String> {
        match self.model.mention(name) {
            Some(page) => (page != self.page).then(|| relative(self.page, page)),
            None => self.model.cited(name).and_then(|id| self.model.commit_url(id)),
        }
    }
}

/// Whether a word could name a record or a commit in some book.
fn may_name(word: &str) -> bool {
    let distinct = word.bytes().any(|byte| byte == b'-' || byte == b'_' || byte.is_ascii_digit());
    (distinct && word.len() > 2) || (word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The words of a text that have an address, in order.
pub(super) fn ids(
    text: &str,
    mut address_of: impl FnMut(&str) -> Option<String>,
) -> Vec<(Range<usize>, String)> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let joined =
        |neighbour: Option<char>| neighbour.is_some_and(|c| c.is_alphanumeric() || "/\\@".contains(c));
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(is_part) {
        let start = from + start;
        let end = text[start..].find(|character| !is_part(character)).map_or(text.len(), |end| start + end);
        from = end;
        let name = text[start..end].trim_end_matches(['-', '_']);
        if !may_name(name) {
            continue;
        }
        if joined(text[..start].chars().next_back()) || joined(text[end..].chars().next()) {
            continue;
        }
        let Some(address) = address_of(name) else { continue };
        found.push((start..start + name.len(), address));
    }
    found
}

/// Appends escaped text, in which the words that have an address become links.
pub(super) fn push_with_ids(out: &mut String, text: &str, address_of: impl FnMut(&str) -> Option<String>) {
    let mut done = 0;
    for (word, address) in ids(text, address_of) {
        push_escaped(out, &text[done..word.start]);
        out.push_str("<a href=\"");
        push_escaped(out, &address);
        out.push_str("\">");
        push_escaped(out, &text[word.clone()]);
        out.push_str("</a>");
        done = word.end;
    }
    push_escaped(out, &text[done..]);
}
