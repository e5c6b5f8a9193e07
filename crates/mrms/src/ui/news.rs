//! The line about openings since the person last looked: `2 openings since Tuesday: mrms who shows them`; and a line for
//! each thing that others did for or with the person.
//!
//! Told once, on stderr, at a terminal and with the profile unlocked. Scripts never get it.

use std::io::{self, IsTerminal};

use mrms_app::audit::for_me::ForMe;
use mrms_app::audit::let_in::{LetIn, LetInEnd};
use mrms_app::audit::news::{News, Scope};
use mrms_app::records::list::{NumberedRecord, OwnRecord};
use mrms_app::{Actor, Session};
use mrms_core::{BurnClock, Principal, UnixTime};
use mrms_home::Names;
use mrms_home::clock::{now, rng};
use mrms_people::name::short;

use super::amounts::counted;
use super::naming::as_subject;
use super::output::Output;
use super::powers::in_words;
use super::short_times::{day, near_day};
use super::times::day_and_time;

/// Tells what is new of these records, which the command has read anyway.
pub(crate) fn tell(
    session: &Session<'_>,
    actor: Option<&Actor>,
    records: &[NumberedRecord],
    output: Output,
) {
    if let Some(news) = seen(session, actor, (Scope::All, records), output) {
        output.note(&sentence(news, now()));
    }
}

/// Tells what is new of one record, which the command has read anyway.
pub(crate) fn tell_of(
    session: &Session<'_>,
    actor: Option<&Actor>,
    record: &NumberedRecord,
    output: Output,
) {
    let one = (Scope::Some, std::slice::from_ref(record));
    if let Some(news) = seen(session, actor, one, output) {
        output.note(&sentence(news, now()));
    }
}

/// What is new of these records; from now on it is seen. Only for a person at a terminal.
pub(crate) fn seen(
    session: &Session<'_>,
    actor: Option<&Actor>,
    (scope, records): (Scope, &[NumberedRecord]),
    output: Output,
) -> Option<News> {
    let is_person = io::stderr().is_terminal() && !output.is_json();
    let actor = actor.filter(|_| is_person)?;
    let records = records.iter().map(|one| (one.id, &one.record));
    // A memory that can't be read or written keeps nobody from what they asked for.
    session.news(actor, (scope, records), now(), &mut rng()).ok().flatten()
}

/// Tells what others did that concerns the person, each thing once.
pub(crate) fn tell_for_me(
    session: &Session<'_>,
    actor: Option<&Actor>,
    names: &Names,
    output: Output,
) {
    let is_person = io::stderr().is_terminal() && !output.is_json();
    let Some(actor) = actor.filter(|_| is_person) else { return };
    let (Ok(news), Ok(tip)) = (session.for_me(actor), session.ledger.tip()) else { return };
    if news.is_empty() {
        return;
    }
    for line in lines(&news, names, tip.clock()) {
        output.note(&line);
    }
    // What can't be kept is told again.
    let _ = session.have_read(actor, &news, &mut rng());
}

/// Tells whom delegates let into these records, which the command has read anyway, each once.
pub(crate) fn tell_let_in(
    session: &Session<'_>,
    actor: Option<&Actor>,
    records: &[OwnRecord],
    names: &Names,
    output: Output,
) {
    let is_person = io::stderr().is_terminal() && !output.is_json();
    let Some(actor) = actor.filter(|_| is_person) else { return };
    let (Ok(found), Ok(tip)) = (session.let_in(actor, records), session.ledger.tip()) else {
        return;
    };
    found.iter().for_each(|one| output.note(&let_in(one, names, tip.clock())));
    // What can't be kept is told again.
    let _ = session.let_in_is_told(actor, &found, &mut rng());
}

fn let_in(one: &LetIn, names: &Names, clock: BurnClock) -> String {
    let (by, whom) = (as_subject(names, &one.by), names.shown(&one.user));
    let did = match one.record {
        Some(id) => format!("{by} let {whom} open record {id} for you"),
        None => format!("{by} gave {whom} access to all your records, later ones too"),
    };
    let day = |height| day(clock.time_of(height));
    match one.end {
        None => format!("{did}: mrms shared shows who can open what"),
        Some(LetInEnd::TakenBack(height)) => format!("{did}; taken back on {}", day(height)),
        Some(LetInEnd::RanOut(height)) => format!("{did}; it ended on {}", day(height)),
    }
}

fn lines(news: &ForMe, names: &Names, clock: BurnClock) -> Vec<String> {
    let who = |principal: &Principal| as_subject(names, principal);
    let whose = |principal: &Principal| names.shown(principal);
    let mut lines = Vec::new();
    for one in &news.offered_by {
        lines.push(format!(
            "{} offers you everything: ask them for the text, and mrms hand-over accept takes it",
            who(one)
        ));
    }
    for (one, powers) in &news.delegate_of {
        lines.push(format!(
            "{} lets you act for them ({}): mrms as NAME",
            who(one),
            in_words(*powers)
        ));
    }
    for one in &news.contact_of {
        lines.push(format!("{} named you a contact: mrms contacts tells more", who(one)));
    }
    for one in &news.may_begin {
        lines.push(format!(
            "you asked to act for {}, and the wait is over: mrms contact accept NAME begins it",
            whose(one)
        ));
    }
    for (one, ready) in &news.waits_for {
        lines.push(format!(
            "you asked to act for {}: mrms contact accept NAME works from {} on, unless they refuse",
            whose(one),
            day_and_time(clock.time_of(*ready))
        ));
    }
    for (former, new) in &news.new_accounts {
        lines.push(format!(
            "{} has a new account, {}. What you may do for them goes on there: mrms as NAME",
            who(former),
            short(new)
        ));
    }
    for one in &news.all_of {
        lines.push(format!("{} shared all records with you: mrms list --shared-with-me", who(one)));
    }
    for (id, versions) in &news.added {
        for (version, author) in versions {
            lines.push(format!("{} added version {version} of record {id}", who(author)));
        }
    }
    for (one, count) in &news.shared {
        let records = counted(*count, "record", "records");
        lines.push(format!("{} shared {records} with you: mrms list --shared-with-me", who(one)));
    }
    for one in &news.delegate_no_more {
        lines.push(format!("you do not act for {} any more", whose(one)));
    }
    for (one, end) in &news.member_no_more {
        let since = end.map(|end| format!(", since {}", day(clock.time_of(end))));
        lines.push(format!(
            "you are no longer on the staff of {}{}",
            whose(one),
            since.unwrap_or_default()
        ));
    }
    for one in &news.contact_no_more {
        lines.push(format!("you are no contact of {} any more", whose(one)));
    }
    lines
}

