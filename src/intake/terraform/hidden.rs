//! What hides behind a resource's type: kinds of things that a provider puts into an attribute, and what a resource is
//! for.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::address::without_keys;
use super::change::Values;
use super::facts;
use super::secrets::Secrets;
use super::value::Mask;

/// Real types that a provider hides in an attribute, and kinds that matter to rules, as rules name them.
pub(super) fn hidden_types(
    address: &str,
    resource_type: &str,
    values: &Values<'_>,
    secrets: &Secrets,
    provisioned: &BTreeSet<String>,
) -> Vec<String> {
    let side = if values.after.is_null() { &values.before } else { &values.after };
    let real = match resource_type {
        "kubernetes_manifest" => side.get("manifest").get("kind").as_str().map(Cow::Borrowed),
        "kubectl_manifest" => {
            let kind = side.get("kind").as_str().map(Cow::Borrowed);
            kind.or_else(|| facts::hidden_kind(side.get("yaml_body").as_str()?).map(Cow::Owned))
        }
        "aws_ssm_parameter" => side.get("type").as_str().map(Cow::Borrowed),
        name if name.starts_with("azapi_") => side.get("type").as_str().map(Cow::Borrowed),
        _ => None,
    };
    let real = real.filter(|real| secrets.may_show(real));
    let mut hidden: Vec<String> = real.map(|real| format!("{resource_type}:{real}")).into_iter().collect();
    if is_validation(resource_type, address, values) {
        hidden.push(format!("{resource_type}:validation"));
    }
    if provisioned.contains(&without_keys(address)) {
        hidden.push(format!("{resource_type}:provisioner"));
    }
    hidden
}

/// Whether it is a DNS record by which somebody shows that a domain is theirs: its name begins with an underscore, or
/// is not known yet together with what it says, as that of a certificate which is made beside it.
fn is_validation(resource_type: &str, address: &str, values: &Values<'_>) -> bool {
    const RECORDS: [&str; 8] = [
        "aws_route53_record",
        "google_dns_record_set",
        "azurerm_dns_cname_record",
        "azurerm_dns_txt_record",
        "cloudflare_record",
        "cloudflare_dns_record",
        "digitalocean_record",
        "ns1_record",
    ];
    if !RECORDS.contains(&resource_type) {
        return false;
    }
    let name = values.after.get("name");
    let kind = values.after.get("type").as_str().unwrap_or(resource_type).to_ascii_lowercase();
    let proves = kind.contains("cname") || kind.contains("txt");
    let unknown = Mask::new(&values.unknown);
    let is_told_later = name.is_null() && unknown.key("name").any();
    let is_named_so = name.as_str().is_some_and(|name| name.starts_with('_') && !name.starts_with("_dmarc"));
    proves
        && (is_named_so
            || (is_told_later && address.contains("valid"))
            || (is_told_later && unknown.key("records").any()))
}
