//! The page `docs/json-output.md`, rendered from the schemas of the results and compared with the
//! file. `MRMS_UPDATE_DOCS=1 cargo test -p mrms --bin mrms json_output` writes the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use mrms_contract::ContractError;
use mrms_vault::protocol::RefusalReason;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::ui::failure::Exit;
use crate::ui::reasons::{refusal_failure, refused_by_vault};
use crate::ui::results::home::NoCommand;

/// An object, and the commands that print it.
pub(super) struct Entry {
    pub(super) topic: &'static str,
    /// Words of the command line, some with a flag; none for errors.
    pub(super) commands: &'static [&'static str],
    /// Which of their objects it is; empty where they print only this one.
    pub(super) what: &'static str,
    pub(super) schema: Value,
}

/// The schema of what a type is serialized to, with the schemas of its fields inside.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

const INTRODUCTION: &str = "\
# What `--json` prints

For scripts and other programs that call `mrms`. This page is made from the program's source, and a test compares the
two: edit `crates/mrms/src/ui/results/`, not this page.

`--json` changes the form of a command's output and nothing else. A command prints one object on stdout; where the text
says \"a line each\", it prints one object a line, and none when there is nothing to list. Remarks and progress go to
stderr.

- Names and meanings of fields are stable. New fields may be added. The order of fields in an object means nothing.
- Record ids are decimal text, because they can exceed 2⁵³. Versions, heights, fees (micro-STX) and nonces are numbers.
- Principals, contract ids (`ADDRESS.NAME`) and recipients (`age1pq1…`) are text. A transaction id is `0x` and 64
  hexadecimal digits. Other hashes, and heads, are hexadecimal without `0x`, unless the table says otherwise.
- Times are RFC 3339 in UTC. `expires_at` is an estimate from the burn height.
- A path is as it was given on the command line, or absolute.

**May be** says what a field may be in place of its type: `null`, or left out of the object. The other fields are always
there.

`as NAME COMMAND` prints what `COMMAND` prints. `contract source`, `completions`, `man`, `encrypt` and `decrypt` print what they are for, and have no JSON; neither has
`key words`, which refuses. `audit --fhir` prints JSON by itself and does not go with `--json`.
";

/// The commands that have no JSON, as the introduction says.
const WITHOUT_JSON: [&str; 6] =
    ["contract source", "completions", "man", "encrypt", "decrypt", "key words"];

/// What is no command of its own, and printed by several.
const OF_SEVERAL: [&str; 3] = ["mrms", "-o OUT", "--dry-run"];

const EXIT_CODES: &str = "\
### Exit codes

| code | meaning |
|---|---|
| 0 | done |
";

const INTERRUPTED: &str = "\
| 130 | interrupted with Ctrl-C, as the shell reports it; a service that is stopped so ends with 0 |
";

const ERROR_CODES: &str = "\
### Error codes

`code` is stable; `message` and `hint` are for people and may change. By exit code:
";

fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::Failed => "failed",
        Exit::Usage => "wrong usage, or a setting out of its range",
        Exit::NotFound => "not found",
        Exit::NotAllowed => "not allowed, or no longer",
        Exit::Integrity => "something was altered or is damaged",
        Exit::Unreachable => {
            "ledger, vault or sponsor can't be used now: it can't be reached, another command has it, or a disk failed"
        }
        Exit::NotProven => {
            "what was checked is whole, and proves too little: evidence without proofs, or whose blocks may have been dropped"
        }
    }
}

const EXITS: [Exit; 7] = [
    Exit::Failed,
    Exit::Usage,
    Exit::NotFound,
    Exit::NotAllowed,
    Exit::Integrity,
    Exit::Unreachable,
    Exit::NotProven,
];

fn page(entries: &[Entry]) -> String {
    let mut page = format!("{INTRODUCTION}\n");
    let mut topics: Vec<_> = entries.iter().map(|entry| entry.topic).collect();
    topics.dedup();
    for topic in &topics {
        let anchor = topic.to_lowercase().replace(' ', "-").replace(',', "");
        page.push_str(&format!("- [{topic}](#{anchor})\n"));
    }
    let mut topic = "";
    for entry in entries {
        if topic != entry.topic {
            topic = entry.topic;
            page.push_str(&format!("\n## {topic}\n"));
        }
        page.push_str(&section(entry));
    }
    page.push_str(&format!("\n{EXIT_CODES}"));
    for exit in EXITS {
        page.push_str(&format!("| {} | {} |\n", exit as u8, meaning(exit)));
    }
    page.push_str(&format!("{INTERRUPTED}\n{ERROR_CODES}\n"));
    for (exit, codes) in error_codes() {
        let codes: Vec<_> = codes.iter().map(|code| format!("`{code}`")).collect();
        page.push_str(&format!("{}\n", wrapped(&format!("- {exit}: {}", codes.join(", ")))));
    }
    page
}

