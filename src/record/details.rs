//! The frontmatter's typed values, with a diagnostic for each that is not what it should be.

mod found;
mod reader;

use toml::de::{DeTable, DeValue};

use super::frontmatter::{shift, to_i64};
use super::{Chart, Cost, Decision, Details, Plan, RecordType, Risk, Runbook, Task, TaskKind, Verdict};
use found::FOUND_KEYS;
pub(super) use reader::{Reader, quoted};
use reader::{Value, listed};

const TASK_KEYS: &[&str] = &[
    "id",
    "title",
    "kind",
    "requestor",
    "categories",
    "risk",
    "environments",
    "downtime",
    "window",
    "scheduled",
    "duration",
    "emergency",
    "depends",
    "follows",
    "covers",
    "runbooks",
    "services",
    "labels",
    "cost",
    "chart",
    "cancelled",
    "plan",
    "manifests",
];
const PLAN_KEYS: &[&str] =
    &["digest", "add", "change", "destroy", "replace", "import", "forget", "touches", "reaches", "parts"];
const DECISION_KEYS: &[&str] = &["id", "title", "changes", "requestor", "meeting", "decision"];
const RUNBOOK_KEYS: &[&str] = &["id", "title", "services", "owner", "rto", "rpo", "review-every", "labels"];

/// The keys that the frontmatter of a record of this type may have, in the order in which they are listed.
pub fn keys_of(record_type: RecordType) -> &'static [&'static str] {
    match record_type {
        RecordType::Task => TASK_KEYS,
        RecordType::Decision => DECISION_KEYS,
        RecordType::Runbook => RUNBOOK_KEYS,
    }
}

impl<'a, 't> Reader<'a, 't> {
    /// The typed frontmatter of a record of this type.
    pub(super) fn details(&mut self, record_type: RecordType) -> Details {
        match record_type {
            RecordType::Task => Details::Task(Box::new(self.task())),
            RecordType::Decision => Details::Decision(self.decision()),
            RecordType::Runbook => Details::Runbook(self.runbook()),
        }
    }

    fn task(&mut self) -> Task {
        self.check_keys(self.table, "", TASK_KEYS);
        self.check_manifests();
        let kind = self.word("kind", &TaskKind::ALL.map(TaskKind::as_str), TaskKind::parse);
        if self.value("kind").is_none() {
            let words = listed(&TaskKind::ALL.map(TaskKind::as_str));
            self.missing("kind", &format!("one of {words}"));
        }
        Task {
            title: self.title(),
            kind,
            requestor: self.text("requestor"),
            categories: self.list("categories"),
            risk: self.word("risk", &Risk::ALL.map(Risk::as_str), Risk::parse),
            environments: self.list("environments"),
            downtime: self.duration("downtime"),
            window: self.text("window"),
            scheduled: self.scheduled(),
            duration: self.duration("duration"),
            emergency: self.text("emergency"),
            depends: self.list("depends"),
            follows: self.list("follows"),
            covers: self.list("covers"),
            runbooks: self.list("runbooks"),
            services: self.list("services"),
            labels: self.list("labels"),
            cost: self.cost(),
            chart: self.chart(),
            cancelled: self.text("cancelled"),
            plans: self.plans(),
            found: self.found(),
        }
    }

    fn decision(&mut self) -> Decision {
        self.check_keys(self.table, "", DECISION_KEYS);
        Decision {
            title: self.title(),
            changes: self.list("changes"),
            requestor: self.text("requestor"),
            meeting: self.meeting(),
            decision: self.word("decision", &Verdict::ALL.map(Verdict::as_str), Verdict::parse),
        }
    }

    fn runbook(&mut self) -> Runbook {
        self.check_keys(self.table, "", RUNBOOK_KEYS);
        Runbook {
            title: self.title(),
            services: self.list("services"),
            owner: self.text("owner"),
            rto: self.duration("rto"),
            rpo: self.duration("rpo"),
            review_every: self.duration("review-every"),
            labels: self.list("labels"),
        }
    }

    fn title(&mut self) -> String {
        if self.value("title").is_none() {
            self.missing("title", "a text");
        }
        self.text("title").unwrap_or_default()
    }

