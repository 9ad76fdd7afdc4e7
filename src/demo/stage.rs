//! The stage: a repository, somebody who acts, and a clock that stands where the story puts it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::policy::Policy;
use crate::record::edit::{self, EditError};
use crate::record::{Record, RecordType, TaskKind, normalize};
use crate::template::{NewRecord, RecordTemplates, TemplateError};

/// Why the demo cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The directory holds something.
    #[error("`{}` is not empty", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A file cannot be written or read.
    #[error("`{}` cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `git` cannot be started.
    #[error("`git` cannot be run")]
    NoGit(#[source] std::io::Error),
    /// `git` failed.
    #[error("`git {command}` failed: {message}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it said.
        message: String,
    },
    /// The story asks for an item that is not there.
    #[error("{id} has no item “{item}”")]
    NoItem {
        /// The record.
        id: String,
        /// The item.
        item: String,
    },
    /// A record cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A plan, manifests or a chart of the story cannot be read.
    #[error("the evidence cannot be read: {message}")]
    Evidence {
        /// Why.
        message: String,
    },
    /// A template cannot be filled.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// Where the story is played.
pub(super) struct Stage {
    directory: PathBuf,
    templates: Arc<RecordTemplates>,
    who: &'static str,
    when: &'static str,
}

impl Stage {
    pub(super) fn set(directory: &Path) -> Result<Self, DemoError> {
        let io = |source| DemoError::Io { path: directory.to_path_buf(), source };
        if directory.exists() && directory.read_dir().map_err(io)?.next().is_some() {
            return Err(DemoError::InUse { path: directory.to_path_buf() });
        }
        std::fs::create_dir_all(directory).map_err(io)?;
        let templates = Arc::new(RecordTemplates::new(BTreeMap::new()));
        let stage = Stage { directory: directory.to_path_buf(), templates, who: "kim", when: "" };
        stage.git(&["init", "--quiet", "--initial-branch=main"])?;
        for (key, value) in
            [("core.autocrlf", "false"), ("user.name", "Ana"), ("user.email", "ana@example.org")]
        {
            stage.git(&["config", key, value])?;
        }
        Ok(stage)
    }

    /// The templates that records are made from.
    pub(super) fn templates(&self) -> Arc<RecordTemplates> {
        Arc::clone(&self.templates)
    }

    /// From here on `who` acts, at `when` (RFC 3339).
    pub(super) fn at(&mut self, who: &'static str, when: &'static str) -> &mut Self {
        (self.who, self.when) = (who, when);
        self
    }

    pub(super) fn git(&self, arguments: &[&str]) -> Result<(), DemoError> {
        let name = format!("{}{}", self.who[..1].to_uppercase(), &self.who[1..]);
        let email = format!("{}@example.org", self.who);
        let mut command = Command::new("git");
        command.arg("-c").arg("commit.gpgSign=false").arg("-c").arg("core.hooksPath=.git/hooks");
        command.args(arguments).current_dir(&self.directory).stdin(Stdio::null());
        for variable in
            ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"]
        {
            command.env_remove(variable);
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C");
        command
            .env("GIT_TEMPLATE_DIR", "")
            .env("GIT_DEFAULT_HASH", "sha1")
            .env("GIT_DEFAULT_REF_FORMAT", "files");
        command
            .env("GIT_AUTHOR_NAME", &name)
            .env("GIT_AUTHOR_EMAIL", &email)
            .env("GIT_AUTHOR_DATE", self.when);
        command.env("GIT_COMMITTER_NAME", &name).env("GIT_COMMITTER_EMAIL", &email);
        command.env("GIT_COMMITTER_DATE", self.when);
        let output = command.output().map_err(DemoError::NoGit)?;
        if output.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).trim().to_owned();
        Err(DemoError::Git { command: arguments.join(" "), message })
    }

    pub(super) fn file(&mut self, path: &str, text: &str) -> Result<&mut Self, DemoError> {
        let file = self.directory.join(path);
        let io = |source| DemoError::Io { path: file.clone(), source };
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        std::fs::write(&file, text).map_err(io)?;
        Ok(self)
    }

    pub(super) fn folder(&mut self, folder: &str, files: &[(&str, &str)]) -> Result<&mut Self, DemoError> {
        for (path, text) in files {
            self.file(&format!("{folder}/{path}"), text)?;
        }
        Ok(self)
    }

