//! Staff: who opens for this person's organisation, and for which organisations this person opens. Naming somebody, ending that
//! and a new key are pages of their own.

pub(crate) mod add;
pub(crate) mod mine;
pub(crate) mod names;
pub(crate) mod remove;
pub(crate) mod workplaces;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use maud::{Markup, html};
use mrms_app::staff::administer::StaffError;
use mrms_app::staff::members::StaffMember;
use mrms_app::staff::unconfirmed::Unconfirmed;
use mrms_core::{BurnClock, Principal, UnixTime, Version};
use mrms_people::name::short;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, notice};
use crate::pages::naming::Offers;
use crate::pages::staff::mine::Mine;
use crate::pages::staff::names::Names;
use crate::pages::view::View;
use crate::pages::{left, tell};
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// Where the page is.
pub(crate) const PLACE: &str = "/staff";

/// What a member has of the organisation's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TheirKey {
    NotTaken,
    Newest,
    Older,
}

impl TheirKey {
    fn of(has: Option<Version>, newest: Option<Version>) -> Self {
        match has {
            None => Self::NotTaken,
            has if has == newest => Self::Newest,
            Some(_) => Self::Older,
        }
    }

    const fn words_key(self) -> &'static str {
        match self {
            Self::NotTaken => "staff-key-not-taken",
            Self::Newest => "staff-key-taken",
            Self::Older => "staff-key-older",
        }
    }
}

/// Somebody on the staff, or who was.
struct Member {
    user: Principal,
    who: Named,
    since: UnixTime,
    until: Option<UnixTime>,
    key: TheirKey,
    /// Whether they were removed here, and no block is known to have that.
    is_ending: bool,
}

struct Facts {
    now: UnixTime,
    members: Vec<Member>,
    former: Vec<Member>,
    /// What was done with others, of whom the ledger shows nothing.
    unshown: Vec<(Principal, Named, Unconfirmed)>,
    is_key_due: bool,
    /// What patients can be given of names; `None` while nobody is on the staff.
    names: Option<Names>,
    mine: Mine,
    /// What was just done, with whom, and who got no new key.
    done: Option<Done>,
}

struct Done {
    who: Named,
    fingerprint: String,
    left_out: Vec<Named>,
}

/// What is not confirmed yet. Without the memory that tells it, nothing is; pages say that it is damaged.
fn unconfirmed(
    work: &Work,
    staff: &mrms_app::staff::members::Staff,
) -> Result<BTreeMap<Principal, Unconfirmed>, PortalError> {
    match work.session().unconfirmed_staff(&work.actor, staff) {
        Err(StaffError::Profile(error)) => {
            work.is_damaged(error);
            Ok(BTreeMap::new())
        }
        found => found.map_err(refused),
    }
}

fn facts(work: &Work, asked: &Asked) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let staff = session.staff(&me).map_err(refused)?;
    let mut unconfirmed = unconfirmed(work, &staff)?;
    let mut member = |one: &StaffMember| Member {
        who: work.named(&one.principal),
        since: clock.time_of(one.since),
        until: one.membership.expiry.map(|expiry| clock.time_of(expiry)),
        key: TheirKey::of(one.has_key, staff.key),
        is_ending: unconfirmed.remove(&one.principal) == Some(Unconfirmed::Ending),
        user: one.principal.clone(),
    };
    let (members, former): (Vec<_>, Vec<_>) =
        staff.members.iter().partition(|one| one.membership.is_live(clock.height));
    let (members, former) = (
        members.into_iter().map(&mut member).collect(),
        former.into_iter().map(&mut member).collect(),
    );
    let unshown = unconfirmed.into_iter().map(|(user, what)| {
        let who = work.named(&user);
        (user, who, what)
    });
    Ok(Facts {
        now: clock.now,
        members,
        former,
        unshown: unshown.collect(),
        is_key_due: staff.is_key_due,
        names: match staff.members.iter().any(|one| one.membership.is_live(clock.height)) {
            true => Some(Names::of(work)?),
            false => None,
        },
        mine: Mine::of(work, clock)?,
        done: asked.who.as_ref().map(|who| done(work, who, &asked.left)).transpose()?,
    })
}

