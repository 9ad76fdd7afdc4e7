//! Versions of charts.

use semver::Version;

/// How far it is from one version to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// The same version.
    None,
    /// Fixes only, or from one pre-release to another.
    Patch,
    /// Something new.
    Minor,
    /// Something that may break; below 1.0 a minor version says so too (SemVer, item 4).
    Major,
    /// Back to an earlier version.
    Downgrade,
}

impl Jump {
    /// The word used in the policy and in sentences.
    pub fn as_str(self) -> &'static str {
        match self {
            Jump::None => "same version",
            Jump::Patch => "patch",
            Jump::Minor => "minor",
            Jump::Major => "major",
            Jump::Downgrade => "downgrade",
        }
    }
}

/// A version as Helm takes it: SemVer, with or without a `v`, minor and patch may be left out.
pub fn parse_version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    Version::parse(text).ok().or_else(|| {
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let missing = 2usize.checked_sub(numbers.matches('.').count())?;
        Version::parse(&format!("{numbers}{}{rest}", ".0".repeat(missing))).ok()
    })
}

/// How far it is.
pub fn jump(old: &Version, new: &Version) -> Jump {
    match new.cmp_precedence(old) {
        std::cmp::Ordering::Less => Jump::Downgrade,
        std::cmp::Ordering::Equal => Jump::None,
        std::cmp::Ordering::Greater if old.major != new.major => Jump::Major,
        std::cmp::Ordering::Greater if old.minor != new.minor => {
            if old.major == 0 {
                Jump::Major
            } else {
                Jump::Minor
            }
        }
        std::cmp::Ordering::Greater => Jump::Patch,
    }
}
