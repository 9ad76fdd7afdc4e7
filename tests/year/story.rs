//! The year itself: who wrote what into which file, and when it was committed.

use crate::support::{Fixture, NEW_BUCKET};

const POLICY: &str = r#"book = "year"
policy-roles = ["owner"]
trunk = "main"

[people.ana]
emails = ["ana@example.org"]
[people.sam]
emails = ["sam@example.org"]
[people.kim]
emails = ["kim@example.org"]
[people.lee]
emails = ["lee@example.org"]
[people.bot]
kind = "robot"
emails = ["bot@example.org"]

[roles]
owner = ["kim"]
devops-lead = ["kim", "lee"]
security = ["sam"]
cab = ["ana", "sam", "kim"]
on-call = ["lee", "kim"]
deployer = ["ana", "kim", "lee"]

[[environments]]
name = "staging"

[[environments]]
name = "production"
gated = true
deployers = ["deployer", "bot"]

[risk.medium]
roles = ["peer"]

[risk.high]
window = "saturday"
windows = ["sunday"]
sections = ["Rollback"]
items = ["On-call team notified"]
communication = ["Status page"]

[windows.saturday]
rrule = "FREQ=WEEKLY;BYDAY=SA"
start = "02:00"
duration = "4h"
timezone = "Europe/Berlin"

[windows.sunday]
rrule = "FREQ=WEEKLY;BYDAY=SU"
start = "02:30"
duration = "3h"
timezone = "Europe/Berlin"

[[freeze]]
name = "year-end"
from = 2025-12-20T00:00:00+01:00
to = 2026-01-05T00:00:00+01:00
environments = ["production"]
except = ["emergency", "INFRA-160"]

[kinds.terraform]
sections = ["What"]
items = []
"#;

/// The book after its year.
pub(crate) struct Year {
    pub(crate) book: Fixture,
    /// How many ticks of staging were committed.
    pub(super) n_staging: usize,
    clock: i64,
}

fn path(number: u32) -> String {
    format!("tasks/INFRA-{number}.md")
}

fn board(number: u32) -> String {
    format!("cab/CAB-2025-{number}.md")
}

impl Year {
    /// Nine in the morning by UTC; each commit is five minutes after the one before.
    fn day(&mut self, day: &str) {
        self.at(&format!("{day}T09:00:00Z"));
    }

    fn at(&mut self, moment: &str) {
        self.clock = moment.parse::<jiff::Timestamp>().unwrap().as_second();
    }

    fn commit(&mut self, person: &str, message: &str) {
        self.book.person(person).set_clock(self.clock);
        self.book.commit(message);
        self.clock += 300;
    }

    fn tick(&mut self, person: &str, file: &str, item: &str) {
        self.book.replace(file, &format!("[ ] {item}"), &format!("[x] {item}"));
        self.commit(person, &format!("{item} done"));
    }

    fn untick(&mut self, person: &str, file: &str, item: &str) {
        self.book.replace(file, &format!("[x] {item}"), &format!("[ ] {item}"));
        self.commit(person, &format!("{item}: taken back"));
    }

    fn write(&mut self, number: u32, kind: &str, requestor: &str, more: &str) {
        let text = format!(
            "+++\nid = \"INFRA-{number}\"\ntitle = \"Change {number}\"\nkind = \"{kind}\"\nrequestor = \"{requestor}\"\n{more}+++\n\n\
             ## What\n\nSomething.\n\n## Why\n\nIt is needed.\n\n## Rollback\n\nBack again.\n\n## Checklist\n\n\
             - [ ] On-call team notified\n- [ ] Status page\n\n## Approvals\n\n- [ ] Code review\n- [ ] DevOps lead review\n\
             - [ ] Security review\n- [ ] Change advisory board\n- [ ] On-call approval\n\n## Deployment\n\n\
             - [ ] Apply in staging\n- [ ] Apply in production\n"
        );
        self.book.write(&path(number), text);
    }

