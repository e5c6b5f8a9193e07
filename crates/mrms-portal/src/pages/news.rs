//! On Home: what others did that concerns the person, until they have read it. What is new, `mrms-app` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::for_me::ForMe;
use mrms_app::audit::let_in::{LetIn, LetInEnd};
use mrms_app::records::shared::SharedBounds;
use mrms_core::{BurnClock, Powers, Principal, RecordId, UnixTime, Version};
use mrms_home::clock::rng;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::cards;
use crate::pages::forms::Plain;
use crate::pages::layout::token;
use crate::pages::powers;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// Additions to records of which each is told.
const MOST_ADDED: usize = 10;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct One {
    who: Named,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// They added the newest version of a record, which is called so.
    Added(RecordId, Option<String>),
    /// They put a record on record for the person.
    PutOn(RecordId, Option<String>),
    /// They did one of these with so many records.
    AddedMore(u64),
    /// They let this account, so called, open something for the person; with how it has ended since.
    LetIn(Principal, Named, Opened, Option<Ended>),
    Shared(u64),
    SharedAll,
    Delegate(Powers),
    /// They ended that the person acts for this account of theirs.
    DelegateOver(Principal),
    /// They go on under a new account, for which the person acts as before.
    NewAccount,
    Contact,
    ContactOver,
    /// The person is not on their staff any more, since then.
    MemberOver(Option<UnixTime>),
    Offered,
}

/// How something ended to which somebody was let in, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    TakenBack(UnixTime),
    RanOut(UnixTime),
}

impl Ended {
    fn of(end: LetInEnd, clock: BurnClock) -> Self {
        let when = clock.time_of(end.height());
        match end {
            LetInEnd::TakenBack(_) => Self::TakenBack(when),
            LetInEnd::RanOut(_) => Self::RanOut(when),
        }
    }

    fn say(self, words: &Words) -> String {
        let (key, when) = match self {
            Self::TakenBack(when) => ("news-let-in-back", when),
            Self::RanOut(when) => ("news-let-in-over", when),
        };
        words.with(key, &[("day", (&times::day(words, when)).into())])
    }
}

/// What somebody was let in to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Opened {
    /// A record, which is called so.
    One(RecordId, Option<String>),
    Several(u64),
    All,
}

impl What {
    const fn key(&self) -> &'static str {
        match self {
            Self::Added(..) => "news-added",
            Self::PutOn(..) => "news-put-on",
            Self::AddedMore(_) => "news-added-more",
            Self::LetIn(_, _, Opened::One(..), _) => "news-let-in",
            Self::LetIn(_, _, Opened::Several(_), _) => "news-let-in-several",
            Self::LetIn(_, _, Opened::All, _) => "news-let-in-all",
            Self::Shared(_) => "news-shared",
            Self::SharedAll => "news-shared-all",
            Self::Delegate(_) => "news-delegate",
            Self::DelegateOver(_) => "news-delegate-over",
            Self::NewAccount => "news-new-account",
            Self::MemberOver(Some(_)) => "news-member-over",
            Self::MemberOver(None) => "news-member-over-undated",
            Self::Contact => "news-contact",
            Self::ContactOver => "news-contact-over",
            Self::Offered => "news-offered",
        }
    }

    /// The page where one goes on with it.
    fn page(&self) -> String {
        match self {
            Self::Added(id, _) | Self::PutOn(id, _) => return format!("/records/{id}"),
            Self::LetIn(_, _, Opened::One(id, _), _) => return format!("/records/{id}"),
            Self::LetIn(user, ..) => return format!("/people/{user}"),
            Self::DelegateOver(patient) => return format!("/family/{patient}/over"),
            Self::AddedMore(_) => "/records",
            Self::Shared(_) | Self::SharedAll => "/shared",
            Self::MemberOver(_) => "/staff",
            Self::Offered => "/hand-over/accept",
            _ => "/family",
        }
        .to_owned()
    }
}

impl One {
    /// Whether somebody without a name let the person act for them.
    fn is_from_stranger(&self) -> bool {
        matches!(self.who, Named::Unknown(_))
            && matches!(self.what, What::Delegate(_) | What::Contact | What::Offered)
    }

    fn say(&self, words: &Words) -> String {
        let who = self.who.say(words);
        let count = match self.what {
            What::Shared(count)
            | What::AddedMore(count)
            | What::LetIn(_, _, Opened::Several(count), _) => count,
            _ => 0,
        };
        let name = match &self.what {
            What::Added(_, name)
            | What::PutOn(_, name)
            | What::LetIn(_, _, Opened::One(_, name), _) => name.clone(),
            _ => None,
        };
        let name = name.unwrap_or_else(|| words.say("records-unnamed"));
        let user = match &self.what {
            What::LetIn(_, user, ..) => user.say(words),
            _ => String::new(),
        };
        let day = match self.what {
            What::MemberOver(Some(when)) => times::day(words, when),
            _ => String::new(),
        };
        let places = [
            ("who", (&who).into()),
            ("count", count.into()),
            ("name", (&name).into()),
            ("user", (&user).into()),
            ("day", (&day).into()),
        ];
        let said = words.with(self.what.key(), &places);
        match self.what {
            What::Delegate(powers) => format!("{said} {}", powers::you_may(words, powers)),
            What::LetIn(_, _, _, Some(ended)) => format!("{said} {}", ended.say(words)),
            _ => said,
        }
    }
}

