//! [`Eligible`]: whom the sponsor pays for. Accounts cost nothing to make, so the sponsor asks for what a made-up account
//! can't have: a place in its list of accounts, or a voucher.
//!
//! Both lists are files with one entry a line. They are read again when they change, so that a patient can be added or
//! removed while the sponsor runs. A voucher belongs to the first account that shows it: the books remember which. One after the
//! word `shared` is good for every account that shows it: for a link host, where each link has an account of its own.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mrms_core::StandardPrincipal;
use mrms_stacks::client::{Voucher, VoucherState};

/// The longest list that is read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Whom the sponsor pays for.
#[derive(Debug)]
pub struct Eligible {
    sources: Option<Sources>,
    lists: Mutex<Lists>,
}

/// Files that say whom the sponsor pays for.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Accounts, one a line.
    pub accounts: Option<PathBuf>,
    /// Vouchers, one a line; with `shared` before it, for more than one account.
    pub vouchers: Option<PathBuf>,
}

/// The number of a voucher: its SHA-256, which books and log can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct VoucherId(pub(crate) [u8; 32]);

/// What an account may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is listed, or shows a voucher for everybody, or everybody is paid for.
    Listed,
    /// It shows a voucher of the list.
    Shows(VoucherId),
    /// Neither.
    Nothing,
}

/// Why a list can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// It can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is none that it may have. The line itself is not told, since it may be a secret.
    #[error("line {line} of {} is not {wanted}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Length and time of a file when it was read.
type Stamp = Option<(u64, Option<SystemTime>)>;

#[derive(Debug, Default)]
struct Lists {
    stamps: [Stamp; 2],
    /// By their public key's hash: an account is the same on every network.
    accounts: HashSet<[u8; 20]>,
    /// Each with whether it is for more than one account.
    vouchers: HashMap<VoucherId, bool>,
}

impl Eligible {
    /// Whoever reaches the sponsor.
    #[must_use]
    pub fn anyone() -> Self {
        Self { sources: None, lists: Mutex::default() }
    }

    /// Those of the lists.
    ///
    /// # Errors
    ///
    /// [`ListError`].
    pub fn of(sources: Sources) -> Result<Self, ListError> {
        let lists = Lists::read(&sources)?;
        Ok(Self { sources: Some(sources), lists: Mutex::new(lists) })
    }

    /// What an account may claim, with the voucher that it shows.
    pub(crate) fn claim(&self, account: &StandardPrincipal, shown: Option<&Voucher>) -> Claim {
        let Some(lists) = self.lists() else { return Claim::Listed };
        if lists.accounts.contains(account.hash160()) {
            return Claim::Listed;
        }
        let Some(id) = shown.map(|voucher| VoucherId(voucher.id())) else { return Claim::Nothing };
        match lists.vouchers.get(&id) {
            Some(true) => Claim::Listed,
            Some(false) => Claim::Shows(id),
            None => Claim::Nothing,
        }
    }

    /// Whether a voucher would be taken from an account, or from one that is not made yet. `owner` tells whose it is.
    pub(crate) fn state_of(
        &self,
        voucher: &Voucher,
        account: Option<&StandardPrincipal>,
        owner: impl FnOnce(VoucherId) -> Option<StandardPrincipal>,
    ) -> VoucherState {
        let Some(lists) = self.lists() else { return VoucherState::Usable };
        let id = VoucherId(voucher.id());
        if account.is_some_and(|account| lists.accounts.contains(account.hash160())) {
            return VoucherState::Usable;
        }
        match lists.vouchers.get(&id) {
            None => return VoucherState::Unknown,
            Some(true) => return VoucherState::Usable,
            Some(false) => {}
        }
        match owner(id) {
            Some(owner) if account != Some(&owner) => VoucherState::Taken,
            _ => VoucherState::Usable,
        }
    }

    /// The lists as the files have them; `None` where everybody is paid for.
    fn lists(&self) -> Option<MutexGuard<'_, Lists>> {
        let sources = self.sources.as_ref()?;
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.stamps != Lists::stamps(sources) {
            // A list that somebody is writing now: the former one counts until it can be read.
            match Lists::read(sources) {
                Ok(read) => *lists = read,
                Err(error) => {
                    tracing::error!(target: "mrms::sponsor", %error, "the former list is used");
                }
            }
        }
        Some(lists)
    }
}

impl Lists {
    fn stamps(sources: &Sources) -> [Stamp; 2] {
        [&sources.accounts, &sources.vouchers].map(|path| {
            let metadata = fs::metadata(path.as_ref()?).ok()?;
            Some((metadata.len(), metadata.modified().ok()))
        })
    }

