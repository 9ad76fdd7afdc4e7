//! From plain text in records, and addresses in commits, to what the policy means by them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::types::{
    Category, ConditionRule, Environment, KindRule, Members, Policy, Review, RiskRule, Window,
};
use crate::record::{Item, Risk, TaskKind, normalize, normalize_review};

impl Environment {
    /// Whether an item of this normalised text says that it is deployed.
    pub fn is_deployed_by(&self, normalized: &str) -> bool {
        self.deploying.iter().any(|text| text == normalized)
    }

    /// The normalised texts of the items that say so.
    pub fn deploying_items(&self) -> impl Iterator<Item = &str> {
        self.deploying.iter().map(String::as_str)
    }
}

impl Policy {
    /// The person (or robot) that an e-mail belongs to. Letter case makes no difference; `.mailmap` is not
    /// asked.
    pub fn person_by_email(&self, email: &str) -> Option<&str> {
        let has = |emails: &[String]| emails.iter().any(|known| known.eq_ignore_ascii_case(email));
        self.people.iter().find(|(_, person)| has(&person.emails)).map(|(name, _)| name.as_str())
    }

    /// Whether that is a robot.
    pub fn is_robot(&self, person: &str) -> bool {
        self.people.get(person).is_some_and(|person| person.robot)
    }

    /// The name for people to read; the key when nobody is listed under it.
    pub fn display_name<'a>(&'a self, person: &'a str) -> &'a str {
        self.people.get(person).map_or(person, |person| &person.name)
    }

    /// Whether a listed person is in a role. Robots never are.
    pub fn has_role(&self, person: &str, role: &str) -> bool {
        let is_person = self.people.get(person).is_some_and(|person| !person.robot);
        is_person
            && match self.roles.get(role) {
                Some(Members::Anyone) => true,
                Some(Members::People(people)) => people.iter().any(|member| member == person),
                None => false,
            }
    }

    /// Everybody in a role, by key.
    pub fn role_members(&self, role: &str) -> Vec<&str> {
        self.people.keys().map(String::as_str).filter(|person| self.has_role(person, role)).collect()
    }

    /// The approval that an item is; a trailing parenthesis in it makes no difference.
    pub fn review_for_item(&self, text: &str) -> Option<&Review> {
        let key = normalize_review(text);
        self.reviews.iter().find(|review| review.key == key)
    }

    /// The environment that an item's tick deploys.
    pub fn environment_for_item(&self, text: &str) -> Option<&Environment> {
        self.environment_deployed_by(&normalize(text))
    }

    /// The same of an item's normalised text.
    pub fn environment_deployed_by(&self, normalized: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.is_deployed_by(normalized))
    }

    /// The last environment that one of the items deploys, else the last of all.
    pub fn last_environment(&self, items: &[Item]) -> Option<&Environment> {
        let named =
            |environment: &&Environment| items.iter().any(|item| environment.is_deployed_by(&item.key.text));
        self.environments.iter().rfind(named).or(self.environments.last())
    }

    /// The environment of that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }

    /// Names of the gated environments: their plans are part of what is approved.
    pub fn gated_environments(&self) -> BTreeSet<String> {
        self.environments.iter().filter(|e| e.gated).map(|e| e.name.clone()).collect()
    }

    /// The category of that name.
    pub fn category(&self, name: &str) -> Option<&Category> {
        self.categories.iter().find(|category| category.name == name)
    }

    /// What a level of risk asks for.
    pub fn risk_rule(&self, risk: Risk) -> &RiskRule {
        &self.risks[&risk]
    }

    /// What a record of a kind must have.
    pub fn kind_rule(&self, kind: TaskKind) -> &KindRule {
        &self.kinds[&kind]
    }

    /// The window of that name.
    pub fn window(&self, name: &str) -> Option<&Window> {
        self.windows.get(name)
    }

    /// What meets a condition of that text, when the policy says.
    pub fn condition_rule(&self, text: &str) -> Option<&ConditionRule> {
        self.conditions.get(&normalize(text))
    }

    /// Every item text that means something.
    pub fn known_item_texts(&self) -> Vec<&str> {
        let risks = self.risks.values();
        let mut texts: Vec<&str> = Vec::new();
        texts.extend(self.reviews.iter().map(|review| review.text.as_str()));
        texts.extend(self.environments.iter().flat_map(|e| &e.deployed_by).map(String::as_str));
        texts.extend(
            risks
                .flat_map(|r| {
                    r.items
                        .iter()
                        .chain(&r.communication)
                        .chain(r.communication_when.iter().map(|rule| &rule.item))
                })
                .map(String::as_str),
        );
        texts.extend(self.kinds.values().flat_map(|kind| &kind.items).map(String::as_str));
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    /// The same, ready to be held against many items.
    pub fn known_items(&self) -> KnownItems<'_> {
        let texts = self.known_item_texts();
        KnownItems {
            exact: texts.iter().map(|text| normalize(text)).collect(),
            reviews: texts.iter().map(|text| normalize_review(text)).collect(),
            texts,
            looked_up: HashMap::new(),
        }
    }
}

/// Every item text that means something by a policy.
pub struct KnownItems<'a> {
    /// As the policy has them.
    texts: Vec<&'a str>,
    /// In the order of the texts, normalised.
    exact: Vec<String>,
    reviews: HashSet<String>,
    /// Near misses that were looked for already.
    looked_up: HashMap<String, Option<&'a str>>,
}

impl<'a> KnownItems<'a> {
    /// Looks for the near misses of many items at once: the same few texts stand in most records.
    pub fn look_up<'t>(&mut self, texts: impl Iterator<Item = &'t str>) {
        for text in texts {
            if !self.looked_up.contains_key(text) {
                self.looked_up.insert(text.to_owned(), self.near_miss(text));
            }
        }
    }

    /// A known text that an item nearly, but not exactly, has: a slip of the hand, not another item. As many
    /// words as the known text has, and few letters that differ.
    pub fn near_miss(&self, text: &str) -> Option<&'a str> {
        if let Some(near) = self.looked_up.get(text) {
            return *near;
        }
        let exact = normalize(text);
        if self.exact.contains(&exact) || self.reviews.contains(&normalize_review(text)) {
            return None;
        }
        let words = |text: &str| text.split(' ').count();
        let near = |known: &String| {
            // One letter in five, and swapped neighbours as one.
            let letters = known.chars().count().max(exact.chars().count());
            words(known) == words(&exact) && strsim::osa_distance(known, &exact) <= (letters / 6).clamp(1, 3)
        };
        self.exact.iter().position(near).map(|position| self.texts[position])
    }
}
