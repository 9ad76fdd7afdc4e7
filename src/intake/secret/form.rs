//! Secrets that are known by their form alone, whatever they are called.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// A part of a text that is a secret, and what kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) struct Spot<'t> {
    /// The secret itself.
    pub(in crate::intake) value: &'t str,
    /// What it has the form of; `None` where only the name beside it says that it is one.
    pub(in crate::intake) form: Option<&'static str>,
}

/// Beginnings of well-known tokens, each with how many letters and digits follow at least.
const TOKENS: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ABSK", 40, "an AWS Bedrock key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghu_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("ghr_", 30, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("gldt-", 16, "a GitLab token"),
    ("glrt-", 16, "a GitLab token"),
    ("glptt-", 16, "a GitLab token"),
    ("glcbt-", 16, "a GitLab token"),
    ("xoxb-", 16, "a Slack token"),
    ("xoxp-", 16, "a Slack token"),
    ("xoxa-", 16, "a Slack token"),
    ("xoxr-", 16, "a Slack token"),
    ("xoxs-", 16, "a Slack token"),
    ("xapp-", 16, "a Slack token"),
    ("hooks.slack.com/services/T", 16, "a Slack webhook"),
    ("hooks.slack.com/workflows/T", 16, "a Slack webhook"),
    ("discord.com/api/webhooks/", 40, "a Discord webhook"),
    ("discordapp.com/api/webhooks/", 40, "a Discord webhook"),
    ("webhook.office.com/webhookb2/", 40, "a Teams webhook"),
    ("sk_live_", 16, "a Stripe key"),
    ("sk_test_", 16, "a Stripe key"),
    ("rk_live_", 16, "a Stripe key"),
    ("rk_test_", 16, "a Stripe key"),
    ("whsec_", 16, "a Stripe webhook secret"),
    ("AIza", 30, "a Google API key"),
    ("GOCSPX-", 20, "a Google client secret"),
    ("ya29.", 20, "a Google access token"),
    ("hvs.", 20, "a Vault token"),
    ("hvb.", 20, "a Vault token"),
    ("npm_", 30, "an npm token"),
    ("pypi-AgE", 16, "a PyPI token"),
    ("rubygems_", 30, "a RubyGems key"),
    ("dckr_pat_", 20, "a Docker token"),
    ("dckr_oat_", 20, "a Docker token"),
    ("sk-ant-", 20, "an Anthropic key"),
    ("sk-proj-", 20, "an OpenAI key"),
    ("sk-svcacct-", 20, "an OpenAI key"),
    ("SG.", 40, "a SendGrid key"),
    ("dop_v1_", 30, "a DigitalOcean token"),
    ("doo_v1_", 30, "a DigitalOcean token"),
    ("dor_v1_", 30, "a DigitalOcean token"),
    ("shpat_", 30, "a Shopify token"),
    ("shpss_", 30, "a Shopify secret"),
    ("shpca_", 30, "a Shopify token"),
    ("hf_", 30, "a Hugging Face token"),
    ("glsa_", 20, "a Grafana token"),
    ("glc_eyJ", 20, "a Grafana Cloud token"),
    ("lin_api_", 20, "a Linear key"),
    ("figd_", 20, "a Figma token"),
    ("dapi", 32, "a Databricks token"),
    ("PMAK-", 20, "a Postman key"),
    ("NRAK-", 20, "a New Relic key"),
    ("AGE-SECRET-KEY-1", 40, "an age key"),
    ("sq0csp-", 20, "a Square secret"),
    ("sq0atp-", 20, "a Square token"),
    ("dp.pt.", 30, "a Doppler token"),
    ("dp.st.", 30, "a Doppler token"),
    ("sbp_", 30, "a Supabase token"),
    ("pscale_tkn_", 20, "a PlanetScale token"),
    ("pscale_pw_", 20, "a PlanetScale password"),
    ("nfp_", 30, "a Netlify token"),
    ("sntrys_", 20, "a Sentry token"),
    ("sntryu_", 20, "a Sentry token"),
    ("ATATT3", 20, "an Atlassian token"),
    ("ATCTT3", 20, "an Atlassian token"),
    ("ATBB", 28, "a Bitbucket token"),
    ("LTAI", 16, "an Alibaba Cloud key"),
    ("AKCp", 50, "an Artifactory key"),
    ("tskey-", 16, "a Tailscale key"),
    ("pul-", 40, "a Pulumi token"),
    ("fo1_", 30, "a Fly.io token"),
    ("ops_eyJ", 40, "a 1Password token"),
    ("CCIPAT_", 20, "a CircleCI token"),
    ("AQEAAAE", 100, "an Azure token"),
];