    fn propose(&mut self, number: u32, requestor: &str, more: &str) {
        self.write(number, "general", requestor, more);
        self.commit(requestor, "propose");
    }

    fn stage(&mut self, number: u32) {
        self.tick("ana", &path(number), "Apply in staging");
        self.n_staging += 1;
    }

    /// Proposed by ana, and deployed to staging.
    fn medium(&mut self, number: u32) {
        self.propose(number, "ana", "risk = \"medium\"\n");
        self.stage(number);
    }

    fn approve(&mut self, number: u32, person: &str, item: &str) {
        self.tick(person, &path(number), item);
    }

    fn deploy(&mut self, number: u32) {
        self.deploy_by("ana", number, "deploy");
    }

    fn deploy_at(&mut self, number: u32, moment: &str) {
        self.at(moment);
        self.deploy(number);
    }

    fn deploy_by(&mut self, person: &str, number: u32, message: &str) {
        self.book.replace(&path(number), "[ ] Apply in production", "[x] Apply in production");
        self.commit(person, message);
    }

    fn decision(&mut self, number: u32, tasks: &str, conditions: &str) {
        let text = format!(
            "+++\nid = \"CAB-2025-{number}\"\ntitle = \"Board on {number}\"\nchanges = [{tasks}]\n+++\n\n## Conditions\n\n{conditions}"
        );
        self.book.write(&board(number), text);
        self.commit("ana", "agenda");
    }

    fn decide(&mut self, number: u32, person: &str, verdict: &str) {
        self.book.replace(&board(number), "changes =", &format!("decision = \"{verdict}\"\nchanges ="));
        self.commit(person, "decide");
    }

    fn board(&mut self, number: u32, person: &str, verdict: &str) {
        self.decision(number, &format!("\"INFRA-{number}\""), "");
        self.decide(number, person, verdict);
    }

    /// A task of high risk with all that its text and its boxes owe, without approvals.
    fn high(&mut self, number: u32, more: &str) {
        self.propose(number, "ana", more);
        self.stage(number);
        self.tick("ana", &path(number), "On-call team notified");
        self.tick("ana", &path(number), "Status page");
    }

    /// The two roles that high risk asks for.
    fn roles(&mut self, number: u32, lead: &str) {
        self.approve(number, lead, "DevOps lead review");
        self.approve(number, "sam", "Security review");
    }

    /// A task of high risk that lacks nothing but the clock.
    fn ready(&mut self, number: u32, more: &str, lead: &str) {
        self.high(number, &format!("risk = \"high\"\n{more}"));
        self.roles(number, lead);
        self.board(number, "sam", "approved");
    }

    /// What medium risk asks for from July on.
    fn both(&mut self, number: u32) {
        self.approve(number, "kim", "Code review");
        self.approve(number, "sam", "Security review");
    }

    fn emergency(&mut self, number: u32, requestor: &str, on_call: &str) {
        self.propose(number, requestor, "risk = \"medium\"\nemergency = \"it is down\"\n");
        self.approve(number, on_call, "On-call approval");
    }
}

/// Plays the year.
pub(crate) fn year() -> Year {
    let mut year = Year { book: Fixture::empty(), n_staging: 0, clock: 0 };
    year.day("2025-01-02");
    year.book.write("book.toml", "[book]\ntitle = \"Year\"\nsrc = \"docs\"\n");
    year.book.write("policy.toml", POLICY);
    year.commit("kim", "start");
    january(&mut year);
    february(&mut year);
    march(&mut year);
    spring(&mut year);
    summer(&mut year);
    autumn(&mut year);
    december(&mut year);
    year
}

