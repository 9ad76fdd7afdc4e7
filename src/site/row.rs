//! Rows of records. The same row stands on a dozen pages: it is made once, for templates too.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use minijinja::Value;
use minijinja::value::serializing_for_value;
use serde::{Serialize, Serializer};

use super::model::Model;
use super::view::RowFields;

/// One record as a row.
#[derive(Debug, Clone)]
pub(super) struct Row(Arc<Made>);

#[derive(Debug)]
struct Made {
    fields: RowFields,
    /// The fields as templates see them, once one asked.
    value: OnceLock<Value>,
}

impl Deref for Row {
    type Target = RowFields;

    fn deref(&self) -> &RowFields {
        &self.0.fields
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializing_for_value() {
            return self.0.fields.serialize(serializer);
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
        let made = || Row(Arc::new(Made { fields: self.row_fields(index), value: OnceLock::new() }));
        self.rows.0[index].get_or_init(made).clone()
    }
}
