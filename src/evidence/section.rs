//! What the record's text holds of evidence: what people read and approve.

use super::{Content, EvidenceFile};
use crate::intake::{block_of, blocks_of, put_section, with_paths};
use crate::record::edit::{EditError, replace_section};
use crate::record::{Record, RecordType, same_name};

/// The section for what is not gated, and so is no part of what is approved.
const LOG_SECTION: &str = "Deployment log";
/// The section with the paths of manifests.
const PATHS_SECTION: &str = "Manifests affected";

/// How evidence is shown in a record.
#[derive(Clone, Copy)]
pub struct Rendering<'r> {
    /// Whether its environment is gated: then it is part of what is approved, else of the log.
    pub gated: bool,
    /// Longest list of names.
    pub list_limit: usize,
    /// Whether a text is still the template's, so that it gives way.
    pub is_guidance: &'r dyn Fn(&str) -> bool,
}

impl EvidenceFile {
    /// The section that holds it.
    fn section(&self, gated: bool) -> &'static str {
        match &self.content {
            _ if !gated => LOG_SECTION,
            Content::Terraform(_) => "Plan",
            Content::Kubernetes(_) => "Changes",
            Content::Helm(_) => "Changelog review",
        }
    }

    /// The heading, of level 3, of its block in that section.
    fn heading(&self, gated: bool) -> String {
        let place = self.key.words();
        match &self.content {
            Content::Terraform(_) if !gated => format!("Plan for {place}"),
            Content::Kubernetes(_) if !gated => format!("Manifests for {place}"),
            Content::Helm(chart) => format!("{} for {place}", chart.name),
            _ => place,
        }
    }

    /// A record's text with this in it.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read, or its text leaves no room.
    pub fn put(&self, path: &str, source: &str, rendering: Rendering<'_>) -> Result<String, EditError> {
        let Rendering { gated, list_limit, is_guidance } = rendering;
        let block = self.content.block(list_limit);
        let text = put_section(path, source, self.section(gated), &self.heading(gated), &block, is_guidance)?;
        match &self.content {
            Content::Kubernetes(manifests) if gated => {
                let record = Record::parse(RecordType::Task, path, text.as_bytes());
                let section =
                    record.section(PATHS_SECTION).map_or("", |section| record.text(section.content.clone()));
                replace_section(&text, PATHS_SECTION, &with_paths(section, &manifests.paths, is_guidance))
            }
            _ => Ok(text),
        }
    }

    /// A record's text without it.
    ///
    /// # Errors
    /// [`EditError`] when the record cannot be read.
    pub fn take_out(&self, path: &str, source: &str, gated: bool) -> Result<String, EditError> {
        crate::intake::take_section(path, source, self.section(gated), &self.heading(gated))
    }

    /// How the record's text differs from this, or this from what was written, in words; `None` where all say the same. White
    /// space is nothing.
    pub fn differs(&self, record: &Record, gated: bool, list_limit: usize) -> Option<String> {
        if let Some(edited) = self.edited() {
            return Some(edited);
        }
        let (section, heading) = (self.section(gated), self.heading(gated));
        let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = block_of(record, section, &heading);
        match said {
            None => Some(format!("“{section}” has no “{heading}”, although evidence is recorded for it")),
            Some(said) if folded(&said) != folded(&self.content.block(list_limit)) => {
                Some(format!("“{section}”, “{heading}” does not match {}", self.path()))
            }
            Some(_) => None,
        }
    }
}

/// The sections that hold what tools found for gated environments.
const SECTIONS: [&str; 3] = ["Plan", "Changes", "Changelog review"];

/// What a record's text holds of evidence that is not there, or holds twice, in words: blocks under the name of a gated
/// environment that read as a tool's. Approvers read them.
pub fn unfounded(record: &Record, files: &[&EvidenceFile], gated: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for section in SECTIONS {
        let blocks = blocks_of(record, section);
        for (place, (heading, block)) in blocks.iter().enumerate() {
            if !is_for_one_of(heading, gated) || !is_a_tools(block) {
                continue;
            }
            let is_founded =
                files.iter().any(|file| file.section(true) == section && file.heading(true) == *heading);
            if !is_founded {
                found.push(format!("“{section}” has “{heading}”, but no evidence is recorded for it"));
            } else if blocks[..place].iter().any(|(other, _)| other == heading) {
                found.push(format!("“{section}” has “{heading}” twice"));
            }
        }
    }
    found
}

/// Whether a heading names an environment, or a stack or chart in it.
fn is_for_one_of(heading: &str, environments: &[&str]) -> bool {
    let place = heading.rsplit_once(" for ").map_or(heading, |(_, place)| place);
    let environment = place.split_once(", stack ").map_or(place, |(environment, _)| environment);
    environments.iter().any(|known| same_name(known, environment.trim()))
}

/// Whether a block begins as one that was rendered from evidence.
fn is_a_tools(block: &str) -> bool {
    let line = block.lines().next().unwrap_or_default();
    let begins = ["Plan: ", "No changes", "Changes to Outputs"].iter().any(|begin| line.starts_with(begin));
    let is_count = line
        .split_once(' ')
        .is_some_and(|(number, rest)| number.parse::<u64>().is_ok() && rest.starts_with("object"));
    begins || is_count || line.contains(" → ")
}
