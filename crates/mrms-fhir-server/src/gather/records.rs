//! The records that the profile sees: its own, and those that others let it open, or did.

use mrms_app::records::labels::RecordLabel;
use mrms_app::records::list::NumberedRecord;
use mrms_app::records::shared::SharedBounds;
use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::grant::{self, AccessError};
use mrms_core::{RecordId, Rights, Version, visible};
use mrms_fhir::time::instant;
use mrms_fhir::{Kind, Refusal, Why};
use mrms_home::clock::rng;

use crate::gather::not_here;
use crate::reasons::{ASK_PATIENT, refused};
use crate::work::Work;

/// A record.
pub(crate) struct Seen {
    pub(crate) id: RecordId,
    pub(crate) record: Record,
    /// What its patient calls it, as far as that is known without opening it.
    pub(crate) name: Option<String>,
    /// What its patient calls themselves.
    pub(crate) patient_name: Option<String>,
    /// The version whose title that is, of one's own records.
    pub(crate) titled_by: Option<Version>,
    /// The media type of the latest version, of one's own records.
    pub(crate) media_type: Option<String>,
    pub(crate) state: State,
}

/// What the profile may do with a record.
pub(crate) enum State {
    /// It is its patient.
    Own,
    /// It was erased.
    Erased,
    /// Versions from this one on are open to it.
    Open { from: Version, rights: Rights },
    /// It could open it, and can't any more.
    Ended(AccessError),
}

impl Seen {
    pub(crate) const fn is_own(&self) -> bool {
        matches!(self.state, State::Own)
    }

    /// Whether the profile can open it now, if only in an emergency.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Own | State::Open { .. })
    }

    /// The versions that the profile may open, the newest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = Version> {
        let first = match self.state {
            State::Own => Some(Version::FIRST),
            State::Open { from, .. } => Some(from),
            State::Erased | State::Ended(_) => None,
        };
        let latest = self.record.version;
        latest.up_to().rev().filter(move |version| first.is_some_and(|first| *version >= first))
    }

    /// Fails if it was erased, or is open no longer: says what ended, when, and what to do.
    pub(crate) fn must_be_open(&self, work: &Work) -> Result<(), Refusal> {
        match &self.state {
            State::Own | State::Open { .. } => Ok(()),
            State::Erased => Err(Why::Gone.because(format!("Record {} was erased.", self.id))),
            State::Ended(why) => Err(ended(work, self.id, why)),
        }
    }
}

/// The refusal of a record that is open no longer.
pub(crate) fn ended(work: &Work, id: RecordId, why: &AccessError) -> Refusal {
    let sentence = match why {
        AccessError::Expired { expiry, .. } => {
            format!("Access to record {id} ended at {}.", instant(work.clock.time_of(*expiry)))
        }
        AccessError::Revoked { .. } => format!("The patient has ended access to record {id}."),
        _ => format!("Access to record {id} was never granted."),
    };
    Why::Forbidden.because(sentence).hint(ASK_PATIENT)
}

fn own(one: NumberedRecord, label: Option<&RecordLabel>, is_erased: bool) -> Seen {
    Seen {
        id: one.id,
        record: one.record,
        name: label.and_then(|label| label.name()).map(|name| visible::line(name).into_owned()),
        patient_name: None,
        titled_by: label.and_then(|label| label.titled_by),
        media_type: label.map(|label| label.media_type.clone()),
        state: if is_erased { State::Erased } else { State::Own },
    }
}

/// All of them.
pub(crate) fn all(work: &Work) -> Result<Vec<Seen>, Refusal> {
    let (session, me) = (work.session(), work.me());
    let numbered = session.numbered_records_of(&me).map_err(refused)?;
    let erased = session.erased_records().map_err(refused)?;
    let labels = session.labels(&work.actor, &numbered, &erased, &mut rng());
    let mut seen: Vec<_> = numbered
        .into_iter()
        .map(|one| {
            let (label, is_erased) = (labels.get(&one.id), erased.contains(&one.id));
            own(one, label, is_erased)
        })
        .collect();
    let shared = session.shared_with(&me, SharedBounds::USUAL).map_err(refused)?.records;
    let known =
        session.look_at_received(&work.actor, (&shared, None), &mut rng()).map_err(refused)?;
    for one in shared {
        let known = known.get(&one.id);
        let text = |name: &str| visible::line(name).into_owned();
        seen.push(Seen {
            name: known.and_then(|known| known.record_name()).map(|name| text(name.as_str())),
            patient_name: known
                .and_then(|known| known.patient_name())
                .map(|name| text(name.as_str())),
            id: one.id,
            record: one.record,
            titled_by: None,
            media_type: None,
            state: match one.now {
                Ok((rights, from)) => State::Open { from, rights },
                Err(why) => State::Ended(why),
            },
        });
    }
    Ok(seen)
}

/// One of them.
///
/// # Errors
///
/// [`Why::NotFound`] where there is none, or nobody ever shared it with the profile.
pub(crate) fn one(work: &Work, id: RecordId) -> Result<Seen, Refusal> {
    let (session, me) = (work.session(), work.me());
    let none = || not_here(Kind::DocumentReference, &id.to_string());
    let record = session.ask(&read::record(id)).map_err(refused)?.ok_or_else(none)?;
    if record.patient == me {
        let is_erased = session.erased_records().map_err(refused)?.contains(&id);
        let label = match is_erased {
            true => None,
            false => session.record_label(&work.actor, id, &record, &mut rng()),
        };
        return Ok(own(NumberedRecord { number: 0, id, record }, label.as_ref(), is_erased));
    }
    let (given, standing) = session.grants(id, &record.patient, &me).map_err(refused)?;
    let now = grant::effective(id, given.as_ref(), standing.as_ref(), work.clock.height);
    let state = match now {
        Ok((rights, from)) => State::Open { from, rights },
        Err(AccessError::NotGranted { .. }) => return Err(none()),
        Err(why) => State::Ended(why),
    };
    let known = session.kept_of(&work.actor, id).map_err(refused)?;
    let text = |name: &str| visible::line(name).into_owned();
    Ok(Seen {
        id,
        record,
        name: known.as_ref().and_then(|known| known.record_name()).map(|name| text(name.as_str())),
        patient_name: known
            .as_ref()
            .and_then(|known| known.patient_name())
            .map(|name| text(name.as_str())),
        titled_by: None,
        media_type: None,
        state,
    })
}
