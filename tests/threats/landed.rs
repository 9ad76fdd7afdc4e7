//! What landed, when, and by which rules: deployments that a branch hides, dates of one's own choosing, merges that bring
//! what nobody names. Rows 59, 60, 70, 71 and 72.
//!
//! A branch of ana's lands in four ways, and each of them must come to the same.

use serde_json::Value;

use super::PATH;
use crate::support::{Fixture, POLICY, task};

/// The ways in which a branch comes to the trunk.
const WAYS: [Way; 4] = [Way::Merge, Way::Squash, Way::Rebase, Way::FastForward];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Merge,
    Squash,
    Rebase,
    FastForward,
}

/// Lands `side` on `main`, pressed by sam.
fn land(book: &mut Fixture, way: Way, subject: &str) -> String {
    book.git(&["checkout", "-q", "main"]);
    book.later();
    match way {
        Way::Merge => drop(book.person("sam").git(&["merge", "-q", "--no-ff", "-m", subject, "side"])),
        Way::Squash => {
            book.git(&["merge", "-q", "--squash", "side"]);
            book.person("ana").commit(subject);
        }
        Way::Rebase => {
            book.person("ana").git(&["cherry-pick", "main..side"]);
        }
        Way::FastForward => drop(book.git(&["merge", "-q", "--ff-only", "side"])),
    }
    book.later();
    book.head()
}

fn audit(book: &Fixture, more: &[&str]) -> Value {
    book.json(&[&["audit", "--now", "2024-09-01T00:00:00Z"], more].concat())
}

/// Environment and exceptions of each row.
fn rows(audit: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let codes = |row: &Value| row["exceptions"].as_array().unwrap().iter().map(text).collect();
    audit["rows"].as_array().unwrap().iter().map(|row| (text(&row["environment"]), codes(row))).collect()
}

fn unrecorded(audit: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = audit["unrecorded"].as_array().unwrap().iter();
    let brings = |found: &Value| {
        found["brings"].as_array().unwrap().iter().map(|by| text(&by["commit"])).collect::<Vec<_>>()
    };
    found.map(|found| (text(&found["evidence"]["commit"]), brings(found))).collect()
}

/// Kinds ask for nothing, so that a peer's approval is all that is missing.
const PLAIN: &str = "\n[kinds.terraform]\nsections = []\nitems = []\nplan = false\n";
const LAX: &str = "\n[risk.medium]\nroles = []\napprovals = 0\n";

fn ruled(more: &str) -> Fixture {
    let mut book = Fixture::book();
    book.write("policy.toml", format!("{POLICY}{PLAIN}{more}"));
    book.person("kim").later().commit("rules");
    book.person("ana").later().write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.commit("propose");
    book.later();
    book
}

const OTHER_ITEMS: &str = "\n[[environments]]\nname = \"staging\"\ndeployed-by = [\"To staging\"]\n[[environments]]\nname = \"production\"\ngated = true\ndeployed-by = [\"Terraform code\"]\n";

#[test]
fn row_59_a_branchs_own_policy_hides_no_deployment() {
    for way in WAYS {
        for (item, environment, codes) in [
            ("Apply in production", "production", &["approval-missing", "environment-skipped"][..]),
            ("Apply in staging", "staging", &[]),
        ] {
            let mut book = ruled("");
            book.git(&["checkout", "-q", "-b", "side"]);
            book.person("ana").write("policy.toml", format!("{POLICY}{PLAIN}{OTHER_ITEMS}"));
            book.commit("other words");
            book.later().tick(PATH, item);
            land(&mut book, way, "land");
            let found = rows(&audit(&book, &[]));
            assert_eq!(found.len(), 1, "{way:?} {item}: {found:?}");
            assert_eq!(found[0].0, environment, "{way:?}");
            assert_eq!(found[0].1, codes, "{way:?} {item}");
        }
    }
}

