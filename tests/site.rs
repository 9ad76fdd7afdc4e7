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
            .env("HOME", clone.parent().unwrap())
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

/// What a reader waits for: the page and its style sheets. Pictures and scripts come after the first look.
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
    let (mut n_pages, mut heavy) = (0, Vec::new());
    for site in [files(&demo.join("book")), files(&book.root.join("manual-site"))] {
        for (page, bytes) in site.iter().filter(|(name, _)| name.ends_with(".html")) {
            let html = String::from_utf8_lossy(bytes);
            let sheets = html.split("<link rel=\"stylesheet\" href=\"").skip(1);
            let sheets = sheets.map(|rest| rest.split('"').next().unwrap().trim_start_matches("../"));
            let weight = bytes.len() + sheets.map(|sheet| site[sheet].len()).sum::<usize>();
            n_pages += 1;
            if weight > 60_000 {
                heavy.push(format!("{page}: {weight} bytes, {} of them HTML", bytes.len()));
            }
        }
    }
    assert!(n_pages > 80, "{n_pages}");
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
}
