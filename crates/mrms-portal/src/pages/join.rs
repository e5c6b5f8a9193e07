//! Joining: an invitation that was pasted, scanned or found at an address, what it asks for in words, and the person's
//! answer. For a home without a profile as well: the profile is then made for that ledger.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::profile::received::PersonName;
use mrms_home::clock::now;
use mrms_home::joining::check::{check, check_voucher};
use mrms_home::joining::doubts::{self, Doubts};
use mrms_home::joining::fetch::{FetchPolicy, fetch};
use mrms_home::joining::{Checked, JoinError};
use mrms_home::{Home, HomeSettings, ProfileName};
use mrms_people::name::short;
use mrms_people::{DocumentError, FieldText, Invitation, ServiceUrl, SignedDocument};
use serde::Deserialize;

use crate::entrance::sessions::Visitor;
use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::layout::{self, token};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, must_have};
use crate::pages::{cards, handed};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Homes, blocking};

/// An invitation that was checked, and what speaks against it.
struct Offered {
    checked: Checked,
    from: Option<ServiceUrl>,
    doubts: Doubts,
    /// Whether the profile has no name yet that those with whom it shares read.
    lacks_name: bool,
}

/// What comes after joining, as a form carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// What comes next in any case: a first profile, or Home.
    Next,
    /// Bringing an account back, on the ledger that was just joined.
    Recover,
}

impl Then {
    const RECOVER: &'static str = "recover";

    fn of(text: &str) -> Self {
        if text == Self::RECOVER { Self::Recover } else { Self::Next }
    }

    fn field(self) -> Markup {
        html! { @if self == Self::Recover { input type="hidden" name="then" value=(Self::RECOVER); } }
    }

    /// Where the person was, for whom does not want it.
    const fn back(self) -> &'static str {
        match self {
            Self::Next => "/",
            Self::Recover => "/recover",
        }
    }
}

/// Where the invitation is, as a form carries it to the next one.
#[derive(Clone, Debug)]
enum Given {
    Text(String),
    Address(ServiceUrl),
}

impl Given {
    fn of(text: &str) -> Option<Self> {
        match text.starts_with("http") {
            true => text.parse().ok().map(Self::Address),
            false => Some(Self::Text(text.to_owned())),
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Address(url) => url.to_string(),
        }
    }
}

/// Who joins: the home, and its profile if one is open.
struct Joining {
    homes: Homes,
    open: Option<OpenProfile>,
}

impl Joining {
    fn of(portal: &Portal, visitor: &Visitor) -> Self {
        Self { homes: portal.homes.clone(), open: visitor.open.clone() }
    }

    fn home(&self) -> Home {
        match &self.open {
            Some(open) => {
                self.homes.home(&open.profile, PortalFace::with_words(open.phrase.clone()))
            }
            None => self.homes.home(&ProfileName::standard(), PortalFace::without_words()),
        }
    }

    /// Reads or gets an invitation, and asks its services who they are. `Err` inside is the key of a sentence.
    fn look(&self, given: &Given) -> Result<Result<Offered, Sentence>, PortalError> {
        let home = self.home();
        let plain_http = home.settings().remote.plain_http;
        let found = match given {
            Given::Text(text) => SignedDocument::<Invitation>::from_text(text)
                .map_err(JoinError::from)
                .map(|invitation| (invitation, None)),
            Given::Address(url) => fetch(url, plain_http, FetchPolicy::Asked)
                .map(|invitation| (invitation, Some(url.clone()))),
        };
        let checked = found.and_then(|(invitation, from)| {
            check(invitation, now(), plain_http).map(|checked| (checked, from))
        });
        let (checked, from) = match checked {
            Ok(found) => found,
            Err(error) => return Sentence::of(error).map(Err),
        };
        let network = checked.findings.network;
        let actor = self.open.is_some().then(|| home.unlock_on(network)).transpose()?;
        // Whoever has used the invitation before may use it again.
        let account = actor.as_ref().map(|actor| &actor.principal);
        if let Err(error) = check_voucher(&checked, account) {
            return Sentence::of(error).map(Err);
        }
        let mut doubts = Doubts {
            vaults: doubts::too_few_vaults(&checked),
            own_records: home.records_left_behind()?,
            alike: None,
        };
        let mut lacks_name = false;
        if let Some(actor) = &actor {
            let names = home.names(Some(actor))?;
            let alike = names.people().and_then(|people| doubts::alike(people, &checked, None));
            doubts.alike = alike.cloned();
            lacks_name = home.called(actor)?.is_none();
        }
        Ok(Ok(Offered { checked, from, doubts, lacks_name }))
    }

