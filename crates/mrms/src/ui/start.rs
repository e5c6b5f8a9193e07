//! `mrms` without a command: prints where to begin, or how to go on where there is a home already.

use mrms_home::HomeError;

use super::failure::Failure;
use super::output::Output;
use super::results::home::NoCommand;
use crate::config::Settings;

const WHAT: &str = "\
mrms keeps medical records encrypted. Patients share them for a time, can end that at any time, and
see who did what.";

const START: &str = "\
  Try it out                 mrms demo
  Begin as a patient         mrms init, then mrms create FILE
  Join who invited you       mrms init --join INVITATION
  Begin as a clinic          mrms clinic setup NAME, then mrms up
  In the browser             mrms portal --open
  Bring a backup back        mrms restore FILE
  Check a log or evidence    mrms verify FILE
  Find out what is wrong     mrms doctor";

const GO_ON: &str = "\
  Put a file on record       mrms create FILE
  Your records               mrms list
  Who can see them           mrms shared
  Let somebody see one       mrms grant RECORD --to NAME --for 30d
  Who looked                 mrms who
  What others shared         mrms list --shared-with-me
  In the browser             mrms portal --open
  Keep a copy                mrms backup FILE
  Find out what is wrong     mrms doctor";

const SERVE: &str = "\
  Run node and vault         mrms up
  Find out what is wrong     mrms doctor
  Make a profile here        mrms init";

const END: &str = "mrms --help lists every command; mrms COMMAND --help explains one.";

/// Prints where to begin, or how to go on in the home of these settings.
pub(crate) fn tell(settings: Option<&Settings>, output: Output) -> Result<(), Failure> {
    let text =
        format!("{WHAT}\n\n{}\n\n{END}", settings.map_or_else(|| START.to_owned(), for_home));
    output.result(&NoCommand { message: "no command was given", hint: "mrms --help" }, &text)
}

/// What there is in the home, and what can be done with it.
fn for_home(settings: &Settings) -> String {
    let home = &settings.home;
    let root = home.folder().root().display();
    match home.card() {
        Ok(_) => {
            let served = match home.folder().node() {
                Some(node) => format!(" Its node runs at {}.", node.url),
                None => String::new(),
            };
            format!("Your home is {root}, and you are {} in it.{served}\n\n{GO_ON}", home.profile())
        }
        Err(HomeError::NoProfile { .. }) => format!(
            "Your home is {root}. It has other profiles, and none named {}: mrms profile list shows\nthem.\n\n{GO_ON}",
            home.profile()
        ),
        Err(HomeError::NoHome { .. }) => format!("There is no home in {root} yet.\n\n{START}"),
        Err(HomeError::NoProfiles { what, .. }) => {
            format!("{root} is the home of {what}; nobody has a profile in it.\n\n{SERVE}")
        }
        // What is wrong with it, the doctor tells.
        Err(_) => format!("Your home is {root}.\n\n  Find out what is wrong     mrms doctor"),
    }
}
