//! On Home: what the person can begin now, such as acting for somebody after the wait, and who grows up soon or has.

use maud::{Markup, html};
use mrms_app::audit::for_me::ForMe;
use mrms_app::profile::received::ReceivedRecord;
use mrms_contract::read;
use mrms_core::{BurnClock, Powers, Principal, UnixTime};
use mrms_home::ProfileName;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::family::{contact, ward};
use crate::pages::staff::mine::Mine;
use crate::pages::view::View;
use crate::times;
use crate::words::Words;
use crate::work::Work;

/// What can be begun, and what a day ends.
pub(crate) struct Coming {
    /// For whom the person asked to act, and may begin: their account, and who that is.
    may_begin: Vec<(Principal, Named)>,
    /// For whom they asked to act, and from when on they may begin.
    waits_for: Vec<(Named, UnixTime)>,
    /// For whom they act, and whose program has left them no key of any record yet.
    keyless: Vec<Named>,
    /// Children who grow up soon, or the person, where they are one.
    growing_up: Vec<GrowingUp>,
    /// The organisations whose key is to be taken.
    named_by: Vec<Named>,
    /// Whether somebody pays the fees: each account needs an invitation of its own then.
    has_sponsor: bool,
}

/// Somebody who grows up soon, or has, and has not taken their records over.
struct GrowingUp {
    /// The name of their profile here; `None` where that is the person.
    profile: Option<ProfileName>,
    day: UnixTime,
    has_come: bool,
}

fn growing_up(work: &Work) -> Vec<GrowingUp> {
    let me = work.actor.principal;
    let near = work.open.wards_growing_up(&work.home, me).into_iter();
    let told = near.map(|(ward, days)| GrowingUp {
        profile: (ward.principal.hash160() != me.hash160()).then_some(ward.profile),
        day: ward.terms.grows_up,
        has_come: days == 0,
    });
    told.collect()
}

/// For whom the person may see everything, and of whose records they have no key: a program of the patient leaves it, and has
/// to run once. What came with a key is remembered; else the vaults are asked, now and then.
fn keyless(work: &Work, found: &ForMe) -> Result<Vec<Named>, PortalError> {
    let session = work.session();
    let root = work.actor.keyring.record_root().map_err(refused)?;
    let has_key_of = |patient: &Principal| {
        let received = session.profile.received(&root).ok()?;
        let mut records = received.records(session.contract).into_values();
        Some(records.any(|one| one.patient == *patient && has_come(&one)))
    };
    let mut keyless = Vec::new();
    for (patient, _) in found.acts_for.iter().filter(|(_, powers)| powers.include(Powers::SEE)) {
        // Where the memory of it can't be read, nobody is known to lack one.
        if has_key_of(patient).unwrap_or(true)
            || session.ask(&read::patient_counts(patient)).map_err(refused)?.records == 0
        {
            continue;
        }
        work.learned(patient);
        if has_key_of(patient) == Some(false) {
            keyless.push(called(work, patient)?);
        }
    }
    Ok(keyless)
}

/// Whether a key of this record came: it brings what the record is.
fn has_come(one: &ReceivedRecord) -> bool {
    one.was_read() || one.patient_name().is_some() || !one.said().is_empty()
}

impl Coming {
    pub(crate) fn of(
        work: &Work,
        mine: &Mine,
        clock: BurnClock,
        is_handed_over: bool,
    ) -> Result<Self, PortalError> {
        let found = work.for_me()?;
        let mut may_begin = Vec::new();
        for who in &found.may_begin {
            may_begin.push((who.clone(), called(work, who)?));
        }
        let mut waits_for = Vec::new();
        for (who, ready) in &found.waits_for {
            waits_for.push((called(work, who)?, clock.time_of(*ready)));
        }
        Ok(Self {
            may_begin,
            waits_for,
            keyless: keyless(work, &found)?,
            growing_up: if is_handed_over { Vec::new() } else { growing_up(work) },
            named_by: mine.naming().cloned().collect(),
            has_sponsor: work.home.settings().remote.sponsor.is_some(),
        })
    }

    pub(crate) const fn is_nothing(&self) -> bool {
        self.may_begin.is_empty()
            && self.waits_for.is_empty()
            && self.keyless.is_empty()
            && self.growing_up.is_empty()
            && self.named_by.is_empty()
    }

    /// Among what wants attention.
    pub(crate) fn said(&self, view: &View) -> Markup {
        let words = &view.words;
        html! {
            @for (patient, who) in &self.may_begin {
                li {
                    a href="/family" { (words.with("home-may-begin", &[("who", (&who.say(words)).into())])) }
                    " " (contact::begin(view, patient))
                }
            }
            @for (who, ready) in &self.waits_for {
                li { a href="/family" { (words.with("home-waits-for", &[
                    ("who", (&who.say(words)).into()), ("end", (&times::day_and_time(words, *ready)).into()),
                ])) } }
            }
            @for who in &self.keyless {
                li { a href="/family" { (words.with("home-keyless", &[("who", (&who.say(words)).into())])) } }
            }
            @for one in &self.growing_up { li { (grows_up(words, one, self.has_sponsor)) } }
            @for who in &self.named_by {
                li { a href="/staff" {
                    (words.with("home-named-staff", &[("organisation", (&who.say(words)).into())]))
                } }
            }
        }
    }
}

/// That somebody grows up, or has: what ends, and how they take their records over.
fn grows_up(words: &Words, one: &GrowingUp, has_sponsor: bool) -> Markup {
    let day = ward::said_day(words, one.day);
    let profile = one.profile.as_ref().map_or("", |profile| profile.as_str());
    let key = match (&one.profile, one.has_come) {
        (Some(_), false) => "home-ward-soon",
        (Some(_), true) => "home-ward-grown",
        (None, false) => "home-you-soon",
        (None, true) => "home-you-grown",
    };
    html! {
        a href=(if one.profile.is_some() { "/family" } else { "/hand-over" }) {
            (words.with(key, &[("name", profile.into()), ("day", (&day).into())]))
        }
        @if has_sponsor {
            " " (words.say(if one.profile.is_some() { "ward-sponsor" } else { "hand-over-sponsor" }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_grows_up_is_told_the_day_and_what_a_payer_wants_in_every_language() {
        for language in crate::words::Language::ALL {
            let words = Words::of(language);
            let day = UnixTime::from_seconds(1_800_000_000);
            let said = |profile: Option<&str>, has_come, has_sponsor| {
                let profile = profile.map(|name| name.parse().unwrap());
                grows_up(&words, &GrowingUp { profile, day, has_come }, has_sponsor).into_string()
            };
            let all = [
                said(Some("lena"), false, false),
                said(Some("lena"), true, false),
                said(None, false, false),
                said(None, true, false),
            ];
            for (at, one) in all.iter().enumerate() {
                assert!(one.contains("2027") && !one.contains("home-"), "{one}");
                assert_eq!(one.contains("lena"), at < 2, "{one}");
                assert!(all.iter().filter(|other| *other == one).count() == 1);
            }
            assert!(said(None, false, true).len() > said(None, false, false).len() + 40);
        }
    }
}
