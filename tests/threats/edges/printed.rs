//! What is printed, exported and served: rows 83, 84 and 92.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::support::chromium::Running;
use crate::support::{Fixture, say_skipped, task};
use crate::threats::PATH;

/// Clears the screen, sets the title, hides what follows, and the same by one letter each.
const HOSTILE: &str = "a\u{1b}[2Jb\u{1b}]0;mine\u{7}c\u{1b}[8md\u{9b}31me\u{202e}f";

fn hostile() -> Fixture {
    let mut book = Fixture::book();
    let quoted =
        HOSTILE.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007").replace('\u{9b}', "\\u009b");
    let text = task("INFRA-1", "risk = \"high\"\n").replace("\"A change\"", &format!("\"{quoted}\""));
    book.person("ana").later().write(PATH, text.replace("Something.", HOSTILE));
    let decision = format!(
        "+++\nid = \"CAB-2024-01\"\ntitle = \"{quoted}\"\nmeeting = 2024-05-16\nchanges = [\"INFRA-1\"]\n+++\n\n## Notes\n\n{HOSTILE}\n"
    );
    book.write("cab/CAB-2024-01.md", decision);
    book.commit(&format!("propose {HOSTILE}"));
    book
}

/// What a command writes on a terminal.
fn on_terminal(book: &Fixture, arguments: &str) -> String {
    book.pipe(&format!("TERM=xterm script -qec \"$CHANGEBOOK {arguments}\" /dev/null < /dev/null || true"))
}

/// The escape sequences in a text that are no colour or weight of ours, and single letters that a terminal obeys.
fn obeyed(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let tail = &rest[at..];
        let own = ["0", "1", "2", "3", "4", "31", "32", "33", "34", "35", "36"];
        match own.iter().find(|number| tail.starts_with(&format!("\u{1b}[{number}m"))) {
            Some(number) => rest = &tail[number.len() + 3..],
            None => {
                found.push(tail.chars().take(8).collect());
                rest = &tail[tail.chars().next().unwrap().len_utf8()..];
            }
        }
    }
    if text.contains('\u{202e}') {
        found.push("U+202E".to_owned());
    }
    found
}

#[test]
fn row_84_nothing_of_a_record_is_obeyed_by_a_terminal() {
    let book = hostile();
    if std::process::Command::new("script").arg("--version").output().is_err() {
        say_skipped("there is no `script` to make a terminal");
        return;
    }
    for command in [
        "list",
        "list --json",
        "show INFRA-1",
        "show INFRA-1 --events",
        "board",
        "log",
        "check",
        "check --format github",
        "check --format gitlab",
        "agenda 2024-05-16",
        "agenda 2024-05-16 --minutes",
        "scope INFRA-1 --text",
        "export --format csv",
        "export --format ndjson",
        "audit",
        "audit --format markdown",
        "audit --format csv",
        "audit --format html",
        "gate INFRA-1 -e production",
        "gate INFRA-1 -e production --format markdown",
        "windows",
        "windows --ics",
        "announce INFRA-1",
        "blame INFRA-1",
        "diff INFRA-1",
        "metrics",
    ] {
        let said = on_terminal(&book, command);
        assert_eq!(obeyed(&said), Vec::<String>::new(), "{command}: {said:?}");
    }
    // Where a program reads it, the bytes are those of the file.
    let raw = book.run(&["scope", "INFRA-1", "--text"]).expect(0);
    assert!(raw.stdout.contains(HOSTILE), "{:?}", raw.stdout);
    // Workflow commands stand in a log that somebody looks at.
    let github = book.run(&["check", "--format", "github"]);
    assert_eq!(obeyed(&github.stdout), Vec::<String>::new(), "{:?}", github.stdout);
}

