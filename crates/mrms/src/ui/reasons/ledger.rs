//! Errors of the ledger and the sponsor: refusals of the contract, and what could not be sent.

use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::sending::outcome::SendError;
use mrms_app::sending::replace::ReplaceError;
use mrms_app::session::AskError;
use mrms_contract::ContractError;

use crate::ui::failure::{Exit, Failure, chain};

/// A refusal by the contract.
pub(crate) fn refusal_failure(refusal: ContractError) -> Failure {
    use ContractError as E;
    let exit = match refusal {
        E::RecordNotFound
        | E::VersionNotFound
        | E::NoSuchGrant
        | E::NoSuchDelegate
        | E::NoSuchMember
        | E::NoSuchContact
        | E::NoOffer => Exit::NotFound,
        E::NotPatient
        | E::NoAccess
        | E::GrantExpired
        | E::GrantRevoked
        | E::NoReadRight
        | E::NoAmendRight
        | E::NoEmergencyRight
        | E::VersionNotGranted
        | E::NotOffered
        | E::NoPower
        | E::Succeeded
        | E::NotMember
        | E::TooEarly
        | E::UserCannotRead => Exit::NotAllowed,
        E::EmptyContent
        | E::InvalidRights
        | E::InvalidPowers
        | E::InvalidWait
        | E::NoReason
        | E::EmptyKey
        | E::EmptyEnvelope => Exit::Usage,
        _ => Exit::Failed,
    };
    let failure = Failure::new(exit, refusal.slug(), refusal);
    match refusal {
        E::NotPatient => failure.hint("mrms profile list shows who can act here; mrms --profile NAME acts as another"),
        E::NoAccess => failure.hint("ask the patient to run mrms grant; mrms key show prints the principal to give them"),
        E::GrantExpired => failure.hint("ask the patient to grant it again: mrms grant ID PRINCIPAL --for 30d"),
        E::GrantRevoked => failure.hint("the patient has ended this access; only they can grant it again"),
        E::NoReadRight => failure.hint("declare an emergency with mrms access ID --emergency REASON, or ask the patient for a read grant"),
        E::NoAmendRight => failure.hint("ask the patient to grant it with --amend"),
        E::VersionNotGranted => failure.hint("leave out --version for the latest, or ask the patient to grant with --history"),
        E::RecordNotFound => failure.hint("mrms list shows your records, mrms list --shared-with-me what others shared"),
        E::RecordExists => failure.hint("nothing was lost: the file is as it was. Leave out --id: the id that is then chosen is bound to you, and nobody else can take it"),
        E::ForeignId => failure.hint("nothing was lost: the file is as it was. Leave out --id, or choose a number that does not begin with somebody's mark"),
        E::VersionNotFound => failure.hint("mrms show ID tells how many versions there are"),
        E::VersionTaken => failure.hint("read the latest version, then amend again"),
        E::ExpiryInPast => failure.hint("give a later date, or --for 30d; mrms doctor shows the current burn height"),
        E::NoSuchGrant => failure.hint("mrms show ID lists who has access"),
        E::SelfGrant => failure.hint("name the principal of somebody else; mrms key show prints theirs"),
        E::NoEmergencyRight => failure.hint("ask the patient for access; only a grant with the emergency right opens a record in an emergency"),
        E::NotOffered | E::NoOffer => failure.hint("ask the present patient to offer it to you: mrms send for one record, mrms hand-over offer for everything"),
        E::NoPower => failure.hint("mrms delegates tells which powers the patient gave; only the patient can give more"),
        E::Succeeded => failure.hint("mrms hand-over show tells who the patient is now; act as that profile"),
        E::NotMember | E::NoSuchMember => failure.hint("ask whoever administers the organisation to run mrms staff add with your card; mrms staff list shows whom it has"),
        E::NotNew => failure.hint("make a new profile for the successor, one that has done nothing as a patient: mrms init on the new device, or mrms profile add"),
        E::InvalidPowers => failure.hint("powers are 1 see, 2 share, 4 add, added up"),
        E::NoSuchContact => failure.hint("mrms contacts lists a patient's contacts; only the patient can name one"),
        E::AskedAlready | E::TooEarly => failure.hint("mrms contact accept tells from when on it works"),
        E::EmptyContent | E::EmptyKey | E::EmptyEnvelope => failure.hint("give at least one byte"),
        E::InvalidRights => failure.hint("rights are 1 read, 2 amend, 4 emergency, 8 history, added up; not 8 alone"),
        E::NoSuchDelegate | E::SelfDelegate => failure.hint("mrms delegates --all tells who acts for you, and who did"),
        E::NoReason => failure.hint("give the sha256 of the reason: 32 bytes, not all zero"),
        E::UserCannotRead => failure.hint("grant them access first: mrms grant does both"),
        E::CountFell | E::HeadChanged => failure.hint("a vault log only grows: anchor its present head and count"),
        _ => failure.hint("mrms contract source tells the contract's rules"),
    }
}

