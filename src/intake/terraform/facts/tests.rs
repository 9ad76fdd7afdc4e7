use serde_json::{Value as Json, json};

use super::super::secrets::Collector;
use super::*;
use crate::intake::terraform::value::Value;

/// The facts of a change, in words.
fn words(resource_type: &str, before: &Json, after: &Json) -> Vec<String> {
    let (before, after) = (before.to_string(), after.to_string());
    let read = |text| Value::read(text, "a test").unwrap();
    let action = if before == "null" { Action::Create } else { Action::Update };
    let values = Values {
        before: read(&before),
        after: read(&after),
        unknown: Value::Null,
        before_sensitive: Value::Null,
        after_sensitive: Value::Null,
    };
    let facts = facts(resource_type, action, &values, &Collector::default().finish());
    facts.iter().map(Fact::words).collect()
}

fn made(resource_type: &str, after: &Json) -> Vec<String> {
    words(resource_type, &Json::Null, after)
}

#[test]
fn ports_newly_open_to_everybody() {
    let rule = |cidr: &str, from: u16, to: u16| json!({"cidr_blocks": [cidr], "protocol": "tcp", "from_port": from, "to_port": to});
    let group = |rules: Json| json!({ "ingress": rules });
    let (world, inside) = (rule("0.0.0.0/0", 22, 22), rule("10.0.0.0/8", 22, 22));
    let all = json!({"ipv6_cidr_blocks": ["::/0"], "protocol": "-1", "from_port": 0, "to_port": 0});
    let ping = json!({"cidr_blocks": ["0.0.0.0/0"], "protocol": "icmp", "from_port": 8, "to_port": 0});
    let opens = |before: Json, after: Json| words("aws_security_group", &group(before), &group(after));
    assert_eq!(opens(json!([]), json!([world])), ["opens 22–22 to 0.0.0.0/0"]);
    assert_eq!(opens(json!([inside]), json!([world])), ["opens 22–22 to 0.0.0.0/0"]);
    assert_eq!(opens(json!([world]), json!([world])), [""; 0]);
    assert_eq!(opens(json!([world]), json!([all])), ["opens 0–21 to ::/0", "opens 23–65535 to ::/0"]);
    assert_eq!(opens(json!([]), json!([inside, ping])), [""; 0]);
    let halves = json!({"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["128.0.0.0/1", "0.0.0.0/1"]});
    assert_eq!(made("aws_security_group_rule", &halves), ["opens 22–22 to 0.0.0.0/1, 128.0.0.0/1"]);
    let azure = json!({"direction": "Inbound", "access": "Allow", "source_address_prefix": "Internet", "destination_port_range": "3380-3390"});
    assert_eq!(made("azurerm_network_security_rule", &azure), ["opens 3380–3390 to Internet"]);
    let google =
        json!({"source_ranges": ["2000::/3"], "allow": [{"protocol": "tcp", "ports": ["22", "80"]}]});
    assert_eq!(
        made("google_compute_firewall", &google),
        ["opens 22–22 to 2000::/3", "opens 80–80 to 2000::/3"]
    );
    let hetzner =
        json!({"rule": [{"direction": "in", "protocol": "tcp", "port": "any", "source_ips": ["0.0.0.0/0"]}]});
    assert_eq!(made("hcloud_firewall", &hetzner), ["opens all ports to 0.0.0.0/0"]);
}

#[test]
fn administrators_by_every_road() {
    let document = |action: &str, resource: &str| {
        json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}).to_string()
    };
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    for (resource_type, after, expected) in [
        ("aws_iam_policy", json!({"policy": document("*", "*")}), "grants every action on everything"),
        ("aws_iam_policy", json!({"policy": document("iam:*", "*")}), "grants iam:*"),
        ("aws_iam_policy", json!({"policy": document("s3:*", "*")}), "policy gains s3:* on *"),
        ("aws_iam_role", json!({"managed_policy_arns": [admin]}), "grants AdministratorAccess"),
        (
            "aws_iam_role",
            json!({"inline_policy": [{"policy": document("*", "*")}]}),
            "grants every action on everything",
        ),
        (
            "aws_ssoadmin_managed_policy_attachment",
            json!({"managed_policy_arn": admin}),
            "grants AdministratorAccess",
        ),
        ("aws_eks_access_entry", json!({"kubernetes_groups": ["system:masters"]}), "grants system:masters"),
        (
            "azurerm_role_assignment",
            json!({"role_definition_id": "/x/roleDefinitions/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"}),
            "grants Owner",
        ),
        (
            "azurerm_role_definition",
            json!({"permissions": [{"actions": ["*"]}]}),
            "grants every action on everything",
        ),
        (
            "google_project_iam_member",
            json!({"role": "roles/owner", "member": "user:a@example.org"}),
            "grants owner to user:a@example.org",
        ),
        (
            "google_project_iam_policy",
            json!({"policy_data": json!({"bindings": [{"role": "roles/editor", "members": ["user:a@example.org"]}]}).to_string()}),
            "grants editor to user:a@example.org",
        ),
        (
            "kubernetes_cluster_role_binding_v1",
            json!({"role_ref": [{"name": "cluster-admin"}], "subject": [{"name": "dev"}]}),
            "grants cluster-admin to dev",
        ),
        (
            "kubernetes_manifest",
            json!({"manifest": {"kind": "ClusterRoleBinding", "roleRef": {"name": "cluster-admin"}, "subjects": [{"name": "dev"}]}}),
            "grants cluster-admin to dev",
        ),
        (
            "kubectl_manifest",
            json!({"yaml_body": "kind: ClusterRoleBinding\nroleRef:\n  name: cluster-admin\nsubjects:\n- name: dev\n"}),
            "grants cluster-admin to dev",
        ),
        (
            "kubernetes_cluster_role",
            json!({"rule": [{"verbs": ["*"], "resources": ["*"]}]}),
            "grants every action on everything",
        ),
    ] {
        assert_eq!(made(resource_type, &after), [expected], "{resource_type} {after}");
        assert_eq!(words(resource_type, &after, &after), [""; 0], "{resource_type}");
    }
    let bound = json!({"permissions_boundary": admin, "arn": admin});
    assert_eq!(made("aws_iam_role", &bound), [""; 0]);
    let scp = json!({"content": document("*", "*")});
    assert_eq!(made("aws_organizations_policy", &scp), [""; 0]);
}