fn done(work: &Work, who: &Principal, left: &str) -> Result<Done, PortalError> {
    let identity = work.actor.keyring.identity(work.actor.identity).map_err(refused)?;
    let left_out = left.split(',').filter_map(|one| one.parse().ok());
    Ok(Done {
        who: work.named(who),
        fingerprint: identity.recipient().fingerprint().to_string(),
        left_out: left_out.map(|one: Principal| work.named(&one)).collect(),
    })
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Asked {
    /// What was just done.
    #[serde(default)]
    done: String,
    /// With whom; with the person's own account where it was with nobody.
    who: Option<Principal>,
    /// The accounts of members who got no new key, with commas.
    #[serde(default)]
    left: String,
}

/// Where a page leads after something was done.
fn back(done: &str, who: &Principal, left_out: &[Principal]) -> String {
    let left: Vec<_> = left_out.iter().map(ToString::to_string).collect();
    format!("{PLACE}?done={done}&who={who}&left={}", left.join(","))
}

/// `GET /staff`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Markup, PortalError> {
    let wanted = asked.clone();
    let facts =
        with_home(&portal.homes, view.person.clone(), move |work| facts(work, &wanted)).await?;
    let words = &view.words;
    let own = own(&view, &facts);
    let of_others = mine::section(&view, facts.now, &facts.mine);
    // Whoever works for others and has nobody of their own looks for that.
    let works_first =
        facts.members.is_empty() && facts.former.is_empty() && !facts.mine.is_nothing();
    let body = html! {
        h1 { (words.say("staff-title")) }
        (what_was_done(&view, &asked.done, &facts))
        @if works_first { (of_others) (own) } @else { (own) (of_others) }
    };
    Ok(layout::page(&view, "/people", &words.say("staff-title"), &body))
}

fn what_was_done(view: &View, done: &str, facts: &Facts) -> Markup {
    let words = &view.words;
    let Some(of) = &facts.done else {
        return match done {
            "joined" => notice(&words.say("staff-joined")),
            "joined-other-key" => notice(&words.say("staff-joined-other-key")),
            "left" => notice(&words.say("staff-left")),
            _ => html! {},
        };
    };
    let who = of.who.say(words);
    let said = |key: &str| words.with(key, &[("who", (&who).into())]);
    let new_key = html! {
        p { (words.say("staff-new-key")) }
        p.fingerprint { (of.fingerprint) }
        p { (words.say("staff-new-card")) " " a href="/card" { (words.say("own-card-title")) } }
        p { (words.say("staff-later-versions")) }
    };
    let main = match done {
        "named" => html! { p { (said("staff-named")) } },
        "removed" => html! {
            p { (said("staff-removed")) }
            (new_key)
            p { (words.say("staff-saved")) }
        },
        "removed-kept" => html! {
            p { (said("staff-removed")) " " (words.say("staff-key-stays")) }
            p { (words.say("staff-saved")) }
        },
        "removed-half" => html! {
            p { (said("staff-removed")) " " (words.say("staff-key-not-done")) }
            p { (words.say("staff-saved")) }
        },
        "key" => new_key,
        _ => return html! {},
    };
    html! {
        div.notice role="status" { (main) }
        @if !of.left_out.is_empty() {
            div.wrong {
                p { (words.say("staff-left-out")) }
                ul { @for one in &of.left_out { li { bdi { (one.say(words)) } } } }
            }
        }
        @if done == "named" { (tell::them(words, &view.person, "tell-member", &[])) }
    }
}

/// The person's own staff.
fn own(view: &View, facts: &Facts) -> Markup {
    let words = &view.words;
    let offers = Offers::new(view, PLACE);
    html! {
        section aria-labelledby="own" {
            h2 id="own" { (words.say("staff-own")) }
            @if facts.members.is_empty() { p { (words.say("staff-none")) } }
            p { (words.say("staff-explained")) }
            @if facts.is_key_due {
                section.attention {
                    p { (words.say("staff-key-due")) }
                    a.button href="/staff/key" { (words.say("staff-key-begin")) }
                }
            }
            ul.readers {
                @for one in &facts.members { (member(view, facts.now, &offers, one)) }
                @for (user, who, what) in &facts.unshown { (unshown(view, user, who, *what)) }
            }
            p { a.button href="/staff/add" { (words.say("staff-add")) } }
            @if let Some(names) = &facts.names { (names::section(view, names)) }
            @if !facts.former.is_empty() {
                details {
                    summary { (words.with("staff-former", &[("count", facts.former.len().into())])) }
                    ul.readers { @for one in &facts.former { (former(view, &offers, one)) } }
                }
            }
        }
    }
}

