//! An affirmation: somebody's yes to a commit, as a file of its own.
//!
//! It stands in `approvals/affirmed/COMMIT.PERSON.md` and counts where the commit that added it is that person's, or
//! where they signed its text. Two people never write the same file, and it survives a squash as one diff.

use super::RecordId;
use super::signed_text::{is_hex, split_armor};

/// First line of the text: what is signed says what it is.
const TITLE: &str = "changebook affirmation 1";

/// What a person says yes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affirmation {
    /// All digits of the commit's name: a shorter one could come to mean another commit.
    pub commit: String,
    /// By the policy's name.
    pub person: String,
    /// When, as RFC 3339 with offset: makes the bytes those of one act.
    pub time: String,
}

impl Affirmation {
    /// The text, which is what is signed; ends with a line feed.
    pub fn text(&self) -> String {
        format!("{TITLE}\ncommit: {}\nperson: {}\ntime: {}\n", self.commit, self.person, self.time)
    }

    /// Where the file stands in the book. `None` where the person's name cannot be part of a file's name.
    pub fn path(&self) -> Option<String> {
        let path = format!("approvals/affirmed/{}.{}.md", self.commit, self.person);
        affirmation_path(&path).is_some().then_some(path)
    }

    /// Splits a file into its text and the armoured signature behind it, if there is one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(file: &[u8]) -> Result<(Self, Option<String>), &'static str> {
        let (text, armor) = split_armor(file)?;
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err("it does not start with `changebook affirmation 1`");
        }
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned);
        let parsed = (|| {
            Some(Affirmation { commit: value("commit")?, person: value("person")?, time: value("time")? })
        })();
        let parsed = parsed.ok_or("its lines are not commit, person and time")?;
        if parsed.text() != text {
            return Err("it contains more than commit, person and time");
        }
        Ok((parsed, armor))
    }
}

/// The commit and person that an affirmation's path names: `approvals/affirmed/COMMIT.PERSON.md`.
pub fn affirmation_path(path: &str) -> Option<(&str, &str)> {
    let name = path.strip_prefix("approvals/affirmed/")?.strip_suffix(".md")?;
    let (commit, person) = name.split_once('.')?;
    let is_full = matches!(commit.len(), 40 | 64) && is_hex(commit);
    (is_full && RecordId::parse(person).is_ok()).then_some((commit, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_the_same() {
        let commit = "4ed4da57c2b1".repeat(4)[..40].to_owned();
        let affirmation = Affirmation {
            commit: commit.clone(),
            person: "sam".to_owned(),
            time: "2026-05-16T14:40:00+02:00".to_owned(),
        };
        let path = affirmation.path().unwrap();
        assert_eq!(affirmation_path(&path), Some((&*commit, "sam")));
        assert_eq!(Affirmation::parse(affirmation.text().as_bytes()), Ok((affirmation.clone(), None)));
        let armor = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
        let signed = affirmation.text() + armor;
        assert_eq!(Affirmation::parse(signed.as_bytes()), Ok((affirmation.clone(), Some(armor.to_owned()))));
        assert!(Affirmation::parse((affirmation.text() + "more: x\n").as_bytes()).is_err());
    }

    #[test]
    fn anything_else_is_not_the_path_of_one() {
        let short = "approvals/affirmed/4ed4da57c2b1.sam.md";
        let upper = format!("approvals/affirmed/{}.sam.md", "A".repeat(40));
        let dots = format!("approvals/affirmed/{}.../x.md", "a".repeat(40));
        for path in [short, &upper, &dots, "approvals/INFRA-1/peer.sam.01234567.md"] {
            assert_eq!(affirmation_path(path), None, "{path}");
        }
    }
}
