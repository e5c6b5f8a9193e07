//! Shares several records with one person at once: one's own, or all of them, later ones too; and those of a patient for whom one
//! acts, who alone lets somebody open all.

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
use mrms_core::{BurnClock, BurnHeight, Powers, Principal, RecordId, UnixTime};
use mrms_home::clock::rng;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::acting;
use crate::pages::acting::records::Records;
use crate::pages::beside::{Beside, Chosen as ChosenEnd};
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::share::{self, Extending, expiry_of};
use crate::pages::someone::{self, Meant};
use crate::pages::ticks::{self, Chosen, Listed};
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// Whose page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Own,
    Acting,
}

impl Side {
    /// Where the page is.
    const fn place(self) -> &'static str {
        match self {
            Self::Own => "/share",
            Self::Acting => "/acting/share",
        }
    }
}

/// Whose records are shared.
enum Whose {
    Own,
    /// Those of a patient for whom the person acts.
    Theirs(Acting, Records),
}

impl Whose {
    /// Whose they are now. `said` is the patient whom a form names.
    fn of(work: &Work, side: Side, said: Option<&Principal>) -> Result<Self, PortalError> {
        if side == Side::Own {
            return Ok(Self::Own);
        }
        let acting = work.acting(said, Some(Powers::SHARE.with(Powers::SEE)))?;
        let records = Records::of(work, &acting)?;
        Ok(Self::Theirs(acting, records))
    }

    /// The fields that each form has.
    fn fields(&self, view: &View) -> Markup {
        match self {
            Self::Own => token(&view.visitor),
            Self::Theirs(acting, _) => acting::fields(view, acting),
        }
    }

    /// Those of these records that are there.
    fn there(&self, work: &Work, ids: &[RecordId]) -> Result<Vec<RecordId>, PortalError> {
        let overview = match self {
            Self::Own => Some(work.overview()?),
            Self::Theirs(..) => None,
        };
        let is_there = |id: &RecordId| match (self, &overview) {
            (Self::Theirs(_, records), _) => records.with_id(*id).is_some(),
            (_, Some(overview)) => overview.row(*id).is_some_and(|row| !row.is_erased),
            (_, None) => false,
        };
        Ok(ids.iter().copied().filter(is_there).collect())
    }

    /// What a grant of these comes to beside what the reader has.
    fn beside(
        &self,
        work: &Work,
        user: &Principal,
        ids: &[RecordId],
        chosen: Option<ChosenEnd<'_>>,
    ) -> Result<Option<Beside>, PortalError> {
        match self {
            Self::Own => Beside::of_own(work, user, ids, chosen),
            Self::Theirs(acting, records) => {
                let named: Vec<_> = ids.iter().map(|id| (*id, records.name(*id))).collect();
                Beside::of_patient(work, (&acting.patient, &acting.who), user, &named, chosen)
            }
        }
    }
}
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
        const FIELDS: [&str; 12] = [
            "patient", "with", "person", "other", "what", "again", "term", "date", "allow",
            "history", "own", "seen",
        ];
        let was_sent = |name: &&str| self.pairs.iter().any(|(key, _)| key == name);
        FIELDS.into_iter().filter(was_sent).map(|name| (name, self.get(name))).collect()
    }
}

