//! What a tool found, whichever tool it was.

use crate::intake::{Found, helm, kubernetes, terraform};
use crate::policy::Policy;

/// What a tool found.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// What a plan of Terraform or OpenTofu does.
    Terraform(Box<terraform::Plan>),
    /// What differs between two states of manifests.
    Kubernetes(Box<kubernetes::Evidence>),
    /// What differs between two versions of a chart.
    Helm(Box<helm::Evidence>),
}

impl Content {
    /// `sha256:…`, the same for two readings of one change.
    pub fn digest(&self) -> &str {
        match self {
            Content::Terraform(plan) => &plan.digest,
            Content::Kubernetes(manifests) => &manifests.digest,
            Content::Helm(chart) => &chart.digest,
        }
    }

    /// `plan`, `manifests` or `chart`: what people and the command line call it.
    pub fn noun(&self) -> &'static str {
        match self {
            Content::Terraform(_) => "plan",
            Content::Kubernetes(_) => "manifests",
            Content::Helm(_) => "chart",
        }
    }

    /// What it comes to by a policy.
    pub fn found(&self, policy: &Policy) -> Found {
        match self {
            Content::Terraform(plan) => plan.found(policy),
            Content::Kubernetes(manifests) => manifests.found(policy),
            Content::Helm(chart) => chart.found(policy),
        }
    }

    /// One line: `Plan: 0 to add, 1 to change, 0 to destroy.`
    pub fn headline(&self) -> String {
        match self {
            Content::Terraform(plan) => plan.headline(),
            Content::Kubernetes(manifests) => manifests.headline(),
            Content::Helm(chart) => chart.headline(),
        }
    }

    /// What the record holds of it, in Markdown, without its heading. Lists are at most `limit` long.
    pub fn block(&self, limit: usize) -> String {
        match self {
            Content::Terraform(plan) => plan.block(limit),
            Content::Kubernetes(manifests) => manifests.block(limit),
            Content::Helm(chart) => chart.block(limit),
        }
    }

    /// Names of everything that changes: addresses, objects, the chart.
    pub fn touched(&self) -> Vec<String> {
        match self {
            Content::Terraform(plan) => plan.touched().map(str::to_owned).collect(),
            Content::Kubernetes(manifests) => manifests.touched().collect(),
            Content::Helm(chart) => chart.touched().collect(),
        }
    }

    /// Addresses that a plan does not change and that reach what it changes.
    pub fn reached(&self) -> Vec<String> {
        match self {
            Content::Terraform(plan) => plan.reached().map(str::to_owned).collect(),
            Content::Kubernetes(_) | Content::Helm(_) => Vec::new(),
        }
    }

    /// The plan, where it is one.
    pub fn plan(&self) -> Option<&terraform::Plan> {
        match self {
            Content::Terraform(plan) => Some(plan),
            Content::Kubernetes(_) | Content::Helm(_) => None,
        }
    }

    /// What differs between manifests, where it is that.
    pub fn manifests(&self) -> Option<&kubernetes::Evidence> {
        match self {
            Content::Kubernetes(manifests) => Some(manifests),
            Content::Terraform(_) | Content::Helm(_) => None,
        }
    }

    /// The upgrade of a chart, where it is one.
    pub fn chart(&self) -> Option<&helm::Evidence> {
        match self {
            Content::Helm(chart) => Some(chart),
            Content::Terraform(_) | Content::Kubernetes(_) => None,
        }
    }
}