fn january(year: &mut Year) {
    year.day("2025-01-06");
    year.medium(101);
    year.approve(101, "sam", "Code review");
    year.deploy(101);
    year.day("2025-01-07");
    year.propose(102, "ana", "risk = \"low\"\n");
    year.stage(102);
    year.deploy(102);
    year.day("2025-01-08");
    year.medium(104);
    year.approve(104, "sam", "Code review");
    year.book.replace(&path(104), "Something.", "Something else.");
    year.commit("ana", "another text");
    year.stage_again(104);
    year.deploy(104);
    year.day("2025-01-09");
    year.propose(105, "sam", "risk = \"medium\"\n");
    year.stage(105);
    year.approve(105, "sam", "Code review");
    year.deploy(105);
    year.day("2025-01-10");
    year.ready(103, "", "lee");
    year.deploy_at(103, "2025-01-11T03:00:00+01:00");
    year.day("2025-01-13");
    year.medium(106);
    year.deploy(106);
    year.approve(106, "sam", "Code review");
    year.day("2025-01-14");
    year.propose(107, "ana", "risk = \"medium\"\n");
    year.approve(107, "sam", "Code review");
    year.deploy(107);
    year.day("2025-01-15");
    year.medium(109);
    year.approve(109, "sam", "Code review");
    year.book.replace(&path(109), "kind =", "cancelled = \"not needed\"\nkind =");
    year.commit("ana", "cancel");
    year.day("2025-01-23");
    year.ready(108, "", "kim");
    year.deploy_at(108, "2025-01-24T12:00:00+01:00");
    year.day("2025-01-27");
    year.write(110, "terraform", "ana", "risk = \"medium\"\n");
    year.commit("ana", "propose");
    year.stage(110);
    year.approve(110, "sam", "Code review");
    year.deploy(110);
}

impl Year {
    /// Staging once more, with another text.
    fn stage_again(&mut self, number: u32) {
        self.untick("ana", &path(number), "Apply in staging");
        self.stage(number);
    }
}

fn february(year: &mut Year) {
    year.day("2025-02-03");
    year.high(111, "risk = \"high\"\n");
    year.approve(111, "kim", "DevOps lead review");
    year.approve(111, "lee", "Security review");
    year.board(111, "sam", "approved");
    for number in [112, 113] {
        year.high(number, "risk = \"high\"\n");
        year.roles(number, "lee");
        year.board(number, "sam", "rejected");
    }
    year.at("2025-02-04T22:30:00+01:00");
    year.emergency(114, "kim", "lee");
    year.deploy(114);
    year.day("2025-02-05");
    year.board(114, "sam", "approved");
    year.medium(115);
    year.approve(115, "sam", "Code review");
    year.deploy(115);
    year.day("2025-02-06");
    year.untick("ana", &path(115), "Apply in production");
    year.medium(116);
    year.approve(116, "sam", "Code review");
    year.deploy(116);
    year.untick("ana", &path(116), "Apply in production");
    year.day("2025-02-07");
    year.medium(117);
    year.approve(117, "sam", "Code review");
    year.deploy_by("bot", 117, "deploy");
    year.deploy_at(111, "2025-02-08T03:00:00+01:00");
    year.deploy_at(113, "2025-02-08T03:20:00+01:00");
    year.day("2025-02-10");
    year.untick("sam", &path(116), "Code review");
    year.approve(116, "sam", "Code review");
    year.deploy(116);
    year.day("2025-02-11");
    year.propose(119, "ana", "risk = \"low\"\n");
    year.stage(119);
    year.propose(118, "ana", "risk = \"medium\"\ndepends = [\"INFRA-119\"]\n");
    year.stage(118);
    year.approve(118, "sam", "Code review");
    year.day("2025-02-12");
    year.write(120, "general", "ana", "risk = \"medium\"\n");
    year.commit("stranger", "propose");
    year.stage(120);
    year.approve(120, "sam", "Code review");
    year.deploy(120);
    year.day("2025-02-13");
    year.book.write("terraform/main.tf", "# by hand\n");
    year.commit("ana", "a quick repair");
    year.day("2025-02-20");
    year.deploy(119);
}

