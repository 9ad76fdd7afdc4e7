//! A strict reading of a commit's raw bytes.
//!
//! git, libgit2 and forges disagree on commits with doubled or misplaced headers; whatever leaves the
//! plain form is reported as malformed and gets no authority. Parents come from here, so that neither
//! `refs/replace` nor grafts change what history says.

use std::sync::Arc;

use git2::Oid;

use super::message::{named_in_lines, squashed_subjects};
use super::types::{CommitTime, Signature, Trailers, TrailersOfCommit};

/// A commit as its bytes say it.
#[derive(Debug)]
pub(super) struct RawCommit {
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    pub(super) author: Signature,
    pub(super) committer: Signature,
    pub(super) subject: Arc<str>,
    pub(super) trailers: TrailersOfCommit,
    pub(super) signed: bool,
    pub(super) malformed: Option<String>,
}

/// Reads the bytes of a commit object (without the object header). `None` when not even a tree is named.
pub(super) fn parse(bytes: &[u8]) -> Option<RawCommit> {
    let split = find(bytes, b"\n\n").unwrap_or(bytes.len());
    let (header, message) = (&bytes[..split], bytes.get(split + 2..).unwrap_or_default());
    let mut reader = Headers::default();
    for line in header.split(|byte| *byte == b'\n') {
        reader.line(line);
    }
    if message.contains(&0) || header.contains(&0) {
        reader.fault("a NUL byte");
    }
    let author = reader.author.take();
    let committer = reader.committer.take();
    if author.is_none() || committer.is_none() {
        reader.fault("no valid author or committer");
    }
    let (subject, trailers) = read_message(message);
    Some(RawCommit {
        tree: reader.tree?,
        parents: reader.parents,
        author: author.unwrap_or_else(nobody),
        committer: committer.unwrap_or_else(nobody),
        subject,
        trailers,
        signed: reader.signed,
        malformed: reader.malformed,
    })
}

fn nobody() -> Signature {
    Signature { name: "".into(), email: "".into(), time: CommitTime { seconds: 0, offset_minutes: 0 } }
}

/// Header lines in the order in which git writes them: tree, parents, author, committer, the rest.
#[derive(Default)]
struct Headers {
    tree: Option<Oid>,
    parents: Vec<Oid>,
    author: Option<Signature>,
    committer: Option<Signature>,
    signed: bool,
    malformed: Option<String>,
    n_signatures: usize,
    stage: u8,
}

impl Headers {
    fn line(&mut self, line: &[u8]) {
        if line.starts_with(b" ") {
            if self.stage < 4 {
                self.fault("a continuation line before the end of the fixed headers");
            }
            return;
        }
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (key, value) = (&line[..space], line.get(space + 1..).unwrap_or_default());
        match key {
            b"tree" => {
                self.advance(0, 1, "tree");
                self.tree = self.tree.or_else(|| object_name(value));
            }
            b"parent" => {
                self.advance(1, 1, "parent");
                match object_name(value) {
                    Some(parent) => self.parents.push(parent),
                    None => self.fault("an invalid parent"),
                }
            }
            b"author" => {
                self.advance(1, 2, "author");
                if self.author.is_none() {
                    self.author = signature(value);
                }
            }
            b"committer" => {
                self.advance(2, 3, "committer");
                if self.committer.is_none() {
                    self.committer = signature(value);
                }
            }
            b"gpgsig" | b"gpgsig-sha256" => {
                self.advance(3, 4, "signature");
                self.signed = true;
                self.n_signatures += usize::from(key == b"gpgsig");
                if self.n_signatures > 1 {
                    self.fault("two signatures");
                }
            }
            _ => self.advance(3, 4, "extra"),
        }
    }

    /// Moves from stage `from` (the extra headers may repeat) to `to`, or notes the disorder.
    fn advance(&mut self, from: u8, to: u8, what: &str) {
        let in_order = self.stage == from || (from == 3 && self.stage == 4);
        if !in_order {
            self.fault(&format!("a misplaced or repeated {what} header"));
        }
        self.stage = self.stage.max(to);
    }

