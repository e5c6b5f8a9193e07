//! [`People`]: whom one person knows, by the names that this person gave them.
//!
//! One's own name for somebody always wins over the name on a card. A name on a card alone is what they call
//! themselves. Names that could be taken for each other are shown with the end of the principal, and mean
//! nobody until one says which.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use mrms_core::Principal;
use serde::{Deserialize, Serialize};

use crate::card::{Card, MOST_NAME};
use crate::document::{self, DocumentError, SignedDocument};
use crate::name::{NotAName, check_own, end, likeness, quotable, short};
use crate::text::FieldText;

/// Somebody whom this person knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their account.
    pub principal: Principal,
    /// This person's own name for them; `None` until one is given or the card's is accepted.
    pub own_name: Option<FieldText<MOST_NAME>>,
    /// Their card as text, which was checked when it came.
    pub card: Option<String>,
    /// When they were added: seconds since 1970.
    pub added: u64,
}

impl Person {
    /// Their card, checked again.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when the file was altered.
    pub fn card(&self) -> Result<Option<SignedDocument<Card>>, DocumentError> {
        self.card.as_deref().map(SignedDocument::from_text).transpose()
    }

    /// What they call themselves.
    fn card_name(&self) -> Option<String> {
        let card: Card = document::kept(self.card.as_deref()?).ok()?;
        Some(card.name.as_str().to_owned())
    }
}

/// Whom one person knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    people: Vec<Person>,
}

/// What a card is to somebody who may have one of the same account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardNews {
    /// There was none.
    First,
    /// It is the one that is kept.
    Same,
    /// It replaces the one that is kept.
    Newer {
        /// The one that is kept.
        before: Box<Card>,
    },
    /// The one that is kept is newer.
    Older {
        /// Serial of the one that is kept.
        kept: u64,
    },
    /// It has the serial of the one that is kept and says something else: its maker did not keep to the rules.
    Contradicts {
        /// The one that is kept.
        before: Box<Card>,
    },
}

/// Whom a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// This account.
    One(Principal),
    /// It could mean any of these.
    Several(Vec<Principal>),
    /// Nobody of that name. The names that come near are told.
    Nobody {
        /// Names of this person's people that begin or end alike.
        near: Vec<String>,
    },
}

impl People {
    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn all(&self) -> &[Person] {
        &self.people
    }

    /// The person with this account.
    #[must_use]
    pub fn get(&self, principal: &Principal) -> Option<&Person> {
        self.people.iter().find(|person| person.principal == *principal)
    }

    /// What a card is beside the one that is kept of its signer.
    #[must_use]
    pub fn news(&self, card: &SignedDocument<Card>) -> CardNews {
        let new = card.document();
        // A kept card that is damaged says nothing; the new one takes its place.
        let kept = self.get(&new.principal.into()).and_then(|person| person.card().ok().flatten());
        let Some(kept) = kept else { return CardNews::First };
        let old = kept.document();
        match new.serial.cmp(&old.serial) {
            Ordering::Greater => CardNews::Newer { before: Box::new(old.clone()) },
            Ordering::Less => CardNews::Older { kept: old.serial },
            Ordering::Equal if old == new => CardNews::Same,
            Ordering::Equal => CardNews::Contradicts { before: Box::new(old.clone()) },
        }
    }

    /// The others whose name, given or on their card, can be taken for this one.
    #[must_use]
    pub fn alike(&self, name: &str, principal: &Principal) -> Vec<&Person> {
        let wanted = likeness(name);
        let is_alike = |other: &&Person| {
            let own = other.own_name.as_ref().map(ToString::to_string);
            let names = [own, other.card_name()];
            other.principal != *principal
                && names.into_iter().flatten().any(|name| likeness(&name) == wanted)
        };
        self.people.iter().filter(is_alike).collect()
    }

