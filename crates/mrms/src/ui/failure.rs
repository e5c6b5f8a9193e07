//! The failure of a command: one sentence, a stable code, a hint what to do next, and an exit code.
//!
//! [`reasons`](super::reasons) makes it from the errors of the libraries. Messages have no record
//! content and no secret in them, and no character that acts on a terminal, in JSON too: part of a
//! message may be what a node, a vault or a file of somebody else said.

use std::fmt;

use mrms_core::visible;
pub(crate) use mrms_home::error::chain;

use super::results::error::{Error, ErrorDetails, ErrorResult};

/// Exit codes that scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Failed, for a reason without an exit code of its own.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Not found.
    NotFound = 3,
    /// Not allowed, or no longer.
    NotAllowed = 4,
    /// Something was altered or is damaged.
    Integrity = 5,
    /// The ledger, a vault or the sponsor can't be reached or used now.
    Unreachable = 6,
    /// What was checked holds, but proves too little.
    NotProven = 7,
}

impl Exit {
    /// Whether something did not answer, or not as it should.
    pub(crate) const fn is_unreachable(self) -> bool {
        matches!(self, Self::Unreachable)
    }

    /// Whether something is damaged, or not what it was.
    pub(crate) const fn is_integrity(self) -> bool {
        matches!(self, Self::Integrity)
    }

    /// How bad it is: what was altered comes before what can't be reached, that before what is not allowed, and last what
    /// the person typed.
    pub(crate) const fn severity(self) -> u8 {
        match self {
            Self::Integrity => 6,
            Self::Unreachable => 5,
            Self::NotAllowed => 4,
            Self::NotFound => 3,
            Self::NotProven => 2,
            Self::Failed => 1,
            Self::Usage => 0,
        }
    }
}

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 4_000;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Further fields of the JSON object, such as what a refused transaction returned.
    pub(crate) details: Option<Box<ErrorDetails>>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl fmt::Display) -> Self {
        let message = visible::lines(&shortened(message.to_string())).into_owned();
        Self { exit, code, message, hint: None, details: None }
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(visible::lines(&hint.to_string()).into_owned());
        self
    }

    pub(crate) fn detail(mut self, set: impl FnOnce(&mut ErrorDetails)) -> Self {
        set(self.details.get_or_insert_default());
        self
    }

    /// The object that `--json` prints.
    pub(crate) fn object(&self) -> ErrorResult<'_> {
        let Self { exit: _, code, message, hint, details } = self;
        ErrorResult {
            error: Error { code, message, hint: hint.as_deref(), details: details.as_deref() },
        }
    }
}

/// A message without its middle, if something that was typed makes it longer than anybody reads.
fn shortened(message: String) -> String {
    if message.chars().count() <= LONGEST_MESSAGE {
        return message;
    }
    let begin: String = message.chars().take(LONGEST_MESSAGE / 2).collect();
    let end: String = message.chars().skip(message.chars().count() - LONGEST_MESSAGE / 4).collect();
    format!("{begin} … {end}")
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_fills_no_screen() {
        let typed = "a".repeat(100_000);
        let failure = Failure::usage(format!("{typed} is no record"));
        assert!(failure.message.chars().count() < LONGEST_MESSAGE);
        assert!(failure.message.ends_with("is no record"));
        assert_eq!(Failure::usage("short").message, "short");
    }
}
