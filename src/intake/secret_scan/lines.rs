//! Which lines of a file look as if they held a secret. Lines are looked at together: a name may stand above its value, and
//! what a Secret of Kubernetes holds is known by its kind.

use super::Suspicion;
use super::literal::{self, entry};
use crate::intake::secret::{Verdict, is_name_key, is_value_key, judge};

/// How many lines may lie between a name and its value.
const PAIR: usize = 3;

/// What is suspected of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing.
    Clean,
    /// This, from this line on.
    Suspect(Suspicion),
    /// It goes on with what an earlier line began.
    Inside,
}

/// Looks at the lines of a file, or of a part of one.
pub(super) fn look_at(lines: &[&str]) -> Vec<Look> {
    let mut looks: Vec<Look> =
        lines.iter().map(|line| literal::look(line).map_or(Look::Clean, Look::Suspect)).collect();
    key_blocks(lines, &mut looks);
    pairs(lines, &mut looks);
    blocks(lines, &mut looks);
    for document in documents(lines) {
        kubernetes_secret(&lines[document.clone()], &mut looks[document]);
    }
    looks
}

fn suspect(look: &mut Look, suspicion: Suspicion) {
    if *look == Look::Clean {
        *look = Look::Suspect(suspicion);
    }
}

/// The lines of a private key behind its first.
fn key_blocks(lines: &[&str], looks: &mut [Look]) {
    let mut is_inside = false;
    for (line, look) in lines.iter().zip(looks) {
        if is_inside {
            *look = Look::Inside;
            is_inside = !line.contains("-----END");
        } else {
            let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
            is_inside = begins && !line.contains("-----END");
        }
    }
}

/// `name: DB_PASSWORD` and `value: …` on lines of their own, in either order.
fn pairs(lines: &[&str], looks: &mut [Look]) {
    let mut name_at = None;
    let mut value_at: Option<usize> = None;
    for (at, line) in lines.iter().enumerate() {
        let Some((key, value)) = entry(line) else { continue };
        if line.trim_start().starts_with("- ") {
            value_at = None;
        }
        if is_name_key(key) {
            let says = judge(value.text) == Verdict::Secret;
            if let Some(value_at) = value_at.filter(|value_at| says && at - value_at <= PAIR) {
                suspect(&mut looks[value_at], Suspicion::Name);
            }
            name_at = says.then_some(at);
        } else if is_value_key(key) && value.is_literal() {
            match name_at.take().filter(|name_at| at - name_at <= PAIR) {
                Some(_) => suspect(&mut looks[at], Suspicion::Name),
                None => value_at = Some(at),
            }
        }
    }
}

/// `password: |` with the secret on the lines below, and the value of a resource that is a secret.
fn blocks(lines: &[&str], looks: &mut [Look]) {
    let mut secret_resource = false;
    for (at, line) in lines.iter().enumerate() {
        // A variable is given a value by its default.
        let block = ["resource \"", "variable \""].iter().find_map(|start| line.strip_prefix(start));
        if let Some(rest) = block {
            secret_resource = judge(rest.split('"').next().unwrap_or_default()) == Verdict::Secret;
        } else if line.starts_with('}') {
            secret_resource = false;
        }
        let Some((key, value)) = entry(line) else { continue };
        secret_resource |= key == "type" && value.text == "SecureString";
        if secret_resource
            && value.is_quoted
            && value.is_literal()
            && (is_value_key(key) || key == "data_json")
        {
            suspect(&mut looks[at], Suspicion::Name);
        }
        let is_block =
            matches!(value.text.trim_end_matches(['-', '+']), "|" | ">") || value.text.starts_with("<<");
        if is_block && judge(key) == Verdict::Secret {
            let next =
                lines.get(at + 1).filter(|next| indent(next) > indent(line) || value.text.starts_with("<<"));
            if next
                .is_some_and(|next| literal::says_something(next.trim()) && !next.contains("-----BEGIN CERT"))
            {
                suspect(&mut looks[at + 1], Suspicion::Name);
            }
        }
    }
}

/// The documents of a file, as YAML divides them.
fn documents(lines: &[&str]) -> Vec<std::ops::Range<usize>> {
    let mut documents = Vec::new();
    let mut start = 0;
    for (at, line) in lines.iter().enumerate() {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            documents.push(start..at);
            start = at + 1;
        }
    }
    documents.push(start..lines.len());
    documents
}

/// Everything that a Secret of Kubernetes holds in the clear; base64 is no more than that.
fn kubernetes_secret(lines: &[&str], looks: &mut [Look]) {
    // In a list of objects the kind stands deeper than at the start.
    let kinds = || {
        lines.iter().enumerate().filter_map(|(at, line)| {
            Some((at, indent(line), entry(line).filter(|(key, _)| *key == "kind")?.1))
        })
    };
    for (_, depth, kind) in kinds() {
        if kind.text != "Secret" {
            continue;
        }
        let mut section = None;
        for (at, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            if section.is_some_and(|section| indent(line) <= section) {
                section = None;
            }
            let Some((key, value)) = entry(line) else { continue };
            if section.is_some() {
                let is_block = matches!(value.text.trim_end_matches(['-', '+']), "|" | ">");
                if value.holds_anything() && !is_block {
                    suspect(&mut looks[at], SECRET);
                } else if is_block && let Some(next) = looks.get_mut(at + 1) {
                    suspect(next, SECRET);
                }
            } else if indent(line) == depth && matches!(key, "data" | "stringData") {
                match value.text.trim_matches(['{', ' ']) {
                    "" => section = Some(depth),
                    // `data: {password: …}` on one line.
                    inner => {
                        let says = inner
                            .split([',', '}'])
                            .filter_map(entry)
                            .any(|(_, value)| value.holds_anything());
                        if says {
                            suspect(&mut looks[at], SECRET);
                        }
                    }
                }
            }
        }
    }
}

const SECRET: Suspicion = Suspicion::Form("a Kubernetes Secret in plain text");

/// How far a line is moved in; the mark of a list's element counts as blanks.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t', '-']).len()
}
