//! Shares several records with one person at once, or all of them, later ones too.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::sharing::wanted::Wanted;
use mrms_core::{BurnClock, BurnHeight, Principal, RecordId, UnixTime};
use mrms_home::clock::rng;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::beside::{Beside, Chosen as ChosenEnd};
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::share::{self, Extending, expiry_of};
use crate::pages::someone::{self, Meant};
use crate::pages::ticks::{self, Chosen, Listed};
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// Where the page is.
const PLACE: &str = "/share";
/// What the form says of all records.
const ALL: &str = "all";
/// What it says of those that are ticked.
const SOME: &str = "some";

/// The form, as it was sent.
#[derive(Clone, Debug, Default)]
struct Sent {
    pairs: Vec<(String, String)>,
    chosen: Chosen,
}

impl Sent {
    fn of(pairs: Vec<(String, String)>) -> Self {
        Self { chosen: Chosen::of(&pairs), pairs }
    }

    fn get(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// All fields that the form is shown again with, but the records.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        const FIELDS: [&str; 11] = [
            "with", "person", "other", "what", "again", "term", "date", "allow", "history", "own",
            "seen",
        ];
        let was_sent = |name: &&str| self.pairs.iter().any(|(key, _)| key == name);
        FIELDS.into_iter().filter(was_sent).map(|name| (name, self.get(name))).collect()
    }
}

struct Known {
    people: Vec<(Principal, Named)>,
    clock: BurnClock,
    listed: Listed,
    records: usize,
    /// Until when those can open all records whose access to all has an end.
    ends: BTreeMap<Principal, UnixTime>,
    /// Whether access to any of them was ended by name.
    has_stopped: bool,
    /// Whether the form is shown for the first time.
    is_first: bool,
}

fn known(work: &Work, chosen: &Chosen) -> Result<Known, PortalError> {
    let overview = work.overview()?;
    Ok(Known {
        people: someone::people(work)?,
        clock: overview.clock,
        listed: ticks::listed(work, chosen)?,
        records: overview.own.len(),
        ends: overview
            .shares
            .iter()
            .filter_map(|share| {
                Some((share.user.clone(), overview.clock.time_of(share.standing?.expiry?)))
            })
            .collect(),
        has_stopped: overview.own.iter().any(|own| {
            own.readers.iter().any(|reader| reader.grant.is_some_and(|own| own.rights.is_none()))
        }),
        is_first: false,
    })
}