/// What is new, in the order in which it is told.
pub(crate) fn of(work: &Work) -> Result<Vec<One>, PortalError> {
    let found = work.for_me()?;
    // Names travel with what is shared; a vault that is away leaves accounts.
    if !found.shared.is_empty() || !found.all_of.is_empty() {
        let session = work.session();
        if let Ok(shared) = session.shared_with(&work.actor.principal(), SharedBounds::USUAL) {
            let _ = session.look_at_received(&work.actor, (&shared.records, None), &mut rng());
        }
    }
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    let overview = match found.added.is_empty() && found.let_in.is_empty() {
        true => None,
        false => Some(work.overview()?),
    };
    // Of what was erased since, there is nothing to read.
    let row = |id: RecordId| overview.as_ref()?.row(id).filter(|row| !row.is_erased);
    let added = found.added.iter().filter_map(|(id, versions)| {
        let (version, author) = versions.last_key_value()?;
        let name = row(*id)?.name.clone();
        Some(match *version == Version::FIRST {
            true => (author, What::PutOn(*id, name)),
            false => (author, What::Added(*id, name)),
        })
    });
    let let_in = let_in(&found.let_in, |id| row(id).map(|row| row.name.clone()));
    let mut named = Vec::with_capacity(let_in.len());
    for (by, user, opened, end) in let_in {
        let ended = end.map(|end| Ended::of(end, clock));
        named.push((by, What::LetIn(user.clone(), work.reader(user), opened, ended)));
    }
    told(&found, (added.collect(), named), clock, |who| called(work, who))
}

/// Somebody whom a delegate let in, and the latest end where it has ended.
type InBy<'f> = (&'f Principal, &'f Principal, Opened, Option<LetInEnd>);

/// Whom delegates let in, a line for each delegate and each person, and another for what has ended since. `name` has what a
/// record is called that is still there.
fn let_in(found: &[LetIn], name: impl Fn(RecordId) -> Option<Option<String>>) -> Vec<InBy<'_>> {
    // What has ended is told apart by what ended it.
    let how = |end: Option<LetInEnd>| match end {
        None => 0,
        Some(LetInEnd::TakenBack(_)) => 1,
        Some(LetInEnd::RanOut(_)) => 2,
    };
    let mut pairs: BTreeMap<_, (Vec<Option<RecordId>>, Option<LetInEnd>)> = BTreeMap::new();
    for one in found {
        let (records, end) = pairs.entry((&one.by, &one.user, how(one.end))).or_default();
        records.push(one.record);
        *end = (*end).into_iter().chain(one.end).max_by_key(|end| end.height());
    }
    let opened = pairs.into_iter().filter_map(|((by, user, _), (records, end))| {
        if records.contains(&None) {
            return Some((by, user, Opened::All, end));
        }
        let there: Vec<_> =
            records.into_iter().flatten().filter_map(|id| Some((id, name(id)?))).collect();
        match there.len() {
            0 => None,
            1 => there.into_iter().next().map(|(id, name)| (by, user, Opened::One(id, name), end)),
            several => Some((by, user, Opened::Several(several as u64), end)),
        }
    });
    opened.collect()
}

/// What people did, each with who did it.
type Did<'p> = Vec<(&'p Principal, What)>;

fn told<'p>(
    found: &'p ForMe,
    (added, let_in): (Did<'p>, Did<'p>),
    clock: BurnClock,
    called: impl Fn(&Principal) -> Result<Named, PortalError>,
) -> Result<Vec<One>, PortalError> {
    let all = |what: What| move |who| (who, what.clone());
    let (added, more) = added.split_at(added.len().min(MOST_ADDED));
    let mut many: BTreeMap<&Principal, u64> = BTreeMap::new();
    for (who, _) in more {
        *many.entry(*who).or_default() += 1;
    }
    let more = many.into_iter().map(|(who, count)| (who, What::AddedMore(count)));
    let offered = found.offered_by.iter().map(all(What::Offered));
    let delegate = found.delegate_of.iter().map(|(who, powers)| (who, What::Delegate(*powers)));
    let member_over = found.member_no_more.iter().map(|(who, end)| {
        let when = end.map(|height| clock.time_of(height));
        (who, What::MemberOver(when))
    });
    let shared = found.shared.iter().map(|(who, count)| (who, What::Shared(*count)));
    let news = offered
        .chain(let_in)
        .chain(added.iter().cloned())
        .chain(more)
        .chain(delegate)
        .chain(found.contact_of.iter().map(all(What::Contact)))
        .chain(found.all_of.iter().map(all(What::SharedAll)))
        .chain(shared)
        .chain(found.new_accounts.keys().map(all(What::NewAccount)))
        .chain(member_over)
        .chain(found.delegate_no_more.iter().map(|who| (who, What::DelegateOver(who.clone()))))
        .chain(found.contact_no_more.iter().map(all(What::ContactOver)));
    news.map(|(who, what)| Ok(One { who: called(who)?, what })).collect()
}