#[test]
fn row_59_what_only_the_branchs_policy_calls_a_deployment_is_one() {
    for way in WAYS {
        let mut book = ruled("");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").write("policy.toml", format!("{POLICY}{PLAIN}{OTHER_ITEMS}"));
        book.commit("other words");
        book.later().tick(PATH, "Terraform code");
        land(&mut book, way, "land");
        let found = rows(&audit(&book, &[]));
        assert_eq!(found.len(), 1, "{way:?}: {found:?}");
        assert!(found[0].0 == "production" && !found[0].1.is_empty(), "{way:?}: {found:?}");
    }
    // An environment that the trunk does not know has a gate, whatever the branch says.
    let mut book = ruled("");
    book.git(&["checkout", "-q", "-b", "side"]);
    let unknown = OTHER_ITEMS.replace("\"production\"\ngated = true", "\"live\"\ngated = false");
    book.person("ana").write("policy.toml", format!("{POLICY}{PLAIN}{unknown}"));
    book.commit("other words");
    book.later().tick(PATH, "Terraform code");
    land(&mut book, Way::Merge, "land");
    let audit = audit(&book, &[]);
    assert_eq!(
        (&audit["rows"][0]["environment"], &audit["rows"][0]["gated"]),
        (&"live".into(), &true.into())
    );
}

#[test]
fn row_59_an_item_that_no_policy_calls_a_deployment_is_none() {
    for way in WAYS {
        let mut book = ruled("");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").tick(PATH, "Terraform code");
        land(&mut book, way, "land");
        assert_eq!(rows(&audit(&book, &[])), []);
    }
}

#[test]
fn row_60_the_rules_are_those_of_the_trunk_where_it_landed() {
    for way in [Way::Merge, Way::Squash, Way::Rebase] {
        for (item, environment) in [("Apply in production", "production"), ("To live", "live")] {
            let live = "\n[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\ngated = true\n[[environments]]\nname = \"live\"\ngated = true\ndeployed-by = [\"To live\"]\n";
            let mut book = ruled(&format!("{LAX}{live}"));
            book.replace(PATH, "- [ ] Apply in production\n", "- [ ] Apply in production\n- [ ] To live\n");
            book.commit("goes live");
            book.git(&["checkout", "-q", "-b", "side"]);
            book.git(&["checkout", "-q", "main"]);
            book.person("kim").later().write("policy.toml", format!("{POLICY}{PLAIN}{live}"));
            book.commit("stricter");
            book.git(&["checkout", "-q", "side"]);
            book.person("ana").later().tick(PATH, item);
            land(&mut book, way, "land");
            let found = rows(&audit(&book, &[]));
            assert_eq!(found[0].0, environment);
            assert!(found[0].1.contains(&"approval-missing".to_owned()), "{way:?}: {found:?}");
        }
    }
}

#[test]
fn row_60_what_landed_by_the_rules_of_its_day_stays_so() {
    for way in WAYS {
        let mut book = ruled(LAX);
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").tick(PATH, "Apply in staging");
        book.later().tick(PATH, "Apply in production");
        land(&mut book, way, "land");
        book.person("kim").write("policy.toml", format!("{POLICY}{PLAIN}"));
        book.commit("stricter");
        for (environment, codes) in rows(&audit(&book, &[])) {
            assert_eq!(codes, [""; 0], "{way:?} {environment}");
        }
    }
}

#[test]
fn row_60_a_branch_cannot_bring_its_own_laxer_rules() {
    for way in WAYS {
        let mut book = ruled("");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").write("policy.toml", format!("{POLICY}{PLAIN}{LAX}"));
        book.commit("easier");
        book.later().tick(PATH, "Apply in production");
        // The two of them do it together, and neither may.
        land(&mut book, way, "land");
        let audit = audit(&book, &[]);
        assert!(rows(&audit)[0].1.contains(&"approval-missing".to_owned()), "{way:?}");
        let last = audit["controls"].as_array().unwrap().last().unwrap();
        assert_eq!(last["outcome"], "not-in-force", "{way:?}");
    }
}

