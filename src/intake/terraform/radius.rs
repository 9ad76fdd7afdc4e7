//! The blast radius: which existing resources a plan touches, and which others reach those by references.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::action::Action;
use super::address::without_keys;
use super::change::{Change, is_false};
use super::references::References;
use super::value::Value;
use super::wrong::WrongInput;
use crate::intake::escape;
use crate::intake::phrase::count;

/// How far a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Radius {
    /// Existing resources that are changed, replaced, destroyed or forgotten.
    pub touched: Vec<Touched>,
    /// Existing resources that are not changed themselves and refer to those, directly or through others.
    pub reached: Vec<Reached>,
    /// Which of these refers to which: blocks, without the keys of `count` and `for_each`.
    pub edges: Vec<(String, String)>,
    /// Whether only new resources are made, and nothing that is there is touched.
    pub new_only: bool,
    /// Whether the plan ended in an error, so that there may be more.
    pub partial: bool,
    /// Whether the plan has the configuration, without which references cannot be seen.
    pub sees_references: bool,
    /// Whether something refers to local values, behind which a plan does not let anybody see.
    pub through_locals: bool,
}

/// An existing resource that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Its address.
    pub address: String,
    /// `changed`, `replaced`, `destroyed` …
    pub verb: &'static str,
}

/// An existing resource that refers to one that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// Its address.
    pub address: String,
    /// The blocks that it refers to among those that are touched or reached.
    pub through: Vec<String>,
}

/// What of the blast radius a plan's changes do not say themselves: who refers to what changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reach {
    /// Existing resources that are not changed themselves and refer to those, directly or through others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<Reached>,
    /// Which of these refers to which: blocks, without the keys of `count` and `for_each`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<(String, String)>,
    /// Whether the plan has the configuration, without which references cannot be seen.
    #[serde(skip_serializing_if = "is_false")]
    pub sees_references: bool,
    /// Whether something refers to local values, behind which a plan does not let anybody see.
    #[serde(skip_serializing_if = "is_false")]
    pub through_locals: bool,
}

impl Reach {
    /// Of all changes of a plan, those that change nothing included.
    pub(super) fn of<'c>(
        changes: impl Iterator<Item = &'c Change> + Clone,
        configuration: &Value<'_>,
        prior_state: Option<&str>,
    ) -> Result<Self, WrongInput> {
        let mut references = References::of(configuration);
        if let Some(prior_state) = prior_state {
            references.add_state(prior_state)?;
        }
        let managed = || changes.clone().filter(|change| !change.is_data);
        let touched: Vec<&Change> = managed().filter(|change| change.action.touches_existing()).collect();
        let mut distance: BTreeMap<String, usize> = BTreeMap::new();
        for change in &touched {
            distance.insert(without_keys(&change.address), 0);
        }
        reach(&references, &mut distance);

        let in_reach = |change: &&Change| {
            distance.get(&without_keys(&change.address)).is_some_and(|distance| *distance > 0)
        };
        let existing = |change: &&Change| change.action == Action::NoOp;
        let reached = managed().filter(existing).filter(in_reach).map(|change| {
            let targets = references.targets.get(&without_keys(&change.address));
            let through = targets.into_iter().flatten().filter(|target| distance.contains_key(*target));
            Reached { address: escape(&change.address), through: through.cloned().collect() }
        });
        let mut reached: Vec<Reached> = reached.collect();
        reached.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(Reach {
            edges: edges(&references, &touched, &reached),
            reached,
            sees_references: !configuration.get("root_module").is_null(),
            through_locals: references.through_locals,
        })
    }
}

impl Plan {
    /// How far it reaches.
    pub fn radius(&self) -> Radius {
        let touched = self.all_changes().filter(|change| !change.is_data && change.action.touches_existing());
        let mut touched: Vec<Touched> =
            touched.map(|change| Touched { address: escape(&change.address), verb: change.verb() }).collect();
        touched.sort_by(|a, b| a.address.cmp(&b.address));
        let Reach { reached, edges, sees_references, through_locals } = self.reach.clone();
        let only_makes =
            self.summary.is_new_only() && self.invocations.is_empty() && self.deferred.is_empty();
        Radius {
            new_only: only_makes && touched.is_empty() && !self.errored,
            partial: self.errored,
            touched,
            reached,
            edges,
            sees_references,
            through_locals,
        }
    }
}

impl Radius {
    /// One sentence: what is touched and reached.
    pub fn sentence(&self) -> String {
        match self.partial {
            true => format!("as far as this partial plan says: {}", self.whole_sentence()),
            false => self.whole_sentence(),
        }
    }

    fn whole_sentence(&self) -> String {
        if self.new_only {
            return "New resources only: no existing resource is touched.".to_owned();
        }
        if self.touched.is_empty() {
            return "No existing resource is touched.".to_owned();
        }
        let touched = format!("{} touched", count(self.touched.len(), "existing resource"));
        if !self.sees_references {
            return format!("{touched}; the plan does not say which others refer to them.");
        }
        let beyond = if self.through_locals {
            " (references through local values are seen only as far as the state tells)"
        } else {
            ""
        };
        match self.reached.len() {
            0 => format!("{touched}; no other one refers to them{beyond}."),
            1 => format!("{touched}; 1 other one refers to them{beyond}."),
            n => format!("{touched}; {n} others refer to them{beyond}."),
        }
    }

    /// The graph in Graphviz's language: an arrow from what refers to what it refers to.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph blast_radius {\n  rankdir=LR;\n  node [shape=box];\n");
        let touched: BTreeSet<String> =
            self.touched.iter().map(|touched| without_keys(&touched.address)).collect();
        let reached: BTreeSet<String> =
            self.reached.iter().map(|reached| without_keys(&reached.address)).collect();
        for block in &touched {
            text.push_str(&format!("  {} [style=bold];\n", dot_quoted(block)));
        }
        for block in reached.difference(&touched) {
            text.push_str(&format!("  {};\n", dot_quoted(block)));
        }
        for (from, to) in &self.edges {
            text.push_str(&format!("  {} -> {};\n", dot_quoted(from), dot_quoted(to)));
        }
        text.push_str("}\n");
        text
    }
}

/// Sets how many references away each block is that reaches what has a distance already.
fn reach(references: &References, distance: &mut BTreeMap<String, usize>) {
    let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (source, targets) in &references.targets {
        for target in targets {
            sources.entry(target).or_default().push(source);
        }
    }
    let mut open: Vec<String> = distance.keys().cloned().collect();
    let mut steps = 0;
    while !open.is_empty() {
        steps += 1;
        let mut next = Vec::new();
        for target in &open {
            for &source in sources.get(target.as_str()).into_iter().flatten() {
                if !distance.contains_key(source) {
                    distance.insert(source.to_owned(), steps);
                    next.push(source.to_owned());
                }
            }
        }
        open = next;
    }
}

fn edges(references: &References, touched: &[&Change], reached: &[Reached]) -> Vec<(String, String)> {
    let addresses = touched.iter().map(|t| &t.address).chain(reached.iter().map(|r| &r.address));
    let shown: BTreeSet<String> = addresses.map(|address| without_keys(address)).collect();
    let pairs = references.targets.iter().filter(|(source, _)| shown.contains(*source));
    pairs
        .flat_map(|(source, targets)| targets.iter().map(move |target| (source.clone(), target.clone())))
        .filter(|(_, target)| shown.contains(target))
        .collect()
}

fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
