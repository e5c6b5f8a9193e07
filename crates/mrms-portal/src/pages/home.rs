//! Home: in one sentence who can see what, and then what wants attention.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, REFRESH};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::for_me::Sharing;
use mrms_app::audit::who::Deed;
use mrms_app::contacts::acting::ActsNow;
use mrms_contract::read;
use mrms_core::{Principal, RecordId, UnixTime};
use mrms_home::backup::noted::noted;

use crate::asked::Unexplained;
use crate::error::{PortalError, refused};
use crate::health::{Health, Part};
use crate::looks::Counts;
use crate::named::Named;
use crate::pages::coming::Coming;
use crate::pages::family::contact;
use crate::pages::forms::{Done, Plain};
use crate::pages::lacking::{self, Lacks};
use crate::pages::layout::{self, notice, token};
use crate::pages::naming::Offers;
use crate::pages::staff::mine::Mine;
use crate::pages::staff::workplaces::Workplaces;
use crate::pages::told::Told;
use crate::pages::unsure::{self, Unsure};
use crate::pages::view::View;
use crate::pages::welcome;
use crate::pages::what_for::{self, Asking};
use crate::pages::{left_there, new_key, news, powers, tell};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// A grant that ends within this many seconds is told, in the last quarter of its time.
const SOON: u64 = 3 * 86_400;
const WEEK: u64 = 7 * 86_400;
const MONTH: u64 = 30 * 86_400;
/// So many records are read in about a second.
const MANY: u64 = 1_000;
/// Grants that end soon, of which each is told.
const MOST_ENDING: usize = 10;

struct Summary {
    records: usize,
    people: usize,
    /// Who lets the person open something; asked where there are no records of their own.
    sharing: Sharing,
    /// How many links open something.
    links: usize,
    /// What others did in the last week.
    week: Counts,
    /// Who opened something in that week, where it was one person.
    one: Option<Named>,
    /// Of whom something is not certain yet.
    unsure: Vec<Unsure>,
    /// Whose access to something ends soon, by person.
    ending: Vec<Ending>,
    emergencies: Vec<Emergency>,
    /// Emergencies of which no reason is known yet.
    unexplained: Vec<Unexplained>,
    /// Openings of the week of which it is not known yet that they got a key.
    keyless: Vec<Unexplained>,
    /// What others sent, and waits for an answer.
    offers: usize,
    /// Who is the patient now, if another account is.
    handed_over: Option<(Named, Option<UnixTime>)>,
    /// Whose key is to be compared, before what the person adds reaches them.
    new_keys: Vec<(Principal, Named)>,
    /// Contacts who asked, with their account, when their wait ends, and whether that is over.
    asking: Vec<(Named, Principal, UnixTime, bool)>,
    /// Who acts for the person now, and since when.
    acting: Vec<(Named, ActsNow)>,
    /// What the person can begin, and who grows up.
    coming: Coming,
    /// The organisations for which the person opens.
    workplaces: Workplaces,
    /// What others did that concerns the person.
    news: Vec<news::One>,
    /// How many records are on the machine's own ledger alone, from before it joined somebody.
    left_there: usize,
    /// What the account lacks to write and to be shared with, and of whom it can be asked.
    lacking: Lacks,
    /// When a backup was made last; `None` where there is nothing to back up.
    backup: Option<Option<u64>>,
    /// Whether the records are on a ledger elsewhere, and not on this machine.
    is_elsewhere: bool,
}

/// An emergency that was not reviewed.
struct Emergency {
    who: Named,
    account: Principal,
    record: RecordId,
    /// What the record is called, and what tells it from others.
    told: Option<Told>,
    /// Why, in their words.
    reason: Option<String>,
    /// The entry of its log that declared it.
    entry: Option<u64>,
}