/// Who may change the rules alone lowers them for a deployment: nothing is against the rules, and all of it is told.
#[test]
fn row_70_rules_lowered_for_a_deployment_are_told() {
    let mut book = ruled("");
    book.person("kim").write("policy.toml", format!("{POLICY}{PLAIN}{LAX}"));
    let lowered = book.commit("easier");
    book.person("ana").later().tick(PATH, "Apply in staging");
    book.later().tick(PATH, "Apply in production");
    book.person("kim").later().write("policy.toml", format!("{POLICY}{PLAIN}"));
    let restored = book.commit("as it was");
    let audit = audit(&book, &[]);
    let controls = audit["controls"].as_array().unwrap();
    let told = |commit: &str| {
        let change = controls.iter().find(|change| change["landed"]["commit"] == *commit).unwrap();
        let values = change["values"].as_array().unwrap().iter();
        let words = |value: &Value| format!("{} {} {}", value["key"], value["before"], value["after"]);
        (change["outcome"].clone(), values.map(words).collect::<Vec<_>>())
    };
    let (outcome, values) = told(&lowered);
    assert_eq!(outcome, "in-force");
    assert!(values.iter().any(|value| value.contains("risk.medium.approvals")), "{values:?}");
    assert!(values.iter().any(|value| value.contains("risk.medium.roles")), "{values:?}");
    assert_eq!(told(&restored).0, "in-force");
    let change = controls.iter().find(|change| change["landed"]["commit"] == *lowered).unwrap();
    assert!(change["values"].as_array().unwrap().iter().all(|value| value["alone"] == true), "{change}");
}

/// 1 April, 12:00, and days after it.
fn april(day: i64) -> i64 {
    1_711_972_800 + (day - 1) * 86_400
}

const MAY: [&str; 4] = ["--since", "2024-05-01", "--until", "2024-05-31"];
const APRIL: [&str; 4] = ["--since", "2024-04-01", "--until", "2024-04-30"];

/// A book with commits on 1 April and on 2 May.
fn of_may() -> Fixture {
    let mut book = Fixture::empty();
    book.set_clock(april(1));
    book.write("book.toml", "[book]\ntitle = \"Test\"\nsrc = \"docs\"\n");
    book.write("policy.toml", format!("{POLICY}{PLAIN}"));
    book.person("kim").commit("start");
    book.write(PATH, task("INFRA-1", "risk = \"medium\"\n"));
    book.person("ana").commit("propose");
    book.set_clock(april(32));
    book.write("x", "may");
    book.commit("may has begun");
    book
}

#[test]
fn row_71_a_date_before_the_period_takes_nothing_out_of_it() {
    // Dated long ago, or between what landed last and what landed before that.
    for dated in [april(-400), april(2), april(31)] {
        for more in 0..3 {
            let mut book = of_may();
            book.set_clock(dated);
            book.person("ana").tick(PATH, "Apply in production");
            book.write("terraform/x.tf", "x");
            let hidden = book.commit("hidden");
            // An accomplice lands more with such dates.
            for n in 0..more {
                book.write("x", format!("{n}"));
                book.person("sam").commit("more");
            }
            let audit = audit(&book, &MAY);
            assert_eq!(rows(&audit).len(), 1, "{dated} {more}");
            assert_eq!(unrecorded(&audit), [(hidden, vec![])], "{dated} {more}");
            book.set_clock(april(40));
            book.write("x", "later");
            book.commit("later");
            assert_eq!(rows(&self::audit(&book, &MAY)).len(), 1, "{dated} {more}, with what came after");
        }
    }
}

#[test]
fn row_71_what_a_merge_brings_is_of_the_period_of_the_merge() {
    for way in [Way::Merge, Way::Squash, Way::Rebase] {
        let mut book = of_may();
        book.git(&["checkout", "-q", "-b", "side", "main~1"]);
        book.set_clock(april(3));
        book.person("ana").tick(PATH, "Apply in production");
        // The button is pressed with April's date, too.
        for pressed in [april(4), april(33)] {
            book.set_clock(pressed);
            land(&mut book, way, "land");
            assert_eq!(rows(&audit(&book, &MAY)).len(), 1, "{way:?} {pressed}");
            book.git(&["reset", "-q", "--hard", "main~1"]);
        }
    }
    // Where the trunk is moved to a branch that took it in, its own line is another: no date tells, and that does.
    let mut book = of_may();
    let seen = book.head();
    book.git(&["checkout", "-q", "-b", "side", "main~1"]);
    book.set_clock(april(3));
    book.person("ana").tick(PATH, "Apply in production");
    book.git(&["merge", "-q", "-m", "trunk", "main"]);
    land(&mut book, Way::FastForward, "");
    let audit = audit(&book, &["--after", &seen]);
    assert!(audit["rewritten"].is_string(), "{audit}");
}