    /// Takes an invitation. Returns the settings that the home has from now on.
    fn take(&self, offered: &Offered, name: &str, own: &str) -> Result<HomeSettings, PortalError> {
        let home = self.home();
        let left = offered.doubts.own_records as u64;
        home.take_invitation(&offered.checked, offered.from.as_ref(), left).map_err(refused)?;
        let settings = home.settings_with(&offered.checked);
        let Some(open) = &self.open else { return Ok(settings) };
        let face = PortalFace::with_words(open.phrase.clone());
        let joined = HomeSettings { profile: open.profile.clone(), ..settings.clone() };
        let home = Home::new(home.folder().clone(), joined, Arc::new(face));
        let invitation = offered.checked.invitation.document();
        finish(&home, invitation, FieldText::new(name).ok(), PersonName::new(own).ok())?;
        Ok(settings)
    }
}

/// What is left to do with a profile in a home that has joined: the inviter among one's people, the key published.
pub(super) fn finish(
    home: &Home,
    invitation: &Invitation,
    name: Option<FieldText<64>>,
    own: Option<PersonName>,
) -> Result<(), PortalError> {
    let actor = home.unlock()?;
    home.add_inviter(&actor, &invitation.inviter, name)?;
    if let Some(own) = own {
        home.call_me(&actor, own)?;
    }
    // What cannot be published now, the person publishes later: they have joined all the same.
    let published =
        home.open().and_then(|open| home.publish_after_joining(&open, invitation, &actor));
    if let Err(error) = published {
        tracing::warn!(target: "mrms::portal", "the key is not published: {error}");
    }
    Ok(())
}

/// Why an invitation is not taken, as a sentence.
struct Sentence {
    key: &'static str,
    place: Option<String>,
}

impl Sentence {
    fn of(error: JoinError) -> Result<Self, PortalError> {
        let (key, place) = match &error {
            JoinError::Document(DocumentError::OtherKind { .. }) => ("join-other-kind", None),
            JoinError::Document(_) => ("join-altered", None),
            JoinError::Expired { .. } | JoinError::FromLater { .. } => ("join-expired", None),
            JoinError::Used | JoinError::Withdrawn => ("join-used", None),
            JoinError::PlainHttp { url } => ("join-plain", Some(url.to_string())),
            JoinError::NodeAway { url, .. } => ("join-away", Some(url.to_string())),
            JoinError::NotPublished { url, .. } => ("join-not-published", Some(url.to_string())),
            JoinError::OtherChain { url, .. }
            | JoinError::NoContract { url, .. }
            | JoinError::OtherVault { url, .. }
            | JoinError::VaultElsewhere { url, .. }
            | JoinError::SponsorElsewhere { url, .. } => ("join-differs", Some(url.to_string())),
            JoinError::UnknownContract { .. } => ("join-unknown-contract", None),
            _ => return Err(PortalError::refused(&error)),
        };
        Ok(Self { key, place })
    }

    fn say(&self, words: &Words) -> String {
        match &self.place {
            Some(place) => words.with(self.key, &[("place", place.into())]),
            None => words.say(self.key),
        }
    }
}

