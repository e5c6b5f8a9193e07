//! Documents that people hand to each other, as a form takes them: pasted as text, as a file, or as a picture of a QR
//! code, which is decoded here. Knows no kind of document: the page checks kind and signature.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::qr::picture;
use mrms_people::document;

use crate::entrance::sessions::Visitor;
use crate::error::PortalError;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// The longest text of a form, in bytes.
const MOST_TEXT: usize = 2 * 1024 * 1024;

/// What somebody handed over.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// The text that was pasted.
    pub(crate) text: String,
    /// The bytes of the document, if the text or the picture had one. They are not checked yet.
    pub(crate) bytes: Option<Vec<u8>>,
    fields: BTreeMap<String, String>,
}

impl Handed {
    /// Another field of the form.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// The fields in which a document is handed over: text, or a picture, or the camera where a script can use it.
pub(crate) fn fields(words: &Words, label: &str, hint: &str) -> Markup {
    html! {
        label for="document" { (words.say(label)) }
        textarea id="document" name="document" rows="4" spellcheck="false" autocapitalize="none"
            aria-describedby="document-hint" {}
        p.hint id="document-hint" { (words.say(hint)) }
        label for="picture" { (words.say("handed-picture")) }
        input id="picture" name="picture" type="file" accept="image/png,image/jpeg,.txt,.card";
        div.scan hidden data-none=(words.say("handed-no-camera")) {
            button.second type="button" { (words.say("handed-camera")) }
            video muted playsinline hidden {}
            p role="status" {}
        }
    }
}

/// Reads the form. `Err` inside is a sentence for the person: the key of why there is no document.
pub(crate) async fn read(
    visitor: &Visitor,
    mut form: Multipart,
) -> Result<Result<Handed, &'static str>, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let mut handed = Handed::default();
    let (mut has_token, mut file) = (false, None);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "token" => {
                must_have(visitor, &field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            // The token comes first, so nothing of another page is read.
            _ if !has_token => return Err(PortalError::OtherPage),
            "picture" => {
                let bytes = field.bytes().await.map_err(broke)?;
                file = Some(bytes).filter(|bytes| !bytes.is_empty());
            }
            _ => {
                let text = field.text().await.map_err(broke)?;
                if text.len() > MOST_TEXT {
                    return Err(PortalError::Form { key: "add-too-large" });
                }
                handed.fields.insert(name, text);
            }
        }
    }
    if !has_token {
        return Err(PortalError::OtherPage);
    }
    handed.text = handed.field("document").trim().to_owned();
    if let (true, Some(file)) = (handed.text.is_empty(), file) {
        let found = blocking(move || Ok(in_file(&file))).await?;
        return Ok(found.map(|bytes| Handed { bytes: Some(bytes), ..handed }));
    }
    if handed.text.is_empty() {
        return Ok(Err("handed-nothing"));
    }
    if document::begins_as_text(&handed.text) {
        match document::bytes_of_text(&handed.text) {
            Ok(bytes) => handed.bytes = Some(bytes),
            Err(_) => return Ok(Err("handed-altered")),
        }
    }
    Ok(Ok(handed))
}

fn in_file(contents: &[u8]) -> Result<Vec<u8>, &'static str> {
    if picture::is_picture(contents) {
        return picture::document_in(contents).map_err(|error| match error {
            picture::PictureError::TooLarge { .. } => "handed-too-large",
            picture::PictureError::Several => "handed-several",
            picture::PictureError::OtherText => "handed-other-code",
            picture::PictureError::Document(_) => "handed-altered",
            _ => "handed-no-code",
        });
    }
    document::bytes_of_file(contents).map_err(|_| "handed-altered")
}

/// The file of a form that has nothing else.
pub(crate) async fn file(
    visitor: &Visitor,
    mut form: Multipart,
    name: &str,
) -> Result<Option<Bytes>, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let (mut has_token, mut file) = (false, None);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                must_have(visitor, &field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            Some(other) if has_token && other == name => {
                file = Some(field.bytes().await.map_err(broke)?);
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    Ok(file.filter(|file| !file.is_empty()))
}

/// `POST /scan`: a frame of the camera. Answers with the text of the document whose code is in it, or with nothing.
pub(crate) async fn scan(
    State(_): State<Arc<Portal>>,
    entered: Entered,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PortalError> {
    let token = headers.get("x-mrms-token").and_then(|value| value.to_str().ok());
    must_have(&entered.visitor, token.unwrap_or_default())?;
    let found = blocking(move || Ok(in_file(&body))).await?;
    Ok(match found {
        Ok(bytes) => document::armor(&bytes).into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    })
}
