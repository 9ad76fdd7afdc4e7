//! Secrets planted in manifests, charts and estimates, in every place and encoding.

use super::cost::Estimate;
use super::helm;
use super::kubernetes::{Evidence, Manifests, compare};
use crate::policy::Policy;

const SECRETS: [&str; 3] = ["Zx9-tulip-77", "p\"q/s+w<&>%7 tulip\\x9", "tülip$9{x}=="];

/// As YAML reads it back in double quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in text.as_bytes().chunks(3) {
        let bits =
            group.iter().enumerate().fold(0u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
        for at in 0..=group.len() {
            out.push(char::from(LETTERS[usize::try_from(bits >> (18 - 6 * at) & 63).unwrap()]));
        }
        (group.len()..3).for_each(|_| out.push('='));
    }
    out
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The forms in which a secret must not be read in what is said.
fn forms(secret: &str) -> Vec<String> {
    let json = quoted(secret).trim_matches('"').to_owned();
    vec![secret.to_owned(), json, base64(secret), base64(&format!("x{secret}")), hex(secret)]
}

fn assert_hidden(said: &str, secret: &str, what: &str) {
    for form in forms(secret) {
        assert!(!said.contains(&form), "{what}: {form}");
    }
}

/// Entries of a table in which the secret stands again, each known by its name.
fn again(secret: &str) -> String {
    let texts = [
        secret.to_owned(),
        format!("seed {secret}"),
        base64(secret),
        base64(&format!("x{secret}")),
        quoted(secret),
        hex(secret),
    ];
    let entries = texts.iter().enumerate().map(|(at, text)| format!("  n{at}: {}\n", quoted(text)));
    entries.collect::<String>() + &format!("  {}: x\n", quoted(secret))
}

fn manifests(text: &str) -> Manifests {
    Manifests::read("it", &[("a.yaml".to_owned(), text.as_bytes().to_vec())]).unwrap()
}

#[test]
fn manifests_tell_no_secret() {
    for secret in SECRETS {
        let value = quoted(secret);
        for source in [
            format!("kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\nstringData: {{a: {value}}}\n"),
            format!(
                "kind: Secret\napiVersion: v1\nmetadata: {{name: s}}\ndata: {{a: {}}}\n",
                quoted(&base64(secret))
            ),
            format!(
                "kind: Pod\napiVersion: v1\nmetadata: {{name: s}}\nspec: {{containers: [{{name: a, env: [{{name: DB_PASSWORD, value: {value}}}]}}]}}\n"
            ),
            format!(
                "kind: Pod\napiVersion: v1\nmetadata: {{name: s}}\nspec: {{containers: [{{name: a, args: [run, --token, {value}]}}]}}\n"
            ),
            format!(
                "kind: Thing\napiVersion: x/v1\nmetadata: {{name: s}}\nspec: {{vars: [{{key: API_KEY, value: {value}}}], n: 1}}\n"
            ),
            format!(
                "kind: Thing\napiVersion: x/v1\nmetadata: {{name: s}}\nspec: {{credentials: [{{foo: {value}}}]}}\n"
            ),
            format!(
                "kind: ConfigMap\napiVersion: v1\nmetadata: {{name: s}}\ndata:\n  app.json: {}\n",
                quoted(&format!("{{\"password\":{value}}}"))
            ),
            format!(
                "kind: HelmRelease\napiVersion: x/v2\nmetadata: {{name: s}}\nspec: {{values: {{auth: {{password: {value}}}}}}}\n"
            ),
        ] {
            let note = "kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: notes\ndata:\n";
            let old = format!(
                "{}---\n{note}  n0: x\n",
                source.replace(&value, "old-1").replace(&base64(secret), "b2xkLTE=")
            );
            let named = format!(
                "---\nkind: Pod\napiVersion: v1\nmetadata: {{name: {value}, namespace: {value}}}\nspec: {{containers: [{{name: a, image: {value}}}]}}\n"
            );
            let new = format!("{source}---\n{note}{}{named}", again(secret));
            for (old, new) in [(&old, &new), (&new, &old)] {
                let (old, new) = (manifests(old), manifests(new));
                let evidence = Evidence::of(&compare(&old, &new), &new, Vec::new());
                let found = evidence.found(&Policy::builtin());
                let said = format!(
                    "{evidence:?}\n{}\n{}\n{found:?}",
                    serde_json::to_string(&evidence).unwrap(),
                    evidence.block(100)
                );
                assert_hidden(&said, secret, &source);
            }
        }
    }
}

