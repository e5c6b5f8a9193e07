//! Family: who acts for this person, and for whom they act; contacts for later, and children with a profile here. Naming
//! somebody and ending that are pages of their own.

pub(crate) mod contact;
pub(crate) mod end;
pub(crate) mod name;
pub(crate) mod over;
mod questions;
pub(crate) mod ward;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::list::OwnRecord;
use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal, RecordId, UnixTime};
use mrms_home::wards::Ward;
use serde::Deserialize;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::family::contact::Contacts;
use crate::pages::layout::{self, notice, token};
use crate::pages::view::View;
use crate::pages::{cards, left, powers, tell};
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// When a delegation ends.
enum End {
    /// At this time, or not by itself.
    At(Option<UnixTime>),
    /// With the day on which a ward grows up: the end of it.
    WithDay(UnixTime),
}

/// What is known of the keys that were left for somebody who may see.
#[derive(Clone, Copy)]
enum Keys {
    /// They need none, or have all.
    Fine,
    /// So many records' keys are still to be left.
    Lacking(usize),
    /// This profile does not remember that it named them.
    NotRemembered,
}

/// Somebody who acts for the person, or did.
struct ActsForMe {
    user: Principal,
    who: Named,
    powers: Powers,
    end: End,
    keys: Keys,
}

/// Somebody for whom the person acts.
struct IActFor {
    patient: Principal,
    who: Named,
    powers: Powers,
    end: End,
}

struct Facts {
    now: UnixTime,
    /// Whether the person handed over: nobody acts for them as a patient any more.
    is_handed_over: bool,
    mine: Vec<ActsForMe>,
    ended: Vec<ActsForMe>,
    theirs: Vec<IActFor>,
    contacts: Contacts,
    wards: Vec<ward::Row>,
    /// Somebody whose delegation was just ended, and how many records they can still open.
    just_ended: Option<(Principal, Named, usize)>,
}

fn end_of(
    wards: &[Ward],
    who: (&Principal, &Principal),
    expiry: Option<BurnHeight>,
    clock: BurnClock,
) -> End {
    match wards.iter().find(|ward| ward.ends(who.0, who.1, expiry)) {
        Some(ward) => End::WithDay(ward.terms.grows_up),
        None => End::At(expiry.map(|expiry| clock.time_of(expiry))),
    }
}

/// The records of a list, as use cases take them.
pub(super) fn records_in(own: &[OwnRecord]) -> Vec<(RecordId, Record)> {
    own.iter().map(|one| (one.id, one.record.clone())).collect()
}

fn facts(work: &Work, asked: &Asked) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let is_handed_over = session.handed_over(&me).map_err(refused)?.is_some();
    // Whoever acts for the patient acts for the successor from then on.
    let delegates = match is_handed_over {
        true => Vec::new(),
        false => session.delegates(&me).map_err(refused)?,
    };
    let wards = work.home.wards()?;
    let overview = work.overview()?;
    let lacking = session.lacking_keys(&work.actor, &records_in(&overview.own)).map_err(refused)?;
    let (mut mine, mut ended) = (Vec::new(), Vec::new());
    for one in delegates {
        let delegation = one.delegation;
        let is_live = delegation.powers_at(clock.height).is_some();
        let keys = match lacking.get(&one.user) {
            _ if !is_live || !delegation.powers.include(Powers::SEE) => Keys::Fine,
            None => Keys::NotRemembered,
            Some(0) => Keys::Fine,
            Some(count) => Keys::Lacking(*count),
        };
        let told = ActsForMe {
            who: work.named(&one.user),
            powers: delegation.powers,
            end: end_of(&wards, (&me, &one.user), delegation.expiry, clock),
            keys,
            user: one.user,
        };
        if is_live { mine.push(told) } else { ended.push(told) }
    }
    let mut theirs = Vec::new();
    for one in session.represented_by(&me, clock.height).map_err(refused)? {
        theirs.push(IActFor {
            who: called(work, &one.patient)?,
            powers: one.delegation.powers,
            end: end_of(&wards, (&one.patient, &me), one.delegation.expiry, clock),
            patient: one.patient,
        });
    }
    let just_ended = asked.who.clone().map(|user| {
        let share = overview.shares.iter().find(|share| share.user == user);
        let open = share.map_or(0, |share| match share.standing {
            Some(_) => overview.own.len(),
            None => share.by_name().count(),
        });
        let who = work.named(&user);
        (user, who, open)
    });
    let (contacts, wards) = (contact::contacts(work, clock)?, ward::wards(work, clock)?);
    let now = clock.now;
    Ok(Facts { now, is_handed_over, mine, ended, theirs, contacts, wards, just_ended })
}