    fn fault(&mut self, what: &str) {
        self.malformed.get_or_insert_with(|| what.to_owned());
    }
}

fn object_name(value: &[u8]) -> Option<Oid> {
    let text = std::str::from_utf8(value).ok()?;
    if text.len() == 40 { Oid::from_str(text).ok() } else { None }
}

/// `Name <email> 1715846520 +0200`.
fn signature(value: &[u8]) -> Option<Signature> {
    let open = value.iter().position(|byte| *byte == b'<')?;
    let close = open + value[open..].iter().position(|byte| *byte == b'>')?;
    let rest = std::str::from_utf8(value.get(close + 1..)?).ok()?;
    let mut words = rest.split_ascii_whitespace();
    let seconds = words.next()?.parse().ok()?;
    let offset_minutes = words.next().and_then(offset)?;
    Some(Signature {
        name: String::from_utf8_lossy(&value[..open]).trim().into(),
        email: String::from_utf8_lossy(&value[open + 1..close]).trim().into(),
        time: CommitTime { seconds, offset_minutes },
    })
}

/// `+0200` as minutes.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number: i32 = digits.parse().ok()?;
    (number >= 0).then(|| sign * (number / 100 * 60 + number % 100))
}

fn read_message(message: &[u8]) -> (Arc<str>, TrailersOfCommit) {
    let first = message.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let subject = String::from_utf8_lossy(first.unwrap_or_default()).trim_end().into();
    if !message.trim_ascii().contains(&b'\n') {
        return (subject, TrailersOfCommit::default());
    }
    let text = String::from_utf8_lossy(message).replace('\0', " ");
    let owned = |found: &str| found.to_owned();
    let mut trailers = Trailers {
        changes: named_in_lines(&text, "change").map(owned).collect(),
        squashed: squashed_subjects(&text).map(owned).collect(),
        exercised: named_in_lines(&text, "exercised").map(owned).collect(),
        ..Trailers::default()
    };
    // Trailers stand behind a blank line.
    let found = text.contains("\n\n").then(|| git2::message_trailers_strs(&text));
    let Some(Ok(found)) = found else { return (subject, trailers.into()) };
    for (key, value) in found.iter() {
        let value = value.trim().to_owned();
        match key.to_ascii_lowercase().as_str() {
            "deployed" => trailers.deployed.push(value),
            "rolled-back" => trailers.rolled_back.push(value),
            "anyway" => trailers.anyway.push(value),
            "plan" => trailers.plans.push(value),
            "affirms" => trailers.affirms.push(value),
            "approved-by" => trailers.approved_by.push(email_of(&value)),
            "renumbers" => trailers.renumbers.push(value),
            "co-authored-by" => trailers.co_authors.push(email_of(&value)),
            _ => {}
        }
    }
    (subject, trailers.into())
}

