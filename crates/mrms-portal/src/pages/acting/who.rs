//! Who looked at the records of the patient for whom somebody acts. The vaults' logs are the patient's to compare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::who::{Deed, Wanted};
use mrms_core::RecordId;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::looks::{Counts, Timed, timed};
use crate::named::Named;
use crate::pages::acting::for_whom;
use crate::pages::acting::records::{Records, Told};
use crate::pages::forms::OfPage;
use crate::pages::layout;
use crate::pages::naming::Offers;
use crate::pages::paging::Page;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

struct Found {
    acting: Acting,
    counts: Counts,
    page: Page,
    rows: Vec<(Named, Timed)>,
    told: BTreeMap<RecordId, Told>,
}

/// Who it was that looked.
pub(super) fn who(work: &Work, one: &Timed) -> Named {
    let organisation = one.look.organisation.as_ref();
    work.named_for(&one.look.who, organisation)
}

fn find(work: &Work, page: Option<usize>) -> Result<Found, PortalError> {
    let acting = work.acting(None, None)?;
    let session = work.session();
    let records = Records::of(work, &acting)?;
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let all = records.all().iter().map(|one| (one.id, one.record.clone())).collect();
    let looks = session.looks(&acting.patient, all, Wanted { since: None, own: false });
    let mut looks: Vec<Timed> =
        looks.map_err(refused)?.into_iter().map(|look| timed(look, clock)).collect();
    looks.sort_by_key(|one| std::cmp::Reverse(one.time));
    let page = Page::of(page, looks.len());
    let shown = page.of_all(&looks);
    let ids: BTreeSet<RecordId> = shown.iter().map(|one| one.look.record).collect();
    let of: Vec<_> = ids.iter().filter_map(|id| records.with_id(*id)).cloned().collect();
    let told = records.told(work, &of)?.into_iter().map(|told| (told.id, told)).collect();
    let rows = shown.iter().map(|one| (who(work, one), one.clone())).collect();
    Ok(Found { acting, counts: Counts::of(&looks), page, rows, told })
}

/// A time that somebody looked. `record` is which one, where it is not the page's own.
pub(super) fn row(
    words: &Words,
    acting: &Acting,
    (who, offers): (&Named, &Offers<'_>),
    one: &Timed,
    record: Option<&Told>,
) -> Markup {
    let patient = acting.who.say(words);
    let named = who.say(words);
    let said = match one.look.for_patient {
        true => words.with(
            "acting-for",
            &[("who", named.trim_end_matches(',').into()), ("patient", (&patient).into())],
        ),
        false => named.trim_end_matches(',').to_owned(),
    };
    html! {
        li.refused[one.is_refused()].emergency[one.is_emergency()] {
            @if let Some(record) = record {
                a href=(format!("/acting/records/{}", one.look.record)) { bdi { (record.in_sentence(words)) } }
                @if one.is_emergency() { " · " span.hint { (record.kind_and_facts(words)) } }
                " · "
            }
            bdi { (said) } " · "
            time datetime=(times::machine(one.time)) { (times::day_and_time(words, one.time)) }
            @match &one.look.deed {
                Deed::Refused { .. } => { " · " (words.say(one.refusal_key())) },
                Deed::DeclaredEmergency => { " · " (words.say("acting-declared")) },
                Deed::OpenedInEmergency => { " · " (words.say("acting-in-emergency")) },
                Deed::Opened => {},
            }
            (offers.beside(&one.look.who, one.look.organisation.as_ref(), who))
        }
    }
}

/// `GET /acting/who`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<OfPage>,
) -> Result<Response, PortalError> {
    for_whom(&view)?;
    let found = with_home(&portal.homes, view.person.clone(), move |work| find(work, asked.page));
    let found = found.await?;
    let words = &view.words;
    let offers = Offers::new(&view, "/acting/who");
    let title = words.with("acting-who-of", &[("who", (&found.acting.who.say(words)).into())]);
    let body = html! {
        h1 { bdi { (title) } }
        p.meta role="status" {
            @if found.counts == Counts::default() { (words.say("acting-nobody-looked")) }
            @else {
                (words.with("who-count-opened", &[("count", found.counts.opened.into())])) " · "
                (words.with("who-count-refused", &[("count", found.counts.refused.into())]))
                @if found.counts.declared > 0 {
                    " · " (words.with("who-count-declared", &[("count", found.counts.declared.into())]))
                }
            }
        }
        ul.looks {
            @for (who, one) in &found.rows {
                (row(words, &found.acting, (who, &offers), one, found.told.get(&one.look.record)))
            }
        }
        (found.page.links(words, "/acting/who", &[]))
        p.hint { (words.say("acting-who-hint")) }
    };
    Ok(layout::page(&view, "/acting/who", &title, &body).into_response())
}
