//! What a file is that is no plan, and what to run instead.

/// Why a file is not read as a plan. No variant holds a value from the file, since it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongInput {
    /// Nothing in it.
    #[error("the file is empty: the command that should have written it failed")]
    Empty,
    /// `terraform plan -out`.
    #[error("this is a saved plan in the tool's own binary form")]
    Binary,
    /// A zip or another archive that is no saved plan.
    #[error("this is a packed file, not the JSON of a plan")]
    Packed,
    /// A plan or state that OpenTofu has encrypted.
    #[error("this is encrypted by OpenTofu, so its content cannot be read here")]
    Encrypted,
    /// Bytes that are no text.
    #[error("this is not text: it is neither UTF-8 nor UTF-16")]
    NotText,
    /// `terraform plan`, or `terraform show` without `-json`.
    #[error("this is a plan in text form, not in JSON")]
    HumanText,
    /// Other text.
    #[error("there is no JSON document in this file")]
    NoJson,
    /// `terraform plan -json`.
    #[error(
        "these are the progress messages of `plan -json`, one per line; they do not contain the values that change"
    )]
    Messages,
    /// `terraform show -json` without a plan.
    #[error("this is a state, not a plan: what there is, not what will change")]
    State,
    /// `terraform state pull`, `terraform.tfstate`.
    #[error("this is a state file, not a plan: what there is, not what will change")]
    StateFile,
    /// Several documents.
    #[error("there is more than one JSON document in this file, so it is not one plan")]
    Several,
    /// Something behind the document.
    #[error(
        "there is more text after the JSON that ends at line {line}, so the file is not as the tool wrote it"
    )]
    Trailing {
        /// From 1.
        line: usize,
    },
    /// It stops in the middle.
    #[error("the JSON ends in the middle (line {line}, column {column}): the file was cut off")]
    Truncated {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// No JSON.
    #[error("the JSON is damaged at line {line}, column {column}")]
    Damaged {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The pointer that a cloud backend writes.
    #[error("this only names a run in HCP Terraform; the plan itself is there")]
    CloudBookmark,
    /// `json-output-redacted`.
    #[error("this is the redacted form of a plan in HCP Terraform: values are left out of it")]
    CloudRedacted,
    /// `{}`.
    #[error("this is an empty JSON object: the run that it should describe failed")]
    EmptyObject,
    /// `terraform providers schema -json`.
    #[error("these are the providers' schemas, not a plan")]
    Schemas,
    /// Infracost's output.
    #[error("this is a cost estimate by Infracost, not a plan")]
    Infracost,
    /// Any other JSON.
    #[error("this is JSON, but not a plan: it does not have any of a plan's keys")]
    OtherJson,
    /// Changed by something.
    #[error("this looks like a plan, but its `format_version` is missing, so another program has changed it")]
    NoVersion,
    /// Newer than what is known.
    #[error("this plan has format version {version}; only 0.x and 1.x are supported")]
    TooNew {
        /// As far as it is a version.
        version: String,
    },
    /// An action that no version of the tool is known to plan.
    #[error("the actions of resource change {position} are unknown: {words}")]
    UnknownAction {
        /// From 1, in the order of the file.
        position: usize,
        /// The words, as far as they are words.
        words: String,
    },
    /// One resource twice.
    #[error("resource change {position} appears twice in the plan")]
    Duplicate {
        /// From 1, in the order of the file.
        position: usize,
    },
    /// A part has another form.
    #[error("{what} cannot be read: {problem}")]
    Malformed {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

const MAKE_PLAN: &str = "`terraform plan -out=plan.tfplan`, then `terraform show -json plan.tfplan > plan.json` \
(or the same with `tofu`)";

impl WrongInput {
    /// What to run instead.
    pub fn hint(&self) -> String {
        match self {
            WrongInput::Empty | WrongInput::EmptyObject => {
                format!("check that command's error message, then create the plan again: {MAKE_PLAN}")
            }
            WrongInput::Binary => {
                "convert it to JSON: `terraform show -json FILE > plan.json` (or `tofu show -json`)".to_owned()
            }
            WrongInput::Packed => "unpack it and give the JSON file inside".to_owned(),
            WrongInput::Encrypted => {
                "run `tofu show -json FILE > plan.json` where its key is configured".to_owned()
            }
            WrongInput::HumanText => {
                "save the plan and show it as JSON: `terraform show -json plan.tfplan > plan.json`".to_owned()
            }
            WrongInput::Messages => format!("save the plan instead: {MAKE_PLAN}"),
            WrongInput::State | WrongInput::StateFile => {
                format!("give the saved plan: {MAKE_PLAN}; without a file, `show -json` shows the state")
            }
            WrongInput::Several => {
                "one file must contain one plan: record each for a separate task, or for a separate environment with `-e`".to_owned()
            }
            WrongInput::Truncated { .. } | WrongInput::Damaged { .. } => {
                format!("write the file again, completely, on a disk with free space: {MAKE_PLAN}")
            }
            WrongInput::CloudBookmark | WrongInput::CloudRedacted => {
                "run `terraform show -json plan.tfplan > plan.json` where you are logged in, or use the API's `json-output` of that plan"
                    .to_owned()
            }
            WrongInput::Schemas | WrongInput::OtherJson | WrongInput::NoJson | WrongInput::NotText => {
                format!("create a plan: {MAKE_PLAN}")
            }
            WrongInput::Infracost => "give it together with the plan: `changebook plan ID PLAN --infracost FILE`".to_owned(),
            WrongInput::Trailing { .. } | WrongInput::NoVersion | WrongInput::Duplicate { .. } | WrongInput::Malformed { .. } => {
                "give the file as `terraform show -json` wrote it".to_owned()
            }
            WrongInput::TooNew { .. } => "update changebook, or plan with a version of the tool that it supports".to_owned(),
            WrongInput::UnknownAction { .. } => {
                "update changebook, or give the file as `terraform show -json` wrote it"
                    .to_owned()
            }
        }
    }
}