fn march(year: &mut Year) {
    year.day("2025-02-25");
    year.medium(129);
    year.approve(129, "kim", "Code review");
    year.deploy_by("sam", 129, "deploy");
    year.day("2025-02-26");
    year.medium(130);
    year.approve(130, "kim", "Code review");
    year.deploy_by("kim", 130, "deploy");
    year.day("2025-03-06");
    year.ready(121, "", "lee");
    year.ready(122, "", "lee");
    year.deploy_at(121, "2025-03-08T02:00:00+01:00");
    year.deploy_at(122, "2025-03-08T06:00:00+01:00");
    year.day("2025-03-13");
    year.high(131, "risk = \"low\"\ncategories = [\"database\"]\n");
    year.roles(131, "lee");
    year.board(131, "sam", "approved");
    year.deploy_at(131, "2025-03-15T03:30:00+01:00");
    year.day("2025-03-17");
    boards(year);
    year.day("2025-03-18");
    approvals(year);
    year.day("2025-03-27");
    year.ready(137, "window = \"sunday\"\n", "lee");
    year.ready(138, "window = \"sunday\"\n", "lee");
    year.deploy_at(138, "2025-03-30T03:20:00+02:00");
    year.deploy_at(137, "2025-03-30T03:40:00+02:00");
}

/// Decisions that are none, and a squash.
fn boards(year: &mut Year) {
    year.high(123, "risk = \"high\"\n");
    year.approve(123, "lee", "DevOps lead review");
    year.board(123, "sam", "approved");
    year.book.replace(&path(123), "[ ] Security review", "[x] Security review");
    year.commit("ana", "all of it\n\nCo-authored-by: sam <sam@example.org>");
    year.ready(124, "", "lee");
    year.book.replace(&board(124), "Board on 124", "Board on 124 and more");
    year.commit("ana", "a clearer title");
    for number in [125, 126] {
        year.high(number, "risk = \"high\"\n");
        year.roles(number, "lee");
    }
    year.board(126, "lee", "approved");
    year.high(127, "risk = \"high\"\n");
    year.roles(127, "lee");
    year.decision(127, "\"INFRA-127\"", "- [ ] Database team on standby\n");
    year.decide(127, "sam", "approved");
}

/// Approvals that are none.
fn approvals(year: &mut Year) {
    year.medium(128);
    year.approve(128, "bot", "Code review");
    year.medium(132);
    year.book.git(&["switch", "-q", "-c", "side"]);
    year.book.write("side.txt", "beside\n");
    year.commit("ana", "beside");
    year.book.git(&["switch", "-q", "main"]);
    year.book.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    year.approve(132, "sam", "Code review");
    year.medium(133);
    year.approve(133, "sam", "Code review");
    year.book.write("terraform/other.tf", "# more\n");
    year.commit("ana", "more code\n\nChange: INFRA-133");
    year.medium(134);
    year.book.write("notes.txt", "reviewed\n");
    year.commit("ana", "INFRA-134: reviewed\n\nApproved-by: sam <sam@example.org>");
    year.medium(135);
    year.book.replace(&path(135), "[ ] Code review", "[x] Code review");
    year.book.person("sam").committed_by("ana");
    year.book.set_clock(year.clock);
    year.book.commit("picked from elsewhere");
    year.clock += 300;
    year.medium(136);
    year.approve(136, "sam", "Code review");
    year.untick("ana", &path(136), "Code review");
}

fn spring(year: &mut Year) {
    year.day("2025-04-10");
    year.ready(139, "", "lee");
    year.ready(140, "", "lee");
    year.deploy_at(139, "2025-04-12T02:00:00+02:00");
    year.deploy_at(140, "2025-04-12T06:30:00+02:00");
    year.at("2025-05-06T23:00:00+02:00");
    year.emergency(141, "kim", "lee");
    year.deploy(141);
    year.day("2025-05-15");
    year.medium(143);
    year.approve(143, "lee", "Code review");
    year.day("2025-05-20");
    year.emergency(142, "kim", "lee");
    year.day("2025-05-21");
    year.deploy(142);
    year.day("2025-05-26");
    year.ready(144, "", "lee");
    year.day("2025-06-01");
    let policy = year.book.read("policy.toml");
    let policy =
        policy.replace("[people.lee]\nemails = [\"lee@example.org\"]\n", "").replace(", \"lee\"", "");
    year.book.write("policy.toml", policy.replace("\"lee\", ", ""));
    year.commit("kim", "lee has left");
}

