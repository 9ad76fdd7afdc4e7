//! Tables: each in a region of its own that scrolls by itself.

use std::fmt::Write;

use pulldown_cmark::Alignment;

use super::{Writer, key};

/// The table that is being written.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    in_head: bool,
    cell: usize,
    /// Its number in the text, from 1 on.
    number: usize,
}

impl Writer<'_, '_> {
    pub(super) fn start_table(&mut self, alignments: &[Alignment]) {
        self.table.alignments = alignments.to_vec();
        self.table.number += 1;
        // Regions of one name could not be told apart by those who hear them.
        let name = match self.table.number {
            1 => "Table".to_owned(),
            number => format!("Table {number}"),
        };
        let _ = writeln!(
            self.out,
            "<div class=\"{0}scroll\" role=\"{0}region\" aria-label=\"{0}{name}\" tabindex=\"{0}0\"><table>",
            key()
        );
    }

    pub(super) fn start_table_head(&mut self) {
        self.table.in_head = true;
        self.table.cell = 0;
        self.out.push_str("<thead><tr>");
    }

    pub(super) fn end_table_head(&mut self) {
        self.table.in_head = false;
        self.out.push_str("</tr></thead>\n<tbody>\n");
    }

    pub(super) fn start_row(&mut self) {
        self.table.cell = 0;
        self.out.push_str("<tr>");
    }

    pub(super) fn start_cell(&mut self) {
        let class = match self.table.alignments.get(self.table.cell) {
            Some(Alignment::Left) => "left",
            Some(Alignment::Center) => "center",
            Some(Alignment::Right) => "right",
            _ => "",
        };
        self.out.push_str(if self.table.in_head { "<th scope=\"col\"" } else { "<td" });
        if !class.is_empty() {
            let _ = write!(self.out, " class=\"{}a-{class}\"", key());
        }
        self.out.push('>');
    }

    pub(super) fn end_cell(&mut self) {
        self.out.push_str(if self.table.in_head { "</th>" } else { "</td>" });
        self.table.cell += 1;
    }
}
