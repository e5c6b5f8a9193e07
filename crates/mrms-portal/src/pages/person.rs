//! One person: what they can open now, how often they did, and the end of all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::shares::{EndedRecord, KeyOnChain, OpenRecord, Openings};
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::not_shown::{NotShown, What};
use mrms_app::sharing::of_all::WhatTheyGranted;
use mrms_app::sharing::revoke::StandingAccess;
use mrms_contract::{ContractError, read};
use mrms_core::{BurnClock, Powers, Principal, RecordId, UnixTime};
use mrms_crypto::Fingerprint;
use mrms_home::clock::rng;
use mrms_people::{Card, SignedDocument};
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::looks::Timed;
use crate::named::Named;
use crate::pages::ends::{self, Ends};
use crate::pages::forms::Plain;
use crate::pages::layout::{self, notice, token};
use crate::pages::paging::{Page, ROWS};
use crate::pages::record::{extend, more_than_reading, still_acts};
use crate::pages::staff::mine::Mine;
use crate::pages::unasked::{self, Remembered};
use crate::pages::unsure::{self, Unsure};
use crate::pages::view::View;
use crate::pages::{cards, left, naming, new_key, powers, tell};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// How many records that somebody could open are told when all is ended.
const MOST_ENDED: usize = 20;
/// How many of somebody's openings are told on their page.
const MOST_LOOKS: usize = 10;

#[derive(Deserialize)]
pub(crate) struct Asked {
    page: Option<usize>,
    /// What was just done: a key of the catalogues.
    done: Option<String>,
    /// `yes` where access to all records was just ended.
    #[serde(default)]
    all: String,
}

/// A look of theirs, or of somebody who is of them.
struct Looked {
    look: Timed,
    /// What the record is called.
    name: Option<String>,
    /// Who it was, where they looked for them.
    member: Option<Named>,
}

struct Facts {
    who: Named,
    is_known: bool,
    card: Option<SignedDocument<Card>>,
    /// The fingerprint of their key as it is now; `None` where it can't be asked for, or they have none.
    key_now: Option<Fingerprint>,
    /// The other contracts on which the person gave them something.
    elsewhere: BTreeSet<String>,
    /// Whether they are an organisation for which the person opens.
    is_workplace: bool,
    clock: BurnClock,
    /// What the person may do for them, if they act for them.
    acted_for: Option<Acting>,
    /// When access to all records ends; `None` where they have none to all.
    standing: Option<Option<UnixTime>>,
    /// What they may do for the person as a delegate, and until when.
    acts: Option<(Powers, Option<UnixTime>)>,
    /// What ends when all is stopped.
    ends: Ends,
    /// What is not certain yet of what was given them, or stopped.
    unsure: Option<Unsure>,
    /// Whether they acted for the person before, and no more.
    acted: bool,
    page: Page,
    rows: Vec<(OpenRecord, Option<String>)>,
    looks: Vec<Looked>,
    has_opened: bool,
    /// Whether their key is to be compared, before what the person adds reaches them.
    has_new_key: bool,
    /// Of access to all records: what it does not open, since the person ended access to it by name.
    shut_out: Vec<(RecordId, Option<String>)>,
    /// Whether they could open all records, and that was just ended.
    had_all: bool,
    /// Whether there is something to share, and they can read it.
    may_be_given: bool,
    /// What they could open before, where all of it was just ended.
    ended: Vec<(EndedRecord, Option<String>)>,
}