fn email_of(value: &str) -> String {
    value.rsplit_once('<').map_or(value, |(_, email)| email.trim_end_matches('>')).trim().to_owned()
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

/// Splits a commit's raw bytes into what was signed and the armoured signature; `None` when it carries none.
///
/// As git does for SHA-1 commits, both signature headers are cut out of what was signed, and the signature is
/// that of `gpgsig` (a commit that has `gpgsig-sha256` alone carries none that counts here).
pub(super) fn split_signature(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let header_end = find(bytes, b"\n\n").map_or(bytes.len(), |end| end + 1);
    let mut payload = Vec::with_capacity(bytes.len());
    let mut armor: Option<Vec<u8>> = None;
    let mut cutting: Option<&[u8]> = None;
    for line in bytes[..header_end].split_inclusive(|byte| *byte == b'\n') {
        let continued = line.strip_prefix(b" ");
        if continued.is_none() {
            let starts = |key: &[u8]| line.strip_prefix(key);
            cutting = [&b"gpgsig "[..], b"gpgsig-sha256 "].into_iter().find(|key| starts(key).is_some());
        }
        match cutting {
            None => payload.extend_from_slice(line),
            Some(b"gpgsig ") => {
                let text = continued.unwrap_or_else(|| line.strip_prefix(b"gpgsig ").unwrap_or(line));
                armor.get_or_insert_default().extend_from_slice(text);
            }
            Some(_) => {}
        }
    }
    payload.extend_from_slice(&bytes[header_end..]);
    Some((payload, armor?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    fn commit(header: &str, message: &str) -> RawCommit {
        parse(format!("tree {TREE}\n{header}\n\n{message}").as_bytes()).expect("a tree is named")
    }

    #[test]
    fn plain_commit() {
        let raw = commit(
            "author Ana <ana@example.org> 1715846520 +0200\ncommitter Sam <sam@example.org> 1715846521 -0330",
            "INFRA-100: add cluster\n\nWhy.\n\nChange: INFRA-100\nDeployed: production 2024-05-25T02:40:00+02:00\nCo-authored-by: Kim <kim@example.org>\n",
        );
        assert_eq!(raw.malformed, None);
        assert_eq!((&*raw.author.name, &*raw.author.email), ("Ana", "ana@example.org"));
        assert_eq!(raw.author.time.offset_minutes, 120);
        assert_eq!(raw.committer.time.offset_minutes, -210);
        assert_eq!(&*raw.subject, "INFRA-100: add cluster");
        assert_eq!(raw.trailers.changes, ["INFRA-100"]);
        assert_eq!(raw.trailers.deployed, ["production 2024-05-25T02:40:00+02:00"]);
        assert_eq!(raw.trailers.co_authors, ["kim@example.org"]);
    }

    #[test]
    fn a_squash_names_tasks_anywhere_and_gives_power_nowhere() {
        let raw = commit(
            "author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000",
            "Redis (#7)\n\n* INFRA-1: code\n\nChange: INFRA-2\nAffirms: abc\n\n* tests\n\nExercised: RB-1\n\nCo-authored-by: Kim <kim@x>\n",
        );
        assert_eq!(raw.trailers.changes, ["INFRA-2"]);
        assert_eq!(raw.trailers.squashed, ["INFRA-1: code", "tests"]);
        assert_eq!(raw.trailers.exercised, ["RB-1"]);
        assert!(raw.trailers.affirms.is_empty());
        assert_eq!(raw.trailers.co_authors, ["kim@x"]);
    }

    #[test]
    fn disorder_is_malformed() {
        let author = "author A <a@x> 1 +0000";
        let committer = "committer A <a@x> 1 +0000";
        for header in [
            format!("{author}\n{author}\n{committer}"),
            format!("{committer}\n{author}"),
            format!("{author}\n{committer}\nparent {TREE}"),
            format!("{author}\n{committer}\ngpgsig a\ngpgsig b"),
            author.to_owned(),
            format!("{author}\n{committer}\nx \0"),
        ] {
            assert!(commit(&header, "m").malformed.is_some(), "{header:?}");
        }
        assert!(
            commit(&format!("{author}\n{committer}\nencoding latin1\ngpgsig a\n b"), "m").malformed.is_none()
        );
    }

    #[test]
    fn signatures_are_cut_out_of_what_was_signed() {
        let raw = b"tree t\ngpgsig-sha256 q\n r\nauthor a\ngpgsig one\n two\nx y\n\nmessage\n\ngpgsig no\n";
        let (payload, armor) = split_signature(raw).expect("signed");
        assert_eq!(payload, b"tree t\nauthor a\nx y\n\nmessage\n\ngpgsig no\n");
        assert_eq!(armor, b"one\ntwo\n");
        assert_eq!(split_signature(b"tree t\n\ngpgsig no"), None);
    }

    #[test]
    fn the_first_author_is_kept_and_no_bytes_panic() {
        for bytes in [&b""[..], b"\n\n", b"tree", b"tree x\nauthor <> ", b"\0\0\n\n\0"] {
            let _ = parse(bytes);
        }
    }
}
