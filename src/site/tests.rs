//! Whole sites from made-up books.

use std::path::Path;

use super::fixture::{self, Book};
use super::{DocFile, Page, SiteError, render_site, write_site};

fn pages(book: &Book) -> Vec<Page> {
    render_site(&book.input()).unwrap()
}

fn text<'a>(pages: &'a [Page], path: &str) -> &'a str {
    let page = pages.iter().find(|page| page.path == path).unwrap_or_else(|| panic!("no page {path}"));
    page.text()
}

/// Writes the fixture's site for a look in a browser, where the variable says.
#[test]
fn fixture_is_written_where_asked() {
    let pages = pages(&fixture::book());
    if let Some(out) = std::env::var_os("CHANGEBOOK_SITE_OUT") {
        write_site(&Path::new(&out).join("book"), &pages).unwrap();
        write_site(&Path::new(&out).join("empty"), &self::pages(&fixture::empty())).unwrap();
    }
}

#[test]
fn every_page_type_is_made() {
    let pages = pages(&fixture::book());
    let paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    for path in [
        "index.html",
        "board.html",
        "records.html",
        "decisions.html",
        "runbooks.html",
        "tags.html",
        "404.html",
        "all.html",
        "audit.html",
        "calendar.html",
        "calendar/2024-06.html",
        "calendar/2024-W22.html",
        "calendar.ics",
        "feed.xml",
        "graph.html",
        "meetings/2024-05-16.html",
        "metrics.html",
        "people/kim.html",
        "people/kim.xml",
        "service/redis.xml",
        "badges/tasks/INFRA-150.svg",
        "records.json",
        "search/records.js",
        "style.css",
        "pages.css",
        "script.js",
        "tasks/INFRA-100.html",
        "tasks/INFRA-210.html",
        "decisions/CAB-2024-05.html",
        "runbooks/redis-cluster.html",
        "tasks/tasks.2fbroken.20one.2emd.html",
        "status/rolled-back.html",
        "risk/high.html",
        "service/redis.html",
        "label/PROJ-456.html",
        "manual/index.html",
        "manual/guide/windows.html",
        "manual/img/flow.svg",
    ] {
        assert!(paths.contains(&path), "{path} is not among {paths:?}");
    }
}

/// A commit of the book's history is linked to the forge; another word of hexadecimal digits is not. An image keeps
/// its place free.
#[test]
fn commits_in_prose_are_linked_and_images_have_their_size() {
    let mut book = fixture::book();
    let commit = book.state.at.as_ref().unwrap().commit.hex();
    // Signature, header chunk, 3 by 2 pixels: PNG specification, 11.2.2.
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0, 3, 0, 0, 0, 2, 8, 6, 0, 0, 0]);
    let source = format!("# X\n\nsee {} and 0123456789 and x{commit}\n\n![a](img/a.png)\n", &commit[..8]);
    book.docs.push(DocFile::new("docs/cited.md", source));
    book.docs.push(DocFile::new("docs/img/a.png", png));
    let pages = pages(&book);
    let page = text(&pages, "manual/cited.html");
    let link = format!(
        "<a href=\"https://git.example.org/platform/infrastructure/commit/{commit}\">{}</a>",
        &commit[..8]
    );
    assert!(page.contains(&format!("see {link} and 0123456789 and x{commit}")), "{page}");
    assert!(page.contains("src=\"../manual/img/a.png\" width=\"3\" height=\"2\" alt=\"a\""), "{page}");
}

/// A page that stays is not written again because of a commit: only the overview and a script have what that changes.
#[test]
fn the_overview_and_a_script_state_the_commit_and_the_time() {
    let pages = pages(&fixture::book());
    let states =
        |page: &Page| page.text().contains("<time datetime=\"2024-05-24T02:14:00+02:00\">24 May 2024 02:14");
    assert!(states(pages.iter().find(|page| page.path == "index.html").unwrap()));
    let script = text(&pages, "as-of.js");
    assert!(
        script.contains("as of <a class=\\\"commit\\\"") && script.contains("24 May 2024 02:14 +02:00"),
        "{script}"
    );
}

#[test]
fn two_renderings_are_the_same_bytes() {
    assert_eq!(pages(&fixture::book()), pages(&fixture::book()));
}

