//! The demo's pages in a real browser. Without one the test says so; with `CHANGEBOOK_REQUIRE_TOOLS` that is a
//! failure.

use std::path::Path;
use std::process::Command;

use crate::support::{Fixture, say_skipped};

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
fn pages_render_with_an_empty_console() {
    let Some(browser) = browser() else {
        say_skipped("no chromium on the PATH");
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

/// A page that loads each page of a site in frames of several widths and says which are wider than their frame.
fn measuring_page(site: &Path, widths: &[u32]) -> String {
    let mut pages: Vec<String> = walkdir::WalkDir::new(site)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.path().to_string_lossy().into_owned()))
        .filter(|path| path.ends_with(".html"))
        .collect();
    pages.sort();
    assert!(pages.len() > 30);
    let pages = serde_json::to_string(&pages).unwrap();
    format!(
        r#"<!doctype html><body><pre id=out></pre><script>
(async () => {{
  const wide = [];
  let drawings = 0;
  for (const width of {widths:?}) for (const page of {pages}) {{
    const frame = document.createElement("iframe");
    frame.style.cssText = `border: 0; height: 900px; width: ${{width}}px`;
    document.body.append(frame);
    await new Promise((done) => {{ frame.onload = done; frame.src = "file://" + page; }});
    if (frame.contentDocument.documentElement.scrollWidth > width) wide.push(width + " " + page);
    for (const drawing of frame.contentDocument.querySelectorAll(".radius svg")) {{
      if (drawing.getClientRects().length === 0) continue;
      drawings += 1;
      if (width < 640 && drawing.getBoundingClientRect().right > width) wide.push(width + " drawing in " + page);
      const text = drawing.querySelector("text").getBoundingClientRect().height;
      if (text < 12) wide.push(width + " small letters in " + page);
    }}
    frame.remove();
  }}
  document.getElementById("out").textContent = "measured: " + wide.join(", ") + ". " + drawings + " drawings";
}})();
</script>"#
    )
}

#[test]
fn no_page_scrolls_sideways() {
    let Some(browser) = browser() else {
        say_skipped("no chromium on the PATH");
        return;
    };
    let book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    let demo = book.root.join("../demo").canonicalize().unwrap();
    let long = "x".repeat(300);
    let awkward = format!(
        "+++\nid = \"INFRA-900\"\ntitle = \"{long}\"\nkind = \"general\"\n+++\n\n{long}\n\n- [ ] {long}\n- [ ] `{long}`\n\n|{cell}\n|{rule}\n|{cell}\n\n<table><tr>{raw}</tr></table>\n\n```\n{long}\n```\n",
        cell = "a wide cell|".repeat(20),
        rule = "-|".repeat(20),
        raw = "<td>a wide cell</td>".repeat(20),
    );
    std::fs::write(demo.join("tasks/INFRA-900.md"), awkward).unwrap();
    book.run_at(&demo, &["build"]).expect(0);
    let outer = tempfile::tempdir().unwrap();
    let page = outer.path().join("outer.html");
    std::fs::write(&page, measuring_page(&demo.join("book"), &[320, 390, 1440])).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args(["--allow-file-access-from-files", "--virtual-time-budget=600000", "--window-size=1600,1000"])
        .arg(format!("--user-data-dir={}", outer.path().join("profile").display()))
        .args(["--dump-dom", &format!("file://{}", page.display())])
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    // Three plans of the demo touch what exists, and one drawing of each is shown at each of three widths.
    assert!(dom.contains("measured: . 9 drawings"), "{}", dom.split("<script>").next().unwrap_or_default());
}
