//! Random merges: no tick is invented, none is lost without a conflict, a clean result can be read, and what
//! the two sides did apart from each other is kept.

use std::collections::{BTreeMap, BTreeSet};

use changebook::act::{ActError, Texts, merge_by_lines};
use changebook::editor::merge::{ConflictStyle, Markers, Merged, Versions, merge};
use changebook::record::{Record, RecordType};
use proptest::prelude::*;

use crate::support::Fixture;

/// A record as the test sees it.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    fields: Vec<(String, String)>,
    sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq)]
struct Section {
    title: String,
    prose: Vec<String>,
    items: Vec<(String, bool)>,
}

#[derive(Debug, Clone)]
enum Edit {
    Toggle(usize),
    Field(usize, u8),
    NewField(usize, u8),
    RemoveField(usize),
    NewItem { section: usize, at: usize, name: u8, checked: bool },
    RemoveItem(usize),
    NewSection { at: usize, name: u8, text: u8 },
    Prose { section: usize, text: u8 },
    MoveItem(usize, usize),
}

fn base() -> Model {
    let items = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), false)).collect::<Vec<_>>();
    let section = |title: &str, prose: &[&str], names: &[&str]| Section {
        title: title.to_owned(),
        prose: prose.iter().map(|line| (*line).to_owned()).collect(),
        items: items(names),
    };
    let mut model = Model {
        fields: [("id", "A-1"), ("title", "T"), ("risk", "low"), ("window", "w")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
        sections: vec![
            section("What", &["One line.", "", "Another line."], &[]),
            section("Approvals", &[], &["Code review", "Security review", "Lead review"]),
            section("Deployment", &["In this order:"], &["Write", "Stage", "Apply", "Watch"]),
            section("Notes", &["None."], &[]),
        ],
    };
    model.sections[2].items[0].1 = true;
    model.sections[1].items[1].1 = true;
    model
}

impl Model {
    fn text(&self) -> String {
        let mut text = "+++\n".to_owned();
        for (key, value) in &self.fields {
            text += &format!("{key} = \"{value}\"\n");
        }
        text += "+++\n";
        for section in &self.sections {
            text += &format!("\n## {}\n", section.title);
            if !section.prose.is_empty() {
                text += &format!("\n{}\n", section.prose.join("\n"));
            }
            if !section.items.is_empty() {
                text.push('\n');
            }
            for (name, checked) in &section.items {
                text += &format!("- [{}] {name}\n", if *checked { 'x' } else { ' ' });
            }
        }
        text
    }

    fn apply(&mut self, edit: &Edit) {
        let n_sections = self.sections.len();
        let places: Vec<(usize, usize)> = self
            .sections
            .iter()
            .enumerate()
            .flat_map(|(section, found)| (0..found.items.len()).map(move |item| (section, item)))
            .collect();
        let place = |nth: usize| places[nth % places.len()];
        match *edit {
            Edit::Toggle(nth) => {
                let (section, item) = place(nth);
                self.sections[section].items[item].1 ^= true;
            }
            Edit::Field(nth, value) => {
                let n_fields = self.fields.len();
                // The ID stays.
                self.fields[1 + nth % (n_fields - 1)].1 = format!("v{value}");
            }
            Edit::NewField(at, name) => {
                let key = format!("k{name}");
                if self.fields.iter().all(|(known, _)| *known != key) {
                    let at = 1 + at % self.fields.len();
                    self.fields.insert(at, (key, "new".to_owned()));
                }
            }
            Edit::RemoveField(nth) => {
                if self.fields.len() > 2 {
                    let n_fields = self.fields.len();
                    self.fields.remove(1 + nth % (n_fields - 1));
                }
            }
            Edit::NewItem { section, at, name, checked } => {
                let name = format!("New {name}");
                if !self.states().contains_key(&name) {
                    let items = &mut self.sections[section % n_sections].items;
                    let at = at % (items.len() + 1);
                    items.insert(at, (name, checked));
                }
            }
            Edit::RemoveItem(nth) => {
                if places.len() > 1 {
                    let (section, item) = place(nth);
                    self.sections[section].items.remove(item);
                }
            }
            Edit::NewSection { at, name, text } => {
                let title = format!("Section {name}");
                if self.sections.iter().all(|section| section.title != title) {
                    let prose = vec![format!("Text {text}.")];
                    self.sections.insert(1 + at % n_sections, Section { title, prose, items: Vec::new() });
                }
            }
            Edit::Prose { section, text } => {
                self.sections[section % n_sections].prose.push(format!("More {text}."));
            }
            Edit::MoveItem(from, to) => {
                let (section, item) = place(from);
                let taken = self.sections[section].items.remove(item);
                let items = &mut self.sections[to % n_sections].items;
                let at = to % (items.len() + 1);
                items.insert(at, taken);
            }
        }
    }

