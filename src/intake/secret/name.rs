//! What a name says of the value beside it. The one judgement of names for plans, manifests, charts and diffs.

use super::text::may_name;

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intake) enum Verdict {
    /// It is a secret.
    Secret,
    /// It is about a secret and none itself: `secret_name`, `token_ttl`, `secret_key_ref`.
    Harmless,
    /// Nothing: it is what the table around it is called.
    Silent,
}

impl Verdict {
    /// The verdict on what stands under `name` in a place of this verdict.
    pub(in crate::intake) fn below(self, name: &str) -> Verdict {
        // Most names are of nothing of that kind, and there are many.
        if self != Verdict::Secret && !may_name(name) {
            return self;
        }
        match judge(name) {
            Verdict::Silent if self == Verdict::Secret && is_about(name) => Verdict::Silent,
            Verdict::Silent => self,
            // What a reference to a secret is made of is called after it: `secret_key_ref.secret`.
            Verdict::Secret if self == Verdict::Harmless && is_bare(name) => Verdict::Harmless,
            own => own,
        }
    }
}

/// Words that are a secret by themselves.
const TERMS: &str = "\
    password passwords passwd passwort passphrase passphrases passcode pwd pass kubeconfig secret secrets token tokens \
    credential credentials cred creds psk dsn apikey apikeys bearer mnemonic requirepass masterauth \
    dockerconfigjson dockercfg sig salt userinfo";

/// Ends of words that are written as one: `dbpassword`, `clientsecret`.
const ENDS: &str = "\
    password passwd passphrase secret token apikey accesskey secretkey privatekey authkey signingkey \
    encryptionkey masterkey accountkey sharedkey clientkey licensekey credential credentials \
    connectionstring connstr dbpass userpass rootpass adminpass smtppass mysqlpass pgpass redispass mailpass \
    keypass storepass authpass dbpwd userpwd adminpwd";

/// Words before `key` that make it one that opens or signs something.
const KEY_OWNERS: &str = "\
    access account activation admin aes api app application auth authorization bootstrap ca cert certificate \
    cipher client cookie crypt datadog decryption deploy encrypt encryption function functions hmac \
    ingest ingestion instrumentation integration join jwt licence license machine master opsgenie pagerduty \
    preshared private recovery registration root rsa sas secret sendgrid server service session shared sign \
    signing ssh ssl storage stripe subscription symmetric tls token tsig unseal validation webhook wireguard \
    write";

/// Words behind a secret by which a name is about it: of what kind, how long, where, whose.
const ABOUT: &str = "\
    address age alg algorithm algorithms annotations arn arns attempts audience audiences bits bytes changed \
    cidrs class classes claim claims comment complexity count counts created cron curve database date days \
    dbname description disabled driver duration email enabled encoding endpoint endpoints engine expiration \
    expirations expire expired expires expiring expiry fingerprint format frequency from grace history host \
    hostname hour hours id identifier identifiers ids interval issuer items kind label labels length \
    lifespan lifetime limit limits location max maximum metadata min minimum minutes mode mount mounts name \
    names namespace namespaces optional owner path paths period permission permissions policies policy port \
    prevention profile protocol provider providers ref reference references refs region regions replica \
    replicas replication required requirement requirements reset retention reuse role roles rotate rotated \
    rotation schedule scope scopes seconds selector size special state status strength tag tags threshold \
    thumbprint time timeout timestamp ttl type types unit units updated usage user username usernames uses \
    validity version versions volume volumes window year years";

/// The same, where the word says nothing without a secret before it.
const ABOUT_BEHIND: &str = "\
    bucket per attribute attributes auth authentication backend column config configuration controller csi dir \
    directory encryption env environment exchange field file filename files folder generation generator \
    group groups header headers hint link management manager method methods operator options param parameter \
    parameters plugin prefix request requests review rule rules server service settings source spec store \
    strategy suffix sync template templates uri uris url urls variable variables";

/// Words before a secret by which there is none: a number of them, or the name of one that is there.
const BEFORE: &str = "\
    automount checksum existing external max maximum min minimum num number pull total without";

/// What a name says of its value. `DB_PASSWORD`, `dbPassword`, `db-password` and `db.password` are the same.
pub(in crate::intake) fn judge(name: &str) -> Verdict {
    // No name of an attribute, option or variable is that long; a text that stands as a key may be.
    if name.len() > 200 {
        return Verdict::Silent;
    }
    // The header of a request; the setting of that name says who may come in.
    if matches!(name, "Authorization" | "AUTHORIZATION" | "Proxy-Authorization") {
        return Verdict::Secret;
    }
    let words = words(name);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let Some((start, end)) = (0..words.len()).rev().find_map(|at| term(&words, at)) else {
        return Verdict::Silent;
    };
    let (before, behind) = (&words[..start], &words[end..]);
    let is_about = |word: &String| has(ABOUT, word.as_str()) || has(ABOUT_BEHIND, word.as_str());
    // `sas_url` and the like are the secret in the form of an address.
    let is_whole = matches!(word(end - 1), "sas" | "dsn" | "webhook" | "conn" | "string");
    let names_key = matches!(word(end - 1), "password" | "passwords") && matches!(word(end), "key" | "keys");
    let is_auth_header = matches!(word(end - 1), "auth" | "authorization");
    let is_harmless = (!is_whole && behind.iter().any(is_about))
        || (is_whole
            && behind.iter().any(|word| matches!(word.as_str(), "name" | "arn" | "id" | "ids" | "type")))
        || before.iter().any(|word| has(BEFORE, word.as_str()))
        || before.last().is_some_and(|word| matches!(word.as_str(), "http" | "from"))
        || names_key
        || (word(end - 1) == "secret" && is_annotation(name));
    match is_harmless && !is_auth_header {
        true => Verdict::Harmless,
        false => Verdict::Secret,
    }
}