/// A refusal by a sponsor; nothing was sent.
fn sponsor_refusal(code: &str, message: &str) -> Failure {
    match code {
        "budget-exhausted" => Failure::new(Exit::Failed, "sponsor-budget-exhausted", message).hint(
            "nothing was sent: repeat it when the budget has renewed, or pay the fee yourself without --sponsor",
        ),
        "not-eligible" | "voucher-taken" => {
            Failure::new(Exit::NotAllowed, "sponsor-does-not-know-you", message).hint(
                "mrms key show prints your account, for whoever runs the sponsor; a voucher goes under [ledger] sponsor_voucher in mrms.toml, or into MRMS_SPONSOR_VOUCHER",
            )
        }
        "not-our-contract" | "not-our-function" | "not-a-contract-call" => {
            Failure::new(Exit::NotAllowed, "sponsor-refused", message)
                .hint("a sponsor pays for calls of its records contract alone: pay this fee yourself, without --sponsor")
        }
        _ => Failure::new(Exit::Failed, "sponsor-refused", message)
            .hint("nothing was sent; mrms doctor tells which contract and chain the sponsor pays for"),
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let message = chain(&error);
        match error {
            LedgerError::Busy { .. } => Self::new(Exit::Unreachable, "home-busy", message)
                .hint("wait for it to end, or set MRMS_LOCK_WAIT to wait longer (seconds)"),
            LedgerError::NotEnoughFunds { .. } => {
                Self::new(Exit::Failed, "not-enough-funds", message)
                    .hint("send STX to that account; on the embedded ledger, mrms node faucet makes some")
            }
            LedgerError::Rejected { .. } => {
                Self::new(Exit::Failed, "transaction-rejected", message)
                    .hint("nothing was changed; mrms doctor tells whether ledger and contract are as they should be")
            }
            LedgerError::Address { .. } => Self::new(Exit::Usage, "ledger-address", message)
                .hint("give it like https://api.testnet.hiro.so; unencrypted HTTP beyond this machine needs allow_plain_http under [ledger] in mrms.toml"),
            LedgerError::Pending { txid } => Self::new(Exit::Unreachable, "transaction-pending", message)
                .hint(format!("mrms tx wait {txid} waits on; whichever command comes next finishes what was begun")),
            LedgerError::FeeAboveCeiling { .. } => Self::new(Exit::Failed, "fee-above-ceiling", message)
                .hint("wait until the network is less busy, or raise fee_ceiling under [ledger] in mrms.toml (MRMS_FEE_CEILING)"),
            LedgerError::NotAgreed { .. } => Self::new(Exit::Failed, "not-confirmed", message)
                .hint("nothing was sent; repeat it with --yes to pay without being asked"),
            LedgerError::SponsorRefused { ref code, .. } => sponsor_refusal(code, &message),
            LedgerError::SponsorUnreachable { .. } => Self::new(Exit::Unreachable, "sponsor-unreachable", message)
                .hint("check --sponsor, MRMS_SPONSOR_URL or [ledger] sponsor, and that mrms sponsor runs there. What was begun waits and a later command finishes it; mrms tx pay pays it yourself, mrms tx drop forgets it"),
            LedgerError::SponsorshipVoid { .. } => Self::new(Exit::Unreachable, "sponsorship-void", message)
                .hint("the next command asks the sponsor again"),
            LedgerError::NoSponsor => Self::new(Exit::Usage, "no-sponsor", message)
                .hint("name one with --sponsor, MRMS_SPONSOR_URL or [ledger] sponsor"),
            LedgerError::Disagreement { .. } => Self::new(Exit::Integrity, "nodes-disagree", message)
                .hint("nothing was encrypted or sent; ask whoever runs the nodes, and mrms doctor compares them again"),
            LedgerError::BurnHeight { .. } => Self::new(Exit::Integrity, "burn-height", message)
                .hint("nothing was signed; see that this machine's date is right, and ask whoever runs the node."),
            LedgerError::OtherChain { .. } => Self::new(Exit::Integrity, "other-ledger", message)
                .hint("nothing was signed; ask whoever runs the node. If the ledger at this address is another one for good, mrms doctor --accept-ledger forgets the one before"),
            LedgerError::CannotFollow { .. } => Self::new(Exit::Failed, "cannot-follow", message)
                .hint("nothing was signed or paid; mrms doctor says what this ledger can tell"),
            LedgerError::NoHistory { .. } => Self::new(Exit::Unreachable, "no-history", message)
                .hint("set txindex in the node's configuration, or name a hosted API or another index as the ledger"),
            LedgerError::HistoryBegins { .. } => Self::new(Exit::Unreachable, "history-begins-late", message)
                .hint("a part of a history is not told as a whole one; for the entries alone, name the node itself with --ledger"),
            LedgerError::CannotTry => Self::new(Exit::Failed, "cannot-try", message)
                .hint("leave out --ledger, MRMS_LEDGER_URL and [ledger] url, and stop mrms node run"),
            LedgerError::Unreachable { .. } => Self::new(Exit::Unreachable, "ledger-unreachable", message)
                .hint("check the address and the network, and repeat the command: nothing was sent, and nothing is kept"),
            LedgerError::Call { .. } => Self::new(Exit::NotFound, "contract-call", message)
                .hint("mrms contract status tells whether the contract is deployed"),
            LedgerError::Newer { .. } => Self::new(Exit::Unreachable, "ledger-storage", message)
                .hint("use the version of mrms that wrote it, or a newer one; this one changed nothing"),
            LedgerError::Storage { .. } => Self::new(Exit::Unreachable, "ledger-storage", message)
                .hint("make room on the disk, or let the home folder be written; what was acknowledged is kept"),
            LedgerError::Behind { .. } => Self::new(Exit::Integrity, "ledger-behind", message)
                .hint("look for what is missing before anything else: put ledger.sqlite-wal back beside ledger.sqlite, or bring back the newest copy of the folder ledger; or restore the newest backup into a new home (mrms restore). If it is lost for good, mrms node accept-loss goes on without it, on record"),
            LedgerError::Damaged { .. } => Self::new(Exit::Integrity, "ledger-damaged", message)
                .hint("mrms node fsck tells the first block that does not hold"),
            _ => Self::new(Exit::Unreachable, "ledger", message),
        }
    }
}

