//! Prints what a command has to say: its result on stdout, everything else on stderr.
//!
//! With `--json` a result is a JSON object; without, lines of text. The result of most commands is *held back* until the
//! command has closed the home: whoever reads it in a pager for an hour keeps nobody else from working.
//!
//! Whatever a text has in it, a terminal gets no character that acts on it ([`mrms_core::visible`]). Words that somebody
//! else wrote can also begin a line of their own; who puts them into a text writes them with [`visible::line`].

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use mrms_core::visible;

use super::failure::{Exit, Failure};
use super::results::ResultObject;

/// How much is held back at most; what comes after goes out at once.
const HELD_BACK: usize = 64 * 1024 * 1024;

/// What is held back; `None` where everything goes out at once.
static HELD: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// From now on holds back what is printed on stdout, until [`let_out`].
pub(crate) fn hold_back() {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
}

/// Prints what was held back, and goes on holding back.
pub(crate) fn let_out() -> Result<(), Failure> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *held {
        Some(bytes) => write_out(&std::mem::take(bytes)),
        None => Ok(()),
    }
}

fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| output_failure(&error))
}

/// How a command prints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// The result: `object` with `--json`, else `text`.
    pub(crate) fn result(self, object: &impl ResultObject, text: &str) -> Result<(), Failure> {
        if self.json { self.object(object) } else { self.text(text) }
    }

    /// One JSON object on a line of its own. Its fields, and those of objects in it, are sorted by
    /// name.
    pub(crate) fn object(self, object: &impl ResultObject) -> Result<(), Failure> {
        // The map of a value is sorted.
        self.line(serde_json::to_value(object).map(|value| value.to_string()))
    }

    /// The same with the fields in the order of their struct: for lines of a format that has one.
    pub(crate) fn object_in_order(self, object: &impl ResultObject) -> Result<(), Failure> {
        self.line(serde_json::to_string(object))
    }

    fn line(self, line: serde_json::Result<String>) -> Result<(), Failure> {
        let line = line.map_err(|error| Failure::new(Exit::Failed, "output", error))?;
        self.bytes(format!("{}\n", visible::json(&line)).as_bytes())
    }

    /// One or more lines on stdout.
    pub(crate) fn text(self, text: &str) -> Result<(), Failure> {
        self.bytes(format!("{}\n", visible::lines(text)).as_bytes())
    }

    /// A text that somebody else wrote, as it is: for programs. A terminal gets it as lines that can
    /// be read.
    pub(crate) fn foreign_text(self, text: &str) -> Result<(), Failure> {
        match io::stdout().is_terminal() {
            true => self.bytes(visible::lines(text).as_bytes()),
            false => self.bytes(text.as_bytes()),
        }
    }

    /// Bytes on stdout, unchanged.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(all) if all.len().saturating_add(bytes.len()) <= HELD_BACK => {
                all.extend_from_slice(bytes);
                Ok(())
            }
            Some(all) => {
                write_out(&std::mem::take(all))?;
                write_out(bytes)
            }
            None => write_out(bytes),
        }
    }

    /// A remark beside the result, on stderr.
    pub(crate) fn note(self, text: &str) {
        // If stderr is closed, nobody can read the remark.
        let _ = writeln!(io::stderr().lock(), "{}", visible::lines(text));
    }
}

/// A failure to write stdout. It is not reported if the reader has gone, as in `mrms list | head`.
pub(crate) fn output_failure(error: &io::Error) -> Failure {
    let (exit, code) = match error.kind() {
        io::ErrorKind::BrokenPipe => (Exit::Failed, "closed"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (Exit::Failed, "disk-full"),
        _ => (Exit::Failed, "output"),
    };
    Failure::new(exit, code, format!("cannot write to standard output: {error}"))
        .hint("check where standard output goes, and that there is room")
}

/// For whom the command acts, where it is somebody else: every question begins with it.
static ACTS_FOR: Mutex<Option<String>> = Mutex::new(None);

/// From now on every question says for whom the command acts.
pub(crate) fn act_for(who: &str) {
    *ACTS_FOR.lock().unwrap_or_else(PoisonError::into_inner) = Some(who.to_owned());
}

/// A question as it is asked.
fn in_sight(question: &str) -> String {
    match &*ACTS_FOR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(who) => format!("[for {who}] {question}"),
        None => question.to_owned(),
    }
}

/// Asks a question at the terminal that needs a yes. `--yes` answers it; without a terminal it fails.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Failed,
            "not-confirmed",
            format!("{question} Not confirmed"),
        )
        .hint("repeat it with --yes to go ahead without being asked"));
    }
    match asked(question)? {
        true => Ok(()),
        false => Err(Failure::new(Exit::Failed, "not-confirmed", "nothing was done")),
    }
}

/// Asks for a text that stands for a yes, because what follows can't be taken back. No option such as `--yes` answers
/// it. Returns what was typed; without a terminal it fails, and `option` names the option that answers it.
pub(crate) fn typed(question: &str, option: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Failed,
            "not-confirmed",
            format!("{question} Not confirmed"),
        )
        .hint(format!("{option} answers it; --yes does not")));
    }
    let_out()?;
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} ", visible::lines(&in_sight(question)));
    let _ = stderr.flush();
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(Exit::Failed, "not-confirmed", error))?;
    Ok(answer.trim().to_owned())
}

/// Asks a question at the terminal. Anything but a yes is a no.
pub(crate) fn asked(question: &str) -> Result<bool, Failure> {
    // The question may be about what was printed.
    let_out()?;
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} [y/N] ", visible::lines(&in_sight(question)));
    let _ = stderr.flush();
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(Exit::Failed, "not-confirmed", error))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
