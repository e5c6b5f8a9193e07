//! What no block proves yet: ends that were begun, and gifts that the ledger refused and that may come all the same. Told on
//! every page that says who can see something.

use maud::{Markup, html};
use mrms_app::sharing::not_shown::What;
use mrms_app::sharing::unproven::Unproven;
use mrms_core::{Principal, RecordId};

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::overview::Overview;
use crate::words::Words;
use crate::work::Work;

/// How many things are named.
const MOST: usize = 20;

/// Of one person.
#[derive(Clone, Debug)]
pub(crate) struct Unsure {
    pub(crate) user: Principal,
    pub(crate) who: Named,
    ending: Vec<(What, Option<String>)>,
    perhaps: Vec<(What, Option<String>)>,
    perhaps_more: bool,
}

/// Of everybody of whom something is not certain.
pub(crate) fn all(work: &Work, overview: &Overview) -> Result<Vec<Unsure>, PortalError> {
    let unproven = work.session().unproven(&work.actor).map_err(refused)?;
    let of = |(user, found): (Principal, Unproven)| {
        let is_shown = |what: &What| is_shown(overview, &user, *what);
        // What the ledger shows as ended has ended; what it hides is told with all else that ends.
        let ending = found.ending.into_iter().filter(is_shown);
        let name = |what: What| (what, what.record().and_then(|id| overview.told_apart(id)));
        Unsure {
            who: work.reader(&user),
            ending: ending.map(name).collect(),
            perhaps: found.perhaps.into_iter().map(name).collect(),
            perhaps_more: found.perhaps_more,
            user,
        }
    };
    let all = unproven.into_iter().map(of);
    Ok(all.filter(|one| one.is_ending() || one.may_come()).collect())
}

/// Of one person; `None` where all is certain.
pub(crate) fn of(
    work: &Work,
    overview: &Overview,
    user: &Principal,
) -> Result<Option<Unsure>, PortalError> {
    Ok(all(work, overview)?.into_iter().find(|one| one.user == *user))
}

fn is_shown(overview: &Overview, user: &Principal, what: What) -> bool {
    let share = overview.shares.iter().find(|share| share.user == *user);
    match what {
        What::Record(id) => {
            share.is_some_and(|share| share.by_name().any(|record| record.id == id))
        }
        What::AllRecords => share.is_some_and(|share| share.standing.is_some()),
        What::Delegation => overview.acting(user).is_some(),
        // Of these a ledger shows no end: it merely has none of them.
        What::Membership | What::Offer | What::Contact => true,
    }
}

impl Unsure {
    /// Whether something was stopped of which no confirmation came.
    pub(crate) const fn is_ending(&self) -> bool {
        !self.ending.is_empty()
    }

    /// Whether something that was refused may come.
    pub(crate) const fn may_come(&self) -> bool {
        !self.perhaps.is_empty() || self.perhaps_more
    }

    /// Whether access to this record was stopped of which no confirmation came.
    pub(crate) fn is_ending_of(&self, id: RecordId) -> bool {
        self.ending.iter().any(|(what, _)| what.gives(id))
    }

    /// Whether they may get this record.
    pub(crate) fn may_get(&self, id: RecordId) -> bool {
        self.perhaps.iter().any(|(what, _)| what.gives(id))
    }

    /// What is not certain, with what to do; on the person's page.
    pub(crate) fn said(&self, words: &Words) -> Markup {
        let who = self.who.say(words);
        let places = [("who", (&who).into())];
        html! {
            @if self.is_ending() {
                div.wrong {
                    p { (words.with("unsure-ending", &places)) }
                    ul { (list(words, &self.ending)) }
                    p { (words.say("unsure-ending-do")) }
                }
            }
            @if self.may_come() {
                div.wrong {
                    p { (words.with("unsure-perhaps", &places)) }
                    ul {
                        (list(words, &self.perhaps))
                        @if self.perhaps_more { li { a href="/family" { (words.say("unsure-more")) } } }
                    }
                    @if !self.perhaps.is_empty() { p { (words.say("unsure-perhaps-do")) } }
                }
            }
        }
    }

    /// The same in a line of a list.
    pub(crate) fn in_line(&self, words: &Words) -> Markup {
        html! {
            @if self.is_ending() { br; (words.say("unsure-line-ending")) }
            @if self.may_come() { br; (words.say("unsure-line-perhaps")) }
        }
    }

    /// The same on Home, with the way to the person's page.
    pub(crate) fn on_home(&self, words: &Words) -> Markup {
        let who = self.who.say(words);
        let to = format!("/people/{}", self.user);
        let said = |key| words.with(key, &[("who", (&who).into())]);
        html! {
            @if self.is_ending() { li { a href=(to) { (said("home-unsure-ending")) } } }
            @if self.may_come() { li { a href=(to) { (said("home-unsure-perhaps")) } } }
        }
    }
}

fn list(words: &Words, all: &[(What, Option<String>)]) -> Markup {
    let (named, more) = all.split_at(all.len().min(MOST));
    html! {
        @for (what, name) in named {
            li { bdi { (match what {
                What::AllRecords => words.say("ends-all"),
                What::Delegation => words.say("ends-acts"),
                What::Membership => words.say("ends-member"),
                What::Offer => words.say("ends-offer"),
                What::Contact => words.say("ends-contact"),
                What::Record(_) => name.clone().unwrap_or_else(|| words.say("records-unnamed")),
            }) } }
        }
        @if !more.is_empty() { li { (words.with("list-more", &[("count", more.len().into())])) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_not_certain_is_told_with_what_it_is_about_and_what_to_do() {
        let id = RecordId::new(7);
        let nothing = Unsure {
            user: "ST000000000000000000002AMW42H".parse().unwrap(),
            who: Named::Known("Clinic North".to_owned()),
            ending: Vec::new(),
            perhaps: Vec::new(),
            perhaps_more: false,
        };
        let letter = || vec![(What::Record(id), Some("Letter".to_owned()))];
        let ending = Unsure { ending: letter(), ..nothing.clone() };
        let perhaps = Unsure { perhaps: letter(), perhaps_more: true, ..nothing.clone() };
        let all = Unsure { perhaps: vec![(What::AllRecords, None)], ..nothing.clone() };
        assert!(ending.is_ending_of(id) && !ending.is_ending_of(RecordId::new(8)));
        assert!(!ending.may_come() && !ending.may_get(id) && all.may_get(RecordId::new(8)));
        for language in Language::ALL {
            let words = Words::of(language);
            let text = ending.said(&words).into_string();
            assert!(text.contains("Clinic North") && text.contains("Letter"), "{text}");
            assert!(text.contains(&words.say("unsure-ending-do")), "{text}");
            let text = perhaps.said(&words).into_string();
            assert!(text.contains("Letter") && text.contains("href=\"/family\""), "{text}");
            assert!(text.contains(&words.say("unsure-perhaps-do")), "{text}");
            let more = Unsure { perhaps_more: true, ..nothing.clone() };
            assert!(!more.said(&words).into_string().contains(&words.say("unsure-perhaps-do")));
            assert_eq!(nothing.said(&words).into_string(), "");
            assert!(all.on_home(&words).into_string().contains("/people/ST000"));
        }
    }
}