fn facts(
    work: &Work,
    who: &Principal,
    asked: Option<usize>,
    is_stopped: bool,
) -> Result<Facts, PortalError> {
    let overview = work.overview()?;
    let person = work.names.people().and_then(|people| people.get(who)).cloned();
    let share = overview.shares.iter().find(|share| share.user == *who);
    let acts = overview.acting(who);
    let acted_for = work.may_act_for(who, overview.clock)?;
    let is_patient = acted_for.is_some() || work.has_said(who);
    let hidden = ends::hidden(work, &overview, who);
    let beside = work.session().beside(&work.actor, who).map_err(refused)?;
    let unsure = unsure::of(work, &overview, who)?;
    let has_something = share.is_some()
        || acts.is_some()
        || unsure.is_some()
        || !hidden.is_empty()
        || !beside.is_empty();
    let looks = work.looks()?;
    // Whoever looked once can be given a name, also when their access has ended.
    let has_looked = looks.all.iter().any(|one| one.is_of(who));
    let is_workplace = Mine::of(work, overview.clock)?.live().any(|(one, _)| one == who);
    let is_somebody = person.is_some() || is_workplace || is_patient || has_looked;
    if !is_somebody && !has_something && !is_stopped {
        return Err(PortalError::NoPage);
    }
    let open = share.map(|share| share.records.clone()).unwrap_or_default();
    let page = Page::of(asked, open.len());
    let mut rows = Vec::new();
    for record in page.of_all(&open) {
        let mut record = record.clone();
        if let Some(own) = overview.own.iter().find(|own| own.id == record.id) {
            let session = work.session();
            let mut openings = session.openings_of(own).map_err(refused)?;
            let of = (own.id, own.record.version);
            session
                .try_keys_on_chain(&work.actor, of, &mut openings, &mut rng())
                .map_err(refused)?;
            session.tell_known_without_key(&work.actor, own.id, &mut openings);
            record.openings = openings.get(who).cloned().unwrap_or_default();
        }
        let name = overview.told_apart(record.id);
        rows.push((record, name));
    }
    let ended = match is_stopped {
        true => work.session().ended_for(who, &overview.own).map_err(refused)?,
        false => Vec::new(),
    };
    let acted = is_stopped && acts.is_none() && {
        let delegate = read::delegate(&work.actor.principal(), who);
        work.session().ask(&delegate).map_err(refused)?.is_some()
    };
    let has_all = share.is_some_and(|share| share.standing.is_some());
    let shut_out = overview.own.iter().filter(|own| has_all && own.shuts_out(who));
    let shut_out = shut_out.map(|own| (own.id, overview.told_apart(own.id)));
    let theirs = looks.all.iter().filter(|one| one.is_of(who)).take(MOST_LOOKS);
    let clock = overview.clock;
    let card = person.as_ref().and_then(|person| person.card().ok().flatten());
    // A page about somebody opens also where their key can't be asked for.
    let key_now = work.session().published_fingerprint(who).ok();
    Ok(Facts {
        who: acted_for.as_ref().map_or_else(|| work.reader(who), |acting| acting.who.clone()),
        acted_for,
        is_known: person.is_some(),
        card,
        key_now,
        // Where that can't be read, a page that ends something says so.
        elsewhere: work.session().given_elsewhere(&work.actor, who).unwrap_or_default(),
        is_workplace,
        clock,
        standing: share
            .and_then(|share| share.standing)
            .map(|standing| standing.expiry.map(|expiry| clock.time_of(expiry))),
        acts: acts.map(|one| {
            let expiry = one.delegation.expiry;
            (one.delegation.powers, expiry.map(|expiry| clock.time_of(expiry)))
        }),
        ends: Ends::of(&overview, share, acts.is_some(), &hidden, beside),
        unsure,
        acted,
        page,
        rows,
        shut_out: shut_out.collect(),
        had_all: false,
        may_be_given: !overview.own.is_empty() && work.reader(who).may_be_given(),
        has_opened: looks.all.iter().any(|one| one.is_of(who) && one.is_opening()),
        has_new_key: overview.with_new_keys(work).contains(who),
        looks: theirs
            .map(|one| Looked {
                look: one.clone(),
                name: overview.told_apart(one.look.record),
                member: (one.look.who != *who).then(|| work.reader(&one.look.who)),
            })
            .collect(),
        ended: ended.into_iter().map(|one| (one.clone(), overview.told_apart(one.id))).collect(),
    })
}