fn page(
    view: &View,
    known: &Known,
    sent: &Sent,
    (wrong, beside): (Option<&str>, Option<&Beside>),
) -> Markup {
    let words = &view.words;
    let fields = sent.fields();
    let typed = Typed::of(&fields);
    let back = match sent.get("with") {
        "" => "/records".to_owned(),
        with => format!("/people/{with}"),
    };
    let more = html! { p { a href="/people" { (words.say("share-by-card")) } } };
    let has_more = typed.text("history") == "yes" || !typed.text("allow").is_empty();
    let of_all = typed.text("what") == ALL;
    let ends = |who: &Principal| known.ends.get(who).copied().filter(|_| of_all);
    let extending = Extending::of(words, typed, &known.people, ends);
    let title = match &extending {
        Some(one) => words.with("share-extend-all-title", &[("who", (&one.who).into())]),
        None => words.say("share-several-title"),
    };
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        @if let Some(beside) = beside { (beside.said(words)) }
        @if known.records == 0 { p { (words.say("records-none")) } }
        @else {
            form.card method="post" action=(PLACE) {
                (token(&view.visitor))
                @if let Some(beside) = beside { (beside.field()) }
                input type="hidden" name="with" value=(sent.get("with"));
                @match &extending {
                    Some(extending) => (extending.said(words)),
                    None => (someone::choice(words, "share-with", (&known.people, &|_| None), typed, &more)),
                }
                fieldset {
                    legend { (words.say("share-several-what")) }
                    div.choice {
                        input type="radio" name="what" id="what-some" value=(SOME) required
                            checked[typed.chose("what", SOME, true)];
                        label for="what-some" { (words.say("share-several-some")) }
                    }
                    div.choice {
                        input type="radio" name="what" id="what-all" value=(ALL)
                            checked[typed.chose("what", ALL, false)];
                        label for="what-all" {
                            (words.with("share-several-all", &[("count", known.records.into())]))
                            span.hint { " " (words.say("share-several-all-hint")) }
                        }
                    }
                    @if known.has_stopped {
                        div.choice.below.all {
                            input type="checkbox" id="again" name="again" value="yes"
                                checked[typed.chose("again", "yes", known.is_first)];
                            label for="again" { (words.say("share-several-again")) }
                        }
                    }
                }
                div.some { (ticks::fields(words, &sent.chosen, &known.listed)) }
                (share::terms(words, known.clock, None, typed))
                details open[has_more] {
                    summary { (words.say("share-more")) }
                    (share::allowed(words, typed))
                    div.some { (share::history(words, typed)) }
                }
                (share::called(words, view.person.memory.own_name().as_deref()))
                p.some { (words.say("share-explained")) }
                button type="submit" {
                    (words.say(if extending.is_some() { "record-extend" } else { "share-button" }))
                }
                a.button.second href=(back) { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/records", &title, &body)
}

/// `GET /share`: `with` names the person, and `record` what is ticked or `what=all` that it is all, where a page led here.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, PortalError> {
    let mut chosen = Vec::new();
    for (key, value) in pairs {
        match (key.as_str(), value.parse::<Principal>()) {
            ("with", Ok(who)) => {
                chosen.push(("person".to_owned(), who.to_string()));
                chosen.push((key, who.to_string()));
            }
            ("record", _) => chosen.push((key, value)),
            ("what", _) if value == ALL => chosen.push((key, value)),
            _ => {}
        }
    }
    let sent = Sent::of(chosen);
    let (asked, with) = (sent.chosen.clone(), sent.get("with").parse::<Principal>().ok());
    let is_all = sent.get("what") == ALL;
    let (known, beside) = with_home(&portal.homes, view.person.clone(), move |work| {
        // Without a record that is ticked, it is not known yet what it is about.
        let with = with.filter(|_| is_all || !asked.records.is_empty());
        let beside = match with {
            Some(user) if is_all => Beside::of_all(work, &user, None)?,
            Some(user) => Beside::of_own(work, &user, &asked.records, None)?,
            None => None,
        };
        Ok((known(work, &asked)?, beside))
    })
    .await?;
    let known = Known { is_first: true, ..known };
    let mut sent = sent;
    for (name, value) in &mut sent.pairs {
        if name == "person"
            && let Ok(who) = value.parse::<Principal>()
        {
            someone::field_of(&known.people, &who).clone_into(name);
        }
    }
    Ok(page(&view, &known, &sent, (None, beside.as_ref())))
}

/// What became of a form.
enum Outcome {
    /// It asked for a search.
    Looked,
    Shared(Principal),
    /// The reader's key is to be compared first.
    AskAbout(Doubt),
    /// What it comes to is to be read first.
    Tell(Beside),
    Wrong(&'static str),
}

fn share(work: &Work, sent: &Sent) -> Result<Outcome, PortalError> {
    if sent.get("look") == "yes" {
        return Ok(Outcome::Looked);
    }
    let is_all = sent.get("what") == ALL;
    let overview = work.overview()?;
    let is_there = |id: &RecordId| overview.row(*id).is_some_and(|row| !row.is_erased);
    let ids: Vec<_> = sent.chosen.records.iter().copied().filter(is_there).collect();
    if !is_all && ids.is_empty() {
        return Ok(Outcome::Wrong("share-several-nothing"));
    }
    if share::names_nobody(sent.get("person"), sent.get("other")) {
        return Ok(Outcome::Wrong("share-nobody"));
    }
    let meant = match someone::meant(work, sent.get("person"), sent.get("other"))? {
        Ok(meant) => meant,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let user = meant.principal();
    let expiry = match expiry_of(sent.get("term"), sent.get("date"), overview.clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let chosen = Some(ChosenEnd { expiry, term: (sent.get("term"), sent.get("date")) });
    let beside = match is_all {
        true => Beside::of_all(work, &user, chosen)?,
        false => Beside::of_own(work, &user, &ids, chosen)?,
    };
    if let Some(beside) = beside.filter(|one| !one.was_read(sent.get("seen"))) {
        return Ok(Outcome::Tell(beside.called(meant.named(work))));
    }
    if let Err(key) = share::call_me(work, sent.get("own"))? {
        return Ok(Outcome::Wrong(key));
    }
    let wanted = Wanted {
        amend: sent.get("allow") == "amend",
        emergency: sent.get("allow") == "emergency",
        history: sent.get("history") == "yes",
        ..Wanted::default()
    };
    let confirmed = sent.get("confirmed");
    let asked = match is_all {
        true => {
            let asked = grant_all(work, &meant, wanted, expiry, confirmed)?;
            if asked.is_none() && sent.get("again") == "yes" {
                // What was stopped by name opens by name alone.
                let own = work.overview()?;
                let shut = own.own.iter().filter(|one| one.shuts_out(&user)).map(|one| one.id);
                share::grant(work, &shut.collect::<Vec<_>>(), &meant, wanted, expiry, confirmed)?
            } else {
                asked
            }
        }
        false => share::grant(work, &ids, &meant, wanted, expiry, confirmed)?,
    };
    Ok(asked.map_or(Outcome::Shared(user), Outcome::AskAbout))
}

/// Lets somebody open all records, unless their key is to be compared first.
fn grant_all(
    work: &Work,
    meant: &Meant,
    wanted: Wanted,
    expiry: Option<BurnHeight>,
    confirmed: &str,
) -> Result<Option<Doubt>, PortalError> {
    let session = work.session();
    let user = &meant.principal();
    work.open.must_be_reached_by(user, &work.home)?;
    meant.keep(work)?;
    if let Some(doubt) = keys::settle(work, user, confirmed)? {
        return Ok(Some(doubt.about(meant.named(work))));
    }
    work.open.fund(&work.actor)?;
    let live = session.live_standing(&work.actor, user).map_err(refused)?;
    let rights = wanted.rights(live).map_err(refused)?;
    let terms = TermsOfAll { allows: rights, expiry, changed_key: ChangedKey::Refuse };
    let granted = session.grant_all(&work.actor, user, terms).map_err(refused)?;
    granted.done().ok_or(PortalError::BrokeOff)?;
    let own = &work.overview()?.own;
    let records: Vec<_> = own.iter().map(|one| (one.id, one.record.clone())).collect();
    // It stands; keys that could not be left now are left by what this person does next.
    let _ = session.tend(&work.actor, &records, usize::MAX, &mut |_, _| {}, &mut rng());
    Ok(None)
}

/// `POST /share`.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let sent = Sent::of(pairs);
    view.must_have(sent.get("token"))?;
    let asked = sent.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let outcome = share(work, &asked)?;
        Ok((outcome, known(work, &asked.chosen)?))
    })
    .await?;
    let words = &view.words;
    Ok(match outcome {
        Outcome::Shared(user) => {
            let to = format!("/people/{user}?done=shared");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::Looked => page(&view, &known, &sent, (None, None)).into_response(),
        Outcome::Tell(beside) => page(&view, &known, &sent, (None, Some(&beside))).into_response(),
        Outcome::Wrong(key) => {
            let page = page(&view, &known, &sent, (Some(&words.say(key)), None));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let ids: Vec<String> = sent.chosen.records.iter().map(ToString::to_string).collect();
            let mut fields = sent.fields();
            fields.extend(ids.iter().map(|id| ("record", id.as_str())));
            keys::page(&view, &doubt, PLACE, &fields).into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_is_shown_again_as_it_was_sent_without_its_token() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let sent = Sent::of(vec![
            pair("token", "secret"),
            pair("person", "ST1"),
            pair("what", "all"),
            pair("record", "7"),
            pair("term", "share-day"),
        ]);
        let expected = [("person", "ST1"), ("what", "all"), ("term", "share-day")];
        assert_eq!(sent.fields(), expected);
        assert_eq!(sent.chosen.records, [RecordId::new(7)]);
        assert!(Typed::of(&sent.fields()).chose("what", ALL, false));
    }
}
