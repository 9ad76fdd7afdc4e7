//! What evidence found about risk: the same keys beside every kind of evidence.

use toml::de::{DeTable, DeValue};

use super::super::{FoundRisk, Risk};
use super::reader::{Reader, Value, listed, quoted};

/// The keys that say what was found; they may stand in `plan.ENV`, `manifests.ENV` and `chart`.
pub(super) const FOUND_KEYS: [&str; 3] = ["risk", "categories", "reasons"];

impl<'a, 't> Reader<'a, 't> {
    /// What the entries of `plan` and `manifests`, and `chart`, were found to be, in the order of the file.
    pub(super) fn found(&mut self) -> Vec<FoundRisk> {
        let mut tables = Vec::new();
        for key in ["plan", "manifests"] {
            let entries = self.value(key).and_then(|value| value.get_ref().as_table());
            for (environment, value) in entries.into_iter().flat_map(DeTable::iter) {
                tables.push((format!("{key}.{}", environment.get_ref()), value));
            }
        }
        tables.extend(self.value("chart").map(|value| ("chart".to_owned(), value)));
        tables.sort_by_key(|(_, value)| value.span().start);
        tables.into_iter().filter_map(|(source, value)| self.found_in(source, value)).collect()
    }

    fn found_in(&mut self, source: String, value: &'a Value<'t>) -> Option<FoundRisk> {
        let table = value.get_ref().as_table()?;
        let risk = self.risk_in(table, &source)?;
        let categories = self.texts_in(table, &source, "categories");
        let reasons = self.texts_in(table, &source, "reasons");
        Some(FoundRisk { source, risk, categories, reasons })
    }

    fn risk_in(&mut self, table: &'a DeTable<'t>, source: &str) -> Option<Risk> {
        let text = self.text_in(table, &format!("{source}."), "risk")?;
        let risk = Risk::parse(&text);
        if risk.is_none() {
            let (name, words) = (quoted(&format!("{source}.risk")), Risk::ALL.map(Risk::as_str));
            let message = format!("{name} is {}, expected one of {}", quoted(&text), listed(&words));
            self.invalid(&table["risk"], message);
        }
        risk
    }

    fn texts_in(&mut self, table: &'a DeTable<'t>, source: &str, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let name = || quoted(&format!("{source}.{key}"));
        let DeValue::Array(elements) = value.get_ref() else {
            self.wrong_type(&name(), value, "a list of texts");
            return Vec::new();
        };
        elements.iter().filter_map(|element| self.as_text(name, element)).collect()
    }
}