impl From<mrms_node::control::AskError> for Failure {
    fn from(error: mrms_node::control::AskError) -> Self {
        use mrms_node::control::{AskError, RefusalCode};
        let message = chain(&error);
        match error {
            AskError::Refused { code, .. } => match code {
                RefusalCode::NotAdmin => Self::new(Exit::NotAllowed, "not-admin", message)
                    .hint("start it with mrms node run --admin; or stop it, and the command works on the ledger itself where that is possible"),
                RefusalCode::NoSuchSnapshot => Self::new(Exit::NotFound, "no-such-snapshot", message)
                    .hint("a snapshot lasts until the node ends or goes back below it; mrms node snapshot takes one"),
                RefusalCode::OutOfRange => Self::new(Exit::Usage, "out-of-range", message)
                    .hint("give a smaller number"),
                RefusalCode::LedgerFailed => Self::new(Exit::Unreachable, "ledger-storage", message)
                    .hint("look at the log of mrms node run; what was acknowledged is kept"),
                _ => Self::usage(message).hint("mrms node --help shows what the commands take"),
            },
            _ => Self::new(Exit::Unreachable, "node-unreachable", message)
                .hint("stop mrms node run and repeat the command, or start the node anew"),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Ledger(error) => error.into(),
            other => Self::new(Exit::Failed, "contract-answer", chain(&other))
                .hint("mrms contract status compares the deployed contract with this binary's"),
        }
    }
}

