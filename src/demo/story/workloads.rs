//! A deployment on Kubernetes with a refused approval, and a chart that had to be rolled back.

use crate::demo::files;
use crate::demo::stage::{DemoError, Stage};
use crate::template::NewRecord;

/// INFRA-200: the author ticks the review, which does not count; then a peer does.
pub(super) fn kubernetes_review(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-200".to_owned(),
        title: "Update the API deployment".to_owned(),
        requestor: Some("ana".to_owned()),
        risk: Some("medium".to_owned()),
        environments: vec!["staging".to_owned(), "production".to_owned()],
        services: vec!["api".to_owned()],
        ..NewRecord::default()
    };
    stage.at("ana", "2024-05-20T09:15:00+02:00").branch("INFRA-200-api")?;
    stage
        .new_record(
            "kubernetes",
            &record,
            &[
                ("What", "More replicas, limits and a readiness probe for the API.\n"),
                ("Why", "The evening peak; pods took traffic before they were ready.\n"),
                ("Blast radius", "The API, one pod at a time.\n"),
                ("Rollout strategy", "Rolling update, no downtime.\n"),
                ("Rollback", "`kubectl rollout undo deployment/api`\n"),
                ("Testing", "- [ ] Apply to staging namespace\n- [ ] Verify pods healthy\n- [ ] Load test\n"),
            ],
        )?
        .commit("INFRA-200: propose more replicas and a probe\n")?;
    stage
        .at("ana", "2024-05-20T11:00:00+02:00")
        .file("k8s/api/deployment.yaml", files::DEPLOYMENT_AFTER)?
        .file("k8s/api/hpa.yaml", files::HPA)?
        .manifests(
            "INFRA-200",
            "k8s/api",
            [
                &[("deployment.yaml", files::DEPLOYMENT_BEFORE)],
                &[("deployment.yaml", files::DEPLOYMENT_AFTER), ("hpa.yaml", files::HPA)],
            ],
        )?
        .commit("INFRA-200: replicas, limits, probe\n\nChange: INFRA-200\n")?;
    stage
        .at("ana", "2024-05-20T11:05:00+02:00")
        .tick("INFRA-200", &["Code review"])?
        .commit("INFRA-200: code review\n\nIt is urgent, and I know this code.\n")?;
    stage
        .at("sam", "2024-05-20T14:00:00+02:00")
        .untick("INFRA-200", &["Code review"])?
        .commit("INFRA-200: untick the review: nobody reviews their own change\n")?;
    stage
        .at("sam", "2024-05-20T14:25:00+02:00")
        .tick("INFRA-200", &["Code review"])?
        .commit("INFRA-200: approve as peer\n")?;
    stage.at("kim", "2024-05-20T15:00:00+02:00").merge("INFRA-200-api")?;
    Ok(())
}

/// INFRA-200 in staging, with its load test.
pub(super) fn kubernetes_staging(stage: &mut Stage) -> Result<(), DemoError> {
    stage.main()?;
    for (when, items, message) in [
        (
            "2024-05-21T10:00:00+02:00",
            &["Apply to staging namespace", "Verify pods healthy"][..],
            "INFRA-200: deployed to staging\n\nDeployed: staging\n",
        ),
        ("2024-05-21T16:00:00+02:00", &["Load test"], "INFRA-200: load test holds 3,000 requests a second\n"),
    ] {
        stage.at("ana", when).tick("INFRA-200", items)?.commit(message)?;
    }
    Ok(())
}

/// INFRA-200 in production, and what its runbook owes.
pub(super) fn kubernetes_production(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("ana", "2024-05-22T10:30:00+02:00")
        .tick("INFRA-200", &["Apply to production namespace", "Verify and monitor"])?
        .commit("INFRA-200: deployed to production\n\nDeployed: production\n")?;
    stage
        .at("ana", "2024-05-22T11:30:00+02:00")
        .edit("redis-cluster", |text| {
            Ok(crate::record::edit::append_to_section(
                text,
                "Access",
                "The API's five pods share one user, `api`.\n",
            )?)
        })?
        .commit("redis-cluster: five pods use it since INFRA-200\n")?;
    Ok(())
}

