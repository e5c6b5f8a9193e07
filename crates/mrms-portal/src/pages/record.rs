//! A record: its content first, then who can see it, and who looked.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::audit::shares::Openings;
use mrms_app::import::Own;
use mrms_app::records::titles::own_title;
use mrms_contract::read;
use mrms_core::{BurnClock, Principal, RecordId, Rights, UnixTime, Version};
use mrms_home::viewing::Viewers;
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::asked::Unexplained;
use crate::documents;
use crate::error::{PortalError, refused};
use crate::looks::Timed;
use crate::named::Named;
use crate::pages::layout::{self, notice, token};
use crate::pages::left;
use crate::pages::link_host::{self, EXPLAINED};
use crate::pages::naming::Offers;
use crate::pages::new_key;
use crate::pages::shown::{self, Address, Place, Shown, Stored};
use crate::pages::tell;
use crate::pages::titles::Titles;
use crate::pages::told;
use crate::pages::unsure::{self, Unsure};
use crate::pages::view::View;
use crate::pages::what_for::{self, Asking, Known};
use crate::portal::{LinkHosts, Portal};
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// How many openings are told on the page of a record.
const MOST_LOOKS: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Asked {
    version: Option<u64>,
    page: Option<usize>,
    window: Option<usize>,
    /// What was just done: a key of the catalogues.
    done: Option<String>,
    /// Whose access was ended, where that was just done.
    user: Option<Principal>,
    /// Who got no key of what was just added: accounts, with commas between them.
    #[serde(default)]
    without: String,
}

pub(crate) struct Reader {
    pub(crate) user: Principal,
    pub(crate) who: Named,
    /// `None` until it is stopped.
    pub(crate) until: Option<UnixTime>,
    pub(crate) since: Option<UnixTime>,
    /// Whether they see all records as well, and so this one after its own grant has ended.
    also_by_all: bool,
    rights: Option<Rights>,
    /// Whether they have it by a grant on all records, which ends on their page.
    by_standing: bool,
}

/// Who looked, the newest first, and what is known of it.
struct Looked {
    lines: Vec<(Named, Timed, Known)>,
    unexplained: Vec<Unexplained>,
}

/// Reads who looked at a record.
fn looked(work: &Work, id: RecordId) -> Result<Looked, PortalError> {
    let (overview, looks) = (work.overview()?, work.looks()?);
    let of_record = looks.all.iter().filter(|one| one.look.record == id);
    let of_record: Vec<&Timed> = of_record.take(MOST_LOOKS).collect();
    let known = what_for::known(work, &of_record)?;
    let unexplained = what_for::unexplained(&of_record, &known, overview.clock.now);
    let line = |one: &Timed| {
        let who = work.named_for(&one.look.who, one.look.organisation.as_ref());
        (who, one.clone(), what_for::of_look(&known, one))
    };
    Ok(Looked { lines: of_record.into_iter().map(line).collect(), unexplained })
}

struct Facts {
    titles: Titles,
    kind: Kind,
    author: Named,
    written: Option<UnixTime>,
    version: Version,
    /// All versions, each with its author where the ledger tells it.
    versions: Vec<(Version, Option<Named>)>,
    clock: BurnClock,
    readers: Vec<Reader>,
    /// Who sees it because they act for the person.
    seeing: Vec<(Principal, Named)>,
    /// Of whom it is not certain whether they see it.
    unsure: Vec<Unsure>,
    /// Whose key is to be compared, before new versions reach them.
    new_keys: BTreeSet<Principal>,
    /// Who got no key of what was just added.
    without: Vec<(Principal, Named)>,
    looks: Looked,
    has_emergency: bool,
    /// Whose access was just ended, and how often they opened it before.
    stopped: Option<Stopped>,
    shown: Shown,
    /// What the person is called.
    own: Own,
    /// Its number, where another record is called the same.
    number: Option<u64>,
    /// Whether it has results that are kept for curves, and how much of the documents was read.
    has_results: bool,
    known: documents::Known,
    /// Whether there is a host that would answer for a link to it.
    can_link: bool,
}

