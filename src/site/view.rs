//! What templates are given: plain data, worded for people. Every text in it is hostile until the
//! template engine has escaped it; only fields named `html` are HTML.

use serde::Serialize;

use super::groups;
use super::memory::{Key, hash_of};
use super::model::Model;
use super::paths::percent_encoded;
pub(super) use super::row::Row;
use super::text::capitalized;
use crate::diagnostic::Diagnostic;
use crate::history::CommitId;
use crate::ledger::{ApprovalFacet, CommitRef, RecordState, Status, WorkTree};
use crate::record::{Details, RecordType, Risk};

/// How good or bad something is; each has a colour and a shape of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    /// Open, allowed, met.
    Ok,
    /// Somebody has to do something.
    Wait,
    /// Shut, failed, stale.
    Bad,
    /// Worth knowing.
    Info,
    /// Neither.
    None,
}

/// A word with its tone, and the page that lists what shares it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Word {
    /// As in the frontmatter and in JSON.
    pub(super) key: String,
    /// For people.
    pub(super) label: String,
    pub(super) tone: Tone,
    /// From the site's root.
    pub(super) page: Option<String>,
}

/// A commit as people quote it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Commit {
    /// Seven digits.
    pub(super) short: String,
    /// Forty digits.
    pub(super) full: String,
    /// At the forge, when it is known.
    pub(super) url: Option<String>,
}

/// Somebody did something in a commit.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Act {
    pub(super) who: String,
    /// Their page, from the site's root.
    pub(super) page: Option<String>,
    /// Whether the policy lists them.
    pub(super) listed: bool,
    /// `16 May 2024 10:02 +02:00`.
    pub(super) time: String,
    /// `16 May 2024`.
    pub(super) day: String,
    /// RFC 3339.
    pub(super) iso: String,
    /// The commit's first line.
    pub(super) subject: String,
    pub(super) commit: Commit,
}

/// Another record, by name.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) title: Option<String>,
    /// From the site's root; absent when there never was such a record.
    pub(super) page: Option<String>,
    pub(super) status: Option<Word>,
}

/// A record as a row, a card, and the head of its own page; see [`Row`].
#[derive(Debug, Serialize)]
pub(super) struct RowFields {
    /// ID, or path when the file's name is no ID.
    pub(super) name: String,
    pub(super) title: String,
    /// From the site's root.
    pub(super) page: String,
    /// `task`, `decision`, `runbook`.
    #[serde(rename = "type")]
    pub(super) record_type: &'static str,
    /// `Terraform`, `Decision`.
    pub(super) kind: String,
    pub(super) status: Word,
    pub(super) risk: Option<Word>,
    /// `2 of 3`.
    pub(super) approval: Option<Word>,
    /// Where it stands, as one says it: `Waiting for Security review`.
    pub(super) phrase: String,
    /// Who could move it on.
    pub(super) people: Vec<Word>,
    /// What to do next.
    pub(super) next: String,
    /// The commit that proves the status.
    pub(super) since: Option<Act>,
    pub(super) updated: Option<Act>,
    pub(super) blocked_by: Vec<Reference>,
    /// Not committed, not landed, broken.
    pub(super) marks: Vec<Word>,
    pub(super) services: Vec<Word>,
    pub(super) labels: Vec<Word>,
    pub(super) emergency: bool,
    /// `25 May 2024 02:00 +02:00`.
    pub(super) scheduled: Option<String>,
    pub(super) window: Option<String>,
    pub(super) requestor: Option<String>,
    /// Number of diagnostics.
    pub(super) problems: usize,
}

/// Something wrong, with its place.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) severity: &'static str,
    /// `path:line:column`.
    pub(super) place: String,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The record's page, from the site's root.
    pub(super) page: Option<String>,
}

/// Words and tone of a status.
pub(super) fn status_word(status: Status) -> (&'static str, Tone) {
    match status {
        Status::Draft => ("Draft", Tone::None),
        Status::Proposed => ("Proposed", Tone::None),
        Status::Developing => ("Developing", Tone::Info),
        Status::InReview => ("Waiting for review", Tone::Wait),
        Status::Approved => ("Approved", Tone::Ok),
        Status::NeedsChanges => ("Needs changes", Tone::Bad),
        Status::Rejected => ("Rejected", Tone::Bad),
        Status::Staged => ("Staged", Tone::Info),
        Status::Applied => ("Applied", Tone::Ok),
        Status::Done => ("Done", Tone::Ok),
        Status::RolledBack => ("Rolled back", Tone::Bad),
        Status::Cancelled => ("Cancelled", Tone::None),
        Status::Pending => ("Pending", Tone::Wait),
        Status::Outdated => ("Outdated", Tone::Bad),
        Status::Current => ("Current", Tone::Ok),
        Status::ReviewDue => ("Review due", Tone::Wait),
        Status::Unknown => ("Unknown", Tone::Bad),
    }
}