/// Tokens that are known by what stands inside of them.
const INSIDE: &[(&str, &str)] =
    &[(".atlasv1.", "an HCP Terraform token"), ("AzFu", "an Azure key"), ("+ASt", "an Azure key")];

/// Everything in a text that has the form of a secret.
pub(in crate::intake) fn forms(text: &str) -> Vec<Spot<'_>> {
    let mut spots = private_keys(text);
    spots.extend(tokens(text));
    spots.extend(json_web_tokens(text));
    spots.extend(passwords_in_addresses(text));
    spots.extend(schemes(text));
    spots
}

fn is_token_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// The blocks of private keys, from their first line on.
fn private_keys(text: &str) -> Vec<Spot<'_>> {
    const MARK: &str = "PRIVATE KEY";
    let mut spots = Vec::new();
    for (at, _) in text.match_indices(MARK) {
        let start = text[..at].rfind("-----BEGIN");
        // The last line has the mark as well.
        let Some(start) = start.filter(|start| !text[*start..at].contains("-----END")) else { continue };
        let end = text[at..].find("-----END").map_or(text.len(), |end| at + end);
        spots.push(Spot { value: text[start..end].trim_end(), form: Some("a private key") });
    }
    if let Some(at) = text.find("PuTTY-User-Key-File-") {
        spots.push(Spot { value: &text[at..], form: Some("a private key") });
    }
    spots
}

static STARTS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(TOKENS.iter().map(|(start, ..)| start)).ok());

fn tokens(text: &str) -> Vec<Spot<'_>> {
    let mut spots = Vec::new();
    let found = STARTS.iter().flat_map(|starts| starts.find_overlapping_iter(text));
    for (at, (start, length, form)) in found.map(|found| (found.start(), TOKENS[found.pattern().as_usize()]))
    {
        let is_start = text[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric());
        let body = &text[at + start.len()..];
        let has_path = start.contains(['/', '.']);
        let allowed = |c: char| is_token_letter(c) || (has_path && matches!(c, '/' | '.' | '@'));
        let end = body.find(|c| !allowed(c)).unwrap_or(body.len());
        // Keys of AWS are capitals and digits.
        let is_upper = !matches!(start, "AKIA" | "ASIA")
            || body[..end].bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if is_start && end >= length && is_upper {
            spots.push(Spot { value: &text[at..at + start.len() + end], form: Some(form) });
        }
    }
    for &(mark, form) in INSIDE {
        for (at, _) in text.match_indices(mark) {
            let start = text[..at]
                .rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/'))
                .map_or(0, |at| at + 1);
            let rest = &text[at + mark.len()..];
            let end = rest
                .find(|c: char| !is_token_letter(c) && !matches!(c, '+' | '/' | '='))
                .unwrap_or(rest.len());
            let value = &text[start..at + mark.len() + end];
            // The marks in keys of Azure are short; what they stand in is long and of one length.
            let is_long =
                if mark.starts_with('.') { end >= 40 } else { matches!(value.len(), 52 | 56 | 84 | 88) };
            if is_long {
                spots.push(Spot { value, form: Some(form) });
            }
        }
    }
    spots
}

fn json_web_tokens(text: &str) -> Vec<Spot<'_>> {
    let mut spots = Vec::new();
    for (at, _) in text.match_indices("eyJ") {
        let is_start = text[..at].chars().next_back().is_none_or(|c| !is_token_letter(c) && c != '.');
        let body = &text[at..];
        let end = body.find(|c: char| !is_token_letter(c) && c != '.').unwrap_or(body.len());
        let parts: Vec<&str> = body[..end].split('.').collect();
        if is_start
            && parts.len() >= 3
            && parts[..2].iter().all(|part| part.len() >= 8)
            && parts[1].starts_with("eyJ")
        {
            spots.push(Spot { value: &body[..end], form: Some("a JSON web token") });
        }
    }
    spots
}