fn opened(view: &View, openings: &Openings, clock: BurnClock) -> String {
    let words = &view.words;
    let last = openings.last.filter(|_| openings.count > 0);
    let opened = match (last, openings.key_on_chain) {
        (None, KeyOnChain::Opens) => words.say("person-key-on-chain"),
        (None, KeyOnChain::Unknown) => words.say("person-key-perhaps"),
        (None, KeyOnChain::Nothing) => words.say("person-not-opened"),
        (Some(last), _) => {
            let day = times::day(words, clock.time_of(last));
            let count = openings.count.into();
            words.with("person-opened", &[("count", count), ("day", (&day).into())])
        }
    };
    left::with_without_key(words, opened, openings)
}

/// What access to all records does not open, with the way to share it by name.
fn shut_out(words: &Words, who: &Principal, records: &[(RecordId, Option<String>)]) -> Markup {
    let (shown, more) = records.split_at(records.len().min(ROWS));
    let ids: String = shown.iter().map(|(id, _)| format!("&record={id}")).collect();
    html! {
        @if !records.is_empty() {
            div.wrong {
                p { (words.say("person-shut-out")) }
                ul {
                    @for (id, name) in shown {
                        li { a href=(format!("/records/{id}")) {
                            bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                        } }
                    }
                    @if !more.is_empty() { li { (words.with("list-more", &[("count", more.len().into())])) } }
                }
                p { a.button.second href=(format!("/share?with={who}{ids}")) { (words.say("person-share-these")) } }
            }
        }
    }
}

fn access(view: &View, who: &Principal, facts: &Facts) -> Markup {
    let words = &view.words;
    let now = facts.clock.now;
    let sees_nothing = facts.ends.are_none();
    html! {
        section aria-labelledby="sees" {
            h2 id="sees" { (words.say("person-sees")) }
            @if let Some(end) = facts.standing {
                p {
                    (words.say("people-sees-all")) " · " (left::until(words, now, end))
                    @if end.is_some() && facts.may_be_given {
                        " " (extend(words, &format!("/share?with={who}&what=all"), &facts.who.say(words)))
                    }
                }
                (shut_out(words, who, &facts.shut_out))
            }
            @if let Some((powers, end)) = facts.acts {
                p {
                    (words.say("person-acts")) " " (powers::they_may(words, powers)) " "
                    (left::until(words, now, end)) " · " a href="/family" { (words.say("nav-family")) }
                }
            }
            @if sees_nothing && facts.unsure.is_none() { p { (words.say("person-sees-nothing")) } }
            @if let Some(unsure) = &facts.unsure { (unsure.said(words)) }
            ul.readers {
                @for (record, name) in &facts.rows {
                    li {
                        span {
                            a href=(format!("/records/{}", record.id)) {
                                bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                            }
                            br;
                            @if !record.by_standing {
                                @let time = |height| facts.clock.time_of(height);
                                (left::since(words, now, record.since.map(time), record.until.map(time)))
                                " · "
                            }
                            (opened(view, &record.openings, facts.clock))
                            @if let Some(more) = more_than_reading(record.rights) { " · " (words.say(more)) }
                        }
                        @if !record.by_standing && record.until.is_some() && facts.may_be_given {
                            (extend(words, &format!("/records/{}/share?with={who}", record.id), &facts.who.say(words)))
                        }
                        form method="post" action=(format!("/records/{}/stop", record.id)) {
                            (token(&view.visitor))
                            input type="hidden" name="user" value=(who);
                            button.stop type="submit" { (words.say("record-stop")) }
                        }
                    }
                }
            }
            (facts.page.links(words, &format!("/people/{who}"), &[]))
            @if facts.may_be_given {
                p { a.button href=(format!("/share?with={who}")) { (words.say("person-share")) } }
            }
            @if !sees_nothing {
                form.card method="post" action=(format!("/people/{who}/stop")) {
                    (token(&view.visitor))
                    (facts.ends.said(words, who))
                    button.stop type="submit" { (words.say("person-stop-all")) }
                }
            }
        }
    }
}

