//! What stands in the record: the summary line, the list of addresses, risk and blast radius with their reasons.

use std::collections::BTreeMap;

use super::Plan;
use super::address::without_keys;
use super::change::Change;
use super::radius::Radius;
use super::words::escape;

impl Plan {
    /// The block for an environment, in Markdown. A list longer than `limit` is folded by module and type, with
    /// counts; nothing is left out silently.
    pub fn block(&self, limit: usize) -> String {
        let mut text = format!("{}\n", self.summary.line());
        if self.errored {
            text.push_str("\n**Planning ended in an error: this list is partial.**\n");
        } else if self.complete == Some(false) {
            text.push_str("\nThis plan is not complete: something is left to plan after it is applied.\n");
        }
        let list = self.list(limit);
        if !list.is_empty() {
            text.push_str(&format!("\n```text\n{}\n```\n", list.join("\n")));
        }
        let reasons = self.found.reasons();
        if let Some(risk) = self.found.risk() {
            text.push_str(&format!("\nRisk found: {}\n\n", risk.as_str()));
            reasons.iter().for_each(|reason| text.push_str(&format!("- {}\n", markdown(reason))));
        }
        if self.summary.listed > 0 {
            text.push_str(&format!("\nBlast radius: {}\n", self.radius.sentence()));
            let reached = reached_lines(&self.radius, limit);
            if !reached.is_empty() {
                text.push_str(&format!("\n```text\n{}\n```\n", reached.join("\n")));
            }
        }
        text
    }

    /// The lines of the list: every change, or groups of them.
    pub fn list(&self, limit: usize) -> Vec<String> {
        let listed: Vec<&Change> = self.listed().collect();
        if listed.len() <= limit {
            return listed.iter().map(|change| change.line()).collect();
        }
        let by_module = |change: &Change| match &change.module {
            Some(module) => format!("{}.{}", without_keys(module), change.resource_type),
            None => change.resource_type.clone(),
        };
        let by_type = |change: &Change| change.resource_type.clone();
        let nothing = |_: &Change| "resources".to_owned();
        let folds: [(&str, &dyn Fn(&Change) -> String); 3] =
            [("module and type", &by_module), ("type", &by_type), ("action", &nothing)];
        for (name, key) in folds {
            let groups = fold(&listed, key);
            // The last way of folding leaves one line for each sign.
            if groups.len() < limit || name == "action" {
                let mut lines = vec![format!("{} changes, folded by {name}:", listed.len())];
                lines.extend(groups);
                return lines;
            }
        }
        Vec::new()
    }
}

fn fold(listed: &[&Change], key: &dyn Fn(&Change) -> String) -> Vec<String> {
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for change in listed {
        *counts.entry((change.sign(), key(change))).or_default() += 1;
    }
    counts.into_iter().map(|((sign, name), count)| escape(&format!("{sign} {name} × {count}"))).collect()
}

fn reached_lines(radius: &Radius, limit: usize) -> Vec<String> {
    let more = radius.reached.len().saturating_sub(limit);
    let shown = &radius.reached[..radius.reached.len() - more];
    let mut lines: Vec<String> =
        shown.iter().map(|reached| format!("{} (through {})", reached.address, reached.through.join(", "))).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

/// Text as Markdown that shows it: addresses hold brackets, underscores and whatever their keys hold.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '!' | '~' | '$') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The section's content with the block of this heading (level 3) put in, or in place of the one that is there.
/// Content without any block gives way as a whole when `replaces_text`, as a template's words do.
pub fn put_block(content: &str, heading: &str, block: &str, replaces_text: bool) -> String {
    let new = format!("### {heading}\n\n{}", block.trim_end());
    let starts = heading_lines(content);
    let own = starts.iter().position(|(_, title)| *title == heading);
    let Some(own) = own else {
        let kept = content.trim_end();
        return match kept.trim().is_empty() || (replaces_text && starts.is_empty()) {
            true => new,
            false => format!("{kept}\n\n{new}"),
        };
    };
    let (start, _) = starts[own];
    let end = starts.get(own + 1).map_or(content.len(), |(end, _)| *end);
    let after = content[end..].trim_end();
    let before = content[..start].trim_end();
    let before = if before.is_empty() { String::new() } else { format!("{before}\n\n") };
    if after.is_empty() { format!("{before}{new}") } else { format!("{before}{new}\n\n{after}") }
}

/// The block of a heading, without it; `None` when there is none.
pub fn get_block<'c>(content: &'c str, heading: &str) -> Option<&'c str> {
    let starts = heading_lines(content);
    let own = starts.iter().position(|(_, title)| *title == heading)?;
    let end = starts.get(own + 1).map_or(content.len(), |(end, _)| *end);
    content[starts[own].0..end].split_once('\n').map(|(_, block)| block.trim())
}

/// Level-3 headings outside of code, each with its offset.
fn heading_lines(content: &str) -> Vec<(usize, &str)> {
    let (mut found, mut offset, mut in_code) = (Vec::new(), 0, false);
    for line in content.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if let Some(title) = line.strip_prefix("### ").filter(|_| !in_code) {
            found.push((offset, title.trim()));
        }
        offset += line.len();
    }
    found
}

/// What a hand-typed "Blast radius" claims that the plan does not bear out.
pub fn blast_radius_contradiction(typed: &str, radius: &Radius) -> Option<String> {
    const CLAIMS: [&str; 6] = [
        "new resources only",
        "only new resources",
        "no existing resource",
        "nothing that exists",
        "no effect on existing",
        "nothing existing",
    ];
    let words = typed.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let claim = CLAIMS.iter().find(|claim| words.contains(*claim))?;
    if radius.touched.is_empty() {
        return None;
    }
    Some(format!("“Blast radius” says “{claim}”, but the plan says: {}", radius.sentence()))
}
