//! Plans of the fictitious team's Terraform, made by hand in the format of `terraform show -json`. They are read and
//! never written into the repository: a plan's file holds every value in clear.

use serde_json::{Value, json};

/// One resource: its address, what is planned (`create`, `update`, `replace`, `no-op`), and both sides as JSON.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The cluster of INFRA-100, and the app's way to it.
pub(super) fn redis() -> String {
    let rows: &[Row] = &[
        (
            "aws_elasticache_cluster.main",
            "create",
            "null",
            r#"{"cluster_id":"cache","engine":"redis","node_type":"cache.r6g.large","num_cache_nodes":3}"#,
        ),
        ("aws_elasticache_parameter_group.main", "no-op", r#"{"name":"cache"}"#, r#"{"name":"cache"}"#),
        ("aws_security_group.redis", "create", "null", r#"{"name":"redis"}"#),
        ("aws_elasticache_subnet_group.main", "create", "null", r#"{"name":"cache"}"#),
        (
            "aws_security_group.app",
            "update",
            r#"{"name":"app","egress":[]}"#,
            r#"{"name":"app","egress":[{"from_port":6379,"to_port":6379,"protocol":"tcp"}]}"#,
        ),
        ("aws_ecs_service.api", "no-op", r#"{"name":"api"}"#, r#"{"name":"api"}"#),
    ];
    plan(rows, &[("aws_ecs_service.api", "aws_security_group.app")])
}

/// The network of INFRA-150: what is new, what is moved over, and what must be made again for it.
pub(super) fn network() -> String {
    const NOTHING: &str = "{}";
    let mut rows: Vec<Row> = [
        "aws_vpc.main",
        "aws_subnet.public[0]",
        "aws_subnet.public[1]",
        "aws_subnet.public[2]",
        "aws_subnet.private[0]",
        "aws_subnet.private[1]",
        "aws_subnet.private[2]",
        "aws_internet_gateway.main",
        "aws_nat_gateway.main",
        "aws_route_table.public",
        "aws_route_table.private",
        "aws_vpc_peering_connection.data_platform",
    ]
    .map(|address| (address, "create", "null", NOTHING))
    .to_vec();
    let moved = (r#"{"subnets":["old-a","old-b"]}"#, r#"{"subnets":["new-a","new-b"]}"#);
    let target = (r#"{"vpc_id":"vpc-old"}"#, r#"{"vpc_id":"vpc-main"}"#);
    rows.extend([
        ("aws_lb.public", "replace", moved.0, moved.1),
        ("aws_lb_target_group.api", "replace", target.0, target.1),
        ("aws_lb_target_group.web", "replace", target.0, target.1),
        ("aws_security_group.app", "update", r#"{"egress":[]}"#, r#"{"egress":[{"from_port":443}]}"#),
        ("aws_ecs_service.api", "update", moved.0, moved.1),
        ("aws_ecs_service.web", "update", moved.0, moved.1),
        ("aws_route53_record.api", "no-op", NOTHING, NOTHING),
        ("aws_route53_record.web", "no-op", NOTHING, NOTHING),
        ("aws_cloudwatch_dashboard.traffic", "no-op", NOTHING, NOTHING),
    ]);
    plan(
        &rows,
        &[
            ("aws_route53_record.api", "aws_lb.public"),
            ("aws_route53_record.web", "aws_lb.public"),
            ("aws_cloudwatch_dashboard.traffic", "aws_lb_target_group.api"),
            ("aws_ecs_service.api", "aws_lb_target_group.api"),
            ("aws_ecs_service.web", "aws_lb_target_group.web"),
        ],
    )
}

/// The database of INFRA-230.
pub(super) fn database() -> String {
    let rows: &[Row] = &[
        (
            "aws_db_instance.orders",
            "update",
            r#"{"identifier":"orders","instance_class":"db.r6g.large"}"#,
            r#"{"identifier":"orders","instance_class":"db.r6g.xlarge"}"#,
        ),
        ("aws_ecs_service.orders", "no-op", "{}", "{}"),
    ];
    plan(rows, &[("aws_ecs_service.orders", "aws_db_instance.orders")])
}

/// A plan of these resources; `references` are pairs of who refers to whom.
fn plan(rows: &[Row], references: &[(&str, &str)]) -> String {
    let changes: Vec<Value> = rows.iter().map(change).collect();
    let resources: Vec<Value> = references
        .iter()
        .map(|(from, to)| {
            let (kind, name) = from.split_once('.').unwrap_or((from, ""));
            let refers = json!({ "references": [format!("{to}.id"), to] });
            json!({ "address": from, "mode": "managed", "type": kind, "name": name, "expressions": { "refers": refers } })
        })
        .collect();
    json!({
        "format_version": "1.2", "terraform_version": "1.9.0", "complete": true, "errored": false,
        "resource_changes": changes, "configuration": { "root_module": { "resources": resources } },
    })
    .to_string()
}

fn change((address, action, before, after): &Row) -> Value {
    let side =
        |text: &str| serde_json::from_str::<Value>(text).expect("JSON of this file, which a test reads");
    let actions = if *action == "replace" { json!(["delete", "create"]) } else { json!([action]) };
    let (kind, name) = address.split_once('.').unwrap_or((address, ""));
    let mut change = json!({ "actions": actions, "before": side(before), "after": side(after) });
    if *action == "replace" {
        let forces: Vec<Value> =
            side(after).as_object().into_iter().flatten().map(|(key, _)| json!([key])).collect();
        change["replace_paths"] = forces.into();
    }
    let name = name.split('[').next().unwrap_or(name);
    json!({ "address": address, "mode": "managed", "type": kind, "name": name, "change": change })
}
