//! Somebody in a sentence, in the person's language. The names themselves come from `mrms-home`.

use mrms_app::audit::who::Look;
use mrms_app::profile::links::KeptLink;
use mrms_core::Principal;
use mrms_home::Names;
use mrms_home::said::with_accounts_said;
use mrms_people::listings::Listed;
use mrms_people::name::{end, quotable, short};

use crate::words::Words;

/// A text of the program with the ends of accounts in place of whole ones.
pub(crate) fn with_short_accounts(text: &str) -> String {
    with_accounts_said(text, |account, _| Some(short(account)))
}

/// How somebody is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// The person at work.
    You,
    /// By this person's own name for them.
    Known(String),
    /// As a directory lists them.
    Listed(Box<Listing>),
    /// By the ends of their account: a directory lists them no longer.
    NotListed { short: String, by: String },
    /// By what they call themselves, after the ends of their account.
    Calls { short: String, name: String },
    /// By the ends of their account.
    Unknown(String),
    /// A link to records that the person, or whoever handed over to them, made: by what the person calls it, else by its number.
    Link(u32, Option<String>),
    /// An account without a key of its own and without a name: a link that this profile does not know any more, or another
    /// program. By the ends of the account.
    NoKey(String),
    /// An account that the person had before this one, with the ends of it.
    Former { short: String, is_one_of_several: bool },
    /// An account to which the person offered everything: their own new one. By the ends of it.
    OwnNew(String),
    /// An account that somebody had before, who has a name under the one that they have now.
    EarlierAccount { who: Box<Named>, short: String },
    /// The account to which somebody handed over.
    NewAccount { former: Box<Named>, short: String },
    /// A member of an organisation, who acts for it.
    Member { who: Box<Named>, organisation: Box<Named> },
}

/// How a directory lists somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The end of their account.
    end: String,
    /// What they call themselves.
    name: String,
    /// Who lists them.
    by: String,
}

