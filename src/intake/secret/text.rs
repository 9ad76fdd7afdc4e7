//! Secrets in running text: settings, command lines, scripts, YAML, JSON and connection strings in one.
//!
//! It finds too much rather than too little: what it finds is hidden. For files that people wrote, where a wrong alarm
//! costs more, `secret_scan` looks line by line.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::form::{Spot, forms};
use super::name::{Verdict, is_name_key, is_value_key, judge};
use super::value::{is_reference, is_setting};

/// Without one of these a text holds nothing that is looked for here, and most texts hold none.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    const MARKS: &str = "\
        kubeconfig pass pwd secret token cred key auth dsn psk sas sig bearer basic salt mnemonic docker cookie hook \
        :// conn userinfo begin eyj akia asia absk gh gl xox xapp _live_ _test_ whsec aiza gocspx ya29 hvs. \
        hvb. npm_ pypi rubygems dckr_ sk- sg. _v1_ shp hf_ lin_api figd_ dapi pmak nrak sq0 dp. sbp_ pscale \
        nfp_ secure masked sensitive sntry atatt atctt atbb ltai akcp pul- fo1_ ccipat atlasv1 azfu +ast \
        putty pat aqea base64 user_data custom_data";
    const OPTIONS: [&str; 4] = [" -p", " -u", " -a", " -w"];
    AhoCorasickBuilder::new().ascii_case_insensitive(true).build(MARKS.split(' ').chain(OPTIONS)).ok()
});

/// Whether a text may hold a secret that can be told from the text alone.
pub(in crate::intake) fn may_hold(text: &str) -> bool {
    text.len() >= 4 && MARKS.as_ref().is_none_or(|marks| marks.is_match(text))
}

/// Whether a name may be that of a secret: without a mark it is none.
pub(in crate::intake) fn may_name(name: &str) -> bool {
    MARKS.as_ref().is_none_or(|marks| marks.is_match(name))
}

/// Everything in a text that is a secret by its form, or by the name that it stands behind.
pub(in crate::intake) fn spots(text: &str) -> Vec<Spot<'_>> {
    if !may_hold(text) {
        return Vec::new();
    }
    let mut spots = forms(text);
    assignments(text, &mut spots);
    let words: Vec<&str> = text.split_whitespace().collect();
    for at in in_words(&words) {
        let value = bare(words[at]).trim_start_matches("-p");
        let password = value.split_once(':').map_or("", |(_, password)| password);
        spots.extend([value, password].map(|value| Spot { value, form: None }));
    }
    spots.retain(|spot| !spot.value.is_empty() && (spot.form.is_some() || hides(spot.value)));
    spots
}

/// Whether a text is secret, or holds a secret.
pub(in crate::intake) fn is_secret(text: &str) -> bool {
    !spots(text).is_empty()
}

fn hides(value: &str) -> bool {
    !is_setting(value) && !is_reference(value)
}

/// A word without the quotes and brackets around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\'', '`', ',', ';', '[', ']', '(', ')', '\\'])
}

/// Programs of which a short option takes a password.
const SHORT: &[(&str, &[&str])] = &[
    (
        "-p",
        &[
            "mysql",
            "mysqldump",
            "mysqladmin",
            "login",
            "sshpass",
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mariadb",
            "influx",
            "clickhouse-client",
        ],
    ),
    ("-a", &["redis-cli"]),
    ("-w", &["ldapsearch", "ldapmodify", "ldapadd", "ldappasswd"]),
    ("-P", &["sqlcmd", "bcp", "kinit"]),
    ("-u", &["curl"]),
    ("-passin", &["openssl"]),
    ("-k", &["openssl"]),
];

/// The positions of words of a command line that are the values of options: `--password X`, `mysql -p X`.
pub(in crate::intake) fn in_words(words: &[&str]) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let option = bare(word);
        let value = words
            .get(at + 1)
            .map(|value| bare(value))
            .filter(|value| !value.is_empty() && !value.starts_with('-'));
        let is_long = option.starts_with('-')
            && !option.contains('=')
            && judge(option.trim_start_matches('-')) == Verdict::Secret;
        let is_of = |programs: &[&str]| {
            words[..at].iter().any(|word| {
                let program = bare(word);
                programs.contains(&program.rsplit('/').next().unwrap_or(program))
            })
        };
        let is_short = || SHORT.iter().any(|(short, programs)| *short == option && is_of(programs));
        if value.is_some() && (is_long || is_short()) {
            let is_user_alone = option == "-u" && !value.is_some_and(|value| value.contains(':'));
            if !is_user_alone {
                found.push(at + 1);
            }
        }
        // `mysql -pSECRET` is one word.
        let is_glued = option.len() > 4
            && option.starts_with("-p")
            && !option.contains('=')
            && !option.starts_with("-p-");
        if is_glued
            && is_of(&["mysql", "mysqldump", "mysqladmin", "mariadb", "sshpass"])
            && !option.starts_with("-port")
        {
            found.push(at);
        }
    }
    found
}

