//! From plain text in records, and addresses in commits, to what the policy means by them.

use std::collections::{BTreeSet, HashSet};

use super::Category;
use super::types::{
    ConditionRule, DEPLOYING_ITEMS, ENVIRONMENT_MARK, Environment, KindRule, Members, MergeMethod, Policy,
    Review, RiskRule, Window,
};
use crate::record::{Item, Risk, TaskKind, normalize, normalize_review, same_name, without_parenthesis};

/// An item that a kind asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindItem<'p> {
    /// As a record has it.
    pub text: String,
    /// The environment that it deploys: any of that environment's items is as good.
    pub environment: Option<&'p Environment>,
}

impl KindItem<'_> {
    /// Whether a record's item is what is asked for.
    pub fn is_met_by(&self, item: &Item) -> bool {
        match self.environment {
            Some(environment) => environment.is_deployed_by(&item.key.text),
            None => {
                *item.key.text == *normalize(&self.text)
                    || normalize_review(&item.text) == normalize_review(&self.text)
            }
        }
    }
}

impl Environment {
    /// Whether an item of this normalised text says that it is deployed.
    pub fn is_deployed_by(&self, normalized: &str) -> bool {
        self.deploying.iter().any(|text| text == normalized)
    }

    /// The item of a text with the environment's name in its place; where that deploys nothing here, the first that does.
    fn item_like(&self, pattern: &str) -> Option<String> {
        let text = pattern.replace(ENVIRONMENT_MARK, &self.name);
        match self.is_deployed_by(&normalize(&text)) {
            true => Some(text),
            false => self.deployed_by.first().cloned(),
        }
    }

    /// The normalised texts of the items that say so.
    pub fn deploying_items(&self) -> impl Iterator<Item = &str> {
        self.deploying.iter().map(String::as_str)
    }

    /// The same environment, which the items of another one deploy too.
    #[must_use]
    pub fn with_items_of(&self, other: &Environment) -> Environment {
        let mut both = self.clone();
        both.deployed_by.extend(other.deployed_by.iter().cloned());
        both.deploying.extend(other.deploying.iter().cloned());
        both
    }
}

impl Policy {
    /// Whether each commit of a branch becomes a step of the trunk, as the ways in which the forge merges say.
    pub fn lands_commit_by_commit(&self) -> bool {
        let one_by_one = |method| matches!(method, &MergeMethod::Rebase | &MergeMethod::FastForward);
        !self.merge_methods.is_empty() && self.merge_methods.iter().all(one_by_one)
    }

    /// Whether the forge may make other commits of those of a branch, by others than who made them.
    pub fn merges_rewrite(&self) -> bool {
        let rewrites = |method| matches!(method, &MergeMethod::Squash | &MergeMethod::Rebase);
        self.merge_methods.iter().any(rewrites)
    }

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

    /// Whether an environment's `deployers` let a person or a robot deploy: by name, or by a role. A robot deploys through
    /// a role that lists it by name, and through no other.
    pub fn may_deploy(&self, person: &str, environment: &Environment) -> bool {
        let lists = |role: &str| match self.roles.get(role) {
            Some(Members::People(people)) => people.iter().any(|member| member == person),
            _ => false,
        };
        let may = |entry: &String| {
            entry == person || self.has_role(person, entry) || (self.is_robot(person) && lists(entry))
        };
        environment.deployers.is_empty() || environment.deployers.iter().any(may)
    }

    /// Everybody in a role, by key.
    pub fn role_members(&self, role: &str) -> Vec<&str> {
        self.people.keys().map(String::as_str).filter(|person| self.has_role(person, role)).collect()
    }

    /// The approval that an item is; a trailing parenthesis in it makes no difference.
    pub fn review_for_item(&self, text: &str) -> Option<&Review> {
        self.review_of_item(&normalize(text))
    }

    /// The same of an item's normalised text.
    pub fn review_of_item(&self, normalized: &str) -> Option<&Review> {
        let key = without_parenthesis(normalized);
        self.reviews.iter().find(|review| review.key == key)
    }

    /// The review that a decision of the board meets.
    pub fn board(&self) -> Option<&Review> {
        self.reviews.iter().find(|review| review.via_decision)
    }

    /// Whether a role is asked for under a text that a decision alone meets.
    pub fn is_boards(&self, role: &str, text: &str) -> bool {
        self.reviews.iter().any(|review| review.via_decision && review.role == role && review.text == text)
    }

