//! What a grant comes to beside what its reader has already: access to all records and the right to act for the patient go on
//! when it ends, what was ended by name opens again, and access that lasts longer ends sooner. It is said before anything is
//! shared.

use maud::{Markup, html};
use mrms_contract::read;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal, RecordId, UnixTime, grant};

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::paging::ROWS;
use crate::times;
use crate::words::Words;
use crate::work::Work;

/// The end that was chosen for a grant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen<'c> {
    /// The first height at which it is closed; `None` holds until it is stopped.
    pub(crate) expiry: Option<BurnHeight>,
    /// The term of the form, and its day.
    pub(crate) term: (&'c str, &'c str),
}

/// Access that somebody has already, and that the grant replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Has {
    /// The record and what it is called; `None` for access to all of them.
    record: Option<(RecordId, Option<String>)>,
    /// `None` until it is stopped.
    until: Option<UnixTime>,
    /// Whether the grant ends before it.
    is_longer: bool,
}

/// Whether access until one height lasts longer than a grant until another. No height is later than any.
fn is_longer(has: Option<BurnHeight>, chosen: Option<BurnHeight>) -> bool {
    chosen.is_some_and(|chosen| has.is_none_or(|has| chosen < has))
}

/// What somebody has beside a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Beside {
    user: Principal,
    who: Named,
    /// Whose records they are, where they are not the person's own.
    patient: Option<Named>,
    /// Whether they can open all records.
    sees_all: bool,
    /// Whether they act for the patient, and see everything by that.
    acts: bool,
    /// These records, with what they are called, where access to them was ended by name before.
    stopped: Vec<(RecordId, Option<String>)>,
    /// What they have of what is shared.
    has: Vec<Has>,
    /// The end that was chosen, as the form has it and as it will be; nothing while none was.
    chosen: Option<(String, Option<UnixTime>)>,
    /// Whether there are others among what is shared.
    has_others: bool,
}

impl Chosen<'_> {
    /// The end as the form has it, and as it will be.
    fn said(self, clock: BurnClock) -> (String, Option<UnixTime>) {
        let (term, date) = self.term;
        (format!("{term} {date}"), self.expiry.map(|expiry| clock.time_of(expiry)))
    }
}

impl Has {
    /// Access until this height; `None` where it has ended.
    fn of(
        record: Option<(RecordId, Option<String>)>,
        expiry: Option<BurnHeight>,
        clock: BurnClock,
        chosen: Option<Chosen<'_>>,
    ) -> Option<Self> {
        let is_longer = chosen.is_some_and(|chosen| is_longer(expiry, chosen.expiry));
        let until = expiry.map(|expiry| clock.time_of(expiry));
        grant::is_live(expiry, clock.height).then_some(Self { record, until, is_longer })
    }
}

impl Beside {
    /// Of some of the person's own records; `None` where there is nothing to say.
    pub(crate) fn of_own(
        work: &Work,
        user: &Principal,
        ids: &[RecordId],
        chosen: Option<Chosen<'_>>,
    ) -> Result<Option<Self>, PortalError> {
        let found = Self::found(work, user, ids, chosen)?;
        Ok(found.says_something())
    }

    fn found(
        work: &Work,
        user: &Principal,
        ids: &[RecordId],
        chosen: Option<Chosen<'_>>,
    ) -> Result<Self, PortalError> {
        let overview = work.overview()?;
        let share = overview.shares.iter().find(|share| share.user == *user);
        let stopped =
            overview.own.iter().filter(|own| ids.contains(&own.id) && own.shuts_out(user));
        let stopped: Vec<_> = stopped.map(|own| (own.id, overview.told_apart(own.id))).collect();
        let clock = overview.clock;
        let has = overview.own.iter().filter(|own| ids.contains(&own.id)).filter_map(|own| {
            let reader = own.readers.iter().find(|reader| reader.user == *user)?;
            let grant = reader.grant.filter(|grant| grant.rights.is_some())?;
            let record = Some((own.id, overview.told_apart(own.id)));
            Has::of(record, grant.expiry, clock, chosen)
        });
        Ok(Self {
            user: user.clone(),
            who: work.named(user),
            patient: None,
            has: has.collect(),
            chosen: chosen.map(|chosen| chosen.said(clock)),
            sees_all: share.is_some_and(|share| share.standing.is_some()),
            acts: overview.seeing(user).is_some(),
            has_others: ids.len() > stopped.len(),
            stopped,
        })
    }

