//! An approval as a file of its own: a small text, and an OpenSSH signature over it where there is one.
//!
//! It stands in `approvals/ID/ROLE.PERSON.HASH8.md`, and counts where the commit that brought it is that person's, or where
//! they signed its text. Two people never write the same file, nor does one who approves another text, and it survives
//! rewriting as one diff. This module reads and prints the text; what it is worth is decided elsewhere.

use super::signed_text::{is_hex, split_armor};
use super::{Digested, RecordId, ScopeHash};

/// First line of the text: what is signed says what it is.
const TITLE: &str = "changebook approval 1";
/// Largest file that is read, in bytes.
pub const MAX_DETACHED_BYTES: usize = 32 * 1024;

/// What a person approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The book's name in its policy: an approval for one book is none for another.
    pub book: String,
    /// The task.
    pub record: RecordId,
    /// The role that approves.
    pub role: String,
    /// By the policy's name.
    pub person: String,
    /// The material content that is approved.
    pub scope: ScopeHash,
    /// The evidence of gated environments that stood there; the scope covers it, and people read it here.
    pub evidence: Vec<Digested>,
    /// Which approval of the same by the same person it is, from 1 on: a file that was withdrawn, or that a rollback
    /// ended, is not written again.
    pub number: u32,
    /// When, as RFC 3339 with offset: makes the bytes those of one act.
    pub time: String,
}

impl Detached {
    /// The text, which is what is signed; ends with a line feed.
    pub fn text(&self) -> String {
        let number = match self.number {
            1 => String::new(),
            number => format!("number: {number}\n"),
        };
        format!(
            "{TITLE}\nbook: {}\nrecord: {}\nrole: {}\nperson: {}\n{}{number}time: {}\n",
            self.book,
            self.record,
            self.role,
            self.person,
            self.approved(),
            self.time
        )
    }

    /// The lines that say what is approved.
    fn approved(&self) -> String {
        let evidence = self.evidence.iter().map(|evidence| format!("evidence: {evidence}\n"));
        format!("scope: {}\n{}", self.scope, evidence.collect::<String>())
    }

    /// Where the file stands in the book: all of it follows from the text. `None` when role or person cannot be part of a
    /// file's name.
    pub fn path(&self) -> Option<String> {
        let hash = ScopeHash::of(&self.approved()).to_string();
        let number = if self.number > 1 { format!("-{}", self.number) } else { String::new() };
        let path =
            format!("approvals/{}/{}.{}.{}{number}.md", self.record, self.role, self.person, &hash[..8]);
        detached_path(&path).is_some().then_some(path)
    }

    /// Splits a file into its text, as read, and the armoured signature behind it, if there is one. The text must be
    /// exactly what [`text`](Self::text) prints: two readings of one text would be two approvals.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(file: &[u8]) -> Result<(Self, Option<String>), &'static str> {
        let (text, armor) = split_armor(file)?;
        let mut lines = text.lines().peekable();
        if lines.next() != Some(TITLE) {
            return Err("it does not start with `changebook approval 1`");
        }
        let mut next = |key: &str| {
            let value =
                |line: &&str| line.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")).is_some();
            let line = lines.next_if(value)?;
            Some(line[key.len() + 2..].to_owned())
        };
        let parsed = (|| {
            let (book, record) = (next("book")?, RecordId::parse(&next("record")?).ok()?);
            let (role, person) = (next("role")?, next("person")?);
            let scope = ScopeHash::parse(&next("scope")?)?;
            let mut evidence = Vec::new();
            while let Some(line) = next("evidence") {
                evidence.push(Digested::parse(&line)?);
            }
            let number = next("number").map_or(Ok(1), |number| number.parse()).ok()?;
            Some(Detached { book, record, role, person, scope, evidence, number, time: next("time")? })
        })();
        let parsed =
            parsed.ok_or("its lines are not book, record, role, person, scope, evidence, number and time")?;
        if parsed.text() != text {
            return Err("it contains more than book, record, role, person, scope, evidence, number and time");
        }
        Ok((parsed, armor))
    }
}

