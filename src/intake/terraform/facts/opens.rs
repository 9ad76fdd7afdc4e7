//! Ports that a change opens to every address.

use super::super::secrets::{REDACTED, Secrets};
use super::super::value::Value;
use super::Fact;

/// Ports from and to, both included.
type Ports = (u16, u16);

const ALL_PORTS: Ports = (0, u16::MAX);
/// How the providers write "every address".
const EVERYWHERE: [&str; 6] = ["0.0.0.0/0", "::/0", "*", "internet", "any", "0.0.0.0"];
/// A quarter of all addresses of version 4: whoever lists halves or quarters means everybody.
const MANY: u64 = 1 << 30;
/// The longest prefix of version 6 that is as good as all of it.
const SHORT_PREFIX: u8 = 8;

/// What one state of a resource lets every address reach.
struct Open {
    ports: Vec<Ports>,
    source: String,
}

/// The ports that are open to every address afterwards and were not before.
pub(super) fn opened(
    resource_type: &str,
    before: &Value<'_>,
    after: &Value<'_>,
    secrets: &Secrets,
) -> Vec<Fact> {
    let known: Vec<Ports> = open(resource_type, before).into_iter().flat_map(|open| open.ports).collect();
    let mut facts = Vec::new();
    for Open { ports, source } in open(resource_type, after) {
        let source = if secrets.may_show(&source) { source } else { REDACTED.to_owned() };
        for (from, to) in ports.into_iter().flat_map(|ports| without(ports, &known)) {
            facts.push(Fact::Opens { from, to, source: source.clone() });
        }
    }
    facts.dedup();
    facts
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

/// How the addresses are written when they are those of everybody, or as good as.
pub(super) fn everywhere(addresses: &[&str]) -> Option<String> {
    let all = |text: &&&str| EVERYWHERE.iter().any(|all| text.eq_ignore_ascii_case(all));
    if let Some(all) = addresses.iter().find(all) {
        return Some((*all).to_owned());
    }
    let mut distinct: Vec<&str> = addresses.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let wide: Vec<&str> = distinct.iter().copied().filter(|text| is_wide_6(text)).collect();
    if !wide.is_empty() {
        return Some(wide.join(", "));
    }
    let sizes: Vec<(&str, u64)> = distinct.iter().filter_map(|text| Some((*text, size_4(text)?))).collect();
    let large: Vec<&str> = sizes.iter().filter(|(_, size)| *size >= 1 << 24).map(|(text, _)| *text).collect();
    (sizes.iter().map(|(_, size)| size).sum::<u64>() >= MANY).then(|| large.join(", "))
}

/// How many public addresses a block of version 4 has.
fn size_4(text: &str) -> Option<u64> {
    let (address, prefix) = text.split_once('/')?;
    let address: std::net::Ipv4Addr = address.parse().ok()?;
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
    let inside = address.is_private() && prefix >= 8;
    Some(if inside { 0 } else { 1 << (32 - prefix) })
}

fn is_wide_6(text: &str) -> bool {
    let Some((address, prefix)) = text.split_once('/') else { return false };
    let Ok(address) = address.parse::<std::net::Ipv6Addr>() else { return false };
    let private = (address.segments()[0] & 0xfe00) == 0xfc00 || (address.segments()[0] & 0xffc0) == 0xfe80;
    prefix.parse::<u8>().is_ok_and(|prefix| prefix <= SHORT_PREFIX) && !private
}

/// Whether a range from one address to another holds a good part of all.
pub(super) fn is_wide_range(from: &str, to: &str) -> bool {
    let parse =
        |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(|address| u64::from(address.to_bits()));
    match (parse(from), parse(to)) {
        (Some(from), Some(to)) => to >= from && to - from >= MANY,
        _ => false,
    }
}

/// Ports that a resource lets every address reach.
fn open(resource_type: &str, value: &Value<'_>) -> Vec<Open> {
    let rules = |key: &str, rule: Rule| value.get(key).elements().iter().filter_map(rule).collect();
    let one = |rule: Rule| rule(value).into_iter().collect();
    match resource_type {
        "aws_security_group" | "aws_default_security_group" => rules("ingress", aws),
        "aws_security_group_rule" if is(value.get("type"), &["ingress"]) => one(aws),
        "aws_vpc_security_group_ingress_rule" => one(aws),
        "aws_lightsail_instance_public_ports" => rules("port_info", aws),
        "azurerm_network_security_group" => rules("security_rule", azure),
        "azurerm_network_security_rule" => one(azure),
        "google_compute_firewall" => one(google),
        name if name.starts_with("google_compute_") && name.ends_with("firewall_policy_rule") => {
            one(google_policy)
        }
        "openstack_networking_secgroup_rule_v2" => one(openstack),
        "alicloud_security_group_rule" if is(value.get("type"), &["ingress"]) => one(alicloud),
        "digitalocean_firewall" => rules("inbound_rule", droplet),
        "hcloud_firewall" => rules("rule", hetzner),
        "oci_core_network_security_group_security_rule" => one(oracle),
        "oci_core_security_list" => rules("ingress_security_rules", oracle),
        _ => Vec::new(),
    }
}

/// Reads a rule; `None` where it lets nobody in, or not everybody.
type Rule = fn(&Value<'_>) -> Option<Open>;

fn aws(rule: &Value<'_>) -> Option<Open> {
    let source =
        source(rule, &["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "cidrs", "ipv6_cidrs"])?;
    let protocol = [rule.get("protocol"), rule.get("ip_protocol")];
    if protocol.iter().any(|protocol| is(protocol, &["-1", "all"])) {
        return Some(Open { ports: vec![ALL_PORTS], source });
    }
    if !protocol.iter().any(|protocol| is(protocol, &["tcp", "udp", "6", "17"])) {
        return None;
    }
    let port = |key: &str, otherwise| number(rule.get(key)).unwrap_or(otherwise);
    Some(Open { ports: vec![(port("from_port", ALL_PORTS.0), port("to_port", ALL_PORTS.1))], source })
}

fn azure(rule: &Value<'_>) -> Option<Open> {
    let lets_in = is(rule.get("direction"), &["inbound"]) && is(rule.get("access"), &["allow"]);
    if !lets_in || is(rule.get("protocol"), &["icmp"]) {
        return None;
    }
    let source = source(rule, &["source_address_prefix", "source_address_prefixes"])?;
    ranged(texts(rule, &["destination_port_range", "destination_port_ranges"]), source)
}

fn google(rule: &Value<'_>) -> Option<Open> {
    if is(rule.get("direction"), &["egress"]) || *rule.get("disabled") == Value::Bool(true) {
        return None;
    }
    let source = source(rule, &["source_ranges"])?;
    let ports = rule.get("allow").elements().iter().flat_map(|allow| layer(allow, "protocol"));
    Some(Open { ports: ports.collect(), source })
}

fn google_policy(rule: &Value<'_>) -> Option<Open> {
    if is(rule.get("direction"), &["egress"]) || !is(rule.get("action"), &["allow"]) {
        return None;
    }
    let matched = rule.get("match").at(0);
    let source = source(matched, &["src_ip_ranges"])?;
    let ports =
        matched.get("layer4_configs").elements().iter().flat_map(|layer4| layer(layer4, "ip_protocol"));
    Some(Open { ports: ports.collect(), source })
}

fn layer(allow: &Value<'_>, protocol: &str) -> Vec<Ports> {
    if !is(allow.get(protocol), &["tcp", "udp", "all", "6", "17"]) {
        return Vec::new();
    }
    let ports = texts(allow, &["ports"]);
    if ports.is_empty() { vec![ALL_PORTS] } else { ports.into_iter().filter_map(range).collect() }
}

fn openstack(rule: &Value<'_>) -> Option<Open> {
    if !is(rule.get("direction"), &["ingress"]) || is(rule.get("protocol"), &["icmp", "ipv6-icmp"]) {
        return None;
    }
    let source = source(rule, &["remote_ip_prefix"])?;
    let port = |key: &str, otherwise| number(rule.get(key)).filter(|port| *port > 0).unwrap_or(otherwise);
    Some(Open { ports: vec![(port("port_range_min", 0), port("port_range_max", u16::MAX))], source })
}

fn alicloud(rule: &Value<'_>) -> Option<Open> {
    let source = source(rule, &["cidr_ip", "ipv6_cidr_ip"])?;
    let text = rule.get("port_range").as_str()?;
    if text == "-1/-1" {
        return Some(Open { ports: vec![ALL_PORTS], source });
    }
    ranged(vec![&text.replace('/', "-")], source)
}

fn droplet(rule: &Value<'_>) -> Option<Open> {
    let source = source(rule, &["source_addresses"])?;
    if is(rule.get("protocol"), &["icmp"]) {
        return None;
    }
    match rule.get("port_range").as_str() {
        None | Some("" | "all" | "0") => Some(Open { ports: vec![ALL_PORTS], source }),
        Some(text) => ranged(vec![text], source),
    }
}

fn hetzner(rule: &Value<'_>) -> Option<Open> {
    if !is(rule.get("direction"), &["in"]) || !is(rule.get("protocol"), &["tcp", "udp"]) {
        return None;
    }
    let source = source(rule, &["source_ips"])?;
    match rule.get("port").as_str() {
        None | Some("" | "any") => Some(Open { ports: vec![ALL_PORTS], source }),
        Some(text) => ranged(vec![text], source),
    }
}

fn oracle(rule: &Value<'_>) -> Option<Open> {
    if is(rule.get("direction"), &["egress"]) || !is(rule.get("protocol"), &["6", "17", "all"]) {
        return None;
    }
    let source = source(rule, &["source"])?;
    let mut ports = Vec::new();
    for options in ["tcp_options", "udp_options"] {
        let options = rule.get(options).at(0);
        let range = match options.get("destination_port_range").at(0) {
            Value::Null => options,
            range => range,
        };
        ports.extend(number(range.get("min")).zip(number(range.get("max"))));
    }
    if ports.is_empty() {
        ports.push(ALL_PORTS);
    }
    Some(Open { ports, source })
}

fn ranged(ranges: Vec<&str>, source: String) -> Option<Open> {
    let ports: Vec<Ports> = ranges.into_iter().filter_map(range).collect();
    (!ports.is_empty()).then_some(Open { ports, source })
}

fn source(rule: &Value<'_>, keys: &[&str]) -> Option<String> {
    everywhere(&texts(rule, keys))
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

/// The texts of attributes that hold one or a list.
fn texts<'v>(value: &'v Value<'_>, keys: &[&str]) -> Vec<&'v str> {
    let of = |key: &&str| {
        let attribute = value.get(key);
        attribute.as_str().into_iter().chain(attribute.elements().iter().filter_map(Value::as_str))
    };
    keys.iter().flat_map(of).collect()
}