fn version_of(asked: Option<u64>, latest: Version) -> Result<Version, PortalError> {
    let Some(asked) = asked else { return Ok(latest) };
    let version = Version::new(asked).filter(|version| *version <= latest);
    version.ok_or(PortalError::NoPage)
}

/// What the page is asked for.
struct Wanted {
    version: Option<u64>,
    /// Whose access was just ended.
    stopped: Option<Principal>,
    /// Who got no key of what was just added.
    without: Vec<Principal>,
}

fn facts(
    work: &Work,
    (viewers, hosts): (&Viewers, &LinkHosts),
    id: RecordId,
    Wanted { version: asked, stopped, without }: Wanted,
) -> Result<Facts, PortalError> {
    let session = work.session();
    let record = work.own_record(id)?;
    let overview = work.overview()?;
    if overview.row(id).is_some_and(|row| row.is_erased) {
        if session.profile.unerased().map_err(refused)?.contains(&id) {
            return Err(PortalError::Unerased { record: id });
        }
        return Err(PortalError::Form { key: "record-erased-explained" });
    }
    let version = version_of(asked, record.version)?;
    let clock = overview.clock;
    let mut rng = mrms_home::clock::rng();
    let all: Vec<_> = record.version.up_to().collect();
    let stored: Vec<_> = all.iter().map(|version| read::record_version(id, *version)).collect();
    let stored = session.ask_all(&stored).map_err(refused)?;
    let authors = all.into_iter().zip(stored.into_iter().map(|stored| Some(stored?.author)));
    let authors: Vec<(Version, Option<Principal>)> = authors.collect();
    let author =
        authors.iter().find(|(of, _)| *of == version).and_then(|(_, author)| author.clone());
    let author = author.ok_or(PortalError::NoPage)?;
    // Who can see it, and who looked, is told whether or not its content can be read here.
    let (header, shown) = match session.own_version(&work.actor, id, version, &mut rng) {
        Ok(unlocked) => {
            let header = session.header(&unlocked).ok();
            let stored = header.as_ref();
            let stored = stored.map(|header| Stored { session, unlocked: &unlocked, header });
            let shown = shown::show(viewers, stored.as_ref());
            (header, shown)
        }
        Err(error) => (None, Shown::NotOpened(PortalError::refused(&error))),
    };
    let own = overview.own.iter().find(|own| own.id == id);
    let readers = own.into_iter().flat_map(|own| own.live_readers()).map(|reader| Reader {
        who: work.reader(&reader.user),
        until: reader.until(clock.height).map(|expiry| clock.time_of(expiry)),
        since: reader.since(clock.height).map(|height| clock.time_of(height)),
        also_by_all: !reader.is_by_standing(clock.height)
            && reader.standing.is_some_and(|all| {
                all.rights.is_some() && mrms_core::grant::is_live(all.expiry, clock.height)
            }),
        rights: reader.now.as_ref().ok().map(|(rights, _)| *rights),
        by_standing: reader.is_by_standing(clock.height),
        user: reader.user.clone(),
    });
    let seeing = overview.seeing.iter().map(|one| {
        let named = work.reader(&one.user);
        (one.user.clone(), named)
    });
    let stopped = match (stopped, own) {
        (Some(user), Some(own)) => {
            let mut openings = session.openings_of(own).map_err(refused)?;
            let of = (id, record.version);
            session.try_keys_on_chain(&work.actor, of, &mut openings, &mut rng).map_err(refused)?;
            session.tell_known_without_key(&work.actor, id, &mut openings);
            Some(Stopped {
                who: work.reader(&user),
                openings: openings.remove(&user).unwrap_or_default(),
                acts: overview.seeing(&user).is_some(),
                user,
            })
        }
        _ => None,
    };
    Ok(Facts {
        titles: Titles::beside(
            overview.name(id).map(str::to_owned),
            // What the key of the staff is called, the page says in the person's language.
            header.as_ref().and_then(own_title).filter(|_| !overview.is_staff_record(id)),
            || work.named(&author),
        ),
        kind: header
            .as_ref()
            .map_or(Kind::Other, |header| Kind::of_media_type(header.media_type.as_str())),
        author: work.reader(&author),
        written: header.as_ref().map(|header| header.time),
        version,
        versions: authors
            .into_iter()
            .map(|(version, author)| (version, author.map(|author| work.reader(&author))))
            .collect(),
        clock,
        readers: readers.collect(),
        seeing: seeing.collect(),
        unsure: unsure::all(work, &overview)?,
        new_keys: overview.with_new_keys(work),
        without: without
            .into_iter()
            .map(|who| {
                let named = work.reader(&who);
                (who, named)
            })
            .collect(),
        looks: looked(work, id)?,
        has_emergency: overview.emergencies().any(|(_, record)| record == id),
        stopped,
        shown,
        own: session.own_name(&work.actor),
        number: overview.row(id).filter(|row| row.has_twin).map(|row| row.number),
        known: work.known_documents()?,
        has_results: work.with_documents(|all| all.results().any(|(of, ..)| of == id)),
        can_link: link_host::is_there(work, hosts),
    })
}

