//! What a grant comes to beside what its reader has already: access to all records and the right to act for the patient go on
//! when it ends, and what was ended by name opens again. It is said before anything is shared.

use maud::{Markup, html};
use mrms_contract::read;
use mrms_core::{Powers, Principal, RecordId, grant};

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::paging::ROWS;
use crate::words::Words;
use crate::work::Work;

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
    /// Whether there are others among what is shared.
    has_others: bool,
}

impl Beside {
    /// Of some of the person's own records; `None` where there is nothing to say.
    pub(crate) fn of_own(
        work: &Work,
        user: &Principal,
        ids: &[RecordId],
    ) -> Result<Option<Self>, PortalError> {
        let overview = work.overview()?;
        let share = overview.shares.iter().find(|share| share.user == *user);
        let stopped =
            overview.own.iter().filter(|own| ids.contains(&own.id) && own.shuts_out(user));
        let stopped: Vec<_> = stopped.map(|own| (own.id, overview.told_apart(own.id))).collect();
        let found = Self {
            user: user.clone(),
            who: work.named(user),
            patient: None,
            sees_all: share.is_some_and(|share| share.standing.is_some()),
            acts: overview.seeing(user).is_some(),
            has_others: ids.len() > stopped.len(),
            stopped,
        };
        Ok(found.says_something())
    }

    /// Of all of the person's own records, where the grant is on all of them.
    pub(crate) fn of_all(work: &Work, user: &Principal) -> Result<Option<Self>, PortalError> {
        let found = Self::of_own(work, user, &[])?;
        Ok(found.and_then(|one| Self { sees_all: false, ..one }.says_something()))
    }

    /// Of a record of a patient for whom the person acts.
    pub(crate) fn of_patient(
        work: &Work,
        (patient, who): (&Principal, &Named),
        user: &Principal,
        (id, name): (RecordId, Option<&str>),
    ) -> Result<Option<Self>, PortalError> {
        let session = work.session();
        let now = session.ledger.tip().map_err(refused)?.burn_height;
        let (own, standing) = session.grants(id, patient, user).map_err(refused)?;
        let delegation = session.ask(&read::delegate(patient, user)).map_err(refused)?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        let is_stopped = own.is_some_and(|own| own.rights.is_none());
        let found = Self {
            user: user.clone(),
            who: work.named(user),
            patient: Some(who.clone()),
            sees_all: standing
                .is_some_and(|all| all.rights.is_some() && grant::is_live(all.expiry, now)),
            acts: powers.is_some_and(|powers| powers.include(Powers::SEE)),
            stopped: is_stopped.then(|| (id, name.map(str::to_owned))).into_iter().collect(),
            has_others: !is_stopped,
        };
        Ok(found.says_something())
    }

    fn says_something(self) -> Option<Self> {
        (self.sees_all || self.acts || !self.stopped.is_empty()).then_some(self)
    }

    /// What tells this from what would be said of another choice.
    fn mark(&self) -> String {
        let stopped = self.stopped.iter().fold(0, |all, (id, _)| all ^ id.number());
        format!("{} {} {} {stopped:x}", self.user, self.sees_all, self.acts)
    }

    /// Whether a form was sent by somebody who had read this.
    pub(crate) fn was_read(&self, seen: &str) -> bool {
        self.mark() == seen
    }

    /// What is to be read before the form is sent.
    pub(crate) fn said(&self, words: &Words) -> Markup {
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
}
