//! Sessions of browsers, in memory alone: who came in, and which profile is open for how long.
//!
//! A session is known by a random cookie, of which the portal keeps the hash. A second random token stands in
//! every form, because a cookie goes to every port of this machine.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mrms_home::ProfileName;
use mrms_http::LocalUser;
use subtle::ConstantTimeEq as _;

use super::secret::{Secret, SecretHash};
use crate::opened::OpenProfile;

/// How long a session lasts that opened no profile or closed it, in seconds.
const IDLE_SESSION: u64 = 12 * 3_600;
/// Sessions at once; a further one ends the one that was used least lately.
const MOST_SESSIONS: usize = 16;

struct Session {
    token: String,
    /// Who came in, where that is told: it is nobody else's.
    user: Option<LocalUser>,
    last_used: u64,
    /// Whether the browser comes in again by a key of its own, or is not to.
    is_settled: bool,
    open: Option<OpenProfile>,
}

/// A session as a request sees it.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) key: SecretHash,
    /// What every form of this session has.
    pub(crate) token: String,
    pub(crate) open: Option<OpenProfile>,
    /// Whether the browser comes in again by a key of its own, or is not to.
    pub(crate) is_settled: bool,
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

impl Visitor {
    /// Whether a form has this session's token.
    pub(crate) fn has_token(&self, token: &str) -> bool {
        self.token.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

/// Whether a request shows that somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A person did something.
    Person,
    /// A page asked by itself.
    Background,
}

/// How a browser came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComesIn {
    /// With the secret of a link.
    ByLink,
    /// By its own key.
    ByKey,
}