    fn read(sources: &Sources) -> Result<Self, ListError> {
        // First, so that what is written meanwhile is read the next time.
        let stamps = Self::stamps(sources);
        let accounts = entries(sources.accounts.as_deref(), "an account such as ST…", |line| {
            Some(*line.parse::<StandardPrincipal>().ok()?.hash160())
        })?;
        let wanted = "a voucher of 16 to 128 letters, digits and signs";
        let vouchers = entries(sources.vouchers.as_deref(), wanted, |line| {
            let (is_shared, voucher) = match line.strip_prefix("shared ") {
                Some(voucher) => (true, voucher.trim_start()),
                None => (false, line),
            };
            Some((VoucherId(voucher.parse::<Voucher>().ok()?.id()), is_shared))
        })?;
        Ok(Self { stamps, accounts, vouchers })
    }
}

/// The entries of a list. Empty lines and those that begin with # count for nothing.
fn entries<T, All: Default + FromIterator<T>>(
    path: Option<&Path>,
    wanted: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<All, ListError> {
    let Some(path) = path else { return Ok(All::default()) };
    let read = |source| ListError::Read { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(read)?;
    let text = io::read_to_string(io::Read::take(file, LONGEST)).map_err(read)?;
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let wrong = |line| ListError::Line { path: path.to_owned(), line, wanted };
    lines.map(|(number, line)| parse(line).ok_or_else(|| wrong(number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "ST000000000000000000002AMW42H";
    const VOUCHER: &str = "kp5-kp5-kp5-kp5-kp5";

    fn account(byte: u8) -> StandardPrincipal {
        StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, [byte; 20]).unwrap()
    }

    fn voucher(text: &str) -> Voucher {
        text.parse().unwrap()
    }

    #[test]
    fn made_up_account_has_no_claim() {
        let folder = tempfile::tempdir().unwrap();
        let (accounts, vouchers) = (folder.path().join("accounts"), folder.path().join("vouchers"));
        fs::write(&accounts, format!("# patients\n\n{LISTED}\n")).unwrap();
        fs::write(&vouchers, format!("{VOUCHER}\n")).unwrap();
        let sources = Sources { accounts: Some(accounts), vouchers: Some(vouchers.clone()) };
        let eligible = Eligible::of(sources).unwrap();
        assert_eq!(eligible.claim(&LISTED.parse().unwrap(), None), Claim::Listed);
        assert_eq!(eligible.claim(&account(1), None), Claim::Nothing);
        let other = voucher("another-one-of-some-length");
        assert_eq!(eligible.claim(&account(1), Some(&other)), Claim::Nothing);
        let shown = voucher(VOUCHER);
        let claim = Claim::Shows(VoucherId(shown.id()));
        assert_eq!(eligible.claim(&account(1), Some(&shown)), claim);
        fs::write(&vouchers, "# withdrawn\n").unwrap();
        assert_eq!(eligible.claim(&account(1), Some(&shown)), Claim::Nothing, "read again");
        fs::write(&vouchers, "short\n").unwrap();
        assert_eq!(eligible.claim(&LISTED.parse().unwrap(), None), Claim::Listed, "the former");
        assert_eq!(Eligible::anyone().claim(&account(1), None), Claim::Listed);
    }

    #[test]
    fn shared_voucher_is_good_for_every_account_and_leaves_the_others_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let vouchers = folder.path().join("vouchers");
        let shared = "of-the-host-of-links-1";
        fs::write(&vouchers, format!("{VOUCHER}\nshared  {shared}\n")).unwrap();
        let sources = Sources { accounts: None, vouchers: Some(vouchers) };
        let eligible = Eligible::of(sources).unwrap();
        let (own, shared) = (voucher(VOUCHER), voucher(shared));
        for byte in [1, 2] {
            assert_eq!(eligible.claim(&account(byte), Some(&shared)), Claim::Listed);
            let state = eligible.state_of(&shared, Some(&account(byte)), |_| Some(account(9)));
            assert_eq!(state, VoucherState::Usable);
        }
        let claim = Claim::Shows(VoucherId(own.id()));
        assert_eq!(eligible.claim(&account(1), Some(&own)), claim, "it is one account's");
        let state = eligible.state_of(&own, Some(&account(2)), |_| Some(account(1)));
        assert_eq!(state, VoucherState::Taken);
    }

    #[test]
    fn line_that_is_wrong_is_named_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let vouchers = folder.path().join("vouchers");
        fs::write(&vouchers, format!("{VOUCHER}\ntoo short\n")).unwrap();
        let sources = Sources { accounts: None, vouchers: Some(vouchers) };
        let error = Eligible::of(sources).unwrap_err().to_string();
        assert!(error.contains("line 2 of") && !error.contains("too short"), "{error}");
    }
}