fn summer(year: &mut Year) {
    year.day("2025-06-02");
    year.high(145, "risk = \"high\"\n");
    year.roles(145, "lee");
    year.board(145, "sam", "approved");
    year.deploy_at(144, "2025-06-07T03:00:00+02:00");
    year.day("2025-06-10");
    year.deploy(143);
    year.day("2025-06-25");
    year.medium(146);
    year.approve(146, "kim", "Code review");
    year.day("2025-07-01");
    year.book.replace("policy.toml", "roles = [\"peer\"]", "roles = [\"peer\", \"security\"]");
    year.commit("kim", "security looks at medium risk too");
    year.day("2025-07-03");
    year.deploy(146);
    year.day("2025-07-07");
    year.medium(147);
    year.both(147);
    year.deploy(147);
    year.day("2025-07-10");
    year.medium(148);
    year.book.write("terraform/never.tf", "# not yet\n");
    year.commit("ana", "code\n\nChange: INFRA-148");
    year.both(148);
    year.day("2025-07-17");
    year.ready(149, "", "kim");
    year.at("2025-07-19T07:30:00+02:00");
    year.deploy_by("ana", 149, "deploy\n\nDeployed: production 2025-07-19T05:30:00+02:00");
    year.day("2025-07-24");
    year.ready(150, "", "kim");
    year.at("2025-07-26T14:00:00+02:00");
    year.deploy_by("ana", 150, "deploy\n\nDeployed: production 2025-07-26T05:30:00+02:00");
}

fn autumn(year: &mut Year) {
    year.day("2025-08-15");
    year.decision(141, "\"INFRA-141\", \"INFRA-142\"", "");
    year.decide(141, "sam", "approved");
    year.day("2025-09-03");
    year.medium(151);
    year.both(151);
    year.clock -= 3600;
    year.deploy(151);
    year.day("2025-09-10");
    year.write(152, "terraform", "ana", "risk = \"medium\"\n");
    year.book.plan("INFRA-152", "production", NEW_BUCKET);
    year.commit("ana", "propose");
    year.stage(152);
    year.both(152);
    year.deploy_by("ana", 152, "deploy\n\nPlan: sha256:bbbb");
    year.day("2025-09-16");
    year.write(153, "general", "ana", "risk = \"high\"\n");
    year.book.replace(&path(153), "## Rollback\n\nBack again.\n\n", "");
    year.commit("ana", "propose");
    year.stage(153);
    year.tick("ana", &path(153), "On-call team notified");
    year.tick("ana", &path(153), "Status page");
    year.roles(153, "kim");
    year.board(153, "sam", "approved");
    year.propose(154, "ana", "risk = \"high\"\n");
    year.stage(154);
    year.roles(154, "kim");
    year.board(154, "sam", "approved");
    year.day("2025-10-23");
    year.ready(155, "window = \"sunday\"\n", "kim");
    year.ready(156, "window = \"sunday\"\n", "kim");
    year.deploy_at(155, "2025-10-26T02:50:00+01:00");
    year.deploy_at(156, "2025-10-26T04:40:00+01:00");
}

fn december(year: &mut Year) {
    year.day("2025-12-01");
    year.medium(157);
    year.both(157);
    year.deploy(157);
    year.day("2025-12-15");
    year.medium(158);
    year.both(158);
    year.medium(160);
    year.both(160);
    year.day("2025-12-22");
    year.deploy(158);
    year.day("2025-12-23");
    year.deploy(160);
    year.at("2025-12-24T23:00:00+01:00");
    year.emergency(159, "ana", "kim");
    year.deploy(159);
    year.day("2025-12-25");
    year.board(159, "sam", "approved");
}
