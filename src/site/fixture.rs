//! A small book made by hand: the cards as state, without git. For tests only.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DocFile, SiteConfig, SiteInput};
use crate::diagnostic::{Code, Diagnostic};
use crate::history::{CommitId, CommitTime};
use crate::ledger::*;
use crate::record::*;

/// 24 May 2024 02:14 +02:00.
const NOW: i64 = 1_716_509_640;

/// Everything that a [`SiteInput`] borrows.
pub(super) struct Book {
    pub(super) config: SiteConfig,
    pub(super) state: State,
    pub(super) docs: Vec<DocFile>,
    pub(super) assets: Vec<DocFile>,
    pub(super) policy: crate::policy::Policy,
    pub(super) steps: crate::book::Steps,
    pub(super) overrides: BTreeMap<String, String>,
    pub(super) renamed: BTreeMap<RecordId, RecordId>,
    pub(super) unsaved: BTreeMap<String, std::sync::Arc<crate::record::Record>>,
}

impl Book {
    pub(super) fn input(&self) -> SiteInput<'_> {
        SiteInput {
            config: &self.config,
            state: &self.state,
            docs: &self.docs,
            docs_problems: &[],
            docs_dir: "docs",
            assets: &self.assets,
            policy: &self.policy,
            judged: None,
            steps: &self.steps,
            template_overrides: &self.overrides,
            renamed: &self.renamed,
            theme_files: &[],
            unsaved: &self.unsaved,
            memory: None,
            earlier: None,
        }
    }
}

/// A book without anything in it.
pub(super) fn empty() -> Book {
    let config = SiteConfig {
        title: "Platform infrastructure".to_owned(),
        description: Some("Every change to the platform: why, who agreed, when it ran.".to_owned()),
        authors: vec!["Ana".to_owned()],
        language: "en".to_owned(),
        repository_url: Some("https://git.example.org/platform/infrastructure".to_owned()),
        edit_url_template: Some(
            "https://git.example.org/platform/infrastructure/edit/main/{path}".to_owned(),
        ),
        ..SiteConfig::default()
    };
    let mut policy = crate::policy::Policy::builtin();
    policy.people = ["ana", "sam", "kim", "lee"]
        .map(|key| {
            let person = crate::policy::Person {
                name: super::text::capitalized(key),
                emails: vec![format!("{key}@example.org")],
                keys: Vec::new(),
                robot: false,
            };
            (key.to_owned(), person)
        })
        .into();
    let state = State {
        at: Some(act("lee", NOW, 0xf0)),
        now: NOW,
        branch: Some("main".to_owned()),
        trunk: Some("origin/main".to_owned()),
        records: Vec::new(),
        diagnostics: Vec::new(),
    };
    Book {
        config,
        state,
        docs: Vec::new(),
        assets: Vec::new(),
        policy,
        steps: BTreeMap::new(),
        overrides: BTreeMap::new(),
        renamed: BTreeMap::new(),
        unsaved: BTreeMap::new(),
    }
}

/// The cards.
pub(super) fn book() -> Book {
    let mut book = empty();
    book.state.records = vec![
        infra_100(),
        infra_150(),
        infra_200(),
        infra_210(),
        infra_doc_01(),
        broken(),
        cab(),
        redis_cluster(),
    ];
    let doc = |path: &str, text: &str| DocFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
        title: None,
    };
    book.docs = vec![
        doc("docs/SUMMARY.md", include_str!("testdata/SUMMARY.md")),
        doc("docs/README.md", include_str!("testdata/README.md")),
        doc("docs/guide/windows.md", include_str!("testdata/windows.md")),
        doc(
            "docs/guide/trust.md",
            "# What an approval is worth\n\nAs much as the forge's control of pushes.\n",
        ),
        doc(
            "docs/img/flow.svg",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 60\"><path d=\"M10 30h300\" stroke=\"#55697a\" fill=\"none\" stroke-width=\"2\"/><circle cx=\"20\" cy=\"30\" r=\"8\" fill=\"#55697a\"/><circle cx=\"160\" cy=\"30\" r=\"8\" fill=\"#55697a\"/><circle cx=\"300\" cy=\"30\" r=\"8\" fill=\"#55697a\"/></svg>",
        ),
    ];
    book
}