/// `scheme://user:password@host`, and an address whose user is a token.
fn passwords_in_addresses(text: &str) -> Vec<Spot<'_>> {
    let mut spots = Vec::new();
    for (at, mark) in text.match_indices("://") {
        let rest = &text[at + mark.len()..];
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '|' | ')'));
        let rest = &rest[..end.unwrap_or(rest.len())];
        // A password may hold what an address must escape, so that its end is the last `@` before the path.
        let path = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let until = rest[..path].rfind('@').or_else(|| {
            // `user:pa/ss@host`: a slash before the `@`, and a colon before the slash that is not that of a port.
            let colon = rest[..path].find(':')?;
            let is_port = rest[colon + 1..path].bytes().all(|byte| byte.is_ascii_digit());
            if is_port { None } else { rest.find('@').filter(|at| !rest[..*at].contains(['?', '#'])) }
        });
        let Some(until) = until else { continue };
        let user = &rest[..until];
        match user.split_once(':') {
            Some((_, password)) if !password.is_empty() && !super::value::is_reference(password) => {
                spots.push(Spot { value: password, form: Some("an address with a password") });
            }
            None if user.len() >= 20 && is_mixed(user) => {
                spots.push(Spot { value: user, form: Some("an address with a token") });
            }
            _ => {}
        }
    }
    spots
}

/// `Bearer …` and `Basic …`.
fn schemes(text: &str) -> Vec<Spot<'_>> {
    let mut spots = Vec::new();
    for (at, _) in text.match_indices([' ', '\t']) {
        let scheme = text[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let rest = text[at..].trim_start();
        let end = rest
            .find(|c: char| !is_token_letter(c) && !matches!(c, '.' | '~' | '+' | '/' | '=' | ':'))
            .unwrap_or(rest.len());
        let value = &rest[..end];
        let is_secret = match () {
            () if scheme.eq_ignore_ascii_case("bearer") => {
                value.len() >= 8 && (value.len() >= 24 || is_mixed(value))
            }
            () if scheme.eq_ignore_ascii_case("basic") => {
                value.len() >= 8 && super::view::encoded_login(value).is_some()
            }
            () => false,
        };
        if is_secret {
            spots.push(Spot { value, form: Some("credentials of a request") });
        }
    }
    spots
}

/// Letters and digits, as random texts are.
pub(in crate::intake) fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_secrets() {
        let filled = |start: &str, n: usize| format!("{start}{}", "a1B2c3D4e5".repeat(n));
        let aws = format!("AKIA{}", "ABCDEFGH12345678");
        let web = format!("eyJ{}.eyJ{}.{}", "hbGciOiJI", "zdWIiOiIx", "c2lnbmF0dXJl");
        for (text, expected) in [
            (aws.clone(), Some(aws.as_str())),
            (format!("use {} now", filled("ghp_", 4)), Some(filled("ghp_", 4).as_str())),
            (format!("x={web};"), Some(web.as_str())),
            ("postgres://app:p-w@db/x".to_owned(), Some("p-w")),
            ("redis://:pa@ss@cache:6379".to_owned(), Some("pa@ss")),
            ("amqp://u:pa/ss@mq".to_owned(), Some("pa/ss")),
            ("Authorization: Bearer abcd1234".to_owned(), Some("abcd1234")),
            ("Basic YXBwOmh1bnRlcjI=".to_owned(), Some("YXBwOmh1bnRlcjI=")),
            ("https://example.org/a:b@c".to_owned(), None),
            ("http://example.org:8080/x@y".to_owned(), None),
            ("postgres://app:${PW}@db/x".to_owned(), None),
            ("postgres://app@db/x".to_owned(), None),
            ("Bearer authentication is used".to_owned(), None),
            ("Basic support".to_owned(), None),
            ("AKIAOFSOMEBODY".to_owned(), None),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----".to_owned(), None),
            ("-----BEGIN PUBLIC KEY-----".to_owned(), None),
        ] {
            assert_eq!(forms(&text).first().map(|spot| spot.value), expected, "{text}");
        }
        let key = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nb";
        assert_eq!(forms(key).len(), 1);
        assert!(forms(key)[0].value.ends_with("MIIB"));
    }
}
