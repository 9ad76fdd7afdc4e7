//! Patterns of IDs and of paths.

use std::collections::HashMap;
use std::sync::Arc;

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// A pattern such as `INFRA-DOC-{n:02}` or `CAB-{year}-{n:02}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPattern {
    text: String,
    before: String,
    after: String,
    width: usize,
}

impl IdPattern {
    /// Checks the grammar: ID characters, one `{n}` or `{n:0WIDTH}`, at most one `{year}`.
    ///
    /// # Errors
    /// What is wrong, as a message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected ID characters with one `{n}` or `{n:02}`, and at most one `{year}`";
        let (before, rest) = text.split_once("{n").ok_or_else(|| format!("no `{{n}}`: {expected}"))?;
        let (format, after) = rest.split_once('}').ok_or_else(|| expected.to_owned())?;
        let width = match format.strip_prefix(":0") {
            Some(width) => width
                .parse()
                .ok()
                .filter(|width| (1..10).contains(width))
                .ok_or_else(|| expected.to_owned())?,
            None if format.is_empty() => 1,
            None => return Err(expected.to_owned()),
        };
        let pattern =
            IdPattern { text: text.to_owned(), before: before.to_owned(), after: after.to_owned(), width };
        let years = text.matches("{year}").count();
        if years > 1 || crate::record::RecordId::parse(&pattern.format(2024, 1)).is_err() {
            return Err(expected.to_owned());
        }
        Ok(pattern)
    }

    /// The ID of a number, in a year.
    pub fn format(&self, year: i16, number: u32) -> String {
        let (before, after) = self.parts(year);
        format!("{before}{number:0width$}{after}", width = self.width)
    }

    /// The number of an ID that this pattern makes in that year.
    pub fn number_of(&self, id: &str, year: i16) -> Option<u32> {
        let (before, after) = self.parts(year);
        let digits = id.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
        let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| digits.parse().ok()).flatten()
    }

    /// The pattern as the policy writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parts(&self, year: i16) -> (String, String) {
        let year = format!("{year:04}");
        (self.before.replace("{year}", &year), self.after.replace("{year}", &year))
    }
}

/// Globs over paths with forward slashes; `*` stays within a folder, `**` does not.
#[derive(Debug, Clone, Default)]
pub struct PathGlobs {
    patterns: Vec<String>,
    set: Arc<GlobSet>,
}

impl PartialEq for PathGlobs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl PathGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        let mut builder = GlobSetBuilder::new();
        for (position, pattern) in patterns.iter().enumerate() {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            builder.add(glob.map_err(|error| (position, error.kind().to_string()))?);
        }
        let set = builder.build().map_err(|error| (0, error.to_string()))?;
        Ok(PathGlobs { patterns: patterns.to_vec(), set: Arc::new(set) })
    }

    /// Whether one of them matches the whole path.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }
}

/// Globs over names, such as types of resources and kinds of objects: `*` matches any run of characters.
#[derive(Debug, Clone, Default)]
pub struct NameGlobs {
    patterns: Vec<String>,
    set: Arc<GlobSet>,
}

impl PartialEq for NameGlobs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl NameGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        let mut builder = GlobSetBuilder::new();
        for (position, pattern) in patterns.iter().enumerate() {
            builder.add(Glob::new(pattern).map_err(|error| (position, error.kind().to_string()))?);
        }
        let set = builder.build().map_err(|error| (0, error.to_string()))?;
        Ok(NameGlobs { patterns: patterns.to_vec(), set: Arc::new(set) })
    }

    /// Whether no name is given, so that nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether one of them matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        self.set.is_match(name)
    }
}

/// Globs over places inside a value, such as `spec.replicas`, `tags.*` or `**.image`: `*` is one step, `**` any
/// number of them. A glob names a place with everything in it.
#[derive(Debug, Clone, Default)]
pub struct FieldGlobs {
    patterns: Vec<String>,
    set: Arc<GlobSet>,
}

impl PartialEq for FieldGlobs {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl FieldGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        let mut builder = GlobSetBuilder::new();
        for (position, pattern) in patterns.iter().enumerate() {
            let steps = pattern.replace('/', STEP_SLASH).replace('.', "/");
            for form in [steps.clone(), format!("{steps}/**")] {
                let glob = GlobBuilder::new(&form).literal_separator(true).build();
                builder.add(glob.map_err(|error| (position, error.kind().to_string()))?);
            }
        }
        let set = builder.build().map_err(|error| (0, error.to_string()))?;
        Ok(FieldGlobs { patterns: patterns.to_vec(), set: Arc::new(set) })
    }

    /// Whether no place is given, so that nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether one of them names this place or one around it. Each step may hold any characters.
    pub fn matches<S: AsRef<str>>(&self, steps: &[S]) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let steps: Vec<String> = steps.iter().map(|step| step.as_ref().replace('/', STEP_SLASH)).collect();
        self.set.is_match(steps.join("/"))
    }
}

