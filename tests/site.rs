//! The site as files: the same wherever and by whomever it is built.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Fixture, task};

pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn two_clones_elsewhere_make_the_same_tree() {
    let book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    let demo = book.root.join("../demo").canonicalize().unwrap();
    let mut trees = Vec::new();
    let surroundings = [("UTC", "C", "1", "ana"), ("Asia/Kathmandu", "tr_TR.UTF-8", "7", "somebody else")];
    for (number, (zone, locale, cores, user)) in surroundings.into_iter().enumerate() {
        let clone = book.root.join(format!("../clones-{number}/a place {number}"));
        std::fs::create_dir_all(clone.parent().unwrap()).unwrap();
        book.git(&["clone", "--quiet", &demo.to_string_lossy(), &clone.to_string_lossy()]);
        let output = book
            .program()
            .current_dir(&clone)
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("LANG", locale)
            .env("RAYON_NUM_THREADS", cores)
            .env("USER", user)
            .env("HOME", clone.parent().unwrap())
            .args(["build"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        trees.push(files(&clone.join("book")));
    }
    assert!(trees[0].len() > 100);
    let different: Vec<&String> =
        trees[0].keys().filter(|name| trees[0].get(*name) != trees[1].get(*name)).collect();
    assert!(different.is_empty() && trees[0].len() == trees[1].len(), "{different:?}");
}

/// What is kept of an earlier build changes no byte: neither when it is whole, nor old, nor damaged.
#[test]
fn with_and_without_what_is_kept_the_site_is_the_same() {
    let mut book = Fixture::book();
    let text = |number: usize| {
        format!(
            "{}\n[other](INFRA-{}.md) `x` INFRA-3\n\n```hcl\na = \"{number}\"\n```\n\n```yaml\nb: {number}\n```\n\n```hcl\na = \"1\"\n```\n",
            task(&format!("INFRA-{number}"), ""),
            number % 3 + 1
        )
    };
    for number in 1..=3 {
        book.write(&format!("tasks/INFRA-{number}.md"), text(number));
    }
    book.write("docs/SUMMARY.md", "- [Start](index.md)\n");
    book.write("docs/index.md", "# Start\n\n```console\n$ ls\n```\n\nSee INFRA-1 and INFRA-4.\n");
    book.commit("three tasks");
    let build = |out: &str, more: &[&str]| {
        book.run(&[&["build", "--out", out], more].concat()).expect(0);
        files(&book.root.join(out))
    };
    let agrees = |round: &str| {
        let plain = build("../plain", &["--no-cache"]);
        assert!(String::from_utf8_lossy(&plain["tasks/INFRA-1.html"]).contains("class=\"hs\""));
        assert_eq!(plain, build("../cached", &[]), "{round}");
        assert_eq!(plain, build("../again", &[]), "{round}, once more");
    };
    agrees("nothing is kept");
    // What a record is linked from changes with the records that there are.
    book.write("tasks/INFRA-4.md", text(4));
    agrees("one record more");
    book.git(&["mv", "tasks/INFRA-3.md", "tasks/INFRA-33.md"]);
    book.replace("tasks/INFRA-33.md", "INFRA-3\"", "INFRA-33\"");
    book.replace("tasks/INFRA-2.md", "INFRA-3.md", "INFRA-33.md");
    agrees("one of another name");
    let kept = book.root.join(".git/changebook/cache");
    let pieces =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pieces-"));
    let pieces: Vec<_> = walkdir::WalkDir::new(kept)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| pieces(path))
        .collect();
    assert!(!pieces.is_empty());
    for path in pieces {
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    agrees("all is damaged");
}

#[test]
fn a_book_brings_its_own_style_script_and_logo() {
    let mut book = Fixture::book();
    book.write("templates/site/brand.css", ":root { --accent: #7a1f6b; }");
    book.write("templates/site/brand.js", "\"use strict\";");
    book.write("templates/site/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    book.commit("brand");
    book.run(&["build"]).expect(0);
    let page = book.read("book/index.html");
    for wanted in ["href=\"brand.css\"", "src=\"brand.js\"", "src=\"logo.svg\""] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(book.root.join("book/brand.css").exists());
}

#[test]
fn a_site_under_an_address_says_so_everywhere() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.commit("propose");
    book.run(&["build"]).expect(0);
    let plain = files(&book.root.join("book"));
    assert!(!plain.contains_key("sitemap.xml"));
    book.run(&["build", "--base", "https://example.org/changes"]).expect(0);
    let canonical = "<link rel=\"canonical\" href=\"https://example.org/changes/tasks/INFRA-1.html\">";
    assert!(book.read("book/tasks/INFRA-1.html").contains(canonical));
    assert!(book.read("book/sitemap.xml").contains("<loc>https://example.org/changes/index.html</loc>"));
    assert!(book.read("book/404.html").contains("<base href=\"https://example.org/changes/\">"));
    assert!(book.read("book/feed.xml").contains("https://example.org/changes/"));
    // The settings say it for every build; the option goes before them.
    let config = book.read("book.toml");
    book.write("book.toml", format!("{config}[output.html]\nsite-url = \"/of-settings/\"\n"));
    book.run(&["build"]).expect(0);
    assert!(book.read("book/404.html").contains("<base href=\"/of-settings/\">"));
    book.run(&["build", "--base", "/of-option"]).expect(0);
    assert!(book.read("book/404.html").contains("<base href=\"/of-option/\">"));
    for wrong in ["/a\"><b>", "javascript:alert(1)", "example.org", "//example.org/", "https://", "/a b"] {
        book.run(&["build", "--base", wrong]).expect(2);
    }
}

#[test]
fn moved_pages_lead_on_without_script() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.write("docs/SUMMARY.md", "# Summary\n\n- [New](part/new.md)\n");
    book.write("docs/part/new.md", "# New\n\n## What\n");
    let config = book.read("book.toml");
    let redirects = "[output.html.redirect]\n\"/old.html\" = \"part/new.html#what\"\n\"/part/older.html\" = \"/part/new.html\"\n\"/gone.html\" = \"https://example.org/a?b=1\"\n";
    book.write("book.toml", format!("{config}{redirects}"));
    book.commit("start");
    book.run(&["renumber", "INFRA-1", "INFRA-7"]).expect(0);
    book.git(&["mv", "tasks/INFRA-7.md", "tasks/INFRA-9.md"]);
    book.replace("tasks/INFRA-9.md", "INFRA-7", "INFRA-9");
    book.later().commit("INFRA-7 is INFRA-9 from now on");
    book.run(&["build"]).expect(0);
    for (page, to) in [
        ("manual/old.html", "../manual/part/new.html#what"),
        ("manual/part/older.html", "../../manual/part/new.html"),
        ("manual/gone.html", "https://example.org/a?b=1"),
        ("tasks/INFRA-1.html", "../tasks/INFRA-9.html"),
        ("tasks/INFRA-7.html", "../tasks/INFRA-9.html"),
    ] {
        let text = book.read(&format!("book/{page}"));
        assert!(
            text.contains(&format!("<meta http-equiv=\"refresh\" content=\"0; url={to}\">")),
            "{page}: {text}"
        );
        assert!(text.contains(&format!("<link rel=\"canonical\" href=\"{to}\">")), "{page}: {text}");
        assert!(text.contains(&format!("<a href=\"{to}\">")) && !text.contains("<script"), "{page}: {text}");
    }
    // Wrong ones have a place, and no page is replaced.
    for (line, message) in [
        ("\"/x.html\" = \"nowhere.html\"", "has an invalid target: `nowhere.html`"),
        ("\"/part/new.html\" = \"https://example.org\"", "is a page of the site"),
        ("\"../x.html\" = \"part/new.html\"", "is not a page that can be redirected"),
        ("\"/x.html\" = \"javascript:alert(1)\"", "has an invalid target"),
        ("\"/x.html\" = \"part/new.html#why\"", "an anchor that does not exist: `#why`"),
    ] {
        book.write("book.toml", format!("{config}[output.html.redirect]\n{line}\n"));
        let run = book.run(&["build"]).expect(3);
        assert!(
            run.stderr.contains("book.toml:5:") && run.stderr.contains(message),
            "{line}: {}",
            run.stderr
        );
    }
}

/// Nothing vanishes: who follows an old address, or a text that nobody changes any more, is told what happened.
#[test]
fn a_deleted_record_keeps_its_page() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.write("tasks/2024/INFRA-2.md", task("INFRA-2", "").replace("A change", "<b>Old</b>"));
    book.write(
        "tasks/INFRA-3.md",
        format!(
            "{}\n[it](2024/INFRA-2.md#what), and INFRA-2 again\n",
            task("INFRA-3", "depends = [\"INFRA-2\"]\n")
        ),
    );
    book.commit("start");
    let held = book.head();
    // What was deleted and came back is there; what was deleted on a branch is gone when that lands.
    book.git(&["rm", "--quiet", "tasks/INFRA-1.md"]);
    book.later().commit("away with it");
    book.write("tasks/INFRA-1.md", task("INFRA-1", ""));
    book.later().commit("back");
    book.git(&["checkout", "--quiet", "-b", "topic", &held]);
    book.git(&["rm", "--quiet", "tasks/2024/INFRA-2.md"]);
    book.person("sam").later().commit("Drop <the> old plan");
    let deleted = book.head();
    book.git(&["checkout", "--quiet", "main"]);
    book.later().git(&["merge", "--quiet", "--no-ff", "-m", "Merge topic", "topic"]);
    book.run(&["build"]).expect(0);
    let page = book.read("book/tasks/INFRA-2.html");
    for text in [
        "&lt;b&gt;Old&lt;/b&gt;",
        "Drop &lt;the&gt; old plan",
        ">sam</a>",
        &deleted[..7],
        &format!("git checkout {held} -- tasks/2024/INFRA-2.md"),
        "INFRA-3.html",
    ] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    let text = book.read("book/tasks/INFRA-3.html");
    assert!(
        text.contains("href=\"../tasks/INFRA-2.html#what\"") && !text.contains("not in the book"),
        "{text}"
    );
    assert!(book.read("book/badges/tasks/INFRA-2.svg").contains("INFRA-2: Deleted"));
    assert!(book.read("book/tasks/INFRA-1.html").contains("<h1>"));
    let list = book.read("book/deleted.html");
    assert!(list.contains("INFRA-2") && !list.contains("INFRA-1"), "{list}");
    let history = book.read("book/tasks/INFRA-2.history.html");
    assert!(history.contains("url=../tasks/INFRA-2.html"), "{history}");
    assert!(book.read("book/records.html").contains("href=\"deleted.html\">1 deleted"));
    let index = book.read("book/search/records.js");
    assert!(index.contains("[\"deleted\",\"Deleted\"]"), "{index}");
    assert!(index.contains("[\"INFRA-2\",\"\\u003cb>Old\\u003c/b>"), "{index}");
    // At the time when it was there, it is a record.
    book.run(&["build", "--at", &held, "--out", "then"]).expect(0);
    assert!(!book.root.join("then/deleted.html").exists());
    assert!(!book.read("then/tasks/INFRA-2.html").contains("Deleted"));
}

