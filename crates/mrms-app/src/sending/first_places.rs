//! Where an operation that goes before others stands: which nonces it takes, and whose.
//!
//! Pure rules over nonces. The operation takes the first nonce that waits, and those after it. Whoever had one of these
//! nonces is displaced whole, and so is everything up to the last operation that could give back what is to be ended: an
//! operation that does nothing takes the nonces that are left over. What another command is carrying out, and what ends
//! access itself, keeps its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use mrms_core::MicroStx;

/// How many places behind all that waits are kept ready as well.
const BEHIND_ALL: u64 = 8;

/// An operation that waits and may be displaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    /// Its nonces.
    pub(super) nonces: Range<u64>,
    /// The highest fee that was offered at each of them.
    pub(super) fees: Vec<MicroStx>,
    /// Whether it could give back what is to be ended.
    pub(super) gives_back: bool,
}

/// What stands at a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// The operation's own transaction of this number.
    Own(usize),
    /// A transaction that does nothing.
    Nothing,
}

/// One place of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) nonce: u64,
    pub(super) stands: Stands,
    /// The highest fee that was offered at this nonce before.
    pub(super) outbids: Option<MicroStx>,
}

/// The operation at one of the nonces that it can begin at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) places: Vec<Place>,
    /// Those of the waiting operations whose places it takes.
    pub(super) displaces: BTreeSet<usize>,
}

/// All that waits, as one account sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// What may be displaced, in any order.
    pub(super) waiting: Vec<Waits>,
    /// Nonces that stay as they are.
    pub(super) kept: BTreeSet<u64>,
    /// The next nonce behind all.
    pub(super) next: u64,
}

impl Queue {
    /// The first nonce that can be taken: behind everything that keeps its place. `next` if none can.
    pub(super) fn first(&self) -> u64 {
        let nonces = || self.waiting.iter().flat_map(|one| one.nonces.clone());
        let Some(lowest) = nonces().chain(self.kept.iter().copied()).min() else {
            return self.next;
        };
        let ours: BTreeSet<u64> = nonces().collect();
        // A nonce that nobody here signed may be another program's.
        (lowest..self.next)
            .rev()
            .find(|nonce| !ours.contains(nonce))
            .map_or(lowest, |kept| kept + 1)
    }

    /// An operation of so many transactions at each nonce that it can begin at, the first first.
    pub(super) fn standings(&self, own: usize) -> Vec<Standing> {
        (self.first()..self.next.saturating_add(BEHIND_ALL))
            .map(|start| self.at(start, own))
            .collect()
    }

    fn at(&self, start: u64, own: usize) -> Standing {
        let mut end = start.saturating_add(own as u64);
        let mut displaces = BTreeSet::new();
        // Whoever is displaced makes it longer, and then displaces others.
        while let Some((number, found)) = self.waiting.iter().enumerate().find(|(number, one)| {
            let is_behind = one.nonces.end > start;
            is_behind && !displaces.contains(number) && (one.nonces.start < end || one.gives_back)
        }) {
            displaces.insert(number);
            end = end.max(found.nonces.end);
        }
        let fees: BTreeMap<u64, MicroStx> = self
            .waiting
            .iter()
            .flat_map(|one| one.nonces.clone().zip(one.fees.iter().copied()))
            .collect();
        let place = |(number, nonce): (usize, u64)| Place {
            nonce,
            stands: if number < own { Stands::Own(number) } else { Stands::Nothing },
            outbids: fees.get(&nonce).copied(),
        };
        Standing { places: (start..end).enumerate().map(place).collect(), displaces }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(nonces: Range<u64>, gives_back: bool) -> Waits {
        let fees = nonces.clone().map(|nonce| MicroStx::new(100 + nonce)).collect();
        Waits { nonces, fees, gives_back }
    }

    fn queue(waiting: &[(Range<u64>, bool)], kept: &[u64], next: u64) -> Queue {
        let waiting = waiting.iter().map(|(nonces, gives)| waits(nonces.clone(), *gives)).collect();
        Queue { waiting, kept: kept.iter().copied().collect(), next }
    }

    fn shape(standing: &Standing) -> Vec<(u64, Option<usize>)> {
        let own = |place: &Place| match place.stands {
            Stands::Own(number) => (place.nonce, Some(number)),
            Stands::Nothing => (place.nonce, None),
        };
        standing.places.iter().map(own).collect()
    }

    fn displaced(standing: &Standing) -> Vec<usize> {
        standing.displaces.iter().copied().collect()
    }

    #[test]
    fn one_transaction_takes_the_first_place_and_leaves_the_rest_alone() {
        let queue = queue(&[(5..6, false), (6..7, false)], &[], 7);
        let standings = queue.standings(1);
        assert_eq!(shape(&standings[0]), [(5, Some(0))]);
        assert_eq!(displaced(&standings[0]), [0]);
        assert_eq!(standings[0].places[0].outbids, Some(MicroStx::new(105)));
        assert_eq!((shape(&standings[1]), displaced(&standings[1])), (vec![(6, Some(0))], vec![1]));
        assert_eq!((shape(&standings[2]), displaced(&standings[2])), (vec![(7, Some(0))], vec![]));
        assert_eq!(standings[2].places[0].outbids, None);
        assert_eq!(standings.len(), 2 + BEHIND_ALL as usize, "and places behind all");
    }

    #[test]
    fn whoever_loses_a_place_is_displaced_whole() {
        let queue = queue(&[(5..8, false), (8..9, false)], &[], 9);
        let standings = queue.standings(1);
        assert_eq!(shape(&standings[0]), [(5, Some(0)), (6, None), (7, None)]);
        assert_eq!(shape(&standings[1]), [(6, Some(0)), (7, None)]);
        assert_eq!(displaced(&standings[1]), [0]);
        assert_eq!(shape(&standings[3]), [(8, Some(0))]);
    }

    #[test]
    fn several_transactions_displace_as_many_as_they_need() {
        let queue = queue(&[(5..6, false), (6..9, false), (9..10, false)], &[], 10);
        let first = queue.standings(2).remove(0);
        assert_eq!(shape(&first), [(5, Some(0)), (6, Some(1)), (7, None), (8, None)]);
        assert_eq!(displaced(&first), [0, 1]);
        let all = queue.standings(7).remove(0);
        assert_eq!(all.places.last().map(|place| (place.nonce, place.outbids)), Some((11, None)));
        assert_eq!(displaced(&all), [0, 1, 2]);
    }

    #[test]
    fn nothing_that_could_give_it_back_stays_behind_it() {
        let queue = queue(&[(5..6, false), (6..7, false), (7..8, true), (8..9, false)], &[], 9);
        let standings = queue.standings(1);
        assert_eq!(shape(&standings[0]), [(5, Some(0)), (6, None), (7, None)]);
        assert_eq!(displaced(&standings[0]), [0, 1, 2]);
        assert_eq!(shape(&standings[3]), [(8, Some(0))], "that one stands in a block then");
    }

    #[test]
    fn what_keeps_its_place_is_never_displaced_nor_is_what_others_signed() {
        assert_eq!(queue(&[(5..6, false), (7..8, false)], &[6], 8).first(), 7);
        assert_eq!(queue(&[(5..6, false)], &[6], 7).first(), 7, "it goes behind");
        assert_eq!(queue(&[(5..6, false), (7..8, false)], &[], 8).first(), 7, "6 is somebody's");
        assert_eq!(queue(&[(5..6, false)], &[], 8).first(), 8);
        assert_eq!(queue(&[], &[5], 6).first(), 6);
        assert_eq!(queue(&[], &[], 6).first(), 6);
    }
}
