//! What stands in the record: the summary line, the list of addresses, risk and blast radius with their reasons.

use std::collections::BTreeMap;

use super::Plan;
use super::address::without_keys;
use super::change::Change;
use super::listed::{Deferred, FailedCheck, Invocation};
use super::radius::{Radius, Reached};
use crate::intake::escape;

impl Plan {
    /// The block for an environment, in Markdown. It holds no verdict: the same plan has the same block by every policy. A list
    /// longer than `limit` is folded by module and type, with counts; nothing is left out silently.
    pub fn block(&self, limit: usize) -> String {
        let mut text = format!("{}\n", self.headline());
        if self.errored {
            text.push_str("\n**Planning ended in an error: this list is partial.**\n");
        } else if self.complete == Some(false) {
            text.push_str("\nThis plan is not complete: something is left to plan after it is applied.\n");
        }
        push_list(&mut text, "", &self.list(limit));
        if self.summary.listed > 0 || self.summary.deferred > 0 {
            let radius = self.radius();
            text.push_str(&format!("\nBlast radius: {}\n", radius.sentence()));
            push_list(&mut text, "", &reached_lines(&radius, limit));
        }
        for (heading, lines) in self.asides(limit) {
            push_list(&mut text, &heading, &lines);
        }
        text
    }

    /// What there is beside the list, each kind with its heading: deferred changes, invoked actions, drift, failed checks.
    pub fn asides(&self, limit: usize) -> Vec<(String, Vec<String>)> {
        let deferred = |deferred: &Deferred| format!("{}: {}", deferred.change.line(), deferred.why());
        let invoked =
            |invocation: &Invocation| escape(&format!("! {} ({})", invocation.address, invocation.words()));
        let before = format!("Changed outside of {} before this plan", self.tool.name());
        let all: [(&str, Vec<String>); 4] = [
            ("Left for a later plan", self.deferred.iter().map(deferred).collect()),
            ("Actions that are invoked", self.invocations.iter().map(invoked).collect()),
            (&before, self.drift.iter().map(Change::line).collect()),
            ("Checks that did not pass", self.checks.iter().map(FailedCheck::line).collect()),
        ];
        let some = all.into_iter().filter(|(_, lines)| !lines.is_empty());
        some.map(|(heading, lines)| (heading.to_owned(), shortened(lines, limit))).collect()
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
        let folds: [(&str, Key<'_>); 3] =
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

/// A list in a code block under its heading.
fn push_list(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    if !heading.is_empty() {
        text.push_str(&format!("\n{heading}:\n"));
    }
    text.push_str(&format!("\n```text\n{}\n```\n", lines.join("\n")));
}

/// The first lines, and how many more there are.
fn shortened(mut lines: Vec<String>, limit: usize) -> Vec<String> {
    let more = lines.len().saturating_sub(limit);
    if more > 0 {
        lines.truncate(limit);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// What changes are folded by.
type Key<'k> = &'k dyn Fn(&Change) -> String;

fn fold(listed: &[&Change], key: Key<'_>) -> Vec<String> {
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for change in listed {
        *counts.entry((change.sign(), key(change))).or_default() += 1;
    }
    counts.into_iter().map(|((sign, name), count)| escape(&format!("{sign} {name} × {count}"))).collect()
}

fn reached_lines(radius: &Radius, limit: usize) -> Vec<String> {
    let line = |reached: &Reached| format!("{} (through {})", reached.address, reached.through.join(", "));
    shortened(radius.reached.iter().map(line).collect(), limit)
}

/// What a hand-typed "Blast radius" says that is true of new resources only, in its own words.
pub fn claims_nothing_existing(typed: &str) -> Option<&'static str> {
    const CLAIMS: [&str; 6] = [
        "new resources only",
        "only new resources",
        "no existing resource",
        "nothing that exists",
        "no effect on existing",
        "nothing existing",
    ];
    let words = typed.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    CLAIMS.into_iter().find(|claim| words.contains(claim))
}

/// Says where a hand-typed "Blast radius" contradicts the plan: it claims that nothing existing is touched.
pub fn blast_radius_contradiction(typed: &str, radius: &Radius) -> Option<String> {
    let claim = claims_nothing_existing(typed)?;
    let contradicts = !radius.touched.is_empty();
    contradicts.then(|| format!("“Blast radius” says “{claim}”, but the plan says: {}", radius.sentence()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_held_against_the_plan() {
        let mut radius = Radius::default();
        assert_eq!(blast_radius_contradiction("New  resources\nonly.", &radius), None);
        radius.touched.push(super::super::Touched { address: "a.b".to_owned(), verb: "changed" });
        assert!(blast_radius_contradiction("New  resources\nonly.", &radius).is_some());
        assert_eq!(blast_radius_contradiction("The cluster restarts.", &radius), None);
    }
}