fn sentence(news: News, now: UnixTime) -> String {
    let openings = counted(news.openings, "opening", "openings");
    format!("{openings} since {}: mrms who shows them", near_day(news.since, now))
}

#[cfg(test)]
mod tests {
    use mrms_core::{BurnHeight, Powers, RecordId};
    use mrms_people::{FieldText, People, Person};

    use super::*;

    /// A clock at a height whose block began in November 2026.
    fn clock() -> BurnClock {
        let now = UnixTime::from_seconds(1_795_856_400);
        BurnClock { height: BurnHeight::new(900_000), began: now, now }
    }

    #[test]
    fn what_others_did_is_told_with_names_and_the_command_that_goes_on() {
        let mother: Principal = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap();
        let mut people = People::default();
        people.set(Person {
            principal: mother.clone(),
            own_name: Some(FieldText::new("Maria").unwrap()),
            card: None,
            added: 0,
        });
        let names = Names::new(None, Some(people));
        let mut news = ForMe::default();
        let lines = |news: &ForMe| lines(news, &names, clock());
        assert!(lines(&news).is_empty());
        news.shared.insert(mother.clone(), 2);
        news.delegate_of.insert(mother.clone(), Powers::SEE);
        news.contact_no_more.insert(mother.clone());
        let version = mrms_core::Version::new(2).unwrap();
        news.added.entry(RecordId::new(7)).or_default().insert(version, mother.clone());
        let mut told = lines(&news);
        assert_eq!(told.remove(1), "Maria added version 2 of record 7");
        assert!(told[0].starts_with("Maria lets you act for them ("), "{told:?}");
        assert_eq!(told[1], "Maria shared 2 records with you: mrms list --shared-with-me");
        assert_eq!(told[2], "you are no contact of Maria any more");
        news.may_begin.insert(mother.clone());
        let begin =
            "you asked to act for Maria, and the wait is over: mrms contact accept NAME begins it";
        assert!(lines(&news).iter().any(|line| line == begin));
        news.offered_by.insert("ST000000000000000000002AMW42H".parse().unwrap());
        assert!(lines(&news)[0].starts_with("ST00…W42H, not among your people, offers"));
        let mut news = ForMe::default();
        let new = "ST000000000000000000002AMW42H".parse().unwrap();
        news.new_accounts.insert(mother.clone(), new);
        news.member_no_more.insert(mother.clone(), Some(BurnHeight::new(900_000)));
        news.waits_for.insert(mother.clone(), BurnHeight::new(900_144));
        let told = lines(&news);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("Maria: mrms contact accept NAME works from"), "{told:?}");
        assert!(told[0].contains("29 Nov"), "{told:?}");
        assert!(told[1].starts_with("Maria has a new account, ST00…W42H"), "{told:?}");
        assert!(told[2].starts_with("you are no longer on the staff of Maria, since"), "{told:?}");
        assert!(told[2].contains("28 Nov"), "{told:?}");
    }

    #[test]
    fn whom_a_delegate_let_in_is_told_with_who_did_it() {
        let [daughter, clinic]: [Principal; 2] = [
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
            "ST000000000000000000002AMW42H".parse().unwrap(),
        ];
        let mut people = People::default();
        people.set(Person {
            principal: daughter.clone(),
            own_name: Some(FieldText::new("Anna").unwrap()),
            card: None,
            added: 0,
        });
        let names = Names::new(None, Some(people));
        let mut one = LetIn {
            record: Some(RecordId::new(7)),
            user: clinic,
            by: daughter,
            granted_at: mrms_core::BurnHeight::new(1),
            entry: None,
            end: None,
        };
        let let_in = |one: &LetIn| let_in(one, &names, clock());
        let told = let_in(&one);
        assert!(told.starts_with("Anna let ST00…W42H"), "{told}");
        assert!(told.contains("open record 7 for you"), "{told}");
        one.end = Some(LetInEnd::TakenBack(BurnHeight::new(900_000)));
        let told = let_in(&one);
        assert!(told.contains("taken back on") && told.contains("28 Nov"), "{told}");
        one.record = None;
        assert!(let_in(&one).contains("all your records"));
    }

    #[test]
    fn openings_are_told_with_the_day_since_when() {
        let (since, now) = (1_795_597_200, 1_795_856_400);
        let news = |openings| News { openings, since: UnixTime::from_seconds(since) };
        let told = |openings| sentence(news(openings), UnixTime::from_seconds(now));
        assert_eq!(told(2), "2 openings since Wed 25 Nov: mrms who shows them");
        assert_eq!(told(1), "1 opening since Wed 25 Nov: mrms who shows them");
    }
}