/// All sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    all: Mutex<HashMap<SecretHash, Session>>,
    /// The profile that was opened last, by whichever browser.
    last: Mutex<Option<ProfileName>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(..)")
    }
}

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<SecretHash, Session>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The profile that was opened last while this program ran.
    pub(crate) fn last_opened(&self) -> Option<ProfileName> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a session, for this user of the machine where that is told. Returns its cookie.
    pub(crate) fn begin(
        &self,
        how: ComesIn,
        user: Option<LocalUser>,
        now: u64,
    ) -> Result<Secret, getrandom::Error> {
        let (cookie, token) = (Secret::generate()?, Secret::generate()?);
        let mut all = self.all();
        while all.len() >= MOST_SESSIONS {
            let oldest =
                all.iter().min_by_key(|(_, session)| session.last_used).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        let session = Session {
            token: token.expose().to_owned(),
            user,
            last_used: now,
            is_settled: how == ComesIn::ByKey,
            open: None,
        };
        all.insert(cookie.hash(), session);
        Ok(cookie)
    }

    /// The session of a cookie, if it has one and this user began it: a browser sends a cookie to other users' ports as well.
    /// Locks a profile that was idle for too long.
    pub(crate) fn find(
        &self,
        cookie: &str,
        user: Option<LocalUser>,
        now: u64,
        used: Use,
    ) -> Option<Visitor> {
        let key = SecretHash::of(cookie);
        let mut all = self.all();
        let session = all.get_mut(&key)?;
        if !LocalUser::is_open_to(session.user, user) {
            return None;
        }
        let idle = now.saturating_sub(session.last_used);
        if idle >= IDLE_SESSION {
            all.remove(&key);
            return None;
        }
        if session.open.as_ref().is_some_and(|open| idle >= open.idle) {
            session.open = None;
        }
        if used == Use::Person {
            session.last_used = now;
        }
        Some(Visitor {
            key,
            token: session.token.clone(),
            open: session.open.clone(),
            is_settled: session.is_settled,
        })
    }

    /// This session's browser has given its key.
    pub(crate) fn settle(&self, key: SecretHash) {
        if let Some(session) = self.all().get_mut(&key) {
            session.is_settled = true;
        }
    }

    /// Ends all sessions but this one, whose browser is not asked for a key any more. Returns those that ended.
    pub(crate) fn end_others(&self, but: SecretHash) -> Vec<SecretHash> {
        self.settle(but);
        let mut all = self.all();
        let ended = all.keys().copied().filter(|key| *key != but).collect();
        all.retain(|key, _| *key == but);
        ended
    }

    /// Locks a profile in all sessions but this one. Returns those in which it was open.
    pub(crate) fn lock_others(
        &self,
        profile: &ProfileName,
        but: SecretHash,
        now: u64,
    ) -> Vec<SecretHash> {
        let mut locked = Vec::new();
        for (key, session) in self.all().iter_mut().filter(|(key, _)| **key != but) {
            let idle = now.saturating_sub(session.last_used);
            let is_it = |open: &&OpenProfile| open.profile == *profile && idle < open.idle;
            if session.open.as_ref().filter(is_it).is_some() {
                locked.push(*key);
            }
            session.open.take_if(|open| open.profile == *profile);
        }
        locked
    }

    /// Opens a profile in a session, or locks it.
    pub(crate) fn set_open(&self, key: SecretHash, open: Option<OpenProfile>, now: u64) {
        if let Some(open) = &open {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(open.profile.clone());
        }
        if let Some(session) = self.all().get_mut(&key) {
            session.open = open;
            session.last_used = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mrms_home::ProfileName;
    use zeroize::Zeroizing;

    use super::*;

    fn open() -> OpenProfile {
        OpenProfile {
            profile: ProfileName::standard(),
            phrase: Zeroizing::new("words".to_owned()),
            idle: 600,
            memory: Arc::default(),
        }
    }

    #[test]
    fn idle_profile_is_locked_and_a_page_that_asks_by_itself_keeps_none_open() {
        let sessions = Sessions::default();
        let cookie = sessions.begin(ComesIn::ByLink, None, 0).unwrap();
        let find = |now, used| sessions.find(cookie.expose(), None, now, used);
        let key = find(0, Use::Person).unwrap().key;
        sessions.set_open(key, Some(open()), 0);
        assert!(find(599, Use::Background).unwrap().open.is_some());
        assert!(find(600, Use::Background).unwrap().open.is_none());
        sessions.set_open(key, Some(open()), 1_000);
        assert!(find(1_500, Use::Person).unwrap().open.is_some());
        assert!(find(2_000, Use::Person).unwrap().open.is_some());
        assert!(find(2_000 + IDLE_SESSION, Use::Person).is_none());
        assert!(sessions.find("other", None, 0, Use::Person).is_none());
        assert!(!format!("{:?}", open()).contains("words"));
    }

    #[test]
    fn profile_is_locked_in_all_sessions_but_one_and_others_stay_open() {
        let sessions = Sessions::default();
        let cookies = [0; 4].map(|now| sessions.begin(ComesIn::ByLink, None, now).unwrap());
        let find = |at: usize, now| sessions.find(cookies[at].expose(), None, now, Use::Background);
        let keys = [0, 1, 2, 3].map(|at| find(at, 0).unwrap().key);
        let other = OpenProfile { profile: "clinic".parse().unwrap(), ..open() };
        for (at, open) in [(0, open()), (1, open()), (2, other)] {
            sessions.set_open(keys[at], Some(open), 0);
        }
        let locked = sessions.lock_others(&ProfileName::standard(), keys[0], 10);
        assert!(locked == [keys[1]]);
        let is_open = [0, 1, 2, 3].map(|at| find(at, 10).unwrap().open.is_some());
        assert_eq!(is_open, [true, false, true, false]);
        sessions.set_open(keys[1], Some(open()), 10);
        let late = sessions.lock_others(&ProfileName::standard(), keys[0], 10_000);
        assert!(late.is_empty(), "it was locked by then");
        assert!(find(1, 10_000).unwrap().open.is_none());
    }

    #[test]
    fn session_is_of_the_user_who_came_in_and_of_root() {
        let sessions = Sessions::default();
        let [ana, ben, root] = [1000, 1001, 0].map(|user| Some(LocalUser::new(user)));
        let own = sessions.begin(ComesIn::ByLink, ana, 0).unwrap();
        let find = |user| sessions.find(own.expose(), user, 0, Use::Person).is_some();
        assert!(find(ana) && find(root));
        assert!(!find(ben) && !find(None), "with the cookie alone");
        let untold = sessions.begin(ComesIn::ByLink, None, 0).unwrap();
        assert!(sessions.find(untold.expose(), ben, 0, Use::Person).is_some());
    }

    #[test]
    fn token_is_of_one_session() {
        let sessions = Sessions::default();
        let [one, other] = [0, 1].map(|now| {
            let cookie = sessions.begin(ComesIn::ByLink, None, now).unwrap();
            sessions.find(cookie.expose(), None, now, Use::Person).unwrap()
        });
        assert!(one.has_token(&one.token));
        assert!(!one.has_token(&other.token) && !one.has_token(""));
    }

    #[test]
    fn all_other_sessions_end_and_a_browser_is_asked_for_its_key_once() {
        let sessions = Sessions::default();
        let by = |how| sessions.begin(how, None, 0).unwrap();
        let (link, key) = (by(ComesIn::ByLink), by(ComesIn::ByKey));
        let find = |cookie: &Secret| sessions.find(cookie.expose(), None, 0, Use::Background);
        assert!(!find(&link).unwrap().is_settled && find(&key).unwrap().is_settled);
        let kept = find(&link).unwrap().key;
        assert!(sessions.end_others(kept) == [SecretHash::of(key.expose())]);
        assert!(find(&key).is_none() && find(&link).unwrap().is_settled);
    }

    #[test]
    fn sessions_are_bounded() {
        let sessions = Sessions::default();
        let first = sessions.begin(ComesIn::ByLink, None, 0).unwrap();
        for now in 1..=16 {
            sessions.begin(ComesIn::ByLink, None, now).unwrap();
        }
        assert!(sessions.find(first.expose(), None, 16, Use::Person).is_none());
        assert_eq!(sessions.all().len(), MOST_SESSIONS);
    }
}
