//! Somebody in a sentence, in the person's language. The names themselves come from `mrms-home`.

use mrms_app::audit::who::Look;
use mrms_core::Principal;
use mrms_home::Names;
use mrms_people::name::{quotable, short};

use crate::words::Words;

/// How somebody is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The person at work.
    You,
    /// By this person's own name for them, or as a directory lists them.
    Known(String),
    /// By what they call themselves, after the ends of their account.
    Calls { short: String, name: String },
    /// By the ends of their account.
    Unknown(String),
    /// The account to which somebody handed over.
    NewAccount { former: Box<Named>, short: String },
    /// A member of an organisation, who acts for it.
    Member { who: Box<Named>, organisation: Box<Named> },
}

impl Named {
    /// Somebody as the person at work, `me`, knows them.
    pub(crate) fn of(names: &Names, me: &Principal, principal: &Principal) -> Self {
        if principal == me {
            return Self::You;
        }
        let person = names.people().and_then(|people| people.get(principal));
        match person {
            Some(person) if person.own_name.is_some() => Self::Known(names.shown(principal)),
            Some(person) => match person.card().ok().flatten() {
                Some(card) => Self::Calls {
                    short: short(principal),
                    name: quotable(&card.document().name.to_string()),
                },
                None => Self::Unknown(short(principal)),
            },
            // A ward is called by the name of their profile.
            None if names.name_of(principal).is_some() => Self::Known(names.shown(principal)),
            None => match names.listings().shown(principal) {
                Some(listed) => Self::Known(listed),
                None => Self::Unknown(short(principal)),
            },
        }
    }

    /// The same with the organisation for which they act.
    pub(crate) fn of_member(
        names: &Names,
        me: &Principal,
        principal: &Principal,
        organisation: Option<&Principal>,
    ) -> Self {
        let who = Self::of(names, me, principal);
        match organisation {
            None => who,
            Some(organisation) => Self::Member {
                who: Box::new(who),
                organisation: Box::new(Self::of(names, me, organisation)),
            },
        }
    }

    /// Who opened or tried to open something: a delegate did it for the person at work.
    pub(crate) fn say_of(&self, look: &Look, words: &Words) -> String {
        let who = self.say(words);
        match (look.for_patient, &look.given_to) {
            (true, Some(_)) => words.with("who-for-you-sharing", &[("who", (&who).into())]),
            (true, None) => words.with("who-for-you", &[("who", (&who).into())]),
            (false, _) => who,
        }
    }

    /// The words where something is done to them.
    pub(crate) fn say_to(&self, words: &Words) -> String {
        match self {
            Self::You => words.say("who-to-you"),
            other => other.say(words),
        }
    }

    /// Who wrote something.
    pub(crate) fn as_author(&self, words: &Words) -> String {
        match self {
            Self::You => words.say("record-author-you"),
            other => words.with("record-author", &[("who", (&other.say(words)).into())]),
        }
    }

    /// The words.
    pub(crate) fn say(&self, words: &Words) -> String {
        match self {
            Self::You => words.say("who-you"),
            Self::Known(name) => name.clone(),
            Self::Calls { short, name } => {
                words.with("who-calls", &[("short", short.into()), ("name", name.into())])
            }
            Self::Unknown(short) => words.with("who-unknown", &[("short", short.into())]),
            Self::NewAccount { former, short } => words.with(
                "who-new-account",
                &[("who", (&former.say(words)).into()), ("short", short.into())],
            ),
            Self::Member { who, organisation } => words.with(
                "who-member",
                &[
                    ("who", (&who.say(words)).into()),
                    ("organisation", (&organisation.say(words)).into()),
                ],
            ),
        }
    }
}
