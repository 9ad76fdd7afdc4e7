//! Every code, with what it means and how to mend it: the text of `changebook explain`.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($variant:ident $text:literal: $summary:literal, $remedy:literal;)*) => {
        /// A stable name for one kind of problem or unmet requirement.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $summary] $variant,)*
        }

        impl Code {
            /// All codes, in the order of this file.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The kebab-case name used in every output.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// What it means, in one or two sentences.
            pub fn summary(self) -> &'static str {
                match self { $(Code::$variant => $summary,)* }
            }

            /// How to mend it.
            pub fn remedy(self) -> &'static str {
                match self { $(Code::$variant => $remedy,)* }
            }
        }
    };
}

codes! {
    // Files.
    RecordBroken "record-broken":
        "The record cannot be read: invalid TOML frontmatter, a conflict marker, invalid UTF-8, a NUL byte or lone carriage return, a symbolic link, a submodule, a directory where a record belongs, or a file over the size limit. It is listed with its file and line, and nothing is derived from it.",
        "Open the file at that line and correct it. `git checkout --merge FILE` restores the conflict after a bad merge; `git log -p -- FILE` shows the last good version.";
    IdMissing "id-missing":
        "The frontmatter has no `id`.",
        "Add `id = \"…\"`: the file name without `.md`.";
    IdInvalid "id-invalid":
        "An ID may contain only ASCII letters, digits, `-` and `_`, and must begin with a letter or digit.",
        "Rename the file with `git mv`, and change its `id` to match.";
    IdMismatch "id-mismatch":
        "The `id` in the frontmatter differs from the file name. A record is identified by its file name, so two branches that take the same number conflict when they are merged.",
        "Change the `id`, or rename the file with `git mv`, so that both match.";
    IdDuplicate "id-duplicate":
        "Two files of the book have the same ID (IDs are not case-sensitive).",
        "`changebook renumber` gives a new number to the one that landed later and updates every reference to it.";
    FieldInvalid "field-invalid":
        "A frontmatter key has a value of the wrong type, or one that is not allowed.",
        "Correct the value as the message says; `changebook new KIND` creates a valid record to compare with.";
    FieldMissing "field-missing":
        "The frontmatter does not have a key that is required for this type of record.",
        "Add the key.";
    FieldUnknown "field-unknown":
        "The frontmatter has a key that Changebook does not know. It is kept and ignored.",
        "Correct its spelling, or leave it if another tool reads it.";
    CharacterSuspect "character-suspect":
        "An ID, title, name or item contains invisible, bidirectional or look-alike characters, so it may read as something else.",
        "Retype the text without them.";
    ByteOrderMark "byte-order-mark":
        "The file begins with a byte order mark.",
        "Save the file as UTF-8 without a byte order mark.";
    SectionEmpty "section-empty":
        "A required section is missing, is empty, or still contains the template's text.",
        "Write the section.";
    ItemNearMiss "item-near-miss":
        "An item's text almost matches one in the policy, but not exactly, so it has no effect.",
        "Write the text exactly as in the policy, or leave it if it is a different item.";
    SectionNearMiss "section-near-miss":
        "A heading almost matches that of a known section, but not exactly, so nothing under it counts. This closes the gate.",
        "Write the section's title exactly as in the policy and the templates, as a level-2 heading, or rename the heading.";
    BoxMissing "box-missing":
        "A bullet under Conditions, Approvals, Deployment or Checklist has no checkbox where one is expected, or a malformed one such as `[]` or `[ ]text`. This closes the gate.",
        "Write it as `- [ ] text`, or as prose if it is not an item.";
    ServiceUnknown "service-unknown":
        "A freeze names a service that no record or runbook names. It may be a misspelling of any service, so the freeze applies to every task.",
        "Spell the service as the records do, or list it in a runbook.";
    ReferenceBroken "reference-broken":
        "A reference leads to a record, runbook, image, page or anchor that does not exist in the book, or tasks depend on each other in a cycle.",
        "Correct the reference, or create its target; remove one dependency from a cycle.";
    CoversUnknown "covers-unknown":
        "An entry of `covers` does not identify exactly one commit that has landed on the trunk, so the task does not cover it.",
        "Write the full ID of the landed commit, or at least its first 7 digits: `git log --first-parent` shows them.";
    PolicyInvalid "policy-invalid":
        "The policy cannot be read or contradicts itself. Nobody has any authority until it is fixed.",
        "Correct `policy.toml` at that line.";
    BookInvalid "book-invalid":
        "`book.toml` cannot be read.",
        "Correct `book.toml` at that line.";
    // Approvals, in the order in which they are judged (`docs/approvals.md`).
    ApprovalMissing "approval-missing":
        "Nobody has given this approval: the role's item is not ticked, was unticked later, or was ticked only by a merge, by the repair of an unreadable file or in another book's history. An approval file counts only in its own book, at the path that its text determines, and never again once it has been removed.",
        "Have a member of the role run `changebook approve ID`, or tick the item and commit.";
    ApprovalRole "approval-role":
        "Whoever ticked the item did not have that role under the policy in force before the commit.",
        "Have a member of the role untick the item and tick it again, or change the policy first, in a separate commit.";
    ApprovalSelf "approval-self":
        "The approver requested the change, or wrote part of its text or its code.",
        "Have somebody else with the role approve.";
    AuthorUnknown "author-unknown":
        "It is unknown who wrote part of the change, so author and approver may be the same person: an address is not listed under `[people]`, or somebody committed in another person's name.",
        "List the author's e-mail address in the policy, in a separate commit. If somebody else made the commit, its named author confirms it: `changebook affirm COMMIT`.";
    ApprovalStale "approval-stale":
        "The text or code changed after the approval was given, or the change was rolled back or cancelled.",
        "Review what changed, then approve again with `changebook approve ID`, or untick and tick the item.";
    ApprovalUnsigned "approval-unsigned":
        "The approval's commit does not meet the trust level that the policy requires: it is unsigned, signed with somebody else's key, or its committer is not its author.",
        "Approve again in a commit of your own, signed if the policy requires it.";
    ApprovalLate "approval-late":
        "The approval came after the deployment, or in the same commit.",
        "A late approval cannot be fixed; the exception stays on record. Explain it in the record's Notes.";
    ApprovalQuorum "approval-quorum":
        "Every role has approved, but fewer different people than the risk requires.",
        "Have another person approve.";
    ApprovalSquashed "approval-squashed":
        "A squash or rebase has lost who approved: an unsigned approval file came with somebody else's commit, or a commit sets an approval for a role that its author does not have and names a co-author who does.",
        "Have the approver approve again, in a separate pull request or with `changebook approve ID --sign`: a signature survives a squash.";
    // The board.
    DecisionMissing "decision-missing":
        "The board's decision is required, but it is missing, pending or asks for changes; or no board member who neither requested nor wrote the change has confirmed it.",
        "List the task in a decision record. A board member who did not write the change runs `changebook decide`, or confirms the commit that set the decision with `changebook affirm`.";
    DecisionRole "decision-role":
        "The decision's file does not say what the board decided: somebody without the deciding role set it, removed it, deleted the file or changed its text. The board's last decision still applies to the tasks listed then; if there is none, the decision is pending.",
        "Restore the file, or have a board member decide: `changebook decide ID`.";
    DecisionRejected "decision-rejected":
        "The board rejected the change.",
        "Revise the proposal and submit it to the board again.";
    DecisionOutdated "decision-outdated":
        "The board changed the decision's text after deciding, or a task that it lists has since been created, changed, cancelled or rolled back.",
        "Have the board review what changed and decide again.";
    ConditionOpen "condition-open":
        "A condition of the board's decision is not met.",
        "Meet the condition, and have the responsible role tick it.";
    // Gate and audit.
    ItemMissing "item-missing": "An item that the policy requires is not in the record.", "Add it to the checklist.";
    ItemOpen "item-open": "An item that the policy requires is not ticked.", "Do it, tick it and commit.";
    CommunicationOpen "communication-open": "A notice that the risk requires has not been sent.", "Send it and tick its item.";
    WindowClosed "window-closed": "This is outside the change window.", "Wait for the window, or agree on another one.";
    WindowShort "window-short": "The time left in the window is less than the planned duration.", "Start earlier, or wait for the next window.";
    Freeze "freeze": "A change freeze is in force.", "Wait until it ends.";
    PlanMissing "plan-missing": "No plan is recorded for this environment.", "Run `changebook plan ID FILE`.";
    PlanDiffers "plan-differs": "The plan differs from the approved one.", "Record the new plan and have it approved.";
    EvidenceDiffers "evidence-differs": "The evidence does not match what the tool found: the record's section differs from the evidence file, or the file differs from the plan with the same digest.", "Record it again: `changebook plan ID FILE --replace` (or `manifests`, `chart`).";
    EvidenceBroken "evidence-broken": "An evidence file cannot be read, was edited by hand, or has the wrong name. The gate cannot answer for the task until it is fixed.", "Record it again with `changebook plan`, `manifests` or `chart`, or remove the file.";
    EvidenceUnproven "evidence-unproven": "The policy requires proven evidence (`[evidence] require = \"proven\"`), but not every commit that changed it was signed by one of the listed makers.", "Have the pipeline record it, in a commit signed by a robot listed in `[evidence] makers`.";
    ResourceCollision "resource-collision": "According to the recorded evidence, another open task changes a resource that this one changes or affects.", "Agree on an order: make one depend on the other (`depends`), or combine them.";
    PlanOvertaken "plan-overtaken": "After the plan was recorded, another task was deployed that changed one of the same resources.", "Run the plan again and record it.";
    Drift "drift": "Objects have changed outside of the tool since the plan was recorded.", "Review what changed, and record the plan again if that is intended.";
    DependencyOpen "dependency-open": "A task that this one depends on is neither applied nor done.", "Finish it first.";
    Cancelled "cancelled": "The task is cancelled.", "Remove `cancelled` to resume it.";
    CancelledDeployed "cancelled-deployed":
        "A deployed task is marked as cancelled; it cannot be both.",
        "Remove `cancelled`, or roll the deployment back first.";
    EnvironmentSkipped "environment-skipped": "This text has not been deployed to an earlier environment.", "Deploy there first, again if the text has changed since, and record it: `changebook deployed ID ENVIRONMENT`.";
    EnvironmentUnlisted "environment-unlisted": "The record is not meant for this environment: its `environments` does not list it, or, without that key, no item deploys there.", "Add the environment or its item to the record and have that approved, or choose another environment.";
    DeployerRole "deployer-role": "The deployer may not deploy to this environment.", "Have an authorised person deploy.";
    DeployerApproved "deployer-approved": "The deployer is also one of the approvers.", "Have another person deploy.";
    CostMissing "cost-missing":
        "The plan creates new resources, but the record does not say what they cost.",
        "Write the section “Cost impact”, or record an estimate: `changebook plan ID FILE --infracost cost.json`.";
    BudgetMissing "budget-missing":
        "The monthly cost is above the limit that the policy allows without a named budget.",
        "Name the budget: `cost.budget = \"…\"`.";
    SecretSuspect "secret-suspect":
        "An added line looks like it contains a secret: a well-known key or token (an error), or a literal value after a name such as `password` (a warning). The value itself is never shown.",
        "Remove it from the code and from the branch's history, and read it from a secret store instead. If it was pushed, treat it as leaked and rotate it.";
    BlastRadiusContradicted "blast-radius-contradicted":
        "The section “Blast radius” says that nothing existing is touched, but the recorded plan does touch something.",
        "Describe what the plan touches, or record the right plan.";
    TerraformFormat "terraform-format":
        "`terraform fmt -check` reports that the file is not formatted.",
        "Run `terraform fmt -recursive` and commit.";
    TerraformInvalid "terraform-invalid":
        "`terraform validate` reports a problem here; its warnings are shown as warnings.",
        "Correct it as the message says, and run `terraform validate -json` again.";
    RiskUnderstated "risk-understated": "The declared risk is lower than the evidence shows.", "Declare the risk that was found.";
    FollowUpOwed "follow-up-owed": "The task is applied, but the documentation or runbook that `[done]` in the policy requires is missing.", "Create a documentation task with `follows`, or update its runbook.";
    ReviewDue "review-due": "The runbook has not been changed or exercised within its `review-every`.", "Review and update it, or exercise it and record that in a commit trailer: `Exercised: ID`.";
    EmergencyUnreviewed "emergency-unreviewed": "The board has not reviewed an emergency change in time. Until it does, the next emergency by the same requestor or author needs a second on-call approval.", "Put it on the agenda of the next meeting. Until then, have a second person on call approve the next emergency.";
    DeploymentUnrecorded "deployment-unrecorded": "Work has landed on the trunk, but no deployment of its task includes it.", "Tick the deployment item; if it was deployed earlier, state the time in a `Deployed:` trailer.";
    UnrecordedChange "unrecorded-change": "Infrastructure code changed on the trunk in a commit that names no task.", "Name the task in the commit: `Change: ID`. Link a commit that has landed from the task's frontmatter: `covers = [\"COMMIT\"]`.";
    RecordedLate "recorded-late": "Infrastructure code landed without naming a task, and a task covered it later with `covers`. It remains an exception until somebody who did not write any of it approves that task.", "Have somebody else approve the task that covers it: `changebook approve ID`.";
    CommitMalformed "commit-malformed": "A commit violates git's object format, so tools read it differently. It has no authority.", "Make the change again in a new commit.";
    HistoryShallow "history-shallow": "The clone does not have the full history, so any answer could be wrong.", "Run `git fetch --unshallow`, or clone without `--depth`.";
    HistoryRewritten "history-rewritten": "The branch no longer contains a commit that was its head before.", "Find out who rewrote it, and why.";
    BranchName "branch-name": "A branch has an ambiguous name: `origin/…`, `refs/…`, `HEAD`, or a commit ID.", "Rename it: `git branch -m NAME`.";
    TreeTooLarge "tree-too-large": "A tree lists more files than any project has, or lists a few over and over.", "Find out what created it, and push a branch without it.";
    TimeSuspect "time-suspect":
        "A commit is dated before its parent or after it landed, or it landed more than `[audit] lag` after the time that a window, a freeze or a deadline is checked against.",
        "Correct the machine's clock, and record deployments promptly. A date like this does not satisfy any window.";
    AuditSince "audit-since":
        "`[audit] since` names a commit from which auditing cannot start: it is not on the trunk's first-parent line, or it is older than the policy.",
        "Name a commit on the trunk's first-parent line (`git log --first-parent`), not older than the one that introduced the policy.";
    AuditNarrowed "audit-narrowed":
        "A policy change reduces what is audited: it moves `[audit] since`, removes a path from `[paths]`, or removes an environment's gate.",
        "Have whoever agreed to it explain why; the audit lists who that was under control changes.";
    MergeLost "merge-lost":
        "A merge discarded one side's change to an item: a tick reappeared or disappeared although nobody ticked or unticked it.",
        "Compare both sides with `git show -m COMMIT`, and tick or untick the item as needed. After `changebook init --git`, merges keep the ticks of both sides.";
    PolicySelfGrant "policy-self-grant":
        "Somebody granted themselves a power, an address or a key in `policy.toml`, and nobody else who may change the policy has agreed. The last valid policy stays in force.",
        "Have another person who may change the policy agree: `changebook affirm COMMIT`. Or revert the value.";
    PolicyRole "policy-role":
        "Somebody who may not change the policy set a value in `policy.toml`. The last valid policy stays in force.",
        "Have people who may change the policy confirm the commit with `changebook affirm COMMIT`, or make the change themselves. Or revert the value.";
    PolicyUnreviewed "policy-unreviewed":
        "One person who may change the policy set a value in `policy.toml`, and no second person has agreed. The last valid policy stays in force.",
        "Have a second person who may change the policy agree: `changebook affirm COMMIT`. `[policy] alone` lists what one person may change alone.";
    PolicyForked "policy-forked":
        "The trunk's history contains two commits that introduce a policy. The history alone does not tell which one counts, so no answer is given.",
        "Name the right one: `git config changebook.policy-root COMMIT`, or `--policy-root COMMIT` in a pipeline.";
}

impl Code {
    /// The code of that name, if there is one.
    pub fn parse(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_explained() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.summary().ends_with('.') && code.remedy().ends_with('.'), "{code}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }
}