#[test]
fn row_71_honest_dates_count_once() {
    let mut book = of_may();
    book.git(&["checkout", "-q", "-b", "side", "main~1"]);
    book.set_clock(april(3));
    book.person("ana").tick(PATH, "Apply in staging");
    book.git(&["checkout", "-q", "main"]);
    book.set_clock(april(33));
    book.person("sam").git(&["merge", "-q", "--no-ff", "-m", "land", "side"]);
    assert_eq!(rows(&audit(&book, &APRIL)), [], "it landed in May");
    book.set_clock(april(62));
    book.person("ana").tick(PATH, "Apply in production");
    let of = |period: &[&str]| rows(&audit(&book, period)).into_iter().map(|row| row.0).collect::<Vec<_>>();
    assert_eq!(of(&MAY), ["staging"]);
    assert_eq!(of(&["--since", "2024-06-01", "--until", "2024-06-30"]), ["production"]);
}

#[test]
fn row_71_a_clock_that_was_wrong_once_hides_nothing() {
    let mut book = of_may();
    book.set_clock(april(80));
    book.write("x", "from June");
    book.person("sam").commit("a wrong clock");
    book.set_clock(april(34));
    book.person("ana").tick(PATH, "Apply in staging");
    assert_eq!(rows(&audit(&book, &MAY)).len(), 1);
    assert_eq!(rows(&audit(&book, &APRIL)), []);
}

/// The date of a deployment is put into the window; it lands on the trunk later than anybody could remember.
#[test]
fn row_71_a_time_long_before_the_landing_meets_no_window() {
    let rules = "\n[risk.medium]\nroles = []\napprovals = 0\nwindow = \"saturday\"\n[windows.saturday]\nrrule = \"FREQ=WEEKLY;BYDAY=SA\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n";
    let freeze =
        "\n[[freeze]]\nname = \"Quarter end\"\nfrom = 2024-05-19T00:00:00Z\nto = 2024-06-03T08:00:00Z\n";
    let saturday = 1_715_998_800; // 2024-05-18T02:20:00Z
    for (rules, rests_on_time) in [(rules, true), (&format!("{LAX}{freeze}"), true), (LAX, false)] {
        for hours in [100, 60] {
            let mut book = ruled(rules);
            book.git(&["checkout", "-q", "-b", "side"]);
            book.set_clock(saturday);
            book.tick(PATH, "Apply in staging");
            book.tick(PATH, "Apply in production");
            book.set_clock(saturday + hours * 3600);
            land(&mut book, Way::Merge, "land");
            let found = rows(&audit(&book, &[]));
            let is_suspect = found.last().unwrap().1.contains(&"time-suspect".to_owned());
            assert_eq!(is_suspect, rests_on_time && hours > 72, "{rules} {hours}: {found:?}");
        }
    }
    // The merge has a date of that day, too: what the trunk had before says when it was.
    let mut book = ruled(rules);
    book.git(&["checkout", "-q", "-b", "side"]);
    book.set_clock(saturday);
    book.tick(PATH, "Apply in staging");
    book.tick(PATH, "Apply in production");
    book.git(&["checkout", "-q", "main"]);
    book.set_clock(saturday + 100 * 3600);
    book.write("x", "x");
    book.person("kim").commit("later");
    book.set_clock(saturday + 60);
    land(&mut book, Way::Merge, "land");
    let found = rows(&audit(&book, &[]));
    assert!(found.last().unwrap().1.contains(&"time-suspect".to_owned()), "{found:?}");
}

#[test]
fn row_72_each_commit_that_a_merge_brings_is_judged() {
    for way in WAYS {
        let mut book = ruled("");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").write("terraform/a.tf", "a");
        book.commit("INFRA-1: what is named");
        book.later().write("terraform/b.tf", "b");
        let hidden = book.commit("tidy up");
        let landed = land(&mut book, way, "Merge branch 'INFRA-1'");
        let audit = audit(&book, &[]);
        let expected = match way {
            Way::Merge => vec![(landed, vec![hidden])],
            // It is one commit now, and names its task.
            Way::Squash => vec![],
            Way::Rebase => vec![(landed, vec![])],
            Way::FastForward => vec![(hidden, vec![])],
        };
        assert_eq!(unrecorded(&audit), expected, "{way:?}");
        if way != Way::Squash {
            assert_eq!(audit["unrecorded"][0]["changed_by"], serde_json::json!(["ana"]), "never who pressed");
        }
    }
}