/// Whoever mends a text that other pages include is sent to that text.
#[test]
fn a_broken_link_of_an_included_text_has_its_own_file_and_line() {
    let mut book = Fixture::book();
    book.write("docs/SUMMARY.md", "# Summary\n\n- [Page](page.md)\n");
    book.write(
        "docs/page.md",
        "# Page\n\nBefore.\n\n{{#include ../parts/a.md:2:}}\n\n[away](https://example.org/page)\n",
    );
    book.write(
        "parts/a.md",
        "left out\nfine\n\nand [broken](nowhere.md)\n{{#include none.md}} [far](https://example.org/a)\n",
    );
    book.commit("start");
    let run = book.run(&["build"]).expect(3);
    for place in [
        "parts/a.md:4:5: error[reference-broken]: `nowhere.md`",
        "parts/a.md:5:1: error[reference-broken]: `{{#include none.md}}`",
    ] {
        assert!(run.stderr.contains(place), "{}", run.stderr);
    }
    book.run(&["build", "--allow-broken-links"]).expect(0);
    let links: serde_json::Value = serde_json::from_str(&book.read("book/external-links.json")).unwrap();
    let place = |index: usize| {
        (links["links"][index]["path"].as_str().unwrap(), links["links"][index]["line"].as_u64())
    };
    assert_eq!([place(0), place(1)], [("docs/page.md", Some(7)), ("parts/a.md", Some(5))]);
}

