//! A record's text made tidy, without changing what it says.
//!
//! Only what no approval is bound to is touched: spaces round the `=` of the frontmatter, runs of blank lines, spaces
//! at the ends of lines, `[X]` for `[x]`, the end of the file, and the columns of tables in the sections that are no part
//! of what is approved. What stands in code stays, and so does a space that breaks a line.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};
use unicode_width::UnicodeWidthStr;

use super::scope::is_free;
use super::{Record, ScopeRules, markdown_options, scope_text};

/// The tidy text; `None` where there is nothing to do, for a broken record, and where the result would not say the
/// very same.
pub fn formatted(record: &Record) -> Option<String> {
    if record.is_broken() || record.source.contains('\r') {
        return None;
    }
    let source = &*record.source;
    let (front, body) = source.split_at(record.body_start);
    let front = match &record.frontmatter {
        Some(range) => {
            [&front[..range.start], &frontmatter(&front[range.clone()]), &front[range.end..]].concat()
        }
        None => front.to_owned(),
    };
    let text = match body.trim().is_empty() {
        true => format!("{}\n", front.trim_end_matches('\n')),
        false => front + &self::body(record, body),
    };
    (text != source && says_the_same(record, &text)).then_some(text)
}

/// The same fields and scope, and the same Markdown event by event: whatever this page gets wrong changes nothing.
fn says_the_same(record: &Record, text: &str) -> bool {
    let new = Record::parse(record.record_type(), &record.path, text.as_bytes());
    let rules = ScopeRules::default();
    let fields = |record: &Record| -> Vec<_> {
        record.fields.iter().map(|field| (field.key.clone(), field.value.clone())).collect()
    };
    let (before, after) = (&record.source[record.body_start..], &new.source[new.body_start..]);
    let events = |body| Parser::new_ext(body, markdown_options());
    !new.is_broken()
        && fields(record) == fields(&new)
        && scope_text(record, &rules) == scope_text(&new, &rules)
        && events(before).eq(events(after))
}