/// The emergencies that were not reviewed, and those of which no reason is known yet.
fn emergencies(work: &Work) -> Result<(Vec<Emergency>, Vec<Unexplained>), PortalError> {
    let (overview, looks) = (work.overview()?, work.looks()?);
    let mut found = Vec::new();
    let mut unexplained = Vec::new();
    for (who, record) in overview.emergencies() {
        // The newest is the one that waits.
        let declared = looks.all.iter().find(|one| {
            one.look.record == record && one.look.deed == Deed::DeclaredEmergency && one.is_of(who)
        });
        let declared = declared.as_slice();
        let known = what_for::known(work, declared)?;
        unexplained.extend(what_for::unexplained(declared, &known, overview.clock.now));
        let reason = declared.first().and_then(|one| what_for::of_look(&known, one).reason);
        let told = Told::of(work, &overview, record);
        let entry = declared.first().and_then(|one| one.look.index);
        let (account, who) = (who.clone(), work.reader(who));
        found.push(Emergency { who, account, record, told, reason, entry });
    }
    Ok((found, unexplained))
}

/// What somebody can see, and soon no more.
struct Ending {
    user: Principal,
    who: Named,
    /// The record that ends first, and what it is called.
    record: RecordId,
    name: Option<String>,
    end: UnixTime,
    /// How many records end soon.
    count: usize,
}

/// Whether something ends soon: of what was meant to be short, nobody has to be told at once.
fn is_soon(now: UnixTime, begun: Option<UnixTime>, end: UnixTime) -> bool {
    let left = end.seconds().saturating_sub(now.seconds());
    let whole = begun.map_or(u64::MAX, |begun| end.seconds().saturating_sub(begun.seconds()));
    left < SOON && left < whole / 4
}

fn look(work: &Work) -> Result<Summary, PortalError> {
    let (overview, looks) = (work.overview()?, work.looks()?);
    let me = work.actor.principal();
    let clock = overview.clock;
    let named = |user: &Principal| work.reader(user);
    let a_week_ago = UnixTime::from_seconds(clock.now.seconds().saturating_sub(WEEK));
    let mut ending = Vec::new();
    for share in &overview.shares {
        let ends = share.by_name().filter_map(|record| {
            let end = clock.time_of(record.until?);
            let begun = record.since.map(|height| clock.time_of(height));
            is_soon(clock.now, begun, end).then_some((end, record.id))
        });
        let ends: Vec<_> = ends.collect();
        let Some((end, record)) = ends.iter().min().copied() else { continue };
        let name = overview.told_apart(record);
        let (user, who) = (share.user.clone(), named(&share.user));
        ending.push(Ending { user, who, record, name, end, count: ends.len() });
    }
    ending.sort_by_key(|one| one.end);
    let told = work.session().at_once(&me).map_err(refused)?;
    // Whoever acts for the patient acts for the successor from then on.
    let acting = match told.handed_over {
        Some(_) => Vec::new(),
        None => work.session().acting_now(&me).map_err(refused)?,
    };
    let sharing = match overview.records() == 0 {
        true => work.session().sharing_with(&me).map_err(refused)?,
        false => Sharing::default(),
    };
    let (emergencies, unexplained) = emergencies(work)?;
    let this_week = looks.since(a_week_ago);
    // Whoever takes the key of the staff looks at no record.
    let of_records = || this_week.iter().filter(|look| !overview.is_staff_record(look.look.record));
    let mine = Mine::of(work, clock)?;
    Ok(Summary {
        records: overview.records(),
        people: overview.people(),
        sharing,
        links: overview.links(),
        week: Counts::of(of_records()),
        one: {
            let opened = of_records().filter(|look| look.is_opening());
            let who: BTreeSet<_> = opened.map(|look| &look.look.who).collect();
            if let [only] = who.into_iter().collect::<Vec<_>>()[..] {
                Some(named(only))
            } else {
                None
            }
        },
        unsure: unsure::all(work, &overview)?,
        ending,
        emergencies,
        unexplained,
        keyless: what_for::without_release(work, this_week, clock.now),
        new_keys: overview
            .with_new_keys(work)
            .into_iter()
            .map(|who| {
                let called = named(&who);
                (who, called)
            })
            .collect(),
        asking: told
            .asking
            .into_iter()
            .map(|asking| (named(&asking.who), asking.who, asking.ready, asking.is_ready))
            .collect(),
        acting: acting.into_iter().map(|one| (named(&one.who), one)).collect(),
        offers: work.session().offers_waiting(&work.actor).map_err(refused)?,
        coming: Coming::of(work, &mine, clock, told.handed_over.is_some())?,
        workplaces: Workplaces::of(work, &mine)?,
        handed_over: told.handed_over.map(|it| (named(&it.to), told.handed_over_when)),
        news: news::of(work)?,
        left_there: left_there::count(work),
        lacking: lacking::look(work),
        backup: (!overview.own.is_empty())
            .then(|| noted(work.home.folder()).made_for(work.home.profile())),
        is_elsewhere: work.home.settings().ledger.is_some(),
    })
}

