//! The site as files: the same wherever and by whomever it is built.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Fixture;

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
