//! Several servers behind one address: a load balancer in front of nodes, some of which are behind or on another branch.
//!
//! One answer says where the ledger is, the next comes from a server that is behind it: that a record, a grant or a nonce is
//! not there says nothing then. The heights that the address has told show it: once one is lower than another, or than a
//! block that has a transaction of this profile, the address counts as several servers. From then on it is asked until a
//! server is as far as the furthest was, what is read is read in that block (`tip=`), and what is said to be missing is
//! asked for again. An address that is one server is asked as before. If all answers stay lower, the chain went back, and
//! they count.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mrms_app::ledger::LedgerError;
use mrms_core::{BlockHeight, StandardPrincipal};
use mrms_stacks::client::{AccountState, ChainBlock, NodeInfo, Nonces, TransactionState};

use super::{RemoteLedger, ledger_error};

/// How often one server after the other is asked, and the first pause before that.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(20);
/// How often servers are asked for what none may have.
pub(super) const SERVERS: u32 = 4;
/// How long the furthest block is taken for the newest one.
const FRESH: Duration = Duration::from_secs(2);

/// What the heights of an address have told.
#[derive(Debug, Default)]
pub(super) struct Backends {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    furthest: Option<(NodeInfo, Instant)>,
    /// A block that is known to be there.
    floor: Option<BlockHeight>,
    /// Whether answers came from several servers.
    differ: bool,
}

impl Backends {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an answer. Whether it is of a server that is behind.
    pub(super) fn note(&self, info: &NodeInfo) -> bool {
        let mut seen = self.seen();
        let furthest =
            seen.furthest.as_ref().map(|(furthest, _)| (furthest.block_height, furthest.tip_id));
        let is_behind = seen.floor.is_some_and(|floor| info.block_height < floor)
            || furthest.is_some_and(|(height, _)| info.block_height < height);
        let is_elsewhere =
            furthest.is_some_and(|(height, id)| height == info.block_height && id != info.tip_id);
        seen.differ |= is_behind || is_elsewhere;
        if !is_behind && !is_elsewhere {
            seen.furthest = Some((info.clone(), Instant::now()));
        }
        is_behind
    }

    /// The chain went back: this counts from now on.
    fn went_back(&self, info: &NodeInfo) {
        let mut seen = self.seen();
        seen.floor = None;
        seen.furthest = Some((info.clone(), Instant::now()));
    }

    /// A block of this height is there: a lower tip is of a server that is behind.
    pub(super) fn reaches(&self, height: BlockHeight) {
        let mut seen = self.seen();
        seen.floor = seen.floor.max(Some(height));
        if seen.furthest.as_ref().is_some_and(|(furthest, _)| furthest.block_height < height) {
            seen.furthest = None;
        }
    }

    /// Whether answers came from several servers.
    pub(super) fn differ(&self) -> bool {
        self.seen().differ
    }

    fn fresh(&self) -> Option<NodeInfo> {
        let seen = self.seen();
        let (furthest, since) = seen.furthest.as_ref()?;
        (since.elapsed() < FRESH).then(|| furthest.clone())
    }
}

impl RemoteLedger {
    /// Where the ledger is: as far as the furthest server.
    pub(super) fn info(&self) -> Result<NodeInfo, LedgerError> {
        let mut info = self.client.info().map_err(ledger_error)?;
        if self.is_embedded() {
            return Ok(info);
        }
        let mut is_behind = self.backends.note(&info);
        let mut pause = PAUSE;
        let mut tries = 1;
        // One more than it needs, where they differ: another one may be further still.
        while (is_behind || (self.backends.differ() && tries < SERVERS)) && tries < TRIES {
            thread::sleep(pause);
            pause = pause * 3 / 2;
            let next = self.client.info().map_err(ledger_error)?;
            is_behind = self.backends.note(&next) && is_behind;
            if next.block_height > info.block_height {
                info = next;
            }
            tries += 1;
        }
        if is_behind {
            self.backends.went_back(&info);
        }
        Ok(info)
    }

    /// The block in which everything is to be read; `None` where one server answers.
    pub(super) fn reading_at(&self) -> Result<Option<[u8; 32]>, LedgerError> {
        if self.is_embedded() || !self.backends.differ() {
            return Ok(None);
        }
        let info = match self.backends.fresh() {
            Some(info) => info,
            None => self.info()?,
        };
        Ok(info.tip_id)
    }

    /// Asks again what one server does not know and another one may.
    pub(super) fn until_known<T>(
        &self,
        ask: impl Fn() -> Result<T, LedgerError>,
        is_known: impl Fn(&T) -> bool,
    ) -> Result<T, LedgerError> {
        let mut tries = 1;
        loop {
            let answer = ask();
            let again = match &answer {
                Ok(answer) => !is_known(answer),
                Err(LedgerError::Call { .. } | LedgerError::Answer { .. }) => true,
                Err(_) => false,
            };
            if !again || tries >= SERVERS || !self.backends.differ() {
                return answer;
            }
            tries += 1;
            thread::sleep(PAUSE);
        }
    }

