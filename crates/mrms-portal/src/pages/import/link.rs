//! Opens a link or a health card that somebody gave: asks the link's host, and leads to what is in it, as with files that
//! were chosen. Nothing is put on record by that.

use std::io::Cursor;
use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::clock::now;
use mrms_home::foreign_link::given::{Given, GivenError, GivenFile};
use mrms_home::foreign_link::{self, Asking, ForeignLinkError};
use mrms_people::FieldText;
use zeroize::Zeroizing;

use super::{FOUND, staged, to};
use crate::error::{PortalError, refused};
use crate::pages::failed;
use crate::pages::incoming::Wiped;
use crate::pages::layout::{self, token};
use crate::pages::typed::{Typed, no_name};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Homes, Work, blocking, with_home};

/// The page.
const PATH: &str = "/records/import/link";
/// The longest text that is read: a card of several codes.
const MOST_TEXT: usize = 256 * 1024;

/// What was sent.
#[derive(Default)]
struct Sent {
    text: Zeroizing<String>,
    picture: Zeroizing<Vec<u8>>,
    passcode: Zeroizing<String>,
    name: String,
}

/// Why what was sent was not opened.
enum NotOpened {
    Given(GivenError),
    Link(ForeignLinkError),
    /// The name is none, by the key of a sentence.
    Name(&'static str),
    /// Neither a text nor a picture.
    Nothing,
}

impl From<GivenError> for NotOpened {
    fn from(error: GivenError) -> Self {
        Self::Given(error)
    }
}

impl NotOpened {
    fn sentence(&self, words: &Words) -> String {
        words.say(match self {
            Self::Nothing => "foreign-nothing",
            Self::Name(key) => key,
            Self::Given(GivenError::Link(_)) => "foreign-link-broken",
            Self::Given(GivenError::Card) => "foreign-card-broken",
            Self::Given(GivenError::Picture(_)) => "foreign-no-code",
            Self::Given(GivenError::OtherCode) => "foreign-other-code",
            Self::Given(GivenError::TooLarge) => "foreign-too-large",
            Self::Given(_) => "foreign-neither",
            Self::Link(ForeignLinkError::WrongPasscode { remaining: Some(left) }) => {
                return words
                    .with("foreign-wrong-passcode-left", &[("count", (*left as usize).into())]);
            }
            Self::Link(error) => match error {
                ForeignLinkError::Ended => "foreign-ended",
                ForeignLinkError::NoPasscode => "foreign-no-passcode",
                ForeignLinkError::WrongPasscode { .. } => "foreign-wrong-passcode",
                ForeignLinkError::NotThere => "foreign-not-there",
                ForeignLinkError::TooMuch => "foreign-too-much",
                ForeignLinkError::File { .. } => "foreign-damaged",
                ForeignLinkError::Host(_) => "foreign-host-away",
                other => return failed::sentence(&PortalError::refused(other), words),
            },
        })
    }
}

impl Sent {
    async fn of(view: &View, mut form: Multipart) -> Result<Self, PortalError> {
        let broke = |_| PortalError::Form { key: "add-too-large" };
        let (mut has_token, mut sent) = (false, Self::default());
        while let Some(field) = form.next_field().await.map_err(broke)? {
            let name = field.name().map(ToOwned::to_owned);
            if name.as_deref() == Some("token") {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
                continue;
            }
            if !has_token {
                return Err(PortalError::OtherPage);
            }
            match name.as_deref() {
                Some("link") => sent.text = Zeroizing::new(field.text().await.map_err(broke)?),
                Some("passcode") => {
                    sent.passcode = Zeroizing::new(field.text().await.map_err(broke)?);
                }
                Some("name") => sent.name = field.text().await.map_err(broke)?,
                Some("picture") => {
                    sent.picture = Zeroizing::new(field.bytes().await.map_err(broke)?.to_vec());
                }
                _ => return Err(PortalError::OtherPage),
            }
        }
        Ok(sent)
    }

