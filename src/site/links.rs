//! Where a link in a text leads: from files of the book to pages of the site.

use super::model::Model;
use super::paths::{joined, percent_decoded, percent_encoded, relative};
use super::sanitize::{is_foreign, scheme};
use super::text::push_escaped;

/// What a destination turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        help: Option<String>,
    },
}

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
            Some(scheme) if scheme == "file" => {
                Resolved::Broken { message: format!("`{destination}` is a file of one machine"), help: None }
            }
            Some(scheme) if image && scheme == "data" => Resolved::Broken {
                message: "an image stands in the text as `data:`, which the site does not show".to_owned(),
                help: Some("put the image in a file beside the page".to_owned()),
            },
            _ => Resolved::External,
        }
    }

    fn internal(&self, path: &str, destination: &str, fragment: Option<String>, image: bool) -> Resolved {
        let Some(target) = joined(self.source, &percent_decoded(path)) else {
            return Resolved::Broken {
                message: format!("`{destination}` lies outside of the book"),
                help: Some("link files outside of the book by their address at the forge".to_owned()),
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
            None => Resolved::Broken {
                message: format!(
                    "`{destination}` does not exist: `{target}` is no record, page or file of the site"
                ),
                help: Some(match self.model.similar(&target) {
                    Some(similar) => format!("did you mean `{similar}`?"),
                    None => "the site holds the records, the pages of the manual, and images beside them"
                        .to_owned(),
                }),
            },
        }
    }

    /// Appends escaped text, in which IDs of other records and of commits become links.
    pub(super) fn push_with_ids(&self, out: &mut String, text: &str) {
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
        let mut rest = text;
        let mut before: Option<char> = None;
        while let Some(start) = rest.find(is_part) {
            push_escaped(out, &rest[..start]);
            before = rest[..start].chars().next_back().or(before);
            rest = &rest[start..];
            let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
            let after = rest[end..].chars().next();
            let joined = |neighbour: Option<char>| {
                neighbour.is_some_and(|c| c.is_alphanumeric() || "/\\@".contains(c))
            };
            let word = &rest[..end];
            let name = word.trim_end_matches(['-', '_']);
            let address = match self.model.mention(name) {
                Some(page) => (page != self.page).then(|| relative(self.page, page)),
                None => self.model.cited(name).and_then(|id| self.model.commit_url(id)),
            };
            match address.filter(|_| !joined(before) && !joined(after)) {
                Some(address) => {
                    out.push_str("<a href=\"");
                    push_escaped(out, &address);
                    out.push_str("\">");
                    push_escaped(out, name);
                    out.push_str("</a>");
                    push_escaped(out, &word[name.len()..]);
                }
                None => push_escaped(out, word),
            }
            before = word.chars().next_back();
            rest = &rest[end..];
        }
        push_escaped(out, rest);
    }
}