/// Sets of globs that are compiled already, by their patterns. Compiling takes far longer than reading a policy, and
/// most policies have most of their patterns from the built-in one.
#[derive(Clone, Default)]
pub(super) struct Compiled {
    paths: HashMap<Vec<String>, PathGlobs>,
    names: HashMap<Vec<String>, NameGlobs>,
    fields: HashMap<Vec<String>, FieldGlobs>,
}

impl Compiled {
    /// The set of these patterns, compiled if it is not there yet.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub(super) fn get<G: Globs>(&mut self, patterns: Vec<String>) -> Result<G, (usize, String)> {
        if let Some(known) = G::of(self).get(&patterns) {
            return Ok(known.clone());
        }
        let set = G::compile(&patterns)?;
        G::of(self).insert(patterns, set.clone());
        Ok(set)
    }
}

/// A kind of globs.
pub(super) trait Globs: Clone + Default {
    fn compile(patterns: &[String]) -> Result<Self, (usize, String)>;
    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self>;
}

impl Globs for PathGlobs {
    fn compile(patterns: &[String]) -> Result<Self, (usize, String)> {
        PathGlobs::parse(patterns)
    }

    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self> {
        &mut compiled.paths
    }
}

impl Globs for NameGlobs {
    fn compile(patterns: &[String]) -> Result<Self, (usize, String)> {
        NameGlobs::parse(patterns)
    }

    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self> {
        &mut compiled.names
    }
}

impl Globs for FieldGlobs {
    fn compile(patterns: &[String]) -> Result<Self, (usize, String)> {
        FieldGlobs::parse(patterns)
    }

    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self> {
        &mut compiled.fields
    }
}

/// Stands for a slash inside a step, since the glob library knows steps by slashes.
const STEP_SLASH: &str = "\u{2215}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_back() {
        for (pattern, number, id) in [
            ("INFRA-{n}", 100, "INFRA-100"),
            ("INFRA-DOC-{n:02}", 1, "INFRA-DOC-01"),
            ("INFRA-DOC-{n:02}", 123, "INFRA-DOC-123"),
            ("CAB-{year}-{n:02}", 5, "CAB-2024-05"),
        ] {
            let pattern = IdPattern::parse(pattern).unwrap();
            assert_eq!(pattern.format(2024, number), id);
            assert_eq!(pattern.number_of(id, 2024), Some(number));
        }
        let tasks = IdPattern::parse("INFRA-{n}").unwrap();
        assert_eq!(tasks.number_of("INFRA-DOC-01", 2024), None);
        assert_eq!(IdPattern::parse("CAB-{year}-{n:02}").unwrap().number_of("CAB-2023-05", 2024), None);
        for bad in ["INFRA", "INFRA-{n", "a b {n}", "{n:x}", "{year}{year}{n}", "-{n}"] {
            assert!(IdPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn globs_respect_folders() {
        let globs = PathGlobs::parse(&["terraform/**".to_owned(), "*.tf".to_owned()]).unwrap();
        assert!(globs.matches("terraform/a/b.tf") && globs.matches("x.tf"));
        assert!(!globs.matches("a/x.tf") && !globs.matches("terraform.md"));
    }

    #[test]
    fn fields_are_named_with_everything_in_them() {
        let globs = |pattern: &str| FieldGlobs::parse(&[pattern.to_owned()]).unwrap();
        for (pattern, steps, expected) in [
            ("tags", &["tags"] as &[&str], true),
            ("tags", &["tags", "Name"], true),
            ("tags", &["tags_all"], false),
            ("tags.*", &["tags", "example.org/owner"], true),
            ("tags.*", &["tags"], false),
            ("ingress.*.cidr_blocks", &["ingress", "0", "cidr_blocks", "1"], true),
            ("**.replicas", &["replicas"], true),
            ("**.replicas", &["api", "web", "replicas"], true),
            ("metadata.labels", &["spec", "metadata", "labels"], false),
        ] {
            assert_eq!(globs(pattern).matches(steps), expected, "{pattern} {steps:?}");
        }
        assert!(!FieldGlobs::default().matches(&["a"]));
    }

    #[test]
    fn names_are_matched_as_a_whole() {
        let globs = NameGlobs::parse(&["aws_db_*".to_owned(), "azapi_*:Microsoft.Sql/*".to_owned()]).unwrap();
        assert!(globs.matches("aws_db_instance") && globs.matches("azapi_resource:Microsoft.Sql/servers@1"));
        assert!(!globs.matches("aws_dbx") && !globs.matches("x_aws_db_instance"));
    }
}