/// How many assignments may lie between a name and its value.
const PAIR: usize = 4;
/// How far behind a value its name may end, in bytes.
const NEAR: usize = 400;

/// Values behind the names of secrets, and those whose name is the value of a `name` beside them.
fn assignments<'t>(text: &'t str, spots: &mut Vec<Spot<'t>>) {
    let (mut pending, mut last_value): (usize, Option<(&'t str, usize)>) = (0, None);
    let (mut is_named, mut at) = (false, 0);
    let separators = |text: &str| text.find(['=', ':']);
    while let Some(offset) = separators(&text[at..]) {
        let here = at + offset;
        at = here + 1;
        let name = name_before(&text[..here]);
        if name.is_empty() {
            continue;
        }
        let (is_name, is_value) = (is_name_key(name), is_value_key(name));
        pending = if is_value { pending } else { pending.saturating_sub(1) };
        // Of most names nothing is asked.
        if !is_name && !is_value && !may_name(name) {
            continue;
        }
        let value = value_behind(text, here);
        let mut push = |value: &'t str| spots.push(Spot { value, form: None });
        if is_name {
            let says = judge(value) == Verdict::Secret;
            if let Some((value, _)) = last_value.take().filter(|(_, at)| says && here - at <= NEAR) {
                push(value);
            }
            pending = if says { PAIR } else { 0 };
            is_named = true;
            continue;
        }
        if is_value && !value.is_empty() {
            if pending > 0 {
                push(value);
            }
            // A value that follows a name is that name's, and not that of the next one.
            last_value = Some((value, here)).filter(|_| !is_named);
            is_named = false;
        }
        if judge(name) == Verdict::Secret || is_signature(name, value) {
            push(value);
            if let Some(line) = line_behind(text, here, value) {
                push(line);
            }
        }
    }
}

/// What a signed address holds.
fn is_signature(name: &str, value: &str) -> bool {
    value.len() >= 16
        && (name.eq_ignore_ascii_case("x-amz-signature") || name.eq_ignore_ascii_case("x-goog-signature"))
}

fn is_name_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

/// The name that ends where `text` does, without quotes.
fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t']).trim_end_matches(['"', '\'', '\\', ']', '+', '?']);
    let start = text
        .rfind(|c: char| !is_name_letter(c))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    text[start..].trim_start_matches(['-', '/', '.'])
}

/// The value behind the separator at `at`: what stands in quotes, or one word.
fn value_behind(text: &str, at: usize) -> &str {
    let rest = text[at + 1..].trim_start_matches(['=', '>', '~']).trim_start_matches([' ', '\t']);
    let escapes = rest.len() - rest.trim_start_matches('\\').len();
    let quoted = &rest[escapes..];
    if let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let open = format!("{}{quote}", &rest[..escapes]);
        let inner = &rest[open.len()..];
        return match closing(inner, &open) {
            Some(end) => &inner[..end],
            None => inner,
        };
    }
    // A block of YAML: its first line.
    if let Some(block) = rest.strip_prefix(['|', '>']) {
        let (mark, lines) = block.split_once('\n').unwrap_or(("x", ""));
        if mark.trim().trim_matches(['-', '+']).is_empty() {
            return lines.trim_start().lines().next().unwrap_or_default().trim();
        }
    }
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '`' | ')' | ']' | '}' | '<' | '|')
    };
    // A template is one word, with blanks or not.
    let template = [("{{", "}}"), ("${", "}"), ("$(", ")")].iter().find(|(open, _)| rest.starts_with(open));
    if let Some(end) = template.and_then(|(_, close)| Some(rest.find(close)? + close.len())) {
        return &rest[..end];
    }
    &rest[..rest.find(ends).unwrap_or(rest.len())]
}

/// Where a quote of this form ends: one with a backslash before it stands for itself.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find(quote) {
        let end = from + at;
        let n_before = text[..end].len() - text[..end].trim_end_matches('\\').len();
        if n_before.is_multiple_of(2) {
            return Some(end);
        }
        from = end + quote.len();
    }
    None
}

/// The whole line behind `name: `, where more stands there than one word, as in YAML without quotes.
fn line_behind<'t>(text: &'t str, at: usize, word: &str) -> Option<&'t str> {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let is_key = !text[start..at].trim().trim_start_matches("- ").contains([' ', '{', '[', '(', '=']);
    let line = text[at + 1..].lines().next().unwrap_or_default();
    let value = line.trim();
    let is_plain = line.starts_with(' ') && !value.starts_with(['"', '\'', '{', '[', '|', '>', '\\']);
    (is_key && is_plain && value.len() > word.len()).then_some(value)
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