    /// Of all of the person's own records, where the grant is on all of them.
    pub(crate) fn of_all(
        work: &Work,
        user: &Principal,
        chosen: Option<Chosen<'_>>,
    ) -> Result<Option<Self>, PortalError> {
        let overview = work.overview()?;
        let share = overview.shares.iter().find(|share| share.user == *user);
        let standing = share.and_then(|share| share.standing);
        let has = standing.and_then(|all| Has::of(None, all.expiry, overview.clock, chosen));
        let found = Self::found(work, user, &[], chosen)?;
        Ok(Self { sees_all: false, has: has.into_iter().collect(), ..found }.says_something())
    }

    /// Of some records of a patient for whom the person acts, with what each is called.
    pub(crate) fn of_patient(
        work: &Work,
        (patient, who): (&Principal, &Named),
        user: &Principal,
        records: &[(RecordId, Option<&str>)],
        chosen: Option<Chosen<'_>>,
    ) -> Result<Option<Self>, PortalError> {
        let session = work.session();
        let clock = session.ledger.tip().map_err(refused)?.clock();
        let now = clock.height;
        let delegation = session.ask(&read::delegate(patient, user)).map_err(refused)?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        let (mut sees_all, mut has, mut stopped) = (false, Vec::new(), Vec::new());
        for (id, name) in records {
            let (own, standing) = session.grants(*id, patient, user).map_err(refused)?;
            let is_live = |expiry| grant::is_live(expiry, now);
            sees_all |= standing.is_some_and(|all| all.rights.is_some() && is_live(all.expiry));
            let record = (*id, name.map(str::to_owned));
            match own {
                Some(own) if own.rights.is_none() => stopped.push(record),
                Some(own) => has.extend(Has::of(Some(record), own.expiry, clock, chosen)),
                None => {}
            }
        }
        let found = Self {
            user: user.clone(),
            who: work.named(user),
            patient: Some(who.clone()),
            has,
            chosen: chosen.map(|chosen| chosen.said(clock)),
            sees_all,
            acts: powers.is_some_and(|powers| powers.include(Powers::SEE)),
            has_others: records.len() > stopped.len(),
            stopped,
        };
        Ok(found.says_something())
    }

    /// The same of somebody whose name is known from elsewhere: from a card that is not kept yet.
    pub(crate) fn called(self, who: Named) -> Self {
        Self { who, ..self }
    }

    fn says_something(self) -> Option<Self> {
        (self.is_to_be_read() || !self.has.is_empty()).then_some(self)
    }

    /// Whether there is more than what they have already.
    fn is_to_be_read(&self) -> bool {
        self.sees_all || self.acts || !self.stopped.is_empty() || self.ends_sooner()
    }

    /// Whether something ends sooner by the grant than it would without it.
    fn ends_sooner(&self) -> bool {
        self.has.iter().any(|has| has.is_longer)
    }

    /// What tells this from what would be said of another choice.
    fn mark(&self) -> String {
        let stopped = self.stopped.iter().fold(0, |all, (id, _)| all ^ id.number());
        let mut mark = format!("{} {} {} {stopped:x}", self.user, self.sees_all, self.acts);
        if self.ends_sooner() {
            for has in self.has.iter().filter(|has| has.is_longer) {
                let id =
                    has.record.as_ref().map_or_else(|| "all".to_owned(), |(id, _)| id.to_string());
                mark.push_str(&format!(" {id}"));
            }
            let term = self.chosen.as_ref().map_or("", |(term, _)| term.as_str());
            mark.push_str(&format!(" {term}"));
        }
        mark
    }