#[test]
fn row_92_no_cell_of_a_table_begins_a_formula() {
    let mut book = Fixture::book();
    let titles =
        ["=1", " =1", "\u{a0}=1", "\u{ff1d}1", "\u{200b}+1", "\u{3000}\u{ff0d}1", "\u{feff}@x", "plain = 1"];
    for (number, title) in titles.iter().enumerate() {
        let text = task(&format!("INFRA-{number}"), "risk = \"low\"\n").replace("A change", title);
        book.person("ana").write(&format!("tasks/INFRA-{number}.md"), text);
    }
    book.commit("propose");
    for number in 0..titles.len() {
        book.later().tick(&format!("tasks/INFRA-{number}.md"), "Apply in production");
    }
    let bundle = book.root.parent().unwrap().join("bundle");
    book.run(&["audit", "--bundle", &bundle.display().to_string()]);
    let bundled = std::fs::read_to_string(bundle.join("audit.csv")).unwrap();
    let tables = [
        book.run(&["export", "--format", "csv"]).expect(0).stdout,
        book.run(&["audit", "--format", "csv"]).stdout,
        bundled,
    ];
    for table in tables {
        let mut found = 0;
        let mut reader = csv_cells(&table);
        for cell in &mut reader {
            let seen: String = cell
                .chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '\u{200b}' | '\u{feff}'))
                .collect();
            found += usize::from(seen.starts_with('\''));
            assert!(!seen.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0d}']), "{cell:?}");
        }
        // Invisible letters are spelled out in an export.
        assert!(found >= titles.len() - 3, "{found} in {table}");
        assert!(table.contains("plain = 1") && !table.contains("'plain"));
    }
}

/// The cells of a table, quoted or not; none here holds a line's end.
fn csv_cells(table: &str) -> impl Iterator<Item = String> {
    let cells: Vec<String> = table
        .lines()
        .flat_map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>())
        .collect();
    cells.into_iter()
}

struct Server {
    _child: Running,
    address: String,
}

impl Server {
    fn start(book: &Fixture) -> Self {
        let mut command = book.program();
        command
            .args(["serve", "--port", "0"])
            .current_dir(&book.root)
            .stderr(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.by_ref().find(|line| line.contains("http://")).unwrap();
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        std::thread::spawn(move || lines.for_each(drop));
        Server { _child: child, address }
    }

    /// Status and headers of the answer to a question that says this of itself.
    fn ask(&self, method: &str, path: &str, said: &[&str]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let said: String = said.iter().map(|line| format!("{line}\r\n")).collect();
        let question =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{said}\r\n", self.address);
        stream.write_all(question.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase())
    }
}

#[test]
fn row_83_pages_of_other_sites_read_nothing_of_what_is_served() {
    let mut book = Fixture::book();
    book.write(PATH, task("INFRA-1", ""));
    book.write(".gitignore", "/book\n");
    book.commit("propose");
    book.run(&["build"]).expect(0);
    let files = std::fs::read_dir(book.root.join("book")).unwrap().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().unwrap().is_file());
    let names: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let search: Vec<&String> =
        names.iter().filter(|name| name.contains("search") || name.ends_with(".js")).collect();
    assert!(!search.is_empty(), "{names:?}");
    let server = Server::start(&book);
    let from = |site: &str, mode: &str, dest: &str| {
        [
            format!("Sec-Fetch-Site: {site}"),
            format!("Sec-Fetch-Mode: {mode}"),
            format!("Sec-Fetch-Dest: {dest}"),
        ]
    };
    let ask = |path: &str, said: &[String]| {
        server.ask("GET", path, &said.iter().map(String::as_str).collect::<Vec<_>>()).0
    };
    for name in &search {
        let path = format!("/{name}");
        for site in ["cross-site", "same-site"] {
            assert_eq!(ask(&path, &from(site, "no-cors", "script")), 403, "{path}");
            assert_eq!(ask(&path, &from(site, "cors", "empty")), 403, "{path}");
        }
        assert_eq!(ask(&path, &from("same-origin", "no-cors", "script")), 200, "{path}");
        assert_eq!(ask(&path, &["Referer: https://evil.example/".to_owned()]), 403, "{path}");
        assert_eq!(ask(&path, &["Origin: https://evil.example".to_owned()]), 403, "{path}");
    }
    for page in ["/", "/tasks/INFRA-1.html"] {
        assert_eq!(ask(page, &from("cross-site", "navigate", "iframe")), 403);
        assert_eq!(ask(page, &from("cross-site", "navigate", "document")), 200, "a link that was followed");
        assert_eq!(ask(page, &from("none", "navigate", "document")), 200);
    }
    assert_eq!(ask("/-/wait?0", &from("cross-site", "cors", "empty")), 403);
    assert_eq!(ask("/-/reload.js", &from("cross-site", "no-cors", "script")), 403);
    assert_eq!(server.ask("POST", "/", &[]).0, 403);
    let (_, headers) = server.ask("GET", "/", &[]);
    for header in
        ["cross-origin-resource-policy: same-origin", "x-frame-options: sameorigin", "frame-ancestors 'self'"]
    {
        assert!(headers.contains(header), "{header} is not in {headers}");
    }
}
