//! The new VPC: high risk, several reviewers, the board, a window.

use crate::demo::stage::{DemoError, Stage};
use crate::demo::{files, plan};
use crate::record::edit;
use crate::template::NewRecord;

const DEPLOYMENT: &str = "- [ ] Terraform code\n- [ ] Apply in staging\n- [ ] Verify in staging\n- [ ] Scheduled window (Saturday 2 AM)\n- [ ] Rollback plan documented\n- [ ] On-call team notified\n- [ ] Apply in production\n- [ ] Verify and monitor\n- [ ] Update documentation\n";

/// INFRA-150 with its code, and the runbook for the cutover.
pub(super) fn propose(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-150".to_owned(),
        title: "Migrate to the new VPC".to_owned(),
        requestor: Some("kim".to_owned()),
        risk: Some("high".to_owned()),
        categories: vec!["network".to_owned()],
        environments: vec!["staging".to_owned(), "production".to_owned()],
        services: vec!["api".to_owned(), "web".to_owned()],
        window: Some("standard".to_owned()),
        ..NewRecord::default()
    };
    stage.at("kim", "2024-05-07T16:00:00+02:00").branch("INFRA-150-vpc")?;
    stage
        .new_record("terraform", &record, &[
            ("What", "Move the API and web tiers from the old VPC to `vpc-main`.\n"),
            ("Why", "The old range is full; peering with the data platform (PROJ-512) needs a new one.\n"),
            ("Resources", "- VPC, subnets, routes\n- load balancer, replaced\n- security group of the app\n"),
            ("Cost impact", "None beyond the hours in which both run.\n"),
            ("Blast radius", "All traffic of `api` and `web` during the cutover.\n"),
            ("Rollback", "1. `terraform apply` of the tag `vpc-old`\n2. Switch the load balancer's target groups back\n"),
            ("Approvals", "- [ ] Code review\n\n- [ ] DevOps lead review\n\n- [ ] Security review (network change)\n\n- [ ] Change advisory board\n"),
            ("Deployment", DEPLOYMENT),
            ("Deployment window", "Saturday 25 May, 2 AM, three hours; half an hour without the API.\n"),
            ("On call", "Lee, by the on-call rotation; the database team stands by.\n"),
        ])?
        .edit("INFRA-150", |text| {
            let scheduled: toml_edit::Datetime = "2024-05-25T02:00:00+02:00".parse().expect("an RFC 3339 constant");
            let text = edit::set_field(text, "downtime", "30m".into())?;
            let text = edit::set_field(&text, "scheduled", scheduled.into())?;
            let text = edit::set_field(&text, "duration", "3h".into())?;
            let runbooks: toml_edit::Array = ["network-cutover"].into_iter().collect();
            Ok(edit::set_field(&text, "runbooks", runbooks.into())?)
        })?
        .file("runbooks/network-cutover.md", CUTOVER)?
        .commit("INFRA-150: propose the move to the new VPC\n")?;
    stage
        .at("kim", "2024-05-08T11:45:00+02:00")
        .file("terraform/network.tf", files::NETWORK_TF)?
        .commit("INFRA-150: VPC and load balancer\n\nChange: INFRA-150\n")?;
    stage
        .at("kim", "2024-05-08T12:10:00+02:00")
        .tick("INFRA-150", &["Terraform code", "Rollback plan documented"])?
        .tick_section("INFRA-150", "Checklist")?
        .plan("INFRA-150", &plan::network())?
        .commit("INFRA-150: code and rollback plan are ready\n")?;
    stage.at("lee", "2024-05-08T15:30:00+02:00").merge("INFRA-150-vpc")?;
    Ok(())
}

