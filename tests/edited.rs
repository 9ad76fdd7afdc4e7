//! A reading that goes on from another after edits in the work tree is the reading from nothing.

use changebook::book::{Book, Loaded, Request};

use crate::support::Fixture;

type Edit = (&'static str, fn(&Fixture));

const EDITS: &[Edit] = &[
    ("nothing", |_| {}),
    ("a box", |book| book.replace("tasks/INFRA-235.md", "- [ ] Code review", "- [x] Code review")),
    ("words in another", |book| book.replace("tasks/INFRA-150.md", "## Why", "## Why\n\nMore.\n")),
    ("an item that is nearly the policy's", |book| {
        book.replace("tasks/INFRA-150.md", "## Notes", "## Notes\n\n- [ ] Code reviev\n");
    }),
    ("a reference that leads nowhere", |book| {
        book.replace("tasks/INFRA-235.md", "categories = ", "depends = [\"INFRA-999\"]\ncategories = ");
    }),
    ("a file that cannot be read", |book| book.write("tasks/INFRA-220.md", "+++\nid = \"INFRA-220")),
    ("it can be again", |book| drop(book.git(&["checkout", "--quiet", "tasks/INFRA-220.md"]))),
    ("a template of the book's own", |book| book.write("templates/general.md", "## Why\n\nBecause.\n")),
    ("a file goes", |book| std::fs::remove_file(book.root.join("tasks/INFRA-210.md")).unwrap()),
    ("it is back, and a draft comes", |book| {
        book.git(&["checkout", "--quiet", "tasks/INFRA-210.md"]);
        let draft = book.read("tasks/INFRA-235.md").replace("INFRA-235", "INFRA-300");
        book.write("tasks/INFRA-300.md", draft);
    }),
    ("the draft goes, and a file moves", |book| {
        std::fs::remove_file(book.root.join("tasks/INFRA-300.md")).unwrap();
        std::fs::create_dir_all(book.root.join("tasks/later")).unwrap();
        std::fs::rename(book.root.join("tasks/INFRA-230.md"), book.root.join("tasks/later/INFRA-230.md"))
            .unwrap();
    }),
    ("all is as committed", |book| {
        book.git(&["checkout", "--quiet", "."]);
        book.git(&["clean", "--quiet", "--force", "-d", "tasks", "templates"]);
    }),
];

/// All that a reading tells.
fn told(loaded: &Loaded) -> String {
    format!("{:#?}\n{:#?}\n{:?}", loaded.state, loaded.diagnostics(), loaded.in_work_tree.keys())
}

#[test]
fn a_reading_after_edits_is_a_reading_from_nothing() {
    let (cut, bytes) = ("+++\nid = \"INFRA-901", b"+++\nid = \"INFRA-902\"\xff");
    follow(&[]);
    follow(&[("tasks/INFRA-901.md", cut.as_bytes())]);
    follow(&[
        ("tasks/INFRA-901.md", cut.as_bytes()),
        ("tasks/INFRA-902.md", bytes),
        ("tasks/INFRA-903.md", b""),
    ]);
}

/// Makes the edits in the demo, in which files that cannot be read are committed.
fn follow(broken: &[(&str, &[u8])]) {
    let mut fixture = Fixture::empty();
    fixture.run(&["demo", "../demo", "--no-site"]).expect(0);
    fixture.root = fixture.root.join("../demo").canonicalize().unwrap();
    // Its draft is in no commit, and would have all derived again each time.
    fixture.git(&["clean", "--quiet", "--force", "-d", "tasks"]);
    for (path, bytes) in broken {
        fixture.write(path, bytes);
        fixture.commit("cannot be read");
    }
    let book = Book::find(&fixture.root).unwrap();
    let request = Request { now: 1_800_000_000, ..Request::default() };
    let mut before = book.load(&request).unwrap();
    for (what, edit) in EDITS {
        edit(&fixture);
        let plain = book.load(&request).unwrap();
        let after = book.derive(book.snapshot(&request).unwrap(), Some(&before)).unwrap();
        assert_eq!(told(&after), told(&plain), "{what}");
        before = after;
    }
}