/// A ledger or a sponsor that failed when the outbox had what was signed: that is one state, with one exit code, whatever the
/// ledger said.
fn kept(error: LedgerError) -> Failure {
    let says_so =
        matches!(error, LedgerError::Pending { .. } | LedgerError::SponsorUnreachable { .. });
    let failure = match Failure::from(error) {
        failure if failure.exit == Exit::Unreachable => failure,
        other => Failure::new(Exit::Unreachable, "ledger", other.message),
    };
    if says_so {
        return failure;
    }
    let hint = match (failure.code, failure.hint.as_deref()) {
        // Its own hint says that nothing is kept.
        ("ledger-unreachable", _) => "check the address and the network".to_owned(),
        (_, Some(hint)) => hint.to_owned(),
        (_, None) => "mrms doctor tells what is wrong with the ledger".to_owned(),
    };
    failure.hint(format!(
        "{hint}. What was begun is signed and kept: a later command finishes it, and mrms tx list shows it"
    ))
}

/// A ledger or a sponsor that failed where nothing could be kept of what it was given.
fn unkept(error: &SendError, by: &LedgerError) -> Failure {
    let again = "make room on this machine's disk, and repeat the command: it looks first for what was sent";
    let failure = Failure::new(Exit::Unreachable, "maybe-sent", chain(error));
    match by {
        LedgerError::Pending { txid } => {
            failure.hint(format!("mrms tx wait {txid} waits on; or {again}"))
        }
        LedgerError::SponsorUnreachable { .. } => failure.hint(format!(
            "{again}. Where the sponsor does not answer, pay the fee yourself, without --sponsor"
        )),
        _ => failure.hint(again),
    }
}

/// What could not be written down of something that the ledger has.
fn unnoted(error: ProfileError) -> Failure {
    let Failure { exit, code, message, .. } = error.into();
    Failure::new(exit, code, format!("the ledger has what was sent, and yet: {message}")).hint(
        "it is not to be repeated: what was signed is kept, and a later command writes down what became of it. Make room on the disk, or mrms doctor tells what is wrong with the file",
    )
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused { refusal, .. } => refusal_failure(refusal),
            SendError::Ledger(error) => error.into(),
            SendError::Kept(error) => kept(error),
            SendError::Unkept(ref by) => unkept(&error, by),
            SendError::Unnoted(error) => unnoted(error),
            SendError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "transaction-failed", chain(&other))
                .hint("mrms contract status compares the deployed contract with this binary's"),
        }
    }
}

impl From<ReplaceError> for Failure {
    fn from(error: ReplaceError) -> Self {
        let message = chain(&error);
        match error {
            ReplaceError::NothingWaits => Self::new(Exit::NotFound, "nothing-waits", message)
                .hint("mrms tx list shows what waits, and for what"),
            ReplaceError::Sent { txid } => Self::new(Exit::Failed, "already-sent", message)
                .hint(format!("it is done; mrms tx show {txid} shows its block")),
            ReplaceError::NeedsKey { .. } => Self::new(Exit::Failed, "needs-key", message)
                .hint("mrms tx drop signs one, and asks for the passphrase"),
            ReplaceError::Send(SendError::Ledger(LedgerError::Rejected { .. })) => {
                Self::new(Exit::Failed, "transaction-rejected", message)
                    .hint("the sponsor may have sent it after all; mrms list and mrms audit ID show what was done")
            }
            ReplaceError::Send(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}