/// The task, role and person that an approval's path names: `approvals/ID/ROLE.PERSON.HASH8.md`, with `-2` and so on behind
/// the hash.
pub fn detached_path(path: &str) -> Option<(RecordId, &str, &str)> {
    let (id, name) = path.strip_prefix("approvals/")?.split_once('/')?;
    let (role, rest) = name.strip_suffix(".md")?.split_once('.')?;
    let (person, hash) = rest.split_once('.')?;
    let (hash, number) = match hash.split_once('-') {
        Some((hash, number)) => (hash, number),
        None => (hash, "2"),
    };
    let is_hash = hash.len() == 8 && is_hex(hash);
    let is_number = number.parse::<u32>().is_ok_and(|parsed| parsed > 1 && parsed.to_string() == number);
    let plain = |text: &str| RecordId::parse(text).is_ok();
    let is_one = is_hash && is_number && plain(role) && plain(person);
    is_one.then_some((RecordId::parse(id).ok()?, role, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARMORED: &str = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";

    fn example() -> Detached {
        let evidence = Digested::parse("production sha256:0123").unwrap();
        Detached {
            book: "platform".to_owned(),
            record: RecordId::parse("INFRA-150").unwrap(),
            role: "security".to_owned(),
            person: "sam".to_owned(),
            scope: ScopeHash::of("x"),
            evidence: vec![evidence],
            number: 1,
            time: "2024-05-16T14:40:00+02:00".to_owned(),
        }
    }

    #[test]
    fn prints_and_reads_the_same() {
        for number in [1, 2, 12] {
            for evidence in [Vec::new(), example().evidence] {
                let approval = Detached { number, evidence, ..example() };
                let text = approval.text();
                assert_eq!(Detached::parse(text.as_bytes()), Ok((approval.clone(), None)));
                let file = format!("{text}{ARMORED}");
                assert_eq!(
                    Detached::parse(file.as_bytes()),
                    Ok((approval.clone(), Some(ARMORED.to_owned())))
                );
                let crlf = file.replace('\n', "\r\n");
                assert_eq!(Detached::parse(crlf.as_bytes()).unwrap().0, approval);
            }
        }
    }

    #[test]
    fn the_path_follows_from_the_text() {
        let path = example().path().unwrap();
        // printf 'scope: %s\nevidence: production sha256:0123\n' $(printf x | sha256sum) | sha256sum
        assert_eq!(path, "approvals/INFRA-150/security.sam.e556fda2.md");
        let (id, role, person) = detached_path(&path).unwrap();
        assert_eq!((id.as_str(), role, person), ("INFRA-150", "security", "sam"));
        let other = |approval: Detached| approval.path().unwrap();
        assert_eq!(other(Detached { number: 2, ..example() }), path.replace(".md", "-2.md"));
        assert_ne!(other(Detached { evidence: Vec::new(), ..example() }), path);
        assert_ne!(other(Detached { scope: ScopeHash::of("y"), ..example() }), path);
        assert_eq!(other(Detached { time: "later".to_owned(), ..example() }), path);
        assert_eq!(Detached { person: "a.b".to_owned(), ..example() }.path(), None);
    }

    #[test]
    fn anything_else_is_refused() {
        let text = example().text();
        for file in [
            format!("{text}more: x\n{ARMORED}"),
            format!("{text}more: x\n"),
            format!(" {text}"),
            text.replace("role: security\n", ""),
            text.replace("INFRA-150", "../x"),
            text.replace("scope: ", "scope:  "),
            text.replace("time: ", "number: 1\ntime: "),
            text.replace("time: ", "number: 02\ntime: "),
            text.replace("production sha", "production  sha"),
            text.trim_end().to_owned(),
        ] {
            assert!(Detached::parse(file.as_bytes()).is_err(), "{file}");
        }
        for path in [
            "approvals/x.md",
            "approvals/../a.b.01234567.md",
            "approvals/A-1/a.b.md",
            "approvals/A-1/a.b.0123456.md",
            "approvals/A-1/a.b.0123456G.md",
            "approvals/A-1/a.b.01234567-1.md",
            "approvals/A-1/a.b.01234567-02.md",
            "approvals/A-1/a.b.01234567-.md",
            "approvals/A-1/a/b.c.01234567.md",
            "approvals/A-1/a.b.01234567.sig",
        ] {
            assert_eq!(detached_path(path), None, "{path}");
        }
        assert!(detached_path("approvals/A-1/a.b.01234567-10.md").is_some());
    }
}
