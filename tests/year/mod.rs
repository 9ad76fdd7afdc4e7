//! A year of sixty changes, made from outside with plain git and files written by hand. What the gate answers as of ten
//! moments, and what the audit says of each deployment, stands in two tables that were worked out from the design's
//! sections 4 and 5, not from what the program prints.

mod story;

use std::collections::BTreeSet;

use changebook::book::{AuditQuestion, Book, CacheUse, GateQuestion, Loaded, Request, View};
use changebook::ledger::Unclear;

pub(crate) use story::year;

/// The moments, what the two windows and the freeze are then, and why that is asked.
///
/// `saturday` is Saturday 02:00 for four hours, `sunday` Sunday 02:30 for three, both in Europe/Berlin.
const MOMENTS: [(&str, Clock); 10] = [
    // Friday noon.
    ("2025-01-31T12:00:00+01:00", Clock { saturday: false, sunday: false, freeze: false }),
    ("2025-02-15T03:00:00+01:00", Clock { saturday: true, sunday: false, freeze: false }),
    // Half an hour before Saturday's window; by summer time it would be inside.
    ("2025-03-29T01:30:00+01:00", Clock { saturday: false, sunday: false, freeze: false }),
    // 02:30 does not come that night: the window opens when the clocks show 03:30.
    ("2025-03-30T03:15:00+02:00", Clock { saturday: false, sunday: false, freeze: false }),
    ("2025-03-30T03:45:00+02:00", Clock { saturday: false, sunday: true, freeze: false }),
    // By winter time it would be 01:30.
    ("2025-04-05T02:30:00+02:00", Clock { saturday: true, sunday: false, freeze: false }),
    ("2025-07-31T14:00:00+02:00", Clock { saturday: false, sunday: false, freeze: false }),
    // 02:30 comes twice that night, and the window opens the first time …
    ("2025-10-26T02:45:00+02:00", Clock { saturday: false, sunday: true, freeze: false }),
    // … and has been open for its three hours when the clocks show 04:30 again.
    ("2025-10-26T04:45:00+01:00", Clock { saturday: false, sunday: false, freeze: false }),
    ("2025-12-27T03:00:00+01:00", Clock { saturday: true, sunday: false, freeze: true }),
];

struct Clock {
    saturday: bool,
    sunday: bool,
    freeze: bool,
}

/// What the letters of [`GATE`] stand for.
const LETTERS: [(char, &str); 20] = [
    ('a', "approval-self"),
    ('b', "section-empty"),
    ('c', "condition-open"),
    ('d', "dependency-open"),
    ('e', "environment-skipped"),
    ('g', "approval-unsigned"),
    ('i', "item-open"),
    ('j', "decision-rejected"),
    ('m', "approval-missing"),
    ('n', "communication-open"),
    ('p', "plan-missing"),
    ('q', "decision-outdated"),
    ('r', "approval-role"),
    ('s', "approval-stale"),
    ('u', "author-unknown"),
    ('w', "decision-missing"),
    ('x', "cancelled"),
    ('y', "emergency-unreviewed"),
    ('W', "window-closed"),
    ('F', "freeze"),
];