#[derive(Clone, Deserialize)]
pub(crate) struct Asked {
    /// What was just done: a key of the catalogues.
    #[serde(default)]
    done: String,
    /// With whom.
    who: Option<Principal>,
    /// Whom the person wants to ask to act for them: a name or an account. It is asked about first.
    #[serde(default)]
    ask: String,
    /// The contact whom the person wants to refuse. It is asked about first.
    refuse: Option<Principal>,
    /// The page that the question came from.
    #[serde(default)]
    from: String,
}

/// Where somebody's key is compared, with what was chosen for them in the form at `path`.
pub(super) fn to_compare(path: &str, who: &Principal, typed: &[(&'static str, &str)]) -> String {
    format!("{}&compare=yes", to_look(path, who, typed))
}

/// Where it is said what a form at `path` means.
pub(super) fn to_look(path: &str, who: &Principal, typed: &[(&'static str, &str)]) -> String {
    let mut to = format!("{path}?look=yes&person={who}");
    for (name, value) in typed.iter().filter(|(name, _)| !matches!(*name, "person" | "other")) {
        // Names of choices, days and numbers: whatever else was sent is none.
        let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        to.extend(["&", name, "="]);
        to.extend(value.chars().filter(plain));
    }
    to
}

/// The second press of a button finds that it is done: what was wanted holds, and nothing is wrong.
pub(crate) fn unless_done(
    result: Result<(), PortalError>,
    is_done: impl FnOnce() -> Result<bool, PortalError>,
) -> Result<(), PortalError> {
    match result {
        Err(PortalError::Refused { .. }) if is_done()? => Ok(()),
        result => result,
    }
}

/// Whether somebody acts for a patient now.
pub(crate) fn acts(
    work: &Work,
    patient: &Principal,
    delegate: &Principal,
) -> Result<bool, PortalError> {
    let session = work.session();
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    let found = session.ask(&read::delegate(patient, delegate)).map_err(refused)?;
    Ok(found.is_some_and(|found| found.powers_at(now).is_some()))
}

fn until(view: &View, now: UnixTime, end: &End) -> Markup {
    let words = &view.words;
    match end {
        End::At(end) => left::until(words, now, *end),
        End::WithDay(end) => {
            let day = UnixTime::from_seconds(end.seconds().saturating_sub(1));
            html! {
                (left::words_left(words, now, *end)) ", "
                (words.with("family-until-day", &[("day", (&times::day(words, day)).into())]))
            }
        }
    }
}

/// `GET /family`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    if !asked.ask.is_empty() {
        return questions::ask_first(&portal, &view, asked.ask).await;
    }
    if let Some(who) = asked.refuse {
        return questions::refuse_first(&portal, &view, who, asked.from == "home").await;
    }
    let wanted = asked.clone();
    let facts =
        with_home(&portal.homes, view.person.clone(), move |work| facts(work, &wanted)).await?;
    let words = &view.words;
    let body = html! {
        h1 { (words.say("nav-family")) }
        (done(&view, &asked, &facts))
        section aria-labelledby="mine" {
            h2 id="mine" { (words.say("family-mine")) }
            @if facts.is_handed_over { p { (words.say("why-handed-over")) } }
            @else if facts.mine.is_empty() { p { (words.say("family-mine-none")) } }
            ul.readers { @for one in &facts.mine { (acts_for_me(&view, facts.now, one)) } }
            @if !facts.is_handed_over {
                p { a.button href="/family/name" { (words.say("family-name")) } }
            }
            @if !facts.ended.is_empty() { (ended(&view, &facts.ended)) }
        }
        section aria-labelledby="theirs" {
            h2 id="theirs" { (words.say("family-theirs")) }
            @if facts.theirs.is_empty() { p { (words.say("family-theirs-none")) } }
            @else { p { (words.say("family-theirs-explained")) } }
            ul.readers { @for one in &facts.theirs { (i_act_for(&view, facts.now, one)) } }
        }
        @if !facts.is_handed_over { (contact::mine(&view, &facts.contacts)) }
        (contact::theirs(&view, &facts.contacts))
        (ward::section(&view, facts.now, &facts.wards, portal.homes.settings().remote.sponsor.is_some()))
        p { a href="/hand-over" { (words.say("hand-over-link")) } }
    };
    Ok(layout::page(&view, "/family", &words.say("nav-family"), &body).into_response())
}

/// What was just done.
fn done(view: &View, asked: &Asked, facts: &Facts) -> Markup {
    let words = &view.words;
    let ended = |key: &str| {
        let Some((user, who, open)) = &facts.just_ended else { return html! {} };
        let who = who.say(words);
        html! {
            div.notice role="status" {
                p { (words.with("family-ended", &[("who", (&who).into())])) " " (words.say(key)) }
                @if *open > 0 {
                    p {
                        (words.with("family-still-open", &[("who", (&who).into()), ("count", (*open).into())]))
                        " " a href=(format!("/people/{user}")) { (words.say("family-still-open-link")) }
                    }
                }
                p { (words.say("family-ended-saved")) }
            }
        }
    };
    let told =
        |said: Markup, key: &str| html! { (said) (tell::them(words, &view.person, key, &[])) };
    match asked.done.as_str() {
        "named" => told(notice(&words.say("family-named")), "tell-delegate"),
        "own" => notice(&words.say("family-own")),
        "contact" => told(notice(&words.say("contact-named")), "tell-contact"),
        "contact-removed" => told(notice(&words.say("contact-removed")), "tell-contact-over"),
        "contact-asked" => notice(&words.say("contact-asked-done")),
        "contact-accepted" => notice(&words.say("contact-accepted")),
        "kept" => told(ended("family-ended-kept"), "tell-delegate-over"),
        "ended" => told(ended("family-ended-all"), "tell-delegate-over"),
        _ => html! {},
    }
}

fn acts_for_me(view: &View, now: UnixTime, one: &ActsForMe) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    html! {
        li {
            span {
                a href=(format!("/people/{}", one.user)) { bdi { (who) } }
                br;
                (powers::they_may(words, one.powers))
                br;
                (until(view, now, &one.end))
                @match one.keys {
                    Keys::Fine => {},
                    Keys::Lacking(count) => { br; (words.with("family-keys-lacking", &[("count", count.into())])) },
                    Keys::NotRemembered => { br; (words.say("family-keys-forgotten")) },
                }
            }
            span {
                a.button.second href=(format!("/family/name?who={}", one.user))
                    aria-label=(words.with("family-change-who", &[("who", (&who).into())])) {
                    (words.say("family-change"))
                }
                a.button.stop href=(format!("/family/{}/end", one.user))
                    aria-label=(words.with("record-stop-who", &[("who", (&who).into())])) {
                    (words.say("record-stop"))
                }
            }
        }
    }
}

fn ended(view: &View, ended: &[ActsForMe]) -> Markup {
    let words = &view.words;
    html! {
        details {
            summary { (words.with("family-former", &[("count", ended.len().into())])) }
            ul.readers {
                @for one in ended {
                    li {
                        span { bdi { (one.who.say(words)) } " · " (words.say("left-ended")) }
                        // What they granted may go on; it can be ended later as well.
                        @if one.powers.include(Powers::SHARE) {
                            a href=(format!("/family/{}/end", one.user)) { (words.say("family-end-granted-link")) }
                        }
                    }
                }
            }
        }
    }
}

fn i_act_for(view: &View, now: UnixTime, one: &IActFor) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    html! {
        li {
            span {
                a href=(format!("/people/{}", one.patient)) { strong { bdi { (who) } } }
                br;
                (powers::you_may(words, one.powers))
                br;
                @match &one.end {
                    // The patient ends it, and not the person at work.
                    End::At(None) => span.until { (words.say("family-until-ended")) },
                    end => (until(view, now, end)),
                }
            }
            form.inline method="post" action="/acting/begin" {
                (token(&view.visitor))
                input type="hidden" name="patient" value=(one.patient);
                button type="submit" { (words.with("family-act-for", &[("who", (&who).into())])) }
            }
            (cards::nameless(words, &one.who))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::typed::Typed;

    #[test]
    fn form_that_is_shown_again_has_what_was_typed() {
        let words = crate::words::Words::of(crate::words::Language::English);
        let clock = BurnClock {
            height: BurnHeight::new(900_000),
            began: UnixTime::from_seconds(1_795_856_400),
            now: UnixTime::from_seconds(1_795_856_400),
        };
        let people = [
            ("ST000000000000000000002AMW42H", "Ben"),
            ("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM", "Cleo"),
        ]
        .map(|(who, name)| (who.parse::<Principal>().unwrap(), Named::Known(name.to_owned())));
        let shown = |typed: Typed<'_>| {
            html! {
                (crate::pages::someone::fields(&words, "family-name-who", &people, typed))
                (powers::fields(&words, typed))
                (crate::pages::share::terms(&words, clock, None, typed))
            }
            .into_string()
        };
        let typed = [
            ("person", "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"),
            ("other", "Ana <b>"),
            ("preset", "chosen"),
            ("see", "yes"),
            ("share", ""),
            ("add", "yes"),
            ("term", "share-year"),
            ("date", "2027-01-02"),
        ];
        let (first, shown) = (shown(Typed::NOTHING), shown(Typed::of(&typed)));
        let is_checked_in = |shown: &str, id: &str| {
            let tags: Vec<_> =
                shown.split('<').filter(|tag| tag.contains(&format!("id=\"{id}\""))).collect();
            assert_eq!(tags.len(), 1, "{id}: {shown}");
            tags.iter().all(|tag| tag.contains(" checked"))
        };
        let is_checked = |id: &str| is_checked_in(&shown, id);
        for (id, wanted) in [
            ("person-0", false),
            ("person-1", true),
            ("preset-chosen", true),
            ("preset-full", false),
            ("preset-see", true),
            ("preset-share", false),
            ("preset-add", true),
            ("share-year", true),
            ("share-month", false),
        ] {
            assert_eq!(is_checked(id), wanted, "{id}");
        }
        assert!(shown.contains("Ana &lt;b&gt;</textarea>"), "{shown}");
        assert!(shown.contains("value=\"2027-01-02\""), "{shown}");
        for (id, wanted) in [("person-1", false), ("preset-full", false), ("share-month", true)] {
            assert_eq!(is_checked_in(&first, id), wanted, "{id}");
        }
        assert!(!first.contains("value=\"2027"), "{first}");
        // Whatever was sent stays text, and takes the place of nothing else.
        let hostile = [("other", "</textarea><input name=\"preset\" value=\"full\" checked>")];
        let hostile = html! { (crate::pages::someone::fields(&words, "family-name-who", &[], Typed::of(&hostile))) };
        let hostile = hostile.into_string();
        assert_eq!(hostile.matches("<input").count(), 0, "{hostile}");
        assert_eq!(hostile.matches("</textarea>").count(), 1, "{hostile}");
    }

    #[test]
    fn second_press_is_fine_where_what_was_wanted_holds() {
        let refusal = || PortalError::Refused { code: None, message: "it is over".to_owned() };
        assert!(unless_done(Err(refusal()), || Ok(true)).is_ok());
        assert!(unless_done(Err(refusal()), || Ok(false)).is_err());
        assert!(unless_done(Err(PortalError::Away), || Ok(true)).is_err(), "nobody knows");
        assert!(unless_done(Ok(()), || Ok(false)).is_ok());
    }
}
