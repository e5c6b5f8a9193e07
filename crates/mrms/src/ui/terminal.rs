//! The command line as the face of a home. It answers the home's questions from flags, terminal and key
//! agent, and prints the home's notices on stderr.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use mrms_app::contacts::Asking;
use mrms_app::ledger::{GoingFirst, LedgerError};
use mrms_app::sending::outcome::Ending;
use mrms_core::{MicroStx, Principal, visible};
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_home::wards::Ward;
use mrms_home::{Face, FaceError, Names, Notice, ProfileName, Progress, Task};

use super::failure::chain;
use super::named;
use super::outcome::{ceiling_words, in_stx};
use super::output::{Output, confirm};
use super::passphrase::PassphraseSource;
use super::progress;
use super::{powers, short_times, times};
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
        let is_told_by_command = match notice {
            Notice::ContactAsked(asking) => is_being_refused(&asking.who),
            Notice::HandOverOffered { .. } | Notice::OfferedElsewhere { .. } => {
                TELLS_OFFER.load(Ordering::Relaxed)
            }
            _ => false,
        };
        if is_told_by_command {
            return;
        }
        if let Notice::NodesDisagree { error, ends: true } = notice {
            DISAGREE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(chain(*error));
        }
        let text = text(notice, self.details || self.output.is_json());
        // With --json and --details accounts stay as they are.
        self.output.note(&if self.output.is_json() { text } else { named::in_text(&text) });
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
        match task {
            Task::BackUp => Box::new(progress::bar(total, "backing up")),
            Task::ReadBackup => Box::new(progress::bar(total, "reading")),
            Task::ReadCalls => Box::new(progress::counted(total, "transactions looked through:")),
        }
    }
}

/// The contact whom the command refuses.
static REFUSES: Mutex<Option<Principal>> = Mutex::new(None);

/// Whether the command tells by itself what is offered.
static TELLS_OFFER: AtomicBool = AtomicBool::new(false);

/// What the nodes disagreed about, while something was ended.
static DISAGREE: Mutex<Option<String>> = Mutex::new(None);

