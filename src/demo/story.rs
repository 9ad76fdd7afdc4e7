//! The story: a spring of a fictitious team, card by card.

mod approvals;
mod cluster;
mod late;
mod network;
mod workloads;

use super::files;
use super::stage::{DemoError, Stage};

/// Plays everything, in the order of the calendar.
pub(super) fn play(stage: &mut Stage) -> Result<(), DemoError> {
    start(stage)?;
    cluster::play(stage)?;
    network::propose(stage)?;
    cluster::document(stage)?;
    network::decide(stage)?;
    workloads::kubernetes_review(stage)?;
    workloads::helm_propose(stage)?;
    workloads::kubernetes_staging(stage)?;
    workloads::helm_merge(stage)?;
    workloads::kubernetes_production(stage)?;
    workloads::helm_rolled_back(stage)?;
    network::deploy(stage)?;
    late::emergency(stage)?;
    network::learn(stage)?;
    late::upcoming(stage)?;
    workloads::helm_again(stage)?;
    approvals::approve(stage)?;
    workloads::helm_quiet(stage)?;
    approvals::outdate(stage)?;
    late::uncommitted(stage)
}

/// The book, its policy and the code that was there before.
fn start(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("kim", "2024-05-02T09:00:00+02:00")
        .file("terraform/main.tf", files::MAIN_TF)?
        .file("k8s/api/deployment.yaml", files::DEPLOYMENT_BEFORE)?
        .folder("charts/ingress-nginx", files::CHART_BEFORE)?
        .commit("Terraform, manifests and charts as they run\n")?;
    stage
        .at("kim", "2024-05-02T09:30:00+02:00")
        .file("book.toml", files::BOOK)?
        .file("policy.toml", files::POLICY)?
        .file("docs/SUMMARY.md", files::SUMMARY)?
        .file("docs/index.md", files::INDEX)?
        .file("docs/changes.md", files::CHANGES)?
        .file(".gitignore", "/book/\n")?
        .commit("Start the book: who may approve what\n")?;
    Ok(())
}
