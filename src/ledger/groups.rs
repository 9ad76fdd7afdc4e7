//! Things of records, found by record.

use super::ix::{Ix, RecordIx};

/// Things by the record that each is of, in their order.
pub(super) struct Groups<'a, T> {
    /// One record's after the other's.
    items: Vec<&'a T>,
    /// Where each record's begin, and the end of the last.
    starts: Vec<usize>,
}

impl<'a, T> Groups<'a, T> {
    /// Groups by the numbers of records, of which there are `n_records`.
    pub(super) fn new(items: &'a [T], n_records: usize, record: impl Fn(&T) -> RecordIx) -> Self {
        let mut starts = vec![0; n_records + 1];
        for item in items {
            starts[record(item).position() + 1] += 1;
        }
        for record in 0..n_records {
            starts[record + 1] += starts[record];
        }
        let mut grouped: Vec<&T> = items.iter().collect();
        let mut next = starts.clone();
        for item in items {
            let place = &mut next[record(item).position()];
            grouped[*place] = item;
            *place += 1;
        }
        Groups { items: grouped, starts }
    }

    /// Those of one record.
    pub(super) fn of(&self, record: RecordIx) -> &[&'a T] {
        let record = record.position();
        match (self.starts.get(record), self.starts.get(record + 1)) {
            (Some(&start), Some(&end)) => &self.items[start..end],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_has_its_own_in_their_order() {
        let items = [(2, 'a'), (0, 'b'), (2, 'c')];
        let groups = Groups::new(&items, 4, |(record, _)| RecordIx::new(*record));
        let of =
            |record| groups.of(RecordIx::new(record)).iter().map(|(_, letter)| *letter).collect::<String>();
        assert_eq!([0, 1, 2, 3, 9].map(of), ["b", "", "ac", "", ""]);
    }
}