fn member(view: &View, now: UnixTime, offers: &Offers<'_>, one: &Member) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    let since = times::day(words, one.since);
    html! {
        li {
            span {
                a href=(format!("/people/{}", one.user)) { strong { bdi { (who) } } }
                @if !one.who.lacks_name() { " " span.hint { (short(&one.user)) } }
                (offers.beside(&one.user, None, &one.who))
                br;
                (words.with("staff-since", &[("day", (&since).into())])) " · " (left::until(words, now, one.until))
                br;
                (words.say(one.key.words_key()))
            }
            span {
                a.button.second href=(format!("/staff/add?change=yes&who={}", one.user))
                    aria-label=(words.with("staff-change-who", &[("who", (&who).into())])) {
                    (words.say("staff-change"))
                }
                (remove_button(view, &one.user, &who))
            }
            @if one.is_ending { p.wrong { (words.say("staff-ending")) } }
        }
    }
}

fn remove_button(view: &View, user: &Principal, who: &str) -> Markup {
    let words = &view.words;
    html! {
        a.button.stop href=(format!("/staff/{user}/remove"))
            aria-label=(words.with("staff-remove-who", &[("who", who.into())])) {
            (words.say("staff-remove"))
        }
    }
}

/// Somebody of whom this profile remembers something that the ledger does not show.
fn unshown(view: &View, user: &Principal, who: &Named, what: Unconfirmed) -> Markup {
    let words = &view.words;
    let who = who.say(words);
    html! {
        li {
            span { strong { bdi { (who) } } " " span.hint { (short(user)) } }
            span {
                @if what == Unconfirmed::Naming {
                    a.button.second href=(format!("/staff/add?who={user}"))
                        aria-label=(words.with("staff-again-who", &[("who", (&who).into())])) {
                        (words.say("staff-again"))
                    }
                }
                (remove_button(view, user, &who))
            }
            p.wrong { (words.say(match what {
                Unconfirmed::Naming => "staff-naming",
                Unconfirmed::Ending => "staff-ending",
            })) }
        }
    }
}

fn former(view: &View, offers: &Offers<'_>, one: &Member) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    let ended = one.until.map(|end| times::day(words, end)).unwrap_or_default();
    html! {
        li {
            span {
                a href=(format!("/people/{}", one.user)) { bdi { (who) } }
                (offers.beside(&one.user, None, &one.who))
                br;
                (words.with("staff-was", &[
                    ("since", (&times::day(words, one.since)).into()), ("end", (&ended).into()),
                ]))
            }
            a.button.second href=(format!("/staff/add?who={}", one.user))
                aria-label=(words.with("staff-again-who", &[("who", (&who).into())])) {
                (words.say("staff-again"))
            }
        }
    }
}

/// When something ends, by the ledger's clock.
fn end_of(clock: BurnClock, expiry: Option<mrms_core::BurnHeight>) -> Option<UnixTime> {
    expiry.map(|expiry| clock.time_of(expiry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_that_a_member_has_is_told_apart_from_the_newest() {
        let version = |number| Version::new(number);
        for (has, newest, expected) in [
            (None, None, TheirKey::NotTaken),
            (None, version(2), TheirKey::NotTaken),
            (version(2), version(2), TheirKey::Newest),
            (version(1), version(2), TheirKey::Older),
        ] {
            assert_eq!(TheirKey::of(has, newest), expected, "{has:?} of {newest:?}");
        }
    }

    #[test]
    fn page_after_a_removal_names_those_who_got_no_key() {
        let who: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let other: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        let to = back("removed", &who, &[who.clone(), other.clone()]);
        assert_eq!(to, format!("/staff?done=removed&who={who}&left={who},{other}"));
    }
}
