//! Whom a form means: one of the person's people, a name or an account that was typed, or a card that was pasted and is
//! taken into their people when the form is done.

use maud::{Markup, html};
use mrms_app::people::known::Offered;
use mrms_core::Principal;
use mrms_home::NameError;
use mrms_home::clock::{now, rng};
use mrms_people::FieldText;
use mrms_people::document::bytes_of_text;
use mrms_people::name::{quotable, short};
use mrms_people::pasted::text_in;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::cards;
use crate::pages::typed::Typed;
use crate::words::Words;
use crate::work::Work;

/// Whom a form means.
pub(crate) enum Meant {
    /// An account that was chosen, or that a name means.
    Account(Principal),
    /// Whoever made this card, which is not kept yet.
    Card(Box<Offered>),
}

impl Meant {
    pub(crate) fn principal(&self) -> Principal {
        match self {
            Self::Account(principal) => principal.clone(),
            Self::Card(offered) => offered.card.document().principal.into(),
        }
    }

    pub(crate) fn named(&self, work: &Work) -> Named {
        let principal = self.principal();
        let named = work.named(&principal);
        match (self, named) {
            (Self::Card(offered), Named::Unknown(_)) => Named::Calls {
                short: short(&principal),
                name: quotable(offered.card.document().name.as_str()),
            },
            (_, named) => named,
        }
    }

    /// The card, for a page that asks.
    pub(crate) fn shown(&self, words: &Words) -> Markup {
        html! {
            @if let Self::Card(offered) = self {
                (cards::card(words, offered.card.document()))
                (cards::news(words, offered))
            }
        }
    }

    /// Takes a card into the person's people.
    pub(crate) fn keep(&self, work: &Work) -> Result<(), PortalError> {
        self.keep_as(work, None)
    }

    /// The same by a name that the person typed. Whoever was meant by an account stays as they are called.
    pub(crate) fn keep_as(
        &self,
        work: &Work,
        typed: Option<FieldText<64>>,
    ) -> Result<(), PortalError> {
        let Self::Card(offered) = self else { return Ok(()) };
        let people = work.names.people();
        let has_name = people
            .and_then(|people| people.get(&self.principal()))
            .is_some_and(|person| person.own_name.is_some());
        let said = FieldText::new(offered.card.document().name.as_str()).ok();
        let name = typed.or(said.filter(|_| !has_name));
        let kept = work.session().keep_card(&work.actor, offered, name, now(), &mut rng());
        kept.map_err(refused)
    }
}

/// The people of whom one can be chosen.
pub(crate) fn people(work: &Work) -> Result<Vec<(Principal, Named)>, PortalError> {
    let people = work.people()?.into_iter().map(|person| {
        let named = work.named(&person.principal);
        (person.principal, named)
    });
    Ok(people.collect())
}

/// The field that has somebody who is chosen already: they may be none of the person's people.
pub(crate) fn field_of(people: &[(Principal, Named)], who: &Principal) -> &'static str {
    if people.iter().any(|(one, _)| one == who) { "person" } else { "other" }
}

/// The fields that [`meant`] reads, with what was typed before.
pub(crate) fn fields(
    words: &Words,
    legend: &str,
    people: &[(Principal, Named)],
    typed: Typed<'_>,
) -> Markup {
    choice(words, legend, (people, &|_| None), typed, &html! {})
}

/// What is said beside somebody.
type Saying<'s> = dyn Fn(&Principal) -> Option<String> + 's;

