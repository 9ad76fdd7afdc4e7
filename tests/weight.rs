//! What a reader waits for: the page and its style sheets. Pictures and scripts come after the first look.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;

use crate::site::files;
use crate::support::{Fixture, POLICY};

/// Most bytes of a page with its style sheets.
const MOST: usize = 60_000;

/// Every page of a site that is too heavy, and how many pages there are.
fn heavy(site: &BTreeMap<String, Vec<u8>>) -> (usize, Vec<String>) {
    let (mut n_pages, mut heavy) = (0, Vec::new());
    for (page, bytes) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
        let html = String::from_utf8_lossy(bytes);
        let sheets = html.split("<link rel=\"stylesheet\" href=\"").skip(1);
        let sheets = sheets.map(|rest| rest.split('"').next().unwrap().trim_start_matches("../"));
        let weight = bytes.len() + sheets.map(|sheet| site[sheet].len()).sum::<usize>();
        n_pages += 1;
        if weight > MOST {
            heavy.push(format!("{page}: {weight} bytes, {} of them HTML", bytes.len()));
        }
    }
    (n_pages, heavy)
}

#[test]
fn every_page_with_its_style_weighs_little() {
    let book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    let demo = book.root.join("../demo").canonicalize().unwrap();
    book.run_at(&demo, &["build"]).expect(0);
    // The project's own manual has the longest pages that a manual should have.
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, bytes) in files(&project.join("docs")) {
        book.write(&format!("docs/{name}"), bytes);
    }
    book.write("book.toml", std::fs::read(project.join("book.toml")).unwrap());
    book.run(&["build", "--allow-broken-links", "--out", "manual-site"]).expect(0);
    // Every commit is a link at the forge, and every page leads to its source.
    let settings = std::fs::read_to_string(demo.join("book.toml")).unwrap();
    let forge = "https://github.com/example-organisation/platform-infrastructure";
    let linked = format!(
        "{settings}\n[output.html]\nsite-url = \"https://changes.example.org/\"\ngit-repository-url = \"{forge}\"\nedit-url-template = \"{forge}/edit/main/{{path}}\"\n"
    );
    std::fs::write(demo.join("book.toml"), linked).unwrap();
    book.run_at(&demo, &["build", "--out", "linked"]).expect(0);
    for (site, least) in
        [(demo.join("book"), 60), (demo.join("linked"), 60), (book.root.join("manual-site"), 20)]
    {
        let (n_pages, heavy) = heavy(&files(&site));
        assert!(n_pages > least, "{n_pages}");
        assert!(heavy.is_empty(), "{}", heavy.join("\n"));
    }
}

/// A text of one's own is never cut: whoever searches in the page, prints it or has a link into it wants the whole. Chapters
/// of the manual as one, three times as long as its longest, still travel as light as other pages, compressed as servers
/// send them.
#[test]
fn a_long_text_travels_light() {
    let book = Fixture::empty();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chapters = files(&project.join("docs"));
    let chapters = chapters.iter().filter(|(name, _)| name.ends_with(".md"));
    let mut whole = String::new();
    for (_, bytes) in chapters {
        if whole.len() <= 90_000 {
            whole.push_str(&String::from_utf8_lossy(bytes));
            whole.push('\n');
        }
    }
    assert!(whole.len() > 90_000, "{}", whole.len());
    book.write("docs/SUMMARY.md", "# Summary\n\n- [Whole](whole.md)\n");
    book.write("docs/whole.md", &whole);
    book.write("book.toml", "[book]\ntitle = \"Long\"\nsrc = \"docs\"\n");
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let site = files(&book.root.join("book"));
    let page = String::from_utf8_lossy(&site["manual/whole.html"]).into_owned();
    let last = whole.lines().rfind(|line| line.starts_with("## ")).unwrap().trim_start_matches("## ");
    assert!(page.contains(&format!("{last}<a class=\"anchor\"")), "the end is there: {last}");
    let sheets = page.split("<link rel=\"stylesheet\" href=\"../").skip(1);
    let sheets = sheets.map(|rest| site[rest.split('"').next().unwrap()].as_slice());
    let sent: usize = std::iter::once(page.as_bytes()).chain(sheets).map(compressed).sum();
    assert!(page.len() > 2 * MOST && sent <= MOST, "{} bytes, {sent} sent", page.len());
}