/// What a browser would run or load, and where a relative link leads.
#[test]
fn pages_run_nothing_and_their_links_lead_somewhere() {
    let pages = pages(&fixture::book());
    let paths: Vec<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    for page in pages.iter().filter(|page| page.path.ends_with(".html")) {
        let html = text(&pages, &page.path);
        assert_eq!(html.matches("<script").count(), html.matches("<script src=\"").count(), "{}", page.path);
        assert!(!html.contains(" style=") && !html.contains("javascript:"), "{}", page.path);
        assert!(html.contains("default-src 'none'"), "{}", page.path);
        for attribute in [" href=\"", " src=\""] {
            for (start, found) in html.match_indices(attribute) {
                let address = html[start + found.len()..].split('"').next().unwrap();
                if address.starts_with("http") || address.starts_with("mailto") {
                    continue;
                }
                let (file, anchor) = address.split_once('#').unwrap_or((address, ""));
                let target = if file.is_empty() {
                    page.path.clone()
                } else {
                    super::paths::joined(&page.path, &super::paths::percent_decoded(file)).unwrap()
                };
                assert!(paths.contains(&target.as_str()), "{}: {address}", page.path);
                if !anchor.is_empty() {
                    assert!(
                        text(&pages, &target).contains(&format!("id=\"{anchor}\"")),
                        "{}: {address}",
                        page.path
                    );
                }
            }
        }
    }
}