/// The page; `again` is what is wrong with an invitation, and what was pasted.
fn page(entered: &Entered, then: Then, again: Option<(&str, &str)>) -> Markup {
    let words = &entered.words;
    let body = html! {
        section.card {
            h1 { (words.say("join-title")) }
            @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
            p { (words.say("join-explained")) }
            (asking(words, &entered.visitor, then, (true, again.map_or("", |(_, typed)| typed))))
        }
    };
    layout::bare(words, "join-title", &body)
}

/// The form that takes an invitation, also on pages that are about something else.
pub(super) fn form(words: &Words, visitor: &Visitor, then: Then, can_cancel: bool) -> Markup {
    asking(words, visitor, then, (can_cancel, ""))
}

fn asking(
    words: &Words,
    visitor: &Visitor,
    then: Then,
    (can_cancel, typed): (bool, &str),
) -> Markup {
    html! {
        form method="post" action="/join/look" enctype="multipart/form-data" {
            (token(visitor))
            (then.field())
            (handed::fields(words, "join-invitation", "join-hint", typed))
            button type="submit" { (words.say("join-look")) }
            @if can_cancel { a.button.second href=(then.back()) { (words.say("cancel")) } }
        }
    }
}

/// The field for what those with whom one shares read as one's name.
pub(super) fn own_name(words: &Words) -> Markup {
    html! {
        label for="own" { (words.say("join-own-name")) }
        input id="own" name="own" type="text" maxlength="64" autocomplete="name" aria-describedby="own-hint";
        p.hint id="own-hint" { (words.say("join-own-name-hint")) }
    }
}

/// What an invitation asks for, before it happens.
fn question(
    entered: &Entered,
    (given, then): (&Given, Then),
    offered: &Offered,
    wrong: Option<&str>,
) -> Markup {
    let words = &entered.words;
    let Offered { checked, from, doubts, .. } = offered;
    let invitation = checked.invitation.document();
    let card = invitation.card();
    let needed = usize::from(invitation.threshold);
    let body = html! {
        section.card {
            h1 { (words.with("join-question", &[("name", (&card.name.to_string()).into())])) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            (cards::card(words, card))
            p { (words.say("card-compare")) }
            h2 { (words.say("join-trust")) }
            ul {
                @if let Some(from) = from { li { (words.with("join-found", &[("place", (&from.to_string()).into())])) } }
                li {
                    (words.say("join-ledger")) " " code { (invitation.node) }
                }
                li {
                    (words.with("join-vaults", &[("count", invitation.vaults.len().into()), ("needed", needed.into())]))
                    ul {
                        @for (vault, away) in invitation.vaults.iter().zip(&checked.findings.vaults_away) {
                            li {
                                code { (vault.url) }
                                @if away.is_some() { " " strong { (words.say("join-does-not-answer")) } }
                            }
                        }
                    }
                }
                @match &invitation.sponsor {
                    None => li { (words.say("join-fees-own")) },
                    Some(sponsor) => li {
                        (words.say("join-fees-paid")) " " code { (sponsor.url) }
                        @if checked.findings.sponsor_away.is_some() { " " strong { (words.say("join-does-not-answer")) } }
                    },
                }
                li { (words.with("join-until", &[("end", (&times::day_and_time(words, invitation.valid_until)).into())])) }
            }
            form method="post" action="/join" {
                (token(&entered.visitor))
                (then.field())
                input type="hidden" name="document" value=(given.to_text());
                label for="name" { (words.say("people-name")) }
                input id="name" name="name" type="text" maxlength="64" value=(card.name) autocomplete="off";
                @if offered.lacks_name { (own_name(words)) }
                @if doubts.own_records > 0 {
                    p { (words.with("join-own-records", &[("count", doubts.own_records.into())])) }
                }
                @if doubts.speak_against() {
                    div.wrong {
                        @if let Some((there, needed)) = doubts.vaults {
                            p { (words.with("join-few-vaults", &[("there", there.into()), ("needed", u64::from(needed).into())])) }
                        }
                        @if let Some(other) = &doubts.alike {
                            p { (words.say("people-alike")) " " code { (short(other)) } }
                        }
                    }
                    div.choice {
                        input type="checkbox" id="anyway" name="anyway" value="yes" required;
                        label for="anyway" { (words.say("join-anyway")) }
                    }
                }
                button type="submit" { (words.say("join-button")) }
                a.button.second href=(then.back()) { (words.say("cancel")) }
            }
        }
    };
    layout::bare(words, "join-title", &body)
}

/// Fails where nobody may be joined here: a locked profile, or a flag that would win over the invitation.
async fn must_be_able(portal: &Portal, entered: &Entered) -> Result<(), PortalError> {
    if !portal.settings.overriding.is_empty() {
        return Err(PortalError::Form { key: "join-overridden" });
    }
    match entered.visitor.open {
        None if !profiles(portal).await?.is_empty() => Err(PortalError::Locked),
        _ => Ok(()),
    }
}

/// `GET /join`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
) -> Result<Markup, PortalError> {
    must_be_able(&portal, &entered).await?;
    Ok(page(&entered, Then::Next, None))
}