    /// Whether a form was sent by somebody who had read this, as far as it is to be read.
    pub(crate) fn was_read(&self, seen: &str) -> bool {
        !self.is_to_be_read() || self.mark() == seen
    }

    /// What they have already, and when it would end by what was chosen.
    fn has_said(&self, words: &Words) -> Markup {
        let who = self.who.say(words);
        let is_told = |has: &&Has| has.is_longer || !self.ends_sooner();
        let told: Vec<&Has> = self.has.iter().filter(is_told).collect();
        let (shown, more) = told.split_at(told.len().min(ROWS));
        let key = if self.ends_sooner() { "beside-sooner" } else { "beside-has" };
        let then = self.chosen.as_ref().and_then(|(_, end)| *end).filter(|_| self.ends_sooner());
        html! {
            @if !shown.is_empty() {
                p { (words.with(key, &[("who", (&who).into())])) }
                ul {
                    @for has in shown {
                        li {
                            @match &has.record {
                                Some((_, name)) => bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) },
                                None => (words.say("people-sees-all")),
                            }
                            ": "
                            @match has.until {
                                Some(end) => (words.with("record-until", &[("end", (&times::end(words, end)).into())])),
                                None => (words.say("record-until-stopped")),
                            }
                        }
                    }
                    @if !more.is_empty() {
                        li { (words.with("list-more", &[("count", more.len().into())])) }
                    }
                }
                @if let Some(end) = then {
                    p { strong { (words.with("beside-sooner-then", &[("end", (&times::end(words, end)).into())])) } }
                }
            }
        }
    }

    /// What is to be read before the form is sent.
    pub(crate) fn said(&self, words: &Words) -> Markup {
        if !self.is_to_be_read() {
            return html! { div.notice role="status" { (self.has_said(words)) } };
        }
        let who = self.who.say(words);
        let whose = self.patient.as_ref().map(|patient| patient.say(words)).unwrap_or_default();
        // Of the person's own records, or of those of whom they act for.
        let said = |own: &str, theirs: &str| match self.patient {
            None => words.with(own, &[("who", (&who).into())]),
            Some(_) => words.with(theirs, &[("who", (&who).into()), ("patient", (&whose).into())]),
        };
        let (named, more) = self.stopped.split_at(self.stopped.len().min(ROWS));
        html! {
            div.wrong role="alert" {
                @if self.acts {
                    p { (said("beside-acts", "beside-acts-theirs")) }
                } @else {
                    @if self.sees_all && self.has_others {
                        p { (said("beside-all", "beside-all-theirs")) }
                    }
                    @if !named.is_empty() {
                        p { (words.with("beside-stopped", &[("who", (&who).into())])) }
                        ul {
                            @for (_, name) in named {
                                li { bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) } }
                            }
                            @if !more.is_empty() {
                                li { (words.with("list-more", &[("count", more.len().into())])) }
                            }
                        }
                        @if self.sees_all { p { (words.say("beside-stopped-all")) } }
                    }
                }
                (self.has_said(words))
                p { (words.say("beside-sure")) }
            }
        }
    }

    /// The field by which the form says that it was read.
    pub(crate) fn field(&self) -> Markup {
        html! { input type="hidden" name="seen" value=(self.mark()); }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn beside(sees_all: bool, acts: bool, stopped: u128) -> Option<Beside> {
        let found = Beside {
            user: "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
            who: Named::Known("Clinic North".to_owned()),
            patient: None,
            sees_all,
            acts,
            stopped: (0..stopped)
                .map(|number| (RecordId::new(number), Some(format!("Letter <{number}>"))))
                .collect(),
            has: Vec::new(),
            chosen: None,
            has_others: true,
        };
        found.says_something()
    }

    #[test]
    fn what_goes_on_beside_a_grant_and_what_opens_again_is_said_in_every_language() {
        assert_eq!(beside(false, false, 0), None);
        for language in Language::ALL {
            let words = Words::of(language);
            for (sees_all, acts, stopped) in [
                (true, false, 0),
                (false, true, 0),
                (false, false, 2),
                (true, false, 60),
                (true, true, 2),
            ] {
                let own = beside(sees_all, acts, stopped).unwrap();
                let patient = Some(Named::Known("Erika".to_owned()));
                for found in [own.clone(), Beside { patient: patient.clone(), ..own.clone() }] {
                    let said = found.said(&words).into_string();
                    assert!(said.contains("Clinic North") && !said.contains("beside-"), "{said}");
                    // Whoever acts for the patient was not shut out by that.
                    let opens_again = stopped > 0 && !acts;
                    assert_eq!(said.contains("Letter &lt;1&gt;"), opens_again, "{said}");
                    assert!(!said.contains("Letter &lt;50&gt;"), "{said}");
                    let names_patient = found.patient.is_some() && (sees_all || acts);
                    assert_eq!(said.contains("Erika"), names_patient, "{said}");
                }
            }
        }
    }

    #[test]
    fn what_was_said_of_one_choice_was_not_said_of_another() {
        let found = beside(true, false, 2).unwrap();
        let field = found.field().into_string();
        let seen = field.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(found.was_read(seen) && !found.was_read(""));
        for other in [beside(true, false, 3), beside(true, true, 2), beside(false, false, 2)] {
            assert!(!other.unwrap().was_read(seen));
        }
        let user = "ST000000000000000000002AMW42H".parse().unwrap();
        assert!(!Beside { user, ..found.clone() }.was_read(seen));
    }

    /// Of somebody who has access to two records, which a grant of a week would replace.
    fn replacing(has: [Option<u64>; 2], chosen: Option<u64>, term: &str) -> Beside {
        let clock = BurnClock {
            height: BurnHeight::new(1_000),
            began: UnixTime::from_seconds(1_779_969_600),
            now: UnixTime::from_seconds(1_779_969_600),
        };
        let height = |blocks: u64| BurnHeight::new(1_000 + blocks);
        let chosen = Chosen { expiry: chosen.map(height), term: (term, "") };
        let has = has.into_iter().zip(0..).filter_map(|(expiry, number)| {
            let record = Some((RecordId::new(number), Some(format!("Letter <{number}>"))));
            Has::of(record, expiry.map(height), clock, Some(chosen))
        });
        let has = has.collect();
        let none = beside(true, false, 0).unwrap();
        Beside { sees_all: false, has, chosen: Some(chosen.said(clock)), ..none }
    }

    #[test]
    fn access_that_would_end_sooner_is_asked_about_and_longer_access_is_only_told() {
        // For longer, for as long, and of what has ended already: nothing is to be read.
        for (has, chosen) in
            [([Some(144), Some(6)], Some(144)), ([Some(6), Some(0)], Some(7)), ([None, None], None)]
        {
            let found = replacing(has, chosen, "share-day");
            assert!(found.was_read(""), "{has:?} {chosen:?}");
        }
        let (longer, open) = (
            replacing([Some(4_320), Some(6)], Some(144), "share-day"),
            replacing([None, Some(6)], Some(144), "share-day"),
        );
        for language in Language::ALL {
            let words = Words::of(language);
            for found in [&longer, &open] {
                assert!(!found.was_read(""));
                let said = found.said(&words).into_string();
                assert!(said.contains("role=\"alert\"") && said.contains("Clinic North"), "{said}");
                assert!(said.contains("Letter &lt;0&gt;"), "{said}");
                assert!(!said.contains("Letter &lt;1&gt;"), "it ends later than before: {said}");
                assert!(!said.contains("beside-"), "{said}");
            }
            let told = replacing([Some(6), Some(7)], Some(144), "share-day").said(&words);
            let told = told.into_string();
            assert!(told.contains("Letter &lt;1&gt;") && !told.contains("alert"), "{told}");
        }
        let seen = longer.mark();
        assert!(longer.was_read(&seen));
        let other = replacing([Some(4_320), Some(6)], Some(6), "share-hour");
        assert!(!other.was_read(&seen), "it was read of a day, and not of an hour");
    }
}