#[test]
fn a_task_shows_its_state_with_evidence() {
    let pages = pages(&fixture::book());
    let page = text(&pages, "tasks/INFRA-150.html");
    for wanted in [
        "Waiting for",
        "high risk",
        "not landed",
        "condition-open",
        "signed",
        "Plan: 1 to add, 1 to change, 1 to destroy.",
        "Sat 25 May 2024 02:00 +02:00",
        "DevOps lead review",
        "git --no-replace-objects show ",
        "git --no-replace-objects log -p --follow -- tasks/INFRA-150.md",
        "as of the commit on the <a href=\"../index.html\">overview</a>",
        "../as-of.js",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    let done = text(&pages, "tasks/INFRA-100.html");
    assert!(done.contains("aria-label=\"done\"></span> Code review <span class=\"by\">Kim <time"), "{done}");
    assert!(done.contains("jira") && done.contains("(custom key)"));
}

#[test]
fn a_broken_record_has_a_page_with_its_text_escaped() {
    let pages = pages(&fixture::book());
    let page = text(&pages, "tasks/tasks.2fbroken.20one.2emd.html");
    assert!(page.contains("tasks/broken one.md:3:1") && page.contains("record-broken"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)"));
}

/// A change stands in its week at its hours, and pages lead from month to week and on.
#[test]
fn a_week_shows_its_hours() {
    let pages = pages(&fixture::book());
    let month = text(&pages, "calendar.html");
    assert!(month.contains("href=\"calendar/2024-W21.html\">Week 21, by the hour</a>"), "{month}");
    let week = text(&pages, "calendar/2024-W21.html");
    for wanted in [
        "20 – 26 May 2024",
        "href=\"../calendar.html\">May 2024</a>",
        "rel=\"prev\" href=\"../calendar/2024-W20.html\"",
        "rel=\"next\" href=\"../calendar/2024-W22.html\"",
        "<a href=\"../tasks/INFRA-150.html\"><rect class=\"bar",
        "<h3>Sat 25 May</h3>",
    ] {
        assert!(week.contains(wanted), "{wanted}: {week}");
    }
}

#[test]
fn an_empty_book_teaches() {
    let pages = pages(&fixture::empty());
    assert!(text(&pages, "index.html").contains("changebook new task"));
    assert!(text(&pages, "runbooks.html").contains("changebook new runbook"));
    assert!(!text(&pages, "index.html").contains(">Manual<"));
}

fn with_doc(path: &str, body: &str) -> Book {
    let mut book = fixture::book();
    book.docs.retain(|doc| doc.path != path);
    book.docs.push(DocFile::new(path, body));
    book
}

#[test]
fn broken_links_fail_with_their_place() {
    for (body, line, column, message) in [
        ("a\n\nsee [x](nope.md)", 3, 5, "`nope.md` does not exist"),
        ("see [x](guide/windows.md#gone)", 1, 5, "anchor that does not exist: `#gone`"),
        ("# A\n\n[x](#b)", 3, 1, "anchor that does not exist: `#b`"),
        ("ä ![x](img/none.png)", 1, 3, "`img/none.png` does not exist"),
        ("[x](../../etc/passwd)", 1, 1, "is outside of the book"),
        ("[x](../tasks/INFRA-999.md)", 1, 1, "`tasks/INFRA-999.md` is not a record"),
        ("<p>\n<img alt=\"\" src=\"gone.png\">", 2, 18, "`gone.png` does not exist"),
        ("text <a href='gone.md'>x</a>", 1, 15, "`gone.md` does not exist"),
        ("[x](file:///etc/passwd)", 1, 1, "is a path on a single machine"),
    ] {
        let mut book = with_doc("docs/extra.md", body);
        let Err(SiteError::Links(found)) = render_site(&book.input()) else { panic!("{body} must fail") };
        let [only] = &found[..] else { panic!("{body}: {found:?}") };
        assert_eq!((only.path.as_str(), only.line, only.column), ("docs/extra.md", line, column), "{body}");
        assert!(only.message.contains(message), "{body}: {}", only.message);
        book.config.allow_broken_links = true;
        assert!(render_site(&book.input()).is_ok(), "{body}");
    }
}

#[test]
fn slips_are_looked_for_as_long_as_they_are_few() {
    let helps = |n_links: usize| {
        let links: Vec<String> = (0..n_links).map(|n| format!("[x](../tasks/INFRA-15O.md?{n})")).collect();
        let book = with_doc("docs/extra.md", &links.join("\n"));
        let Err(SiteError::Links(found)) = render_site(&book.input()) else { panic!("must fail") };
        found.into_iter().map(|found| found.help.unwrap()).collect::<Vec<String>>()
    };
    let few = helps(2);
    assert!(few.iter().all(|help| help == "did you mean `tasks/INFRA-150.md`?"), "{few:?}");
    let many = helps(60);
    assert!(many.len() == 60 && many.iter().all(|help| help.starts_with("the site contains")), "{many:?}");
}

#[test]
fn a_chapter_without_a_file_is_reported_in_the_summary() {
    let book = with_doc("docs/SUMMARY.md", "# Summary\n\n- [A](README.md)\n- [B](b.md)\n");
    let Err(SiteError::Links(found)) = render_site(&book.input()) else { panic!("must fail") };
    assert_eq!((found[0].path.as_str(), found[0].line, found[0].column), ("docs/SUMMARY.md", 4, 3));
}

#[test]
fn links_lead_from_file_to_page() {
    for (body, wanted) in [
        ("[x](../tasks/INFRA-150.md#blast-radius)", "<a href=\"../tasks/INFRA-150.html#blast-radius\">x</a>"),
        ("[x](guide/trust.md?plain=1)", "<a href=\"guide/trust.html\">"),
        ("[x](/docs/guide/trust.md)", "trust.html\">x</a>"),
        ("[x](guide/trust.html)", "trust.html\">x</a>"),
        (
            "see INFRA-150, not INFRA-1501 or `INFRA-150`",
            ">INFRA-150</a>, not INFRA-1501 or <code>INFRA-150</code>",
        ),
        (
            "https://x.example/INFRA-150",
            "<p><a href=\"https://x.example/INFRA-150\">https://x.example/INFRA-150</a></p>",
        ),
        (
            "[![build](https://x.example/b.svg)](https://x.example)",
            "<p><a href=\"https://x.example\">build</a></p>",
        ),
        ("[see https://x.example](guide/trust.md)", ">see https://x.example</a>"),
        (
            "**redis-cluster**",
            "<strong><a href=\"../runbooks/redis-cluster.html\">redis-cluster</a></strong>",
        ),
        (
            "<img src=\"img/flow.svg\">",
            "<img alt=\"\" width=\"320\" height=\"60\" src=\"../manual/img/flow.svg\">",
        ),
        ("![a *b*](img/flow.svg)", "src=\"../manual/img/flow.svg\" width=\"320\" height=\"60\" alt=\"a b\""),
        ("![a](https://x.example/t.png)", "<a href=\"https://x.example/t.png\">a</a>"),
        ("<a@example.org>", "<a href=\"mailto:a@example.org\">"),
    ] {
        let book = with_doc("docs/extra.md", body);
        let pages = pages(&book);
        let page = text(&pages, "manual/extra.html").replace("../manual/guide/", "guide/");
        assert!(page.contains(wanted), "{body}: {page}");
    }
}