#[test]
fn links_to_other_hosts_are_listed_and_never_asked_for() {
    let mut book = Fixture::book();
    book.write("tasks/INFRA-1.md", task("INFRA-1", "").replace("## What", "## What\n\nSee https://one.example/a.\n\n[two](<https://two.example/b c?d=1&e=2>)\n\n`https://no.example`"));
    book.write("docs/x.md", "# X\n\n<a href=\"http://three.example\">3</a> www.four.example\n\n![5](https://five.example/t.png) [mail](mailto:a@example.org) [in](../tasks/INFRA-1.md)\n");
    book.commit("links");
    let built = book.json(&["build"]);
    let text = book.read("tasks/INFRA-1.md");
    let line = |words: &str| 1 + text.lines().position(|line| line.contains(words)).unwrap();
    let found: Vec<(&str, &str, u64, &str)> = built["external_links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            let text = |key: &str| link[key].as_str().unwrap();
            (text("address"), text("path"), link["line"].as_u64().unwrap(), text("page"))
        })
        .collect();
    let (task, page, at) = ("tasks/INFRA-1.md", "tasks/INFRA-1.html", |words: &str| line(words) as u64);
    assert_eq!(
        found,
        [
            ("http://three.example", "docs/x.md", 3, "manual/x.html"),
            ("http://www.four.example", "docs/x.md", 3, "manual/x.html"),
            ("https://five.example/t.png", "docs/x.md", 5, "manual/x.html"),
            ("https://one.example/a", task, at("one.example"), page),
            ("https://two.example/b c?d=1&e=2", task, at("two.example"), page),
        ]
    );
    let listed: serde_json::Value = serde_json::from_str(&book.read("book/external-links.json")).unwrap();
    assert_eq!(listed["links"], built["external_links"]);
}