/// One space round the `=` of plain keys, no spaces at line ends; nothing where a value goes over several lines.
fn frontmatter(text: &str) -> String {
    if text.contains("\"\"\"") || text.contains("'''") {
        return text.to_owned();
    }
    let tidy = |line: &str| {
        let line = line.trim_end();
        let is_key = |key: &str| {
            let key = key.trim();
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match line.split_once('=') {
            Some((key, value)) if is_key(key) && !line.starts_with([' ', '\t']) => {
                format!("{} = {}\n", key.trim(), value.trim_start())
            }
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(tidy).collect()
}

fn body(record: &Record, body: &str) -> String {
    let kept = kept(body);
    let tables = tables(record, body);
    let marks = record.items.iter().map(|item| item.mark.start - record.body_start + 1);
    let capital: Vec<usize> = marks.filter(|&at| body.as_bytes().get(at) == Some(&b'X')).collect();
    let mut lines: Vec<String> = Vec::new();
    let mut start = 0;
    for (number, line) in body.split_inclusive('\n').enumerate() {
        let span = start..start + line.len();
        start = span.end;
        if let Some(table) = tables.iter().find(|table| table.span.contains(&span.start)) {
            if table.span.start == span.start {
                lines.extend(table.lines.iter().cloned());
            }
            continue;
        }
        let mut text = line.trim_end_matches('\n').to_owned();
        for at in capital.iter().filter(|at| span.contains(at)) {
            text.replace_range(at - span.start..at - span.start + 1, "x");
        }
        if kept.iter().any(|kept| kept.start < span.end && span.start < kept.end) {
            lines.push(text);
            continue;
        }
        let bare = text.trim_end().len();
        let next_is_blank = body[span.end..].lines().next().is_none_or(|next| next.trim().is_empty());
        // Two spaces break a line when another one follows; one never does.
        if text.len() - bare < 2 || bare == 0 || next_is_blank {
            text.truncate(bare);
        }
        let after_blank = lines.last().is_none_or(String::is_empty) && number > 0;
        if !(text.is_empty() && after_blank) {
            lines.push(text);
        }
    }
    let text = lines.join("\n");
    format!("{}\n", text.trim_end_matches('\n'))
}

/// Code and HTML, where every blank counts.
fn kept(body: &str) -> Vec<Range<usize>> {
    let events = Parser::new_ext(body, markdown_options()).into_offset_iter();
    let is_kept = |event: &Event<'_>| matches!(event, Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock));
    events.filter(|(event, _)| is_kept(event)).map(|(_, span)| span).collect()
}

/// A table of the sections that no approval is bound to, with its columns aligned.
struct Table {
    span: Range<usize>,
    lines: Vec<String>,
}

fn tables(record: &Record, body: &str) -> Vec<Table> {
    let free = |span: &Range<usize>| {
        let at = span.start + record.body_start;
        let holds = record.sections.iter().find(|section| section.content.contains(&at));
        holds.is_some_and(|section| is_free(section) && section.content.end >= span.end + record.body_start)
    };
    let events = Parser::new_ext(body, markdown_options()).into_offset_iter();
    let found =
        events.filter(|(event, _)| matches!(event, Event::Start(Tag::Table(_)))).map(|(_, span)| span);
    found.filter(free).filter_map(|span| aligned(body, span)).collect()
}

/// `None` for a table that is no plain grid of cells at the left edge.
fn aligned(body: &str, span: Range<usize>) -> Option<Table> {
    let text = body.get(span.clone())?;
    let begins_line = span.start == 0 || body[..span.start].ends_with('\n');
    if !begins_line || text.contains(['\\', '`']) || !text.lines().all(|line| line.starts_with('|')) {
        return None;
    }
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_start_matches('|');
        let inner = inner.strip_suffix('|').unwrap_or(inner);
        inner.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> = text.lines().map(cells).collect();
    let columns = rows.first()?.len();
    if rows.len() < 2 || rows.iter().any(|row| row.len() != columns) {
        return None;
    }
    let width = |column: usize| {
        let widths = rows.iter().enumerate().filter(|(row, _)| *row != 1).map(|(_, row)| row[column].width());
        widths.max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let cell = |row: usize, column: usize| {
        let (text, width) = (&rows[row][column], widths[column]);
        match row {
            1 => {
                let left = if text.starts_with(':') { ":" } else { "-" };
                let right = if text.ends_with(':') { ":" } else { "-" };
                format!("{left}{}{right}", "-".repeat(width - 2))
            }
            _ => format!("{text}{}", " ".repeat(width.saturating_sub(text.width()))),
        }
    };
    let line = |row: usize| {
        let cells: Vec<String> = (0..columns).map(|column| cell(row, column)).collect();
        format!("| {} |", cells.join(" | "))
    };
    Some(Table { span, lines: (0..rows.len()).map(line).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    fn tidy(text: &str) -> Option<String> {
        formatted(&Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes()))
    }

    #[test]
    fn what_may_be_aligned() {
        let untidy = "+++\nid=\"A-1\"  \ntitle   = \"a = b\"\nkind = \"general\"\n+++\n\n\n## What  \n\nText. \nA break:  \nhere.\n\n\n\n- [X] Code review   \n\n```text\na  \n\n\nb\n```\n\n## Notes\n\n| a | long one |\n|:--|--:|\n| schön | 😀 |\n\n\n";
        let expected = "+++\nid = \"A-1\"\ntitle = \"a = b\"\nkind = \"general\"\n+++\n\n## What\n\nText.\nA break:  \nhere.\n\n- [x] Code review\n\n```text\na  \n\n\nb\n```\n\n## Notes\n\n| a     | long one |\n| :---- | -------: |\n| schön | 😀       |\n";
        assert_eq!(tidy(untidy).as_deref(), Some(expected));
        assert_eq!(tidy(expected), None, "once is enough");
    }

    #[test]
    fn what_stays() {
        let head = "+++\nid = \"A-1\"\ntitle = \"a\"\nkind = \"general\"\n+++\n";
        for body in [
            // A table that is approved, one in a quote, one with a cell that holds a bar.
            "\n## What\n\n| a | b |\n|--|--|\n| ccc | d |\n",
            "\n## Notes\n\n> | a | b |\n> |--|--|\n",
            "\n## Notes\n\n| a | b |\n|--|--|\n| c \\| d | e |\n",
            "\n    code  \n\n\n    more\n",
        ] {
            assert_eq!(tidy(&format!("{head}{body}")), None, "{body}");
        }
        assert_eq!(tidy("no record\n\n\n"), None);
        assert_eq!(tidy("+++\r\nid=\"A-1\"\r\n+++\r\n"), None, "line ends are the editor's");
    }
}
