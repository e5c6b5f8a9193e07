//! A request that somebody handed over: whether it can be answered here, and for how long at most.
//!
//! Whatever is wrong with a request is said to the person here, and to nobody else: nothing is sent.

use mrms_contract::read;
use mrms_core::{BurnClock, BurnHeight, Principal, UnixTime};
use mrms_people::{Card, DocumentError, Request, SignedDocument};

use crate::session::{Actor, AskError, Session};

/// Why a request can't be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is no request, or was altered.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is for another ledger or contract.
    #[error("this request is for another ledger or contract than yours")]
    OtherLedger,
    /// Its time is over.
    #[error("this request can no longer be answered")]
    Expired {
        /// When it ended.
        until: UnixTime,
    },
    /// It is the person's own.
    #[error("this request is your own")]
    Own,
    /// The key on its card is not the one that is published.
    #[error(
        "the encryption key that they have published is not the one on the card in this request"
    )]
    OtherKey,
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// The person wants to give more time than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("they ask for a shorter time")]
pub struct LongerThanAsked;

/// When a grant of what was asked for ends: as the person says, and no later than was asked for.
///
/// # Errors
///
/// [`LongerThanAsked`].
pub fn narrowed(
    seconds: u64,
    said: Option<Option<BurnHeight>>,
    clock: BurnClock,
) -> Result<Option<BurnHeight>, LongerThanAsked> {
    let latest = clock.expiry_in(seconds);
    let Some(said) = said else { return Ok(Some(latest)) };
    match said {
        Some(height) if height <= latest => Ok(Some(height)),
        _ => Err(LongerThanAsked),
    }
}

impl Session<'_> {
    /// Looks at a request that somebody handed over, at this time.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn look_at_request(
        &self,
        actor: &Actor,
        bytes: &[u8],
        now: UnixTime,
    ) -> Result<SignedDocument<Request>, RequestError> {
        let signed = SignedDocument::<Request>::from_bytes(bytes)?;
        let request = signed.document();
        let card = request.card();
        if !self.is_for_here(card) {
            return Err(RequestError::OtherLedger);
        }
        if request.has_expired(now) {
            return Err(RequestError::Expired { until: request.valid_until });
        }
        if card.principal == actor.principal {
            return Err(RequestError::Own);
        }
        let user = Principal::from(card.principal);
        let published = self.ask(&read::encryption_key(&user))?;
        if published.is_none_or(|key| Card::hash_of_key(&key.recipient) != card.key_hash) {
            return Err(RequestError::OtherKey);
        }
        Ok(signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_can_be_shortened_and_no_more() {
        let now = UnixTime::from_seconds(1_800_000_000);
        let clock = BurnClock { height: BurnHeight::new(100), began: now, now };
        let latest = narrowed(86_400, None, clock).unwrap().unwrap();
        let sooner = Some(BurnHeight::from_uint(latest.number() - 1));
        assert_eq!(narrowed(86_400, Some(sooner), clock), Ok(sooner));
        assert_eq!(narrowed(86_400, Some(Some(latest)), clock), Ok(Some(latest)));
        let later = Some(BurnHeight::from_uint(latest.number() + 1));
        assert_eq!(narrowed(86_400, Some(later), clock), Err(LongerThanAsked));
        assert_eq!(narrowed(86_400, Some(None), clock), Err(LongerThanAsked), "for ever");
    }
}