/// For each change, by number: which window its risk or record asks for (`-` none, `E` an emergency), and what is not
/// met as of each moment apart from the clock: `.` is not there yet, `o` nothing. From July on, medium risk asks for
/// security's approval too, which those of before do not have: `m`.
const GATE: [(u32, &str, &str); 60] = [
    (101, "-", "o  o  o  o  o  o  m  m  m  m"), // a normal change of medium risk
    (102, "-", "o  o  o  o  o  o  o  o  o  o"), // low risk: nobody else is asked
    (103, "sat", "o  o  o  o  o  o  o  o  o  o"), // high risk, with everything
    (104, "-", "s  s  s  s  s  s  sm sm sm sm"), // the text changed after the approval
    (105, "-", "a  a  a  a  a  a  am am am am"), // approved by who asked for it
    (106, "-", "o  o  o  o  o  o  m  m  m  m"), // approved after the deployment
    (107, "-", "e  e  e  e  e  e  em em em em"), // staging was skipped
    (108, "sat", "o  o  o  o  o  o  o  o  o  o"), // deployed on a Friday
    (109, "-", "x  x  x  x  x  x  xm xm xm xm"), // approved, then cancelled
    (110, "-", "p  p  p  p  p  p  pm pm pm pm"), // Terraform without a plan
    (111, "sat", ".  r  r  r  r  r  r  r  r  r"), // security's box ticked by a lead
    (112, "sat", ".  j  j  j  j  j  j  j  j  j"), // rejected
    (113, "sat", ".  j  j  j  j  j  j  j  j  j"), // rejected, and deployed
    (114, "E", ".  o  o  o  o  o  y  o  o  o"), // an emergency, reviewed in time; in July 141 shuts it if it were to go out again
    (115, "-", ".  s  s  s  s  s  sm sm sm sm"), // rolled back: the approval is spent
    (116, "-", ".  o  o  o  o  o  m  m  m  m"), // rolled back, approved again, deployed again
    (117, "-", ".  o  o  o  o  o  m  m  m  m"), // deployed by the robot
    (118, "-", ".  d  o  o  o  o  m  m  m  m"), // waits for 119
    (119, "-", ".  o  o  o  o  o  o  o  o  o"), // low, deployed on 20 February
    (120, "-", ".  u  u  u  u  u  um um um um"), // written by somebody who is no person of the policy
    (121, "sat", ".  .  o  o  o  o  o  o  o  o"), // deployed in the window's first second
    (122, "sat", ".  .  o  o  o  o  o  o  o  o"), // deployed in the second after its last
    (123, "sat", ".  .  r  r  r  r  r  r  r  r"), // a squash: security's tick by the requestor
    (124, "sat", ".  .  q  q  q  q  q  q  q  q"), // the decision's text changed after it was set
    (125, "sat", ".  .  w  w  w  w  w  w  w  w"), // no decision
    (126, "sat", ".  .  w  w  w  w  w  w  w  w"), // a decision by somebody who is not of the board
    (127, "sat", ".  .  c  c  c  c  c  c  c  c"), // a condition is open
    (128, "-", ".  .  r  r  r  r  rm rm rm rm"), // approved by the robot
    (129, "-", ".  .  o  o  o  o  m  m  m  m"), // deployed by somebody who may not
    (130, "-", ".  .  o  o  o  o  m  m  m  m"), // deployed by the approver
    (131, "sat", ".  .  o  o  o  o  o  o  o  o"), // declared low, and a database
    (132, "-", ".  .  m  m  m  m  m  m  m  m"), // ticked by a merge itself
    (133, "-", ".  .  s  s  s  s  sm sm sm sm"), // code was added after the approval
    (134, "-", ".  .  m  m  m  m  m  m  m  m"), // a trailer claims an approval
    (135, "-", ".  .  g  g  g  g  gm gm gm gm"), // an approval that somebody else committed
    (136, "-", ".  .  m  m  m  m  m  m  m  m"), // the approval was withdrawn
    (137, "sun", ".  .  o  o  o  o  o  o  o  o"), // deployed at 03:40 in the night of the missing hour
    (138, "sun", ".  .  o  o  o  o  o  o  o  o"), // deployed at 03:20 in that night
    (139, "sat", ".  .  .  .  .  .  o  o  o  o"), // deployed at 02:00 by summer time
    (140, "sat", ".  .  .  .  .  .  o  o  o  o"), // deployed at 06:30, which is 05:30 by winter time
    (141, "E", ".  .  .  .  .  .  y  o  o  o"), // an emergency that the board sees three months late; 142 shuts it
    (142, "E", ".  .  .  .  .  .  y  o  o  o"), // the same requestor's next one, which 141 shuts
    (143, "-", ".  .  .  .  .  .  m  m  m  m"), // approved by somebody who has left since
    (144, "sat", ".  .  .  .  .  .  o  o  o  o"), // the same at high risk
    (145, "sat", ".  .  .  .  .  .  r  r  r  r"), // ticked by somebody who has left
    (146, "-", ".  .  .  .  .  .  m  m  m  m"), // approved by the old rules, deployed under the new
    (147, "-", ".  .  .  .  .  .  o  o  o  o"), // by the new rules
    (148, "-", ".  .  .  .  .  .  o  o  o  o"), // its work landed and was never deployed
    (149, "sat", ".  .  .  .  .  .  o  o  o  o"), // committed after the window, stated inside of it
    (150, "sat", ".  .  .  .  .  .  o  o  o  o"), // stated half a day later, within the three days that a commit may lag
    (151, "-", ".  .  .  .  .  .  .  o  o  o"),   // deployed by a commit that is older than its parent
    (152, "-", ".  .  .  .  .  .  .  o  o  o"),   // another plan than the recorded one was applied
    (153, "sat", ".  .  .  .  .  .  .  b  b  b"), // no way back is written
    (154, "sat", ".  .  .  .  .  .  .  in in in"), // on-call and status page were not told
    (155, "sun", ".  .  .  .  .  .  .  o  o  o"), // deployed at 02:50, the second time that it was 02:50
    (156, "sun", ".  .  .  .  .  .  .  o  o  o"), // deployed at 04:40 in that night
    (157, "-", ".  .  .  .  .  .  .  .  .  o"),   // before the freeze
    (158, "-", ".  .  .  .  .  .  .  .  .  o"),   // deployed in the freeze
    (159, "E", ".  .  .  .  .  .  .  .  .  o"),   // an emergency in the freeze
    (160, "N", ".  .  .  .  .  .  .  .  .  o"),   // named by the freeze
];

