//! A person's page, and the end of what they can open, where the ledger does not answer what that is.

use maud::{Markup, html};
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::not_shown::{Unasked, What};
use mrms_contract::ContractError;
use mrms_core::{Principal, RecordId};

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::failed;
use crate::pages::layout::{self, token};
use crate::pages::paging::ROWS;
use crate::pages::view::View;
use crate::work::Work;

/// What this profile remembers to have given somebody.
pub(crate) struct Remembered {
    who: Named,
    what: Vec<(What, Option<u64>)>,
}

impl Remembered {
    /// What can be ended without an answer about it; `None` where there is nothing.
    pub(crate) fn of(work: &Work, user: &Principal) -> Result<Option<Self>, PortalError> {
        let session = work.session();
        let what = session.given_unasked(&work.actor, user).map_err(refused)?;
        if what.is_empty() {
            return Ok(None);
        }
        let index = session.record_index(Some(&work.actor));
        let what = what.into_iter().map(|one| {
            let number = one.record().and_then(|id| index.number_of(id));
            (one, number)
        });
        Ok(Some(Self { who: work.named(user), what: what.collect() }))
    }

    /// Ends all of it.
    pub(crate) fn end(&self, work: &Work, user: &Principal) -> Result<(), PortalError> {
        work.open.fund(&work.actor)?;
        end(work, user, self.what.iter().map(|(what, _)| *what).collect())
    }

    /// The person's page.
    pub(crate) fn page(&self, view: &View, user: &Principal, why: &PortalError) -> Markup {
        let words = &view.words;
        let name = self.who.say(words);
        let body = html! {
            h1 { bdi { (name) } }
            div.wrong role="alert" {
                p { (words.with("unasked-why", &[("who", (&name).into())])) }
                p { (failed::sentence(why, words)) }
            }
            h2 { (words.say("unasked-remembered")) }
            ul {
                @for (what, number) in self.what.iter().take(ROWS) {
                    li { (match (what, number) {
                        (What::AllRecords, _) => words.say("people-sees-all"),
                        (What::Delegation, _) => words.say("person-acts"),
                        (What::Membership, _) => words.say("ends-member"),
                        (What::Offer, _) => words.say("ends-offer"),
                        (What::Contact, _) => words.say("ends-contact"),
                        (What::Record(_), Some(number)) => words.with("unasked-record", &[("number", (*number).into())]),
                        (What::Record(_), None) => words.say("records-unnamed"),
                    }) }
                }
                @if self.what.len() > ROWS {
                    li { (words.with("list-more", &[("count", (self.what.len() - ROWS).into())])) }
                }
            }
            form method="post" action=(format!("/people/{user}/stop")) {
                (token(&view.visitor))
                p { (words.say("unasked-explained")) }
                button.stop type="submit" { (words.say("person-stop-all")) }
            }
        };
        layout::page(view, "/people", &name, &body)
    }
}

/// Ends these after the ledger failed to answer about them.
pub(crate) fn end(work: &Work, user: &Principal, what: Vec<What>) -> Result<(), PortalError> {
    end_each(work, user, what).map(drop)
}

/// What became of somebody's access to one record.
pub(crate) struct EndedRecord {
    who: Named,
    /// What the contract says where it did not end by this.
    refusal: Option<ContractError>,
}

/// The same of one record.
pub(crate) fn end_record(
    work: &Work,
    user: &Principal,
    id: RecordId,
) -> Result<EndedRecord, PortalError> {
    let ended = end_each(work, user, vec![What::Record(id)])?;
    // What is known to have ended is not sent again.
    let refusal = ended.first().map_or(Some(ContractError::NoSuchGrant), |one| one.refusal);
    Ok(EndedRecord { who: work.named(user), refusal })
}

fn end_each(work: &Work, user: &Principal, what: Vec<What>) -> Result<Vec<Unasked>, PortalError> {
    let ended = work.session().end_unasked(&work.actor, user, what).map_err(refused)?;
    let ended = ended.done().ok_or(PortalError::BrokeOff)?;
    work.open.watch_own_vault();
    let failed = ended.iter().find_map(Unasked::failure);
    failed.map_or(Ok(ended), |refusal| Err(refused(ShareError::Refused(refusal))))
}

/// After that: what has ended, and what is not known.
pub(crate) fn ended_page(view: &View, user: &Principal, who: &Named) -> Markup {
    let words = &view.words;
    let name = who.say(words);
    let body = html! {
        div.notice role="status" { p { (words.with("unasked-ended", &[("who", (&name).into())])) } }
        h1 { bdi { (name) } }
        p.wrong { (words.say("unasked-unknown")) }
        p { a.button href=(format!("/people/{user}?done=ended")) { (words.say("unasked-look-again")) } }
    };
    layout::page(view, "/people", &name, &body)
}

/// The same after access to one record of one's own.
pub(crate) fn ended_record_page(view: &View, id: RecordId, ended: &EndedRecord) -> Markup {
    ended_one(view, "/records", &format!("/records/{id}"), ended)
}

/// The same after access to one record of the patient for whom somebody acts.
pub(crate) fn ended_acting_page(view: &View, id: RecordId, ended: &EndedRecord) -> Markup {
    ended_one(view, "/acting", &format!("/acting/records/{id}"), ended)
}

fn ended_one(view: &View, menu: &str, record: &str, ended: &EndedRecord) -> Markup {
    let words = &view.words;
    let name = ended.who.say(words);
    let places = [("who", (&name).into())];
    let body = html! {
        @match ended.refusal {
            None => div.notice role="status" { p { (words.with("unasked-ended-record", &places)) } },
            Some(ContractError::NoSuchGrant) => div.notice role="status" { p { (words.say("record-stopped-before")) } },
            Some(_) => p.wrong role="alert" { (words.say("unasked-record-of-another")) },
        }
        h1 { bdi { (name) } }
        p.wrong { (words.with("unasked-record-unknown", &places)) }
        p { a.button href=(record) { (words.say("unasked-look-again")) } }
    };
    layout::page(view, menu, &name, &body)
}