struct Known {
    whose: Whose,
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

fn known(work: &Work, whose: Whose, chosen: &Chosen) -> Result<Known, PortalError> {
    if let Whose::Theirs(acting, records) = &whose {
        return Ok(Known {
            people: acting::people(work, acting)?,
            clock: work.session().ledger.tip().map_err(refused)?.clock(),
            listed: records.listed(work, chosen)?,
            records: records.count(),
            ends: BTreeMap::new(),
            has_stopped: false,
            is_first: false,
            whose,
        });
    }
    let overview = work.overview()?;
    Ok(Known {
        whose,
        people: someone::people(work)?,
        clock: overview.clock,
        listed: ticks::listed(work, chosen)?,
        records: overview.records(),
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

/// What is shared: what is ticked, or all of one's own.
fn what(words: &Words, known: &Known, typed: Typed<'_>) -> Markup {
    html! {
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
    }
}

/// That there are no records, and what can be done about that.
fn nothing_to_share(words: &Words, theirs: Option<&Acting>) -> Markup {
    let Some(acting) = theirs else {
        return html! {
            p { (words.say("records-none")) }
            p.actions { a.button href="/records/add" { (words.say("home-add")) } }
        };
    };
    let may_add = acting.may(Powers::ADD);
    let key = if may_add { "acting-share-none-add" } else { "acting-share-none" };
    html! {
        p { (words.with(key, &[("who", (&acting.who.say(words)).into())])) }
        p.actions {
            @if may_add { a.button href="/acting/add" { (words.say("acting-add")) } }
            a.button.second href="/acting" { (words.say("acting-records")) }
        }
    }
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
    let theirs = match &known.whose {
        Whose::Own => None,
        Whose::Theirs(acting, _) => Some(acting),
    };
    let side = theirs.map_or(Side::Own, |_| Side::Acting);
    let back = match (theirs, sent.get("with")) {
        (Some(_), _) => "/acting".to_owned(),
        (None, "") => "/records".to_owned(),
        (None, with) => format!("/people/{with}"),
    };
    let more =
        html! { @if theirs.is_none() { p { a href="/people" { (words.say("share-by-card")) } } } };
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
        @if let Some(acting) = theirs {
            p { (words.with("acting-share-explained", &[("who", (&acting.who.say(words)).into())])) }
        }
        @if let Some(beside) = beside { (beside.said(words)) }
        @if known.records == 0 {
            (nothing_to_share(words, theirs))
        } @else {
            form.card method="post" action=(side.place()) {
                (known.whose.fields(view))
                @if let Some(beside) = beside { (beside.field()) }
                input type="hidden" name="with" value=(sent.get("with"));
                @match &extending {
                    Some(extending) => (extending.said(words)),
                    None => (someone::choice(words, "share-with", (&known.people, &|_| None), typed, &more)),
                }
                @if theirs.is_none() { (what(words, known, typed)) }
                div.some { (ticks::fields(words, &sent.chosen, &known.listed)) }
                (share::terms(words, known.clock, None, typed))
                details open[has_more] {
                    summary { (words.say("share-more")) }
                    (share::allowed(words, typed, theirs))
                    div.some { (share::history(words, typed)) }
                }
                @if theirs.is_none() {
                    (share::called(words, view.person.memory.own_name().as_deref()))
                    p.some { (words.say("share-explained")) }
                }
                button type="submit" {
                    (words.say(if extending.is_some() { "record-extend" } else { "share-button" }))
                }
                a.button.second href=(back) { (words.say("cancel")) }
            }
        }
    };
    let place = if theirs.is_some() { "/acting" } else { "/records" };
    layout::page(view, place, &title, &body)
}

/// `GET /share`: `with` names the person, and `record` what is ticked or `what=all` that it is all, where a page led here.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, PortalError> {
    show_of(&portal, &view, pairs, Side::Own).await
}

/// `GET /acting/share`: the same of the patient for whom the session acts.
pub(crate) async fn show_acting(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, PortalError> {
    acting::for_whom(&view)?;
    show_of(&portal, &view, pairs, Side::Acting).await
}

async fn show_of(
    portal: &Portal,
    view: &View,
    pairs: Vec<(String, String)>,
    side: Side,
) -> Result<Markup, PortalError> {
    let mut chosen = Vec::new();
    for (key, value) in pairs {
        match (key.as_str(), value.parse::<Principal>()) {
            ("with", Ok(who)) => {
                chosen.push(("person".to_owned(), who.to_string()));
                chosen.push((key, who.to_string()));
            }
            ("record", _) => chosen.push((key, value)),
            ("what", _) if value == ALL && side == Side::Own => chosen.push((key, value)),
            _ => {}
        }
    }
    let mut sent = Sent::of(chosen);
    let (asked, with) = (sent.chosen.clone(), sent.get("with").parse::<Principal>().ok());
    let is_all = sent.get("what") == ALL;
    let (known, beside) = with_home(&portal.homes, view.person.clone(), move |work| {
        let whose = Whose::of(work, side, None)?;
        // Without a record that is ticked, it is not known yet what it is about.
        let with = with.filter(|_| is_all || !asked.records.is_empty());
        let beside = match with {
            Some(user) if is_all => Beside::of_all(work, &user, None)?,
            Some(user) => {
                let ids = whose.there(work, &asked.records)?;
                whose.beside(work, &user, &ids, None)?
            }
            None => None,
        };
        Ok((known(work, whose, &asked)?, beside))
    })
    .await?;
    let known = Known { is_first: true, ..known };
    for (name, value) in &mut sent.pairs {
        if name == "person"
            && let Ok(who) = value.parse::<Principal>()
        {
            someone::field_of(&known.people, &who).clone_into(name);
        }
    }
    Ok(page(view, &known, &sent, (None, beside.as_ref())))
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

fn share(work: &Work, whose: &Whose, sent: &Sent) -> Result<Outcome, PortalError> {
    if sent.get("look") == "yes" {
        return Ok(Outcome::Looked);
    }
    let is_own = matches!(whose, Whose::Own);
    let is_all = is_own && sent.get("what") == ALL;
    let ids = whose.there(work, &sent.chosen.records)?;
    if !is_all && ids.is_empty() {
        return Ok(Outcome::Wrong(match is_own {
            true => "share-several-nothing",
            false => "acting-share-nothing",
        }));
    }
    let (person, other) = (sent.get("person"), sent.get("other"));
    if share::names_nobody(person, other) {
        return Ok(Outcome::Wrong("share-nobody"));
    }
    // For a patient somebody may share with the person at work, who is no stranger to themselves.
    let meant = match is_own {
        true => someone::meant(work, person, other)?,
        false => someone::anybody_meant(work, person, other)?,
    };
    let meant = match meant {
        Ok(meant) => meant,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let user = meant.principal();
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    let expiry = match expiry_of(sent.get("term"), sent.get("date"), clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let chosen = Some(ChosenEnd { expiry, term: (sent.get("term"), sent.get("date")) });
    let beside = match is_all {
        true => Beside::of_all(work, &user, chosen)?,
        false => whose.beside(work, &user, &ids, chosen)?,
    };
    if let Some(beside) = beside.filter(|one| !one.was_read(sent.get("seen"))) {
        return Ok(Outcome::Tell(beside.called(meant.named(work))));
    }
    if is_own && let Err(key) = share::call_me(work, sent.get("own"))? {
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
    post_of(&portal, &view, pairs, Side::Own).await
}

/// `POST /acting/share`.
pub(crate) async fn post_acting(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    post_of(&portal, &view, pairs, Side::Acting).await
}

async fn post_of(
    portal: &Portal,
    view: &View,
    pairs: Vec<(String, String)>,
    side: Side,
) -> Result<Response, PortalError> {
    let sent = Sent::of(pairs);
    view.must_have(sent.get("token"))?;
    let patient = match side {
        Side::Own => None,
        // Each form of these pages says for whom it is.
        Side::Acting => {
            let said = sent.get("patient").parse::<Principal>();
            Some(said.map_err(|_| PortalError::Form { key: "acting-other" })?)
        }
    };
    let asked = sent.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let whose = Whose::of(work, side, patient.as_ref())?;
        let outcome = share(work, &whose, &asked)?;
        Ok((outcome, known(work, whose, &asked.chosen)?))
    })
    .await?;
    let words = &view.words;
    Ok(match outcome {
        Outcome::Shared(user) => {
            let to = match side {
                Side::Own => format!("/people/{user}?done=shared"),
                Side::Acting => "/acting?done=shared".to_owned(),
            };
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::Looked => page(view, &known, &sent, (None, None)).into_response(),
        Outcome::Tell(beside) => page(view, &known, &sent, (None, Some(&beside))).into_response(),
        Outcome::Wrong(key) => {
            let page = page(view, &known, &sent, (Some(&words.say(key)), None));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let ids: Vec<String> = sent.chosen.records.iter().map(ToString::to_string).collect();
            let mut fields = sent.fields();
            fields.extend(ids.iter().map(|id| ("record", id.as_str())));
            keys::page(view, &doubt, side.place(), &fields).into_response()
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