impl Named {
    /// Somebody as the person at work, `me`, knows them.
    pub(crate) fn of(names: &Names, me: &Principal, principal: &Principal) -> Self {
        if principal == me {
            return Self::You;
        }
        if let Some(number) = names.link_of(principal).and_then(KeptLink::number_in) {
            return Self::Link(number, None);
        }
        if names.is_former(principal) {
            let is_one_of_several = names.has_several_formers();
            return Self::Former { short: short(principal), is_one_of_several };
        }
        if names.is_next(principal) {
            return Self::OwnNew(short(principal));
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
            None => match names.listings().listed(principal) {
                Some(Listed::Now { name, by }) => Self::Listed(Box::new(Listing {
                    end: end(principal),
                    name: quotable(name),
                    by: by.to_owned(),
                })),
                Some(Listed::Before { by }) => {
                    Self::NotListed { short: short(principal), by: by.to_owned() }
                }
                None => Self::Unknown(short(principal)),
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

    /// Whether nothing is known of them but their account: a name that they or somebody else say is one.
    pub(crate) const fn lacks_name(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether something can be shared with them: they are no link, and have a key.
    pub(crate) const fn may_be_given(&self) -> bool {
        !matches!(self, Self::Link(..) | Self::NoKey(_) | Self::Former { .. })
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
            Self::Listed(listing) => {
                let Listing { end, name, by } = &**listing;
                let places = [("end", end.into()), ("name", name.into()), ("by", by.into())];
                words.with("who-listed", &places)
            }
            Self::NotListed { short, by } => {
                words.with("who-not-listed", &[("short", short.into()), ("by", by.into())])
            }
            Self::Unknown(short) => words.with("who-unknown", &[("short", short.into())]),
            Self::Link(number, Some(label)) => {
                let number = u64::from(*number).into();
                words.with("link-named", &[("number", number), ("label", label.into())])
            }
            Self::Link(number, None) => {
                words.with("link-number", &[("number", u64::from(*number).into())])
            }
            Self::NoKey(short) => words.with("who-no-key", &[("short", short.into())]),
            Self::Former { short, is_one_of_several } => {
                let key = if *is_one_of_several { "who-former-several" } else { "who-former" };
                words.with(key, &[("short", short.into())])
            }
            Self::OwnNew(short) => words.with("who-own-new", &[("short", short.into())]),
            Self::EarlierAccount { who, short } => words.with(
                "who-earlier-account",
                &[("who", (&who.say(words)).into()), ("short", short.into())],
            ),
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

#[cfg(test)]
mod tests {
    use mrms_people::{FieldText, People, Person};

    use super::*;
    use crate::words::Language;

    const CLINIC: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";

    #[test]
    fn no_sentence_has_a_whole_account() {
        let text = format!("{CLINIC} has not named you (record 7 of {CLINIC}.medical)");
        let shown = with_short_accounts(&text);
        assert_eq!(shown, "ST1P…GZGM has not named you (record 7 of ST1P…GZGM.medical)");
        assert_eq!(with_short_accounts("nobody, “née” 7"), "nobody, “née” 7");
        let address = format!("http://127.0.0.1:20443/v2/accounts/{CLINIC}?proof=0: status 502");
        assert_eq!(with_short_accounts(&address), address, "it is to be copied");
        let clinic: Principal = CLINIC.parse().unwrap();
        let me: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let unknown = Named::of(&Names::new(None, Some(People::default())), &me, &clinic);
        let calls = Named::Calls { short: short(&clinic), name: "Clinic North".to_owned() };
        for language in Language::ALL {
            let words = Words::of(language);
            for named in [&unknown, &calls, &Named::NoKey(short(&clinic))] {
                let said = named.say(&words);
                assert!(said.contains("ST1P…GZGM") && !said.contains(CLINIC), "{said}");
            }
            assert!(calls.say(&words).contains("Clinic North"));
            // Two accounts of one patient.
            let (who, ends) = (Box::new(Named::Known("Erika".to_owned())), short(&clinic));
            let before =
                Named::EarlierAccount { who: who.clone(), short: ends.clone() }.say(&words);
            let after = Named::NewAccount { former: who, short: ends }.say(&words);
            for said in [&before, &after] {
                assert!(said.starts_with("Erika (") && said.contains("ST1P…GZGM"), "{said}");
            }
            assert_ne!(before, after);
        }
        let words = Words::of(Language::English);
        assert_eq!(calls.say(&words), "ST1P…GZGM (said to be “Clinic North”)");
    }

    #[test]
    fn whom_a_directory_lists_is_said_so_in_the_language_of_the_page() {
        let by = || "Staff of Clinic North".to_owned();
        let listed = Named::Listed(Box::new(Listing {
            end: "…GZGM".to_owned(),
            name: "Dr Quist".to_owned(),
            by: by(),
        }));
        let left = Named::NotListed { short: "ST1P…GZGM".to_owned(), by: by() };
        let english = Words::of(Language::English);
        assert_eq!(listed.say(&english), "“Dr Quist” (…GZGM), listed by Staff of Clinic North");
        assert_eq!(left.say(&english), "ST1P…GZGM, whom Staff of Clinic North lists no longer");
        for language in [Language::German, Language::Spanish] {
            let said = [listed.say(&Words::of(language)), left.say(&Words::of(language))];
            for said in said {
                assert!(said.contains("Staff of Clinic North") && said.contains("GZGM"), "{said}");
                assert!(!said.contains("listed by") && !said.contains("lists no"), "{said}");
            }
        }
    }

    #[test]
    fn link_is_called_by_its_number_in_every_language_also_one_of_a_former_account() {
        let link: Principal = CLINIC.parse().unwrap();
        let me: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let mut people = People::default();
        people.set(Person {
            principal: link.clone(),
            own_name: Some(FieldText::new("link 3").unwrap()),
            card: None,
            added: 0,
        });
        let named = Named::of(&Names::new(None, Some(people)), &me, &link);
        assert_eq!(named, Named::Link(3, None));
        assert_eq!(named.say(&Words::of(Language::German)), "Link 3");
        assert_eq!(named.say(&Words::of(Language::Spanish)), "Enlace 3");
        let labelled = Named::Link(3, Some("Dr. Weber".to_owned()));
        assert_eq!(labelled.say(&Words::of(Language::German)), "Link 3 („Dr. Weber“)");
    }

    #[test]
    fn own_other_accounts_keep_their_form_behind_any_preposition() {
        let short = || "ST1P…GZGM".to_owned();
        let former = |is_one_of_several| Named::Former { short: short(), is_one_of_several };
        for named in [former(false), former(true), Named::OwnNew(short())] {
            // German inflects an article and an adjective behind a preposition; an account's ends stay as they are.
            let said = named.say(&Words::of(Language::German));
            assert!(said.starts_with("ST1P…GZGM ("), "{said}");
            for language in Language::ALL {
                let said = named.say(&Words::of(language));
                assert!(!said.contains("who-") && !said.contains('{'), "{said}");
            }
        }
    }
}
