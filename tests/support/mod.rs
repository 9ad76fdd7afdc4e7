//! A real repository made by real `git`, apart from the machine's configuration and clock.

pub(crate) mod chromium;

use changebook::evidence::{Content, EvidenceFile, Rendering};
use changebook::intake::terraform::{Plan, Rules};
use changebook::record::{EvidenceKey, RecordId};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The people and roles that most tests need.
/// Kim alone changes the policy.
pub(crate) const POLICY: &str = r#"book = "test"
trunk = "main"
policy-roles = ["owner"]

[people.ana]
emails = ["ana@example.org"]
[people.sam]
emails = ["sam@example.org"]
[people.kim]
emails = ["kim@example.org"]
[people.lee]
emails = ["lee@example.org"]
[people.bot]
kind = "robot"
emails = ["bot@example.org"]

[roles]
owner = ["kim"]
devops-lead = ["kim", "lee"]
security = ["sam", "bot"]
cab = ["ana", "sam", "kim"]
on-call = ["lee", "kim"]

[done]
documentation = false
"#;

/// A plan that makes one bucket: low by the built-in rules.
pub(crate) const NEW_BUCKET: &str = r#"{"format_version":"1.2","terraform_version":"1.9.0","resource_changes":[
{"address":"aws_s3_bucket.logs","mode":"managed","type":"aws_s3_bucket","name":"logs",
"change":{"actions":["create"],"before":null,"after":{"bucket":"logs"},"after_unknown":{}}}]}"#;

/// A book in a temporary repository.
#[must_use]
pub(crate) struct Fixture {
    _home: tempfile::TempDir,
    home: PathBuf,
    /// The work tree.
    pub(crate) root: PathBuf,
    person: String,
    committer: Option<String>,
    minutes: u32,
    skew: i64,
    /// The clock, in seconds since the epoch, where a story sets it.
    clock: Option<i64>,
}

