//! `mrms` without a command: prints where to begin.

use super::failure::Failure;
use super::output::Output;
use super::results::home::NoCommand;

const START: &str = "\
mrms keeps medical records encrypted. Patients share them for a time, can end that at any time, and
see who did what.

  Try it out                 mrms demo
  Begin as a patient         mrms init, then mrms create FILE
  Join who invited you       mrms init --join INVITATION
  Begin as a clinic          mrms clinic setup NAME, then mrms up
  Check a log or evidence    mrms verify FILE
  Run a node and a vault     mrms up
  Find out what is wrong     mrms doctor

mrms --help lists every command; mrms COMMAND --help explains one.";

/// Prints where to begin.
pub(crate) fn tell(output: Output) -> Result<(), Failure> {
    output.result(&NoCommand { message: "no command was given", hint: "mrms --help" }, START)
}