/// The audit's rows of production in the order of time, each with the first moment of [`MOMENTS`] that comes after it
/// and its exceptions.
const AUDIT: [(u32, usize, &[&str]); 43] = [
    (101, 0, &[]),
    (102, 0, &[]),
    (104, 0, &["approval-stale"]),
    (105, 0, &["approval-self"]),
    (103, 0, &[]),
    (106, 0, &["approval-late"]),
    (107, 0, &["environment-skipped"]),
    (108, 0, &["window-closed"]),
    (110, 0, &["plan-missing"]),
    (114, 1, &[]),
    (115, 1, &[]),
    (116, 1, &[]),
    (117, 1, &[]),
    (111, 1, &["approval-role"]),
    (113, 1, &["decision-rejected"]),
    (116, 1, &[]),
    (120, 1, &["author-unknown"]),
    (119, 2, &[]),
    (129, 2, &["deployer-role"]),
    (130, 2, &["deployer-approved"]),
    (121, 2, &[]),
    (122, 2, &["window-closed"]),
    (131, 2, &["risk-understated"]),
    (138, 4, &["window-closed"]),
    (137, 4, &[]),
    (139, 6, &[]),
    (140, 6, &["window-closed"]),
    (141, 6, &["emergency-unreviewed"]),
    (142, 6, &["emergency-unreviewed"]),
    (144, 6, &[]),
    (143, 6, &[]),
    (146, 6, &["approval-missing"]),
    (147, 6, &[]),
    (149, 6, &[]),
    (150, 6, &[]),
    (151, 7, &["time-suspect"]),
    (152, 7, &["plan-differs"]),
    (155, 8, &[]),
    (156, 8, &["window-closed"]),
    (157, 9, &[]),
    (158, 9, &["freeze"]),
    (160, 9, &[]),
    (159, 9, &[]),
];

/// From this moment on the board has looked at 141, late: no exception any more, and a date on its row.
const REVIEWED_LATE: (u32, usize) = (141, 7);
/// Infrastructure that names no task: how many commits as of each moment.
const UNRECORDED: [usize; 10] = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1];
/// Work that is in no deployment of its task, two weeks after it landed.
const UNDEPLOYED: [&[u32]; 10] =
    [&[], &[], &[], &[], &[], &[133], &[133, 148], &[133, 148], &[133, 148], &[133, 148]];

fn request(moment: &str) -> Request {
    // The clock of who asks is later than every moment: what counts is the moment.
    let now = "2026-02-01T12:00:00+01:00".parse::<jiff::Timestamp>().unwrap().as_second();
    Request {
        at: Some(moment.to_owned()),
        now,
        now_is_stated: false,
        trunk: None,
        trunk_tip: None,
        policy_root: None,
        cache: CacheUse::Refused,
        view: View::Trunk,
    }
}

/// What the table says of a change as of a moment; `None` when it is not there yet.
fn expected(window: &str, cell: &str, clock: &Clock) -> Option<BTreeSet<String>> {
    let mut letters = match cell {
        "." => return None,
        "o" => String::new(),
        letters => letters.to_owned(),
    };
    let shut = match window {
        "sat" => !clock.saturday,
        "sun" => !clock.sunday,
        _ => false,
    };
    letters.extend(shut.then_some('W'));
    letters.extend((clock.freeze && !matches!(window, "E" | "N")).then_some('F'));
    let word = |letter: char| LETTERS.iter().find(|(known, _)| *known == letter).unwrap().1.to_owned();
    Some(letters.chars().map(word).collect())
}

fn answer(loaded: &Loaded, number: u32) -> Option<BTreeSet<String>> {
    let question = GateQuestion {
        id: format!("INFRA-{number}"),
        environment: "production".to_owned(),
        ..GateQuestion::default()
    };
    match loaded.gate(&question) {
        Ok(gate) => {
            let unmet = gate.judgement.requirements.into_iter().filter(|requirement| !requirement.met);
            Some(unmet.map(|requirement| requirement.code.to_string()).collect())
        }
        Err(Unclear::UnknownTask { .. }) => None,
        Err(other) => panic!("INFRA-{number}: {other}"),
    }
}

