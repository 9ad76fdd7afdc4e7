//! Stories as real repositories, by `git fast-import`: one holds a whole batch of books, each with branches of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use changebook::book::{Book, Loaded, Request};

use super::state::address;
use super::story::Story;
use crate::support::Fixture;

/// When the first commit was made; each comes a minute after the one before.
const BEGUN: i64 = 1_715_000_000;

/// A batch of books in one repository.
pub(crate) struct Books {
    fixture: Fixture,
}

/// A running `git fast-import`, which is asked for the names of commits while it reads.
struct Import {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    marks: usize,
}

impl Import {
    fn begin(fixture: &Fixture) -> Self {
        let mut command = fixture.git_command();
        command.args(["fast-import", "--quiet", "--force", "--done"]).current_dir(&fixture.root);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Import { child, to, from: BufReader::new(from), marks: 0 }
    }

    /// The name of a commit that was written.
    fn name(&mut self, mark: usize) -> String {
        writeln!(self.to, "get-mark :{mark}").unwrap();
        self.to.flush().unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn story(&mut self, number: usize, story: &Story) {
        let before = self.marks + 1;
        for (place, commit) in story.commits.iter().enumerate() {
            let code = |of: usize| story.commits[of].state.code;
            let is_work = commit.state.code > 0 && commit.parents.iter().all(|&p| code(p) != code(place));
            let subject = if is_work { "INFRA-1: code" } else { "a change" };
            let affirms = commit.affirms.map(|of| format!("Affirms: {}\n", self.name(before + of)));
            let co = commit.co.map(|co| format!("Co-authored-by: c <{}>\n", address(co)));
            let trailers: String = affirms.into_iter().chain(co).collect();
            let message = format!("{subject}\n\n{trailers}");
            let files = commit.state.files(|of| self.name(before + of));
            let time = BEGUN + 60 * i64::try_from(place).unwrap();
            let (author, committer) = (address(commit.by.author), address(commit.by.committer));
            // Without parents it would follow what stands there.
            let begin = if commit.parents.is_empty() { "reset refs/heads/import\n\n" } else { "" };
            let mut text = format!("{begin}commit refs/heads/import\nmark :{}\n", before + place);
            text.push_str(&format!("author a <{author}> {time} +0000\n"));
            text.push_str(&format!("committer c <{committer}> {time} +0000\n"));
            text.push_str(&format!("data {}\n{message}\n", message.len()));
            for (nth, parent) in commit.parents.iter().enumerate() {
                let word = if nth == 0 { "from" } else { "merge" };
                text.push_str(&format!("{word} :{}\n", before + parent));
            }
            text.push_str("deleteall\n");
            for (path, content) in files {
                text.push_str(&format!("M 100644 inline {path}\ndata {}\n{content}\n", content.len()));
            }
            self.to.write_all(text.as_bytes()).unwrap();
            self.marks += 1;
        }
        for tip in story.tips {
            let text = format!("reset refs/heads/{}\nfrom :{}\n\n", branch(number, tip), before + tip);
            self.to.write_all(text.as_bytes()).unwrap();
        }
    }

    fn end(mut self) {
        self.to.write_all(b"done\n").unwrap();
        drop(self.to);
        assert!(self.child.wait().unwrap().success());
    }
}

fn branch(story: usize, tip: usize) -> String {
    format!("s{story}-{tip}")
}

impl Books {
    pub(crate) fn of(stories: &[Story]) -> Self {
        let fixture = Fixture::empty();
        let mut import = Import::begin(&fixture);
        for (number, story) in stories.iter().enumerate() {
            import.story(number, story);
        }
        import.end();
        fixture.git(&["reset", "-q", "--hard", &branch(0, stories[0].tips[0])]);
        Books { fixture }
    }

    /// What the program makes of a commit of a story.
    pub(crate) fn ask(&self, number: usize, story: &Story, view: usize) -> Loaded {
        let request = Request {
            at: Some(branch(number, view)),
            now: BEGUN + 86_400,
            now_is_stated: true,
            trunk: Some(branch(number, story.tips[0])),
            ..Request::default()
        };
        Book::find(&self.fixture.root).unwrap().load(&request).unwrap_or_else(|error| panic!("{error}"))
    }
}
