//! Documents and one-time keys that people hand to each other, as a form takes them: pasted as text, as a file, or as a
//! picture of a QR code, which is decoded here. Knows no kind of document: the page checks kind and signature.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::HybridRecipient;
use mrms_home::qr::picture;
use mrms_people::document;
use zeroize::Zeroizing;

use crate::entrance::sessions::Visitor;
use crate::error::PortalError;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// The longest text of a form, in bytes.
const MOST_TEXT: usize = 2 * 1024 * 1024;

/// A form with text and perhaps a file.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    fields: BTreeMap<String, Zeroizing<String>>,
    /// The file, if one was chosen.
    pub(crate) file: Option<Bytes>,
}

impl Parts {
    /// A field; empty where the form has none of that name.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |text| text.as_str())
    }
}

/// What somebody handed over.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// The text that was pasted.
    pub(crate) text: String,
    /// The bytes of the document, if the text or the picture had one. They are not checked yet.
    pub(crate) bytes: Option<Vec<u8>>,
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

/// Reads the form's fields and its file, of which the token is the first.
pub(crate) async fn parts(visitor: &Visitor, mut form: Multipart) -> Result<Parts, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let mut parts = Parts::default();
    let mut has_token = false;
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
                parts.file = Some(bytes).filter(|bytes| !bytes.is_empty());
            }
            _ => {
                let text = Zeroizing::new(field.text().await.map_err(broke)?);
                if text.len() > MOST_TEXT {
                    return Err(PortalError::Form { key: "add-too-large" });
                }
                parts.fields.insert(name, text);
            }
        }
    }
    if has_token { Ok(parts) } else { Err(PortalError::OtherPage) }
}

/// Reads the form. `Err` inside is a sentence for the person: the key of why there is no document.
pub(crate) async fn read(
    visitor: &Visitor,
    form: Multipart,
) -> Result<Result<Handed, &'static str>, PortalError> {
    something(parts(visitor, form).await?).await
}

/// What was handed over in a form, where that may not be nothing. `Err` inside is the key of why there is no document.
pub(crate) async fn something(parts: Parts) -> Result<Result<Handed, &'static str>, PortalError> {
    Ok(match of(parts).await? {
        Ok(handed) if handed.text.is_empty() && handed.bytes.is_none() => Err("handed-nothing"),
        read => read,
    })
}

/// What was handed over in a form, where that may be nothing.
pub(crate) async fn of(parts: Parts) -> Result<Result<Handed, &'static str>, PortalError> {
    let mut handed = Handed { text: parts.field("document").trim().to_owned(), bytes: None };
    if let (true, Some(file)) = (handed.text.is_empty(), parts.file) {
        let found = blocking(move || Ok(in_file(&file))).await?;
        return Ok(found.map(|found| match found {
            Found::Document(bytes) => Handed { bytes: Some(bytes), ..handed },
            Found::Key(key) => Handed { text: key.to_string(), ..handed },
        }));
    }
    if document::begins_as_text(&handed.text) {
        match document::bytes_of_text(&handed.text) {
            Ok(bytes) => handed.bytes = Some(bytes),
            Err(_) => return Ok(Err("handed-altered")),
        }
    }
    Ok(Ok(handed))
}

/// What is in a file or a picture.
enum Found {
    /// A document, which is not checked yet.
    Document(Vec<u8>),
    /// A key to which something is to be encrypted.
    Key(HybridRecipient),
}

/// The key in a text, as people copy it: with breaks in it, or in the capitals of a QR code.
pub(crate) fn key_in(text: &str) -> Option<HybridRecipient> {
    let compact: String = text.split_whitespace().collect();
    compact.to_ascii_lowercase().parse().ok()
}

fn in_file(contents: &[u8]) -> Result<Found, &'static str> {
    if picture::is_picture(contents) {
        return match picture::document_in(contents) {
            Ok(bytes) => Ok(Found::Document(bytes)),
            Err(picture::PictureError::TooLarge { .. }) => Err("handed-too-large"),
            Err(picture::PictureError::Several) => Err("handed-several"),
            Err(picture::PictureError::OtherText) => {
                let texts = picture::texts_in(contents).unwrap_or_default();
                let key = texts.iter().find_map(|text| key_in(text));
                key.map(Found::Key).ok_or("handed-other-code")
            }
            Err(picture::PictureError::Document(_)) => Err("handed-altered"),
            Err(_) => Err("handed-no-code"),
        };
    }
    if let Some(key) = std::str::from_utf8(contents).ok().and_then(key_in) {
        return Ok(Found::Key(key));
    }
    document::bytes_of_file(contents).map(Found::Document).map_err(|_| "handed-altered")
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

/// `POST /scan`: a frame of the camera. Answers with the text of the document or key whose code is in it, or with nothing.
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
        Ok(Found::Document(bytes)) => document::armor(&bytes).into_response(),
        Ok(Found::Key(key)) => key.to_string().into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    })
}

#[cfg(test)]
mod tests {
    use mrms_crypto::HybridIdentity;
    use mrms_home::clock::rng;
    use mrms_home::qr::code::Code;

    use super::*;

    #[test]
    fn one_time_key_is_read_from_a_picture_a_file_and_a_text_with_breaks() {
        let identity = HybridIdentity::generate(&mut rng());
        let key = identity.recipient().to_string();
        let is_it = |contents: &[u8]| match in_file(contents) {
            Ok(Found::Key(found)) => found.to_string() == key,
            _ => false,
        };
        assert!(is_it(&Code::of_key(&key).unwrap().png().unwrap()));
        assert!(is_it(format!("{key}\n").as_bytes()));
        let broken = format!(" {}\r\n{} ", &key[..800], &key[800..]);
        assert_eq!(key_in(&broken).unwrap().to_string(), key);
        // Whatever else is in a file, is for the page to refuse.
        assert!(matches!(in_file(b"age1pq1nonsense"), Ok(Found::Document(_))));
        let other = Code::of_text("https://elsewhere.example").unwrap().png().unwrap();
        assert_eq!(in_file(&other).err(), Some("handed-other-code"));
    }
}
