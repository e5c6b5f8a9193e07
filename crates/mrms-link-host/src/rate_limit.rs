//! How often one link may be asked for. Each retrieval costs a fee, and whoever has the link could ask without end.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use mrms_app::profile::links::LinkId;
use mrms_core::UnixTime;

/// Seconds that are looked back.
const WINDOW: u64 = 60;
/// Links that are remembered before those that nobody asked for lately are forgotten.
const REMEMBERED: usize = 4_096;

/// The times at which links were asked for.
pub(crate) struct RateLimit {
    most: usize,
    asked: Mutex<HashMap<LinkId, VecDeque<u64>>>,
}

impl RateLimit {
    /// So many requests of one link in a minute, at least one.
    pub(crate) fn new(per_minute: u32) -> Self {
        let most = usize::try_from(per_minute).unwrap_or(usize::MAX).max(1);
        Self { most, asked: Mutex::default() }
    }

    /// Counts a request. If there were too many, says after how many seconds there is room again.
    pub(crate) fn ask(&self, id: &LinkId, now: UnixTime) -> Result<(), u64> {
        let now = now.seconds();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |time: &u64| now < time.saturating_add(WINDOW) && *time <= now;
        if asked.len() >= REMEMBERED {
            asked.retain(|_, times| times.back().is_some_and(is_recent));
        }
        let times = asked.entry(id.clone()).or_default();
        times.retain(is_recent);
        if times.len() >= self.most {
            let oldest = times.front().copied().unwrap_or(now);
            return Err(oldest.saturating_add(WINDOW).saturating_sub(now).max(1));
        }
        times.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_link_is_asked_for_so_often_in_a_minute_and_others_are_not_touched() {
        let limit = RateLimit::new(2);
        let at = UnixTime::from_seconds;
        let (one, other) = (LinkId::of("one"), LinkId::of("other"));
        assert_eq!(limit.ask(&one, at(100)), Ok(()));
        assert_eq!(limit.ask(&one, at(130)), Ok(()));
        assert_eq!(limit.ask(&one, at(140)), Err(20));
        assert_eq!(limit.ask(&other, at(140)), Ok(()));
        assert_eq!(limit.ask(&one, at(160)), Ok(()));
        assert_eq!(limit.ask(&one, at(50)), Ok(()), "a clock that was set back shuts nobody out");
    }
}
