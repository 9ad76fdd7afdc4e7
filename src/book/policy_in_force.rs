//! Which policy is in force for what is asked.

use super::{Book, BookError, POLICY_FILE, Request, Snapshot};
use crate::history::{CommitId, FactCache, History};
use crate::ledger::{self, Affirmations, InForce, Material, Pending, Policies, PolicyLine, Signatures};
use crate::policy::Policy;

/// The policy in force, and what it was found from.
pub(super) struct PolicyInForce {
    pub(super) policy: Policy,
    /// Every policy that some commit had.
    pub(super) policies: Policies,
    /// The one before the first `policy.toml`.
    pub(super) builtin: Policy,
    /// Every affirmation that some commit had.
    pub(super) affirmations: Affirmations,
    /// Which policy is in force where.
    pub(super) line: PolicyLine,
    /// What the policy file says and is not in force.
    pub(super) pending: Option<Pending>,
}

impl PolicyInForce {
    /// The policy in force after a commit of the trunk's line; `None` where there is none that can be read.
    pub(super) fn after(&self, history: &History, commit: usize) -> Option<&Policy> {
        match self.line.in_force_after(commit)? {
            InForce::Builtin => Some(&self.builtin),
            InForce::File(of) => self.of_file(history, of),
            InForce::Unreadable(_) => None,
        }
    }

    /// The policy file of a commit, where it can be read.
    pub(super) fn of_file(&self, history: &History, commit: usize) -> Option<&Policy> {
        self.policies.get(&history.commits[commit].policy?.blob)?.as_ref()
    }

    /// Whether what a commit gave to the policy waits for the word of a person.
    pub(super) fn awaits_word(&self, person: &str, commit: usize) -> bool {
        let Some(Pending::Values(values)) = &self.pending else { return false };
        values.iter().any(|improper| {
            improper.owners.contains(&commit) && improper.open_to.iter().any(|open| open == person)
        })
    }
}

/// So many commits in a row whose policy cannot be read are passed over.
const MOST_UNREADABLE: usize = 1000;

/// The key of git's configuration that names the commit which began the policy.
pub(crate) const POLICY_ROOT_KEY: &str = "changebook.policy-root";

impl Book {
    /// The policy in force for the commit that is asked about: along the trunk, and on a branch the one that would be in
    /// force if it landed now. Before the first commit it is that of the work tree.
    ///
    /// # Errors
    /// [`BookError::PolicyForked`] where the history holds two beginnings of a policy and none is named;
    /// [`BookError::Settings`] where the policy that began the line cannot be read.
    pub(super) fn policy_in_force(
        &self,
        history: &History,
        snapshot: &Snapshot,
        cache: Option<&mut FactCache>,
    ) -> Result<PolicyInForce, BookError> {
        let builtin = Policy::builtin();
        let position = |commit: Option<CommitId>| commit.and_then(|commit| history.position(commit));
        let tip = position(snapshot.tip);
        let policies = self.policies(history)?;
        let Some(end) = position(snapshot.trunk.as_ref().map(|(_, tip)| *tip)).or(tip) else {
            let policy = self.policy(None)?;
            let (affirmations, line) = (Affirmations::default(), PolicyLine::default());
            return Ok(PolicyInForce { policy, policies, builtin, affirmations, line, pending: None });
        };
        let acts = ledger::policy_acts(history);
        let signatures = self.signatures_of(history, acts, cache)?;
        let affirmations = self.affirmations(history)?;
        let root = begun_at(snapshot, history, end)?;
        let material = Material {
            history,
            policies: &policies,
            builtin: &builtin,
            signatures: &signatures,
            affirmations: &affirmations,
            tip: end,
            root,
        };
        let line =
            PolicyLine::new(&material).map_err(|forked| BookError::PolicyForked { roots: forked.roots })?;
        let tip = tip.unwrap_or(end);
        // A day that is past is answered as it would have been answered then.
        let as_of = snapshot.request.at.as_ref().and_then(|_| line.as_of(&material, tip));
        let (in_force, pending) = as_of.unwrap_or_else(|| line.as_landed(&material, tip));
        let policy = match in_force {
            InForce::Builtin => builtin.clone(),
            InForce::File(of) | InForce::Unreadable(of) => self.policy(Some(history.commits[of].id))?,
        };
        Ok(PolicyInForce { policy, policies, builtin, affirmations, line, pending })
    }

    /// What names the commit that begins the policy: `--policy-root`, else git's configuration. A pipeline's variable that
    /// is not set names none.
    pub(super) fn policy_root(&self, request: &Request) -> Result<Option<String>, BookError> {
        let named = match &request.policy_root {
            Some(named) => Some(named.clone()),
            None => self.repository.config_string(POLICY_ROOT_KEY)?,
        };
        Ok(named.filter(|named| !named.is_empty()))
    }

    /// Verified signatures of these commits.
    pub(super) fn signatures_of(
        &self,
        history: &History,
        acts: Vec<usize>,
        cache: Option<&mut FactCache>,
    ) -> Result<Signatures, BookError> {
        let commits: Vec<CommitId> = acts.iter().map(|&commit| history.commits[commit].id).collect();
        let checks = self.repository.check_signatures(&commits, cache)?;
        Ok(acts.into_iter().zip(checks).filter_map(|(commit, check)| Some((commit, check?))).collect())
    }

    /// The policy of a commit's file, of the last one along first parents where that cannot be read; the built-in one where
    /// there is none that can be used. For what must be known before it can be told which policy is in force.
    pub(super) fn policy_or_builtin(&self, commit: Option<CommitId>) -> Policy {
        let mut at = commit;
        for _ in 0..MOST_UNREADABLE {
            let Ok(Some(text)) = self.text(at, POLICY_FILE) else { break };
            if let (Some(policy), _) = Policy::parse(POLICY_FILE, &text) {
                return policy;
            }
            at = at.and_then(|at| self.repository.first_parent(at).ok().flatten());
            if at.is_none() {
                break;
            }
        }
        Policy::builtin()
    }
}

/// The commit that is named as the beginning of the policy: one of the trunk's history, with a policy.
fn begun_at(snapshot: &Snapshot, history: &History, end: usize) -> Result<Option<usize>, BookError> {
    let Some(named) = &snapshot.policy_root else { return Ok(None) };
    let root = CommitId::from_hex(named).and_then(|id| history.position(id));
    let root =
        root.filter(|&root| history.commits[root].policy.is_some() && history.is_in_history(root, end));
    root.map(Some).ok_or_else(|| BookError::PolicyRoot { named: named.clone() })
}
