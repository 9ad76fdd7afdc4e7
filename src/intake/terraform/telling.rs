//! Which of its many values say most about something new.

use super::diff::{AttributeChange, ChangeKind};

/// Values of a new resource that are kept.
const MAX_TELLING: usize = 4;
/// Attributes that say most about something new, the first ones first.
const TELLING: [&str; 40] = [
    "name",
    "bucket",
    "identifier",
    "cluster_identifier",
    "function_name",
    "engine",
    "engine_version",
    "instance_class",
    "instance_type",
    "machine_type",
    "node_type",
    "vm_size",
    "sku_name",
    "tier",
    "size",
    "cidr_block",
    "address_prefix",
    "type",
    "protocol",
    "ip_protocol",
    "from_port",
    "to_port",
    "cidr_ipv4",
    "direction",
    "role",
    "member",
    "policy_arn",
    "principal",
    "role_definition_name",
    "scope",
    "version",
    "runtime",
    "domain_name",
    "records",
    "location",
    "region",
    "availability_zone",
    "capacity",
    "desired_count",
    "allocated_storage",
];

/// Of all that a new resource has, the few values that say most about it.
pub(super) fn telling(mut attributes: Vec<AttributeChange>) -> Vec<AttributeChange> {
    attributes.retain(|attribute| matches!(attribute.change, ChangeKind::Added { value: Some(_) }));
    let rank = |attribute: &AttributeChange| {
        let name = attribute.path.first().map_or("", String::as_str);
        TELLING.iter().position(|known| *known == name).unwrap_or(TELLING.len())
    };
    attributes.sort_by_key(rank);
    attributes.truncate(MAX_TELLING);
    attributes
}
