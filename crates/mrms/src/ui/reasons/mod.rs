//! Turns every error of the libraries into a [`Failure`]: it chooses the exit code, the stable code, and
//! the hint what to do next.

use mrms_app::access::open::OpenRecordError;
use mrms_app::audit::news::NewsError;
use mrms_app::audit::reconcile::ReconcileError;
use mrms_app::audit::trail::ReadTrailError;
use mrms_app::ledger::LedgerError;
use mrms_app::records::erase::EraseError;
use mrms_app::records::shared::SharedError;
use mrms_app::records::write::WriteError;
use mrms_app::sending::outcome::SendError;
use mrms_app::sending::replace::ReplaceError;
use mrms_app::session::AskError;
use mrms_app::session::vaults::{MemberError, TooFewVaults};
use mrms_app::sharing::emergency::EmergencyError;
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::recipients::RecipientError;
use mrms_app::vaults::replicate::ReplicateError;
use mrms_contract::ContractError;
use mrms_store::StoreError;
use mrms_vault::protocol::RefusalReason;

use mrms_home::HomeError;
use mrms_home::erasing::EraseRecordError;
use mrms_home::evidence::{CollectError, EvidenceError, Forked};
mod home;
mod joining;
mod links;
mod people;
mod received;
mod records;
mod report;
mod staff;
mod succession;

pub(crate) use home::{
    cannot, decryption_failure, encryption_failure, not_decrypted, not_written, target_failure,
    vault_copy_failure, vault_missing,
};

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

/// A ledger or a sponsor that failed when the outbox had what was signed.
fn kept(error: LedgerError) -> Failure {
    let says_so =
        matches!(error, LedgerError::Pending { .. } | LedgerError::SponsorUnreachable { .. });
    let failure = Failure::from(error);
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

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Refused { refusal, .. } => refusal_failure(refusal),
            SendError::Ledger(error) => error.into(),
            SendError::Kept(error) => kept(error),
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

impl From<mrms_app::profile::ProfileError> for Failure {
    fn from(error: mrms_app::profile::ProfileError) -> Self {
        use mrms_app::profile::ProfileError;
        let message = chain(&error);
        match error {
            ProfileError::Io { ref path, ref source, action } => cannot(action, path, source),
            ProfileError::Busy | ProfileError::BusyOpening { .. } => Self::new(Exit::Unreachable, "profile-busy", message)
                .hint("wait for it to end, and repeat the command"),
            ProfileError::Earlier { .. } => Self::new(Exit::Integrity, "profile-earlier", message)
                .hint("put the newest copy of the profile's whole folder back; or move the named file away, and you are asked about each reader once more. Somebody who can write into this folder may have put it there"),
            ProfileError::Damaged { ref path, .. } => Self::new(Exit::Integrity, "profile-damaged", message)
                .hint(without(path)),
            _ => Self::new(Exit::Failed, "failed", message),
        }
    }
}

/// What it means to go on without a damaged file of a profile.
fn without(path: &std::path::Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("links.sealed") => {
            "bring it back from a backup: nothing else has your links' keys and codes. Without it you can still end a link: mrms shared names it, mrms stop ends it"
        }
        Some("people.sealed") => {
            "bring it back from a backup: it has your people, their cards and the names you gave them. Moved away, you begin with none"
        }
        Some("staff.sealed") => {
            "bring it back from a backup: it has the keys of your organisation's staff. A member can move it away and join again with mrms staff join"
        }
        Some("granted.json") => {
            "move the named file away: you are asked about each reader once more"
        }
        _ => "move the named file away: what it has is made again, or asked for again",
    }
}

