//! What is in each other's way, in sentences whose IDs lead to their records.

use serde::Serialize;

use crate::site::links::ids;
use crate::site::model::Model;

/// A sentence in pieces.
#[derive(Debug, Clone, Serialize)]
pub(in crate::site) struct Notice {
    pub(in crate::site) pieces: Vec<Piece>,
    /// The records that it names.
    #[serde(skip)]
    names: Vec<String>,
}

/// Some words, or an ID with its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::site) struct Piece {
    pub(in crate::site) text: String,
    /// From the site's root.
    pub(in crate::site) page: Option<String>,
}

impl Notice {
    /// A sentence of the ledger. What stands in backticks names no record.
    pub(super) fn new(model: &Model<'_>, text: &str) -> Self {
        let task = |name: &str| {
            model.by_name(name).filter(|record| record.record_type == crate::record::RecordType::Task)?;
            model.record_page(name).map(str::to_owned)
        };
        let (mut pieces, mut names, mut done) = (Vec::new(), Vec::new(), 0);
        for (word, page) in ids(text, task).into_iter().filter(|(word, _)| !text[..word.start].ends_with('`'))
        {
            names.push(text[word.clone()].to_owned());
            pieces.push(Piece { text: text[done..word.start].to_owned(), page: None });
            pieces.push(Piece { text: text[word.clone()].to_owned(), page: Some(page) });
            done = word.end;
        }
        pieces.push(Piece { text: text[done..].to_owned(), page: None });
        pieces.retain(|piece| !piece.text.is_empty());
        Notice { pieces, names }
    }

    /// Whether it is about the record of that name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.names.iter().any(|named| named == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::fixture;

    #[test]
    fn ids_lead_to_their_records_and_no_part_of_one_does() {
        let book = fixture::book();
        let input = book.input();
        let model = Model::new(&input);
        let notice =
            Notice::new(&model, "INFRA-150 and INFRA-1500 both change redis-cluster, in `INFRA-200`");
        let found: Vec<(&str, Option<&str>)> =
            notice.pieces.iter().map(|piece| (piece.text.as_str(), piece.page.as_deref())).collect();
        let rest = " and INFRA-1500 both change redis-cluster, in `INFRA-200`";
        assert_eq!(found, [("INFRA-150", Some("tasks/INFRA-150.html")), (rest, None)]);
        assert!(notice.names("INFRA-150") && !notice.names("INFRA-15") && !notice.names("INFRA-200"));
    }
}