/// The section on Home.
pub(crate) fn section(view: &View, news: &[One]) -> Markup {
    let words = &view.words;
    if news.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="news" {
            h2 id="news" { (words.say("news-title")) }
            ul { @for one in news { li { a href=(one.what.page()) { bdi { (one.say(words)) } } } } }
            // Once, also of several: where somebody acts for a stranger.
            @if let Some(one) = news.iter().find(|one| one.is_from_stranger()) { (cards::nameless(words, &one.who)) }
            form method="post" action="/news" {
                (token(&view.visitor))
                button.second type="submit" { (words.say("notes-read")) }
            }
        }
    }
}

/// `POST /news`: what Home told was read.
pub(crate) async fn read(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), |work| {
        let found = work.for_me()?;
        work.session().have_read(&work.actor, &found, &mut rng()).map_err(refused)?;
        work.memory.forget_news();
        Ok(())
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response())
}

#[cfg(test)]
mod tests {
    use mrms_core::BurnHeight;

    use super::*;
    use crate::words::Language;

    #[test]
    fn what_was_taken_back_is_a_line_of_its_own_with_its_latest_day() {
        let [daughter, clinic]: [Principal; 2] = [
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
        ];
        let back = |height| Some(LetInEnd::TakenBack(BurnHeight::new(height)));
        let given = |id, end| LetIn {
            record: Some(RecordId::new(id)),
            user: clinic.clone(),
            by: daughter.clone(),
            granted_at: BurnHeight::new(1),
            entry: None,
            end,
        };
        let found = [given(1, None), given(2, back(40)), given(3, back(30))];
        let lines = let_in(&found, |_| Some(Some("Letter".to_owned())));
        let lines: Vec<_> = lines.into_iter().map(|(_, _, opened, end)| (opened, end)).collect();
        let open = Opened::One(RecordId::new(1), Some("Letter".to_owned()));
        assert_eq!(lines, [(open, None), (Opened::Several(2), back(40))]);
    }

    #[test]
    fn everything_new_is_a_sentence_with_a_name_and_a_way_on() {
        let [mother, clinic]: [Principal; 2] = [
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
        ];
        let mut found = ForMe::default();
        let height = BurnHeight::new(900_000);
        let now = UnixTime::from_seconds(1_795_856_400);
        let clock = BurnClock { height, began: now, now };
        let nothing = told(&found, Default::default(), clock, |_| Ok(Named::You));
        assert!(nothing.unwrap().is_empty());
        found.new_accounts.insert(mother.clone(), clinic.clone());
        found.member_no_more.insert(clinic.clone(), Some(height));
        found.shared.insert(mother.clone(), 2);
        found.all_of.insert(clinic.clone());
        found.delegate_of.insert(mother.clone(), Powers::ALL);
        found.delegate_no_more.insert(clinic.clone());
        found.contact_of.insert(mother.clone());
        found.contact_no_more.insert(clinic);
        found.offered_by.insert(mother.clone());
        let called = |who: &Principal| {
            let name = if *who == mother { "Maria" } else { "Clinic North" };
            Ok(Named::Known(name.to_owned()))
        };
        let added = |number| (&mother, What::Added(RecordId::new(number), Some("Letter".into())));
        let put_on = (&mother, What::PutOn(RecordId::new(40), None));
        let added = std::iter::once(put_on).chain((0..12).map(added)).collect();
        let doctor = || Named::Known("Dr. Nora".to_owned());
        let opened =
            [Opened::One(RecordId::new(1), Some("Letter".into())), Opened::Several(3), Opened::All];
        let ends = [Some(Ended::TakenBack(now)), Some(Ended::RanOut(now)), None];
        let let_in = opened.into_iter().zip(ends).map(|(opened, ended)| {
            let user = "ST000000000000000000002AMW42H".parse().unwrap();
            (&mother, What::LetIn(user, doctor(), opened, ended))
        });
        let news = told(&found, (added, let_in.collect()), clock, called).unwrap();
        assert_eq!(news.len(), 9 + 10 + 1 + 3);
        assert!(news.iter().any(|one| one.what == What::AddedMore(3)));
        for language in Language::ALL {
            let words = Words::of(language);
            for one in &news {
                let said = one.say(&words);
                assert!(said.contains("Maria") || said.contains("Clinic North"), "{said}");
                assert!(!said.contains("news-") && !said.contains('{'), "{said}");
                let is_let_in = matches!(one.what, What::LetIn(..));
                assert_eq!(said.contains("Dr. Nora"), is_let_in, "{said}");
                let is_dated =
                    matches!(one.what, What::MemberOver(Some(_)) | What::LetIn(_, _, _, Some(_)));
                assert_eq!(said.contains("2026"), is_dated, "{said}");
            }
            let shared = One { who: Named::Known("Maria".to_owned()), what: What::Shared(2) };
            assert!(shared.say(&words).contains('2'));
        }
    }
}