impl From<NewsError> for Failure {
    fn from(error: NewsError) -> Self {
        match error {
            NewsError::Ask(error) => error.into(),
            NewsError::Profile(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<ReadTrailError> for Failure {
    fn from(error: ReadTrailError) -> Self {
        let message = chain(&error);
        match error {
            ReadTrailError::Ask(error) => error.into(),
            ReadTrailError::NotFound { .. } => refusal_failure(ContractError::RecordNotFound),
            ReadTrailError::Line { .. } | ReadTrailError::NotOneRecord => {
                Self::new(Exit::Integrity, "trail-unreadable", message)
                    .hint("mrms audit ID --json writes a trail that can be checked")
            }
            _ => Self::new(Exit::Integrity, "trail-altered", message)
                .hint("do not rely on this copy; mrms audit ID --json writes the ledger's own"),
        }
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        let message = chain(&error);
        match error {
            EvidenceError::Unreadable { .. } => {
                Self::new(Exit::Integrity, "evidence-unreadable", message).hint(
                    "mrms evidence ID writes a bundle; one of a newer version needs that version",
                )
            }
            _ => Self::new(Exit::Integrity, "evidence-altered", message)
                .hint("do not rely on this copy; mrms evidence ID writes it anew from the ledger"),
        }
    }
}

impl From<Forked> for Failure {
    fn from(error: Forked) -> Self {
        Self::new(Exit::Integrity, "ledger-forked", error.to_string())
            .hint("keep the bundle and this home's ledger: both are signed by the node's key; whoever has it made two chains, or took the ledger back")
    }
}

impl From<CollectError> for Failure {
    fn from(error: CollectError) -> Self {
        let message = chain(&error);
        match error {
            CollectError::Trail(error) => error.into(),
            CollectError::Ask(error) => error.into(),
            CollectError::Profile(error) => error.into(),
            CollectError::NoTransaction { .. } => {
                Self::new(Exit::NotFound, "no-transaction", message)
                    .hint("the contract may have been put there without a transaction; mrms contract status tells")
            }
            CollectError::Evidence(_) => Self::new(Exit::Integrity, "ledger-damaged", message)
                .hint("mrms node fsck tells the first block that does not hold"),
            _ => Self::new(Exit::Unreachable, "ledger-storage", message)
                .hint("mrms doctor checks the ledger"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = chain(&error);
        match error {
            StoreError::Missing { .. } => Self::new(Exit::Integrity, "content-missing", message)
                .hint("its patient may have had it erased; if not, restore the vault's folder from a backup"),
            StoreError::Altered { .. } => Self::new(Exit::Integrity, "content-altered", message)
                .hint("restore the vault folder of this home from a backup"),
            StoreError::VaultMissing { .. } => vault_missing(message),
            StoreError::Unreachable { .. } => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when it can be reached; mrms doctor asks each vault")
            }
            _ => Self::new(Exit::Unreachable, "vault-storage", message)
                .hint("check that the disk has room and the home folder can be written"),
        }
    }
}

impl From<OpenRecordError> for Failure {
    fn from(error: OpenRecordError) -> Self {
        use mrms_crypto::content::OpenError;
        use mrms_crypto::stream::StreamError;
        let message = chain(&error);
        match error {
            OpenRecordError::Send(error) => error.into(),
            OpenRecordError::Ask(error) => error.into(),
            OpenRecordError::Store(error) => error.into(),
            OpenRecordError::NotFound { .. } => {
                Self::new(Exit::NotFound, "version-not-found", message)
            }
            OpenRecordError::NoKey { .. } => Self::new(Exit::NotAllowed, "key-not-shared", message)
                .hint("ask the patient to run mrms grant again: it shares what was not shared yet"),
            OpenRecordError::Vaults(error) => error.into(),
            OpenRecordError::NoSalt { ref unanswered, .. } if !unanswered.is_empty() => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when they answer: they may have it")
            }
            OpenRecordError::NoSalt { .. } => Self::new(Exit::NotAllowed, "no-share", message)
                .hint("the words alone don't open an erasable record: name every vault that you used under [vault] urls in mrms.toml, or restore a backup that was made with --with-epoch-keys; without the salt nobody can open it, and nothing else of yours is lost"),
            OpenRecordError::Profile(error) => error.into(),
            OpenRecordError::Closed { reason, .. } => Self { message, ..refusal_failure(reason) },
            OpenRecordError::OtherIdentity => {
                Self::new(Exit::NotAllowed, "other-identity", message)
                    .hint("ask the patient to run mrms grant again, which wraps the key for the one you have now")
            }
            OpenRecordError::OtherKey { .. } => {
                Self::new(Exit::Integrity, "key-does-not-fit", message)
                    .hint("ask the patient to run mrms grant again: it leaves the right key")
            }
            OpenRecordError::Open(OpenError::Stream(StreamError::Write { source })) => {
                cannot("write", std::path::Path::new("the output"), &source)
            }
            OpenRecordError::Open(OpenError::Stream(StreamError::Read { ref source }))
                if !home::is_format(source) =>
            {
                Self::new(Exit::Unreachable, "content-unreadable", message)
                    .hint("the ciphertext did not come whole: repeat the command when the vault can be reached, or when the disk is well again")
            }
            OpenRecordError::NoKeyInRing(_) => Self::new(Exit::Failed, "no-key", message),
            OpenRecordError::Envelope { .. } => {
                Self::new(Exit::Integrity, "not-an-envelope", message).hint(
                    "its content was put there by another program: mrms contract read get-record-version shows the bytes",
                )
            }
            _ => Self::new(Exit::Integrity, "content-altered", message)
                .hint("restore the home folder's vault from a backup; mrms verify ID checks a record whole"),
        }
    }
}

impl From<TooFewVaults> for Failure {
    fn from(error: TooFewVaults) -> Self {
        let refused = error.failures.iter().find_map(MemberError::reason);
        let message = error.to_string();
        match refused {
            Some(reason) => refused_by_vault(reason, message),
            None if error.failures.iter().any(MemberError::is_missing) => vault_missing(message),
            None if error.failures.iter().any(MemberError::is_unreachable) => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when they can be reached: it goes on with the log entry that it made")
            }
            None if error.failures.is_empty() && error.done > 0 => {
                Self::new(Exit::Failed, "too-few-vaults", message)
                    .hint("name all vaults of the patient under [vault] urls in mrms.toml (MRMS_VAULT_URLS): their shares are split over more vaults than you have")
            }
            None if error.failures.iter().any(MemberError::is_wrong_share) => {
                Self::new(Exit::Integrity, "shares-do-not-fit", message)
                    .hint("tell whoever runs the vault that is named; mrms grant again, or mrms vault sync --keys, by the patient leaves new shares with all vaults")
            }
            None => Self::new(Exit::Integrity, "vault-not-trusted", message)
                .hint(TRUST_HINT),
        }
    }
}

/// The hint for a vault whose account has changed.
const TRUST_HINT: &str = "ask whoever runs the vault what has changed; where it is another one now, mrms vault trust URL ACCOUNT accepts it";

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        let message = chain(&error);
        if let Some(reason) = error.reason() {
            return refused_by_vault(reason, message);
        }
        match error {
            _ if error.is_missing() => vault_missing(message),
            MemberError::Vault { .. } => Self::new(Exit::Unreachable, "vault-unreachable", message)
                .hint("repeat the command when it can be reached; mrms doctor asks each vault"),
            MemberError::Profile(error) => error.into(),
            _ => Self::new(Exit::Integrity, "vault-not-trusted", message).hint(TRUST_HINT),
        }
    }
}

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Ask(error) => error.into(),
            SharedError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "list", chain(&other)),
        }
    }
}