/// Reviews, staging, and the board's meeting.
pub(super) fn decide(stage: &mut Stage) -> Result<(), DemoError> {
    let approvals = [
        ("ana", "2024-05-14T13:20:00+02:00", "Code review", "INFRA-150: approve as peer\n"),
        ("lee", "2024-05-14T17:02:00+02:00", "DevOps lead review", "INFRA-150: approve as devops-lead\n"),
        (
            "sam",
            "2024-05-15T09:40:00+02:00",
            "Security review (network change)",
            "INFRA-150: approve as security\n",
        ),
    ];
    for (who, when, item, message) in approvals {
        stage.at(who, when).tick("INFRA-150", &[item])?.commit(message)?;
    }
    let record = NewRecord {
        id: "CAB-2024-05".to_owned(),
        title: "VPC migration review".to_owned(),
        requestor: Some("kim".to_owned()),
        changes: vec!["INFRA-150".to_owned()],
        meeting: Some("2024-05-16".to_owned()),
        ..NewRecord::default()
    };
    stage
        .at("kim", "2024-05-15T10:00:00+02:00")
        .new_record("decision", &record, &[(
            "Conditions",
            "- [ ] Complete during the maintenance window\n- [ ] Database team on standby\n- [ ] Customer notification sent\n",
        )])?
        .commit("CAB-2024-05: INFRA-150 for Thursday's meeting\n")?;
    stage
        .at("kim", "2024-05-15T15:00:00+02:00")
        .tick("INFRA-150", &["Apply in staging", "Verify in staging"])?
        .commit("INFRA-150: deployed to staging, traffic moved and back\n\nDeployed: staging\n")?;
    stage
        .at("sam", "2024-05-16T15:20:00+02:00")
        .tick_section("CAB-2024-05", "Review items")?
        .edit("CAB-2024-05", |text| Ok(edit::set_field(text, "decision", "approved".into())?))?
        .commit("CAB-2024-05: approved\n")?;
    Ok(())
}

/// The night of the cutover.
pub(super) fn deploy(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("lee", "2024-05-24T10:00:00+02:00")
        .tick("CAB-2024-05", &["Database team on standby", "Customer notification sent"])?
        .tick("INFRA-150", &["On-call team notified", "Scheduled window (Saturday 2 AM)"])?
        .tick_section("INFRA-150", "Communication")?
        .commit("INFRA-150: everybody knows; the database team stands by\n")?;
    stage
        .at("lee", "2024-05-25T02:47:00+02:00")
        .tick("INFRA-150", &["Apply in production"])?
        .commit("INFRA-150: deployed to production\n\nDeployed: production 2024-05-25T02:40:00+02:00\n")?;
    stage
        .at("lee", "2024-05-25T04:30:00+02:00")
        .tick("INFRA-150", &["Verify and monitor"])?
        .tick("CAB-2024-05", &["Complete during the maintenance window"])?
        .commit("INFRA-150: traffic is on the new VPC, error rate as before\n")?;
    Ok(())
}

/// What the runbook owes to that night.
pub(super) fn learn(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("kim", "2024-05-27T09:30:00+02:00")
        .edit("network-cutover", |text| {
            let lesson = "4. Lower the DNS TTL a day before: it saved ten minutes on 25 May\n";
            Ok(edit::append_to_section(text, "Disaster recovery", lesson)?)
        })?
        .tick("INFRA-150", &["Update documentation"])?
        .commit("network-cutover: what the night taught\n")?;
    Ok(())
}

const CUTOVER: &str = r#"+++
id = "network-cutover"
title = "Network cutover"
services = ["web", "network"]
owner = "devops-lead"
rto = "30m"
review-every = "90d"
+++

## Common issues

### Health checks fail after the switch

1. Look at the target groups: `aws elbv2 describe-target-health`
2. Compare the security groups with those of the old network
3. Switch back when it is not clear within ten minutes

## Disaster recovery

1. Switch the load balancer's target groups back
2. `terraform apply` of the tag `vpc-old`
3. Tell the status page

## Escalation

The DevOps lead, then the network provider's hot line.
"#;