/// Whose access was just ended.
struct Stopped {
    user: Principal,
    who: Named,
    /// What they did with it.
    openings: Openings,
    /// Whether they act for the person, and see it all the same.
    acts: bool,
}

impl Facts {
    /// Whether something may still come to whose access was just ended, though the ledger refused it.
    fn may_still_come(&self) -> bool {
        self.stopped.as_ref().is_some_and(|stopped| {
            self.unsure.iter().any(|one| one.user == stopped.user && one.may_come())
        })
    }
}

/// `GET /records/{id}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let has_stopped = matches!(asked.done.as_deref(), Some("stopped" | "stopped-before"));
    let wanted = Wanted {
        version: asked.version,
        stopped: asked.user.filter(|_| has_stopped),
        without: asked.without.split(',').filter_map(|one| one.parse().ok()).collect(),
    };
    let viewers = portal.settings.viewers.clone();
    let hosts = portal.settings.link_hosts.clone();
    let mut facts = with_home(&portal.homes, view.person.clone(), move |work| {
        facts(work, (&viewers, &hosts), id, wanted)
    })
    .await?;
    let asking = what_for::ask(&portal, &view, &facts.looks.unexplained).await;
    if asking == Asking::Answered {
        let again = with_home(&portal.homes, view.person.clone(), move |work| looked(work, id));
        facts.looks = again.await?;
    }
    facts.shown = facts.shown.settled().await;
    documents::read_beside((&portal.homes, &portal.settings.viewers), &view.person, facts.known);
    let address = Address {
        path: format!("/records/{id}"),
        version: Some(facts.version),
        place: Place { page: asked.page, window: asked.window },
    };
    let words = &view.words;
    let name = facts.titles.heading(words);
    let done = asked.done.as_deref().filter(|done| {
        ["added", "known", "stopped", "stopped-before", "shared", "amended", "renamed"]
            .contains(done)
    });
    let offers = Offers::new(&view, format!("/records/{id}"));
    let body = html! {
        @match done {
            Some("added") => (notice(&words.say("record-added"))),
            Some("known") => (notice(&words.say("record-known"))),
            Some("stopped" | "stopped-before") if facts.may_still_come() => (stopped_unsure(&view, &facts)),
            Some("stopped") if facts.stopped.as_ref().is_some_and(|it| it.acts) => (stopped(&view, &facts)),
            Some("stopped") => { (stopped(&view, &facts)) (tell::them(words, &view.person, "tell-stopped", &[])) }
            Some("stopped-before") => (notice(&words.say("record-stopped-before"))),
            Some("shared") => { (notice(&words.say("record-shared"))) (tell::them(words, &view.person, "tell-shared", &[])) }
            Some("amended") => (notice(&words.say("record-amended"))),
            Some("renamed") => (notice(&words.say("record-renamed"))),
            _ => {}
        }
        (without(words, id, &facts))
        div.head {
            h1 { bdi { (name) } }
            p.meta {
                (words.say(facts.kind.key())) " · "
                @let own = facts.shown.date();
                @if own.is_some() || facts.written.is_some() { (told::dates(words, own, facts.written)) " · " }
                (facts.author.as_author(words))
                @if let Some(number) = facts.number { " · #" (number) }
            }
            (facts.titles.said(words))
        }
        @if facts.has_emergency {
            section.attention {
                p { a href=(format!("/records/{id}/log")) { (words.say("record-emergency")) } }
            }
        }
        (names_others(words, &facts))
        (by_another(words, id, &facts.author, (facts.version, &facts.versions)))
        (versions(&view, id, &facts))
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &facts.shown, &name))
        }
        (readers(&view, id, &facts, &offers))
        section aria-labelledby="looked" {
            h2 id="looked" { (words.say("record-who-looked")) }
            @if !facts.looks.lines.iter().any(|(_, one, _)| one.is_opening()) { p { (words.say("record-nobody-looked")) } }
            ul.looks {
                @for (who, one, known) in &facts.looks.lines {
                    li.refused[one.is_refused()].emergency[one.is_emergency()] {
                        bdi { (who.say_of(&one.look, words).trim_end_matches(',')) } " · "
                        time datetime=(times::machine(one.time)) { (times::day_and_time(words, one.time)) }
                        @if one.is_refused() { " · " (words.say(one.refusal_key())) }
                        @if one.is_emergency() {
                            " · " strong { (words.say(match one.is_opening() {
                                true => "record-emergency-read",
                                false => "record-emergency-declared",
                            })) }
                        }
                        (what_for::told(words, one, known, asking.waits()))
                        (offers.beside(&one.look.who, one.look.organisation.as_ref(), who))
                    }
                }
            }
            p { a href=(format!("/records/{id}/log")) { (words.say("record-log")) } }
        }
        section aria-labelledby="more" {
            h2 id="more" { (words.say("record-more")) }
            p.actions {
                @if facts.has_results {
                    a.button.second href=(format!("/results?record={id}")) { (words.say("results-title")) }
                }
                @if facts.can_link {
                    a.button.second href=(format!("/records/{id}/link")) { (words.say("new-link-button")) }
                }
                a.button.second href=(format!("/records/{id}/version")) { (words.say("record-amend")) }
                a.button.second href=(format!("/records/{id}/name")) { (words.say("rename-button")) }
                a.button.second href=(format!("/records/{id}/evidence")) { (words.say("log-evidence")) }
                a.button.second href=(format!("/records/{id}/erase")) { (words.say("erase-title-short")) }
            }
            @if !facts.can_link {
                p.hint { (words.say("link-host-none")) " " a href=(EXPLAINED) { (words.say("link-host-none-more")) } }
            }
        }
    };
    Ok(asking.page(layout::page(&view, "/records", &name, &body)))
}