impl From<ReplicateError> for Failure {
    fn from(error: ReplicateError) -> Self {
        match error {
            ReplicateError::Ask(error) => error.into(),
            ReplicateError::Profile(error) => error.into(),
            ReplicateError::Shared(error) => error.into(),
            _ => Self::new(Exit::Failed, "sync", chain(&error)),
        }
    }
}

/// A vault's refusal.
pub(crate) fn refused_by_vault(reason: RefusalReason, message: String) -> Failure {
    use RefusalReason as R;
    let (exit, hint) = match reason {
        R::NotGranted | R::VersionBeforeGrant | R::NoEmergency => {
            (Exit::NotAllowed, "ask the patient to run mrms grant")
        }
        R::NotMember => (
            Exit::NotAllowed,
            "ask whoever administers the organisation to run mrms staff add with your card",
        ),
        R::NotDelegate => (
            Exit::NotAllowed,
            "the patient ended your delegation, or did not let you see: mrms delegates shows it",
        ),
        R::NoEmergencyNote => (
            Exit::NotAllowed,
            "declare the emergency again, with its reason: mrms access ID --emergency REASON",
        ),
        R::Revoked => {
            (Exit::NotAllowed, "the patient has ended this access; only they can grant it again")
        }
        R::Expired => (Exit::NotAllowed, "ask the patient to grant it again"),
        R::NotPatient | R::NotAuthor => {
            (Exit::NotAllowed, "mrms profile list shows who can act here")
        }
        R::NoShare => (
            Exit::NotAllowed,
            "ask the patient to run mrms grant again: it leaves new shares with the vaults",
        ),
        R::RecordErased => {
            (Exit::NotFound, "its patient has erased it; what others saved, they may keep")
        }
        R::NoRecord => (Exit::NotFound, "mrms list --shared-with-me shows what there is"),
        R::NotFinal => (
            Exit::Unreachable,
            "repeat the command in a minute; an access goes on with the log entry that it made",
        ),
        R::ChainUnreachable
        | R::ChainStale
        | R::ChainForkedBack
        | R::ChainForked
        | R::ChainJumped => (
            Exit::Unreachable,
            "the vault waits for its view of the chain; repeat the command later",
        ),
        R::LogUnavailable => (
            Exit::Unreachable,
            "the vault's disk needs room, or to be writable; nothing was released",
        ),
        R::Clock => (Exit::Unreachable, "set this machine's clock; mrms doctor compares it"),
        R::TooManyRequests => (Exit::Unreachable, "wait a minute and repeat the command"),
        R::TooMuchWaits => (
            Exit::Unreachable,
            "wait until earlier versions stand on the chain, and repeat the command",
        ),
        _ => (Exit::Failed, "mrms audit ID --reconcile compares the vault's log with the chain's"),
    };
    Failure::new(exit, reason.as_str(), message).hint(hint)
}

