//! Who looked at a person's own records: all of it, the newest first, read once for each state of the ledger.

use mrms_app::audit::who::{Deed, Look, Wanted};
use mrms_core::{BurnClock, UnixTime};

use crate::error::{PortalError, refused};
use crate::overview::Overview;
use crate::times;
use crate::work::Work;

/// A look, and when it was.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) look: Look,
    pub(crate) time: UnixTime,
}

impl Timed {
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self.look.deed, Deed::Refused { .. })
    }

    pub(crate) const fn is_emergency(&self) -> bool {
        matches!(self.look.deed, Deed::DeclaredEmergency | Deed::OpenedInEmergency)
    }
}

/// All looks, the newest first.
#[derive(Debug)]
pub(crate) struct Looks {
    pub(crate) all: Vec<Timed>,
}

impl Looks {
    pub(crate) fn of(
        work: &Work,
        overview: &Overview,
        clock: BurnClock,
    ) -> Result<Self, PortalError> {
        let me = work.actor.principal();
        let records = overview.own.iter().map(|own| (own.id, own.record.clone())).collect();
        let wanted = Wanted { since: None, own: false };
        let looks = work.session().looks(&me, records, wanted).map_err(refused)?;
        let timed = |look: Look| {
            // Heights are ten minutes apart; the block has its own time.
            let time = look.time.as_deref().and_then(times::of_block);
            Timed { time: time.unwrap_or_else(|| clock.time_of(look.burn_height)), look }
        };
        let mut all: Vec<Timed> = looks.into_iter().map(timed).collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.time));
        Ok(Self { all })
    }

    /// Those since a time, the newest first.
    pub(crate) fn since(&self, time: UnixTime) -> &[Timed] {
        let count = self.all.partition_point(|one| one.time >= time);
        &self.all[..count]
    }
}
