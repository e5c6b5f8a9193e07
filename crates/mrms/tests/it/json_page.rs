//! What commands print with `--json` beside `docs/json-output.md`: no field that the page does not
//! have, none missing, each of its type. Every run of every test is compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

/// The tables of the page, by the commands in their headings; those of errors by `error`.
static PAGE: LazyLock<BTreeMap<String, Vec<Table>>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json-output.md");
    tables(&fs::read_to_string(path).unwrap())
});

/// The fields of an object, by name.
type Table = BTreeMap<String, Field>;

#[derive(Clone, Debug)]
struct Field {
    kind: String,
    may_be_null: bool,
    may_be_left_out: bool,
    /// The fields inside. Empty where it is free, or described under another command.
    inner: Table,
    /// The command under which the fields inside are described.
    elsewhere: Option<String>,
}

fn tables(page: &str) -> BTreeMap<String, Vec<Table>> {
    let mut tables: BTreeMap<String, Vec<Table>> = BTreeMap::new();
    let mut commands: Vec<String> = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            commands = heading.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        } else if line == "## Errors" {
            commands = vec!["error".to_owned()];
        } else if line.starts_with("| field |") {
            for command in &commands {
                tables.entry(command.clone()).or_default().push(Table::new());
            }
        } else if let Some(row) = line.strip_prefix("| `") {
            let (path, rest) = row.split_once("` | ").unwrap();
            let cells: Vec<_> = rest.splitn(3, '|').map(str::trim).collect();
            let [kind, may_be, meaning] = cells.as_slice() else { panic!("{line}") };
            let elsewhere = meaning.split_once("with the fields of [`").map(|(_, rest)| rest);
            let field = Field {
                kind: (*kind).to_owned(),
                may_be_null: *may_be == "`null`",
                may_be_left_out: *may_be == "left out",
                inner: Table::new(),
                elsewhere: elsewhere.map(|rest| rest.split('`').next().unwrap().to_owned()),
            };
            for command in &commands {
                insert(tables.get_mut(command).unwrap().last_mut().unwrap(), path, field.clone());
            }
        }
    }
    tables
}

fn insert(table: &mut Table, path: &str, field: Field) {
    match path.split_once('.') {
        Some((outer, rest)) => {
            let outer = outer.trim_end_matches("[]");
            insert(&mut table.get_mut(outer).unwrap().inner, rest, field);
        }
        None => drop(table.insert(path.trim_end_matches("[]").to_owned(), field)),
    }
}

/// Each line of what a command printed fits a table of the page.
#[track_caller]
pub(crate) fn assert_fits(arguments: &[&str], printed: &str) {
    if !arguments.contains(&"--json") {
        return;
    }
    for line in printed.lines() {
        let Ok(object) = serde_json::from_str(line) else { continue };
        assert_object_fits(arguments, &object);
    }
}

/// The same for one object.
#[track_caller]
pub(crate) fn assert_object_fits(arguments: &[&str], object: &Value) {
    let commands = match object.get("error") {
        Some(_) => vec!["error".to_owned()],
        None => vec![command(arguments), "-o OUT".to_owned(), "--dry-run".to_owned()],
    };
    let mut faults = Vec::new();
    for command in &commands {
        let tables = PAGE.get(command).unwrap_or_else(|| panic!("{command} is not in the page"));
        for table in tables {
            match fault(table, object) {
                None => return,
                Some(fault) => faults.push(format!("{command}: {fault}")),
            }
        }
    }
    panic!("{object} is not as in docs/json-output.md:\n{}", faults.join("\n"));
}

/// The heading of the page that a command line is under.
fn command(arguments: &[&str]) -> String {
    let has = |name: &str| PAGE.contains_key(name);
    let mut words = arguments.iter().enumerate().filter(|(_, word)| !word.starts_with('-'));
    let found = words.find_map(|(at, word)| {
        let two = arguments.get(at + 1).map(|next| format!("{word} {next}"));
        two.filter(|two| has(two)).or_else(|| has(word).then(|| (*word).to_owned()))
    });
    let Some(name) = found else { return "mrms".to_owned() };
    let flags = arguments.iter().filter(|word| word.starts_with("--"));
    let with_flag = flags.map(|flag| format!("{name} {flag}")).find(|name| has(name));
    with_flag.unwrap_or(name)
}

/// Why an object is not as in a table.
fn fault(table: &Table, object: &Value) -> Option<String> {
    let Some(fields) = object.as_object() else { return Some(format!("{object} is no object")) };
    if let Some(name) = fields.keys().find(|name| !table.contains_key(*name)) {
        return Some(format!("there is no {name}"));
    }
    table.iter().find_map(|(name, field)| match fields.get(name) {
        None if field.may_be_left_out => None,
        None => Some(format!("{name} is left out")),
        Some(Value::Null) if field.may_be_null => None,
        Some(value) => field.fault(&field.kind, value).map(|fault| format!("{name}: {fault}")),
    })
}

impl Field {
    fn fault(&self, kind: &str, value: &Value) -> Option<String> {
        let is_so = match kind {
            "string" => value.is_string(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "any" => true,
            "object" => {
                let elsewhere = self.elsewhere.as_ref().map(|command| &PAGE[command][0]);
                return fault(elsewhere.unwrap_or(&self.inner), value);
            }
            _ => {
                let items = kind.strip_prefix("array of ").and_then(|kind| kind.strip_suffix('s'));
                let items = items.unwrap_or_else(|| panic!("{kind} is no type"));
                let Some(values) = value.as_array() else {
                    return Some(format!("no array: {value}"));
                };
                return values.iter().find_map(|value| self.fault(items, value));
            }
        };
        (!is_so).then(|| format!("{value} is no {kind}"))
    }
}

#[test]
fn object_that_is_not_as_in_the_page_is_found_out() {
    let table = |rows: &str| {
        let page = format!("### `one`\n\n| field | type |\n|---|---|\n{rows}\n");
        tables(&page)["one"][0].clone()
    };
    let table = table(
        "| `id` | string |  | Its id. |\n\
         | `end` | integer | `null` | When. |\n\
         | `parts[]` | array of objects | left out | What. |\n\
         | `parts[].done` | boolean |  | Whether. |",
    );
    let check = |text: &str| fault(&table, &serde_json::from_str(text).unwrap());
    assert_eq!(check(r#"{"id": "a", "end": null}"#), None);
    assert_eq!(check(r#"{"id": "a", "end": 1, "parts": [{"done": true}]}"#), None);
    for wrong in [
        r#"{"id": "a"}"#,
        r#"{"id": 1, "end": null}"#,
        r#"{"id": null, "end": null}"#,
        r#"{"id": "a", "end": "1"}"#,
        r#"{"id": "a", "end": 1, "more": 2}"#,
        r#"{"id": "a", "end": 1, "parts": null}"#,
        r#"{"id": "a", "end": 1, "parts": [{}]}"#,
        r#"{"id": "a", "end": 1, "parts": [{"done": 1}]}"#,
    ] {
        assert!(check(wrong).is_some(), "{wrong}");
    }
}
