//! The demo's pages in a real browser. Without one the test says so; with `CHANGEBOOK_REQUIRE_TOOLS` that is a
//! failure.

use std::path::Path;
use std::process::Command;

use crate::support::Fixture;

fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    assert!(
        found.is_some() || std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(),
        "no browser, and one is required"
    );
    found
}

fn render(browser: &str, page: &Path, width: u32) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args([
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn pages_render_with_an_empty_console() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no chromium on the PATH");
        return;
    };
    let book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    let site = book.root.join("../demo/book").canonicalize().unwrap();
    for (page, expected) in [
        ("index.html", "Going out"),
        ("board.html", "INFRA-230"),
        ("records.html", "13 of 13"),
        ("tasks/INFRA-150.html", "Migrate to the new VPC"),
        ("decisions/CAB-2024-05.html", "VPC migration review"),
        ("runbooks/redis-cluster.html", "What do you see?"),
        ("manual/changes.html", "step by step"),
    ] {
        let (dom, log) = render(browser, &site.join(page), 390);
        assert!(dom.contains(expected), "{page} has no {expected:?}");
        let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(console.is_empty(), "{page}: {console:?}");
    }
}