#[test]
fn row_72_a_merge_within_the_branch_hides_nothing() {
    let mut book = ruled("");
    book.git(&["checkout", "-q", "-b", "deeper"]);
    book.person("lee").write("terraform/b.tf", "b");
    let hidden = book.commit("tidy up\n\nCo-authored-by: Kim <kim@example.org>");
    book.git(&["checkout", "-q", "-b", "side", "main"]);
    book.person("ana").write("terraform/a.tf", "a");
    book.commit("INFRA-1: code");
    book.later().git(&["merge", "-q", "--no-ff", "-m", "INFRA-1: take in what is deeper", "deeper"]);
    let landed = land(&mut book, Way::Merge, "Merge branch 'INFRA-1'");
    let audit = audit(&book, &[]);
    assert_eq!(unrecorded(&audit), [(landed, vec![hidden])]);
    assert_eq!(audit["unrecorded"][0]["changed_by"], serde_json::json!(["lee", "kim"]));
}

#[test]
fn row_72_what_the_merge_itself_changes_is_its_own() {
    for (subject, is_named) in [("Merge branch 'INFRA-1'", true), ("Merge branch 'redis'", false)] {
        let mut book = ruled("");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("ana").write("docs/a.md", "a");
        book.commit("prose");
        book.git(&["checkout", "-q", "main"]);
        book.later().git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
        book.write("terraform/evil.tf", "x");
        let merge = book.person("sam").commit(subject);
        let found = unrecorded(&audit(&book, &[]));
        assert_eq!(found, if is_named { vec![] } else { vec![(merge, vec![])] }, "{subject}");
    }
}

/// No side of a merge asked for what it has: one had changed it, and the merge put it back.
#[test]
fn row_72_a_merge_that_puts_back_what_one_side_changed_is_a_change() {
    let fixed = |book: &mut Fixture| {
        book.person("ana").write("terraform/a.tf", "open");
        book.write("terraform/more/b.tf", "open");
        book.commit("INFRA-1: code");
        book.git(&["checkout", "-q", "-b", "side"]);
        book.person("lee").later().write("docs/a.md", "a");
        book.commit("prose");
        book.git(&["checkout", "-q", "main"]);
        book.person("ana").later().write("terraform/a.tf", "closed");
        book.write("terraform/more/b.tf", "closed");
        book.commit("INFRA-1: close it");
        book.later();
    };
    let put_back = |book: &Fixture| {
        let found = audit(book, &[]);
        let paths = found["unrecorded"].as_array().unwrap().iter().map(|found| found["paths"].clone());
        (unrecorded(&found), paths.collect::<Vec<_>>())
    };
    let both = serde_json::json!(["terraform/a.tf", "terraform/more/b.tf"]);
    // On the trunk: the branch's older files are taken.
    let mut book = ruled("");
    fixed(&mut book);
    book.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    book.git(&["checkout", "-q", "side", "--", "terraform"]);
    let merge = book.person("sam").commit("Merge branch 'side'");
    assert_eq!(put_back(&book), (vec![(merge, vec![])], vec![both.clone()]));
    // Within the branch: the trunk's newer ones are not taken in.
    let mut book = ruled("");
    fixed(&mut book);
    book.git(&["checkout", "-q", "side"]);
    book.person("lee").git(&["merge", "-q", "-s", "ours", "-m", "Merge branch 'main' into side", "main"]);
    let within = book.head();
    let landed = land(&mut book, Way::Merge, "Merge branch 'side'");
    assert_eq!(book.read("terraform/a.tf"), "open", "it is gone from the trunk");
    assert_eq!(put_back(&book), (vec![(landed, vec![within])], vec![both]));
    // An honest merge of both is nothing of its own, by whoever, and in either direction.
    let mut book = ruled("");
    fixed(&mut book);
    book.git(&["checkout", "-q", "side"]);
    book.person("ana").write("terraform/c.tf", "c");
    book.commit("INFRA-1: more");
    book.later().git(&["merge", "-q", "-m", "Merge branch 'main' into side", "main"]);
    land(&mut book, Way::Merge, "Merge branch 'side'");
    assert_eq!(put_back(&book), (vec![], vec![]));
}
