//! Names in place of principals, as the person at this home gives and reads them.
//!
//! Names are sealed under the profile's own key. Where it is locked, principals are shown whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use mrms_app::Actor;
use mrms_app::profile::links::is_link;
use mrms_app::profile::{ProfileError, ProfileFolder};
use mrms_core::Principal;
use mrms_crypto::keyring::NoKeyError;
use mrms_people::name::{end, likeness};
use mrms_people::{Card, Listings, People, Resolved};

/// The names that one person knows.
#[derive(Clone, Debug)]
pub struct Names {
    me: Option<Principal>,
    /// `None` while the profile is locked.
    people: Option<People>,
    /// Whom directories list.
    listings: Listings,
    /// The names of the profiles of one's wards, who need no other.
    wards: BTreeMap<Principal, String>,
    /// The accounts that the reader had before.
    formers: BTreeSet<Principal>,
    /// The accounts to which the reader offered everything.
    next: BTreeSet<Principal>,
    /// How the people are shown; made when somebody is shown first.
    shown: OnceLock<BTreeMap<Principal, String>>,
}

/// Why names can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NamesError {
    /// The file of names is damaged or can't be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

/// Why a text means nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It could mean several people.
    #[error("{text:?} could mean {}", several.join(", or "))]
    Unclear {
        /// The text.
        text: String,
        /// Those whom it could mean, as they are shown.
        several: Vec<String>,
        /// One of them as it is taken.
        accepted: String,
    },
    /// It is nobody's name.
    #[error("nobody among your people is called {text:?}")]
    Nobody {
        /// The text.
        text: String,
        /// Names that come near.
        near: Vec<String>,
    },
    /// A directory alone lists somebody under it.
    #[error("{text:?} is none of your people: {}", listed.join(", and "))]
    ListedOnly {
        /// The text.
        text: String,
        /// Those whom a directory lists so, as they are shown.
        listed: Vec<String>,
    },
    /// It is no principal, and names can't be read while the profile is locked.
    #[error("{text:?} is no principal, and your people's names are locked")]
    Locked {
        /// The text.
        text: String,
    },
}

impl Names {
    /// These people's names, as `me` reads them.
    #[must_use]
    pub fn new(me: Option<Principal>, people: Option<People>) -> Self {
        let (listings, wards) = (Listings::default(), BTreeMap::new());
        let (formers, next, shown) = (BTreeSet::new(), BTreeSet::new(), OnceLock::new());
        Self { me, people, listings, wards, formers, next, shown }
    }

    /// The names that the profile in this folder knows.
    ///
    /// # Errors
    ///
    /// [`NamesError`].
    pub fn of(profile: &ProfileFolder, actor: &Actor) -> Result<Self, NamesError> {
        let root = actor.keyring.record_root()?;
        let names = Self::new(Some(actor.principal()), Some(profile.people(&root)?));
        let formers = profile.former_accounts().unwrap_or_default();
        let next = profile.offered_everything_to().unwrap_or_default();
        Ok(Self { listings: profile.listings(&root)?, formers, next, ..names })
    }

    /// The names that can be read, where one of their files is damaged, and what is wrong with it. Nothing is written in its
    /// place.
    ///
    /// # Errors
    ///
    /// [`NamesError::NoKey`].
    pub fn readable(
        profile: &ProfileFolder,
        actor: &Actor,
    ) -> Result<(Self, Vec<ProfileError>), NamesError> {
        let root = actor.keyring.record_root()?;
        let mut damaged = Vec::new();
        let people = profile.people(&root).unwrap_or_else(|error| {
            damaged.push(error);
            People::default()
        });
        let listings = profile.listings(&root).unwrap_or_else(|error| {
            damaged.push(error);
            Listings::default()
        });
        let formers = profile.former_accounts().unwrap_or_default();
        let names = Self::new(Some(actor.principal()), Some(people));
        let next = profile.offered_everything_to().unwrap_or_default();
        Ok((Self { listings, formers, next, ..names }, damaged))
    }