impl From<EmergencyError> for Failure {
    fn from(error: EmergencyError) -> Self {
        let message = chain(&error);
        match error {
            EmergencyError::NoReason => Self::new(Exit::Usage, "no-reason", message)
                .hint("say in a sentence why: --emergency \"unconscious, no next of kin\""),
            EmergencyError::Characters { .. } => {
                Self::new(Exit::Usage, "reason-characters", message)
                    .hint("write it as one line; the patient reads it as it is")
            }
            EmergencyError::Refused(refusal) => refusal_failure(refusal),
            EmergencyError::Ask(error) => error.into(),
            EmergencyError::Profile(error) => error.into(),
            EmergencyError::Recipient(error) => error.into(),
            EmergencyError::Open(error) => error.into(),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}

impl From<EraseRecordError> for Failure {
    fn from(error: EraseRecordError) -> Self {
        match error {
            EraseRecordError::Erase(error) => error.into(),
            EraseRecordError::Home(HomeError::NotSent) => {
                Self::new(Exit::Failed, "not-sent", "nothing was sent")
            }
            EraseRecordError::Home(error) => error.into(),
            error => Self::new(Exit::Failed, "failed", chain(&error)),
        }
    }
}

impl From<EraseError> for Failure {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::Refused(refusal) => refusal_failure(refusal),
            EraseError::Ask(error) => error.into(),
            EraseError::Send(error) => error.into(),
            EraseError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "erase", chain(&other)),
        }
    }
}

impl From<ReconcileError> for Failure {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::NotFound { .. } => refusal_failure(ContractError::RecordNotFound),
            ReconcileError::Ask(error) => error.into(),
            ReconcileError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "reconcile", chain(&other)),
        }
    }
}