/// What a command printed.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Fixture {
    /// Records a plan for a task in the work tree, as `plan --no-commit` does: the file of evidence and the record's text.
    /// `key` is the environment, with the stack behind a full stop.
    pub(crate) fn plan(&self, id: &str, key: &str, json: &str) {
        let policy = changebook::policy::Policy::builtin();
        let plan = Plan::read(json.as_bytes(), Rules::of(&policy)).unwrap();
        let file = EvidenceFile {
            record: RecordId::parse(id).unwrap(),
            key: EvidenceKey::parse(key).unwrap(),
            content: Content::Terraform(Box::new(plan)),
            is_edited: false,
        };
        let path = format!("tasks/{id}.md");
        let gated = file.key.environment == "production";
        let rendering = Rendering { gated, list_limit: 100, is_guidance: &|_| false };
        let text = file.put(&path, &self.read(&path), rendering).unwrap();
        self.write(&path, text);
        self.write(&file.path(), file.text().unwrap());
    }

    /// A repository without commits.
    pub(crate) fn empty() -> Self {
        let home_dir = tempfile::tempdir().unwrap();
        let home = home_dir.path().canonicalize().unwrap();
        let root = home.join("book");
        std::fs::create_dir(&root).unwrap();
        let fixture = Fixture {
            _home: home_dir,
            home,
            root,
            person: "kim".to_owned(),
            committer: None,
            minutes: 0,
            skew: 0,
            clock: None,
        };
        fixture.git_at(&fixture.root, &["init", "--quiet", "--initial-branch=main"]);
        fixture
    }

    /// A book with the policy committed.
    pub(crate) fn book() -> Self {
        let mut fixture = Self::empty();
        fixture.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
        fixture.write("policy.toml", POLICY);
        fixture.commit("start");
        fixture
    }

    /// From here on this person commits.
    pub(crate) fn person(&mut self, name: &str) -> &mut Self {
        self.person = name.to_owned();
        self.committer = None;
        self
    }

    /// From here on somebody else commits what the person wrote.
    pub(crate) fn committed_by(&mut self, name: &str) -> &mut Self {
        self.committer = Some(name.to_owned());
        self
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.root.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        String::from_utf8(std::fs::read(self.root.join(path)).unwrap()).unwrap()
    }

    /// Replaces a text in a file; it must be there.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Commits everything; gives the commit.
    pub(crate) fn commit(&mut self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Ticks an item by hand and commits.
    pub(crate) fn tick(&mut self, path: &str, item: &str) -> String {
        self.replace(path, &format!("[ ] {item}"), &format!("[x] {item}"));
        self.commit(&format!("tick {item}"))
    }

    /// Unticks an item by hand and commits.
    pub(crate) fn untick(&mut self, path: &str, item: &str) -> String {
        self.replace(path, &format!("[x] {item}"), &format!("[ ] {item}"));
        self.commit(&format!("untick {item}"))
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git`, which must succeed, a minute later than the last time.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_at(&self.root, arguments)
    }

    pub(crate) fn git_at(&self, directory: &Path, arguments: &[&str]) -> String {
        let output = self.try_git(directory, arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(crate) fn try_git(&self, directory: &Path, arguments: &[&str]) -> Output {
        let mut command = self.command("git");
        command.current_dir(directory).args(arguments).output().unwrap()
    }

    /// Moves the clock of the commits that follow.
    pub(crate) fn later(&mut self) -> &mut Self {
        self.minutes += 1;
        self
    }

    /// Moves the clock by minutes.
    pub(crate) fn minutes_forward(&mut self, minutes: u32) {
        self.minutes += minutes;
    }

    /// Moves the clock back, as a machine with a wrong clock would.
    pub(crate) fn minutes_back(&mut self, minutes: i64) {
        self.skew -= minutes;
    }

    /// What the clock of the commits shows, as `--now` takes it.
    pub(crate) fn now(&self) -> String {
        let seconds = self.clock.unwrap_or_else(|| self.story());
        jiff::Timestamp::from_second(seconds).unwrap().to_string()
    }

    fn story(&self) -> i64 {
        1_715_000_000 + (i64::from(self.minutes) + self.skew) * 60
    }

    /// Sets the clock of the commits that follow.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        self.clock = Some(seconds);
    }

    /// Makes a key without passphrase; gives the private key's path.
    pub(crate) fn ssh_key(&self, name: &str, kind: &str) -> String {
        self.ssh_key_with(name, &["-t", kind])
    }

    pub(crate) fn ssh_key_with(&self, name: &str, options: &[&str]) -> String {
        let path = self.home.join(format!("key-{name}"));
        let mut command = self.command("ssh-keygen");
        let output =
            command.args(options).args(["-q", "-N", "", "-C", name, "-f"]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path.to_string_lossy().into_owned()
    }

    /// Lists a key in the policy, not yet committed.
    pub(crate) fn list_key(&self, person: &str, key: &str) {
        let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
        let line = format!("emails = [\"{person}@example.org\"]");
        self.replace("policy.toml", &line, &format!("{line}\nkeys = [\"{}\"]", public.trim()));
    }

    /// Commits everything with a signature by `key`.
    pub(crate) fn commit_signed(&mut self, message: &str, key: &str) -> String {
        self.git(&["add", "--all"]);
        let key = format!("user.signingKey={key}");
        self.git(&["-c", "gpg.format=ssh", "-c", &key, "commit", "-q", "-S", "-m", message]);
        self.head()
    }

    fn allowed_signers(&self, key: &str, person: &str) -> PathBuf {
        let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
        let path = self.home.join("allowed");
        std::fs::write(&path, format!("{person}@example.org {public}")).unwrap();
        path
    }

    /// Whether `git verify-commit` takes `HEAD`'s signature.
    pub(crate) fn git_verifies(&self, key: &str, person: &str) -> bool {
        let allowed = format!("gpg.ssh.allowedSignersFile={}", self.allowed_signers(key, person).display());
        self.try_git(&self.root, &["-c", &allowed, "verify-commit", "HEAD"]).status.success()
    }

    /// Whether `ssh-keygen -Y verify` takes a detached approval.
    pub(crate) fn ssh_keygen_verifies(&self, text: &str, armor: &str, key: &str, person: &str) -> bool {
        let allowed = self.allowed_signers(key, person);
        std::fs::write(self.home.join("armor.sig"), armor).unwrap();
        std::fs::write(self.home.join("text"), text).unwrap();
        let mut command = self.command("ssh-keygen");
        command.args(["-Y", "verify", "-n", "changebook", "-I"]).arg(format!("{person}@example.org"));
        command.arg("-f").arg(allowed).arg("-s").arg(self.home.join("armor.sig"));
        command.stdin(std::fs::File::open(self.home.join("text")).unwrap());
        command.output().unwrap().status.success()
    }

    /// Stores crafted bytes as an object that git would not make; gives its name.
    pub(crate) fn object(&self, kind: &str, bytes: &str) -> String {
        let path = self.home.join("object");
        std::fs::write(&path, bytes).unwrap();
        let path = path.to_string_lossy().into_owned();
        self.git(&["hash-object", "-t", kind, "-w", "--literally", &path])
    }

    /// Runs a shell line with the program as `$CHANGEBOOK`.
    pub(crate) fn pipe(&self, line: &str) -> String {
        let mut command = self.command("sh");
        command.env("CHANGEBOOK", env!("CARGO_BIN_EXE_changebook")).args(["-c", line]);
        let output = command.current_dir(&self.root).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// `git`, with this fixture's surroundings.
    pub(crate) fn git_command(&self) -> Command {
        self.command("git")
    }

    /// Feeds a stream to `git fast-import`.
    pub(crate) fn import(&self, stream: &str) {
        let mut command = self.command("git");
        command.current_dir(&self.root).args(["fast-import", "--quiet", "--force"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let date = format!("{} +0200", self.clock.unwrap_or_else(|| self.story()));
        let committer = self.committer.as_deref().unwrap_or(&self.person);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.home).env("TZ", "UTC").env("LC_ALL", "C");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
            .env("GIT_AUTHOR_NAME", &self.person)
            .env("GIT_AUTHOR_EMAIL", format!("{}@example.org", self.person));
        command
            .env("GIT_COMMITTER_NAME", committer)
            .env("GIT_COMMITTER_EMAIL", format!("{committer}@example.org"));
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date).stdin(Stdio::null());
        command
    }

    /// Runs the program in the work tree.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_at(&self.root, arguments)
    }

    pub(crate) fn run_at(&self, directory: &Path, arguments: &[&str]) -> Run {
        let output = self.program().current_dir(directory).args(arguments).output().unwrap();
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*self.home.to_string_lossy(), "HOME");
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The program, with this fixture's surroundings.
    pub(crate) fn program(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_changebook"))
    }

    /// Runs the program, which must succeed, and gives its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert!(run.status == 0 || run.status == 3, "{arguments:?}: {}{}", run.stdout, run.stderr);
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
    }

    /// `show ID --json`'s record.
    pub(crate) fn show(&self, id: &str) -> Value {
        self.json(&["show", id])["record"].take()
    }

    /// A record's status and the commit that proves it.
    pub(crate) fn status(&self, id: &str) -> (String, String) {
        let record = self.show(id);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&record["status"]), text(&record["evidence"]["commit"]))
    }

    /// The one file that a person's approvals in a role are in.
    pub(crate) fn approval_file(&self, id: &str, role: &str, person: &str) -> String {
        let (folder, begin) = (format!("approvals/{id}"), format!("{role}.{person}."));
        let listed = std::fs::read_dir(self.root.join(&folder)).unwrap();
        let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: Vec<String> = names.filter(|name| name.starts_with(&begin)).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        format!("{folder}/{}", names[0])
    }

    /// The code of a role's approval, or `valid`.
    pub(crate) fn approval(&self, id: &str, role: &str) -> String {
        let record = self.show(id);
        let approvals = record["approvals"].as_array().unwrap();
        let approval = approvals.iter().find(|approval| approval["role"] == role).unwrap();
        if approval["valid"] == true {
            "valid".to_owned()
        } else {
            approval["code"].as_str().unwrap().to_owned()
        }
    }
}

/// Says on the terminal that a test was skipped: what the print macros write, a passing test keeps to itself.
pub(crate) fn say_skipped(why: &str) {
    use std::io::Write as _;
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(std::io::stderr(), "skipped: {name}: {why}");
}

impl Run {
    /// Asserts the exit status and gives both streams.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// A task with the items that most tests need.
pub(crate) fn task(id: &str, more: &str) -> String {
    format!(
        "+++\nid = \"{id}\"\ntitle = \"A change\"\nkind = \"terraform\"\nrequestor = \"ana\"\n{more}+++\n\n## What\n\nSomething.\n\n## Approvals\n\n- [ ] Code review\n\n- [ ] DevOps lead review\n\n- [ ] Security review\n\n- [ ] Change advisory board\n\n## Deployment\n\n- [ ] Terraform code\n- [ ] Apply in staging\n- [ ] Apply in production\n\n## Notes\n"
    )
}
