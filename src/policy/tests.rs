//! The policy's reading, by hand-made tables.

use super::*;
use crate::record::{Risk, TaskKind, normalize};

fn parse(text: &str) -> Policy {
    let (policy, found) = Policy::parse("policy.toml", text);
    policy.unwrap_or_else(|| panic!("{found:#?}"))
}

#[test]
fn the_builtin_is_valid_and_an_overlay_of_nothing_changes_nothing() {
    let (policy, found) = Policy::parse("policy.toml", BUILTIN_TEXT);
    assert_eq!(found, []);
    assert_eq!(policy, Some(Policy::builtin()));
    assert_eq!(parse(""), Policy::builtin());
}

#[test]
fn the_cards_are_its_content() {
    let policy = Policy::builtin();
    let high = policy.risk_rule(Risk::High);
    assert_eq!((high.approvals, high.decision, high.window.as_deref()), (2, true, Some("standard")));
    assert_eq!(policy.risk_rule(Risk::Low).approvals, 0);
    assert_eq!(policy.risk_rule(Risk::Medium).roles, ["peer"]);
    for (name, risk) in [
        ("new-resources", Risk::Low),
        ("tags", Risk::Low),
        ("capacity", Risk::Low),
        ("monitoring", Risk::Low),
        ("security-groups", Risk::Medium),
        ("iam", Risk::Medium),
        ("configuration", Risk::Medium),
        ("scaling", Risk::Medium),
        ("database", Risk::High),
        ("network", Risk::High),
        ("destructive", Risk::High),
        ("secrets", Risk::High),
    ] {
        assert_eq!(policy.category(name).map(|category| category.risk), Some(risk), "{name}");
    }
    assert!(policy.kind_rule(TaskKind::Terraform).plan && !policy.kind_rule(TaskKind::Helm).plan);
    assert_eq!(
        policy.environment_for_item("apply  in PRODUCTION").map(|e| e.name.as_str()),
        Some("production")
    );
    assert_eq!(policy.environment_for_item("Apply in production (dry run)"), None);
    assert_eq!(
        policy.review_for_item("Security review (network change)").map(|r| r.role.as_str()),
        Some("security")
    );
}

#[test]
fn tables_merge_and_lists_of_the_books_own_replace() {
    let policy = parse(
        "[risk.high]\napprovals = 3\n[[environments]]\nname = \"production\"\n[[environments]]\nname = \"dr\"\n[risk.medium]\nroles = [\"security\"]\n[[category]]\nname = \"tags\"\nrisk = \"medium\"\n",
    );
    assert_eq!((policy.risk_rule(Risk::High).approvals, policy.risk_rule(Risk::High).decision), (3, true));
    let names: Vec<&str> = policy.environments.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["production", "dr"]);
    let production = policy.environment("production").unwrap();
    assert!(!production.gated, "nothing of the built-in one is left");
    let by = ["Apply in production", "Apply to production namespace", "Upgrade in production"];
    assert_eq!(production.deployed_by, by);
    assert_eq!(policy.risk_rule(Risk::Medium).roles, ["security"]);
    assert_eq!(policy.category("tags").unwrap().risk, Risk::Medium);
    assert!(policy.category("database").is_some() && !policy.category("tags").unwrap().terraform.is_empty());
}

#[test]
fn what_built_in_rules_say_of_what_is_gone_falls_away() {
    let window = "rrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n";
    let high = |text: &str| parse(text).risk_rule(Risk::High).clone();
    let windows = high(&format!("[windows.night]\n{window}"));
    assert_eq!((windows.window, windows.windows), (None, Vec::<String>::new()));
    let windows = high(&format!("[windows.emergency]\n{window}"));
    assert_eq!((windows.window, windows.windows), (None, vec!["emergency".to_owned()]));

    let reviews = "[reviews]\n\"Peer review\" = \"peer\"\n\"Security review\" = \"security\"\n";
    let policy = parse(reviews);
    let rule = policy.risk_rule(Risk::High);
    assert_eq!((&rule.roles[..], rule.decision), (&["security".to_owned()][..], false));
    assert_eq!(policy.risk_rule(Risk::Medium).roles, ["peer"]);
    let items = policy.items_of_kind(TaskKind::Terraform, &["staging".to_owned()]);
    let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(items, ["Terraform code", "Apply in staging", "Update documentation"]);

    // What the book itself names is an error where nothing defines it.
    let own = format!("[windows.night]\n{window}[risk.high]\nwindow = \"standard\"\n");
    assert!(Policy::parse("policy.toml", &own).0.is_none());
    let own = "[[environments]]\nname = \"live\"\n[risk.high]\nenvironments = [\"staging\"]\n";
    assert!(Policy::parse("policy.toml", own).0.is_none());
}