/// Whether there is so much that reading it takes a while, and it was not read yet.
fn must_wait(work: &Work) -> Result<bool, PortalError> {
    if work.memory.is_ready() {
        return Ok(false);
    }
    let counts = work.session().ask(&read::patient_counts(&work.actor.principal()));
    Ok(counts.map_err(refused)?.records > MANY)
}

/// What is shown while everything is read for the first time. The browser asks again by itself.
fn waiting(view: &View) -> Response {
    let words = &view.words;
    let body = html! {
        h1.sentence { (words.say("home-reading")) }
        p { (words.say("home-reading-explained")) }
        section.actions { a.button href="/records/add" { (words.say("home-add")) } }
    };
    let page = layout::page(view, "/", &words.say("nav-home"), &body);
    ([(REFRESH, "2")], page).into_response()
}

/// `GET /`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(done): Query<Done>,
) -> Result<Response, PortalError> {
    let has_noted = welcome::are_noted(&portal, &view);
    let (health, is_due) = view.person.memory.health();
    if is_due {
        let (homes, person) = (portal.homes.clone(), view.person.clone());
        // Beside the answer: a vault that is away answers late.
        tokio::spawn(async move {
            let found = with_home(&homes, person, |work| {
                work.memory.found_health(Health::of(work));
                Ok(())
            });
            found.await
        });
    }
    if with_home(&portal.homes, view.person.clone(), must_wait).await? {
        let (homes, person) = (portal.homes.clone(), view.person.clone());
        tokio::spawn(async move { with_home(&homes, person, |work| look(work).map(drop)).await });
        return Ok(waiting(&view));
    }
    let mut summary = with_home(&portal.homes, view.person.clone(), look).await?;
    let asking = what_for::ask(&portal, &view, &summary.unexplained).await;
    // For these alone the page does not come again by itself: the next one tells it.
    let keys = what_for::ask(&portal, &view, &summary.keyless).await;
    if asking == Asking::Answered || keys == Asking::Answered {
        summary = with_home(&portal.homes, view.person.clone(), look).await?;
    }
    let words = &view.words;
    let body = html! {
        h1.sentence {
            @if let Some((who, when)) = &summary.handed_over {
                (words.with("home-handed-over", &[
                    ("who", (&who.say(words)).into()),
                    ("day", (&when.map(|when| times::day(words, when)).unwrap_or_default()).into()),
                ]))
            } @else if summary.records == 0 && summary.left_there > 0 {
                (words.say("home-empty-here"))
            } @else if summary.records == 0 && !summary.workplaces.is_none() {
                (summary.workplaces.said(words))
                @if summary.sharing.patients > 0 { " " (sharing(words, summary.sharing)) }
            } @else if summary.records == 0 && summary.sharing.patients > 0 {
                a href="/shared" { (sharing(words, summary.sharing)) }
                " " (words.say("home-none-own"))
                @if summary.people > 0 {
                    " " (words.with("home-empty-people", &[("people", summary.people.into())]))
                }
            } @else if summary.records == 0 {
                (words.say("home-empty"))
                @if summary.people > 0 {
                    " " (words.with("home-empty-people", &[("people", summary.people.into())]))
                }
            } @else {
                (who_can_see(words, &summary))
                " "
                @let week = week(words, &summary);
                @if summary.week.opened > 0 { a href="/who?week=0" { (week) } } @else { (week) }
            }
        }
        @if summary.records > 0 && !summary.workplaces.is_none() {
            p { (summary.workplaces.said(words)) }
        }
        @if done.done == "reviewed" { (notice(&words.say("log-reviewed"))) }
        @if done.done == "key" && !summary.lacking.lacking.key { (notice(&words.say("home-key-published"))) }
        @if done.done == "joined" { (notice(&words.say("home-joined"))) }
        @if done.done == "refused" {
            (notice(&words.say("home-contact-refused")))
            (tell::them(words, &view.person, "tell-contact-over", &[]))
        }
        (attention(&view, &summary, &health, has_noted))
        (news::section(&view, &summary.news))
        (acts_now(&view, &summary.acting))
        @if summary.records == 0 && summary.left_there == 0 && !summary.is_given() && summary.handed_over.is_none() {
            p { (words.say("home-begin")) }
        }
        // Whoever handed over can add nothing, and has no records.
        @if summary.handed_over.is_none() {
            section.actions {
                @if summary.records == 0 && summary.is_given() {
                    a.button href="/shared" { (words.say("nav-shared")) }
                    a.button.second href="/records/add" { (words.say("home-add")) }
                } @else {
                    a.button href="/records/add" { (words.say("home-add")) }
                    a.button.second href="/records" { (words.say("home-records")) }
                    @if summary.records > 0 { a.button.second href="/share" { (words.say("record-share")) } }
                }
            }
        }
    };
    Ok(asking.page(layout::page(&view, "/", &words.say("nav-home"), &body)))
}

