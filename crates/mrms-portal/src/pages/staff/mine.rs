//! The organisations for which a person opens: taking the key of one that names them, and forgetting it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_contract::read;
use mrms_core::{BurnClock, Principal, UnixTime};
use mrms_crypto::Fingerprint;
use mrms_home::clock::rng;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::layout::token;
use crate::pages::left;
use crate::pages::staff::{PLACE, end_of};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// An organisation whose key this person holds.
struct Joined {
    organisation: Principal,
    who: Named,
    is_live: bool,
    until: Option<UnixTime>,
    /// The fingerprint of its key as it is now, which patients compare with the person; `None` where it can't be asked for, and
    /// where the person is no member.
    key: Option<Fingerprint>,
}

/// The organisations of a person.
pub(crate) struct Mine {
    joined: Vec<Joined>,
    /// Those that name them, and whose key they have not taken.
    naming: Vec<(Principal, Named)>,
}

impl Mine {
    pub(crate) fn of(work: &Work, clock: BurnClock) -> Result<Self, PortalError> {
        let (session, me) = (work.session(), work.actor.principal());
        let root = work.actor.keyring.record_root().map_err(refused)?;
        let held = session.profile.held_keys(&root, session.contract).unwrap_or_else(|error| {
            // Taken again, they come from the organisation.
            work.is_damaged(error);
            BTreeMap::new()
        });
        let mut joined = Vec::new();
        for organisation in held.keys() {
            let membership = session.ask(&read::member(organisation, &me)).map_err(refused)?;
            let is_live = membership.is_some_and(|one| one.is_live(clock.height));
            let key = is_live.then(|| session.published_fingerprint(organisation).ok()).flatten();
            joined.push(Joined {
                who: work.named(organisation),
                is_live,
                key,
                until: end_of(clock, membership.and_then(|one| one.expiry)),
                organisation: organisation.clone(),
            });
        }
        let naming = work.naming()?;
        let naming = naming.iter().filter(|one| !held.contains_key(one));
        let naming = naming.map(|one| (one.clone(), work.named(one)));
        Ok(Self { joined, naming: naming.collect() })
    }

    /// The organisations for which the person opens now, each with its account.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&Principal, &Named)> {
        self.joined.iter().filter(|one| one.is_live).map(|one| (&one.organisation, &one.who))
    }

    /// Those whose key is to be taken.
    pub(crate) fn naming(&self) -> impl Iterator<Item = &Named> {
        self.naming.iter().map(|(_, who)| who)
    }

    /// The fingerprints that patients compare with the person, for the organisations for which the person opens.
    pub(crate) fn fingerprints(&self, words: &Words) -> Markup {
        html! {
            @for (one, key) in self.joined.iter().filter_map(|one| Some((one, one.key.as_ref()?))) {
                section.card {
                    h2 { (words.with("works-for-fingerprint-title", &[
                        ("organisation", (&one.who.say(words)).into()),
                    ])) }
                    (fingerprint(words, key))
                }
            }
        }
    }

    pub(super) const fn is_nothing(&self) -> bool {
        self.joined.is_empty() && self.naming.is_empty()
    }
}

pub(super) fn section(view: &View, now: UnixTime, mine: &Mine) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="works-for" {
            h2 id="works-for" { (words.say("works-for")) }
            @if mine.is_nothing() {
                p { (words.say("works-for-none")) " " a href="/card" { (words.say("own-card-title")) } }
            }
            ul.readers {
                @for (organisation, who) in &mine.naming { (naming(view, organisation, who)) }
                @for one in &mine.joined { (joined(view, now, one)) }
            }
        }
    }
}

fn naming(view: &View, organisation: &Principal, who: &Named) -> Markup {
    let words = &view.words;
    let who = who.say(words);
    html! {
        li {
            span {
                (words.with("works-for-named", &[("organisation", (&who).into())]))
                br;
                span.hint { (words.say("works-for-join-hint")) }
            }
            form.inline method="post" action=(format!("/staff/{organisation}/join")) {
                (token(&view.visitor))
                button type="submit"
                    aria-label=(words.with("works-for-join-who", &[("organisation", (&who).into())])) {
                    (words.say("works-for-join"))
                }
            }
        }
    }
}

/// The fingerprint of an organisation's key, and for whom it is.
fn fingerprint(words: &Words, key: &Fingerprint) -> Markup {
    html! {
        p.fingerprint { (key) }
        p.hint { (words.say("works-for-fingerprint-hint")) }
    }
}

fn joined(view: &View, now: UnixTime, one: &Joined) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    let who = &[("organisation", (&who).into())];
    html! {
        li {
            div {
                @if one.is_live {
                    (words.with("works-for-live", who)) br;
                    @match one.until {
                        // The organisation ends it, and not the person at work.
                        None => span.until { (words.say("works-for-until-ended")) },
                        end => (left::until(words, now, end)),
                    }
                    " · " a href="/shared" { (words.say("works-for-shared")) }
                    @if let Some(key) = &one.key {
                        br; (words.say("works-for-fingerprint"))
                        (fingerprint(words, key))
                    }
                } @else {
                    (words.with("works-for-over", who))
                    @if let Some(end) = one.until { " " (times::day(words, end)) }
                }
            }
            details {
                summary { (words.say("works-for-leave")) }
                form method="post" action=(format!("/staff/{}/leave", one.organisation)) {
                    (token(&view.visitor))
                    p { (words.say("works-for-leave-hint")) }
                    button.stop type="submit"
                        aria-label=(words.with("works-for-leave-who", who)) { (words.say("works-for-leave")) }
                }
            }
        }
    }
}

/// `POST /staff/{organisation}/join`: takes its key, with an entry in its log.
pub(crate) async fn join(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(organisation): Path<Principal>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let taken = with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let taken = work.session().take_staff_key(&work.actor, &organisation, &mut rng());
        taken.map_err(refused)?.done().ok_or(PortalError::BrokeOff)
    })
    .await?;
    let done = if taken.has_published { "joined" } else { "joined-other-key" };
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("{PLACE}?done={done}"))]).into_response())
}

/// `POST /staff/{organisation}/leave`: forgets its key.
pub(crate) async fn leave(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(organisation): Path<Principal>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.session().leave_staff(&work.actor, &organisation, &mut rng()).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("{PLACE}?done=left"))]).into_response())
}
