use super::*;

#[test]
fn added_lines_are_looked_at_and_never_quoted() {
    let key = format!("AKIA{}", "ABCDEFGH12345678");
    let diff = format!(
        "diff --git a/main.tf b/main.tf\n--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,4 @@\n a\n-  password = \"removed-one\"\n+  db_password = \"planted-one\"\n+  key = \"{key}\"\n+  password = \"${{var.password}}\"\n@@ -9 +11 @@\n-x\n+-----BEGIN RSA PRIVATE KEY-----\n"
    );
    let found = scan_diff(&diff);
    let places: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        places,
        ["main.tf:2 (a literal secret)", "main.tf:3 (an AWS access key)", "main.tf:11 (a private key)"]
    );
}

#[test]
fn lines_with_secrets_are_hidden_and_keys_as_a_whole() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIplanted\n-----END PRIVATE KEY-----";
    let token = format!("AKIA{}", "ABCDEFGH12345678");
    let text = format!("## What\n\nUse {token}.\n{key}\npassword = \"planted\"\n\nThe password stays.\n");
    let hidden = |what: &str| format!("(hidden: this line looks like it contains {what})");
    let expected = [
        "## What",
        "",
        &hidden("an AWS access key"),
        &hidden("a private key"),
        &hidden("a literal secret"),
        "",
        "The password stays.\n",
    ];
    assert_eq!(hide(&text), expected.join("\n"));
    assert_eq!(hide("nothing\n"), "nothing\n");
}

#[test]
fn references_and_other_names_are_none() {
    for line in [
        "password = var.password",
        "token_count = \"many\"",
        "password = \"\"",
        "name = \"AKIA\"",
        "password = \"${var.password}\"",
        "password = random_password.db.result",
        "password: ${DB_PASSWORD}",
        "password: \"{{ .Values.password }}\"",
        "password: $(FROM_SECRET)",
        "  token:",
        "  password: |",
        "  password: !vault |",
        "  valueFrom: { secretKeyRef: { name: db, key: password } }",
        "password: ENC[AES256_GCM,data:abc,type:str]",
        "password: <password>",
        "password: changeme",
        "password: xxxxxxxx",
        "password: string",
        "existingSecret: redis-auth",
        "secretName: db",
        "The password: ask4it",
        "Token: it is in the vault",
    ] {
        assert_eq!(look(line), None, "{line}");
    }
    for line in [
        "password: hunter2",
        "  - db_password: hunter2hunter2 # for now",
        "apiToken: 'abcd1234'",
        "client-secret: aB3dE5fG7h",
        "\"token\": \"abcd1234\",",
    ] {
        assert_eq!(look(line), Some(Suspicion::Name), "{line}");
    }
}

/// The lines of a text that are suspect, from 1.
fn suspect(text: &str) -> Vec<usize> {
    scan_text(text).into_iter().map(|(at, _)| at + 1).collect()
}

#[test]
fn secrets_of_kubernetes_are_in_plain_text() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  user: app-7\n  url: 'xy9'\n  empty: \"\"\n  from: ${DB}\ntype: Opaque\n";
    assert_eq!(suspect(secret), [6, 7]);
    let sorted = "apiVersion: v1\ndata:\n  cert: aHVudGVyMmh1bnRlcjI=\n  todo: Y2hhbmdlbWU=\nkind: Secret\n";
    assert_eq!(suspect(sorted), [3]);
    let json = "{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"x\": \"aHVudGVyMmh1bnRlcjI=\"\n  }\n}\n";
    assert_eq!(suspect(json), [4]);
    let other = "kind: ConfigMap\ndata:\n  user: app-7\n---\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy8hCi0pQ2\n";
    assert_eq!(suspect(other), [] as [usize; 0]);
    let encrypted = "kind: Secret\nstringData:\n  x: ENC[AES256_GCM,data:abc=,type:str]\nsops:\n  age: []\n";
    assert_eq!(suspect(encrypted), [] as [usize; 0]);
}

#[test]
fn names_above_their_values() {
    assert_eq!(
        suspect("env:\n- name: DB_PASSWORD\n  value: tulip-9\n- name: DB_NAME\n  value: shop-9\n"),
        [3]
    );
    assert_eq!(suspect("- value: tulip-9\n  name: DB_PASSWORD\n"), [1]);
    assert_eq!(suspect("set {\n  name  = \"auth.password\"\n  value = \"tulip-9\"\n}\n"), [3]);
    assert_eq!(
        suspect(
            "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\n"
        ),
        [] as [usize; 0]
    );
    assert_eq!(suspect("password: |\n  tulip-9\n"), [2]);
    assert_eq!(
        suspect("resource \"azurerm_key_vault_secret\" \"x\" {\n  name  = \"x\"\n  value = \"tulip-9\"\n}\n"),
        [3]
    );
}

