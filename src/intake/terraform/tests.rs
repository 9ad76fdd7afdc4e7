//! Rules worked out by hand, and the law that no secret leaves.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::policy::FieldGlobs;
use crate::record::Risk;

pub(super) fn read(plan: &Json) -> Plan {
    let policy = Policy::builtin();
    Plan::read(plan.to_string().as_bytes(), Rules::of(&policy)).unwrap()
}

fn found(plan: &Plan) -> Found {
    plan.found(&Policy::builtin())
}

pub(super) fn plan(changes: &Json) -> Json {
    json!({ "format_version": "1.2", "resource_changes": changes })
}

fn change(resource_type: &str, actions: &Json, before: &Json, after: &Json) -> Json {
    json!({
        "address": format!("{resource_type}.x"), "mode": "managed", "type": resource_type, "name": "x",
        "change": { "actions": actions, "before": before, "after": after },
    })
}

/// The risk and categories of one change.
fn judged(resource_type: &str, actions: &[&str], before: Json, after: Json) -> String {
    let plan = read(&plan(&json!([change(resource_type, &json!(actions), &before, &after)])));
    let found = found(&plan);
    let risk = found.risk().map_or("none", Risk::as_str);
    format!("{risk}: {}", found.categories().join(", "))
}

#[test]
fn a_route_in_a_network_that_is_new_too_is_low() {
    let plan = |unknown: Json| {
        let change = json!({ "actions": ["create"], "before": null, "after": {"cidr": "0.0.0.0/0"}, "after_unknown": unknown });
        let route = json!({ "address": "aws_route.x", "mode": "managed", "type": "aws_route", "name": "x", "change": change });
        found(&read(&json!({ "format_version": "1.2", "resource_changes": [route] }))).risk()
    };
    assert_eq!(plan(json!({ "route_table_id": true })), Some(crate::record::Risk::Low));
    assert_eq!(plan(json!({ "id": true })), Some(crate::record::Risk::High));
}

/// The table of docs/evidence.md, and the cards' own words.
#[test]
fn risk_case_by_case() {
    let tags = || (json!({"tags": {"a": 1}}), json!({"tags": {"a": 2}}));
    let other = || (json!({"name": "a"}), json!({"name": "b"}));
    let number = |key: &str, before: i64, after: i64| (json!({ key: before }), json!({ key: after }));
    let gone = || (json!({"name": "a"}), Json::Null);
    let made = || (Json::Null, json!({"name": "a"}));
    type Case<'c> = (&'c str, &'c [&'c str], (Json, Json), &'c str);
    let world = || json!([{"cidr_blocks": ["0.0.0.0/0"], "protocol": "tcp", "from_port": 22, "to_port": 22}]);
    let opened = || (json!({"ingress": []}), json!({"ingress": world()}));
    let web = || {
        let mut rule = world();
        (rule[0]["from_port"], rule[0]["to_port"]) = (443.into(), 443.into());
        (json!({"ingress": []}), json!({"ingress": rule}))
    };
    let everything = || {
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        (Json::Null, json!({"policy": document.to_string()}))
    };
    let cases: [Case<'_>; 34] = [
        // Low: new resources, tags, more capacity, added monitoring.
        ("aws_s3_bucket", &["create"], made(), "low: new-resources"),
        ("aws_elasticache_cluster", &["create"], made(), "low: new-resources"),
        ("aws_s3_bucket", &["update"], tags(), "low: tags"),
        ("aws_db_instance", &["update"], tags(), "low: tags"),
        ("aws_ecs_service", &["update"], number("desired_count", 3, 5), "low: capacity"),
        ("aws_cloudwatch_metric_alarm", &["create"], made(), "low: monitoring"),
        // Capacity that shrinks is configuration; a database stays a database.
        ("aws_ecs_service", &["update"], number("desired_count", 5, 3), "medium: configuration, less"),
        ("aws_db_instance", &["update"], number("allocated_storage", 3, 5), "high: database"),
        // Medium: security groups, IAM policies, configuration, scaling policies.
        ("aws_security_group", &["create"], made(), "medium: security-groups"),
        ("aws_security_group", &["update"], other(), "medium: security-groups"),
        ("aws_vpc_security_group_ingress_rule", &["update"], other(), "medium: security-groups"),
        ("google_compute_firewall", &["update"], other(), "medium: security-groups"),
        ("aws_iam_policy", &["update"], other(), "medium: iam"),
        ("google_project_iam_member", &["create"], made(), "medium: iam"),
        ("aws_lambda_function", &["update"], other(), "medium: configuration"),
        ("aws_autoscaling_policy", &["update"], other(), "medium: scaling"),
        ("aws_ecs_task_definition", &["delete", "create"], other(), "medium: revision"),
        // Google's `tags` are the network's.
        ("google_compute_instance", &["update"], tags(), "medium: configuration"),
        // High: databases, networks, destructive operations, secrets.
        ("aws_db_instance", &["update"], other(), "high: database"),
        ("aws_subnet", &["update"], other(), "high: network"),
        ("aws_route", &["create"], made(), "high: network"),
        ("aws_network_acl", &["update"], other(), "high: network"),
        ("aws_security_group", &["update"], opened(), "high: open-to-the-world"),
        ("aws_security_group", &["update"], web(), "medium: security-groups"),
        ("aws_iam_policy", &["create"], everything(), "high: administrator"),
        ("aws_s3_bucket", &["delete"], gone(), "high: destructive"),
        ("aws_security_group", &["delete"], gone(), "high: destructive"),
        ("aws_s3_bucket", &["create", "delete"], other(), "high: destructive"),
        ("aws_secretsmanager_secret_version", &["create"], made(), "high: secrets"),
        ("aws_secretsmanager_secret", &["create"], made(), "low: new-resources"),
        ("azurerm_mssql_server", &["delete"], gone(), "high: database"),
        // Of a provider that nobody knows: by action.
        ("acme_thing", &["create"], made(), "low: new-resources"),
        ("acme_thing", &["update"], other(), "medium: configuration"),
        ("acme_thing", &["delete"], gone(), "high: destructive"),
    ];
    for (resource_type, actions, (before, after), expected) in cases {
        assert_eq!(judged(resource_type, actions, before, after), expected, "{resource_type} {actions:?}");
    }
}

