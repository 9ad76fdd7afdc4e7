//! The blast radius that a record tells, drawn and as lists that say the same. The drawings are files of their own:
//! a page shows one of two, and most readers are served by the lists.

use serde::Serialize;

use super::model::Model;
use super::page::Page;
use super::palette::Pair;
use super::paths::stem;
use crate::evidence::EvidenceFile;
use crate::intake::terraform::{svg, svg_tree};
use crate::ledger::RecordState;

/// How far a recorded plan reaches.
#[derive(Debug, Serialize)]
pub(super) struct RadiusView {
    environment: String,
    sentence: String,
    wide: Drawing,
    /// The same for narrow screens.
    narrow: Drawing,
    touched: Vec<Touched>,
    reached: Vec<Reached>,
}

/// A picture in a file.
#[derive(Debug, Serialize)]
struct Drawing {
    /// From the site's root.
    file: String,
    /// In CSS pixels.
    width: usize,
    height: usize,
}

#[derive(Debug, Serialize)]
struct Touched {
    address: String,
    verb: &'static str,
}

#[derive(Debug, Serialize)]
struct Reached {
    address: String,
    through: String,
}

/// The letters and lines of a drawing that no style sheet of a page reaches. What a plan touches has a thick line, and
/// the colour of links.
fn style(accent: &Pair) -> String {
    let Pair { light, dark } = accent;
    let touched = "rect[stroke-width=\"3\"]";
    format!(
        "<style>:root{{color:#1b2126;color-scheme:light dark;font-family:ui-sans-serif,system-ui,sans-serif}}{touched}{{stroke:{light}}}@media(prefers-color-scheme:dark){{:root{{color:#d9dfe2}}{touched}{{stroke:{dark}}}}}</style>"
    )
}

/// The radius of each recorded plan that touches something and names it, with its drawings.
pub(super) fn views(
    model: &Model<'_>,
    state: &RecordState,
    record_page: &str,
) -> Vec<(RadiusView, [Page; 2])> {
    let style = style(model.palette.accent());
    let drawing = |file: String, svg: &str| drawing(file, svg, &style);
    let folder = record_page.trim_end_matches(".html");
    let view = |evidence: &EvidenceFile| {
        let radius = evidence.content.plan()?.radius();
        if radius.touched.is_empty() {
            return None;
        }
        let file = format!("{folder}.radius-{}", stem(&evidence.key.to_string()));
        let (wide, wide_page) = drawing(format!("{file}.svg"), &svg(&radius));
        let (narrow, narrow_page) = drawing(format!("{file}-narrow.svg"), &svg_tree(&radius));
        let touched = radius.touched.iter();
        let reached = radius.reached.iter();
        let view = RadiusView {
            environment: evidence.key.words(),
            sentence: radius.sentence(),
            wide,
            narrow,
            touched: touched.map(|t| Touched { address: t.address.clone(), verb: t.verb }).collect(),
            reached: reached
                .map(|r| Reached { address: r.address.clone(), through: r.through.join(", ") })
                .collect(),
        };
        Some((view, [wide_page, narrow_page]))
    };
    state.evidence_files().filter_map(view).collect()
}

fn drawing(file: String, svg: &str, style: &str) -> (Drawing, Page) {
    let size = |name: &str| {
        let value = svg.split_once(name)?.1;
        value.split('"').next()?.parse().ok()
    };
    let (width, height) = (size(" width=\"").unwrap_or(0), size(" height=\"").unwrap_or(0));
    let bytes = svg.replacen('>', &format!(">{style}"), 1).into_bytes();
    (Drawing { file: file.clone(), width, height }, Page::new(file, bytes))
}
