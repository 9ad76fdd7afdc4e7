//! A CSV file, one task a row.

use super::{Cell, Foreign, Map};

/// Reads the rows of a CSV file (RFC 4180, in UTF-8); `name` is what the file is called. Rows may be shorter or
/// longer than the first one, and columns may have one name.
///
/// # Errors
/// What is wrong, with the line, as a message.
pub fn read_csv(name: &str, bytes: &[u8], map: &Map) -> Result<Vec<Foreign>, String> {
    let text = crate::intake::yaml::decode(bytes)
        .ok_or_else(|| format!("{name}: it is not UTF-8; save it as “CSV UTF-8”"))?;
    let text = text.trim_start_matches('\u{feff}');
    let delimiter = map.delimiter.unwrap_or_else(|| guess_delimiter(text));
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let wrong = |error: csv::Error| format!("{name}: {error}");
    let header: Vec<String> =
        reader.headers().map_err(wrong)?.iter().map(|cell| cell.trim().to_owned()).collect();
    let titles = map.title_columns();
    if !titles.iter().any(|title| header.iter().any(|column| column.eq_ignore_ascii_case(title.trim()))) {
        return Err(format!(
            "{name}:1: no column `{}` for the title; the columns are: {}",
            titles.join("` or `"),
            super::text::shown(&header.join(", "))
        ));
    }
    let mut tasks = Vec::new();
    for row in reader.records() {
        let row = row.map_err(wrong)?;
        let line = row.position().map_or(0, csv::Position::line);
        let cells = row.iter().enumerate().filter(|(_, value)| !value.trim().is_empty());
        let cells: Vec<Cell> = cells
            .map(|(index, value)| {
                let column = header.get(index).filter(|column| !column.is_empty()).cloned();
                let column = column.unwrap_or_else(|| format!("Column {}", index + 1));
                Cell { targets: map.targets(&column), name: column, value: value.to_owned() }
            })
            .collect();
        if !cells.is_empty() {
            tasks.push(Foreign { place: format!("{name}:{line}"), cells });
        }
    }
    Ok(tasks)
}

/// Of comma, semicolon and tab, what stands most often outside quotes on the first line.
fn guess_delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if !quoted => counts.iter_mut().filter(|(sign, _)| *sign == byte).for_each(|(_, n)| *n += 1),
            _ => {}
        }
    }
    // The first of equals, which is the comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}