const ANA: &str = "[people.ana]\nemails = [\"ana@example.org\"]\n";

#[test]
fn bad_policies_say_where_and_what() {
    let table: &[(&str, (usize, usize), &str)] = &[
        ("trnk = \"main\"\n", (1, 1), "unknown key `trnk` at the top"),
        ("[risk.high]\naprovals = 2\n", (2, 1), "unknown key `aprovals` in `risk.high`"),
        ("[risk.high]\napprovals = -1\n", (2, 13), "must be a whole number"),
        ("default-risk = \"huge\"\n", (1, 16), "`huge` is not a valid risk"),
        (
            "[windows.w]\nrrule = \"FREQ=SOMETIMES\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n",
            (2, 9),
            "not a valid recurrence rule",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"0m\"\ntimezone = \"UTC\"\n",
            (4, 12),
            "`0m` is not a valid duration",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"25:00\"\nduration = \"1h\"\ntimezone = \"UTC\"\n",
            (3, 9),
            "must be a time of day",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"1h\"\ntimezone = \"Mars/Base\"\n",
            (5, 12),
            "`Mars/Base` is not a valid time zone",
        ),
        (
            "[[freeze]]\nname = \"x\"\nfrom = 2026-01-02\nto = 2026-01-03T00:00:00Z\n",
            (3, 8),
            "date-time with an offset",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"-4h\"\ntimezone = \"UTC\"\n",
            (4, 12),
            "`-4h` is not a valid duration",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"3000d\"\ntimezone = \"UTC\"\n",
            (4, 12),
            "31 days at most",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nfrom = 9999-01-01\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n",
            (3, 8),
            "`from` must be a day from 1970 to 2199",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nfrom = \"soon\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n",
            (3, 8),
            "`from` must be a day",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n",
            (2, 9),
            "never occurs",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=WEEKLY;INTERVAL=2;BYDAY=SA\"\nstart = \"02:00\"\nduration = \"4h\"\ntimezone = \"UTC\"\n",
            (2, 9),
            "no first day to count from",
        ),
        (
            "[windows.w]\nrrule = \"FREQ=DAILY\"\nstart = \"02:00\"\nduration = \"4h\"\n",
            (1, 1),
            "does not have `timezone`",
        ),
        ("[windows.w]\nfrom = 2026-05-01T02:00:00Z\n", (1, 1), "needs both `from` and `to`"),
        (
            "[windows.w]\nfrom = 2026-05-01T02:00:00Z\nto = 2026-05-01T02:00:00Z\n",
            (1, 1),
            "ends before it starts",
        ),
        (
            "[windows.w]\nfrom = 2026-05-01T02:00:00Z\nto = 9999-05-01T02:00:00Z\n",
            (3, 6),
            "must be in the years 1970 to 2199",
        ),
        (
            "[windows.w]\nfrom = 2026-05-01T02:00:00Z\nto = 2028-05-01T02:00:00Z\n",
            (1, 1),
            "open for more than a year",
        ),
        ("[windows.w]\nfrom = 2026-05-01\nto = 2026-05-02\n", (2, 8), "date-time with an offset"),
        (
            "[[freeze]]\nname = \"x\"\nfrom = 2026-01-02T00:00:00Z\nto = 9999-12-31T00:00:00Z\n",
            (4, 6),
            "must be in the years",
        ),
        ("[cab]\nrrule = \"FREQ=WEEKLY\"\n", (2, 9), "no first day to count from"),
        ("[roles]\nsecurity = [\"sma\"]\n", (2, 12), "`sma` in role `security` is not listed"),
        ("[risk.high]\nroles = [\"wizards\"]\n", (2, 9), "role `wizards` is not in `[roles]`"),
        ("[risk.high]\nwindow = \"standart\"\n", (2, 10), "window `standart` is not in `[windows]`"),
        ("[ids]\ntask = \"INFRA\"\n", (2, 8), "`INFRA` is not a valid ID pattern"),
        (
            "[people.ana]\nemails = [\"a@x\"]\n[people.sam]\nemails = [\"A@X\"]\n",
            (4, 10),
            "belongs to both `ana` and `sam`",
        ),
        ("[trust]\napprove = \"maybe\"\n", (2, 11), "`maybe` is not a valid trust level"),
        ("x = \n", (1, 5), "invalid TOML"),
        ("[paths]\ninfrastructure = [\"a/{b\"]\n", (2, 19), "`a/{b` is not a valid glob"),
        ("[plan]\nvolatile = [\"tags.commit\", \"**.{stamp\"]\n", (2, 28), "`**.{stamp` is not a valid glob"),
        (
            "[[category]]\nname = \"x\"\nrisk = \"low\"\nterraform = { types = [\"a\", \"b[\"] }\n",
            (4, 29),
            "`b[` is not a valid glob",
        ),
        (
            "[[category]]\nname = \"x\"\nrisk = \"low\"\nterraform = [{ actions = [\"create\", \"destroy\"] }]\n",
            (4, 37),
            "`destroy` is not a known action",
        ),
        (
            "[[category]]\nname = \"x\"\nrisk = \"low\"\nkubernetes = { actions = [\"replace\"] }\n",
            (4, 26),
            "`replace`",
        ),
        ("[[category]]\nname = \"x\"\nrisk = \"low\"\nhelm = { changes = [\"huge\"] }\n", (4, 20), "`huge`"),
        (
            "[[category]]\nname = \"x\"\nrisk = \"low\"\nterraform = { type = [\"a\"] }\n",
            (4, 15),
            "unknown key `type` in `terraform`",
        ),
        (
            "[[category]]\nname = \"x\"\nrisk = \"low\"\nterraform = { opens = [22, 70000] }\n",
            (4, 28),
            "`opens` contains something that is not a port",
        ),
    ];
    for (text, place, message) in table {
        let (policy, found) = Policy::parse("policy.toml", text);
        assert_eq!(policy, None, "{text}");
        let matching = found.iter().find(|d| d.message.contains(message));
        let diagnostic = matching.unwrap_or_else(|| panic!("{text}: {found:#?}"));
        assert_eq!((diagnostic.line, diagnostic.column), *place, "{text}");
    }
}