/// `nginx.ingress.kubernetes.io/auth-secret`: an annotation, which names a secret.
fn is_annotation(name: &str) -> bool {
    name.split_once('/').is_some_and(|(domain, _)| domain.contains('.'))
}

/// The term that ends with the word at `at`: where it starts and ends.
fn term(words: &[String], at: usize) -> Option<(usize, usize)> {
    let word = words[at].as_str();
    let before = at.checked_sub(1).map_or("", |at| words[at].as_str());
    let is_last = at + 1 == words.len();
    match word {
        "key" | "keys" if has(KEY_OWNERS, before) => {
            // Of SSH there are as many public keys, and lists of them are.
            (before != "ssh" || (word == "key" && is_last)).then_some((at - 1, at + 1))
        }
        "header" | "headers" if matches!(before, "auth" | "authorization") => Some((at - 1, at)),
        "string" | "strings" | "str" if matches!(before, "connection" | "conn") => Some((at - 1, at + 1)),
        "webhook" if matches!(before, "slack" | "discord" | "teams" | "mattermost") => Some((at - 1, at + 1)),
        "cookie" if matches!(before, "erlang" | "auth" | "session" | "set") && is_last => Some((at, at + 1)),
        "pat" if matches!(before, "github" | "gitlab" | "azure" | "ado" | "devops" | "git") => {
            Some((at, at + 1))
        }
        "sas" => {
            (is_last || matches!(words[at + 1].as_str(), "token" | "url" | "uri")).then_some((at, at + 1))
        }
        // The working directory of a shell.
        "pwd" if before == "old" => None,
        "salt" | "sig" if !is_last => None,
        // `pass_through` is what happens to a request.
        "pass" if !is_last && words[at + 1] == "through" => None,
        "sensitive" if before != "case" => Some((at, at + 1)),
        _ if has(TERMS, word) || is_squashed_term(word) => Some((at, at + 1)),
        _ => None,
    }
}

/// `dbpassword` and `passwordhash`, and neither `passwordless` nor `tokenizer`.
fn is_squashed_term(word: &str) -> bool {
    let starts = ["password", "passwd", "passphrase", "accesskey", "secretkey", "privatekey"];
    let rest = starts.iter().find_map(|start| word.strip_prefix(start));
    match rest {
        Some("less" | "s") => false,
        Some(rest) => !has(ABOUT, rest) && !has(ABOUT_BEHIND, rest),
        None => ENDS.split(' ').any(|end| word.ends_with(end)),
    }
}

/// Whether a name without any of these words tells of its value what it is: `username`, `tags`.
fn is_about(name: &str) -> bool {
    words(name).last().is_some_and(|last| has(ABOUT, last.as_str()))
}

/// Whether a name is no more than `secret` or `secrets`, which is also how references to one are called.
fn is_bare(name: &str) -> bool {
    matches!(words(name).as_slice(), [word] if matches!(word.as_str(), "secret" | "secrets"))
        || matches!(words(name).as_slice(), [first, second] if first == "secret" && second == "key")
}

/// Whether a list of words has this one.
pub(super) fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// The words of a name in lower case, without the digits at their ends: `APIKey2` is `api` and `key`.
pub(in crate::intake) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &c) in letters.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).map_or(' ', |at| letters[at]);
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        // `IDs` and `ARNs` are one word.
        let is_plural = next == 's' && !letters.get(at + 2).is_some_and(|c| c.is_lowercase());
        let starts = c.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && next.is_lowercase() && !is_plural));
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_ascii_digit()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Keys whose value is the name of what stands beside them, as `name` is in `{ name, value }`.
pub(in crate::intake) fn is_name_key(key: &str) -> bool {
    const KEYS: &str = "\
        name key option_name optionname parameter_name parametername parameter_key parameterkey env variable \
        field header attribute variable_name header_name headername setting id label";
    key.len() <= 16 && KEYS.split(' ').any(|known| known.eq_ignore_ascii_case(key))
}

/// Keys whose value is that of what a key beside them names.
pub(in crate::intake) fn is_value_key(key: &str) -> bool {
    const KEYS: &str = "\
        value values option_value optionvalue parameter_value parametervalue default default_value \
        plaintext_value string_value stringvalue content text data current_value header_value headervalue \
        val raw_value";
    key.len() <= 16 && KEYS.split(' ').any(|known| known.eq_ignore_ascii_case(key))
}

#[cfg(test)]
#[path = "name_tests.rs"]
mod tests;