impl Summary {
    /// Whether the person opens what others share, with them or with an organisation of theirs.
    fn is_given(&self) -> bool {
        self.sharing.patients > 0 || !self.workplaces.is_none()
    }
}

/// What others opened this week: by name, where it was one person.
fn week(words: &Words, summary: &Summary) -> String {
    let count = ("count", summary.week.opened.into());
    match &summary.one {
        Some(who) => words.with("home-week-who", &[count, ("who", (&who.say(words)).into())]),
        None => words.with("home-week", &[count]),
    }
}

/// How many people let the person open something.
fn sharing(words: &Words, sharing: Sharing) -> String {
    let key = if sharing.is_more { "home-sharing-more" } else { "home-sharing" };
    words.with(key, &[("people", sharing.patients.into())])
}

/// How many people can see something, and that links open something as well.
fn who_can_see(words: &Words, summary: &Summary) -> String {
    let Summary { people, links, records, .. } = *summary;
    let said = |key: &str| {
        let places =
            [("people", people.into()), ("links", links.into()), ("records", records.into())];
        words.with(key, &places)
    };
    match (people, links) {
        (_, 0) => said("home-sentence"),
        (0, _) => said("home-links-alone"),
        _ => format!("{} {}", said("home-sentence"), said("home-links-too")),
    }
}

/// `POST /told`: what became of waiting actions was read.
pub(crate) async fn told(view: View, Form(form): Form<Plain>) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    view.person.memory.change_notes(crate::notes::Notes::read);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response())
}