#[test]
fn what_the_provider_hides_is_looked_for() {
    let sql = json!({"type": "Microsoft.Sql/servers@2023-05-01", "name": "a"});
    assert_eq!(judged("azapi_resource", &["delete"], sql, Json::Null), "high: database");
    let secret = json!({"type": "SecureString", "value": "x"});
    assert_eq!(judged("aws_ssm_parameter", &["create"], Json::Null, secret), "high: secrets");
    let plain = json!({"type": "String", "value": "x"});
    assert_eq!(judged("aws_ssm_parameter", &["create"], Json::Null, plain), "low: new-resources");
    let ingress = json!({"manifest": {"kind": "Ingress", "x": 1}});
    let changed = json!({"manifest": {"kind": "Ingress", "x": 2}});
    assert_eq!(judged("kubernetes_manifest", &["update"], ingress, changed), "high: network");
}

#[test]
fn a_policy_without_rules_leaves_the_action() {
    let policy = Policy { categories: Vec::new(), ..Policy::builtin() };
    let file = plan(&json!([change("a_b", &json!(["delete"]), &json!({}), &Json::Null)]));
    assert_eq!(read(&file).found(&policy).reasons(), ["by-action (high): a_b.x is destroyed"]);
}

#[test]
fn a_few_words_on_what_changes() {
    let words = |actions: Json, before: Json, after: Json, more: Json| {
        let mut change = change("aws_x", &actions, &before, &after);
        for (key, value) in more.as_object().unwrap() {
            change["change"][key] = value.clone();
        }
        read(&plan(&json!([change]))).changes[0].words()
    };
    let none = || json!({});
    for (actions, before, after, more, expected) in [
        (json!(["update"]), json!({"n": 3}), json!({"n": 5}), none(), "n: 3 → 5"),
        (
            json!(["update"]),
            json!({"egress": [{"p": 1}]}),
            json!({"egress": [{"p": 2}, {"p": 1}]}),
            none(),
            "egress rule added",
        ),
        (
            json!(["update"]),
            json!({"egress": [{"p": 1}]}),
            json!({"egress": []}),
            none(),
            "egress rule removed",
        ),
        (json!(["update"]), json!({"a": {"b": "x"}}), json!({"a": {"b": "y"}}), none(), "a.b: x → y"),
        (json!(["update"]), json!({"p": "x"}), json!({"p": "y".repeat(99)}), none(), "p changed"),
        (
            json!(["update"]),
            json!({"admin_password": "x"}),
            json!({"admin_password": "y"}),
            none(),
            "admin_password changed (sensitive)",
        ),
        (
            json!(["update"]),
            json!({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}),
            json!({"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}),
            none(),
            "a: 1 → 2; b: 1 → 2; c: 1 → 2; and 2 more",
        ),
        (
            json!(["delete", "create"]),
            json!({"subnet_ids": ["a"], "id": "x"}),
            json!({"subnet_ids": ["b"]}),
            json!({"replace_paths": [["subnet_ids"]], "after_unknown": {"id": true}}),
            "forces replacement: subnet_ids; subnet_ids: a → b",
        ),
        (
            json!(["update"]),
            json!({"v": 9_007_199_254_740_992_u64}),
            json!({"v": 9_007_199_254_740_993_u64}),
            none(),
            "v: 9007199254740992 → 9007199254740993",
        ),
    ] {
        assert_eq!(words(actions, before, after, more), expected);
    }
}

#[test]
fn a_long_list_is_folded_with_its_counts() {
    let many: Vec<Json> = (0..30)
        .map(|index| {
            let mut change = change("aws_x", &json!(["create"]), &Json::Null, &json!({}));
            change["address"] = json!(format!("module.m[{}].aws_x.x[{index}]", index % 3));
            change["module_address"] = json!(format!("module.m[{}]", index % 3));
            change
        })
        .chain([change("aws_y", &json!(["delete"]), &json!({}), &Json::Null)])
        .collect();
    let plan = read(&plan(&json!(many)));
    assert_eq!(plan.list(31).len(), 31);
    assert_eq!(
        plan.list(30),
        ["31 changes, folded by module and type:", "+ module.m.aws_x × 30", "- aws_y × 1"]
    );
    assert_eq!(plan.list(0), ["31 changes, folded by action:", "+ resources × 30", "- resources × 1"]);
}

#[test]
fn a_number_that_is_sensitive_elsewhere_is_hidden() {
    let mut masked =
        change("a_b", &json!(["update"]), &json!({"pin": 481_516}), &json!({"pin": 481_516, "x": 1}));
    masked["change"]["before_sensitive"] = json!({"pin": true});
    let plain = change("c_d", &json!(["update"]), &json!({"n": 481_516}), &json!({"n": 7}));
    let plan = read(&plan(&json!([masked, plain])));
    assert_eq!(plan.list(9), ["~ a_b.x (x: 1 added)", "~ c_d.x (n changed (sensitive))"]);
}

#[test]
fn volatile_values_are_left_out_of_the_digest() {
    let globs = FieldGlobs::parse(&["aws_x.tags.commit".to_owned(), "**.stamp".to_owned()]).unwrap();
    let digest = |commit: &str, stamp: &str, name: &str| {
        let after = json!({"tags": {"commit": commit, "n": name}, "a": [{"stamp": stamp}]});
        let file = plan(&json!([change("aws_x", &json!(["create"]), &Json::Null, &after)]));
        Plan::read(file.to_string().as_bytes(), Rules { volatile: &globs }).unwrap().digest
    };
    assert_eq!(digest("a", "1", "n"), digest("b", "2", "n"));
    assert_ne!(digest("a", "1", "n"), digest("a", "1", "m"));
}

#[test]
fn planning_that_failed_is_not_no_change() {
    let mut file = plan(&json!([]));
    assert!(read(&file).headline().starts_with("No changes."));
    file["errored"] = json!(true);
    let plan = read(&file);
    assert_eq!(
        plan.headline(),
        "Planning failed. Terraform encountered an error while generating this plan."
    );
    assert_eq!(found(&plan).risk(), Some(Risk::High));
}

#[test]
fn opentofu_counts_what_it_forgets() {
    let mut forgotten = change("a_b", &json!(["forget"]), &json!({}), &Json::Null);
    let line = |change: &Json| read(&plan(&json!([change]))).headline();
    assert_eq!(line(&forgotten), "Plan: 0 to add, 0 to change, 0 to destroy.");
    forgotten["provider_name"] = json!("registry.opentofu.org/hashicorp/null");
    assert_eq!(line(&forgotten), "Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.");
}

#[test]
fn a_deposed_object_stands_beside_its_successor() {
    let mut deposed = change("aws_x", &json!(["delete"]), &json!({}), &Json::Null);
    deposed["deposed"] = json!("ab12");
    let kept = change("aws_x", &json!(["no-op"]), &json!({}), &json!({}));
    let plan = read(&plan(&json!([kept, deposed.clone()])));
    assert_eq!(plan.headline(), "Plan: 0 to add, 0 to change, 1 to destroy.");
    assert_eq!(plan.list(9), ["- aws_x.x (deposed object ab12)"]);
    let policy = Policy::builtin();
    let twice = super::tests::plan(&json!([deposed.clone(), deposed]));
    let error = Plan::read(twice.to_string().as_bytes(), Rules::of(&policy)).unwrap_err();
    assert_eq!(error, WrongInput::Duplicate { position: 2 });
}

#[test]
fn references_through_modules_variables_and_data() {
    let reference = |names: &[&str]| json!({ "references": names });
    let resource =
        |address: &str, expressions: Json| json!({ "address": address, "expressions": expressions });
    let mut file = plan(&json!([
        change("a_vpc", &json!(["update"]), &json!({"n": 1}), &json!({"n": 2})),
        change("b_direct", &json!(["no-op"]), &json!({}), &json!({})),
        change("c_alone", &json!(["no-op"]), &json!({}), &json!({})),
        change("d_data", &json!(["no-op"]), &json!({}), &json!({})),
        change("e_after_module", &json!(["no-op"]), &json!({}), &json!({})),
        change("f_depends", &json!(["no-op"]), &json!({}), &json!({})),
    ]));
    let mut inside = change("in", &json!(["no-op"]), &json!({}), &json!({}));
    inside["address"] = json!("module.m[\"k.x\"].in.x[0]");
    file["resource_changes"].as_array_mut().unwrap().push(inside);
    file["configuration"] = json!({ "root_module": {
        "resources": [
            resource("a_vpc.x", json!({})),
            resource("b_direct.x", json!({"block": [{"id": reference(&["a_vpc.x.id", "a_vpc.x"])}]})),
            resource("c_alone.x", json!({"id": {"constant_value": {"references": ["a_vpc.x"]}}})),
            resource("data.look.up", json!({"id": reference(&["a_vpc.x"])})),
            resource("d_data.x", json!({"id": reference(&["data.look.up.id", "data.look.up"])})),
            resource("e_after_module.x", json!({"id": reference(&["module.m[\"k.x\"].out", "module.m"])})),
            json!({"address": "f_depends.x", "depends_on": ["b_direct.x"]}),
        ],
        "module_calls": { "m": { "expressions": {"vpc": reference(&["a_vpc.x.id", "a_vpc.x"])}, "module": {
            "resources": [resource("in.x", json!({"vpc": reference(&["var.vpc"])}))],
            "outputs": { "out": { "expression": reference(&["in.x[0].id", "in.x"]) } },
        } } },
    } });
    let radius = read(&file).radius();
    let reached: Vec<&str> = radius.reached.iter().map(|reached| reached.address.as_str()).collect();
    assert_eq!(
        reached,
        ["b_direct.x", "d_data.x", "e_after_module.x", "f_depends.x", "module.m[\"k.x\"].in.x[0]"]
    );
    assert_eq!(radius.sentence(), "1 existing resource touched; 5 others refer to them.");
    assert!(radius.dot().contains("  \"f_depends.x\" -> \"b_direct.x\";\n"), "{}", radius.dot());
    let drawing = svg(&radius);
    assert_eq!(drawing.matches("<rect").count(), 6, "{drawing}");
    assert_eq!(drawing.matches("<line").count(), radius.edges.len(), "{drawing}");
}

/// Each data source refers to all before it: followed one by one they would be a million ways.
#[test]
fn many_ways_to_one_thing_are_followed_once() {
    let mut resources = vec![json!({"address": "a_vpc.x"})];
    let mut before = vec!["a_vpc.x".to_owned()];
    for index in 0..40 {
        let address = format!("data.look.n{index}");
        resources.push(json!({"address": address, "expressions": {"id": {"references": before}}}));
        before.push(address);
    }
    resources.push(json!({"address": "b_end.x", "expressions": {"id": {"references": before}}}));
    let mut file = plan(&json!([
        change("a_vpc", &json!(["update"]), &json!({"n": 1}), &json!({"n": 2})),
        change("b_end", &json!(["no-op"]), &json!({}), &json!({})),
    ]));
    file["configuration"] = json!({ "root_module": { "resources": resources } });
    assert_eq!(read(&file).radius().reached.len(), 1);
}

/// A plan with secrets wherever a plan can hold them; each of them also stands unmarked where it may be shown.
fn planted(secrets: &[String]) -> Json {
    let s = |index: usize| secrets[index % secrets.len()].clone();
    let key = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let address = format!("t.x[\"{}\"]", key(&s(0)));
    json!({
        "format_version": "1.2",
        "variables": { "pw": { "value": s(1) }, "api_token": { "value": [s(2)] }, "plain": { "value": "seen" } },
        "planned_values": {
            "outputs": { "o": { "sensitive": true, "value": { "deep": s(3) } } },
            "root_module": { "child_modules": [{ "resources": [
                { "address": "a.b", "values": { "list": ["x", s(4)] }, "sensitive_values": { "list": [false, true] } },
            ] }] },
        },
        "prior_state": { "values": { "root_module": { "resources": [
            { "address": "a.b", "values": { "k": { "v": s(5) } }, "sensitive_values": { "k": true } },
        ] } } },
        "configuration": {
            "provider_config": { "p": { "expressions": { "password": { "constant_value": s(6) } } } },
            "root_module": {
                "variables": { "pw": { "sensitive": true, "default": s(7) } },
                "module_calls": { "m": { "expressions": { "s": { "constant_value": s(8) } },
                    "module": { "variables": { "s": { "sensitive": true } } } } },
            },
        },
        "resource_changes": [
            { "address": address, "type": "t", "index": s(0), "change": {
                "actions": ["update"], "before": s(0), "after": "x", "before_sensitive": true } },
            { "address": "t.masks", "type": "t", "previous_address": address, "change": {
                "actions": ["delete", "create"],
                "before": { "a": s(9), "b": [s(1), "k"], "c": s(2), (s(3)): 1, "password": s(12) },
                "after": { "a": s(4), "b": [s(5), "k"], "c": s(6), (s(7)): 2, "password": s(13) },
                "before_sensitive": { "a": true }, "after_sensitive": { "a": "odd" },
                "replace_paths": [[s(3)]], "importing": { "id": s(8) } } },
            { "address": "t.shown", "type": "azapi_resource", "change": {
                "actions": ["create"], "before": null, "after": { "type": s(9), "v": s(10) } } },
        ],
        "resource_drift": [{ "address": "t.d", "change": { "actions": ["update"],
            "before": { "x": s(10) }, "after": {}, "before_sensitive": { "x": true } } }],
        "output_changes": { "o": { "actions": ["create"], "before": null, "after": s(11), "after_sensitive": true } },
        "action_invocations": [{ "address": "action.a.b", "config_values": { "v": s(12) }, "config_sensitive": { "v": true } }],
    })
}

pub(super) fn everything_said(plan: &Plan) -> String {
    let other = plan.compare(&read(&super::tests::plan(&json!([]))));
    let found = found(plan);
    format!(
        "{plan:?}\n{}\n{}\n{}\n{}\n{other:?}\n{found:?}\n{}",
        plan.block(100),
        plan.block(1),
        plan.radius().dot(),
        svg(&plan.radius()),
        serde_json::to_string(plan).unwrap()
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_secret_leaves(secrets in prop::collection::vec("[A-Za-z0-9\"\\\\.\\[\\]é ]{3}[A-Z0-9]{6}[a-z\" ]{0,4}", 14)) {
        let plan = read(&planted(&secrets));
        let said = everything_said(&plan);
        for secret in &secrets {
            // As it stands, and as a debug or JSON form would write it.
            for form in [secret.clone(), secret.replace('"', "\\\""), format!("{secret:?}").trim_matches('"').to_owned()] {
                prop_assert!(!said.contains(&form), "{form} in {said}");
            }
        }
    }

    #[test]
    fn errors_do_not_quote(secret in "[A-Z0-9]{8}", at in 0usize..6) {
        let broken = match at {
            0 => format!("{{\"format_version\":\"{secret}\",\"resource_changes\":[]}}"),
            1 => format!("{{\"format_version\":\"1.2\",\"resource_changes\":\"{secret}\"}}"),
            2 => format!("{{\"format_version\":\"1.2\",\"resource_changes\":[\"{secret}\"]}}"),
            3 => format!("{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":1,\"{secret}\":2,\"change\":{{}}}}]}}"),
            4 => format!("{{\"format_version\":\"1.2\",\"resource_changes\":[{{\"address\":\"a\",\"change\":{{\"actions\":[\"{secret}\"]}}}}]}}"),
            _ => format!("{{\"a\":\"{secret}\",}}"),
        };
        let policy = Policy::builtin();
        let error = Plan::read(broken.as_bytes(), Rules::of(&policy)).unwrap_err();
        prop_assert!(!format!("{error} {error:?} {}", error.hint()).contains(&secret), "{error:?}");
    }
}
