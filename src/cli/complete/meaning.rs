//! Which argument means what: the one table from arguments to what the book knows.

use clap::{Arg, Command, ValueHint};
use clap_complete::engine::ArgValueCompleter;

use super::values::{Values, Words};
use crate::record::RecordType;

/// What may stand for an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An ID, of one type or any.
    Record(Option<RecordType>),
    /// An item of the record that is named before: open, or ticked.
    Item {
        /// Which of them.
        ticked: bool,
    },
    /// A person of the policy.
    Person,
    /// A role of the policy.
    Role,
    /// What records have in that list of their frontmatter.
    Used(&'static str),
    /// A category of the policy.
    Category,
    /// An environment of the policy.
    Environment,
    /// A window of the policy.
    Window,
    /// A status, or `open`.
    Status,
    /// A risk.
    Risk,
    /// A type of record.
    Type,
    /// A kind of task.
    Kind,
    /// What `new` makes.
    Template,
    /// What a board decides.
    Verdict,
    /// A code of `explain`.
    Code,
    /// A schema.
    Schema,
    /// A branch or tag.
    Revision,
    /// A kind of event.
    Event,
    /// A map that `import` brings, or a file.
    Map,
    /// The past and coming meetings that decisions name.
    Meeting,
    /// A path.
    Path,
    /// Nothing that could be known.
    Free,
}

/// The command line with what each argument means.
pub(super) fn attach(command: Command, words: &Words) -> Command {
    let name = command.get_name().to_owned();
    let with_arguments = command.mut_args(|argument| match meaning(&name, &argument) {
        Some(Meaning::Path) => argument.value_hint(ValueHint::AnyPath),
        Some(Meaning::Free) | None => argument,
        Some(meaning) => argument.add(ArgValueCompleter::new(Values { meaning, words: words.clone() })),
    });
    with_arguments.mut_subcommands(|inner| attach(inner, words))
}

/// What an argument of a command means; `None` for flags, for closed sets that clap knows, and for what the table
/// does not have.
pub(super) fn meaning(command: &str, argument: &Arg) -> Option<Meaning> {
    let takes_any = argument.get_action().takes_values() && argument.get_possible_values().is_empty();
    if !takes_any {
        return None;
    }
    let any = Meaning::Record(None);
    let task = Meaning::Record(Some(RecordType::Task));
    let decision = Meaning::Record(Some(RecordType::Decision));
    Some(match (command, argument.get_id().as_str()) {
        ("tick", "item") => Meaning::Item { ticked: false },
        ("untick", "item") => Meaning::Item { ticked: true },
        ("new", "kind") => Meaning::Template,
        ("new", "id") => Meaning::Free,
        ("decide", "id") => decision,
        ("show" | "diff" | "blame" | "log" | "scope" | "tick" | "untick", "id") | ("renumber", "old") => any,
        (_, "id" | "follows" | "changes") => task,
        (_, "person" | "owner" | "waiting_for" | "requestor" | "deployer") => Meaning::Person,
        (_, "role") => Meaning::Role,
        (_, "label") => Meaning::Used("labels"),
        (_, "service") => Meaning::Used("services"),
        (_, "category") => Meaning::Category,
        (_, "environment") => Meaning::Environment,
        (_, "window") => Meaning::Window,
        (_, "status") => Meaning::Status,
        (_, "risk") => Meaning::Risk,
        (_, "record_type") => Meaning::Type,
        (_, "kind") => Meaning::Kind,
        (_, "verdict") => Meaning::Verdict,
        ("explain", "code") => Meaning::Code,
        ("schema", "name") => Meaning::Schema,
        ("affirm", "commits") => Meaning::Revision,
        (_, "at" | "trunk" | "policy_root" | "as_landed" | "branch" | "range" | "after") => Meaning::Revision,
        ("import", "map" | "print_map") => Meaning::Map,
        (_, "event") => Meaning::Event,
        ("agenda", "meeting") => Meaning::Meeting,
        (
            _,
            "start-directory" | "directory" | "out" | "bundle" | "file" | "plan" | "infracost" | "key"
            | "from",
        )
        | (_, "fmt" | "validate" | "diff" | "base" | "ours" | "theirs")
        | ("manifests" | "chart" | "risk", "old" | "new") => Meaning::Path,
        (
            _,
            "now" | "since" | "until" | "time" | "max_count" | "days" | "port" | "sample" | "seed"
            | "meeting",
        )
        | (
            _,
            "title" | "stack" | "reason" | "message" | "anyway" | "condition" | "emergency" | "chart"
            | "zone",
        )
        | (_, "channel" | "sent" | "marker_size" | "base_label" | "ours_label" | "theirs_label")
        | ("renumber" | "update", "new")
        | ("update", "reference" | "old")
        | ("supports", _) => Meaning::Free,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// A new argument is put into the table, or said to be free.
    #[test]
    fn every_argument_is_known() {
        fn look(command: &Command, missing: &mut Vec<String>) {
            for argument in command.get_arguments() {
                let is_closed =
                    !argument.get_action().takes_values() || !argument.get_possible_values().is_empty();
                if !is_closed && meaning(command.get_name(), argument).is_none() {
                    missing.push(format!("{} {}", command.get_name(), argument.get_id()));
                }
            }
            command.get_subcommands().for_each(|inner| look(inner, missing));
        }
        let mut missing = Vec::new();
        look(&crate::cli::Cli::command(), &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
