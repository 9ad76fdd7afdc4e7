//! Rows of records. The same row stands on a dozen pages: it is made once, for templates too, and hashed once.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use minijinja::Value;
use minijinja::value::serializing_for_value;
use serde::{Serialize, Serializer};

use super::frame::Shared;
use super::model::Model;
use super::view::RowFields;
use crate::record::hex;

/// One record as a row.
#[derive(Debug, Clone)]
pub(super) struct Row(Arc<Made>);

#[derive(Debug)]
struct Made {
    fields: RowFields,
    /// The fields as templates see them, once one asked.
    value: OnceLock<Value>,
    /// A hash of the fields, once a page's key asked.
    digest: OnceLock<String>,
}

impl Deref for Row {
    type Target = RowFields;

    fn deref(&self) -> &RowFields {
        &self.0.fields
    }
}

/// The fields for a template; a hash of them for all else, which is the keys of pages.
impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializing_for_value() {
            return self.0.digest.get_or_init(|| hex(&Shared::digest(&self.0.fields))).serialize(serializer);
        }
        self.0.value.get_or_init(|| super::render::data(&self.0.fields)).serialize(serializer)
    }
}

/// The rows of a book's records that were asked for.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<OnceLock<Row>>);

impl Rows {
    pub(super) fn of(n_records: usize) -> Self {
        Rows((0..n_records).map(|_| OnceLock::new()).collect())
    }
}

impl Model<'_> {
    /// One record as a row.
    pub(super) fn row(&self, index: usize) -> Row {
        let made = || {
            let fields = self.row_fields(index);
            Row(Arc::new(Made { fields, value: OnceLock::new(), digest: OnceLock::new() }))
        };
        self.rows.0[index].get_or_init(made).clone()
    }
}
