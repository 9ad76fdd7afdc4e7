//! What a resource comes to be, by the names under which providers say so.

use super::super::value::Value;
use super::Found;
use super::opens::{everywhere, is_wide_range};
use super::place::Place;
use crate::policy::PlanTrait;

/// Switches: a name, the value that makes it a fact, whether also of what is new, and what it then is.
type Switch = (&'static str, &'static str, bool, PlanTrait);

const SWITCHES: &[Switch] = &[
    ("publicly_accessible", "true", true, PlanTrait::Public),
    ("allow_nested_items_to_be_public", "true", false, PlanTrait::Public),
    ("allow_blob_public_access", "true", false, PlanTrait::Public),
    ("anonymous_pull_enabled", "true", true, PlanTrait::Public),
    ("block_public_acls", "false", true, PlanTrait::Public),
    ("block_public_policy", "false", true, PlanTrait::Public),
    ("ignore_public_acls", "false", true, PlanTrait::Public),
    ("restrict_public_buckets", "false", true, PlanTrait::Public),
    ("block_public_security_group_rules", "false", true, PlanTrait::Public),
    ("public_access_prevention", "inherited", false, PlanTrait::Public),
    ("public_network_access_enabled", "true", false, PlanTrait::Public),
    ("public_network_access", "enabled", false, PlanTrait::Public),
    ("ipv4_enabled", "true", false, PlanTrait::Public),
    ("acl", "public-read", true, PlanTrait::Public),
    ("acl", "public-read-write", true, PlanTrait::Public),
    ("acl", "authenticated-read", true, PlanTrait::Public),
    ("predefined_acl", "publicread", true, PlanTrait::Public),
    ("predefined_acl", "publicreadwrite", true, PlanTrait::Public),
    ("predefined_acl", "authenticatedread", true, PlanTrait::Public),
    ("container_access_type", "blob", true, PlanTrait::Public),
    ("container_access_type", "container", true, PlanTrait::Public),
    ("special_group", "allauthenticatedusers", true, PlanTrait::Public),
    ("endpoint_public_access", "true", false, PlanTrait::PublicEndpoint),
    ("private_cluster_enabled", "false", false, PlanTrait::PublicEndpoint),
    ("enable_private_endpoint", "false", false, PlanTrait::PublicEndpoint),
    ("enable_private_nodes", "false", false, PlanTrait::PublicEndpoint),
    ("host_network", "true", true, PlanTrait::Privileged),
    ("host_pid", "true", true, PlanTrait::Privileged),
    ("host_ipc", "true", true, PlanTrait::Privileged),
    ("privileged", "true", true, PlanTrait::Privileged),
    ("pid_mode", "host", true, PlanTrait::Privileged),
    ("ipc_mode", "host", true, PlanTrait::Privileged),
    ("enable_logging", "false", true, PlanTrait::Unlogged),
    ("include_global_service_events", "false", false, PlanTrait::Unlogged),
    ("is_multi_region_trail", "false", false, PlanTrait::Unlogged),
    ("enable_log_file_validation", "false", false, PlanTrait::Unlogged),
];

/// Longest value of a switch, in bytes.
const MAX_SWITCH: usize = 24;

