//! What an auditor takes along: the report, the commits, and the commands that check it without this program.

use std::path::Path;

use super::{Report, csv, report};
use crate::book::Book;
use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::ledger::{commands_of_row, other_commands};

/// Writes the bundle into a folder that is not there yet, or is empty.
pub(super) fn write(
    ui: &mut Ui,
    book: &Book,
    audit: &Report<'_>,
    json: &str,
    directory: &Path,
) -> Result<(), CliError> {
    let io = |error: std::io::Error| {
        CliError::failure(format!("`{}` cannot be written: {error}", directory.display()))
    };
    std::fs::create_dir_all(directory).map_err(io)?;
    if std::fs::read_dir(directory).map_err(io)?.next().is_some() {
        return Err(CliError::failure(format!("`{}` is not empty", directory.display()))
            .with_hint("give a folder that does not exist yet; nothing is overwritten"));
    }
    let commands = commands(book, audit);
    let files = [
        ("audit.md", report::markdown(audit, book)),
        ("audit.html", report::html(audit, book)?),
        ("audit.csv", csv(audit)?),
        ("audit.json", format!("{json}\n")),
        ("check.sh", commands),
    ];
    for (name, text) in files {
        crate::act::create_file(&directory.join(name), text.as_bytes())?;
    }
    let tip = audit
        .loaded
        .commit()
        .ok_or_else(|| CliError::failure("there are no commits to bundle".to_owned()))?;
    crate::act::bundle(book, tip, &directory.join("history.bundle"))?;
    ui.line(format!(
        "{}: audit.md, audit.html, audit.csv, audit.json, history.bundle, check.sh",
        directory.display()
    ))
}

/// A shell script of plain git commands; it ends at the first that does not hold.
fn commands(book: &Book, audit: &Report<'_>) -> String {
    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        "# Checks each row of the report with git alone. Run it in a separate folder:".to_owned(),
        "#   git clone --bare history.bundle history.git && cd history.git && sh ../check.sh".to_owned(),
        "set -eu".to_owned(),
        "export GIT_PAGER=cat".to_owned(),
    ];
    for &position in &audit.rows {
        let row = &audit.audited.audit.rows[position];
        lines.push(String::new());
        lines.push(format!("echo '== {} {}'", row.id, row.by.commit));
        lines.extend(commands_of_row(row, &report::path_of(audit, book, row)));
    }
    for (what, commands) in other_commands(&audit.audited.audit) {
        lines.push(String::new());
        lines.push(format!("echo '== {what}'"));
        lines.extend(commands);
    }
    lines.push(String::new());
    lines.join("\n")
}
