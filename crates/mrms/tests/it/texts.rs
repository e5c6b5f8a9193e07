//! Help, completions and the manual page: every command is in them.

use crate::support::Home;

const COMMANDS: &[&str] = &[
    "demo",
    "init",
    "create",
    "amend",
    "list",
    "show",
    "grant",
    "link",
    "open",
    "shared",
    "contact",
    "contacts",
    "ward",
    "hand-over",
    "revoke",
    "stop",
    "who",
    "access",
    "audit",
    "erase",
    "vault",
    "sponsor",
    "tx",
    "verify",
    "evidence",
    "export",
    "contract",
    "key",
    "profile",
    "backup",
    "restore",
    "encrypt",
    "decrypt",
    "up",
    "node",
    "doctor",
    "completions",
    "man",
];

#[test]
fn help_lists_every_command_with_a_sentence() {
    let home = Home::empty();
    let help = home.text("patient", &["--help"]).ok();
    for command in COMMANDS {
        let is_its = |line: &&str| line.split_whitespace().next() == Some(*command);
        let line = help.printed().lines().find(is_its);
        let sentence = line.and_then(|line| line.trim_start().strip_prefix(command));
        assert!(sentence.is_some_and(|rest| rest.trim().len() > 10), "{command}: {line:?}");
    }
    assert!(!help.printed().contains("agent "), "the agent is no command for people");
}

#[test]
fn every_command_explains_itself() {
    let home = Home::empty();
    for command in COMMANDS {
        let help = home.text("patient", &[command, "--help"]).ok();
        assert!(help.printed().contains("Usage: mrms"), "{command}");
    }
}

#[test]
fn no_command_says_where_to_begin() {
    let home = Home::empty();
    let start = home.text("patient", &[]).ok();
    for command in ["demo", "init", "create", "verify", "up", "doctor"] {
        assert!(start.printed().contains(&format!("mrms {command}")), "{command}");
    }
    assert!(start.printed().contains("mrms --help"));
    assert!(start.printed().lines().all(|line| line.chars().count() <= 100));
    assert!(!home.root().exists(), "nothing is made");
    assert_eq!(home.json("patient", &[]).ok().object()["hint"], "mrms --help");
}

#[test]
fn version_is_the_packages() {
    let home = Home::empty();
    let version = home.text("patient", &["--version"]).ok();
    assert_eq!(version.printed().trim(), concat!("mrms ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_manual_name_every_command() {
    let home = Home::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.text("patient", &["completions", shell]).ok();
        for command in COMMANDS {
            assert!(script.printed().contains(command), "{shell}: {command}");
        }
    }
    home.json("patient", &["completions", "abacus"]).refused(2, "usage");
    let manual = home.text("patient", &["man"]).ok();
    assert!(manual.printed().contains(".TH mrms"), "a page in roff");
    // Each page that a page names is there, by the same words.
    let named_in = |page: &str| -> Vec<String> {
        let pages = page.match_indices("mrms\\-").map(|(at, _)| &page[at..]);
        let names = pages.filter_map(|rest| rest.split_once("(1)")).map(|(name, _)| name);
        let whole = names
            .filter(|name| name.bytes().all(|b| b == b'\\' || b == b'-' || b.is_ascii_lowercase()));
        whole.map(|name| name.replace('\\', "")).collect()
    };
    home.text("patient", &["man", "-o", "pages"]).ok();
    let mut pages = named_in(manual.printed());
    assert!(pages.len() >= COMMANDS.len(), "{pages:?}");
    let mut seen = 0;
    while let Some(name) = pages.pop() {
        // Some commands have names of two words.
        let words = ["accept-loss", "hand-over", "was-me"]
            .iter()
            .fold(name.clone(), |words, one| words.replace(one, &one.replace('-', " ")));
        let words: Vec<_> = words.split('-').skip(1).map(|word| word.replace(' ', "-")).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let page = home.text("patient", &[&["man"], &words[..]].concat()).ok();
        assert!(page.printed().contains(&format!(".TH {name} 1")), "{name}");
        assert_eq!(home.read(&format!("pages/{name}.1")), page.stdout, "{name}");
        pages.extend(named_in(page.printed()).into_iter().filter(|below| below.len() > name.len()));
        seen += 1;
    }
    assert!(seen > COMMANDS.len(), "the pages of subcommands are named, too");
    home.json("patient", &["man", "sing"]).refused(2, "usage");
    for command in COMMANDS {
        let written = command.replace('-', "\\-");
        assert!(manual.printed().contains(&format!("mrms\\-{written}")), "{command}");
    }
}

#[test]
fn demonstration_holds_from_start_to_end() {
    let home = Home::empty();
    let demo = home.text("patient", &["demo"]).ok();
    assert!(demo.printed().trim_end().lines().last().unwrap().starts_with("Everything held"));
    assert!(!home.root().exists(), "the demonstration leaves no home behind");
    home.file("empty", "");
    home.json("patient", &["demo", "empty"]).refused(2, "empty-content");
    home.json("patient", &["demo", "nowhere"]).refused(3, "file-not-found");
}
