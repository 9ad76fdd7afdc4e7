//! What makes a checklist item the same item: its text, normalised.

use std::sync::Arc;

use serde::Serialize;

use super::Record;

/// The identity of an item in its record: normalised text, and which of the items with that text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ItemKey {
    /// Lower-cased, without markup, white space as one.
    pub text: Arc<str>,
    /// How many items with the same text stand before it in the file; 0 for the first.
    pub nth: u16,
}

impl ItemKey {
    /// The first item of that text, which is normalised here.
    pub fn first(text: &str) -> Self {
        ItemKey { text: normalize(text).into(), nth: 0 }
    }
}

/// Lower-cased, trimmed, every run of white space as one space. Markup is not looked at.
pub fn normalize(text: &str) -> String {
    let mut normalized = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normalized.is_empty() {
            normalized.push(' ');
        }
        if word.is_ascii() {
            normalized.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
        } else {
            normalized.push_str(&word.to_lowercase());
        }
    }
    normalized
}

/// Whether two names of an environment, a service or a freeze's exception are the same: letter case and white space
/// around and between words make no difference.
pub fn same_name(a: &str, b: &str) -> bool {
    a == b || normalize(a) == normalize(b)
}

/// [`normalize`], and a trailing parenthesis dropped: `Security review (network change)` is
/// `security review`. For review items only. A text that is nothing but a parenthesis stays.
pub fn normalize_review(text: &str) -> String {
    without_parenthesis(&normalize(text)).to_owned()
}

/// A normalised text without the parenthesis that ends it, unless it is nothing else.
pub fn without_parenthesis(normalized: &str) -> &str {
    let head = trailing_parenthesis(normalized).map(|start| normalized[..start].trim_end());
    head.filter(|head| !head.is_empty()).unwrap_or(normalized)
}

/// Where the parenthesis that ends the text begins, inner ones counted.
fn trailing_parenthesis(text: &str) -> Option<usize> {
    if !text.ends_with(')') {
        return None;
    }
    let mut depth = 0usize;
    for (offset, letter) in text.char_indices().rev() {
        match letter {
            ')' => depth += 1,
            '(' => {
                depth -= 1;
                if depth == 0 {
                    return Some(offset);
                }
            }
            _ => {}
        }
    }
    None
}

/// What a person's words for an item may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemMatch {
    /// Exactly this one, an index into the record's items.
    One(usize),
    /// Each of these as well as the others, in the order of the file.
    Ambiguous(Vec<usize>),
    /// None; the nearest first, at most three, possibly empty.
    None(Vec<usize>),
}

/// Items that `query` names: those of exactly that text, else those that begin with it, else those that
/// hold it, all after [`normalize`]. An empty query names none.
pub fn find_items(record: &Record, query: &str) -> ItemMatch {
    let query = normalize(query);
    if query.is_empty() {
        return ItemMatch::None(Vec::new());
    }
    let rules: [fn(&str, &str) -> bool; 3] = [
        |text, query| text == query,
        |text, query| text.starts_with(query),
        |text, query| text.contains(query),
    ];
    for rule in rules {
        let found: Vec<usize> =
            (0..record.items.len()).filter(|&idx| rule(&record.items[idx].key.text, &query)).collect();
        match found.len() {
            0 => {}
            1 => return ItemMatch::One(found[0]),
            _ => return ItemMatch::Ambiguous(found),
        }
    }
    ItemMatch::None(nearest_items(record, &query))
}

/// Least likeness (Jaro-Winkler) at which an item is offered instead.
const NEAR: f64 = 0.7;

fn nearest_items(record: &Record, query: &str) -> Vec<usize> {
    let mut scored: Vec<(f64, usize)> = record
        .items
        .iter()
        .enumerate()
        .map(|(idx, item)| (strsim::jaro_winkler(&item.key.text, query), idx))
        .filter(|(score, _)| *score >= NEAR)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(3);
    scored.into_iter().map(|(_, idx)| idx).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordType;

    #[test]
    fn normal_form() {
        assert_eq!(normalize("  Apply\tin \u{a0}Production\n"), "apply in production");
        assert_eq!(normalize("ÄRGER İ"), "ärger i\u{307}");
        assert_eq!(normalize(" \n"), "");
    }

    #[test]
    fn review_form_drops_a_trailing_parenthesis() {
        for (text, expected) in [
            ("Security review (network change)", "security review"),
            ("Security review (a (b))", "security review"),
            ("Security review(x)", "security review"),
            ("Security (x) review", "security (x) review"),
            ("(all of it)", "(all of it)"),
            ("review )", "review )"),
            ("review (x) (y)", "review (x)"),
        ] {
            assert_eq!(normalize_review(text), expected, "{text}");
        }
    }

    fn found(query: &str) -> ItemMatch {
        let text = "+++\nid = \"A-1\"\n+++\n- [ ] Apply in staging\n- [ ] Apply in production\n\
                    - [ ] Apply\n- [ ] Code review\n- [ ] **Code** review\n";
        find_items(&Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes()), query)
    }

    #[test]
    fn exact_before_prefix_before_substring() {
        assert_eq!(found("apply"), ItemMatch::One(2));
        assert_eq!(found("Apply in"), ItemMatch::Ambiguous(vec![0, 1]));
        assert_eq!(found("apply in s"), ItemMatch::One(0));
        assert_eq!(found("PRODUCTION"), ItemMatch::One(1));
        assert_eq!(found("code review"), ItemMatch::Ambiguous(vec![3, 4]));
        assert_eq!(found("aply in production"), ItemMatch::None(vec![1, 0]));
        assert_eq!(found("zzz"), ItemMatch::None(vec![]));
        assert_eq!(found("  "), ItemMatch::None(vec![]));
    }
}