#[test]
fn charts_tell_no_secret() {
    let chart = |version: &str, values: String, log: String| {
        let chart = format!("apiVersion: v2\nname: pg\nversion: {version}\n");
        [("Chart.yaml", chart), ("values.yaml", values), ("CHANGELOG.md", log)]
            .map(|(name, text)| (name.to_owned(), text.into_bytes()))
            .to_vec()
    };
    for secret in SECRETS {
        let value = quoted(secret);
        for source in [
            format!("auth: {{password: {value}}}\n"),
            format!("env: [{{name: API_TOKEN, value: {value}}}]\n"),
            format!("args: [--password, {value}]\n"),
        ] {
            let old = chart("1.0.0", source.replace(&value, "old-1"), String::new());
            let log = format!("# Changelog\n\n## 1.1.0\n\n- breaking: uses {secret} now\n");
            let new = chart("1.1.0", format!("{source}notes:\n{}", again(secret)), log);
            let evidence = helm::Evidence::of([("old", &old), ("new", &new)], &[]).unwrap();
            let found = evidence.found(&Policy::builtin());
            let said = format!(
                "{evidence:?}\n{}\n{}\n{found:?}",
                serde_json::to_string(&evidence).unwrap(),
                evidence.block(100)
            );
            assert_hidden(&said, secret, &source);
        }
    }
}

#[test]
fn estimates_tell_no_secret() {
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    let file = |name: &str| {
        let resource =
            serde_json::json!({ "name": format!("aws_x.y[{}]", quoted(name)), "monthlyCost": "5" });
        serde_json::json!({ "totalMonthlyCost": "5", "currency": "USD", "projects": [{ "breakdown": { "resources": [resource] } }] }).to_string()
    };
    let estimate = Estimate::read(file(&token).as_bytes()).unwrap();
    assert_eq!(estimate.resources, [("(hidden)".to_owned(), "5".to_owned())]);
    let mut estimate = Estimate::read(file("tulip").as_bytes()).unwrap();
    assert!(format!("{estimate:?}").contains("tulip"));
    estimate.hide(&|name| !name.contains("tulip"));
    assert!(!format!("{estimate:?}").contains("tulip"));
}

/// What only sounds like a secret is told with its values.
#[test]
fn harmless_values_of_manifests_are_shown() {
    let text = |n: usize| {
        format!(
            "kind: Thing\napiVersion: x/v1\nmetadata:\n  name: s\n  annotations: {{nginx.ingress.kubernetes.io/auth-secret: shown-a{n}}}\nspec:\n  secretName: shown-b{n}\n  tokenTtl: 5m{n}\n  existingSecret: shown-c{n}\n  valueFrom: {{secretKeyRef: {{name: shown-d{n}, key: shown-e{n}}}}}\n  passwordPolicy: shown-f{n}\n  secretKey: db-password\n  passthrough: shown-g{n}\n  tokenSecretRef: {{name: shown-h{n}}}\n  env: [{{name: SECRET_NAME, value: shown-i{n}}}]\n"
        )
    };
    let (old, new) = (manifests(&text(1)), manifests(&text(2)));
    let evidence = Evidence::of(&compare(&old, &new), &new, Vec::new());
    let said = evidence.block(100);
    for letter in 'a'..='i' {
        assert!(said.contains(&format!("shown-{letter}2")), "{letter}: {said}");
    }
    assert!(said.contains("5m2"), "{said}");
}