    fn given(&self) -> Result<Given, NotOpened> {
        match (self.text.trim(), self.picture.as_slice()) {
            ("", []) => Err(NotOpened::Nothing),
            ("", picture) => Ok(Given::in_file(picture.to_vec())?),
            (text, _) if text.len() > MOST_TEXT => Err(GivenError::TooLarge.into()),
            // A card may also be given as what its file has.
            (text, _) => match Given::in_text(text)? {
                Some(given) => Ok(given),
                None => Ok(Given::in_file(text.as_bytes().to_vec())?),
            },
        }
    }

    /// What is in it, with the documents inside. What only wraps those is left out.
    fn opened(&self, homes: &Homes) -> Result<Vec<GivenFile>, NotOpened> {
        let files = match self.given()? {
            Given::Card(content) => vec![GivenFile::card(content)],
            Given::Link(link) => {
                let name = FieldText::<64>::new(self.name.trim());
                let name = name.map_err(|_| NotOpened::Name(no_name(&self.name)))?;
                let passcode = Some(self.passcode.trim()).filter(|passcode| !passcode.is_empty());
                let plain_http = homes.settings().remote.plain_http;
                let asking = Asking { recipient: name.as_str(), passcode, plain_http };
                foreign_link::open(&link, asking, now()).map_err(NotOpened::Link)?
            }
        };
        let mut files = GivenFile::all(files);
        files.retain(|one| !one.is_wrapping);
        Ok(files)
    }
}

fn page(view: &View, typed: Typed<'_>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("foreign-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        section.card {
            p { (words.say("foreign-explained")) }
            form method="post" action=(PATH) enctype="multipart/form-data" {
                (token(&view.visitor))
                label for="link" { (words.say("foreign-link")) }
                textarea id="link" name="link" rows="4" spellcheck="false" autocomplete="off" { (typed.text("link")) }
                label for="picture" { (words.say("foreign-picture")) }
                input id="picture" name="picture" type="file" accept="image/*,.smart-health-card,.txt";
                label for="passcode" { (words.say("foreign-passcode")) }
                p.hint id="passcode-hint" { (words.say("foreign-passcode-hint")) }
                input id="passcode" name="passcode" type="password" autocomplete="off" aria-describedby="passcode-hint";
                label for="name" { (words.say("foreign-name")) }
                p.hint id="name-hint" { (words.say("foreign-name-hint")) }
                input id="name" name="name" type="text" required maxlength="64" autocomplete="name" aria-describedby="name-hint" value=(typed.text("name"));
                button type="submit" { (words.say("foreign-button")) }
                a.button.second href="/records" { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/records", &words.say("foreign-title"), &body)
}

/// `GET /records/import/link`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let name = with_home(&portal.homes, view.person.clone(), |work: &Work| {
        let root = work.actor.keyring.record_root().map_err(refused)?;
        let card = work.session().profile.own_card(&root).map_err(refused)?;
        Ok(card.map(|card| card.document().name.to_string()).unwrap_or_default())
    })
    .await?;
    Ok(page(&view, Typed::of(&[("name", &name)]), None))
}

/// `POST /records/import/link`: what is in it comes where files come that were chosen.
pub(crate) async fn open(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let sent = Sent::of(&view, form).await?;
    let homes = portal.homes.clone();
    // Its host may take a minute: no home is held meanwhile.
    let (sent, opened) = blocking(move || {
        let opened = sent.opened(&homes);
        Ok((sent, opened))
    })
    .await?;
    let files = match opened {
        Ok(files) => files,
        Err(why) => {
            let typed = [("link", sent.text.as_str()), ("name", sent.name.as_str())];
            let page = page(&view, Typed::of(&typed), Some(&why.sentence(&view.words)));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let staged = staged(&portal, &view)?;
    let take = move || {
        files.into_iter().try_for_each(|one| {
            let name = one.file_name();
            staged.take(name, Cursor::new(Wiped(Zeroizing::new(one.file.content))))
        })
    };
    blocking(move || take().map_err(refused)).await?;
    Ok(to(FOUND))
}
