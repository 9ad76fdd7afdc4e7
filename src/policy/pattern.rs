//! Patterns of IDs and of paths.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

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

    /// Whether this pattern makes the ID in some year. One of digits alone makes none: in a text it is a number.
    pub fn matches(&self, id: &str) -> bool {
        if !self.text.replace("{year}", "").replace("{n", "").split('}').any(has_letter) {
            return false;
        }
        let years = (0..id.len()).filter_map(|at| id.get(at..at + 4)?.parse::<i16>().ok());
        years.chain([0]).any(|year| self.number_of(id, year).is_some())
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

fn has_letter(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Globs that are compiled when somebody asks them first: most commands ask none, and compiling takes longer than many
/// of them do.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    patterns: Vec<String>,
    globs: Arc<[Glob]>,
    compiled: Arc<OnceLock<GlobSet>>,
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Set {
    fn new(patterns: &[String], globs: Vec<Glob>) -> Self {
        Set { patterns: patterns.to_vec(), globs: globs.into(), compiled: Arc::default() }
    }

    fn compile(&self) -> Result<GlobSet, globset::Error> {
        let mut builder = GlobSetBuilder::new();
        for glob in &*self.globs {
            builder.add(glob.clone());
        }
        builder.build()
    }

    /// Compiles them at once: whoever writes a policy is told what is wrong with it.
    fn checked(self) -> Result<Self, Bad> {
        let set = self.compile().map_err(|error| (0, error.to_string()))?;
        let _ = self.compiled.set(set);
        Ok(self)
    }

    fn is_match(&self, text: &str) -> bool {
        // What was not checked is built in, and a test compiles all of that.
        self.compiled.get_or_init(|| self.compile().unwrap_or_default()).is_match(text)
    }
}

/// A bad pattern's position, and why it is bad.
type Bad = (usize, String);

fn glob(position: usize, builder: &GlobBuilder<'_>) -> Result<Glob, Bad> {
    builder.build().map_err(|error| (position, error.kind().to_string()))
}

/// Globs over paths with forward slashes; `*` stays within a folder, `**` does not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathGlobs {
    set: Set,
}

impl PathGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        Ok(PathGlobs { set: Self::read(patterns)?.checked()? })
    }

    /// Whether one of them matches the whole path.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }
}

/// Globs over names, such as types of resources and kinds of objects: `*` matches any run of characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NameGlobs {
    set: Set,
}

impl NameGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        Ok(NameGlobs { set: Self::read(patterns)?.checked()? })
    }

    /// Whether no name is given, so that nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.set.patterns.is_empty()
    }

    /// Whether one of them matches the whole name.
    pub fn matches(&self, name: &str) -> bool {
        self.set.is_match(name)
    }
}

/// Globs over places inside a value, such as `spec.replicas`, `tags.*` or `**.image`: `*` is one step, `**` any
/// number of them. A glob names a place with everything in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldGlobs {
    set: Set,
}

impl FieldGlobs {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub fn parse(patterns: &[String]) -> Result<Self, (usize, String)> {
        Ok(FieldGlobs { set: Self::read(patterns)?.checked()? })
    }

    /// Whether no place is given, so that nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.set.patterns.is_empty()
    }

    /// Whether one of them names this place or one around it. Each step may hold any characters.
    pub fn matches<S: AsRef<str>>(&self, steps: &[S]) -> bool {
        if self.is_empty() {
            return false;
        }
        let steps: Vec<String> = steps.iter().map(|step| step.as_ref().replace('/', STEP_SLASH)).collect();
        self.set.is_match(&steps.join("/"))
    }
}

/// Sets of globs that are there already, by their patterns. Compiling takes far longer than reading a policy, and most
/// policies have most of their patterns from the built-in one.
#[derive(Clone, Default)]
pub(super) struct Compiled {
    /// Whether what comes is built in, and need not be checked.
    built_in: bool,
    paths: HashMap<Vec<String>, PathGlobs>,
    names: HashMap<Vec<String>, NameGlobs>,
    fields: HashMap<Vec<String>, FieldGlobs>,
}

impl Compiled {
    /// For the policy that is built in.
    pub(super) fn built_in() -> Self {
        Compiled { built_in: true, ..Compiled::default() }
    }

    /// For policies that stand on it.
    pub(super) fn for_others(self) -> Self {
        Compiled { built_in: false, ..self }
    }

    /// The set of these patterns, compiled if it is not there yet.
    ///
    /// # Errors
    /// The position of the first bad pattern, and why.
    pub(super) fn get<G: Globs>(&mut self, patterns: Vec<String>) -> Result<G, (usize, String)> {
        if let Some(known) = G::of(self).get(&patterns) {
            return Ok(known.clone());
        }
        let set = G::read(&patterns)?;
        let set = G::of_set(if self.built_in { set } else { set.checked()? });
        G::of(self).insert(patterns, set.clone());
        Ok(set)
    }
}

/// A kind of globs.
pub(super) trait Globs: Clone + Default {
    fn read(patterns: &[String]) -> Result<Set, Bad>;
    fn of_set(set: Set) -> Self;
    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self>;
}

impl Globs for PathGlobs {
    fn read(patterns: &[String]) -> Result<Set, Bad> {
        let read = |(position, pattern): (usize, &String)| {
            glob(position, GlobBuilder::new(pattern).literal_separator(true))
        };
        let globs = patterns.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Set::new(patterns, globs))
    }

    fn of_set(set: Set) -> Self {
        PathGlobs { set }
    }

    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self> {
        &mut compiled.paths
    }
}

impl Globs for NameGlobs {
    fn read(patterns: &[String]) -> Result<Set, Bad> {
        let read = |(position, pattern): (usize, &String)| glob(position, &GlobBuilder::new(pattern));
        let globs = patterns.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Set::new(patterns, globs))
    }

    fn of_set(set: Set) -> Self {
        NameGlobs { set }
    }

    fn of(compiled: &mut Compiled) -> &mut HashMap<Vec<String>, Self> {
        &mut compiled.names
    }
}

impl Globs for FieldGlobs {
    fn read(patterns: &[String]) -> Result<Set, Bad> {
        let mut globs = Vec::with_capacity(2 * patterns.len());
        for (position, pattern) in patterns.iter().enumerate() {
            let steps = pattern.replace('/', STEP_SLASH).replace('.', "/");
            for form in [steps.clone(), format!("{steps}/**")] {
                globs.push(glob(position, GlobBuilder::new(&form).literal_separator(true))?);
            }
        }
        Ok(Set::new(patterns, globs))
    }

    fn of_set(set: Set) -> Self {
        FieldGlobs { set }
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
    fn what_is_built_in_compiles() {
        let compiled = crate::policy::built_in_globs();
        let sets = compiled.paths.values().map(|globs| &globs.set);
        let sets = sets.chain(compiled.names.values().map(|globs| &globs.set));
        let sets: Vec<&Set> = sets.chain(compiled.fields.values().map(|globs| &globs.set)).collect();
        assert!(sets.len() > 10, "{}", sets.len());
        assert!(sets.iter().all(|set| set.compile().is_ok()));
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
