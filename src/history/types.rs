//! Plain data about commits. No git2 type leaves the room.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::record::hex;

/// A commit's SHA-1 object name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub [u8; 20]);

/// A blob's SHA-1 object name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 20]);

/// A commit's time: seconds since the epoch and the offset that was recorded with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Offset from UTC in minutes, east positive.
    pub offset_minutes: i32,
}

impl CommitId {
    /// The 40 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }

    /// The first seven digits, as people quote it.
    pub fn short(&self) -> String {
        self.hex()[..7].to_owned()
    }
}

impl CommitId {
    /// The commit whose name has these 40 digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).map(CommitId)
    }
}

impl BlobId {
    /// The 40 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

/// Who authored or committed, as the raw commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name; bytes that are not UTF-8 replaced.
    pub name: Arc<str>,
    /// E-mail without its angle brackets.
    pub email: Arc<str>,
    /// When.
    pub time: CommitTime,
}

/// The trailers that mean something to the ledger (`docs/design.md#facts`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trailers {
    /// `Change: INFRA-100` or `Change: BOOK/INFRA-100`, on any line of the message.
    pub changes: Vec<String>,
    /// Subjects of the commits that a forge squashed into this one.
    pub squashed: Vec<String>,
    /// `Deployed: ENVIRONMENT [TIME]`.
    pub deployed: Vec<String>,
    /// `Rolled-back: ENVIRONMENT [reason]`.
    pub rolled_back: Vec<String>,
    /// `Anyway: why`: the reason for a deployment that the gate refused.
    pub anyway: Vec<String>,
    /// `Plan: sha256:…`: the digest of the plan that was applied.
    pub plans: Vec<String>,
    /// `Exercised: RUNBOOK`, on any line of the message.
    pub exercised: Vec<String>,
    /// `Affirms: COMMIT`: what the author says yes to.
    pub affirms: Vec<String>,
    /// E-mails of `Approved-by:`. A claim: it counts for nothing.
    pub approved_by: Vec<String>,
    /// E-mails of `Co-authored-by:`.
    pub co_authors: Vec<String>,
    /// `Renumbers: INFRA-1 INFRA-2`: what the first ID names on this side of history is the second.
    pub renumbers: Vec<String>,
}

static NO_TRAILERS: Trailers = Trailers {
    changes: Vec::new(),
    squashed: Vec::new(),
    deployed: Vec::new(),
    rolled_back: Vec::new(),
    anyway: Vec::new(),
    plans: Vec::new(),
    exercised: Vec::new(),
    affirms: Vec::new(),
    approved_by: Vec::new(),
    co_authors: Vec::new(),
    renumbers: Vec::new(),
};

/// Trailers of a commit, of which most have none: so they take no room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrailersOfCommit(Option<Box<Trailers>>);

impl From<Trailers> for TrailersOfCommit {
    fn from(trailers: Trailers) -> Self {
        TrailersOfCommit((trailers != NO_TRAILERS).then(|| Box::new(trailers)))
    }
}

impl std::ops::Deref for TrailersOfCommit {
    type Target = Trailers;

    fn deref(&self) -> &Trailers {
        self.0.as_deref().unwrap_or(&NO_TRAILERS)
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A regular file, executable or not.
    Regular,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}

/// A file of a commit's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeFile {
    /// Its content.
    pub blob: BlobId,
    /// Its kind.
    pub kind: FileKind,
}

/// A record file or detached approval that differs between a commit and its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the book, forward slashes.
    pub path: Arc<str>,
    /// In the first parent.
    pub old: Option<TreeFile>,
    /// In the commit.
    pub new: Option<TreeFile>,
}

/// Facts of one commit. They never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: CommitId,
    /// Positions of its parents in [`History::commits`](super::History::commits), in the commit's order.
    pub parents: Vec<usize>,
    /// Raw author.
    pub author: Signature,
    /// Raw committer.
    pub committer: Signature,
    /// First line of the message.
    pub subject: Arc<str>,
    /// Trailers that are ours.
    pub trailers: TrailersOfCommit,
    /// Whether it carries a signature of any kind.
    pub signed: bool,
    /// What is wrong with the raw bytes, when something is: such a commit has no authority.
    pub malformed: Option<String>,
    /// Record files and detached approvals that differ from the first parent (from nothing, for a root).
    pub changes: Vec<Change>,
    /// The policy file in this commit.
    pub policy: Option<TreeFile>,
    /// Whether anything else than records and approvals differs from the first parent.
    pub touches_code: bool,
}

/// The bytes of so many that are written in base 16.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes().chunks_exact(2).map(|pair| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()
    });
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    <[u8; N]>::try_from(bytes).ok().filter(|_| text.len() == 2 * N)
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.hex())
    }
}

impl Serialize for CommitId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl CommitTime {
    /// The civil time at the recorded offset; an offset or instant beyond what a calendar holds is taken
    /// to the nearest that it does hold.
    pub fn zoned(&self) -> jiff::ZonedDateTime {
        let offset = jiff::tz::Offset::from_seconds(self.offset_minutes.clamp(-1439, 1439) * 60)
            .unwrap_or(jiff::tz::Offset::UTC);
        let timestamp = jiff::Timestamp::from_second(self.seconds).unwrap_or(if self.seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        timestamp.to_zoned_datetime(jiff::tz::TimeZone::fixed(offset))
    }

    /// RFC 3339 with the recorded offset: `2024-05-16T10:02:00+02:00`.
    pub fn rfc3339(&self) -> String {
        self.zoned().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// The day, for tables: `2024-05-16`.
    pub fn date(&self) -> String {
        self.zoned().strftime("%Y-%m-%d").to_string()
    }

    /// For people: `16 May 2024 10:02 +02:00`.
    pub fn human(&self) -> String {
        self.zoned().strftime("%-d %b %Y %H:%M %:z").to_string()
    }
}

impl fmt::Display for CommitTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.rfc3339())
    }
}

impl Serialize for CommitTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_keeps_its_offset_and_survives_nonsense() {
        let time = CommitTime { seconds: 1_715_846_520, offset_minutes: 120 };
        assert_eq!(time.rfc3339(), "2024-05-16T10:02:00+02:00");
        assert_eq!(time.human(), "16 May 2024 10:02 +02:00");
        let nonsense = CommitTime { seconds: i64::MAX, offset_minutes: i32::MAX };
        assert!(nonsense.rfc3339().starts_with("9999-12-3"));
    }

    #[test]
    fn base_16_is_read_as_it_is_written() {
        assert_eq!(from_hex("00ff1a"), Some([0, 255, 26]));
        assert_eq!(from_hex::<3>(&hex(&[1, 2, 254])), Some([1, 2, 254]));
        for wrong in ["00ff1", "00ff1a0", "00ff", "00ff1g", "+0ff1a", "ä0ff1"] {
            assert_eq!(from_hex::<3>(wrong), None, "{wrong}");
        }
    }
}
