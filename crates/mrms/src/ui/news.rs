//! The line about openings since the person last looked: `2 openings since Tuesday: mrms who shows them`.
//!
//! Told once, on stderr, at a terminal and with the profile unlocked. Scripts never get it.

use std::io::{self, IsTerminal};

use mrms_app::audit::news::{News, Scope};
use mrms_app::records::list::NumberedRecord;
use mrms_app::{Actor, Session};
use mrms_core::UnixTime;
use mrms_home::clock::{now, rng};

use super::amounts::counted;
use super::output::Output;
use super::short_times::near_day;

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

fn sentence(news: News, now: UnixTime) -> String {
    let openings = counted(news.openings, "opening", "openings");
    format!("{openings} since {}: mrms who shows them", near_day(news.since, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_told_with_the_day_since_when() {
        let (since, now) = (1_795_597_200, 1_795_856_400);
        let news = |openings| News { openings, since: UnixTime::from_seconds(since) };
        let told = |openings| sentence(news(openings), UnixTime::from_seconds(now));
        assert_eq!(told(2), "2 openings since Wed 25 Nov: mrms who shows them");
        assert_eq!(told(1), "1 opening since Wed 25 Nov: mrms who shows them");
    }
}