#[test]
fn who_may_assume_a_role() {
    let trust = |principal: Json, condition: Json| {
        let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition});
        made("aws_iam_role", &json!({"assume_role_policy": json!({"Statement": [statement]}).to_string()}))
    };
    let github =
        json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"});
    let audience = json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
    let subject = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/infra:*"}});
    let any = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}});
    assert_eq!(trust(json!("*"), Json::Null), ["anybody may assume the role"]);
    assert_eq!(trust(json!({"AWS": ["*"]}), Json::Null), ["anybody may assume the role"]);
    assert_eq!(trust(json!({"AWS": "*"}), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), [""; 0]);
    assert_eq!(trust(json!({"Service": "ec2.amazonaws.com"}), Json::Null), [""; 0]);
    assert_eq!(trust(github.clone(), audience), ["any subject of the identity provider may assume the role"]);
    assert_eq!(trust(github.clone(), any), ["any subject of the identity provider may assume the role"]);
    assert_eq!(trust(github, subject), [""; 0]);
}

#[test]
fn what_everybody_may_reach() {
    let public = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "x"}]});
    for (resource_type, after, expected) in [
        ("aws_db_instance", json!({"publicly_accessible": true}), "publicly_accessible becomes true"),
        ("aws_s3_bucket_policy", json!({"policy": public.to_string()}), "allows everybody s3:GetObject"),
        ("aws_s3_bucket_acl", json!({"acl": "public-read"}), "acl becomes public-read"),
        (
            "google_storage_bucket_acl",
            json!({"role_entity": ["READER:allUsers"]}),
            "grants access to allUsers",
        ),
        (
            "azurerm_storage_container",
            json!({"container_access_type": "blob"}),
            "container_access_type becomes blob",
        ),
        (
            "azurerm_mssql_firewall_rule",
            json!({"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"}),
            "lets 0.0.0.0–255.255.255.255 in",
        ),
        (
            "google_sql_database_instance",
            json!({"settings": [{"ip_configuration": [{"authorized_networks": [{"value": "0.0.0.0/0"}]}]}]}),
            "lets 0.0.0.0/0 in",
        ),
        ("aws_ami_launch_permission", json!({"group": "all"}), "shared with everybody"),
        (
            "azurerm_mssql_server",
            json!({"public_network_access_enabled": true}),
            "public_network_access_enabled is true",
        ),
        (
            "kubernetes_daemon_set_v1",
            json!({"spec": [{"template": [{"spec": [{"host_network": true}]}]}]}),
            "host_network becomes true",
        ),
        (
            "aws_ecs_task_definition",
            json!({"container_definitions": "[{\"privileged\": true}]"}),
            "privileged becomes true",
        ),
        (
            "kubernetes_manifest",
            json!({"manifest": {"kind": "Pod", "spec": {"volumes": [{"hostPath": {"path": "/"}}]}}}),
            "mounts / of the host",
        ),
        (
            "aws_lb_listener_rule",
            json!({"condition": [{"path_pattern": [{"values": ["/*"]}], "host_header": []}]}),
            "its condition holds for every request",
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            json!({"rule": [{"expiration": [{"days": 1}]}]}),
            "a lifecycle rule deletes objects",
        ),
    ] {
        assert_eq!(made(resource_type, &after), [expected], "{resource_type} {after}");
        assert_eq!(words(resource_type, &after, &after), [""; 0], "{resource_type}");
    }
    let off = json!({"public_network_access_enabled": false});
    let on = json!({"public_network_access_enabled": true});
    assert_eq!(words("azurerm_mssql_server", &off, &on), ["public_network_access_enabled becomes true"]);
    let endpoint =
        json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
            .to_string();
    assert_eq!(made("aws_vpc_endpoint", &json!({"policy": endpoint})), [""; 0]);
}

#[test]
fn a_document_that_is_hidden_elsewhere_is_judged_and_not_told() {
    let statement = json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::hushed"});
    let (told, all) = (
        json!({"Statement": [statement]}).to_string(),
        json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string(),
    );
    let facts_of = |document: &str| {
        let after = json!({ "policy": document }).to_string();
        let after = Value::read(&after, "a test").unwrap();
        let mut collector = Collector::default();
        let mask = super::super::value::Mask::new(&Value::Bool(true));
        collector.value(&after, mask, crate::intake::secret::judge("policy"));
        let secrets = collector.finish();
        let values = Values {
            before: Value::Null,
            after,
            unknown: Value::Null,
            before_sensitive: Value::Null,
            after_sensitive: Value::Null,
        };
        let facts = facts("aws_iam_policy", Action::Create, &values, &secrets);
        facts.iter().map(Fact::words).collect::<Vec<_>>()
    };
    assert_eq!(facts_of(&told), ["policy gains (sensitive)"]);
    assert_eq!(facts_of(&all), ["grants every action on everything"]);
}