#[test]
fn blocks_that_are_secrets() {
    assert_eq!(
        suspect(
            "variable \"db_password\" {\n  default = \"tulip-9\"\n}\nvariable \"x\" {\n  default = \"tulip-9\"\n}\n"
        ),
        [2]
    );
    assert_eq!(
        suspect(
            "resource \"aws_ssm_parameter\" \"x\" {\n  type  = \"SecureString\"\n  value = \"tulip-9\"\n}\n"
        ),
        [3]
    );
}

#[test]
fn only_added_lines_count_and_context_tells_what_they_are() {
    let diff = "+++ b/s.yaml\n@@ -1,4 +1,5 @@\n kind: Secret\n stringData:\n   a: old-value-1\n+  b: new-value-2\n type: Opaque\n";
    let found: Vec<usize> = scan_diff(diff).iter().map(|place| place.line).collect();
    assert_eq!(found, [4]);
}

#[test]
fn families_of_secrets() {
    let token = |start: &str| format!("x: {start}{}", "a1B2c3D4e5".repeat(5));
    for line in [
        "DB_PASSWORD=tulip-9".to_owned(),
        "export API_TOKEN='tulip-9'".to_owned(),
        "  - --db-password=tulip-9".to_owned(),
        "args: [\"--password\", \"tulip-9\"]".to_owned(),
        "RUN mysql -u root -ptulip-9".to_owned(),
        "url: postgres://app:tulip-9@db.example.org/x".to_owned(),
        "conn = \"Server=db;Password=tulip-9;\"".to_owned(),
        "headers: {Authorization: \"Bearer abcd1234efgh\"}".to_owned(),
        "client.login(password=\"tulip-9\")".to_owned(),
        "config['db_password'] = 'tulip-9'".to_owned(),
        "helm upgrade x --set auth.password=tulip-9".to_owned(),
        "//registry.npmjs.org/:_authToken=tulip9abc".to_owned(),
        "{\"name\": \"x\", \"password\": \"tulip-9\"}".to_owned(),
        "api_key = \"q8Zr2LmX0pVt7KcY4sBn\"".to_owned(),
        "datadog.key: \"q8Zr2LmX0pVt7KcY4sBn\"".to_owned(),
        "{\"auths\":{\"r\":{\"auth\":\"YXBwOnR1bGlwOW1lYWRvdw==\"}}}".to_owned(),
        "machine x login y password tulip-9".to_owned(),
        "<password>tulip-9</password>".to_owned(),
        "<add key=\"ApiKey\" value=\"tulip-9\" />".to_owned(),
        "$p = ConvertTo-SecureString \"tulip-9\" -AsPlainText -Force".to_owned(),
        token("ghp_"),
        token("glpat-"),
        token("xoxb-"),
        token("sk_live_"),
        token("npm_"),
        token("pypi-AgE"),
        token("AIza"),
        token("hvs."),
        token("https://hooks.slack.com/services/T"),
    ] {
        assert!(look(&line).is_some(), "{line}");
    }
}

#[test]
fn what_is_no_secret_in_files() {
    for line in [
        "aws_access_key_id: AKIAIOSFODNN7EXAMPLE",
        "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "url: postgres://user:password@localhost/db",
        "url: postgres://app:${DB_PASSWORD}@db/x",
        "password: op://vault/db/password",
        "password: ref+vault://db#/password",
        "password: arn:aws:secretsmanager:eu-central-1:1:secret:db",
        "token: ${{ secrets.GITHUB_TOKEN }}",
        "password: !Ref DbPassword",
        "secretKeyRef: db-credentials-1",
        "kms_key = \"0d6f3b52-8e5a-4a6c-9e1f-3b7a7d0c9e11\"",
        "password = get_password()",
        "password = self.password",
        "let token = request.token;",
        "password: string;",
        "token: Optional[str] = None",
        "password: \"Enter your password\"",
        "<input type=\"password\">",
        "http_tokens = \"required\"",
        "token_ttl: \"3600s1\"",
        "PASSWORD_FILE=/run/secrets/db1",
        "use `--token TOKEN` or --password <pw>",
        "the --password option sets it",
        "ssh_public_key = \"ssh-rsa AAAAB3NzaC1yc2E\"",
        "passthrough: value1",
        "helm.sh/hook-delete-policy: before1",
        "checksum/secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "secretName: shop-tls-1",
        "vault.hashicorp.com/agent-inject-secret-db: \"secret/data/db1\"",
        "| `password` | the password of the database |",
    ] {
        assert_eq!(look(line), None, "{line}");
    }
}