    /// Makes a record from its template and fills its sections.
    pub(super) fn new_record(
        &mut self,
        template: &str,
        record: &NewRecord,
        sections: &[(&str, &str)],
    ) -> Result<&mut Self, DemoError> {
        let record = match TaskKind::parse(template) {
            Some(kind) => NewRecord {
                environments: record.environments.clone(),
                ..record.clone().with_environments(&Policy::builtin(), kind)
            },
            None => record.clone(),
        };
        let mut text = self.templates.render(template, &record)?;
        // The template's hints about keys that this record does not use are for people.
        text = text.split_inclusive('\n').filter(|line| !line.starts_with("# ")).collect();
        for (title, markdown) in sections {
            text = edit::replace_section(&text, title, markdown)?;
        }
        self.file(&path_of(&record.id), &text)
    }

    pub(super) fn edit(
        &mut self,
        id: &str,
        change: impl Fn(&str) -> Result<String, DemoError>,
    ) -> Result<&mut Self, DemoError> {
        let path = path_of(id);
        let file = self.directory.join(&path);
        let text = std::fs::read_to_string(&file).map_err(|source| DemoError::Io { path: file, source })?;
        let changed = change(&text)?;
        self.file(&path, &changed)
    }

    /// Ticks items.
    pub(super) fn tick(&mut self, id: &str, items: &[&str]) -> Result<&mut Self, DemoError> {
        self.set_items(id, items, true)
    }

    /// Unticks items.
    pub(super) fn untick(&mut self, id: &str, items: &[&str]) -> Result<&mut Self, DemoError> {
        self.set_items(id, items, false)
    }

    fn set_items(&mut self, id: &str, items: &[&str], checked: bool) -> Result<&mut Self, DemoError> {
        for item in items {
            self.edit(id, |text| {
                let record = Record::parse(type_of(id), &path_of(id), text.as_bytes());
                let key = normalize(item);
                let found = record.items.iter().find(|found| *found.key.text == *key);
                let found =
                    found.ok_or_else(|| DemoError::NoItem { id: id.to_owned(), item: (*item).to_owned() })?;
                Ok(edit::set_item(text, found, checked)?)
            })?;
        }
        Ok(self)
    }

    /// Ticks every item of a section.
    pub(super) fn tick_section(&mut self, id: &str, title: &str) -> Result<&mut Self, DemoError> {
        let path = self.directory.join(path_of(id));
        let text = std::fs::read_to_string(&path).map_err(|source| DemoError::Io { path, source })?;
        let record = Record::parse(type_of(id), &path_of(id), text.as_bytes());
        let in_section =
            |section: Option<usize>| section.is_some_and(|section| record.sections[section].title == title);
        let items: Vec<&str> = record
            .items
            .iter()
            .filter(|item| in_section(item.section) && !item.checked)
            .map(|item| &*item.text)
            .collect();
        self.tick(id, &items)
    }

    /// Commits everything.
    pub(super) fn commit(&mut self, message: &str) -> Result<&mut Self, DemoError> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--cleanup=verbatim", "-m", message])?;
        Ok(self)
    }

    pub(super) fn branch(&mut self, name: &str) -> Result<&mut Self, DemoError> {
        self.git(&["checkout", "--quiet", "-b", name])?;
        Ok(self)
    }

    pub(super) fn main(&mut self) -> Result<&mut Self, DemoError> {
        self.git(&["checkout", "--quiet", "main"])?;
        Ok(self)
    }

    /// Merges a branch into main, as a forge's button does.
    pub(super) fn merge(&mut self, name: &str) -> Result<&mut Self, DemoError> {
        self.main()?;
        let message = format!("Merge branch '{name}'");
        self.git(&["merge", "--quiet", "--no-ff", "-m", &message, name])?;
        self.git(&["branch", "--quiet", "-d", name])?;
        Ok(self)
    }
}

fn type_of(id: &str) -> RecordType {
    match id {
        _ if id.starts_with("INFRA-") => RecordType::Task,
        _ if id.starts_with("CAB-") => RecordType::Decision,
        _ => RecordType::Runbook,
    }
}

pub(super) fn path_of(id: &str) -> String {
    format!("{}/{id}.md", type_of(id).folder())
}