fn section(entry: &Entry) -> String {
    let mut section = String::new();
    if !entry.commands.is_empty() {
        let commands: Vec<_> = entry.commands.iter().map(|name| format!("`{name}`")).collect();
        section.push_str(&format!("\n### {}", commands.join(", ")));
        if !entry.what.is_empty() {
            section.push_str(&format!(": {}", entry.what));
        }
        section.push('\n');
    }
    let name = format!("{} {}", entry.commands.join(", "), entry.what);
    section.push_str(&format!("\n{}\n", wrapped(&description(&entry.schema, &name))));
    let mut rows = Vec::new();
    add_rows("", &entry.schema, &mut rows);
    if !rows.is_empty() {
        section.push_str("\n| field | type | may be | meaning |\n|---|---|---|---|\n");
        section.push_str(&rows.concat());
    }
    section
}

/// The rows of an object's fields, in the order of its struct, each followed by those of its own.
fn add_rows(prefix: &str, object: &Value, rows: &mut Vec<String>) {
    let none = serde_json::Map::new();
    let properties = object["properties"].as_object().unwrap_or(&none);
    // The map of properties is sorted, this list is not. Fields that may be left out are not in it.
    let required = object["required"].as_array().into_iter().flatten();
    let required: Vec<_> = required.map(|name| name.as_str().unwrap()).collect();
    let others = properties.keys().map(String::as_str).filter(|name| !required.contains(name));
    for name in required.iter().copied().chain(others) {
        let schema = &properties[name];
        let field = format!("{prefix}{name}");
        let kind = Kind::of(schema, &field);
        let may_be = match (required.contains(&name), kind.is_nullable) {
            (false, _) => "left out",
            (true, true) => "`null`",
            (true, false) => "",
        };
        let meaning = description(schema, &field) + &kind.words;
        assert!(!meaning.contains('|'), "{field}: {meaning}");
        let brackets = if kind.items.is_some() { "[]" } else { "" };
        rows.push(format!("| `{field}{brackets}` | {} | {may_be} | {meaning} |\n", kind.name));
        if schema["elsewhere"].is_null() {
            let inner = kind.items.as_ref().unwrap_or(&kind.schema);
            add_rows(&format!("{field}{brackets}."), inner, rows);
        }
    }
}

/// The type of a field.
struct Kind {
    name: String,
    is_nullable: bool,
    /// What each of its words means.
    words: String,
    /// Without null.
    schema: Value,
    /// What is in it, where it is an array.
    items: Option<Value>,
}

impl Kind {
    fn of(schema: &Value, field: &str) -> Self {
        let is_null = |schema: &Value| schema["type"] == "null";
        if let Some(choices) = schema["anyOf"].as_array() {
            let rest: Vec<_> = choices.iter().filter(|choice| !is_null(choice)).collect();
            let [one] = rest.as_slice() else { panic!("{field}: {schema} is of several types") };
            return Self { is_nullable: rest.len() < choices.len(), ..Self::of(one, field) };
        }
        let (types, is_nullable) = match &schema["type"] {
            Value::String(one) => (vec![one.as_str()], false),
            Value::Array(several) => {
                let types = several.iter().map(|one| one.as_str().unwrap());
                let types: Vec<_> = types.filter(|one| *one != "null").collect();
                let is_nullable = types.len() < several.len();
                (types, is_nullable)
            }
            _ => (Vec::new(), false),
        };
        let mut kind = Self {
            name: types.join(" or "),
            is_nullable,
            words: String::new(),
            schema: schema.clone(),
            items: None,
        };
        if let Some(words) = schema["oneOf"].as_array() {
            kind.name = "string".to_owned();
            let meanings = words.iter().map(|word| {
                let meaning = description(word, field);
                format!("`{}`: {}", word["const"].as_str().unwrap(), lower(&meaning))
            });
            kind.words = format!(" {}.", meanings.collect::<Vec<_>>().join("; "));
        } else if types == ["array"] {
            let items = Self::of(&schema["items"], field);
            kind.name = format!("array of {}s", items.name);
            kind.items = Some(items.schema);
        } else if types.is_empty() {
            kind.name = "any".to_owned();
        }
        kind
    }
}

