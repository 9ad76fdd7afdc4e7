//! Who reaches what.

use std::collections::BTreeMap;

use super::super::super::tree::{Path, Value};
use super::{Fact, FactKind, Facts, is_empty, path, text, texts};

/// Ends of annotations that list who may come.
const SOURCES: &[&str] = &[
    "source-range",
    "source-ranges",
    "inbound-cidrs",
    "whitelist",
    "allowlist",
    "allow-list",
    "ip-allow-list",
];
/// Words in annotations by which a way in is guarded.
const GUARDS: &[&str] =
    &["auth", "waf", "modsecurity", "shield", "ssl-redirect", "verify-client", "armor", "denylist", "owasp"];
/// Ports that are meant for everybody.
const WEB: &[&str] = &["80", "443", "8080", "8443", "http", "https"];

/// What is so of services, ingresses and policies of a network.
pub(super) fn state(kind: &str, object: &Value, facts: &mut Facts) {
    match kind {
        "Service" => service(object, facts),
        "NetworkPolicy" => policy(object, facts),
        "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy" => cilium(object, facts),
        "AuthorizationPolicy" => authorization(object, facts),
        "PeerAuthentication" if text(object, &["spec", "mtls", "mode"]).as_deref() == Some("DISABLE") => {
            facts.add(FactKind::Unprotected, path(&["spec", "mtls", "mode"]), ["mtls", "DISABLE"]);
        }
        _ => {}
    }
    for (key, value) in annotations(object) {
        let at = path(&["metadata", "annotations"]).with_key(key);
        let name = key.rsplit('/').next().unwrap_or(key);
        if SOURCES.iter().any(|end| name.ends_with(end)) && value.split(',').any(is_world) {
            facts.add(FactKind::Opened, at, [key, "to", value]);
        } else if name.ends_with("scheme") && value == "internet-facing" {
            facts.add(FactKind::Exposed, at, [format!("{key} {value}")]);
        } else if name.contains("snippet") {
            facts.add(FactKind::Snippet, at, [key]);
        }
    }
}

/// Whether a fact is what most new objects of that kind are for.
pub(super) fn is_usual_when_new(fact: &Fact) -> bool {
    fact.fact == FactKind::Opened && fact.about.first().is_some_and(|direction| direction == "egress")
}

/// What is lifted from one state to the next.
pub(super) fn step(kind: &str, old: &Value, new: &Value, facts: &mut Facts) {
    let (before, after) = (annotations(old), annotations(new));
    for (key, value) in &before {
        let at = path(&["metadata", "annotations"]).with_key(key);
        let name = key.rsplit('/').next().unwrap_or(key);
        let now = after.get(key).copied();
        if SOURCES.iter().any(|end| name.ends_with(end)) {
            if now.is_none_or(|now| now.trim().is_empty()) && !value.split(',').any(is_world) {
                facts.add(FactKind::Opened, at, [key, "no longer", value]);
            }
        } else if name.contains("snippet") {
            if now.is_some_and(|now| now != *value) {
                facts.add(FactKind::Snippet, at, [*key]);
            }
        } else if GUARDS.iter().any(|word| name.contains(word)) && is_on(value) && !now.is_some_and(is_on) {
            let now = now.unwrap_or("nothing");
            facts.add(FactKind::Unprotected, at, [(*key).to_owned(), format!("{value} → {now}")]);
        } else if *key == "kubernetes.io/ingress.class"
            && value.contains("internal")
            && now.is_some_and(|now| !now.contains("internal"))
        {
            facts.add(FactKind::Exposed, at, [format!("{key} {value} → {}", now.unwrap_or_default())]);
        }
    }
    if kind == "NetworkPolicy" {
        let gone: Vec<String> =
            directions(old).into_iter().filter(|d| !directions(new).contains(d)).collect();
        for direction in gone {
            facts.add(
                FactKind::Opened,
                path(&["spec", "policyTypes"]),
                [direction.as_str(), "no longer", "limited"],
            );
        }
    }
    if kind == "PeerAuthentication" {
        let mode = |object: &Value| text(object, &["spec", "mtls", "mode"]);
        let (before, after) = (mode(old), mode(new));
        if before.as_deref() == Some("STRICT") && !matches!(after.as_deref(), Some("STRICT" | "DISABLE")) {
            let after = after.unwrap_or_else(|| "nothing".to_owned());
            let at = path(&["spec", "mtls", "mode"]);
            facts.add(FactKind::Unprotected, at, ["mtls".to_owned(), format!("STRICT → {after}")]);
        }
    }
}

fn annotations(object: &Value) -> BTreeMap<&str, &str> {
    match object.at(&["metadata", "annotations"]) {
        Some(Value::Map(entries)) => {
            entries.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_text()?))).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn is_on(value: &str) -> bool {
    !matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "" | "false" | "off" | "none" | "no" | "optional_no_ca"
    )
}