/// Who did not get what was just added, and the way to give it to them.
fn without(words: &Words, id: RecordId, facts: &Facts) -> Markup {
    let can = |one: &Principal| {
        let reads = facts.readers.iter().any(|reader| reader.user == *one);
        reads || facts.seeing.iter().any(|(seeing, _)| seeing == one)
    };
    html! {
        @for (who, named) in facts.without.iter().filter(|(who, _)| can(who)) {
            @if facts.new_keys.contains(who) { (new_key::said(words, who, named)) }
            @else {
                div.wrong {
                    p { (words.with("record-without", &[("who", (&named.say(words)).into())])) }
                    p { a.button href=(format!("/records/{id}/share?with={who}")) { (words.say("record-share")) } }
                }
            }
        }
    }
}

/// That the document names somebody else than the person, before it is given to anybody.
fn names_others(words: &Words, facts: &Facts) -> Markup {
    let about = facts.shown.about();
    let (name, who) = (facts.own.is_none_of(about), told::others(&facts.own, about));
    html! {
        @if let (Some(name), Some(who)) = (name, who) {
            section.attention {
                p { (words.with("record-names-another", &[("who", who.into()), ("name", name.into())])) }
            }
        }
    }
}

/// What it means that somebody's access was ended: what they did with it before, and what they may have.
fn stopped(view: &View, facts: &Facts) -> Markup {
    let words = &view.words;
    let Some(Stopped { who, openings, acts, .. }) = &facts.stopped else {
        return notice(&words.say("record-stopped"));
    };
    let who = who.say(words);
    if *acts {
        return still_acts(words, &who);
    }
    html! {
        div.notice role="status" {
            p { (words.with("record-stopped-who", &[("who", (&who).into())])) }
            p { (left::opened_before(words, openings, |height| facts.clock.time_of(height))) }
            p { (words.say("record-stopped-later")) }
        }
    }
}

