//! What a change opens to every address, and which role it grants: facts about the values of a resource, which rules
//! of the policy may ask for. Of the values themselves a role's name alone is kept.

use super::fact::Fact;
use super::secrets::Secrets;
use super::value::Value;

/// Ports from and to, both included.
pub(super) type Ports = (u16, u16);

const ALL_PORTS: Ports = (0, u16::MAX);
/// How the providers write "every address".
const EVERYWHERE: [&str; 6] = ["0.0.0.0/0", "::/0", "*", "internet", "any", "0.0.0.0"];
/// What a policy document grants that allows every action on every resource.
const EVERYTHING: &str = "*";

/// Everything that rules may ask for.
pub(super) fn facts(
    resource_type: &str,
    before: &Value<'_>,
    after: &Value<'_>,
    secrets: &Secrets,
) -> Vec<Fact> {
    let opened = opened(resource_type, before, after).into_iter().map(|(from, to)| Fact::Opens { from, to });
    let granted = granted(resource_type, before, after).filter(|name| secrets.may_show(name));
    opened.chain(granted.map(|name| Fact::Grants { name })).collect()
}

/// The ports that are open to every address afterwards and were not before.
fn opened(resource_type: &str, before: &Value<'_>, after: &Value<'_>) -> Vec<Ports> {
    let before = open(resource_type, before);
    open(resource_type, after).into_iter().flat_map(|ports| without(ports, &before)).collect()
}

/// The role or policy that it grants afterwards and did not before, by its own name without a path;
/// [`EVERYTHING`] for a document that allows all.
fn granted(resource_type: &str, before: &Value<'_>, after: &Value<'_>) -> Option<String> {
    let after = grant(resource_type, after)?;
    (grant(resource_type, before).as_ref() != Some(&after)).then_some(after)
}

/// What is left of a range when others are taken out.
fn without(ports: Ports, others: &[Ports]) -> Vec<Ports> {
    let mut left = vec![ports];
    for &(from, to) in others {
        left = left
            .into_iter()
            .flat_map(|(start, end)| {
                let below = (start < from).then(|| (start, end.min(from.saturating_sub(1))));
                let above = (end > to).then(|| (start.max(to.saturating_add(1)), end));
                below.into_iter().chain(above)
            })
            .collect();
    }
    left
}

