//! What `mrms` alone prints: where each reader begins.

use super::failure::Failure;
use super::output::Output;
use super::results::home::NoCommand;

const START: &str = "\
mrms keeps medical records encrypted. Patients share them for a time, take that back, and see
everything that anyone did.

  See it work                mrms demo
  Begin as a patient         mrms init, then mrms create FILE
  Begin as a clinic          mrms --profile clinic init, then mrms list --shared-with-me
  Check a log or evidence    mrms verify FILE
  Run a node and a vault     mrms up
  Something is wrong         mrms doctor

mrms --help lists every command; mrms COMMAND --help explains one.";

/// Prints it.
pub(crate) fn tell(output: Output) -> Result<(), Failure> {
    output.result(&NoCommand { message: "no command was given", hint: "mrms --help" }, START)
}