/// What was shared has ended, and something else may come.
fn stopped_unsure(view: &View, facts: &Facts) -> Markup {
    let words = &view.words;
    let Some(Stopped { user, who, .. }) = &facts.stopped else { return html! {} };
    html! {
        div.wrong role="alert" {
            p { (words.with("record-stopped-unsure", &[("who", (&who.say(words)).into())])) }
            p { a href=(format!("/people/{user}")) { (words.say("record-stopped-unsure-person")) } }
        }
    }
}

/// What was shared has ended, and yet they can open it, since they act for the person.
pub(super) fn still_acts(words: &Words, who: &str) -> Markup {
    html! {
        div.wrong role="alert" {
            p { (words.with("stopped-acts", &[("who", who.into())])) }
            p { a href="/family" { (words.say("nav-family")) } }
        }
    }
}

/// Whose version is shown, where somebody else wrote it: a record opens on the newest one, whoever added that. With the way to
/// the newest one of the person's own.
fn by_another(
    words: &Words,
    id: RecordId,
    author: &Named,
    (version, all): (Version, &[(Version, Option<Named>)]),
) -> Markup {
    if *author == Named::You {
        return html! {};
    }
    let who = author.say(words);
    let places = [("who", (&who).into()), ("number", version.number().into())];
    let own = all.iter().rev().find(|(_, author)| *author == Some(Named::You));
    html! {
        p.notice {
            @if all.len() > 1 { (words.with("record-by-another", &places)) }
            @else { (words.with("record-all-by-another", &places)) }
            @if let Some((own, _)) = own {
                " "
                a href=(format!("/records/{id}?version={own}")) {
                    (words.with("record-own-version", &[("number", own.number().into())]))
                }
            }
        }
    }
}

/// Every version, the newest first, where there is more than one: whoever may add one wrote another document, perhaps.
fn versions(view: &View, id: RecordId, facts: &Facts) -> Markup {
    let words = &view.words;
    let said = |version: Version, author: Option<&Named>| {
        let number = version.number().into();
        match author {
            Some(Named::You) => words.with("record-version-yours", &[("number", number)]),
            Some(author) => {
                let who = author.say(words);
                words.with("record-version-of", &[("number", number), ("who", (&who).into())])
            }
            None => words.with("record-version", &[("number", number)]),
        }
    };
    html! {
        @if facts.versions.len() > 1 {
            nav.versions aria-label=(words.say("record-versions")) {
                @for (version, author) in facts.versions.iter().rev() {
                    a href=(format!("/records/{id}?version={version}"))
                        aria-current=[(*version == facts.version).then_some("true")] {
                        bdi { (said(*version, author.as_ref())) }
                    }
                }
            }
        }
    }
}

/// What somebody may besides reading, or in its place, as a key of the catalogues.
pub(super) fn more_than_reading(rights: Rights) -> Option<&'static str> {
    match (rights.may_read(), rights.may_amend()) {
        (true, true) => Some("rights-amend"),
        (false, _) if rights.may_declare_emergency() => Some("rights-emergency"),
        _ => None,
    }
}

/// The way to a longer end of somebody's access.
pub(super) fn extend(words: &Words, to: &str, who: &str) -> Markup {
    html! {
        a.button.second href=(to) aria-label=(words.with("record-extend-who", &[("who", who.into())])) {
            (words.say("record-extend"))
        }
    }
}

