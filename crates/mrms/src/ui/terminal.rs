//! The command line as the face of a home. It answers the home's questions from flags, terminal and key
//! agent, and prints the home's notices on stderr.

use mrms_app::ledger::LedgerError;
use mrms_app::sending::outcome::Ending;
use mrms_core::{MicroStx, visible};
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::{Face, FaceError, Names, Notice, ProfileName, Progress, Task};

use super::failure::chain;
use super::named;
use super::output::{Output, confirm};
use super::passphrase::PassphraseSource;
use super::progress;
use crate::agent::Agent;

/// The command line as the face of a home.
pub(crate) struct Terminal {
    pub(crate) output: Output,
    pub(crate) passphrase: PassphraseSource,
    pub(crate) agent: Agent,
    /// `--yes`: go ahead without asking.
    pub(crate) yes: bool,
    /// `--details`: principals stay beside names.
    pub(crate) details: bool,
}

impl Face for Terminal {
    fn notice(&self, notice: &Notice<'_>) {
        self.output.note(&text(notice, self.details || self.output.is_json()));
    }

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        confirm("Go ahead?", self.yes).is_ok()
    }

    fn passphrase(&self, profile: &ProfileName) -> Result<Passphrase, FaceError> {
        Ok(self.passphrase.ask(&format!("profile {profile}"))?)
    }

    fn unlocked_words(&self) -> Option<Words> {
        self.agent.words()
    }

    fn unlocks_quietly(&self) -> bool {
        !self.passphrase.is_prompt() || self.agent.is_running()
    }

    fn knows(&self, names: Names) {
        if !self.details {
            named::keep(names);
        }
    }

    fn progress(&self, task: Task, total: u64) -> Box<dyn Progress> {
        let what = match task {
            Task::BackUp => "backing up",
            Task::ReadBackup => "reading",
        };
        Box::new(progress::bar(total, what))
    }
}

/// A notice as text. With `details` it has heights and hashes, too.
fn text(notice: &Notice<'_>, details: bool) -> String {
    match notice {
        Notice::CannotFinish { error } => format!(
            "what an interrupted command had begun cannot be finished now: {}",
            chain(*error)
        ),
        Notice::Finished(resumed) => {
            let what = &resumed.description;
            match &resumed.ending {
                Ending::Finished => {
                    format!("finished what an interrupted command had begun: {what}")
                }
                Ending::Pending { txid } => {
                    format!("still waiting for a block: {what} (transaction {txid})")
                }
                Ending::RolledBack { reason } => {
                    format!("an interrupted command was rolled back: {what} ({reason})")
                }
            }
        }
        Notice::Paying { fee, network } => format!("paying {fee} on {network}"),
        Notice::WaitingForBlock { network, txid } => format!(
            "waiting for a block of the {network}: transaction {txid}\n(Ctrl-C ends the waiting, not the transaction; mrms tx wait takes it up again)"
        ),
        Notice::Withheld(withheld) => {
            format!("warning: {}", chain(&LedgerError::from(*withheld)))
        }
        Notice::WaitingForHome { pid } => {
            format!("waiting for another command that uses this home (process {pid})")
        }
        Notice::VaultHasNoCopy { name, error } => format!(
            "{name} has no copy, the others are enough: {}; mrms vault sync brings it one",
            chain(*error)
        ),
        Notice::NewerInvitation { inviter } => format!(
            "{} has published a newer invitation, such as for a vault that was replaced; mrms join --update shows it",
            visible::line(inviter)
        ),
        Notice::VaultDidNotLook { error } => {
            format!("this folder's own vault did not look at it yet: {error}")
        }
        Notice::LedgerBroken { broken } => format!(
            "WARNING: {}\nEntries that you saw may be missing. Ask whoever runs the ledger; mrms doctor says what you can do",
            if details { broken.to_string() } else { broken.words().to_owned() },
        ),
        Notice::LedgerNotCompared { error } => format!(
            "WARNING: whether this is still the ledger that you saw could not be checked: {}",
            chain(*error)
        ),
        notice => format!("{notice:?}"),
    }
}
