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
        "The record cannot be read: invalid TOML frontmatter, a conflict marker, bytes that are not UTF-8, a NUL or lone carriage return, a symbolic link, a submodule, a directory in a record's place, or a file over the size limit. It is shown with its file and line, and nothing is derived from it.",
        "Open the file at the line named and repair it; `git checkout --merge FILE` brings the conflict back when a merge went wrong, `git log -p -- FILE` shows the last good version.";
    IdMissing "id-missing":
        "The frontmatter has no `id`.",
        "Add `id = \"…\"` with the file's name without `.md`.";
    IdInvalid "id-invalid":
        "An ID may hold ASCII letters, digits, `-` and `_` only, and begins with a letter or digit.",
        "Rename the file and its `id` with `git mv`.";
    IdMismatch "id-mismatch":
        "The `id` in the frontmatter is not the file's stem. A record's identity is its file stem, so that two branches that take one number meet as a conflict.",
        "Change the `id`, or `git mv` the file, so that both agree.";
    IdDuplicate "id-duplicate":
        "Two files of the book carry one ID (letter case does not make a difference).",
        "`changebook renumber` gives the one that landed later another number, with all that refers to it.";
    FieldInvalid "field-invalid":
        "A key of the frontmatter has a value of the wrong type or outside the allowed words.",
        "Correct the value as the message says; `changebook new KIND` shows a valid record.";
    FieldMissing "field-missing":
        "The frontmatter lacks a key that every record of this type has.",
        "Add the key.";
    FieldUnknown "field-unknown":
        "The frontmatter has a key that Changebook does not know. It is kept, and means nothing.",
        "Correct its spelling, or leave it if another tool reads it.";
    CharacterSuspect "character-suspect":
        "An ID, title, name or item holds invisible, bidirectional or look-alike characters, so that it may read as another text.",
        "Type the text again without them.";
    ByteOrderMark "byte-order-mark":
        "The file begins with a byte order mark.",
        "Save the file as UTF-8 without BOM.";
    SectionEmpty "section-empty":
        "A required section is absent, empty, or still holds the template's words.",
        "Write the section.";
    ItemNearMiss "item-near-miss":
        "An item's text is nearly, but not exactly, one that the policy knows, so it means nothing.",
        "Write the text as the policy has it, or leave it if it is meant to be another item.";
    SectionNearMiss "section-near-miss":
        "A heading is nearly, but not exactly, that of a section that means something, so nothing under it counts. It shuts the gate.",
        "Write the section's title as the policy and the templates have it, as a level-2 heading, or give the heading another name.";
    BoxMissing "box-missing":
        "Under Conditions, Approvals, Deployment or Checklist a bullet has no box where one counts, or a box that is none, such as `[]` or `[ ]text`. It shuts the gate.",
        "Write it as `- [ ] text`, or as prose if it is meant to be none.";
    ServiceUnknown "service-unknown":
        "A freeze names a service that no record or runbook names. It may be any service, misspelt, so the freeze holds every task.",
        "Write the service as the records have it, or name it in a runbook.";
    ReferenceBroken "reference-broken":
        "A record, runbook, image, page or anchor that is referred to does not exist in the book, or tasks depend on each other in a circle.",
        "Correct the reference, or create what it names; take one dependency out of a circle.";
    CoversUnknown "covers-unknown":
        "An entry of `covers` is not the ID of exactly one commit that has landed on the trunk, so the task does not cover it.",
        "Write the full ID of the landed commit, or at least its first 7 digits: `git log --first-parent` shows them.";
    PolicyInvalid "policy-invalid":
        "The policy cannot be read or contradicts itself. Nobody has authority until it is repaired.",
        "Correct `policy.toml` at the line named.";
    BookInvalid "book-invalid":
        "`book.toml` cannot be read.",
        "Correct `book.toml` at the line named.";
    // Approvals, in the order in which they are judged (`docs/approvals.md`).
    ApprovalMissing "approval-missing":
        "Nobody has given this approval: the role's item is not ticked, or it was unticked afterwards, or a merge, the repair of a file that could not be read or another book's history ticked it. An approval's file counts only where its path follows from its text, in its own book, and never again once it was removed.",
        "A member of the role runs `changebook approve ID`, or ticks the item and commits.";
    ApprovalRole "approval-role":
        "The one who ticked the item is no person of the policy with that role, by the policy of the commit before.",
        "A member of the role unticks and ticks the item; or the policy is changed first, in a commit of its own.";
    ApprovalSelf "approval-self":
        "The approver asked for the change, wrote a part of its text, or did a part of its work.",
        "Somebody else with the role approves.";
    AuthorUnknown "author-unknown":
        "Nobody can tell who wrote a part of the change, and so not whether author and approver differ: an address is that of no person of the policy, or somebody committed in another's name.",
        "List the author's e-mail in the policy, in a commit of its own; whoever is named as the author of a commit that another made says yes to it: `changebook affirm COMMIT`.";
    ApprovalStale "approval-stale":
        "The change's text or code was changed after the approval was given, or the change was rolled back or cancelled.",
        "Look at what changed, then approve again: an untick and a tick, or another file, which `changebook approve` makes.";
    ApprovalUnsigned "approval-unsigned":
        "The approval's commit is not trusted as far as the policy asks: unsigned, signed by another's key, or committed by somebody else than its author.",
        "Approve again with a commit of one's own, signed if the policy says so.";
    ApprovalLate "approval-late":
        "The approval came after the deployment, or with it in one commit.",
        "Nothing mends a late approval; the exception stays on record. Explain it in the record's Notes.";
    ApprovalQuorum "approval-quorum":
        "Every role is met, but by fewer different people than the risk asks for.",
        "Another person approves.";
    ApprovalSquashed "approval-squashed":
        "A squash or rebase has lost whose approval it was: an approval's file that is not signed came with somebody else's commit, or a commit sets an approval for a role that its author lacks and names a co-author who has it.",
        "The approver approves again, in a pull request of their own or with `changebook approve ID --sign`: a signature survives whoever merges.";
    // The board.
    DecisionMissing "decision-missing":
        "The board's decision is asked for and is not there, is pending, or asks for changes; or nobody of the board stands behind it who neither asked for the change nor wrote it.",
        "List the task in a decision record; a member of the board who did not write the change runs `changebook decide`, or says yes to the commit that set it with `changebook affirm`.";
    DecisionRole "decision-role":
        "A decision says what the board has not said: somebody without the deciding role set it, took it out, deleted it or changed its text. What the board said last stands for the tasks that were on its list then; where it has said nothing the decision is pending.",
        "Put the file back as it was, or have a member of the board decide: `changebook decide ID`.";
    DecisionRejected "decision-rejected":
        "The board rejected the change.",
        "Change the proposal and ask the board again.";
    DecisionOutdated "decision-outdated":
        "The board changed the decision's text after it was set, or a task that it lists was changed, came into being, was cancelled or rolled back since.",
        "The board looks at what changed and sets the decision again.";
    ConditionOpen "condition-open":
        "A condition of the board's decision is not met.",
        "Meet it; the role that answers for it ticks the condition.";
    // Gate and audit.
    ItemMissing "item-missing": "An item that the policy asks for is not in the record.", "Add it to the checklist.";
    ItemOpen "item-open": "An item that the policy asks for is not ticked.", "Do it, tick it, commit.";
    CommunicationOpen "communication-open": "A notice that the risk asks for has not been given.", "Give it and tick its item.";
    WindowClosed "window-closed": "It is outside the change window.", "Wait for the window, or agree on another.";
    WindowShort "window-short": "The time left in the window is less than the planned duration.", "Begin earlier or in the next window.";
    Freeze "freeze": "A change freeze is in force.", "Wait until it ends.";
    PlanMissing "plan-missing": "No plan is recorded for this environment.", "Run `changebook plan ID FILE`.";
    PlanDiffers "plan-differs": "The plan is not the one that was approved.", "Record the new plan and have it approved.";
    EvidenceDiffers "evidence-differs": "What people read of the evidence, or what its file holds, is not what the tool found: the record's section differs from the file, or the file from the plan with the same digest.", "Record it again: `changebook plan ID FILE --replace`, or `manifests` or `chart`.";
    EvidenceBroken "evidence-broken": "A file of evidence cannot be read, was edited by hand, or stands under another name than its own. Nothing can be told about the task until it is repaired.", "Record it again with `changebook plan`, `manifests` or `chart`, or remove the file.";
    EvidenceUnproven "evidence-unproven": "The policy asks for evidence that somebody vouches for (`[evidence] require = \"proven\"`), and not every commit that changed it is a signed one of its makers.", "Let the pipeline record it, with a signed commit of a robot that `[evidence] makers` lists.";
    ResourceCollision "resource-collision": "Another open task changes a resource that this one changes or reaches, by their recorded evidence.", "Agree on an order: let one follow the other (`depends`), or make them one change.";
    PlanOvertaken "plan-overtaken": "After the plan was recorded another task's deployment changed a resource that it changes too.", "Plan again, and record the new plan.";
    Drift "drift": "Objects have changed outside of the tool since the plan was recorded.", "Look at what changed, and record the plan again when that is meant to stay.";
    DependencyOpen "dependency-open": "A task that this one depends on is neither applied nor done.", "Finish it first.";
    Cancelled "cancelled": "The task is cancelled.", "Remove `cancelled` if it is to go on.";
    CancelledDeployed "cancelled-deployed":
        "A task that has been deployed says that it is cancelled; both cannot be true.",
        "Remove `cancelled`, or roll the deployment back first.";
    EnvironmentSkipped "environment-skipped": "An earlier environment has not been deployed with this text.", "Deploy there first, again where it was with another text: `changebook deployed ID ENVIRONMENT`.";
    EnvironmentUnlisted "environment-unlisted": "The record does not say that it goes to this environment: its `environments` does not list it, or, without that key, no item deploys there.", "Add the environment or its item to the record, and have that approved; or ask about another environment.";
    DeployerRole "deployer-role": "The deployer may not deploy to this environment.", "Somebody who may, deploys.";
    DeployerApproved "deployer-approved": "The deployer is one whose approval was counted.", "Let another person deploy.";
    CostMissing "cost-missing":
        "The plan makes new resources, and the record does not say what they cost.",
        "Write the section `Cost impact`, or record an estimate: `changebook plan ID FILE --infracost cost.json`.";
    BudgetMissing "budget-missing":
        "The task costs more a month than the policy lets it without naming its budget.",
        "Name the budget that carries it: `cost.budget = \"…\"`.";
    SecretSuspect "secret-suspect":
        "A line that the change adds looks as if it held a secret: it has the form of a well-known key or token (an error), or is a literal behind a name such as `password` (a warning). What stands there is never shown.",
        "Take it out of the code and out of the branch's history, and read it from where secrets are kept. One that was pushed is known: replace it.";
    BlastRadiusContradicted "blast-radius-contradicted":
        "The section \"Blast radius\" says that nothing existing is touched, and the recorded plan touches something.",
        "Say what the plan touches, or record the plan that is meant.";
    TerraformFormat "terraform-format":
        "`terraform fmt -check` says that the file is not formatted.",
        "Run `terraform fmt -recursive` and commit.";
    TerraformInvalid "terraform-invalid":
        "`terraform validate` says that the configuration is not valid at this place; its warnings carry the code as warnings.",
        "Mend it as the message says, and run `terraform validate -json` again.";
    RiskUnderstated "risk-understated": "The declared risk is lower than what the evidence shows.", "Declare the risk that was found.";
    FollowUpOwed "follow-up-owed": "The task is applied and owes the documentation or runbook that `[done]` in the policy asks for.", "Make a documentation task that follows it, or bring its runbook up to date.";
    ReviewDue "review-due": "The runbook has not been changed or exercised within its `review-every`.", "Read it, mend it, or exercise it and say so in a commit: `Exercised: ID`.";
    EmergencyUnreviewed "emergency-unreviewed": "The board has not reviewed an emergency in time. Until it has, the next emergency of whoever asked for it or wrote it needs a second person on call.", "Put it on the next agenda; for the next emergency, a second person on call approves too.";
    DeploymentUnrecorded "deployment-unrecorded": "Landed work is in no deployment of its task.", "Tick the deployment item, with `Deployed:` for the real time.";
    UnrecordedChange "unrecorded-change": "Infrastructure code changed on the trunk and names no task.", "Name the task in the commit: `Change: ID`. What has landed is linked afterwards: `covers = [\"COMMIT\"]` in the task's frontmatter.";
    RecordedLate "recorded-late": "Infrastructure code landed without naming a task, and a task took it on afterwards with `covers`. It is an exception until somebody approves that task who wrote none of it.", "Have somebody else approve the task that covers it: `changebook approve ID`.";
    CommitMalformed "commit-malformed": "A commit's raw bytes break git's format, so tools disagree on what it says.", "It has no authority; make the change again.";
    HistoryShallow "history-shallow": "The clone does not hold the whole history, so that any answer could be wrong.", "`git fetch --unshallow`, or clone without `--depth`.";
    HistoryRewritten "history-rewritten": "The branch no longer contains the head that was seen before.", "Find out who rewrote it, and why.";
    BranchName "branch-name": "A branch is called so that its name could mean another one: `origin/…`, `refs/…`, `HEAD`, the ID of a commit.", "Call it something else: `git branch -m NAME`.";
    TreeTooLarge "tree-too-large": "A tree names more files than any project has, or names a few again and again.", "See what made it, and push a branch without it.";
    TimeSuspect "time-suspect":
        "A commit's date contradicts its parents' or its landing, or it landed more than `[audit] lag` after the time on which a window, a freeze or a deadline rests.",
        "Correct the machine's clock, and land a deployment while it is remembered; the date meets no window.";
    AuditSince "audit-since":
        "`[audit] since` names a commit that cannot be where the duty begins: the trunk's own line does not have it, or the policy had not begun.",
        "Name a commit of the trunk's own line (`git log --first-parent`), from the one that began the policy on.";
    AuditNarrowed "audit-narrowed":
        "A change of the policy takes something out of what is audited: it moves `[audit] since`, takes away a path of `[paths]`, or opens an environment's gate.",
        "Whoever agreed to it says why; the control changes of the audit show who that was.";
    MergeLost "merge-lost":
        "A merge kept one side's state of an item over what the other side had done since: a tick came back or went away without anybody ticking or unticking.",
        "See both sides with `git show -m COMMIT`, and tick or untick the item as it should be; `changebook init --git` keeps both sides' ticks in the next merge.";
    PolicySelfGrant "policy-self-grant":
        "`policy.toml` gives a power, an address or a key to the person who wrote that, and nobody else who may change the policy has agreed. The last proper policy stays in force.",
        "Another person who may change the policy agrees: `changebook affirm COMMIT`. Or put the value back.";
    PolicyRole "policy-role":
        "`policy.toml` has a value that somebody gave who may not change the policy. The last proper policy stays in force.",
        "People who may change the policy stand behind the commit with `changebook affirm COMMIT`, or make the change themselves. Or put the value back.";
    PolicyUnreviewed "policy-unreviewed":
        "`policy.toml` has a value that one person gave who may change the policy, and no second one has agreed. The last proper policy stays in force.",
        "A second person who may change the policy agrees: `changebook affirm COMMIT`. What one may change alone is listed in `[policy] alone`.";
    PolicyForked "policy-forked":
        "The trunk's history holds two commits that begin a policy. Which one counts cannot be told from inside the history, so no answer is given.",
        "Name the one that counts: `git config changebook.policy-root COMMIT`, or `--policy-root COMMIT` in a pipeline.";
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