/// `POST /contacts/{account}/refuse`: a contact who asked does not become a delegate.
pub(crate) async fn refuse_contact(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(account): Path<String>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let who: Principal = account.parse().map_err(|_| PortalError::NoPage)?;
    with_home(&portal.homes.for_an_end(), view.person.clone(), move |work| {
        work.open.fund(&work.actor).map_err(refused)?;
        contact::refuse(work, &who)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/?done=refused")]).into_response())
}

/// Whether a backup is to be made: there is something to back up, and the last one is a month old.
fn lacks_backup(backup: Option<Option<u64>>, now: u64) -> bool {
    backup.is_some_and(|made| made.is_none_or(|made| now.saturating_sub(made) > MONTH))
}

/// Who acts for the person, since when, and the way to end it.
fn acts_now(view: &View, acting: &[(Named, ActsNow)]) -> Markup {
    let words = &view.words;
    if acting.is_empty() {
        return html! {};
    }
    let offers = Offers::new(view, "/family");
    html! {
        section aria-labelledby="acting-now" {
            h2 id="acting-now" { (words.say("family-mine")) }
            ul.readers {
                @for (named, one) in acting {
                    @let who = named.say(words);
                    li {
                        span {
                            @match one.since {
                                Some(since) => (words.with("home-acts-since", &[
                                    ("who", (&who).into()), ("day", (&times::day(words, since)).into()),
                                ])),
                                None => (words.with("home-acts", &[("who", (&who).into())])),
                            }
                            (offers.beside(&one.who, None, named))
                            br;
                            (powers::they_may(words, one.powers))
                        }
                        a.button.stop href=(format!("/family/{}/end", one.who))
                            aria-label=(words.with("record-stop-who", &[("who", (&who).into())])) {
                            (words.say("record-stop"))
                        }
                    }
                }
            }
        }
    }
}

/// An emergency, with its reason where it is known, the way to its log, and the button that says that the reason was read.
fn emergency(view: &View, offers: &Offers<'_>, one: &Emergency) -> Markup {
    let words = &view.words;
    let who = one.who.say(words);
    let unnamed = || words.say("records-unnamed");
    let name = one.told.as_ref().map_or_else(unnamed, |told| told.in_sentence(words));
    let places = [("who", (&who).into()), ("name", (&name).into())];
    html! {
        li.emergency {
            a href=(format!("/records/{}/log", one.record)) { (words.with("who-emergency", &places)) }
            @if let Some(told) = &one.told { br; span.hint { (told.kind_and_facts(words)) } }
            br;
            @match &one.reason {
                Some(reason) => {
                    bdi { (words.with("log-reason", &[("reason", reason.into())])) }
                    @if let Some(entry) = one.entry {
                        form method="post" action=(format!("/records/{}/reviewed", one.record)) {
                            (token(&view.visitor))
                            input type="hidden" name="told" value=(entry);
                            input type="hidden" name="from" value="home";
                            button type="submit" { (words.say("log-review")) }
                        }
                    }
                },
                None => (words.say("home-emergency-look")),
            }
            (offers.beside(&one.account, None, &one.who))
        }
    }
}

fn attention(view: &View, summary: &Summary, health: &Health, has_noted: bool) -> Markup {
    let words = &view.words;
    let Summary { ending, emergencies, offers, backup, week, asking, left_there, .. } = summary;
    let lacks_backup = lacks_backup(*backup, mrms_home::clock::now().seconds());
    let nobody_asks = *offers == 0 && asking.is_empty();
    let nothing_left = *left_there == 0;
    // Home is where a person goes back to without being led there.
    let names = Offers::new(view, "/who?kind=emergency");
    let nothing_left =
        nothing_left && summary.lacking.lacking.is_nothing() && summary.unsure.is_empty();
    let nothing_left = nothing_left && summary.new_keys.is_empty();
    let is_fine = has_noted
        && !lacks_backup
        && nobody_asks
        && nothing_left
        && summary.coming.is_nothing()
        && week.refused == 0;
    if is_fine && ending.is_empty() && emergencies.is_empty() && health.troubles().next().is_none()
    {
        return html! {};
    }
    html! {
        section.attention aria-labelledby="attention" {
            h2 id="attention" { (words.say("home-attention")) }
            ul {
                @for (who, account, ready, is_ready) in asking {
                    li.emergency {
                        @if *is_ready {
                            (words.with("home-asked-ready", &[("who", (&who.say(words)).into())]))
                        } @else {
                            (words.with("home-asked", &[
                                ("who", (&who.say(words)).into()),
                                ("end", (&times::day_and_time(words, *ready)).into()),
                            ]))
                        }
                        " " a.button href=(format!("/family?refuse={account}&from=home")) { (words.say("home-refuse")) }
                    }
                }
                (summary.coming.said(view))
                (summary.lacking.said(view))
                @for one in emergencies { (emergency(view, &names, one)) }
                @for one in &summary.unsure { (one.on_home(words)) }
                (new_key::on_home(words, &summary.new_keys))
                @if *left_there > 0 {
                    li { a href="/left-there" {
                        (words.with("home-left-there", &[("count", (*left_there).into())]))
                    } }
                }
                @if week.refused > week.without_key {
                    li { a href="/who?kind=refused&week=0" {
                        (words.with("home-refused", &[("count", (week.refused - week.without_key).into())]))
                    } }
                }
                @if week.without_key > 0 {
                    li { a href="/who?kind=refused&week=0" {
                        (words.with("home-without-key", &[("count", week.without_key.into())]))
                    } }
                }
                @if *offers > 0 {
                    li { a href="/inbox" { (words.with("home-offers", &[("count", (*offers).into())])) } }
                }
                @for Part { name, place, trouble } in health.troubles() {
                    li { a href="/settings" {
                        (words.say(name)) " " (place) ": "
                        (trouble.map(|key| words.say(key)).unwrap_or_default())
                    } }
                }
                @for one in ending.iter().take(MOST_ENDING) {
                    @let (who, end) = (one.who.say(words), times::end(words, one.end));
                    @if one.count == 1 {
                        li { a href=(format!("/records/{}", one.record)) {
                            (words.with("home-ending", &[
                                ("who", (&who).into()),
                                ("name", (&one.name.clone().unwrap_or_else(|| words.say("records-unnamed"))).into()),
                                ("end", (&end).into()),
                            ]))
                        } }
                    } @else {
                        li { a href=(format!("/people/{}", one.user)) {
                            (words.with("home-ending-several", &[
                                ("who", (&who).into()), ("count", one.count.into()), ("end", (&end).into()),
                            ]))
                        } }
                    }
                }
                @if ending.len() > MOST_ENDING {
                    li { a href="/people" {
                        (words.with("home-ending-more", &[("count", (ending.len() - MOST_ENDING).into())]))
                    } }
                }
                @if lacks_backup {
                    li { a href="/settings" {
                        (words.say(match (*backup == Some(None), summary.is_elsewhere) {
                            (true, true) => "home-no-backup-elsewhere",
                            (true, false) => "home-no-backup",
                            (false, _) => "home-old-backup",
                        }))
                    } }
                }
                @if !has_noted {
                    li { a href="/words" { (words.say("home-words")) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_is_told_in_the_last_quarter_of_its_time_and_within_three_days() {
        let time = |hours: u64| UnixTime::from_seconds(hours * 3_600);
        assert!(!is_soon(time(100), Some(time(100)), time(124)), "just given for a day");
        assert!(is_soon(time(120), Some(time(100)), time(124)));
        assert!(!is_soon(time(100), Some(time(0)), time(180)), "in more than three days");
        assert!(is_soon(time(100), None, time(124)));
    }

    #[test]
    fn who_has_no_records_of_their_own_is_told_how_many_share_with_them() {
        for language in crate::words::Language::ALL {
            let words = Words::of(language);
            let said = |patients, is_more| sharing(&words, Sharing { patients, is_more });
            assert!(said(3, false).contains('3') && said(1_200, true).contains("200"));
            assert_ne!(said(3, false), said(3, true));
            assert!(!said(1, false).contains("home-"), "{}", said(1, false));
        }
    }

    #[test]
    fn backup_is_missed_after_a_month_and_only_where_there_is_something() {
        let now = 100 * 86_400;
        assert!(!lacks_backup(None, now));
        assert!(lacks_backup(Some(None), now));
        assert!(!lacks_backup(Some(Some(now - 86_400)), now));
        assert!(lacks_backup(Some(Some(now - 31 * 86_400)), now));
    }
}
