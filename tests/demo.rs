//! The demo: every card, the same commits each time, and nothing that anybody typed.

use std::collections::BTreeMap;

use crate::support::Fixture;

fn demo() -> Fixture {
    let mut book = Fixture::empty();
    book.run(&["demo", "../demo"]).expect(0);
    book.root = book.root.join("../demo").canonicalize().unwrap();
    book
}

#[test]
fn it_stands_where_it_was_asked_for() {
    let book = Fixture::empty();
    book.run(&["demo"]).expect(0);
    assert!(book.root.join("changebook-demo/.git").is_dir());
    assert!(book.root.join("changebook-demo/book/index.html").is_file());
    book.run(&["demo", "another", "--no-site"]).expect(0);
    assert!(book.root.join("another/.git").is_dir());
    std::fs::create_dir(book.root.join("place")).unwrap();
    book.run(&["-C", "place", "demo", "third", "--no-site"]).expect(0);
    assert!(book.root.join("place/third/.git").is_dir());
}

#[test]
fn it_makes_the_same_commits_each_time_and_leaves_work_uncommitted() {
    let (first, second) = (demo(), demo());
    assert_eq!(first.head(), second.head());
    assert_eq!(first.git(&["status", "--porcelain"]), " M tasks/INFRA-230.md\n?? tasks/INFRA-240.md");
    let again = first.run(&["demo", "."]).expect(1);
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
}

/// The README's example is the demo as it stood in the week of the reviews.
#[test]
fn the_readme_shows_what_the_demo_says() {
    let book = demo();
    let then = book.git(&["log", "--format=%H", "--grep=INFRA-150: approve as devops-lead"]);
    let shown = book.run(&["show", "INFRA-150", "--at", &then]).expect(0).stdout;
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let example = readme.split("$ changebook show INFRA-150\n").nth(1).unwrap();
    for line in example.lines().take_while(|line| !line.starts_with("```")) {
        assert!(shown.lines().any(|found| found == line), "{line:?} is not in {shown}");
    }
}

#[test]
fn its_history_runs_forward() {
    let book = demo();
    let log = book.git(&["log", "--all", "--format=%ct %P"]);
    let time = |commit: &str| book.git(&["log", "-1", "--format=%ct", commit]).parse::<i64>().unwrap();
    for line in log.lines() {
        let (at, parents) = line.split_once(' ').unwrap_or((line, ""));
        for parent in parents.split_whitespace() {
            assert!(time(parent) < at.parse().unwrap(), "{parent} is later than its child");
        }
    }
    assert!(book.git(&["log", "--merges", "--format=%H"]).lines().count() >= 4);
}

#[test]
fn every_card_stands_where_its_commits_put_it() {
    let book = demo();
    let list = book.json(&["list", "--now", "2024-05-30T09:00:00+02:00"]);
    let statuses: BTreeMap<&str, &str> = list["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| (record["id"].as_str().unwrap(), record["status"].as_str().unwrap()))
        .collect();
    let expected = BTreeMap::from([
        ("CAB-2024-05", "approved"),
        ("CAB-2024-06", "pending"),
        ("INFRA-100", "done"),
        ("INFRA-150", "done"),
        ("INFRA-200", "done"),
        ("INFRA-210", "done"),
        ("INFRA-220", "applied"),
        ("INFRA-230", "in-review"),
        ("INFRA-235", "proposed"),
        ("INFRA-240", "draft"),
        ("INFRA-DOC-01", "done"),
        ("network-cutover", "current"),
        ("redis-cluster", "current"),
    ]);
    assert_eq!(statuses, expected);
    let check = book.run(&["check"]).expect(0);
    assert!(check.stdout.contains("0 errors"), "{}", check.stdout);
    // The refused approval, the rollback, and the stale approval, at the moments when they stood.
    let then = |commit: &str| {
        let id = book.git(&["log", "--format=%H", &format!("--grep={commit}"), "-1"]);
        book.json(&["show", "INFRA-200", "--at", &id])["record"].take()
    };
    let refused = then("It is urgent");
    assert_eq!(refused["approvals"][0]["code"], "approval-self");
    let rolled_back = book.git(&["log", "--format=%H", "--grep=Rolled-back", "-1"]);
    let ingress = book.json(&["show", "INFRA-210", "--at", &rolled_back]);
    assert_eq!(ingress["record"]["status"], "rolled-back");
    assert_eq!(book.approval("INFRA-230", "devops-lead"), "approval-stale");
}

#[test]
fn no_record_holds_a_status_a_date_of_change_or_an_approver() {
    let book = demo();
    for id in [
        "tasks/INFRA-100.md",
        "tasks/INFRA-150.md",
        "tasks/INFRA-200.md",
        "tasks/INFRA-210.md",
        "tasks/INFRA-220.md",
    ] {
        let text = book.read(id);
        for word in
            ["status", "created", "updated", "approver", "approved-by", "sam", "2024-05-14", "2024-05-15"]
        {
            assert!(!text.lines().any(|line| line.starts_with(word)), "{id} holds {word}");
        }
        assert!(!text.contains("Sam") && !text.contains("sam"), "{id} names an approver");
    }
}

#[test]
fn every_evidence_command_runs_as_printed_and_shows_its_commit() {
    let book = demo();
    let list = book.run(&["list", "--evidence"]).expect(0).stdout;
    let show = book.run(&["show", "INFRA-150", "--evidence"]).expect(0).stdout;
    let commands: Vec<&str> =
        list.lines().chain(show.lines()).map(str::trim).filter(|line| line.starts_with("git ")).collect();
    let statuses = list.lines().filter(|line| line.starts_with("git ")).count();
    assert_eq!(statuses, 12, "one for each record but the draft");
    for command in commands {
        let commit = command.split_whitespace().find(|word| word.len() == 40).unwrap();
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", command]).current_dir(&book.root).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && text.starts_with(&format!("commit {commit}")),
            "{command}: {text}"
        );
    }
}