    /// These names, and those that somebody else gave to people who have none here.
    #[must_use]
    pub fn with(mut self, others: &People) -> Self {
        if let Some(people) = &mut self.people {
            for person in others.all() {
                if people.get(&person.principal).is_none() {
                    people.set(person.clone());
                }
            }
        }
        self.shown = OnceLock::new();
        self
    }

    /// These names, and those of the profiles of this person's wards. Who was given a name keeps it, and a name that means
    /// somebody already means them alone.
    #[must_use]
    pub(crate) fn with_wards(
        mut self,
        wards: impl IntoIterator<Item = (Principal, String)>,
    ) -> Self {
        let Some(people) = &self.people else { return self };
        let is_free = |(ward, name): &(Principal, String)| {
            people.name_of(ward).is_none()
                && matches!(people.resolve(name), Resolved::Nobody { .. })
        };
        self.wards = wards.into_iter().filter(is_free).collect();
        self
    }

    /// The people, while they can be read.
    #[must_use]
    pub const fn people(&self) -> Option<&People> {
        self.people.as_ref()
    }

    /// Whom directories list.
    #[must_use]
    pub const fn listings(&self) -> &Listings {
        &self.listings
    }

    /// Somebody in a sentence: `you`, `Clinic B`, `“Dr A” (…9G6Z), listed by Region Nord`, `ST1J…9G6Z, not among your
    /// people`; the whole principal while names are locked.
    #[must_use]
    pub fn shown(&self, principal: &Principal) -> String {
        if self.is_me(principal) {
            return "you".to_owned();
        }
        if let Some(ward) = self.wards.get(principal) {
            return ward.clone();
        }
        if self.is_former(principal) {
            return match self.formers.len() {
                1 => "your earlier account".to_owned(),
                _ => format!("your earlier account ({})", end(principal)),
            };
        }
        if self.is_next(principal) {
            return format!("your new account ({})", end(principal));
        }
        match &self.people {
            Some(people) => {
                let own = self.shown.get_or_init(|| people.all_shown()).get(principal).cloned();
                let listed = || self.listings.shown(principal);
                own.or_else(listed).unwrap_or_else(|| people.shown(principal))
            }
            None => principal.to_string(),
        }
    }

    /// Whether this is the reader's own account.
    #[must_use]
    pub fn is_me(&self, principal: &Principal) -> bool {
        self.me.as_ref() == Some(principal)
    }

    /// Whether this is an account that the reader had before, and has given no name of its own.
    #[must_use]
    pub fn is_former(&self, principal: &Principal) -> bool {
        let own = |people: &People| people.name_of(principal).is_some();
        self.formers.contains(principal) && !self.people.as_ref().is_some_and(own)
    }

    /// Whether the reader offered everything to this account, which is no person of theirs: it is their own new one.
    #[must_use]
    pub fn is_next(&self, principal: &Principal) -> bool {
        let person = |people: &People| people.get(principal).is_some();
        self.next.contains(principal) && !self.people.as_ref().is_some_and(person)
    }

    /// Whether the reader had several accounts before this one.
    #[must_use]
    pub fn has_several_formers(&self) -> bool {
        self.formers.len() > 1
    }

    /// This person's own name for somebody, for fields beside the principal.
    #[must_use]
    pub fn name_of(&self, principal: &Principal) -> Option<&str> {
        let of_ward = || self.wards.get(principal).map(String::as_str);
        self.people.as_ref()?.name_of(principal).or_else(of_ward)
    }

    /// The name of a link to records, of this person or of one who handed over to them: `link 3`. A link has no card.
    #[must_use]
    pub fn link_of(&self, principal: &Principal) -> Option<&str> {
        let person = self.people.as_ref()?.get(principal)?;
        person.own_name.as_ref().filter(|_| is_link(person)).map(|name| name.as_str())
    }

    /// Every link that has a name.
    #[must_use]
    pub fn links(&self) -> Vec<(&Principal, &str)> {
        let people = self.people.iter().flat_map(|people| people.all());
        people.filter_map(|one| Some((&one.principal, self.link_of(&one.principal)?))).collect()
    }

