//! Where each stretch of a text comes from that was put together from several files.

use std::ops::Range;
use std::sync::Arc;

/// The files that a page is made of, and which of its bytes are whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Path from the book on, and text.
    files: Vec<(String, Arc<str>)>,
    runs: Vec<Run>,
}

/// Bytes of the page that stand so in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// In the page.
    at: usize,
    length: usize,
    file: usize,
    /// In the file.
    start: usize,
}

impl Origins {
    /// Path and text of the file that a place of the page comes from, and the place in it.
    pub(in crate::site) fn place(&self, span: &Range<usize>) -> Option<(&str, &str, Range<usize>)> {
        let run = self.runs[..self.runs.partition_point(|run| run.at <= span.start)].last()?;
        let (path, text) = &self.files[run.file];
        let from = (span.start - run.at).min(run.length);
        let to = (span.end.max(span.start) - run.at).min(run.length);
        Some((path, text, run.start + from..run.start + to))
    }
}

/// A text that is being put together.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) text: String,
    runs: Vec<Run>,
}

impl Text {
    /// The stretch of another text.
    pub(super) fn push(&mut self, other: &Text, range: Range<usize>) {
        let first = other.runs.partition_point(|run| run.at + run.length <= range.start);
        for run in other.runs[first..].iter().take_while(|run| run.at < range.end) {
            let from = run.at.max(range.start);
            let length = (run.at + run.length).min(range.end) - from;
            let at = self.text.len() + from - range.start;
            self.runs.push(Run { at, length, start: run.start + from - run.at, ..*run });
        }
        self.text.push_str(&other.text[range]);
    }

    /// The stretch of a file.
    pub(super) fn push_of_file(&mut self, file: usize, text: &str, range: Range<usize>) {
        self.runs.push(Run { at: self.text.len(), length: range.len(), file, start: range.start });
        self.text.push_str(&text[range]);
    }

    /// What stands in no file.
    pub(super) fn push_new(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The file that a place comes from, and the place in it.
    pub(super) fn place(&self, span: &Range<usize>) -> Option<(usize, Range<usize>)> {
        let run = self.runs[..self.runs.partition_point(|run| run.at <= span.start)].last()?;
        let from = run.start + (span.start - run.at).min(run.length);
        Some((run.file, from..from + span.len()))
    }

    /// The text, and where it comes from.
    pub(super) fn finished(self, files: Vec<(String, Arc<str>)>) -> (String, Origins) {
        (self.text, Origins { files, runs: self.runs })
    }
}