    /// The state of a transaction, from whichever server knows most of it.
    pub(super) fn furthest_state(
        &self,
        ask: impl Fn() -> Result<Option<TransactionState>, LedgerError>,
    ) -> Result<Option<TransactionState>, LedgerError> {
        let waiting = std::cell::Cell::new(None);
        let found = self.until_known(ask, |state| match state {
            Some(TransactionState::Included(_)) => true,
            Some(TransactionState::Pending) => {
                waiting.set(Some(TransactionState::Pending));
                false
            }
            Some(TransactionState::Dropped { .. }) | None => false,
        })?;
        Ok(match (found, waiting.take()) {
            (Some(TransactionState::Included(place)), _) => Some(TransactionState::Included(place)),
            (found, waiting) => waiting.or(found),
        })
    }

    /// The longest of several answers; the first where one server answers.
    pub(super) fn longest<T>(
        &self,
        read: impl Fn() -> Result<Vec<T>, LedgerError>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut longest = read()?;
        let mut tries = 1;
        while self.backends.differ() && tries < SERVERS {
            let next = read()?;
            if next.len() > longest.len() {
                longest = next;
            }
            tries += 1;
        }
        Ok(longest)
    }

    /// The block at a height, from whichever server has one.
    pub(super) fn block_at(&self, height: BlockHeight) -> Result<Option<ChainBlock>, LedgerError> {
        let ask = || self.client.block(height).map_err(ledger_error);
        self.until_known(ask, Option::is_some)
    }

    /// An account, and its nonces, as the furthest server has them.
    pub(super) fn furthest_account(
        &self,
        account: &StandardPrincipal,
    ) -> Result<(AccountState, Nonces), LedgerError> {
        let ask = |at: Option<[u8; 32]>| -> Result<(AccountState, Nonces), LedgerError> {
            let state = self.client.account_at(at.as_ref(), account).map_err(ledger_error)?;
            Ok((state, self.client.nonces(account).map_err(ledger_error)?))
        };
        let Some(at) = self.reading_at()? else { return ask(None) };
        let (state, mut nonces) = self.until_known(|| ask(Some(at)), |_| true)?;
        for _ in 1..SERVERS {
            let other = self.client.nonces(account).map_err(ledger_error)?;
            nonces.next = nonces.next.max(other.next);
            nonces.in_blocks = nonces.in_blocks.max(other.in_blocks);
            // What one of them has is not missing.
            nonces.missing.retain(|nonce| other.missing.contains(nonce));
        }
        Ok((state, nonces))
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::{BurnHeight, ChainId};

    use super::*;

    fn at(height: u64, branch: u8) -> NodeInfo {
        NodeInfo {
            chain_id: ChainId::TESTNET,
            genesis: None,
            burn_height: BurnHeight::new(9),
            burn_began: None,
            block_height: BlockHeight::new(height),
            tip_id: Some([branch; 32]),
        }
    }

    fn furthest(backends: &Backends) -> Option<NodeInfo> {
        backends.fresh()
    }

    #[test]
    fn one_server_that_goes_on_is_one_server() {
        let backends = Backends::default();
        for height in [7, 7, 8, 11] {
            assert!(!backends.note(&at(height, 1)));
        }
        assert!(!backends.differ());
        assert_eq!(furthest(&backends), Some(at(11, 1)));
    }

    #[test]
    fn lower_heights_and_other_blocks_of_one_height_are_of_other_servers() {
        let backends = Backends::default();
        assert!(!backends.note(&at(10, 1)));
        assert!(backends.note(&at(7, 1)), "behind");
        assert!(backends.differ());
        assert_eq!(furthest(&backends), Some(at(10, 1)), "the furthest counts");

        let backends = Backends::default();
        backends.note(&at(10, 1));
        assert!(!backends.note(&at(10, 2)), "on another branch, and not behind");
        assert!(backends.differ());
        assert_eq!(furthest(&backends), Some(at(10, 1)), "the first one seen");
    }

    #[test]
    fn what_stands_in_a_block_shows_who_is_behind() {
        let backends = Backends::default();
        backends.note(&at(7, 1));
        backends.reaches(BlockHeight::new(9));
        assert_eq!(furthest(&backends), None, "that is not far enough");
        assert!(backends.note(&at(8, 1)));
        assert!(!backends.note(&at(9, 1)));
        backends.went_back(&at(5, 2));
        assert!(!backends.note(&at(5, 2)), "it counts from now on");
    }
}