    fn states(&self) -> BTreeMap<String, bool> {
        self.sections.iter().flat_map(|section| section.items.iter().cloned()).collect()
    }

    /// Everything that it says, by name.
    fn sayings(&self) -> BTreeMap<String, String> {
        let items =
            self.states().into_iter().map(|(name, checked)| (format!("item {name}"), checked.to_string()));
        let fields = self.fields.iter().map(|(key, value)| (format!("field {key}"), value.clone()));
        let prose = self.sections.iter().map(|s| (format!("section {}", s.title), s.prose.join("\n")));
        items.chain(fields).chain(prose).collect()
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        6 => (0..20usize).prop_map(Edit::Toggle),
        2 => (0..9usize, 0..3u8).prop_map(|(nth, value)| Edit::Field(nth, value)),
        2 => (0..9usize, 0..4u8).prop_map(|(at, name)| Edit::NewField(at, name)),
        1 => (0..9usize).prop_map(Edit::RemoveField),
        3 => (0..9usize, 0..9usize, 0..4u8, any::<bool>())
            .prop_map(|(section, at, name, checked)| Edit::NewItem { section, at, name, checked }),
        1 => (0..20usize).prop_map(Edit::RemoveItem),
        2 => (0..9usize, 0..3u8, 0..2u8).prop_map(|(at, name, text)| Edit::NewSection { at, name, text }),
        2 => (0..9usize, 0..9u8).prop_map(|(section, text)| Edit::Prose { section, text }),
        1 => (0..20usize, 0..9usize).prop_map(|(from, to)| Edit::MoveItem(from, to)),
    ];
    proptest::collection::vec(edit, 0..5)
}

/// What a merged text says, with one side of every conflict taken.
fn sayings(text: &str) -> BTreeMap<String, String> {
    let record = Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes());
    assert!(!record.is_broken(), "{text}");
    let mut said = BTreeMap::new();
    let mut say = |name: String, value: String| {
        assert!(said.insert(name, value).is_none(), "said twice: {text}");
    };
    for item in &record.items {
        say(format!("item {}", item.text), item.checked.to_string());
    }
    for field in &record.fields {
        say(format!("field {}", field.key), field.value.as_str().unwrap().to_owned());
    }
    for section in &record.sections {
        let content = record.text(section.content.clone());
        let prose: Vec<&str> = content.lines().filter(|line| !line.starts_with("- [")).collect();
        say(format!("section {}", section.title), prose.join("\n").trim().to_owned());
    }
    said
}

/// The text with one side of each conflict taken.
fn side(text: &str, ours: bool) -> String {
    let mut taken = String::new();
    let mut place = None;
    for line in text.split_inclusive('\n') {
        match line.trim_end() {
            "<<<<<<< ours" => place = Some(true),
            "=======" => place = Some(false),
            ">>>>>>> theirs" => place = None,
            _ if place.is_none_or(|in_ours| in_ours == ours) => taken.push_str(line),
            _ => {}
        }
    }
    taken
}