/// A doc comment as one line. Everything has one.
fn description(schema: &Value, name: &str) -> String {
    let Some(text) = schema["description"].as_str() else {
        panic!("{name} says nothing of itself")
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A sentence as a part of one.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// A paragraph in lines of 120 characters; those of a list are indented.
fn wrapped(text: &str) -> String {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > 120 {
            lines.push(format!("{indent}{word}"));
        } else {
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{gap}{word}"));
        }
    }
    lines.join("\n")
}

/// The stable words of errors by exit code, as they stand in the sources.
fn error_codes() -> BTreeMap<u8, BTreeSet<String>> {
    let mut codes: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    let mut add = |exit: Exit, code: &str| {
        codes.entry(exit as u8).or_default().insert(code.to_owned());
    };
    for refusal in ContractError::ALL {
        let failure = refusal_failure(*refusal);
        add(failure.exit, failure.code);
    }
    for reason in RefusalReason::ALL {
        let failure = refused_by_vault(*reason, String::new());
        add(failure.exit, failure.code);
    }
    for (path, text) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        for (exit, rest) in EXITS.into_iter().flat_map(|exit| after(&text, exit)) {
            let rest = rest.trim_start_matches(',').trim_start();
            let word = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
            let is_code = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            match word.map(|(word, _)| word).filter(is_code) {
                // When the reader of stdout has gone, nothing is printed any more.
                Some("closed") => {}
                Some(code) => add(exit, code),
                // The words of contract and vault.
                None if ["ledger.rs", "vaults.rs"]
                    .iter()
                    .any(|name| path.ends_with(Path::new("ui/reasons").join(name))) => {}
                None => panic!("{}: Exit::{exit:?} with no code beside it", path.display()),
            }
        }
    }
    codes
}

/// What stands behind each mention of an exit code.
fn after(text: &str, exit: Exit) -> Vec<(Exit, &str)> {
    let name = format!("Exit::{exit:?}");
    let mentions = text.match_indices(&name).map(|(at, _)| &text[at + name.len()..]);
    let is_whole = |rest: &&str| !rest.starts_with(|c: char| c.is_alphanumeric());
    mentions.filter(is_whole).map(|rest| (exit, rest)).collect()
}

/// The sources below a folder without their tests.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("tests.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            let end = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            found.push((path, text[..end].to_owned()));
        }
    }
    found
}

/// The commands that do something, without those that are hidden.
fn leaves(command: &clap::Command, name: &str) -> Vec<String> {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    let inner: Vec<_> = visible
        .flat_map(|command| leaves(command, format!("{name} {}", command.get_name()).trim_start()))
        .collect();
    // One that does something without a subcommand, too, is a command of its own.
    let is_own = inner.is_empty() || (!name.is_empty() && !command.is_subcommand_required_set());
    inner.into_iter().chain(is_own.then(|| name.to_owned())).collect()
}

#[test]
fn every_command_has_its_object_and_every_object_its_command() {
    let commands = leaves(&crate::cli::command_line(), "");
    let entries = super::entries();
    let listed = entries.iter().flat_map(|entry| entry.commands.iter().copied());
    let listed: BTreeSet<_> = listed.filter(|name| !OF_SEVERAL.contains(name)).collect();
    // What a delegate does for somebody prints what it prints for oneself.
    let has_object = |name: &String| listed.contains(name.strip_prefix("as ").unwrap_or(name));
    let without: Vec<_> = commands.iter().filter(|name| !has_object(name)).collect();
    let expected: BTreeSet<_> = WITHOUT_JSON.into_iter().collect();
    assert_eq!(without.into_iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    for name in listed {
        let command = name.split(" --").next().unwrap();
        assert!(commands.iter().any(|known| known == command), "{name}");
    }
}

#[test]
fn fields_are_sorted_unless_the_format_has_an_order() {
    let object = NoCommand { message: "one", hint: "two" };
    let sorted = serde_json::to_value(&object).unwrap().to_string();
    assert_eq!(sorted, r#"{"hint":"two","message":"one"}"#);
    assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"message":"one","hint":"two"}"#);
}

#[test]
fn json_output_page_is_what_the_results_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json-output.md");
    let page = page(&super::entries());
    if std::env::var_os("MRMS_UPDATE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    let differs = found.lines().zip(page.lines()).position(|(found, made)| found != made);
    assert!(
        found == page,
        "docs/json-output.md differs from line {} on: MRMS_UPDATE_DOCS=1 cargo test -p mrms --bin mrms json_output writes it",
        differs.unwrap_or_default() + 1,
    );
}