/// INFRA-210 on its branch.
pub(super) fn helm_propose(stage: &mut Stage) -> Result<(), DemoError> {
    let record = NewRecord {
        id: "INFRA-210".to_owned(),
        title: "Upgrade ingress-nginx to 4.8.0".to_owned(),
        requestor: Some("lee".to_owned()),
        risk: Some("medium".to_owned()),
        environments: vec!["staging".to_owned(), "production".to_owned()],
        services: vec!["ingress".to_owned(), "web".to_owned(), "api".to_owned()],
        chart: Some(("ingress-nginx".to_owned(), "4.6.0".to_owned(), "4.8.0".to_owned())),
        ..NewRecord::default()
    };
    stage.at("lee", "2024-05-21T09:00:00+02:00").branch("INFRA-210-ingress")?;
    stage
        .new_record(
            "helm",
            &record,
            &[
                ("What", "The ingress controller's chart from 4.6.0 to 4.8.0.\n"),
                ("Why", "A memory leak is fixed, and rate limiting is asked for.\n"),
                ("Blast radius", "Medium risk: ingress carries all traffic.\n"),
                ("Rollback", "`helm rollback ingress-nginx`\n"),
                (
                    "Testing",
                    "- [ ] Upgrade in staging\n- [ ] Test all ingress routes\n- [ ] Monitor for errors\n",
                ),
                ("Deployment", "- [ ] Upgrade in production\n"),
            ],
        )?
        .commit("INFRA-210: propose ingress-nginx 4.8.0\n")?;
    stage
        .at("lee", "2024-05-21T09:40:00+02:00")
        .folder("charts/ingress-nginx", files::CHART_AFTER)?
        .chart("INFRA-210", [files::CHART_BEFORE, files::CHART_AFTER])?
        .commit("INFRA-210: chart version\n\nChange: INFRA-210\n")?;
    stage
        .at("kim", "2024-05-21T13:30:00+02:00")
        .tick("INFRA-210", &["Code review"])?
        .commit("INFRA-210: approve as peer\n")?;
    Ok(())
}

/// INFRA-210 lands.
pub(super) fn helm_merge(stage: &mut Stage) -> Result<(), DemoError> {
    stage.at("kim", "2024-05-21T16:30:00+02:00").merge("INFRA-210-ingress")?;
    Ok(())
}

/// INFRA-210: staging was fine, production was not.
pub(super) fn helm_rolled_back(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("lee", "2024-05-22T14:00:00+02:00")
        .tick("INFRA-210", &["Upgrade in staging", "Test all ingress routes"])?
        .commit("INFRA-210: deployed to staging\n\nDeployed: staging\n")?;
    stage
        .at("lee", "2024-05-23T10:00:00+02:00")
        .tick("INFRA-210", &["Upgrade in production"])?
        .commit("INFRA-210: deployed to production\n\nDeployed: production\n")?;
    stage
        .at("lee", "2024-05-23T10:25:00+02:00")
        .untick("INFRA-210", &["Upgrade in production"])?
        .commit("INFRA-210: roll production back\n\nRate limits answered 503 to the mobile app.\n\nRolled-back: production rate limits answered 503 to the mobile app\n")?;
    Ok(())
}

/// INFRA-210 again: a rollback ends its approval, so it is given anew.
pub(super) fn helm_again(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("kim", "2024-05-28T09:00:00+02:00")
        .untick("INFRA-210", &["Code review"])?
        .commit("INFRA-210: untick “Code review” to approve again\n")?;
    stage.at("kim", "2024-05-28T09:01:00+02:00").tick("INFRA-210", &["Code review"])?.commit(
        "INFRA-210: approve as peer\n\nThe limits are per route now; tried with the mobile app in staging.\n",
    )?;
    stage
        .at("lee", "2024-05-28T11:00:00+02:00")
        .tick("INFRA-210", &["Upgrade in production"])?
        .commit("INFRA-210: deployed to production\n\nDeployed: production\n")?;
    Ok(())
}

/// INFRA-210, a day later.
pub(super) fn helm_quiet(stage: &mut Stage) -> Result<(), DemoError> {
    stage
        .at("lee", "2024-05-29T09:00:00+02:00")
        .tick("INFRA-210", &["Monitor for errors"])?
        .commit("INFRA-210: a day without errors\n")?;
    Ok(())
}