    /// The review by which a role approves by itself.
    pub fn review_of_role(&self, role: &str) -> Option<&Review> {
        self.reviews.iter().find(|review| review.role == role && !review.via_decision)
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
        self.environments.iter().find(|environment| same_name(&environment.name, name))
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

    /// The items that a record of a kind must have when it goes to these environments; none listed means all.
    pub fn items_of_kind(&self, kind: TaskKind, listed: &[String]) -> Vec<KindItem<'_>> {
        let mut items = Vec::new();
        for text in &self.kind_rule(kind).items {
            if !text.contains(ENVIRONMENT_MARK) {
                items.push(KindItem { text: text.clone(), environment: None });
                continue;
            }
            let goes_to = |environment: &&Environment| {
                listed.is_empty() || listed.iter().any(|name| same_name(name, &environment.name))
            };
            items.extend(self.environments.iter().filter(goes_to).filter_map(|environment| {
                let text = environment.item_like(text)?;
                Some(KindItem { text, environment: Some(environment) })
            }));
        }
        items
    }

    /// The item by which a record of a kind says that an environment is deployed; `None` where nothing says so.
    pub fn deployment_item(&self, kind: TaskKind, environment: &Environment) -> Option<String> {
        let items = &self.kind_rule(kind).items;
        let pattern = items.iter().find(|text| text.contains(ENVIRONMENT_MARK)).map(String::as_str);
        environment.item_like(pattern.unwrap_or(DEPLOYING_ITEMS[0]))
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
        let of_kinds = self.kinds.values().flat_map(|kind| &kind.items);
        texts.extend(of_kinds.filter(|text| !text.contains(ENVIRONMENT_MARK)).map(String::as_str));
        texts.sort_unstable();
        texts.dedup();
        texts
    }

    /// The same, ready to be held against many items.
    pub fn known_items(&self) -> KnownItems<'_> {
        KnownItems::new(self.known_item_texts())
    }
}

/// Every item text that means something by a policy.
pub struct KnownItems<'a> {
    known: Vec<KnownItem<'a>>,
    /// Normalised.
    exact: HashSet<String>,
    /// Normalised as reviews are.
    reviews: HashSet<String>,
}

struct KnownItem<'a> {
    /// As the policy has it.
    text: &'a str,
    normalized: String,
    n_letters: usize,
    n_words: usize,
    letters: Letters,
}

/// How often each letter stands in a text; letters share places, of which there are few.
struct Letters([u8; 32]);

impl Letters {
    fn of(text: &str) -> Self {
        let mut counts = [0_u8; 32];
        for letter in text.chars() {
            let place = &mut counts[letter as usize % 32];
            *place = place.saturating_add(1);
        }
        Letters(counts)
    }

    /// At least how many letters must be put in, left out, changed or swapped to make one text of the other: each of
    /// these takes away one letter at most, and brings one at most. It is told much faster than the distance.
    fn least_distance(&self, other: &Letters) -> usize {
        let missing = |from: &Letters, of: &Letters| -> usize {
            let pairs = of.0.iter().zip(&from.0);
            pairs.map(|(of, from)| usize::from(of.saturating_sub(*from))).sum()
        };
        missing(self, other).max(missing(other, self))
    }
}

impl<'a> KnownItems<'a> {
    fn new(texts: Vec<&'a str>) -> Self {
        let known = |text: &&'a str| {
            let normalized = normalize(text);
            let (n_letters, n_words) = (normalized.chars().count(), n_words(&normalized));
            KnownItem { text, n_letters, n_words, letters: Letters::of(&normalized), normalized }
        };
        let known: Vec<KnownItem<'a>> = texts.iter().map(known).collect();
        KnownItems {
            exact: known.iter().map(|known| known.normalized.clone()).collect(),
            reviews: texts.iter().map(|text| normalize_review(text)).collect(),
            known,
        }
    }

    /// Whether an item of this normalised text means something.
    pub fn has(&self, normalized: &str) -> bool {
        self.exact.contains(normalized) || self.reviews.contains(without_parenthesis(normalized))
    }

    /// A known text that an item (its normalised text) nearly, but not exactly, has: a slip of the hand, not another
    /// item. As many words as the known text has, and few letters that differ.
    pub fn near_miss(&self, normalized: &str) -> Option<&'a str> {
        if self.exact.contains(normalized) || self.reviews.contains(without_parenthesis(normalized)) {
            return None;
        }
        let (n_letters, words) = (normalized.chars().count(), n_words(normalized));
        let letters = Letters::of(normalized);
        let near = |known: &&KnownItem<'_>| {
            // One letter in five, and swapped neighbours as one.
            let most = (known.n_letters.max(n_letters) / 6).clamp(1, 3);
            known.n_words == words
                && known.n_letters.abs_diff(n_letters) <= most
                && known.letters.least_distance(&letters) <= most
                && strsim::osa_distance(&known.normalized, normalized) <= most
        };
        self.known.iter().find(near).map(|known| known.text)
    }
}

fn n_words(text: &str) -> usize {
    text.split(' ').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_least_distance_is_never_more_than_the_distance(a in "[a-eé𝄞 ]{0,12}", b in "[a-eé𝄞 ]{0,12}") {
            let least = Letters::of(&a).least_distance(&Letters::of(&b));
            prop_assert!(least <= strsim::osa_distance(&a, &b), "{a} {b}");
        }
    }
}
