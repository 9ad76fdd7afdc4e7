//! The site of a book that is being worked on: what is saved and not committed, what is broken, a rebase that
//! waits, another branch. Asked by plain HTTP, and for the next build as an open page asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::support::chromium::Running;
use crate::support::{Fixture, task};

struct Server {
    _child: Running,
    address: String,
}

impl Server {
    fn start(book: &Fixture) -> Self {
        let child = book
            .program()
            .args(["serve", "--port", "0"])
            .current_dir(&book.root)
            .stderr(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut child = Running(child);
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.by_ref().find(|line| line.contains("http://")).unwrap();
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Server { _child: child, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let question = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(question.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).replace("&#x2f;", "/")
    }

    /// The page as soon as it is as wanted, asked for again at each build.
    #[track_caller]
    fn becomes(&self, path: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut page = String::new();
        for _ in 0..20 {
            page = self.get(path);
            if wanted(&page) {
                return page;
            }
            let version = page.split("data-version=\"").nth(1).unwrap().split('"').next().unwrap();
            self.get(&format!("/-/wait?{version}"));
        }
        panic!("{path} did not become as wanted: {page}");
    }
}

fn book() -> Fixture {
    let mut book = Fixture::book();
    for number in 1..=3 {
        book.write(&format!("tasks/INFRA-{number}.md"), task(&format!("INFRA-{number}"), ""));
    }
    book.write(".gitignore", "/book\n");
    book.commit("three tasks");
    book
}

const PAGE: &str = "/tasks/INFRA-1.html";

#[test]
fn what_is_saved_is_shown_and_marked_until_it_is_committed() {
    let mut book = book();
    let server = Server::start(&book);
    assert!(!server.get(PAGE).contains("not committed"));
    book.replace("tasks/INFRA-1.md", "Something.", "Another thing, and more.");
    let page = server.becomes(PAGE, |page| page.contains("Another thing"));
    assert!(page.contains("not committed: this is the text of the work tree"), "{page}");
    assert!(!server.get("/tasks/INFRA-2.html").contains("not committed"));
    book.write("tasks/INFRA-4.md", task("INFRA-4", ""));
    assert!(
        server.becomes("/tasks/INFRA-4.html", |page| page.contains("INFRA-4</")).contains("not committed")
    );
    // A box that somebody ticks and does not commit is nobody's yet.
    book.replace("tasks/INFRA-1.md", "- [ ] Code review", "- [x] Code review");
    let page = server.becomes(PAGE, |page| page.contains("class=\"box done\""));
    assert!(!page.contains("class=\"by\""), "{page}");
    book.commit("both");
    let page = server.becomes(PAGE, |page| !page.contains("not committed"));
    assert!(page.contains("Another thing") && page.contains("class=\"by\""), "{page}");
    // What is built from files is what was served.
    book.run(&["build"]).expect(0);
    let built = book.read("book/tasks/INFRA-1.html");
    let body = |page: &str| page.split("<main").nth(1).unwrap().replace("&#x2f;", "/");
    assert_eq!(body(&built), body(&page));
}

#[test]
fn a_broken_record_is_told_with_file_and_line() {
    let book = book();
    let server = Server::start(&book);
    let whole = book.read("tasks/INFRA-2.md");
    book.replace("tasks/INFRA-2.md", "kind = \"terraform\"", "kind = \"terr");
    let wrong = |page: &str| page.contains("serve-failure") && page.contains("tasks/INFRA-2.md:4:");
    server.becomes(PAGE, wrong);
    let page = server.get("/tasks/INFRA-2.html");
    assert!(page.contains("Something.") && page.contains("A change"), "the last text is still there: {page}");
    book.write("tasks/INFRA-2.md", [0xff, 0xfe, 0]);
    server.becomes(PAGE, |page| page.contains("serve-failure"));
    book.write("tasks/INFRA-2.md", &whole);
    server.becomes(PAGE, |page| !page.contains("serve-failure"));
    // A template, the settings and the policy are told by their own lines.
    book.write("templates/site/404.html", "a\n{% if %}\n");
    server.becomes(PAGE, |page| page.contains("serve-failure") && page.contains("line 2"));
    std::fs::remove_dir_all(book.root.join("templates/site")).unwrap();
    server.becomes(PAGE, |page| !page.contains("serve-failure"));
    book.write("book.toml", "[book]\ntitle = \"Test\nsrc = \"docs\"\n");
    let page = server.becomes(PAGE, |page| page.contains("serve-failure"));
    assert!(page.contains("book.toml") && page.contains("A change"), "{page}");
}

#[test]
fn a_rebase_that_waits_is_survived() {
    let mut book = book();
    book.git(&["checkout", "--quiet", "-b", "other"]);
    book.replace("tasks/INFRA-1.md", "Something.", "Of the branch.");
    book.commit("of the branch");
    book.git(&["checkout", "--quiet", "main"]);
    book.replace("tasks/INFRA-1.md", "Something.", "Of the trunk.");
    book.commit("of the trunk");
    book.git(&["checkout", "--quiet", "other"]);
    let server = Server::start(&book);
    server.becomes(PAGE, |page| page.contains("Of the branch."));
    let rebase = book.try_git(&book.root, &["rebase", "main"]);
    assert!(!rebase.status.success());
    assert!(book.read("tasks/INFRA-1.md").contains("<<<<<<<"));
    let page = server.becomes(PAGE, |page| page.contains("serve-failure"));
    assert!(page.contains("tasks/INFRA-1.md:"), "{page}");
    assert!(server.get("/tasks/INFRA-2.html").contains("A change"));
    book.git(&["rebase", "--abort"]);
    server.becomes(PAGE, |page| !page.contains("serve-failure") && page.contains("Of the branch."));
}

#[test]
fn another_branch_is_another_site() {
    let mut book = book();
    book.git(&["checkout", "--quiet", "-b", "other"]);
    book.write("tasks/INFRA-7.md", task("INFRA-7", ""));
    std::fs::remove_file(book.root.join("tasks/INFRA-3.md")).unwrap();
    book.commit("one more, one less");
    book.git(&["checkout", "--quiet", "main"]);
    let server = Server::start(&book);
    let missing = |page: &str| page.starts_with("HTTP/1.1 404");
    assert!(missing(&server.get("/tasks/INFRA-7.html")) && !missing(&server.get("/tasks/INFRA-3.html")));
    book.git(&["checkout", "--quiet", "other"]);
    server.becomes("/tasks/INFRA-7.html", |page| !missing(page));
    let is_deleted = |page: &str| page.contains("INFRA-3 was deleted");
    assert!(is_deleted(&server.get("/tasks/INFRA-3.html")));
    assert!(server.get("/index.html").contains("on branch other"));
    book.git(&["checkout", "--quiet", "main"]);
    server.becomes("/tasks/INFRA-3.html", |page| !is_deleted(page));
    assert!(missing(&server.get("/tasks/INFRA-7.html")));
}