/// The same where something is said beside somebody; `more` stands below.
pub(crate) fn choice(
    words: &Words,
    legend: &str,
    (people, beside): (&[(Principal, Named)], &Saying<'_>),
    typed: Typed<'_>,
    more: &Markup,
) -> Markup {
    html! {
        fieldset {
            legend { (words.say(legend)) }
            (radios(words, (people, beside), typed))
            label for="other" { (words.say("share-other")) }
            textarea id="other" name="other" rows="2" spellcheck="false" autocapitalize="none"
                aria-describedby="other-hint" { (typed.text("other")) }
            p.hint id="other-hint" { (words.say("someone-hint")) " "
                a href="/people" { (words.say("someone-add")) } }
            (more)
        }
    }
}

/// The people of whom one can be chosen, without a field for somebody else.
pub(crate) fn radios(
    words: &Words,
    (people, beside): (&[(Principal, Named)], &Saying<'_>),
    typed: Typed<'_>,
) -> Markup {
    html! {
        @for (at, (principal, shown)) in people.iter().enumerate() {
            div.choice {
                input type="radio" name="person" id=(format!("person-{at}")) value=(principal)
                    checked[typed.chose("person", &principal.to_string(), false)];
                label for=(format!("person-{at}")) {
                    bdi { (shown.say(words)) }
                    @if let Some(beside) = beside(principal) { " " span.hint { "(" (beside) ")" } }
                }
            }
        }
    }
}

/// By which name somebody is kept whose card was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    /// By the one on their card.
    Themselves,
    /// By one that the form has.
    Otherwise,
}

/// Whom the fields mean: anybody but the person at work. `Err` inside is the key of what is wrong with them.
pub(crate) fn meant(
    work: &Work,
    person: &str,
    other: &str,
) -> Result<Result<Meant, &'static str>, PortalError> {
    meant_called(work, person, other, Calls::Themselves)
}

/// The same where the form may have a name for them.
pub(crate) fn meant_called(
    work: &Work,
    person: &str,
    other: &str,
    calls: Calls,
) -> Result<Result<Meant, &'static str>, PortalError> {
    Ok(match found(work, person, other, calls)? {
        Ok(meant) if meant.principal() == work.actor.principal() => Err("why-self"),
        meant => meant,
    })
}

/// Whom the fields mean, perhaps the person at work.
pub(crate) fn anybody_meant(
    work: &Work,
    person: &str,
    other: &str,
) -> Result<Result<Meant, &'static str>, PortalError> {
    found(work, person, other, Calls::Themselves)
}

fn found(
    work: &Work,
    person: &str,
    other: &str,
    calls: Calls,
) -> Result<Result<Meant, &'static str>, PortalError> {
    let other = other.trim();
    let given = if other.is_empty() { person.trim() } else { other };
    if given.is_empty() {
        return Ok(Err("someone-nobody"));
    }
    if let Some(text) = text_in(given) {
        return by_card(work, &text, calls);
    }
    Ok(match work.names.resolve(given) {
        Ok(user) => Ok(Meant::Account(user)),
        // No name: a text that was to have a card in it.
        Err(_) if given.lines().count() > 1 || given.starts_with("mrms:") => Err("people-no-card"),
        Err(NameError::Unclear { .. }) => Err("share-unclear"),
        Err(_) => Err("share-unknown"),
    })
}

fn by_card(
    work: &Work,
    text: &str,
    calls: Calls,
) -> Result<Result<Meant, &'static str>, PortalError> {
    let Ok(bytes) = bytes_of_text(text) else { return Ok(Err("handed-altered")) };
    let offered = match work.session().look_at_card(&work.actor, &bytes) {
        Ok(offered) => offered,
        Err(error) => {
            return match cards::not_taken(&error) {
                Some(key) => Ok(Err(key)),
                None => Err(refused(error)),
            };
        }
    };
    let card = offered.card.document();
    let people = work.names.people().cloned().unwrap_or_default();
    let looks_alike = people.look_at_name(card.name.as_str(), &card.principal.into());
    // Which of two people with nearly one name is meant is asked where cards are added.
    Ok(match looks_alike {
        _ if calls == Calls::Otherwise => Ok(Meant::Card(Box::new(offered))),
        Ok(alike) if alike.is_empty() => Ok(Meant::Card(Box::new(offered))),
        _ => Err("someone-card-first"),
    })
}