impl From<RecipientError> for Failure {
    fn from(error: RecipientError) -> Self {
        let message = chain(&error);
        match error {
            RecipientError::Ask(error) => error.into(),
            RecipientError::Profile(error) => error.into(),
            RecipientError::NoKey(_) => {
                Self::new(Exit::Failed, "no-key", message).hint("make a profile with other words")
            }
            RecipientError::NotPublished { .. } => {
                Self::new(Exit::NotFound, "no-encryption-key", message)
                    .hint("ask them to run mrms key publish")
            }
            RecipientError::OtherNetwork { here, .. } => {
                Self::new(Exit::Usage, "other-network", message)
                    .hint(format!("name {here}, if it is this person whom you mean"))
            }
            RecipientError::IsContract { .. } => Self::new(Exit::Usage, "is-contract", message)
                .hint("name the account of a person: mrms key show prints it for its owner. A contract has no key to open a record with"),
            RecipientError::Changed { .. } => {
                Self::new(Exit::NotAllowed, "key-changed", message).hint(
                    "ask them, by another way than this, to read you the fingerprint that mrms key show prints; if it is the new one, mrms key trust PRINCIPAL takes it",
                )
            }
            RecipientError::NotOnCard { .. } => Self::new(Exit::NotAllowed, "key-not-on-card", message).hint(
                "ask them for their newest card, and mrms people add takes it; or ask them, by another way than this, to read you the fingerprint that mrms key show prints: if it is the published one, mrms key trust takes it",
            ),
            _ => Self::new(Exit::Integrity, "encryption-key-malformed", message)
                .hint("ask them to run mrms key publish"),
        }
    }
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        let message = chain(&error);
        match error {
            ShareError::Refused(refusal) => refusal_failure(refusal),
            ShareError::Recipient(error) => error.into(),
            ShareError::Ask(error) => error.into(),
            ShareError::Send(error) => error.into(),
            ShareError::Open(error) => error.into(),
            ShareError::Profile(error) => error.into(),
            ShareError::Vaults(error) => error.into(),
            ShareError::FormerContract { .. } => Self::new(Exit::Failed, "former-contract", message)
                .hint("mrms contract deploy puts the present one onto the ledger; docs/design/upgrades.md says what stays"),
            ShareError::NotByDelegate { .. } => Self::new(Exit::Usage, "not-by-delegate", message)
                .hint("leave out -o: it is opened and shared at once"),
            ShareError::DirectByDelegate => Self::new(Exit::NotAllowed, "not-by-delegate", message)
                .hint("leave out --direct; only the patient puts keys on chain"),
            ShareError::ErasableDirect { .. } => {
                Self::new(Exit::Failed, "erasable-direct", message)
                    .hint("leave out --direct: the vault releases its key and can erase it")
            }
            _ => Self::new(Exit::Failed, "no-key", message).hint("make a profile with other words"),
        }
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        use mrms_crypto::content::SealError;
        use mrms_crypto::stream::StreamError;
        let message = chain(&error);
        match error {
            WriteError::Empty => Self::new(Exit::Usage, "empty-content", message)
                .hint("there is nothing to put on record"),
            WriteError::LabelCharacters { .. } => {
                Self::new(Exit::Usage, "label-characters", message).hint(
                    "write it as one line, without characters that turn the reading direction",
                )
            }
            WriteError::OtherContent { .. } => {
                Self::new(Exit::Integrity, "content-altered", message)
            }
            WriteError::Refused(refusal) => refusal_failure(refusal),
            WriteError::Store(error) => error.into(),
            WriteError::Ask(error) => error.into(),
            WriteError::Send(error) => error.into(),
            WriteError::Recipient(error) => error.into(),
            WriteError::Profile(error) => error.into(),
            WriteError::Share(error) => (*error).into(),
            WriteError::Vaults(error) => error.into(),
            WriteError::Read(source) => cannot("read", std::path::Path::new("the file"), &source),
            WriteError::Seal(SealError::Stream(StreamError::Read { source })) => {
                cannot("read", std::path::Path::new("the file"), &source)
            }
            WriteError::Seal(ref seal) => match seal {
                SealError::Stream(StreamError::Write { source }) => {
                    cannot("keep", std::path::Path::new("the ciphertext"), source)
                }
                _ => Self::new(Exit::Failed, "file-changed", message)
                    .hint("the file changed while it was read: repeat the command"),
            },
            _ => Self::new(Exit::Failed, "write", message).hint("nothing was put on record"),
        }
    }
}

impl From<mrms_app::sharing::keys::KeyError> for Failure {
    fn from(error: mrms_app::sharing::keys::KeyError) -> Self {
        use mrms_app::sharing::keys::KeyError;
        let message = chain(&error);
        match error {
            KeyError::Ask(error) => error.into(),
            KeyError::Send(error) => error.into(),
            KeyError::ForeignKey => Self::new(Exit::Integrity, "foreign-key", message)
                .hint("these are other words, or somebody published a key in this account's name"),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}