#[test]
fn a_chapter_that_nobody_committed_says_so_and_a_conflict_in_one_is_an_error() {
    let mut book = Fixture::book();
    book.write("docs/SUMMARY.md", "# Summary\n\n- [Page](page.md)\n- [New](new.md)\n");
    let example = "# Page\n\n```text\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n```\n";
    book.write("docs/page.md", example);
    book.write("docs/new.md", "# New\n");
    book.commit("start");
    let marked = |book: &Fixture| {
        book.run(&["build"]).expect(0);
        ["page", "new"].map(|page| book.read(&format!("book/manual/{page}.html")).contains("not committed"))
    };
    assert_eq!(marked(&book), [false, false]);
    // Other line ends are a checkout's own.
    book.write("docs/page.md", example.replace('\n', "\r\n"));
    assert_eq!(marked(&book), [false, false]);
    book.write("docs/new.md", "# New\n\nA word more.\n");
    assert_eq!(marked(&book), [false, true]);
    book.commit("a word more");
    assert_eq!(marked(&book), [false, false]);
    book.write("docs/new.md", "# New\n\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n");
    let run = book.run(&["build"]).expect(3);
    assert!(
        run.stderr.contains("docs/new.md:3:1: error[record-broken]: an unresolved merge conflict"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_drawing_that_is_not_taken_over_is_refused_where_it_is_linked() {
    let mut book = Fixture::book();
    book.write("docs/x.md", "# X\n\n![a](img/a.svg) ![b](img/b.svg) [c](img/c.docx)\n");
    book.write("docs/img/a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>");
    let declared = "<!DOCTYPE svg SYSTEM \"x\" [<!ATTLIST svg onload CDATA \"alert(1)\">]>";
    book.write("docs/img/b.svg", format!("{declared}<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
    book.write("docs/img/c.docx", "x");
    book.commit("drawings");
    let run = book.run(&["build"]).expect(3);
    for told in [
        "docs/x.md:3:17: error[reference-broken]: `img/b.svg` is not included in the site: it declares its own document type",
        "docs/x.md:3:33: error[reference-broken]: `img/c.docx` is not included in the site: files that end in `.docx`",
    ] {
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    book.run(&["build", "--allow-broken-links"]).expect(0);
    assert!(book.root.join("book/manual/img/a.svg").exists());
    assert!(!book.root.join("book/manual/img/b.svg").exists());
}

/// Friday's question: nobody is told on Saturday that a freeze began.
#[test]
fn a_change_in_a_coming_freeze_is_told_everywhere() {
    let mut book = Fixture::book();
    let freeze =
        "\n[[freeze]]\nname = \"Quarter end\"\nfrom = 2024-05-31T18:00:00Z\nto = 2024-06-03T08:00:00Z\n";
    let policy = book.read("policy.toml") + freeze;
    book.write("policy.toml", policy);
    book.person("kim").commit("freeze");
    let scheduled =
        |id: &str, time: &str| task(id, &format!("risk = \"low\"\nscheduled = {time}\nduration = \"90m\"\n"));
    book.person("ana").write("tasks/INFRA-1.md", scheduled("INFRA-1", "2024-06-01T02:00:00Z"));
    book.write("tasks/INFRA-2.md", scheduled("INFRA-2", "2024-06-03T08:00:00Z"));
    book.commit("two tasks");
    let now = ["--now", "2024-05-30T09:00:00Z"];
    book.run(&[&["build"], &now[..]].concat()).expect(0);
    let overview = book.read("book/index.html");
    let told = "freeze “Quarter end” until Mon 3 Jun 2024 08:00 +00:00";
    assert_eq!(overview.matches(told).count(), 1, "{overview}");
    assert!(
        overview.contains("“Quarter end” from Fri 31 May 2024 18:00 +00:00 until Mon 3 Jun"),
        "{overview}"
    );
    let (first, second) = (book.read("book/tasks/INFRA-1.html"), book.read("book/tasks/INFRA-2.html"));
    assert!(
        first.contains(told) && first.contains("no collision") && first.contains("1 h 30 min"),
        "{first}"
    );
    assert!(second.contains("no freeze") && !second.contains(told), "{second}");
    let windows = book.json(&[&["windows"], &now[..]].concat());
    let collision = "INFRA-1 is scheduled for Sat 2024-06-01 02:00, during the freeze `Quarter end`, which ends Mon 2024-06-03 08:00";
    assert_eq!(windows["collisions"], serde_json::json!([collision]));
}

/// As long as it is light, a record's page has all that happened with what it changed; then the whole has pages of its own.
#[test]
fn a_history_stands_on_the_page_of_its_record_while_it_is_light() {
    let mut book = Fixture::book();
    let path = "tasks/INFRA-1.md";
    book.write(path, task("INFRA-1", ""));
    book.commit("start");
    for number in 0..10 {
        let text = book.read(path);
        book.write(path, format!("{text}\nParagraph {number}.\n"));
        book.later().commit(&format!("say {number}"));
    }
    book.run(&["build"]).expect(0);
    let entries = |page: &str| {
        page.split("<section class=\"timeline\"").nth(1).unwrap().matches("<li><details>").count()
    };
    let page = book.read("book/tasks/INFRA-1.html");
    assert_eq!(entries(&page), 11);
    for text in ["<span class=\"added\">+ Paragraph 0.</span>", "<span class=\"added\">+ Paragraph 9.</span>"]
    {
        assert!(page.contains(text), "no {text} in {page}");
    }
    let whole = book.root.join("book/tasks/INFRA-1.history.html");
    assert!(!page.contains("The whole history") && !whole.exists());
    // Each of these is written and then taken back, so that the text stays short and the history becomes long.
    for number in 0..3 {
        let text = book.read(path);
        let many: String =
            (0..55).map(|line| format!("Line {line} of {number}, {}.\n", "word ".repeat(20))).collect();
        book.write(path, format!("{text}\n{many}"));
        book.later().commit("long");
        book.write(path, text);
        book.later().commit("short again");
    }
    book.run(&["build"]).expect(0);
    let page = book.read("book/tasks/INFRA-1.html");
    assert_eq!(entries(&page), 5);
    assert!(page.contains("The whole history</a>, with 12 earlier entries"), "{page}");
    let history = book.read("book/tasks/INFRA-1.history.html");
    assert!(history.contains("+ Line 0 of 2,") && page.len() < 34_000, "{}", page.len());
}