fn compressed(bytes: &[u8]) -> usize {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

const TASKS: usize = 900;

/// A task of a busy team; `ticks` of its boxes are ticked.
fn task(number: usize, ticks: usize) -> String {
    let (risk, person) = (["low", "medium", "high"][number % 3], ["ana", "sam", "kim", "lee"][number % 4]);
    let mut text = format!(
        "+++\nid = \"INFRA-{number}\"\ntitle = \"Move the session store of the platform to a new cluster, part {number}\"\nkind = \"terraform\"\nrisk = \"{risk}\"\nrequestor = \"{person}\"\nservices = [\"network\"]\nlabels = [\"team\"]\ndepends = [\"INFRA-{}\"]\n+++\n\n## What\n\nSomething.\n\n## Deployment\n\n",
        number.saturating_sub(1).max(1)
    );
    for (index, item) in ["Terraform code", "Apply in staging", "Apply in production"].iter().enumerate() {
        let mark = if index < ticks { 'x' } else { ' ' };
        writeln!(text, "- [{mark}] {item}").unwrap();
    }
    text
}

/// Changes of which most are over and nearly each is an exception, sixty runbooks, forty decisions: a commit each
/// `step` seconds from a moment on.
fn stream(start: usize, step: usize) -> String {
    let mut stream = String::new();
    let mut commit = |person: &str, files: &[(String, String)]| {
        let mark = stream.matches("commit refs/heads/main").count() + 1;
        let seconds = start + mark * step;
        let who = format!("{person} <{person}@example.org> {seconds} +0200");
        write!(stream, "commit refs/heads/main\nmark :{mark}\nauthor {who}\ncommitter {who}\ndata 4\nwork\n")
            .unwrap();
        if mark > 1 {
            writeln!(stream, "from :{}", mark - 1).unwrap();
        }
        for (path, text) in files {
            writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len()).unwrap();
        }
    };
    let file = |path: String, text: String| (path, text);
    let book = "[book]\ntitle = \"Platform\"\nsrc = \"docs\"\n".to_owned();
    commit("kim", &[file("book.toml".to_owned(), book), file("policy.toml".to_owned(), POLICY.to_owned())]);
    for number in 1..=TASKS {
        let path = format!("tasks/{}/INFRA-{number}.md", 2020 + number / 300);
        commit("ana", &[file(path.clone(), task(number, 0))]);
        // The last hundred are open.
        if number <= TASKS - 100 {
            commit("sam", &[file(path, task(number, 3))]);
        }
    }
    for number in 0..60 {
        let text = format!(
            "+++\nid = \"service-{number}\"\ntitle = \"Service {number} does not answer\"\nservices = [\"network\"]\nowner = \"kim\"\n+++\n\n## Common issues\n\n### It is slow\n\n1. Look\n"
        );
        commit("lee", &[file(format!("runbooks/service-{number}.md"), text)]);
    }
    for number in 0..40 {
        let id = format!("CAB-{}-{:02}", 2020 + number / 12, number % 12 + 1);
        let text = format!(
            "+++\nid = \"{id}\"\ntitle = \"Board {number}\"\nchanges = [\"INFRA-{}\"]\nrequestor = \"kim\"\n+++\n\n## Review items\n\n- [ ] Rollback is written\n",
            TASKS - number
        );
        commit("ana", &[file(format!("cab/{id}.md"), text)]);
    }
    stream
}

/// Lists do not outgrow the reader: of a thousand records each stands on some page, and no page is heavy.
#[test]
fn a_thousand_records_stand_on_light_pages() {
    let book = Fixture::empty();
    // Three years.
    book.import(&stream(1_600_000_000, 45_000));
    book.git(&["checkout", "--quiet", "main"]);
    book.run(&["build"]).expect(0);
    let site = files(&book.root.join("book"));
    let (n_pages, heavy) = heavy(&site);
    assert!(n_pages > 1_000, "{n_pages}");
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
    // What comes before the first answer: the script, the tables with the last entries, the words that begin so, and the
    // entries that they lead to.
    let largest = |start: &str| {
        let sizes = site.iter().filter(|(name, _)| name.starts_with(start)).map(|(_, bytes)| bytes.len());
        sizes.max().unwrap_or_else(|| panic!("no file {start}"))
    };
    let first: usize =
        ["search.js", "search/records.js", "search/words-", "search/records-"].into_iter().map(largest).sum();
    assert!(first <= 80_000, "{first}");
    // Wherever a list goes on, the whole of it is there.
    let text = |name: &str| String::from_utf8_lossy(&site[name]).into_owned();
    let on_pages = |folder: &str, wanted: &str| {
        let pages = site.keys().filter(|name| name.starts_with(folder) && name.ends_with(".html"));
        pages.map(|name| text(name).matches(wanted).count()).sum::<usize>()
    };
    assert_eq!(on_pages("lists/records/", "<th scope=\"row\">"), 1_000);
    assert_eq!(on_pages("lists/all/", "<span class=\"status-word\">"), 1_000);
    assert_eq!(on_pages("audit/", "<li><time"), 1_600);
    assert_eq!(on_pages("tasks/", "<section class=\"evidence\""), 1_600);
    // A hundred tasks without a tick, and forty decisions that nobody has taken.
    assert!(text("records.html").contains("140 are open"), "{}", text("records.html"));
    assert!(text("audit.html").contains("<strong class=\"num\">1600</strong> deployments"));
    let board = text("board.html");
    assert!(board.contains(">800</span>") && board.contains("href=\"status/"), "{board}");
}