/// What the nodes disagreed about, while the command ended something; `None` where they did not.
pub(crate) fn disagreement() -> Option<String> {
    DISAGREE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The command refuses this contact: that they asked is no news before it.
pub(crate) fn refuse(contact: &Principal) {
    *REFUSES.lock().unwrap_or_else(PoisonError::into_inner) = Some(contact.clone());
}

/// The command is about handing over: that everything is offered is no news before it.
pub(crate) fn hands_over() {
    TELLS_OFFER.store(true, Ordering::Relaxed);
}

fn is_being_refused(contact: &Principal) -> bool {
    REFUSES.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(contact)
}

/// That a contact asked, until when they can be refused for sure, and how.
fn asked_words(asking: &Asking) -> String {
    let (who, powers) = (&asking.who, powers::in_words(asking.powers));
    let from = match asking.is_ready {
        true => "They can begin at any moment".to_owned(),
        false => {
            format!("Unless you refuse, they can from {} on", times::day_and_time(asking.ready))
        }
    };
    format!(
        "ASKED: {who}, whom you named as a contact, wants to act for you: {powers}. {from}.\nmrms contact refuse '{who}' stops it"
    )
}

/// That a ward grows up, when, and what to do.
fn grows_up_words(ward: &Ward, is_own: bool, days: u64) -> String {
    let day = short_times::day(times::said_day(ward.terms.grows_up));
    let name = &ward.profile;
    match (is_own, days) {
        (true, 0) => format!(
            "you have grown up ({day}): make a profile with words of your own, and take everything over. mrms --profile {name} hand-over offer begins with it"
        ),
        (true, _) => format!(
            "you grow up on {day}, within {days} days: what your guardian may do ends then. mrms hand-over passes everything to a profile with words of your own"
        ),
        (false, 0) => format!(
            "{name} has grown up ({day}), and you act for them no more. Hand everything over: mrms --profile {name} hand-over offer CARD, with the card of their own new profile"
        ),
        (false, _) => format!(
            "{name} grows up on {day}, within {days} days: what you may do for them ends then, unless they let you. mrms --profile {name} hand-over offer CARD passes everything to their own profile"
        ),
    }
}

/// What goes before what, and what that costs.
fn going_first(going: &GoingFirst<'_>) -> String {
    let GoingFirst { what, displaces, behind, fee, most, acts: _ } = *going;
    let mut text = format!("this goes before what waits for a block: {what}");
    for one in displaces {
        text.push_str(&format!("\n  it takes the place of: {one}"));
    }
    text.push_str("\n  that is taken back, unless it gets into a block first; you are told which");
    for one in behind {
        text.push_str(&format!("\n  this keeps its place before it: {one}"));
    }
    text.push_str(&format!("\n  it costs {}", in_stx(fee)));
    if most > fee {
        text.push_str(&format!(", and at most {} if others come first", in_stx(most)));
    }
    text
}

/// A notice as text. With `details` it has heights and hashes, too.
fn text(notice: &Notice<'_>, details: bool) -> String {
    match notice {
        Notice::CannotFinish { error } => format!(
            "what an interrupted command had begun cannot be finished now: {}",
            chain(*error)
        ),
        Notice::Unreadable { error } => format!(
            "what was sent here before is not known: {}. It keeps nothing back; mrms doctor says what to do",
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
                Ending::TakenBack { by, done: 0, .. } => {
                    format!("taken back: {what}; this went before it: {by}. Repeat it if it is still wanted")
                }
                Ending::TakenBack { by, done, of } => format!(
                    "taken back in part: {what}; {done} of its {of} transactions were faster than this: {by}. Look at what stands before you repeat it"
                ),
                Ending::RolledBack { reason } => {
                    format!("an interrupted command was rolled back: {what} ({reason})")
                }
            }
        }
        Notice::PutBack { what } => format!(
            "the ledger no longer shows a block with this: {what}. Its block was taken back, or the ledger is behind; what was signed is sent again"
        ),
        Notice::GoingFirst(going) => going_first(going),
        Notice::NonceUnsure { nonce, network } => format!(
            "the {network} does not tell your account: this is sent as its transaction {}, behind all that this profile knows of. Whether that number is right is not known before a block has it",
            nonce.number()
        ),
        Notice::FeeUnsure { fee, network } => format!(
            "the {network} tells no fee that your settings allow. What ends access offers {}; whether that is enough shows when a block has it. mrms tx bump TXID --fee MICROSTX offers more",
            in_stx(*fee)
        ),
        Notice::KeyPublished => {
            "your encryption key is published now: others can share with you".to_owned()
        }
        Notice::PerhapsGiven { what, act: _ } => format!(
            "the node refused this, and it may take it or pass it on all the same: {what}. Until that can't be, it counts as given: mrms shared shows it, mrms stop NAME ends it"
        ),
        Notice::NodesDisagree { error, ends } => {
            let more = if *ends { ". What you end is ended all the same, by the one that shows more" } else { "" };
            format!("WARNING: {}\nOne of them lies or is behind{more}", chain(*error))
        }
        Notice::StillAsking { url } => format!(
            "{url} does not answer yet; it is asked still. Another node ends it as well: --ledger URL"
        ),
        Notice::NextNode { url, error } => {
            format!("{url} does not answer: {}. The next node of your settings is asked", chain(*error))
        }
        Notice::Paying { fee, transactions, ceiling, network } => {
            let fee = in_stx(*fee);
            format!("paying {fee} on {network}{}", ceiling_words(*transactions, *ceiling))
        }
        Notice::WaitingForBlock { network, txid } => format!(
            "waiting for a block of the {network}: transaction {txid}\n(Ctrl-C ends the waiting, not the transaction; mrms tx wait takes it up again)"
        ),
        Notice::ReadingCalls { left } => format!(
            "looking for refused attempts in {} of the contract that were not looked through yet. This is done once; if it is interrupted, the next command goes on from there",
            left.map_or_else(|| "all transactions".to_owned(), |left| format!("{left} transactions")),
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
        Notice::InheritedKeysDamaged => {
            "what a former patient handed over to you does not open here, so earlier records may stay closed; mrms hand-over accept takes the text again".to_owned()
        }
        Notice::HandedOver { to, when, is_own } => {
            let on = when.map_or_else(String::new, |when| format!(" on {}", short_times::day(when)));
            let stolen = if *is_own { "" } else { ". If that was not you, it says what you can do now" };
            format!("HANDED OVER to {to}{on}: they alone are the patient now, and you can change nothing. mrms hand-over show tells more{stolen}")
        }
        Notice::OfferedElsewhere { to, when } => format!(
            "SOMEBODY HAS YOUR WORDS, unless that was you: on {} everything was offered to {to}, and not by this program. The offer stands no more.\nmrms hand-over show says what to do",
            short_times::day(*when)
        ),
        Notice::HandOverOffered { to } => format!(
            "OFFERED: everything you have as a patient is offered to {to}, who can take it over at any moment. If that was not you, somebody has your words.\nmrms hand-over withdraw takes it back"
        ),
        Notice::ContactAsked(asking) => asked_words(asking),
        Notice::GrowsUp { ward, is_own, days } => grows_up_words(ward, *is_own, *days),
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
