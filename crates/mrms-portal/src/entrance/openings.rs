//! Versions that a session opened against an entry of a log: kept in memory for a while, for that session alone,
//! so that a page and its picture or file use one entry.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mrms_app::access::open::Unlocked;

use super::secret::{Secret, SecretHash};

/// How long an opened version can be looked at, in seconds.
const LASTS: u64 = 600;
/// How many are kept; a further one replaces the oldest.
const MOST: usize = 32;

struct Kept {
    session: SecretHash,
    until: u64,
    unlocked: Arc<Unlocked>,
}

/// The versions that are open now.
#[derive(Default)]
pub(crate) struct Openings(Mutex<HashMap<String, Kept>>);

impl fmt::Debug for Openings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Openings(..)")
    }
}

impl Openings {
    /// Keeps a version for this session. Returns the name under which it is found.
    pub(crate) fn keep(
        &self,
        unlocked: Arc<Unlocked>,
        session: SecretHash,
    ) -> Result<String, getrandom::Error> {
        let name = Secret::generate()?;
        let name = name.expose().to_owned();
        let now = mrms_files::seconds_since_boot();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| kept.until > now);
        while all.len() >= MOST {
            let Some(oldest) =
                all.iter().min_by_key(|(_, kept)| kept.until).map(|(name, _)| name.clone())
            else {
                break;
            };
            all.remove(&oldest);
        }
        let kept = Kept { session, until: now.saturating_add(LASTS), unlocked };
        all.insert(name.clone(), kept);
        Ok(name)
    }

    /// The version of this name, if this session opened it and its time is not over.
    pub(crate) fn find(&self, name: &str, session: SecretHash) -> Option<Arc<Unlocked>> {
        let now = mrms_files::seconds_since_boot();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(name)?;
        (kept.session.is(&session) && kept.until > now).then(|| Arc::clone(&kept.unlocked))
    }

    /// How many seconds this session can still look at it.
    pub(crate) fn left(&self, name: &str, session: SecretHash) -> u64 {
        let now = mrms_files::seconds_since_boot();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(name).filter(|kept| kept.session.is(&session));
        kept.map_or(0, |kept| kept.until.saturating_sub(now))
    }

    /// Forgets what a session opened: its profile was locked.
    pub(crate) fn forget(&self, session: SecretHash) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| !kept.session.is(&session));
    }
}