/// `POST /join/look`: shows what an invitation asks for.
pub(crate) async fn look(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    form: Multipart,
) -> Result<Response, PortalError> {
    must_be_able(&portal, &entered).await?;
    let parts = handed::parts(&entered.visitor, form).await?;
    let then = Then::of(parts.field("then"));
    let again = |wrong: &str, typed: &str| {
        let page = page(&entered, then, Some((wrong, typed)));
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    let handed = match handed::something(parts).await? {
        Ok(handed) => handed,
        Err(not) => return Ok(again(&entered.words.say(not.key), &not.text)),
    };
    let typed = handed.text;
    let given = match &handed.bytes {
        Some(bytes) => Some(Given::Text(mrms_people::document::armor(bytes))),
        None if typed.starts_with("http") => Given::of(&typed),
        None => None,
    };
    let Some(given) = given else {
        return Ok(again(&entered.words.say("join-none"), &typed));
    };
    let (joining, asked) = (Joining::of(&portal, &entered.visitor), given.clone());
    Ok(match blocking(move || joining.look(&asked)).await? {
        Ok(offered) => question(&entered, (&given, then), &offered, None).into_response(),
        Err(sentence) => again(&sentence.say(&entered.words), &typed),
    })
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    token: String,
    document: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    own: String,
    #[serde(default)]
    anyway: String,
    #[serde(default)]
    then: String,
}

/// `POST /join`: works with the inviter's services from now on.
pub(crate) async fn join(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Answer>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    must_be_able(&portal, &entered).await?;
    let given = Given::of(&form.document).ok_or(PortalError::Form { key: "join-altered" })?;
    let (joining, asked) = (Joining::of(&portal, &entered.visitor), given.clone());
    let (is_meant, then) = (form.anyway == "yes", Then::of(&form.then));
    let (name, own) = (form.name, form.own);
    // Asked again: what it says now is what counts.
    let taken = blocking(move || {
        Ok(match joining.look(&asked)? {
            Ok(offered) if !offered.doubts.speak_against() || is_meant => {
                Ok(joining.take(&offered, &name, &own)?)
            }
            Ok(offered) => Err(Ok(offered)),
            Err(sentence) => Err(Err(sentence)),
        })
    });
    match taken.await? {
        Ok(settings) => {
            portal.homes.use_settings(settings);
            let to = match (entered.visitor.open.is_some(), then) {
                (true, _) => "/?done=joined",
                (false, Then::Recover) => "/recover",
                (false, Then::Next) => "/welcome",
            };
            Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
        }
        Err(Ok(offered)) => {
            let wrong = entered.words.say("join-say-anyway");
            let page = question(&entered, (&given, then), &offered, Some(&wrong));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(Err(sentence)) => {
            let wrong = sentence.say(&entered.words);
            let page = page(&entered, then, Some((&wrong, &form.document)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
