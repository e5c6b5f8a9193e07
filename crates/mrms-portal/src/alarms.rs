//! What is wrong with the person's account as a whole, whatever page they look at: everything is offered to somebody, or was by
//! somebody else who has the words, or was taken over. As of the last time that the home was opened.

use mrms_app::contacts::AtOnce;
use mrms_core::UnixTime;

use crate::named::Named;
use crate::work::Work;

/// What every page says first, as long as it is so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    /// To whom everything is offered.
    pub(crate) offered_to: Option<Named>,
    /// The newest offer that has ended and that this program did not make, and when it was made.
    pub(crate) offered_elsewhere: Option<(Named, UnixTime)>,
    /// Who took everything over, where this program did not offer it to them.
    pub(crate) taken_by: Option<Named>,
}

impl Alarms {
    pub(crate) fn of(work: &Work, told: &AtOnce) -> Self {
        let tip = || work.session().ledger.tip().ok();
        let elsewhere = told
            .offered_elsewhere
            .last()
            .and_then(|offer| Some((work.named(&offer.to), tip()?.clock().time_of(offer.at))));
        let taken = told.handed_over.as_ref().filter(|_| !told.is_own_successor);
        Self {
            offered_to: told.offered_to.as_ref().map(|to| work.named(to)),
            offered_elsewhere: elsewhere,
            taken_by: taken.map(|it| work.named(&it.to)),
        }
    }
}