    fn cost(&mut self) -> Option<Cost> {
        let table = self.table("cost", "a table `{ monthly, currency, budget }`")?;
        self.check_keys(table, "cost.", &["monthly", "currency", "budget"]);
        Some(Cost {
            monthly: self.amount(table),
            currency: self.currency(table),
            budget: self.text_in(table, "cost.", "budget"),
        })
    }

    /// `cost.monthly`: a number as the file writes it, or text.
    fn amount(&mut self, table: &'a DeTable<'t>) -> Option<String> {
        let value = table.get("monthly")?;
        match value.get_ref() {
            DeValue::Integer(_) | DeValue::Float(_) => {
                Some(self.source[shift(value.span(), self.base)].to_owned())
            }
            DeValue::String(_) => self.as_text(|| "`cost.monthly`".to_owned(), value),
            _ => {
                self.wrong_type("`cost.monthly`", value, "a number or a text");
                None
            }
        }
    }

    fn currency(&mut self, table: &'a DeTable<'t>) -> Option<String> {
        let currency = self.text_in(table, "cost.", "currency")?;
        let valid = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !valid {
            let message = format!(
                "`cost.currency` is {}, expected three capital letters such as `EUR` or `USD`",
                quoted(&currency)
            );
            self.invalid(&table["currency"], message);
        }
        valid.then_some(currency)
    }

    fn chart(&mut self) -> Option<Chart> {
        let table = self.table("chart", "a table `{ name, current, target }`")?;
        let keys = ["name", "current", "target", "digest"];
        self.check_keys(table, "chart.", &[&keys[..], &FOUND_KEYS].concat());
        Some(Chart {
            name: self.text_in(table, "chart.", "name"),
            current: self.text_in(table, "chart.", "current"),
            target: self.text_in(table, "chart.", "target"),
        })
    }

    fn plans(&mut self) -> Vec<(String, Plan)> {
        let Some(table) = self.table("plan", "a table with one entry per environment") else {
            return Vec::new();
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .filter_map(|(environment, value)| {
                let environment = environment.get_ref();
                Some((environment.to_string(), self.plan(environment, value)?))
            })
            .collect()
    }

    fn plan(&mut self, environment: &str, value: &'a Value<'t>) -> Option<Plan> {
        let name = format!("plan.{environment}");
        let DeValue::Table(table) = value.get_ref() else {
            let expected = "a table `{ digest, add, change, destroy, replace }`";
            self.wrong_type(&quoted(&name), value, expected);
            return None;
        };
        let prefix = format!("{name}.");
        self.check_keys(table, &prefix, &[PLAN_KEYS, &FOUND_KEYS].concat());
        let Some(digest) = table.get("digest") else {
            self.invalid(value, format!("{} has no `digest`, expected `sha256:…`", quoted(&name)));
            return None;
        };
        let text = self.as_text(|| quoted(&format!("{prefix}digest")), digest)?;
        if !text.starts_with("sha256:") {
            let name = quoted(&format!("{prefix}digest"));
            self.invalid(digest, format!("{name} is {}, expected `sha256:…`", quoted(&text)));
            return None;
        }
        Some(Plan {
            digest: text,
            add: self.count(table, &prefix, "add"),
            change: self.count(table, &prefix, "change"),
            destroy: self.count(table, &prefix, "destroy"),
            replace: self.count(table, &prefix, "replace"),
            touches: table.get("touches").map(|_| self.count(table, &prefix, "touches")),
            parts: self.text_in(table, &prefix, "parts"),
            reaches: table.get("reaches").map(|_| self.count(table, &prefix, "reaches")),
        })
    }

    /// A number of resources; absent is none.
    fn count(&mut self, table: &'a DeTable<'t>, prefix: &str, key: &str) -> u64 {
        let Some(value) = table.get(key) else { return 0 };
        let count =
            value.get_ref().as_integer().and_then(to_i64).and_then(|number| u64::try_from(number).ok());
        if count.is_none() {
            let name = quoted(&format!("{prefix}{key}"));
            self.invalid(value, format!("{name} is no count, expected a whole number from 0"));
        }
        count.unwrap_or(0)
    }

    fn check_manifests(&mut self) {
        let Some(table) = self.table("manifests", "a table with one entry per environment") else { return };
        for (environment, value) in table.iter() {
            if !value.get_ref().is_table() {
                let name = quoted(&format!("manifests.{}", environment.get_ref()));
                self.wrong_type(&name, value, "a table");
            }
        }
    }
}
