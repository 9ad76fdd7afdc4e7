//! The list of runbooks: whoever comes with what they see finds it here, and one tap further what to do.

use serde::Serialize;

use super::checks::Text;
use super::lists::{About, Pages, Shape, paged_as, words_of};
use super::markdown::Heading;
use super::model::Model;
use super::runbook::{RunbookView, facts, issues};
use super::view::Row;
use crate::record::RecordType;

/// Most issues of a runbook that the list names; its own page has all.
const ISSUES: usize = 24;
/// How much room a page has, in issues.
const ROOM: usize = 180;
/// What a runbook takes of it besides its issues.
const HEAD: usize = 5;

/// One runbook of the list.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    row: Row,
    /// None where the file cannot be read.
    runbook: Option<RunbookView>,
    /// What one may see when something is wrong, with the anchors on its page.
    issues: Vec<Heading>,
    /// How many more there are.
    n_more: usize,
}

/// The pages of the list.
pub(super) fn pages(model: &Model<'_>, texts: &[Text]) -> Pages<Entry> {
    let records = &model.input.state.records;
    let is_runbook = |index: &usize| records[*index].record_type == RecordType::Runbook;
    let indexes: Vec<usize> = (0..records.len()).filter(is_runbook).collect();
    let seen = |index: usize| texts.get(index).map(|text| issues(&text.headings)).unwrap_or_default();
    let row = |index: usize| {
        let mut issues = seen(index);
        let n_more = issues.len().saturating_sub(ISSUES);
        issues.truncate(ISSUES);
        Entry { row: model.row(index), runbook: facts(model, &records[index]), issues, n_more }
    };
    let shape = Shape { row: &row, weight: &|index| HEAD + seen(index).len().min(ISSUES), room: ROOM };
    let (title, lead, command) = words_of(Some(RecordType::Runbook));
    let about = About { title, lead, command, filter: true };
    paged_as(model, "runbooks.html", about, indexes, &shape)
}

#[cfg(test)]
mod tests {
    use crate::record::Details;
    use crate::site::fixture::{self, Book};

    fn pages(book: &Book) -> Vec<(String, String)> {
        let pages = crate::site::render_site(&book.input()).unwrap().into_iter();
        let runbooks = pages.filter(|page| page.path.contains("runbooks") && page.path.ends_with(".html"));
        runbooks.map(|page| (page.path.clone(), page.text().to_owned())).collect()
    }

    #[test]
    fn what_one_sees_leads_to_what_to_do() {
        let pages = pages(&fixture::book());
        let list = &pages.iter().find(|(path, _)| path == "runbooks.html").unwrap().1;
        let own = &pages.iter().find(|(path, _)| path == "runbooks/redis-cluster.html").unwrap().1;
        let link = "<a href=\"runbooks/redis-cluster.html#high-memory-usage\">High memory usage</a>";
        assert!(list.contains(link) && own.contains("<h3 id=\"high-memory-usage\">"), "{list}");
        for wanted in [
            "RTO</abbr></dt><dd>30m",
            "Owner</dt><dd>devops-lead",
            "</svg>never</dd>",
            "</svg>overdue",
            "<a href=\"service/redis.html\">redis</a>",
        ] {
            assert!(list.contains(wanted), "{wanted}: {list}");
        }
        assert!(!list.contains("Disaster recovery"), "{list}");
    }

    /// Sixty-one runbooks are more than a page has room for: each stands on one of the further pages.
    #[test]
    fn many_runbooks_go_on_on_further_pages() {
        let mut book = fixture::book();
        let first = book.state.records.last().unwrap().clone();
        for number in 0..60 {
            let mut state = first.clone();
            state.name = format!("runbook-{number}");
            state.id = crate::record::RecordId::parse(&state.name).ok();
            let record = std::sync::Arc::make_mut(&mut state.record);
            record.path = format!("runbooks/{}.md", state.name);
            let Details::Runbook(runbook) = &mut record.details else { panic!("it is a runbook") };
            runbook.title = format!("Runbook {number}");
            book.state.records.push(state);
        }
        let pages = pages(&book);
        let count = |text: &str| text.matches("<li data-words=").count();
        let on_parts = pages.iter().filter(|(path, _)| path.starts_with("lists/runbooks/"));
        assert_eq!(on_parts.map(|(_, text)| count(text)).sum::<usize>(), 61);
        let head = &pages.iter().find(|(path, _)| path == "runbooks.html").unwrap().1;
        assert!((5..61).contains(&count(head)) && !head.contains("c.filter"), "{head}");
        assert!(pages.iter().all(|(_, text)| count(text) <= count(head)));
    }
}
