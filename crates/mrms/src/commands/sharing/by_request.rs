//! `mrms grant --request`: reads what somebody asks for, and tells it in words before anything is granted.
//!
//! Whatever is wrong with a request is said to the person here, and to nobody else: nothing is sent.

use mrms_app::{Actor, Session};
use mrms_contract::read;
use mrms_core::{BurnClock, BurnHeight, Principal, RecordId, UnixTime};
use mrms_home::Names;
use mrms_home::clock::now;
use mrms_people::name::quotable;
use mrms_people::{Card, Request, SignedDocument};

use crate::ui::document::read_document;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::Output;
use crate::ui::{short_times, times};

/// What somebody asks for, after it was checked and told.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Who asks.
    pub(crate) user: Principal,
    /// The record that they mean, if they named one.
    pub(crate) record: Option<RecordId>,
    /// For how long, in seconds.
    pub(crate) seconds: u64,
}

/// Reads a request from a text, a file or a picture of its QR code, checks it, and tells it.
pub(crate) fn read_request(
    given: &str,
    session: &Session<'_>,
    actor: &Actor,
    names: &Names,
    output: Output,
) -> Result<Asked, Failure> {
    let signed = SignedDocument::<Request>::from_bytes(&read_document(given)?)?;
    let request = signed.document();
    let user = Principal::from(request.card().principal);
    check(request, session, actor, now())?;
    let record = request.record.map(|id| record_words(id, session, actor)).transpose()?;
    output.note(&words(request, &user, record.as_deref(), names));
    Ok(Asked { user, record: request.record, seconds: request.seconds })
}

fn check(
    request: &Request,
    session: &Session<'_>,
    actor: &Actor,
    now: UnixTime,
) -> Result<(), Failure> {
    let card = request.card();
    let chain = session.ledger.network().chain_id;
    let is_of_ledger = session.ledger.genesis().is_none_or(|genesis| {
        let genesis = mrms_core::hexadecimal::decode(genesis.trim_start_matches("0x"));
        genesis.is_ok_and(|genesis| genesis == card.genesis)
    });
    if card.contract != *session.contract || card.chain_id != chain || !is_of_ledger {
        return Err(Failure::new(
            Exit::Failed,
            "request-other-ledger",
            "this request is for another ledger or contract than yours",
        )
        .hint("ask them which node they use; mrms doctor shows yours"));
    }
    if request.has_expired(now) {
        return Err(Failure::new(
            Exit::Failed,
            "request-expired",
            format!(
                "this request could be answered until {}",
                short_times::day(request.valid_until)
            ),
        )
        .hint("ask them for a new one"));
    }
    if card.principal == actor.principal {
        return Err(Failure::usage("this request is your own")
            .hint("give it to the person whose records you would like to open"));
    }
    let user = Principal::from(card.principal);
    let published = session.ask(&read::encryption_key(&user))?;
    if published.is_none_or(|key| Card::hash_of_key(&key.recipient) != card.key_hash) {
        return Err(Failure::new(
            Exit::Integrity,
            "request-other-key",
            "the encryption key that they have published is not the one on the card in this request",
        )
        .hint("they may have a new key: ask them for a new request, by another way than this one came"));
    }
    Ok(())
}

/// The record that is asked for, as this person calls it: an id alone could be taken for a number in their list.
fn record_words(id: RecordId, session: &Session<'_>, actor: &Actor) -> Result<String, Failure> {
    let mut own = session.numbered_records_of(&actor.principal())?;
    own.retain(|one| one.id == id);
    if own.is_empty() {
        return Ok(format!("a record that is none of yours (id:{id})"));
    }
    Ok(RecordNames::of(session, Some(actor), &own)?.words(id))
}

/// What is asked for, in words.
fn words(request: &Request, user: &Principal, record: Option<&str>, names: &Names) -> String {
    let card = request.card();
    let mut who = names.shown(user);
    if names.name_of(user).is_none() {
        who =
            format!("{who}\n  calls themselves “{}”, {}", quotable(card.name.as_str()), card.kind);
        let more = [
            card.organisation.as_ref().map(ToString::to_string),
            card.address.as_ref().map(ToString::to_string),
        ];
        for more in more.into_iter().flatten() {
            who.push_str(&format!("\n  {more}"));
        }
    }
    let record = record.map_or_else(String::new, |record| format!("\n  {record}"));
    format!(
        "{who}\nasks to open\n  “{}”{record}\n  for {}, for {} ({})",
        quotable(request.what.as_str()),
        times::duration_words(request.seconds),
        request.purpose.words(),
        request.purpose
    )
}

impl Asked {
    /// When a grant of what was asked for ends: as the person says, and no later than was asked for.
    pub(crate) fn expiry(
        &self,
        said: Option<Option<BurnHeight>>,
        clock: BurnClock,
    ) -> Result<Option<BurnHeight>, Failure> {
        let latest = clock.expiry_in(self.seconds);
        let Some(said) = said else { return Ok(Some(latest)) };
        match said {
            Some(height) if height <= latest => Ok(Some(height)),
            _ => Err(Failure::usage(format!(
                "they ask for {}, and no longer",
                times::duration_words(self.seconds)
            ))
            .hint("a request can be shortened; for longer, grant without --request")),
        }
    }

    /// The record that they mean, where the person names none.
    pub(crate) fn record(&self) -> Result<RecordId, Failure> {
        self.record.ok_or_else(|| {
            Failure::usage("the request names no record: say which of yours they may open")
                .hint("mrms list shows your records; name them before --request")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_can_be_shortened_and_no_more() {
        let now = UnixTime::from_seconds(1_800_000_000);
        let clock = BurnClock { height: BurnHeight::new(100), began: now, now };
        let user = "ST000000000000000000002AMW42H".parse().unwrap();
        let asked = Asked { user, record: None, seconds: 86_400 };
        let latest = asked.expiry(None, clock).unwrap().unwrap();
        let sooner = Some(BurnHeight::from_uint(latest.number() - 1));
        assert_eq!(asked.expiry(Some(sooner), clock).unwrap(), sooner);
        assert_eq!(asked.expiry(Some(Some(latest)), clock).unwrap(), Some(latest));
        let later = Some(BurnHeight::from_uint(latest.number() + 1));
        assert!(asked.expiry(Some(later), clock).is_err());
        assert!(asked.expiry(Some(None), clock).is_err(), "for ever");
        assert!(asked.record().is_err());
    }
}
