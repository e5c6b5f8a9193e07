//! A person's page, and the end of what they can open, where the ledger does not answer what that is.

use maud::{Markup, html};
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::not_shown::{NotShown, What};
use mrms_app::sharing::revoke::StandingAccess;
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
    /// What can be ended without an answer about it; `None` where there is nothing, or the ledger takes no transaction either.
    pub(crate) fn of(work: &Work, user: &Principal) -> Result<Option<Self>, PortalError> {
        let session = work.session();
        let what = session.given_unasked(&work.actor, user).map_err(refused)?;
        if what.is_empty() || session.ledger.account(&work.actor.principal).is_err() {
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
        let what: Vec<_> = self.what.iter().map(|(what, _)| *what).collect();
        work.open.fund(&work.actor)?;
        end(work, user, &what)
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

/// Ends what of these no block is known to have ended, after the ledger failed to answer about them.
pub(crate) fn end_named(
    work: &Work,
    user: &Principal,
    (ids, standing): (&[RecordId], StandingAccess),
    hidden: &NotShown,
) -> Result<(), PortalError> {
    let mut what = hidden.unseen();
    what.extend(ids.iter().copied().map(What::Record));
    what.extend((standing == StandingAccess::End).then_some(What::AllRecords));
    what.extend(hidden.delegation.then_some(What::Delegation));
    let what = work.session().not_yet_ended(&work.actor, user, what).map_err(refused)?;
    end(work, user, &what)
}

fn end(work: &Work, user: &Principal, what: &[What]) -> Result<(), PortalError> {
    let ended = work.session().end_unseen(&work.actor, user, what).map_err(refused)?;
    let ended = ended.done().ok_or(PortalError::BrokeOff)?;
    work.open.watch_own_vault();
    let refusals = ended.into_iter().filter_map(|one| Some((one.what, one.refusal?)));
    let mut failed = refusals.filter(|(what, refusal)| !what.is_nothing(*refusal));
    failed.next().map_or(Ok(()), |(_, refusal)| Err(refused(ShareError::Refused(refusal))))
}

/// After that: what has ended, and what is not known.
pub(crate) fn ended_page(view: &View, user: &Principal, who: &Named) -> Markup {
    let words = &view.words;
    let name = who.say(words);
    let body = html! {
        div.notice role="status" { p { (words.with("unasked-ended", &[("who", (&name).into())])) } }
        h1 { bdi { (name) } }
        p.wrong { (words.say("unasked-unknown")) }
        p { a.button href=(format!("/people/{user}")) { (words.say("unasked-look-again")) } }
    };
    layout::page(view, "/people", &name, &body)
}