/// Capabilities with which a container leaves its bounds.
const CAPABILITIES: [&str; 7] =
    ["ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "NET_ADMIN", "DAC_READ_SEARCH", "BPF"];
/// Folders of a host whose keeper has the host.
const HOST_PATHS: [&str; 8] = [
    "/",
    "/etc",
    "/root",
    "/proc",
    "/var/run",
    "/var/run/docker.sock",
    "/var/lib/kubelet",
    "/run/containerd/containerd.sock",
];
/// Everybody, as Google writes it.
const EVERYBODY: [&str; 2] = ["allUsers", "allAuthenticatedUsers"];

/// Looks at one place.
pub(super) fn look_at(place: &Place<'_>, value: &Value<'_>, found: &mut Found<'_>) {
    match value {
        Value::String(text) => {
            switch(place, text, found);
            text_at(place, text, found);
        }
        Value::Bool(value) => switch(place, if *value { "true" } else { "false" }, found),
        Value::Object(_) => object_at(place, value, found),
        _ => {}
    }
}

fn switch(place: &Place<'_>, text: &str, found: &mut Found<'_>) {
    if text.len() > MAX_SWITCH {
        return;
    }
    let (key, text) = (place.key(), text.to_ascii_lowercase());
    for (name, value, also_new, what) in SWITCHES {
        if *name == key && *value == text && (*also_new || !found.is_new) {
            found.shows(*what, format!("{} becomes {value}", place.written()));
        }
    }
    // Most providers open the network side of what is new unless told otherwise.
    let reachable = matches!(
        (&*key, &*text),
        ("public_network_access_enabled" | "ipv4_enabled" | "endpoint_public_access", "true")
            | ("public_network_access", "enabled")
    );
    if found.is_new && reachable {
        found.shows(PlanTrait::Reachable, format!("{} is {text}", place.written()));
    }
}

fn text_at(place: &Place<'_>, text: &str, found: &mut Found<'_>) {
    let key = place.key();
    match &*key {
        "member" | "members" | "entity" | "iam_member" | "role_entity" | "default_acl" => {
            if let Some(who) = EVERYBODY.iter().find(|who| text.rsplit(':').next() == Some(**who)) {
                let role = place.within.and_then(|within| within.get("role").as_str());
                let role =
                    role.map_or_else(String::new, |role| found.said(role.rsplit('/').next().unwrap_or(role)));
                let what = if role.is_empty() { "access".to_owned() } else { role };
                found.shows(PlanTrait::Public, format!("grants {what} to {who}"));
            }
        }
        "uri" if text.ends_with("/AllUsers") || text.ends_with("/AuthenticatedUsers") => {
            found.shows(PlanTrait::Public, "grants access to everybody");
        }
        "default_action" if text.eq_ignore_ascii_case("allow") && !found.is_new => {
            let is_storage = place.is_under("network_rules")
                || place.is_under("network_acls")
                || found.resource_type.ends_with("_network_rules");
            if is_storage {
                found.shows(PlanTrait::Public, "default_action becomes Allow");
            }
        }
        "authorization_type" if text == "NONE" && found.resource_type == "aws_lambda_function_url" => {
            found.shows(PlanTrait::PublicEndpoint, "anybody may call the function");
        }
        "principal" if text == "*" && found.resource_type == "aws_lambda_permission" && place.is_top() => {
            let bound = ["source_arn", "source_account", "principal_org_id"];
            let is_bound =
                place.within.is_some_and(|within| bound.iter().any(|key| !within.get(key).is_null()));
            if !is_bound {
                found.shows(PlanTrait::Public, "anybody may invoke the function");
            }
        }
        "group" | "account_id" | "shared_accounts" | "account_ids" if text.eq_ignore_ascii_case("all") => {
            found.shows(PlanTrait::Public, "shared with everybody");
        }
        "add" if place.is_under("capabilities") => {
            let name = text.to_ascii_uppercase();
            if CAPABILITIES.contains(&name.trim_start_matches("CAP_")) {
                found.shows(PlanTrait::Privileged, format!("adds the capability {}", found.said(text)));
            }
        }
        "path" if place.is_under("host_path") && is_host_path(text) => {
            found.shows(PlanTrait::Privileged, format!("mounts {} of the host", found.said(text)));
        }
        _ if key.ends_with("kubernetes.io/enforce") && text == "privileged" => {
            found.shows(PlanTrait::Privileged, "pod security is enforced no longer");
        }
        _ => open_list(place, &key, text, found),
    }
}

fn is_host_path(path: &str) -> bool {
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    HOST_PATHS.contains(&path)
}

/// Lists of addresses that may reach a data store or a control plane.
fn open_list(place: &Place<'_>, key: &str, text: &str, found: &mut Found<'_>) {
    let endpoint =
        matches!(key, "public_access_cidrs" | "authorized_ip_ranges" | "api_server_authorized_ip_ranges")
            || (key == "cidr_block" && place.is_under("master_authorized_networks_config"));
    let data = (key == "value" && place.is_under("authorized_networks"))
        || matches!(key, "ip_range_filter" | "allowed_ip_ranges" | "allow_list")
        || (matches!(key, "ip_rules" | "ip_address_or_range") && found.resource_type.starts_with("azurerm_"));
    if !endpoint && !data {
        return;
    }
    let listed: Vec<&str> = text.split(',').map(str::trim).collect();
    let Some(source) = everywhere(&listed) else { return };
    // A cluster's own default is a fact only where somebody changes to it.
    let what = match (endpoint, found.is_new) {
        (true, true) => PlanTrait::Reachable,
        (true, false) => PlanTrait::PublicEndpoint,
        (false, _) => PlanTrait::Public,
    };
    let because = format!("lets {} in", found.said(&source));
    found.shows(what, because);
}

fn object_at(place: &Place<'_>, value: &Value<'_>, found: &mut Found<'_>) {
    for (first, last) in [("start_ip_address", "end_ip_address"), ("start_ip", "end_ip")] {
        if let (Some(from), Some(to)) = (value.get(first).as_str(), value.get(last).as_str())
            && is_wide_range(from, to)
        {
            let because = format!("lets {}–{} in", found.said(from), found.said(to));
            found.shows(PlanTrait::Public, because);
        }
    }
    if place.is_top() && place.written().is_empty() {
        whole(value, found);
    }
}

/// What the resource as a whole says.
fn whole(value: &Value<'_>, found: &mut Found<'_>) {
    match found.resource_type {
        "aws_lb_listener_rule" | "aws_alb_listener_rule" if takes_all(value) => {
            found.shows(PlanTrait::TakesAll, "its condition holds for every request");
        }
        "aws_apigatewayv2_route" if value.get("route_key").as_str() == Some("$default") => {
            found.shows(PlanTrait::TakesAll, "it is the default route");
        }
        "aws_s3_bucket_lifecycle_configuration" => {
            let rules = value.get("rule").elements().iter();
            let rules = rules.filter(|rule| rule.get("status").as_str() != Some("Disabled"));
            expires(rules, &["expiration", "noncurrent_version_expiration"], found);
        }
        "aws_s3_bucket" => {
            let rules = value.get("lifecycle_rule").elements().iter();
            expires(rules, &["expiration", "noncurrent_version_expiration"], found);
        }
        "google_storage_bucket" => {
            let rules = value.get("lifecycle_rule").elements().iter();
            let deletes = |rule: &Value<'_>| {
                rule.get("action")
                    .elements()
                    .iter()
                    .any(|action| action.get("type").as_str() == Some("Delete"))
            };
            if rules.into_iter().any(deletes) {
                found.shows(PlanTrait::DeletesData, "a lifecycle rule deletes objects");
            }
        }
        "azurerm_storage_management_policy" => {
            let rules = value.get("rule").elements().iter().flat_map(|rule| rule.get("actions").elements());
            let kinds = rules
                .flat_map(|actions| ["base_blob", "snapshot", "version"].map(|kind| actions.get(kind).at(0)));
            let deletes = |kind: &Value<'_>| {
                kind.members().iter().any(|(key, value)| {
                    key.starts_with("delete_after")
                        && matches!(value, Value::Number(days) if !days.starts_with('-'))
                })
            };
            if kinds.into_iter().any(deletes) {
                found.shows(PlanTrait::DeletesData, "a lifecycle rule deletes blobs");
            }
        }
        "google_logging_project_sink" | "google_logging_organization_sink" | "google_logging_folder_sink"
            if matches!(value.get("disabled"), Value::Bool(true)) =>
        {
            found.shows(PlanTrait::Unlogged, "the sink is disabled");
        }
        _ => {}
    }
}

fn expires<'v, 'a: 'v>(rules: impl Iterator<Item = &'v Value<'a>>, keys: &[&str], found: &mut Found<'_>) {
    let mut rules = rules;
    if rules.any(|rule| keys.iter().any(|key| !rule.get(key).elements().is_empty())) {
        found.shows(PlanTrait::DeletesData, "a lifecycle rule deletes objects");
    }
}

/// Whether each condition of a listener's rule holds for every request.
fn takes_all(value: &Value<'_>) -> bool {
    let conditions = value.get("condition").elements();
    let holds = |condition: &Value<'_>| {
        let kinds: Vec<&Value<'_>> = condition
            .members()
            .iter()
            .map(|(_, kind)| kind)
            .filter(|kind| !kind.elements().is_empty())
            .collect();
        let any = |value: &Value<'_>| {
            let values = value.at(0).get("values").elements();
            values
                .iter()
                .filter_map(Value::as_str)
                .any(|text| matches!(text, "*" | "/*" | "0.0.0.0/0" | "::/0"))
        };
        !kinds.is_empty() && kinds.iter().all(|kind| any(kind))
    };
    !conditions.is_empty() && conditions.iter().all(holds)
}