/// Ports that a resource lets every address reach.
fn open(resource_type: &str, value: &Value<'_>) -> Vec<Ports> {
    let rules = |key: &str, rule: fn(&Value<'_>) -> Vec<Ports>| {
        value.get(key).elements().iter().flat_map(rule).collect::<Vec<Ports>>()
    };
    match resource_type {
        "aws_security_group" | "aws_default_security_group" => rules("ingress", aws),
        "aws_security_group_rule" if is(value.get("type"), &["ingress"]) => aws(value),
        "aws_vpc_security_group_ingress_rule" => aws(value),
        "azurerm_network_security_group" => rules("security_rule", azure),
        "azurerm_network_security_rule" => azure(value),
        "google_compute_firewall" if !is(value.get("direction"), &["egress"]) => {
            let open = has_everywhere(value, &["source_ranges"]);
            if open { rules("allow", google) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

fn aws(rule: &Value<'_>) -> Vec<Ports> {
    if !has_everywhere(rule, &["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"]) {
        return Vec::new();
    }
    let protocol = [rule.get("protocol"), rule.get("ip_protocol")];
    if protocol.iter().any(|protocol| is(protocol, &["-1", "all"])) {
        return vec![ALL_PORTS];
    }
    if !protocol.iter().any(|protocol| is(protocol, &["tcp", "udp", "6", "17"])) {
        return Vec::new();
    }
    let port = |key: &str, otherwise| number(rule.get(key)).unwrap_or(otherwise);
    vec![(port("from_port", ALL_PORTS.0), port("to_port", ALL_PORTS.1))]
}

fn azure(rule: &Value<'_>) -> Vec<Ports> {
    let lets_in = is(rule.get("direction"), &["inbound"]) && is(rule.get("access"), &["allow"]);
    if !lets_in || !has_everywhere(rule, &["source_address_prefix", "source_address_prefixes"]) {
        return Vec::new();
    }
    texts(rule, &["destination_port_range", "destination_port_ranges"])
        .into_iter()
        .filter_map(range)
        .collect()
}

fn google(allow: &Value<'_>) -> Vec<Ports> {
    if !is(allow.get("protocol"), &["tcp", "udp", "all", "6", "17"]) {
        return Vec::new();
    }
    let ports = texts(allow, &["ports"]);
    if ports.is_empty() { vec![ALL_PORTS] } else { ports.into_iter().filter_map(range).collect() }
}

/// `22`, `8000-8100` or `*`.
fn range(text: &str) -> Option<Ports> {
    if text == "*" {
        return Some(ALL_PORTS);
    }
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

fn number(value: &Value<'_>) -> Option<u16> {
    match value {
        Value::Number(text) => text.parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn is(value: &Value<'_>, words: &[&str]) -> bool {
    value.as_str().is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

fn has_everywhere(value: &Value<'_>, keys: &[&str]) -> bool {
    texts(value, keys).into_iter().any(|text| EVERYWHERE.iter().any(|all| text.eq_ignore_ascii_case(all)))
}

/// The texts of attributes that hold one or a list.
fn texts<'v>(value: &'v Value<'_>, keys: &[&str]) -> Vec<&'v str> {
    let of = |key: &&str| {
        let attribute = value.get(key);
        attribute.as_str().into_iter().chain(attribute.elements().iter().filter_map(Value::as_str))
    };
    keys.iter().flat_map(of).collect()
}

fn grant(resource_type: &str, value: &Value<'_>) -> Option<String> {
    let role = match resource_type {
        "aws_iam_role_policy_attachment"
        | "aws_iam_user_policy_attachment"
        | "aws_iam_group_policy_attachment"
        | "aws_iam_policy_attachment" => value.get("policy_arn"),
        "azurerm_role_assignment" => value.get("role_definition_name"),
        name if name.starts_with("google_") && name.contains("_iam_") => value.get("role"),
        name if name.starts_with("kubernetes_cluster_role_binding") => {
            value.get("role_ref").at(0).get("name")
        }
        _ => return document(value.get("policy").as_str()?).then(|| EVERYTHING.to_owned()),
    };
    let text = role.as_str()?;
    Some(text.rsplit('/').next().unwrap_or(text).to_owned())
}

/// Whether a policy document has a statement that allows every action on every resource.
fn document(text: &str) -> bool {
    let Ok(document) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    let listed = |value: &serde_json::Value| match value {
        serde_json::Value::Array(elements) => elements.clone(),
        other => vec![other.clone()],
    };
    let all = |value: &serde_json::Value| listed(value).iter().any(|text| text.as_str() == Some("*"));
    document.get("Statement").map(listed).unwrap_or_default().iter().any(|statement| {
        statement["Effect"] == "Allow" && all(&statement["Action"]) && all(&statement["Resource"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(resource_type: &str, before: &str, after: &str) -> (Vec<Ports>, Option<String>) {
        let read = |text| Value::read(text, "a test").unwrap();
        let (before, after) = (read(before), read(after));
        (opened(resource_type, &before, &after), granted(resource_type, &before, &after))
    }

    #[test]
    fn ports_newly_open_to_everybody() {
        let group = |rules: &str| format!("{{\"ingress\":[{rules}]}}");
        let world = r#"{"cidr_blocks":["0.0.0.0/0"],"protocol":"tcp","from_port":22,"to_port":22}"#;
        let inside = r#"{"cidr_blocks":["10.0.0.0/8"],"protocol":"tcp","from_port":22,"to_port":22}"#;
        let all = r#"{"ipv6_cidr_blocks":["::/0"],"protocol":"-1","from_port":0,"to_port":0}"#;
        let ping = r#"{"cidr_blocks":["0.0.0.0/0"],"protocol":"icmp","from_port":8,"to_port":0}"#;
        let ports = |before: &str, after: &str| found("aws_security_group", &group(before), &group(after)).0;
        assert_eq!(ports("", world), [(22, 22)]);
        assert_eq!(ports(inside, world), [(22, 22)]);
        assert_eq!(ports(world, world), []);
        assert_eq!(ports(world, all), [(0, 21), (23, u16::MAX)]);
        assert_eq!(ports(all, world), []);
        assert_eq!((ports("", inside), ports("", ping)), (vec![], vec![]));
        let egress = format!("{{\"egress\":[{world}]}}");
        assert_eq!(found("aws_security_group", "null", &egress).0, []);
        let azure = r#"{"direction":"Inbound","access":"Allow","source_address_prefix":"Internet","destination_port_range":"3380-3390"}"#;
        assert_eq!(found("azurerm_network_security_rule", "null", azure).0, [(3380, 3390)]);
        let google = r#"{"source_ranges":["0.0.0.0/0"],"allow":[{"protocol":"tcp","ports":["22","80"]}]}"#;
        assert_eq!(found("google_compute_firewall", "null", google).0, [(22, 22), (80, 80)]);
    }

    #[test]
    fn what_is_newly_granted() {
        let policy = |action: &str, resource: &str| {
            let document = serde_json::json!({ "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": resource }] });
            serde_json::json!({ "policy": document.to_string() }).to_string()
        };
        let grants = |kind: &str, before: &str, after: &str| found(kind, before, after).1;
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(grants("aws_iam_policy", "null", &policy("*", "*")), some(EVERYTHING));
        assert_eq!(grants("aws_iam_policy", &policy("*", "*"), &policy("*", "*")), None);
        assert_eq!(grants("aws_iam_policy", "null", &policy("s3:*", "*")), None);
        assert_eq!(grants("aws_iam_policy", "null", &policy("*", "arn:aws:s3:::one")), None);
        let attached = r#"{"policy_arn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#;
        let attachment = "aws_iam_role_policy_attachment";
        assert_eq!(grants(attachment, "null", attached), some("AdministratorAccess"));
        assert_eq!(grants(attachment, attached, attached), None);
        let member = "google_project_iam_member";
        assert_eq!(grants(member, "null", r#"{"role":"roles/owner"}"#), some("owner"));
        assert_eq!(grants(member, r#"{"role":"roles/owner"}"#, r#"{"role":"roles/viewer"}"#), some("viewer"));
    }
}