/// `0.0.0.0/0`, and blocks so large that a few of them are everything.
fn is_world(cidr: &str) -> bool {
    let (address, bits) = match cidr.trim().split_once('/') {
        Some((address, bits)) => (address, bits.parse::<u8>().ok()),
        None => (cidr.trim(), None),
    };
    let is_private = address.starts_with("10.") || address.starts_with("fc") || address.starts_with("fd");
    bits.is_some_and(|bits| bits <= 4) && !is_private && (address.contains('.') || address.contains(':'))
}

fn service(object: &Value, facts: &mut Facts) {
    let at = path(&["spec", "type"]);
    let ranges = texts(object.at(&["spec", "loadBalancerSourceRanges"]));
    let listed = annotations(object)
        .get("service.beta.kubernetes.io/load-balancer-source-ranges")
        .map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    let ranges = if ranges.is_empty() { listed.unwrap_or_default() } else { ranges };
    let is_limited = !ranges.is_empty() && !ranges.iter().any(|range| is_world(range));
    match text(object, &["spec", "type"]).as_deref() {
        Some("LoadBalancer") if is_internal(object) => {
            facts.add(FactKind::Reachable, at, ["LoadBalancer, internal"]);
        }
        Some("LoadBalancer") if is_limited => {
            facts.add(FactKind::Reachable, at, [format!("LoadBalancer, from {}", ranges.join(", "))]);
        }
        Some("LoadBalancer") => facts.add(FactKind::Exposed, at, ["LoadBalancer, from everywhere"]),
        Some("NodePort") => facts.add(FactKind::Reachable, at, ["NodePort"]),
        _ => {}
    }
    for address in texts(object.at(&["spec", "externalIPs"])) {
        facts.add(FactKind::Reachable, path(&["spec", "externalIPs"]), [format!("external IP {address}")]);
    }
}

/// Whether an annotation of one of the clouds keeps a load balancer inside.
fn is_internal(service: &Value) -> bool {
    annotations(service).into_iter().any(|(key, value)| {
        let value = value.to_ascii_lowercase();
        matches!(value.as_str(), "internal" | "intranet" | "private")
            || key.contains("internal") && !matches!(value.as_str(), "" | "false")
    })
}

/// The directions in which a policy limits what it selects.
fn directions(policy: &Value) -> Vec<String> {
    let types = texts(policy.at(&["spec", "policyTypes"]));
    if types.is_empty() {
        let egress = policy.at(&["spec", "egress"]).is_some();
        return [Some("Ingress"), egress.then_some("Egress")]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect();
    }
    types
}

fn policy(object: &Value, facts: &mut Facts) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in object.at(&["spec", direction]).map(Value::items).unwrap_or_default() {
            let ports: Vec<String> = rule
                .get("ports")
                .map(Value::items)
                .unwrap_or_default()
                .iter()
                .map(|port| text(port, &["port"]).unwrap_or_default())
                .collect();
            if !ports.is_empty() && ports.iter().all(|port| WEB.contains(&port.as_str())) {
                continue;
            }
            let at = path(&["spec", direction]);
            let which = if ports.is_empty() { String::new() } else { format!(" on {}", ports.join(", ")) };
            let to = |who: &str| [direction.to_owned(), "to".to_owned(), format!("{who}{which}")];
            let listed = rule.get(peers).map(Value::items).unwrap_or_default();
            if listed.is_empty() {
                facts.add(FactKind::Opened, at.clone(), to("everybody"));
            }
            for peer in listed {
                if let Some(cidr) = text(peer, &["ipBlock", "cidr"]).filter(|cidr| is_world(cidr)) {
                    facts.add(FactKind::Opened, at.clone(), to(&cidr));
                } else if peer.get("namespaceSelector").is_some_and(is_empty)
                    && peer.get("podSelector").is_none_or(is_empty)
                {
                    facts.add(FactKind::Opened, at.clone(), to("every namespace"));
                }
            }
        }
    }
}

fn cilium(object: &Value, facts: &mut Facts) {
    let specs =
        object.get("spec").into_iter().chain(object.get("specs").map(Value::items).unwrap_or_default());
    for (leaf, value) in specs.flat_map(Value::leaves) {
        let keys = leaf.keys();
        let Some(value) = value.as_text() else { continue };
        let (direction, key) = match &keys[..] {
            ["ingress", .., _] => ("ingress", keys[1]),
            ["egress", .., _] => ("egress", keys[1]),
            _ => continue,
        };
        let is_everybody = key.ends_with("Entities") && matches!(value, "world" | "all")
            || key.contains("CIDR") && is_world(value);
        if is_everybody {
            facts.add(FactKind::Opened, path(&["spec", direction]), [direction, "to", value]);
        }
    }
}

/// A rule that allows without saying whom allows everybody.
fn authorization(object: &Value, facts: &mut Facts) {
    let action = text(object, &["spec", "action"]).unwrap_or_else(|| "ALLOW".to_owned());
    let rules = object.at(&["spec", "rules"]).map(Value::items).unwrap_or_default();
    let open = rules.iter().any(|rule| rule.get("from").is_none() && rule.get("when").is_none());
    if action == "ALLOW" && open {
        facts.add(FactKind::Opened, Path::default(), ["rules", "to", "everybody"]);
    }
}