impl Model<'_> {
    /// A commit, linked when the forge is known.
    pub(super) fn commit(&self, id: CommitId) -> Commit {
        let full = id.hex();
        let url = self.commit_url(&full);
        Commit { short: id.short(), full, url }
    }

    /// The forge's page of a commit, when the settings name a forge.
    pub(super) fn commit_url(&self, id: &str) -> Option<String> {
        let forge = self.input.config.repository_url.as_deref().filter(|url| is_web(url))?;
        Some(format!("{}/commit/{id}", forge.trim_end_matches('/').trim_end_matches(".git")))
    }

    /// An act, with the policy's name for the person.
    pub(super) fn act(&self, evidence: &CommitRef) -> Act {
        Act {
            who: evidence
                .person
                .as_deref()
                .map_or_else(|| evidence.author.to_string(), |key| self.person(key)),
            page: evidence.person.as_deref().and_then(|key| self.people.get(key).cloned()),
            listed: evidence.person.is_some(),
            time: evidence.time.human(),
            day: evidence.time.zoned().strftime("%-d %b %Y").to_string(),
            iso: evidence.time.rfc3339(),
            subject: evidence.subject.to_string(),
            commit: self.commit(evidence.commit),
        }
    }

    /// The display name of a person of the policy; the key itself for a role or a stranger.
    pub(super) fn person(&self, key: &str) -> String {
        self.input.policy.display_name(key).to_owned()
    }

    /// A hash of how people are called and where their pages are.
    pub(super) fn people_digest(&self) -> Key {
        let people = self.people.iter().map(|(key, page)| (self.person(key), key, page));
        hash_of(&people.collect::<Vec<_>>())
    }

    /// A person with their page.
    pub(super) fn person_word(&self, key: &str) -> Word {
        let page = self.people.get(key).cloned();
        Word { key: key.to_owned(), label: self.person(key), tone: Tone::None, page }
    }

    /// A group's word with the page that lists it.
    pub(super) fn word(&self, kind: &'static str, key: &str, label: &str, tone: Tone) -> Word {
        let page = self.groups.get(&(kind, key.to_owned())).cloned();
        Word { key: key.to_owned(), label: label.to_owned(), tone, page }
    }

    /// The status with its page.
    pub(super) fn status(&self, status: Status) -> Word {
        let (label, tone) = status_word(status);
        self.word("status", status.as_str(), label, tone)
    }

    /// Another record by name.
    pub(super) fn reference(&self, name: &str) -> Reference {
        let name = name.to_owned();
        match (self.by_name(&name), self.deleted(&name)) {
            (Some(record), _) => Reference {
                title: Some(record.title().to_owned()),
                page: self.record_page(&name).map(str::to_owned),
                status: Some(self.status(record.status)),
                name,
            },
            (None, Some((title, page))) => {
                let label = "deleted".to_owned();
                let status = Word { key: label.clone(), label, tone: Tone::None, page: None };
                Reference {
                    title: Some(title.to_owned()),
                    page: Some(page.to_owned()),
                    status: Some(status),
                    name,
                }
            }
            (None, None) => Reference { name, title: None, page: None, status: None },
        }
    }

    /// One record as a row, as [`row`](Self::row) keeps it.
    pub(super) fn row_fields(&self, index: usize) -> RowFields {
        let state = &self.input.state.records[index];
        let task = state.record.task();
        let group = |kind: &'static str| move |value: &String| self.word(kind, value, value, Tone::None);
        RowFields {
            name: state.name.clone(),
            title: if state.title().is_empty() { state.name.clone() } else { state.title().to_owned() },
            page: self.record_pages[index].clone(),
            record_type: state.record_type.as_str(),
            kind: kind_word(state),
            status: self.status(state.status),
            risk: state.risk.as_ref().map(|risk| self.risk(risk.level)),
            approval: state.approval.as_ref().map(approval_word),
            phrase: phrase(state),
            people: super::person::words(self, state),
            next: super::gate::next(self, state),
            since: state.evidence.as_ref().map(|evidence| self.act(evidence)),
            updated: state.updated.as_ref().map(|evidence| self.act(evidence)),
            blocked_by: state.blocked_by.iter().map(|id| self.reference(id.as_str())).collect(),
            marks: marks(state),
            services: groups::services(state).iter().map(group("service")).collect(),
            labels: groups::labels(state).iter().map(group("label")).collect(),
            emergency: task.is_some_and(|task| task.emergency.is_some()),
            scheduled: task.and_then(|task| task.scheduled.as_ref()).map(moment),
            window: task.and_then(|task| task.window.clone()),
            requestor: requestor(&state.record.details).map(|key| self.person(key)),
            problems: state.diagnostics.len(),
        }
    }

    /// The risk with its page.
    pub(super) fn risk(&self, risk: Risk) -> Word {
        self.word("risk", risk.as_str(), &format!("{} risk", risk.as_str()), Tone::None)
    }

    /// A diagnostic with its place.
    pub(super) fn problem(&self, diagnostic: &Diagnostic) -> Problem {
        Problem {
            code: diagnostic.code.as_str(),
            severity: diagnostic.severity.as_str(),
            place: format!("{}:{}:{}", diagnostic.path, diagnostic.line, diagnostic.column),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            page: self.page_of(&diagnostic.path).map(str::to_owned),
        }
    }

    /// Where a file of the book can be edited.
    pub(super) fn edit_url(&self, path: &str) -> Option<String> {
        let template = self.input.config.edit_url_template.as_deref().filter(|url| is_web(url))?;
        Some(template.replace("{path}", &percent_encoded(path)))
    }
}

