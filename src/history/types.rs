//! Plain data about commits. No git2 type leaves the room.

use std::fmt;

use serde::{Serialize, Serializer};

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

impl BlobId {
    /// The 40 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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
    pub fn zoned(&self) -> jiff::Zoned {
        let offset = jiff::tz::Offset::from_seconds(self.offset_minutes.clamp(-1439, 1439) * 60)
            .unwrap_or(jiff::tz::Offset::UTC);
        let timestamp = jiff::Timestamp::from_second(self.seconds).unwrap_or(if self.seconds < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        timestamp.to_zoned(jiff::tz::TimeZone::fixed(offset))
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
}
