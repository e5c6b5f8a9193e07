//! A home folder for one test, and the `mrms` binary run in it as several people.
//!
//! Whatever a command prints is searched for the secrets of this home: no test has to think of it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mrms_crypto::{Keyring, Words};
use serde_json::Value;
use tempfile::TempDir;

use crate::json_page;

const PASSPHRASE: &str = "seventeen green lanterns over the harbour";

/// A document that tests put on record.
pub(crate) const NOTE: &[u8] = b"Potassium 4.1 mmol/l, within range.\n";

/// A home folder with the people who act in it. Files that tests name lie in [`Home::work`], which
/// is every command's working folder.
pub(crate) struct Home {
    folder: TempDir,
    root: PathBuf,
    people: BTreeMap<String, Person>,
    variables: BTreeMap<&'static str, String>,
    /// What every command has behind its own arguments.
    always: Vec<&'static str>,
}

struct Person {
    principal: String,
    words: Words,
}

impl Home {
    /// A folder without a home in it.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        Self::at(folder, root)
    }

    /// The same with the home in a folder somewhere else.
    pub(crate) fn empty_at(root: &Path) -> Self {
        Self::at(tempfile::tempdir().unwrap(), root.to_owned())
    }

    fn at(folder: TempDir, root: PathBuf) -> Self {
        for name in ["work", "run"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
        let (people, variables) = (BTreeMap::new(), BTreeMap::new());
        Self { folder, root, people, variables, always: Vec::new() }
    }

    /// From now on every command has this variable.
    pub(crate) fn set(&mut self, variable: &'static str, value: &str) {
        self.variables.insert(variable, value.to_owned());
    }

    /// From now on every command has this option.
    pub(crate) fn always(&mut self, option: &'static str) {
        self.always.push(option);
    }

    /// No command has this variable any more.
    pub(crate) fn unset(&mut self, variable: &'static str) {
        self.variables.remove(variable);
    }

    /// The contract that the home knows.
    pub(crate) fn contract(&self) -> String {
        fs::read_to_string(self.root.join("contract")).unwrap().trim().to_owned()
    }

    /// A home whose people work on the ledger at an address, with the contract there.
    pub(crate) fn elsewhere(url: &str, contract: &str) -> Self {
        let mut home = Self::empty();
        home.set("MRMS_LEDGER_URL", url);
        home.set("MRMS_CONTRACT", contract);
        home
    }

    /// A home in which these people have a profile each.
    pub(crate) fn with(people: &[&str]) -> Self {
        let mut home = Self::empty();
        people.iter().for_each(|name| home.join(name));
        home
    }

    /// Somebody makes a profile.
    pub(crate) fn join(&mut self, name: &str) {
        let made = self.json(name, &["init"]).ok().object();
        self.remember(name, text(&made, "principal"));
    }

    /// Takes note of a profile's words, to find them where they do not belong.
    pub(crate) fn remember(&mut self, name: &str, principal: &str) {
        let shown = self.command(name, &["key", "words"]).output().unwrap();
        assert!(shown.status.success(), "{shown:?}");
        let shown = String::from_utf8(shown.stdout).unwrap();
        let words: Vec<_> =
            shown.split_whitespace().filter(|word| word.parse::<u8>().is_err()).collect();
        let words = Words::parse(&words.join(" ")).unwrap();
        self.people.insert(name.to_owned(), Person { principal: principal.to_owned(), words });
    }

    /// The home folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The working folder of every command.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder of one profile.
    pub(crate) fn profile_folder(&self, name: &str) -> PathBuf {
        self.root.join("profiles").join(name)
    }

    /// Writes a file that commands can name.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.work().join(name), bytes).unwrap();
    }

    /// Reads a file that a command wrote.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.work().join(name)).unwrap()
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.work().join(name).exists()
    }

    /// What is in the working folder, hidden files included.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.work()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    /// Somebody's principal.
    pub(crate) fn principal(&self, name: &str) -> &str {
        &self.people[name].principal
    }

    /// Somebody's 24 words.
    pub(crate) fn phrase(&self, name: &str) -> String {
        self.people[name].words.to_phrase().to_string()
    }

    /// `mrms` as somebody, with nothing of this machine's environment.
    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mrms"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("TZ", "UTC")
            .env("COLUMNS", "80")
            .env("MRMS_HOME", &self.root)
            .env("MRMS_PROFILE", name)
            .env("MRMS_PASSPHRASE_FILE", self.folder.path().join("passphrase"))
            .env("MRMS_WORK_FACTOR", "10")
            .envs(&self.variables)
            .args(arguments)
            .args(self.always.iter().filter(|option| !arguments.contains(*option)))
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// The same without a passphrase anywhere.
    pub(crate) fn command_without_passphrase(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(name, arguments);
        command.env_remove("MRMS_PASSPHRASE_FILE");
        command
    }

    /// Runs a command as somebody, with `--json`.
    pub(crate) fn json(&self, name: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(name, arguments);
        command.arg("--json");
        self.run(command)
    }

    /// Runs a command as somebody, as people see it.
    pub(crate) fn text(&self, name: &str, arguments: &[&str]) -> Run {
        self.run(self.command(name, arguments))
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, mut command: Command) -> Run {
        let output = command.output().unwrap();
        self.ended(&command, output)
    }

    /// What a command that was started elsewhere printed.
    pub(crate) fn ended(&self, command: &Command, output: Output) -> Run {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let run = Run {
            line: format!("mrms {}", arguments.join(" ")),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        self.assert_no_secret(&run);
        let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
        json_page::assert_fits(&arguments, &String::from_utf8_lossy(&run.stdout));
        run
    }

    fn assert_no_secret(&self, run: &Run) {
        let stdout = String::from_utf8_lossy(&run.stdout);
        for printed in [&*stdout, &run.stderr] {
            assert!(!printed.contains(PASSPHRASE), "{}: prints the passphrase", run.line);
            assert!(!printed.contains("AGE-SECRET-KEY"), "{}: prints an identity", run.line);
            let row = printed.split_whitespace().collect::<Vec<_>>().join(" ");
            for (name, person) in &self.people {
                let phrase = person.words.to_phrase();
                let words: Vec<_> = phrase.split(' ').collect();
                for three in words.windows(3) {
                    assert!(!row.contains(&three.join(" ")), "{}: words of {name}", run.line);
                }
                let key = Keyring::from_words(&person.words).stacks_secret_key().unwrap();
                let key = hex::encode(key.expose_bytes());
                assert!(!printed.contains(&key), "{}: prints the key of {name}", run.line);
            }
        }
    }

    /// The patient puts a file on record; returns the record's id.
    pub(crate) fn create(&self, file: &str, bytes: impl AsRef<[u8]>) -> String {
        self.file(file, bytes);
        let created = self.json("patient", &["create", file, "--again"]).ok().object();
        text(&created, "record_id").to_owned()
    }

    /// The patient grants somebody a record, for ever unless more says when it ends; returns what the
    /// command printed.
    pub(crate) fn grant(&self, id: &str, name: &str, more: &[&str]) -> Value {
        let ends = more.iter().any(|one| ["--for", "--until", "--expiry"].contains(one));
        let end: &[&str] = if ends { &[] } else { &["--forever"] };
        let arguments = [&["grant", id, self.principal(name)], more, end].concat();
        self.json("patient", &arguments).ok().object()
    }

    /// The same with the keys on chain.
    pub(crate) fn grant_directly(&self, id: &str, name: &str, more: &[&str]) -> Value {
        self.grant(id, name, &[&["--direct", "--yes"], more].concat())
    }

    /// Somebody opens a record into a file and gets exactly these bytes.
    #[track_caller]
    pub(crate) fn assert_opens(&self, name: &str, id: &str, bytes: impl AsRef<[u8]>) {
        let opened = format!("opened-by-{name}");
        self.json(name, &["access", id, "-o", &opened, "--force"]).ok();
        assert!(self.read(&opened) == bytes.as_ref(), "{name} opened other bytes of {id}");
        fs::remove_file(self.work().join(opened)).unwrap();
    }

    /// After whatever went wrong: everybody's records are listed and the chain holds.
    #[track_caller]
    pub(crate) fn assert_unharmed(&self) {
        for name in self.people.keys() {
            self.json(name, &["list"]).ok();
        }
        let checked = self.json("patient", &["node", "fsck"]).ok().object();
        assert_eq!(checked["intact"], true);
    }
}