    /// Those whose name can be taken for one that `principal` is to get from this person.
    ///
    /// # Errors
    ///
    /// [`NotAName`] when it can be nobody's name here.
    pub fn look_at_name(
        &self,
        name: &str,
        principal: &Principal,
    ) -> Result<Vec<&Person>, NotAName> {
        check_own(name)?;
        if self.is_end_of_account(name) {
            return Err(NotAName::LikeAccount);
        }
        Ok(self.alike(name, principal))
    }

    /// Puts a person in place of what was known of this account.
    pub fn set(&mut self, person: Person) {
        match self.people.iter_mut().find(|known| known.principal == person.principal) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    /// Forgets a person. Returns whom it forgot.
    pub fn remove(&mut self, principal: &Principal) -> Option<Person> {
        let at = self.people.iter().position(|person| person.principal == *principal)?;
        Some(self.people.remove(at))
    }

    /// Whether a name is the end of the account of one of these people, with which lists tell two of one name apart.
    #[must_use]
    pub fn is_end_of_account(&self, name: &str) -> bool {
        let wanted = likeness(&format!("…{}", name.trim()));
        self.people.iter().any(|person| likeness(&end(&person.principal)) == wanted)
    }

    /// Somebody in a form that [`Self::resolve`] takes for them alone: their name with the end of their account.
    #[must_use]
    pub fn told_apart(&self, principal: &Principal) -> String {
        match self.get(principal).and_then(|person| person.own_name.as_ref()) {
            Some(name) => format!("{name} ({})", end(principal)),
            None => short(principal),
        }
    }

    /// Whether another of these people is shown under a name that can be taken for this one.
    #[must_use]
    pub fn looks_like_another(&self, name: &str, principal: &Principal) -> bool {
        let wanted = likeness(name);
        self.people.iter().filter(|other| other.principal != *principal).any(|other| {
            let own = other.own_name.as_ref().map(ToString::to_string);
            own.or_else(|| other.card_name()).is_some_and(|name| likeness(&name) == wanted)
        })
    }

    /// Somebody as this person reads of them: `Clinic B`; `Clinic B (…9G6Z)` where another name looks like it;
    /// `ST1J…9G6Z, who calls themselves “Clinic B”`; or `ST1J…9G6Z, not among your people`.
    #[must_use]
    pub fn shown(&self, principal: &Principal) -> String {
        let Some(person) = self.get(principal) else {
            return format!("{}, not among your people", short(principal));
        };
        match (&person.own_name, person.card_name()) {
            (Some(name), _) if self.looks_like_another(name.as_str(), principal) => {
                format!("{name} ({})", end(principal))
            }
            (Some(name), _) => name.to_string(),
            (None, Some(name)) => {
                format!("{}, who calls themselves “{}”", short(principal), quotable(&name))
            }
            (None, None) => format!("{}, without a name", short(principal)),
        }
    }

    /// How everybody here is shown, as [`shown`](Self::shown) tells of each. Compares all names once, where that would for
    /// each person.
    #[must_use]
    pub fn all_shown(&self) -> BTreeMap<Principal, String> {
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        let likeness_of = |person: &Person| {
            let own = person.own_name.as_ref().map(ToString::to_string);
            own.or_else(|| person.card_name()).map(|name| likeness(&name))
        };
        let likenesses: Vec<_> = self.people.iter().map(likeness_of).collect();
        for likeness in likenesses.iter().flatten() {
            *alike.entry(likeness.clone()).or_default() += 1;
        }
        let is_alone = |likeness: &Option<String>| {
            likeness.as_ref().and_then(|one| alike.get(one)).is_some_and(|count| *count == 1)
        };
        let people = self.people.iter().zip(&likenesses).map(|(person, likeness)| {
            let shown = match &person.own_name {
                Some(name) if is_alone(likeness) => name.to_string(),
                _ => self.shown(&person.principal),
            };
            (person.principal.clone(), shown)
        });
        people.collect()
    }

    /// This person's own name for somebody; `None` for others.
    #[must_use]
    pub fn name_of(&self, principal: &Principal) -> Option<&str> {
        self.get(principal)?.own_name.as_ref().map(FieldText::as_str)
    }

    /// Whom a text means: a principal; a name that this person gave, where no other looks like it; a name with the
    /// end of the principal, `Clinic B (…9G6Z)`; or a principal as it is shown short, `ST1J…9G6Z`.
    #[must_use]
    pub fn resolve(&self, text: &str) -> Resolved {
        let text = text.trim();
        if let Ok(principal) = text.parse() {
            return Resolved::One(principal);
        }
        let wanted = likeness(text);
        // Somebody can make an account with a wanted end: two with one name and one end mean neither.
        let is_told_apart = |person: &&Person| {
            let told = likeness(&self.told_apart(&person.principal));
            told == wanted || short(&person.principal) == text
        };
        let told_apart: Vec<&Person> = self.people.iter().filter(is_told_apart).collect();
        let is_named = |person: &&Person| {
            person.own_name.as_ref().is_some_and(|name| likeness(name.as_str()) == wanted)
        };
        let mut found: Vec<&Person> = match told_apart.as_slice() {
            [] => self.people.iter().filter(is_named).collect(),
            [one] => return Resolved::One(one.principal.clone()),
            _ => {
                return Resolved::Several(told_apart.iter().map(|p| p.principal.clone()).collect());
            }
        };
        // Somebody whose card alone has a name like it might be meant as well.
        let calls_themselves = |person: &&Person| {
            person.own_name.is_none()
                && person.card_name().is_some_and(|name| likeness(&name) == wanted)
        };
        found.extend(self.people.iter().filter(calls_themselves));
        let all: Vec<Principal> = found.iter().map(|person| person.principal.clone()).collect();
        match all.as_slice() {
            [one] if self.name_of(one).is_some() => Resolved::One(one.clone()),
            [] => Resolved::Nobody { near: self.near(&wanted) },
            _ => Resolved::Several(all),
        }
    }

    fn near(&self, wanted: &str) -> Vec<String> {
        let names = self.people.iter().filter_map(|person| person.own_name.as_ref());
        let is_near = |name: &str| {
            let name = likeness(name);
            !wanted.is_empty() && (name.contains(wanted) || wanted.contains(&name))
        };
        names.filter(|name| is_near(name.as_str())).map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(text: &str) -> Principal {
        text.parse().unwrap()
    }

    fn one() -> Principal {
        principal("ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z")
    }

    fn other() -> Principal {
        principal("ST000000000000000000002AMW42H")
    }

    fn person(principal: Principal, name: &str) -> Person {
        let own_name = Some(FieldText::new(name).unwrap());
        Person { principal, own_name, card: None, added: 0 }
    }

    #[test]
    fn name_means_one_person_or_is_asked_about() {
        let mut people = People::default();
        people.set(person(one(), "Clinic B"));
        assert_eq!(people.shown(&one()), "Clinic B");
        assert_eq!(people.resolve(" clinic b "), Resolved::One(one()));
        assert_eq!(people.resolve(&one().to_string()), Resolved::One(one()));
        assert_eq!(people.resolve(&other().to_string()), Resolved::One(other()));
        assert_eq!(people.shown(&other()), "ST00…W42H, not among your people");
        assert_eq!(people.resolve("Clin"), Resolved::Nobody { near: vec!["Clinic B".to_owned()] });
        people.set(person(other(), "\u{421}linic B"));
        assert_eq!(people.resolve("Clinic B"), Resolved::Several(vec![one(), other()]));
        assert_eq!(people.shown(&one()), "Clinic B (…9G6Z)");
        let third = principal("SP000000000000000000002Q6VF78");
        people.set(person(third.clone(), "Clinic C"));
        for (who, shown) in people.all_shown() {
            assert_eq!(shown, people.shown(&who));
        }
        assert_eq!(people.all_shown().len(), 3);
        people.remove(&third);
        assert_eq!(people.resolve("Clinic B (…9G6Z)"), Resolved::One(one()));
        assert_eq!(people.resolve("ST00…W42H"), Resolved::One(other()));
        assert!(people.remove(&other()).is_some());
        assert_eq!(people.resolve("Clinic B"), Resolved::One(one()));
    }
}