/// Seconds of a day in May 2024 at an hour, +02:00.
fn may(day: i64, hour: i64, minute: i64) -> i64 {
    NOW + (day - 24) * 86_400 + (hour - 2) * 3_600 + (minute - 14) * 60
}

/// An act of a person; `seed` makes the commit.
pub(super) fn act(person: &str, seconds: i64, seed: u8) -> Evidence {
    let mut id = [seed; 20];
    for (index, byte) in id.iter_mut().enumerate() {
        *byte = byte.wrapping_mul(31).wrapping_add((index as u8).wrapping_mul(57)) ^ 0x5a;
    }
    Evidence {
        commit: CommitId(id),
        author: super::text::capitalized(person).into(),
        email: format!("{person}@example.org").into(),
        time: CommitTime { seconds, offset_minutes: 120 },
        person: ["ana", "sam", "kim", "lee"].contains(&person).then(|| person.into()),
        subject: "a subject".into(),
    }
}

/// A record with its body, items and sections found line by line.
pub(super) fn record(name: &str, path: &str, source: &str, details: Details) -> RecordState {
    let body_start = source.find("\n+++\n").map_or(0, |at| at + 5);
    let mut sections: Vec<Section> = Vec::new();
    let mut items = Vec::new();
    let mut fields = Vec::new();
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let span = at..at + line.len();
        at = span.end;
        if span.end <= body_start {
            fields.extend(field(line, &span));
        } else if let Some(title) = line.strip_prefix("## ") {
            if let Some(last) = sections.last_mut() {
                last.content.end = span.start;
            }
            sections.push(Section {
                title: title.trim().to_owned(),
                heading: span.clone(),
                content: span.end..source.len(),
            });
        } else if let Some(text) = line.strip_prefix("- [ ] ").or_else(|| line.strip_prefix("- [x] ")) {
            let key = ItemKey { text: text.trim().to_lowercase().into(), nth: 0 };
            let section = sections.len().checked_sub(1);
            let mark = span.start + 2..span.start + 5;
            items.push(Item {
                key,
                text: text.trim().to_owned(),
                checked: line.contains("[x]"),
                section,
                span,
                mark,
            });
        }
    }
    let record_type = match details {
        Details::Task(_) => RecordType::Task,
        Details::Decision(_) => RecordType::Decision,
        Details::Runbook(_) => RecordType::Runbook,
    };
    let states = items.iter().map(|item| ItemState {
        key: item.key.clone(),
        section: item.section.map(|section| sections[section].title.clone()),
        text: item.text.clone(),
        checked: item.checked,
        by: Vec::new(),
    });
    RecordState {
        name: name.to_owned(),
        id: RecordId::parse(name).ok(),
        record_type,
        items: states.collect(),
        record: Arc::new(Record {
            id: RecordId::parse(name).ok(),
            path: path.to_owned(),
            source: source.into(),
            frontmatter: None,
            body_start,
            fields,
            details,
            sections,
            items,
            steps: Vec::new(),
            links: Vec::new(),
            diagnostics: Vec::new(),
        }),
        status: Status::Proposed,
        review_due: None,
        evidence: None,
        created: None,
        updated: None,
        authors: Vec::new(),
        work: Vec::new(),
        risk: None,
        approval: None,
        approvals: Vec::new(),
        waiting_for: Vec::new(),
        blocked_by: Vec::new(),
        environments: Vec::new(),
        open_conditions: Vec::new(),
        relations: Vec::new(),
        events: Vec::new(),
        scope: None,
        work_tree: WorkTree::Clean,
        landed: Some(true),
        next: String::new(),
        diagnostics: Vec::new(),
    }
}