/// A command that has ended.
pub(crate) struct Run {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "{} ended with {:?}\n{stdout}{}", self.line, self.code, self.stderr)
    }
}

impl Run {
    /// It succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        let stdout = String::from_utf8_lossy(&self.stdout);
        assert_eq!(self.code, Some(0), "{}\n{stdout}{}", self.line, self.stderr);
        self
    }

    /// What it printed, as text.
    #[track_caller]
    pub(crate) fn printed(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// The JSON objects that it printed, one a line.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Value> {
        let row = |line: &str| match serde_json::from_str(line) {
            Ok(Value::Object(object)) => Value::Object(object),
            _ => panic!("{}: {line:?} is no JSON object", self.line),
        };
        self.printed().lines().map(row).collect()
    }

    /// The one JSON object that it printed.
    #[track_caller]
    pub(crate) fn object(&self) -> Value {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{}: one object is printed\n{}", self.line, self.printed());
        rows.remove(0)
    }

    /// It failed with this exit code and this stable word, in one object with message and hint.
    #[track_caller]
    pub(crate) fn refused(&self, exit: i32, code: &str) -> Value {
        let printed = String::from_utf8_lossy(&self.stdout);
        assert_eq!(self.code, Some(exit), "{}\n{printed}{}", self.line, self.stderr);
        let error = self.object()["error"].clone();
        assert_eq!(error["code"], code, "{}: {error}", self.line);
        assert!(!text(&error, "message").is_empty(), "{}: {error}", self.line);
        let hint = error["hint"].as_str();
        assert!(hint.is_some_and(|hint| !hint.is_empty()), "{}: no hint in {error}", self.line);
        error
    }
}

/// A field that holds text.
#[track_caller]
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("{field} is no text in {object}"))
}

/// A field that holds a whole number.
#[track_caller]
pub(crate) fn number(object: &Value, field: &str) -> u64 {
    object[field].as_u64().unwrap_or_else(|| panic!("{field} is no whole number in {object}"))
}