#[test]
fn every_answer_of_the_gate_is_the_table() {
    let story = year();
    let book = Book::find(&story.book.root).unwrap();
    let mut wrong = Vec::new();
    for (column, (moment, clock)) in MOMENTS.iter().enumerate() {
        let loaded = book.load(&request(moment)).unwrap();
        for (number, window, cells) in GATE {
            let cell = cells.split_whitespace().nth(column).unwrap();
            let (expected, answer) = (expected(window, cell, clock), answer(&loaded, number));
            if expected != answer {
                wrong.push(format!("INFRA-{number} as of {moment}: {answer:?} and not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of 600 differ:\n{}", wrong.len(), wrong.join("\n"));
    // The command says the same as the library.
    for (number, moment, status) in
        [(103, 1, 0), (103, 2, 3), (112, 1, 3), (159, 9, 0), (157, 9, 3), (157, 0, 1)]
    {
        let (id, at) = (format!("INFRA-{number}"), MOMENTS[moment].0);
        story.book.run(&["gate", &id, "-e", "production", "--at", at]).expect(status);
    }
}

#[test]
fn every_row_of_the_audit_is_the_table() {
    let story = year();
    let book = Book::find(&story.book.root).unwrap();
    for (column, (moment, _)) in MOMENTS.iter().enumerate() {
        let loaded = book.load(&request(moment)).unwrap();
        let audit = book.audit(&loaded, &AuditQuestion::default()).unwrap().audit;
        let found: Vec<(String, BTreeSet<String>)> = audit
            .rows
            .iter()
            .filter(|row| row.environment == "production")
            .map(|row| (row.id.to_string(), row.exceptions.iter().map(|e| e.code.to_string()).collect()))
            .collect();
        let reviewed = |number| number == REVIEWED_LATE.0 && column >= REVIEWED_LATE.1;
        let expected: Vec<(String, BTreeSet<String>)> = AUDIT
            .into_iter()
            .filter(|(_, since, _)| *since <= column)
            .map(|(number, _, codes)| {
                let codes = if reviewed(number) { &[] } else { codes };
                (format!("INFRA-{number}"), codes.iter().map(|code| (*code).to_owned()).collect())
            })
            .collect();
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "as of {moment}");
        }
        assert_eq!(found.len(), expected.len(), "as of {moment}");
        // Staging is not gated: a row each, and nothing to be explained.
        let staging: Vec<_> = audit.rows.iter().filter(|row| row.environment == "staging").collect();
        assert!(staging.iter().all(|row| row.exceptions.is_empty()), "as of {moment}");
        if column + 1 == MOMENTS.len() {
            assert_eq!(staging.len(), story.n_staging);
        }
        assert_eq!(audit.unrecorded.len(), UNRECORDED[column], "as of {moment}");
        let undeployed: Vec<String> = audit.undeployed.iter().map(|work| work.id.to_string()).collect();
        let expected: Vec<String> =
            UNDEPLOYED[column].iter().map(|number| format!("INFRA-{number}")).collect();
        assert_eq!(undeployed, expected, "as of {moment}");
    }
}

/// What an auditor does on a machine that has git and nothing else: clone the bundle, run the commands. The year has every
/// kind of row: of both environments, of the robot, late, stated, rolled back, with a decision, an emergency's review, a
/// merge, and what the records do not tell.
#[test]
fn git_alone_checks_every_row_of_the_year() {
    let story = year();
    let book = &story.book;
    book.run(&["audit", "--bundle", "../bundle", "--now", MOMENTS[9].0]).expect(3);
    let said = book.pipe("cd ../bundle && git clone -q --bare history.bundle history.git && cd history.git && PATH=/usr/bin:/bin sh ../check.sh");
    let headings: Vec<&str> = said.lines().filter(|line| line.starts_with("== ")).collect();
    let of = |start: &str| headings.iter().filter(|heading| heading.starts_with(start)).count();
    assert_eq!(of("== INFRA-"), AUDIT.len() + story.n_staging);
    assert_eq!((of("== unrecorded-change"), of("== deployment-unrecorded")), (1, 2));
    assert_eq!(headings.len(), AUDIT.len() + story.n_staging + 3);
    let script = std::fs::read_to_string(book.root.join("../bundle/check.sh")).unwrap();
    assert_eq!(script.matches("echo 'not late'").count(), 1, "106 alone was approved afterwards");
    assert!(
        said.contains("Deployed: production 2025-07-19T05:30:00+02:00") && said.contains("a quick repair")
    );

    // A row that does not hold ends it: the first approval is said to have come before another deployment.
    let approval = script.lines().find(|line| line.contains("merge-base --is-ancestor")).unwrap();
    let mut words: Vec<&str> = approval.split(' ').collect();
    let last = words.len() - 1;
    words.swap(last - 1, last);
    std::fs::write(book.root.join("../bundle/check.sh"), script.replacen(approval, &words.join(" "), 1))
        .unwrap();
    let wrong = std::process::Command::new("sh")
        .arg("../check.sh")
        .current_dir(book.root.join("../bundle/history.git"))
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(1));
}
