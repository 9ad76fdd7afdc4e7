//! What is written of a plan reads back equal, and two plans of one change are told to be one.

use serde_json::{Value as Json, json};

use super::*;

fn read(plan: &Json) -> Plan {
    Plan::read(plan.to_string().as_bytes(), Rules::of(&Policy::builtin())).unwrap()
}

fn change(address: &str, actions: &Json, before: &Json, after: &Json) -> Json {
    json!({
        "address": address, "mode": "managed", "type": address.split('.').next(), "name": "x",
        "change": { "actions": actions, "before": before, "after": after },
    })
}

/// A plan with one of everything.
fn everything() -> Json {
    let open = json!({"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "protocol": "tcp", "from_port": 22, "to_port": 22}]});
    let mut masked =
        change("a_db.x", &json!(["update"]), &json!({"p": "one", "n": 1}), &json!({"p": "two", "n": 2}));
    masked["change"]["before_sensitive"] = json!({"p": true});
    masked["change"]["after_sensitive"] = json!({"p": true});
    let mut replaced =
        change("c_d.x[\"é.1\"]", &json!(["delete", "create"]), &json!({"k": "a"}), &json!({"k": "b"}));
    replaced["change"]["replace_paths"] = json!([["k"]]);
    replaced["change"]["after_unknown"] = json!({"id": true});
    replaced["action_reason"] = json!("replace_because_cannot_update");
    let mut moved = change("e_f.x", &json!(["no-op"]), &json!({}), &json!({}));
    moved["previous_address"] = json!("e_f.y");
    let mut imported = change("g_h.x", &json!(["no-op"]), &json!({}), &json!({}));
    imported["change"]["importing"] = json!({"id": "1"});
    let mut deposed = change("i_j.x", &json!(["delete"]), &json!({"k": 1}), &Json::Null);
    deposed["deposed"] = json!("ab12");
    deposed["module_address"] = json!("module.m[0]");
    json!({
        "format_version": "1.2", "terraform_version": "1.14.0", "complete": false,
        "resource_changes": [
            change("aws_security_group.x", &json!(["update"]), &json!({"ingress": []}), &open),
            masked, replaced, moved, imported, deposed,
            change("k_l.x", &json!(["create"]), &Json::Null, &json!({"name": "new", "size": 3})),
            change("m_n.x", &json!(["no-op"]), &json!({}), &json!({})),
            change("o_p.x", &json!(["forget"]), &json!({"k": 1}), &Json::Null),
        ],
        "deferred_changes": [{ "reason": "resource_config_unknown", "resource_change":
            change("q_r.x", &json!(["create", "delete"]), &json!({"k": 1}), &json!({"k": 2})) }],
        "resource_drift": [change("s_t.x", &json!(["update"]), &json!({"k": 1}), &json!({"k": 2}))],
        "output_changes": { "o": { "actions": ["update"], "before": 1, "after": 2 } },
        "action_invocations": [{ "address": "action.u_v.x", "type": "u_v", "config_values": {"name": "run"},
            "lifecycle_action_trigger": { "triggering_resource_address": "k_l.x", "action_trigger_event": "AfterCreate" } }],
        "checks": [{ "address": { "to_display": "check.health" }, "status": "fail",
            "instances": [{ "problems": [{ "message": "it expires in 3 days" }] }] }],
        "configuration": { "root_module": { "resources": [
            { "address": "a_db.x" },
            { "address": "m_n.x", "expressions": { "id": { "references": ["a_db.x"] } } },
        ] } },
    })
}

#[test]
fn what_is_written_reads_back_equal() {
    let policy = Policy::builtin();
    let errored = json!({ "format_version": "1.2", "resource_changes": [], "errored": true });
    for file in [everything(), errored, json!({ "format_version": "1.2", "resource_changes": [] })] {
        let mut plan = read(&file);
        plan.remarks.clear();
        let text = serde_json::to_string_pretty(&plan).unwrap();
        let back: Plan = serde_json::from_str(&text).unwrap();
        assert_eq!(back, plan);
        assert_eq!(back.found(&policy), plan.found(&policy));
        assert_eq!(back.block(99), plan.block(99));
        assert_eq!(serde_json::to_string_pretty(&back).unwrap(), text);
        // The order of keys is nothing.
        let sorted: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::from_value::<Plan>(sorted).unwrap(), plan);
        assert!(plan.holds_together() && plan.same_but_for_circumstances(&back) && plan.compare(&back).alike);
        let mut typed: Json = serde_json::from_str(&text).unwrap();
        typed["risk"] = json!("low");
        assert!(serde_json::from_value::<Plan>(typed).is_err());
    }
}

#[test]
fn every_kind_of_thing_is_told() {
    let plan = read(&everything());
    let block = plan.block(99);
    for told in [
        "Plan: 1 to import, 2 to add, 2 to change, 2 to destroy. Actions: 1 to invoke. Deferred: 1 for a later plan.",
        "~ a_db.x (n: 1 → 2; p changed (sensitive))",
        "-/+ c_d.x[\"é.1\"] (forces replacement: k; k: a → b)",
        "Left for a later plan:\n\n```text\n+/- q_r.x (k: 1 → 2): its configuration is not known yet",
        "! action.u_v.x (invoked after k_l.x is created; name: run)",
        "Changed outside of Terraform before this plan:\n\n```text\n~ s_t.x (k: 1 → 2)",
        "check.health failed: it expires in 3 days",
    ] {
        assert!(block.contains(told), "{told}\n{block}");
    }
    assert_eq!(plan.remarks, ["check.health failed: it expires in 3 days"]);
    let mut refresh = everything();
    for key in ["resource_changes", "deferred_changes", "action_invocations"] {
        refresh[key] = json!([]);
    }
    refresh["output_changes"] = json!({});
    let headline = read(&refresh).headline();
    assert_eq!(headline, "No changes. 1 object had changed outside of Terraform.");
}

#[test]
fn circumstances_are_no_other_plan() {
    let file = everything();
    let plan = read(&file);
    let mut other = file.clone();
    other["terraform_version"] = json!("1.14.1");
    other["checks"] = json!([]);
    other["resource_drift"] = json!([]);
    other["resource_changes"].as_array_mut().unwrap().reverse();
    let again = read(&other);
    assert!(again.same_but_for_circumstances(&plan) && again.digest == plan.digest);
    for (pointer, value) in [
        ("/resource_changes/1/change/after/n", json!(3)),
        ("/resource_changes/1/change/before/n", json!(0)),
        ("/resource_changes/3/previous_address", json!("e_f.z")),
        ("/resource_changes/6/change/after/name", json!("other")),
        ("/deferred_changes/0/resource_change/change/after/k", json!(4)),
        ("/deferred_changes/0/reason", json!("absent_prereq")),
        ("/output_changes/o/after", json!(4)),
        ("/action_invocations/0/config_values/name", json!("drop")),
        ("/complete", json!(true)),
    ] {
        let mut other = file.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        let other = read(&other);
        assert!(!other.same_but_for_circumstances(&plan), "{pointer}");
        assert_ne!(other.digest, plan.digest, "{pointer}");
    }
}

#[test]
fn where_two_plans_differ() {
    let file = everything();
    let recorded = read(&file);
    let mut other = file.clone();
    other["resource_changes"][1]["change"]["after"]["n"] = json!(3);
    other["resource_changes"][8]["address"] = json!("o_p.y");
    other["output_changes"]["o"]["after"] = json!(7);
    other["action_invocations"][0]["config_values"]["name"] = json!("drop");
    let comparison = read(&other).compare(&recorded);
    let told: Vec<String> = comparison
        .differs
        .iter()
        .map(|differs| format!("{} {} {}", differs.address, differs.is_new, differs.attributes.join(",")))
        .collect();
    assert_eq!(
        told,
        ["a_db.x false n", "action.u_v.x false the action", "o_p.y true ", "output.o false the action"]
    );
    assert_eq!(comparison.gone, ["o_p.x"]);
    assert!(!comparison.same && !comparison.alike);
}

#[test]
fn several_plans_are_read_each_with_its_unit() {
    let policy = Policy::builtin();
    let one = json!({ "format_version": "1.2", "resource_changes": [change("a_b.x", &json!(["create"]), &Json::Null, &json!({}))] });
    let none = json!({ "format_version": "1.2", "resource_changes": [] });
    let read_all = |text: &str| Plan::read_all(text.as_bytes(), Rules::of(&policy));
    let plain = read_all(&format!("{one}\nThe next one:\n{none}\n")).unwrap();
    assert_eq!(
        plain.iter().map(|(unit, plan)| (unit.clone(), plan.summary.add)).collect::<Vec<_>>(),
        [(None, 1), (None, 0)]
    );
    let lines =
        format!("10:00:00.001 STDOUT [live/a] tofu: {one}\n10:00:00.002 STDOUT [live/b] tofu: {none}\n");
    let units: Vec<Option<String>> = read_all(&lines).unwrap().into_iter().map(|(unit, _)| unit).collect();
    assert_eq!(units, [Some("live/a".to_owned()), Some("live/b".to_owned())]);
    let both = format!("{one}\n{none}");
    assert_eq!(Plan::read(both.as_bytes(), Rules::of(&policy)).unwrap_err(), WrongInput::Several);
    let messages = "{\"@level\":\"info\"}\n{\"@level\":\"info\"}";
    assert_eq!(read_all(messages).unwrap_err(), WrongInput::Messages);
    assert_eq!(read_all("{\"encrypted_data\":\"x\"}").unwrap_err(), WrongInput::Encrypted);
}