/// `GET /people/{principal}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let (wanted, page) = (who.clone(), asked.page);
    let is_stopped = matches!(asked.done.as_deref(), Some("stopped" | "ended"));
    let facts = with_home(&portal.homes, view.person.clone(), move |work| {
        match facts(work, &wanted, page, is_stopped) {
            // What the person remembers to have given can be ended all the same.
            Err(why @ (PortalError::Refused { .. } | PortalError::Away)) => {
                match Remembered::of(work, &wanted)? {
                    Some(remembered) => Ok(Err((remembered, why))),
                    None => Err(why),
                }
            }
            facts => Ok(Ok(facts?)),
        }
    });
    let facts = match facts.await? {
        Ok(facts) => facts,
        Err((remembered, why)) => {
            let page = remembered.page(&view, &who, &why);
            return Ok((why.status(), page).into_response());
        }
    };
    let facts = Facts { had_all: asked.all == "yes", ..facts };
    Ok(page_of(&view, &who, &facts, asked.done.as_deref(), None).into_response())
}

/// What was just ended, and what they did with it before.
fn stopped(view: &View, who: &Principal, facts: &Facts) -> Markup {
    let words = &view.words;
    if facts.acts.is_some() {
        return still_acts(words, &facts.who.say(words));
    }
    html! {
        div.notice role="status" {
            p { (words.with("person-stopped", &[("who", (&facts.who.say(words)).into())])) }
            @if facts.acted {
                p {
                    (words.say("ends-acted")) " "
                    a href=(format!("/family/{who}/end")) { (words.say("ends-let-in")) }
                }
            }
            @if facts.had_all { p { (words.say("person-had-all")) } }
            ul {
                @for (record, name) in facts.ended.iter().take(MOST_ENDED) {
                    li {
                        a href=(format!("/records/{}", record.id)) {
                            bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                        }
                        ": "
                        (left::opened_before(words, &record.openings, |height| facts.clock.time_of(height)))
                    }
                }
            }
            @if facts.ended.len() > MOST_ENDED {
                p { a href="/who" { (words.say("person-all-looks")) } }
            }
            p { (words.say("record-stopped-later")) }
        }
    }
}

/// What the person may do for them, and how to learn what they are called.
fn acted_for(view: &View, now: UnixTime, acting: &Acting) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="acted-for" {
            h2 id="acted-for" { (words.say("person-you-act")) }
            p {
                (powers::you_may(words, acting.powers)) " "
                @match acting.until {
                    // The patient ends it, and not the person at work.
                    None => (words.say("family-until-ended")),
                    end => (left::until(words, now, end)),
                }
                " · " a href="/family" { (words.say("nav-family")) }
            }
            (cards::nameless(words, &acting.who))
        }
    }
}