#[test]
fn all_errors_are_given_not_only_the_first() {
    let (_, found) = Policy::parse("policy.toml", "trnk = 1\n[risk.high]\naprovals = 2\n");
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].help.as_deref(), Some("did you mean `trunk`?"));
}

#[test]
fn people_roles_and_robots() {
    let policy = parse(&format!(
        "{ANA}[people.bot]\nkind = \"robot\"\nemails = [\"bot@example.org\"]\n[roles]\nsecurity = [\"ana\", \"bot\"]\n"
    ));
    assert_eq!(policy.person_by_email("ANA@example.org"), Some("ana"));
    assert_eq!(policy.person_by_email("ana@example.com"), None);
    assert!(policy.has_role("ana", "security") && policy.has_role("ana", "peer"));
    assert!(!policy.has_role("bot", "security") && !policy.has_role("bot", "peer"), "robots fill no role");
    assert!(!policy.has_role("eve", "peer"), "not listed");
    assert_eq!(policy.role_members("security"), ["ana"]);
}

#[test]
fn near_misses() {
    let policy = Policy::builtin();
    for (text, expected) in [
        ("Code reveiw", Some("Code review")),
        ("Aply in production", Some("Apply in production")),
        ("Apply in production", None),
        ("Apply in production (dry run)", None),
        ("Test connectivity", None),
        ("Security review (network change)", None),
        ("Rollback plan document", Some("Rollback plan documented")),
    ] {
        assert_eq!(policy.known_items().near_miss(&normalize(text)), expected, "{text}");
    }
}

#[test]
fn the_example_of_the_design_parses_where_it_is_at_hand() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/examples/policy.toml");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let names = "[people.kim]\nemails = [\"kim@example.org\"]\n[people.sam]\nemails = [\"sam@example.org\"]\n[people.lee]\nemails = [\"lee@example.org\"]\n";
    parse(&format!("{text}\n{names}"));
}

#[test]
fn sets_of_globs_are_shared_with_the_built_in_policy_and_still_ones_own() {
    let policy = |text: &str| Policy::parse("policy.toml", text).0.unwrap();
    let types = |policy: &Policy| policy.category("database").unwrap().terraform[0].types.clone();
    assert_eq!(types(&policy(BUILTIN_TEXT)), types(&Policy::builtin()));
    let own = "[[category]]\nname = \"database\"\nrisk = \"high\"\nterraform = { types = [\"acme_db_*\"] }\n";
    let own = types(&policy(own));
    assert!(own.matches("acme_db_x") && !own.matches("aws_db_instance"));
    assert!(types(&policy("book = \"x\"\n")).matches("aws_db_instance"));
}
