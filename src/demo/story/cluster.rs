//! The Redis cluster: a task of low risk from proposal to done, its documentation and its runbook.

use crate::demo::stage::{DemoError, Stage};
use crate::demo::{files, plan};
use crate::record::edit;
use crate::template::NewRecord;

const DEPLOYMENT: &str = "- [ ] Terraform code\n- [ ] Apply in staging\n- [ ] Test connectivity\n- [ ] Apply in production\n- [ ] Update documentation\n";

/// INFRA-100, through a branch, staging and production.
pub(super) fn play(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-100".to_owned(),
        title: "Add a Redis cluster for caching".to_owned(),
        requestor: Some("ana".to_owned()),
        risk: Some("low".to_owned()),
        categories: vec!["new-resources".to_owned()],
        environments: vec!["staging".to_owned(), "production".to_owned()],
        services: vec!["redis".to_owned(), "api".to_owned()],
        ..NewRecord::default()
    };
    stage.at("ana", "2024-05-02T11:20:00+02:00").branch("INFRA-100-redis")?;
    stage
        .new_record(
            "terraform",
            &record,
            &[
                ("What", "An ElastiCache Redis cluster of three nodes.\n"),
                ("Why", "A caching layer for PROJ-456: sessions and API responses.\n"),
                (
                    "Resources",
                    "- cluster: `cache.r6g.large` × 3\n- security group\n- parameter group\n- subnet group\n",
                ),
                ("Cost impact", "About $400 a month, approved under BUDGET-123.\n"),
                ("Blast radius", "New resources only.\n"),
                ("Rollback", "`terraform destroy` of the new resources.\n"),
                ("Deployment", DEPLOYMENT),
                ("Deployment window", "Any time; no downtime is expected.\n"),
            ],
        )?
        .edit("INFRA-100", |text| {
            let cost: toml_edit::InlineTable = [
                ("monthly", toml_edit::Value::from(400)),
                ("currency", "USD".into()),
                ("budget", "BUDGET-123".into()),
            ]
            .into_iter()
            .collect();
            Ok(edit::set_field(text, "cost", cost.into())?)
        })?
        .commit("INFRA-100: propose a Redis cluster\n")?;
    stage
        .at("ana", "2024-05-03T10:05:00+02:00")
        .file("terraform/redis.tf", files::REDIS_TF)?
        .file("terraform/main.tf", &files::MAIN_TF.replace(files::EGRESS[0], files::EGRESS[1]))?
        .commit(
            "INFRA-100: cluster, security group, subnet group; the app may reach it\n\nChange: INFRA-100\n",
        )?;
    stage
        .at("ana", "2024-05-03T10:40:00+02:00")
        .tick("INFRA-100", &["Terraform code"])?
        .tick_section("INFRA-100", "Checklist")?
        .plan("INFRA-100", &plan::redis())?
        .edit("INFRA-100", |text| {
            let text = edit::set_field(text, "risk", "medium".into())?;
            let radius = "New resources, and one egress rule of the app's security group.\n";
            Ok(edit::replace_section(&text, "Blast radius", radius)?)
        })?
        .commit("INFRA-100: code is ready, and the plan says medium: it changes a security group\n")?;
    stage
        .at("sam", "2024-05-03T14:12:00+02:00")
        .tick("INFRA-100", &["Code review"])?
        .commit("INFRA-100: approve as peer\n")?;
    stage.at("kim", "2024-05-03T15:00:00+02:00").merge("INFRA-100-redis")?;
    for (when, items, message) in [
        (
            "2024-05-06T09:30:00+02:00",
            &["Apply in staging"][..],
            "INFRA-100: deployed to staging\n\nDeployed: staging\n",
        ),
        (
            "2024-05-06T10:15:00+02:00",
            &["Test connectivity"],
            "INFRA-100: the app reaches the cluster in staging\n",
        ),
        (
            "2024-05-07T14:05:00+02:00",
            &["Apply in production"],
            "INFRA-100: deployed to production\n\nDeployed: production 2024-05-07T14:00:00+02:00\n",
        ),
    ] {
        stage.at("ana", when).tick("INFRA-100", items)?.commit(message)?;
    }
    Ok(())
}

/// INFRA-DOC-01 and the runbook: what the change owes afterwards.
pub(super) fn document(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-DOC-01".to_owned(),
        title: "Document the Redis cluster".to_owned(),
        requestor: Some("ana".to_owned()),
        services: vec!["redis".to_owned()],
        follows: vec!["INFRA-100".to_owned()],
        ..NewRecord::default()
    };
    stage
        .at("ana", "2024-05-08T16:05:00+02:00")
        .new_record(
            "documentation",
            &record,
            &[("What", "What runs, how it is configured, who reaches it, and what to do at night.\n")],
        )?
        .commit("INFRA-DOC-01: document INFRA-100\n")?;
    stage
        .at("ana", "2024-05-08T16:30:00+02:00")
        .file("runbooks/redis-cluster.md", RUNBOOK)?
        .tick("INFRA-DOC-01", &["Runbook for common issues", "Disaster recovery"])?
        .commit("redis-cluster: runbook for memory and recovery\n")?;
    stage
        .at("lee", "2024-05-13T11:00:00+02:00")
        .edit("redis-cluster", |text| Ok(edit::append_to_section(text, "Common issues", CONNECTIONS)?))?
        .commit(
            "redis-cluster: connection failures, as seen in last week's drill\n\nExercised: redis-cluster\n",
        )?;
    stage
        .at("ana", "2024-05-14T10:00:00+02:00")
        .tick(
            "INFRA-DOC-01",
            &[
                "Architecture diagram",
                "Configuration details",
                "Access and credentials",
                "Monitoring and alerts",
            ],
        )?
        .tick("INFRA-100", &["Update documentation"])?
        .commit("INFRA-DOC-01: written; INFRA-100 is documented\n")?;
    Ok(())
}

const RUNBOOK: &str = r#"+++
id = "redis-cluster"
title = "Redis cluster"
services = ["redis", "api"]
owner = "on-call"
rto = "30m"
rpo = "24h"
review-every = "90d"
+++

## Common issues

### High memory usage

1. Find the keys that use it: `redis-cli --bigkeys`
2. Review their TTLs: `redis-cli ttl KEY`
3. Scale up when the growth is legitimate: raise `node_type` in `terraform/redis.tf`

## Disaster recovery

1. Snapshots are taken daily and automatically
2. Restore with `terraform apply -var snapshot_id=ID`
3. Watch `redis-cli info persistence` until `loading:0`

## Escalation

Page whoever is on call, then the DevOps lead.

## Access

The role `redis-operator`; the bastion reaches the private subnets.
"#;

const CONNECTIONS: &str = r"### Connection failures

1. Check the security group's rules: is port 6379 open to the app?
2. Can the app's subnet reach the Redis subnet? `nc -vz HOST 6379`
3. Look at the cluster's status: `aws elasticache describe-cache-clusters`
";
