//! The files of the fictitious team that are no records.

pub(super) const BOOK: &str = r#"[book]
title = "Platform infrastructure"
description = "Changes of a fictitious team, from proposal to audit"
authors = ["The platform team (fictitious)"]
language = "en"
src = "docs"

[build]
build-dir = "book"

[preprocessor.changebook]
optional = true
"#;

pub(super) const POLICY: &str = r#"# What this team changes in the built-in policy. The people are fictitious.
book = "platform-infrastructure"
trunk = "main"
policy-roles = ["devops-lead", "security"]

[people.ana]
name = "Ana"
emails = ["ana@example.org"]

[people.sam]
name = "Sam"
emails = ["sam@example.org"]

[people.kim]
name = "Kim"
emails = ["kim@example.org"]

[people.lee]
name = "Lee"
emails = ["lee@example.org"]

[roles]
devops-lead = ["kim", "lee"]
security = ["sam"]
cab = ["ana", "sam", "kim"]
on-call = ["lee", "kim"]

[[environments]]
name = "staging"

[[environments]]
name = "production"
gated = true
deployers = ["on-call", "devops-lead", "ana"]

[windows.standard]             # Saturday, 2 to 6 AM
rrule = "FREQ=WEEKLY;BYDAY=SA"
start = "02:00"
duration = "4h"
timezone = "Europe/Berlin"

[windows.emergency]            # as needed, with approval
rrule = "FREQ=DAILY"
start = "00:00"
duration = "24h"
timezone = "UTC"

[cab]
timezone = "Europe/Berlin"
"#;

pub(super) const SUMMARY: &str =
    "# Summary\n\n[Welcome](index.md)\n\n# How we work\n\n- [A change, step by step](changes.md)\n";

pub(super) const INDEX: &str = r"# Platform infrastructure

This is the book of a fictitious team. Its people are roles: **ana** builds, **sam** is responsible for security, **kim** and
**lee** lead and are on call.

> [!NOTE]
> Nobody here typed a status, a date or an approver. Each comes from the history of this repository.

- New here? [A change, step by step](changes.md) shows how INFRA-100 was deployed.
- On call? See the runbook of the [Redis cluster](../runbooks/redis-cluster.md).
";

pub(super) const CHANGES: &str = r"# A change, step by step

| stage | what happens | who | example |
| --- | --- | --- | --- |
| task | what, why, impact | engineer | [INFRA-100](../tasks/INFRA-100.md) |
| develop | code, local plan | engineer | branch and commits |
| code review | pull request with the plan's output | a peer | a tick, committed |
| staging | apply and verify | engineer | a tick, committed |
| production | scheduled when the risk is high; verify and monitor | on call | INFRA-150 |

High risk requires a DevOps lead, security, the board ([CAB-2024-05](../cab/CAB-2024-05.md)) and a window.

```console
changebook show INFRA-150
changebook list --status open
```
";

pub(super) const MAIN_TF: &str = r#"terraform {
  required_version = ">= 1.5"
}

resource "aws_elasticache_parameter_group" "main" {
  name   = "cache"
  family = "redis7"
}

resource "aws_security_group" "app" {
  name   = "app"
  vpc_id = var.vpc_id
}
"#;

/// Stands in `main.tf` in place of the app's `vpc_id` when it may reach the cluster.
pub(super) const EGRESS: [&str; 2] = [
    "  name   = \"app\"\n  vpc_id = var.vpc_id\n",
    "  name   = \"app\"\n  vpc_id = var.vpc_id\n  egress {\n    from_port       = 6379\n    to_port         = 6379\n    protocol        = \"tcp\"\n    security_groups = [aws_security_group.redis.id]\n  }\n",
];

pub(super) const REDIS_TF: &str = r#"resource "aws_elasticache_cluster" "main" {
  cluster_id           = "cache"
  engine               = "redis"
  node_type            = "cache.r6g.large"
  num_cache_nodes      = 3
  parameter_group_name = aws_elasticache_parameter_group.main.name
  subnet_group_name    = aws_elasticache_subnet_group.main.name
  security_group_ids   = [aws_security_group.redis.id]
}

resource "aws_security_group" "redis" {
  name   = "redis"
  vpc_id = var.vpc_id
}

resource "aws_elasticache_subnet_group" "main" {
  name       = "cache"
  subnet_ids = var.private_subnet_ids
}
"#;

pub(super) const NETWORK_TF: &str = r#"resource "aws_vpc" "main" {
  cidr_block = "10.40.0.0/16"
}

resource "aws_lb" "public" {
  name    = "public"
  subnets = aws_subnet.public[*].id
}
"#;

pub(super) const DEPLOYMENT_BEFORE: &str = r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: api
          image: registry.example.org/api:1.42.0
";

pub(super) const DEPLOYMENT_AFTER: &str = r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 5
  template:
    spec:
      containers:
        - name: api
          image: registry.example.org/api:1.42.0
          resources:
            limits: { cpu: 500m, memory: 512Mi }
          readinessProbe:
            httpGet: { path: /healthz, port: 8080 }
";

pub(super) const HPA: &str = r"apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: api
spec:
  minReplicas: 5
  maxReplicas: 10
";

pub(super) const DATABASE_TF: &str = r#"resource "aws_db_instance" "orders" {
  identifier     = "orders"
  instance_class = "db.r6g.xlarge"
}
"#;

/// The chart as this team keeps it, before and after INFRA-210.
pub(super) const CHART_BEFORE: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: ingress-nginx\nversion: 4.6.0\nappVersion: 1.7.0\n"),
    ("values.yaml", "controller:\n  replicaCount: 2\n  limits:\n    requestsPerSecond: 0\n"),
    ("templates/controller.yaml", "kind: Deployment\n"),
];

pub(super) const CHART_AFTER: &[(&str, &str)] = &[
    ("Chart.yaml", "apiVersion: v2\nname: ingress-nginx\nversion: 4.8.0\nappVersion: 1.9.0\n"),
    (
        "CHANGELOG.md",
        "# Changelog\n\n## 4.8.0\n\n### Added\n\n- Rate limiting\n\n### Fixed\n\n- A memory leak of the controller\n\n## 4.7.0\n\n### Changed\n\n- Another base image\n\n## 4.6.0\n\n- The first version of this list\n",
    ),
    ("values.yaml", "controller:\n  replicaCount: 2\n  limits:\n    requestsPerSecond: 100\n"),
    ("templates/controller.yaml", "kind: Deployment\n"),
];
