//! Facts in words.

use super::super::super::phrase::quoted;
use super::super::sentence::Words;
use super::{Fact, FactKind};

/// What a fact says, without a full stop.
pub(in super::super) fn say(fact: &Fact, words: &Words<'_>) -> String {
    let about: Vec<String> =
        fact.about.iter().map(|text| if text.is_empty() { String::new() } else { quoted(text) }).collect();
    let part = |at: usize| about.get(at).map_or("", String::as_str);
    let whole = about.join(" ");
    let label = words.label(&fact.path);
    match fact.fact {
        FactKind::Administrator if part(0).is_empty() => format!("allows {} on {}", part(1), part(2)),
        FactKind::Administrator | FactKind::Everybody => format!("binds {} to {}", part(0), part(1)),
        FactKind::Identity => format!("acts as {whole} in the cloud"),
        FactKind::Privileged => format!("{label} runs privileged"),
        FactKind::HostNamespace => format!("shares the host's namespaces ({whole})"),
        FactKind::HostPath => format!("mounts {whole} of the host"),
        FactKind::Capability => format!("{label} gains {whole}"),
        FactKind::Root => format!("{label} runs as root ({whole})"),
        FactKind::Unprotected => format!("lifts a protection: {whole}"),
        FactKind::Exposed => format!("is open to the internet ({whole})"),
        FactKind::Reachable => format!("is reached from outside of the cluster ({whole})"),
        FactKind::Opened => format!("opens {whole}"),
        FactKind::Snippet => format!("gives the proxy configuration of its own ({whole})"),
        FactKind::Blocking => format!("webhook {whole} blocks what it checks while it is unavailable"),
        FactKind::VersionGone => format!("no longer serves version {whole}"),
        FactKind::Immutable => format!("{label} cannot be changed, the API rejects it"),
        FactKind::NamedTwice => format!("env {whole} stands twice, and the last one counts"),
        FactKind::UsedBy => format!("used by {}", about.join(", ")),
    }
}