/// The same within October 2020: the calendar shows a part of each day and leads to the rest, a few at a time.
#[test]
fn a_month_of_eight_hundred_deployments_is_light() {
    let book = Fixture::empty();
    book.import(&stream(1_601_510_400, 1_500));
    book.git(&["checkout", "--quiet", "main"]);
    book.run(&["build"]).expect(0);
    let site = files(&book.root.join("book"));
    let (_, heavy) = heavy(&site);
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
    let text = |name: &str| String::from_utf8_lossy(&site[name]).into_owned();
    // A deployment each 50 minutes: 28 or 29 on a day, of which the month has room for one.
    let month = text("calendar/2020-10.html");
    assert!(month.contains("entry deployed") && month.contains("calendar/2020-W42.html\">and 2"), "{month}");
    let week = text("calendar/2020-W42.html");
    assert!(week.contains("href=\"../audit/2020-10-part-"), "{week}");
    let n_drawn = week.matches("class=\"entry deployed").count();
    assert!((28..=32).contains(&n_drawn), "{n_drawn}");
}

/// By hand: 150 of 700 tasks are deleted, so that 550 labels and one status stand on two pages of tags, and the deleted on
/// three; 201 days of the board, and the next meeting, on two. What was never decided is carried from one to the next.
#[test]
fn tags_meetings_and_what_was_deleted_come_in_pages() {
    let mut book = Fixture::empty();
    let forge = "https://github.com/example-organisation/platform-infrastructure";
    book.write(
        "book.toml",
        format!("[book]\ntitle = \"Platform\"\n[output.html]\ngit-repository-url = \"{forge}\"\n"),
    );
    book.write("policy.toml", POLICY);
    for number in 0..700 {
        let title = format!("Move the session store of the platform to a new cluster, part {number}");
        let text = format!(
            "+++\nid = \"INFRA-{number}\"\ntitle = \"{title}\"\nkind = \"documentation\"\nlabels = [\"label-{number:03}\"]\n+++\n\n## What\n\nSomething.\n"
        );
        book.write(&format!("tasks/INFRA-{number}.md"), text);
    }
    for day in 0..201 {
        let id = format!("CAB-{}-{:02}", 2000 + day / 12, day % 12 + 1);
        let meeting = format!("{}-{:02}-10", 2000 + day / 12, day % 12 + 1);
        let text =
            format!("+++\nid = \"{id}\"\ntitle = \"Board {day}\"\nmeeting = {meeting}\nchanges = []\n+++\n");
        book.write(&format!("cab/{id}.md"), text);
    }
    book.commit("everything");
    for number in 0..150 {
        std::fs::remove_file(book.root.join(format!("tasks/INFRA-{number}.md"))).unwrap();
    }
    book.commit("some are gone");
    book.run(&["build"]).expect(0);
    let site = files(&book.root.join("book"));
    let (_, heavy) = heavy(&site);
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
    let text = |name: &str| String::from_utf8_lossy(&site[name]).into_owned();
    let count = |pages: &[&str], wanted: &str| -> Vec<usize> {
        pages.iter().map(|page| text(page).matches(wanted).count()).collect()
    };
    let tags = ["tags.html", "tags-2.html"];
    assert_eq!(count(&tags, ">label-").iter().sum::<usize>(), 550, "{}", text("tags.html"));
    assert_eq!(
        count(&["deleted.html", "deleted-2.html", "deleted-3.html"], "<th scope=\"row\">"),
        [60, 60, 30]
    );
    // The next one, whose agenda stands first, takes a place on the first page.
    assert_eq!(count(&["meetings.html", "meetings-2.html"], "class=\"quiet\">minutes"), [199, 2]);
    for last in ["tags-3.html", "deleted-4.html", "meetings-3.html"] {
        assert!(!site.contains_key(last), "{last}");
    }
    let last = text("meetings/2016-09-10.html");
    assert!(last.contains("more. <a href=\"../decisions.html\">The decisions have all</a>"), "{last}");
    assert!(text("all.html").contains("<a href=\"tags.html\">All tags</a>"), "{}", text("all.html"));
    assert!(text("deleted-2.html").contains("<a href=\"deleted-2.html\" aria-current=\"page\">2</a>"));
}