    /// What somebody says of themselves, as far as this person has their card.
    #[must_use]
    pub fn card_of(&self, principal: &Principal) -> Option<Card> {
        let card = self.people.as_ref()?.get(principal)?.card().ok()??;
        Some(card.document().clone())
    }

    /// Whom a text means: a name or a principal.
    ///
    /// # Errors
    ///
    /// [`NameError`].
    pub fn resolve(&self, text: &str) -> Result<Principal, NameError> {
        let Some(people) = &self.people else {
            let locked = |_| NameError::Locked { text: text.to_owned() };
            return text.trim().parse().map_err(locked);
        };
        let is_called = |(_, name): &(&Principal, &String)| likeness(name) == likeness(text);
        if let Some((ward, _)) = self.wards.iter().find(is_called) {
            return Ok(ward.clone());
        }
        match people.resolve(text) {
            Resolved::One(principal) => Ok(principal),
            Resolved::Several(several) => Err(NameError::Unclear {
                text: text.to_owned(),
                several: several.iter().map(|one| people.shown(one)).collect(),
                accepted: several.first().map(|one| people.told_apart(one)).unwrap_or_default(),
            }),
            Resolved::Nobody { .. } if !self.listings.find(text).is_empty() => {
                let listed = self.listings.find(text);
                let listed = listed.iter().map(|one| self.shown(one)).collect();
                Err(NameError::ListedOnly { text: text.to_owned(), listed })
            }
            Resolved::Nobody { near } => Err(NameError::Nobody { text: text.to_owned(), near }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locked_names_leave_principals_as_they_are() {
        let principal: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let locked = Names::new(None, None);
        assert_eq!(locked.shown(&principal), principal.to_string());
        assert_eq!(locked.resolve(&principal.to_string()), Ok(principal.clone()));
        assert!(matches!(locked.resolve("Clinic B"), Err(NameError::Locked { .. })));
        let open = Names::new(Some(principal.clone()), Some(People::default()));
        assert_eq!(open.shown(&principal), "you");
        assert!(matches!(open.resolve("Clinic B"), Err(NameError::Nobody { .. })));
    }

    #[test]
    fn account_that_one_had_before_is_called_so_unless_it_was_given_a_name() {
        let [former, first]: [Principal; 2] = [
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap(),
        ];
        let names = |formers: &[&Principal], people: People| Names {
            formers: formers.iter().map(|one| (*one).clone()).collect(),
            ..Names::new(None, Some(people))
        };
        let one = names(&[&former], People::default());
        assert_eq!(one.shown(&former), "your earlier account");
        assert!(one.shown(&first).contains("not among your people"));
        let two = names(&[&former, &first], People::default());
        assert_eq!(two.shown(&first), "your earlier account (…9G6Z)");
        let mut people = People::default();
        people.set(mrms_people::Person {
            principal: former.clone(),
            own_name: Some(mrms_people::FieldText::new("Me, before").unwrap()),
            card: None,
            added: 0,
        });
        assert_eq!(names(&[&former], people).shown(&former), "Me, before");
    }

    #[test]
    fn ward_is_called_by_the_name_of_their_profile_unless_somebody_else_is() {
        let (lisa, other): (Principal, Principal) = (
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap(),
        );
        let wards = || [(lisa.clone(), "lisa".to_owned())];
        let names = Names::new(None, Some(People::default())).with_wards(wards());
        assert_eq!(names.resolve("Lisa"), Ok(lisa.clone()));
        assert_eq!((names.shown(&lisa).as_str(), names.name_of(&lisa)), ("lisa", Some("lisa")));
        let mut people = People::default();
        people.set(mrms_people::Person {
            principal: other.clone(),
            own_name: Some(mrms_people::FieldText::new("Lisa").unwrap()),
            card: None,
            added: 0,
        });
        let names = Names::new(None, Some(people)).with_wards(wards());
        assert_eq!(names.resolve("lisa"), Ok(other));
        assert!(names.shown(&lisa).contains("not among your people"));
    }
}