fn page_of(
    view: &View,
    who: &Principal,
    facts: &Facts,
    done: Option<&str>,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let name = facts.who.say(words);
    let body = html! {
        @match done {
            Some("added") => (notice(&words.say("person-added"))),
            Some("shared") => {
                (notice(&words.with("person-shared", &[("who", (&name).into())])))
                (tell::them(words, &view.person, "tell-shared", &[]))
            }
            Some("stopped") if facts.acts.is_some() => (stopped(view, who, facts)),
            // What is not certain stands below.
            Some("stopped") if facts.unsure.is_some() => {
                p.wrong role="alert" { (words.with("person-stopped-unsure", &[("who", (&name).into())])) }
            },
            Some("stopped") => { (stopped(view, who, facts)) (tell::them(words, &view.person, "tell-stopped", &[])) }
            Some("renamed") => (notice(&words.say("person-renamed"))),
            Some("compared") if !facts.has_new_key => (notice(&words.say("new-key-compared"))),
            _ => {}
        }
        @if facts.has_new_key { (new_key::said(words, who, &facts.who)) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        h1 { bdi { (name) } }
        @if let Some(acting) = &facts.acted_for { (acted_for(view, facts.clock.now, acting)) }
        @if !facts.elsewhere.is_empty() {
            @let contracts = facts.elsewhere.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            p.wrong role="alert" {
                (words.with("person-elsewhere", &[("who", (&name).into()), ("contracts", (&contracts).into())]))
            }
        }
        (access(view, who, facts))
        section aria-labelledby="looked" {
            h2 id="looked" { (words.say("person-looked")) }
            @if !facts.has_opened { p { (words.say("person-never-looked")) } }
            ul.looks {
                @for Looked { look: one, name, member } in &facts.looks {
                    li.refused[one.is_refused()].emergency[one.is_emergency()] {
                        a href=(format!("/records/{}", one.look.record)) {
                            bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                        }
                        " · "
                        time datetime=(times::machine(one.time)) { (times::day_and_time(words, one.time)) }
                        @if let Some(member) = member { " · " bdi { (member.say(words)) } }
                        @if one.is_refused() { " · " (words.say(one.refusal_key())) }
                    }
                }
            }
            p { a href=(format!("/who?person={who}")) { (words.say("person-all-looks")) } }
        }
        section.card {
            h2 { (words.say("person-card")) }
            @match &facts.card {
                Some(card) => (cards::card_of(words, card.document(), facts.key_now.as_ref())),
                None => {
                    div { (layout::account(words, who)) }
                    p { (words.say("person-no-card")) }
                    @if let Some(key) = &facts.key_now {
                        p { (words.say("card-fingerprint")) }
                        p.fingerprint { (key) }
                        p.hint { (words.say("fingerprint-theirs")) }
                    }
                }
            }
            @if facts.is_workplace { p.hint { (words.say("works-for-fingerprint-hint")) } }
            form method="post" action=(format!("/people/{who}/rename")) {
                (token(&view.visitor))
                (naming::field(words, ""))
                button.second type="submit" { (words.say("name-save")) }
            }
            @if facts.is_known {
                form method="post" action=(format!("/people/{who}/forget")) {
                    (token(&view.visitor))
                    p { (words.say("person-forget-explained")) }
                    button.quiet type="submit" { (words.say("person-forget")) }
                }
            }
        }
    };
    layout::page(view, "/people", &name, &body)
}

/// `POST /people/{principal}/stop`: ends everything that somebody can open now.
pub(crate) async fn stop(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let user = who.clone();
    let ended = with_home(&portal.homes.for_an_end(), view.person.clone(), move |work| {
        let looked = work.overview().and_then(|overview| {
            let share = overview.shares.iter().find(|share| share.user == user).cloned();
            let own = overview.own.iter().map(|record| record.id).collect();
            let hidden =
                work.session().given_and_not_shown(&work.actor, &user, &own, share.as_ref());
            let mut hidden = hidden.map_err(refused)?;
            // The right to act that the ledger shows ends as well.
            if overview.acting(&user).is_some() {
                hidden.add(What::Delegation);
            }
            let beside = work.session().beside(&work.actor, &user).map_err(refused)?;
            Ok((share, hidden, beside))
        });
        let (share, not_shown, beside) = match looked {
            Ok(looked) => looked,
            // A ledger that does not answer keeps nothing from ending that the person remembers.
            Err(why) => {
                let Some(remembered) = Remembered::of(work, &user)? else { return Err(why) };
                remembered.end(work, &user)?;
                return Ok(Ended::Unasked(work.named(&user)));
            }
        };
        let share = share.as_ref();
        work.tell_unremembered();
        if share.is_none() && not_shown.is_empty() && beside.is_empty() {
            return Ok(Ended::Seen { had_all: false });
        }
        work.open.fund(&work.actor)?;
        let (ids, standing) = (not_shown.records_with(share), not_shown.standing_with(share));
        // Of what only this person remembered, the contract may say that there was nothing to end.
        let is_nothing = |id, error: Option<ContractError>| {
            error == Some(ContractError::NoSuchGrant) && not_shown.records.contains(&id)
        };
        // One failure keeps nothing else from ending.
        let failed = match work.session().revoke_several(&work.actor, &ids, &user, standing) {
            Ok(ended) => {
                let ended = ended.done().ok_or(PortalError::BrokeOff)?;
                let mut failed = ended.into_iter().filter_map(|(id, one)| Some((id, one.err()?)));
                let failed = failed.find(|(id, error)| !is_nothing(*id, Some(*error)));
                failed.map(|(_, error)| PortalError::refused(&error))
            }
            Err(ShareError::Ask(_)) => {
                unasked::end(work, &user, not_shown.with_named(&ids, standing))?;
                return Ok(Ended::Unasked(work.named(&user)));
            }
            Err(error) if !error.is_of_one_transaction() => Some(refused(error)),
            Err(_) => {
                let (each, all) = work.session().revoke_each(&work.actor, &ids, &user, standing);
                let mut failed = each.into_iter().filter_map(|(id, one)| Some((id, one.err()?)));
                let failed = failed.find(|(id, error)| !is_nothing(*id, error.refusal()));
                failed.map(|(_, error)| refused(error)).or(all.err().map(refused))
            }
        };
        work.open.watch_own_vault();
        let hidden = end_not_shown(work, &user, &not_shown);
        let beside = work.session().end_beside(&work.actor, &user, &beside);
        let failed_beside = beside.into_iter().find_map(|(_, ended)| ended.err());
        let beside = failed_beside.map_or(Ok(()), |error| Err(refused(error)));
        failed.map_or(Ok(()), Err).and(hidden).and(beside)?;
        Ok(Ended::Seen { had_all: standing == StandingAccess::End })
    })
    .await?;
    let had_all = match ended {
        Ended::Seen { had_all } => had_all,
        Ended::Unasked(named) => {
            return Ok(unasked::ended_page(&view, &who, &named).into_response());
        }
    };
    let all = if had_all { "&all=yes" } else { "" };
    let to = format!("/people/{who}?done=stopped{all}");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// What became of the end.
enum Ended {
    /// The ledger showed what there was.
    Seen { had_all: bool },
    /// It did not answer: what was remembered has ended.
    Unasked(Named),
}

/// Ends what the ledger does not show, though the person gave it: records as a whole, and the right to act for them.
fn end_not_shown(work: &Work, user: &Principal, hidden: &NotShown) -> Result<(), PortalError> {
    let session = work.session();
    if hidden.has(What::Delegation) {
        match session.end_delegate(&work.actor, user, WhatTheyGranted::Stays) {
            Err(error) if error.refusal() == Some(ContractError::NoSuchDelegate) => {}
            ended => drop(ended.map_err(refused)?),
        }
    }
    session.end_unasked(&work.actor, user, hidden.unseen()).map(drop).map_err(refused)
}

#[derive(Deserialize)]
pub(crate) struct NewName {
    token: String,
    name: String,
}

/// `POST /people/{principal}/rename`.
pub(crate) async fn rename(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<NewName>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let user = who.clone();
    let renamed = with_home(&portal.homes, view.person.clone(), move |work| {
        match naming::give(work, &user, &form.name)? {
            Ok(()) => Ok(Ok(())),
            Err(key) => Ok(Err(Box::new((key, facts(work, &user, None, false)?)))),
        }
    });
    Ok(match renamed.await? {
        Ok(()) => {
            let to = format!("/people/{who}?done=renamed");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Err(wrong) => {
            let (key, facts) = *wrong;
            let page = page_of(&view, &who, &facts, None, Some(&view.words.say(key)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

/// `POST /people/{principal}/forget`: what they may open, they may open still.
pub(crate) async fn forget(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(who): Path<Principal>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        let root = work.actor.keyring.record_root().map_err(refused)?;
        let forget = |people: &mut mrms_people::People| people.remove(&who).map(drop);
        work.session().profile.change_people(&root, &mut rng(), forget).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/people")]).into_response())
}