/// Whether an address may be linked.
pub(super) fn is_web(url: &str) -> bool {
    matches!(super::sanitize::scheme(url).as_deref(), Some("http" | "https"))
}

/// `25 May 2024 02:00 +02:00`.
pub(super) fn moment(time: &jiff::ZonedDateTime) -> String {
    time.strftime("%a %-d %b %Y %H:%M %:z").to_string()
}

/// A moment that a trailer states (RFC 3339), at its own offset: `25 May 2024 02:40 +02:00`.
pub(super) fn stated_moment(text: &str) -> String {
    let at_offset = || {
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        let zone = pieces.to_numeric_offset()?.to_time_zone();
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(timestamp.to_zoned_datetime(zone).strftime("%-d %b %Y %H:%M %:z").to_string())
    };
    at_offset().unwrap_or_else(|| text.to_owned())
}

fn kind_word(state: &RecordState) -> String {
    match state.record_type {
        RecordType::Task => state.kind().map_or_else(|| "Task".to_owned(), |kind| capitalized(kind.as_str())),
        RecordType::Decision => "Decision".to_owned(),
        RecordType::Runbook => "Runbook".to_owned(),
    }
}

fn requestor(details: &Details) -> Option<&str> {
    match details {
        Details::Task(task) => task.requestor.as_deref(),
        Details::Decision(decision) => decision.requestor.as_deref(),
        Details::Runbook(_) => None,
    }
}

/// Where a record stands, as one says it.
pub(super) fn phrase(state: &RecordState) -> String {
    let open = super::overview::roles_open(state);
    let waits = matches!(state.status, Status::InReview | Status::Proposed | Status::Developing);
    match (state.status, &open[..]) {
        (Status::InReview, []) => "Waiting for review".to_owned(),
        (_, [only]) if waits => format!("Waiting for {only}"),
        (_, [first, second]) if waits => format!("Waiting for {first} and {second}"),
        (_, [_, _, ..]) if waits => format!("Waiting for {} approvals", open.len()),
        (Status::Pending, _) => "Waiting for the board".to_owned(),
        (status, _) => status_word(status).0.to_owned(),
    }
}

/// The approval facet in words.
pub(super) fn approval_word(facet: &ApprovalFacet) -> Word {
    let tone = match facet {
        ApprovalFacet::NotNeeded => Tone::None,
        ApprovalFacet::Partial { .. } => Tone::Wait,
        ApprovalFacet::Approved => Tone::Ok,
        ApprovalFacet::Stale | ApprovalFacet::Rejected => Tone::Bad,
    };
    Word { key: facet.to_string(), label: facet.to_string(), tone, page: None }
}

fn marks(state: &RecordState) -> Vec<Word> {
    let mut marks = Vec::new();
    let mut mark = |key: &str, label: &str, tone| {
        marks.push(Word { key: key.to_owned(), label: label.to_owned(), tone, page: None });
    };
    if state.record.is_broken() {
        mark("broken", "cannot be read", Tone::Bad);
    }
    match state.work_tree {
        WorkTree::Clean => {}
        WorkTree::Modified => mark("modified", "uncommitted changes", Tone::Wait),
        WorkTree::Added => mark("added", "not committed", Tone::Wait),
        WorkTree::Removed => mark("removed", "deleted in the work tree", Tone::Wait),
    }
    if state.landed == Some(false) {
        mark("not-landed", "not landed", Tone::Wait);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_moment_keeps_its_offset() {
        assert_eq!(stated_moment("2024-05-25T02:40:00+02:00"), "25 May 2024 02:40 +02:00");
        assert_eq!(stated_moment("2024-05-25T02:40:00Z"), "25 May 2024 02:40 +00:00");
        assert_eq!(stated_moment("some night"), "some night");
    }
}
