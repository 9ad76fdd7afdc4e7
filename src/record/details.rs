//! The frontmatter's typed values, with a diagnostic for each that is not what it should be.

mod reader;

use toml::de::{DeTable, DeValue};

use super::frontmatter::shift;
use super::{Chart, Cost, Decision, Details, RecordType, Risk, Runbook, Task, TaskKind, Verdict};
use reader::listed;
pub(super) use reader::{Reader, quoted};

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
];
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
            self.missing("title", "a string");
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
                self.wrong_type("`cost.monthly`", value, "a number or a string");
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
        self.check_keys(table, "chart.", &["name", "current", "target"]);
        Some(Chart {
            name: self.text_in(table, "chart.", "name"),
            current: self.text_in(table, "chart.", "current"),
            target: self.text_in(table, "chart.", "target"),
        })
    }
}