/// Holds a merged text against what its three versions say.
fn judge(models: &Versions<Model>, text: &str, is_clean: bool) {
    let said = models.as_ref().map(Model::sayings);
    let names: BTreeSet<&String> =
        said.base.keys().chain(said.ours.keys()).chain(said.theirs.keys()).collect();
    let (with_ours, with_theirs) = (side(text, true), side(text, false));
    assert_eq!(is_clean, !text.contains("<<<<<<< ours\n"), "{text}");
    if is_clean {
        let found = sayings(text);
        assert!(found.keys().all(|name| names.contains(name)), "{text}");
        for name in names {
            let [base, ours, theirs] = [&said.base, &said.ours, &said.theirs].map(|said| said.get(name));
            let expected = match () {
                () if ours == theirs || theirs == base => ours,
                () if ours == base => theirs,
                // Lines of prose that both sides added may be merged; everything else is a conflict.
                () if name.starts_with("section ") => continue,
                () => panic!("{name} was changed by both sides, and the merge is clean: {text}"),
            };
            assert_eq!(found.get(name), expected, "{name} in {text}");
        }
        return;
    }
    // No tick that neither side has, and none lost: what one side alone ticked or unticked is there, whichever
    // side is taken, or stands inside the markers.
    let boxes = |text: &str| -> BTreeSet<(String, bool)> {
        let record = Record::parse(RecordType::Task, "tasks/A-1.md", text.as_bytes());
        record.items.iter().map(|item| (item.text.clone(), item.checked)).collect()
    };
    let (ours, theirs) = (boxes(&with_ours), boxes(&with_theirs));
    let states = models.as_ref().map(Model::states);
    let all: BTreeSet<&String> =
        [&states.base, &states.ours, &states.theirs].into_iter().flat_map(BTreeMap::keys).collect();
    for name in all {
        let [base, a, b] = [&states.base, &states.ours, &states.theirs].map(|states| states.get(name));
        let expected = if a == b || b == base {
            a
        } else if a == base {
            b
        } else {
            continue;
        };
        let Some(expected) = expected else { continue };
        let wanted = (name.clone(), *expected);
        assert!(ours.contains(&wanted) || theirs.contains(&wanted), "{name} lost in {text}");
    }
}

fn models(ours: &[Edit], theirs: &[Edit]) -> Versions<Model> {
    let edited = |edits: &[Edit]| {
        let mut model = base();
        edits.iter().for_each(|edit| model.apply(edit));
        model
    };
    Versions { base: base(), ours: edited(ours), theirs: edited(theirs) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_merges_keep_what_both_sides_said(ours in edits(), theirs in edits()) {
        let models = models(&ours, &theirs);
        let texts = models.as_ref().map(Model::text);
        let labels = Versions { base: "base", ours: "ours", theirs: "theirs" };
        let markers = Markers { size: 7, labels: labels.map(str::to_owned), style: ConflictStyle::Merge };
        let by_lines = |versions: Versions<&str>| -> Result<Merged, ActError> {
            let texts = Texts {
                base: (versions.base, labels.base),
                ours: (versions.ours, labels.ours),
                theirs: (versions.theirs, labels.theirs),
            };
            let (text, n_conflicts) = merge_by_lines(&std::env::temp_dir(), texts, 7)?;
            Ok(Merged { text, n_conflicts })
        };
        let plain = by_lines(texts.as_ref().map(String::as_str)).unwrap();
        let merged = merge(texts.as_ref().map(String::as_str), &markers, &by_lines).unwrap();
        judge(&models, &merged.text, merged.n_conflicts == 0);
        prop_assert!(plain.n_conflicts == 0 || merged.n_conflicts <= plain.n_conflicts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_merges_by_git(ours in edits(), theirs in edits()) {
        let models = models(&ours, &theirs);
        let mut book = Fixture::book();
        book.run(&["init", "--git"]).expect(0);
        let command = book.git(&["config", "merge.changebook.driver"]);
        let program = command.replacen("changebook", env!("CARGO_BIN_EXE_changebook"), 1);
        book.git(&["config", "merge.changebook.driver", &program]);
        book.write("tasks/A-1.md", models.base.text());
        book.commit("base");
        book.git(&["checkout", "-q", "-b", "theirs"]);
        book.write("tasks/A-1.md", models.theirs.text());
        book.commit("theirs");
        book.git(&["checkout", "-q", "-b", "ours", "main"]);
        book.write("tasks/A-1.md", models.ours.text());
        book.commit("ours");
        let merge = book.try_git(&book.root, &["merge", "-q", "--no-edit", "theirs"]);
        let text = book.read("tasks/A-1.md").replace("<<<<<<< HEAD", "<<<<<<< ours");
        judge(&models, &text, merge.status.success());
    }
}
