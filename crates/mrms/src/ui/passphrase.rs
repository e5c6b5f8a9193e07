//! Gets a passphrase from the terminal, a file, or an open file descriptor. Never from an argument: other
//! users of the machine can see those.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use mrms_crypto::age_file::Passphrase;

use super::failure::{Exit, Failure};
use super::reasons::cannot;

/// The longest line that is read as a passphrase, in bytes.
const MAX_LENGTH: u64 = 4096;

/// Where to get the passphrase.
#[derive(Clone, Debug)]
pub(crate) enum PassphraseSource {
    Prompt,
    File(PathBuf),
}

impl PassphraseSource {
    pub(crate) fn of(file: Option<PathBuf>, descriptor: Option<u32>) -> Self {
        match (file, descriptor) {
            (Some(path), _) => Self::File(path),
            (None, Some(number)) => Self::File(PathBuf::from(format!("/dev/fd/{number}"))),
            (None, None) => Self::Prompt,
        }
    }

    /// The file with it, if one is named.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Prompt => None,
            Self::File(path) => Some(path),
        }
    }

    /// Whether getting it takes a question.
    pub(crate) fn is_prompt(&self) -> bool {
        matches!(self, Self::Prompt)
    }

    /// The passphrase of something that exists.
    pub(crate) fn ask(&self, what: &str) -> Result<Passphrase, Failure> {
        match self {
            Self::File(_) => self.read(),
            Self::Prompt => prompt(&format!("Passphrase of {what}: ")),
        }
    }

    /// A new passphrase. At the terminal it is asked for twice.
    pub(crate) fn choose(&self, what: &str) -> Result<Passphrase, Failure> {
        let Self::Prompt = self else { return strong_enough(self.read()?) };
        let first = strong_enough(prompt(&format!("New passphrase for {what}: "))?)?;
        let second = prompt("The same again: ")?;
        if first.normal() == second.normal() {
            Ok(first)
        } else {
            Err(Failure::new(Exit::Failed, "passphrases-differ", "the two passphrases differ")
                .hint("nothing was made: repeat the command"))
        }
    }

    fn read(&self) -> Result<Passphrase, Failure> {
        let Self::File(path) = self else { return prompt("Passphrase: ") };
        let file = File::open(path).map_err(|error| cannot("read", path, &error))?;
        let mut line = Zeroizing::new(String::with_capacity(MAX_LENGTH as usize));
        BufReader::new(io::Read::take(file, MAX_LENGTH))
            .read_line(&mut line)
            .map_err(|error| cannot("read", path, &error))?;
        checked(line)
    }
}

fn prompt(text: &str) -> Result<Passphrase, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Failed,
            "no-passphrase",
            "a passphrase is needed, and there is no terminal to ask for it",
        )
        .hint("give --passphrase-file FILE, MRMS_PASSPHRASE_FILE or --passphrase-fd N, or run mrms key unlock first"));
    }
    let line = rpassword::prompt_password(text).map_err(|error| {
        Failure::new(
            Exit::Failed,
            "no-passphrase",
            format!("cannot ask for the passphrase: {error}"),
        )
    })?;
    checked(Zeroizing::new(line))
}

fn checked(line: Zeroizing<String>) -> Result<Passphrase, Failure> {
    let text = Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned());
    Passphrase::new(text).ok_or_else(|| {
        Failure::new(Exit::Failed, "no-passphrase", "the passphrase is empty")
            .hint("the first line of the file, or what is typed, is the passphrase")
    })
}

/// Refuses a new passphrase that is among the first that a guesser tries.
fn strong_enough(passphrase: Passphrase) -> Result<Passphrase, Failure> {
    match mrms_home::weak::reason(&passphrase.normal()) {
        None => Ok(passphrase),
        Some(reason) => {
            let message = format!("the passphrase is too easy to guess: {reason}");
            Err(Failure::new(Exit::Failed, "weak-passphrase", message).hint(
                "nothing was made; four or five words that have nothing to do with one another are good, and can be remembered",
            ))
        }
    }
}