#[test]
fn the_site_is_the_same_bytes_wherever_it_is_built() {
    let book = demo();
    book.run(&["build", "--out", "../one"]).expect(0);
    let mut elsewhere = book.program();
    elsewhere
        .args(["build", "--out", "../two"])
        .current_dir(&book.root)
        .env("TZ", "Pacific/Auckland")
        .env("RAYON_NUM_THREADS", "1");
    assert!(elsewhere.status().unwrap().success());
    let files = |folder: &str| {
        let root = book.root.join(folder).canonicalize().unwrap();
        let mut files = BTreeMap::new();
        let mut open = vec![root.clone()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                files.insert(path.strip_prefix(&root).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
        files
    };
    let (one, two) = (files("../one"), files("../two"));
    assert!(one.len() > 30);
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two[path] == *bytes, "{}", path.display());
    }
    let again = book.json(&["build", "--out", "../one"]);
    assert_eq!(again["written"], 0, "nothing is written that is there already");
}

/// The cards of a Terraform pull request, a Kubernetes task and a Helm task, line by line, in the records that the
/// evidence was written into.
#[test]
fn evidence_in_the_records_reads_as_the_cards_do() {
    let book = demo();
    let cards: [(&str, &[&str]); 3] = [
        (
            "INFRA-100",
            &[
                "Plan: 3 to add, 1 to change, 0 to destroy.",
                "+ aws_elasticache_cluster.main",
                "+ aws_security_group.redis",
                "+ aws_elasticache_subnet_group.main",
                "~ aws_security_group.app (egress rule added)",
            ],
        ),
        (
            "INFRA-200",
            &[
                "- Deployment api: replicas 3 → 5; readiness probe added (HTTP GET /healthz on port 8080); resources added (limits.cpu 500m, limits.memory 512Mi)",
                "- HorizontalPodAutoscaler api added",
                "- `k8s/api/deployment.yaml`",
                "- `k8s/api/hpa.yaml`",
                "`kubectl rollout undo deployment/api`",
            ],
        ),
        (
            "INFRA-210",
            &[
                "ingress-nginx 4.6.0 → 4.8.0 (minor), app 1.7.0 → 1.9.0",
                "- Breaking changes: none in the changelog",
                "- New features:",
                "  - 4.8.0: Rate limiting",
                "- Bug fixes:",
                "  - 4.8.0: A memory leak of the controller",
            ],
        ),
    ];
    for (id, lines) in cards {
        let text = book.read(&format!("tasks/{id}.md"));
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line:?} is not in {text}");
        }
        assert_eq!(book.show(id)["risk"], "medium", "{id}: {}", book.show(id)["risk_reasons"]);
    }
    let pr = book.run(&["pr", "INFRA-100"]).expect(0).stdout;
    for line in [
        "## Risk: medium",
        "- [x] Plan output included (recorded)",
        "- [x] Cost estimate for new resources (400 USD a month)",
        "- [x] Documentation updated",
        "- [x] Rollback plan documented (written)",
        "`terraform destroy` of the new resources.",
    ] {
        assert!(pr.lines().any(|found| found == line), "{line:?} is not in {pr}");
    }
}

/// What the record holds is what the commands write: a chart and manifests of the demo's own history, compared again.
#[test]
fn the_recorded_evidence_is_that_of_the_history() {
    let book = demo();
    let parent = |subject: &str| {
        let commit = book.git(&["log", "--format=%H", &format!("--grep={subject}"), "-1"]);
        (format!("{commit}~1"), commit)
    };
    let (old, new) = parent("INFRA-200: replicas, limits, probe");
    let states = [format!("{old}:k8s/api"), format!("{new}:k8s/api")];
    book.run(&["manifests", "INFRA-200", &states[0], &states[1], "--compare"]).expect(0);
    book.run(&["chart", "INFRA-210", "4.6.0", "4.8.0", "--compare"]).expect(0);
}

/// The page draws the blast radius and says the same in words.
#[test]
fn the_site_draws_the_blast_radius() {
    let book = demo();
    book.run(&["build", "--out", "../site"]).expect(0);
    let page = std::fs::read_to_string(book.root.join("../site/tasks/INFRA-150.html")).unwrap();
    for part in [
        "6 existing resources touched; 3 others refer to them.",
        "srcset=\"../tasks/INFRA-150.radius-production-narrow.svg\"",
        "<img src=\"../tasks/INFRA-150.radius-production.svg\"",
        "<li><code>aws_lb.public</code> is replaced</li>",
        "<li><code>aws_route53_record.api</code> is reached through <code>aws_lb.public</code></li>",
        "<li>plan for production: configuration (medium): aws_ecs_service.api is changed",
    ] {
        assert!(page.contains(part), "{part:?} is not in the page");
    }
    assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains("<script>"));
    for drawing in ["INFRA-150.radius-production.svg", "INFRA-150.radius-production-narrow.svg"] {
        let drawing = std::fs::read_to_string(book.root.join("../site/tasks").join(drawing)).unwrap();
        assert!(
            drawing.contains("<title>Blast radius</title>") && drawing.contains("aws_lb.public"),
            "{drawing}"
        );
    }
    let without = std::fs::read_to_string(book.root.join("../site/tasks/INFRA-235.html")).unwrap();
    assert!(!without.contains("radius-production"), "no plan, no drawing");
}
