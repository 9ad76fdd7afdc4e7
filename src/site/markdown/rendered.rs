//! What rendering a text gives.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::site::links::Help;
use crate::site::memory::Html;

/// One rendered text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::site) struct Rendered {
    /// Sanitised; kept apart from the rest.
    #[serde(skip)]
    pub(in crate::site) html: Html,
    /// Headings in order, for "on this page".
    pub(in crate::site) headings: Vec<Heading>,
    /// Links to anchors, to be checked when every page is known.
    pub(in crate::site) anchors: Vec<AnchorUse>,
    /// Links that lead nowhere: where in the source, and why.
    pub(in crate::site) broken: Vec<BrokenLink>,
    /// Links to other hosts, in order.
    pub(in crate::site) external: Vec<ExternalLink>,
    /// Whether it has a block of Mermaid.
    pub(in crate::site) diagrams: bool,
    /// The words for the search, in lower case, sorted, with spaces between.
    pub(in crate::site) words: String,
}

/// A heading with its anchor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::site) struct Heading {
    /// 1 to 6, as written.
    pub(in crate::site) level: u8,
    /// The anchor, without `#`.
    pub(in crate::site) id: String,
    /// Without markup.
    pub(in crate::site) text: String,
}

/// A link to an anchor of a page of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::site) struct AnchorUse {
    /// The page's path in the site.
    pub(in crate::site) page: String,
    /// The anchor, decoded, without `#`.
    pub(in crate::site) fragment: String,
    /// As written.
    pub(in crate::site) destination: String,
    /// Where, in bytes of the source.
    pub(in crate::site) span: Range<usize>,
}

/// A link that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::site) struct BrokenLink {
    /// As in a diagnostic.
    pub(in crate::site) message: String,
    /// What to do.
    pub(in crate::site) help: Option<Help>,
    /// Where, in bytes of the source.
    pub(in crate::site) span: Range<usize>,
}

/// A link to another host, which a build never asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::site) struct ExternalLink {
    pub(in crate::site) address: String,
    /// Where, in bytes of the source.
    pub(in crate::site) start: usize,
}
