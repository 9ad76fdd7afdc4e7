//! Every source of a secret against every place where its text may stand again, in every encoding.

use serde_json::{Value as Json, json};

use super::tests::{everything_said, plan, read};

/// Secrets with the letters that encodings change.
const SECRETS: [&str; 3] = ["Zx9-tulip-77", "p\"q/s+w<&>%7 tulip\\x9", "tülip$9{x}=="];

fn change(kind: &str, before: &Json, after: &Json) -> Json {
    json!({ "address": format!("{kind}.x"), "type": kind, "name": "x", "mode": "managed", "change": {
        "actions": if before.is_null() { json!(["create"]) } else { json!(["update"]) },
        "before": before, "after": after } })
}

fn update(kind: &str, attribute: &str, before: Json, after: Json) -> Json {
    change(kind, &json!({ attribute: before }), &json!({ attribute: after }))
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

fn percent(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// Where a plan says that a text is secret.
fn sources(s: &str) -> Vec<(&'static str, Json)> {
    let masked = |value: Json| {
        let mut change = update("t_a", "v", json!("old"), value);
        change["change"]["after_sensitive"] = json!({ "v": true });
        change
    };
    let pairs = |kind: &str, list: &str, name: &str, value: &str, says: &str| {
        update(kind, list, json!([{ name: says, value: "old-1" }]), json!([{ name: says, value: s }]))
    };
    let json_env =
        json!([{ "name": "x", "environment": [{ "name": "DB_PASSWORD", "value": s }] }]).to_string();
    vec![
        ("a mask", masked(json!(s))),
        ("a mask over JSON", masked(json!(json!({ "password": s, "n": 1 }).to_string()))),
        ("a mask over a map", masked(json!({ "a": [s] }))),
        ("a name", update("aws_db_instance", "password", json!("old-1"), json!(s))),
        ("a name of something new", change("aws_db_instance", &Json::Null, &json!({ "password": s }))),
        (
            "a name in a map",
            update(
                "aws_lambda_function",
                "environment",
                json!([]),
                json!([{ "variables": { "API_KEY": s } }]),
            ),
        ),
        (
            "a name in a block",
            update("x_y", "credentials", json!([{ "foo": "old-1" }]), json!([{ "foo": s }])),
        ),
        ("a type", update("kubernetes_secret", "data", json!({ "a": "old-1" }), json!({ "a": s }))),
        ("a type of a value", update("azurerm_key_vault_secret", "value", json!("old-1"), json!(s))),
        ("Helm's set", pairs("helm_release", "set", "name", "value", "auth.password")),
        ("an environment", pairs("google_cloud_run_v2_service", "env", "name", "value", "API_TOKEN")),
        ("Beanstalk", pairs("aws_elastic_beanstalk_environment", "setting", "name", "value", "DB_PASS")),
        (
            "an option",
            pairs("aws_db_option_group", "option_settings", "option_name", "option_value", "TDE_PASSWORD"),
        ),
        ("capitals", pairs("aws_ecs_x", "Environment", "Name", "Value", "SIGNING_KEY")),
        ("a key and a value", pairs("heroku_x", "vars", "key", "value", "CLIENT_SECRET")),
        (
            "a mark beside it",
            change("tfe_variable", &Json::Null, &json!({ "key": "x", "sensitive": true, "value": s })),
        ),
        (
            "a secure string",
            change("aws_ssm_parameter", &Json::Null, &json!({ "type": "SecureString", "value": s })),
        ),
        (
            "JSON in a string",
            update("aws_ecs_task_definition", "container_definitions", json!("[]"), json!(json_env)),
        ),
        (
            "YAML in a string",
            update(
                "helm_release",
                "values",
                json!([]),
                json!([format!("auth:\n  password: {}\n", quoted(s))]),
            ),
        ),
        (
            "a script",
            update(
                "aws_instance",
                "user_data",
                json!("x"),
                json!(format!("#!/bin/sh\nexport DB_PASSWORD={}\n", quoted(s))),
            ),
        ),
        (
            "a script in base64",
            update(
                "aws_instance",
                "user_data_base64",
                json!("x"),
                json!(base64(&format!("export DB_PASSWORD={}\n", quoted(s)))),
            ),
        ),
        ("two arguments", update("x_y", "args", json!([]), json!(["run", "--password", s, "--fast"]))),
        ("an argument", update("x_y", "command", json!([]), json!([format!("--db-password={}", quoted(s))]))),
    ]
}

/// Where a text may stand again; each with what must not be read there.
fn places(s: &str) -> Vec<(&'static str, Json, String)> {
    let attribute = |text: &str| update("t_p", "note", json!("before"), json!(text));
    let cases = [
        ("alone", s.to_owned()),
        ("in a text", format!("seed {s}")),
        ("between letters", format!("x{s}x")),
        ("in base64", base64(s)),
        ("in base64 without padding", base64(s).trim_end_matches('=').to_owned()),
        ("in base64 behind one letter", base64(&format!("x{s}"))),
        ("in base64 behind two letters", base64(&format!("xy{s}z"))),
        ("in base64 of addresses", base64(s).replace('+', "-").replace('/', "_")),
        ("in JSON", quoted(s)),
        ("in JSON in JSON", quoted(&quoted(s))),
        ("in base64 of JSON", base64(&quoted(s))),
        ("in an address", percent(s)),
        ("in HTML", html(s)),
        ("in hex", s.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ("in an escape of the configuration", s.replace("${", "$${")),
    ];
    let mut places: Vec<(&'static str, Json, String)> =
        cases.into_iter().map(|(name, text)| (name, attribute(&text), text)).collect();
    let mut keyed = attribute("x");
    keyed["address"] = json!(format!("t_p.x[{}]", quoted(s)));
    keyed["previous_address"] = json!(format!("t_q.x[{}]", quoted(s)));
    keyed["deposed"] = json!(s);
    places.push(("keys of addresses", keyed, quoted(s).trim_matches('"').to_owned()));
    places.push(("a key", update("t_p", "tags", json!({}), json!({ s: "x" })), s.to_owned()));
    places.push(("an element", update("t_p", "list", json!([]), json!([s])), s.to_owned()));
    places.push((
        "something new",
        change("t_p", &Json::Null, &json!({ "a": s, "b": format!("x-{s}") })),
        s.to_owned(),
    ));
    places.push((
        "a hidden type",
        change("azapi_resource", &Json::Null, &json!({ "type": s })),
        s.to_owned(),
    ));
    places
}

fn assert_hidden(file: &Json, texts: &[&str], what: &str) {
    let said = everything_said(&read(file));
    for text in texts {
        for form in [(*text).to_owned(), text.escape_debug().to_string(), html(text)] {
            assert!(!said.contains(&form), "{what}: {form}");
        }
    }
}

#[test]
fn a_secret_once_is_a_secret_everywhere() {
    for secret in SECRETS {
        for (source, marked) in sources(secret) {
            let again = places(secret);
            let mut changes = vec![marked];
            for (at, (_, change, _)) in again.iter().enumerate() {
                let mut change = change.clone();
                let address = change["address"].as_str().unwrap().replacen(".x", &format!(".x{at}"), 1);
                change["address"] = json!(address);
                changes.push(change);
            }
            let mut file = plan(&json!(changes));
            file["output_changes"] = json!({
                secret: { "actions": ["create"], "before": null, "after": 1 },
                "o": { "actions": ["create"], "before": null, "after": secret },
            });
            file["checks"] = json!([{ "address": { "to_display": "check.x" }, "status": "fail",
                "instances": [{ "problems": [{ "message": format!("got {secret}") }] }] }]);
            file["action_invocations"] =
                json!([{ "address": "action.a.b", "type": "a", "config_values": { "v": secret } }]);
            let texts: Vec<&str> = again.iter().map(|(.., text)| text.as_str()).chain([secret]).collect();
            assert_hidden(&file, &texts, source);
        }
    }
}

#[test]
fn sources_besides_changes() {
    let secret = SECRETS[0];
    let again = || json!([update("t_p", "note", json!("before"), json!(secret))]);
    let resource =
        json!({ "address": "data.x.y", "mode": "data", "type": "x", "values": { "password": secret } });
    for (at, value) in [
        ("variables", json!({ "db_password": { "value": secret } })),
        ("prior_state", json!({ "values": { "root_module": { "resources": [resource] } } })),
        ("planned_values", json!({ "outputs": { "api_token": { "value": secret } } })),
        ("resource_drift", json!([update("x_y", "token", json!("old-1"), json!(secret))])),
        (
            "deferred_changes",
            json!([{ "reason": "absent_prereq", "resource_change": update("x_y", "token", json!("old-1"), json!(secret)) }]),
        ),
        ("output_changes", json!({ "token": { "actions": ["create"], "before": null, "after": secret } })),
        (
            "action_invocations",
            json!([{ "address": "action.a.b", "type": "a", "config_values": { "password": secret } }]),
        ),
        (
            "configuration",
            json!({ "provider_config": { "p": { "expressions": { "token": { "constant_value": secret } } } } }),
        ),
        ("configuration", json!({ "root_module": { "variables": { "password": { "default": secret } } } })),
        (
            "configuration",
            json!({ "root_module": { "resources": [{ "address": "x.y", "type": "x", "expressions": {
            "set": [{ "name": { "constant_value": "a.password" }, "value": { "constant_value": secret } }] } }] } }),
        ),
    ] {
        let mut file = plan(&again());
        file[at] = value;
        assert_hidden(&file, &[secret], at);
    }
}

#[test]
fn what_has_a_secrets_form_is_hidden_wherever_it_stands() {
    let token = format!("ghp_{}", "a1B2c3D4e5".repeat(4));
    for text in [
        "postgres://app:tulip-77@db/x".to_owned(),
        "Server=db;Password=tulip-77".to_owned(),
        "Bearer tulip-77-a-b".to_owned(),
        "--token=tulip-77".to_owned(),
        "--password tulip-77".to_owned(),
        "mysql -p tulip-77".to_owned(),
        format!("x {token}"),
    ] {
        let change = update("t_p", "note", json!("before"), json!(text));
        let again = update("t_q", "note", json!("before"), json!("x-tulip-77"));
        assert_hidden(&plan(&json!([change, again])), &[&text, &token], "a form");
    }
}

/// What only sounds like a secret is shown, before and after.
#[test]
fn harmless_values_are_shown() {
    for (kind, attribute, value) in [
        ("aws_instance", "http_tokens", "required"),
        ("aws_cognito_user_pool_client", "token_validity_units", "minutes"),
        ("azurerm_application_gateway", "key_vault_secret_id", "https://kv.vault.azure.net/secrets/x/2"),
        ("azurerm_key_vault_access_policy", "secret_permissions", "Get"),
        ("kubernetes_ingress_v1", "secret_name", "shop-tls-2"),
        ("aws_rds_cluster", "kms_key_id", "arn:aws:kms:eu-central-1:1:key/2"),
        ("aws_db_instance", "master_user_secret_kms_key_id", "alias/two"),
        ("aws_secretsmanager_secret", "description", "the password of the shop"),
        ("aws_secretsmanager_secret", "name", "shop/db"),
        ("aws_secretsmanager_secret_rotation", "rotation_lambda_arn", "arn:aws:lambda:x:2"),
        ("aws_iam_account_password_policy", "minimum_password_length", "14"),
        ("aws_key_pair", "public_key", "ssh-ed25519 AAAAC3Nza"),
        ("aws_dynamodb_table", "hash_key", "author"),
        ("google_secret_manager_secret", "secret_id", "shop-db-2"),
        ("helm_release", "passthrough", "keyspace"),
        ("x_y", "token_endpoint", "https://id.example.org/token"),
        ("x_y", "existing_secret", "redis-auth"),
        ("aws_lambda_function", "password_secret_arn", "arn:aws:secretsmanager:x:2"),
    ] {
        let file = plan(&json!([update(kind, attribute, json!("before-1"), json!(value))]));
        let said = everything_said(&read(&file));
        assert!(said.contains(value), "{kind}.{attribute}: {said}");
    }
    let file = plan(&json!([update("x_y", "password_reuse_prevention", json!(5), json!(24))]));
    assert!(everything_said(&read(&file)).contains("5 → 24"));
}

#[test]
fn short_and_common_secrets_do_not_blank_the_plan() {
    let masked =
        json!({ "a": "1", "b": "true", "c": "admin", "d": "production", "e": "eu-central-1", "f": 5432 });
    let mut marked = update("t_a", "v", json!({}), masked);
    marked["change"]["after_sensitive"] = json!({ "v": true });
    let open = change(
        "t_b",
        &json!({ "a": "x", "b": "admin", "n": 5432 }),
        &json!({ "a": "production", "b": "eu-central-1", "n": 1 }),
    );
    let said = read(&plan(&json!([marked, open]))).changes[1].words();
    assert_eq!(said, "a: x → production; b: admin → eu-central-1; n: 5432 → 1");
}