fn readers(view: &View, id: RecordId, facts: &Facts, offers: &Offers<'_>) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="readers" {
            h2 id="readers" { (words.say("record-who-can")) }
            @let perhaps = || facts.unsure.iter().filter(|one| {
                one.may_get(id) && !facts.readers.iter().any(|reader| reader.user == one.user)
            });
            @if facts.readers.is_empty() && facts.seeing.is_empty() && perhaps().next().is_none() {
                p { (words.say("record-nobody-can")) }
            }
            ul.readers {
                @for (user, who) in &facts.seeing {
                    li {
                        span {
                            a href=(format!("/people/{user}")) { bdi { (who.say(words)) } }
                            (offers.beside(user, None, who))
                            @if facts.new_keys.contains(user) { (new_key::in_line(words, user)) }
                        }
                        a href="/family" { (words.say("record-acts")) }
                    }
                }
                @for reader in &facts.readers {
                    @let who = reader.who.say(words);
                    @let (stop, stop_who) = match reader.by_standing || reader.also_by_all {
                        true => ("record-stop-this", "record-stop-this-who"),
                        false => ("record-stop", "record-stop-who"),
                    };
                    li {
                        span {
                            a href=(format!("/people/{}", reader.user)) { bdi { (who) } }
                            (offers.beside(&reader.user, None, &reader.who))
                            br;
                            @if reader.by_standing {
                                a href=(format!("/people/{}", reader.user)) { (words.say("people-sees-all")) }
                                " · "
                            }
                            (left::since(words, facts.clock.now, reader.since, reader.until))
                            @if facts.unsure.iter().any(|one| one.user == reader.user && one.is_ending_of(id)) {
                                br; strong { (words.say("unsure-line-ending")) }
                            }
                            @if facts.new_keys.contains(&reader.user) {
                                (new_key::in_line(words, &reader.user))
                            }
                            @if let Some(more) = reader.rights.and_then(more_than_reading) {
                                br; (words.say(more))
                            }
                            @if reader.also_by_all { br; (words.say("record-also-by-all")) }
                            @if reader.by_standing || reader.also_by_all { br; (words.say("record-stop-others-stay")) }
                        }
                        @if !reader.by_standing && reader.until.is_some() && reader.who.may_be_given() {
                            (extend(words, &format!("/records/{id}/share?with={}", reader.user), &who))
                        }
                        form method="post" action=(format!("/records/{id}/stop")) {
                            (token(&view.visitor))
                            input type="hidden" name="user" value=(reader.user);
                            button.stop type="submit"
                                aria-label=(words.with(stop_who, &[("who", (&who).into())])) {
                                (words.say(stop))
                            }
                        }
                    }
                }
            }
            @if perhaps().next().is_some() {
                ul.readers {
                    @for one in perhaps() {
                        li {
                            span {
                                a href=(format!("/people/{}", one.user)) { bdi { (one.who.say(words)) } }
                                br; (words.say("unsure-line-perhaps"))
                            }
                        }
                    }
                }
            }
            p { a.button href=(format!("/records/{id}/share")) { (words.say("record-share")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn version_of_somebody_else_is_said_to_be_theirs_with_the_way_to_ones_own() {
        let clinic = || Named::Known("Clinic North".to_owned());
        let version = |number| Version::new(number).unwrap();
        let all = [
            (version(1), Some(Named::You)),
            (version(2), Some(Named::You)),
            (version(3), Some(clinic())),
        ];
        let id = RecordId::new(7);
        for language in Language::ALL {
            let words = Words::of(language);
            let said = |author: &Named, number, all: &[(Version, Option<Named>)]| {
                by_another(&words, id, author, (version(number), all)).into_string()
            };
            let theirs = said(&clinic(), 3, &all);
            assert!(theirs.contains("Clinic North") && theirs.contains('3'), "{theirs}");
            assert!(theirs.contains("href=\"/records/7?version=2\""), "{theirs}");
            assert_eq!(said(&Named::You, 2, &all), "");
            let put_on = said(&clinic(), 1, &[(version(1), Some(clinic()))]);
            assert!(put_on.contains("Clinic North") && !put_on.contains("href"), "{put_on}");
        }
    }
}
