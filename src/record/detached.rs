//! A detached approval: a small text and an OpenSSH signature over it (design, section 4).
//!
//! It stands on the signer's key in the policy and not on the commit that carries it, so it survives any
//! rewriting. This module reads and prints the text; who may sign, and what a signature is worth, is decided
//! elsewhere.

use super::{RecordId, ScopeHash};

/// First line of the text: what is signed says what it is.
const TITLE: &str = "changebook approval 1";
/// Where the signature begins.
const ARMOR: &str = "-----BEGIN SSH SIGNATURE-----";
/// Largest file that is read, in bytes.
pub const MAX_DETACHED_BYTES: usize = 32 * 1024;

/// What a person signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The book's name in its policy: an approval for one book is none for another.
    pub book: String,
    /// The task.
    pub record: RecordId,
    /// The role that approves.
    pub role: String,
    /// The material content that is approved.
    pub scope: ScopeHash,
    /// The signer's name in the policy.
    pub person: String,
    /// When, as RFC 3339 with offset: makes the bytes those of one act.
    pub time: String,
}

impl Detached {
    /// The text that is signed; ends with a line feed.
    pub fn text(&self) -> String {
        format!(
            "{TITLE}\nbook: {}\nrecord: {}\nrole: {}\nscope: {}\nperson: {}\ntime: {}\n",
            self.book, self.record, self.role, self.scope, self.person, self.time
        )
    }

    /// Where the file stands in the book. `None` when role or person cannot be part of a file's name.
    pub fn path(&self) -> Option<String> {
        let plain = |text: &str| RecordId::parse(text).is_ok();
        (plain(&self.role) && plain(&self.person))
            .then(|| format!("approvals/{}/{}.{}.sig", self.record, self.role, self.person))
    }

    /// Splits a file into its text, as read, and the armoured signature. The text must be exactly what
    /// [`text`](Self::text) prints: two readings of one text would be two approvals.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(file: &[u8]) -> Result<(Self, String), &'static str> {
        let file = std::str::from_utf8(file).map_err(|_| "it is not UTF-8")?;
        // A checkout may have turned line ends; what was signed has LF.
        let file = file.replace("\r\n", "\n");
        let split = file.find(ARMOR).ok_or("it holds no SSH signature")?;
        let (text, armor) = file.split_at(split);
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err("it does not begin with `changebook approval 1`");
        }
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned);
        let parsed = (|| {
            Some(Detached {
                book: value("book")?,
                record: RecordId::parse(&value("record")?).ok()?,
                role: value("role")?,
                scope: ScopeHash::parse(&value("scope")?)?,
                person: value("person")?,
                time: value("time")?,
            })
        })();
        let parsed = parsed.ok_or("its lines are not book, record, role, scope, person and time")?;
        if parsed.text() != text {
            return Err("its text holds more than book, record, role, scope, person and time");
        }
        Ok((parsed, armor.to_owned()))
    }
}

/// The task, role and person that a detached approval's path names: `approvals/ID/ROLE.PERSON.sig`.
pub fn detached_path(path: &str) -> Option<(RecordId, &str, &str)> {
    let (id, name) = path.strip_prefix("approvals/")?.split_once('/')?;
    let (role, person) = name.strip_suffix(".sig")?.split_once('.')?;
    let plain = |text: &str| RecordId::parse(text).is_ok();
    (plain(role) && plain(person)).then_some((RecordId::parse(id).ok()?, role, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Detached {
        Detached {
            book: "platform".to_owned(),
            record: RecordId::parse("INFRA-150").unwrap(),
            role: "security".to_owned(),
            scope: ScopeHash::of("x"),
            person: "sam".to_owned(),
            time: "2024-05-16T14:40:00+02:00".to_owned(),
        }
    }

    #[test]
    fn prints_and_reads_the_same() {
        let approval = example();
        let armor = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
        let file = format!("{}{armor}", approval.text());
        assert_eq!(Detached::parse(file.as_bytes()), Ok((approval.clone(), armor.to_owned())));
        let crlf = file.replace('\n', "\r\n");
        assert_eq!(Detached::parse(crlf.as_bytes()).unwrap().0, approval);
        assert_eq!(approval.path().unwrap(), "approvals/INFRA-150/security.sam.sig");
        let (id, role, person) = detached_path("approvals/INFRA-150/security.sam.sig").unwrap();
        assert_eq!((id.as_str(), role, person), ("INFRA-150", "security", "sam"));
    }

    #[test]
    fn anything_else_is_refused() {
        let text = example().text();
        let armor = "-----BEGIN SSH SIGNATURE-----\n";
        for file in [
            text.clone(),
            format!("{text}more: x\n{armor}"),
            format!(" {text}{armor}"),
            format!("{}{armor}", text.replace("role: security\n", "")),
            format!("{}{armor}", text.replace("INFRA-150", "../x")),
            format!("{}{armor}", text.replace("scope: ", "scope:  ")),
        ] {
            assert!(Detached::parse(file.as_bytes()).is_err(), "{file}");
        }
        for path in
            ["approvals/x.sig", "approvals/../a.b.sig", "approvals/A-1/a.sig", "approvals/A-1/a/b.c.sig"]
        {
            assert_eq!(detached_path(path), None, "{path}");
        }
    }
}
