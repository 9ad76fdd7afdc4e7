//! The site as files: the same wherever and by whomever it is built.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Fixture, task};

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
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
            .args(["build"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        trees.push(files(&clone.join("book")));
    }
    assert!(trees[0].len() > 200);
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

/// A page loads one sheet, and that stays small; the second is for the pages that need it.
#[test]
fn most_pages_load_one_small_sheet() {
    let book = Fixture::book();
    book.run(&["build"]).expect(0);
    let site = files(&book.root.join("book"));
    assert!(site["style.css"].len() < 32_000, "{}", site["style.css"].len());
    let sheets = |name: &str| String::from_utf8_lossy(&site[name]).matches("rel=\"stylesheet\"").count();
    assert_eq!((sheets("index.html"), sheets("records.html")), (1, 1));
    assert_eq!((sheets("audit.html"), sheets("calendar.html")), (2, 2));
}