fn field(line: &str, span: &std::ops::Range<usize>) -> Option<Field> {
    let (key, value) = line.split_once(" = ")?;
    let value = serde_json::from_str(value.trim()).unwrap_or_else(|_| serde_json::Value::from(value.trim()));
    Some(Field {
        key: key.split('.').next()?.to_owned(),
        key_span: span.clone(),
        value_span: span.clone(),
        value,
    })
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn text(text: &str) -> Option<Text> {
    Some(Text { text: text.to_owned(), seconds: 0 })
}

fn risk(level: Risk, reasons: &[&str]) -> Option<RiskState> {
    Some(RiskState { level, reasons: strings(reasons) })
}

fn event(by: Evidence, kind: EventKind) -> Event {
    Event { by, kind, merge: false }
}

fn ticked(by: Evidence, item: &str) -> Event {
    event(by, EventKind::Ticked { item: item.to_owned() })
}

fn environment(name: &str, gated: bool, by: Option<Evidence>) -> EnvironmentState {
    EnvironmentState {
        name: name.to_owned(),
        gated,
        deployed: by.is_some(),
        by,
        rolled_back: None,
        stated_time: None,
    }
}

fn relation(kind: &'static str, id: &str) -> Relation {
    Relation { kind, id: RecordId::parse(id).unwrap(), title: None, exists: true }
}

fn approval(role: &str, text: &str, by: Option<Evidence>, code: Option<Code>, detail: &str) -> Approval {
    Approval {
        role: role.to_owned(),
        text: text.to_owned(),
        decision: None,
        detached: None,
        person: by.as_ref().and_then(|by| by.person.as_deref().map(str::to_owned)),
        also: Vec::new(),
        trust: by.as_ref().map(|_| TrustLevel::Committed),
        valid: code.is_none(),
        required: true,
        code,
        detail: detail.to_owned(),
        scope: None,
        scope_at: None,
        changed: Vec::new(),
        open_to: Vec::new(),
        todo: None,
        by,
    }
}

fn infra_100() -> RecordState {
    let task = Task {
        title: "Add a Redis cluster for caching".to_owned(),
        kind: Some(TaskKind::Terraform),
        requestor: Some("ana".to_owned()),
        services: strings(&["redis", "api"]),
        labels: strings(&["caching", "PROJ-456"]),
        ..Task::default()
    };
    let mut state = record(
        "INFRA-100",
        "tasks/INFRA-100.md",
        include_str!("testdata/INFRA-100.md"),
        Details::Task(Box::new(task)),
    );
    state.status = Status::Done;
    state.evidence = Some(act("ana", may(14, 16, 20), 9));
    state.created = Some(act("ana", may(2, 9, 5), 1));
    state.updated = Some(act("ana", may(14, 16, 20), 9));
    state.authors = vec![act("ana", may(2, 9, 5), 1)];
    state.work = vec![act("ana", may(3, 11, 0), 2)];
    state.risk = risk(Risk::Low, &["declared: low", "plan: new resources only"]);
    state.approval = Some(ApprovalFacet::NotNeeded);
    for (index, item) in state.items.iter_mut().enumerate() {
        item.by = vec![act(
            if index == 1 { "kim" } else { "ana" },
            may(3 + index as i64 * 2, 10, 10),
            2 + index as u8,
        )];
    }
    state.environments = vec![
        environment("staging", false, Some(act("ana", may(7, 10, 10), 4))),
        environment("production", true, Some(act("ana", may(11, 10, 10), 6))),
    ];
    state.relations =
        vec![relation("followed by", "INFRA-DOC-01"), relation("uses runbook", "redis-cluster")];
    state.events = vec![
        event(act("ana", may(2, 9, 5), 1), EventKind::Created),
        event(act("ana", may(3, 11, 0), 2), EventKind::Worked),
        ticked(act("kim", may(5, 10, 10), 3), "Code review"),
        event(act("ana", may(7, 10, 10), 4), EventKind::Deployed { environment: "staging".to_owned() }),
        event(act("ana", may(11, 10, 10), 6), EventKind::Deployed { environment: "production".to_owned() }),
    ];
    state.next = "nothing: it is done".to_owned();
    state
}

fn infra_150() -> RecordState {
    let task = Task {
        title: "Migrate to the new VPC".to_owned(),
        kind: Some(TaskKind::Terraform),
        requestor: Some("kim".to_owned()),
        categories: strings(&["network"]),
        services: strings(&["api", "web"]),
        window: Some("standard".to_owned()),
        scheduled: "2024-05-25T02:00:00+02:00[Europe/Berlin]".parse().ok(),
        duration: text("3h"),
        downtime: text("30m"),
        plans: vec![(
            "production".to_owned(),
            Plan {
                digest: "sha256:9f2c41aa07d3".to_owned(),
                add: 15,
                change: 3,
                destroy: 3,
                replace: 1,
                ..Plan::default()
            },
        )],
        ..Task::default()
    };
    let mut state = record(
        "INFRA-150",
        "tasks/INFRA-150.md",
        include_str!("testdata/INFRA-150.md"),
        Details::Task(Box::new(task)),
    );
    state.status = Status::InReview;
    let review = act("lee", may(16, 10, 2), 22);
    state.evidence = Some(review.clone());
    state.created = Some(act("kim", may(13, 9, 30), 20));
    state.updated = Some(act("kim", may(15, 18, 1), 21));
    state.authors = vec![act("kim", may(13, 9, 30), 20)];
    state.work = vec![act("kim", may(15, 18, 1), 21)];
    state.risk = risk(Risk::High, &["declared: high", "category `network`", "plan: replaces aws_lb.public"]);
    state.approval = Some(ApprovalFacet::Partial { met: 2, of: 3 });
    let mut board = approval(
        "cab",
        "CAB-2024-05",
        Some(act("ana", may(16, 15, 0), 24)),
        Some(Code::ConditionOpen),
        "2 of 3 conditions open",
    );
    board.decision = RecordId::parse("CAB-2024-05").ok();
    let mut signed =
        approval("devops-lead", "DevOps lead review", Some(review.clone()), None, "on this text");
    signed.trust = Some(TrustLevel::Signed);
    state.approvals = vec![
        signed,
        approval(
            "security",
            "Security review (network change)",
            Some(act("sam", may(16, 14, 40), 23)),
            None,
            "on this text",
        ),
        board,
    ];
    for (text, by) in [
        ("code review", &review),
        ("devops lead review", &review),
        ("security review (network change)", &act("sam", may(16, 14, 40), 23)),
        ("terraform code", &act("kim", may(15, 18, 1), 21)),
    ] {
        let item = state.items.iter_mut().find(|item| &*item.key.text == text).unwrap();
        item.by = vec![by.clone()];
    }
    state.environments = vec![environment("staging", false, None), environment("production", true, None)];
    state.relations = vec![
        relation("decided in", "CAB-2024-05"),
        relation("same service", "INFRA-200"),
        relation("same service", "INFRA-100"),
    ];
    state.events = vec![
        event(act("kim", may(13, 9, 30), 20), EventKind::Created),
        event(act("kim", may(15, 18, 1), 21), EventKind::Worked),
        event(act("kim", may(15, 18, 1), 21), EventKind::ScopeChanged),
        ticked(review.clone(), "Code review"),
        ticked(review, "DevOps lead review"),
        ticked(act("sam", may(16, 14, 40), 23), "Security review (network change)"),
    ];
    state.landed = Some(false);
    state.next = "meet the board's conditions".to_owned();
    state
}

fn infra_200() -> RecordState {
    let task = Task {
        title: "Update the API deployment".to_owned(),
        kind: Some(TaskKind::Kubernetes),
        requestor: Some("lee".to_owned()),
        services: strings(&["api"]),
        ..Task::default()
    };
    let mut state = record(
        "INFRA-200",
        "tasks/INFRA-200.md",
        include_str!("testdata/INFRA-200.md"),
        Details::Task(Box::new(task)),
    );
    state.status = Status::RolledBack;
    let undone = act("lee", may(22, 11, 48), 33);
    state.evidence = Some(undone.clone());
    state.created = Some(act("lee", may(17, 9, 0), 30));
    state.updated = Some(undone.clone());
    state.authors = vec![act("lee", may(17, 9, 0), 30)];
    state.risk = risk(Risk::Medium, &["category `configuration`"]);
    state.approval = Some(ApprovalFacet::Stale);
    state.approvals = vec![approval(
        "peer",
        "Code review",
        Some(act("sam", may(20, 9, 12), 31)),
        Some(Code::ApprovalStale),
        "given before the rollback of 22 May",
    )];
    let mut production = environment("production", true, None);
    production.rolled_back = Some(undone.clone());
    state.environments = vec![environment("staging", false, Some(act("lee", may(21, 9, 0), 32))), production];
    state.relations = vec![relation("same service", "INFRA-100"), relation("same service", "INFRA-150")];
    state.events = vec![
        event(act("lee", may(17, 9, 0), 30), EventKind::Created),
        ticked(act("sam", may(20, 9, 12), 31), "Code review"),
        event(act("lee", may(21, 9, 0), 32), EventKind::Deployed { environment: "staging".to_owned() }),
        event(
            undone,
            EventKind::RolledBack {
                environment: "production".to_owned(),
                reason: Some("readiness probe never passed".to_owned()),
            },
        ),
    ];
    state.work_tree = WorkTree::Modified;
    state.next = "mend it, then have it approved again".to_owned();
    state
}

fn infra_210() -> RecordState {
    let task = Task {
        title: "Upgrade ingress-nginx 4.6.0 → 4.8.0".to_owned(),
        kind: Some(TaskKind::Helm),
        requestor: Some("sam".to_owned()),
        services: strings(&["ingress"]),
        labels: strings(&["caching"]),
        ..Task::default()
    };
    let source = "+++\nid = \"INFRA-210\"\nkind = \"helm\"\nx-ticket = \"PROJ-77\"\n+++\n\n## Changelog review\n\n| Kind | Change |\n|:--|--:|\n| New | rate limiting |\n| Fixed | a memory leak |\n\n## Approvals\n\n- [x] Code review\n";
    let mut state = record("INFRA-210", "tasks/2024/INFRA-210.md", source, Details::Task(Box::new(task)));
    state.status = Status::Approved;
    state.evidence = Some(act("kim", may(21, 15, 31), 41));
    state.created = Some(act("sam", may(20, 9, 0), 40));
    state.updated = Some(act("sam", may(20, 9, 0), 40));
    state.risk = risk(Risk::Medium, &["declared: medium"]);
    state.approval = Some(ApprovalFacet::Approved);
    state.approvals =
        vec![approval("peer", "Code review", Some(act("kim", may(21, 15, 31), 41)), None, "on this text")];
    state.environments = vec![environment("staging", false, None), environment("production", true, None)];
    state.items[0].by = vec![act("kim", may(21, 15, 31), 41)];
    state.next = "deploy to staging".to_owned();
    state
}

fn infra_doc_01() -> RecordState {
    let task = Task {
        title: "Document the Redis cluster".to_owned(),
        kind: Some(TaskKind::Documentation),
        requestor: Some("ana".to_owned()),
        services: strings(&["redis"]),
        ..Task::default()
    };
    let source = "+++\nid = \"INFRA-DOC-01\"\nkind = \"documentation\"\nfollows = [\"INFRA-100\"]\n+++\n\n## What\n\nWhat INFRA-100 left open.\n\n## Checklist\n\n- [x] Architecture diagram\n- [ ] Configuration details\n- [ ] Access and credentials\n- [ ] Monitoring and alerts\n- [ ] Runbook for common issues\n- [ ] Disaster recovery\n";
    let mut state = record("INFRA-DOC-01", "tasks/INFRA-DOC-01.md", source, Details::Task(Box::new(task)));
    state.status = Status::Developing;
    state.evidence = Some(act("ana", may(15, 10, 0), 51));
    state.created = Some(act("ana", may(14, 16, 30), 50));
    state.updated = Some(act("ana", may(15, 10, 0), 51));
    state.risk = risk(Risk::Low, &["declared: low"]);
    state.approval = Some(ApprovalFacet::NotNeeded);
    state.items[0].by = vec![act("ana", may(15, 10, 0), 51)];
    state.relations = vec![relation("follows", "INFRA-100")];
    state.next = "tick what is written: 5 items are open".to_owned();
    state
}

fn broken() -> RecordState {
    let source =
        "+++\nid = \"INFRA-230\"\ntitle = \"Rotate <script>alert(1)</script> keys\n+++\n\n<<<<<<< HEAD\n";
    let mut state =
        record("tasks/broken one.md", "tasks/broken one.md", source, Details::Task(Box::default()));
    let diagnostic = Diagnostic::error(
        Code::RecordBroken,
        "tasks/broken one.md",
        source,
        31..32,
        "the string is not closed, expected `\"`",
    )
    .with_help("close the quotation mark");
    if let Some(record) = Arc::get_mut(&mut state.record) {
        record.diagnostics.push(diagnostic.clone());
    }
    state.status = Status::Unknown;
    state.diagnostics = vec![diagnostic];
    state.next = "repair the file".to_owned();
    state
}

fn cab() -> RecordState {
    let decision = Decision {
        title: "VPC migration review".to_owned(),
        changes: strings(&["INFRA-150"]),
        requestor: Some("kim".to_owned()),
        meeting: Some(jiff::civil::date(2024, 5, 16)),
        decision: Some(Verdict::Approved),
    };
    let mut state = record(
        "CAB-2024-05",
        "cab/CAB-2024-05.md",
        include_str!("testdata/CAB-2024-05.md"),
        Details::Decision(decision),
    );
    let decided = act("ana", may(16, 15, 0), 24);
    state.status = Status::Approved;
    state.evidence = Some(decided.clone());
    state.created = Some(act("kim", may(13, 9, 40), 60));
    state.updated = Some(decided.clone());
    for item in state.items.iter_mut().filter(|item| item.checked) {
        item.by = vec![decided.clone()];
    }
    state.relations = vec![relation("decides on", "INFRA-150")];
    state.events = vec![
        event(act("kim", may(13, 9, 40), 60), EventKind::Created),
        event(decided, EventKind::Decided { verdict: Some(Verdict::Approved) }),
    ];
    state.next = "meet 2 conditions".to_owned();
    state
}

fn redis_cluster() -> RecordState {
    let runbook = Runbook {
        title: "Redis cluster".to_owned(),
        services: strings(&["redis", "api"]),
        owner: Some("devops-lead".to_owned()),
        rto: text("30m"),
        rpo: text("24h"),
        review_every: text("90d"),
        labels: Vec::new(),
    };
    let mut state = record(
        "redis-cluster",
        "runbooks/redis-cluster.md",
        include_str!("testdata/redis-cluster.md"),
        Details::Runbook(runbook),
    );
    state.status = Status::ReviewDue;
    state.evidence = Some(act("ana", may(14, 16, 25), 70));
    state.created = state.evidence.clone();
    state.updated = state.evidence.clone();
    state.relations = vec![relation("used by", "INFRA-100")];
    state.events = vec![event(act("ana", may(14, 16, 25), 70), EventKind::Created)];
    state.next = "review it".to_owned();
    state
}
