//! The list of commands in `mrms --help`, by topic.
//!
//! clap lists all commands under one heading. This module writes the list into clap's help template
//! instead. It takes the sentence of each command from the command itself.

use std::fmt::Write as _;

/// Each topic with its commands, in the order in which `mrms --help` lists them.
const TOPICS: [(&str, &[&str]); 10] = [
    ("Begin", &["demo", "init", "join", "invite"]),
    (
        "Records",
        &[
            "create", "import", "open", "amend", "list", "show", "view", "access", "openings",
            "export", "erase",
        ],
    ),
    (
        "Sharing",
        &[
            "grant", "link", "shared", "revoke", "stop", "request", "send", "inbox", "accept",
            "refuse",
        ],
    ),
    ("Audit", &["who", "audit", "report", "verify", "evidence"]),
    (
        "Who acts for whom",
        &["delegate", "delegates", "as", "contact", "contacts", "ward", "hand-over", "staff"],
    ),
    ("Keys and people", &["card", "people", "directory", "key", "profile"]),
    ("Home", &["backup", "restore", "doctor"]),
    ("Services", &["clinic", "up", "portal", "fhir", "watch", "node", "index", "vault", "sponsor"]),
    ("Contract and transactions", &["contract", "tx"]),
    ("Tools", &["encrypt", "decrypt", "completions", "man"]),
];

/// The template for the help of the whole program. `commands` has the program's commands.
pub(crate) fn help_template(commands: &clap::Command) -> String {
    let styles = commands.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let names = TOPICS.iter().flat_map(|(_, names)| names.iter());
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (topic, names) in TOPICS {
        // Writing to a `String` never fails.
        let _ = writeln!(text, "\n{header}{topic}:{header:#}");
        for command in names.iter().filter_map(|name| commands.find_subcommand(name)) {
            let sentence = command.get_about().map(ToString::to_string).unwrap_or_default();
            let name = command.get_name();
            let _ = writeln!(text, "  {literal}{name:<width$}{literal:#}  {sentence}");
        }
    }
    text + "\nmrms COMMAND --help explains one command.\n\n"
        + &format!("{header}Options:{header:#}\n{{options}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_is_in_two_topics() {
        let mut names: Vec<_> = TOPICS.iter().flat_map(|(_, names)| names.iter()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
