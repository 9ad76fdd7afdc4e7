//! What a value says of itself: whether it only names a secret, or says too little to be one.

use super::name::has;

/// Starts of texts that name a value which stands elsewhere.
const REFERENCES: &[&str] = &[
    "arn:",
    "vault:",
    "ref+",
    "op://",
    "ENC[",
    "@Microsoft.KeyVault(",
    "secretref:",
    "keyvaultref:",
    "secret://",
    "secretsmanager:",
    "awssm://",
    "gcpsm://",
    "ssm://",
    "sm://",
    "doppler://",
    "bao:",
    "/subscriptions/",
    "alias/",
    "${ssm:",
    "{{resolve:",
    "pass://",
    "keychain://",
    "akeyless:",
    "berglas://",
    "infisical://",
];

/// Whether a text only names a value: a template, an address in a vault, an ARN.
pub(in crate::intake) fn is_reference(text: &str) -> bool {
    let text = text.trim();
    let is_whole = |start: &str, end: &str| {
        text.starts_with(start)
            && text.ends_with(end)
            && text.len() > start.len() + end.len()
            && !text[start.len()..text.len() - end.len()].contains(end)
    };
    REFERENCES.iter().any(|start| text.starts_with(start))
        || [("$(", ")"), ("{{", "}}"), ("${", "}"), ("<%", "%>"), ("%(", ")s"), ("$[", "]")]
            .iter()
            .any(|(start, end)| is_whole(start, end))
        || is_shell_variable(text)
        || (text.starts_with("projects/") && text.contains("/secrets/"))
        || (text.starts_with("projects/") && text.contains("/cryptoKeys/"))
        || (text.starts_with("https://")
            && [".vault.azure.net/", ".vault.usgovcloudapi.net/", ".vault.azure.cn/"]
                .iter()
                .any(|host| text.contains(host)))
        || is_path(text)
}

fn is_shell_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// `/run/secrets/db`: several plain steps from the root or from here.
fn is_path(text: &str) -> bool {
    let rest =
        text.strip_prefix("./").or_else(|| text.strip_prefix("../")).or_else(|| text.strip_prefix("~/"));
    let is_step = |step: &str| {
        !step.is_empty() && step.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_' | b'-'))
    };
    match (rest, text.strip_prefix('/')) {
        (Some(rest), _) => rest.split('/').all(is_step),
        (None, Some(rest)) => rest.contains('/') && rest.split('/').all(is_step),
        (None, None) => false,
    }
}

/// Words of settings: nothing is given away by them, whatever they stand under.
const SETTINGS: &str = "\
    true false null none nil yes no on off auto automatic required require optional enabled enable disabled \
    disable default always never inherit (sensitive) (hidden) ifnotpresent";

/// Whether a text is a setting's word, such as `required` in `http_tokens = "required"`.
pub(in crate::intake) fn is_setting(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with("(sensitive") || has(SETTINGS, &text.to_ascii_lowercase())
}

/// Words that stand where a secret would, and are none, or are so common that hiding them elsewhere hides a document.
const COMMON: &str = "\
    admin administrator root user username guest test testing example sample demo production prod staging \
    stage development develop dev main master latest stable postgres postgresql mysql mariadb redis mongodb \
    rabbitmq elastic kafka localhost public private internal external string text integer number boolean \
    object list password passwd pass secret secrets token key value name data database service server client \
    https http json yaml plain opaque basic bearer changeme change-me change_me changeit redacted hidden \
    todo expired placeholder unknown undefined empty standard rolling rollingupdate clusterip loadbalancer \
    deployment secretstring config kubernetes terraform docker linux windows global regional region zone \
    primary secondary active inactive allow deny read write ingress egress any all 0.0.0.0/0 0.0.0.0 \
    127.0.0.1 ::/0 v1 apps/v1 2012-10-17 5432 3306 6379 27017 8080 8443 9200 1433 1521 5672 3389 9090 9092 \
    3000 5000 8000 8888 2379 3600 86400 1000 1024 2048 4096 10000 65535";

/// Whether a text is a word that half of all documents hold.
pub(in crate::intake) fn is_common(text: &str) -> bool {
    let folded = text.trim().to_ascii_lowercase();
    is_setting(&folded) || has(COMMON, &folded) || is_region(&folded)
}

/// `eu-central-1`, `us-gov-west-1a`, `europe-west4-b`.
fn is_region(text: &str) -> bool {
    const PARTS: &str = "\
        us eu ap sa ca me af cn il mx europe asia australia northamerica southamerica africa gov iso north \
        south east west central northeast northwest southeast southwest a b c d e f";
    let is_part = |part: &str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let zone = part.trim_end_matches(|c: char| c.is_ascii_lowercase());
        has(PARTS, digits)
            || digits.is_empty()
            || (part.len() - zone.len() <= 1 && zone.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.contains('-')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.split('-').all(is_part)
}

/// Whether a text stands for a secret that is still to be filled in: `<password>`, `changeme`, `xxxx`.
pub(in crate::intake) fn is_placeholder(text: &str) -> bool {
    let folded = text.trim().to_ascii_lowercase();
    let is_bracketed = (folded.starts_with('<') && folded.ends_with('>'))
        || (folded.starts_with("[[") && folded.ends_with("]]"))
        || (folded.starts_with('{') && folded.ends_with('}'))
        || (folded.starts_with("__") && folded.ends_with("__") && folded.len() > 4);
    is_common(&folded)
        || is_bracketed
        || [
            "your",
            "my-",
            "my_",
            "change-",
            "change_",
            "changeme",
            "replace",
            "insert",
            "example",
            "dummy",
            "fake",
            "(sensitive",
            "(hidden",
            "todo",
            "put-",
            "enter-",
            "xxx",
            "...",
        ]
        .iter()
        .any(|start| folded.starts_with(start))
        || folded.ends_with("-here")
        || folded.ends_with("_here")
        || folded.chars().all(|c| folded.starts_with(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_values() {
        for text in [
            "$(FROM_SECRET)",
            "{{ .Values.x }}",
            "${var.x}",
            "$DB_PASSWORD",
            "arn:aws:secretsmanager:eu-central-1:1:secret:x",
            "projects/p/secrets/s/versions/1",
            "https://kv.vault.azure.net/secrets/x/1",
            "op://vault/item",
            "/run/secrets/db",
            "@Microsoft.KeyVault(SecretUri=x)",
            "ENC[AES256_GCM,data:x]",
            "./keys/id.pem",
        ] {
            assert!(is_reference(text), "{text}");
        }
        for text in [
            "hunter2",
            "${a}hunter2${b}",
            "$2b$10$abc",
            "/w8sQ/12",
            "{{a}} hunter2 {{b}}",
            "https://example.org",
        ] {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn words_that_are_everywhere() {
        for text in
            ["true", "admin", "eu-central-1", "us-gov-west-1a", "europe-west4-b", "5432", "Production", ""]
        {
            assert!(is_common(text), "{text}");
        }
        for text in ["hunter2", "481516", "eu-tulip-1", "a-tulip-1"] {
            assert!(!is_common(text), "{text}");
        }
        for text in ["<password>", "changeme", "xxxxxxxx", "your-token", "token-here", "REPLACE_ME"] {
            assert!(is_placeholder(text), "{text}");
        }
        assert!(!is_placeholder("hunter2hunter2"));
    }
}
