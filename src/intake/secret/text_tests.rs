use super::*;

#[test]
fn secrets_in_running_text() {
    for (text, expected) in [
        ("export DB_PASSWORD=tulip-9", "tulip-9"),
        ("DB_PASSWORD='tulip 9'", "tulip 9"),
        ("auth:\n  password: tulip-9\n", "tulip-9"),
        ("  password: tulip nine # x\n", "tulip nine # x"),
        ("{\"password\":\"tu\\\"lip\"}", "tu\\\"lip"),
        (r#"{\"password\":\"tulip-9\"}"#, "tulip-9"),
        ("[{\"name\":\"DB_PASSWORD\",\"value\":\"tulip-9\"}]", "tulip-9"),
        ("- name: API_TOKEN\n  value: tulip-9\n", "tulip-9"),
        ("- value: tulip-9\n  name: API_TOKEN\n", "tulip-9"),
        ("Server=db;User Id=app;Password=tulip-9;Encrypt=true", "tulip-9"),
        ("DefaultEndpointsProtocol=https;AccountKey=tulip9==;EndpointSuffix=x", "tulip9=="),
        ("host=db user=app password=tulip-9", "tulip-9"),
        ("run --db-password tulip-9 --verbose", "tulip-9"),
        ("run --token=tulip-9", "tulip-9"),
        ("mysql -u root -p tulip-9", "tulip-9"),
        ("mysql -u root -ptulip-9", "tulip-9"),
        ("docker login -u x -p tulip-9", "tulip-9"),
        ("curl -u app:tulip-9 https://x", "tulip-9"),
        ("https://x/y?a=1&access_token=tulip-9&b=2", "tulip-9"),
        ("password: |\n    tulip-9\nx: y", "tulip-9"),
        ("password := \"tulip-9\"", "tulip-9"),
        ("\"password\" => 'tulip-9'", "tulip-9"),
        ("config[\"password\"] = \"tulip-9\"", "tulip-9"),
    ] {
        let found: Vec<&str> = spots(text).iter().map(|spot| spot.value).collect();
        assert!(found.contains(&expected), "{text}: {found:?}");
    }
}

#[test]
fn harmless_text() {
    for text in [
        "password: ${DB_PASSWORD}",
        "password: {{ .Values.password }}",
        "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: {name: db, key: password}\n",
        "- name: DB_NAME\n  value: shop\n",
        "secretName: shop-tls",
        "http_tokens = \"required\"",
        "token_ttl=3600",
        "ssh -p 2222 host",
        "mkdir -p /var/lib/x",
        "curl -u app https://x",
        "nginx:1.25",
        "- name: A\n  value: shop-9\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db}}\n",
        "--secret-name db --token-ttl 5m",
        "{\"secretArn\":\"arn:aws:x\"}",
        "https://example.org/?page=2",
        "The secret is kept elsewhere.",
    ] {
        assert_eq!(spots(text), [], "{text}");
    }
}
